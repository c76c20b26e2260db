//! What a page has still to be told of a cluster: the difference between what it knows and what there is.
//!
//! Knows nothing of who drives the cluster: in the tab it is the engine, on a server the wall clock.

use crate::cluster::Cluster;
use crate::model::{Key, Object, Span, Time};
use crate::playground::protocol::{Branch, BranchId, Clock, Delta, LoopState, NodeState, Speed};
use crate::store::Store;
use crate::trace::{ActionId, Outcome, Reconcile, ReconcileId, Revision};
use std::collections::BTreeMap;

/// How many changes, and how many records and passes, one delta carries at most, so that the page takes each in within a
/// frame or two; what is left comes with the next ones.
const CHANGES_TOLD_MAX: usize = 1_000;
/// How much virtual time passes, for each node, until what the nodes are busy with is told again.
const NODES_TOLD_EVERY: Span = Span::millis(1);

/// How long nothing may have been written, heartbeats aside, until a cluster counts as settled.
pub(crate) const SETTLED_AFTER: Span = Span::seconds(5);

/// A cluster and how it is looked at.
pub(crate) struct Scene<'a> {
    /// The cluster.
    pub(crate) cluster: &'a Cluster,
    /// The revision that is looked at; `None` for the live end.
    pub(crate) playhead: Option<Revision>,
    /// How fast time runs; `None` while it stands.
    pub(crate) playing: Option<Speed>,
    /// True if nothing but heartbeats is left to do.
    pub(crate) settled: bool,
    /// Steps done so far.
    pub(crate) steps: u64,
    /// What decides every draw of chance.
    pub(crate) seed: u64,
    /// The branch.
    pub(crate) branch: BranchId,
    /// All branches.
    pub(crate) branches: Vec<Branch>,
}

/// What one page knows already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    anything: bool,
    action: ActionId,
    record: Revision,
    reconcile: ReconcileId,
    running: Vec<ReconcileId>,
    loops: Vec<LoopState>,
    nodes: Vec<NodeState>,
    nodes_at: Time,
    branches: usize,
    clock: Clock,
}

impl Scene<'_> {
    /// The revision that is shown.
    pub(crate) fn shown(&self) -> Revision {
        self.playhead.unwrap_or_else(|| self.cluster.store().revision())
    }
}

impl Told {
    /// True while there is something still to be told.
    pub(crate) fn is_behind(&self, scene: &Scene<'_>) -> bool {
        let trace = scene.cluster.trace();
        self.clock.revision != scene.shown()
            || !trace.records_after(self.record).is_empty()
            || !trace.reconciles_from(self.reconcile).is_empty()
    }

    /// What the page has still to be told, which from now on it knows; `None` if it knows everything.
    pub(crate) fn delta(&mut self, scene: &Scene<'_>) -> Option<Delta> {
        if self.is_cut_off(scene.cluster) {
            *self = Self::default();
        }
        let trace = scene.cluster.trace();
        let delta = Delta {
            reset: (!self.anything).then(|| trace.oldest()),
            objects: self.changed_objects(scene),
            actions: trace.actions_from(self.action).to_vec(),
            reconciles: self.changed_reconciles(scene),
            records: first(trace.records_after(self.record)).to_vec(),
            loops: Some(scene.cluster.loop_states()).filter(|loops| *loops != self.loops),
            nodes: self.changed_nodes(scene),
            branches: Some(&scene.branches).filter(|all| all.len() != self.branches).cloned(),
            clock: self.clock(scene),
        };
        let unchanged = Delta { clock: self.clock.clone(), ..Delta::default() };
        if delta == unchanged && self.anything {
            return None;
        }
        self.note(&delta, scene);
        Some(delta)
    }

    /// True if the cluster has forgotten what the page would have to be told next.
    fn is_cut_off(&self, cluster: &Cluster) -> bool {
        let oldest = cluster.trace().oldest();
        let is_old = self.action < oldest.action || self.reconcile < oldest.reconcile;
        self.anything && (is_old || self.clock.revision < cluster.store().oldest())
    }

    /// What the nodes are busy with, if that changed; of many nodes not at every tick, because each is asked.
    fn changed_nodes(&self, scene: &Scene<'_>) -> Option<Vec<NodeState>> {
        let cluster = scene.cluster;
        let count = i64::try_from(cluster.node_count()).unwrap_or(i64::MAX);
        let is_soon = cluster.now() - self.nodes_at < NODES_TOLD_EVERY * count;
        if is_soon && scene.playing.is_some() && self.anything {
            return None;
        }
        Some(cluster.node_states()).filter(|nodes| *nodes != self.nodes)
    }

    fn note(&mut self, delta: &Delta, scene: &Scene<'_>) {
        let trace = scene.cluster.trace();
        let is_running = |id: &ReconcileId| trace.reconcile(*id).is_some_and(|it| it.outcome == Outcome::Running);
        let told = delta.reconciles.iter().map(|(id, _)| *id);
        let running = self.running.iter().copied().chain(told.clone().filter(|id| *id >= self.reconcile));
        let running = running.filter(is_running).collect();
        let actions = u32::try_from(trace.actions().len()).unwrap_or(u32::MAX);
        *self = Self {
            anything: true,
            action: ActionId(trace.oldest().action.0.saturating_add(actions)),
            record: delta.records.last().map_or(self.record, |it| it.revision),
            reconcile: told.max().map_or(self.reconcile, |id| self.reconcile.max(ReconcileId(id.0 + 1))),
            running,
            loops: delta.loops.clone().unwrap_or_else(|| std::mem::take(&mut self.loops)),
            nodes: delta.nodes.clone().unwrap_or_else(|| std::mem::take(&mut self.nodes)),
            nodes_at: if delta.nodes.is_some() { scene.cluster.now() } else { self.nodes_at },
            branches: scene.branches.len(),
            clock: delta.clock.clone(),
        };
    }

    /// The revision that the page shows after the next delta: the one to be shown, or one on the way there.
    fn next(&self, scene: &Scene<'_>) -> Revision {
        let (from, to) = (self.clock.revision, scene.shown());
        if from < scene.cluster.store().oldest() {
            return to;
        }
        to.min(Revision(from.0.saturating_add(CHANGES_TOLD_MAX as u64)))
    }

    /// The reconciles that came to their end, and those that are new.
    fn changed_reconciles(&self, scene: &Scene<'_>) -> Vec<(ReconcileId, Reconcile)> {
        let trace = scene.cluster.trace();
        let from = self.reconcile.max(trace.oldest().reconcile);
        let fresh = (from.0..).map(ReconcileId).zip(first(trace.reconciles_from(from)));
        let running = self.running.iter().filter_map(|id| Some((*id, trace.reconcile(*id)?)));
        let ended = running.filter(|(_, it)| it.outcome != Outcome::Running);
        ended.chain(fresh).map(|(id, it)| (id, it.clone())).collect()
    }

    /// The objects that differ between what the page shows and what it is to show.
    fn changed_objects(&self, scene: &Scene<'_>) -> Vec<(Key, Option<Object>)> {
        let (from, to) = (self.clock.revision, self.next(scene));
        let store = scene.cluster.store();
        let mut changed: BTreeMap<Key, Option<Object>> = BTreeMap::new();
        let Ok(news) = store.since(from.min(to)) else { return everything(scene, to) };
        let between = news.take_while(|change| change.revision <= from.max(to));
        for change in between {
            if to >= from {
                changed.insert(change.key.clone(), change.after.clone());
            } else {
                changed.entry(change.key.clone()).or_insert_with(|| change.before.clone());
            }
        }
        changed.into_iter().collect()
    }

    fn clock(&self, scene: &Scene<'_>) -> Clock {
        let cluster = scene.cluster;
        let (shown, next) = (scene.shown(), self.next(scene));
        let is_late = next < shown;
        let now = match scene.playhead.or(is_late.then_some(next)) {
            Some(_) => cluster.trace().at(next).map_or(Time::VIRTUAL_START, |record| record.time),
            None => cluster.now(),
        };
        Clock {
            now,
            revision: next,
            end: cluster.now(),
            end_revision: cluster.store().revision(),
            live: scene.playhead.is_none(),
            playing: scene.playing,
            settled: scene.settled && !is_late,
            steps: scene.steps,
            hash: cluster.hash(),
            seed: scene.seed,
            branch: scene.branch,
        }
    }
}

/// Every object at a revision, for a page that cannot be told how they came to be.
fn everything(scene: &Scene<'_>, revision: Revision) -> Vec<(Key, Option<Object>)> {
    let all = |store: &Store| store.listed().map(|it| (it.key, it.after)).collect();
    let store = scene.cluster.store();
    if revision == store.revision() {
        all(store)
    } else {
        store.at(revision).map_or_else(|_| Vec::new(), |it| all(&it))
    }
}

/// As many as one delta carries.
fn first<T>(all: &[T]) -> &[T] {
    &all[..all.len().min(CHANGES_TOLD_MAX)]
}
