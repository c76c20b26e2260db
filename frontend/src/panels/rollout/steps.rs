//! The steps of a rollout: what the deployment controller did, what it waits for, and what it will do then.

use crate::i18n::{Words, fill};
use crate::panels::map::owners::{Progress, last_part};
use crate::panels::rollout::model::{Rollout, recent};
use crate::panels::status::{Glyph, Phase, pod_state};
use shared::controllers::Scaling;
use shared::model::key::resources::{PODS, REPLICA_SETS};
use shared::model::{Key, Text, Time};
use shared::playground::World;
use shared::trace::{Record, Revision};

/// How many step cards there are at most; the oldest are left out.
const STEPS_MAX: usize = 24;

/// One write of the controller that gave a `ReplicaSet` another size.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// From and to how many Pods, and why.
    pub scaling: Scaling,
    /// Is it of the newest revision?
    pub newest: bool,
    /// Its shape.
    pub glyph: Glyph,
    /// The number of the pass.
    pub number: u32,
    /// When.
    pub time: Time,
    /// The revision it wrote.
    pub revision: Revision,
    /// False if it lies after the playhead.
    pub past: bool,
}

/// What comes next, while a rolling update waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The Pods of the newest revision that are not available yet, by the last part of their names.
    pub pods: Vec<Text>,
    /// How many Pods there are.
    pub total: i64,
    /// Are there as many as there may be?
    pub full: bool,
    /// What the controller does once one of them is available.
    pub then: Vec<Then>,
}

/// A size that a revision will have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Then {
    /// The newest revision?
    pub newest: bool,
    /// From how many Pods.
    pub from: i64,
    /// To how many.
    pub to: i64,
}

/// The writes of the Deployment's passes to its `ReplicaSets`, from `from` on.
pub fn steps(world: &World, key: &Key, newest: Option<&Key>, from: Time) -> Vec<Step> {
    let step = |record: &Record| {
        let decision = world.reconcile_of(record).filter(|it| it.key == *key)?;
        let own = record.key.resource == REPLICA_SETS && record.time >= from;
        let scaling = Scaling::parse(&record.reason).filter(|_| own)?;
        let past = record.revision <= world.clock.revision;
        Some(Step {
            scaling,
            newest: Some(&record.key) == newest,
            glyph: if past { Glyph::Done } else { Glyph::NotYet },
            number: decision.number,
            time: record.time,
            revision: record.revision,
            past,
        })
    };
    let mut all: Vec<Step> = recent(world).iter().filter_map(step).collect();
    let extra = all.len().saturating_sub(STEPS_MAX);
    all.drain(..extra);
    all
}

/// What a rolling update waits for at the playhead; `None` if it does not wait, or what came next is recorded already.
pub fn ahead(world: &World, it: &Rollout) -> Option<Ahead> {
    let recorded = it.steps.iter().any(|step| !step.past);
    if it.progress != Progress::Progressing || !it.bounds.rolling || recorded {
        return None;
    }
    let newest = it.revisions.first()?;
    let pods: Vec<Text> = waiting_pods(world, &newest.set.key);
    let old: i64 = it.revisions.iter().skip(1).map(|it| it.set.have).sum();
    let total = newest.set.have + old;
    let sizes = Sizes { new: newest.set.have, old, available: it.counts.available };
    let then = if pods.is_empty() { Vec::new() } else { then(it, sizes) };
    (!pods.is_empty()).then_some(Ahead { pods, total, full: total >= it.bounds.ceiling, then })
}

fn waiting_pods(world: &World, set: &Key) -> Vec<Text> {
    let Some(set) = world.get(set) else { return Vec::new() };
    let waiting = world.owned_by(set).filter(|key| key.resource == PODS).filter(|key| {
        world.get(key).is_some_and(|pod| !pod.is_terminating() && pod_state(pod).phase != Phase::Running)
    });
    waiting.map(|key| last_part(&key.name)).collect()
}

/// How many Pods there are of each side, and how many are available.
#[derive(Clone, Copy)]
struct Sizes {
    new: i64,
    old: i64,
    available: i64,
}

/// What happens once one more Pod is available: old Pods go as far as the floor allows, new ones come up to the ceiling.
///
/// Upstream: `pkg/controller/deployment/rolling.go`.
fn then(it: &Rollout, sizes: Sizes) -> Vec<Then> {
    let spare = (sizes.available + 1 - it.bounds.floor).clamp(0, sizes.old);
    let old = sizes.old - spare;
    let room = (it.bounds.ceiling - sizes.new - old).min(it.counts.replicas - sizes.new).max(0);
    let steps = [
        Then { newest: false, from: sizes.old, to: old },
        Then { newest: true, from: sizes.new, to: sizes.new + room },
    ];
    steps.into_iter().filter(|it| it.from != it.to).collect()
}

/// `New 2 → 3`.
pub fn title(newest: bool, from: i64, to: i64, words: &Words) -> String {
    fill(if newest { words.step_new } else { words.step_old }, &[("from", &from), ("to", &to)])
}

/// One sentence on why nothing happens right now.
pub fn waits_because(it: &Ahead, ceiling: i64, words: &Words) -> String {
    let text = if it.full { words.waits_at_ceiling } else { words.waits_for_pods };
    let pods: Vec<&str> = it.pods.iter().map(Text::as_str).collect();
    fill(text, &[("total", &it.total), ("ceiling", &ceiling), ("pods", &pods.join(", "))])
}

/// What would happen if the rollout was paused at the playhead.
pub fn if_paused(ahead: Option<&Ahead>, newest_size: i64, words: &Words) -> String {
    let pods = ahead.map(|it| it.pods.iter().map(Text::as_str).collect::<Vec<_>>().join(", "));
    match pods {
        Some(pods) => fill(words.if_paused_waiting, &[("pods", &pods), ("n", &newest_size)]),
        None => words.if_paused.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use crate::panels::fixture;
    use crate::panels::rollout::history::Readiness;
    use crate::panels::rollout::model::rollout;
    use expect_test::expect;
    use shared::model::key::resources::DEPLOYMENTS;

    #[test]
    fn a_rollout_says_what_it_did_and_what_it_waits_for() {
        let world = fixture::rolling();
        let words = Lang::En.words();
        let it = rollout(&world, &Readiness::default(), &Key::new(DEPLOYMENTS, "default", "web")).unwrap();
        let mut lines: Vec<String> = it
            .steps
            .iter()
            .map(|it| {
                let title = title(it.newest, it.scaling.from, it.scaling.to, words);
                format!("#{} {title}: {}", it.number, it.scaling.why)
            })
            .collect();
        let ahead = it.ahead.as_ref().unwrap();
        lines.extend(ahead.then.iter().map(|it| format!("then {}", title(it.newest, it.from, it.to, words))));
        lines.push(waits_because(ahead, it.bounds.ceiling, words));
        lines.push(if_paused(Some(ahead), 3, words));
        expect![[r#"
            #31 New 0 → 1: no other has the template of the spec
            #39 New 2 → 3: room for one more under maxSurge 1
            then Old 3 → 2
            then New 3 → 4
            The rollout waits because there are 6 Pods and 6 is the ceiling. It goes on when x2x9p is available.
            x2x9p still starts: the ReplicaSet already asks for 3. No further scaling until you resume. Both revisions keep serving."#]].assert_eq(&lines.join("\n"));
    }
}
