use super::CONTROLLER;
use crate::api::Status;
use crate::controllers::testing::{Fixture, Watching, World, replica_set, shown};
use crate::model::key::resources::{PODS, REPLICA_SETS};
use crate::model::{Key, Span};
use crate::plan::View;
use expect_test::{Expect, expect};

fn check(fixture: &str, expected: &Expect) {
    check_after(fixture, None, expected);
}

fn check_after(fixture: &str, failure: Option<&Status>, expected: &Expect) {
    let mut it = Fixture::default();
    let key = it.replica_set(fixture);
    let plan = (CONTROLLER.reconcile)(&key, &View { failure, ..it.view() });
    expected.assert_eq(&shown(&plan));
}

#[test]
fn creates_what_is_missing() {
    check(
        "web 3: a=Ready b=Pending",
        &expect![[r#"
            saw 2 Pods, wanted 3 Pods
            create pods default/web-: wanted 3, saw 2
            update replicasets.apps/status default/web: counted 2, 1 ready, 1 available
            web status availableReplicas=1 fullyLabeledReplicas=2 observedGeneration=1 readyReplicas=1 replicas=2 terminatingReplicas=0"#]],
    );
    check(
        "web 2: a=Ready b=Failed c=Stopping",
        &expect![[r#"
            saw 1 Pod, wanted 2 Pods
            create pods default/web-: wanted 2, saw 1
            update replicasets.apps/status default/web: counted 1, 1 ready, 1 available
            web status availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=1"#]],
    );
}

#[test]
fn deletes_the_least_useful_first() {
    check(
        "web 1: a=Ready b=Unscheduled c=Pending",
        &expect![[r#"
            saw 3 Pods, wanted 1 Pod
            delete pods default/b: wanted 1, saw 3; this one goes first: it has no node yet
            delete pods default/c: wanted 1, saw 3; this one goes first: it has come less far
            update replicasets.apps/status default/web: counted 3, 1 ready, 1 available
            web status availableReplicas=1 fullyLabeledReplicas=3 observedGeneration=1 readyReplicas=1 replicas=3 terminatingReplicas=0"#]],
    );
    check(
        "web 1: a=Ready b=NotReady",
        &expect![[r#"
            saw 2 Pods, wanted 1 Pod
            delete pods default/b: wanted 1, saw 2; this one goes first: it is not Ready
            update replicasets.apps/status default/web: counted 2, 1 ready, 1 available
            web status availableReplicas=1 fullyLabeledReplicas=2 observedGeneration=1 readyReplicas=1 replicas=2 terminatingReplicas=0"#]],
    );
    check(
        "web 1: a=Ready$5 b=Ready$-1 c=Ready",
        &expect![[r#"
            saw 3 Pods, wanted 1 Pod
            delete pods default/b: wanted 1, saw 3; this one goes first: its deletion cost is lower
            delete pods default/c: wanted 1, saw 3; this one goes first: its deletion cost is lower
            update replicasets.apps/status default/web: counted 3, 3 ready, 3 available
            web status availableReplicas=3 fullyLabeledReplicas=3 observedGeneration=1 readyReplicas=3 replicas=3 terminatingReplicas=0"#]],
    );
    check(
        "web 1: a=Ready~10 b=Ready~90",
        &expect![[r#"
            saw 2 Pods, wanted 1 Pod
            delete pods default/a: wanted 1, saw 2; this one goes first: it was Ready for a shorter time
            update replicasets.apps/status default/web: counted 2, 2 ready, 2 available
            web status availableReplicas=2 fullyLabeledReplicas=2 observedGeneration=1 readyReplicas=2 replicas=2 terminatingReplicas=0"#]],
    );
    check(
        "web 1: a=Ready!1 b=Ready!3",
        &expect![[r#"
            saw 2 Pods, wanted 1 Pod
            delete pods default/b: wanted 1, saw 2; this one goes first: it restarted more often
            update replicasets.apps/status default/web: counted 2, 2 ready, 2 available
            web status availableReplicas=2 fullyLabeledReplicas=2 observedGeneration=1 readyReplicas=2 replicas=2 terminatingReplicas=0"#]],
    );
    check(
        "web 0: a=Ready",
        &expect![[r#"
            saw 1 Pod, wanted 0 Pods
            delete pods default/a: wanted 0, saw 1
            update replicasets.apps/status default/web: counted 1, 1 ready, 1 available
            web status availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0"#]],
    );
}

#[test]
fn adopts_orphans_and_releases_strangers() {
    check(
        "web 2: ?a=Ready #b=Ready",
        &expect![[r#"
            saw 1 Pod, wanted 2 Pods
            patch pods default/a: adopted a: selected by ReplicaSet web, managed by nobody
            patch pods default/b: released b: ReplicaSet web no longer selects its labels
            create pods default/web-: wanted 2, saw 1
            update replicasets.apps/status default/web: counted 1, 1 ready, 1 available
            web status availableReplicas=1 fullyLabeledReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0"#]],
    );
}

#[test]
fn reports_a_refusal_before_it_tries_again() {
    let failure = Status {
        details: crate::model::Value::from([("kind", "pods".into())]),
        ..Status::bad_request("pods \"web-\" is forbidden: exceeded quota")
    };
    check_after(
        "web 1:",
        Some(&failure),
        &expect![[r#"
            saw 0 Pods, wanted 1 Pod
            update replicasets.apps/status default/web: counted 0, 0 ready, 0 available
            create pods default/web-: wanted 1, saw 0
            web status observedGeneration=1 replicas=0 terminatingReplicas=0
              ReplicaFailure=True FailedCreate: pods "web-" is forbidden: exceeded quota"#]],
    );
}

#[test]
fn a_set_gets_its_pods_and_replaces_a_lost_one() {
    let mut world = World::new(42, Watching::AtOnce);
    let key = Key::new(REPLICA_SETS, "default", "web");
    world.create(&key, replica_set("web", 3));
    world.settle();
    let first = world.cache.list(&PODS).next().unwrap().name();
    world.delete(&Key::new(PODS, "default", first.clone()), |_| {});
    world.settle();
    assert_eq!(world.cache.list(&PODS).filter(|pod| pod.name() != first).count(), 3);
    assert!(world.events.iter().all(|it| it.starts_with("event Normal SuccessfulCreate: Created pod: web-")));
    assert_eq!(world.events.len(), 4);
    world.change(&key, "", |set| set.set("spec.replicas", 1));
    world.settle();
    assert_eq!(world.cache.list(&PODS).count(), 1);
    world.pass(Span::seconds(1));
    assert_eq!(world.cache.get(&key).unwrap().at("status.replicas").as_int(), Some(1));
}

#[test]
fn a_pod_is_available_once_it_was_ready_long_enough() {
    let mut it = Fixture::default();
    let key = it.replica_set("web 3: a=Ready~100 b=Ready~30 c=Ready~10");
    let mut set = it.cache.get(&key).unwrap().clone();
    set.set("spec.minReadySeconds", 60);
    it.put(&key, set);
    expect![[r#"
        saw 3 Pods, wanted 3 Pods
        update replicasets.apps/status default/web: counted 3, 3 ready, 1 available
        again in 30000 ms
        web status availableReplicas=1 fullyLabeledReplicas=3 observedGeneration=1 readyReplicas=3 replicas=3 terminatingReplicas=0"#]].assert_eq(&shown(&(CONTROLLER.reconcile)(&key, &it.view())));
}
