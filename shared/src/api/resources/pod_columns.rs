//! The columns of `kubectl get pods`. Upstream: `pkg/printers/internalversion/printers.go` (`printPod`).

use crate::api::Column;
use crate::api::printing::{age, human_span, text_or_none};
use crate::model::{Object, Time, Value};

pub(super) const COLUMNS: &[Column] = &[
    Column::new("READY", |pod, _| Summary::of(pod).ready()),
    Column::new("STATUS", |pod, _| Summary::of(pod).reason),
    Column::new("RESTARTS", |pod, now| Summary::of(pod).restarts(now)),
    Column::new("AGE", age),
    Column::wide("IP", |pod, _| pod_ip(pod)),
    Column::wide("NODE", |pod, _| text_or_none(pod.at("spec.nodeName"))),
    Column::wide("NOMINATED NODE", |pod, _| text_or_none(pod.at("status.nominatedNodeName"))),
    Column::wide("READINESS GATES", |pod, _| readiness_gates(pod)),
];

/// What the columns tell of a pod.
struct Summary {
    total: usize,
    ready: usize,
    reason: String,
    restarts: i64,
    last_restart: Option<Time>,
}

impl Summary {
    fn of(pod: &Object) -> Self {
        let sidecars = pod.at("spec.initContainers").items().iter().filter(|it| is_sidecar(it)).count();
        let total = pod.at("spec.containers").items().len() + sidecars;
        let mut it = Self { total, ready: 0, reason: phase(pod), restarts: 0, last_restart: None };
        let of_sidecars = it.read_init_containers(pod);
        if of_sidecars.is_none() || is_true(pod, "Initialized") {
            (it.restarts, it.last_restart) = of_sidecars.unwrap_or_else(|| restarts_of_sidecars(pod));
            it.read_containers(pod);
        }
        it.read_deletion(pod);
        it
    }

    /// Gives the restarts of sidecars if an init container holds the pod up; `None` once all are done.
    fn read_init_containers(&mut self, pod: &Object) -> Option<(i64, Option<Time>)> {
        let specs = pod.at("spec.initContainers").items();
        let mut sidecars = (0, None);
        for (index, status) in pod.at("status.initContainerStatuses").items().iter().enumerate() {
            let sidecar = specs.iter().any(|it| is_sidecar(it) && it.get("name") == status.get("name"));
            self.count_restarts(status);
            if sidecar {
                add_restarts(&mut sidecars, status);
            }
            let ended = status.at("state.terminated");
            if !ended.is_null() && ended.get("exitCode").int_or(0) == 0 {
                continue;
            }
            if sidecar && status.get("started").is_true() {
                self.ready += usize::from(status.get("ready").is_true());
                continue;
            }
            self.reason = init_reason(status, index, specs.len());
            return Some(sidecars);
        }
        None
    }

    fn read_containers(&mut self, pod: &Object) {
        let mut running = false;
        for status in pod.at("status.containerStatuses").items().iter().rev() {
            self.count_restarts(status);
            let (waiting, ended) = (status.at("state.waiting"), status.at("state.terminated"));
            if !waiting.get("reason").is_empty() {
                self.reason = waiting.get("reason").str().into();
            } else if !ended.is_null() {
                self.reason = ended_reason(ended);
            } else if status.get("ready").is_true() && !status.at("state.running").is_null() {
                running = true;
                self.ready += 1;
            }
        }
        if self.reason == "Completed" && running {
            self.reason = if is_true(pod, "Ready") { "Running" } else { "NotReady" }.into();
        }
    }

    fn read_deletion(&mut self, pod: &Object) {
        if !pod.is_terminating() {
            return;
        }
        if pod.at("status.reason").str() == "NodeLost" {
            self.reason = "Unknown".into();
        } else if !matches!(pod.at("status.phase").str(), "Succeeded" | "Failed") {
            self.reason = "Terminating".into();
        }
    }

    fn count_restarts(&mut self, status: &Value) {
        let mut sum = (self.restarts, self.last_restart);
        add_restarts(&mut sum, status);
        (self.restarts, self.last_restart) = sum;
    }

    fn ready(&self) -> String {
        format!("{}/{}", self.ready, self.total)
    }

    fn restarts(&self, now: Time) -> String {
        match self.last_restart {
            Some(time) if self.restarts != 0 => format!("{} ({} ago)", self.restarts, human_span(now - time)),
            _ => self.restarts.to_string(),
        }
    }
}

fn phase(pod: &Object) -> String {
    let scheduled = pod.condition("PodScheduled");
    if scheduled.get("reason").str() == "SchedulingGated" {
        return "SchedulingGated".into();
    }
    let reason = pod.at("status.reason").str();
    if reason.is_empty() { pod.at("status.phase").str().into() } else { reason.into() }
}

fn is_sidecar(container: &Value) -> bool {
    container.get("restartPolicy").str() == "Always"
}

fn is_true(pod: &Object, condition: &str) -> bool {
    pod.condition(condition).get("status").str() == "True"
}

fn add_restarts((count, last): &mut (i64, Option<Time>), status: &Value) {
    *count += status.get("restartCount").int_or(0);
    *last = (*last).max(Time::parse(status.at("lastState.terminated.finishedAt").str()));
}

fn restarts_of_sidecars(pod: &Object) -> (i64, Option<Time>) {
    let specs = pod.at("spec.initContainers").items();
    let mut sum = (0, None);
    for status in pod.at("status.initContainerStatuses").items() {
        if specs.iter().any(|it| is_sidecar(it) && it.get("name") == status.get("name")) {
            add_restarts(&mut sum, status);
        }
    }
    sum
}

fn init_reason(status: &Value, index: usize, total: usize) -> String {
    let (waiting, ended) = (status.at("state.waiting.reason").str(), status.at("state.terminated"));
    if !ended.is_null() {
        return format!("Init:{}", ended_reason(ended));
    }
    if !waiting.is_empty() && waiting != "PodInitializing" {
        return format!("Init:{waiting}");
    }
    format!("Init:{index}/{total}")
}

fn ended_reason(ended: &Value) -> String {
    let (reason, signal) = (ended.get("reason").str(), ended.get("signal").int_or(0));
    match (reason, signal) {
        ("", 0) => format!("ExitCode:{}", ended.get("exitCode").int_or(0)),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.into(),
    }
}

fn pod_ip(pod: &Object) -> String {
    text_or_none(pod.at("status.podIPs").items().first().unwrap_or(&Value::Null).get("ip"))
}

fn readiness_gates(pod: &Object) -> String {
    let gates = pod.at("spec.readinessGates").items();
    if gates.is_empty() {
        return "<none>".into();
    }
    let met = gates.iter().filter(|it| is_true(pod, it.get("conditionType").str())).count();
    format!("{met}/{}", gates.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(pod: &str, expected: &Expect) {
        let pod = Object(Value::from_json(pod).unwrap());
        let cells: Vec<String> = COLUMNS.iter().map(|it| (it.cell)(&pod, Time::from_seconds(1_000))).collect();
        expected.assert_eq(&cells.join(" | "));
    }

    #[test]
    fn status_of_a_pod_in_words() {
        check(
            r#"{"metadata":{"creationTimestamp":"1970-01-01T00:10:00Z"},"spec":{"containers":[{"name":"a"}],"nodeName":"n"},"status":{"phase":"Running","podIPs":[{"ip":"10.0.0.1"}],
            "containerStatuses":[{"name":"a","ready":true,"restartCount":2,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":"1970-01-01T00:16:00Z"}}}]}}"#,
            &expect!["1/1 | Running | 2 (40s ago) | 6m40s | 10.0.0.1 | n | <none> | <none>"],
        );
        check(
            r#"{"spec":{"containers":[{"name":"a"}],"initContainers":[{"name":"i"},{"name":"s","restartPolicy":"Always"}]},"status":{"phase":"Pending",
            "initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":3,"reason":"Error"}}}]}}"#,
            &expect!["0/2 | Init:Error | 0 | <unknown> | <none> | <none> | <none> | <none>"],
        );
        check(
            r#"{"metadata":{"deletionTimestamp":"1970-01-01T00:16:00Z"},"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Running",
            "containerStatuses":[{"name":"a","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}"#,
            &expect!["0/1 | Terminating | 0 | <unknown> | <none> | <none> | <none> | <none>"],
        );
        check(
            r#"{"spec":{"containers":[{"name":"a"},{"name":"b"}]},"status":{"phase":"Running",
            "containerStatuses":[{"name":"a","state":{"terminated":{"reason":"Completed"}}},{"name":"b","ready":true,"state":{"running":{}}}]}}"#,
            &expect!["1/2 | NotReady | 0 | <unknown> | <none> | <none> | <none> | <none>"],
        );
    }
}
