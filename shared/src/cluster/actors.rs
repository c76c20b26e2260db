//! Whom the API server takes the parts of the cluster for.
//!
//! Upstream: `cmd/kube-controller-manager/app` (the account that each control loop's client is built with).

use crate::api::User;
use crate::model::Text;
use crate::trace::Actor;

/// Where the accounts of control loops are.
const NAMESPACE: &str = "kube-system";

/// Control loops whose account is not called as they are.
const ACCOUNTS: &[(&str, &str)] = &[
    ("certificatesigningrequest-approving-controller", "certificate-controller"),
    ("certificatesigningrequest-cleaner-controller", "certificate-controller"),
    ("certificatesigningrequest-signing-controller", "certificate-controller"),
    ("daemonset-controller", "daemon-set-controller"),
    ("endpoints-controller", "endpoint-controller"),
    ("garbage-collector-controller", "generic-garbage-collector"),
    ("horizontal-pod-autoscaler-controller", "horizontal-pod-autoscaler"),
    ("persistentvolume-binder-controller", "persistent-volume-binder"),
    ("persistentvolume-protection-controller", "pv-protection-controller"),
    ("persistentvolumeclaim-protection-controller", "pvc-protection-controller"),
    ("pod-garbage-collector-controller", "pod-garbage-collector"),
    ("replicationcontroller-controller", "replication-controller"),
    ("root-ca-certificate-publisher-controller", "root-ca-cert-publisher"),
    ("serviceaccount-controller", "service-account-controller"),
    ("taint-eviction-controller", "node-controller"),
];

/// Who an actor's requests come from.
pub(super) fn user_of(actor: &Actor) -> User {
    match actor {
        Actor::User => User::admin(),
        Actor::Controller(name) => User::account(NAMESPACE, account_of(name)),
        Actor::Scheduler => User::component("system:kube-scheduler"),
        Actor::Kubelet(node) => with_group(User::component(format!("system:node:{node}")), "system:nodes"),
        Actor::ApiServer => with_group(User::component("system:apiserver"), "system:masters"),
    }
}

fn account_of(controller: &str) -> &str {
    ACCOUNTS.iter().find(|(name, _)| *name == controller).map_or(controller, |(_, account)| account)
}

fn with_group(mut user: User, group: &'static str) -> User {
    user.groups.insert(0, Text::new_static(group));
    user
}
