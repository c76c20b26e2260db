//! Quantities of resources.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/library/quantity.go`.

use super::Function;
use crate::cel::machine::{Outcome, no_overload, wrong};
use crate::cel::val::Val;
use crate::model::Quantity;
use std::cmp::Ordering;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("quantity", &["(string) Quantity"], |_, it| match it {
        [Val::Text(text)] => Quantity::parse(text).map_or_else(|it| wrong(it.to_string()), |it| Ok(Val::Quantity(it))),
        _ => no_overload(),
    }),
    Function::new("isQuantity", &["(string) bool"], |_, it| match it {
        [Val::Text(text)] => Ok(Val::Bool(Quantity::parse(text).is_ok())),
        _ => no_overload(),
    }),
    Function::new("sign", &["Quantity.() int"], |_, it| match it {
        [Val::Quantity(it)] => Ok(Val::Int(it.nanos().signum().try_into().unwrap_or_default())),
        _ => no_overload(),
    }),
    Function::new("isInteger", &["Quantity.() bool"], |_, it| match it {
        [Val::Quantity(it)] => Ok(Val::Bool(as_integer(it).is_some())),
        _ => no_overload(),
    }),
    Function::new("asInteger", &["Quantity.() int"], |_, it| match it {
        [Val::Quantity(it)] => {
            as_integer(it).map_or_else(|| wrong("cannot convert value to integer"), |it| Ok(Val::Int(it)))
        }
        _ => no_overload(),
    }),
    Function::new("asApproximateFloat", &["Quantity.() double"], |_, it| match it {
        [Val::Quantity(it)] => Ok(Val::Double(it.as_f64())),
        _ => no_overload(),
    }),
    Function::new("add", &["Quantity.(Quantity) Quantity", "Quantity.(int) Quantity"], |_, it| match it {
        [Val::Quantity(a), Val::Quantity(b)] => Ok(Val::Quantity(a.clone() + b)),
        [Val::Quantity(a), Val::Int(b)] => Ok(Val::Quantity(a.clone() + &Quantity::new(*b))),
        _ => no_overload(),
    }),
    Function::new("sub", &["Quantity.(Quantity) Quantity", "Quantity.(int) Quantity"], |_, it| match it {
        [Val::Quantity(a), Val::Quantity(b)] => Ok(Val::Quantity(a.clone() - b)),
        [Val::Quantity(a), Val::Int(b)] => Ok(Val::Quantity(a.clone() - &Quantity::new(*b))),
        _ => no_overload(),
    }),
    Function::new("isLessThan", COMPARED, |_, it| compared(it, |it| Val::Bool(it.is_lt()))),
    Function::new("isGreaterThan", COMPARED, |_, it| compared(it, |it| Val::Bool(it.is_gt()))),
    Function::new("compareTo", &["Quantity.(Quantity) int", "Semver.(Semver) int"], |_, it| {
        compared(it, |it| Val::Int(it as i64))
    }),
];

const COMPARED: &[&str] = &["Quantity.(Quantity) bool", "Semver.(Semver) bool"];

fn as_integer(it: &Quantity) -> Option<i64> {
    let nanos = it.nanos();
    (nanos % 1_000_000_000 == 0).then(|| i64::try_from(nanos / 1_000_000_000).ok()).flatten()
}

/// Compares two quantities, or two versions: the functions have one name.
fn compared(it: &[Val], made: fn(Ordering) -> Val) -> Outcome {
    match it {
        [Val::Quantity(a), Val::Quantity(b)] => Ok(made(a.cmp(b))),
        [Val::Semver(a), Val::Semver(b)] => Ok(made(a.order(b))),
        _ => no_overload(),
    }
}
