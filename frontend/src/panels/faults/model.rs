//! The fault menu: what can be broken now, and what can be mended.

use crate::i18n::{Words, fill};
use shared::model::key::resources::{NODES, PODS};
use shared::model::{Key, Span, Text};
use shared::playground::World;
use shared::playground::protocol::Fault;

/// How late a delayed watch delivers.
const WATCH_DELAY: Span = Span::seconds(5);

/// How many times as long a slow pull takes.
const SLOW_PULL_FACTOR: u32 = 10;

/// How many nodes the menu names.
const NODES_MAX: usize = 24;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The selected Pod.
    Pod,
    /// Nodes.
    Node,
    /// The whole cluster.
    Cluster,
}

/// An entry of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub group: Group,
    /// Names it for tests: `kill-container`.
    pub id: &'static str,
    /// What it does.
    pub fault: Fault,
    /// True if it mends what an earlier one broke.
    pub mends: bool,
}

/// The menu for a selection; `on` are the faults that are on.
pub fn menu(world: &World, selected: Option<&Key>, on: &[Fault]) -> Vec<Entry> {
    let pod = selected.filter(|key| key.resource == PODS);
    let mut entries = pod.map(|key| of_pod(world, key, on)).unwrap_or_default();
    entries.extend(of_nodes(world, selected, on));
    entries.extend(of_cluster(on));
    entries
}

/// Notes that `fault` was injected: those that stay on are in the list, one per thing that is broken.
pub fn note(on: &mut Vec<Fault>, fault: &Fault) {
    on.retain(|other| !same_thing(other, fault));
    if stays_on(fault) {
        on.push(fault.clone());
    }
}

fn stays_on(fault: &Fault) -> bool {
    match fault {
        Fault::CrashLoop { on, .. } | Fault::NodeDown { on, .. } | Fault::RefusePort { on, .. } => *on,
        Fault::SlowPull { factor } => *factor > 1,
        Fault::DelayWatch { by, .. } => *by > Span::ZERO,
        Fault::KillContainer { .. } | Fault::OutOfMemory { .. } | Fault::AddNode | Fault::RemoveNode { .. } => false,
    }
}

fn same_thing(a: &Fault, b: &Fault) -> bool {
    match (a, b) {
        (Fault::CrashLoop { image: a, .. }, Fault::CrashLoop { image: b, .. })
        | (Fault::NodeDown { node: a, .. }, Fault::NodeDown { node: b, .. } | Fault::RemoveNode { node: b })
        | (Fault::DelayWatch { process: a, .. }, Fault::DelayWatch { process: b, .. }) => a == b,
        (Fault::RefusePort { pod: a, port: p, .. }, Fault::RefusePort { pod: b, port: q, .. }) => a == b && p == q,
        (Fault::SlowPull { .. }, Fault::SlowPull { .. }) => true,
        _ => false,
    }
}

/// The entry that switches `fault` on, or off if it is on.
fn switch(group: Group, ids: [&'static str; 2], fault: Fault, end: Fault, on: &[Fault]) -> Entry {
    let mends = on.iter().any(|other| same_thing(other, &fault));
    Entry { group, id: ids[usize::from(mends)], fault: if mends { end } else { fault }, mends }
}

fn of_pod(world: &World, key: &Key, on: &[Fault]) -> Vec<Entry> {
    let Some(pod) = world.get(key) else { return Vec::new() };
    let mut entries = Vec::new();
    for container in pod.at("spec.containers").items() {
        let (name, image) = (container.get("name").text(), container.get("image").text());
        let entry = |id, fault| Entry { group: Group::Pod, id, fault, mends: false };
        entries.push(entry("kill-container", Fault::KillContainer { pod: key.clone(), container: name.clone() }));
        entries.push(entry("out-of-memory", Fault::OutOfMemory { pod: key.clone(), container: name }));
        let crash = |on| Fault::CrashLoop { image: image.clone(), on };
        entries.push(switch(Group::Pod, ["crash-loop", "end-crash-loop"], crash(true), crash(false), on));
        for port in container.get("ports").items() {
            let Some(port) = port.get("containerPort").as_int().and_then(|it| u16::try_from(it).ok()) else { continue };
            let refuse = |on| Fault::RefusePort { pod: key.clone(), port, on };
            entries.push(switch(Group::Pod, ["refuse-port", "accept-port"], refuse(true), refuse(false), on));
        }
    }
    entries
}

fn of_nodes(world: &World, selected: Option<&Key>, on: &[Fault]) -> Vec<Entry> {
    let own = selected.filter(|key| key.resource == NODES);
    let of_pod = selected.and_then(|key| world.get(key)).map(|pod| pod.at("spec.nodeName").text());
    let first = own.map(|key| key.name.clone()).or(of_pod.filter(|name| !name.is_empty()));
    let rest = world.list(&NODES).map(|(key, _)| key.name.clone()).filter(|name| Some(name) != first.as_ref());
    let names: Vec<Text> = first.iter().cloned().chain(rest).take(NODES_MAX).collect();
    let mut entries: Vec<Entry> = Vec::new();
    for node in &names {
        let down = |on| Fault::NodeDown { node: node.clone(), on };
        entries.push(switch(Group::Node, ["node-down", "node-up"], down(true), down(false), on));
    }
    entries.push(Entry { group: Group::Node, id: "add-node", fault: Fault::AddNode, mends: false });
    if let Some(node) = own.map(|key| key.name.clone()) {
        entries.push(Entry { group: Group::Node, id: "remove-node", fault: Fault::RemoveNode { node }, mends: false });
    }
    entries
}

fn of_cluster(on: &[Fault]) -> Vec<Entry> {
    let pull = |factor| Fault::SlowPull { factor };
    let mut entries = vec![switch(Group::Cluster, ["slow-pull", "fast-pull"], pull(SLOW_PULL_FACTOR), pull(1), on)];
    for process in ["controllers", "scheduler"] {
        let delay = |by| Fault::DelayWatch { process: process.into(), by };
        entries.push(switch(Group::Cluster, ["delay-watch", "end-delay"], delay(WATCH_DELAY), delay(Span::ZERO), on));
    }
    entries
}

/// What an entry says.
pub fn label(fault: &Fault, words: &Words) -> String {
    match fault {
        Fault::KillContainer { container, .. } => fill(words.fault_kill, &[("name", container)]),
        Fault::OutOfMemory { container, .. } => fill(words.fault_oom, &[("name", container)]),
        Fault::CrashLoop { image, on: true } => fill(words.fault_crash_on, &[("image", image)]),
        Fault::CrashLoop { image, on: false } => fill(words.fault_crash_off, &[("image", image)]),
        Fault::NodeDown { node, on: true } => fill(words.fault_node_down, &[("node", node)]),
        Fault::NodeDown { node, on: false } => fill(words.fault_node_up, &[("node", node)]),
        Fault::SlowPull { factor: 1 } => words.fault_fast_pull.to_owned(),
        Fault::SlowPull { .. } => words.fault_slow_pull.to_owned(),
        Fault::DelayWatch { process, by: Span::ZERO } => fill(words.fault_delay_off, &[("name", process)]),
        Fault::DelayWatch { process, .. } => fill(words.fault_delay, &[("name", process)]),
        Fault::RefusePort { pod, port, on: true } => fill(words.fault_refuse, &[("port", port), ("name", &pod.name)]),
        Fault::RefusePort { pod, port, on: false } => fill(words.fault_accept, &[("port", port), ("name", &pod.name)]),
        Fault::AddNode => words.fault_add_node.to_owned(),
        Fault::RemoveNode { node } => fill(words.fault_remove_node, &[("node", node)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use crate::panels::fixture;
    use expect_test::{Expect, expect};

    fn check(selected: Option<&Key>, on: &[Fault], expected: &Expect) {
        let entries = menu(&fixture::rolling(), selected, on);
        let line = |it: &Entry| format!("{:?} {}: {}\n", it.group, it.id, label(&it.fault, Lang::En.words()));
        expected.assert_eq(&entries.iter().map(line).collect::<String>());
    }

    #[test]
    fn the_menu_follows_the_selection() {
        check(
            None,
            &[],
            &expect![[r#"
            Node node-down: Take node-1 down
            Node node-down: Take node-2 down
            Node node-down: Take node-3 down
            Node add-node: Add a node
            Cluster slow-pull: Pull images 10 times slower
            Cluster delay-watch: Delay watch of controllers by 5 s
            Cluster delay-watch: Delay watch of scheduler by 5 s
        "#]],
        );
        check(
            Some(&fixture::newest_pod()),
            &[],
            &expect![[r#"
            Pod kill-container: Kill container web
            Pod out-of-memory: Out of memory in web
            Pod crash-loop: Crash-loop image nginx:1.27.3
            Node node-down: Take node-3 down
            Node node-down: Take node-1 down
            Node node-down: Take node-2 down
            Node add-node: Add a node
            Cluster slow-pull: Pull images 10 times slower
            Cluster delay-watch: Delay watch of controllers by 5 s
            Cluster delay-watch: Delay watch of scheduler by 5 s
        "#]],
        );
    }

    #[test]
    fn what_is_broken_can_be_mended() {
        let mut on = Vec::new();
        note(&mut on, &Fault::NodeDown { node: "node-2".into(), on: true });
        note(&mut on, &Fault::SlowPull { factor: 10 });
        check(
            None,
            &on,
            &expect![[r#"
            Node node-down: Take node-1 down
            Node node-up: Bring node-2 back
            Node node-down: Take node-3 down
            Node add-node: Add a node
            Cluster fast-pull: Pull images at normal speed
            Cluster delay-watch: Delay watch of controllers by 5 s
            Cluster delay-watch: Delay watch of scheduler by 5 s
        "#]],
        );
        note(&mut on, &Fault::NodeDown { node: "node-2".into(), on: false });
        assert_eq!(on, [Fault::SlowPull { factor: 10 }]);
    }
}
