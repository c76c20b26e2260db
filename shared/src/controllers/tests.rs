//! Several loops together, over the API server.

use super::testing::{Play, World, deployment, image};
use crate::api::Propagation;
use crate::model::key::resources::{DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS};
use crate::model::{Key, Object, Span};
use expect_test::expect;

fn left(world: &World) -> String {
    let count = |resource| world.cache.list(&resource).count();
    format!("{} Deployments, {} ReplicaSets, {} Pods", count(DEPLOYMENTS), count(REPLICA_SETS), count(PODS))
}

/// What is left of a Deployment with two sets and three pods after its deletion.
fn after_deletion(policy: Option<Propagation>) -> String {
    let mut play = Play::new(7, deployment("web", 3));
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
    let mut play = Play::new(8, deployment("web", 2));
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
