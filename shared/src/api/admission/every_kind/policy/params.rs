//! The objects that a binding gives its policy as `params`.
//!
//! Upstream: `plugin/policy/generic/policy_dispatcher.go` (`CollectParams`).

use crate::api::admission::Admission;
use crate::api::{Scope, resources};
use crate::model::selector::Selector;
use crate::model::{Key, Object, Text, Value};

/// Why a policy cannot be evaluated as it stands.
#[derive(Debug)]
pub(super) enum Misconfigured {
    /// The policy itself is wrong.
    Policy(String),
    /// Its binding is.
    Binding(String),
}

/// What the policy is evaluated with: once with each object, once with none if it has no parameters.
///
/// # Errors
/// There is no such kind, or the binding does not say what it must, or nothing is found where that denies.
pub(super) fn collect(
    policy: &Object,
    binding: &Object,
    admission: &Admission<'_>,
) -> Result<Vec<Option<Object>>, Misconfigured> {
    let (kind, reference) = (policy.at("spec.paramKind"), binding.at("spec.paramRef"));
    if kind.is_null() {
        return Ok(vec![None]);
    }
    let (version, kind) = (kind.get("apiVersion").str(), kind.get("kind").str());
    let Some(resource) = resources::find_kind(version, kind) else {
        let shown = format!("{version}, Kind={kind}");
        return Err(Misconfigured::Policy(format!("failed to find resource referenced by paramKind: '{shown}'")));
    };
    if reference.is_null() {
        return Ok(vec![None]);
    }
    let namespace = match resource.scope {
        Scope::Namespaced => Some(namespace_of(reference, admission).map_err(Misconfigured::Binding)?),
        Scope::Cluster if !reference.get("namespace").is_empty() => {
            let why = "paramRef.namespace must not be provided for a cluster-scoped `paramKind`";
            return Err(Misconfigured::Binding(why.to_owned()));
        }
        Scope::Cluster => None,
    };
    let found = find(&resource.stored_name(), namespace, reference, admission).map_err(Misconfigured::Binding)?;
    if found.is_empty() && reference.get("parameterNotFoundAction").str() == "Deny" {
        let why = "no params found for policy binding with `Deny` parameterNotFoundAction";
        return Err(Misconfigured::Binding(why.to_owned()));
    }
    Ok(found.into_iter().map(Some).collect())
}

fn namespace_of(reference: &Value, admission: &Admission<'_>) -> Result<Text, String> {
    let named = reference.get("namespace").text();
    let namespace = if named.is_empty() { admission.key.namespace.clone() } else { named };
    if namespace.is_empty() {
        return Err("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources".to_owned());
    }
    Ok(namespace)
}

fn find(
    resource: &crate::model::ResourceName,
    namespace: Option<Text>,
    reference: &Value,
    admission: &Admission<'_>,
) -> Result<Vec<Object>, String> {
    let name = reference.get("name").text();
    if !name.is_empty() {
        let key = Key::new(resource.clone(), namespace.unwrap_or_default(), name);
        return Ok(admission.store.get(&key).cloned().into_iter().collect());
    }
    let selector = Selector::from_object(reference.get("selector")).map_err(|it| it.to_string())?;
    let is_in = |it: &&Object| namespace.as_ref().is_none_or(|namespace| it.namespace() == *namespace);
    let selected = admission.store.list(resource).filter(is_in);
    Ok(selected.filter(|it| selector.matches(it.metadata().get("labels"))).cloned().collect())
}
