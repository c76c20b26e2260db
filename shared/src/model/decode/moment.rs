//! Times as Go reads RFC 3339, with Go's errors.
//!
//! Upstream: Go's `time.Parse`; `metav1.Time` and `metav1.MicroTime`.

use crate::model::Time;
use crate::model::names::quote;

/// The layout of `metav1.Time`.
const SECONDS: &str = "2006-01-02T15:04:05Z07:00";
/// The layout of `metav1.MicroTime`.
const MICROS: &str = "2006-01-02T15:04:05.000000Z07:00";

/// `metav1.Time`: to the second, in UTC.
///
/// # Errors
/// Go's text.
pub(super) fn time(text: &str) -> Result<String, String> {
    read(text, SECONDS).map(|it| it.whole_seconds().to_string())
}

/// True for a text that [`time`] surely gives back as it is: a whole second of a plain day, in UTC.
pub(super) fn is_canonical(text: &str) -> bool {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', i0, i1, b':', s0, s1, b'Z'] = text.as_bytes()
    else {
        return false;
    };
    let digits = [y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, i0, i1, s0, s1];
    let two = |tens: &u8, ones: &u8| (tens & 15) * 10 + (ones & 15);
    digits.iter().all(|it| it.is_ascii_digit())
        && (1..=12).contains(&two(m0, m1))
        && (1..=28).contains(&two(d0, d1))
        && two(h0, h1) < 24
        && two(i0, i1) < 60
        && two(s0, s1) < 60
}

/// `metav1.MicroTime`: to the microsecond, in UTC.
///
/// # Errors
/// Go's text.
pub(super) fn micro_time(text: &str) -> Result<String, String> {
    read(text, MICROS).map(Time::to_micro_string)
}

/// A part of the layout: its text there, its digits, and its bounds.
struct Part {
    layout: &'static str,
    low: u32,
    high: u32,
    name: &'static str,
}

const fn part(layout: &'static str, low: u32, high: u32, name: &'static str) -> Part {
    Part { layout, low, high, name }
}

const PARTS: [Part; 6] = [
    part("2006", 0, 9_999, "year"),
    part("01", 1, 12, "month"),
    part("02", 1, 31, "day"),
    part("15", 0, 23, "hour"),
    part("04", 0, 59, "minute"),
    part("05", 0, 59, "second"),
];
/// What stands after each part.
const SEPARATORS: [&str; 6] = ["-", "-", "T", ":", ":", ""];

fn read(text: &str, layout: &str) -> Result<Time, String> {
    let cannot = |rest: &str, element: &str| {
        let (text, layout) = (quote(text), quote(layout));
        format!("parsing time {text} as {layout}: cannot parse {} as {}", quote(rest), quote(element))
    };
    let outside = |name: &str| format!("parsing time {}: {name} out of range", quote(text));
    let mut rest = text;
    let mut found = [0; 6];
    for ((part, separator), found) in PARTS.iter().zip(SEPARATORS).zip(&mut found) {
        let width = part.layout.len();
        let digits = rest.get(..width).filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
        *found = digits.and_then(|it| it.parse().ok()).ok_or_else(|| cannot(rest, part.layout))?;
        if !(part.low..=part.high).contains(found) && part.name != "day" {
            return Err(outside(part.name));
        }
        rest = &rest[width..];
        rest = rest.strip_prefix(separator).ok_or_else(|| cannot(rest, separator))?;
    }
    let after_fraction = fraction(rest).unwrap_or(rest);
    if layout == MICROS && rest == after_fraction {
        return Err(cannot(rest, ".000000"));
    }
    let after = zone(after_fraction).ok_or_else(|| cannot(after_fraction, "Z07:00"))?;
    if !after.is_empty() {
        return Err(format!("parsing time {}: extra text: {}", quote(text), quote(after)));
    }
    if found[2] == 0 || found[2] > days_in(found[0], found[1]) {
        return Err(outside("day"));
    }
    Time::parse(text).ok_or_else(|| outside("time zone offset hour"))
}

/// What follows a point (or a comma) and digits.
fn fraction(rest: &str) -> Option<&str> {
    let digits = rest.strip_prefix('.')?;
    let after = digits.trim_start_matches(|it: char| it.is_ascii_digit());
    (after.len() < digits.len()).then_some(after)
}

/// What follows `Z` or an offset such as `+02:00`.
fn zone(rest: &str) -> Option<&str> {
    if let Some(after) = rest.strip_prefix('Z') {
        return Some(after);
    }
    let (offset, after) = rest.split_at_checked(6)?;
    let shape = offset.bytes().enumerate().all(|(index, byte)| match index {
        0 => matches!(byte, b'+' | b'-'),
        3 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    shape.then_some(after)
}

fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn reads_and_refuses() {
        let show = |text: &&str| format!("{}\n", time(text).unwrap_or_else(|error| error));
        let texts = [
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05.9+02:00",
            "yesterday",
            "",
            "2026-13-02T03:04:05Z",
            "2026-02-30T03:04:05Z",
            "2026-01-02",
            "2026-01-02 03:04:05Z",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05Zx",
            "2026-01-02T25:04:05Z",
        ];
        expect![[r#"
            2026-01-02T03:04:05Z
            2026-01-02T01:04:05Z
            parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"
            parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"
            parsing time "2026-13-02T03:04:05Z": month out of range
            parsing time "2026-02-30T03:04:05Z": day out of range
            parsing time "2026-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"
            parsing time "2026-01-02 03:04:05Z" as "2006-01-02T15:04:05Z07:00": cannot parse " 03:04:05Z" as "T"
            parsing time "2026-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"
            parsing time "2026-01-02T03:04:05Zx": extra text: "x"
            parsing time "2026-01-02T25:04:05Z": hour out of range
        "#]]
        .assert_eq(&texts.iter().map(show).collect::<String>());
        let canonical: Vec<&str> = texts.into_iter().filter(|it| is_canonical(it)).collect();
        assert_eq!(canonical, ["2026-01-02T03:04:05Z"]);
        expect!["2026-01-02T03:04:05.000001Z"].assert_eq(&micro_time("2026-01-02T03:04:05.000001Z").unwrap());
        expect![[r#"parsing time "2026-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000""#]].assert_eq(&micro_time("2026-01-02T03:04:05Z").unwrap_err());
    }
}
