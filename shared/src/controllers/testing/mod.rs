//! Fixtures of the controllers' tests: caches from terse text, plans as text, and a small cluster without nodes.

mod play;
mod world;

use crate::model::key::resources::{DEPLOYMENTS, PODS, REPLICA_SETS};
use crate::model::{Key, Object, OwnerReference, Span, Time, Value};
use crate::plan::{Plan, View};
use crate::store::{Cache, Change};
use crate::trace::Revision;
pub(crate) use play::{Play, image};
pub(crate) use world::{Watching, World};

/// The moment of every fixture.
pub(crate) const NOW: Time = Time::VIRTUAL_START;

/// A cache that is filled by hand.
#[derive(Default)]
pub(crate) struct Fixture {
    pub(crate) cache: Cache,
    revision: u64,
}

impl Fixture {
    /// Puts an object into the cache, with a uid and resource version if it has none.
    pub(crate) fn put(&mut self, key: &Key, mut object: Object) -> Object {
        self.revision += 1;
        if object.uid().is_empty() {
            object.set("metadata.uid", format!("uid-{}", key.name));
        }
        object.set("metadata.resourceVersion", self.revision.to_string());
        let before = self.cache.get(key).cloned();
        let after = Some(object.clone());
        self.cache.apply(&Change { revision: Revision(self.revision), key: key.clone(), before, after });
        object
    }

    /// The view at [`NOW`].
    pub(crate) fn view(&self) -> View<'_> {
        View { now: NOW, cache: &self.cache, failure: None }
    }

    /// A Deployment and its sets, oldest first: `web 4 maxSurge=0 maxUnavailable=1: old=4/4/4 new=0/0/0`.
    ///
    /// A set is `NAME=WANTED/THERE/AVAILABLE`; the one called `new` has the Deployment's template.
    pub(crate) fn deployment(&mut self, text: &str) -> Key {
        let (head, sets) = text.split_once(':').unwrap();
        let mut words = head.split_whitespace();
        let mut deployment = deployment(words.next().unwrap(), words.next().unwrap().parse().unwrap());
        for (field, value) in words.filter_map(|word| word.split_once('=')) {
            let place = match field {
                "maxSurge" | "maxUnavailable" => format!("spec.strategy.rollingUpdate.{field}"),
                "type" => "spec.strategy.type".to_owned(),
                field => format!("spec.{field}"),
            };
            deployment.set(&place, Value::from_json(value).unwrap_or_else(|_| value.into()));
        }
        let key = Key::new(DEPLOYMENTS, "default", deployment.name());
        let deployment = self.put(&key, deployment);
        let sizes =
            sets.split_whitespace().filter_map(|it| it.split_once('=')?.1.split('/').next()?.parse::<i64>().ok());
        let total = sizes.sum::<i64>();
        for (index, token) in sets.split_whitespace().enumerate() {
            let mut set = set_of(&deployment, token, i64::try_from(index).unwrap());
            let annotations = set.entry("metadata.annotations").map_mut();
            annotations.insert("deployment.kubernetes.io/max-replicas", total.to_string());
            self.put(&Key::new(REPLICA_SETS, "default", set.name()), set);
        }
        key
    }

    /// A `ReplicaSet` and its pods: `web 2: a=Ready b=Pending c=Unscheduled`.
    ///
    /// A pod is `[?|#]NAME=STATE[@NODE][~SECONDS_READY][!RESTARTS][$COST]`; `?` has no owner, `#` has other labels.
    pub(crate) fn replica_set(&mut self, text: &str) -> Key {
        let (head, pods) = text.split_once(':').unwrap();
        let (name, replicas) = head.split_once(' ').unwrap();
        let set = replica_set(name, replicas.trim().parse().unwrap());
        let key = Key::new(REPLICA_SETS, "default", name);
        let set = self.put(&key, set);
        for token in pods.split_whitespace() {
            let pod = pod(&set, token);
            self.put(&Key::new(PODS, "default", pod.name()), pod);
        }
        key
    }
}

/// A `ReplicaSet` whose selector and template have the label `app: NAME`.
pub(crate) fn replica_set(name: &str, replicas: i64) -> Object {
    let mut set = Object::new("apps/v1", "ReplicaSet", "default", name);
    set.set("metadata.generation", 1);
    set.set("spec.replicas", replicas);
    set.set("spec.selector.matchLabels.app", name);
    set.set("spec.template.metadata.labels.app", name);
    let container = Value::from([("name", "c".into()), ("image", "nginx:1".into())]);
    set.set("spec.template.spec.containers", Value::from(vec![container]));
    set
}

/// A rolling Deployment whose selector and template have the label `app: NAME`.
pub(crate) fn deployment(name: &str, replicas: i64) -> Object {
    let mut it = replica_set(name, replicas);
    it.set("kind", "Deployment");
    it.set("spec.strategy.type", "RollingUpdate");
    it.set("spec.strategy.rollingUpdate.maxSurge", "25%");
    it.set("spec.strategy.rollingUpdate.maxUnavailable", "25%");
    it.set("spec.progressDeadlineSeconds", 600);
    it.set("spec.revisionHistoryLimit", 10);
    it
}

fn set_of(deployment: &Object, token: &str, index: i64) -> Object {
    let (name, counts) = token.split_once('=').unwrap();
    let counts: Vec<i64> = counts.split('/').map(|it| it.parse().unwrap()).collect();
    let mut set = Object::new("apps/v1", "ReplicaSet", "default", name);
    set.set("metadata.creationTimestamp", (NOW - Span::seconds(100 - index)).to_string());
    set.set("metadata.generation", 1);
    set.set("metadata.labels.app", deployment.name());
    set.set("metadata.labels.pod-template-hash", name);
    let annotations = set.entry("metadata.annotations").map_mut();
    annotations.insert("deployment.kubernetes.io/revision", (index + 1).to_string());
    let wanted = deployment.at("spec.replicas").int_or(0);
    annotations.insert("deployment.kubernetes.io/desired-replicas", wanted.to_string());
    set.set("metadata.ownerReferences", Value::from(vec![OwnerReference::controlled_by(deployment).to_value()]));
    set.set("spec.replicas", counts[0]);
    set.set("spec.template", deployment.at("spec.template"));
    if name != "new" {
        set.set("spec.template.spec.hostname", name);
    }
    set.set("status.observedGeneration", 1);
    set.set("status.terminatingReplicas", 0);
    set.set("status.replicas", counts[1]);
    set.set("status.readyReplicas", counts[2]);
    set.set("status.availableReplicas", counts[2]);
    set
}

fn pod(set: &Object, token: &str) -> Object {
    let (name, state) = token.split_once('=').unwrap();
    let owned = !name.starts_with('?');
    let selected = !name.starts_with('#');
    let mut pod = Object::new("v1", "Pod", "default", name.trim_start_matches(['?', '#']));
    pod.set("metadata.labels.app", if selected { set.name() } else { "other".into() });
    pod.set("metadata.creationTimestamp", (NOW - Span::seconds(100)).to_string());
    if owned {
        pod.set("metadata.ownerReferences", Value::from(vec![OwnerReference::controlled_by(set).to_value()]));
    }
    let word = state.split(['@', '~', '!', '$']).next().unwrap();
    let since = part(state, '~').map_or(50, |text| text.parse().unwrap());
    if word != "Unscheduled" {
        let node = part(state, '@').map_or_else(|| format!("node-of-{}", pod.name()), str::to_owned);
        pod.set("spec.nodeName", node);
    }
    pod.set("status", status(word, NOW - Span::seconds(since)));
    if word == "Stopping" {
        pod.set("metadata.deletionTimestamp", NOW.to_string());
    }
    if let Some(restarts) = part(state, '!') {
        let container = Value::from([("restartCount", restarts.parse::<i64>().unwrap().into())]);
        pod.set("status.containerStatuses", Value::from(vec![container]));
    }
    if let Some(cost) = part(state, '$') {
        let annotations = pod.entry("metadata.annotations").map_mut();
        annotations.insert("controller.kubernetes.io/pod-deletion-cost", cost);
    }
    pod
}

fn part(state: &str, mark: char) -> Option<&str> {
    let (_, rest) = state.split_once(mark)?;
    rest.split(['@', '~', '!', '$']).next()
}

/// A pod's status in one word: `Ready`, `NotReady`, `Stopping`, or a phase.
pub(crate) fn status(word: &str, since: Time) -> Value {
    let (phase, ready) = match word {
        "Ready" | "Stopping" => ("Running", "True"),
        "NotReady" => ("Running", "False"),
        "Unscheduled" => ("Pending", "False"),
        phase => (phase, "False"),
    };
    let condition = Value::from([
        ("type", "Ready".into()),
        ("status", ready.into()),
        ("lastTransitionTime", since.to_string().into()),
    ]);
    Value::from([("phase", phase.into()), ("conditions", vec![condition].into())])
}

/// A plan as text, with the status of each status write.
pub(crate) fn shown(plan: &Plan) -> String {
    let mut text = plan.to_text();
    for write in &plan.writes {
        let target = &write.request.target;
        if target.subresource == "status" {
            text.extend(["\n", &target.name, " status", &status_in_words(write.request.body.get("status"))]);
        }
    }
    text
}

/// Each count and each condition of a status.
fn status_in_words(status: &Value) -> String {
    let counts = status.fields().iter().filter(|(field, _)| field != "conditions");
    let mut words: Vec<String> = counts.map(|(field, value)| format!(" {field}={value}")).collect();
    for it in status.get("conditions").items() {
        let word = |field: &str| it.get(field).str().to_owned();
        words.push(format!("\n  {}={} {}: {}", word("type"), word("status"), word("reason"), word("message")));
    }
    words.concat()
}
