//! `metadata.managedFields`: who set which fields.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/managedfields/internal/{fieldmanager,managedfields,managedfieldsupdater,capmanagers}.go`.
//! Differs: an object that a component of the cluster made for itself (a controller's pods) has no managed fields until somebody
//! else writes it (`DIFFERENCE`: thousands of pods would take twice the memory for what nobody reads); when it is first
//! applied, all its fields belong to `before-first-apply`, as upstream does for objects from before server-side apply.

use crate::api::fields::compare::compare;
use crate::api::fields::set::Set;
use crate::api::fields::shape::Shape;
use crate::api::pipeline::Call;
use crate::model::decode::decode;
use crate::model::{Object, Order, Text, Value};

/// The most entries of managers that update; the oldest ones become one.
const UPDATERS_MAX: usize = 10;
/// Who stands for the oldest managers.
const ANCIENT: &str = "ancient-changes";
/// What belongs to no manager.
const STRIPPED: &[&[&str]] = &[
    &["apiVersion"],
    &["kind"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

/// How a manager came to its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    /// By server-side apply.
    Apply,
    /// By any other write.
    Update,
}

/// One manager's fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// `kubectl-client-side-apply`.
    pub(crate) manager: Text,
    /// How.
    pub(crate) operation: Operation,
    /// `apps/v1`.
    pub(crate) api_version: Text,
    /// When last.
    pub(crate) time: Text,
    /// `status`, or empty.
    pub(crate) subresource: Text,
    /// Which.
    pub(crate) set: Set,
}

impl Entry {
    /// True if the same manager did the same in the same way.
    pub(crate) fn is_by(&self, other: &Entry) -> bool {
        let same_version = self.operation == Operation::Apply || self.api_version == other.api_version;
        self.manager == other.manager
            && self.operation == other.operation
            && self.subresource == other.subresource
            && same_version
    }

    fn read(value: &Value) -> Self {
        Self {
            manager: value.get("manager").text(),
            operation: if value.get("operation").str() == "Apply" { Operation::Apply } else { Operation::Update },
            api_version: value.get("apiVersion").text(),
            time: value.get("time").text(),
            subresource: value.get("subresource").text(),
            set: Set::read(value.get("fieldsV1")),
        }
    }

    fn write(&self) -> Value {
        let operation = if self.operation == Operation::Apply { "Apply" } else { "Update" };
        let mut value = Value::from([
            ("manager", (&self.manager).into()),
            ("operation", operation.into()),
            ("apiVersion", (&self.api_version).into()),
            ("time", (&self.time).into()),
            ("fieldsType", "FieldsV1".into()),
            ("fieldsV1", self.set.write()),
        ]);
        if !self.subresource.is_empty() {
            value.set("subresource", &self.subresource);
        }
        value
    }
}

/// The entries of an object.
pub(crate) fn read(object: &Object) -> Vec<Entry> {
    object.metadata().get("managedFields").items().iter().map(Entry::read).collect()
}

/// Puts the entries into an object, in upstream's order; empty ones go.
pub(crate) fn write(object: &mut Object, mut entries: Vec<Entry>) {
    entries.retain(|it| !it.set.is_empty());
    entries.order_by(|a, b| {
        (a.operation, &a.time, &a.manager, &a.api_version).cmp(&(b.operation, &b.time, &b.manager, &b.api_version))
    });
    if entries.is_empty() {
        object.entry("metadata").remove("managedFields");
    } else {
        object.set("metadata.managedFields", entries.iter().map(Entry::write).collect::<Value>());
    }
}

/// Who a request writes as: the field manager it names, or else the program that its user is.
pub(crate) fn manager_of(call: &Call<'_>) -> Text {
    let named = &call.request.options.field_manager;
    if !named.is_empty() {
        return named.clone();
    }
    let user = call.request.user.name.as_str();
    match user.strip_prefix("system:") {
        Some(it) if it.starts_with("serviceaccount:kube-system:") => Text::new_static("kube-controller-manager"),
        Some(it) if it.starts_with("node:") => Text::new_static("kubelet"),
        Some(it) => it.into(),
        None => Text::new_static("unknown"),
    }
}

fn is_component(call: &Call<'_>) -> bool {
    call.request.user.name.starts_with("system:") && call.request.options.field_manager.is_empty()
}

/// Notes who wrote the fields in which `new` differs from `old`.
pub(crate) fn track(call: &Call<'_>, old: Option<&Object>, new: &mut Object) {
    let managed = old.is_some_and(|it| !it.metadata().get("managedFields").is_empty());
    if (!managed && is_component(call)) || old == Some(new) {
        return;
    }
    let Some((schema, id)) = call.resource.type_of(new) else { return };
    let shape = Shape::Struct(schema, id);
    let empty = if old.is_none() { empty(shape, call) } else { Value::Null };
    let before = old.map_or(&empty, |it| &it.0);
    let changes = compare(Some(before), Some(&new.0), shape);
    if changes.is_empty() {
        return;
    }
    let mut own = Entry {
        manager: manager_of(call),
        operation: Operation::Update,
        api_version: call.resource.api_version().into(),
        time: call.now.to_string().into(),
        subresource: call.request.target.subresource.clone(),
        set: stripped(changes.written(), call),
    };
    let mut lost = changes.written();
    lost.add(&changes.removed);
    let entries = old.map(read).unwrap_or_default();
    let mut kept = Vec::with_capacity(entries.len() + 1);
    for mut entry in entries {
        if entry.is_by(&own) {
            let mut all = entry.set.minus(&changes.removed);
            all.add(&own.set);
            own.set = all;
        } else {
            entry.set = entry.set.minus(&lost);
            kept.push(entry);
        }
    }
    kept.push(own);
    write(new, capped(kept));
}

/// Without what belongs to no manager, and what this way of writing does not write.
pub(crate) fn stripped(mut set: Set, call: &Call<'_>) -> Set {
    for path in STRIPPED {
        set.drop_fields(path);
    }
    match call.request.target.subresource.as_str() {
        "status" => set.drop_fields(&["spec"]),
        _ if call.resource.has("status") => set.drop_fields(&["status"]),
        _ => {}
    }
    if let Some(metadata) = set.children.get_mut("f:metadata") {
        metadata.member = false;
        if metadata.is_empty() {
            set.children.remove("f:metadata");
        }
    }
    set
}

/// Makes one of the oldest updaters when there are too many.
fn capped(mut entries: Vec<Entry>) -> Vec<Entry> {
    loop {
        let updaters = entries.iter().enumerate().filter(|(_, it)| it.operation == Operation::Update);
        let mut oldest: Vec<(Text, usize)> = updaters.map(|(index, it)| (it.time.clone(), index)).collect();
        if oldest.len() <= UPDATERS_MAX {
            return entries;
        }
        oldest.order();
        let (first, second) = (oldest[0].1, oldest[1].1);
        let merged = entries[first].set.clone();
        let target = &mut entries[second];
        target.set.add(&merged);
        target.manager = Text::new_static(ANCIENT);
        target.subresource = Text::default();
        entries.remove(first);
    }
}

/// An object of the shape in which nothing is set.
fn empty(shape: Shape<'_>, call: &Call<'_>) -> Value {
    match shape {
        Shape::Struct(_, id) if !call.resource.is_custom() => decode(&Value::Null, id).value,
        _ => Value::map(),
    }
}

/// All fields of an object that nobody has managed yet.
pub(crate) fn before_first_apply(old: &Object, shape: Shape<'_>, call: &Call<'_>) -> Entry {
    let changes = compare(Some(&empty(shape, call)), Some(&old.0), shape);
    Entry {
        manager: Text::new_static("before-first-apply"),
        operation: Operation::Update,
        api_version: call.resource.api_version().into(),
        time: call.now.to_string().into(),
        subresource: Text::default(),
        set: stripped(changes.written(), call),
    }
}
