//! A rule of a role: what it lets through, and what a set of rules covers of another.
//!
//! Upstream: `pkg/apis/rbac/v1/evaluation_helpers.go`, `k8s.io/component-helpers/auth/rbac/validation`,
//! `pkg/registry/rbac/validation/{rule,policy_compact}.go`.

use crate::api::authorization::attributes::{Attributes, What};
use crate::model::{Text, Value};
use std::collections::{BTreeMap, BTreeSet};

/// An entry of `rules`, read once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// `apiGroups`.
    pub groups: Vec<Text>,
    /// `resources`.
    pub resources: Vec<Text>,
    /// `nonResourceURLs`.
    pub urls: Vec<Text>,
    /// `resourceNames`; empty for every name.
    pub names: Vec<Text>,
    /// `verbs`.
    pub verbs: Vec<Text>,
}

impl Rule {
    /// Reads one entry.
    pub fn read(value: &Value) -> Self {
        let list = |field: &str| value.get(field).items().iter().map(Value::text).collect();
        Self {
            groups: list("apiGroups"),
            resources: list("resources"),
            urls: list("nonResourceURLs"),
            names: list("resourceNames"),
            verbs: list("verbs"),
        }
    }

    /// Reads the `rules` of a role.
    pub fn read_all(role: &Value) -> Vec<Self> {
        role.get("rules").items().iter().map(Self::read).collect()
    }

    /// The entry as the API has it.
    pub fn to_value(&self) -> Value {
        let mut it = Value::map();
        let parts = [
            ("apiGroups", &self.groups),
            ("resources", &self.resources),
            ("nonResourceURLs", &self.urls),
            ("resourceNames", &self.names),
            ("verbs", &self.verbs),
        ];
        for (field, words) in parts.into_iter().filter(|(_, words)| !words.is_empty()) {
            it.set(field, words.iter().collect::<Value>());
        }
        it
    }

    /// True if it allows what is asked.
    pub fn allows(&self, asked: &Attributes<'_>) -> bool {
        if !has(&self.verbs, asked.verb) {
            return false;
        }
        match &asked.what {
            What::Path(path) => self.urls.iter().any(|it| url_covers(it, path)),
            What::Resource(it) => {
                has(&self.groups, it.group)
                    && (self.names.is_empty() || self.names.iter().any(|name| name == it.name))
                    && self.resources.iter().any(|own| resource_matches(own, it.resource, it.subresource))
            }
        }
    }

    /// The smallest rules that say the same together: one verb, one resource, one name each.
    fn parts(&self) -> Vec<Self> {
        let one = |word: &Text| vec![word.clone()];
        let mut parts = Vec::new();
        for verb in &self.verbs {
            for (group, resource) in
                self.groups.iter().flat_map(|it| self.resources.iter().map(move |other| (it, other)))
            {
                let part = Self { groups: one(group), resources: one(resource), verbs: one(verb), ..Self::default() };
                if self.names.is_empty() {
                    parts.push(part);
                } else {
                    parts.extend(self.names.iter().map(|name| Self { names: one(name), ..part.clone() }));
                }
            }
            parts.extend(self.urls.iter().map(|url| Self { urls: one(url), verbs: one(verb), ..Self::default() }));
        }
        parts
    }

    /// True if it allows all that `part`, one of [`Rule::parts`], allows.
    fn covers(&self, part: &Self) -> bool {
        let all = |own: &[Text], wanted: &[Text]| has(own, "*") || wanted.iter().all(|it| own.contains(it));
        let resources = part.resources.iter().all(|it| {
            let (resource, sub) = it.split_once('/').unwrap_or((it, ""));
            self.resources.iter().any(|own| resource_matches(own, resource, sub))
        });
        let names =
            self.names.is_empty() || (!part.names.is_empty() && part.names.iter().all(|it| self.names.contains(it)));
        let urls = part.urls.iter().all(|url| self.urls.iter().any(|own| url_covers(own, url)));
        all(&self.verbs, &part.verbs) && all(&self.groups, &part.groups) && resources && names && urls
    }

    /// `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`.
    fn to_text(&self) -> String {
        let parts = [
            ("APIGroups", &self.groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.urls),
            ("ResourceNames", &self.names),
            ("Verbs", &self.verbs),
        ];
        let shown = parts.into_iter().filter(|(_, words)| !words.is_empty());
        let shown: Vec<String> = shown.map(|(name, words)| format!("{name}:{}", quoted(words))).collect();
        format!("{{{}}}", shown.join(", "))
    }

    fn is_simple(&self) -> bool {
        self.names.is_empty() && self.urls.is_empty() && self.groups.len() == 1 && self.resources.len() == 1
    }
}

/// The parts of `wanted` that `own` does not cover.
pub(crate) fn missing(own: &[Rule], wanted: &[Rule]) -> Vec<Rule> {
    let parts = wanted.iter().flat_map(Rule::parts);
    parts.filter(|part| !own.iter().any(|rule| rule.covers(part))).collect()
}

/// Rules in upstream's short form, a line each, verbs of the same resource together.
pub(crate) fn shown(rules: Vec<Rule>) -> String {
    let mut simple: BTreeMap<(Vec<Text>, Vec<Text>), Rule> = BTreeMap::new();
    let mut lines = BTreeSet::new();
    for rule in rules {
        if !rule.is_simple() {
            lines.insert(rule.to_text());
            continue;
        }
        match simple.get_mut(&(rule.groups.clone(), rule.resources.clone())) {
            Some(found) => found.verbs.extend(rule.verbs),
            None => {
                simple.insert((rule.groups.clone(), rule.resources.clone()), rule);
            }
        }
    }
    lines.extend(simple.values().map(Rule::to_text));
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

/// `["a" "b"]`, as Go prints a list of strings with `%q`.
pub(crate) fn quoted(words: &[Text]) -> String {
    let words: Vec<String> = words.iter().map(|it| format!("\"{it}\"")).collect();
    format!("[{}]", words.join(" "))
}

fn has(own: &[Text], word: &str) -> bool {
    own.iter().any(|it| it == word || it == "*")
}

/// True if `own`, such as `pods`, `pods/log`, `*/scale` or `*`, is about a resource and its part.
fn resource_matches(own: &str, resource: &str, subresource: &str) -> bool {
    match own.split_once('/') {
        _ if own == "*" => true,
        None => subresource.is_empty() && own == resource,
        Some((whole, part)) => !subresource.is_empty() && part == subresource && (whole == "*" || whole == resource),
    }
}

fn url_covers(own: &str, url: &str) -> bool {
    own == "*" || own == url || (own.ends_with('*') && url.starts_with(own.trim_end_matches('*')))
}
