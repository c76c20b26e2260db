//! `networking.k8s.io/v1` Ingress. Upstream: `pkg/registry/networking/ingress/strategy.go`.

use crate::api::printing::{age, text_or_none};
use crate::api::resources::workload::next_generation;
use crate::api::validation::every_kind::ingress;
use crate::api::{Column, Resource};
use crate::model::{Object, Value};

/// How many hosts are listed.
const HOSTS_SHOWN_MAX: usize = 3;
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "networking.k8s.io",
    kind: "Ingress",
    plural: "ingresses",
    singular: "ingress",
    short_names: &["ing"],
    subresources: &["status"],
    prepare_for_create: |it| {
        it.set("metadata.generation", 1);
        it.set("status", Value::from([("loadBalancer", Value::map())]));
    },
    prepare_for_update: next_generation,
    validate: ingress::validate,
    validate_update: ingress::validate_update,
    validate_status: |new, _, errors| ingress::validate_status(new, errors),
    warn,
    columns: &[
        Column::new("CLASS", |it, _| text_or_none(it.at("spec.ingressClassName"))),
        Column::new("HOSTS", |it, _| hosts(it.at("spec.rules").items())),
        Column::new("ADDRESS", |it, _| addresses(it)),
        Column::new("PORTS", |it, _| if it.at("spec.tls").is_empty() { "80".into() } else { "80, 443".into() }),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};

fn warn(ingress: &Object, warnings: &mut Vec<String>) {
    if ingress.annotation(CLASS_ANNOTATION).is_some() && ingress.generation() <= 1 {
        warnings.push(format!(
            "annotation \"{CLASS_ANNOTATION}\" is deprecated, please use 'spec.ingressClassName' instead"
        ));
    }
}

/// The first hosts; rules after them count even without one.
fn hosts(rules: &[Value]) -> String {
    let mut shown: Vec<&str> = Vec::new();
    let mut more = false;
    for host in rules.iter().map(|it| it.get("host").str()) {
        more |= shown.len() == HOSTS_SHOWN_MAX;
        if !more && !host.is_empty() {
            shown.push(host);
        }
    }
    match (shown.is_empty(), more) {
        (true, _) => "*".into(),
        (false, true) => format!("{} + {} more...", shown.join(","), rules.len() - HOSTS_SHOWN_MAX),
        (false, false) => shown.join(","),
    }
}

fn addresses(ingress: &Object) -> String {
    let address = |it: &Value| {
        let ip = it.get("ip").str();
        if ip.is_empty() { it.get("hostname").str().to_owned() } else { ip.to_owned() }
    };
    let all: Vec<String> = ingress.at("status.loadBalancer.ingress").items().iter().map(address).collect();
    all.join(",")
}
