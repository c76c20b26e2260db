//! Equality and order of values. Numbers are compared by what they are, whatever their types.
//!
//! Upstream: `cel-go/common/types/{compare,list,map}.go`.

use crate::cel::val::{Dict, Name, Seq, Val};
use std::cmp::Ordering;

/// True if both are the same value. Each item that is looked at counts in `looked`.
pub(super) fn equal(a: &Val, b: &Val, looked: &mut u64) -> bool {
    *looked += 1;
    match (a, b) {
        (Val::Null, Val::Null) => true,
        (Val::Bool(a), Val::Bool(b)) => a == b,
        (Val::Text(a), Val::Text(b)) => {
            *looked += a.len().min(b.len()) as u64 / 10;
            a == b
        }
        (Val::Bytes(a), Val::Bytes(b)) => a == b,
        (Val::List(a), Val::List(b)) => equal_lists(a, b, looked),
        (Val::Map(a), Val::Map(b)) => equal_maps(a, b, looked),
        (Val::Struct(a), Val::Struct(b)) => {
            a.name == b.name
                && a.fields.len() == b.fields.len()
                && a.fields.iter().zip(&b.fields).all(|(a, b)| a.0 == b.0 && equal(&a.1, &b.1, looked))
        }
        (Val::Optional(a), Val::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => equal(a, b, looked),
            (None, None) => true,
            _ => false,
        },
        (Val::Kind(a), Val::Kind(b)) => a == b,
        (Val::Url(a), Val::Url(b)) => a.text == b.text,
        (Val::Ip(a), Val::Ip(b)) => a == b,
        (Val::Cidr(a), Val::Cidr(b)) => a == b,
        (Val::Format(a), Val::Format(b)) => a.name == b.name,
        _ => order(a, b) == Some(Ordering::Equal),
    }
}

fn equal_lists(a: &Seq, b: &Seq, looked: &mut u64) -> bool {
    if let (Seq::Json(a), Seq::Json(b)) = (a, b)
        && a.ptr_eq(b)
    {
        return true;
    }
    a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(&a, &b, looked))
}

fn equal_maps(a: &Dict, b: &Dict, looked: &mut u64) -> bool {
    if let (Dict::Json(a), Dict::Json(b)) = (a, b)
        && a.ptr_eq(b)
    {
        return true;
    }
    a.len() == b.len()
        && a.entries().iter().all(|(name, value)| {
            let other = Name::of(name).and_then(|name| b.get(&name));
            other.is_some_and(|other| equal(value, &other, looked))
        })
}

/// The order of two values; `None` if they have none.
pub(super) fn order(a: &Val, b: &Val) -> Option<Ordering> {
    match (a, b) {
        (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
        (Val::Text(a), Val::Text(b)) => Some(a.cmp(b)),
        (Val::Bytes(a), Val::Bytes(b)) => Some(a.cmp(b)),
        (Val::Timestamp(a), Val::Timestamp(b)) => Some(a.cmp(b)),
        (Val::Quantity(a), Val::Quantity(b)) => Some(a.cmp(b)),
        (Val::Semver(a), Val::Semver(b)) => Some(a.order(b)),
        (Val::Int(a), Val::Int(b)) | (Val::Duration(a), Val::Duration(b)) => Some(a.cmp(b)),
        (Val::Uint(a), Val::Uint(b)) => Some(a.cmp(b)),
        (Val::Double(a), Val::Double(b)) => a.partial_cmp(b),
        (Val::Double(a), _) => order_double(*a, number(b)?),
        (_, Val::Double(b)) => order_double(*b, number(a)?).map(Ordering::reverse),
        _ => Some(number(a)?.cmp(&number(b)?)),
    }
}

fn number(it: &Val) -> Option<i128> {
    match it {
        Val::Int(it) => Some((*it).into()),
        Val::Uint(it) => Some((*it).into()),
        _ => None,
    }
}

fn order_double(a: f64, b: i128) -> Option<Ordering> {
    // Beyond these no 64-bit number is; within them the whole part is exact.
    const LIMIT: f64 = 3.0e19;
    if a.is_nan() {
        return None;
    }
    if a.abs() > LIMIT {
        return Some(if a > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    #[allow(clippy::cast_possible_truncation, reason = "its limit is checked above")]
    let floor = a.floor() as i128;
    Some(floor.cmp(&b).then(if a.fract() == 0.0 { Ordering::Equal } else { Ordering::Greater }))
}
