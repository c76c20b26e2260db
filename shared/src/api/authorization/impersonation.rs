//! Acting as somebody else: whom the headers name, and what the real user must be allowed for that.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/filters/impersonation.go`.

use crate::api::User;
use crate::api::authorization::attributes::{Asked, Attributes, What};
use crate::model::Text;

/// What the headers `Impersonate-*` say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impersonation {
    /// `Impersonate-User`.
    pub user: Text,
    /// Each `Impersonate-Group`.
    pub groups: Vec<Text>,
    /// `Impersonate-Uid`.
    pub uid: Text,
    /// Each `Impersonate-Extra-KEY`, its key in lower case with percent signs decoded.
    pub extra: Vec<(Text, Vec<Text>)>,
}

/// The message of a 500 when other headers come without `Impersonate-User`.
pub const WITHOUT_USER: &str = "requested impersonation without impersonating a user";

const GROUP: &str = "authentication.k8s.io";
const ACCOUNT: &str = "system:serviceaccount:";

impl Impersonation {
    /// The questions about the real user, all of which must be answered with yes, in this order.
    pub fn questions<'a>(&'a self, real: &'a User) -> Vec<Attributes<'a>> {
        let ask = |asked| Attributes { user: real, verb: "impersonate", what: What::Resource(asked) };
        let mut all = vec![ask(match account(&self.user) {
            Some((namespace, name)) => Asked { resource: "serviceaccounts", namespace, name, ..Asked::default() },
            None => Asked { resource: "users", name: &self.user, ..Asked::default() },
        })];
        all.extend(self.groups.iter().map(|name| ask(Asked { resource: "groups", name, ..Asked::default() })));
        for (key, values) in &self.extra {
            let of_key = Asked { group: GROUP, resource: "userextras", subresource: key, ..Asked::default() };
            all.extend(values.iter().map(|name| ask(Asked { name, ..of_key.clone() })));
        }
        if !self.uid.is_empty() {
            all.push(ask(Asked { group: GROUP, resource: "uids", name: &self.uid, ..Asked::default() }));
        }
        all
    }

    /// Whom the request comes from once all questions are answered.
    pub fn user(&self) -> User {
        let mut groups = self.groups.clone();
        if let Some((namespace, _)) = account(&self.user).filter(|_| groups.is_empty()) {
            groups = User::account_groups(namespace);
        }
        let general = if self.user == "system:anonymous" { "system:unauthenticated" } else { "system:authenticated" };
        if !groups.iter().any(|it| it == "system:authenticated" || it == "system:unauthenticated") {
            groups.push(general.into());
        }
        User { name: self.user.clone(), uid: self.uid.clone(), groups, extra: self.extra.clone() }
    }
}

/// The namespace and name in a service account's user name.
pub fn account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(ACCOUNT)?.split_once(':')?;
    let is_valid = !namespace.is_empty() && !name.is_empty() && !name.contains(':');
    is_valid.then_some((namespace, name))
}
