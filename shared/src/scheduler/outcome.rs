//! What a cycle writes: a Binding, or the `PodScheduled` condition and an event that say why there is none.
//!
//! Upstream: `pkg/scheduler/schedule_one.go` (`bind`, `handleSchedulingFailure`, `updatePod`), `plugins/defaultbinder`.

use crate::api::{Options, PatchKind, Request, Target, User, Verb};
use crate::model::{Key, Object, Text, Time, Value};
use crate::plan::{EventDraft, Plan, Write};
use crate::scheduler::fleet::Fleet;
use crate::scheduler::pod::PodFacts;
use crate::scheduler::select::Scored;

/// How many nodes with their scores the trace shows.
const NODES_SHOWN: usize = 5;

/// How many bytes of a reason an event carries (`NoteLengthLimit`).
const EVENT_BYTES_MAX: usize = 1024;

/// Binds `pod` to the first of `nodes`.
pub(crate) fn bind(pod: &PodFacts, nodes: &[Scored], fleet: &Fleet) -> Plan {
    let mut plan = Plan { observed: scores(nodes, fleet).into(), ..Plan::nothing() };
    let Some(choice) = nodes.first() else { return plan };
    let node = fleet.node(choice.slot).name();
    plan.desired = smol_str::format_smolstr!("{} on {node}", pod.key.path());
    let message = format!("Successfully assigned {} to {node}", pod.key.path());
    let write = Write::new(binding(pod, node), why(nodes, node));
    let write = followed(write, pod).announcing(EventDraft::normal(&pod.object, "Scheduled", message));
    plan.write(write);
    plan
}

/// Says on the pod and in an event why it got no node, and which node it waits for, if any.
pub(crate) fn fail(pod: &PodFacts, message: &str, nomination: &str, now: Time) -> Plan {
    let mut plan = Plan { observed: message.into(), ..Plan::nothing() };
    plan.desired = smol_str::format_smolstr!("{} on a node", pod.key.path());
    plan.events.push(EventDraft::warning(&pod.object, "FailedScheduling", truncated(message)));
    let mut status = Value::map();
    if let Some(condition) = condition(&pod.object, message, now) {
        status.set("conditions", vec![condition]);
    }
    if pod.object.at("status.nominatedNodeName").str() != nomination {
        let named = (!nomination.is_empty()).then_some(nomination);
        status.set("nominatedNodeName", named);
    }
    if !status.is_empty() {
        let patch = Value::from([("status", status)]);
        let why = if nomination.is_empty() { "no node will do" } else { "no node will do before others went" };
        let write = Write::patch(&pod.key, "status", PatchKind::StrategicMerge, patch, why);
        plan.write(followed(write, pod).tolerating(&["NotFound"]));
    }
    plan
}

/// Says in an event that the pod is not tried, because it is being deleted.
pub(crate) fn skip(pod: &PodFacts) -> Plan {
    let message = format!("skip schedule deleting pod: {}", pod.key.path());
    let events = vec![EventDraft::warning(&pod.object, "FailedScheduling", message)];
    Plan { observed: Text::new_static("the pod is being deleted"), events, ..Plan::nothing() }
}

/// `3 nodes fit: node-3 scored 591, node-1 584, node-2 584`.
fn scores(nodes: &[Scored], fleet: &Fleet) -> String {
    if let [only] = nodes {
        return format!("1 node fits: {}", fleet.node(only.slot).name());
    }
    let shown = nodes.iter().take(NODES_SHOWN).enumerate().map(|(index, it)| {
        let verb = if index == 0 { " scored" } else { "" };
        format!("{}{verb} {}", fleet.node(it.slot).name(), it.score)
    });
    let more = nodes.len().saturating_sub(NODES_SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{} nodes fit: {}{more}", nodes.len(), shown.collect::<Vec<_>>().join(", "))
}

fn why(nodes: &[Scored], node: &str) -> String {
    match nodes {
        [_] => format!("{node} is the only node that fits"),
        [first, second, ..] if first.score == second.score => {
            let equal = nodes.iter().filter(|it| it.score == first.score).count();
            format!("{node} was drawn from the {equal} nodes with the best score, {}", first.score)
        }
        _ => format!("{node} has the best score, {}", nodes.first().map_or(0, |it| it.score)),
    }
}

fn binding(pod: &PodFacts, node: &str) -> Request {
    let mut body = Object::new("v1", "Binding", &pod.key.namespace, &pod.key.name);
    body.set("metadata.uid", pod.object.uid());
    body.set("target.kind", "Node");
    body.set("target.name", node);
    let target = Target {
        resource: pod.key.resource.clone(),
        version: Text::new_static("v1"),
        namespace: pod.key.namespace.clone(),
        name: pod.key.name.clone(),
        subresource: Text::new_static("binding"),
    };
    Request { verb: Verb::Create, target, body: body.0, options: Options::default(), user: User::admin() }
}

/// The decision follows those fields of the pod that restrict where it may go.
fn followed(write: Write, pod: &PodFacts) -> Write {
    let key: &Key = &pod.key;
    let restricting = ["spec.nodeSelector", "spec.affinity", "spec.tolerations", "spec.topologySpreadConstraints"];
    let stated = restricting.into_iter().filter(|path| !pod.object.at(path).is_empty());
    stated.chain(["spec.containers"]).fold(write, |write, path| write.following(key, path))
}

/// The `PodScheduled` condition; `None` if the pod has one that tells the same.
fn condition(pod: &Object, message: &str, now: Time) -> Option<Value> {
    let old = pod.condition("PodScheduled");
    let since = old.get("lastTransitionTime");
    let kept = old.get("status").str() == "False" && !since.is_null();
    let mut new = Value::from([
        ("type", "PodScheduled".into()),
        ("status", "False".into()),
        ("reason", "Unschedulable".into()),
        ("message", message.into()),
        ("lastProbeTime", Value::Null),
        ("lastTransitionTime", if kept { since.clone() } else { now.to_string().into() }),
    ]);
    if pod.generation() > 0 {
        new.set("observedGeneration", pod.generation());
    }
    let told = ["status", "reason", "message", "observedGeneration"];
    told.into_iter().any(|field| old.get(field) != new.get(field)).then_some(new)
}

fn truncated(message: &str) -> String {
    const MORE: &str = " ...";
    if message.len() <= EVENT_BYTES_MAX {
        return message.to_owned();
    }
    let end = (0..=EVENT_BYTES_MAX - MORE.len()).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
    format!("{}{MORE}", &message[..end])
}
