//! Values that may be missing.
//!
//! Upstream: `cel-go/cel/library.go` (`OptionalTypes`).

use super::Function;
use crate::cel::machine::{no_overload, wrong};
use crate::cel::val::{Val, whole};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("optional.of", &["(A) optional(A)"], |_, it| match it {
        [it] => Ok(Val::some(it.clone())),
        _ => no_overload(),
    }),
    Function::new("optional.none", &["() optional(A)"], |_, _| Ok(Val::Optional(None))),
    Function::new("optional.ofNonZeroValue", &["(A) optional(A)"], |_, it| match it {
        [it] if is_zero(it) => Ok(Val::Optional(None)),
        [it] => Ok(Val::some(it.clone())),
        _ => no_overload(),
    }),
    Function::new("value", &["optional(A).() A"], |_, it| match it {
        [Val::Optional(Some(it))] => Ok((**it).clone()),
        [Val::Optional(None)] => wrong("optional.none() dereference"),
        _ => no_overload(),
    }),
    Function::new("hasValue", &["optional(A).() bool"], |_, it| match it {
        [Val::Optional(it)] => Ok(Val::Bool(it.is_some())),
        _ => no_overload(),
    }),
    Function::new("or", &["optional(A).(optional(A)) optional(A)"], |_, it| match it {
        [Val::Optional(Some(it)), _] => Ok(Val::Optional(Some(it.clone()))),
        [Val::Optional(None), other] => Ok(other.clone()),
        _ => no_overload(),
    }),
    Function::new("orValue", &["optional(A).(A) A"], |_, it| match it {
        [Val::Optional(Some(it)), _] => Ok((**it).clone()),
        [Val::Optional(None), other] => Ok(other.clone()),
        _ => no_overload(),
    }),
];

/// True for null, false, zero, and what is empty.
fn is_zero(it: &Val) -> bool {
    match it {
        Val::Null | Val::Bool(false) | Val::Int(0) | Val::Uint(0) | Val::Duration(0) | Val::Optional(None) => true,
        Val::Double(it) => whole(*it) == Some(0),
        Val::Text(it) => it.is_empty(),
        Val::Bytes(it) => it.is_empty(),
        Val::List(it) => it.is_empty(),
        Val::Map(it) => it.is_empty(),
        Val::Struct(it) => it.fields.is_empty(),
        _ => false,
    }
}
