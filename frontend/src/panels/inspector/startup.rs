//! The start of a Pod, step by step.

use crate::panels::inspector::model::actor_word;
use crate::panels::status::Glyph;
use shared::model::{Key, Object, Span, Text, Time, Value};
use shared::playground::World;
use shared::playground::protocol::Pull;
use shared::trace::{Actor, Effect};

/// The start of a Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct StartUp {
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// How long it took, or takes so far.
    pub took: Span,
    /// True when all steps are done.
    pub done: bool,
}

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done.
    pub name: StepName,
    /// Its shape.
    pub glyph: Glyph,
    /// Who does it.
    pub actor: Text,
    /// When it was done, where that is known.
    pub time: Option<Time>,
    /// Bytes done and in all, while an image is pulled.
    pub pull: Option<(u64, u64)>,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepName {
    /// The object is written.
    Created,
    /// It waits for a node.
    Scheduling,
    /// It has a node.
    Scheduled(Text),
    /// Its sandbox and network are made.
    Sandbox,
    /// Init containers: done, of.
    Init(usize, usize),
    /// The image is pulled.
    Pulling(Text),
    /// The image is there.
    Pulled(Text),
    /// Its containers run.
    Started,
    /// It is ready.
    Ready,
}

/// Reads the start of the Pod `pod`.
pub fn startup(world: &World, key: &Key, pod: &Object) -> StartUp {
    let created = world.writes_of(key).find(|record| record.effect == Effect::Created);
    let begin = created.map(|it| it.time).or_else(|| pod.created()).unwrap_or_default();
    let creator = created.map(|it| actor_word(&it.actor)).unwrap_or_default();
    let mut steps =
        vec![Step { name: StepName::Created, glyph: Glyph::Done, actor: creator, time: Some(begin), pull: None }];
    steps.push(scheduled(world, key, pod));
    let kubelet = [sandbox(pod)].into_iter().chain(init(pod)).chain([image(world, key, pod), started(pod), ready(pod)]);
    let mut before = steps.last().is_none_or(|step| step.glyph == Glyph::Done);
    for mut step in kubelet {
        if step.glyph != Glyph::Done && !std::mem::replace(&mut before, false) {
            step.glyph = Glyph::NotYet;
        }
        steps.push(step);
    }
    let done = steps.iter().all(|step| step.glyph == Glyph::Done);
    let end = if done { steps.last().and_then(|step| step.time) } else { None };
    StartUp { steps, took: end.unwrap_or(world.clock.now).max(begin) - begin, done }
}

fn step(name: StepName, done: bool, time: Option<Time>) -> Step {
    let glyph = if done { Glyph::Done } else { Glyph::Progress };
    Step { name, glyph, actor: Text::new_static("kubelet"), time: time.filter(|_| done), pull: None }
}

fn scheduled(world: &World, key: &Key, pod: &Object) -> Step {
    let node = pod.at("spec.nodeName").text();
    let bound = world.writes_of(key).find(|record| record.actor == Actor::Scheduler);
    let actor = Text::new_static("scheduler");
    if node.is_empty() {
        return Step { glyph: Glyph::Waiting, actor, ..step(StepName::Scheduling, false, None) };
    }
    let time = bound.map(|it| it.time).or_else(|| since(pod, "PodScheduled"));
    Step { actor, ..step(StepName::Scheduled(node), true, time) }
}

fn is(pod: &Object, condition: &str) -> bool {
    pod.condition(condition).get("status").str() == "True"
}

fn since(pod: &Object, condition: &str) -> Option<Time> {
    Time::parse(pod.condition(condition).get("lastTransitionTime").str())
}

fn sandbox(pod: &Object) -> Step {
    let name = "PodReadyToStartContainers";
    step(StepName::Sandbox, is(pod, name), since(pod, name))
}

fn init(pod: &Object) -> Option<Step> {
    let of = pod.at("spec.initContainers").items().len();
    let done = |it: &&Value| it.get("ready").is_true() || it.at("state.terminated.exitCode").as_int() == Some(0);
    let ready = pod.at("status.initContainerStatuses").items().iter().filter(done).count();
    (of > 0).then(|| step(StepName::Init(ready, of), is(pod, "Initialized"), since(pod, "Initialized")))
}

fn image(world: &World, key: &Key, pod: &Object) -> Step {
    let pull = world.nodes.iter().flat_map(|node| &node.pulls).find(|pull| pull.pod == *key);
    let first = pod.at("spec.containers").items().first().map(|it| it.get("image").text()).unwrap_or_default();
    match pull.filter(|_| world.clock.live) {
        Some(Pull { image, done, total, .. }) => {
            Step { pull: Some((*done, *total)), ..step(StepName::Pulling(image.clone()), false, None) }
        }
        None => step(StepName::Pulled(first), has_started(pod), None),
    }
}

fn has_started(pod: &Object) -> bool {
    let ran = |it: &Value| {
        !it.at("state.running").is_null()
            || !it.at("state.terminated").is_null()
            || !it.at("lastState.terminated").is_null()
    };
    let statuses = pod.at("status.containerStatuses").items();
    !statuses.is_empty() && statuses.iter().all(ran)
}

fn started(pod: &Object) -> Step {
    let times = pod.at("status.containerStatuses").items().iter();
    let last = times.filter_map(|it| Time::parse(it.at("state.running.startedAt").str())).max();
    step(StepName::Started, has_started(pod), last)
}

fn ready(pod: &Object) -> Step {
    step(StepName::Ready, is(pod, "Ready"), since(pod, "Ready"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::{clock, fixture};
    use expect_test::{Expect, expect};

    fn check(key: &Key, expected: &Expect) {
        let world = fixture::rolling();
        let it = startup(&world, key, world.get(key).unwrap());
        let line = |step: Step| {
            let time = step.time.map(clock::clock).unwrap_or_default();
            format!("{:?} {:?} {} {time} {:?}\n", step.glyph, step.name, step.actor, step.pull)
        };
        let took = clock::span(it.took);
        expected.assert_eq(&format!("{}{took} done {}", it.steps.into_iter().map(line).collect::<String>(), it.done));
    }

    #[test]
    fn steps_come_one_after_the_other() {
        check(
            &fixture::newest_pod(),
            &expect![[r#"
            Done Created replicaset-controller 01:19.391 None
            Done Scheduled("node-3") scheduler 01:19.405 None
            Done Sandbox kubelet 01:19.000 None
            Progress Pulling("nginx:1.27.3") kubelet  Some((34000000, 55000000))
            NotYet Started kubelet  None
            NotYet Ready kubelet  None
            2.249 s done false"#]],
        );
        let running = Key { name: "web-6c8f5d-4hq7n".into(), ..fixture::newest_pod() };
        check(
            &running,
            &expect![[r#"
            Done Created  01:19.000 None
            Done Scheduled("node-1") scheduler 01:19.000 None
            Done Sandbox kubelet 01:19.000 None
            Done Pulled("nginx:1.27.3") kubelet  None
            Done Started kubelet 01:15.000 None
            Done Ready kubelet 01:20.000 None
            1.000 s done true"#]],
        );
    }
}
