//! The kinds of a whole Kubernetes that the page does without: one file per resource, and one line here.

mod controller_revision;
mod pod_template;

use crate::api::Resource;

/// The resources of this folder, in the order of the discovery documents: by group, and in it by the alphabet.
pub(super) static RESOURCES: &[Resource] = &[pod_template::RESOURCE, controller_revision::RESOURCE];
