//! A pod carries the region and the zone of its node.
//!
//! Upstream: `plugin/pkg/admission/podtopologylabels/admission.go`. Pods get most of their labels with their binding.

use crate::api::admission::Plugin;
use crate::model::key::resources::NODES;
use crate::model::{Key, Object};
use crate::store::Store;

/// The registration.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "PodTopologyLabels",
    resources: &["pods"],
    mutate: Some(|pod, admission| {
        let node = pod.at("spec.nodeName").text();
        add_topology_labels(pod, &node, admission.store);
        Ok(())
    }),
    ..Plugin::NONE
};

/// The labels of its node that a pod gets.
const TOPOLOGY_LABELS: [&str; 2] = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];

/// Gives `pod` the labels of `node`.
pub(in crate::api) fn add_topology_labels(pod: &mut Object, node: &str, store: &Store) {
    let Some(node) = store.get(&Key::new(NODES, "", node)) else { return };
    for label in TOPOLOGY_LABELS {
        if let Some(value) = node.label(label) {
            pod.entry("metadata.labels").map_mut().insert(label, value);
        }
    }
}
