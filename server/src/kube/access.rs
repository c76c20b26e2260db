//! Who asks, and whether they may. The seam to authentication.
//!
//! Upstream: `k8s.io/apiserver/pkg/authentication/request/{x509,anonymous}`, `pkg/endpoints/filters/authorization.go`.
//! What is allowed is decided by `shared`, by the roles and bindings that are stored.

use shared::api::authorization::Decision;
use shared::api::authorization::attributes::{Asked, Attributes, What, selected};
use shared::api::{Status, User};
use shared::model::Text;

use super::path::RequestInfo;
use super::{status, usage};
use crate::host::Host;

/// The user who is nobody.
const ANONYMOUS: &str = "system:anonymous";
/// The group of users who are nobody.
const UNAUTHENTICATED: &str = "system:unauthenticated";

/// Who asks: by the connection's certificate, or else by a bearer token.
///
/// # Errors
/// 401 for a token that is not known.
pub(crate) fn authenticate(
    certificate: Option<&User>,
    authorization: &str,
    of_token: impl FnOnce(&str) -> Result<User, String>,
) -> Result<User, Status> {
    if let Some(user) = certificate {
        return Ok(user.clone());
    }
    if authorization.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")) {
        let token = authorization.get(7..).unwrap_or_default().trim();
        return of_token(token).map_err(|_| status::unauthorized());
    }
    let groups = vec![Text::new_static(UNAUTHENTICATED)];
    Ok(User { name: Text::new_static(ANONYMOUS), groups, ..User::default() })
}

/// Whether a request may be made.
pub(crate) struct Verdict {
    /// Why, for the audit log.
    pub(crate) reason: String,
    /// 403 in upstream's words, if it may not.
    pub(crate) refusal: Option<Status>,
}

/// Whether `user` may ask that.
pub(crate) fn decide(host: &Host, user: &User, info: &RequestInfo, field_selector: &str) -> Verdict {
    let asked = attributes(user, info, field_selector);
    host.look(|cluster| match cluster.api().authorizer().map(|it| it.decide(&asked, cluster.store())) {
        None => Verdict { reason: String::new(), refusal: None },
        Some(Decision::Allowed(grounds)) => Verdict { reason: grounds.to_string(), refusal: None },
        Some(Decision::NoOpinion(reason)) => Verdict { refusal: Some(asked.refusal(&reason)), reason },
    })
}

fn attributes<'a>(user: &'a User, info: &'a RequestInfo, field_selector: &'a str) -> Attributes<'a> {
    let is_namespace = info.group.is_empty() && info.resource == "namespaces";
    let name = match info.verb {
        "create" if info.subresource.is_empty() => "",
        "list" | "watch" | "deletecollection" if info.name.is_empty() => {
            selected(field_selector, "metadata.name").unwrap_or_default()
        }
        _ => &info.name,
    };
    let what = if info.is_resource {
        What::Resource(Asked {
            group: &info.group,
            resource: &info.resource,
            subresource: &info.subresource,
            namespace: if is_namespace { name } else { &info.namespace },
            name,
            fields: field_selector,
        })
    } else {
        What::Path(&info.path)
    };
    // A WebSocket opens with GET, but what it does is more than to read.
    let streams = matches!(info.subresource.as_str(), "exec" | "attach" | "portforward");
    let verb = if streams { "create" } else { info.verb };
    Attributes { user, verb, what }
}

/// True if the pipeline asks the same question itself, so that it need not be asked twice.
pub(crate) fn asked_by_the_pipeline(user: &User, info: &RequestInfo) -> bool {
    user.name != ANONYMOUS
        && info.is_resource
        && info.group != usage::GROUP
        && matches!(info.verb, "get" | "list")
        && info.subresource.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use hyper::Method;

    fn check(path: &str, expected: &Expect) {
        check_selected(path, "", expected);
    }

    fn check_selected(path: &str, field_selector: &str, expected: &Expect) {
        let user = authenticate(None, "", |_| Err(String::new())).expect("nobody is somebody");
        let info = RequestInfo::read(&Method::GET, path, false).expect("a path");
        let host = Host::new(0, 1);
        let refusal = decide(&host, &user, &info, field_selector).refusal;
        expected.assert_eq(&refusal.map_or_else(|| "yes".into(), |it| format!("{} {}", it.code, it.message)));
    }

    #[test]
    fn nobody_may_only_ask_how_it_is() {
        check("/readyz", &expect!["yes"]);
        check("/version", &expect!["yes"]);
        check("/metrics", &expect![[r#"403 forbidden: User "system:anonymous" cannot get path "/metrics""#]]);
        check(
            "/api/v1/pods",
            &expect![[
                r#"403 pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope"#
            ]],
        );
        check(
            "/apis/apps/v1/namespaces/a/deployments/b/scale",
            &expect![[
                r#"403 deployments.apps "b" is forbidden: User "system:anonymous" cannot get resource "deployments/scale" in API group "apps" in the namespace "a""#
            ]],
        );
        check(
            "/api/v1/namespaces/a",
            &expect![[
                r#"403 namespaces "a" is forbidden: User "system:anonymous" cannot get resource "namespaces" in API group "" in the namespace "a""#
            ]],
        );
    }

    #[test]
    fn who_lists_one_object_asks_for_that_one() {
        check_selected(
            "/api/v1/namespaces",
            "metadata.name=a",
            &expect![[
                r#"403 namespaces "a" is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" in the namespace "a""#
            ]],
        );
    }

    #[test]
    fn an_unknown_token_is_refused() {
        let nobody = |token: &str| Err(token.to_owned());
        assert_eq!(authenticate(None, "Bearer x", nobody).expect_err("it is unknown").code, 401);
        let user = User::admin();
        assert_eq!(authenticate(Some(&user), "Bearer x", nobody).expect("the certificate counts"), user);
        let named = |token: &str| Ok(User::component(token));
        assert_eq!(authenticate(None, "bearer x ", named).expect("the token counts").name, "x");
    }
}
