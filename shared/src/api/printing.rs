//! How `kubectl get` writes spans of time, ages, labels and lists.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/duration`, `pkg/printers/internalversion/printers.go`.

use crate::model::{Object, Span, Time, Value};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// A span with two or three digits that matter: `45s`, `3m20s`, `5h`, `2d3h`.
pub fn human_span(span: Span) -> String {
    let seconds = span.0 / Span::seconds(1).0;
    match seconds {
        ..-1 => "<invalid>".into(),
        -1 => "0s".into(),
        0..120 => format!("{seconds}s"),
        120..600 => two(seconds, MINUTE, "m", 1, "s"),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(seconds, HOUR, "h", MINUTE, "m"),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(seconds, DAY, "d", HOUR, "h"),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        63_072_000..252_288_000 => two(seconds, YEAR, "y", DAY, "d"),
        252_288_000.. => format!("{}y", seconds / YEAR),
    }
}

fn two(seconds: i64, large: i64, large_name: &str, small: i64, small_name: &str) -> String {
    match seconds % large / small {
        0 => format!("{}{large_name}", seconds / large),
        rest => format!("{}{large_name}{rest}{small_name}", seconds / large),
    }
}

/// How long ago a timestamp was; `<unknown>` without one.
pub fn since(timestamp: &Value, now: Time) -> String {
    Time::parse(timestamp.str()).map_or_else(|| "<unknown>".into(), |then| human_span(now - then))
}

/// The column AGE.
pub fn age(object: &Object, now: Time) -> String {
    since(object.metadata().get("creationTimestamp"), now)
}

/// `text`, or `<none>` for nothing.
pub fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>".into() } else { text.to_owned() }
}

/// A field as text, or `<none>` for nothing.
pub fn text_or_none(value: &Value) -> String {
    or_none(value.str())
}

/// A whole number, 0 for nothing.
pub fn number(value: &Value) -> String {
    value.int_or(0).to_string()
}

/// `a=1,b=2`, or `<none>`.
pub fn labels(labels: &Value) -> String {
    let pairs: Vec<String> = labels.fields().iter().map(|(key, value)| format!("{key}={}", value.str())).collect();
    or_none(&pairs.join(","))
}

/// A field of each container of a pod spec, with commas: the columns CONTAINERS and IMAGES.
pub fn of_containers(pod_spec: &Value, field: &str) -> String {
    let containers = pod_spec.get("containers").items().iter();
    containers.map(|it| it.get(field).str()).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn spans_as_kubectl_writes_them() {
        let seconds = [
            -5,
            -1,
            0,
            119,
            120,
            185,
            600,
            10_799,
            10_800,
            11_100,
            28_800,
            172_800,
            180_000,
            691_200,
            63_072_000,
            63_244_800,
            252_288_000,
        ];
        let shown: Vec<String> = seconds.iter().map(|it| human_span(Span::seconds(*it))).collect();
        expect!["<invalid> 0s 0s 119s 2m 3m5s 10m 179m 3h 3h5m 8h 2d 2d2h 8d 2y 2y2d 8y"].assert_eq(&shown.join(" "));
    }
}
