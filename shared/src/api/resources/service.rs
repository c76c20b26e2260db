//! `v1` Service. Upstream: `pkg/registry/core/service/strategy.go`, `pkg/apis/core/v1/defaults.go` (`SetDefaults_Service`).

use crate::api::printing::{age, labels, or_none};
use crate::api::registry::Deletion;
use crate::api::resources::service_addresses::allocate;
use crate::api::resources::workload::{default, default_empty, each, keep, within};
use crate::api::validation;
use crate::api::{Column, Resource};
use crate::model::{Object, Value, names};

/// Seconds for which a client stays with one pod when `sessionAffinity` is `ClientIP`: three hours.
const AFFINITY_SECONDS: i64 = 10_800;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Service",
    plural: "services",
    singular: "service",
    short_names: &["svc"],
    categories: &["all"],
    subresources: &["status"],
    default: default_service,
    validate_name: names::dns1123_label,
    prepare_for_create: |service| service.set("status", Value::from([("loadBalancer", Value::map())])),
    prepare_for_update: |service, old| {
        keep(service, old, "status");
        carry_allocated(service, old);
        drop_unused(service, old);
    },
    allocate,
    validate: validation::service::validate,
    validate_update: validation::service::validate_update,
    selectable: &[
        ("spec.clusterIP", |it| it.at("spec.clusterIP").text()),
        ("spec.type", |it| it.at("spec.type").text()),
    ],
    columns: &[
        Column::new("TYPE", |it, _| it.at("spec.type").str().to_owned()),
        Column::new("CLUSTER-IP", |it, _| or_none(it.at("spec.clusterIP").str())),
        Column::new("EXTERNAL-IP", |it, _| external_ip(it)),
        Column::new("PORT(S)", |it, _| ports(it)),
        Column::new("AGE", age),
        Column::wide("SELECTOR", |it, _| labels(it.at("spec.selector"))),
    ],
    deletion: Deletion { answers_object: true, ..Deletion::PLAIN },
    ..Resource::NONE
};

/// True if the service is reached through an address of the cluster.
pub(super) fn is_of_type(service: &Object, types: &[&str]) -> bool {
    types.contains(&service.at("spec.type").str())
}

fn default_service(service: &mut Object) {
    if service.get("spec").is_null() {
        service.set("spec", Value::map());
    }
    within(service, "spec", |spec| {
        default_empty(spec, "sessionAffinity", "None");
        match spec.get("sessionAffinity").str() {
            "ClientIP" => default(spec, "sessionAffinityConfig.clientIP.timeoutSeconds", AFFINITY_SECONDS),
            "None" => drop(spec.remove("sessionAffinityConfig")),
            _ => {}
        }
        default_empty(spec, "type", "ClusterIP");
        each(spec, "ports", default_port);
        let kind = spec.get("type").text();
        if matches!(&*kind, "NodePort" | "LoadBalancer") {
            default_empty(spec, "externalTrafficPolicy", "Cluster");
        }
        if kind != "ExternalName" {
            default_empty(spec, "internalTrafficPolicy", "Cluster");
        }
        if kind == "LoadBalancer" {
            default(spec, "allocateLoadBalancerNodePorts", true);
        }
    });
}

fn default_port(port: &mut Value) {
    default_empty(port, "protocol", "TCP");
    if port.get("targetPort").is_empty() {
        let number = port.get("port").clone();
        port.set("targetPort", number);
    }
}

/// What an update leaves out and the server had drawn stays as it was (`patchAllocatedValues`).
fn carry_allocated(service: &mut Object, old: &Object) {
    let inside = ["ClusterIP", "NodePort", "LoadBalancer"];
    let outside = ["NodePort", "LoadBalancer"];
    if is_of_type(service, &inside) && is_of_type(old, &inside) {
        let asked = service.at("spec.clusterIP").text();
        if asked.is_empty() && service.at("spec.clusterIPs").is_empty() {
            keep(service, old, "spec.clusterIP");
            keep(service, old, "spec.clusterIPs");
        }
    }
    if is_of_type(service, &outside) && is_of_type(old, &outside) {
        let before = old.at("spec.ports").clone();
        within(service, "spec", |spec| each(spec, "ports", |port| keep_node_port(port, &before)));
        if service.at("spec.healthCheckNodePort").is_empty() && !old.at("spec.healthCheckNodePort").is_empty() {
            keep(service, old, "spec.healthCheckNodePort");
        }
    }
}

fn keep_node_port(port: &mut Value, before: &Value) {
    let same = |it: &&Value| ["protocol", "port"].iter().all(|field| it.get(field) == port.get(field));
    let kept = before.items().iter().find(same).map(|it| it.get("nodePort").clone());
    if let Some(kept) = kept
        && port.get("nodePort").is_empty()
        && !kept.is_empty()
    {
        port.set("nodePort", kept);
    }
}

/// What belonged to the old type alone goes with it, unless the user changed it (`dropTypeDependentFields`).
fn drop_unused(service: &mut Object, old: &Object) {
    let unchanged = |service: &Object, field: &str| service.at(field) == old.at(field);
    let inside = ["ClusterIP", "NodePort", "LoadBalancer"];
    let outside = ["NodePort", "LoadBalancer"];
    let was = |types: &[&str]| is_of_type(old, types);
    let mut unused: Vec<&str> = Vec::new();
    if was(&inside) && !is_of_type(service, &inside) {
        unused.extend([
            "spec.clusterIP",
            "spec.clusterIPs",
            "spec.ipFamilies",
            "spec.ipFamilyPolicy",
            "spec.internalTrafficPolicy",
        ]);
    }
    if was(&outside) && !is_of_type(service, &outside) {
        unused.extend(["spec.externalTrafficPolicy", "spec.healthCheckNodePort"]);
        let before = old.at("spec.ports").clone();
        within(service, "spec", |spec| each(spec, "ports", |port| drop_node_port(port, &before)));
    }
    if was(&["LoadBalancer"]) && !is_of_type(service, &["LoadBalancer"]) {
        unused.extend(["spec.allocateLoadBalancerNodePorts", "spec.loadBalancerClass"]);
    }
    if was(&["ExternalName"]) && !is_of_type(service, &["ExternalName"]) {
        unused.push("spec.externalName");
    }
    for field in unused {
        if unchanged(service, field) {
            service.remove(field);
        }
    }
}

fn drop_node_port(port: &mut Value, before: &Value) {
    if before.items().iter().any(|it| it.get("nodePort") == port.get("nodePort")) {
        port.remove("nodePort");
    }
}

fn external_ip(service: &Object) -> String {
    let listed = |path: &str| service.at(path).items().iter().map(|it| it.str().to_owned()).collect::<Vec<_>>();
    let external = listed("spec.externalIPs");
    match service.at("spec.type").str() {
        "LoadBalancer" => {
            let ingress = service.at("status.loadBalancer.ingress").items().iter();
            let address = |it: &Value| {
                let ip = it.get("ip").str();
                if ip.is_empty() { it.get("hostname").str().to_owned() } else { ip.to_owned() }
            };
            let mut all: Vec<String> = ingress.map(address).collect();
            all.extend(external);
            if all.is_empty() { "<pending>".into() } else { all.join(",") }
        }
        "ExternalName" => service.at("spec.externalName").str().to_owned(),
        _ => or_none(&external.join(",")),
    }
}

fn ports(service: &Object) -> String {
    let one = |port: &Value| {
        let (number, protocol) = (port.get("port").int_or(0), port.get("protocol").str());
        match port.get("nodePort").int_or(0) {
            0 => format!("{number}/{protocol}"),
            node => format!("{number}:{node}/{protocol}"),
        }
    };
    or_none(&service.at("spec.ports").items().iter().map(one).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Time;
    use expect_test::{Expect, expect};

    fn check(spec: &str, expected: &Expect) {
        let mut service = Object::new("v1", "Service", "default", "web");
        service.set("spec", Value::from_json(spec).unwrap());
        (RESOURCE.default)(&mut service);
        let cells: Vec<String> = RESOURCE.columns.iter().map(|it| (it.cell)(&service, Time(0))).collect();
        expected.assert_eq(&format!("{} | {}", service.get("spec"), cells.join(" | ")));
    }

    #[test]
    fn defaults_and_columns() {
        check(
            r#"{"ports":[{"port":80}],"selector":{"a":"b","c":"d"}}"#,
            &expect![[
                r#"{"internalTrafficPolicy":"Cluster","ports":[{"port":80,"protocol":"TCP","targetPort":80}],"selector":{"a":"b","c":"d"},"sessionAffinity":"None","type":"ClusterIP"} | ClusterIP | <none> | <none> | 80/TCP | <unknown> | a=b,c=d"#
            ]],
        );
        check(
            r#"{"type":"LoadBalancer","sessionAffinity":"ClientIP","ports":[{"port":80,"nodePort":30080}]}"#,
            &expect![[
                r#"{"allocateLoadBalancerNodePorts":true,"externalTrafficPolicy":"Cluster","internalTrafficPolicy":"Cluster","ports":[{"nodePort":30080,"port":80,"protocol":"TCP","targetPort":80}],"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}},"type":"LoadBalancer"} | LoadBalancer | <none> | <pending> | 80:30080/TCP | <unknown> | <none>"#
            ]],
        );
        check(
            r#"{"type":"ExternalName","externalName":"example.com"}"#,
            &expect![[
                r#"{"externalName":"example.com","sessionAffinity":"None","type":"ExternalName"} | ExternalName | <none> | example.com | <none> | <unknown> | <none>"#
            ]],
        );
    }
}
