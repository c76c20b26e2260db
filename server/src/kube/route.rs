//! From a path to a resource: the table is the list of registrations.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/installer.go`.

use std::sync::Arc;

use shared::api::{Registration, Registry, Scope, Status, Target};
use shared::model::Text;

use super::path::RequestInfo;
use crate::host::Host;

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
pub(crate) fn resource_verbs(resource: &Registration) -> &'static [&'static str] {
    if resource.is_question() {
        return &["create"];
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        // Its definition is about to go.
        _ if resource.admit_create().is_err() => &["delete", "deletecollection", "get", "list", "watch"],
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

/// The registration that a request is about: a built-in one, or one of the host's own.
pub(crate) fn registration(info: &RequestInfo, host: &Host) -> Option<Arc<Registration>> {
    let find = |it: &Registry| it.served(&info.group, &info.version, &info.resource);
    find(&Registry::default()).or_else(|| host.look(|cluster| find(cluster.api().registry())))
}

/// The target of a request on a resource.
///
/// # Errors
/// There is no such path, or not for this verb.
pub(crate) fn target(info: &RequestInfo, resource: &Registration) -> Result<Target, NoRoute> {
    let namespace = if info.resource == "namespaces" { "" } else { &info.namespace };
    if !has_place(resource, info, namespace) {
        return Err(NoRoute::NoPage);
    }
    if !verbs(resource, info).contains(&info.verb) || misplaced(resource, info, namespace) {
        return Err(NoRoute::Refused(Status::method_not_allowed(NOT_ALLOWED)));
    }
    let target = Target {
        resource: resource.name(),
        version: resource.version.clone(),
        namespace: Text::new(namespace),
        name: Text::new(&info.name),
        subresource: Text::new(&info.subresource),
    };
    Ok(target)
}

/// Who tries to make what Kubernetes no longer has is told what became of it; discovery does not name it.
pub(crate) fn retired(info: &RequestInfo) -> Option<Status> {
    let text = shared::model::retired::resource(&info.group, &info.version, &info.resource);
    let text = text.filter(|_| info.verb == "create")?;
    Some(Status { message: text.to_owned(), ..Status::no_such_page() })
}

const NOT_ALLOWED: &str = "the server does not allow this method on the requested resource";

/// True if such a path exists for some verb.
fn has_place(resource: &Registration, info: &RequestInfo, namespace: &str) -> bool {
    let in_scope = match resource.scope {
        Scope::Namespaced => !namespace.is_empty() || info.name.is_empty(),
        Scope::Cluster => namespace.is_empty(),
    };
    let subresource = info.subresource.as_str();
    in_scope && info.rest.is_empty() && (subresource.is_empty() || resource.has(subresource))
}

fn verbs(resource: &Registration, info: &RequestInfo) -> &'static [&'static str] {
    if info.subresource.is_empty() { resource_verbs(resource) } else { subresource_verbs(&info.subresource) }
}

/// True for a creation that names what it creates, and for writes to all namespaces at once.
fn misplaced(resource: &Registration, info: &RequestInfo, namespace: &str) -> bool {
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
        let found = Registry::default().served(&info.group, &info.version, &info.resource);
        let found = found.ok_or(NoRoute::NoPage).and_then(|it| target(&info, &it).map(|target| (it, target)));
        let shown = match found {
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
