//! A page's visit to a cluster that lives by itself, such as a server's: the same messages as with the engine in the tab.
//!
//! Each page has its own playhead and terminal; time is the cluster's. What only a run can do (pause, step, branch, try
//! another value) is not there. Knows nothing of how messages travel, and of who may visit.

use crate::cluster::Cluster;
use crate::model::Time;
use crate::playground::answers::Asked;
use crate::playground::later::Later;
use crate::playground::protocol::{Act, Answer, Branch, Delta, Question, Speed, ToPage, ToWorker};
use crate::playground::telling::{SETTLED_AFTER, Scene, Told};
use crate::playground::terminal::{Door, Terminal};
use crate::trace::Revision;

/// How many records a page is told until it begins anew with those that are kept, so that it does not grow for ever.
const RECORDS_TOLD_MAX: usize = 50_000;

/// A page that visits.
#[derive(Default)]
pub struct Visit {
    told: Told,
    records: usize,
    playhead: Option<Revision>,
    terminal: Terminal,
    polled: Revision,
}

impl Visit {
    /// Takes in one message that is no question, and gives back what came of it at once.
    ///
    /// What only a run can do is not done: the page does not offer it.
    pub fn handle(&mut self, message: ToWorker, door: &mut dyn Door) -> Vec<ToPage> {
        match message {
            ToWorker::Act(act) => return self.act(act, door),
            ToWorker::Seek(revision) => self.playhead = Some(revision),
            ToWorker::Live => self.playhead = None,
            ToWorker::Open(_)
            | ToWorker::Play(_)
            | ToWorker::Pause
            | ToWorker::StepEvent
            | ToWorker::StepReconcile
            | ToWorker::Branch
            | ToWorker::Switch(_)
            | ToWorker::Try(_)
            | ToWorker::Ask(..) => {}
        }
        Vec::new()
    }

    /// Answers a question about the cluster at the playhead.
    pub fn answer(&self, cluster: &Cluster, question: Question) -> Answer {
        (Later::ALL.answer)(&Asked { cluster, playhead: self.playhead, run: None }, question)
    }

    /// True if the command at the terminal has to look again: at `now`, with the store at `revision`.
    pub fn wants_poll(&self, now: Time, revision: Revision) -> bool {
        let is_due = self.terminal.wake().is_some_and(|wake| wake <= now);
        self.terminal.is_busy() && (is_due || revision > self.polled)
    }

    /// Lets the command at the terminal go on, with the store at `revision`.
    pub fn poll(&mut self, revision: Revision, door: &mut dyn Door) -> Vec<ToPage> {
        self.polled = revision;
        self.terminal.poll(door).0
    }

    /// What the page has still to be told of the cluster; `None` if it knows everything.
    ///
    /// A page that is too far behind, or has been told very much, begins anew.
    pub fn delta(&mut self, cluster: &Cluster) -> Option<Delta> {
        let (oldest, newest) = (cluster.store().oldest(), cluster.store().revision());
        self.playhead = self.playhead.map(|it| it.max(oldest)).filter(|it| *it < newest);
        if self.records >= RECORDS_TOLD_MAX {
            self.told = Told::default();
        }
        let delta = self.told.delta(&Scene {
            cluster,
            playhead: self.playhead,
            playing: Some(Speed::Normal),
            settled: cluster.is_quiet_for(SETTLED_AFTER),
            steps: cluster.steps(),
            seed: 0,
            branch: 0,
            branches: vec![Branch::default()],
        })?;
        if delta.reset.is_some() {
            self.records = 0;
        }
        self.records += delta.records.len();
        Some(delta)
    }

    /// Acts are about the present: the playhead goes there.
    fn act(&mut self, act: Act, door: &mut dyn Door) -> Vec<ToPage> {
        self.playhead = None;
        self.polled = Revision(0);
        self.terminal.act(act, Some(Later::ALL.command), door).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Config, ControlPlane};
    use crate::model::Span;
    use crate::model::key::resources::PODS;
    use crate::model::{Key, Text};
    use crate::playground::World;
    use crate::trace::SourceFile;
    use expect_test::expect;

    const POD: &str =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n";

    fn tell(visit: &mut Visit, cluster: &Cluster, world: &mut World) {
        while let Some(delta) = visit.delta(cluster) {
            world.apply(delta);
        }
    }

    #[test]
    fn a_page_follows_a_cluster_that_lives_by_itself() {
        let config = Config { seed: 1, nodes: 2, control_plane: ControlPlane::Full, ..Config::default() };
        let mut cluster = Cluster::new(&config);
        cluster.run_for(Span::seconds(30));
        cluster.compact(Revision(40));
        let (mut visit, mut world) = (Visit::default(), World::default());
        tell(&mut visit, &cluster, &mut world);
        let file = SourceFile { name: "pod.yaml".into(), text: POD.into() };
        let line = Text::from("kubectl apply -f pod.yaml");
        let act = ToWorker::Act(Act::Terminal { line, files: vec![file] });
        let mut news = visit.handle(act, &mut cluster);
        for _ in 0..20 {
            cluster.run_for(Span::seconds(1));
            if visit.wants_poll(cluster.now(), cluster.store().revision()) {
                news.extend(visit.poll(cluster.store().revision(), &mut cluster));
            }
            tell(&mut visit, &cluster, &mut world);
        }
        expect![[r#"[Terminal(TerminalOutput { chunks: [Out("pod/web created\n")], exit: Some(0) })]"#]]
            .assert_eq(&format!("{news:?}"));
        let pod = Key::new(PODS, "default", "web");
        assert_eq!(world.objects.len(), cluster.store().listed().count());
        assert_eq!(world.get(&pod).map(|it| it.at("status.phase").text()).as_deref(), Some("Running"));
        let Answer::Why(why) = visit.answer(&cluster, Question::Why(pod, None)) else { panic!("it was written") };
        assert!(format!("{why:?}").contains("pod.yaml"), "the chain ends at the file: {why:?}");
        let first = world.writes_of(&Key::new(PODS, "default", "web")).last().map(|it| it.revision).unwrap_or_default();
        visit.handle(ToWorker::Seek(Revision(first.0 - 1)), &mut cluster);
        tell(&mut visit, &cluster, &mut world);
        assert_eq!(world.list(&PODS).count(), 0, "the past is seen");
    }
}
