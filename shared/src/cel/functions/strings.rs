//! Strings: CEL's own functions, and the extended ones in the version that Kubernetes has.
//!
//! Upstream: `cel-go/common/stdlib`, `cel-go/ext/strings.go` (version 2). Places are counted in code points.

use super::Function;
use crate::cel::machine::{Machine, Outcome, no_overload, wrong};
use crate::cel::val::{Seq, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("size", SIZED, |_, it| match it {
        [Val::Text(it)] => count(it.chars().count()),
        [Val::Bytes(it)] => count(it.len()),
        [Val::List(it)] => count(it.len()),
        [Val::Map(it)] => count(it.len()),
        _ => no_overload(),
    }),
    Function::new("contains", &["string.(string) bool"], |machine, it| match it {
        [Val::Text(a), Val::Text(b)] => {
            machine.charge_text(a.len())?;
            Ok(Val::Bool(a.contains(b.as_str())))
        }
        _ => no_overload(),
    }),
    Function::new("startsWith", &["string.(string) bool"], |machine, it| match it {
        [Val::Text(a), Val::Text(b)] => {
            machine.charge_text(b.len())?;
            Ok(Val::Bool(a.starts_with(b.as_str())))
        }
        _ => no_overload(),
    }),
    Function::new("endsWith", &["string.(string) bool"], |machine, it| match it {
        [Val::Text(a), Val::Text(b)] => {
            machine.charge_text(b.len())?;
            Ok(Val::Bool(a.ends_with(b.as_str())))
        }
        _ => no_overload(),
    }),
    Function::new("charAt", &["string.(int) string"], |machine, it| match it {
        [Val::Text(text), Val::Int(at)] => {
            let signs = signs(machine, text)?;
            match usize::try_from(*at) {
                Ok(at) if at == signs.len() => Ok(Val::text("")),
                Ok(at) if at < signs.len() => Ok(Val::text(signs[at].encode_utf8(&mut [0; 4]))),
                _ => wrong(format!("index out of range: {at}")),
            }
        }
        _ => no_overload(),
    }),
    Function::new("indexOf", INDEXED, |machine, it| found(machine, it, Side::First)),
    Function::new("lastIndexOf", INDEXED, |machine, it| found(machine, it, Side::Last)),
    Function::new("lowerAscii", &["string.() string"], |machine, it| changed(machine, it, str::to_ascii_lowercase)),
    Function::new("upperAscii", &["string.() string"], |machine, it| changed(machine, it, str::to_ascii_uppercase)),
    Function::new("trim", &["string.() string"], |machine, it| changed(machine, it, |it| it.trim().to_owned())),
    Function::new("strings.quote", &["(string) string"], |machine, it| changed(machine, it, quoted)),
    Function::new("replace", &["string.(string, string) string", "string.(string, string, int) string"], replace),
    Function::new("split", &["string.(string) list(string)", "string.(string, int) list(string)"], split),
    Function::new("join", &["list(string).() string", "list(string).(string) string"], join),
    Function::new("substring", &["string.(int) string", "string.(int, int) string"], substring),
];

const SIZED: &[&str] = &[
    "(string) int",
    "(bytes) int",
    "(list(A)) int",
    "(map(A, B)) int",
    "string.() int",
    "bytes.() int",
    "list(A).() int",
    "map(A, B).() int",
];

const INDEXED: &[&str] = &["string.(string) int", "string.(string, int) int", "list(A).(A) int"];

/// A number of things as an `int`.
pub(super) fn count(it: usize) -> Outcome {
    i64::try_from(it).map_or_else(|_| wrong("integer overflow"), |it| Ok(Val::Int(it)))
}

/// Which of several to find.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    First,
    Last,
}

fn signs(machine: &mut Machine<'_>, text: &str) -> Result<Vec<char>, crate::cel::machine::Failure> {
    machine.charge_text(text.len())?;
    Ok(text.chars().collect())
}

fn changed(machine: &mut Machine<'_>, it: &[Val], change: fn(&str) -> String) -> Outcome {
    let [Val::Text(text)] = it else { return no_overload() };
    machine.charge_text(text.len() * 2)?;
    Ok(Val::Text(change(text).into()))
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for sign in text.chars() {
        match sign {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            _ => out.push(sign),
        }
    }
    out.push('"');
    out
}

fn found(machine: &mut Machine<'_>, it: &[Val], side: Side) -> Outcome {
    let (text, part, from) = match it {
        [Val::List(items), wanted] => return found_item(machine, items, wanted, side),
        [Val::Text(text), Val::Text(part)] => (text, part, None),
        [Val::Text(text), Val::Text(part), Val::Int(from)] => (text, part, Some(*from)),
        _ => return no_overload(),
    };
    let (text, part) = (signs(machine, text)?, signs(machine, part)?);
    machine.charge((text.len() as u64).saturating_mul(part.len() as u64) / 10)?;
    let from = match from.map(usize::try_from) {
        Some(Ok(it)) if it <= text.len() || side == Side::First && part.is_empty() => Some(it),
        Some(_) => return wrong(format!("index out of range: {}", from.unwrap_or_default())),
        None => None,
    };
    let last = text.len().checked_sub(part.len());
    let at = |at: &usize| text[*at..].starts_with(&part);
    let place = match (last, side) {
        (None, _) => None,
        (Some(last), Side::First) => (from.unwrap_or(0)..=last).find(at),
        (Some(last), Side::Last) => (0..=from.map_or(last, |it| it.min(last))).rev().find(at),
    };
    place.map_or(Ok(Val::Int(-1)), count)
}

fn found_item(machine: &mut Machine<'_>, items: &Seq, wanted: &Val, side: Side) -> Outcome {
    let mut place = None;
    for (index, item) in items.iter().enumerate() {
        if machine.equal(&item, wanted)? {
            place = Some(index);
            if side == Side::First {
                break;
            }
        }
    }
    place.map_or(Ok(Val::Int(-1)), count)
}

fn replace(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let (text, old, new, limit) = match it {
        [Val::Text(text), Val::Text(old), Val::Text(new)] => (text, old, new, None),
        [Val::Text(text), Val::Text(old), Val::Text(new), Val::Int(limit)] => {
            (text, old, new, usize::try_from(*limit).ok())
        }
        _ => return no_overload(),
    };
    // At worst each sign is replaced.
    let most = (text.len() + 1).saturating_mul(new.len() + 1);
    let times = if old.is_empty() { text.len() + 1 } else { text.matches(old.as_str()).count() };
    machine.charge_text(most.min(text.len() + times.saturating_mul(new.len())))?;
    let made = match limit {
        Some(limit) => text.replacen(old.as_str(), new, limit),
        None => text.replace(old.as_str(), new),
    };
    Ok(Val::Text(made.into()))
}

fn split(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let (text, separator, limit) = match it {
        [Val::Text(text), Val::Text(separator)] => (text, separator, -1),
        [Val::Text(text), Val::Text(separator), Val::Int(limit)] => (text, separator, *limit),
        _ => return no_overload(),
    };
    machine.charge(text.len() as u64 + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let parts: Vec<Val> = if limit == 0 {
        Vec::new()
    } else if separator.is_empty() {
        let mut rest = text.as_str();
        let mut parts = Vec::new();
        while let Some(sign) = rest.chars().next() {
            if parts.len() + 1 == limit {
                break;
            }
            parts.push(Val::text(&rest[..sign.len_utf8()]));
            rest = &rest[sign.len_utf8()..];
        }
        parts.extend((!rest.is_empty()).then(|| Val::text(rest)));
        parts
    } else {
        text.splitn(limit, separator.as_str()).map(Val::text).collect()
    };
    Ok(Val::list(parts))
}

fn join(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let (items, separator) = match it {
        [Val::List(items)] => (items, ""),
        [Val::List(items), Val::Text(separator)] => (items, separator.as_str()),
        _ => return no_overload(),
    };
    let mut made = String::new();
    for (index, item) in items.iter().enumerate() {
        let Val::Text(item) = item else { return no_overload() };
        machine.charge_text(item.len() + separator.len())?;
        if index > 0 {
            made.push_str(separator);
        }
        made.push_str(&item);
    }
    Ok(Val::Text(made.into()))
}

fn substring(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let (text, start, end) = match it {
        [Val::Text(text), Val::Int(start)] => (text, *start, None),
        [Val::Text(text), Val::Int(start), Val::Int(end)] => (text, *start, Some(*end)),
        _ => return no_overload(),
    };
    let signs = signs(machine, text)?;
    let place = |at: i64| usize::try_from(at).ok().filter(|it| *it <= signs.len());
    let Some(from) = place(start) else { return wrong(format!("index out of range: {start}")) };
    let Some(to) = end.map_or(Some(signs.len()), place) else {
        return wrong(format!("index out of range: {}", end.unwrap_or_default()));
    };
    if from > to {
        return wrong(format!("invalid substring range. start: {from}, end: {to}"));
    }
    Ok(Val::Text(signs[from..to].iter().collect::<String>().into()))
}
