//! Custom resources: what a stored `CustomResourceDefinition` makes of the API.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver`, `pkg/registry/customresource`. A definition is read when it has
//! changed; what it says about one version is a [`Custom`], which belongs to the registration of that version and answers in
//! place of the functions that a built-in resource declares.

mod columns;
pub(crate) mod conversion;
pub(crate) mod declared_defaults;
mod defaults;
mod definition;
pub mod establish;
mod formats;
mod prune;
mod rules;
mod scale;
mod validate;
mod versions;

pub use columns::Column;
pub(crate) use conversion::Converter;
pub(crate) use definition::{Customs, served_by};
pub(crate) use scale::Paths;
pub(crate) use validate::compile as compile_pattern;
pub use versions::by_priority;

use crate::api::{Errors, Scope, Status, resources};
use crate::cel::rules::{Rules, compiled};
use crate::model::decode::{Decoded, decode};
use crate::model::jsonpath::{Template, show};
use crate::model::schema::{Schema, TypeId};
use crate::model::{Object, ResourceName, Text, Value};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The resource of the definitions.
pub const DEFINITIONS: ResourceName = ResourceName::of("customresourcedefinitions.apiextensions.k8s.io");

/// Whether clients reach a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    /// They do.
    Open,
    /// It is only stored: the cluster itself knows it.
    Closed,
}

/// One version of a custom resource.
#[derive(Debug)]
pub struct Custom {
    /// The `apiVersion` of this version.
    api_version: Text,
    /// The `apiVersion` in which objects are stored.
    pub(crate) stored_as: Text,
    /// `openAPIV3Schema`.
    pub(crate) schema: Value,
    /// The webhook that converts between versions; `None` if only their names differ.
    pub(crate) converter: Option<Converter>,
    /// The columns of `kubectl get` after NAME.
    pub columns: Vec<Column>,
    /// Where the subresource `scale` finds its numbers.
    pub(crate) scale: Option<Paths>,
    /// Whether clients reach it.
    route: Route,
    /// True if nothing is pruned.
    preserves: bool,
    /// True while the definition waits for its objects to go: there are no new ones.
    pub(crate) terminating: bool,
    has_defaults: bool,
    types: (Schema, TypeId),
    patterns: BTreeMap<Text, Regex>,
    selectable: Vec<(Text, Template)>,
    /// Compiled when an object is first held against them.
    rules: OnceLock<Arc<Rules>>,
    /// The revision of the definition.
    revision: u64,
}

/// True for the name of a resource that definitions cannot take over.
pub(crate) fn is_built_in(name: &ResourceName) -> bool {
    resources::find(name).is_some()
}

/// The resource and scope of a custom kind, from the definitions alone; `None` if none of them declares it.
pub(crate) fn find_kind<'a>(
    definitions: impl Iterator<Item = &'a Object>,
    api_version: &str,
    kind: &str,
) -> Option<(ResourceName, Scope)> {
    let (group, version) = api_version.split_once('/')?;
    let declares = |it: &&Object| {
        let versions = it.at("spec.versions").items();
        it.at("spec.group").str() == group
            && it.at("status.acceptedNames.kind").str() == kind
            && versions.iter().any(|it| it.get("name").str() == version && it.get("served").is_true())
            && establish::is_established(it)
    };
    let mut definitions = definitions;
    let found = definitions.find(declares)?;
    let name = ResourceName::new(found.at("status.acceptedNames.plural").str(), group);
    (!is_built_in(&name)).then(|| (name, definition::scope_of(found)))
}

impl Custom {
    /// The definition's types, for server-side apply and `explain`.
    pub fn type_of(&self) -> (&Schema, TypeId) {
        (&self.types.0, self.types.1)
    }

    /// `openAPIV3Schema`.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// True if fields that the schema does not know stay.
    pub fn preserves_unknown(&self) -> bool {
        self.preserves
    }

    /// True while the definition is to go.
    pub fn is_terminating(&self) -> bool {
        self.terminating
    }

    /// Reads what a client sent: metadata as of every object, the rest by the schema; what it does not know goes.
    pub(crate) fn decode(&self, object: &Object) -> Decoded {
        let mut decoded = Decoded { value: object.0.clone(), ..Decoded::default() };
        if !self.preserves {
            prune::prune(&mut decoded.value, &self.schema, &mut decoded.unknown);
        }
        let metadata = object.metadata();
        if let (false, Some(id)) = (metadata.is_null(), Schema::get().type_named("meta.v1.ObjectMeta")) {
            let inner = decode(metadata, id);
            let unknown = inner.unknown.iter().map(|it| it.replacen('"', "\"metadata.", 1));
            decoded.unknown.extend(unknown);
            decoded.error = inner.error;
            decoded.value.set("metadata", inner.value);
        }
        decoded
    }

    /// Fills in the schema's defaults.
    pub(crate) fn fill(&self, object: &mut Object) {
        defaults::fill(&mut object.0, &self.schema);
    }

    /// `a.b/v1`.
    pub(crate) fn api_version(&self) -> &Text {
        &self.api_version
    }

    /// The object in the version that is stored; as it is where a webhook converts, which happens when it is written.
    pub(crate) fn to_stored(&self, object: Object) -> Object {
        if self.converter.is_some() {
            return object;
        }
        renamed(object, &self.stored_as)
    }

    /// A stored object in this version; fields that got a default since it was stored have it.
    pub(crate) fn of_stored(&self, object: Object) -> Object {
        if self.converter.is_some() && (self.stored_as != self.api_version || object.api_version() != self.api_version)
        {
            return object;
        }
        let mut object = renamed(object, &self.api_version);
        if self.has_defaults && object.api_version() == self.api_version {
            self.fill(&mut object);
        }
        object
    }

    /// Finds what is wrong with a new object, or with what `old` has become; what did not change is not looked at again.
    ///
    /// Gives what is only warned of, because it was as wrong before.
    pub(crate) fn validate(&self, new: &Object, old: Option<&Object>, errors: &mut Errors) -> Vec<String> {
        let before = errors.0.len();
        validate::validate(new, old, self, errors);
        scale::validate(new, self.scale.as_ref(), errors);
        let blocked = errors.0[before..].iter().any(|it| rules::BLOCKING.contains(&it.reason));
        let rules = self.rules.get_or_init(|| compiled(&self.schema));
        rules::check(rules, (&new.0, old.map(|it| &it.0)), blocked, errors)
    }

    /// The value of a selectable field; `None` if there is no such field.
    pub(crate) fn selected(&self, object: &Object, field: &str) -> Option<Text> {
        let (_, path) = self.selectable.iter().find(|(name, _)| name == field)?;
        Some(path.find(&object.0).first().filter(|it| !it.is_null()).map_or_else(Text::default, |it| show(it).into()))
    }

    /// True if there are selectable fields.
    pub(crate) fn has_selectable(&self) -> bool {
        !self.selectable.is_empty()
    }

    /// Refuses new objects of a definition that is to go.
    ///
    /// # Errors
    /// 405, as upstream has it.
    pub(crate) fn admit_create(&self) -> Result<(), Status> {
        if self.terminating {
            return Err(Status::method_not_allowed(
                "create not allowed while custom resource definition is terminating",
            ));
        }
        Ok(())
    }
}

/// An object of another kind, as the subresource `scale` answers it, stays as it is.
fn renamed(mut object: Object, api_version: &Text) -> Object {
    let group = |it: &str| it.split_once('/').map(|(group, _)| group.to_owned());
    if object.api_version() != api_version && group(object.api_version()) == group(api_version) {
        object.set("apiVersion", api_version);
    }
    object
}

/// The schema of a field of a value with this schema: null if there is none, true if anything goes.
fn below<'s>(schema: &'s Value, field: &str) -> &'s Value {
    let own = schema.get("properties").get(field);
    if own.is_null() { schema.get("additionalProperties") } else { own }
}

/// True if unknown fields of values with this schema stay.
fn keeps_unknown(schema: &Value) -> bool {
    schema.get("x-kubernetes-preserve-unknown-fields").is_true() || schema.get("additionalProperties").is_true()
}

#[cfg(test)]
mod conversion_tests;
#[cfg(test)]
mod tests;
