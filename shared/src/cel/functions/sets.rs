//! Lists as sets.
//!
//! Upstream: `cel-go/ext/sets.go`.

use super::Function;
use crate::cel::machine::{Failure, Machine, no_overload};
use crate::cel::val::{Seq, Val};

const PAIR: &[&str] = &["(list(A), list(A)) bool"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("sets.contains", PAIR, |machine, it| match it {
        [Val::List(a), Val::List(b)] => Ok(Val::Bool(contains(machine, a, b)?)),
        _ => no_overload(),
    }),
    Function::new("sets.equivalent", PAIR, |machine, it| match it {
        [Val::List(a), Val::List(b)] => Ok(Val::Bool(contains(machine, a, b)? && contains(machine, b, a)?)),
        _ => no_overload(),
    }),
    Function::new("sets.intersects", PAIR, |machine, it| match it {
        [Val::List(a), Val::List(b)] => {
            for item in a.iter() {
                if holds(machine, b, &item)? {
                    return Ok(Val::Bool(true));
                }
            }
            Ok(Val::Bool(false))
        }
        _ => no_overload(),
    }),
];

/// True if all items of `b` are in `a`.
fn contains(machine: &mut Machine<'_>, a: &Seq, b: &Seq) -> Result<bool, Failure> {
    for item in b.iter() {
        if !holds(machine, a, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds(machine: &mut Machine<'_>, items: &Seq, wanted: &Val) -> Result<bool, Failure> {
    for item in items.iter() {
        if machine.equal(&item, wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}
