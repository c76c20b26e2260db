//! What names an object: its resource, namespace and name.

use crate::model::Text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A resource without its version, as Kubernetes writes it: `pods`, `deployments.apps`.
///
/// The part before the first dot is the plural; the rest is the API group, empty for core.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceName(Text);

impl ResourceName {
    /// The resource `plural` of `group`; an empty group is core.
    pub fn new(plural: &str, group: &str) -> Self {
        match group {
            "" => Self(plural.into()),
            _ => Self(smol_str::format_smolstr!("{plural}.{group}")),
        }
    }

    /// A resource known at compile time, such as `ResourceName::of("deployments.apps")`.
    pub const fn of(name: &'static str) -> Self {
        Self(Text::new_static(name))
    }

    /// The plural: `deployments`.
    pub fn plural(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(plural, _)| plural)
    }

    /// The API group: `apps`; empty for core.
    pub fn group(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, group)| group)
    }

    /// `deployments.apps`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The resources that code names; every other one is found through the registry.
pub mod resources {
    use super::ResourceName;
    /// `v1` Pod.
    pub const PODS: ResourceName = ResourceName::of("pods");
    /// `v1` Node.
    pub const NODES: ResourceName = ResourceName::of("nodes");
    /// `v1` Namespace.
    pub const NAMESPACES: ResourceName = ResourceName::of("namespaces");
    /// `v1` Service.
    pub const SERVICES: ResourceName = ResourceName::of("services");
    /// `v1` `ConfigMap`.
    pub const CONFIG_MAPS: ResourceName = ResourceName::of("configmaps");
    /// `v1` Secret.
    pub const SECRETS: ResourceName = ResourceName::of("secrets");
    /// `v1` `ServiceAccount`.
    pub const SERVICE_ACCOUNTS: ResourceName = ResourceName::of("serviceaccounts");
    /// `v1` Event, which is also the storage of `events.k8s.io/v1`.
    pub const EVENTS: ResourceName = ResourceName::of("events");
    /// `apps/v1` Deployment.
    pub const DEPLOYMENTS: ResourceName = ResourceName::of("deployments.apps");
    /// `apps/v1` `ReplicaSet`.
    pub const REPLICA_SETS: ResourceName = ResourceName::of("replicasets.apps");
    /// `coordination.k8s.io/v1` Lease.
    pub const LEASES: ResourceName = ResourceName::of("leases.coordination.k8s.io");
}

/// Names one object for as long as it exists; its uid tells apart two that had the same key one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Which resource.
    pub resource: ResourceName,
    /// Its namespace; empty for a cluster-scoped object.
    pub namespace: Text,
    /// Its name.
    pub name: Text,
}

impl Key {
    /// The key of the object `name` of `resource` in `namespace` (empty for a cluster-scoped one).
    pub fn new(resource: ResourceName, namespace: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self { resource, namespace: namespace.into(), name: name.into() }
    }

    /// `namespace/name`, or the name alone: how controllers write keys in their logs.
    pub fn path(&self) -> String {
        match self.namespace.as_str() {
            "" => self.name.to_string(),
            namespace => format!("{namespace}/{}", self.name),
        }
    }
}

impl fmt::Display for Key {
    /// `deployments.apps default/web`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.resource, self.path())
    }
}
