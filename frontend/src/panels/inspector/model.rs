//! The head of the inspector and what every kind has.

use crate::panels::inspector::facts::{Fact, facts};
use crate::panels::inspector::startup::{StartUp, startup};
use crate::panels::kinds;
use crate::panels::map::nodes::{NodeHealth, health};
use crate::panels::map::owners::{Progress, Rev, pod_revision, set_revision};
use crate::panels::status::{Glyph, PodState, condition_glyph, pod_state};
use shared::model::{Key, Object, Text, Time, Value};
use shared::playground::World;
use shared::trace::{Actor, Cause, Effect, Reconcile};

/// What the badge says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Badge {
    /// A Pod's state.
    Pod(PodState),
    /// A node's health.
    Node(NodeHealth),
    /// A Deployment's progress.
    Progress(Progress),
}

/// Why the object exists, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// A decision.
    Pass {
        /// Who decided.
        actor: Text,
        /// What it wanted.
        desired: Text,
        /// What it saw.
        observed: Text,
        /// The number of the pass.
        number: u32,
        /// The newest revision it had seen.
        seen: u64,
    },
    /// A person, or a fault.
    Action(Text),
    /// The cluster's own start.
    Bootstrap,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionRow {
    /// Its shape.
    pub glyph: Glyph,
    /// `Ready`.
    pub name: Text,
    /// `True`.
    pub status: Text,
    /// Its reason, where it has one and is not as it should be.
    pub reason: Text,
    /// What it says, for a tooltip.
    pub message: Text,
    /// When it changed last.
    pub time: Option<Time>,
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRow {
    /// Its name.
    pub name: Text,
    /// What sort it is.
    pub kind: ContainerKind,
    /// Its image.
    pub image: Text,
    /// Its shape.
    pub glyph: Glyph,
    /// What it is doing.
    pub state: ContainerState,
    /// How often it was started again.
    pub restarts: i64,
    /// How its last run ended.
    pub last_exit: Option<i64>,
    /// Its ports.
    pub ports: Vec<u16>,
}

/// The sorts of container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// Runs with the others.
    Main,
    /// Runs before them.
    Init,
    /// Starts before them and stays.
    Sidecar,
}

/// What a container is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Runs since.
    Running(Option<Time>),
    /// Waits, with Kubernetes' reason.
    Waiting(Text),
    /// Ended, with its exit code and Kubernetes' reason.
    Ended(i64, Text),
}

/// The inspector of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspector {
    /// Names it.
    pub key: Key,
    /// Its kind.
    pub kind: String,
    /// Its state, where it has one.
    pub badge: Option<Badge>,
    /// Its owners, outermost first, with their kinds.
    pub owners: Vec<(Key, String)>,
    /// Its revision.
    pub rev: Rev,
    /// Why it exists.
    pub because: Because,
    /// How it came along; for Pods.
    pub startup: Option<StartUp>,
    /// Its conditions.
    pub conditions: Vec<ConditionRow>,
    /// Its containers, in the order in which they start; for Pods.
    pub containers: Vec<ContainerRow>,
    /// What else is worth knowing.
    pub facts: Vec<Fact>,
    /// What it controls.
    pub owned: Vec<Key>,
}

/// How many owned objects are listed.
const OWNED_MAX: usize = 100;

/// How deep owners are followed.
const OWNERS_MAX: usize = 8;

/// Reads the inspector; `None` if the object is not there at the playhead.
pub fn inspector(world: &World, key: &Key) -> Option<Inspector> {
    let object = world.get(key)?;
    let kind = kinds::kind(&key.resource);
    let is_pod = kind == "Pod";
    Some(Inspector {
        key: key.clone(),
        badge: badge(&kind, object),
        owners: owners(world, object),
        rev: if is_pod { pod_revision(world, object) } else { set_revision(world, object) },
        because: because(world, key),
        startup: is_pod.then(|| startup(world, key, object)),
        conditions: conditions(object),
        containers: if is_pod { containers(object) } else { Vec::new() },
        facts: facts(world, &kind, object),
        owned: world.owned_by(object).take(OWNED_MAX).cloned().collect(),
        kind,
    })
}

/// The state that a badge shows, for the kinds that have one.
pub fn badge(kind: &str, object: &Object) -> Option<Badge> {
    match kind {
        "Pod" => Some(Badge::Pod(pod_state(object))),
        "Node" => Some(Badge::Node(health(object))),
        "Deployment" => Some(Badge::Progress(crate::panels::map::owners::progress(object))),
        _ => None,
    }
}

fn owners(world: &World, object: &Object) -> Vec<(Key, String)> {
    let mut all = Vec::new();
    let mut next = object.controller();
    while let Some(owner) = next.filter(|_| all.len() < OWNERS_MAX) {
        let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
        let key = Key::new(kinds::resource_of(&owner.kind, group), object.namespace(), owner.name);
        next = world.get(&key).and_then(Object::controller);
        all.push((key, owner.kind.to_string()));
    }
    all.reverse();
    all
}

fn because(world: &World, key: &Key) -> Because {
    let created = world.writes_of(key).find(|record| record.effect == Effect::Created);
    let Some(created) = created else { return Because::Bootstrap };
    match created.cause {
        Cause::Bootstrap => Because::Bootstrap,
        Cause::Action(id) => Because::Action(world.action(id).map(|it| it.title.clone()).unwrap_or_default()),
        Cause::Reconcile(_) => world.reconcile_of(created).map_or(Because::Bootstrap, pass),
    }
}

fn pass(it: &Reconcile) -> Because {
    Because::Pass {
        actor: actor_word(&it.actor),
        desired: it.desired.clone(),
        observed: it.observed.clone(),
        number: it.number,
        seen: it.seen.0,
    }
}

/// The name of an actor.
pub fn actor_word(actor: &Actor) -> Text {
    actor.to_string().into()
}

/// Conditions that are bad when true.
const BAD_WHEN_TRUE: &[&str] =
    &["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable", "ReplicaFailure", "DisruptionTarget"];

/// The conditions of an object's status.
pub fn conditions(object: &Object) -> Vec<ConditionRow> {
    object.at("status.conditions").items().iter().map(condition).collect()
}

fn condition(it: &Value) -> ConditionRow {
    let name = it.get("type").text();
    let good = if BAD_WHEN_TRUE.contains(&name.as_str()) { "False" } else { "True" };
    let glyph = condition_glyph(it.get("status").str(), good);
    ConditionRow {
        glyph,
        name,
        status: it.get("status").text(),
        reason: it.get("reason").text(),
        message: it.get("message").text(),
        time: Time::parse(it.get("lastTransitionTime").str()),
    }
}

fn containers(pod: &Object) -> Vec<ContainerRow> {
    let init = rows(pod, "spec.initContainers", "status.initContainerStatuses");
    let main = rows(pod, "spec.containers", "status.containerStatuses");
    let first = init.map(|(spec, status)| {
        let stays = spec.get("restartPolicy").str() == "Always";
        container(spec, status, if stays { ContainerKind::Sidecar } else { ContainerKind::Init })
    });
    first.chain(main.map(|(spec, status)| container(spec, status, ContainerKind::Main))).collect()
}

fn rows<'a>(pod: &'a Object, specs: &str, statuses: &str) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    static NONE: Value = Value::Null;
    let statuses = pod.at(statuses).items();
    let status_of = move |name: &str| statuses.iter().find(|it| it.get("name").str() == name).unwrap_or(&NONE);
    pod.at(specs).items().iter().map(move |spec| (spec, status_of(spec.get("name").str())))
}

fn container(spec: &Value, status: &Value, kind: ContainerKind) -> ContainerRow {
    let state = container_state(status.get("state"));
    let ports = spec.get("ports").items().iter();
    ContainerRow {
        name: spec.get("name").text(),
        kind,
        image: spec.get("image").text(),
        glyph: container_glyph(&state, status.get("ready").is_true()),
        state,
        restarts: status.get("restartCount").int_or(0),
        last_exit: status.at("lastState.terminated.exitCode").as_int(),
        ports: ports.filter_map(|it| u16::try_from(it.get("containerPort").as_int()?).ok()).collect(),
    }
}

fn container_state(state: &Value) -> ContainerState {
    let ended = state.get("terminated");
    if let Some(code) = ended.get("exitCode").as_int() {
        return ContainerState::Ended(code, ended.get("reason").text());
    }
    match state.get("running").as_map() {
        Some(_) => ContainerState::Running(Time::parse(state.at("running.startedAt").str())),
        None => ContainerState::Waiting(state.at("waiting.reason").text()),
    }
}

fn container_glyph(state: &ContainerState, ready: bool) -> Glyph {
    match state {
        ContainerState::Running(_) if ready => Glyph::Done,
        ContainerState::Running(_) => Glyph::Half,
        ContainerState::Ended(0, _) => Glyph::Completed,
        ContainerState::Ended(..) => Glyph::Failed,
        ContainerState::Waiting(reason) if reason.contains("BackOff") || reason.contains("Err") => Glyph::Failed,
        ContainerState::Waiting(_) => Glyph::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::{Expect, expect};
    use shared::model::key::resources::{DEPLOYMENTS, NODES};

    fn check(key: &Key, expected: &Expect) {
        let Some(it) = inspector(&fixture::rolling(), key) else { return expected.assert_eq("gone") };
        let owners: Vec<_> = it.owners.iter().map(|(key, kind)| format!("{kind} {}", key.name)).collect();
        let conditions: Vec<_> = it.conditions.iter().map(|row| format!("{}={}", row.name, row.status)).collect();
        let containers: Vec<_> = it.containers.iter().map(|row| format!("{} {:?}", row.name, row.state)).collect();
        let facts: Vec<_> = it.facts.iter().map(|fact| format!("{:?}: {}", fact.name, fact.value)).collect();
        let text = format!(
            "{} {:?} {:?}\nowners: {}\n{:?}\n{}\n{}\n{}\nowns {}",
            it.kind,
            it.badge,
            it.rev,
            owners.join(" > "),
            it.because,
            conditions.join(" "),
            containers.join(", "),
            facts.join("; "),
            it.owned.len()
        );
        expected.assert_eq(&text);
    }

    #[test]
    fn a_pod_says_what_it_is_and_why() {
        check(
            &fixture::newest_pod(),
            &expect![[r#"
            Pod Some(Pod(PodState { phase: Creating, reason: "" })) New(2)
            owners: Deployment web > ReplicaSet web-7d4b9c
            Pass { actor: "replicaset-controller", desired: "3 Pods", observed: "2 Pods", number: 42, seen: 116 }
            PodScheduled=True PodReadyToStartContainers=True Initialized=True ContainersReady=False Ready=False
            web Waiting("ContainerCreating")
            Node: node-3; Image: nginx:1.27.3; Labels: app=web; Created: 01:19
            owns 0"#]],
        );
    }

    #[test]
    fn a_deployment_and_a_node_say_what_they_are() {
        check(
            &Key::new(DEPLOYMENTS, "default", "web"),
            &expect![[r#"
            Deployment Some(Progress(Progressing)) None
            owners: 
            Bootstrap
            Progressing=True Available=True

            Replicas: 5 desired, 6 current, 5 ready, 5 available; Strategy: RollingUpdate maxSurge=1, maxUnavailable=0; Selector: app=web; Image: nginx:1.27.3; Created: 00:04
            owns 2"#]],
        );
        check(
            &Key::new(NODES, "", "node-1"),
            &expect![[r#"
            Node Some(Node(Ready)) None
            owners: 
            Bootstrap
            Ready=True

            Pods: 2; Capacity: cpu=4, memory=8Gi
            owns 0"#]],
        );
        check(&Key::new(NODES, "", "node-9"), &expect!["gone"]);
    }
}
