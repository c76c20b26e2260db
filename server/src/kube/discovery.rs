//! What the server serves, told to clients: `/api`, `/apis` and below, in the old and in the aggregated form.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/discovery`, `discovery/aggregated`. All of it follows from the registrations.

use std::sync::{Arc, Mutex, PoisonError};

use shared::api::custom::by_priority;
use shared::api::{Registration, Registry, Scope};
use shared::model::{Text, Value};

use super::route::{resource_verbs, subresource_verbs};
use super::usage;
use crate::host::Host;

/// Groups in the order of upstream's discovery; others follow in their own order.
const GROUP_ORDER: &[&str] = &[
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
];

/// A group and its versions, the preferred one first.
struct Group {
    name: Text,
    versions: Vec<Text>,
}

/// Everything that is served at a moment.
pub(crate) struct Served {
    /// Which edition of the registry it is of.
    edition: u64,
    all: Vec<Arc<Registration>>,
}

/// What a host serves now, once for all who ask.
#[derive(Default)]
pub(crate) struct Newest(Mutex<Option<Arc<Served>>>);

impl Newest {
    /// The same as before, unless a definition has changed since.
    pub(crate) fn of(&self, host: &Host) -> Arc<Served> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        host.look(|cluster| {
            let registry = cluster.api().registry();
            match &*kept {
                Some(served) if served.edition == registry.edition() => served.clone(),
                _ => kept.insert(Arc::new(Served::of(registry))).clone(),
            }
        })
    }
}

impl Served {
    /// What a registry holds.
    pub(crate) fn of(registry: &Registry) -> Self {
        Self { edition: registry.edition(), all: registry.all().cloned().collect() }
    }

    /// Every group but the core's, in order.
    fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for it in self.all.iter().filter(|it| !it.group.is_empty()) {
            match groups.iter_mut().find(|group| group.name == it.group) {
                Some(group) if group.versions.contains(&it.version) => {}
                Some(group) => group.versions.push(it.version.clone()),
                None => groups.push(Group { name: it.group.clone(), versions: vec![it.version.clone()] }),
            }
        }
        for group in &mut groups {
            group.versions.sort_by(|a, b| by_priority(a, b));
        }
        groups.push(Group { name: Text::new_static(usage::GROUP), versions: vec![Text::new_static(usage::VERSION)] });
        groups.sort_by_key(|it| GROUP_ORDER.iter().position(|name| *name == it.name).unwrap_or(usize::MAX));
        groups
    }

    /// Every API version with a route: `v1`, `apps/v1`, … for the OpenAPI documents.
    pub(crate) fn group_versions(&self) -> Vec<(Text, Text)> {
        let groups = self.groups().into_iter();
        let others = groups.flat_map(|group| group.versions.into_iter().map(move |it| (group.name.clone(), it)));
        let all = std::iter::once((Text::default(), Text::new_static("v1"))).chain(others);
        all.filter(|(group, _)| *group != usage::GROUP).collect()
    }

    /// Every registration.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Registration> {
        self.all.iter().map(|it| &**it)
    }

    /// The resources of a version.
    pub(crate) fn resources_of(&self, group: &str, version: &str) -> impl Iterator<Item = &Registration> {
        self.all().filter(move |it| it.group == group && it.version == version)
    }

    /// The old document at a path; `None` if there is none.
    pub(crate) fn document(&self, path: &str, host: &str) -> Option<Value> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match parts[..] {
            ["api"] => Some(versions(host)),
            ["api", "v1"] => self.resource_list("", "v1"),
            ["apis"] => Some(self.group_list()),
            ["apis", group] => {
                let found = self.groups().into_iter().find(|it| it.name == group)?;
                let mut whole = Value::from([("kind", "APIGroup".into()), ("apiVersion", "v1".into())]);
                for (field, value) in group_value(&found).fields() {
                    whole.set(field, value);
                }
                Some(whole)
            }
            ["apis", group, version] => self.resource_list(group, version),
            _ => None,
        }
    }

    fn group_list(&self) -> Value {
        let groups: Value = self.groups().iter().map(group_value).collect();
        Value::from([("kind", "APIGroupList".into()), ("apiVersion", "v1".into()), ("groups", groups)])
    }

    fn resource_list(&self, group: &str, version: &str) -> Option<Value> {
        let mut all: Vec<Value> = self.resources_of(group, version).flat_map(resource_values).collect();
        if (group, version) == (usage::GROUP, usage::VERSION) {
            all.extend(usage::RESOURCES.map(usage_values));
        }
        if all.is_empty() {
            return None;
        }
        all.sort_by(|a, b| a.get("name").str().cmp(b.get("name").str()));
        let whole = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        Some(Value::from([
            ("kind", "APIResourceList".into()),
            ("apiVersion", "v1".into()),
            ("groupVersion", whole.into()),
            ("resources", all.into()),
        ]))
    }

    /// The aggregated document of `/api` or `/apis`.
    pub(crate) fn aggregated(&self, path: &str) -> Option<Value> {
        let items: Value = match path.trim_matches('/') {
            "api" => [Value::from([
                ("metadata", Value::map()),
                ("versions", [self.aggregated_version("", "v1")].into_iter().collect()),
            ])]
            .into_iter()
            .collect(),
            "apis" => self.groups().iter().map(|it| self.aggregated_group(it)).collect(),
            _ => return None,
        };
        Some(Value::from([
            ("kind", "APIGroupDiscoveryList".into()),
            ("apiVersion", "apidiscovery.k8s.io/v2".into()),
            ("metadata", Value::map()),
            ("items", items),
        ]))
    }

    fn aggregated_group(&self, group: &Group) -> Value {
        let versions = group.versions.iter().map(|version| self.aggregated_version(&group.name, version));
        let metadata = Value::from([("name", (&group.name).into())]);
        Value::from([("metadata", metadata), ("versions", versions.collect())])
    }

    fn aggregated_version(&self, group: &str, version: &str) -> Value {
        let mut found: Vec<_> = self.resources_of(group, version).collect();
        found.sort_by(|a, b| a.plural.cmp(&b.plural));
        let mut all: Vec<Value> = found.into_iter().map(aggregated_resource).collect();
        if (group, version) == (usage::GROUP, usage::VERSION) {
            all.extend(usage::RESOURCES.map(aggregated_usage));
        }
        Value::from([("version", version.into()), ("resources", all.into()), ("freshness", "Current".into())])
    }
}

fn versions(host: &str) -> Value {
    let address = Value::from([("clientCIDR", "0.0.0.0/0".into()), ("serverAddress", host.into())]);
    Value::from([
        ("kind", "APIVersions".into()),
        ("versions", ["v1"].into_iter().collect()),
        ("serverAddressByClientCIDRs", [address].into_iter().collect()),
    ])
}

fn group_value(group: &Group) -> Value {
    let version = |version: &Text| {
        let whole = format!("{}/{version}", group.name);
        Value::from([("groupVersion", whole.into()), ("version", version.into())])
    };
    Value::from([
        ("name", (&group.name).into()),
        ("versions", group.versions.iter().map(version).collect()),
        ("preferredVersion", group.versions.first().map(version).into()),
    ])
}

/// A resource and its subresources in the old form.
fn resource_values(it: &Registration) -> Vec<Value> {
    let namespaced = it.scope == Scope::Namespaced;
    let mut own = Value::from([
        ("name", (&it.plural).into()),
        ("singularName", (&it.singular).into()),
        ("namespaced", namespaced.into()),
        ("kind", (&it.kind).into()),
        ("verbs", resource_verbs(it).iter().copied().collect()),
        ("storageVersionHash", storage_hash(it).into()),
    ]);
    for (field, words) in [("shortNames", &it.short_names), ("categories", &it.categories)] {
        if !words.is_empty() {
            own.set(field, words.iter().collect::<Value>());
        }
    }
    let subresources = it.subresources.iter().map(|subresource| {
        let (group, version, kind) = subresource_kind(it, subresource);
        let mut value = Value::from([
            ("name", format!("{}/{subresource}", it.plural).into()),
            ("singularName", "".into()),
            ("namespaced", namespaced.into()),
            ("kind", kind.into()),
            ("verbs", subresource_verbs(subresource).iter().copied().collect()),
        ]);
        if group != it.group || version != it.version {
            value.set("group", group);
            value.set("version", version);
        }
        value
    });
    std::iter::once(own).chain(subresources).collect()
}

/// A resource of the metrics API in the old form.
fn usage_values((plural, kind, namespaced): (&str, &str, bool)) -> Value {
    Value::from([
        ("name", plural.into()),
        ("singularName", "".into()),
        ("namespaced", namespaced.into()),
        ("kind", kind.into()),
        ("verbs", usage::VERBS.into_iter().collect()),
    ])
}

/// The same in the aggregated form.
fn aggregated_usage((plural, kind, namespaced): (&str, &str, bool)) -> Value {
    let response = [("group", "".into()), ("version", "".into()), ("kind", kind.into())];
    Value::from([
        ("resource", plural.into()),
        ("responseKind", Value::from(response)),
        ("scope", if namespaced { "Namespaced" } else { "Cluster" }.into()),
        ("singularResource", "".into()),
        ("verbs", usage::VERBS.into_iter().collect()),
    ])
}

/// A word that tells two storage versions apart, as upstream has one.
fn storage_hash(it: &Registration) -> String {
    let mut hash = shared::model::Fnv::default();
    hash.write(format!("{}/{}/{}", it.group, it.version, it.kind).as_bytes());
    shared::api::base64::encode(&hash.0.to_be_bytes())
}

/// Group, version and kind of what a subresource reads and writes.
fn subresource_kind<'a>(it: &'a Registration, subresource: &str) -> (&'a str, &'a str, &'a str) {
    match subresource {
        "scale" => ("autoscaling", "v1", "Scale"),
        "eviction" => ("policy", "v1", "Eviction"),
        "token" => ("authentication.k8s.io", "v1", "TokenRequest"),
        "binding" => ("", "v1", "Binding"),
        "exec" => ("", "v1", "PodExecOptions"),
        "attach" => ("", "v1", "PodAttachOptions"),
        "portforward" => ("", "v1", "PodPortForwardOptions"),
        _ => (&it.group, &it.version, &it.kind),
    }
}

fn aggregated_resource(it: &Registration) -> Value {
    let kind = |(group, version, kind): (&str, &str, &str)| {
        let core = group.is_empty() || group == it.group;
        let (group, version) = if core { ("", "") } else { (group, version) };
        Value::from([("group", group.into()), ("version", version.into()), ("kind", kind.into())])
    };
    let mut value = Value::from([
        ("resource", (&it.plural).into()),
        ("responseKind", kind((&it.group, &it.version, &it.kind))),
        ("scope", if it.scope == Scope::Namespaced { "Namespaced" } else { "Cluster" }.into()),
        ("singularResource", (&it.singular).into()),
        ("verbs", resource_verbs(it).iter().copied().collect()),
    ]);
    for (field, words) in [("shortNames", &it.short_names), ("categories", &it.categories)] {
        if !words.is_empty() {
            value.set(field, words.iter().collect::<Value>());
        }
    }
    let mut names: Vec<&str> = it.subresources.iter().map(Text::as_str).collect();
    names.sort_unstable();
    if !names.is_empty() {
        let subresource = |name: &str| {
            Value::from([
                ("subresource", name.into()),
                ("responseKind", kind(subresource_kind(it, name))),
                ("verbs", subresource_verbs(name).iter().copied().collect()),
            ])
        };
        value.set("subresources", names.into_iter().map(subresource).collect::<Value>());
    }
    value
}
