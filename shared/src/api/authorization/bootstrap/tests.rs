use super::*;
use crate::model::Key;
use std::collections::BTreeSet;

fn named(name: &str) -> Entry<'static> {
    entries().into_iter().find(|it| it.name == name && it.namespace.is_empty()).unwrap()
}

/// The rules that an aggregated role gets: those of every role with the label, and so on.
fn gathered(label: &str) -> BTreeSet<Rule> {
    let bearers = entries().into_iter().filter(|it| it.labels.contains(&label));
    bearers.flat_map(|it| it.selects.map_or_else(|| it.rules.into_iter().collect(), gathered)).collect()
}

fn verbs_on(rules: &BTreeSet<Rule>, resource: &str) -> String {
    let about = rules.iter().filter(|it| it.resources.iter().any(|own| own == resource));
    let verbs: BTreeSet<&str> = about.flat_map(|it| it.verbs.iter().map(Text::as_str)).collect();
    verbs.into_iter().collect::<Vec<_>>().join(",")
}

/// Counted in upstream's source: 31 roles of `policy.go`, 38 of `controller_policy.go`, 7 of `namespace_policy.go`.
#[test]
fn as_many_as_upstream_has() {
    let all = entries();
    let controllers = all.iter().filter(|it| it.namespace.is_empty() && it.name.starts_with("system:controller:"));
    assert_eq!(controllers.count(), 38);
    assert_eq!(all.iter().filter(|it| !it.namespace.is_empty()).count(), 7);
    assert_eq!(all.len(), 31 + 38 + 7);
    assert_eq!(all.iter().filter(|it| it.subjects.is_some()).count(), 12 + 38 + 7);
}

#[test]
fn every_line_is_read() {
    let parts: Vec<&str> = POLICY.lines().filter_map(|it| it.strip_prefix("  ")).collect();
    let bindings = parts.iter().filter(|it| it.split(' ').next() == Some("to")).count();
    let all = entries();
    assert_eq!(all.iter().map(|it| it.rules.len()).sum::<usize>(), parts.len() - bindings);
    let held = all.iter().filter(|it| it.subjects.is_some() && !POLICY.contains(&own_line(it))).count();
    assert_eq!(held, bindings);
    let begun = POLICY.lines().filter(|it| it.starts_with(|first: char| first.is_alphanumeric()));
    assert_eq!(all.len(), begun.count());
}

/// The line of a controller's role, which needs no `to`.
fn own_line(entry: &Entry<'_>) -> String {
    let account = entry.name.strip_prefix("system:controller:").filter(|_| entry.namespace.is_empty());
    format!("\ncontroller {}\n", account.unwrap_or("-"))
}

#[test]
fn no_name_is_taken_twice() {
    let mut seen = BTreeSet::new();
    for object in objects() {
        let key = Key::new(crate::model::ResourceName::new(object.kind(), GROUP), object.namespace(), object.name());
        assert!(seen.insert(key), "{} {}", object.kind(), object.name());
    }
}

#[test]
fn every_rule_says_something_in_order() {
    for rule in entries().iter().flat_map(|it| &it.rules) {
        assert!(!rule.verbs.is_empty() && rule.urls.is_empty() != rule.resources.is_empty(), "{rule:?}");
        assert_eq!(rule.groups.is_empty(), rule.resources.is_empty(), "{rule:?}");
        for list in [&rule.groups, &rule.resources, &rule.urls, &rule.names, &rule.verbs] {
            assert!(list.windows(2).all(|it| it[0] < it[1]), "{rule:?}");
        }
        assert!(!rule.verbs.iter().any(|it| it.chars().any(char::is_uppercase)), "{rule:?}");
    }
}

#[test]
fn a_binding_names_a_role_that_is_there() {
    let all = objects();
    let roles: BTreeSet<(&str, Text, Text)> = all.iter().map(|it| (it.kind(), it.namespace(), it.name())).collect();
    for binding in all.iter().filter(|it| it.kind().ends_with("Binding")) {
        let kind = binding.at("roleRef.kind").text();
        let name = binding.at("roleRef.name").text();
        assert!(roles.contains(&(kind.as_str(), binding.namespace(), name.clone())), "{name}");
    }
}

#[test]
fn who_may_more_may_all_that_others_may() {
    let [view, edit, admin] = ["view", "edit", "admin"].map(gathered);
    assert!(view.is_subset(&edit) && edit.is_subset(&admin));
    assert_eq!(["view", "edit", "admin"].map(|it| named(it).selects), [Some("view"), Some("edit"), Some("admin")]);
    let may = |resource: &str| [&view, &edit, &admin].map(|it| verbs_on(it, resource));
    let read = "get,list,watch";
    let all = "create,delete,deletecollection,get,list,patch,update,watch";
    assert_eq!(may("pods"), [read, all, all]);
    assert_eq!(may("secrets"), ["", all, all]);
    assert_eq!(may("pods/exec"), ["", all, all]);
    assert_eq!(may("roles"), ["", "", all]);
    assert_eq!(may("resourcequotas"), [read, read, read]);
    assert_eq!(may("nodes"), ["", "", ""]);
}

#[test]
fn only_the_first_may_everything() {
    let everything = |it: &Rule| it.verbs.iter().any(|verb| verb == "*") && it.resources.iter().any(|own| own == "*");
    let all = entries();
    let names: Vec<&str> = all.iter().filter(|it| it.rules.iter().any(everything)).map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["cluster-admin"]);
    assert_eq!(named("cluster-admin").subjects.unwrap(), ["group:system:masters"]);
    assert_eq!(named("system:node").subjects.unwrap(), [""; 0]);
}

#[test]
fn strangers_hold_only_what_is_public() {
    let all = entries();
    let held = all.iter().filter(|it| it.subjects.iter().flatten().any(|who| *who == "group:system:unauthenticated"));
    assert_eq!(held.map(|it| it.name.as_str()).collect::<Vec<_>>(), ["system:public-info-viewer"]);
    assert!(named("system:public-info-viewer").rules.iter().all(|it| it.resources.is_empty() && it.verbs == ["get"]));
}
