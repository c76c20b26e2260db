//! What a scalar means in YAML 1.1, and how Go writes numbers.
//!
//! Upstream: `go.yaml.in/yaml/v2` (`resolve.go`), `sigs.k8s.io/yaml` (keys), Go's `strconv.ParseInt` and `FormatFloat`.

use crate::model::Value;

/// What an unquoted scalar is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    /// A value that JSON has.
    Json(Value),
    /// The merge key `<<`.
    Merge,
    /// A number that JSON does not have, as Go writes it: `+Inf`, `-Inf`, `NaN`.
    NotJson(&'static str),
}

/// Reads an unquoted scalar without a tag.
pub(super) fn resolve(text: &str) -> Scalar {
    let value = match text.bytes().next() {
        None => return Scalar::Json(Value::Null),
        Some(b'0'..=b'9' | b'+' | b'-') => special(text).or_else(|| number(text)),
        Some(b'.') => special(text).or_else(|| point_first(text)),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' | b'<') => special(text),
        Some(_) => None,
    };
    value.unwrap_or_else(|| Scalar::Json(text.into()))
}

/// True if the text, unquoted, would be read as anything but itself.
pub(super) fn is_ambiguous(text: &str) -> bool {
    resolve(text) != Scalar::Json(text.into()) || is_timestamp(text) || is_base_60(text)
}

fn special(text: &str) -> Option<Scalar> {
    let json = match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        "~" | "null" | "Null" | "NULL" => Value::Null,
        "<<" => return Some(Scalar::Merge),
        ".nan" | ".NaN" | ".NAN" => return Some(Scalar::NotJson("NaN")),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some(Scalar::NotJson("+Inf")),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Scalar::NotJson("-Inf")),
        _ => return None,
    };
    Some(Scalar::Json(json))
}

fn number(text: &str) -> Option<Scalar> {
    let plain = text.replace('_', "");
    let value = whole(&plain).or_else(|| is_float(&plain).then(|| plain.parse().ok().map(float))?)?;
    Some(match value {
        Value::Float(it) if it.is_infinite() => Scalar::Json(text.into()),
        value => Scalar::Json(value),
    })
}

fn point_first(text: &str) -> Option<Scalar> {
    let value: f64 = is_float(text).then(|| text.parse().ok())??;
    Some(Scalar::Json(float(value)))
}

/// A whole number as Go's `ParseInt` with base 0 reads it: `0x`, `0o`, `0b` and a leading zero say the base.
#[allow(clippy::cast_precision_loss, reason = "numbers past 2^63 are floats in JSON")]
fn whole(text: &str) -> Option<Value> {
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if digits.is_empty() || !digits.chars().all(|it| it.is_digit(base)) {
        return None;
    }
    let amount = u64::from_str_radix(digits, base).ok()?;
    if negative {
        return i64::try_from(-i128::from(amount)).ok().map(Value::Int);
    }
    match i64::try_from(amount) {
        Ok(it) => Some(Value::Int(it)),
        // Go reads such a number only without a sign.
        Err(_) if text.starts_with('+') => None,
        Err(_) => Some(Value::Float(amount as f64)),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let some = !whole.is_empty() || !fraction.is_empty();
    some && digits(whole) && digits(fraction) && !exponent.is_empty() && digits(exponent)
}

/// A float as it arrives in JSON: a whole one has lost its point.
#[allow(clippy::cast_possible_truncation, reason = "checked to be whole and within 2^53")]
pub(super) fn float(it: f64) -> Value {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if it.fract() == 0.0 && it.abs() <= EXACT_MAX { Value::Int(it as i64) } else { Value::Float(it) }
}

/// A number as Go's YAML writer has it (`%g`, shortest): with an exponent below 1e-4 and from 1e6.
pub(super) fn write_float(it: f64) -> String {
    const PLAIN_EXPONENTS: std::ops::Range<i32> = -4..6;
    let shortest = format!("{it:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if PLAIN_EXPONENTS.contains(&exponent) {
        return it.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// A date, with or without a time: Go's YAML writer quotes what looks like one.
fn is_timestamp(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let few = |it: &str, most: usize| (1..=most).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_digit());
    let (day, clock) = rest.split_at(rest.find(['T', 't', ' ']).unwrap_or(rest.len()));
    year.len() == 4 && few(year, 4) && few(month, 2) && few(day, 2) && (clock.is_empty() || is_clock(clock))
}

/// `T15:04:05.9Z`, `T15:04:05+01:00`, ` 15:04:05.9`.
fn is_clock(text: &str) -> bool {
    let zoned = !text.starts_with(' ');
    let zone_at = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text[1..].split_at(zone_at.saturating_sub(1));
    let clock = clock.split('.').next().unwrap_or_default();
    let parts: Vec<_> = clock.split(':').collect();
    let numbers = parts.len() == 3 && parts.iter().all(|it| it.parse::<u8>().is_ok_and(|it| it < 60));
    let zone_fits = zone == "Z" || (zone.len() == 6 && zone.as_bytes()[3] == b':');
    numbers && (if zoned { zone_fits } else { zone.is_empty() })
}

/// `1:30`, which old readers take for a number in base 60.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let sixtieth = |it: &str| it.len() <= 2 && it.parse::<u8>().is_ok_and(|number| number < 60);
    let starts = first.starts_with(|it: char| it.is_ascii_digit());
    starts && digits(first) && whole.contains(':') && parts.all(sixtieth) && digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn resolves() {
        let show = |text: &str| match resolve(text) {
            Scalar::Json(value) => format!("{text}={value} "),
            other => format!("{text}={other:?} "),
        };
        let texts = "0644|0o17|0x1F|0b11|08|-012|+5|1_000|1e3|1.0|1.5|.5|1.|.|-|+|1e|9223372036854775808|-9223372036854775808|yes|off|y|N|~|Null|<<|.inf|-.Inf|.nan|1:30|2026-01-02|null|nul|0x|1.2.3|007|1e400|12e03|=";
        expect![[r#"0644=420 0o17=15 0x1F=31 0b11=3 08=8 -012=-10 +5=5 1_000=1000 1e3=1000 1.0=1 1.5=1.5 .5=0.5 1.=1 .="." -="-" +="+" 1e="1e" 9223372036854775808=9.223372036854776e+18 -9223372036854775808=-9223372036854775808 yes=true off=false y=true N=false ~=null Null=null <<=Merge .inf=NotJson("+Inf") -.Inf=NotJson("-Inf") .nan=NotJson("NaN") 1:30="1:30" 2026-01-02="2026-01-02" null=null nul="nul" 0x="0x" 1.2.3="1.2.3" 007=7 1e400="1e400" 12e03=12000 =="=" "#]].assert_eq(&texts.split('|').map(show).collect::<Vec<_>>().concat());
    }

    #[test]
    fn knows_what_to_quote() {
        let texts = "1:30|1:30.5|2026-01-02|2026-01-02T03:04:05Z|2026-01-02 03:04:05|nginx:1|10.0.0.1|1.2|a|true|0x1|1e3|12:60|2026-1";
        let quoted: Vec<_> = texts.split('|').filter(|text| is_ambiguous(text)).collect();
        expect!["1:30|1:30.5|2026-01-02|2026-01-02T03:04:05Z|2026-01-02 03:04:05|1.2|true|0x1|1e3"]
            .assert_eq(&quoted.join("|"));
    }

    #[test]
    fn writes_floats_as_go() {
        let all = [0.5, 1.5e-7, 1e21, 1.25e22, 123_456_789.5, 0.0001, 0.000_01, 1e20];
        expect!["0.5 1.5e-07 1e+21 1.25e+22 1.234567895e+08 0.0001 1e-05 1e+20"]
            .assert_eq(&all.map(write_float).join(" "));
    }
}
