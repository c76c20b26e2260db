//! A cluster over what an earlier one has stored, as if all its processes had been started again while the nodes ran on.
//!
//! Upstream: `k8s.io/client-go/tools/cache/reflector.go` (the first list), `pkg/kubelet/kubelet.go` (`HandlePodAdditions`).
//! The trace begins anew with one action, which everything that was found is put down to. A cluster that runs for long also
//! has to forget: [`Cluster::compact`].

use crate::cluster::agenda::Part;
use crate::cluster::nodes::Node;
use crate::cluster::{Cluster, Config, Feed};
use crate::kubelet::Context;
use crate::model::key::resources::{NODES, PODS};
use crate::model::{Chance, Object, Text};
use crate::sim::NodeConfig;
use crate::store::{Change, Store};
use crate::trace::{Action, ActionKind, Cause, Revision, Trigger};

/// How many decisions, and how many actions, a compacted trace keeps.
const DECISIONS_KEPT: usize = 8_192;

impl Cluster {
    /// Goes on with `store` at `config.start`; its nodes are those that are stored, whatever `config.nodes` says.
    ///
    /// Objects that belong to every cluster and are missing are made. `config.seed` may be the one from before: chance also
    /// depends on the store's revision, so that no uid is drawn twice.
    pub fn resume(config: &Config, store: Store) -> Self {
        let found = store.revision();
        let chance = Chance::new(config.seed ^ found.0.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut cluster = Self::bare(config, chance, store);
        let title = Text::from(format!("resume at revision {found}"));
        let action = Action { time: config.start, title, kind: ActionKind::Request, files: Vec::new() };
        let cause = Cause::Action(cluster.act(action));
        cluster.feeds.insert(Part::KubeletFeed, Feed { seen: found, ..Feed::default() });
        cluster.bootstrap(config.control_plane);
        cluster.resume_nodes(cause);
        cluster.list(&Trigger::Node { what: Text::new_static("resumed"), cause });
        cluster
    }

    /// Forgets history up to and including `revision`, as far as no watch within the cluster still needs it; gives up to where.
    ///
    /// The trace forgets as many writes, and all but the newest `DECISIONS_KEPT` decisions and actions.
    pub fn compact(&mut self, revision: Revision) -> Revision {
        let feeds = self.feeds.values().map(|feed| feed.seen);
        let held = self.nodes.by_index.values().filter_map(Node::oldest_held).map(|it| Revision(it.0 - 1));
        let limit = feeds.chain(held).min().unwrap_or_default();
        let revision = revision.min(limit);
        self.api.compact(revision);
        self.trace.forget(revision, DECISIONS_KEPT);
        revision
    }

    /// The machines of the stored nodes. They renew their leases at once: nobody shall take them for silent.
    fn resume_nodes(&mut self, cause: Cause) {
        let stored: Vec<Object> = self.store().list(&NODES).cloned().collect();
        for node in stored {
            let Some(index) = self.machine_of(&node) else { continue };
            self.put_node(index, cause);
            self.resume_node(index, &node);
            self.work_on_node(index);
        }
    }

    /// The number of the machine whose kubelet registered this node; `None` for a node of somebody else's.
    fn machine_of(&self, node: &Object) -> Option<u32> {
        let index = node.name().strip_prefix("node-")?.parse().ok()?;
        let own: NodeConfig = self.nodes.config(index);
        let machine = |it: &Object| it.at("status.nodeInfo.machineID").text();
        (own.name == node.name() && machine(&own.object()) == machine(node)).then_some(index)
    }

    fn resume_node(&mut self, index: u32, stored: &Object) {
        let now = self.now;
        let store = self.api.store();
        let pods = store.list(&PODS).filter(|it| it.at("spec.nodeName").str() == stored.name());
        let mut fresh = Vec::new();
        let Some(node) = self.nodes.by_index.get_mut(&index) else { return };
        node.started = true;
        node.seen = store.revision();
        node.kubelet.resume(stored, now);
        node.machine.resume(stored);
        for pod in pods {
            match node.kubelet.resume_pod(pod, Context { now, store }) {
                Some(running) => node.machine.resume_pod(running, now),
                None => fresh.push(pod.clone()),
            }
        }
        for pod in fresh {
            self.deliver_new(index, pod);
        }
    }

    /// A pod that was bound and that no kubelet had seen.
    fn deliver_new(&mut self, index: u32, pod: Object) {
        let key = crate::model::Key::new(PODS, pod.namespace(), pod.name());
        let revision = Revision(pod.resource_version());
        self.deliver_to_kubelet(index, &Change { revision, key, before: None, after: Some(pod) });
    }

    /// The first list of the controllers and of the scheduler, and their first look at everything.
    fn list(&mut self, trigger: &Trigger) {
        let store = self.store().clone();
        self.cache.fill(&store);
        store.listed().for_each(|change| self.enqueue(&change, trigger));
        let (nodes, others): (Vec<_>, Vec<_>) = store.listed().partition(|it| it.key.resource == NODES);
        for change in nodes.iter().chain(&others) {
            self.scheduler.observe(change, self.now);
        }
        for part in [Part::ControllerFeed, Part::SchedulerFeed] {
            self.feeds.insert(part, Feed { seen: store.revision(), ..Feed::default() });
        }
        for index in 0..self.loops.len() {
            self.wake_controller(index);
        }
        self.wake_scheduler();
    }
}
