//! The objects of a fresh cluster, which the API server makes for itself.
//!
//! Upstream: `pkg/controlplane/controller/systemnamespaces`, `pkg/controlplane/controller/kubernetesservice`,
//! `pkg/registry/rbac/rest/storage_rbac.go`.

#[cfg(feature = "every-kind")]
use crate::api::authorization::{
    CLUSTER_ROLE_BINDINGS,
    bootstrap::{self, Reconciled},
};
#[cfg(feature = "every-kind")]
use crate::api::resources;
use crate::api::{Request, Target, Verb};
use crate::cluster::actors::user_of;
use crate::cluster::{Cluster, ControlPlane};
#[cfg(feature = "every-kind")]
use crate::controllers::AUTHORITY;
use crate::model::key::resources::{NAMESPACES, SERVICES};
use crate::model::{Key, Object, ResourceName, Text, Value};
use crate::trace::{Actor, Cause};

const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl Cluster {
    /// Makes the namespaces and the Service of the API server.
    pub(crate) fn bootstrap(&mut self, control_plane: ControlPlane) {
        for name in SYSTEM_NAMESPACES {
            self.make(NAMESPACES, Object::new("v1", "Namespace", "", name));
        }
        self.make(SERVICES, kubernetes_service());
        match control_plane {
            ControlPlane::Tab => {}
            #[cfg(feature = "every-kind")]
            ControlPlane::Full => {
                for class in crate::api::resources::every_kind::priority_class::system_classes() {
                    self.make(ResourceName::of("priorityclasses.scheduling.k8s.io"), class);
                }
                self.make(ResourceName::of("servicecidrs.networking.k8s.io"), service_range());
                self.provide_policy();
            }
        }
    }

    /// Makes the default roles and bindings, or gives those that are there what they lack.
    #[cfg(feature = "every-kind")]
    fn provide_policy(&mut self) {
        for object in bootstrap::objects() {
            let Some(resource) = resources::find_kind(object.api_version(), object.kind()) else { continue };
            let key = Key::new(resource.name(), object.namespace(), object.name());
            match bootstrap::reconcile(&object, self.store().get(&key)) {
                Reconciled::Keep => {}
                Reconciled::Create => self.make(key.resource, object),
                Reconciled::Update(new) => self.ask(Verb::Update, &key, new.0),
                Reconciled::Recreate => {
                    self.ask(Verb::Delete, &key, Value::Null);
                    self.make(key.resource, object);
                }
            }
        }
        self.make(CLUSTER_ROLE_BINDINGS, administrators());
    }

    /// Tells the cluster by which certificate, as PEM, the API server is known: the `ConfigMap` of the API server says so, and
    /// `kube-root-ca.crt` of each namespace follows it.
    ///
    /// Upstream: `pkg/controlplane/controller/clusterauthenticationtrust`; there the controller manager has a flag for the rest.
    #[cfg(feature = "every-kind")]
    pub fn publish_authority(&mut self, certificate: &str) {
        let key = AUTHORITY;
        let mut config = Object::new("v1", "ConfigMap", &key.namespace, &key.name);
        config.set("data", Value::from([("client-ca-file", certificate.into())]));
        match self.store().get(&key) {
            None => self.make(key.resource, config),
            Some(stored) if stored.get("data") == config.get("data") => {}
            Some(_) => self.ask(Verb::Update, &key, config.0),
        }
    }

    fn make(&mut self, resource: ResourceName, object: Object) {
        let key = Key::new(resource, object.namespace(), "");
        self.ask(Verb::Create, &key, object.0);
    }

    /// Asks the API server to do something with its own rights.
    fn ask(&mut self, verb: Verb, key: &Key, body: Value) {
        let Key { resource, namespace, name } = key.clone();
        let target = Target { resource, version: "v1".into(), namespace, name, ..Target::default() };
        let user = user_of(&Actor::ApiServer);
        let request = Request { body, user, ..Request::new(verb, target) };
        self.handle(&request, &Actor::ApiServer, Cause::Bootstrap, &Text::default(), &[]);
    }
}

fn kubernetes_service() -> Object {
    let mut service = Object::new("v1", "Service", "default", "kubernetes");
    service.set("metadata.labels", Value::from([("component", "apiserver".into()), ("provider", "kubernetes".into())]));
    let port = Value::from([
        ("name", "https".into()),
        ("port", 443.into()),
        ("protocol", "TCP".into()),
        ("targetPort", 6443.into()),
    ]);
    service.set("spec.ports", Value::from(vec![port]));
    service.set("spec.clusterIP", "10.96.0.1");
    service.set("spec.sessionAffinity", "None");
    service.set("spec.type", "ClusterIP");
    service
}

/// The range that Services draw their addresses from.
///
/// Upstream: `pkg/controlplane/controller/defaultservicecidr`.
#[cfg(feature = "every-kind")]
fn service_range() -> Object {
    let mut range = Object::new("networking.k8s.io/v1", "ServiceCIDR", "", "kubernetes");
    range.set("spec.cidrs", Value::from(vec![crate::api::resources::service_addresses::RANGE.into()]));
    range
}

/// The binding by which the person at the keyboard may do everything, as kubeadm makes it.
#[cfg(feature = "every-kind")]
fn administrators() -> Object {
    const GROUP: &str = "rbac.authorization.k8s.io";
    let name = "kubeadm:cluster-admins";
    let mut binding = Object::new("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", name);
    let named = |kind: &str, name: &str| {
        Value::from([("apiGroup", GROUP.into()), ("kind", kind.into()), ("name", name.into())])
    };
    binding.set("roleRef", named("ClusterRole", "cluster-admin"));
    binding.set("subjects", Value::from(vec![named("Group", name)]));
    binding
}
