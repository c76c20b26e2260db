//! Nobody grants what they do not have: the check of new and changed roles and bindings.
//!
//! Upstream: `pkg/registry/rbac/escalation_check.go`, `pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased`.

use crate::api::authorization::attributes::{Asked, Attributes, What};
use crate::api::authorization::rules::{Rule, missing, quoted, shown};
use crate::api::authorization::{
    Authorizer, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES, is_master, referenced,
};
use crate::api::{Status, User};
use crate::model::{Key, Object, Text, Value};
use crate::store::Store;

const AGGREGATION: &str = "must have cluster-admin privileges to use the aggregationRule";
const GROUP: &str = "rbac.authorization.k8s.io";

/// What the check looks at.
pub(crate) struct Escalation<'a> {
    /// The cluster's authorizer.
    pub(crate) authorizer: &'a Authorizer,
    /// What is stored.
    pub(crate) store: &'a Store,
    /// Who asks.
    pub(crate) user: &'a User,
    /// The role or binding.
    pub(crate) key: &'a Key,
    /// The name in the path of the request; empty for a new object.
    pub(crate) path_name: &'a str,
}

impl Escalation<'_> {
    /// Looks at an object of any kind that is about to be written; `old` is it before.
    ///
    /// # Errors
    /// It would grant more than its writer has, or binds a role that does not exist.
    pub(crate) fn check(&self, new: &Object, old: Option<&Object>) -> Result<(), Status> {
        let resource = &self.key.resource;
        if is_master(self.user) || old.is_some_and(|old| only_for_collection(new, old)) {
            return Ok(());
        }
        if *resource == CLUSTER_ROLES || *resource == ROLES {
            return self.check_role(new, old);
        }
        if *resource == CLUSTER_ROLE_BINDINGS || *resource == ROLE_BINDINGS {
            return self.check_binding(new);
        }
        Ok(())
    }

    fn check_role(&self, new: &Object, old: Option<&Object>) -> Result<(), Status> {
        let plural = self.key.resource.plural();
        if self.may("escalate", plural, self.path_name) {
            return Ok(());
        }
        let aggregates = |it: &Object| !it.at("aggregationRule.clusterRoleSelectors").is_empty();
        if old.is_none_or(|old| new.get("rules") != old.get("rules")) {
            self.confirm(&Rule::read_all(new))?;
        }
        if aggregates(new) || old.is_some_and(aggregates) {
            self.confirm(&full_authority()).map_err(|_| Status::forbidden(self.key, AGGREGATION))?;
        }
        Ok(())
    }

    fn check_binding(&self, binding: &Object) -> Result<(), Status> {
        let role = binding.get("roleRef");
        let plural = match role.get("kind").str() {
            "ClusterRole" => CLUSTER_ROLES,
            "Role" => ROLES,
            _ => return Ok(()), // validation refuses it
        };
        if self.may("bind", plural.plural(), role.get("name").str()) {
            return Ok(());
        }
        let rules = referenced(role, &self.key.namespace, self.store).map_err(|key| Status::not_found(&key))?;
        self.confirm(&rules)
    }

    fn may(&self, verb: &str, resource: &str, name: &str) -> bool {
        let asked = Asked { group: GROUP, resource, namespace: &self.key.namespace, name, ..Asked::default() };
        let asked = Attributes { user: self.user, verb, what: What::Resource(asked) };
        self.authorizer.decide(&asked, self.store).is_allowed()
    }

    fn confirm(&self, rules: &[Rule]) -> Result<(), Status> {
        let (own, faults) = self.authorizer.rules_for(self.user, &self.key.namespace);
        let lacking = missing(&own, rules);
        if lacking.is_empty() {
            return Ok(());
        }
        let User { name, groups, .. } = self.user;
        let mut detail = format!(
            "user \"{name}\" (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
            quoted(groups),
            shown(lacking)
        );
        if !faults.is_empty() {
            detail = format!("{detail}; resolution errors: [{faults}]");
        }
        Err(Status::forbidden(self.key, &detail))
    }
}

fn full_authority() -> Vec<Rule> {
    let every = || vec![Text::new_static("*")];
    let objects = Rule { groups: every(), resources: every(), verbs: every(), ..Rule::default() };
    vec![objects, Rule { urls: every(), verbs: every(), ..Rule::default() }]
}

/// True if nothing but owners and finalizers changes, which the garbage collector does.
fn only_for_collection(new: &Object, old: &Object) -> bool {
    let bare = |it: &Object| -> Value {
        let mut it = it.0.clone();
        for field in
            ["metadata.ownerReferences", "metadata.finalizers", "metadata.managedFields", "metadata.resourceVersion"]
        {
            it.remove(field);
        }
        it
    };
    bare(new) == bare(old)
}
