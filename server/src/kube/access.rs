//! Who asks, and whether paths that are no resources may be read. The seam to authentication.
//!
//! Upstream: `k8s.io/apiserver/pkg/authentication/request/{x509,anonymous}`, `pkg/endpoints/filters/authorization.go`.
//! Resources are judged by the pipeline itself, by the rules that are stored.

use shared::api::{Status, User};
use shared::model::{Text, Value};

use super::path::RequestInfo;
use super::status;

/// The user who is nobody.
const ANONYMOUS: &str = "system:anonymous";
/// The group of users who are nobody.
const UNAUTHENTICATED: &str = "system:unauthenticated";
/// The group that may do everything.
const MASTERS: &str = "system:masters";

/// Paths that everyone may read (`system:public-info-viewer`).
const PUBLIC: &[&str] = &["/healthz", "/livez", "/readyz", "/version", "/version/"];

/// Who asks: by the connection's certificate, or else by a bearer token.
///
/// # Errors
/// 401 for a token that is not known.
pub(crate) fn authenticate(certificate: Option<&User>, authorization: &str) -> Result<User, Status> {
    if let Some(user) = certificate {
        return Ok(user.clone());
    }
    if authorization.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")) {
        return Err(status::unauthorized());
    }
    Ok(User { name: Text::new_static(ANONYMOUS), groups: vec![Text::new_static(UNAUTHENTICATED)] })
}

/// Whether `user` may go on, before any object is looked at.
///
/// # Errors
/// 403 in upstream's words.
pub(crate) fn authorize(user: &User, info: &RequestInfo) -> Result<(), Status> {
    let is_public = matches!(info.verb, "get" | "head") && PUBLIC.iter().any(|it| info.path == *it);
    let below = ["/livez/", "/readyz/"].iter().any(|it| info.path.starts_with(it));
    if user.groups.iter().any(|it| it == MASTERS) || user.name != ANONYMOUS || is_public || below {
        return Ok(());
    }
    Err(forbidden(user, info))
}

/// 403 for a resource or a path.
fn forbidden(user: &User, info: &RequestInfo) -> Status {
    let refused = |message, details| Status { code: 403, reason: "Forbidden", message, details };
    let RequestInfo { verb, group, namespace, resource, subresource, name, .. } = info;
    if !info.is_resource {
        let message = format!("forbidden: User \"{}\" cannot {verb} path \"{}\"", user.name, info.path);
        return refused(message, Value::map());
    }
    let dotted = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
    let named = if name.is_empty() { dotted } else { format!("{dotted} \"{name}\"") };
    let whole = if subresource.is_empty() { resource.clone() } else { format!("{resource}/{subresource}") };
    let scope = match namespace.as_str() {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace \"{namespace}\""),
    };
    let message = format!(
        "{named} is forbidden: User \"{}\" cannot {verb} resource \"{whole}\" in API group \"{group}\" {scope}",
        user.name
    );
    let fields = [("name", name), ("group", group), ("kind", resource)].into_iter().filter(|(_, it)| !it.is_empty());
    let mut details = Value::map();
    fields.for_each(|(field, text)| details.set(field, text.as_str()));
    refused(message, details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use hyper::Method;

    fn check(path: &str, expected: &Expect) {
        let user = authenticate(None, "").expect("nobody is somebody");
        let info = RequestInfo::read(&Method::GET, path, false).expect("a path");
        let shown = authorize(&user, &info).map_or_else(|it| format!("{} {}", it.code, it.message), |()| "yes".into());
        expected.assert_eq(&shown);
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
    }

    #[test]
    fn an_unknown_token_is_refused() {
        assert_eq!(authenticate(None, "Bearer x").expect_err("it is unknown").code, 401);
        let user = User::admin();
        assert_eq!(authenticate(Some(&user), "Bearer x").expect("the certificate counts"), user);
    }
}
