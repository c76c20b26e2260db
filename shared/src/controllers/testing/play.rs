//! A Deployment under every controller, with a kubelet whose pace is drawn from a seed.

use super::status;
use super::world::{Watching, World, request};
use crate::api::Verb;
use crate::controllers::pods::is_ready;
use crate::model::key::resources::{DEPLOYMENTS, PODS, REPLICA_SETS};
use crate::model::{Chance, Key, Object, Span};

/// Retries within this span are waited for.
const RETRIES: Span = Span::millis(10);

/// A world, a Deployment in it, and a kubelet that makes pods Ready in an order drawn from the seed.
pub(crate) struct Play {
    pub(crate) world: World,
    pub(crate) key: Key,
    chance: Chance,
}

impl Play {
    /// A world with a Deployment that nothing was done about.
    pub(crate) fn new(seed: u64, watch: Watching, deployment: Object) -> Self {
        let key = Key::new(DEPLOYMENTS, "default", deployment.name());
        let mut it = Self { world: World::new(seed, watch), key, chance: Chance::new(seed) };
        it.world.create(&it.key.clone(), deployment);
        it
    }

    /// Every pod.
    pub(crate) fn pods(&self) -> impl Iterator<Item = &Object> {
        self.world.api.store().list(&PODS)
    }

    /// One pod, drawn from the seed.
    pub(crate) fn any_pod(&mut self) -> Option<Key> {
        let keys: Vec<Key> = self.pods().map(|pod| Key::new(PODS, pod.namespace(), pod.name())).collect();
        let pick = usize::try_from(self.chance.below(keys.len() as u64)).unwrap();
        keys.into_iter().nth(pick)
    }

    /// One pod of those that wait for their node makes a step: bound and Ready, or gone.
    pub(crate) fn kubelet_step(&mut self) -> bool {
        let waiting: Vec<Object> = self.pods().filter(|it| it.is_terminating() || !is_ready(it)).cloned().collect();
        let pick = usize::try_from(self.chance.below(waiting.len() as u64)).unwrap();
        let Some(pod) = waiting.get(pick) else { return false };
        let key = Key::new(PODS, pod.namespace(), pod.name());
        if pod.is_terminating() {
            self.world.delete(&key, |it| it.options.grace_period_seconds = Some(0));
            return true;
        }
        if pod.at("spec.nodeName").is_null() {
            let mut binding = Object::new("v1", "Binding", &pod.namespace(), &pod.name());
            binding.set("target.name", "node");
            self.world.send(&request(Verb::Create, &key, "binding", binding.0));
        }
        let now = self.world.now;
        self.world.change(&key, "status", |pod| pod.set("status", status("Ready", now)));
        true
    }

    /// Lets controllers and kubelet take turns until both rest.
    pub(crate) fn settle(&mut self, mut check: impl FnMut(&Self)) {
        for _ in 0..20_000 {
            let did = self.chance.below(3) == 0 && self.kubelet_step();
            let did = did || self.world.step() || self.kubelet_step() || self.world.wake_next(RETRIES);
            if !did {
                return;
            }
            check(self);
        }
        panic!("no rest");
    }

    /// Changes the Deployment.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Object)) {
        let key = self.key.clone();
        self.world.change(&key, "", change);
    }

    /// The Deployment as it is.
    pub(crate) fn deployment(&self) -> &Object {
        self.world.api.store().get(&self.key).unwrap()
    }

    /// Revision and size of each set: `1:0 2:3 `.
    pub(crate) fn sets(&self) -> String {
        let mut sets: Vec<_> = self.world.api.store().list(&REPLICA_SETS).collect();
        sets.sort_by_key(|set| revision(set));
        sets.iter().map(|set| format!("{}:{} ", revision(set), set.at("spec.replicas"))).collect()
    }

    /// The Deployment's conditions: `Available=True:MinimumReplicasAvailable `.
    pub(crate) fn conditions(&self) -> String {
        let all = self.deployment().at("status.conditions").items().iter();
        all.map(|it| format!("{}={}:{} ", it.get("type").str(), it.get("status").str(), it.get("reason").str()))
            .collect()
    }
}

/// Gives the template's container an image.
pub(crate) fn image(name: &str) -> impl Fn(&mut Object) {
    move |deployment| {
        let container = &mut deployment.entry("spec.template.spec.containers").list_mut()[0];
        container.set("image", name);
    }
}

fn revision(set: &Object) -> i64 {
    set.annotation("deployment.kubernetes.io/revision").and_then(|it| it.parse().ok()).unwrap_or(0)
}
