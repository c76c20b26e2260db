//! The facts of an object: a short list, by kind.

use crate::i18n::Words;
use crate::panels::clock;
use crate::panels::kinds;
use shared::model::key::resources::NODES;
use shared::model::{Key, Object, Selector, Text, Value};
use shared::playground::World;

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactName {
    /// The node of a Pod.
    Node,
    /// The image.
    Image,
    /// The Pod's address.
    Ip,
    /// The quality of service.
    Qos,
    /// The service account.
    ServiceAccount,
    /// When it was created.
    Created,
    /// Labels.
    Labels,
    /// How Pods are replaced.
    Strategy,
    /// Which Pods are meant.
    Selector,
    /// How many.
    Replicas,
    /// An address.
    Address,
    /// What a node has to give.
    Capacity,
    /// What keeps Pods away.
    Taints,
    /// How many Pods.
    Pods,
    /// The type.
    Type,
    /// Ports.
    Ports,
    /// When containers are started again.
    RestartPolicy,
    /// What is asked for.
    Requests,
    /// What is allowed.
    Limits,
    /// The keys of data.
    Keys,
}

impl FactName {
    /// The word for people.
    pub fn word(self, words: &Words) -> &'static str {
        match self {
            FactName::Node => words.f_node,
            FactName::Image => words.f_image,
            FactName::Ip => words.f_ip,
            FactName::Qos => words.f_qos,
            FactName::ServiceAccount => words.f_service_account,
            FactName::Created => words.f_created,
            FactName::Labels => words.f_labels,
            FactName::Strategy => words.f_strategy,
            FactName::Selector => words.f_selector,
            FactName::Replicas => words.f_replicas,
            FactName::Address => words.f_addresses,
            FactName::Capacity => words.f_capacity,
            FactName::Taints => words.f_taints,
            FactName::Pods => words.f_pods,
            FactName::Type => words.f_type,
            FactName::Ports => words.f_ports,
            FactName::RestartPolicy => words.f_restart_policy,
            FactName::Requests => words.f_requests,
            FactName::Limits => words.f_limits,
            FactName::Keys => words.f_keys,
        }
    }
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub name: FactName,
    /// What it says.
    pub value: String,
    /// The object it names.
    pub link: Option<Key>,
}

/// The facts of an object; those that say nothing are left out.
pub fn facts(world: &World, kind: &str, object: &Object) -> Vec<Fact> {
    let own = match kind {
        "Pod" => pod(object),
        "Deployment" | "ReplicaSet" => workload(object),
        "Node" => node(world, object),
        "Service" => service(object),
        "ConfigMap" | "Secret" => data(object),
        _ => Vec::new(),
    };
    let common = [
        (FactName::Labels, pairs(object.metadata().get("labels"))),
        (FactName::Created, object.created().map(clock::short).unwrap_or_default()),
    ];
    let all = own.into_iter().chain(common);
    all.filter(|(_, value)| !value.is_empty()).map(|(name, value)| fact(name, value)).collect()
}

fn fact(name: FactName, value: String) -> Fact {
    let link = (name == FactName::Node).then(|| Key::new(NODES, "", value.as_str()));
    Fact { name, value, link }
}

fn pod(pod: &Object) -> Vec<(FactName, String)> {
    let containers = pod.at("spec.containers").items();
    let images: Vec<&str> = containers.iter().map(|it| it.get("image").str()).collect();
    let amounts = |which: &str| {
        let each = containers.iter().map(|it| pairs(it.at(which)));
        each.filter(|it| !it.is_empty()).collect::<Vec<_>>().join("; ")
    };
    vec![
        (FactName::Node, text(pod.at("spec.nodeName"))),
        (FactName::Image, images.join(", ")),
        (FactName::Ip, text(pod.at("status.podIP"))),
        (FactName::Requests, amounts("resources.requests")),
        (FactName::Limits, amounts("resources.limits")),
        (FactName::Qos, text(pod.at("status.qosClass"))),
        (FactName::RestartPolicy, text(pod.at("spec.restartPolicy"))),
        (FactName::ServiceAccount, text(pod.at("spec.serviceAccountName"))),
    ]
}

fn workload(object: &Object) -> Vec<(FactName, String)> {
    let strategy = object.at("spec.strategy");
    let rolling = pairs(strategy.get("rollingUpdate"));
    let kind = strategy.get("type").str();
    let status = |field| object.at("status").get(field).int_or(0);
    let replicas = format!(
        "{} desired, {} current, {} ready, {} available",
        object.at("spec.replicas").int_or(1),
        status("replicas"),
        status("readyReplicas"),
        status("availableReplicas")
    );
    vec![
        (FactName::Replicas, replicas),
        (FactName::Strategy, [kind, &rolling].join(" ").trim().to_owned()),
        (FactName::Selector, selector(object.at("spec.selector"))),
        (FactName::Image, images(object)),
    ]
}

fn images(object: &Object) -> String {
    let containers = object.at("spec.template.spec.containers").items();
    containers.iter().map(|it| it.get("image").str()).collect::<Vec<_>>().join(", ")
}

fn node(world: &World, node: &Object) -> Vec<(FactName, String)> {
    let taint = |it: &Value| format!("{}={}:{}", it.get("key").str(), it.get("value").str(), it.get("effect").str());
    let taints: Vec<String> = node.at("spec.taints").items().iter().map(taint).collect();
    let address = node.at("status.addresses").items().first().map(|it| text(it.get("address")));
    vec![
        (FactName::Pods, world.pods_on(&node.name()).count().to_string()),
        (FactName::Capacity, pairs(node.at("status.allocatable"))),
        (FactName::Taints, taints.join(", ")),
        (FactName::Address, address.unwrap_or_default()),
    ]
}

fn service(service: &Object) -> Vec<(FactName, String)> {
    let port = |it: &Value| format!("{}/{}", it.get("port").int_or(0), it.get("protocol").as_str().unwrap_or("TCP"));
    let ports: Vec<String> = service.at("spec.ports").items().iter().map(port).collect();
    vec![
        (FactName::Type, text(service.at("spec.type"))),
        (FactName::Address, text(service.at("spec.clusterIP"))),
        (FactName::Ports, ports.join(", ")),
        (FactName::Selector, pairs(service.at("spec.selector"))),
    ]
}

fn data(object: &Object) -> Vec<(FactName, String)> {
    let fields = object.get("data").fields().iter().chain(object.get("stringData").fields());
    vec![(FactName::Keys, fields.map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", "))]
}

fn selector(value: &Value) -> String {
    Selector::from_object(value).map(|it| it.to_string()).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.str().to_owned()
}

/// `cpu=100m, memory=128Mi`.
fn pairs(map: &Value) -> String {
    let pair = |(key, value): &(Text, Value)| match value.as_str() {
        Some(text) => format!("{key}={text}"),
        None => format!("{key}={value}"),
    };
    map.fields().iter().map(pair).collect::<Vec<_>>().join(", ")
}

/// The command that shows an object in the terminal.
pub fn describe_command(key: &Key) -> String {
    format!("kubectl describe {}", kinds::argument(key))
}
