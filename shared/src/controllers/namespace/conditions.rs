//! What a namespace that goes says about what remains in it.
//!
//! Upstream: `pkg/controller/namespace/deletion/status_condition_utils.go`.

use super::Content;
use crate::api::resources;
use crate::model::{Object, Text, Time, Value};
use std::collections::BTreeMap;

/// What remains, counted.
pub(super) struct Remains {
    by_resource: BTreeMap<Text, usize>,
    /// How many objects have each finalizer.
    pub(super) by_finalizer: BTreeMap<Text, usize>,
}

/// A condition's type, and its reason and message when all is well.
type Fine = (&'static str, &'static str, &'static str);

/// In the order in which they are shown.
const FINE: [Fine; 5] = [
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
    ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
];

impl Remains {
    /// Counts what remains.
    pub(super) fn count(content: &Content<'_>) -> Self {
        let mut it = Self { by_resource: BTreeMap::new(), by_finalizer: BTreeMap::new() };
        for (resource, object) in content {
            let name = format!("{}.{}", resource.plural(), resource.group());
            *it.by_resource.entry(name.into()).or_default() += 1;
            for finalizer in object.finalizers() {
                *it.by_finalizer.entry(finalizer.into()).or_default() += 1;
            }
        }
        it
    }

    fn problem(&self, kind: &str, failure: Option<&str>) -> Option<(&'static str, String)> {
        let listed = |counts: &BTreeMap<Text, usize>, verb: &str| {
            counts
                .iter()
                .map(|(name, count)| format!("{name} {verb} {count} resource instances"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        match kind {
            "NamespaceDeletionContentFailure" => {
                let text = |it| format!("Failed to delete all resource types, 1 remaining: {it}");
                failure.map(|it| ("ContentDeletionFailed", text(it)))
            }
            "NamespaceContentRemaining" if !self.by_resource.is_empty() => {
                let all = listed(&self.by_resource, "has");
                Some(("SomeResourcesRemain", format!("Some resources are remaining: {all}")))
            }
            "NamespaceFinalizersRemaining" if !self.by_finalizer.is_empty() => {
                let all = listed(&self.by_finalizer, "in");
                let message = format!("Some content in the namespace has finalizers remaining: {all}");
                Some(("SomeFinalizersRemain", message))
            }
            _ => None,
        }
    }
}

/// The status with its phase and its five conditions; each keeps its time while its status stays.
pub(super) fn status(namespace: &Object, remains: &Remains, failure: Option<&str>, now: Time) -> Value {
    let mut status = namespace.get("status").clone();
    status.set("phase", "Terminating");
    let conditions = status.entry("conditions").list_mut();
    for (kind, reason, message) in FINE {
        let problem = remains.problem(kind, failure);
        let word = if problem.is_some() { "True" } else { "False" };
        let (reason, message) = problem.unwrap_or_else(|| (reason, message.to_owned()));
        let place = conditions.iter().position(|it| it.get("type").str() == kind).unwrap_or_else(|| {
            conditions.push(Value::from([("type", kind.into())]));
            conditions.len() - 1
        });
        let condition = &mut conditions[place];
        if condition.get("status").str() != word {
            condition.set("lastTransitionTime", now.to_string());
        }
        condition.set("status", word);
        condition.set("reason", reason);
        condition.set("message", message);
    }
    status
}

/// The error about objects that stay although they have no finalizer and their grace period is over.
pub(super) fn unexpected(namespace: &str, content: &Content<'_>) -> Option<String> {
    let (resource, _) = content.first()?;
    let version = resources::find(resource).map_or("v1", |it| it.version);
    let (group, plural) = (resource.group(), resource.plural());
    Some(format!(
        "unexpected items still remain in namespace: {namespace} for gvr: {group}/{version}, Resource={plural}"
    ))
}
