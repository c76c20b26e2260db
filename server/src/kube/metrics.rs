//! `/metrics`: counts and times of requests, in Prometheus' text form, under upstream's names.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/metrics/metrics.go`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::host::Host;

/// Upper bounds of the buckets of request times, in seconds.
const BUCKETS: [f64; 8] = [0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 60.0];
/// How many different series are kept; requests past that are counted together.
const SERIES_MAX: usize = 2_000;

/// What tells series apart.
type Labels = (&'static str, String, u16);

/// Counters of requests.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<Labels, Series>>,
}

#[derive(Default)]
struct Series {
    count: u64,
    seconds: f64,
    buckets: [u64; BUCKETS.len()],
}

impl Metrics {
    /// Counts an answered request.
    pub(crate) fn note(&self, verb: &'static str, resource: &str, code: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let mut labels = (verb, resource.to_owned(), code);
        if requests.len() >= SERIES_MAX && !requests.contains_key(&labels) {
            labels = ("other", String::new(), code);
        }
        let series = requests.entry(labels).or_default();
        series.count += 1;
        series.seconds += took.as_secs_f64();
        for (bucket, bound) in series.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(took.as_secs_f64() <= bound);
        }
    }

    /// Everything, as text; `lost` is how many lines the audit log has lost, if there is one.
    pub(crate) fn text(&self, host: &Host, lost: Option<u64>) -> String {
        let mut text = String::new();
        self.write_requests(&mut text);
        if let Some(lost) = lost {
            let help = "Audit events that were lost.";
            head(&mut text, "apiserver_audit_error_total", "counter", help);
            let _ = writeln!(text, "apiserver_audit_error_total{{plugin=\"log\"}} {lost}");
        }
        write_watches(&mut text, host);
        write_objects(&mut text, host);
        text
    }

    fn write_requests(&self, text: &mut String) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        head(text, "apiserver_request_total", "counter", "Answered requests.");
        for (labels, series) in requests.iter() {
            let _ = writeln!(text, "apiserver_request_total{{{}}} {}", written(labels), series.count);
        }
        let name = "apiserver_request_duration_seconds";
        head(text, name, "histogram", "How long requests took until their answer began.");
        for (labels, series) in requests.iter() {
            let labels = written(labels);
            for (bound, count) in BUCKETS.iter().zip(series.buckets) {
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {count}");
            }
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", series.count);
            let _ =
                writeln!(text, "{name}_sum{{{labels}}} {}\n{name}_count{{{labels}}} {}", series.seconds, series.count);
        }
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn written((verb, resource, code): &Labels) -> String {
    format!("verb=\"{}\",resource=\"{}\",code=\"{code}\"", verb.to_uppercase(), escaped(resource))
}

/// A label's value: a client chooses the resource's name, right or wrong.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn write_watches(text: &mut String, host: &Host) {
    head(text, "apiserver_longrunning_requests", "gauge", "Open watches.");
    for (resource, count) in host.feed().watchers() {
        let (plural, group) = (resource.plural(), resource.group());
        let _ = writeln!(
            text,
            "apiserver_longrunning_requests{{verb=\"WATCH\",group=\"{group}\",resource=\"{plural}\"}} {count}"
        );
    }
}

fn write_objects(text: &mut String, host: &Host) {
    head(text, "apiserver_storage_objects", "gauge", "Stored objects.");
    let (counts, revision) = host.look(|cluster| {
        let counts: Vec<_> = cluster.store().resources().map(|(name, table)| (name.clone(), table.len())).collect();
        (counts, cluster.store().revision())
    });
    for (resource, count) in counts {
        let _ = writeln!(text, "apiserver_storage_objects{{resource=\"{resource}\"}} {count}");
    }
    head(text, "apiserver_storage_revision", "counter", "The newest revision.");
    let _ = writeln!(text, "apiserver_storage_revision {revision}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted() {
        let metrics = Metrics::default();
        metrics.note("get", "pods", 200, Duration::from_millis(3));
        metrics.note("get", "pods", 200, Duration::from_secs(2));
        metrics.note("list", "a\"b", 404, Duration::ZERO);
        let text = metrics.text(&Host::new(0, 1), None);
        let has = |line: &str| assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
        has(r#"apiserver_request_total{verb="GET",resource="pods",code="200"} 2"#);
        has(r#"apiserver_request_duration_seconds_bucket{verb="GET",resource="pods",code="200",le="0.005"} 1"#);
        has(r#"apiserver_request_total{verb="LIST",resource="a\"b",code="404"} 1"#);
        has(r#"apiserver_storage_objects{resource="namespaces"} 4"#);
    }
}
