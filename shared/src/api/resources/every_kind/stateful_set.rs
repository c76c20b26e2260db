//! `apps/v1` `StatefulSet`. Upstream: `pkg/registry/apps/statefulset/strategy.go`, `pkg/apis/apps/v1/defaults.go`.

use crate::api::printing::{age, number, of_containers};
use crate::api::registry::Fidelity;
use crate::api::resources::pod_spec::{default_claim_spec, default_pod_spec};
use crate::api::resources::workload::{default, default_empty, each, next_generation, within};
use crate::api::validation::every_kind::stateful_set;
use crate::api::{Column, Resource};
use crate::model::{Object, Value, names};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller makes its pods yet"),
    group: "apps",
    kind: "StatefulSet",
    plural: "statefulsets",
    singular: "statefulset",
    short_names: &["sts"],
    categories: &["all"],
    subresources: &["status", "scale"],
    default: default_stateful_set,
    validate_name: names::dns1123_label,
    prepare_for_create: |set| {
        set.set("metadata.generation", 1);
        set.set("status", Value::from([("replicas", 0.into()), ("availableReplicas", 0.into())]));
    },
    prepare_for_update: next_generation,
    validate: stateful_set::validate,
    validate_update: stateful_set::validate_update,
    validate_status: stateful_set::validate_status,
    warn: stateful_set::warn,
    columns: &[
        Column::new("READY", |it, _| {
            format!("{}/{}", number(it.at("status.readyReplicas")), number(it.at("spec.replicas")))
        }),
        Column::new("AGE", age),
        Column::wide("CONTAINERS", |it, _| of_containers(it.at("spec.template.spec"), "name")),
        Column::wide("IMAGES", |it, _| of_containers(it.at("spec.template.spec"), "image")),
    ],
    ..Resource::NONE
};

fn default_stateful_set(set: &mut Object) {
    within(set, "spec", |spec| {
        default_empty(spec, "podManagementPolicy", "OrderedReady");
        let bare = spec.at("updateStrategy.rollingUpdate").is_null();
        if spec.at("updateStrategy.type").is_empty() || !bare && spec.at("updateStrategy.type").str() == "RollingUpdate"
        {
            spec.set("updateStrategy.type", "RollingUpdate");
            default(spec, "updateStrategy.rollingUpdate.partition", 0);
        }
        default_empty(spec, "persistentVolumeClaimRetentionPolicy.whenDeleted", "Retain");
        default_empty(spec, "persistentVolumeClaimRetentionPolicy.whenScaled", "Retain");
        default(spec, "replicas", 1);
        default(spec, "revisionHistoryLimit", 10);
        default(spec, "serviceName", "");
        within(spec, "template", |template| within(template, "spec", default_pod_spec));
        each(spec, "volumeClaimTemplates", |claim| {
            default_empty(claim, "apiVersion", "v1");
            default_empty(claim, "kind", "PersistentVolumeClaim");
            within(claim, "spec", default_claim_spec);
            default_empty(claim, "status.phase", "Pending");
        });
    });
}
