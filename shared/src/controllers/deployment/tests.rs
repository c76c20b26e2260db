use super::{CONTROLLER, history, sets, strategy};
use crate::api::Status;
use crate::controllers::pods::is_ready;
use crate::controllers::testing::{Fixture, NOW, Play, Watching, deployment, image, replica_set, shown};
use crate::model::key::resources::REPLICA_SETS;
use crate::model::{Chance, Key, Object, Span, Value};
use crate::plan::View;
use expect_test::{Expect, expect};

fn check(fixture: &str, expected: &Expect) {
    let mut it = Fixture::default();
    let key = it.deployment(fixture);
    // The revision is on the Deployment already, so that its status is what a step ends with.
    let mut noted = it.cache.get(&key).unwrap().clone();
    let newest = fixture.split_once(':').unwrap().1.split_whitespace().count().to_string();
    history::annotate(&mut noted, history::REVISION, newest.into());
    let known = Value::from([
        ("type", "Progressing".into()),
        ("status", "True".into()),
        ("reason", "ReplicaSetUpdated".into()),
        ("lastTransitionTime", NOW.to_string().into()),
    ]);
    noted.set("status.conditions", Value::from(vec![known]));
    it.put(&key, noted);
    expected.assert_eq(&shown(&(CONTROLLER.reconcile)(&key, &it.view())));
}

#[test]
fn rolls_up_and_down_by_the_fenceposts() {
    check(
        "web 4 maxSurge=1 maxUnavailable=0: old=4/4/4 new=0/0/0",
        &expect![[r#"
        saw 4 Pods of old ReplicaSets, all available, wanted 4 Pods, at most 5: replicas 4 + maxSurge 1
        update replicasets.apps default/new: raised ReplicaSet new from 0 to 1: room for one more under maxSurge 1
        update deployments.apps/status default/web: counted 4, 0 of them new, 4 ready, 4 available
        web status availableReplicas=4 observedGeneration=1 readyReplicas=4 replicas=4 terminatingReplicas=0 unavailableReplicas=1
          Available=True MinimumReplicasAvailable: Deployment has minimum availability.
          Progressing=True ReplicaSetUpdated: ReplicaSet "new" is progressing."#]],
    );
    check(
        "web 4 maxSurge=1 maxUnavailable=0: old=4/4/4 new=1/1/0",
        &expect![[r#"
        saw 5 Pods: 4 old + 1 new, 4 available, wanted 4 Pods, at most 5: replicas 4 + maxSurge 1
        update deployments.apps/status default/web: counted 5, 1 of them new, 4 ready, 4 available
        web status availableReplicas=4 observedGeneration=1 readyReplicas=4 replicas=5 terminatingReplicas=0 unavailableReplicas=1 updatedReplicas=1
          Available=True MinimumReplicasAvailable: Deployment has minimum availability.
          Progressing=True ReplicaSetUpdated: ReplicaSet "new" is progressing."#]],
    );
    check(
        "web 4 maxSurge=1 maxUnavailable=0: old=4/4/4 new=1/1/1",
        &expect![[r#"
        saw 5 Pods: 4 old + 1 new, all available, wanted 4 Pods, at most 5: replicas 4 + maxSurge 1
        update replicasets.apps default/old: lowered ReplicaSet old from 4 to 3: 5 available, 4 must be under maxUnavailable 0
        update deployments.apps/status default/web: counted 5, 1 of them new, 5 ready, 5 available
        web status availableReplicas=5 observedGeneration=1 readyReplicas=5 replicas=5 terminatingReplicas=0 updatedReplicas=1
          Available=True MinimumReplicasAvailable: Deployment has minimum availability.
          Progressing=True ReplicaSetUpdated: ReplicaSet "new" is progressing."#]],
    );
    check(
        "web 4 maxSurge=0 maxUnavailable=0: old=4/4/4 new=0/0/0",
        &expect![[r#"
        saw 4 Pods of old ReplicaSets, all available, wanted 4 Pods, at most 4: replicas 4 + maxSurge 0
        update replicasets.apps default/old: lowered ReplicaSet old from 4 to 3: 4 available, 3 must be under maxUnavailable 1
        update deployments.apps/status default/web: counted 4, 0 of them new, 4 ready, 4 available
        web status availableReplicas=4 observedGeneration=1 readyReplicas=4 replicas=4 terminatingReplicas=0
          Available=True MinimumReplicasAvailable: Deployment has minimum availability.
          Progressing=True ReplicaSetUpdated: ReplicaSet "new" is progressing."#]],
    );
    check(
        "web 10: old=10/10/10 new=0/0/0",
        &expect![[r#"
        saw 10 Pods of old ReplicaSets, all available, wanted 10 Pods, at most 13: replicas 10 + maxSurge 3
        update replicasets.apps default/new: raised ReplicaSet new from 0 to 3: room for 3 more under maxSurge 3
        update deployments.apps/status default/web: counted 10, 0 of them new, 10 ready, 10 available
        web status availableReplicas=10 observedGeneration=1 readyReplicas=10 replicas=10 terminatingReplicas=0 unavailableReplicas=3
          Available=True MinimumReplicasAvailable: Deployment has minimum availability.
          Progressing=True ReplicaSetUpdated: ReplicaSet "new" is progressing."#]],
    );
}

#[test]
fn unhealthy_old_pods_go_first() {
    check(
        "web 4 maxSurge=1 maxUnavailable=1: older=2/2/0 old=2/2/2 new=1/1/0",
        &expect![[r#"
        saw 5 Pods: 4 old + 1 new, 2 available, wanted 4 Pods, at most 5: replicas 4 + maxSurge 1
        update replicasets.apps default/older: lowered ReplicaSet older from 2 to 1: 2 of its Pods are not available
        update deployments.apps/status default/web: counted 5, 1 of them new, 2 ready, 2 available
        web status availableReplicas=2 observedGeneration=1 readyReplicas=2 replicas=5 terminatingReplicas=0 unavailableReplicas=2 updatedReplicas=1
          Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability.
          Progressing=True ReplicaSetUpdated: ReplicaSet "new" is progressing."#]],
    );
}

#[test]
fn recreates_only_when_the_old_are_gone() {
    check(
        "web 2 type=Recreate: old=2/2/2",
        &expect![[r#"
        saw 2 Pods of old ReplicaSets, all available, wanted 2 Pods, at most 2: replicas 2 + maxSurge 0
        update replicasets.apps default/old: lowered ReplicaSet old from 2 to 0: the strategy is Recreate and the template has changed
        update deployments.apps/status default/web: counted 2, 0 of them new, 2 ready, 2 available
        web status availableReplicas=2 observedGeneration=1 readyReplicas=2 replicas=2 terminatingReplicas=0
          Available=True MinimumReplicasAvailable: Deployment has minimum availability.
          Progressing=True ReplicaSetUpdated: Deployment "web" is progressing."#]],
    );
    check(
        "web 2 type=Recreate: old=0/1/1",
        &expect![[r#"
        saw 0 Pods, wanted 2 Pods, at most 2: replicas 2 + maxSurge 0
        update deployments.apps/status default/web: counted 1, 0 of them new, 1 ready, 1 available
        web status availableReplicas=1 observedGeneration=1 readyReplicas=1 replicas=1 terminatingReplicas=0
          Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability.
          Progressing=True ReplicaSetUpdated: Deployment "web" is progressing."#]],
    );
    check(
        "web 2 type=Recreate: old=0/0/0",
        &expect![[r#"
            saw old: the only ReplicaSet, hash of the old template, wanted 79456c4f4d: hash of the template now in the spec
            create replicasets.apps default/web-79456c4f4d: created ReplicaSet web-79456c4f4d as revision 2 with 2 replicas: no other has the template of the spec
            update deployments.apps/status default/web: noted revision 2: ReplicaSet web-79456c4f4d was created
            web status
              Progressing=True NewReplicaSetCreated: Created new replica set "web-79456c4f4d""#]],
    );
}

#[test]
fn a_rolling_update_keeps_within_surge_and_unavailable() {
    for seed in 0..40 {
        let mut chance = Chance::new(seed);
        let mut below = |end| i64::try_from(chance.below(end)).unwrap();
        let (replicas, surge) = (1 + below(12), below(4));
        let unavailable = if surge == 0 { 1 + below(3) } else { below(4) };
        let mut web = deployment("web", replicas);
        web.set("spec.strategy.rollingUpdate.maxSurge", surge);
        web.set("spec.strategy.rollingUpdate.maxUnavailable", unavailable);
        let unavailable = unavailable.min(replicas);
        let watch = if seed % 2 == 0 { Watching::AtOnce } else { Watching::Late };
        let mut play = Play::new(seed, watch, web);
        play.settle(|_| {});
        play.edit(image("nginx:2"));
        play.settle(|play| {
            let there: i64 = play.world.api.store().list(&REPLICA_SETS).map(sets::replicas).sum();
            let ready = play.pods().filter(|it| !it.is_terminating() && is_ready(it)).count();
            let ready = i64::try_from(ready).unwrap();
            assert!(there <= replicas + surge, "seed {seed}: {there} wanted, {replicas} + {surge} allowed");
            assert!(ready >= replicas - unavailable, "seed {seed}: {ready} ready, {replicas} - {unavailable} wanted");
        });
        assert_eq!(play.sets(), format!("1:0 2:{replicas} "), "seed {seed}");
        assert_eq!(play.deployment().at("status.updatedReplicas").as_int(), Some(replicas));
        assert_eq!(
            play.conditions(),
            "Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable "
        );
    }
}

#[test]
fn announces_a_rollout_as_kubernetes_does() {
    let mut play = Play::new(1, Watching::AtOnce, deployment("web", 2));
    play.settle(|_| {});
    play.world.events.clear();
    play.edit(image("nginx:2"));
    play.settle(|_| {});
    let names: Vec<String> = play.world.cache.list(&REPLICA_SETS).map(|it| it.name().to_string()).collect();
    let mut text = play.world.events.iter().filter(|it| it.contains("Scal")).cloned().collect::<Vec<_>>().join("\n");
    for (name, short) in names.iter().zip(["A", "B"]) {
        text = text.replace(name.as_str(), short);
    }
    expect![[r#"
        event Normal ScalingReplicaSet: Scaled up replica set A from 0 to 1
        event Normal ScalingReplicaSet: Scaled down replica set B from 2 to 1
        event Normal ScalingReplicaSet: Scaled up replica set A from 1 to 2
        event Normal ScalingReplicaSet: Scaled down replica set B from 1 to 0"#]]
    .assert_eq(&text);
}

#[test]
fn pauses_resumes_and_goes_back() {
    let mut play = Play::new(3, Watching::AtOnce, deployment("web", 3));
    play.settle(|_| {});
    play.edit(|it| it.set("spec.paused", true));
    play.settle(|_| {});
    play.edit(image("nginx:2"));
    play.settle(|_| {});
    let paused = format!("{}| {}", play.sets(), play.conditions());
    play.edit(|it| drop(it.remove("spec.paused")));
    play.settle(|_| {});
    let resumed = format!("{}| {}", play.sets(), play.conditions());
    play.edit(image("nginx:1"));
    play.settle(|_| {});
    let back = format!("{}| {}", play.sets(), play.deployment().annotation(history::REVISION).unwrap());
    expect![[r#"
        1:3 | Available=True:MinimumReplicasAvailable Progressing=Unknown:DeploymentPaused 
        1:0 2:3 | Available=True:MinimumReplicasAvailable Progressing=True:NewReplicaSetAvailable 
        2:0 3:3 | 3"#]]
    .assert_eq(&format!("{paused}\n{resumed}\n{back}"));
}

#[test]
fn a_finished_rollout_forgets_the_oldest_sets() {
    let mut web = deployment("web", 2);
    web.set("spec.revisionHistoryLimit", 1);
    let mut play = Play::new(5, Watching::AtOnce, web);
    for name in ["nginx:2", "nginx:3", "nginx:4"] {
        play.edit(image(name));
        play.settle(|_| {});
    }
    expect!["2:0 3:2 "].assert_eq(&play.sets());
}

#[test]
fn a_stuck_rollout_times_out() {
    let mut web = deployment("web", 2);
    web.set("spec.progressDeadlineSeconds", 6);
    let mut play = Play::new(4, Watching::AtOnce, web);
    play.settle(|_| {});
    play.edit(image("never-ready"));
    play.world.settle();
    let before = play.conditions();
    play.world.pass(Span::seconds(8));
    expect![[r#"
        Available=True:MinimumReplicasAvailable Progressing=True:ReplicaSetUpdated 
        Available=True:MinimumReplicasAvailable Progressing=False:ProgressDeadlineExceeded "#]]
    .assert_eq(&format!("{before}\n{}", play.conditions()));
}

#[test]
fn scales_in_proportion_in_the_middle_of_a_rollout() {
    check(
        "web 15 maxSurge=3 maxUnavailable=2: old=8/8/8 new=5/5/0",
        &expect![[r#"
        saw 13 Pods: 8 old + 5 new, 8 available, wanted 15 Pods, at most 18: replicas 15 + maxSurge 3
        update replicasets.apps default/new: raised ReplicaSet new from 5 to 10: room for 5 more under maxSurge 3
        update deployments.apps/status default/web: counted 13, 5 of them new, 8 ready, 8 available
        web status availableReplicas=8 observedGeneration=1 readyReplicas=8 replicas=13 terminatingReplicas=0 unavailableReplicas=10 updatedReplicas=5
          Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability.
          Progressing=True ReplicaSetUpdated: ReplicaSet "new" is progressing."#]],
    );
    let mut it = Fixture::default();
    let key = it.deployment("web 10 maxSurge=3 maxUnavailable=2: old=8/8/8 new=5/5/0");
    let mut larger = it.cache.get(&key).unwrap().clone();
    larger.set("spec.replicas", 15);
    it.put(&key, larger);
    expect![[r#"
        saw 13 Pods: 8 old + 5 new, 8 available, wanted 15 Pods, at most 18: replicas 15 + maxSurge 3
        update deployments.apps/status default/web: noted revision 2 of ReplicaSet new
        update replicasets.apps default/old: raised ReplicaSet old from 8 to 11: its share of 18 = replicas 15 + maxSurge 3
        update replicasets.apps default/new: raised ReplicaSet new from 5 to 7: its share of 18 = replicas 15 + maxSurge 3
        web status
          Progressing=True FoundNewReplicaSet: Found new replica set "new""#]].assert_eq(&shown(&(CONTROLLER.reconcile)(&key, &it.view())));
}

#[test]
fn a_hash_depends_on_template_and_collisions_alone() {
    let web = deployment("web", 1);
    let template = web.at("spec.template");
    expect!["79456c4f4d 674f9c5d54"].assert_eq(&format!(
        "{} {}",
        history::hash(template, None),
        history::hash(template, Some(1))
    ));
}

/// The plan for a new Deployment `web` when an object has the name of its set, or when the set was refused.
fn creation(taken: bool, failure: Option<&Status>) -> String {
    let mut it = Fixture::default();
    let key = it.deployment("web 1:");
    let web = it.cache.get(&key).unwrap();
    let name = format!("web-{}", history::hash(web.at("spec.template"), None));
    if taken {
        it.put(&Key::new(REPLICA_SETS, "default", name.as_str()), replica_set(&name, 1));
    }
    let view = View { failure, ..it.view() };
    shown(&(CONTROLLER.reconcile)(&key, &view)).replace(&name, "web-HASH")
}

#[test]
fn a_taken_name_is_a_collision_and_a_refusal_is_reported() {
    expect![[r#"
        saw 0 Pods, wanted 1 Pod, at most 2: replicas 1 + maxSurge 1
        update deployments.apps/status default/web: counted collision 1: the name web-HASH is taken
        web status collisionCount=1"#]]
    .assert_eq(&creation(true, None));
    let details = Value::from([("kind", "replicasets".into())]);
    let refusal = Status { details, ..Status::bad_request("exceeded quota") };
    expect![[r#"
        saw 0 Pods, wanted 1 Pod, at most 2: replicas 1 + maxSurge 1
        update deployments.apps/status default/web: said why the ReplicaSet could not be created
        web status
          Progressing=False ReplicaSetCreateError: Failed to create new replica set "web-HASH": exceeded quota"#]]
    .assert_eq(&creation(false, Some(&refusal)));
}

#[test]
fn shares_are_rounded_up_for_surge_and_down_for_unavailable() {
    let mut web = deployment("web", 10);
    let fences = |web: &Object| (strategy::max_surge(web), strategy::max_unavailable(web));
    assert_eq!(fences(&web), (3, 2));
    web.set("spec.replicas", 1);
    assert_eq!(fences(&web), (1, 0));
    web.set("spec.strategy.rollingUpdate.maxSurge", 0);
    assert_eq!(fences(&web), (0, 1));
    web.set("spec.replicas", 0);
    assert_eq!(fences(&web), (0, 0));
}
