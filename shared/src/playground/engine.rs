//! The engine in the worker: a run, a playhead, branches, and what the page has still to be told.
//!
//! Knows nothing of workers, of wall-clock time and of how messages travel: the host calls [`Engine::handle`] for each
//! message and [`Engine::tick`] as time goes by, and sends on what they give back.

use crate::cluster::Stepped;
use crate::model::{Span, Time};
use crate::playground::answers::Asked;
use crate::playground::later::{Later, Waiting};
use crate::playground::protocol::{Act, Branch, BranchId, Document, Speed, ToPage, ToWorker, WhatIf};
use crate::playground::run::Run;
use crate::playground::telling::{SETTLED_AFTER, Scene, Told};
use crate::trace::Revision;

/// How many steps a step-reconcile may take before it gives up waiting for one to end.
const STEPS_TO_RECONCILE_MAX: u32 = 10_000;
/// How many times as fast as virtual time the fast speed runs.
const FAST: i64 = 10;
/// How far the full speed goes on while nothing happens: further than any toleration or back-off of Kubernetes.
const LOOK_AHEAD: Span = Span::seconds(600);
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
    waiting: Waiting,
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

impl Engine {
    /// An engine with a fresh cluster from `document`, its log run again.
    pub fn open(document: Document) -> Self {
        Self::with(document, Some(Later::ALL))
    }

    /// An engine with a fresh cluster, which does without its later part until [`Engine::complete`].
    pub fn early() -> Self {
        Self::with(Document::default(), None)
    }

    fn with(document: Document, later: Option<Later>) -> Self {
        let run = Run::replay(&document, later, &|_| false);
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
            waiting: Waiting::default(),
        }
    }

    /// Takes in one message and gives back the answers and what changed.
    ///
    /// What needs the later part waits for it, and what changes the cluster after that waits behind.
    pub fn handle(&mut self, message: ToWorker) -> Vec<ToPage> {
        let mut out = Vec::new();
        match self.run.later {
            None => self.waiting.admit(message).into_iter().for_each(|message| self.take(message, &mut out)),
            Some(_) => self.take(message, &mut out),
        }
        out.extend(self.delta());
        out
    }

    /// Brings the later part, and does what has waited for it.
    pub fn complete(&mut self, later: Later) -> Vec<ToPage> {
        self.run.complete(later);
        let mut out = Vec::new();
        for message in std::mem::take(&mut self.waiting).0 {
            self.take(message, &mut out);
        }
        out.extend(self.delta());
        out
    }

    fn take(&mut self, message: ToWorker, out: &mut Vec<ToPage>) {
        match message {
            ToWorker::Open(document) => {
                let waiting = std::mem::take(&mut self.waiting);
                *self = Self { waiting, ..Self::with(document, self.run.later) };
            }
            ToWorker::Act(act) => self.act(act, out),
            ToWorker::Play(speed) => self.play(speed),
            ToWorker::Pause => self.playing = None,
            ToWorker::StepEvent => self.step_event(out),
            ToWorker::StepReconcile => self.step_reconcile(out),
            ToWorker::Seek(revision) => self.seek(revision),
            ToWorker::Live => self.playhead = None,
            ToWorker::Branch => self.branch_off(),
            ToWorker::Switch(branch) => self.switch(branch),
            ToWorker::Try(what_if) => self.try_out(&what_if),
            ToWorker::Ask(id, question) => {
                let answer = self.run.later.map(|later| (later.answer)(&self.asked(), question));
                out.extend(answer.map(|answer| ToPage::Answer(id, answer)));
            }
        }
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
        self.told.is_behind(&self.scene())
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
            out.extend(news);
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
        out.extend(news);
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
        out.extend(news);
    }

    fn step_reconcile(&mut self, out: &mut Vec<ToPage>) {
        if let Some(revision) = self.playhead {
            return self.seek(self.next_reconcile_after(revision));
        }
        for _ in 0..STEPS_TO_RECONCILE_MAX {
            let (stepped, news) = self.run.step();
            out.extend(news);
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
        let run = Run::replay(&document, self.run.later, &|store| store.revision() >= revision);
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
        let Some(run) = Run::tried(&document, self.run.later, what_if) else { return };
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
        self.run = Run::replay(&document, self.run.later, &|_| false);
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

    /// What questions are about.
    fn asked(&self) -> Asked<'_> {
        Asked { cluster: &self.run.cluster, playhead: self.playhead, run: Some((&self.run, &self.base)) }
    }

    /// How the run is looked at now.
    fn scene(&self) -> Scene<'_> {
        Scene {
            cluster: &self.run.cluster,
            playhead: self.playhead,
            playing: self.playing,
            settled: self.is_settled(),
            steps: self.run.steps,
            seed: self.base.seed,
            branch: self.branch,
            branches: self.branches.iter().map(|it| it.branch.clone()).collect(),
        }
    }

    /// What the page has still to be told; `None` if it knows everything.
    fn delta(&mut self) -> Option<ToPage> {
        let mut told = std::mem::take(&mut self.told);
        let delta = told.delta(&self.scene());
        self.told = told;
        delta.map(|it| ToPage::Delta(Box::new(it)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Fault;
    use crate::model::key::resources::{NODES, PODS};
    use crate::model::{Key, Object};
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
