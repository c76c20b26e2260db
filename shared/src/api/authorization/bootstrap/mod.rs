//! The roles and bindings that every cluster starts with.
//!
//! Upstream: `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/{policy,controller_policy,namespace_policy}.go`,
//! `pkg/apis/rbac/v1/helpers.go` (the builder of rules), `pkg/registry/rbac/rest/storage_rbac.go`. The table is `policy.txt`, whose first lines say how it is read.

mod reconcile;

use crate::api::authorization::rules::Rule;
use crate::model::{Object, Order, Text, Value};

pub(crate) use reconcile::{Reconciled, reconcile};

static POLICY: &str = include_str!("policy.txt");

const API: &str = "rbac.authorization.k8s.io/v1";
const GROUP: &str = "rbac.authorization.k8s.io";
const AGGREGATE: &str = "rbac.authorization.k8s.io/aggregate-to-";
const ACCOUNTS_IN: &str = "kube-system";

/// A role of the table with its bindings.
#[derive(Default)]
struct Entry<'a> {
    namespace: &'a str,
    name: String,
    binding: String,
    labels: Vec<&'a str>,
    selects: Option<&'a str>,
    /// Who has it; `None` without a binding.
    subjects: Option<Vec<&'a str>>,
    rules: Vec<Rule>,
}

/// Every role and binding of a fresh cluster, roles before the bindings that name them.
pub(crate) fn objects() -> Vec<Object> {
    let entries = entries();
    let bindings = entries.iter().filter_map(Entry::binding);
    entries.iter().map(Entry::role).chain(bindings).collect()
}

/// The rules of one role of the table; none if it is not there.
pub(crate) fn rules_of(name: &str) -> Vec<Rule> {
    entries().into_iter().find(|it| it.name == name).map(|it| it.rules).unwrap_or_default()
}

fn entries() -> Vec<Entry<'static>> {
    let mut all: Vec<Entry<'static>> = Vec::new();
    for line in POLICY.lines().filter(|it| !it.is_empty() && !it.starts_with('#')) {
        match (line.strip_prefix("  "), all.last_mut()) {
            (Some(part), Some(entry)) => entry.read(part),
            (Some(_) | None, _) => all.push(Entry::begin(line)),
        }
    }
    all
}

impl<'a> Entry<'a> {
    fn begin(line: &'a str) -> Self {
        let mut it = Self::default();
        for word in line.split(' ') {
            if let Some(label) = word.strip_prefix("in:") {
                it.labels.push(label);
            } else if let Some(label) = word.strip_prefix("of:") {
                it.selects = Some(label);
            } else if let Some(name) = word.strip_prefix("as:") {
                name.clone_into(&mut it.binding);
            } else if !matches!(word, "role" | "controller") {
                word.clone_into(&mut it.name);
            }
        }
        if line.starts_with("controller ") {
            it.name = format!("system:controller:{}", it.name);
            it.subjects = line.strip_prefix("controller ").map(|it| vec![it]);
        }
        if let Some((namespace, name)) = line.strip_prefix("role ").and_then(|it| it.split_once('/')) {
            it.namespace = namespace;
            name.split(' ').next().unwrap_or_default().clone_into(&mut it.name);
        }
        it
    }

    fn read(&mut self, part: &'a str) {
        let words: Vec<&str> = part.split(' ').collect();
        match words[..] {
            ["to", ..] => self.subjects = Some(words[1..].to_vec()),
            ["EVENTS"] => self.rules.push(rule("core,events.k8s.io", "events", "create,update,patch", "")),
            ["url", urls, verbs] => {
                self.rules.push(Rule { urls: list(urls), verbs: self::verbs(verbs), ..Rule::default() });
            }
            [groups, resources, verbs] => self.rules.push(rule(groups, resources, verbs, "")),
            [groups, resources, verbs, names] => self.rules.push(rule(groups, resources, verbs, names)),
            _ => {}
        }
    }

    fn object(&self, kind: &str, name: &str) -> Object {
        let kind = if self.namespace.is_empty() { format!("Cluster{kind}") } else { kind.to_owned() };
        let mut it = Object::new(API, &kind, self.namespace, name);
        it.entry("metadata.labels").map_mut().insert("kubernetes.io/bootstrapping", "rbac-defaults");
        it.entry("metadata.annotations").map_mut().insert("rbac.authorization.kubernetes.io/autoupdate", "true");
        it
    }

    fn role(&self) -> Object {
        let mut role = self.object("Role", &self.name);
        for label in &self.labels {
            role.entry("metadata.labels").map_mut().insert(format!("{AGGREGATE}{label}"), "true");
        }
        if let Some(label) = self.selects {
            let mut selector = Value::map();
            selector.entry("matchLabels").map_mut().insert(format!("{AGGREGATE}{label}"), "true");
            role.set("aggregationRule.clusterRoleSelectors", Value::from(vec![selector]));
        }
        let rules: Value = self.rules.iter().map(Rule::to_value).collect();
        role.set("rules", if self.selects.is_some() { Value::Null } else { rules });
        role
    }

    fn binding(&self) -> Option<Object> {
        let subjects = self.subjects.as_ref()?;
        let name = if self.binding.is_empty() { &self.name } else { &self.binding };
        let mut binding = self.object("RoleBinding", name);
        let kind = if self.namespace.is_empty() { "ClusterRole" } else { "Role" };
        let role = [("apiGroup", GROUP.into()), ("kind", kind.into()), ("name", self.name.as_str().into())];
        binding.set("roleRef", Value::from(role));
        if !subjects.is_empty() {
            binding.set("subjects", subjects.iter().map(|it| subject(it)).collect::<Value>());
        }
        Some(binding)
    }
}

/// `user:NAME`, `group:NAME`, `account:NAME`, or the name of an account alone.
fn subject(text: &str) -> Value {
    for (prefix, kind) in [("user:", "User"), ("group:", "Group")] {
        if let Some(name) = text.strip_prefix(prefix) {
            return Value::from([("apiGroup", GROUP.into()), ("kind", kind.into()), ("name", name.into())]);
        }
    }
    let name = text.strip_prefix("account:").unwrap_or(text);
    Value::from([("kind", "ServiceAccount".into()), ("name", name.into()), ("namespace", ACCOUNTS_IN.into())])
}

fn rule(groups: &str, resources: &str, verbs: &str, names: &str) -> Rule {
    let groups = sorted(groups.split(',').map(|it| if it == "core" { "" } else { it }));
    let names = names.strip_prefix('@').map(list).unwrap_or_default();
    Rule { groups, resources: list(resources), urls: Vec::new(), names, verbs: self::verbs(verbs) }
}

/// Verbs, some of which may stand for several.
fn verbs(text: &str) -> Vec<Text> {
    sorted(text.split(',').flat_map(|it| meaning(it).split(',')))
}

fn meaning(word: &str) -> &str {
    match word {
        "READ" => "get,list,watch",
        "WATCH" => "list,watch",
        "WRITE" => "create,update,patch,delete,deletecollection",
        "ALL" => "get,list,watch,create,update,patch,delete,deletecollection",
        other => other,
    }
}

fn list(text: &str) -> Vec<Text> {
    sorted(text.split(','))
}

/// The order that upstream's builder of rules gives every list.
fn sorted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<Text> {
    let mut words: Vec<Text> = words.map(Text::new).collect();
    words.order();
    words
}

#[cfg(test)]
mod tests;
