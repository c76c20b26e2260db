//! The objects of a fresh cluster, which the API server makes for itself.
//!
//! Upstream: `pkg/controlplane/controller/systemnamespaces`, `pkg/controlplane/controller/kubernetesservice`.

use crate::api::{Request, Target, Verb};
use crate::cluster::Cluster;
use crate::model::key::resources::{NAMESPACES, SERVICES};
use crate::model::{Object, ResourceName, Text, Value};
use crate::trace::{Actor, Cause};

const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl Cluster {
    /// Makes the namespaces and the Service of the API server.
    pub(crate) fn bootstrap(&mut self) {
        for name in SYSTEM_NAMESPACES {
            self.make(NAMESPACES, Object::new("v1", "Namespace", "", name));
        }
        self.make(SERVICES, kubernetes_service());
    }

    fn make(&mut self, resource: ResourceName, object: Object) {
        let target = Target { resource, version: "v1".into(), namespace: object.namespace(), ..Target::default() };
        let request = Request { body: object.0, ..Request::new(Verb::Create, target) };
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
