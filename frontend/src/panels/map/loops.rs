//! The control loops: what each is doing, what waits and how the last pass ended.

use shared::model::{Order, Text, Time};
use shared::playground::World;
use shared::playground::protocol::LoopState;
use shared::trace::{Actor, Outcome, Reconcile};

/// How many waiting keys are drawn as squares; more are a number.
pub const QUEUE_SQUARES: usize = 5;

/// One loop.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopCard {
    /// `replicaset-controller`.
    pub name: Text,
    /// `replicaset`.
    pub title: Text,
    /// What it is doing.
    pub state: LoopWork,
    /// The key it works on, or worked on last; empty for none yet.
    pub key: String,
    /// The number of that pass; 0 for none yet.
    pub number: u32,
    /// How many keys wait; `None` where that is not known, in the past.
    pub waiting: Option<usize>,
    /// How the last pass ended.
    pub last: LastPass,
}

/// What a loop is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopWork {
    /// Nothing.
    Idle,
    /// Deciding, or waiting for its writes to be answered.
    Reconciling,
    /// Nothing until a timer or a back-off ends.
    Sleeping(Time),
}

/// How a pass ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastPass {
    /// There was none.
    None,
    /// It took this long.
    Took(String),
    /// The API server refused a write, with its message.
    Refused(Text),
}

/// The loops in their fixed order: Deployment, ReplicaSet, scheduler, then the others by name. Kubelets are on their nodes.
pub fn loop_cards(world: &World) -> Vec<LoopCard> {
    let mut loops: Vec<&LoopState> = world.loops.iter().filter(|it| !it.name.starts_with("kubelet")).collect();
    loops.order_by_key(|it| (rank(&it.name), it.name.clone()));
    loops.into_iter().map(|it| card(world, it)).collect()
}

fn rank(name: &str) -> usize {
    ["deployment-controller", "replicaset-controller", "default-scheduler"]
        .iter()
        .position(|it| *it == name)
        .unwrap_or(usize::MAX)
}

fn card(world: &World, state: &LoopState) -> LoopCard {
    let last = last_pass(world, &state.name);
    let live = world.clock.live;
    LoopCard {
        title: title(&state.name),
        name: state.name.clone(),
        state: if live { work_now(world, state) } else { work_then(last, world.clock.now) },
        key: last.map(|it| it.key.path()).unwrap_or_default(),
        number: last.map_or(0, |it| it.number),
        waiting: live.then_some(state.queue.len()),
        last: ending(last),
    }
}

/// `replicaset` for `replicaset-controller`.
pub fn title(name: &str) -> Text {
    name.trim_end_matches("-controller").trim_start_matches("default-").into()
}

fn work_now(world: &World, state: &LoopState) -> LoopWork {
    match (&state.busy, &state.next) {
        (Some(_), _) => LoopWork::Reconciling,
        (None, Some((_, at))) if *at > world.clock.now && state.queue.is_empty() => LoopWork::Sleeping(*at),
        _ => LoopWork::Idle,
    }
}

fn work_then(last: Option<&Reconcile>, now: Time) -> LoopWork {
    let busy = last.is_some_and(|it| it.time == now || it.finished > now);
    if busy { LoopWork::Reconciling } else { LoopWork::Idle }
}

fn last_pass<'a>(world: &'a World, name: &str) -> Option<&'a Reconcile> {
    let past = world.reconciles.iter().rev().skip_while(|it| it.time > world.clock.now);
    past.take(LOOK_BACK_PASSES).find(|it| actor_name(&it.actor) == name)
}

/// How far back the last pass of a loop is looked for, in passes of all loops; older ones are not shown.
const LOOK_BACK_PASSES: usize = 2_000;

/// The name of the loop that an actor is.
pub fn actor_name(actor: &Actor) -> &str {
    match actor {
        Actor::Controller(name) | Actor::Kubelet(name) => name,
        Actor::Scheduler => "default-scheduler",
        Actor::User | Actor::ApiServer => "",
    }
}

fn ending(last: Option<&Reconcile>) -> LastPass {
    let Some(last) = last else { return LastPass::None };
    match &last.outcome {
        Outcome::Failed(message) => LastPass::Refused(message.clone()),
        Outcome::Running | Outcome::Done => LastPass::Took(super::super::clock::span(last.finished - last.time)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::expect;

    fn text(world: &World) -> String {
        let line = |it: LoopCard| {
            format!("{} {:?} {} #{} waiting {:?} {:?}\n", it.title, it.state, it.key, it.number, it.waiting, it.last)
        };
        loop_cards(world).into_iter().map(line).collect()
    }

    #[test]
    fn the_loops_stand_in_their_order() {
        expect![[r#"
            deployment Idle default/web #39 waiting Some(0) Took("3 ms")
            replicaset Reconciling default/web-7d4b9c #42 waiting Some(1) Took("3 ms")
            scheduler Idle default/web-7d4b9c-x2x9p #11 waiting Some(0) Took("3 ms")
            namespace Idle  #0 waiting Some(0) None
        "#]]
        .assert_eq(&text(&fixture::rolling()));
    }

    #[test]
    fn in_the_past_queues_are_not_known() {
        expect![[r#"
            deployment Idle default/web #39 waiting None Took("3 ms")
            replicaset Reconciling default/web-7d4b9c #42 waiting None Took("3 ms")
            scheduler Idle  #0 waiting None None
            namespace Idle  #0 waiting None None
        "#]]
        .assert_eq(&text(&fixture::in_the_past()));
    }
}
