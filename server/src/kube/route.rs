//! From a path to a resource: the table is the list of registrations.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/installer.go`.

use shared::api::{Resource, Scope, Status, Target, resources};
use shared::model::Text;

use super::path::RequestInfo;

/// Why there is no route.
#[derive(Debug, PartialEq)]
pub(crate) enum NoRoute {
    /// The mux knows no such path.
    NoPage,
    /// The path exists, but not for this verb.
    Refused(Status),
}

/// The verbs of a collection and of its objects, sorted.
const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// The verbs of a resource: questions are only asked, what is computed is only read, and namespaces go one by one.
pub(crate) fn resource_verbs(resource: &Resource) -> &'static [&'static str] {
    if resource.is_question() {
        return &["create"];
    }
    match (resource.group, resource.plural) {
        _ if resource.computed.is_some() => &["get", "list"],
        ("", "namespaces") => &["create", "delete", "get", "list", "patch", "update", "watch"],
        _ => VERBS,
    }
}

/// The verbs of a subresource, sorted.
pub(crate) fn subresource_verbs(subresource: &str) -> &'static [&'static str] {
    match subresource {
        "binding" | "eviction" | "token" => &["create"],
        "log" => &["get"],
        "exec" | "attach" | "portforward" => &["create", "get"],
        "finalize" => &["update"],
        "approval" | "status" | "scale" | "ephemeralcontainers" | "resize" => &["get", "patch", "update"],
        _ => &["create", "get", "patch", "update"],
    }
}

/// The resource and target of a request.
///
/// # Errors
/// There is no such path, or not for this verb.
pub(crate) fn find(info: &RequestInfo) -> Result<(&'static Resource, Target), NoRoute> {
    let matches = |it: &&Resource| it.plural == info.resource && it.group == info.group && it.version == info.version;
    let resource = resources::all().find(matches).ok_or(NoRoute::NoPage)?;
    let namespace = if info.resource == "namespaces" { "" } else { &info.namespace };
    if !has_place(resource, info, namespace) {
        return Err(NoRoute::NoPage);
    }
    if !verbs(resource, info).contains(&info.verb) || misplaced(resource, info, namespace) {
        return Err(NoRoute::Refused(Status::method_not_allowed(NOT_ALLOWED)));
    }
    let target = Target {
        resource: resource.name(),
        version: Text::new_static(resource.version),
        namespace: Text::new(namespace),
        name: Text::new(&info.name),
        subresource: Text::new(&info.subresource),
    };
    Ok((resource, target))
}

const NOT_ALLOWED: &str = "the server does not allow this method on the requested resource";

/// True if such a path exists for some verb.
fn has_place(resource: &Resource, info: &RequestInfo, namespace: &str) -> bool {
    let in_scope = match resource.scope {
        Scope::Namespaced => !namespace.is_empty() || info.name.is_empty(),
        Scope::Cluster => namespace.is_empty(),
    };
    let subresource = info.subresource.as_str();
    in_scope && info.rest.is_empty() && (subresource.is_empty() || resource.has(subresource))
}

fn verbs(resource: &Resource, info: &RequestInfo) -> &'static [&'static str] {
    if info.subresource.is_empty() { resource_verbs(resource) } else { subresource_verbs(&info.subresource) }
}

/// True for a creation that names what it creates, and for writes to all namespaces at once.
fn misplaced(resource: &Resource, info: &RequestInfo, namespace: &str) -> bool {
    let is_create = info.verb == "create" && info.subresource.is_empty();
    let everywhere = resource.scope == Scope::Namespaced && namespace.is_empty();
    (is_create && !info.name.is_empty()) || (everywhere && matches!(info.verb, "create" | "deletecollection"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use hyper::Method;

    fn check(line: &str, expected: &Expect) {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let info = RequestInfo::read(&method, path, false).expect("a path");
        let shown = match find(&info) {
            Ok((resource, target)) => {
                format!("{} {}/{} {}", resource.kind, target.namespace, target.name, target.subresource)
            }
            Err(NoRoute::NoPage) => "no page".to_owned(),
            Err(NoRoute::Refused(status)) => status.code.to_string(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn registered_resources_have_routes() {
        check("GET /api/v1/namespaces/a/pods/b/log", &expect!["Pod a/b log"]);
        check("GET /api/v1/namespaces/a", &expect!["Namespace /a "]);
        check("GET /apis/apps/v1/deployments", &expect!["Deployment / "]);
        check("POST /api/v1/nodes", &expect!["Node / "]);
    }

    #[test]
    fn others_have_none() {
        check("GET /api/v1/namespaces/a/nodes", &expect!["no page"]);
        check("GET /api/v1/pods/b", &expect!["no page"]);
        check("GET /api/v2/pods", &expect!["no page"]);
        check("GET /api/v1/namespaces/a/pods/b/nope", &expect!["no page"]);
        check("GET /apis/apps/v1/namespaces/a/deployments/b/scale/c", &expect!["no page"]);
        check("POST /api/v1/pods", &expect!["405"]);
        check("POST /api/v1/namespaces/a/pods/b", &expect!["405"]);
        check("DELETE /api/v1/namespaces/a/pods/b/status", &expect!["405"]);
        check("GET /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &expect!["405"]);
        check("POST /api/v1/componentstatuses", &expect!["405"]);
        check("DELETE /api/v1/namespaces", &expect!["405"]);
    }
}
