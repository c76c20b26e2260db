//! `MutatingAdmissionWebhook`: webhooks that may change objects, one after another.
//!
//! Upstream: `plugin/webhook/mutating/{dispatcher,reinvocationcontext}.go`.

use super::review::{Sort, in_version, is_whole, other_version};
use super::verdict::Verdict;
use super::{Hook, Stopped, annotation, internal, review};
use crate::api::admission::calls::waiting;
use crate::api::admission::every_kind::policy::matching::{self, Named};
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::api::{Status, decoding, patch};
use crate::model::{Object, Value};

pub(in crate::api::admission) const PLUGIN: Plugin = Plugin {
    name: "MutatingAdmissionWebhook",
    in_force: InForce::Full,
    on: &[Operation::Create, Operation::Update, Operation::Delete, Operation::Connect],
    resources: &["*"],
    mutate: Some(mutate),
    ..Plugin::NONE
};

fn mutate(object: &mut Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    let hooks = &admission.policies.webhooks.mutating;
    if hooks.is_empty() || matching::is_exempt(admission) {
        return Ok(());
    }
    let is_second = admission.again.is_second;
    admission.again.hooks.begin(is_second, object);
    for (index, hook) in hooks.iter().enumerate() {
        let Some(resource) = hook.matches(object, admission)? else { continue };
        if is_second && !admission.again.hooks.due.contains(&hook.id) {
            continue;
        }
        let place = (usize::from(is_second), index);
        let changed = invoke(hook, place, &resource, object, admission)?;
        note(hook, place, changed, admission);
        if changed {
            admission.again.hooks.require_all();
            admission.again.wanted = true;
        }
        if hook.spec.get("reinvocationPolicy").str() == "IfNeeded" {
            admission.again.hooks.earlier.push(hook.id.clone());
        }
    }
    admission.again.hooks.output = Some(object.clone());
    Ok(())
}

/// Asks one webhook and does what it says; true if that has changed the object.
fn invoke(
    hook: &Hook,
    (round, index): (usize, usize),
    resource: &Named,
    object: &mut Object,
    admission: &mut Admission<'_>,
) -> Result<bool, Status> {
    let asked = review::ask(hook, (Sort::Mutating, round), resource, object, admission);
    match asked.and_then(|verdict| changed(hook, &verdict, resource, object, admission)) {
        Ok(None) => Ok(false),
        Ok(Some(new)) => {
            let is_other = new != *object;
            *object = new;
            Ok(is_other)
        }
        Err(Stopped::Waiting) => Err(waiting()),
        Err(Stopped::Refused(status)) => Err(status),
        Err(Stopped::Failed(_)) if hook.ignores_failures() => {
            let key = annotation("failed-open.mutation.webhook.admission.k8s.io", round, index);
            admission.annotate(&key, &hook.name());
            Ok(false)
        }
        Err(Stopped::Failed(why)) => Err(internal(&format!("failed calling webhook \"{}\": {why}", hook.name()))),
    }
}

/// The object after the webhook's patch; `None` without one.
fn changed(
    hook: &Hook,
    verdict: &Verdict,
    resource: &Named,
    object: &Object,
    admission: &mut Admission<'_>,
) -> Result<Option<Object>, Stopped> {
    let refused = |why: &str| Stopped::Refused(internal(why));
    if verdict.patch.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&verdict.patch);
    let steps = Value::from_json(&text).ok().filter(|it| it.as_list().is_some()).ok_or_else(|| {
        Stopped::Failed("received undecodable patch in webhook response: it is no list in JSON".into())
    })?;
    if steps.is_empty() {
        return Ok(None);
    }
    if matches!(admission.operation, Operation::Delete | Operation::Connect) {
        let name = hook.name();
        return Err(refused(&format!(
            "admission webhook \"{name}\" attempted to modify the object, which is not supported for this operation"
        )));
    }
    if verdict.patch_type != "JSONPatch" {
        return Err(Stopped::Failed(format!("unsupported patch type \"{}\"", verdict.patch_type)));
    }
    patched(&steps, resource, object, admission).map(Some)
}

/// The object after the steps of a patch, which speak of the version that the webhook saw; read and filled in as if sent.
fn patched(steps: &Value, resource: &Named, object: &Object, admission: &mut Admission<'_>) -> Result<Object, Stopped> {
    let refused = |why: String| Stopped::Refused(internal(&why));
    let detail = |it: Status| {
        let prefix = "the server rejected our request due to an error in our request: ";
        it.message.strip_prefix(prefix).unwrap_or(&it.message).to_owned()
    };
    if !is_whole(admission) {
        return patch::apply_json(object, steps).map_err(|it| refused(detail(it)));
    }
    let own = admission.resource;
    let other = other_version(resource, admission);
    let version = other.as_deref().unwrap_or(own);
    let shown = in_version(object, version, admission)?;
    let mut new = patch::apply_json(&shown, steps).map_err(|it| refused(detail(it)))?;
    for field in ["apiVersion", "kind"] {
        new.set(field, shown.get(field));
    }
    let new = version.to_stored(decoding::typed(version, &new).map_err(refused)?);
    let mut new = own.to_stored(if version.converts() { in_version(&new, own, admission)? } else { new });
    own.fill(&mut new);
    Ok(new)
}

/// Notes for the audit log whether a webhook has changed the object.
fn note(hook: &Hook, (round, index): (usize, usize), changed: bool, admission: &mut Admission<'_>) {
    let (configuration, name) = (Value::from(&hook.configuration), Value::from(&hook.name()));
    let value = format!("{{\"configuration\":{configuration},\"webhook\":{name},\"mutated\":{changed}}}");
    admission.annotate(&annotation("mutation.webhook.admission.k8s.io", round, index), &value);
}
