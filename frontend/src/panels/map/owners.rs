//! Who owns what: Deployments, their ReplicaSets, and the Services that choose their Pods.

use crate::panels::status::{Glyph, Phase, pod_state};
use shared::model::key::resources::{DEPLOYMENTS, PODS, REPLICA_SETS, SERVICES};
use shared::model::{Key, Object, Order, Selector, Text};
use shared::playground::World;

/// How many workloads the map draws; the rest is in the Owners table.
pub const WORKLOADS_ON_MAP: usize = 4;

/// How many segments a bar has at most; more replicas share them.
const BAR_SEGMENTS: i64 = 20;

/// The band.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnersBand {
    /// One row each.
    pub workloads: Vec<Workload>,
    /// How many more there are.
    pub more: usize,
}

/// A Deployment, or a `ReplicaSet` that stands alone, with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Which one: the key of the Deployment or of the lone `ReplicaSet`.
    pub key: Key,
    /// The Deployment.
    pub deployment: Option<DeploymentCard>,
    /// Its `ReplicaSets` that have or want Pods, oldest revision first.
    pub sets: Vec<SetCard>,
    /// The Services whose selector matches its Pods.
    pub services: Vec<ServiceCard>,
}

/// A Deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentCard {
    /// Names it.
    pub key: Key,
    /// How many Pods are of the newest revision.
    pub updated: i64,
    /// How many are wanted.
    pub replicas: i64,
    /// How many are available.
    pub available: i64,
    /// The bar, one entry per segment.
    pub bar: Vec<Segment>,
    /// Where its rollout is.
    pub progress: Progress,
}

/// A segment of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A ready Pod of the newest revision.
    Ready,
    /// A Pod of the newest revision that is not ready.
    NotReady,
    /// Still to do.
    ToDo,
}

/// Where a rollout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Under way.
    Progressing,
    /// Done.
    Complete,
    /// It has passed its deadline.
    Failed,
    /// Paused by the person.
    Paused,
}

impl Progress {
    /// Its shape.
    pub fn glyph(self) -> Glyph {
        match self {
            Progress::Progressing => Glyph::Progress,
            Progress::Complete => Glyph::Done,
            Progress::Failed => Glyph::Failed,
            Progress::Paused => Glyph::Stopping,
        }
    }
}

/// Which revision a thing belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rev {
    /// None.
    None,
    /// The newest.
    New(i64),
    /// An older one.
    Old(i64),
}

impl Rev {
    /// The class of edges and chips.
    pub fn class(self) -> &'static str {
        match self {
            Rev::None => "none",
            Rev::New(_) => "new",
            Rev::Old(_) => "old",
        }
    }
}

/// A `ReplicaSet`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetCard {
    /// Names it.
    pub key: Key,
    /// How many Pods it has.
    pub have: i64,
    /// How many it is told to have.
    pub want: i64,
    /// How many it will be told to have in the end.
    pub goal: i64,
    /// How many are ready.
    pub ready: i64,
    /// Its revision.
    pub rev: Rev,
}

/// A Service.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceCard {
    /// Names it.
    pub key: Key,
    /// `10.96.14.201:80`.
    pub address: String,
    /// One entry per Pod that its selector matches: is it ready?
    pub pods: Vec<bool>,
}

/// The band of one namespace, or of all.
pub fn owners_band(world: &World, namespace: Option<&str>) -> OwnersBand {
    let here = |key: &Key| namespace.is_none_or(|it| it == key.namespace);
    let deployments = world.list(&DEPLOYMENTS).filter(|(key, _)| here(key));
    let lone = world.list(&REPLICA_SETS).filter(|(key, set)| here(key) && set.controller().is_none());
    let all: Vec<(&Key, &Object)> = deployments.chain(lone).collect();
    let more = all.len().saturating_sub(WORKLOADS_ON_MAP);
    let workloads = all.into_iter().take(WORKLOADS_ON_MAP).map(|(key, object)| workload(world, key, object));
    OwnersBand { workloads: workloads.collect(), more }
}

fn workload(world: &World, key: &Key, object: &Object) -> Workload {
    let deployment = (key.resource == DEPLOYMENTS).then_some(object);
    let mut sets = match deployment {
        Some(it) => set_cards(world, it),
        None => vec![set_card(world, key, object)],
    };
    sets.retain(|set| set.have > 0 || set.want > 0 || matches!(set.rev, Rev::New(_)));
    sets.order_by_key(|set| (matches!(set.rev, Rev::New(_)), set.key.name.clone()));
    Workload {
        key: key.clone(),
        deployment: deployment.map(|it| deployment_card(world, key, it)),
        sets,
        services: services_of(world, key, object),
    }
}

/// The `ReplicaSets` of a Deployment.
pub fn set_cards(world: &World, deployment: &Object) -> Vec<SetCard> {
    let keys = world.owned_by(deployment).filter(|key| key.resource == REPLICA_SETS);
    keys.filter_map(|key| Some(set_card(world, key, world.get(key)?))).collect()
}

fn set_card(world: &World, key: &Key, set: &Object) -> SetCard {
    let rev = set_revision(world, set);
    let want = set.at("spec.replicas").int_or(1);
    let owner = set.controller().and_then(|it| world.get(&Key::new(DEPLOYMENTS, set.namespace(), it.name)));
    let goal = match (owner, rev) {
        (Some(owner), Rev::New(_)) => owner.at("spec.replicas").int_or(1),
        (Some(_), Rev::Old(_)) => 0,
        _ => want,
    };
    let status = |field| set.at("status").get(field).int_or(0);
    SetCard { key: key.clone(), have: status("replicas"), want, goal, ready: status("readyReplicas"), rev }
}

/// The revision of a `ReplicaSet`: the newest one has its Deployment's.
pub fn set_revision(world: &World, set: &Object) -> Rev {
    let number =
        |object: &Object| object.annotation("deployment.kubernetes.io/revision").and_then(|it| it.parse().ok());
    let (Some(own), Some(owner)) = (number(set), set.controller()) else { return Rev::None };
    let deployment = world.get(&Key::new(DEPLOYMENTS, set.namespace(), owner.name));
    match deployment.and_then(number) {
        Some(newest) if newest > own => Rev::Old(own),
        _ => Rev::New(own),
    }
}

/// The revision of a Pod: that of the `ReplicaSet` which controls it.
pub fn pod_revision(world: &World, pod: &Object) -> Rev {
    let Some(owner) = pod.controller().filter(|it| it.kind == "ReplicaSet") else { return Rev::None };
    let set = world.get(&Key::new(REPLICA_SETS, pod.namespace(), owner.name));
    set.map_or(Rev::None, |set| set_revision(world, set))
}

fn deployment_card(world: &World, key: &Key, object: &Object) -> DeploymentCard {
    let status = |field| object.at("status").get(field).int_or(0);
    let replicas = object.at("spec.replicas").int_or(1);
    let updated = status("updatedReplicas");
    let newest = set_cards(world, object).into_iter().find(|set| matches!(set.rev, Rev::New(_)));
    DeploymentCard {
        key: key.clone(),
        updated,
        replicas,
        available: status("availableReplicas"),
        bar: bar(newest.map_or(0, |set| set.ready), updated, replicas),
        progress: progress(object),
    }
}

fn bar(ready: i64, updated: i64, replicas: i64) -> Vec<Segment> {
    let all = replicas.max(updated).max(1);
    let segments = all.min(BAR_SEGMENTS);
    let share = |n: i64| (n * segments).div_euclid(all);
    let segment = |at| match at {
        at if at < share(ready) => Segment::Ready,
        at if at < share(updated) => Segment::NotReady,
        _ => Segment::ToDo,
    };
    (0..segments).map(segment).collect()
}

/// Where the rollout of a Deployment is.
pub fn progress(object: &Object) -> Progress {
    let status = object.at("status");
    let replicas = object.at("spec.replicas").int_or(1);
    let updated = status.get("updatedReplicas").int_or(0);
    let total = status.get("replicas").int_or(0);
    let seen = status.get("observedGeneration").int_or(0) >= object.generation();
    let condition = object.condition("Progressing");
    if object.at("spec.paused").is_true() {
        Progress::Paused
    } else if condition.get("reason").str() == "ProgressDeadlineExceeded" {
        Progress::Failed
    } else if seen && updated == replicas && total == replicas && status.get("availableReplicas").int_or(0) == replicas
    {
        Progress::Complete
    } else {
        Progress::Progressing
    }
}

fn services_of(world: &World, key: &Key, owner: &Object) -> Vec<ServiceCard> {
    let labels = owner.at("spec.template.metadata.labels");
    let services = world.list(&SERVICES).filter(|(it, _)| it.namespace == key.namespace);
    let chosen = services.filter(|(_, service)| {
        let selector = service.at("spec.selector");
        !selector.is_empty() && Selector::from_labels(selector).matches(labels)
    });
    chosen.map(|(key, service)| service_card(world, key, service)).collect()
}

fn service_card(world: &World, key: &Key, service: &Object) -> ServiceCard {
    let port = service.at("spec.ports").items().first().map_or(0, |it| it.get("port").int_or(0));
    let selector = Selector::from_labels(service.at("spec.selector"));
    let pods = world.list(&PODS).filter(|(it, _)| it.namespace == key.namespace);
    let chosen = pods.filter(|(_, pod)| selector.matches(pod.at("metadata.labels")));
    let states = chosen.map(|(_, pod)| pod_state(pod).phase == Phase::Running).take(PODS_OF_SERVICE);
    ServiceCard {
        key: key.clone(),
        address: format!("{}:{port}", service.at("spec.clusterIP").str()),
        pods: states.collect(),
    }
}

/// How many Pods of a Service are looked at.
const PODS_OF_SERVICE: usize = 500;

/// The key of the newest text of a name, for words such as `web-7d4b9c-x2x9p`.
pub fn last_part(name: &str) -> Text {
    name.rsplit_once('-').map_or(name, |(_, last)| last).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::expect;

    fn text(band: &OwnersBand) -> String {
        let mut out = Vec::new();
        for row in &band.workloads {
            if let Some(it) = &row.deployment {
                out.push(format!(
                    "{}: {} of {} updated, {} available, {:?} {:?}\n",
                    it.key.name, it.updated, it.replicas, it.available, it.progress, it.bar
                ));
            }
            for it in &row.sets {
                out.push(format!(
                    "  {} {:?}: {} of {}, to {}, {} ready\n",
                    it.key.name, it.rev, it.have, it.want, it.goal, it.ready
                ));
            }
            for it in &row.services {
                out.push(format!("  service {} {} {:?}\n", it.key.name, it.address, it.pods));
            }
        }
        out.push(format!("{} more", band.more));
        out.concat()
    }

    #[test]
    fn a_rollout_shows_both_revisions() {
        expect![[r"
            web: 3 of 5 updated, 5 available, Progressing [Ready, Ready, NotReady, ToDo, ToDo]
              web-6c8f5d Old(1): 3 of 3, to 0, 3 ready
              web-7d4b9c New(2): 3 of 3, to 5, 2 ready
              service web 10.96.14.201:80 [true, true, true, true, true, false]
            0 more"]]
        .assert_eq(&text(&owners_band(&fixture::rolling(), Some("default"))));
        expect!["0 more"].assert_eq(&text(&owners_band(&fixture::rolling(), Some("other"))));
    }

    #[test]
    fn a_long_bar_is_shared() {
        let count = |bar: &[Segment], of| bar.iter().filter(|it| **it == of).count();
        let bar = bar(50, 75, 100);
        assert_eq!((bar.len(), count(&bar, Segment::Ready), count(&bar, Segment::NotReady)), (20, 10, 5));
    }
}
