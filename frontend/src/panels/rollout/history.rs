//! When which Pod was ready: kept beside the world, because a world knows only the moment under the playhead.

use crate::panels::status::{Phase, pod_state};
use shared::model::key::resources::PODS;
use shared::model::{Key, Object, Time};
use shared::playground::World;
use shared::playground::protocol::Delta;
use shared::trace::Revision;
use std::collections::BTreeMap;

/// How many Pods are remembered.
const PODS_MAX: usize = 20_000;

/// The times at which Pods became ready, or ceased to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Readiness {
    changes: BTreeMap<Key, BTreeMap<Time, bool>>,
}

impl Readiness {
    /// Notes what `delta` says; `world` has taken it in already.
    pub fn note(&mut self, world: &World, delta: &Delta) {
        let pods = delta.objects.iter().filter(|(key, _)| key.resource == PODS);
        for (key, pod) in pods {
            if let Some(pod) = pod.as_ref().filter(|_| self.changes.len() < PODS_MAX) {
                self.put(world, key, pod);
            }
        }
    }

    /// Forgets everything: another run, or another branch.
    pub fn clear(&mut self) {
        self.changes.clear();
    }

    /// Was the Pod ready at `time`?
    pub fn was_ready(&self, key: &Key, time: Time) -> bool {
        let changes = self.changes.get(key);
        changes.and_then(|all| all.range(..=time).next_back()).is_some_and(|(_, ready)| *ready)
    }

    /// The times of change of one Pod.
    pub fn changes(&self, key: &Key) -> impl Iterator<Item = (Time, bool)> + use<'_> {
        self.changes.get(key).into_iter().flatten().map(|(time, ready)| (*time, *ready))
    }

    fn put(&mut self, world: &World, key: &Key, pod: &Object) {
        let ready = pod_state(pod).phase == Phase::Running;
        let known = self.changes.entry(key.clone()).or_default();
        let time = changed_at(world, pod);
        let before = known.range(..=time).next_back().is_some_and(|(_, it)| *it);
        if before != ready {
            known.insert(time, ready);
        }
    }
}

/// When the Pod's readiness changed: to the millisecond if its last write is that change, else to the second.
fn changed_at(world: &World, pod: &Object) -> Time {
    let written = world.record(Revision(pod.resource_version())).map(|record| record.time);
    let said = Time::parse(pod.condition("Ready").get("lastTransitionTime").str());
    match (written, said) {
        (Some(written), Some(said)) if written.whole_seconds() == said => written,
        (_, Some(said)) => said,
        (Some(written), None) => written,
        (None, None) => world.clock.now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;

    #[test]
    fn readiness_is_known_at_any_time() {
        let mut readiness = Readiness::default();
        let world = fixture::rolling();
        readiness.note(&world, &fixture::rolling_delta());
        let pod = Key { name: "web-6c8f5d-4hq7n".into(), ..fixture::newest_pod() };
        assert!(!readiness.was_ready(&pod, fixture::at(79_999)));
        assert!(readiness.was_ready(&pod, fixture::at(80_000)));
        assert!(!readiness.was_ready(&fixture::newest_pod(), fixture::at(90_000)));
        readiness.clear();
        assert!(!readiness.was_ready(&pod, fixture::at(90_000)));
    }
}
