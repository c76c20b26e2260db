//! The nodes with their Pods.

use crate::panels::map::owners::{Rev, last_part, pod_revision};
use crate::panels::status::{Glyph, Phase, PodState, pod_state, ready_containers, restarts};
use shared::model::key::resources::{LEASES, NODES};
use shared::model::{Key, Object, Order, Quantity, Text, Time};
use shared::playground::World;
use shared::playground::protocol::NodeState;

/// From how many Pods on a node tiles become glyphs.
pub const GLYPHS_FROM_PODS: usize = 12;

/// How many nodes a page has; from that many on, nodes page.
pub const NODES_PER_PAGE: usize = 12;

/// How many glyphs a node box draws; more are a number.
pub const GLYPHS_PER_NODE: usize = 220;

/// A Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct PodTile {
    /// Names it.
    pub key: Key,
    /// What it is doing.
    pub state: PodState,
    /// How many containers are ready.
    pub ready: usize,
    /// How many containers it has.
    pub containers: usize,
    /// How often containers were started again.
    pub restarts: i64,
    /// Its address; empty for none yet.
    pub ip: Text,
    /// Its revision.
    pub rev: Rev,
}

/// What a node is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeHealth {
    /// Ready.
    Ready,
    /// It says that it is not ready.
    NotReady,
    /// Ready, but takes no new Pods.
    Cordoned,
    /// Nothing is heard of it.
    Lost,
}

impl NodeHealth {
    /// The class of the box.
    pub fn class(self) -> &'static str {
        match self {
            NodeHealth::Ready => "ready",
            NodeHealth::NotReady => "not-ready",
            NodeHealth::Cordoned => "cordoned",
            NodeHealth::Lost => "lost",
        }
    }

    /// Its shape.
    pub fn glyph(self) -> Glyph {
        match self {
            NodeHealth::Ready => Glyph::Done,
            NodeHealth::NotReady => Glyph::Half,
            NodeHealth::Cordoned => Glyph::Stopping,
            NodeHealth::Lost => Glyph::Failed,
        }
    }
}

/// What stands beside the kubelet's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KubeletLine {
    /// Nothing to do.
    Idle,
    /// An image is pulled for a Pod: the Pod's last name part, and percent.
    Pulling(Text, u64),
    /// No heartbeat for so long.
    Silent(String),
    /// It takes no new Pods.
    Closed,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeBox {
    /// Names it.
    pub key: Key,
    /// What it is worth.
    pub health: NodeHealth,
    /// Processor time in use, percent of what it has.
    pub cpu: u64,
    /// Memory in use, percent of what it has.
    pub memory: u64,
    /// What its kubelet does.
    pub kubelet: KubeletLine,
    /// Its Pods, in the order of their names.
    pub pods: Vec<PodTile>,
    /// How many more Pods there are than drawn.
    pub more: usize,
    /// True if Pods are drawn as glyphs.
    pub glyphs: bool,
}

/// The names of the nodes on a page, and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodePage {
    /// The names.
    pub names: Vec<Text>,
    /// The index of the first.
    pub first: usize,
    /// How many nodes there are.
    pub of: usize,
    /// True if some Pod has no node.
    pub unscheduled: bool,
}

/// One page of nodes; a page past the end is the last one.
pub fn node_page(world: &World, page: usize) -> NodePage {
    let mut all: Vec<&Text> = world.list(&NODES).map(|(key, _)| &key.name).collect();
    all.order_by_key(|name| (number_of(name), (*name).clone()));
    let last = all.len().saturating_sub(1) / NODES_PER_PAGE;
    let first = page.min(last) * NODES_PER_PAGE;
    let names = all.iter().skip(first).take(NODES_PER_PAGE).map(|name| (*name).clone());
    NodePage { names: names.collect(), first, of: all.len(), unscheduled: world.pods_on("").next().is_some() }
}

/// `node-10` comes after `node-9`.
fn number_of(name: &str) -> u64 {
    last_part(name).parse().unwrap_or(u64::MAX)
}

/// The box of one node; `None` if there is no such node.
pub fn node_box(world: &World, name: &str, namespace: Option<&str>) -> Option<NodeBox> {
    let key = Key::new(NODES, "", name);
    let node = world.get(&key)?;
    let state = world.nodes.iter().find(|it| it.name == name);
    let health = health(node);
    let (pods, more, glyphs) = tiles(world, name, namespace, health == NodeHealth::Lost);
    Some(NodeBox {
        key,
        health,
        cpu: percent(state.map_or(0, |it| it.cpu_millis), capacity(node, "cpu")),
        memory: percent(state.map_or(0, |it| it.memory_bytes).saturating_mul(1_000), capacity(node, "memory")),
        kubelet: kubelet_line(world, node, state, health),
        pods,
        more,
        glyphs,
    })
}

/// The Pods of a node, or without one for an empty name, how many more there are, and whether glyphs are drawn.
pub fn tiles(world: &World, node: &str, namespace: Option<&str>, lost: bool) -> (Vec<PodTile>, usize, bool) {
    let here = |key: &&Key| namespace.is_none_or(|it| it == key.namespace);
    let keys: Vec<&Key> = world.pods_on(node).filter(here).collect();
    let more = keys.len().saturating_sub(GLYPHS_PER_NODE);
    let drawn = keys.iter().take(GLYPHS_PER_NODE);
    let pods = drawn.filter_map(|key| Some(tile(world, key, world.get(key)?, lost))).collect();
    (pods, more, keys.len() >= GLYPHS_FROM_PODS)
}

fn tile(world: &World, key: &Key, pod: &Object, lost: bool) -> PodTile {
    let (ready, containers) = ready_containers(pod);
    let unknown = PodState { phase: Phase::Unknown, reason: Text::default() };
    PodTile {
        key: key.clone(),
        state: if lost { unknown } else { pod_state(pod) },
        ready,
        containers,
        restarts: restarts(pod),
        ip: pod.at("status.podIP").text(),
        rev: pod_revision(world, pod),
    }
}

/// What a Node object says of its node.
pub fn health(node: &Object) -> NodeHealth {
    match node.condition("Ready").get("status").str() {
        "True" if node.at("spec.unschedulable").is_true() => NodeHealth::Cordoned,
        "True" => NodeHealth::Ready,
        "Unknown" => NodeHealth::Lost,
        _ => NodeHealth::NotReady,
    }
}

fn kubelet_line(world: &World, node: &Object, state: Option<&NodeState>, health: NodeHealth) -> KubeletLine {
    let silent = || KubeletLine::Silent(silence(world, node).unwrap_or_default());
    if health == NodeHealth::Lost || state.is_some_and(|it| !it.up) {
        return silent();
    }
    let pull = state.and_then(|it| it.pulls.first()).filter(|_| world.clock.live);
    match (pull, health) {
        (Some(pull), _) => KubeletLine::Pulling(last_part(&pull.pod.name), percent(pull.done, pull.total)),
        (None, NodeHealth::Cordoned) => KubeletLine::Closed,
        (None, _) => KubeletLine::Idle,
    }
}

fn silence(world: &World, node: &Object) -> Option<String> {
    let lease = world.get(&Key::new(LEASES, "kube-node-lease", node.name()))?;
    let renewed = Time::parse(lease.at("spec.renewTime").str())?;
    Some(format!("{} s", (world.clock.now - renewed).as_seconds().max(0)))
}

fn capacity(node: &Object, resource: &str) -> u64 {
    let amount = Quantity::read(node.at("status.allocatable").get(resource));
    u64::try_from(amount.milli_value()).unwrap_or(0)
}

fn percent(part: u64, of: u64) -> u64 {
    part.saturating_mul(100).checked_div(of).unwrap_or(0).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::expect;

    fn text(world: &World) -> String {
        let mut out = Vec::new();
        for name in node_page(world, 0).names {
            let Some(it) = node_box(world, &name, None) else { continue };
            out.push(format!("{name} {:?} cpu {}% memory {}% {:?}\n", it.health, it.cpu, it.memory, it.kubelet));
            for pod in it.pods {
                let state = pod.state.phase.id();
                out.push(format!(
                    "  {} {state} {}/{} {} {} {:?}\n",
                    pod.key.name, pod.ready, pod.containers, pod.restarts, pod.ip, pod.rev
                ));
            }
        }
        out.concat()
    }

    #[test]
    fn pods_stand_on_their_nodes() {
        expect![[r#"
            node-1 Ready cpu 25% memory 25% Idle
              web-6c8f5d-4hq7n Running 1/1 0 10.244.1.3 Old(1)
              web-7d4b9c-m6p2h Running 1/1 0 10.244.1.5 New(2)
            node-2 Ready cpu 25% memory 25% Idle
              web-6c8f5d-9vzlk Running 1/1 1 10.244.2.2 Old(1)
              web-7d4b9c-k8w4t Running 1/1 0 10.244.2.4 New(2)
            node-3 Ready cpu 25% memory 25% Pulling("x2x9p", 61)
              web-6c8f5d-tw5bj Running 1/1 0 10.244.3.2 Old(1)
              web-7d4b9c-x2x9p Creating 0/1 0  New(2)
        "#]]
        .assert_eq(&text(&fixture::rolling()));
    }

    #[test]
    fn many_nodes_page_and_many_pods_are_glyphs() {
        let world = fixture::many(30, 40);
        let page = node_page(&world, 1);
        assert_eq!((page.names.len(), page.first, page.of, page.names[0].as_str()), (12, 12, 30, "node-13"));
        assert_eq!(node_page(&world, 99).names.len(), 6);
        let node = node_box(&world, "node-13", None).unwrap();
        assert_eq!((node.pods.len(), node.more, node.glyphs), (40, 0, true));
        assert!(node_box(&world, "node-99", None).is_none());
    }
}
