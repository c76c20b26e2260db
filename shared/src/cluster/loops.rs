//! The control loops at work: takes keys off the queues, asks the controllers for plans and carries them out, a write a step.

use crate::api::admission::is_waiting;
use crate::cluster::agenda::Part;
use crate::cluster::queue::Queue;
use crate::cluster::{Cluster, Sent};
use crate::controllers::CONTROLLERS;
use crate::model::{Key, Text};
use crate::plan::{Enqueue, Plan, View, Write};
use crate::store::Change;
use crate::trace::{Actor, Cause, Outcome, Reconcile, ReconcileId, Revision, Trigger};
use std::collections::BTreeMap;

/// One controller of the controller manager, at work.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loop {
    pub(crate) queue: Queue,
    pub(crate) run: Option<Run>,
    failures: BTreeMap<Key, crate::api::Status>,
}

/// A plan that is being carried out.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) key: Key,
    pub(crate) id: ReconcileId,
    plan: Plan,
    next: usize,
    last: Revision,
}

/// How a carried-out plan ended.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    /// Every write was accepted.
    Done,
    /// A write was refused.
    Refused(crate::api::Status),
    /// The decision itself failed.
    Failed(Text),
}

impl Run {
    fn new(key: Key, id: ReconcileId, plan: Plan) -> Self {
        Self { key, id, plan, next: 0, last: Revision(0) }
    }
}

impl Cluster {
    /// The controllers' watch delivers what is due.
    pub(crate) fn deliver_to_controllers(&mut self) {
        for change in self.due_changes(Part::ControllerFeed) {
            self.cache.apply(&change);
            self.enqueue(&change, &Trigger::Write(change.revision));
        }
        for index in 0..self.loops.len() {
            self.wake_controller(index);
        }
    }

    pub(crate) fn enqueue(&mut self, change: &Change, trigger: &Trigger) {
        let view = View { now: self.now, cache: &self.cache, failure: None };
        let mut wishes: Vec<Enqueue> = Vec::new();
        for (index, controller) in CONTROLLERS.iter().take(self.loops.len()).enumerate() {
            for watch in controller.watches.iter().filter(|it| it.covers(&change.key.resource)) {
                (watch.enqueue)(change, &view, &mut wishes);
            }
            let queue = &mut self.loops[index].queue;
            for wish in wishes.drain(..) {
                let trigger = trigger.clone();
                match wish.after.0 {
                    ..=0 => queue.add(&wish.key, trigger),
                    _ => queue.add_at(&wish.key, self.now + wish.after, trigger),
                }
            }
        }
    }

    pub(crate) fn wake_controller(&mut self, index: usize) {
        let state = &self.loops[index];
        if state.run.is_some() {
            return;
        }
        if let Some(due) = state.queue.next_due(self.now + self.timing.think, self.cache.revision()) {
            self.agenda.wake(controller_part(index), due);
        }
    }

    /// One step of a controller: the next write of its plan, or the next key of its queue.
    pub(crate) fn work_on_controller(&mut self, index: usize) {
        let actor = controller_actor(index);
        let ended = match self.loops[index].run.take() {
            Some(run) => self.write_next(run, &actor),
            None => self.decide(index, &actor),
        };
        match ended {
            Progress::Writing(run) => {
                self.loops[index].run = Some(run);
                self.agenda.wake(controller_part(index), self.now + self.timing.request);
            }
            Progress::Ended(run, how) => self.end_reconcile(index, &run, how),
            Progress::Nothing => {}
        }
        self.wake_controller(index);
    }

    fn decide(&mut self, index: usize, actor: &Actor) -> Progress {
        let seen = self.cache.revision();
        let Some((key, triggers)) = self.loops[index].queue.pop(self.now, seen) else { return Progress::Nothing };
        let failure = self.loops[index].failures.get(&key);
        let view = View { now: self.now, cache: &self.cache, failure };
        let plan = (CONTROLLERS[index].reconcile)(&key, &view);
        let id = self.begin(actor, &key, triggers, seen, &plan);
        self.announce_all(&plan, actor, id);
        start(Run::new(key, id, plan))
    }

    /// Sends the next write of a plan.
    pub(crate) fn write_next(&mut self, mut run: Run, actor: &Actor) -> Progress {
        let Some(write) = run.plan.writes.get(run.next) else { return Progress::Ended(run, Ended::Done) };
        let sent = self.carry_out(write, actor, Cause::Reconcile(run.id));
        run.next += 1;
        run.last = run.last.max(sent.last);
        match sent.refused {
            Some(status) => Progress::Ended(run, Ended::Refused(status)),
            None if run.next < run.plan.writes.len() => Progress::Writing(run),
            None => Progress::Ended(run, Ended::Done),
        }
    }

    /// Sends one write and announces what became of it.
    pub(crate) fn carry_out(&mut self, write: &Write, actor: &Actor, cause: Cause) -> Sent {
        let sent = self.send(write, actor, cause);
        match (&sent.refused, &sent.name) {
            (Some(status), _) if is_waiting(status) => {}
            (Some(status), _) => {
                if let Some(event) = &write.on_failure {
                    let mut event = event.clone();
                    event.message = event.message.replace("{error}", &status.message).into();
                    self.announce(&event, actor, cause);
                }
            }
            (None, name) => {
                if let Some(event) = &write.on_success {
                    let mut event = event.clone();
                    event.message = event.message.replace("{name}", name).into();
                    self.announce(&event, actor, cause);
                }
            }
        }
        sent
    }

    fn end_reconcile(&mut self, index: usize, run: &Run, how: Ended) {
        let (now, seen) = (self.now, self.cache.revision());
        self.trace.finish(run.id, now, how.outcome());
        let state = &mut self.loops[index];
        state.queue.wait_for(&run.key, run.last);
        match how {
            Ended::Done => {
                state.failures.remove(&run.key);
                state.queue.forget_failures(&run.key);
            }
            Ended::Refused(status) => {
                if !is_waiting(&status) {
                    state.failures.insert(run.key.clone(), status);
                }
                state.queue.retry(&run.key, now, Trigger::Retry(run.id));
            }
            Ended::Failed(_) => state.queue.retry(&run.key, now, Trigger::Retry(run.id)),
        }
        if let Some(after) = run.plan.requeue_after {
            state.queue.add_at(&run.key, now + after, Trigger::Timer(run.id));
        }
        state.queue.tidy(&run.key, seen);
    }

    /// Notes in the trace that a decision was made.
    pub(crate) fn begin(
        &mut self,
        actor: &Actor,
        key: &Key,
        triggers: Vec<Trigger>,
        seen: Revision,
        plan: &Plan,
    ) -> ReconcileId {
        let number = self.numbers.entry(actor.clone()).or_default();
        *number += 1;
        let reconcile = Reconcile {
            number: *number,
            actor: actor.clone(),
            key: key.clone(),
            time: self.now,
            finished: self.now,
            seen,
            triggers,
            observed: plan.observed.clone(),
            desired: plan.desired.clone(),
            outcome: Outcome::Running,
        };
        self.trace.begin(reconcile)
    }

    /// Announces the events of a plan.
    pub(crate) fn announce_all(&mut self, plan: &Plan, actor: &Actor, id: ReconcileId) {
        for event in &plan.events {
            self.announce(event, actor, Cause::Reconcile(id));
        }
    }
}

/// Where a controller's step left it.
pub(crate) enum Progress {
    /// More writes are to come.
    Writing(Run),
    /// The plan is carried out, or stopped.
    Ended(Run, Ended),
    /// There was nothing to do.
    Nothing,
}

/// What to do first with a new plan.
pub(crate) fn start(run: Run) -> Progress {
    match &run.plan.error {
        Some(error) => {
            let error = error.clone();
            Progress::Ended(run, Ended::Failed(error))
        }
        None if run.plan.writes.is_empty() => Progress::Ended(run, Ended::Done),
        None => Progress::Writing(run),
    }
}

impl Ended {
    /// How the trace says it.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Done => Outcome::Done,
            Self::Refused(status) => Outcome::Failed(status.message.as_str().into()),
            Self::Failed(message) => Outcome::Failed(message.clone()),
        }
    }
}

fn controller_actor(index: usize) -> Actor {
    Actor::Controller(Text::new_static(CONTROLLERS[index].name))
}

fn controller_part(index: usize) -> Part {
    Part::Controller(u16::try_from(index).unwrap_or(u16::MAX))
}

/// A plan of the scheduler, ready to be carried out.
pub(crate) fn run_of(key: Key, id: ReconcileId, plan: Plan) -> Run {
    Run::new(key, id, plan)
}
