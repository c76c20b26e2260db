//! Lists of Kubernetes: sums, extremes, order.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/library/lists.go`. `indexOf` and `lastIndexOf` are with those of strings.

use super::Function;
use crate::cel::compare::order;
use crate::cel::machine::{Machine, Outcome, no_overload, wrong};
use crate::cel::val::{Seq, Val};
use std::cmp::Ordering;

const COMPARED: &[&str] = &[
    "list(int).() bool",
    "list(uint).() bool",
    "list(double).() bool",
    "list(bool).() bool",
    "list(duration).() bool",
    "list(timestamp).() bool",
    "list(string).() bool",
    "list(bytes).() bool",
];

const PICKED: &[&str] = &[
    "list(int).() int",
    "list(uint).() uint",
    "list(double).() double",
    "list(bool).() bool",
    "list(duration).() duration",
    "list(timestamp).() timestamp",
    "list(string).() string",
    "list(bytes).() bytes",
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("isSorted", COMPARED, |machine, it| {
        let [Val::List(items)] = it else { return no_overload() };
        for index in 1..items.len() {
            machine.charge(1)?;
            let (Some(before), Some(item)) = (items.get(index - 1), items.get(index)) else { continue };
            match order(&before, &item) {
                Some(Ordering::Greater) => return Ok(Val::Bool(false)),
                Some(_) => {}
                None => return no_overload(),
            }
        }
        Ok(Val::Bool(true))
    }),
    Function::new(
        "sum",
        &["list(int).() int", "list(uint).() uint", "list(double).() double", "list(duration).() duration"],
        sum,
    ),
    Function::new("min", PICKED, |machine, it| picked(machine, it, "min", Ordering::Less)),
    Function::new("max", PICKED, |machine, it| picked(machine, it, "max", Ordering::Greater)),
];

fn sum(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let [Val::List(items)] = it else { return no_overload() };
    let Some(add) = super::operators::FUNCTIONS.iter().find(|it| it.name == "_+_") else { return no_overload() };
    let mut items = items.iter();
    let Some(mut total) = items.next() else { return Ok(Val::Int(0)) };
    for item in items {
        machine.charge(1)?;
        total = (add.run)(machine, &[total, item])?;
    }
    Ok(total)
}

fn picked(machine: &mut Machine<'_>, it: &[Val], name: &str, wanted: Ordering) -> Outcome {
    let [Val::List(items)] = it else { return no_overload() };
    let mut best = first(items, name)?;
    for item in items.iter().skip(1) {
        machine.charge(1)?;
        match order(&item, &best) {
            Some(it) if it == wanted => best = item,
            Some(_) => {}
            None => return no_overload(),
        }
    }
    Ok(best)
}

fn first(items: &Seq, name: &str) -> Outcome {
    items.get(0).map_or_else(|| wrong(format!("{name} called on empty list")), Ok)
}
