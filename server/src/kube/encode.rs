//! From the pipeline's answer to the bytes of HTTP.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers/response.go`, `responsewriters/writers.go`.
//! Differs: the fields of an object are sorted by name (`DIFFERENCE`: upstream has Go's order; no client depends on it).

use std::io::Write as _;
use std::sync::{Arc, LazyLock};

use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY, WARNING};
use hyper::{Response, StatusCode};
use shared::api::{self, Body as Content, Column, Registration, Resource, Status, printing, table};
use shared::model::{Object, Time, Value, yaml};

use super::negotiate::{Form, Shape, Syntax};
use super::{status, warnings};
use crate::audit::Failure;

/// From how many bytes on an answer is compressed for clients that take it; upstream's threshold.
const GZIP_BYTES_MIN: usize = 128 * 1024;
/// How many warnings one answer may carry.
const WARNINGS_MAX: usize = 100;

/// What a scale shows in a table, whatever it scales. Upstream: `pkg/printers/internalversion/printers.go` (`printScale`).
pub(crate) static SCALE: LazyLock<Arc<Registration>> = LazyLock::new(|| Arc::new(Registration::built_in(&SCALES)));

static SCALES: Resource = Resource {
    group: "autoscaling",
    kind: "Scale",
    columns: &[
        Column::new("DESIRED", |it, _| printing::number(it.at("spec.replicas"))),
        Column::new("AVAILABLE", |it, _| printing::number(it.at("status.replicas"))),
        Column::new("AGE", printing::age),
    ],
    ..Resource::NONE
};

/// How the client wants its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// JSON or YAML; object, table or metadata.
    pub(crate) form: Form,
    /// What a table's rows carry of their objects.
    pub(crate) include: Include,
    /// For people: indented JSON.
    pub(crate) pretty: bool,
    /// The client takes gzip.
    pub(crate) gzip: bool,
}

/// `includeObject` of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Include {
    /// The object's metadata.
    #[default]
    Metadata,
    /// Nothing.
    None,
    /// The object.
    Object,
}

impl Include {
    /// Reads the parameter.
    pub(crate) fn read(word: &str) -> Self {
        match word {
            "None" => Self::None,
            "Object" => Self::Object,
            _ => Self::Metadata,
        }
    }

    /// `m`, `n`, `o`: a part of the name of a form.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Metadata => 'm',
            Self::None => 'n',
            Self::Object => 'o',
        }
    }
}

/// The HTTP answer.
pub(crate) fn answer(resource: &Registration, response: api::Response, wanted: Wanted, now: Time) -> Response<Body> {
    let told = response.warnings;
    let mut answer = match response.body {
        Content::Status(it) => failure(&it, wanted.form),
        Content::Text(text) => plain(response.code, text),
        Content::Object(object) => {
            let shaped = shaped(resource, object, wanted.form.shape, wanted.include, now);
            value(response.code, &shaped, wanted)
        }
        Content::List(list) => value(response.code, &shaped_list(resource, list, wanted, now), wanted),
    };
    for warning in warnings::limited(told).iter().take(WARNINGS_MAX) {
        if let Ok(header) = HeaderValue::from_bytes(warning_header(warning).as_bytes()) {
            answer.headers_mut().append(WARNING, header);
        }
    }
    answer
}

/// `299 - "text"`, on one line.
fn warning_header(text: &str) -> String {
    let clean: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    format!("299 - \"{}\"", clean.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The answer to a request that failed, or a success that has nothing to show.
pub(crate) fn failure(it: &Status, form: Form) -> Response<Body> {
    let bytes = match form.syntax {
        Syntax::Json => status::json(it),
        Syntax::Yaml => Bytes::from(yaml::write(&it.to_value())),
    };
    let mut answer = with_bytes(it.code, form.content_type(), bytes);
    if it.code >= 400 {
        answer.extensions_mut().insert(Failure(it.clone()));
    }
    if let Some(seconds) = it.details.get("retryAfterSeconds").as_int() {
        answer.headers_mut().insert("retry-after", HeaderValue::from(seconds));
    }
    answer
}

/// Plain text.
pub(crate) fn plain(code: u16, text: impl Into<Bytes>) -> Response<Body> {
    with_bytes(code, "text/plain; charset=utf-8", text.into())
}

/// Bytes of some type, which no cache may keep for others.
pub(crate) fn with_bytes(code: u16, content_type: &'static str, bytes: Bytes) -> Response<Body> {
    let mut answer = Response::new(Body::from(bytes));
    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    answer
}

/// Any value in the form that is wanted, compressed if it is long.
pub(crate) fn value(code: u16, value: &Value, wanted: Wanted) -> Response<Body> {
    let bytes = bytes(value, wanted);
    let content_type = wanted.form.content_type();
    if !wanted.gzip || code != 200 || bytes.len() <= GZIP_BYTES_MIN {
        return with_bytes(code, content_type, bytes.into());
    }
    match gzipped(&bytes) {
        Ok(short) => {
            let mut answer = with_bytes(code, content_type, short.into());
            answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            answer.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
            answer
        }
        Err(_) => with_bytes(code, content_type, bytes.into()),
    }
}

fn gzipped(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn bytes(value: &Value, wanted: Wanted) -> Vec<u8> {
    let mut bytes = match (wanted.form.syntax, wanted.pretty) {
        (Syntax::Yaml, _) => return yaml::write(value).into_bytes(),
        (Syntax::Json, false) => serde_json::to_vec(value),
        (Syntax::Json, true) => serde_json::to_vec_pretty(value),
    }
    .unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// An object in its shape.
pub(crate) fn shaped(resource: &Registration, object: Object, shape: Shape, include: Include, now: Time) -> Value {
    match shape {
        Shape::Whole => object.0,
        Shape::Table => {
            let version = Value::from([("resourceVersion", object.metadata().get("resourceVersion").clone())]);
            tabled(resource, &[object], &version, include, now)
        }
        Shape::Metadata => metadata_of(&object.0),
    }
}

fn shaped_list(resource: &Registration, list: Value, wanted: Wanted, now: Time) -> Value {
    match wanted.form.shape {
        Shape::Whole => list,
        Shape::Table => {
            let objects: Vec<Object> = list.get("items").items().iter().cloned().map(Object).collect();
            tabled(resource, &objects, list.get("metadata"), wanted.include, now)
        }
        Shape::Metadata => Value::from([
            ("kind", "PartialObjectMetadataList".into()),
            ("apiVersion", "meta.k8s.io/v1".into()),
            ("metadata", list.get("metadata").clone()),
            ("items", list.get("items").items().iter().map(metadata_of).collect()),
        ]),
    }
}

fn metadata_of(object: &Value) -> Value {
    Value::from([
        ("kind", "PartialObjectMetadata".into()),
        ("apiVersion", "meta.k8s.io/v1".into()),
        ("metadata", object.get("metadata").clone()),
    ])
}

/// A table whose rows carry what `include` says.
fn tabled(resource: &Registration, objects: &[Object], metadata: &Value, include: Include, now: Time) -> Value {
    let mut table = table::table(resource, objects, metadata, now);
    if include == Include::Metadata {
        return table;
    }
    for (row, object) in table.map_mut().entry("rows").list_mut().iter_mut().zip(objects) {
        match include {
            Include::Object => row.set("object", &object.0),
            Include::None | Include::Metadata => drop(row.remove("object")),
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_quoted() {
        assert_eq!(warning_header("unknown field \"a\\b\"\n"), r#"299 - "unknown field \"a\\b\" ""#);
    }

    #[test]
    fn long_answers_are_compressed() {
        let wanted = Wanted { form: Form::JSON, include: Include::Metadata, pretty: false, gzip: true };
        let long = Value::from("x".repeat(GZIP_BYTES_MIN));
        assert_eq!(value(200, &long, wanted).headers()[CONTENT_ENCODING], "gzip");
        assert!(value(200, &Value::from("x"), wanted).headers().get(CONTENT_ENCODING).is_none());
        assert!(value(200, &long, Wanted { gzip: false, ..wanted }).headers().get(CONTENT_ENCODING).is_none());
    }
}
