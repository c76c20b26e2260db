//! `admissionregistration.k8s.io/v1`: webhooks, and policies with their bindings.
//!
//! Upstream: `pkg/registry/admissionregistration/*/strategy.go`, `pkg/apis/admissionregistration/v1/defaults.go`.
//! What evaluates policies is `api::admission`.

use crate::api::printing::age;
use crate::api::registry::Fidelity;
use crate::api::resources::workload::{count_generation, default, each, keep, within};
use crate::api::validation::every_kind::{admission_policy, webhook};
use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Value};

const COMMON: Resource = Resource {
    group: "admissionregistration.k8s.io",
    categories: &["api-extensions"],
    scope: Scope::Cluster,
    prepare_for_create: |it| it.set("metadata.generation", 1),
    prepare_for_update: count_generation,
    ..Resource::NONE
};

const WEBHOOK_COLUMNS: &[Column] =
    &[Column::new("WEBHOOKS", |it, _| it.get("webhooks").items().len().to_string()), Column::new("AGE", age)];

/// What webhooks are not asked about.
const WEBHOOKS_LACK: &str = "called over HTTPS; one in a pod of a simulated node cannot be reached";

const BINDING_COLUMNS: &[Column] = &[
    Column::new("PolicyName", |it, _| it.at("spec.policyName").str().to_owned()),
    Column::new("ParamRef", |it, _| parameters(it)),
    Column::new("AGE", age),
];

/// The registration of `ValidatingWebhookConfiguration`.
pub(super) const VALIDATING_WEBHOOKS: Resource = Resource {
    fidelity: Fidelity::Approximated(WEBHOOKS_LACK),
    kind: "ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
    singular: "validatingwebhookconfiguration",
    default: |it| each(it, "webhooks", default_webhook),
    prepare_for_update: count_webhooks,
    validate: webhook::validate,
    validate_update: |new, _, errors| webhook::validate(new, errors),
    columns: WEBHOOK_COLUMNS,
    ..COMMON
};

/// The registration of `MutatingWebhookConfiguration`.
pub(super) const MUTATING_WEBHOOKS: Resource = Resource {
    fidelity: Fidelity::Approximated(WEBHOOKS_LACK),
    kind: "MutatingWebhookConfiguration",
    plural: "mutatingwebhookconfigurations",
    singular: "mutatingwebhookconfiguration",
    default: |it| {
        each(it, "webhooks", |hook| {
            default_webhook(hook);
            default(hook, "reinvocationPolicy", "Never");
        });
    },
    prepare_for_update: count_webhooks,
    validate: webhook::validate,
    validate_update: |new, _, errors| webhook::validate(new, errors),
    columns: WEBHOOK_COLUMNS,
    ..COMMON
};

/// The registration of `ValidatingAdmissionPolicy`.
pub(super) const VALIDATING_POLICY: Resource = Resource {
    fidelity: Fidelity::Approximated("evaluated, but parameters are of built-in kinds only"),
    kind: "ValidatingAdmissionPolicy",
    plural: "validatingadmissionpolicies",
    singular: "validatingadmissionpolicy",
    subresources: &["status"],
    default: default_policy,
    prepare_for_create: |it| {
        it.set("metadata.generation", 1);
        it.set("status", Value::map());
    },
    prepare_for_update: |new, old| {
        keep(new, old, "status");
        count_generation(new, old);
    },
    validate: admission_policy::validate_validating,
    validate_update: |new, _, errors| admission_policy::validate_validating(new, errors),
    columns: &[
        Column::new("VALIDATIONS", |it, _| it.at("spec.validations").items().len().to_string()),
        Column::new("ParamKind", |it, _| parameter_kind(it)),
        Column::new("AGE", age),
    ],
    ..COMMON
};

/// The registration of `MutatingAdmissionPolicy`.
pub(super) const MUTATING_POLICY: Resource = Resource {
    fidelity: Fidelity::Approximated("evaluated, but parameters are of built-in kinds only"),
    kind: "MutatingAdmissionPolicy",
    plural: "mutatingadmissionpolicies",
    singular: "mutatingadmissionpolicy",
    default: |it| {
        default_policy(it);
        within(it, "spec", |spec| default(spec, "reinvocationPolicy", "Never"));
    },
    validate: admission_policy::validate_mutating,
    validate_update: |new, _, errors| admission_policy::validate_mutating(new, errors),
    columns: &[
        Column::new("MUTATIONS", |it, _| it.at("spec.mutations").items().len().to_string()),
        Column::new("ParamKind", |it, _| parameter_kind(it)),
        Column::new("AGE", age),
    ],
    ..COMMON
};

/// The registration of `ValidatingAdmissionPolicyBinding`.
pub(super) const VALIDATING_BINDING: Resource = Resource {
    fidelity: Fidelity::Approximated("in force, but parameters are of built-in kinds only"),
    kind: "ValidatingAdmissionPolicyBinding",
    plural: "validatingadmissionpolicybindings",
    singular: "validatingadmissionpolicybinding",
    default: default_binding,
    validate: admission_policy::validate_validating_binding,
    validate_update: |new, _, errors| admission_policy::validate_validating_binding(new, errors),
    columns: BINDING_COLUMNS,
    ..COMMON
};

/// The registration of `MutatingAdmissionPolicyBinding`.
pub(super) const MUTATING_BINDING: Resource = Resource {
    fidelity: Fidelity::Approximated("in force, but parameters are of built-in kinds only"),
    kind: "MutatingAdmissionPolicyBinding",
    plural: "mutatingadmissionpolicybindings",
    singular: "mutatingadmissionpolicybinding",
    default: default_binding,
    validate: admission_policy::validate_mutating_binding,
    validate_update: |new, _, errors| admission_policy::validate_mutating_binding(new, errors),
    columns: BINDING_COLUMNS,
    ..COMMON
};

fn default_webhook(hook: &mut Value) {
    default(hook, "failurePolicy", "Fail");
    default(hook, "timeoutSeconds", 10);
    within(hook, "clientConfig", |it| within(it, "service", |service| default(service, "port", 443)));
    default_matching(hook);
    each(hook, "rules", |rule| default(rule, "scope", "*"));
}

fn default_matching(place: &mut Value) {
    default(place, "matchPolicy", "Equivalent");
    default(place, "namespaceSelector", Value::map());
    default(place, "objectSelector", Value::map());
    for rules in ["resourceRules", "excludeResourceRules"] {
        each(place, rules, |rule| default(rule, "scope", "*"));
    }
}

fn default_policy(policy: &mut Object) {
    within(policy, "spec", |spec| {
        default(spec, "failurePolicy", "Fail");
        within(spec, "matchConstraints", default_matching);
    });
}

fn default_binding(binding: &mut Object) {
    within(binding, "spec", |spec| within(spec, "matchResources", default_matching));
}

fn count_webhooks(new: &mut Object, old: &Object) {
    let generation = old.generation() + i64::from(new.get("webhooks") != old.get("webhooks"));
    if new.generation() != generation {
        new.set("metadata.generation", generation);
    }
}

fn parameter_kind(policy: &Object) -> String {
    let kind = policy.at("spec.paramKind");
    if kind.is_null() {
        return "<unset>".into();
    }
    format!("{}/{}", kind.get("apiVersion").str(), kind.get("kind").str())
}

fn parameters(binding: &Object) -> String {
    let reference = binding.at("spec.paramRef");
    let (namespace, name) = (reference.get("namespace").str(), reference.get("name").str());
    match (reference.is_null(), namespace) {
        (true, _) => "<unset>".into(),
        (false, "") => name.to_owned(),
        (false, _) => format!("{namespace}/{name}"),
    }
}
