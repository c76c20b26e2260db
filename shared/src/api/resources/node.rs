//! `v1` Node. Upstream: `pkg/registry/core/node/strategy.go`.

use crate::api::{Resource, Scope};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Node",
    plural: "nodes",
    singular: "node",
    short_names: &["no"],
    scope: Scope::Cluster,
    subresources: &["status"],
    ..Resource::NONE
};
