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
    ("service-cidr-controller", "service-cidrs-controller"),
    ("serviceaccount-controller", "service-account-controller"),
    ("taint-eviction-controller", "node-controller"),
];

/// Control loops that are part of the API server, and do what they like.
const OF_API_SERVER: &[&str] = &["crd-naming-condition-controller", "crd-finalizer", "ipallocator-repair-controller"];

/// Who an actor's requests come from.
pub(super) fn user_of(actor: &Actor) -> User {
    match actor {
        Actor::User => User::admin(),
        Actor::Controller(name) if OF_API_SERVER.contains(&name.as_str()) => user_of(&Actor::ApiServer),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::CONTROLLERS;

    /// Each account is held by a binding of the default policy, to a role of its own name.
    #[test]
    fn every_control_loop_has_a_role() {
        let objects = crate::api::authorization::bootstrap::objects();
        let holds = |account: &str| {
            let role = format!("system:controller:{account}");
            objects.iter().any(|it| {
                it.kind() == "ClusterRoleBinding"
                    && it.at("roleRef.name").text() == role
                    && it
                        .at("subjects")
                        .items()
                        .iter()
                        .any(|who| who.at("name").text() == account && who.at("namespace").text() == NAMESPACE)
            })
        };
        let loops = CONTROLLERS.iter().map(|it| it.name).filter(|it| !OF_API_SERVER.contains(it));
        let own = loops.map(account_of);
        for account in own.chain(ACCOUNTS.iter().map(|(_, account)| *account)) {
            assert!(holds(account), "{account}");
        }
        assert!(!holds("nobody"));
    }

    #[test]
    fn every_component_has_a_role() {
        let objects = crate::api::authorization::bootstrap::objects();
        let scheduler = user_of(&Actor::Scheduler).name;
        let held = objects.iter().filter(|it| {
            it.kind().ends_with("Binding")
                && it.at("subjects").items().iter().any(|who| who.at("name").text() == scheduler)
        });
        let held: Vec<Text> = held.map(crate::model::Object::name).collect();
        let expected = [
            "system:volume-scheduler",
            "system:kube-scheduler",
            "system::extension-apiserver-authentication-reader",
            "system::leader-locking-kube-scheduler",
        ];
        assert_eq!(held, expected);
    }
}
