//! The JSON schema of the API's types, from the k8s-openapi dependency.

use k8s_openapi::Resource;
use k8s_openapi::api;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions;
use k8s_openapi::apimachinery::pkg::apis::meta;
use k8s_openapi::kube_aggregator::pkg::apis::apiregistration;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

/// A kind of the API: what `apiVersion` and `kind` name, and the type that describes it.
pub(crate) struct Kind {
    /// The API group; empty for core.
    pub(crate) group: String,
    /// The version: `v1`.
    pub(crate) version: String,
    /// The kind: `Pod`.
    pub(crate) name: String,
    /// The name of its type, as in the definitions.
    pub(crate) type_name: String,
}

/// All kinds, and the JSON schema of every type that they need, by name.
pub(crate) struct Source {
    /// The kinds, in the order of the list below.
    pub(crate) kinds: Vec<Kind>,
    /// Definitions by name, such as `io.k8s.api.core.v1.Pod`.
    pub(crate) types: Map<String, Value>,
}

/// Reads the dependency.
pub(crate) fn read() -> Source {
    let mut reader = Reader { kinds: Vec::new(), generator: SchemaSettings::openapi3().into_generator() };
    reader.core();
    reader.workloads();
    reader.cluster();
    reader.add_named::<meta::v1::DeleteOptions>("", "v1", "DeleteOptions");
    Source { kinds: reader.kinds, types: reader.generator.take_definitions(false) }
}

struct Reader {
    kinds: Vec<Kind>,
    generator: SchemaGenerator,
}

impl Reader {
    fn core(&mut self) {
        use api::core::v1;
        self.add::<v1::Binding>();
        self.add::<v1::ConfigMap>();
        self.add::<v1::Endpoints>();
        self.add::<v1::Event>();
        self.add::<v1::LimitRange>();
        self.add::<v1::Namespace>();
        self.add::<v1::Node>();
        self.add::<v1::PersistentVolume>();
        self.add::<v1::PersistentVolumeClaim>();
        self.add::<v1::Pod>();
        self.add::<v1::PodTemplate>();
        self.add::<v1::ReplicationController>();
        self.add::<v1::ResourceQuota>();
        self.add::<v1::Secret>();
        self.add::<v1::Service>();
        self.add::<v1::ServiceAccount>();
        self.add::<meta::v1::Status>();
    }

    fn workloads(&mut self) {
        self.add::<api::apps::v1::ControllerRevision>();
        self.add::<api::apps::v1::DaemonSet>();
        self.add::<api::apps::v1::Deployment>();
        self.add::<api::apps::v1::ReplicaSet>();
        self.add::<api::apps::v1::StatefulSet>();
        self.add::<api::autoscaling::v1::HorizontalPodAutoscaler>();
        self.add::<api::autoscaling::v1::Scale>();
        self.add::<api::autoscaling::v2::HorizontalPodAutoscaler>();
        self.add::<api::batch::v1::CronJob>();
        self.add::<api::batch::v1::Job>();
        self.add::<api::coordination::v1::Lease>();
        self.add::<api::discovery::v1::EndpointSlice>();
        self.add::<api::events::v1::Event>();
        self.add::<api::networking::v1::IPAddress>();
        self.add::<api::networking::v1::Ingress>();
        self.add::<api::networking::v1::IngressClass>();
        self.add::<api::networking::v1::NetworkPolicy>();
        self.add::<api::networking::v1::ServiceCIDR>();
        self.add::<api::policy::v1::Eviction>();
        self.add::<api::policy::v1::PodDisruptionBudget>();
    }

    fn cluster(&mut self) {
        use api::{admissionregistration, authentication, authorization, certificates, flowcontrol, resource, storage};
        self.add::<admissionregistration::v1::MutatingAdmissionPolicy>();
        self.add::<admissionregistration::v1::MutatingAdmissionPolicyBinding>();
        self.add::<admissionregistration::v1::MutatingWebhookConfiguration>();
        self.add::<admissionregistration::v1::ValidatingAdmissionPolicy>();
        self.add::<admissionregistration::v1::ValidatingAdmissionPolicyBinding>();
        self.add::<admissionregistration::v1::ValidatingWebhookConfiguration>();
        self.add::<apiextensions::v1::CustomResourceDefinition>();
        self.add::<apiregistration::v1::APIService>();
        self.add::<authentication::v1::SelfSubjectReview>();
        self.add::<authentication::v1::TokenRequest>();
        self.add::<authentication::v1::TokenReview>();
        self.add::<authorization::v1::LocalSubjectAccessReview>();
        self.add::<authorization::v1::SelfSubjectAccessReview>();
        self.add::<authorization::v1::SelfSubjectRulesReview>();
        self.add::<authorization::v1::SubjectAccessReview>();
        self.add::<certificates::v1::CertificateSigningRequest>();
        self.add::<flowcontrol::v1::FlowSchema>();
        self.add::<flowcontrol::v1::PriorityLevelConfiguration>();
        self.add::<api::node::v1::RuntimeClass>();
        self.add::<api::rbac::v1::ClusterRole>();
        self.add::<api::rbac::v1::ClusterRoleBinding>();
        self.add::<api::rbac::v1::Role>();
        self.add::<api::rbac::v1::RoleBinding>();
        self.add::<resource::v1::DeviceClass>();
        self.add::<resource::v1::ResourceClaim>();
        self.add::<resource::v1::ResourceClaimTemplate>();
        self.add::<resource::v1::ResourceSlice>();
        self.add::<api::scheduling::v1::PriorityClass>();
        self.add::<storage::v1::CSIDriver>();
        self.add::<storage::v1::CSINode>();
        self.add::<storage::v1::CSIStorageCapacity>();
        self.add::<storage::v1::StorageClass>();
        self.add::<storage::v1::VolumeAttachment>();
        self.add::<storage::v1::VolumeAttributesClass>();
    }

    fn add<T: Resource + JsonSchema>(&mut self) {
        self.add_named::<T>(T::GROUP, T::VERSION, T::KIND);
    }

    fn add_named<T: JsonSchema>(&mut self, group: &str, version: &str, kind: &str) {
        self.generator.subschema_for::<T>();
        self.kinds.push(Kind {
            group: group.into(),
            version: version.into(),
            name: kind.into(),
            type_name: T::schema_name().into_owned(),
        });
    }
}
