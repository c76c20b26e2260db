use super::CONTROLLER;
use crate::controllers::testing::{Fixture, shown};
use crate::model::key::resources::{DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS};
use crate::model::{Key, Object, OwnerReference, Value};
use crate::store::Change;
use crate::trace::Revision;
use expect_test::{Expect, expect};

/// Objects from `NAME[<OWNER[!]…][+FINALIZER][~]`: `~` is terminating, `!` blocks its owner. `d`, `r` and `p` at the
/// start of a name say what it is: Deployment, `ReplicaSet`, Pod. Owners that were not named before do not exist.
fn fixture(text: &str) -> Fixture {
    let mut it = Fixture::default();
    it.put(&Key::new(NAMESPACES, "", "other"), Object::new("v1", "Namespace", "", "other"));
    for token in text.split_whitespace() {
        let name = token.split(['<', '+', '~', '@']).next().unwrap();
        let mut object = bare(name);
        if let Some((_, owners)) = token.split_once('<') {
            let owners = owners.split(['+', '~', '@']).next().unwrap();
            let references: Vec<Value> = owners.split('<').map(reference).collect();
            object.set("metadata.ownerReferences", Value::from(references));
        }
        if let Some((_, finalizer)) = token.split_once('+') {
            let finalizer = finalizer.split(['~', '@', '<']).next().unwrap();
            object.set("metadata.finalizers", Value::from(vec![Value::from(finalizer)]));
        }
        if token.contains('~') {
            object.set("metadata.deletionTimestamp", "2026-01-01T00:00:00Z");
        }
        let namespace = token.split_once('@').map_or("default", |(_, it)| it);
        object.set("metadata.namespace", namespace);
        it.put(&Key { namespace: namespace.into(), ..key(name) }, object);
    }
    it
}

fn bare(name: &str) -> Object {
    let (version, kind) = match name.as_bytes()[0] {
        b'd' => ("apps/v1", "Deployment"),
        b'r' => ("apps/v1", "ReplicaSet"),
        _ => ("v1", "Pod"),
    };
    Object::new(version, kind, "default", name)
}

fn key(name: &str) -> Key {
    let resource = match name.as_bytes()[0] {
        b'd' => DEPLOYMENTS,
        b'r' => REPLICA_SETS,
        _ => PODS,
    };
    Key::new(resource, "default", name)
}

fn reference(owner: &str) -> Value {
    let name = owner.trim_end_matches('!');
    let mut object = bare(name);
    object.set("metadata.uid", format!("uid-{name}"));
    let reference = OwnerReference {
        block_owner_deletion: owner.ends_with('!'),
        controller: false,
        ..OwnerReference::controlled_by(&object)
    };
    reference.to_value()
}

fn check(objects: &str, about: &str, expected: &Expect) {
    let it = fixture(objects);
    expected.assert_eq(&shown(&(CONTROLLER.reconcile)(&key(about), &it.view())));
}

#[test]
fn deletes_what_has_no_owner_left() {
    check(
        "p<r",
        "p",
        &expect![[r#"
        saw owner ReplicaSet r is gone, wanted no dependents of it
        delete pods default/p (Background): deleted p: owner ReplicaSet r is gone"#]],
    );
    check("r p<r", "p", &expect![""]);
    check(
        "r p<r<d",
        "p",
        &expect![[r#"
        saw owner Deployment d is gone, wanted only owners that stay
        patch pods default/p: took the owner Deployment d away from p"#]],
    );
    check("p<r~", "p", &expect![""]);
    check("p", "p", &expect![""]);
    check(
        "r@other p<r",
        "p",
        &expect![[r#"
        saw owner ReplicaSet r is gone, wanted no dependents of it
        delete pods default/p (Background): deleted p: owner ReplicaSet r is gone
        event Warning OwnerRefInvalidNamespace: ownerRef [apps/v1/ReplicaSet, namespace: default, name: r, uid: uid-r] does not exist in namespace "default""#]],
    );
}

#[test]
fn foreground_deletion_waits_for_those_that_block_it() {
    check("d+foregroundDeletion~ r<d!", "d", &expect!["saw 1 dependent that blocks the deletion, wanted none"]);
    check(
        "d+foregroundDeletion~ r<d!",
        "r",
        &expect![[r#"
        saw owner Deployment d waits for its dependents to go, wanted no dependents of it
        delete replicasets.apps default/r (Background): deleted r: owner Deployment d waits for its dependents to go"#]],
    );
    check(
        "d+foregroundDeletion~ r<d! p<r!",
        "r",
        &expect![[r#"
        saw owner Deployment d waits for its dependents to go, wanted no dependents of it
        delete replicasets.apps default/r (Foreground): deleted r: owner Deployment d waits for its dependents to go"#]],
    );
    check(
        "d+foregroundDeletion~ r<d",
        "d",
        &expect![[r#"
        saw 0 dependents that block the deletion, wanted none
        patch deployments.apps default/d: took the finalizer foregroundDeletion away: no dependent blocks the deletion any more"#]],
    );
}

#[test]
fn a_circle_of_foreground_deletions_is_unblocked() {
    check(
        "d+foregroundDeletion~ r<d! d2+foregroundDeletion<r!~",
        "r",
        &expect![[r#"
        saw owner Deployment d waits for its dependents to go, wanted no dependents of it
        patch replicasets.apps default/r: its owners need not wait for it
        delete replicasets.apps default/r (Foreground): deleted r: owner Deployment d waits for its dependents to go"#]],
    );
}

#[test]
fn orphans_when_asked_to() {
    check(
        "r+orphan~ p<r p2<r<d",
        "r",
        &expect![[r#"
        saw 2 dependents, wanted none: they are to be orphaned
        patch pods default/p: took the owner ReplicaSet r away from p
        patch pods default/p2: took the owner ReplicaSet r away from p2
        patch replicasets.apps default/r: took the finalizer orphan away: its dependents are orphaned"#]],
    );
}

#[test]
fn wakes_dependents_and_waiting_owners() {
    let mut it = fixture("d+foregroundDeletion~ r<d! p<r! p2<r");
    let gone = it.cache.get(&key("r")).cloned();
    let change = Change { revision: Revision(99), key: key("r"), before: gone, after: None };
    it.cache.apply(&change);
    let mut queue = Vec::new();
    (CONTROLLER.watches[0].enqueue)(&change, &it.view(), &mut queue);
    let woken: Vec<String> = queue.iter().map(|it| it.key.name.to_string()).collect();
    expect!["d p p2"].assert_eq(&woken.join(" "));
}
