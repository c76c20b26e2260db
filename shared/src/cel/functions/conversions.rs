//! From one type to another: `int(x)`, `string(x)`, `bytes(x)`, and what values look like in messages.
//!
//! Upstream: `cel-go/common/types/*.go` (`ConvertToType`).

use super::Function;
use super::time;
use crate::cel::machine::{Machine, Outcome, no_overload, wrong};
use crate::cel::val::{Val, whole};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("bool", &["(bool) bool", "(string) bool"], |_, it| match it {
        [Val::Bool(it)] => Ok(Val::Bool(*it)),
        [Val::Text(it)] => match it.as_str() {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Val::Bool(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Val::Bool(false)),
            _ => wrong(format!("strconv.ParseBool: parsing \"{it}\": invalid syntax")),
        },
        _ => no_overload(),
    }),
    Function::new("bytes", &["(bytes) bytes", "(string) bytes"], |machine, it| match it {
        [Val::Bytes(it)] => Ok(Val::Bytes(it.clone())),
        [Val::Text(it)] => {
            machine.charge_text(it.len())?;
            Ok(Val::Bytes(it.as_bytes().into()))
        }
        _ => no_overload(),
    }),
    Function::new(
        "int",
        &["(int) int", "(uint) int", "(double) int", "(string) int", "(timestamp) int", "(duration) int"],
        to_int,
    ),
    Function::new("uint", &["(uint) uint", "(int) uint", "(double) uint", "(string) uint"], to_uint),
    Function::new("double", &["(double) double", "(int) double", "(uint) double", "(string) double"], to_double),
    Function::new(
        "string",
        &[
            "(string) string",
            "(bool) string",
            "(int) string",
            "(uint) string",
            "(double) string",
            "(bytes) string",
            "(timestamp) string",
            "(duration) string",
            "(IP) string",
            "(CIDR) string",
        ],
        |machine, it| match it {
            [Val::Bytes(it)] => {
                machine.charge_text(it.len())?;
                match std::str::from_utf8(it) {
                    Ok(it) => Ok(Val::text(it)),
                    Err(_) => wrong("invalid UTF-8 in bytes, cannot convert to string"),
                }
            }
            [it] => to_text(it).map_or_else(no_overload, |it| Ok(Val::Text(it.into()))),
            _ => no_overload(),
        },
    ),
];

fn to_int(_: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let [it] = it else { return no_overload() };
    let found = match it {
        Val::Int(it) | Val::Duration(it) => Some(*it),
        Val::Uint(it) => i64::try_from(*it).ok(),
        Val::Double(it) => whole(it.trunc()),
        Val::Timestamp(it) => Some(it.as_seconds()),
        Val::Text(it) => match it.parse() {
            Ok(it) => Some(it),
            Err(_) => return wrong(format!("strconv.ParseInt: parsing \"{it}\": invalid syntax")),
        },
        _ => return no_overload(),
    };
    found.map_or_else(|| wrong("integer overflow"), |it| Ok(Val::Int(it)))
}

fn to_uint(_: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let [it] = it else { return no_overload() };
    let found = match it {
        Val::Uint(it) => Some(*it),
        Val::Int(it) => u64::try_from(*it).ok(),
        Val::Double(it) => unsigned(*it),
        Val::Text(it) => match it.parse() {
            Ok(it) => Some(it),
            Err(_) => return wrong(format!("strconv.ParseUint: parsing \"{it}\": invalid syntax")),
        },
        _ => return no_overload(),
    };
    found.map_or_else(|| wrong("unsigned integer overflow"), |it| Ok(Val::Uint(it)))
}

fn unsigned(number: f64) -> Option<u64> {
    const LIMIT: f64 = 18_446_744_073_709_551_616.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "its limits are checked beside it")]
    (0.0..LIMIT).contains(&number).then_some(number as u64)
}

/// A whole number as a double, as near as one comes.
pub(in crate::cel) fn double_of(whole: i64) -> Val {
    #[allow(clippy::cast_precision_loss, reason = "that is what this conversion does")]
    Val::Double(whole as f64)
}

fn to_double(_: &mut Machine<'_>, it: &[Val]) -> Outcome {
    #[allow(clippy::cast_precision_loss, reason = "that is what this conversion does")]
    match it {
        [Val::Double(it)] => Ok(Val::Double(*it)),
        [Val::Int(it)] => Ok(double_of(*it)),
        [Val::Uint(it)] => Ok(Val::Double(*it as f64)),
        [Val::Text(it)] => match it.parse() {
            Ok(it) => Ok(Val::Double(it)),
            Err(_) => wrong(format!("strconv.ParseFloat: parsing \"{it}\": invalid syntax")),
        },
        _ => no_overload(),
    }
}

/// As `string(x)` says it; `None` for what has no such text.
pub(in crate::cel) fn to_text(value: &Val) -> Option<String> {
    Some(match value {
        Val::Text(it) => it.to_string(),
        Val::Bool(it) => it.to_string(),
        Val::Int(it) => it.to_string(),
        Val::Uint(it) => it.to_string(),
        Val::Double(it) => double_text(*it),
        Val::Timestamp(it) => time::timestamp_text(*it),
        Val::Duration(it) => time::duration_text(*it),
        Val::Ip(it) => it.to_string(),
        Val::Cidr(it) => it.to_string(),
        _ => return None,
    })
}

/// As Go's `%g` writes it.
pub(in crate::cel) fn double_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e21).contains(&size) {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |it| ('-', it));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    number.to_string()
}

/// A value as messages show it: a key, an index.
pub(in crate::cel) fn shown(value: &Val) -> String {
    to_text(value).unwrap_or_else(|| value.type_name().to_string())
}

/// Bytes in base64, as objects hold them.
pub(in crate::cel) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of base64; `None` if it is none.
pub(in crate::cel) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
