//! `apps/v1` Deployment. Upstream: `pkg/registry/apps/deployment/strategy.go`, `pkg/apis/apps/v1/defaults.go`.

use crate::api::Resource;
use crate::api::resources::workload::{default, default_pod_spec, next_generation, start_generation};
use crate::model::{Object, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "apps",
    kind: "Deployment",
    plural: "deployments",
    singular: "deployment",
    short_names: &["deploy"],
    categories: &["all"],
    subresources: &["status", "scale"],
    default: default_deployment,
    prepare_for_create: start_generation,
    prepare_for_update: next_generation,
    ..Resource::NONE
};

fn default_deployment(deployment: &mut Object) {
    default(deployment, "spec.replicas", 1.into());
    default(deployment, "spec.revisionHistoryLimit", 10.into());
    default(deployment, "spec.progressDeadlineSeconds", 600.into());
    default(deployment, "spec.strategy.type", "RollingUpdate".into());
    if deployment.at("spec.strategy.type").str() == "RollingUpdate" {
        default(deployment, "spec.strategy.rollingUpdate.maxUnavailable", Value::from("25%"));
        default(deployment, "spec.strategy.rollingUpdate.maxSurge", Value::from("25%"));
    }
    default_pod_spec(deployment.entry("spec.template.spec"));
}
