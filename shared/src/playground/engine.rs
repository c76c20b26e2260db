//! The engine in the worker: a run, a playhead, branches, and what the page has still to be told.
//!
//! Knows nothing of workers, of wall-clock time and of how messages travel: the host calls [`Engine::handle`] for each
//! message and [`Engine::tick`] as time goes by, and sends on what they give back.

use crate::cluster::Stepped;
use crate::model::{Key, Object, Span, Time};
use crate::playground::answers;
use crate::playground::protocol::{
    Act, Branch, BranchId, Clock, Delta, Document, LoopState, NodeState, Speed, ToPage, ToWorker, WhatIf,
};
use crate::playground::run::{News, Run};
use crate::trace::{Outcome, ReconcileId, Revision};
use std::collections::BTreeMap;

/// How many steps a step-reconcile may take before it gives up waiting for one to end.
const STEPS_TO_RECONCILE_MAX: u32 = 10_000;
/// How many times as fast as virtual time the fast speed runs.
const FAST: i64 = 10;
/// How long nothing may have been written, heartbeats aside, until the cluster counts as settled.
const SETTLED_AFTER: Span = Span::seconds(5);
/// How far the full speed goes on while nothing happens: further than any toleration or back-off of Kubernetes.
const LOOK_AHEAD: Span = Span::seconds(600);
/// How many changes, and how many records and passes, one delta carries at most, so that the page takes each in within a
/// frame or two; what is left comes with the next ticks.
const CHANGES_TOLD_MAX: usize = 1_000;
/// How much virtual time passes, for each node, until what the nodes are busy with is told again.
const NODES_TOLD_EVERY: Span = Span::millis(1);
/// How many branches are kept.
const BRANCHES_MAX: usize = 64;

/// The worker's side of the page.
pub struct Engine {
    pub(crate) base: Document,
    pub(crate) run: Run,
    /// `None` at the live end.
    pub(crate) playhead: Option<Revision>,
    playing: Option<Speed>,
    sprint: Sprint,
    branches: Vec<History>,
    branch: BranchId,
    told: Told,
}

/// What the full speed has come to since it was asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Sprint {
    from: Time,
    happened: bool,
}

/// A branch: where it left, and the run to it.
#[derive(Clone, Debug, Default)]
struct History {
    branch: Branch,
    document: Document,
}

/// What the page knows already.
#[derive(Clone, Debug, Default)]
struct Told {
    anything: bool,
    revision: Revision,
    actions: usize,
    records: usize,
    reconciles: usize,
    running: Vec<ReconcileId>,
    loops: Vec<LoopState>,
    nodes: Vec<NodeState>,
    nodes_at: Time,
    branches: usize,
    clock: Clock,
}

impl Engine {
    /// An engine with a fresh cluster from `document`, its log run again.
    pub fn open(document: Document) -> Self {
        let run = Run::replay(&document, &|_| false);
        let history = History { branch: Branch::default(), document: run.document(&document) };
        Self {
            base: Document { log: Vec::new(), ..document },
            run,
            playhead: None,
            playing: None,
            sprint: Sprint::default(),
            branches: vec![history],
            branch: 0,
            told: Told::default(),
        }
    }

    /// Takes in one message and gives back the answers and what changed.
    pub fn handle(&mut self, message: ToWorker) -> Vec<ToPage> {
        let mut out = Vec::new();
        match message {
            ToWorker::Open(document) => *self = Self::open(document),
            ToWorker::Act(act) => self.act(act, &mut out),
            ToWorker::Play(speed) => self.play(speed),
            ToWorker::Pause => self.playing = None,
            ToWorker::StepEvent => self.step_event(&mut out),
            ToWorker::StepReconcile => self.step_reconcile(&mut out),
            ToWorker::Seek(revision) => self.seek(revision),
            ToWorker::Live => self.playhead = None,
            ToWorker::Branch => self.branch_off(),
            ToWorker::Switch(branch) => self.switch(branch),
            ToWorker::Try(what_if) => self.try_out(&what_if),
            ToWorker::Ask(id, question) => out.push(ToPage::Answer(id, answers::answer(self, question))),
        }
        out.extend(self.delta());
        out
    }

    /// Lets `elapsed` of the person's time pass: does what is due, at most `steps_max` steps.
    pub fn tick(&mut self, elapsed: Span, steps_max: u32) -> Vec<ToPage> {
        let mut out = Vec::new();
        let Some(speed) = self.playing else {
            out.extend(self.delta());
            return out;
        };
        let until = match speed {
            Speed::Normal => Some(self.run.cluster.now() + elapsed),
            Speed::Fast => Some(self.run.cluster.now() + elapsed * FAST),
            Speed::Max => None,
        };
        self.run_on(until, steps_max, &mut out);
        if speed == Speed::Max && self.is_sprint_over() {
            self.playing = None;
        }
        out.extend(self.delta());
        out
    }

    /// True while the page has still to be told of something: it wants a tick soon.
    pub fn is_behind(&self) -> bool {
        let trace = self.run.cluster.trace();
        self.told.revision != self.shown()
            || self.told.records < trace.records().len()
            || self.told.reconciles < trace.reconciles().len()
    }

    /// How fast time runs; `None` while it stands.
    pub fn playing(&self) -> Option<Speed> {
        self.playing
    }

    fn run_on(&mut self, until: Option<Time>, steps_max: u32, out: &mut Vec<ToPage>) {
        for _ in 0..steps_max {
            let due = self.run.next_due();
            let may_go = due.is_some_and(|due| until.is_none_or(|until| due <= until));
            if !may_go || (until.is_none() && self.is_sprint_over()) {
                break;
            }
            let records = self.run.cluster.trace().records().len();
            let (_, news) = self.run.step();
            self.sprint.happened |= self.run.cluster.has_written_since(records);
            tell(news, out);
        }
        if let Some(until) = until {
            self.run.cluster.pass_time(until);
        }
    }

    fn act(&mut self, act: Act, out: &mut Vec<ToPage>) {
        if self.playhead.is_some() {
            self.branch_off();
        }
        let news = self.run.act(act);
        tell(news, out);
    }

    fn play(&mut self, speed: Speed) {
        self.playhead = None;
        self.playing = Some(speed);
        self.sprint = Sprint { from: self.run.cluster.now(), happened: !self.is_settled() };
    }

    fn step_event(&mut self, out: &mut Vec<ToPage>) {
        if let Some(revision) = self.playhead {
            return self.seek(Revision(revision.0 + 1));
        }
        let (_, news) = self.run.step();
        tell(news, out);
    }

    fn step_reconcile(&mut self, out: &mut Vec<ToPage>) {
        if let Some(revision) = self.playhead {
            return self.seek(self.next_reconcile_after(revision));
        }
        for _ in 0..STEPS_TO_RECONCILE_MAX {
            let (stepped, news) = self.run.step();
            tell(news, out);
            if stepped != Stepped::Worked {
                return;
            }
        }
    }

    /// The last revision that the next decision after `revision` wrote.
    fn next_reconcile_after(&self, revision: Revision) -> Revision {
        let records = self.run.cluster.trace().records();
        let from = records.partition_point(|record| record.revision <= revision);
        let Some(first) = records.get(from) else { return revision };
        let same = records[from..].iter().take_while(|record| record.cause == first.cause);
        same.last().map_or(revision, |record| record.revision)
    }

    fn seek(&mut self, revision: Revision) {
        self.playing = None;
        let end = self.run.cluster.store().revision();
        let oldest = self.run.cluster.store().oldest();
        self.playhead = Some(revision.max(oldest)).filter(|revision| *revision < end);
    }

    /// Leaves this history at the playhead: what came after it stays behind as its own branch.
    fn branch_off(&mut self) {
        let Some(revision) = self.playhead.take() else { return };
        let document = self.run.document(&self.base);
        let run = Run::replay(&document, &|store| store.revision() >= revision);
        let time = run.cluster.now();
        self.go_to(run, document, revision, time);
    }

    /// Goes on with `run`, which left the history of `document` at `revision`.
    fn go_to(&mut self, run: Run, document: Document, revision: Revision, time: Time) {
        if self.branches.len() == BRANCHES_MAX {
            self.branches.remove(1);
        }
        self.run = run;
        self.branches[usize::from(self.branch)].document = document;
        let branch = Branch { parent: self.branch, from: revision, time };
        self.branches.push(History { branch, document: self.run.document(&self.base) });
        self.branch = u16::try_from(self.branches.len() - 1).unwrap_or_default();
        self.told = Told::default();
    }

    /// Makes the run with another value in a file the present, as a branch that leaves this history before it.
    fn try_out(&mut self, what_if: &WhatIf) {
        let document = self.run.document(&self.base);
        let Some(run) = Run::tried(&document, what_if) else { return };
        let records = self.run.cluster.trace().records();
        let before = records.partition_point(|record| record.time < what_if.time);
        let revision = before.checked_sub(1).map_or(Revision(0), |index| records[index].revision);
        self.playhead = None;
        self.playing = None;
        self.go_to(run, document, revision, what_if.time);
    }

    fn switch(&mut self, branch: BranchId) {
        let Some(history) = self.branches.get(usize::from(branch)).filter(|_| branch != self.branch) else { return };
        let document = history.document.clone();
        self.branches[usize::from(self.branch)].document = self.run.document(&self.base);
        self.run = Run::replay(&document, &|_| false);
        self.branch = branch;
        self.playhead = None;
        self.playing = None;
        self.told = Told::default();
    }

    fn is_settled(&self) -> bool {
        !self.run.is_busy() && self.run.cluster.is_quiet_for(SETTLED_AFTER)
    }

    /// The full speed ends when things have happened and settled, or when nothing happens any more.
    fn is_sprint_over(&self) -> bool {
        let waited = self.run.cluster.now() - self.sprint.from;
        self.is_settled() && (self.sprint.happened || waited >= LOOK_AHEAD)
    }

    /// The revision that is shown.
    pub(crate) fn shown(&self) -> Revision {
        self.playhead.unwrap_or_else(|| self.run.cluster.store().revision())
    }

    /// What the page has still to be told; `None` if it knows everything.
    fn delta(&mut self) -> Option<ToPage> {
        let clock = self.clock();
        let delta = Delta {
            reset: !self.told.anything,
            objects: self.changed_objects(),
            actions: self.run.cluster.trace().actions()[self.told.actions..].to_vec(),
            reconciles: self.changed_reconciles(),
            records: self.run.cluster.trace().records()[self.told.records..self.records_told_next()].to_vec(),
            loops: Some(self.run.cluster.loop_states()).filter(|loops| *loops != self.told.loops),
            nodes: self.changed_nodes(),
            branches: Some(self.branches.iter().map(|it| it.branch.clone()).collect())
                .filter(|branches: &Vec<Branch>| branches.len() != self.told.branches),
            clock,
        };
        let unchanged = Delta { clock: self.told.clock.clone(), ..Delta::default() };
        if delta == unchanged && self.told.anything {
            return None;
        }
        self.note_told(&delta);
        Some(ToPage::Delta(Box::new(delta)))
    }

    /// What the nodes are busy with, if that changed; of many nodes not at every tick, because each is asked.
    fn changed_nodes(&self) -> Option<Vec<NodeState>> {
        let cluster = &self.run.cluster;
        let count = i64::try_from(cluster.node_count()).unwrap_or(i64::MAX);
        let is_soon = cluster.now() - self.told.nodes_at < NODES_TOLD_EVERY * count;
        if is_soon && self.playing.is_some() && self.told.anything {
            return None;
        }
        Some(cluster.node_states()).filter(|nodes| *nodes != self.told.nodes)
    }

    fn note_told(&mut self, delta: &Delta) {
        let trace = self.run.cluster.trace();
        let is_running = |id: &ReconcileId| trace.reconcile(*id).is_some_and(|it| it.outcome == Outcome::Running);
        let (records, reconciles) = (self.records_told_next(), self.reconciles_told_next());
        let fresh = self.told.reconciles..reconciles;
        let fresh = fresh.map(|index| ReconcileId(u32::try_from(index).unwrap_or(u32::MAX)));
        let running = self.told.running.iter().copied().chain(fresh).filter(is_running).collect();
        self.told = Told {
            anything: true,
            revision: delta.clock.revision,
            actions: trace.actions().len(),
            records,
            reconciles,
            running,
            loops: delta.loops.clone().unwrap_or_else(|| std::mem::take(&mut self.told.loops)),
            nodes: delta.nodes.clone().unwrap_or_else(|| std::mem::take(&mut self.told.nodes)),
            nodes_at: if delta.nodes.is_some() { self.run.cluster.now() } else { self.told.nodes_at },
            branches: self.branches.len(),
            clock: delta.clock.clone(),
        };
    }

    /// The revision that the page shows after the next delta: the one to be shown, or one on the way there.
    fn told_next(&self) -> Revision {
        let (from, to) = (self.told.revision, self.shown());
        to.min(Revision(from.0.saturating_add(CHANGES_TOLD_MAX as u64)))
    }

    fn records_told_next(&self) -> usize {
        self.run.cluster.trace().records().len().min(self.told.records + CHANGES_TOLD_MAX)
    }

    fn reconciles_told_next(&self) -> usize {
        self.run.cluster.trace().reconciles().len().min(self.told.reconciles + CHANGES_TOLD_MAX)
    }

    fn changed_reconciles(&self) -> Vec<(ReconcileId, crate::trace::Reconcile)> {
        let trace = self.run.cluster.trace();
        let fresh = self.told.reconciles..self.reconciles_told_next();
        let fresh = fresh.map(|index| ReconcileId(u32::try_from(index).unwrap_or(u32::MAX)));
        let ended = self.told.running.iter().copied();
        let changed = ended.chain(fresh).filter_map(|id| Some((id, trace.reconcile(id)?.clone())));
        changed.filter(|(id, it)| it.outcome != Outcome::Running || id.0 as usize >= self.told.reconciles).collect()
    }

    /// The objects that differ between what the page shows and what it is to show.
    fn changed_objects(&self) -> Vec<(Key, Option<Object>)> {
        let (from, to) = (self.told.revision, self.told_next());
        let store = self.run.cluster.store();
        let mut changed: BTreeMap<Key, Option<Object>> = BTreeMap::new();
        let Ok(news) = store.since(from.min(to)) else { return Vec::new() };
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

    fn clock(&self) -> Clock {
        let cluster = &self.run.cluster;
        let (shown, next) = (self.shown(), self.told_next());
        let is_late = next < shown;
        let now = match self.playhead.or(is_late.then_some(next)) {
            Some(_) => cluster.trace().at(next).map_or(Time::VIRTUAL_START, |record| record.time),
            None => cluster.now(),
        };
        Clock {
            now,
            revision: next,
            end: cluster.now(),
            end_revision: cluster.store().revision(),
            live: self.playhead.is_none(),
            playing: self.playing,
            settled: self.is_settled() && !is_late,
            steps: self.run.steps,
            hash: cluster.hash(),
            seed: self.base.seed,
            branch: self.branch,
        }
    }
}

fn tell(news: Vec<News>, out: &mut Vec<ToPage>) {
    out.extend(news.into_iter().map(|news| match news {
        News::Terminal(output) => ToPage::Terminal(output),
        News::Applied(results) => ToPage::Applied(results),
        News::Edit { name, text } => ToPage::Edit { name, text },
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Fault;
    use crate::model::key::resources::{NODES, PODS};
    use crate::playground::protocol::{Answer, Question};
    use crate::trace::SourceFile;
    use expect_test::{Expect, expect};

    const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
";

    fn sprint(engine: &mut Engine) {
        engine.handle(ToWorker::Play(Speed::Max));
        for _ in 0..100 {
            engine.tick(Span::ZERO, 1_000);
        }
        assert_eq!(engine.playing(), None, "the full speed ends by itself");
    }

    /// What is Ready, and how long it took.
    fn check(engine: &Engine, expected: &Expect) {
        let cluster = &engine.run.cluster;
        let ready = |it: &&Object| it.condition("Ready").get("status").str() == "True";
        let count = |resource| cluster.store().list(resource).filter(ready).count();
        let since = (cluster.now() - Time::VIRTUAL_START).as_seconds();
        expected.assert_eq(&format!("{} nodes and {} pods after {since} s", count(&NODES), count(&PODS)));
    }

    #[test]
    fn another_value_can_be_tried_with_the_same_seed() {
        let mut engine = Engine::open(Document { seed: 42, ..Document::default() });
        let file = SourceFile { name: "web.yaml".into(), text: WEB.into() };
        engine.handle(ToWorker::Act(Act::Apply(vec![file])));
        sprint(&mut engine);
        let pods: Vec<Key> =
            engine.run.cluster.store().list(&PODS).map(|it| Key::new(PODS, "default", it.name())).collect();
        let why = engine.run.cluster.explain(&pods[1], None, None).unwrap();
        let suggested = crate::playground::what_if::suggestions(&why);
        let outcome = |engine: &mut Engine, it: &WhatIf, pod: &Key| {
            let answers = engine.handle(ToWorker::Ask(1, Question::WhatIf(it.clone(), pod.clone())));
            let Some(ToPage::Answer(_, Answer::WhatIf(outcome))) = answers.first() else { panic!("{answers:?}") };
            outcome.would.map_or("never", |would| if Some(would) == outcome.was { "same" } else { "other" })
        };
        let mut text = Vec::new();
        for it in &suggested {
            text.push(format!("line {}: {}", it.line, it.label()));
            text.extend(pods.iter().map(|pod| outcome(&mut engine, it, pod).to_owned()));
        }
        let text = text.join(", ");
        expect!["line 6: replicas: 1, same, never"].assert_eq(&text);
        engine.handle(ToWorker::Try(suggested[0].clone()));
        check(&engine, &expect!["3 nodes and 1 pods after 10 s"]);
        engine.handle(ToWorker::Switch(0));
        check(&engine, &expect!["3 nodes and 2 pods after 10 s"]);
    }

    #[test]
    fn the_full_speed_goes_from_one_thing_that_happens_to_the_next() {
        let mut engine = Engine::open(Document { seed: 42, ..Document::default() });
        let file = SourceFile { name: "web.yaml".into(), text: WEB.into() };
        engine.handle(ToWorker::Act(Act::Apply(vec![file])));
        sprint(&mut engine);
        check(&engine, &expect!["3 nodes and 2 pods after 10 s"]);
        for node in ["node-1", "node-2"] {
            engine.handle(ToWorker::Act(Act::Fault(Fault::NodeDown { node: node.into(), on: true })));
        }
        sprint(&mut engine);
        check(&engine, &expect!["2 nodes and 2 pods after 60 s"]);
        sprint(&mut engine);
        check(&engine, &expect!["1 nodes and 1 pods after 70 s"]);
        sprint(&mut engine);
        check(&engine, &expect!["1 nodes and 2 pods after 370 s"]);
    }
}
