//! What a simulated node is, and the Node object that its kubelet registers.

use super::images::digest;
use crate::kubelet::Profile;
use crate::model::{Object, Text, Value};
use smol_str::format_smolstr;

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeConfig {
    /// Its name.
    pub name: Text,
    /// `4`, as a quantity.
    pub cpu: Text,
    /// `8Gi`, as a quantity.
    pub memory: Text,
    /// How many pods it takes.
    pub pods: u32,
    /// `topology.kubernetes.io/zone`; empty for none.
    pub zone: Text,
    /// Bytes per second that a pull fetches.
    pub pull_rate: i64,
    /// Its number: pods get addresses 10.244.INDEX.N.
    pub index: u32,
    /// How faithful its kubelet and containers are.
    pub profile: Profile,
}

impl NodeConfig {
    /// A node of 4 cores, 8 GiB and 110 pods that pulls 50 MB per second.
    pub fn new(name: impl Into<Text>, index: u32) -> Self {
        Self {
            name: name.into(),
            cpu: Text::new_static("4"),
            memory: Text::new_static("8Gi"),
            pods: 110,
            zone: Text::default(),
            pull_rate: 50_000_000,
            index,
            profile: Profile::Faithful,
        }
    }

    /// One of the nodes that Kubernetes' own control plane was recorded with: 32 cores, 128 Gi, 200 pods, zones a, b, c.
    pub fn ideal(index: u32) -> Self {
        let zone = ["a", "b", "c"][index as usize % 3];
        Self {
            cpu: Text::new_static("32"),
            memory: Text::new_static("128Gi"),
            pods: 200,
            zone: format_smolstr!("zone-{zone}"),
            profile: Profile::Ideal,
            ..Self::new(format_smolstr!("node-{index}"), index)
        }
    }

    /// `10.244.3`: the network of this node's pods.
    pub fn pod_network(&self) -> String {
        format!("10.{}.{}", 244 + self.index / 256 % 12, self.index % 256)
    }

    /// The node's own address.
    pub fn address(&self) -> Text {
        let number = self.index + 10;
        format_smolstr!("192.168.{}.{}", 64 + number / 250, number % 250)
    }

    /// The Node object that its kubelet registers.
    pub fn object(&self) -> Object {
        let mut node = Object::new("v1", "Node", "", &self.name);
        node.set("metadata.labels", self.labels());
        node.set("spec", Value::map());
        let address = |kind: &str, value: &Text| Value::from([("type", kind.into()), ("address", value.into())]);
        let addresses = vec![address("InternalIP", &self.address()), address("Hostname", &self.name)];
        node.set("status.addresses", addresses);
        node.set("status.capacity", self.resources());
        node.set("status.allocatable", self.resources());
        node.set("status.daemonEndpoints.kubeletEndpoint.Port", 10_250);
        node.set("status.nodeInfo", self.info());
        node
    }

    fn labels(&self) -> Value {
        let mut labels = Value::map();
        let map = labels.map_mut();
        for (key, value) in [("arch", "amd64"), ("os", "linux")] {
            map.insert(format!("beta.kubernetes.io/{key}"), value);
            map.insert(format!("kubernetes.io/{key}"), value);
        }
        map.insert("kubernetes.io/hostname", &self.name);
        if !self.zone.is_empty() {
            map.insert("topology.kubernetes.io/zone", &self.zone);
            map.insert("topology.kubernetes.io/region", "region-1");
        }
        labels
    }

    fn resources(&self) -> Value {
        Value::from([
            ("cpu", (&self.cpu).into()),
            ("memory", (&self.memory).into()),
            ("pods", self.pods.to_string().into()),
            ("ephemeral-storage", "100Gi".into()),
            ("hugepages-1Gi", "0".into()),
            ("hugepages-2Mi", "0".into()),
        ])
    }

    fn info(&self) -> Value {
        let machine = &digest(&[&self.name])[..32];
        let kernel = if self.profile == Profile::Ideal { "6.1.0-fake" } else { "6.1.0-pilothouse" };
        let fields = [
            ("machineID", machine),
            ("systemUUID", machine),
            ("bootID", machine),
            ("kernelVersion", kernel),
            ("osImage", "Debian GNU/Linux 12 (bookworm)"),
            ("containerRuntimeVersion", "containerd://2.1.0"),
            ("kubeletVersion", "v1.36.2"),
            ("kubeProxyVersion", ""),
            ("operatingSystem", "linux"),
            ("architecture", "amd64"),
        ];
        Value::from(fields.map(|(name, value)| (name, Value::from(value))))
    }
}
