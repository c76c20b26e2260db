//! `"%s is %d".format([a, b])`.
//!
//! Upstream: `cel-go/ext/formatting.go`.

use super::Function;
use super::conversions::{double_text, to_text};
use super::time::duration_text;
use crate::cel::machine::{Machine, Outcome, no_overload, wrong};
use crate::cel::val::{Dict, Seq, Val};
use std::fmt::Write;

pub(super) const FUNCTIONS: &[Function] = &[Function::new("format", &["string.(list(dyn)) string"], format_text)];

/// The digits after the point where a clause does not say.
const DIGITS: usize = 6;

/// How many digits a clause may ask for. `DIFFERENCE`: upstream has no limit.
const DIGITS_MAX: usize = 100;

fn format_text(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let [Val::Text(text), Val::List(arguments)] = it else { return no_overload() };
    machine.charge_text(text.len())?;
    let (mut made, mut rest, mut next) = (String::new(), text.as_str(), 0);
    while let Some(at) = rest.find('%') {
        made.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            made.push('%');
            rest = after;
            continue;
        }
        let (precision, after) = precision(rest)?;
        let Some(verb) = after.chars().next() else { return wrong("unexpected end of string") };
        rest = &after[verb.len_utf8()..];
        let Some(value) = arguments.get(next) else { return wrong(format!("index {next} out of range")) };
        next += 1;
        let clause = match clause(verb, precision, &value) {
            Ok(it) => it,
            Err(it) => return wrong(format!("error during formatting: {it}")),
        };
        machine.charge_text(clause.len())?;
        made.push_str(&clause);
    }
    made.push_str(rest);
    Ok(Val::Text(made.into()))
}

/// The precision before a verb, and what follows it.
fn precision(text: &str) -> Result<(Option<usize>, &str), crate::cel::machine::Failure> {
    let Some(digits) = text.strip_prefix('.') else { return Ok((None, text)) };
    let end = digits.find(|it: char| !it.is_ascii_digit()).unwrap_or(digits.len());
    match digits[..end].parse() {
        Ok(it) if it <= DIGITS_MAX => Ok((Some(it), &digits[end..])),
        _ => wrong("error during formatting: precision out of range"),
    }
}

fn clause(verb: char, precision: Option<usize>, value: &Val) -> Result<String, String> {
    let digits = precision.unwrap_or(DIGITS);
    let unfit = |what: &str| Err(format!("{what}, was given {}", value.type_name()));
    match (verb, value) {
        ('s', _) | ('d', Val::Int(_) | Val::Uint(_)) => Ok(shown(value)),
        ('d', Val::Double(it)) if it.is_infinite() || it.is_nan() => Ok(double_text(*it)),
        ('d', _) => unfit("decimal clause can only be used on integers"),
        ('f', _) => match number(value) {
            Some(it) => Ok(format!("{it:.digits$}")),
            None => unfit("fixed-point clause can only be used on doubles"),
        },
        ('e', _) => match number(value) {
            Some(it) => Ok(scientific(it, digits)),
            None => unfit("scientific clause can only be used on doubles"),
        },
        ('b', Val::Int(it)) => Ok(signed(*it, |it| format!("{it:b}"))),
        ('b', Val::Uint(it)) => Ok(format!("{it:b}")),
        ('b', Val::Bool(it)) => Ok(u8::from(*it).to_string()),
        ('b', _) => unfit("only integers and bools can be formatted as binary"),
        ('o', Val::Int(it)) => Ok(signed(*it, |it| format!("{it:o}"))),
        ('o', Val::Uint(it)) => Ok(format!("{it:o}")),
        ('o', _) => unfit("octal clause can only be used on integers"),
        ('x' | 'X', _) => {
            let made = match value {
                Val::Int(it) => signed(*it, |it| format!("{it:x}")),
                Val::Uint(it) => format!("{it:x}"),
                Val::Text(it) => hex(it.as_bytes()),
                Val::Bytes(it) => hex(it),
                _ => return unfit("only integers, byte buffers, and strings can be formatted as hex"),
            };
            Ok(if verb == 'X' { made.to_uppercase() } else { made })
        }
        _ => Err(format!("unrecognized formatting clause \"{verb}\"")),
    }
}

fn number(value: &Val) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "it is shown with few digits")]
    match value {
        Val::Double(it) => Some(*it),
        Val::Int(it) => Some(*it as f64),
        Val::Uint(it) => Some(*it as f64),
        _ => None,
    }
}

fn signed(it: i64, digits: fn(u64) -> String) -> String {
    format!("{}{}", if it < 0 { "-" } else { "" }, digits(it.unsigned_abs()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut made, byte| {
        _ = write!(made, "{byte:02x}");
        made
    })
}

fn scientific(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |it| ('-', it));
    format!("{mantissa}e{sign}{exponent:0>2}")
}

/// A value as `%s` shows it, lists and maps with what is in them.
fn shown(value: &Val) -> String {
    match value {
        Val::Null => "null".to_owned(),
        Val::Duration(it) => duration_text(*it),
        Val::Bytes(it) => String::from_utf8_lossy(it).into_owned(),
        Val::Kind(it) => it.to_string(),
        Val::List(it) => list(it),
        Val::Map(it) => map(it),
        _ => to_text(value).unwrap_or_else(|| value.type_name().to_string()),
    }
}

fn list(items: &Seq) -> String {
    format!("[{}]", items.iter().map(|it| shown(&it)).collect::<Vec<_>>().join(", "))
}

fn map(map: &Dict) -> String {
    let entries = map.entries();
    let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{}: {}", shown(key), shown(value))).collect();
    format!("{{{}}}", entries.join(", "))
}
