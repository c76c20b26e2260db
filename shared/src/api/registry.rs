//! What a resource is to the API server: one constant of functions per kind.
//!
//! Upstream: `k8s.io/apiserver/pkg/registry/rest/create.go` and the `strategy.go` of each kind.

use crate::api::Errors;
use crate::model::{Object, ResourceName, Time};

/// Whether objects live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In one each.
    Namespaced,
    /// Outside.
    Cluster,
}

/// A column of `kubectl get`.
#[derive(Clone, Copy)]
pub struct Column {
    /// `READY`.
    pub name: &'static str,
    /// 0 is always shown; above 0 only with `-o wide`.
    pub priority: u8,
    /// The cell.
    pub cell: fn(&Object, Time) -> String,
}

/// A resource's registration: the router, kubectl, the schema and the panels all read this.
#[derive(Clone, Copy)]
pub struct Resource {
    /// `apps`; empty for core.
    pub group: &'static str,
    /// `v1`.
    pub version: &'static str,
    /// `Deployment`.
    pub kind: &'static str,
    /// `deployments`.
    pub plural: &'static str,
    /// `deployment`.
    pub singular: &'static str,
    /// `deploy`.
    pub short_names: &'static [&'static str],
    /// `all`.
    pub categories: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub scope: Scope,
    /// `status`, `scale`, …
    pub subresources: &'static [&'static str],
    /// Fills in what the user left out.
    pub default: fn(&mut Object),
    /// Sets and clears what only the server may set; called before defaulted objects are validated.
    pub prepare_for_create: fn(&mut Object),
    /// The same for an update: `status` is the old one's, `generation` counts up when the spec changed.
    pub prepare_for_update: fn(&mut Object, &Object),
    /// Finds what is wrong with a new object.
    pub validate: fn(&Object, &mut Errors),
    /// Finds what is wrong with a change: first the new object, then the old.
    pub validate_update: fn(&Object, &Object, &mut Errors),
    /// The columns of `kubectl get`, without NAME.
    pub columns: &'static [Column],
}

impl Resource {
    /// The defaults of a registration: `..Resource::NONE`.
    pub const NONE: Self = Self {
        group: "",
        version: "v1",
        kind: "",
        plural: "",
        singular: "",
        short_names: &[],
        categories: &[],
        scope: Scope::Namespaced,
        subresources: &[],
        default: |_| {},
        prepare_for_create: |_| {},
        prepare_for_update: |_, _| {},
        validate: |_, _| {},
        validate_update: |_, _, _| {},
        columns: &[],
    };

    /// `deployments.apps`.
    pub fn name(&self) -> ResourceName {
        ResourceName::new(self.plural, self.group)
    }

    /// `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// True if `subresource` may be asked for.
    pub fn has(&self, subresource: &str) -> bool {
        self.subresources.contains(&subresource)
    }
}

impl Column {
    /// A column that is always shown.
    pub const fn new(name: &'static str, cell: fn(&Object, Time) -> String) -> Self {
        Self { name, priority: 0, cell }
    }

    /// A column of `-o wide`.
    pub const fn wide(name: &'static str, cell: fn(&Object, Time) -> String) -> Self {
        Self { name, priority: 1, cell }
    }
}
