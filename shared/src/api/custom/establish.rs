//! The status of a definition: which names it was given, whether it is served, what is wrong with it.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/controller/{status/naming_controller,establish/establishing_controller,
//! nonstructuralschema/nonstructuralschema_controller,apiapproval/apiapproval_controller}.go`, `pkg/apihelpers/helpers.go`.
//! Differs: names are accepted and the definition is established in one write, because both see the same objects.

use crate::api::validation::every_kind::custom_resource_definition::structural;
use crate::model::{Object, Time, Value};
use std::collections::BTreeSet;

/// The annotation that allows a definition in a group of Kubernetes.
pub(crate) const APPROVED: &str = "api-approved.kubernetes.io";
/// Groups that belong to Kubernetes, with everything below them.
const PROTECTED: [&str; 2] = ["k8s.io", "kubernetes.io"];

/// True once the definition's names were all accepted, for good.
pub fn is_established(definition: &Object) -> bool {
    is_true(definition, "Established")
}

fn is_true(definition: &Object, kind: &str) -> bool {
    definition.condition(kind).get("status").str() == "True"
}

/// The status that a definition should have beside `others`, at `now`.
pub fn status<'a>(definition: &Object, others: impl Iterator<Item = &'a Object>, now: Time) -> Value {
    let mut new = definition.clone();
    let names = definition.at("spec.names");
    if definition.at("status.acceptedNames") != names || definition.condition("NamesAccepted").is_null() {
        let (accepted, conflict) = accept(definition, &Taken::by(others, definition.at("spec.group").str()));
        new.set("status.acceptedNames", accepted);
        let condition = match conflict {
            None => ("NamesAccepted", "True", "NoConflicts", "no conflicts found".to_owned()),
            Some((reason, message)) => ("NamesAccepted", "False", reason, message),
        };
        put(&mut new, condition, now);
    }
    if !is_true(&new, "Established") {
        let established = if is_true(&new, "NamesAccepted") {
            ("Established", "True", "InitialNamesAccepted", "the initial names have been accepted".to_owned())
        } else {
            ("Established", "False", "NotAccepted", "not all names are accepted".to_owned())
        };
        put(&mut new, established, now);
    }
    note_structure(&mut new, now);
    note_approval(&mut new, now);
    new.get("status").clone()
}

/// The names that other definitions of a group hold.
#[derive(Default)]
struct Taken {
    resources: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

impl Taken {
    fn by<'a>(others: impl Iterator<Item = &'a Object>, group: &str) -> Self {
        let mut taken = Self::default();
        for other in others.filter(|it| it.at("spec.group").str() == group) {
            let names = other.at("status.acceptedNames");
            let shorts = names.get("shortNames").items().iter();
            let resources = [names.get("plural"), names.get("singular")].into_iter().chain(shorts);
            taken.resources.extend(resources.map(|it| it.str().to_owned()));
            taken.kinds.extend(["kind", "listKind"].map(|it| names.get(it).str().to_owned()));
        }
        taken
    }
}

/// The names that are given, and the last of the conflicts: its reason and message.
fn accept(definition: &Object, taken: &Taken) -> (Value, Option<(&'static str, String)>) {
    let asked = definition.at("spec.names");
    let mut given = definition.at("status.acceptedNames").clone();
    let mut conflict = None;
    let singles = [
        ("plural", "PluralConflict", &taken.resources),
        ("singular", "SingularConflict", &taken.resources),
        ("shortNames", "ShortNamesConflict", &taken.resources),
        ("kind", "KindConflict", &taken.kinds),
        ("listKind", "ListKindConflict", &taken.kinds),
    ];
    for (field, reason, taken) in singles {
        let (wanted, before) = (asked.get(field), given.get(field).clone());
        let words = if field == "shortNames" { wanted.items() } else { std::slice::from_ref(wanted) };
        let had = |word: &Value| before == *word || before.items().contains(word);
        let used: Vec<&str> =
            words.iter().filter(|it| !had(it)).map(Value::str).filter(|it| taken.contains(*it)).collect();
        if used.is_empty() {
            put_or_take(&mut given, field, wanted);
        } else {
            conflict = Some((reason, in_use(&used)));
        }
    }
    put_or_take(&mut given, "categories", asked.get("categories"));
    (given, conflict)
}

fn in_use(words: &[&str]) -> String {
    let messages: Vec<String> = words.iter().map(|it| format!("\"{it}\" is already in use")).collect();
    if let [only] = messages.as_slice() { only.clone() } else { format!("[{}]", messages.join(", ")) }
}

fn put_or_take(names: &mut Value, field: &str, value: &Value) {
    if value.is_null() {
        names.remove(field);
    } else {
        names.set(field, value);
    }
}

/// `NonStructuralSchema`, for definitions from before structural schemas were demanded.
fn note_structure(definition: &mut Object, now: Time) {
    let mut problems = Vec::new();
    if definition.at("spec.preserveUnknownFields").is_true() {
        problems.push("spec.preserveUnknownFields: Invalid value: true: must be false".to_owned());
    }
    for (index, version) in definition.at("spec.versions").items().iter().enumerate() {
        let path = format!("spec.versions[{index}].schema.openAPIV3Schema");
        let found = structural::problems(version.at("schema.openAPIV3Schema"), &path);
        problems.extend(found.0.iter().map(|it| format!("{}: {}", it.field, it.message)));
    }
    if problems.is_empty() {
        return take(definition, "NonStructuralSchema");
    }
    let message = if problems.len() == 1 { problems.remove(0) } else { format!("[{}]", problems.join(", ")) };
    put(definition, ("NonStructuralSchema", "True", "Violations", message), now);
}

/// `KubernetesAPIApprovalPolicyConformant`, for groups of Kubernetes.
fn note_approval(definition: &mut Object, now: Time) {
    const KIND: &str = "KubernetesAPIApprovalPolicyConformant";
    let group = definition.at("spec.group").text();
    if !is_protected(&group) {
        return take(definition, KIND);
    }
    let value = definition.annotation(APPROVED).unwrap_or_default().to_owned();
    let (status, reason, message) = match approval(&value) {
        it @ Approval::Missing => ("False", "MissingAnnotation", unapproved(it)),
        it @ Approval::Invalid => ("False", "InvalidAnnotation", unapproved(it)),
        Approval::Bypassed => ("False", "UnapprovedAnnotation", format!("not approved: \"{value}\"")),
        Approval::Given => ("True", "ApprovedAnnotation", format!("approved in {value}")),
    };
    put(definition, (KIND, status, reason, message), now);
}

/// What the approval annotation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approval {
    /// There is none.
    Missing,
    /// Neither an address nor a reason.
    Invalid,
    /// `unapproved, …`.
    Bypassed,
    /// The address of the approval.
    Given,
}

/// Reads the approval annotation.
pub(crate) fn approval(value: &str) -> Approval {
    match value {
        "" => Approval::Missing,
        _ if value.starts_with("unapproved") => Approval::Bypassed,
        _ if value.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()) => {
            Approval::Given
        }
        _ => Approval::Invalid,
    }
}

/// Why a group of Kubernetes is not allowed.
pub(crate) fn unapproved(found: Approval) -> String {
    let with = match found {
        Approval::Invalid => " with either a URL or a reason starting with \"unapproved\"",
        Approval::Missing | Approval::Bypassed | Approval::Given => "",
    };
    format!(
        "protected groups must have approval annotation \"{APPROVED}\"{with}, see https://github.com/kubernetes/enhancements/pull/1111"
    )
}

/// True for groups that belong to Kubernetes.
pub(crate) fn is_protected(group: &str) -> bool {
    PROTECTED.iter().any(|it| group == *it || group.strip_suffix(it).is_some_and(|rest| rest.ends_with('.')))
}

/// Puts a condition in its place, or at the end; its time is new if its status is.
pub(crate) fn put(definition: &mut Object, (kind, status, reason, message): (&str, &str, &str, String), now: Time) {
    let before = definition.condition(kind).clone();
    let since = if before.get("status").str() == status && !before.get("lastTransitionTime").is_null() {
        before.get("lastTransitionTime").clone()
    } else {
        now.to_string().into()
    };
    let condition = Value::from([
        ("type", kind.into()),
        ("status", status.into()),
        ("reason", reason.into()),
        ("message", message.into()),
        ("lastTransitionTime", since),
    ]);
    let conditions = definition.entry("status").map_mut().entry("conditions").list_mut();
    match conditions.iter_mut().find(|it| it.get("type").str() == kind) {
        Some(place) => *place = condition,
        None => conditions.push(condition),
    }
}

fn take(definition: &mut Object, kind: &str) {
    if !definition.condition(kind).is_null() {
        let conditions = definition.entry("status").map_mut().entry("conditions").list_mut();
        conditions.retain(|it| it.get("type").str() != kind);
    }
}
