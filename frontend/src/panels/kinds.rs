//! Kinds and how kubectl calls them.

use shared::model::{Key, ResourceName};

/// The kind of a resource: `Deployment` for `deployments.apps`; the plural itself for one that is not known here.
pub fn kind(resource: &ResourceName) -> String {
    let known = KINDS.iter().find(|(plural, _)| *plural == resource.plural());
    known.map_or_else(|| resource.plural().to_owned(), |(_, kind)| (*kind).to_owned())
}

/// The resource whose kind is `kind`: `deployments.apps`.
pub fn resource_of(kind: &str, group: &str) -> ResourceName {
    let known = KINDS.iter().find(|(_, it)| *it == kind);
    ResourceName::new(known.map_or(kind, |(plural, _)| plural), group)
}

/// `deployment/web`, and `-n` where the namespace is not `default`.
pub fn argument(key: &Key) -> String {
    let name = format!("{}/{}", kind(&key.resource).to_lowercase(), key.name);
    match key.namespace.as_str() {
        "" | "default" => name,
        namespace => format!("{name} -n {namespace}"),
    }
}

const KINDS: &[(&str, &str)] = &[
    ("pods", "Pod"),
    ("nodes", "Node"),
    ("namespaces", "Namespace"),
    ("services", "Service"),
    ("configmaps", "ConfigMap"),
    ("secrets", "Secret"),
    ("serviceaccounts", "ServiceAccount"),
    ("events", "Event"),
    ("deployments", "Deployment"),
    ("replicasets", "ReplicaSet"),
    ("daemonsets", "DaemonSet"),
    ("statefulsets", "StatefulSet"),
    ("controllerrevisions", "ControllerRevision"),
    ("jobs", "Job"),
    ("cronjobs", "CronJob"),
    ("leases", "Lease"),
    ("endpoints", "Endpoints"),
    ("endpointslices", "EndpointSlice"),
    ("persistentvolumes", "PersistentVolume"),
    ("persistentvolumeclaims", "PersistentVolumeClaim"),
    ("storageclasses", "StorageClass"),
    ("priorityclasses", "PriorityClass"),
    ("poddisruptionbudgets", "PodDisruptionBudget"),
    ("resourcequotas", "ResourceQuota"),
    ("limitranges", "LimitRange"),
    ("horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    ("networkpolicies", "NetworkPolicy"),
    ("ingresses", "Ingress"),
    ("customresourcedefinitions", "CustomResourceDefinition"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use shared::model::key::resources::DEPLOYMENTS;

    #[test]
    fn a_key_is_called_as_kubectl_does() {
        assert_eq!(argument(&Key::new(DEPLOYMENTS, "default", "web")), "deployment/web");
        assert_eq!(argument(&Key::new(DEPLOYMENTS, "shop", "web")), "deployment/web -n shop");
        assert_eq!(resource_of("Deployment", "apps"), DEPLOYMENTS);
    }
}
