//! Acting as somebody else: the headers `Impersonate-*`, and whether the real user may.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/filters/impersonation.go`. What must be allowed is decided by `shared`.

use hyper::HeaderMap;
use percent_encoding::percent_decode_str;
use shared::api::authorization::impersonation::{Impersonation, WITHOUT_USER};
use shared::api::{Status, User};
use shared::model::Text;

use crate::host::Host;

/// What the name of a header of extra information begins with; the rest is its key.
const EXTRA: &str = "impersonate-extra-";

/// As whom the request is to come, if the headers name somebody and `real` may act as them; `None` if they name nobody.
///
/// # Errors
/// 403 if `real` may not, 500 in upstream's words for headers without a user.
pub(crate) fn user(host: &Host, real: &User, headers: &HeaderMap) -> Result<Option<User>, Status> {
    let Some(wanted) = read(headers)? else { return Ok(None) };
    host.look(|cluster| wanted.questions(real).iter().try_for_each(|asked| cluster.api().authorize(asked)))?;
    Ok(Some(wanted.user()))
}

/// What the headers say; `None` if nobody else is named.
fn read(headers: &HeaderMap) -> Result<Option<Impersonation>, Status> {
    let all = |name: &str| -> Vec<Text> {
        headers.get_all(name).iter().filter_map(|it| it.to_str().ok()).map(Text::from).collect()
    };
    let one = |name| all(name).into_iter().next().unwrap_or_default();
    let extra = headers.keys().filter_map(|name| Some((key(name.as_str().strip_prefix(EXTRA)?), all(name.as_str()))));
    let found = Impersonation {
        user: one("impersonate-user"),
        groups: all("impersonate-group"),
        uid: one("impersonate-uid"),
        extra: extra.collect(),
    };
    match (found.user.is_empty(), found == Impersonation::default()) {
        (_, true) => Ok(None),
        (true, false) => Err(Status::internal(WITHOUT_USER)),
        (false, false) => Ok(Some(found)),
    }
}

/// The key in a header's name, with percent signs decoded; one that is no text then stays as it is.
fn key(name: &str) -> Text {
    percent_decode_str(name).decode_utf8().map_or_else(|_| name.into(), |it| it.as_ref().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use hyper::header::{HeaderName, HeaderValue};

    /// Who a request comes from that `real` sends with the headers in `text`, `name: value` each.
    fn check(real: &str, group: &str, text: &str, expected: &Expect) {
        let mut headers = HeaderMap::new();
        for (name, value) in text.split(", ").filter_map(|it| it.split_once(": ")) {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        let real = User { name: real.into(), groups: vec![group.into()], ..User::default() };
        let shown = match user(&Host::new(0, 1), &real, &headers).map(|it| it.unwrap_or(real)) {
            Ok(user) => format!("{} {:?} {:?}", user.name, user.groups, user.extra),
            Err(status) => format!("{} {}", status.code, status.message),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn masters_may_act_as_anybody() {
        let check = |text, expected| check("admin", "system:masters", text, expected);
        check("Accept: */*", &expect![[r#"admin ["system:masters"] []"#]]);
        check("Impersonate-User: jane", &expect![[r#"jane ["system:authenticated"] []"#]]);
        check(
            "Impersonate-User: jane, Impersonate-Group: a, Impersonate-Group: b",
            &expect![[r#"jane ["a", "b", "system:authenticated"] []"#]],
        );
        check(
            "Impersonate-User: system:serviceaccount:shop:web",
            &expect![[
                r#"system:serviceaccount:shop:web ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"] []"#
            ]],
        );
        check(
            "Impersonate-User: jane, Impersonate-Extra-a%2Fb: c",
            &expect![[r#"jane ["system:authenticated"] [("a/b", ["c"])]"#]],
        );
    }

    #[test]
    fn others_may_not() {
        check(
            "jane",
            "system:authenticated",
            "Impersonate-User: admin",
            &expect![[
                r#"403 users "admin" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope"#
            ]],
        );
        check(
            "jane",
            "system:authenticated",
            "Impersonate-Group: system:masters",
            &expect!["500 requested impersonation without impersonating a user"],
        );
    }
}
