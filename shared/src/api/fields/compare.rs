//! How two objects differ, as sets of fields. Upstream: `structured-merge-diff/typed/compare.go`.

use crate::api::fields::set::{Set, field};
use crate::api::fields::shape::{Shape, items};
use crate::model::{Text, Value};

/// What became of the fields.
#[derive(Default)]
pub(crate) struct Changes {
    /// What is new.
    pub(crate) added: Set,
    /// What has another value.
    pub(crate) modified: Set,
    /// What is gone.
    pub(crate) removed: Set,
}

impl Changes {
    fn put(&mut self, element: &Text, child: Changes) {
        self.added.put(element.clone(), child.added);
        self.modified.put(element.clone(), child.modified);
        self.removed.put(element.clone(), child.removed);
    }

    /// True if nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// What is new or has another value.
    pub(crate) fn written(&self) -> Set {
        let mut all = self.added.clone();
        all.add(&self.modified);
        all
    }
}

/// Compares two values of one shape; `None` is one that is not there. Parts that are shared are not looked into.
pub(crate) fn compare(old: Option<&Value>, new: Option<&Value>, shape: Shape<'_>) -> Changes {
    let mut changes = Changes::default();
    if old == new {
        return changes;
    }
    let is_bare = |it: Option<&Value>| it.is_none_or(|it| it.fields().is_empty() && it.items().is_empty());
    let whole = [old, new].into_iter().flatten().any(|it| shape.takes_whole(it));
    if whole || (is_bare(old) && is_bare(new)) {
        match (old, new) {
            (None, _) => changes.added.member = true,
            (_, None) => changes.removed.member = true,
            (Some(_), Some(_)) => changes.modified.member = true,
        }
        return changes;
    }
    let (old_value, new_value) = (old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null));
    match shape {
        Shape::Struct(..) | Shape::Map(..) | Shape::Deduced => {
            compare_fields(old_value, new_value, shape, &mut changes);
        }
        Shape::Keyed(..) | Shape::Scalars(_) => compare_items(old_value, new_value, shape, &mut changes),
        Shape::Leaf(_) => {}
    }
    changes.added.member |= old.is_none();
    changes.removed.member |= new.is_none();
    changes
}

fn compare_fields(old: &Value, new: &Value, shape: Shape<'_>, changes: &mut Changes) {
    let mut one = |name: &Text, old: Option<&Value>, new: Option<&Value>| {
        if old != new
            && let Some(shape) = shape.child(name)
        {
            changes.put(&field(name), compare(old, new, shape));
        }
    };
    for (name, value) in old.fields() {
        one(name, Some(value), new.as_map().and_then(|it| it.get(name)));
    }
    for (name, value) in new.fields() {
        if !old.as_map().is_some_and(|it| it.contains_key(name)) {
            one(name, None, Some(value));
        }
    }
}

fn compare_items(old: &Value, new: &Value, shape: Shape<'_>, changes: &mut Changes) {
    let (before, after) = (items(old, shape), items(new, shape));
    let inner = |it: &Value| match (shape, it) {
        (Shape::Keyed(_, schema, id), _) => Shape::Struct(schema, id),
        (other, _) => match other {
            Shape::Scalars(kind) => Shape::Leaf(kind),
            _ => other,
        },
    };
    let find = |list: &[(Text, &Value)], key: &Text| list.iter().position(|(other, _)| other == key);
    for (key, value) in &before {
        let there = find(&after, key).map(|index| after[index].1);
        changes.put(key, compare(Some(value), there, inner(value)));
    }
    for (key, value) in &after {
        if find(&before, key).is_none() {
            changes.put(key, compare(None, Some(value), inner(value)));
        }
    }
}
