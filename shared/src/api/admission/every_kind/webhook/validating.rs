//! `ValidatingAdmissionWebhook`: webhooks that say yes or no, all at once.
//!
//! Upstream: `plugin/webhook/validating/dispatcher.go`. Of several refusals the first one's is told.

use super::review::{self, Sort};
use super::{Stopped, annotation, internal};
use crate::api::Status;
use crate::api::admission::calls::waiting;
use crate::api::admission::every_kind::policy::matching;
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::model::Object;

pub(in crate::api::admission) const PLUGIN: Plugin = Plugin {
    name: "ValidatingAdmissionWebhook",
    in_force: InForce::Full,
    on: &[Operation::Create, Operation::Update, Operation::Delete, Operation::Connect],
    resources: &["*"],
    validate: Some(validate),
    ..Plugin::NONE
};

fn validate(object: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    let hooks = &admission.policies.webhooks.validating;
    if hooks.is_empty() || matching::is_exempt(admission) {
        return Ok(());
    }
    let (mut waits, mut refusal, mut index) = (false, None, 0);
    for hook in hooks {
        let Some(resource) = hook.matches(object, admission)? else { continue };
        match review::ask(hook, (Sort::Validating, 0), &resource, object, admission) {
            Ok(_) => {}
            Err(Stopped::Waiting) => waits = true,
            Err(Stopped::Refused(status)) => refusal = refusal.or(Some(status)),
            Err(Stopped::Failed(_)) if hook.ignores_failures() => {
                let key = annotation("failed-open.validating.webhook.admission.k8s.io", 0, index);
                admission.annotate(&key, &hook.name());
            }
            Err(Stopped::Failed(why)) => {
                let why = format!("failed calling webhook \"{}\": {why}", hook.name());
                refusal = refusal.or_else(|| Some(internal(&why)));
            }
        }
        index += 1;
    }
    if waits {
        return Err(waiting());
    }
    refusal.map_or(Ok(()), Err)
}
