//! `--sort-by`.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/get/sorter.go`.

use crate::kubectl::failure::{Failure, quoted};
use crate::model::jsonpath::{Template, order};
use crate::model::{Object, Quantity, Value};
use std::cmp::Ordering;

/// Sorts `objects` by the field at `path`; those without it come first.
///
/// # Errors
/// The path is wrong, or no object has the field.
pub(crate) fn by_path(objects: &mut [Object], path: &str) -> Result<(), Failure> {
    let template = Template::parse_relaxed(path).map_err(Failure::text)?;
    if objects.is_empty() {
        return Ok(());
    }
    if objects.iter().all(|it| template.find(it).is_empty()) {
        let inner = path.trim_start_matches('{').trim_end_matches('}').trim_start_matches('.');
        let shown = quoted(&format!("{{.{inner}}}"));
        return Err(Failure::text(format!("couldn't find any field with path {shown} in the list of objects")));
    }
    objects.sort_by_cached_key(|it| Sortable(template.find(it).into_iter().next()));
    Ok(())
}

/// A field's value as `--sort-by` orders it.
struct Sortable(Option<Value>);

impl Ord for Sortable {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => values(a, b),
        }
    }
}

fn values(a: &Value, b: &Value) -> Ordering {
    if let (Value::Text(a), Value::Text(b)) = (a, b)
        && let (Ok(a), Ok(b)) = (Quantity::parse(a), Quantity::parse(b))
    {
        return a.cmp(&b);
    }
    order(a, b).unwrap_or(Ordering::Equal)
}

impl PartialOrd for Sortable {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sortable {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sortable {}
