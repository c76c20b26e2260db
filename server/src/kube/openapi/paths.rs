//! The paths of the API as OpenAPI operations.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/installer.go`, which documents each route that it makes.

use shared::api::{Registration, Scope};
use shared::model::schema::{Schema, TypeId};
use shared::model::{Map, Text, Value};

use super::schemas::gvk;
use super::{Version, names};
use crate::kube::route::{resource_verbs, subresource_verbs};

/// An operation of a path: the verb in discovery, the HTTP method, and how its id begins.
struct Operation {
    verb: &'static str,
    method: &'static str,
    word: &'static str,
}

/// Operations on a collection.
const ON_COLLECTION: &[Operation] = &[
    Operation { verb: "list", method: "get", word: "list" },
    Operation { verb: "create", method: "post", word: "create" },
    Operation { verb: "deletecollection", method: "delete", word: "deleteCollection" },
];

/// Operations on one object.
const ON_OBJECT: &[Operation] = &[
    Operation { verb: "get", method: "get", word: "read" },
    Operation { verb: "update", method: "put", word: "replace" },
    Operation { verb: "patch", method: "patch", word: "patch" },
    Operation { verb: "delete", method: "delete", word: "delete" },
];

/// The one operation with a body of its own on a subresource.
const ON_SUBRESOURCE: &[Operation] = &[Operation { verb: "create", method: "post", word: "create" }];

/// Query parameters by verb: name and type.
fn parameters(verb: &str) -> &'static [(&'static str, &'static str)] {
    match verb {
        "list" | "deletecollection" => &[
            ("allowWatchBookmarks", "boolean"),
            ("continue", "string"),
            ("fieldSelector", "string"),
            ("labelSelector", "string"),
            ("limit", "integer"),
            ("resourceVersion", "string"),
            ("resourceVersionMatch", "string"),
            ("sendInitialEvents", "boolean"),
            ("timeoutSeconds", "integer"),
            ("watch", "boolean"),
        ],
        "create" | "update" => &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string")],
        "patch" => {
            &[("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"), ("force", "boolean")]
        }
        "delete" => &[
            ("dryRun", "string"),
            ("gracePeriodSeconds", "integer"),
            ("orphanDependents", "boolean"),
            ("propagationPolicy", "string"),
        ],
        _ => &[],
    }
}

/// The type of a subresource's own body; `None` where it is the object's.
pub(super) fn body_type(subresource: &str) -> Option<TypeId> {
    let (version, kind) = match subresource {
        "scale" => ("autoscaling/v1", "Scale"),
        "eviction" => ("policy/v1", "Eviction"),
        "binding" => ("v1", "Binding"),
        "token" => ("authentication.k8s.io/v1", "TokenRequest"),
        _ => return None,
    };
    Schema::get().find(version, kind)
}

/// Every path of `resources`.
pub(super) fn paths<'a>(resources: impl Iterator<Item = &'a Registration>, version: Version) -> Value {
    let mut all: Vec<(Text, Value)> = Vec::new();
    for resource in resources {
        let Some(type_name) = names::of_resource(resource) else { continue };
        let builder = Builder { resource, type_name, version };
        let root = match resource.group.as_str() {
            "" => format!("/api/{}", resource.version),
            group => format!("/apis/{group}/{}", resource.version),
        };
        let inside = if resource.scope == Scope::Namespaced { "/namespaces/{namespace}" } else { "" };
        let verbs = resource_verbs(resource);
        if !inside.is_empty() && verbs.contains(&"list") {
            let listed = builder.item(&ON_COLLECTION[..1], verbs, "", "ForAllNamespaces");
            all.push((Text::from(format!("{root}/{}", resource.plural)), listed));
        }
        let collection = format!("{root}{inside}/{}", resource.plural);
        if verbs.contains(&"get") {
            all.push((Text::from(format!("{collection}/{{name}}")), builder.item(ON_OBJECT, verbs, "", "")));
        }
        for subresource in &resource.subresources {
            let verbs = subresource_verbs(subresource);
            let own = if verbs.contains(&"update") || verbs == ["get"] { ON_OBJECT } else { ON_SUBRESOURCE };
            let path = format!("{collection}/{{name}}/{subresource}");
            all.push((path.into(), builder.item(own, verbs, subresource, "")));
        }
        all.push((collection.into(), builder.item(ON_COLLECTION, verbs, "", "")));
    }
    Value::Map(all.into_iter().collect::<Map>())
}

/// What the operations of a resource share.
struct Builder<'a> {
    resource: &'a Registration,
    type_name: String,
    version: Version,
}

impl Builder<'_> {
    /// A path's operations.
    fn item(&self, operations: &[Operation], verbs: &[&str], subresource: &str, tail: &str) -> Value {
        let possible = operations.iter().filter(|it| verbs.contains(&it.verb));
        let fields = possible.map(|it| (Text::new_static(it.method), self.operation(it, subresource, tail)));
        let mut item = Value::Map(fields.collect::<Map>());
        let mut places: Vec<Value> = Vec::new();
        let collection = operations.iter().any(|it| it.verb == "list");
        if !collection {
            places.push(self.parameter("name", "path", "string"));
        }
        if self.resource.scope == Scope::Namespaced && tail.is_empty() {
            places.push(self.parameter("namespace", "path", "string"));
        }
        places.push(self.parameter("pretty", "query", "string"));
        item.set("parameters", Value::from(places));
        item
    }

    fn operation(&self, it: &Operation, subresource: &str, tail: &str) -> Value {
        let Registration { group, version, kind, .. } = self.resource;
        let tag = format!("{}_{version}", if group.is_empty() { "core" } else { short_group(group) }).replace('.', "_");
        let schema = Schema::get();
        let own = body_type(subresource).map(|id| schema.type_of(id));
        let type_name = own.map_or_else(|| self.type_name.clone(), |of| names::full(&of.name));
        let id = self.id(it, subresource, tail);
        let query = parameters(it.verb).iter().map(|(name, kind)| self.parameter(name, "query", kind));
        let mut parameters: Vec<Value> = query.collect();
        let mut value = Value::from([
            ("operationId", id.into()),
            ("tags", [tag.as_str()].into_iter().collect()),
            ("x-kubernetes-action", it.verb.into()),
            ("x-kubernetes-group-version-kind", gvk(group, version, kind)),
        ]);
        let media = if it.verb == "patch" { super::patches(self.resource) } else { &["*/*"] };
        let body = match it.verb {
            "create" | "update" => Some(type_name.clone()),
            "patch" => Some(names::PATCH.to_owned()),
            _ => None,
        };
        if let Some(body) = body {
            self.version.put_body(&mut value, &mut parameters, &body, media);
        }
        if !parameters.is_empty() {
            value.set("parameters", Value::from(parameters));
        }
        let answer = match it.verb {
            "list" => format!("{type_name}List"),
            "delete" | "deletecollection" => names::STATUS.to_owned(),
            _ => type_name,
        };
        value.set("responses", self.version.responses(&answer));
        self.version.finish(&mut value, media);
        value
    }

    /// `readAppsV1NamespacedDeploymentScale`.
    fn id(&self, it: &Operation, subresource: &str, tail: &str) -> String {
        let Registration { group, version, kind, scope, .. } = self.resource;
        let group = if group.is_empty() { "core" } else { short_group(group) };
        let group: String = group.split('.').map(upper_first).collect();
        let inside = if *scope == Scope::Namespaced && tail.is_empty() { "Namespaced" } else { "" };
        let rest = [upper_first(version), inside.to_owned(), kind.to_string(), upper_first(subresource)].concat();
        format!("{}{group}{rest}{tail}", it.word)
    }

    fn parameter(&self, name: &str, place: &str, kind: &str) -> Value {
        let mut value = Value::from([("name", name.into()), ("in", place.into())]);
        if place == "path" {
            value.set("required", true);
        }
        match self.version {
            Version::Two => {
                value.set("type", kind);
                value.set("uniqueItems", true);
            }
            Version::Three => {
                value.set("schema", Value::from([("type", kind.into()), ("uniqueItems", true.into())]));
            }
        }
        value
    }
}

/// `rbac.authorization.k8s.io` is `rbac.authorization`.
fn short_group(group: &str) -> &str {
    group.strip_suffix(".k8s.io").unwrap_or(group)
}

fn upper_first(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
