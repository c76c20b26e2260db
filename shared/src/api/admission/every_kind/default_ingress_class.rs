//! A new ingress without a class gets the default one.
//!
//! Upstream: `plugin/pkg/admission/network/defaultingressclass/admission.go`.

use crate::api::admission::{Admission, Plugin};
use crate::model::{Object, ResourceName, Text};
use std::cmp::Reverse;

/// The registration.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "DefaultIngressClass",
    resources: &["ingresses.networking.k8s.io"],
    mutate: Some(|ingress, admission| {
        default_class(ingress, admission);
        Ok(())
    }),
    ..Plugin::NONE
};

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";
const CLASSES: ResourceName = ResourceName::of("ingressclasses.networking.k8s.io");

/// Of several default classes the newest counts, then the first by name.
fn default_class(ingress: &mut Object, admission: &Admission<'_>) {
    if !ingress.at("spec.ingressClassName").is_null() || ingress.annotation(CLASS_ANNOTATION).is_some() {
        return;
    }
    let defaults = admission.store.list(&CLASSES).filter(|it| it.annotation(DEFAULT_CLASS) == Some("true"));
    let chosen: Option<Text> = defaults.min_by_key(|it| (Reverse(it.created()), it.name())).map(Object::name);
    if let Some(name) = chosen {
        ingress.set("spec.ingressClassName", name);
    }
}
