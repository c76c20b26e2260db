//! What the server serves: kinds by plural, singular, short name, kind and category.
//!
//! Upstream: `k8s.io/client-go/restmapper` (shortcut expander, category expander, priority mapper).

#[cfg(feature = "every-kind")]
use crate::api::{
    Body, Registration, Request, Verb,
    custom::{DEFINITIONS, served_by},
};
use crate::api::{Column, Resource, Scope, Target, resources};
use crate::kubectl::Client;
use crate::kubectl::failure::{Failure, quoted};
use crate::model::schema::{Schema, TypeId};
use crate::model::{Key, Object, ResourceName, Text};
use std::sync::Arc;

/// One served kind.
#[derive(Clone)]
#[allow(clippy::struct_field_names, reason = "the API calls the field kind")]
pub(crate) struct Kind {
    /// `apps`; empty for core.
    pub(crate) group: Text,
    /// `v1`.
    pub(crate) version: Text,
    /// `Deployment`.
    pub(crate) kind: Text,
    /// `deployments`.
    pub(crate) plural: Text,
    /// `deployment`.
    pub(crate) singular: Text,
    /// `deploy`.
    pub(crate) short_names: Vec<Text>,
    /// `all`.
    pub(crate) categories: Vec<Text>,
    /// True if its objects live in namespaces.
    pub(crate) namespaced: bool,
    /// `status`, `scale`, …
    pub(crate) subresources: Vec<Text>,
    /// The columns of `get`, without NAME.
    pub(crate) columns: &'static [Column],
    /// What a definition declares, if it is a custom kind.
    #[cfg(feature = "every-kind")]
    pub(crate) custom: Option<Arc<Registration>>,
}

/// Every served kind, in the order of discovery.
#[derive(Clone, Debug)]
pub(crate) struct Kinds(pub(crate) Vec<Arc<Kind>>);

impl Kinds {
    /// Asks the server what it serves.
    pub(crate) fn discover(client: &mut dyn Client) -> Self {
        let built_in = resources::all().map(Kind::registered);
        #[cfg(feature = "every-kind")]
        let all = built_in.chain(custom_kinds(client)).map(Arc::new).collect();
        #[cfg(not(feature = "every-kind"))]
        let (all, _) = (built_in.map(Arc::new).collect(), client);
        Self(all)
    }

    /// The kind that `word` names: `po`, `Pod`, `deployments.apps`, `deployments.v1.apps`.
    pub(crate) fn find(&self, word: &str) -> Option<Arc<Kind>> {
        let word = word.to_lowercase();
        let (resource, group) = word.split_once('.').map_or((word.as_str(), None), |(it, group)| (it, Some(group)));
        let mut matching = self.0.iter().filter(|it| it.is_called(resource));
        matching.find(|it| group.is_none_or(|group| it.is_in(group))).cloned()
    }

    /// The kind that `word` names.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn require(&self, word: &str) -> Result<Arc<Kind>, Failure> {
        self.find(word).ok_or_else(|| {
            let resource = word.split('.').next().unwrap_or(word);
            Failure::text(format!("the server doesn't have a resource type {}", quoted(resource)))
        })
    }

    /// The kinds of a category such as `all`.
    pub(crate) fn category(&self, word: &str) -> Vec<Arc<Kind>> {
        self.0.iter().filter(|it| it.categories.iter().any(|category| category == word)).cloned().collect()
    }

    /// The kind of an object.
    ///
    /// # Errors
    /// `resource mapping not found …`, as kubectl says it for a file.
    pub(crate) fn of(&self, object: &Object, source: &str) -> Result<Arc<Kind>, Failure> {
        self.by_kind(object.api_version(), object.kind()).ok_or_else(|| {
            let (kind, version) = (object.kind(), object.api_version());
            let hint = crate::model::retired::kind(version, kind).unwrap_or("ensure CRDs are installed first");
            Failure::text(format!(
                "resource mapping not found for name: {} namespace: {} from {}: no matches for kind {} in version {}\n{hint}",
                quoted(&object.name()),
                quoted(&object.namespace()),
                quoted(source),
                quoted(kind),
                quoted(version)
            ))
        })
    }

    /// The kind `kind` of `api_version`.
    pub(crate) fn by_kind(&self, api_version: &str, kind: &str) -> Option<Arc<Kind>> {
        self.0.iter().find(|it| it.kind.eq_ignore_ascii_case(kind) && it.api_version() == api_version).cloned()
    }

    /// The kind of a resource that kubectl itself names.
    ///
    /// # Errors
    /// It is not served.
    pub(crate) fn resource(&self, name: &ResourceName) -> Result<Arc<Kind>, Failure> {
        self.0.iter().find(|it| it.name() == *name).cloned().map_or_else(|| self.require(name.plural()), Ok)
    }
}

/// The kinds that the cluster's definitions declare.
#[cfg(feature = "every-kind")]
fn custom_kinds(client: &mut dyn Client) -> Vec<Kind> {
    let target = Target { resource: DEFINITIONS, version: "v1".into(), ..Target::default() };
    let response = client.request(Request::new(Verb::List, target));
    let Body::List(list) = response.body else { return Vec::new() };
    let definitions = list.get("items").items().iter().map(|it| Object(it.clone()));
    definitions.flat_map(|it| served_by(&it)).map(Kind::custom).collect()
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.api_version(), self.kind)
    }
}

impl Kind {
    fn registered(it: &Resource) -> Self {
        let texts = |all: &[&'static str]| all.iter().map(|it| Text::new_static(it)).collect();
        Self {
            group: it.group.into(),
            version: it.version.into(),
            kind: it.kind.into(),
            plural: it.plural.into(),
            singular: it.singular.into(),
            short_names: texts(it.short_names),
            categories: texts(it.categories),
            namespaced: it.scope == Scope::Namespaced,
            subresources: texts(it.subresources),
            columns: it.columns,
            #[cfg(feature = "every-kind")]
            custom: None,
        }
    }

    #[cfg(feature = "every-kind")]
    fn custom(it: Arc<Registration>) -> Self {
        Self {
            group: it.group.clone(),
            version: it.version.clone(),
            kind: it.kind.clone(),
            plural: it.plural.clone(),
            singular: it.singular.clone(),
            short_names: it.short_names.clone(),
            categories: it.categories.clone(),
            namespaced: it.scope == Scope::Namespaced,
            subresources: it.subresources.clone(),
            columns: &[],
            custom: Some(it),
        }
    }

    /// True if a definition declares it.
    pub(crate) fn is_custom(&self) -> bool {
        #[cfg(feature = "every-kind")]
        return self.custom.is_some();
        #[cfg(not(feature = "every-kind"))]
        {
            let _ = self;
            false
        }
    }

    /// Its schema and type; `None` if there is no such version.
    pub(crate) fn type_in(&self, version: &str) -> Option<(&Schema, TypeId)> {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = self.custom.as_ref().and_then(|it| it.custom()) {
            return (self.api_version() == version).then(|| custom.type_of());
        }
        let schema = Schema::get();
        Some((schema, schema.find(version, &self.kind)?))
    }

    fn is_called(&self, word: &str) -> bool {
        self.plural == word || self.singular == word || self.short_names.iter().any(|it| it == word)
    }

    /// True for `apps`, `v1.apps` and beginnings of the group.
    fn is_in(&self, group: &str) -> bool {
        let full = format!("{}.{}", self.version, self.group);
        self.group == group || full == group || full.trim_end_matches('.') == group || self.group.starts_with(group)
    }

    /// `apps/v1`.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `deployments.apps`.
    pub(crate) fn name(&self) -> ResourceName {
        ResourceName::new(&self.plural, &self.group)
    }

    /// `deployment.apps`: how messages begin.
    pub(crate) fn label(&self) -> String {
        dotted(&self.kind.to_lowercase(), &self.group)
    }

    /// True if `subresource` may be asked for.
    pub(crate) fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|it| it == subresource)
    }

    /// The path to an object, or to a collection if `name` is empty.
    pub(crate) fn target(&self, namespace: &str, name: &str) -> Target {
        let namespace = if self.namespaced { namespace } else { "" };
        Target {
            resource: self.name(),
            version: self.version.clone(),
            namespace: namespace.into(),
            name: name.into(),
            subresource: Text::default(),
        }
    }

    /// The path to a part of an object.
    pub(crate) fn part(&self, namespace: &str, name: &str, subresource: &str) -> Target {
        Target { subresource: subresource.into(), ..self.target(namespace, name) }
    }

    /// The key of an object.
    pub(crate) fn key(&self, namespace: &str, name: &str) -> Key {
        let namespace = if self.namespaced { namespace } else { "" };
        Key::new(self.name(), namespace, name)
    }
}

/// `deployment.apps`, or the word alone in the core group.
pub(crate) fn dotted(word: &str, group: &str) -> String {
    if group.is_empty() { word.to_owned() } else { format!("{word}.{group}") }
}

/// `deployment.apps/web`: how an object is named in messages.
pub(crate) fn named(object: &Object) -> String {
    let group = object.api_version().split_once('/').map_or("", |(group, _)| group);
    format!("{}/{}", dotted(&object.kind().to_lowercase(), group), object.name())
}
