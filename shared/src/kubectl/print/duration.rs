//! Lengths of time as the AGE column shows them.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/duration`.

use crate::model::{Span, Time, Value};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// `5m3s`, `2d4h`, `3y`: two units where the first is small, rounded down.
pub(crate) fn human(span: Span) -> String {
    let seconds = span.as_seconds();
    match seconds {
        ..-1 => "<invalid>".into(),
        -1 | 0 => "0s".into(),
        1..120 => format!("{seconds}s"),
        120..600 => two(seconds, MINUTE, "m", 1, "s"),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(seconds, HOUR, "h", MINUTE, "m"),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(seconds, DAY, "d", HOUR, "h"),
        _ if seconds < 2 * YEAR => format!("{}d", seconds / DAY),
        _ if seconds < 8 * YEAR => two(seconds, YEAR, "y", DAY, "d"),
        _ => format!("{}y", seconds / YEAR),
    }
}

fn two(seconds: i64, unit: i64, name: &str, small_unit: i64, small_name: &str) -> String {
    let (whole, rest) = (seconds / unit, seconds % unit / small_unit);
    if rest == 0 { format!("{whole}{name}") } else { format!("{whole}{name}{rest}{small_name}") }
}

/// How long ago the time in `value` was; `<unknown>` without one.
pub(crate) fn since(value: &Value, now: Time) -> String {
    Time::parse(value.str()).map_or_else(|| "<unknown>".into(), |then| human(now - then))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn shows_two_units_while_they_matter() {
        let seconds = [
            -5,
            0,
            119,
            120,
            121,
            599,
            600,
            10_799,
            10_860,
            28_800,
            172_800,
            180_000,
            691_200,
            70_000_000,
            300_000_000,
        ];
        let shown: Vec<String> = seconds.map(|it| human(Span::seconds(it))).into();
        expect!["<invalid> 0s 119s 2m 2m1s 9m59s 10m 179m 3h1m 8h 2d 2d2h 8d 2y80d 9y"].assert_eq(&shown.join(" "));
    }
}
