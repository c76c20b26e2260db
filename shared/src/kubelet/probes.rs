//! When a container is probed, and what the answers mean.
//!
//! Upstream: `pkg/kubelet/prober/worker.go` (`doProbe`), `pkg/kubelet/prober/prober.go`, `pkg/probe`.

use super::pod::{PodState, Run};
use super::runtime::{Check, Outcome, Purpose};
use crate::model::{Object, Span, Text, Time, Value};
use smol_str::format_smolstr;

/// The probes of one run of a container.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    startup: Probe,
    liveness: Probe,
    readiness: Probe,
}

/// One probe of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Probe {
    /// When it is done next; `None` before the run's first.
    next: Option<Time>,
    /// It was ordered and has not been answered.
    asked: bool,
    /// The same answer this often in a row.
    in_a_row: i64,
    last_good: bool,
    /// What counts now: passed its threshold of successes (true) or failures (false).
    result: Option<bool>,
}

/// What an answer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing that matters.
    Unchanged,
    /// A threshold was reached.
    Changed,
    /// The container is to be killed.
    Kill,
}

/// The three probes in the order in which they are looked at.
const PURPOSES: [Purpose; 3] = [Purpose::Startup, Purpose::Liveness, Purpose::Readiness];

impl Probes {
    /// The probes of recorded nodes, which are not done: an annotation of the pod says whether it is ready.
    pub(super) fn recorded(pod: &Object) -> Self {
        let fixed = |result| Probe { result: Some(result), asked: true, ..Probe::default() };
        let is_ready = pod.annotation("golden.example/unready") != Some("true");
        Self { startup: fixed(true), liveness: fixed(true), readiness: fixed(is_ready) }
    }

    /// The probes of a run that was probed before, by what its status says.
    #[cfg(feature = "every-kind")]
    pub(super) fn resumed(started: bool, ready: bool) -> Self {
        let known = |good: bool| Probe { result: Some(good), last_good: good, ..Probe::default() };
        let startup = if started { known(true) } else { Probe::default() };
        Self { startup, liveness: Probe::default(), readiness: known(ready) }
    }

    /// Forgets that a probe was ordered, because it could not be.
    pub(super) fn give_up(&mut self, purpose: Purpose) {
        self.of(purpose).asked = false;
    }

    /// True once the startup probe has passed, or there is none.
    pub(super) fn is_started(&self, spec: &Value) -> bool {
        spec.get("startupProbe").is_null() || self.startup.result == Some(true)
    }

    /// True once the container may get traffic, as far as its probes say.
    pub(super) fn is_ready(&self, spec: &Value) -> bool {
        self.is_started(spec) && self.readiness.result.unwrap_or(spec.get("readinessProbe").is_null())
    }

    /// The probes to be done now, and when the next is due.
    pub(super) fn due(&mut self, spec: &Value, run: &Run, now: Time) -> (Vec<Purpose>, Option<Time>) {
        let started = self.is_started(spec);
        let mut order = Vec::new();
        let mut next = None;
        for purpose in PURPOSES {
            let settings = spec.get(field(purpose));
            let waits = (purpose == Purpose::Startup) == started;
            let stopping = run.stop.is_some() && purpose != Purpose::Readiness;
            if settings.is_null() || waits || stopping {
                continue;
            }
            let probe = self.of(purpose);
            let at = *probe.next.get_or_insert_with(|| first(settings, run, now));
            if at <= now && !probe.asked {
                probe.asked = true;
                probe.next = Some(now + Span::seconds(settings.get("periodSeconds").int_or(10).max(1)));
                order.push(purpose);
            }
            next = [next, probe.next].into_iter().flatten().min();
        }
        (order, next)
    }

    /// Takes in an answer.
    pub(super) fn answer(&mut self, purpose: Purpose, settings: &Value, outcome: &Outcome) -> Verdict {
        let good = *outcome == Outcome::Success;
        let probe = self.of(purpose);
        probe.asked = false;
        probe.in_a_row = if probe.last_good == good { probe.in_a_row + 1 } else { 1 };
        probe.last_good = good;
        let (name, default) = if good { ("successThreshold", 1) } else { ("failureThreshold", 3) };
        if probe.in_a_row < settings.get(name).int_or(default) || probe.result == Some(good) {
            return Verdict::Unchanged;
        }
        probe.result = Some(good);
        if good || purpose == Purpose::Readiness { Verdict::Changed } else { Verdict::Kill }
    }

    fn of(&mut self, purpose: Purpose) -> &mut Probe {
        match purpose {
            Purpose::Startup => &mut self.startup,
            Purpose::Liveness => &mut self.liveness,
            Purpose::Readiness | Purpose::PostStart | Purpose::PreStop => &mut self.readiness,
        }
    }
}

/// The field of a container that holds a probe.
pub(super) fn field(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Startup => "startupProbe",
        Purpose::Liveness => "livenessProbe",
        Purpose::Readiness => "readinessProbe",
        Purpose::PostStart => "postStart",
        Purpose::PreStop => "preStop",
    }
}

/// How long a probe may take.
pub(super) fn timeout(settings: &Value) -> Span {
    Span::seconds(settings.get("timeoutSeconds").int_or(1).max(1))
}

fn first(settings: &Value, run: &Run, now: Time) -> Time {
    let delay = Span::seconds(settings.get("initialDelaySeconds").int_or(0));
    (run.started_at + delay).max(now)
}

/// A probe or hook with its port and host resolved.
///
/// # Errors
/// The handler names a port that the container does not have, or is of no known kind.
pub(super) fn check(pod: &PodState, container: &Value, handler: &Value) -> Result<Check, Text> {
    if !handler.get("exec").is_null() {
        return Ok(Check::Exec(handler.at("exec.command").items().iter().map(Value::text).collect()));
    }
    if !handler.get("httpGet").is_null() {
        return http(pod, container, handler.get("httpGet"));
    }
    if !handler.get("tcpSocket").is_null() {
        let action = handler.get("tcpSocket");
        return Ok(Check::Tcp { host: host(pod, action), port: port(container, action.get("port"))? });
    }
    if !handler.get("grpc").is_null() {
        let action = handler.get("grpc");
        let service = action.get("service").text();
        return Ok(Check::Grpc { host: pod.ip(), port: port(container, action.get("port"))?, service });
    }
    if !handler.get("sleep").is_null() {
        return Ok(Check::Sleep(Span::seconds(handler.at("sleep.seconds").int_or(0).max(0))));
    }
    Err(Text::new_static("missing probe handler"))
}

fn http(pod: &PodState, container: &Value, action: &Value) -> Result<Check, Text> {
    let path = action.get("path").str();
    let path = if path.starts_with('/') { path.into() } else { format_smolstr!("/{path}") };
    Ok(Check::Http {
        scheme: action.get("scheme").as_str().unwrap_or("HTTP").to_ascii_lowercase().into(),
        host: host(pod, action),
        port: port(container, action.get("port"))?,
        path,
    })
}

fn host(pod: &PodState, action: &Value) -> Text {
    match action.get("host").str() {
        "" => pod.ip(),
        host => host.into(),
    }
}

fn port(container: &Value, port: &Value) -> Result<u16, Text> {
    let number = match port {
        Value::Int(number) => Some(*number),
        Value::Text(name) => named_port(container, name).or_else(|| name.parse().ok()),
        _ => None,
    };
    let number = number.ok_or_else(|| format_smolstr!("strconv.Atoi: parsing \"{}\": invalid syntax", port.str()))?;
    let valid = u16::try_from(number).ok().filter(|it| *it > 0);
    valid.ok_or_else(|| format_smolstr!("invalid port number: {number}"))
}

fn named_port(container: &Value, name: &str) -> Option<i64> {
    let mut ports = container.get("ports").items().iter();
    ports.find(|it| it.get("name").str() == name)?.get("containerPort").as_int()
}

/// The title of a probe in events: `Readiness`.
pub(super) fn title(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Startup => "Startup",
        Purpose::Liveness => "Liveness",
        Purpose::Readiness => "Readiness",
        Purpose::PostStart => "PostStartHook",
        Purpose::PreStop => "PreStopHook",
    }
}
