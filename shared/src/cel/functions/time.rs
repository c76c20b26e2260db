//! Timestamps and durations.
//!
//! Upstream: `cel-go/common/types/{timestamp,duration}.go`.
//! `DIFFERENCE`: of time zones only `UTC` and offsets such as `+02:00` are known, and a timestamp has microseconds.

use super::Function;
use crate::cel::machine::{Outcome, no_overload, wrong};
use crate::cel::val::Val;
use crate::model::{Span, Time};

const GETTER: &[&str] = &["timestamp.() int", "timestamp.(string) int"];
const GETTER_OF_BOTH: &[&str] = &["timestamp.() int", "timestamp.(string) int", "duration.() int"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("timestamp", &["(timestamp) timestamp", "(string) timestamp", "(int) timestamp"], |_, it| match it {
        [Val::Timestamp(it)] => Ok(Val::Timestamp(*it)),
        [Val::Text(text)] => {
            timestamp(text).map_or_else(|| wrong(format!("cannot parse \"{text}\" as a timestamp")), Ok)
        }
        [Val::Int(seconds)] => {
            let time = seconds.checked_mul(1_000_000).map(Time).filter(|it| in_range(*it));
            time.map_or_else(|| wrong("timestamp overflow"), |it| Ok(Val::Timestamp(it)))
        }
        _ => no_overload(),
    }),
    Function::new("duration", &["(duration) duration", "(string) duration", "(int) duration"], |_, it| match it {
        [Val::Duration(it) | Val::Int(it)] => Ok(Val::Duration(*it)),
        [Val::Text(text)] => duration(text).map_or_else(|| wrong(format!("time: invalid duration \"{text}\"")), Ok),
        _ => no_overload(),
    }),
    Function::new("getFullYear", GETTER, |_, it| of_timestamp(it, |it| it.year)),
    Function::new("getMonth", GETTER, |_, it| of_timestamp(it, |it| it.month - 1)),
    Function::new("getDayOfMonth", GETTER, |_, it| of_timestamp(it, |it| it.day - 1)),
    Function::new("getDate", GETTER, |_, it| of_timestamp(it, |it| it.day)),
    Function::new("getDayOfYear", GETTER, |_, it| of_timestamp(it, |it| it.day_of_year)),
    Function::new("getDayOfWeek", GETTER, |_, it| of_timestamp(it, |it| it.day_of_week)),
    Function::new("getHours", GETTER_OF_BOTH, |_, it| match it {
        [Val::Duration(it)] => Ok(Val::Int(it / (3_600 * NANOS))),
        _ => of_timestamp(it, |it| it.second_of_day / 3_600),
    }),
    Function::new("getMinutes", GETTER_OF_BOTH, |_, it| match it {
        [Val::Duration(it)] => Ok(Val::Int(it / (60 * NANOS))),
        _ => of_timestamp(it, |it| it.second_of_day / 60 % 60),
    }),
    Function::new("getSeconds", GETTER_OF_BOTH, |_, it| match it {
        [Val::Duration(it)] => Ok(Val::Int(it / NANOS)),
        _ => of_timestamp(it, |it| it.second_of_day % 60),
    }),
    Function::new("getMilliseconds", GETTER_OF_BOTH, |_, it| match it {
        [Val::Duration(it)] => Ok(Val::Int(it / 1_000_000 % 1_000)),
        _ => of_timestamp(it, |it| it.milliseconds),
    }),
];

const NANOS: i64 = 1_000_000_000;

/// A timestamp taken apart.
struct Parts {
    year: i64,
    /// From 1.
    month: i64,
    /// From 1.
    day: i64,
    /// From 0.
    day_of_year: i64,
    /// From 0, which is Sunday.
    day_of_week: i64,
    second_of_day: i64,
    milliseconds: i64,
}

fn of_timestamp(it: &[Val], part: fn(&Parts) -> i64) -> Outcome {
    let (time, zone) = match it {
        [Val::Timestamp(it)] => (*it, "UTC"),
        [Val::Timestamp(it), Val::Text(zone)] => (*it, zone.as_str()),
        _ => return no_overload(),
    };
    let Some(offset) = offset_of(zone) else { return wrong(format!("unknown time zone {zone}")) };
    Ok(Val::Int(part(&parts(Time(time.0 + offset.0)))))
}

fn offset_of(zone: &str) -> Option<Span> {
    if matches!(zone, "" | "UTC" | "GMT" | "Z") {
        return Some(Span::ZERO);
    }
    let (sign, rest) = match zone.as_bytes().first()? {
        b'-' => (-1, &zone[1..]),
        b'+' => (1, &zone[1..]),
        _ => (1, zone),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes))
        .then_some(Span::seconds(sign * (hours * 3_600 + minutes * 60)))
}

fn parts(time: Time) -> Parts {
    let text = time.to_string();
    let mut numbers = text.split(['-', 'T', ':', 'Z']).map(|it| it.parse::<i64>().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    let (year, month, day) = (next(), next(), next());
    let days = time.as_seconds().div_euclid(86_400);
    let new_year = Time::parse(&format!("{year:04}-01-01T00:00:00Z")).unwrap_or_default();
    Parts {
        year,
        month,
        day,
        day_of_year: days - new_year.as_seconds().div_euclid(86_400),
        day_of_week: (days + 4).rem_euclid(7),
        second_of_day: time.as_seconds().rem_euclid(86_400),
        milliseconds: time.0.rem_euclid(1_000_000) / 1_000,
    }
}

/// True for what a timestamp can hold: the years 1 to 9999.
pub(super) fn in_range(time: Time) -> bool {
    (-62_135_596_800..253_402_300_800).contains(&time.as_seconds())
}

/// Reads RFC 3339; `None` if it is none.
pub(in crate::cel) fn timestamp(text: &str) -> Option<Val> {
    let time = Time::parse(text).filter(|it| in_range(*it))?;
    let (date, clock) = text.split_once(['T', 't'])?;
    let field = |text: &str, at: usize| text.split(['-', ':']).nth(at)?.get(..2)?.parse::<u32>().ok();
    let valid = (1..=12).contains(&field(date, 1)?)
        && (1..=31).contains(&field(date, 2)?)
        && field(clock, 0)? < 24
        && field(clock, 1)? < 60
        && field(clock, 2)? < 60;
    valid.then_some(Val::Timestamp(time))
}

/// RFC 3339 in UTC, with a fraction where there is one.
pub(super) fn timestamp_text(time: Time) -> String {
    let fraction = time.0.rem_euclid(1_000_000);
    if fraction == 0 {
        return time.to_string();
    }
    let text = time.to_micro_string();
    format!("{}Z", text.trim_end_matches('Z').trim_end_matches('0'))
}

/// Reads a duration in Go's form, `1h30m`, `1.5s`, `-2ms`; `None` if it is none.
pub(in crate::cel) fn duration(text: &str) -> Option<Val> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if rest == "0" {
        return Some(Val::Duration(0));
    }
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (number, after) = rest.split_at(end);
        let (unit, after) = UNITS.iter().find_map(|(name, unit)| Some((*unit, after.strip_prefix(name)?)))?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.len() > 18 {
            return None;
        }
        let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i64>().ok().map(i128::from) };
        let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
        nanos += digits(whole)? * unit + digits(fraction)? * unit / scale;
        rest = after;
    }
    i64::try_from(sign * nanos).ok().map(Val::Duration)
}

/// Longer names first, so that `ms` is not read as minutes.
const UNITS: &[(&str, i128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Seconds, as `string(duration)` says it: `3600s`, `1.5s`.
pub(super) fn duration_text(nanos: i64) -> String {
    let (whole, fraction) = (nanos / NANOS, (nanos % NANOS).abs());
    let sign = if nanos < 0 && whole == 0 { "-" } else { "" };
    if fraction == 0 {
        return format!("{whole}s");
    }
    let fraction = format!("{fraction:09}");
    format!("{sign}{whole}.{}s", fraction.trim_end_matches('0'))
}
