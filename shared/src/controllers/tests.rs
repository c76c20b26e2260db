//! Several loops together, over the API server.

use super::pods::is_ready;
use super::testing::{Play, Watching, World, deployment, image, status};
use crate::api::Propagation;
use crate::model::key::resources::{DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS};
use crate::model::{Chance, Key, Object, Span, Value};
use crate::trace::Revision;
use expect_test::expect;

fn left(world: &World) -> String {
    let count = |resource| world.cache.list(&resource).count();
    format!("{} Deployments, {} ReplicaSets, {} Pods", count(DEPLOYMENTS), count(REPLICA_SETS), count(PODS))
}

/// What is left of a Deployment with two sets and three pods after its deletion.
fn after_deletion(policy: Option<Propagation>) -> String {
    let mut play = Play::new(7, Watching::AtOnce, deployment("web", 3));
    play.settle(|_| {});
    play.edit(image("nginx:2"));
    play.settle(|_| {});
    let key = play.key.clone();
    play.world.delete(&key, |request| request.options.propagation = policy);
    let at_once = left(&play.world);
    play.settle(|_| {});
    format!("{at_once} -> {}", left(&play.world))
}

#[test]
fn a_deletion_takes_the_dependents_along_unless_they_are_orphaned() {
    expect!["0 Deployments, 2 ReplicaSets, 3 Pods -> 0 Deployments, 0 ReplicaSets, 0 Pods"]
        .assert_eq(&after_deletion(None));
    expect!["0 Deployments, 2 ReplicaSets, 3 Pods -> 0 Deployments, 0 ReplicaSets, 0 Pods"]
        .assert_eq(&after_deletion(Some(Propagation::Background)));
    expect!["1 Deployments, 2 ReplicaSets, 3 Pods -> 0 Deployments, 0 ReplicaSets, 0 Pods"]
        .assert_eq(&after_deletion(Some(Propagation::Foreground)));
    expect!["1 Deployments, 2 ReplicaSets, 3 Pods -> 0 Deployments, 2 ReplicaSets, 3 Pods"]
        .assert_eq(&after_deletion(Some(Propagation::Orphan)));
}

#[test]
fn a_namespace_goes_with_everything_in_it() {
    let mut play = Play::new(8, Watching::AtOnce, deployment("web", 2));
    let namespace = Key::new(NAMESPACES, "", "shop");
    play.world.create(&namespace, Object::new("v1", "Namespace", "", "shop"));
    let mut web = deployment("web", 2);
    web.set("metadata.namespace", "shop");
    play.world.create(&Key::new(DEPLOYMENTS, "shop", "web"), web);
    play.settle(|_| {});
    assert_eq!(left(&play.world), "2 Deployments, 2 ReplicaSets, 4 Pods");
    play.world.delete(&namespace, |_| {});
    for _ in 0..10 {
        play.settle(|_| {});
        play.world.pass(Span::seconds(20));
    }
    assert!(play.world.cache.get(&namespace).is_none(), "{:?}", play.world.cache.get(&namespace));
    expect!["1 Deployments, 1 ReplicaSets, 2 Pods"].assert_eq(&left(&play.world));
}

/// Every revision of the Deployment and its sets, as `kubectl get --watch` would see them.
fn timeline(world: &World) -> String {
    let mut lines: Vec<String> = Vec::new();
    for change in world.api.store().since(Revision(0)).unwrap() {
        let Some(object) = change.after.as_ref().filter(|it| matches!(it.kind(), "Deployment" | "ReplicaSet")) else {
            continue;
        };
        let counts = object.get("status").fields().iter().filter(|(field, _)| field != "conditions");
        let counts: String = counts.map(|(field, count)| format!(" {field}={count}")).collect();
        let conditions = object.at("status.conditions").items().iter();
        let conditions: String = conditions
            .map(|it| format!(" {}={}:{}", it.get("type").str(), it.get("status").str(), it.get("reason").str()))
            .collect();
        let (name, size) = (object.name(), object.at("spec.replicas"));
        lines.push(format!("{name} gen={} replicas={size} |{counts} |{conditions}", object.generation()));
    }
    lines.join("\n")
}

/// The timeline of a Deployment of one pod with an update, a pause and a foreground deletion; sets are called A and B.
fn life(strategy: Value) -> String {
    let mut web = deployment("d", 1);
    web.set("spec.strategy", strategy);
    let mut play = Play::new(1, Watching::AtOnce, web);
    play.settle(|_| {});
    let first = play.world.cache.list(&REPLICA_SETS).next().unwrap().name();
    play.edit(image("nginx:2"));
    play.settle(|_| {});
    play.edit(|it| it.set("spec.paused", true));
    play.settle(|_| {});
    let second = play.world.cache.list(&REPLICA_SETS).find(|it| it.name() != first).unwrap().name();
    let key = play.key.clone();
    play.world.delete(&key, |request| request.options.propagation = Some(Propagation::Foreground));
    play.settle(|_| {});
    timeline(&play.world).replace(first.as_str(), "A").replace(second.as_str(), "B")
}

#[test]
fn the_life_of_a_rolling_deployment() {
    let strategy = r#"{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":0}}"#;
    expect![[r#"
        d gen=1 replicas=1 | |
        A gen=1 replicas=1 | replicas=0 |
        d gen=1 replicas=1 | | Progressing=True:NewReplicaSetCreated
        A gen=1 replicas=1 | observedGeneration=1 replicas=0 terminatingReplicas=0 |
        d gen=1 replicas=1 | observedGeneration=1 terminatingReplicas=0 unavailableReplicas=1 | Progressing=True:NewReplicaSetCreated Available=False:MinimumReplicasUnavailable
        A gen=1 replicas=1 | fullyLabeledReplicas=1 observedGeneration=1 replicas=1 terminatingReplicas=0 |
        d gen=1 replicas=1 | observedGeneration=1 replicas=1 terminatingReplicas=0 unavailableReplicas=1 updatedReplicas=1 | Available=False:MinimumReplicasUnavailable Progressing=True:ReplicaSetUpdated
        A gen=1 replicas=1 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        d gen=1 replicas=1 | availableReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable
        d gen=2 replicas=1 | availableReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable
        B gen=1 replicas=1 | replicas=0 |
        d gen=2 replicas=1 | availableReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetCreated
        B gen=1 replicas=1 | observedGeneration=1 replicas=0 terminatingReplicas=0 |
        d gen=2 replicas=1 | availableReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 unavailableReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetCreated
        B gen=1 replicas=1 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        A gen=2 replicas=0 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        d gen=2 replicas=1 | availableReplicas=2 observedGeneration=2 readyReplicas=2 replicas=2 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:ReplicaSetUpdated
        A gen=2 replicas=0 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        A gen=2 replicas=0 | observedGeneration=2 replicas=0 terminatingReplicas=0 |
        d gen=2 replicas=1 | availableReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable
        d gen=3 replicas=1 | availableReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable
        d gen=3 replicas=1 | availableReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=Unknown:DeploymentPaused
        d gen=3 replicas=1 | availableReplicas=1 observedGeneration=3 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=Unknown:DeploymentPaused
        d gen=4 replicas=1 | availableReplicas=1 observedGeneration=3 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=Unknown:DeploymentPaused
        B gen=2 replicas=1 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        d gen=4 replicas=1 | availableReplicas=1 observedGeneration=4 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=Unknown:DeploymentPaused
        B gen=2 replicas=1 | observedGeneration=2 replicas=0 terminatingReplicas=0 |"#]].assert_eq(&life(Value::from_json(strategy).unwrap()));
}

#[test]
fn the_life_of_a_recreating_deployment() {
    expect![[r#"
        d gen=1 replicas=1 | |
        A gen=1 replicas=1 | replicas=0 |
        d gen=1 replicas=1 | | Progressing=True:NewReplicaSetCreated
        A gen=1 replicas=1 | observedGeneration=1 replicas=0 terminatingReplicas=0 |
        d gen=1 replicas=1 | observedGeneration=1 terminatingReplicas=0 unavailableReplicas=1 | Progressing=True:NewReplicaSetCreated Available=False:MinimumReplicasUnavailable
        A gen=1 replicas=1 | fullyLabeledReplicas=1 observedGeneration=1 replicas=1 terminatingReplicas=0 |
        d gen=1 replicas=1 | observedGeneration=1 replicas=1 terminatingReplicas=0 unavailableReplicas=1 updatedReplicas=1 | Available=False:MinimumReplicasUnavailable Progressing=True:ReplicaSetUpdated
        A gen=1 replicas=1 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        d gen=1 replicas=1 | availableReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable
        d gen=2 replicas=1 | availableReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable
        A gen=2 replicas=0 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        d gen=2 replicas=1 | availableReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable
        A gen=2 replicas=0 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        A gen=2 replicas=0 | observedGeneration=2 replicas=0 terminatingReplicas=1 |
        B gen=1 replicas=1 | replicas=0 |
        d gen=2 replicas=1 | availableReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetCreated
        d gen=2 replicas=1 | observedGeneration=2 terminatingReplicas=1 unavailableReplicas=1 | Available=False:MinimumReplicasUnavailable Progressing=True:ReplicaSetUpdated
        A gen=2 replicas=0 | observedGeneration=2 replicas=0 terminatingReplicas=0 |
        d gen=2 replicas=1 | observedGeneration=2 terminatingReplicas=0 unavailableReplicas=1 | Available=False:MinimumReplicasUnavailable Progressing=True:ReplicaSetUpdated
        B gen=1 replicas=1 | observedGeneration=1 replicas=0 terminatingReplicas=0 |
        B gen=1 replicas=1 | fullyLabeledReplicas=1 observedGeneration=1 replicas=1 terminatingReplicas=0 |
        d gen=2 replicas=1 | observedGeneration=2 replicas=1 terminatingReplicas=0 unavailableReplicas=1 updatedReplicas=1 | Available=False:MinimumReplicasUnavailable Progressing=True:ReplicaSetUpdated
        B gen=1 replicas=1 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        d gen=2 replicas=1 | availableReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable
        d gen=3 replicas=1 | availableReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable
        d gen=3 replicas=1 | availableReplicas=1 observedGeneration=2 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=Unknown:DeploymentPaused
        d gen=3 replicas=1 | availableReplicas=1 observedGeneration=3 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=Unknown:DeploymentPaused
        d gen=4 replicas=1 | availableReplicas=1 observedGeneration=3 readyReplicas=1 replicas=1 terminatingReplicas=0 updatedReplicas=1 | Available=True:MinimumReplicasAvailable Progressing=Unknown:DeploymentPaused
        B gen=2 replicas=1 | availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0 |
        B gen=2 replicas=1 | observedGeneration=2 replicas=0 terminatingReplicas=0 |
        d gen=4 replicas=1 | observedGeneration=4 terminatingReplicas=0 | Progressing=Unknown:DeploymentPaused Available=False:MinimumReplicasUnavailable"#]].assert_eq(&life(Value::from_json(r#"{"type":"Recreate"}"#).unwrap()));
}

#[test]
fn a_deployment_that_comes_back_adopts_what_was_orphaned() {
    let mut play = Play::new(9, Watching::AtOnce, deployment("web", 2));
    play.settle(|_| {});
    let key = play.key.clone();
    play.world.delete(&key, |request| request.options.propagation = Some(Propagation::Orphan));
    play.settle(|_| {});
    play.world.create(&key, deployment("web", 2));
    play.settle(|_| {});
    assert_eq!(left(&play.world), "1 Deployments, 1 ReplicaSets, 2 Pods");
    let uid = play.deployment().uid();
    let set = play.world.cache.list(&REPLICA_SETS).next().unwrap();
    assert_eq!(set.controller().map(|it| it.uid), Some(uid));
    expect!["Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable "]
        .assert_eq(&play.conditions());
}

/// Something that happens to a cluster.
fn disturb(play: &mut Play, chance: &mut Chance) {
    let replicas = i64::try_from(chance.below(7)).unwrap();
    let pod = play.any_pod();
    match (chance.below(8), pod) {
        (0, Some(pod)) => play.world.delete(&pod, |_| {}),
        (1, Some(pod)) => {
            let now = play.world.now;
            play.world.change(&pod, "status", |pod| pod.set("status", status("NotReady", now)));
        }
        (2, Some(pod)) => play.world.change(&pod, "", |pod| pod.set("metadata.labels.app", "stranger")),
        (3, _) => play.edit(|it| it.set("spec.replicas", replicas)),
        (4, _) => play.edit(|it| it.set("spec.paused", true)),
        (5, _) => play.edit(|it| drop(it.remove("spec.paused"))),
        (6, _) => {
            let sets = play.world.api.store().list(&REPLICA_SETS);
            let key = sets.last().map(|it| Key::new(REPLICA_SETS, it.namespace(), it.name()));
            if let Some(key) = key {
                play.world.delete(&key, |_| {});
            }
        }
        _ => play.edit(image(["nginx:1", "nginx:2", "nginx:3"][usize::try_from(replicas % 3).unwrap()])),
    }
}

#[test]
fn every_disturbed_deployment_comes_to_rest_as_it_should() {
    for seed in 0..24 {
        let mut chance = Chance::new(seed);
        let watch = if seed % 2 == 0 { Watching::AtOnce } else { Watching::Late };
        let mut play = Play::new(seed, watch, deployment("web", 3));
        for _ in 0..25 {
            disturb(&mut play, &mut chance);
            for _ in 0..chance.below(40) {
                if chance.below(3) > 0 {
                    play.world.step()
                } else {
                    play.kubelet_step()
                };
            }
        }
        play.edit(|it| {
            it.set("spec.replicas", 4);
            it.remove("spec.paused");
            image("nginx:9")(it);
        });
        play.settle(|_| {});
        let owned: Vec<&Object> = play.pods().filter(|it| it.controller().is_some()).collect();
        let right = |pod: &&&Object| is_ready(pod) && pod.to_json().contains("nginx:9");
        assert_eq!((owned.len(), owned.iter().filter(right).count()), (4, 4), "seed {seed}: {}", play.sets());
        let found = play.conditions();
        let mut found: Vec<&str> = found.split_whitespace().collect();
        found.sort_unstable();
        let rest = ["Available=True:MinimumReplicasAvailable", "Progressing=True:NewReplicaSetAvailable"];
        assert_eq!(found, rest, "seed {seed}");
    }
}
