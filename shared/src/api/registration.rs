//! What a cluster serves: the built-in resources, and the custom ones that its definitions declare.
//!
//! A built-in resource is declared once and for all as a [`Resource`]. What a request meets is a [`Registration`]: the names by
//! which a resource is served, owned, and the functions of its declaration behind them. The registry of an API server holds
//! those of its own custom resources; they are read again from the stored definitions when one changes.

use crate::api::{Errors, Resource, Scope, Status, resources};
use crate::model::schema::TypeId;
use crate::model::{Object, ResourceName, Schema, Text};
use crate::store::Store;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

#[cfg(feature = "every-kind")]
use crate::api::{
    Target,
    custom::{Custom, Customs},
};

/// One version of a resource as it is served.
///
/// The names are its own; everything else is read through it from the declaration.
pub struct Registration {
    /// `apps`; empty for core.
    pub group: Text,
    /// `v1`.
    pub version: Text,
    /// `Deployment`.
    pub kind: Text,
    /// `DeploymentList`.
    pub list_kind: Text,
    /// `deployments`.
    pub plural: Text,
    /// `deployment`.
    pub singular: Text,
    /// `deploy`.
    pub short_names: Vec<Text>,
    /// `all`.
    pub categories: Vec<Text>,
    /// Whether its objects live in namespaces.
    pub scope: Scope,
    /// `status`, `scale`, …
    pub subresources: Vec<Text>,
    /// What every answer warns of; empty for all but a few.
    pub deprecated: Text,
    pub(crate) declared: &'static Resource,
    /// What only a custom resource has.
    #[cfg(feature = "every-kind")]
    pub(crate) custom: Option<Custom>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.api_version(), self.kind)
    }
}

impl Deref for Registration {
    type Target = Resource;

    fn deref(&self) -> &Resource {
        self.declared
    }
}

impl Registration {
    /// What a declaration says.
    pub fn built_in(it: &'static Resource) -> Self {
        let texts = |all: &[&'static str]| all.iter().map(|it| Text::new_static(it)).collect();
        Self {
            group: Text::new_static(it.group),
            version: Text::new_static(it.version),
            kind: Text::new_static(it.kind),
            list_kind: format!("{}List", it.kind).into(),
            plural: Text::new_static(it.plural),
            singular: Text::new_static(it.singular),
            short_names: texts(it.short_names),
            categories: texts(it.categories),
            scope: it.scope,
            subresources: texts(it.subresources),
            deprecated: Text::new_static(it.deprecated),
            declared: it,
            #[cfg(feature = "every-kind")]
            custom: None,
        }
    }

    /// `deployments.apps`.
    pub fn name(&self) -> ResourceName {
        ResourceName::new(&self.plural, &self.group)
    }

    /// `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The resource whose table holds the objects: its own, but for a few.
    pub fn stored_name(&self) -> ResourceName {
        self.kept_as.map_or_else(|| self.name(), |it| ResourceName::of(it.resource))
    }

    /// `Deployment.apps`, or the kind alone in the core group.
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() { self.kind.to_string() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// True if `subresource` may be asked for.
    pub fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|it| it == subresource)
    }

    /// True if a definition declares it.
    pub fn is_custom(&self) -> bool {
        #[cfg(feature = "every-kind")]
        return self.custom.is_some();
        #[cfg(not(feature = "every-kind"))]
        false
    }

    /// What a definition says of it; `None` for a built-in resource.
    #[cfg(feature = "every-kind")]
    pub fn custom(&self) -> Option<&Custom> {
        self.custom.as_ref()
    }

    /// True if a webhook converts its objects between versions.
    pub fn converts(&self) -> bool {
        #[cfg(feature = "every-kind")]
        return self.custom.as_ref().is_some_and(|it| it.converter.is_some());
        #[cfg(not(feature = "every-kind"))]
        false
    }

    /// The object as it is stored, which for a few resources is another one's form.
    pub(crate) fn to_stored(&self, object: Object) -> Object {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return custom.to_stored(object);
        }
        match self.kept_as {
            Some(conversion) if object.api_version() != conversion.api_version => (conversion.to_stored)(object),
            Some(_) | None => object,
        }
    }

    /// A stored object in the form of this resource.
    pub(crate) fn of_stored(&self, object: Object) -> Object {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return custom.of_stored(object);
        }
        match self.kept_as {
            Some(conversion) => (conversion.from_stored)(object),
            None => object,
        }
    }

    /// True if objects of that `apiVersion` are this resource's in the store.
    pub(crate) fn is_stored_version(&self, version: &str) -> bool {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return custom.stored_as == version && custom.converter.is_none();
        }
        self.kept_as.is_some_and(|it| it.api_version == version)
    }

    /// Refuses new objects while the resource itself is about to go.
    ///
    /// # Errors
    /// 405, as upstream has it.
    pub fn admit_create(&self) -> Result<(), Status> {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return custom.admit_create();
        }
        Ok(())
    }

    /// Fills in what the user left out.
    pub(crate) fn fill(&self, object: &mut Object) {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return custom.fill(object);
        }
        (self.default)(object);
    }

    /// Finds what is wrong with a new object, or with a change of `old`; gives what is only warned of.
    pub(crate) fn check(&self, new: &Object, old: Option<&Object>, errors: &mut Errors) -> Vec<String> {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return custom.validate(new, old, errors);
        }
        match old {
            None => (self.validate)(new, errors),
            Some(old) => (self.validate_update)(new, old, errors),
        }
        Vec::new()
    }

    /// Finds what is wrong with a change of the status; gives what is only warned of.
    pub(crate) fn check_status(&self, new: &Object, old: &Object, errors: &mut Errors) -> Vec<String> {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return custom.validate(new, Some(old), errors);
        }
        (self.validate_status)(new, old, errors);
        Vec::new()
    }

    /// The schema and type of an object that is merged field by field; `None` if there is none.
    pub(crate) fn type_of(&self, object: &Object) -> Option<(&Schema, TypeId)> {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return Some(custom.type_of());
        }
        let (schema, _) = (Schema::get(), self);
        Some((schema, schema.find(object.api_version(), object.kind())?))
    }

    /// The value of a field that field selectors may name; `None` if they may not.
    pub(crate) fn selected(&self, object: &Object, field: &str) -> Option<Text> {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return custom.selected(object, field);
        }
        self.selectable.iter().find(|(name, _)| *name == field).map(|(_, read)| read(object))
    }

    /// True if field selectors may name a field beside name and namespace.
    pub(crate) fn has_selectable(&self) -> bool {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = &self.custom {
            return custom.has_selectable();
        }
        !self.selectable.is_empty()
    }
}

/// Every built-in resource; where a resource has several versions, the preferred one comes first.
static BUILT_IN: LazyLock<Vec<Arc<Registration>>> =
    LazyLock::new(|| resources::all().map(|it| Arc::new(Registration::built_in(it))).collect());

/// What one API server serves.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    #[cfg(feature = "every-kind")]
    customs: Customs,
}

impl Registry {
    /// The registration of a resource in a version; without that version, the preferred one.
    pub fn find_version(&self, name: &ResourceName, version: &str) -> Option<Arc<Registration>> {
        let (plural, group) = (name.plural(), name.group());
        let mut named = BUILT_IN.iter().filter(|it| it.plural == plural && it.group == group);
        let first = named.next();
        let found = match first {
            Some(first) if first.version != version => named.find(|it| it.version == version).or(Some(first)),
            Some(_) | None => first,
        };
        #[cfg(feature = "every-kind")]
        let found = found.or_else(|| self.customs.find_version(name, version));
        found.cloned()
    }

    /// True if a webhook converts the objects of what a request is about.
    #[cfg(feature = "every-kind")]
    pub(crate) fn converts(&self, target: &Target) -> bool {
        self.customs.any_converts()
            && self.customs.find_version(&target.resource, &target.version).is_some_and(|it| it.converts())
    }

    /// The registration that serves exactly this group, version and plural.
    pub fn served(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Registration>> {
        self.all().find(|it| it.plural == plural && it.group == group && it.version == version).cloned()
    }

    /// The registration of a kind: `find_kind("apps/v1", "Deployment")`.
    pub fn find_kind(&self, api_version: &str, kind: &str) -> Option<Arc<Registration>> {
        self.all().find(|it| it.kind == kind && it.api_version() == api_version).cloned()
    }

    /// Everything that is served, the built-in resources first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Registration>> {
        let customs = std::iter::empty();
        #[cfg(feature = "every-kind")]
        let customs = customs.chain(self.customs.served());
        BUILT_IN.iter().chain(customs)
    }

    /// Changes when what is served changes: two equal ones serve the same.
    pub fn edition(&self) -> u64 {
        #[cfg(feature = "every-kind")]
        return self.customs.edition();
        #[cfg(not(feature = "every-kind"))]
        0
    }

    /// Reads the definitions again if one has changed.
    pub(crate) fn refresh(&mut self, store: &Store) {
        #[cfg(feature = "every-kind")]
        self.customs.refresh(store);
        #[cfg(not(feature = "every-kind"))]
        let _ = (self, store);
    }
}
