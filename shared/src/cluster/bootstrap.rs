//! The objects of a fresh cluster, which the API server makes for itself.
//!
//! Upstream: `pkg/controlplane/controller/systemnamespaces`, `pkg/controlplane/controller/kubernetesservice`,
//! `pkg/registry/rbac/rest/storage_rbac.go`.

use crate::api::{Request, Target, Verb};
use crate::cluster::actors::user_of;
use crate::cluster::{Cluster, ControlPlane};
use crate::model::key::resources::{NAMESPACES, SERVICES};
use crate::model::{Object, ResourceName, Text, Value};
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
                self.provide_policy();
            }
        }
    }

    /// Makes what is missing of the default roles and bindings.
    #[cfg(feature = "every-kind")]
    fn provide_policy(&mut self) {
        let defaults = crate::api::authorization::bootstrap::objects();
        for object in defaults.into_iter().chain([administrators()]) {
            let Some(resource) = crate::api::resources::find_kind(object.api_version(), object.kind()) else {
                continue;
            };
            self.make(resource.name(), object);
        }
    }

    fn make(&mut self, resource: ResourceName, object: Object) {
        let target = Target { resource, version: "v1".into(), namespace: object.namespace(), ..Target::default() };
        let user = user_of(&Actor::ApiServer);
        let request = Request { body: object.0, user, ..Request::new(Verb::Create, target) };
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
