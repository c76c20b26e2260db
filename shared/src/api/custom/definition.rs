//! The custom resources of one API server, read from its stored definitions.
//!
//! Upstream: `pkg/apiserver/customresource_handler.go` (`getOrCreateServingInfoFor`), `customresource_discovery_controller.go`.

use crate::api::custom::{
    Column, Converter, Custom, DEFINITIONS, Paths, Route, establish, is_built_in, validate, versions,
};
use crate::api::registry::Named;
use crate::api::resources::keep;
use crate::api::{Registration, Resource, Scope};
use crate::model::jsonpath::Template;
use crate::model::{Object, ResourceName, Schema, Text, Value};
use crate::store::Store;
use crate::trace::Revision;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The custom resources, by resource; of each the versions, the preferred one first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Customs {
    known: BTreeMap<ResourceName, Vec<Arc<Registration>>>,
    /// True if a webhook converts the objects of any of them.
    converts: bool,
    /// Up to where the store was looked through.
    seen: Revision,
    /// The revision at which the definitions were read last.
    read: Revision,
}

impl Customs {
    /// Reads the definitions again if one has changed.
    pub(crate) fn refresh(&mut self, store: &Store) {
        let newest = store.revision();
        if self.seen == newest {
            return;
        }
        let is_stale = self.seen > newest
            || match store.since(self.seen) {
                Ok(mut changes) => changes.any(|it| it.key.resource == DEFINITIONS),
                Err(_) => true,
            };
        if is_stale {
            self.known = read(store, &self.known);
            self.converts = self.known.values().flatten().any(|it| it.converts());
            self.read = newest;
        }
        self.seen = newest;
    }

    /// A resource in the version asked for, or else in its preferred one.
    pub(crate) fn find_version(&self, name: &ResourceName, version: &str) -> Option<&Arc<Registration>> {
        let all = self.known.get(name)?;
        all.iter().find(|it| it.version == version).or(all.first())
    }

    /// Every version that has a route.
    pub(crate) fn served(&self) -> impl Iterator<Item = &Arc<Registration>> {
        self.known.values().flatten().filter(|it| it.custom.as_ref().is_some_and(|it| it.route == Route::Open))
    }

    /// True if a webhook converts the objects of any of them.
    pub(crate) fn any_converts(&self) -> bool {
        self.converts
    }

    /// The revision at which the definitions were read last.
    pub(crate) fn edition(&self) -> u64 {
        self.read.0
    }
}

type Known = BTreeMap<ResourceName, Vec<Arc<Registration>>>;

/// Reads all definitions; what `before` holds of the same revision is taken over.
fn read(store: &Store, before: &Known) -> Known {
    let established = store.list(&DEFINITIONS).filter(|it| establish::is_established(it));
    let resources = established.filter_map(|definition| {
        let names = definition.at("status.acceptedNames");
        let name = ResourceName::new(names.get("plural").str(), definition.at("spec.group").str());
        if is_built_in(&name) {
            return None;
        }
        let revision = definition.resource_version();
        let kept = before.get(&name).filter(|all| all.iter().all(|it| revision_of(it) == Some(revision)));
        Some((name, kept.cloned().unwrap_or_else(|| versions_of(definition))))
    });
    resources.filter(|(_, versions)| !versions.is_empty()).collect()
}

fn revision_of(it: &Registration) -> Option<u64> {
    it.custom.as_ref().map(|it| it.revision)
}

/// The versions that are served, and the stored one; the served ones first.
fn versions_of(definition: &Object) -> Vec<Arc<Registration>> {
    let known = |it: &&Value| it.get("served").is_true() || it.get("storage").is_true();
    let mut known: Vec<&Value> = definition.at("spec.versions").items().iter().filter(known).collect();
    known.sort_by(|a, b| {
        let by_served = b.get("served").is_true().cmp(&a.get("served").is_true());
        by_served.then_with(|| versions::by_priority(a.get("name").str(), b.get("name").str()))
    });
    known.into_iter().map(|it| Arc::new(Registration::of_version(definition, it))).collect()
}

/// What an established definition has routes for, the preferred version first.
pub(crate) fn served_by(definition: &Object) -> impl Iterator<Item = Arc<Registration>> + use<> {
    let all = if establish::is_established(definition) { versions_of(definition) } else { Vec::new() };
    all.into_iter().filter(|it| it.custom.as_ref().is_some_and(|it| it.route == Route::Open))
}

/// Behind every custom resource: what does not depend on its definition.
static PLAIN: Resource = Resource {
    prepare_for_create: |it| it.set("metadata.generation", 1),
    prepare_for_update: next,
    prepare_for_status: keep_all_but_status,
    named: Named::First,
    ..Resource::NONE
};

/// The same for one whose status is a subresource.
static WITH_STATUS: Resource = Resource {
    prepare_for_create: |it| {
        it.remove("status");
        it.set("metadata.generation", 1);
    },
    prepare_for_update: |new, old| {
        keep(new, old, "status");
        next(new, old);
    },
    ..PLAIN
};

impl Registration {
    /// One version of a definition.
    fn of_version(definition: &Object, version: &Value) -> Self {
        let names = definition.at("status.acceptedNames");
        let texts = |field: &str| names.get(field).items().iter().map(Value::text).collect();
        let parts = version.get("subresources");
        let parts = ["scale", "status"].into_iter().filter(|it| !parts.get(it).is_null());
        let subresources: Vec<Text> = parts.map(Text::new_static).collect();
        let has_status = subresources.iter().any(|it| it == "status");
        Self {
            group: definition.at("spec.group").text(),
            version: version.get("name").text(),
            kind: names.get("kind").text(),
            list_kind: names.get("listKind").text(),
            plural: names.get("plural").text(),
            singular: names.get("singular").text(),
            short_names: texts("shortNames"),
            categories: texts("categories"),
            scope: scope_of(definition),
            subresources,
            deprecated: warning(definition, version),
            declared: if has_status { &WITH_STATUS } else { &PLAIN },
            custom: Some(Custom::of(definition, version)),
        }
    }
}

/// Where the objects of a definition live.
pub(super) fn scope_of(definition: &Object) -> Scope {
    if definition.at("spec.scope").str() == "Cluster" { Scope::Cluster } else { Scope::Namespaced }
}

/// What every answer of a deprecated version warns of.
fn warning(definition: &Object, version: &Value) -> Text {
    if !version.get("deprecated").is_true() {
        return Text::default();
    }
    let given = version.get("deprecationWarning").as_str().map(Text::new);
    given.unwrap_or_else(|| {
        let (group, name) = (definition.at("spec.group").str(), version.get("name").str());
        format!("{group}/{name} {} is deprecated", definition.at("spec.names.kind").str()).into()
    })
}

impl Custom {
    fn of(definition: &Object, version: &Value) -> Self {
        let (group, name) = (definition.at("spec.group").str(), version.get("name").str());
        let stored = definition.at("spec.versions").items().iter().find(|it| it.get("storage").is_true());
        let stored = stored.map_or(name, |it| it.get("name").str());
        let schema = version.at("schema.openAPIV3Schema").clone();
        let selectable = version.get("selectableFields").items().iter().filter_map(|it| {
            let path = it.get("jsonPath").str();
            Some((Text::new(path.trim_start_matches('.')), Template::parse_relaxed(path).ok()?))
        });
        Self {
            api_version: format!("{group}/{name}").into(),
            stored_as: format!("{group}/{stored}").into(),
            converter: Converter::read(definition),
            columns: Column::all(version.get("additionalPrinterColumns")),
            scale: Paths::read(version.at("subresources.scale")),
            route: if version.get("served").is_true() { Route::Open } else { Route::Closed },
            preserves: definition.at("spec.preserveUnknownFields").is_true(),
            terminating: definition.is_terminating(),
            has_defaults: has(&schema, "default"),
            types: Schema::of_open_api(definition.at("spec.names.kind").str(), &schema),
            patterns: validate::patterns(&schema),
            selectable: selectable.collect(),
            rules: OnceLock::new(),
            revision: definition.resource_version(),
            schema,
        }
    }
}

/// True if `word` is said anywhere in a schema; a property of that name may be taken for it.
fn has(schema: &Value, word: &str) -> bool {
    match schema {
        Value::Map(map) => map.iter().any(|(name, it)| name == word || has(it, word)),
        Value::List(list) => list.iter().any(|it| has(it, word)),
        _ => false,
    }
}

/// Everything but metadata makes a new generation.
fn next(new: &mut Object, old: &Object) {
    let without = |it: &Object| {
        let mut it = it.clone();
        it.remove("metadata");
        it.remove("apiVersion");
        it
    };
    let generation = old.generation() + i64::from(without(new) != without(old));
    if new.generation() != generation {
        new.set("metadata.generation", generation);
    }
}

fn keep_all_but_status(new: &mut Object, old: &Object) {
    let status = new.get("status").clone();
    let managed = new.metadata().get("managedFields").clone();
    let version = new.metadata().get("resourceVersion").clone();
    *new = old.clone();
    match status {
        Value::Null => drop(new.remove("status")),
        _ => new.set("status", status),
    }
    for (field, value) in [("metadata.managedFields", managed), ("metadata.resourceVersion", version)] {
        if !value.is_null() {
            new.set(field, value);
        }
    }
}
