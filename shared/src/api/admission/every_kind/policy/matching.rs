//! Whether a request is one that a policy, a binding or a webhook is about.
//!
//! Upstream: `plugin/policy/matching/matching.go`, `plugin/webhook/predicates`.

use crate::api::admission::{Admission, Operation};
use crate::api::{Registration, Scope};
use crate::model::key::resources::NAMESPACES;
use crate::model::selector::Selector;
use crate::model::{Object, Text, Value};

/// The group whose objects no policy is asked about, so that a wrong policy can be taken back.
const OWN_GROUP: &str = "admissionregistration.k8s.io";

/// The names of one version of a resource.
#[derive(Clone, Debug)]
pub(in crate::api::admission) struct Named {
    /// `apps`; empty for core.
    pub(in crate::api::admission) group: Text,
    /// `v1`.
    pub(in crate::api::admission) version: Text,
    /// `Deployment`.
    pub(in crate::api::admission) kind: Text,
    /// `deployments`.
    pub(in crate::api::admission) plural: Text,
}

impl From<&Registration> for Named {
    fn from(it: &Registration) -> Self {
        let (group, version) = (it.group.clone(), it.version.clone());
        Self { group, version, kind: it.kind.clone(), plural: it.plural.clone() }
    }
}

/// True if policies have no say: they could keep anybody from correcting them.
pub(in crate::api::admission) fn is_exempt(admission: &Admission<'_>) -> bool {
    admission.key.resource.group() == OWN_GROUP
}

/// The resource that a policy's constraints are about; `None` if they do not match the request.
///
/// It is the request's own, or with `Equivalent` another version of the same.
///
/// # Errors
/// A selector is not well-formed.
pub(in crate::api::admission) fn matches(
    constraints: &Value,
    object: &Object,
    admission: &Admission<'_>,
) -> Result<Option<Named>, String> {
    if !namespace_matches(constraints.get("namespaceSelector"), object, admission)? {
        return Ok(None);
    }
    if !object_matches(constraints.get("objectSelector"), object, admission)? {
        return Ok(None);
    }
    let equivalent = constraints.get("matchPolicy").str() != "Exact";
    let excluded = matched(constraints.get("excludeResourceRules").items(), equivalent, admission);
    let rules = constraints.get("resourceRules").items();
    if excluded.is_some() || rules.is_empty() {
        // A binding without rules is about all that its policy is about.
        return Ok((excluded.is_none() && rules.is_empty()).then(|| admission.resource.into()));
    }
    Ok(matched(rules, equivalent, admission))
}

/// The resource that a webhook is to be asked about, as `matches` has it of a policy.
///
/// # Errors
/// A selector is not well-formed.
pub(in crate::api::admission) fn called(
    hook: &Value,
    object: &Object,
    admission: &Admission<'_>,
) -> Result<Option<Named>, String> {
    let found = matched(hook.get("rules").items(), hook.get("matchPolicy").str() != "Exact", admission);
    let Some(resource) = found else { return Ok(None) };
    let selected = namespace_matches(hook.get("namespaceSelector"), object, admission)?
        && object_matches(hook.get("objectSelector"), object, admission)?;
    Ok(selected.then_some(resource))
}

fn namespace_matches(selector: &Value, object: &Object, admission: &Admission<'_>) -> Result<bool, String> {
    let Some(selector) = read(selector)? else { return Ok(true) };
    let is_namespace = admission.key.resource == NAMESPACES;
    let labels = if is_namespace {
        let new = !object.is_null() && admission.operation != Operation::Delete;
        let whose = if new { Some(object) } else { admission.old };
        whose.map(|it| it.metadata().get("labels").clone())
    } else if admission.key.namespace.is_empty() {
        return Ok(true);
    } else {
        admission.namespace().map(|it| it.metadata().get("labels").clone())
    };
    Ok(selector.matches(&labels.unwrap_or_default()))
}

fn object_matches(selector: &Value, object: &Object, admission: &Admission<'_>) -> Result<bool, String> {
    let Some(selector) = read(selector)? else { return Ok(true) };
    let fits = |it: &Object| !it.is_null() && selector.matches(it.metadata().get("labels"));
    Ok(fits(object) || admission.old.is_some_and(fits))
}

/// A selector that selects not everything.
fn read(selector: &Value) -> Result<Option<Selector>, String> {
    if selector.is_empty() {
        return Ok(None);
    }
    Selector::from_object(selector).map(|it| Some(it).filter(|it| !it.is_everything())).map_err(|it| it.to_string())
}

/// The resource that one of the rules is about: the request's own first, then its other versions.
fn matched(rules: &[Value], equivalent: bool, admission: &Admission<'_>) -> Option<Named> {
    let is_about = |named: &Named| rules.iter().any(|rule| rule_matches(rule, named, admission));
    let own = Named::from(admission.resource);
    if is_about(&own) {
        return Some(own);
    }
    if !equivalent {
        return None;
    }
    let stored = admission.resource.stored_name();
    admission.registry.all().filter(|it| it.stored_name() == stored).map(|it| Named::from(&**it)).find(is_about)
}

/// True if a rule is about a request to the resource of these names.
fn rule_matches(rule: &Value, named: &Named, admission: &Admission<'_>) -> bool {
    let has = |field: &str, word: &str| rule.get(field).items().iter().any(|it| it.str() == "*" || it.str() == word);
    has("operations", operation_word(admission.operation))
        && has("apiGroups", &named.group)
        && has("apiVersions", &named.version)
        && rule.get("resources").items().iter().any(|it| part_matches(it.str(), &named.plural, admission.subresource()))
        && scope_matches(rule.get("scope").str(), admission)
        && name_matches(rule.get("resourceNames").items(), admission)
}

/// `CREATE`, `UPDATE`, `DELETE`, `CONNECT`.
pub(in crate::api::admission) fn operation_word(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "CREATE",
        Operation::Update => "UPDATE",
        Operation::Delete => "DELETE",
        Operation::Connect => "CONNECT",
    }
}

/// `pods`, `pods/status`, `pods/*`, `*`, `*/*`, `*/scale`.
fn part_matches(entry: &str, plural: &str, part: &str) -> bool {
    let (wanted, wanted_part) = entry.split_once('/').unwrap_or((entry, ""));
    (wanted == "*" || wanted == plural) && (wanted_part == "*" || wanted_part == part)
}

fn scope_matches(scope: &str, admission: &Admission<'_>) -> bool {
    // A namespace counts as an object of the cluster.
    let namespaced = admission.resource.scope == Scope::Namespaced;
    match scope {
        "Namespaced" => namespaced,
        "Cluster" => !namespaced,
        _ => true,
    }
}

fn name_matches(names: &[Value], admission: &Admission<'_>) -> bool {
    names.is_empty() || names.iter().any(|it| it.str() == admission.key.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_rules_name_resources_and_parts() {
        let all = |entry| ["", "status"].map(|part| part_matches(entry, "pods", part));
        assert_eq!(all("pods"), [true, false]);
        assert_eq!(all("*"), [true, false]);
        assert_eq!(all("*/*"), [true, true]);
        assert_eq!(all("pods/*"), [true, true]);
        assert_eq!(all("*/status"), [false, true]);
        assert_eq!(all("services"), [false, false]);
    }
}
