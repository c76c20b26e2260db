//! What state a thing is in: a shape, a tone and a word, so that nothing is said by colour alone.

use crate::i18n::Words;
use shared::model::{Object, Text, Value};

/// The five tones of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Running, ready.
    Ok,
    /// Under way.
    Info,
    /// Waits or is not ready.
    Warn,
    /// Failed.
    Bad,
    /// Ending, ended or not known.
    Idle,
}

impl Tone {
    /// The class that colours text.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Ok => "c-ok",
            Tone::Info => "c-info",
            Tone::Warn => "c-warn",
            Tone::Bad => "c-bad",
            Tone::Idle => "c-idle",
        }
    }

    /// The class that colours a badge.
    pub fn badge(self) -> &'static str {
        match self {
            Tone::Ok => "bdg ok",
            Tone::Info => "bdg info",
            Tone::Warn => "bdg warn",
            Tone::Bad => "bdg bad",
            Tone::Idle => "bdg idle",
        }
    }
}

/// The shapes of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// A filled disc with a tick: running, ready, true.
    Done,
    /// Three quarters of a ring: creating, progressing.
    Progress,
    /// Half a disc: running, not ready.
    Half,
    /// A dashed ring: pending.
    Waiting,
    /// A triangle.
    Warning,
    /// A ring with a bar: terminating.
    Stopping,
    /// An octagon with a cross: failed.
    Failed,
    /// A filled square with a tick: completed.
    Completed,
    /// A ring with a question mark.
    Unknown,
    /// An empty ring: not yet.
    NotYet,
    /// A filled disc with an i: a note.
    Note,
}

impl Glyph {
    /// The symbol's id in the sprite.
    pub fn id(self) -> &'static str {
        match self {
            Glyph::Done => "g-done",
            Glyph::Progress => "g-progress",
            Glyph::Half => "g-half",
            Glyph::Waiting => "g-waiting",
            Glyph::Warning => "g-warning",
            Glyph::Stopping => "g-stopping",
            Glyph::Failed => "g-failed",
            Glyph::Completed => "g-completed",
            Glyph::Unknown => "g-unknown",
            Glyph::NotYet => "g-not-yet",
            Glyph::Note => "g-note",
        }
    }

    /// The tone it stands in.
    pub fn tone(self) -> Tone {
        match self {
            Glyph::Done => Tone::Ok,
            Glyph::Progress | Glyph::Note => Tone::Info,
            Glyph::Half | Glyph::Waiting | Glyph::Warning => Tone::Warn,
            Glyph::Failed => Tone::Bad,
            Glyph::Stopping | Glyph::Completed | Glyph::Unknown | Glyph::NotYet => Tone::Idle,
        }
    }
}

/// What a pod is doing, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has no node.
    Pending,
    /// It has a node; its containers are on their way.
    Creating,
    /// Its containers run; some are not ready.
    NotReady,
    /// Its containers run and are ready.
    Running,
    /// It was deleted and ends.
    Terminating,
    /// A container failed or cannot be started.
    Failed,
    /// All containers ended well.
    Completed,
    /// Its node is silent.
    Unknown,
}

impl Phase {
    /// The word for attributes, never translated.
    pub fn id(self) -> &'static str {
        match self {
            Phase::Pending => "Pending",
            Phase::Creating => "Creating",
            Phase::NotReady => "NotReady",
            Phase::Running => "Running",
            Phase::Terminating => "Terminating",
            Phase::Failed => "Failed",
            Phase::Completed => "Completed",
            Phase::Unknown => "Unknown",
        }
    }

    /// The word for people.
    pub fn word(self, words: &Words) -> &'static str {
        match self {
            Phase::Pending => words.phase_pending,
            Phase::Creating => words.phase_creating,
            Phase::NotReady => words.phase_not_ready,
            Phase::Running => words.phase_running,
            Phase::Terminating => words.phase_terminating,
            Phase::Failed => words.phase_failed,
            Phase::Completed => words.phase_completed,
            Phase::Unknown => words.phase_unknown,
        }
    }

    /// Its shape.
    pub fn glyph(self) -> Glyph {
        match self {
            Phase::Pending => Glyph::Waiting,
            Phase::Creating => Glyph::Progress,
            Phase::NotReady => Glyph::Half,
            Phase::Running => Glyph::Done,
            Phase::Terminating => Glyph::Stopping,
            Phase::Failed => Glyph::Failed,
            Phase::Completed => Glyph::Completed,
            Phase::Unknown => Glyph::Unknown,
        }
    }
}

/// A pod's phase and, where Kubernetes gives one, the reason in its own word: `CrashLoopBackOff`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodState {
    /// The phase.
    pub phase: Phase,
    /// Shown instead of the phase's word; empty for none.
    pub reason: Text,
}

/// Reads the state of `pod`.
pub fn pod_state(pod: &Object) -> PodState {
    let word = pod.at("status.phase").str();
    let of = |phase, reason: &str| PodState { phase, reason: reason.into() };
    if pod.is_terminating() {
        return of(Phase::Terminating, "");
    }
    if let Some(reason) = trouble(pod) {
        return of(Phase::Failed, reason);
    }
    match word {
        "Succeeded" => of(Phase::Completed, ""),
        "Failed" => of(Phase::Failed, pod.at("status.reason").str()),
        "Unknown" => of(Phase::Unknown, ""),
        "Running" if pod.condition("Ready").get("status").str() == "True" => of(Phase::Running, ""),
        "Running" => of(Phase::NotReady, ""),
        _ if pod.at("spec.nodeName").is_empty() => of(Phase::Pending, ""),
        _ => of(Phase::Creating, ""),
    }
}

/// Waiting reasons that are no trouble: the container is on its way.
const ON_ITS_WAY: &[&str] = &["", "ContainerCreating", "PodInitializing"];

/// The reason why a container of `pod` cannot run, in Kubernetes' word.
fn trouble(pod: &Object) -> Option<&str> {
    let lists = ["status.initContainerStatuses", "status.containerStatuses"];
    let statuses = lists.into_iter().flat_map(|list| pod.at(list).items());
    let running = pod.at("status.phase").str() != "Succeeded";
    statuses.filter_map(container_trouble).find(|_| running)
}

fn container_trouble(status: &Value) -> Option<&str> {
    let waiting = status.at("state.waiting.reason").str();
    if !ON_ITS_WAY.contains(&waiting) {
        return Some(waiting);
    }
    let ended = status.at("state.terminated");
    let failed = ended.get("exitCode").as_int().is_some_and(|code| code != 0);
    failed.then(|| ended.get("reason").as_str().unwrap_or("Error"))
}

/// How many containers are ready, of how many.
pub fn ready_containers(pod: &Object) -> (usize, usize) {
    let statuses = pod.at("status.containerStatuses").items();
    let ready = statuses.iter().filter(|it| it.get("ready").is_true()).count();
    (ready, pod.at("spec.containers").items().len())
}

/// How often containers were started again.
pub fn restarts(pod: &Object) -> i64 {
    pod.at("status.containerStatuses").items().iter().map(|it| it.get("restartCount").int_or(0)).sum()
}

/// The shape of a condition's status; `good` says which status is good.
pub fn condition_glyph(status: &str, good: &str) -> Glyph {
    match status {
        "Unknown" => Glyph::Unknown,
        it if it == good => Glyph::Done,
        _ => Glyph::Half,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(json: &str, expected: &Expect) {
        let pod = Object(Value::from_json(json).unwrap());
        let state = pod_state(&pod);
        let (ready, of) = ready_containers(&pod);
        expected.assert_eq(&format!("{} {} {ready}/{of}, {}", state.phase.id(), state.reason, restarts(&pod)));
    }

    #[test]
    fn the_state_is_read_from_phase_conditions_and_containers() {
        check(r#"{"spec":{"containers":[{}]}}"#, &expect!["Pending  0/1, 0"]);
        check(
            r#"{"spec":{"nodeName":"n","containers":[{}]},"status":{"phase":"Pending"}}"#,
            &expect!["Creating  0/1, 0"],
        );
        check(r#"{"status":{"phase":"Running"}}"#, &expect!["NotReady  0/0, 0"]);
        check(
            r#"{"spec":{"containers":[{}]},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],
               "containerStatuses":[{"ready":true,"restartCount":2}]}}"#,
            &expect!["Running  1/1, 2"],
        );
        check(
            r#"{"status":{"phase":"Running","containerStatuses":[{"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}"#,
            &expect!["Failed CrashLoopBackOff 0/0, 0"],
        );
        check(
            r#"{"status":{"phase":"Running","containerStatuses":[{"state":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}}"#,
            &expect!["Failed OOMKilled 0/0, 0"],
        );
        check(r#"{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}}"#, &expect!["Terminating  0/0, 0"]);
        check(r#"{"status":{"phase":"Succeeded"}}"#, &expect!["Completed  0/0, 0"]);
    }
}
