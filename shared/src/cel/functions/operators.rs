//! Operators: logic, equality, order, arithmetic, index and membership.
//!
//! Upstream: `cel-go/common/stdlib/standard.go`, `common/types/{int,uint,double,overflow}.go`.

use super::Function;
use crate::cel::compare::order;
use crate::cel::machine::{Machine, Outcome, no_overload, wrong};
use crate::cel::val::{Name, Seq, Val, whole};
use crate::model::Time;
use std::cmp::Ordering;
use std::sync::Arc;

const ORDERED: &[&str] = &[
    "(bool, bool) bool",
    "(int, int) bool",
    "(int, double) bool",
    "(int, uint) bool",
    "(uint, uint) bool",
    "(uint, double) bool",
    "(uint, int) bool",
    "(double, double) bool",
    "(double, int) bool",
    "(double, uint) bool",
    "(string, string) bool",
    "(bytes, bytes) bool",
    "(timestamp, timestamp) bool",
    "(duration, duration) bool",
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("_?_:_", &["(bool, A, A) A"], special),
    Function::new("_&&_", &["(bool, bool) bool"], special),
    Function::new("_||_", &["(bool, bool) bool"], special),
    Function::new("@not_strictly_false", &["(bool) bool"], special),
    Function::new("!_", &["(bool) bool"], |_, it| match it {
        [Val::Bool(it)] => Ok(Val::Bool(!it)),
        _ => no_overload(),
    }),
    Function::new("_==_", &["(A, A) bool"], |machine, it| match it {
        [a, b] => Ok(Val::Bool(machine.equal(a, b)?)),
        _ => no_overload(),
    }),
    Function::new("_!=_", &["(A, A) bool"], |machine, it| match it {
        [a, b] => Ok(Val::Bool(!machine.equal(a, b)?)),
        _ => no_overload(),
    }),
    Function::new("_<_", ORDERED, |machine, it| ordered(machine, it, Ordering::is_lt)),
    Function::new("_<=_", ORDERED, |machine, it| ordered(machine, it, Ordering::is_le)),
    Function::new("_>_", ORDERED, |machine, it| ordered(machine, it, Ordering::is_gt)),
    Function::new("_>=_", ORDERED, |machine, it| ordered(machine, it, Ordering::is_ge)),
    Function { grow: Some(add_to), ..Function::new("_+_", ADDED, add) },
    Function::new(
        "_-_",
        &[
            "(int, int) int",
            "(uint, uint) uint",
            "(double, double) double",
            "(timestamp, timestamp) duration",
            "(timestamp, duration) timestamp",
            "(duration, duration) duration",
        ],
        subtract,
    ),
    Function::new("_*_", &["(int, int) int", "(uint, uint) uint", "(double, double) double"], |_, it| match it {
        [Val::Int(a), Val::Int(b)] => int(a.checked_mul(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_mul(*b)),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a * b)),
        _ => no_overload(),
    }),
    Function::new("_/_", &["(int, int) int", "(uint, uint) uint", "(double, double) double"], |_, it| match it {
        [Val::Int(_), Val::Int(0)] | [Val::Uint(_), Val::Uint(0)] => wrong("division by zero"),
        [Val::Int(a), Val::Int(b)] => int(a.checked_div(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_div(*b)),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a / b)),
        _ => no_overload(),
    }),
    Function::new("_%_", &["(int, int) int", "(uint, uint) uint"], |_, it| match it {
        [Val::Int(_), Val::Int(0)] | [Val::Uint(_), Val::Uint(0)] => wrong("modulus by zero"),
        [Val::Int(a), Val::Int(b)] => int(a.checked_rem(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_rem(*b)),
        _ => no_overload(),
    }),
    Function::new("-_", &["(int) int", "(double) double"], |_, it| match it {
        [Val::Int(it)] => int(it.checked_neg()),
        [Val::Double(it)] => Ok(Val::Double(-it)),
        _ => no_overload(),
    }),
    Function::new(
        "_[_]",
        &[
            "(list(A), int) A",
            "(map(A, B), A) B",
            "(optional(list(A)), int) optional(A)",
            "(optional(map(A, B)), A) optional(B)",
        ],
        |_, it| match it {
            [Val::Optional(None), _] => Ok(Val::Optional(None)),
            [Val::Optional(Some(of)), at] => Ok(Val::optional(indexed(of, at)?)),
            [of, at] => indexed(of, at)?.map_or_else(|| wrong(missing(of, at)), Ok),
            _ => no_overload(),
        },
    ),
    Function::new(
        "_[?_]",
        &[
            "(list(A), int) optional(A)",
            "(map(A, B), A) optional(B)",
            "(optional(list(A)), int) optional(A)",
            "(optional(map(A, B)), A) optional(B)",
        ],
        |_, it| match it {
            [Val::Optional(None), _] => Ok(Val::Optional(None)),
            [Val::Optional(Some(of)), at] => Ok(Val::optional(indexed(of, at)?)),
            [of, at] => Ok(Val::optional(indexed(of, at)?)),
            _ => no_overload(),
        },
    ),
    Function::new("@in", &["(A, list(A)) bool", "(A, map(A, B)) bool"], contained),
    Function::new("type", &["(A) type(A)"], |_, it| match it {
        [it] => Ok(Val::Kind(it.type_name())),
        _ => no_overload(),
    }),
    Function::new("dyn", &["(A) dyn"], |_, it| it.first().cloned().map_or_else(no_overload, Ok)),
];

const ADDED: &[&str] = &[
    "(int, int) int",
    "(uint, uint) uint",
    "(double, double) double",
    "(string, string) string",
    "(bytes, bytes) bytes",
    "(list(A), list(A)) list(A)",
    "(timestamp, duration) timestamp",
    "(duration, timestamp) timestamp",
    "(duration, duration) duration",
];

/// What the machine runs itself, because not all arguments are evaluated.
fn special(_: &mut Machine<'_>, _: &[Val]) -> Outcome {
    no_overload()
}

fn ordered(machine: &mut Machine<'_>, it: &[Val], wanted: fn(Ordering) -> bool) -> Outcome {
    let [a, b] = it else { return no_overload() };
    if let (Val::Text(a), Val::Text(b)) = (a, b) {
        machine.charge_text(a.len().min(b.len()))?;
    }
    // Quantities and versions have functions of their own for this.
    if matches!(a, Val::Quantity(_) | Val::Semver(_)) {
        return no_overload();
    }
    let comparable = matches!((a, b), (Val::Double(_), _) | (_, Val::Double(_)));
    match order(a, b) {
        Some(it) => Ok(Val::Bool(wanted(it))),
        // Not a number is neither less nor more.
        None if comparable => Ok(Val::Bool(false)),
        None => no_overload(),
    }
}

fn int(it: Option<i64>) -> Outcome {
    it.map_or_else(|| wrong("integer overflow"), |it| Ok(Val::Int(it)))
}

fn uint(it: Option<u64>) -> Outcome {
    it.map_or_else(|| wrong("unsigned integer overflow"), |it| Ok(Val::Uint(it)))
}

fn duration(it: Option<i64>) -> Outcome {
    it.map_or_else(|| wrong("duration overflow"), |it| Ok(Val::Duration(it)))
}

fn moved(time: Time, nanos: i128) -> Outcome {
    let micros = i128::from(time.0) + nanos / 1_000;
    let micros = i64::try_from(micros).ok().filter(|it| super::time::in_range(Time(*it)));
    micros.map_or_else(|| wrong("timestamp overflow"), |it| Ok(Val::Timestamp(Time(it))))
}

fn add(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    match it {
        [Val::Int(a), Val::Int(b)] => int(a.checked_add(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_add(*b)),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a + b)),
        [Val::Text(a), Val::Text(b)] => {
            machine.charge_text(a.len() + b.len())?;
            Ok(Val::text(&format!("{a}{b}")))
        }
        [Val::Bytes(a), Val::Bytes(b)] => {
            machine.charge_text(a.len() + b.len())?;
            Ok(Val::Bytes([&**a, &**b].concat().into()))
        }
        [Val::List(a), Val::List(b)] => joined(machine, a, b),
        [Val::Timestamp(a), Val::Duration(b)] | [Val::Duration(b), Val::Timestamp(a)] => moved(*a, (*b).into()),
        [Val::Duration(a), Val::Duration(b)] => duration(a.checked_add(*b)),
        _ => no_overload(),
    }
}

/// The same; a list that nothing else holds grows in place.
fn add_to(machine: &mut Machine<'_>, mut it: Vec<Val>) -> Outcome {
    if let [Val::List(Seq::Made(items)), Val::List(more)] = &mut it[..]
        && let Some(items) = Arc::get_mut(items)
    {
        machine.charge(more.len() as u64 / 8)?;
        items.extend(more.iter());
        return Ok(it.swap_remove(0));
    }
    add(machine, &it)
}

fn joined(machine: &mut Machine<'_>, a: &Seq, b: &Seq) -> Outcome {
    if a.is_empty() {
        return Ok(Val::List(b.clone()));
    }
    machine.charge((a.len() + b.len()) as u64 / 8)?;
    Ok(Val::list(a.iter().chain(b.iter()).collect()))
}

fn subtract(_: &mut Machine<'_>, it: &[Val]) -> Outcome {
    match it {
        [Val::Int(a), Val::Int(b)] => int(a.checked_sub(*b)),
        [Val::Uint(a), Val::Uint(b)] => uint(a.checked_sub(*b)),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a - b)),
        [Val::Timestamp(a), Val::Timestamp(b)] => duration(a.0.checked_sub(b.0).and_then(|it| it.checked_mul(1_000))),
        [Val::Timestamp(a), Val::Duration(b)] => moved(*a, -i128::from(*b)),
        [Val::Duration(a), Val::Duration(b)] => duration(a.checked_sub(*b)),
        _ => no_overload(),
    }
}

/// What is at a place; `None` if nothing is.
fn indexed(of: &Val, at: &Val) -> Result<Option<Val>, crate::cel::machine::Failure> {
    match of {
        Val::List(items) => {
            let index = match at {
                Val::Int(it) => usize::try_from(*it).ok(),
                Val::Uint(it) => usize::try_from(*it).ok(),
                Val::Double(it) => whole(*it).and_then(|it| usize::try_from(it).ok()),
                _ => return wrong(format!("unsupported index type '{}' in list", at.type_name())),
            };
            Ok(index.and_then(|it| items.get(it)))
        }
        Val::Map(it) => Ok(Name::of(at).and_then(|name| it.get(&name))),
        _ => no_overload(),
    }
}

fn missing(of: &Val, at: &Val) -> String {
    let what = if matches!(of, Val::List(_)) { "index out of bounds" } else { "no such key" };
    format!("{what}: {}", super::conversions::shown(at))
}

fn contained(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    match it {
        [item, Val::List(items)] => {
            for other in items.iter() {
                if machine.equal(item, &other)? {
                    return Ok(Val::Bool(true));
                }
            }
            Ok(Val::Bool(false))
        }
        [key, Val::Map(it)] => Ok(Val::Bool(Name::of(key).is_some_and(|name| it.get(&name).is_some()))),
        _ => no_overload(),
    }
}
