//! `networking.k8s.io/v1` `NetworkPolicy`. Upstream: `pkg/registry/networking/networkpolicy/strategy.go`,
//! `pkg/apis/networking/v1/defaults.go`.

use crate::api::printing::age;
use crate::api::registry::Fidelity;
use crate::api::resources::workload::{count_generation, default, each, within};
use crate::api::validation::every_kind::network_policy;
use crate::api::{Column, Resource};
use crate::model::{Object, Value, selector};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("nothing keeps traffic apart yet"),
    group: "networking.k8s.io",
    kind: "NetworkPolicy",
    plural: "networkpolicies",
    singular: "networkpolicy",
    short_names: &["netpol"],
    default: default_policy,
    prepare_for_create: |it| it.set("metadata.generation", 1),
    prepare_for_update: count_generation,
    validate: network_policy::validate,
    validate_update: |new, _, errors| network_policy::validate(new, errors),
    warn: network_policy::warn,
    columns: &[
        Column::new("POD-SELECTOR", |it, _| selector::describe(it.at("spec.podSelector"))),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};

fn default_policy(policy: &mut Object) {
    within(policy, "spec", |spec| {
        for direction in ["ingress", "egress"] {
            each(spec, direction, |rule| each(rule, "ports", |port| default(port, "protocol", "TCP")));
        }
        if spec.get("policyTypes").is_empty() {
            let egress = (!spec.get("egress").is_empty()).then_some("Egress");
            let types: Value = ["Ingress"].into_iter().chain(egress).collect();
            spec.set("policyTypes", types);
        }
    });
}
