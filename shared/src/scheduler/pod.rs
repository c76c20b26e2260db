//! A pod as the scheduler reads it: everything that a decision needs, taken from the object once.

use crate::model::key::resources::PODS;
use crate::model::{Key, Object, Text, Value};
use crate::scheduler::affinity::{Affinity, Toleration};
use crate::scheduler::resources::{self, Resources};

/// A port on the node itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HostPort {
    /// Its number.
    pub(crate) port: i64,
    /// `TCP`.
    pub(crate) protocol: Text,
    /// The address it listens on; `0.0.0.0` for all.
    pub(crate) address: Text,
}

/// A pod, read.
#[derive(Clone, Debug)]
pub(crate) struct PodFacts {
    /// Its key.
    pub(crate) key: Key,
    /// Its newest revision that mattered here.
    pub(crate) object: Object,
    /// `spec.nodeName`; empty without a node. Read once because every cycle holds it against every node.
    pub(crate) node_name: Text,
    /// `spec.priority`.
    pub(crate) priority: i64,
    /// What it asks for.
    pub(crate) requests: Resources,
    /// What it counts as when nodes are scored by free resources.
    pub(crate) scored: Resources,
    /// `spec.tolerations`.
    pub(crate) tolerations: Vec<Toleration>,
    /// `spec.nodeSelector` and `spec.affinity.nodeAffinity`.
    pub(crate) affinity: Affinity,
    /// The host ports of its containers.
    pub(crate) ports: Vec<HostPort>,
    /// The images of its containers and init containers, with their tags.
    pub(crate) images: Vec<Text>,
}

impl PodFacts {
    /// Reads a pod.
    pub(crate) fn read(pod: &Object) -> Self {
        let spec = pod.get("spec");
        let containers = spec.get("containers").items().iter();
        let all = || spec.get("initContainers").items().iter().chain(spec.get("containers").items());
        let sidecars = spec.get("initContainers").items().iter().filter(|it| it.get("restartPolicy").str() == "Always");
        Self {
            key: Key::new(PODS, pod.namespace(), pod.name()),
            object: pod.clone(),
            node_name: spec.get("nodeName").text(),
            priority: spec.get("priority").int_or(0),
            requests: resources::requests(pod),
            scored: resources::scored_requests(pod),
            tolerations: spec.get("tolerations").items().iter().map(Toleration::read).collect(),
            affinity: Affinity::read(spec),
            ports: containers
                .chain(sidecars)
                .flat_map(|it| it.get("ports").items())
                .filter_map(HostPort::read)
                .collect(),
            images: all().map(|it| tagged(it.get("image").str())).collect(),
        }
    }

    /// `metadata.labels`.
    pub(crate) fn labels(&self) -> &Value {
        self.object.metadata().get("labels")
    }

    /// True if a cycle for `other` would decide the same, and it counts the same on its node.
    pub(crate) fn same_for_scheduling(&self, other: &Object) -> bool {
        self.object.get("spec") == other.get("spec")
            && self.labels() == other.metadata().get("labels")
            && self.object.is_terminating() == other.is_terminating()
            && self.object.uid() == other.uid()
    }
}

impl HostPort {
    fn read(port: &Value) -> Option<Self> {
        let or = |field: &str, default: &'static str| match port.get(field).str() {
            "" => Text::new_static(default),
            text => text.into(),
        };
        let number = port.get("hostPort").int_or(0);
        let it = || Self { port: number, protocol: or("protocol", "TCP"), address: or("hostIP", ANY_ADDRESS) };
        (number > 0).then(it)
    }

    /// True if both cannot be had on one node.
    pub(crate) fn conflicts(&self, other: &Self) -> bool {
        let any = self.address == ANY_ADDRESS || other.address == ANY_ADDRESS;
        self.port == other.port && self.protocol == other.protocol && (any || self.address == other.address)
    }
}

const ANY_ADDRESS: &str = "0.0.0.0";

/// `nginx` is `nginx:latest`; a tag or digest stays.
fn tagged(image: &str) -> Text {
    match (image.rfind(':'), image.rfind('/')) {
        (Some(colon), slash) if slash.is_none_or(|slash| colon > slash) => image.into(),
        _ => smol_str::format_smolstr!("{image}:latest"),
    }
}

/// True for a pod that will never use its node again.
pub(crate) fn is_finished(pod: &Object) -> bool {
    matches!(pod.at("status.phase").str(), "Succeeded" | "Failed")
}
