//! What comprehensions that make maps are built of.
//!
//! Upstream: `cel-go/ext/comprehensions.go`.

use super::Function;
use super::conversions::shown;
use crate::cel::machine::{Machine, Outcome, no_overload, wrong};
use crate::cel::macros::INSERT;
use crate::cel::val::{Dict, Name, Val};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] = &[Function {
    grow: Some(insert),
    ..Function::new(INSERT, &["(map(A, B), A, B) map(A, B)", "(map(A, B), map(A, B)) map(A, B)"], |_, _| no_overload())
}];

/// The map with one entry more, or with those of another map.
fn insert(machine: &mut Machine<'_>, mut arguments: Vec<Val>) -> Outcome {
    let more = match &arguments[1..] {
        [key, value] => vec![(key.clone(), value.clone())],
        [Val::Map(it)] => it.entries(),
        _ => return no_overload(),
    };
    let Val::Map(map) = arguments.swap_remove(0) else { return no_overload() };
    let mut entries = match map {
        Dict::Made(it) => it,
        Dict::Json(_) => Arc::new(named(&map)),
    };
    let made = Arc::make_mut(&mut entries);
    for (key, value) in more {
        machine.charge(1)?;
        let Some(name) = Name::of(&key) else { return wrong(format!("unsupported key type: {}", key.type_name())) };
        if made.insert(name, value).is_some() {
            return wrong(format!("insert failed: key {} already exists", shown(&key)));
        }
    }
    Ok(Val::Map(Dict::Made(entries)))
}

fn named(map: &Dict) -> BTreeMap<Name, Val> {
    map.entries().into_iter().filter_map(|(key, value)| Some((Name::of(&key)?, value))).collect()
}
