//! What a request is about, read from its method and path alone.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`. Knows nothing of which resources exist.

use hyper::Method;
use percent_encoding::percent_decode_str;

/// What a request is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestInfo {
    /// True below `/api/VERSION/` and `/apis/GROUP/VERSION/`.
    pub(crate) is_resource: bool,
    /// The path as it came.
    pub(crate) path: String,
    /// `get`, `list`, `watch`, `create`, …; for other paths the method in small letters.
    pub(crate) verb: &'static str,
    /// `apps`; empty for core.
    pub(crate) group: String,
    /// `v1`.
    pub(crate) version: String,
    /// Empty without.
    pub(crate) namespace: String,
    /// `pods`.
    pub(crate) resource: String,
    /// `log`.
    pub(crate) subresource: String,
    /// Empty for collections.
    pub(crate) name: String,
    /// Segments after the subresource: the path of a proxy.
    pub(crate) rest: Vec<String>,
}

/// Subresources of a namespace, whose paths look like resources inside of it.
const NAMESPACE_SUBRESOURCES: [&str; 2] = ["status", "finalize"];

impl RequestInfo {
    /// Reads method, path and the query's `watch`; `None` for a path that is no text.
    pub(crate) fn read(method: &Method, path: &str, watch: bool) -> Option<Self> {
        let mut info = Self { path: path.to_owned(), verb: plain_verb(method), ..Self::default() };
        let parts = segments(path)?;
        let rest = match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["api", version, _, ..] => {
                version.clone_into(&mut info.version);
                &parts[2..]
            }
            ["apis", group, version, _, ..] => {
                group.clone_into(&mut info.group);
                version.clone_into(&mut info.version);
                &parts[3..]
            }
            _ => return Some(info),
        };
        info.is_resource = true;
        info.place(rest);
        info.verb = verb(method, &info.name, watch || info.verb == "watch");
        Some(info)
    }

    /// Reads what follows the version.
    fn place(&mut self, mut parts: &[String]) {
        if let [first, rest @ ..] = parts
            && first == "watch"
            && !rest.is_empty()
        {
            self.verb = "watch";
            parts = rest;
        }
        if let [first, namespace, rest @ ..] = parts
            && first == "namespaces"
        {
            self.namespace.clone_from(namespace);
            if rest.first().is_some_and(|it| !NAMESPACE_SUBRESOURCES.contains(&it.as_str())) {
                parts = rest;
            }
        }
        let part = |index: usize| parts.get(index).cloned().unwrap_or_default();
        (self.resource, self.name, self.subresource) = (part(0), part(1), part(2));
        self.rest = parts.get(3..).unwrap_or_default().to_vec();
    }
}

/// The segments of a path, decoded; a path with an empty segment or a way up has none that we know.
fn segments(path: &str) -> Option<Vec<String>> {
    let inner = path.trim_matches('/');
    if inner.is_empty() {
        return Some(Vec::new());
    }
    let decode = |part: &str| percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    inner.split('/').map(decode).collect()
}

fn plain_verb(method: &Method) -> &'static str {
    match *method {
        Method::GET => "get",
        Method::HEAD => "head",
        Method::POST => "post",
        Method::PUT => "put",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        Method::OPTIONS => "options",
        _ => "",
    }
}

fn verb(method: &Method, name: &str, watch: bool) -> &'static str {
    match (method, name.is_empty()) {
        (&(Method::GET | Method::HEAD), _) if watch => "watch",
        (&(Method::GET | Method::HEAD), true) => "list",
        (&(Method::GET | Method::HEAD), false) => "get",
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, true) => "deletecollection",
        (&Method::DELETE, false) => "delete",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// Reads `METHOD PATH`, with `?watch` at the end for a watch, and writes the parts that are not empty.
    fn check(line: &str, expected: &Expect) {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let (path, watch) = path.strip_suffix("?watch").map_or((path, false), |path| (path, true));
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let text = RequestInfo::read(&method, path, watch).map_or_else(String::new, |it| {
            let place = [it.group, it.version, it.namespace, it.resource, it.name, it.subresource, it.rest.join("/")];
            format!("{} {}", it.verb, place.join("|"))
        });
        expected.assert_eq(&text);
    }

    #[test]
    fn paths_of_resources() {
        check("GET /api/v1/pods", &expect!["list |v1||pods|||"]);
        check("GET /api/v1/namespaces/a/pods", &expect!["list |v1|a|pods|||"]);
        check("GET /api/v1/namespaces/a/pods?watch", &expect!["watch |v1|a|pods|||"]);
        check("GET /api/v1/watch/namespaces/a/pods/b", &expect!["watch |v1|a|pods|b||"]);
        check("GET /api/v1/namespaces/a/pods/b/log", &expect!["get |v1|a|pods|b|log|"]);
        check("POST /apis/apps/v1/namespaces/a/deployments", &expect!["create apps|v1|a|deployments|||"]);
        check("PATCH /apis/apps/v1/namespaces/a/deployments/b/scale", &expect!["patch apps|v1|a|deployments|b|scale|"]);
        check("DELETE /api/v1/nodes", &expect!["deletecollection |v1||nodes|||"]);
        check("DELETE /api/v1/nodes/n", &expect!["delete |v1||nodes|n||"]);
        check("GET /api/v1/nodes/n/proxy/a/b", &expect!["get |v1||nodes|n|proxy|a/b"]);
    }

    #[test]
    fn namespaces_are_resources_too() {
        check("GET /api/v1/namespaces", &expect!["list |v1||namespaces|||"]);
        check("GET /api/v1/namespaces/a", &expect!["get |v1|a|namespaces|a||"]);
        check("PUT /api/v1/namespaces/a/finalize", &expect!["update |v1|a|namespaces|a|finalize|"]);
    }

    #[test]
    fn other_paths_have_a_method() {
        check("GET /", &expect!["get ||||||"]);
        check("GET /api/v1", &expect!["get ||||||"]);
        check("GET /apis/apps", &expect!["get ||||||"]);
        check("POST /healthz", &expect!["post ||||||"]);
    }

    #[test]
    fn odd_paths_do_no_harm() {
        check("GET /api/v1/namespaces/%2e%2e/pods/a%2Fb", &expect!["get |v1|..|pods|a/b||"]);
        check("GET /api/v1/%FF", &expect![""]);
        check("GET //api//v1//pods", &expect!["list |||v1||pods|"]);
    }
}
