use super::CONTROLLER;
use crate::controllers::testing::{Fixture, NOW, shown};
use crate::model::key::resources::{CONFIG_MAPS, NAMESPACES, PODS};
use crate::model::{Key, Object, Span, Value};
use expect_test::{Expect, expect};

/// The content of namespace `shop`, deleted `passed` seconds ago: `pod`, `pod~` (terminating) and `map`, `map+FINALIZER~`.
fn check(passed: i64, content: &str, expected: &Expect) {
    let mut it = Fixture::default();
    let key = Key::new(NAMESPACES, "", "shop");
    let mut namespace = Object::new("v1", "Namespace", "", "shop");
    namespace.set("metadata.deletionTimestamp", (NOW - Span::seconds(passed)).to_string());
    namespace.set("spec.finalizers", Value::from(vec![Value::from("kubernetes")]));
    namespace.set("status.phase", "Terminating");
    it.put(&key, namespace);
    for token in content.split_whitespace() {
        let name = token.split(['~', '+']).next().unwrap();
        let (resource, kind) = if name.starts_with("pod") { (PODS, "Pod") } else { (CONFIG_MAPS, "ConfigMap") };
        let mut object = Object::new("v1", kind, "shop", name);
        object.set("spec.terminationGracePeriodSeconds", 30);
        if let Some((_, finalizer)) = token.trim_end_matches('~').split_once('+') {
            object.set("metadata.finalizers", Value::from(vec![Value::from(finalizer)]));
        }
        if token.ends_with('~') {
            object.set("metadata.deletionTimestamp", NOW.to_string());
        }
        it.put(&Key::new(resource, "shop", name), object);
    }
    expected.assert_eq(&shown(&(CONTROLLER.reconcile)(&key, &it.view())));
}

#[test]
fn pods_go_first_then_the_rest_then_the_namespace() {
    check(0, "pod1 map", &expect![""]);
    check(1, "pod1~ map", &expect![""]);
    check(20, "map", &expect![""]);
    check(20, "", &expect![""]);
}

#[test]
fn says_what_it_waits_for() {
    check(1, "map+example.com/hold~", &expect![""]);
    check(31, "pod1~", &expect![""]);
}
