//! `/openapi/v2` and `/openapi/v3`: the types and paths of the API, from the schema and the registrations of `shared`.
//!
//! Made when somebody first asks, and kept until a definition changes. That takes as long as hundreds of other requests, which
//! others must not wait for: a thread of its own does it.

mod custom;
mod names;
mod paths;
mod protobuf;
mod schemas;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use axum::body::Body;
use bytes::Bytes;
use hyper::Response;
use hyper::header::{CACHE_CONTROL, ETAG, HeaderValue, LOCATION};
use shared::api::{Registration, Registry, Status};
use shared::model::schema::Descriptions;
use shared::model::{Fnv, Value};

use super::discovery::Served;
use super::query::Query;
use super::{encode, negotiate};

/// What Kubernetes calls the protobuf form of the old document.
const V2_PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/// What it used to be called, which is no media type by the rules.
const V2_PROTOBUF_OLD: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
/// Media types of a patch.
const PATCHES: &[&str] = &[
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];
/// The same of a custom resource.
const CUSTOM_PATCHES: &[&str] =
    &["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];

/// The version of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Swagger 2.0.
    Two,
    /// OpenAPI 3.0.
    Three,
}

/// The documents of what is served, made on demand and again when that changes.
#[derive(Default)]
pub(crate) struct OpenApi {
    made: Mutex<Option<Arc<Documents>>>,
}

/// The documents of one edition of the registry.
struct Documents {
    served: Arc<Served>,
    two: OnceLock<Bytes>,
    two_protobuf: OnceLock<Bytes>,
    three: OnceLock<BTreeMap<String, Arc<Document>>>,
}

/// A document of version 3.
struct Document {
    bytes: Bytes,
    hash: String,
}

/// The documents of version 3 that no definition changes.
static BUILT_IN: LazyLock<BTreeMap<String, Arc<Document>>> =
    LazyLock::new(|| documents(&Served::of(&Registry::default()), |_| None));

impl OpenApi {
    /// Answers with a part of the documents of what is `served`; `None` if there is no such part.
    ///
    /// # Errors
    /// The thread that was to make it failed.
    pub(crate) async fn answer(
        &self,
        part: &str,
        accept: &str,
        query: &Query,
        served: Arc<Served>,
    ) -> Result<Option<Response<Body>>, Status> {
        let (documents, part) = (self.documents_of(served), part.to_owned());
        let (accept, query) = (accept.to_owned(), query.clone());
        let answer = tokio::task::spawn_blocking(move || documents.answer(&part, &accept, &query)).await;
        answer.map_err(|error| Status::internal(format!("Internal error occurred: {error}")))
    }

    /// The documents of what is served, those of before if it is the same.
    fn documents_of(&self, served: Arc<Served>) -> Arc<Documents> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        match &*made {
            Some(documents) if Arc::ptr_eq(&documents.served, &served) => documents.clone(),
            _ => made.insert(Arc::new(Documents::of(served))).clone(),
        }
    }
}

/// What of the documents a path names; `None` for one that is not below `/openapi`.
pub(crate) fn part(path: &str) -> Option<&str> {
    Some(path.strip_prefix("/openapi/")?.trim_end_matches('/'))
}

impl Documents {
    /// Those of `served`, none of them made.
    fn of(served: Arc<Served>) -> Self {
        Self { served, two: OnceLock::new(), two_protobuf: OnceLock::new(), three: OnceLock::new() }
    }

    fn answer(&self, rest: &str, accept: &str, query: &Query) -> Option<Response<Body>> {
        match rest {
            "v2" if [V2_PROTOBUF, V2_PROTOBUF_OLD].iter().any(|it| negotiate::prefers(accept, it)) => {
                let bytes = self.two_protobuf.get_or_init(|| protobuf::document(&two(&self.served)));
                Some(encode::with_bytes(200, V2_PROTOBUF, bytes.clone()))
            }
            "v2" => {
                let bytes = self.two.get_or_init(|| json(&two(&self.served)));
                Some(encode::with_bytes(200, "application/json", bytes.clone()))
            }
            "v3" => Some(encode::with_bytes(200, "application/json", json(&self.index()))),
            _ => self.three(rest.strip_prefix("v3/")?, query),
        }
    }

    fn documents(&self) -> &BTreeMap<String, Arc<Document>> {
        self.three.get_or_init(|| documents(&self.served, |name| BUILT_IN.get(name).cloned()))
    }

    fn index(&self) -> Value {
        let mut paths = Value::map();
        for (name, document) in self.documents() {
            let url = format!("/openapi/v3/{name}?hash={}", document.hash);
            paths.map_mut().insert(name.as_str(), Value::from([("serverRelativeURL", url.into())]));
        }
        Value::from([("paths", paths)])
    }

    fn three(&self, name: &str, query: &Query) -> Option<Response<Body>> {
        let document = self.documents().get(name)?;
        let hash = query.get("hash");
        if !hash.is_empty() && hash != document.hash {
            let mut answer = encode::plain(301, "");
            let url = format!("/openapi/v3/{name}?hash={}", document.hash);
            answer.headers_mut().insert(LOCATION, HeaderValue::from_str(&url).ok()?);
            return Some(answer);
        }
        let mut answer = encode::with_bytes(200, "application/json", document.bytes.clone());
        let headers = answer.headers_mut();
        headers.insert(ETAG, HeaderValue::from_str(&format!("\"{}\"", document.hash)).ok()?);
        if !hash.is_empty() {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, immutable"));
        }
        Some(answer)
    }
}

/// The part of the path that names a document: `api/v1`, `apis/apps/v1`.
fn place(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

fn json(value: &Value) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}

fn info() -> Value {
    Value::from([("title", "Kubernetes".into()), ("version", "1.36".into())])
}

/// The documents of version 3 of everything that is served; `known` has those that are made already.
fn documents(served: &Served, known: impl Fn(&str) -> Option<Arc<Document>>) -> BTreeMap<String, Arc<Document>> {
    let texts = Descriptions::unpack();
    let versions = served.group_versions().into_iter().map(|(group, version)| {
        let name = place(&group, &version);
        let mut all = served.resources_of(&group, &version);
        let kept = if all.any(Registration::is_custom) { None } else { known(&name) };
        (name, kept.unwrap_or_else(|| Arc::new(document(served, &texts, &group, &version))))
    });
    versions.collect()
}

/// The document of version 2, of all groups.
fn two(served: &Served) -> Value {
    let definitions = schemas::schemas(served.all(), &Descriptions::unpack(), Version::Two).into_iter();
    Value::from([
        ("swagger", "2.0".into()),
        ("info", info()),
        ("paths", paths::paths(served.all(), Version::Two)),
        ("definitions", Value::Map(definitions.map(|(name, schema)| (name.into(), schema)).collect())),
    ])
}

/// The document of version 3 of a group's version.
fn document(served: &Served, texts: &Descriptions, group: &str, version: &str) -> Document {
    let all = || served.resources_of(group, version);
    let schemas = schemas::schemas(all(), texts, Version::Three).into_iter();
    let schemas = Value::Map(schemas.map(|(name, schema)| (name.into(), schema)).collect());
    let value = Value::from([
        ("openapi", "3.0.0".into()),
        ("info", info()),
        ("paths", paths::paths(all(), Version::Three)),
        ("components", Value::from([("schemas", schemas)])),
    ]);
    let bytes = json(&value);
    let mut hash = Fnv::default();
    hash.write(&bytes);
    Document { bytes, hash: format!("{:016X}", hash.0) }
}

/// The media types in which a resource takes patches; custom ones have no merge keys.
pub(super) fn patches(resource: &Registration) -> &'static [&'static str] {
    if resource.is_custom() { CUSTOM_PATCHES } else { PATCHES }
}

impl Version {
    /// A reference to a type. In version 3 it is wrapped, so that something may stand beside it.
    pub(super) fn reference(self, name: &str) -> Value {
        match self {
            Self::Two => Value::from([("$ref", format!("#/definitions/{name}").into())]),
            Self::Three => Value::from([("allOf", [self.plain_reference(name)].into_iter().collect())]),
        }
    }

    /// The same, where nothing stands beside it.
    pub(super) fn plain_reference(self, name: &str) -> Value {
        match self {
            Self::Two => self.reference(name),
            Self::Three => Value::from([("$ref", format!("#/components/schemas/{name}").into())]),
        }
    }

    /// Puts a body of a type to an operation.
    fn put_body(self, operation: &mut Value, parameters: &mut Vec<Value>, name: &str, media: &[&str]) {
        let schema = self.plain_reference(name);
        match self {
            Self::Two => parameters.insert(
                0,
                Value::from([
                    ("name", "body".into()),
                    ("in", "body".into()),
                    ("required", true.into()),
                    ("schema", schema),
                ]),
            ),
            Self::Three => {
                operation
                    .set("requestBody", Value::from([("content", content(media, &schema)), ("required", true.into())]));
            }
        }
    }

    fn responses(self, name: &str) -> Value {
        let schema = self.plain_reference(name);
        let mut answer = Value::from([("description", "OK".into())]);
        match self {
            Self::Two => answer.set("schema", schema),
            Self::Three => answer.set("content", content(&["application/json", "application/yaml"], &schema)),
        }
        Value::from([("200", answer), ("401", Value::from([("description", "Unauthorized".into())]))])
    }

    /// What an operation of version 2 says about its media types; version 3 has them with the bodies.
    fn finish(self, operation: &mut Value, media: &[&str]) {
        if self == Self::Two {
            operation.set("consumes", media.iter().copied().collect::<Value>());
            operation.set("produces", ["application/json", "application/yaml"].into_iter().collect::<Value>());
            operation.set("schemes", ["https"].into_iter().collect::<Value>());
        }
    }
}

/// One schema under several media types, whose names have dots and slashes.
fn content(media: &[&str], schema: &Value) -> Value {
    let mut content = Value::map();
    for media in media {
        content.map_mut().insert(*media, Value::from([("schema", schema.clone())]));
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[test]
    fn documents_are_made_in_a_thread_of_their_own_and_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        let (openapi, served) = (OpenApi::default(), Arc::new(Served::of(&Registry::default())));
        let (query, json) = (Query::default(), "application/json");
        let ask = || openapi.answer("v2", json, &query, served.clone());
        let _entered = runtime.enter();
        let (free, busy) = std::sync::mpsc::channel::<()>();
        // While the only such thread has something else to do, nothing is made.
        let other = runtime.spawn_blocking(move || busy.recv().is_err());
        let mut first = Box::pin(ask());
        assert!((&mut first).now_or_never().is_none());
        assert!(openapi.made.lock().unwrap().as_ref().unwrap().two.get().is_none());
        drop(free);
        assert!(runtime.block_on(other).unwrap());
        assert_eq!(runtime.block_on(first).unwrap().unwrap().status(), 200);
        let bytes = || openapi.made.lock().unwrap().as_ref().unwrap().two.get().unwrap().as_ptr();
        let made = bytes();
        assert!(runtime.block_on(ask()).unwrap().is_some());
        assert_eq!(bytes(), made);
    }
}
