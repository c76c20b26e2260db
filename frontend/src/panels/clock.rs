//! Time as people read it: virtual time since the cluster's start, real time as the time of day in UTC.

use shared::model::{Span, Time};
use shared::playground::World;

/// No run in a tab lasts this long: later times are a server's.
const RUN_MAX: Span = Span::seconds(90 * 86_400);

/// True for the times of a server's cluster.
fn is_real(time: Time) -> bool {
    time - Time::VIRTUAL_START > RUN_MAX
}

/// When what the page knows begins.
pub fn start(world: &World) -> Time {
    let first = world.records.first().map(|record| record.time);
    first.filter(|time| is_real(*time)).unwrap_or(Time::VIRTUAL_START)
}

/// `01:21.640`; with hours from the first hour on: `1:01:21.640`. Real time always has them.
pub fn clock(time: Time) -> String {
    format!("{}.{:03}", short(time), (time - Time::VIRTUAL_START).as_millis().max(0) % 1_000)
}

/// `01:21`, for axes.
pub fn short(time: Time) -> String {
    let seconds = (time - Time::VIRTUAL_START).as_seconds().max(0);
    if is_real(time) { time_of_day(seconds % 86_400) } else { minutes(seconds) }
}

fn time_of_day(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// `2.249 s`, `3 ms`; minutes from ten of them on.
pub fn span(span: Span) -> String {
    let millis = span.as_millis().max(0);
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..600_000 => format!("{}.{:03} s", millis / 1_000, millis % 1_000),
        _ => format!("{} min", millis / 60_000),
    }
}

/// `2.2 s`, for what changes while one looks.
pub fn rough(span: Span) -> String {
    let tenths = span.as_millis().max(0) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// `+0.014`: how much later, in seconds.
pub fn later(span: Span) -> String {
    let millis = span.as_millis().max(0);
    format!("+{}.{:03}", millis / 1_000, millis % 1_000)
}

/// `77s`, `5m`, as kubectl shows ages.
pub fn age(span: Span) -> String {
    let seconds = span.as_seconds().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn minutes(seconds: i64) -> String {
    match seconds / 3_600 {
        0 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn times_are_read_since_the_start() {
        let at = |millis| Time::VIRTUAL_START + Span::millis(millis);
        let all = [
            clock(at(81_640)),
            clock(at(3_681_640)),
            short(at(81_640)),
            span(Span::millis(3)),
            span(Span::millis(2_249)),
        ];
        expect!["01:21.640 1:01:21.640 01:21 3 ms 2.249 s"].assert_eq(&all.join(" "));
        let noon = Time::parse("2026-11-25T12:00:01.5Z").unwrap();
        expect!["12:00:01.500 12:00:01"].assert_eq(&format!("{} {}", clock(noon), short(noon)));
        let all =
            [rough(Span::millis(2_249)), later(Span::millis(14)), age(Span::seconds(77)), age(Span::seconds(200))];
        expect!["2.2 s +0.014 77s 3m"].assert_eq(&all.join(" "));
    }
}
