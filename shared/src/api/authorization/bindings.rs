//! Who is granted which rules: the bindings of the cluster by subject, so that a request looks at its own only.
//!
//! Upstream: `pkg/registry/rbac/validation/rule.go` (`VisitRulesFor`), `plugin/pkg/auth/authorizer/rbac/rbac.go`.
//! Differs: upstream reads every binding for each request; here they are read once for each change of roles and bindings.

use crate::api::User;
use crate::api::authorization::attributes::Attributes;
use crate::api::authorization::rules::Rule;
use crate::model::{Key, Object, Order, ResourceName, Text, Value};
use crate::store::{Change, Store};
use crate::trace::Revision;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The resource of ClusterRoles.
pub(crate) const CLUSTER_ROLES: ResourceName = ResourceName::of("clusterroles.rbac.authorization.k8s.io");
/// The resource of Roles.
pub(crate) const ROLES: ResourceName = ResourceName::of("roles.rbac.authorization.k8s.io");
/// The resource of ClusterRoleBindings.
pub(crate) const CLUSTER_ROLE_BINDINGS: ResourceName =
    ResourceName::of("clusterrolebindings.rbac.authorization.k8s.io");
/// The resource of RoleBindings.
pub(crate) const ROLE_BINDINGS: ResourceName = ResourceName::of("rolebindings.rbac.authorization.k8s.io");

/// All grants by whom they are for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bindings {
    users: BTreeMap<Text, Vec<Arc<Grant>>>,
    groups: BTreeMap<Text, Vec<Arc<Grant>>>,
    seen: Revision,
}

/// What one binding grants.
#[derive(Debug)]
pub(crate) struct Grant {
    /// Its place among all bindings; those of the cluster come first.
    order: usize,
    /// Where it holds; empty for everywhere.
    namespace: Text,
    /// The role's rules; or what is wrong with the reference.
    rules: Result<Vec<Rule>, String>,
    /// `ClusterRoleBinding "a" of ClusterRole "b" to User "c"`.
    text: String,
}

impl Bindings {
    /// Reads roles and bindings again if they have changed.
    pub(crate) fn refresh(&mut self, store: &Store) {
        if self.seen == store.revision() {
            return;
        }
        let is_stale = match store.since(self.seen) {
            Ok(mut changes) => changes.any(is_policy),
            Err(_) => true,
        };
        if is_stale || self.seen > store.revision() {
            *self = Self::read(store);
        }
        self.seen = store.revision();
    }

    fn read(store: &Store) -> Self {
        let mut all = Self::default();
        let bindings = store.list(&CLUSTER_ROLE_BINDINGS).chain(store.list(&ROLE_BINDINGS));
        for (order, binding) in bindings.enumerate() {
            let rules = rules_of(binding, store);
            for subject in binding.get("subjects").items() {
                all.grant(subject, binding, order, rules.clone());
            }
        }
        all
    }

    fn grant(&mut self, subject: &Value, binding: &Object, order: usize, rules: Result<Vec<Rule>, String>) {
        let namespace = binding.namespace();
        let name = subject.get("name").text();
        let home = subject.get("namespace").text();
        let home = if home.is_empty() { namespace.clone() } else { home };
        let text = describe(binding, subject, &home);
        let grant = Arc::new(Grant { order, namespace, rules, text });
        match subject.get("kind").str() {
            "User" => self.users.entry(name).or_default().push(grant),
            "Group" => self.groups.entry(name).or_default().push(grant),
            "ServiceAccount" if !home.is_empty() => {
                let user = Text::from(format!("system:serviceaccount:{home}:{name}"));
                self.users.entry(user).or_default().push(grant);
            }
            _ => {}
        }
    }

    /// The grants that are for `user` in `namespace`, in no order; each of its names may have some.
    fn grants<'a, 'u>(
        &'a self,
        user: &'u User,
        namespace: &'u str,
    ) -> impl Iterator<Item = &'a Arc<Grant>> + use<'a, 'u> {
        let of_user = self.users.get(&user.name).into_iter();
        let of_groups = user.groups.iter().filter_map(|it| self.groups.get(it));
        let here = move |it: &&Arc<Grant>| it.namespace.is_empty() || it.namespace == namespace;
        of_user.chain(of_groups).flatten().filter(here)
    }

    /// The first grant that allows what is asked.
    pub(crate) fn allowing(&self, asked: &Attributes<'_>) -> Option<&Grant> {
        let grants = self.grants(asked.user, asked.namespace());
        let allowing = grants.filter(|it| it.rules.as_ref().is_ok_and(|rules| rules.iter().any(|it| it.allows(asked))));
        allowing.min_by_key(|it| it.order).map(Arc::as_ref)
    }

    /// Every rule for `user` in `namespace`, in the order of the bindings.
    pub(crate) fn rules_for(&self, user: &User, namespace: &str) -> Vec<Rule> {
        let grants = self.ordered(user, namespace);
        grants.iter().filter_map(|it| it.rules.as_ref().ok()).flatten().cloned().collect()
    }

    /// What is wrong with the bindings for `user` in `namespace`; empty if nothing is.
    pub(crate) fn faults_for(&self, user: &User, namespace: &str) -> String {
        let grants = self.ordered(user, namespace);
        let mut faults: Vec<&str> = Vec::new();
        for fault in grants.iter().filter_map(|it| it.rules.as_ref().err()) {
            if !faults.contains(&fault.as_str()) {
                faults.push(fault);
            }
        }
        if faults.len() > 1 { format!("[{}]", faults.join(", ")) } else { faults.concat() }
    }

    /// A binding whose subjects name the user more than once counts once.
    fn ordered(&self, user: &User, namespace: &str) -> Vec<&Arc<Grant>> {
        let mut grants: Vec<&Arc<Grant>> = self.grants(user, namespace).collect();
        grants.order_by_key(|it| it.order);
        grants.dedup_by_key(|it| it.order);
        grants
    }
}

impl Grant {
    /// `ClusterRoleBinding "a" of ClusterRole "b" to User "c"`.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// The rules of a role that `reference`, a `roleRef`, names from inside of `namespace`.
///
/// # Errors
/// There is no such role.
pub(crate) fn referenced(reference: &Value, namespace: &str, store: &Store) -> Result<Vec<Rule>, Key> {
    let name = reference.get("name").text();
    let key = match reference.get("kind").str() {
        "Role" => Key::new(ROLES, namespace, name),
        _ => Key::new(CLUSTER_ROLES, "", name),
    };
    store.get(&key).map(|role| Rule::read_all(role)).ok_or(key)
}

fn rules_of(binding: &Object, store: &Store) -> Result<Vec<Rule>, String> {
    let rules = referenced(binding.get("roleRef"), &binding.namespace(), store);
    rules.map_err(|key| {
        let kind = if key.namespace.is_empty() { "clusterrole" } else { "role" };
        format!("{kind}.{} \"{}\" not found", key.resource.group(), key.name)
    })
}

fn describe(binding: &Object, subject: &Value, home: &str) -> String {
    let role = binding.get("roleRef");
    let (kind, name) = (subject.get("kind").str(), subject.get("name").str());
    let whom = if kind == "ServiceAccount" { format!("{name}/{home}") } else { name.to_owned() };
    let own = if binding.namespace().is_empty() {
        format!("ClusterRoleBinding \"{}\"", binding.name())
    } else {
        format!("RoleBinding \"{}/{}\"", binding.name(), binding.namespace())
    };
    format!("{own} of {} \"{}\" to {kind} \"{whom}\"", role.get("kind").str(), role.get("name").str())
}

fn is_policy(change: &Change) -> bool {
    [CLUSTER_ROLES, ROLES, CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS].contains(&change.key.resource)
}
