//! `policy/v1` `PodDisruptionBudget`. Upstream: `pkg/registry/policy/poddisruptionbudget/strategy.go`, `printPodDisruptionBudget`.

use crate::api::printing::{age, number};
use crate::api::registry::Fidelity;
use crate::api::resources::workload::next_generation;
use crate::api::validation::every_kind::pod_disruption_budget;
use crate::api::{Column, Resource};
use crate::model::{IntOrString, Object, Value, names};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("evictions heed it, but no controller counts its pods yet"),
    group: "policy",
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    singular: "poddisruptionbudget",
    short_names: &["pdb"],
    subresources: &["status"],
    validate_name: names::path_segment,
    prepare_for_create: |budget| {
        budget.set("metadata.generation", 1);
        let counts = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];
        budget.set("status", Value::Map(counts.into_iter().map(|it| (it.into(), 0.into())).collect()));
    },
    prepare_for_update: next_generation,
    validate: pod_disruption_budget::validate,
    validate_update: |new, _, errors| pod_disruption_budget::validate(new, errors),
    validate_status: pod_disruption_budget::validate_status,
    columns: &[
        Column::new("MIN AVAILABLE", |it, _| amount(it, "minAvailable")),
        Column::new("MAX UNAVAILABLE", |it, _| amount(it, "maxUnavailable")),
        Column::new("ALLOWED DISRUPTIONS", |it, _| number(it.at("status.disruptionsAllowed"))),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};

fn amount(budget: &Object, field: &str) -> String {
    match IntOrString::read(budget.get("spec").get(field)).map(|it| it.to_value()) {
        None => "N/A".into(),
        Some(Value::Text(text)) => text.to_string(),
        Some(other) => other.to_json(),
    }
}
