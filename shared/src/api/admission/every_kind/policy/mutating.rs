//! `MutatingAdmissionPolicy`: expressions that say what is to be changed.
//!
//! Upstream: `plugin/policy/mutating/{dispatcher,reinvocationcontext}.go`, `plugin/policy/generic/policy_dispatcher.go`.

use super::compiled::{Compiled, Mutation};
use super::evaluation::Evaluation;
use super::params::{self, Misconfigured};
use super::{Bound, matching, mutations};
use crate::api::Status;
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::api::expressions::Questions;
use crate::model::{Object, Text, Value};

pub(in crate::api::admission) const PLUGIN: Plugin = Plugin {
    name: "MutatingAdmissionPolicy",
    in_force: InForce::Full,
    on: &[Operation::Create, Operation::Update],
    resources: &["*"],
    mutate: Some(mutate),
    ..Plugin::NONE
};

/// One policy by one binding with one object of parameters, which matches the request.
struct Invocation<'a> {
    policy: &'a Compiled,
    binding: Text,
    params: Option<Object>,
    resource: matching::Named,
}

/// What denies the request.
struct Denial {
    message: String,
    reason: &'static str,
}

fn mutate(object: &mut Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    if admission.policies.never_mutate() || matching::is_exempt(admission) {
        return Ok(());
    }
    let policies = admission.policies;
    let mut denials = Vec::new();
    let invocations: Vec<Invocation<'_>> =
        policies.mutating.iter().flat_map(|it| invocations(it, object, admission, &mut denials)).collect();
    admission.again.policies.begin(admission.again.is_second, object);
    for invocation in invocations {
        invoke(&invocation, object, admission, &mut denials);
    }
    admission.again.policies.output = Some(object.clone());
    denials.is_empty().then_some(()).ok_or_else(|| refusal(&denials, admission))
}

/// What matches of one policy. What is misconfigured denies, unless failures are ignored.
fn invocations<'a>(
    bound: &'a Bound,
    object: &Object,
    admission: &Admission<'_>,
    denials: &mut Vec<Denial>,
) -> Vec<Invocation<'a>> {
    let policy = &*bound.policy;
    let mut deny = |why: Misconfigured, binding: &Text| {
        let message = match why {
            Misconfigured::Policy(why) => {
                format!("policy \"{}\" denied request: failed to configure policy: {why}", policy.name())
            }
            Misconfigured::Binding(why) => denied(policy, binding, &format!("failed to configure binding: {why}")),
        };
        denials.extend((!policy.ignores_failures()).then_some(Denial { message, reason: "Forbidden" }));
    };
    let Ok(Some(resource)) = matching::matches(policy.object.at("spec.matchConstraints"), object, admission) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for binding in &bound.bindings {
        match matching::matches(binding.at("spec.matchResources"), object, admission) {
            Ok(Some(_)) => {}
            Ok(None) => continue,
            Err(why) => {
                deny(Misconfigured::Binding(why), &binding.name());
                continue;
            }
        }
        match params::collect(&policy.object, binding, admission) {
            Ok(all) => found.extend(all.into_iter().map(|params| Invocation {
                policy,
                binding: binding.name(),
                params,
                resource: resource.clone(),
            })),
            Err(why) => deny(why, &binding.name()),
        }
    }
    found
}

fn denied(policy: &Compiled, binding: &Text, why: &str) -> String {
    format!("policy '{}' with binding '{binding}' denied request: {why}", policy.name())
}

/// Makes the changes of one policy, in order.
fn invoke(it: &Invocation<'_>, object: &mut Object, admission: &mut Admission<'_>, denials: &mut Vec<Denial>) {
    let mut deny = |why: &str| {
        let message = denied(it.policy, &it.binding, why);
        denials.extend((!it.policy.ignores_failures()).then_some(Denial { message, reason: "Invalid" }));
    };
    let request = admission.request;
    let questions = Questions { authorizer: admission.authorizer, store: admission.store, user: &request.user };
    let prepared = |object: &Object, admission: &Admission<'_>| {
        Evaluation::new(it.policy, &it.resource, object, it.params.as_ref(), admission, &questions)
    };
    match prepared(object, admission).conditions_hold(it.policy) {
        Ok(true) => {}
        Ok(false) => return,
        Err(why) => return deny(&why),
    }
    let key = it.key();
    if admission.again.is_second && !admission.again.policies.due.contains(&key) {
        return;
    }
    let before = object.clone();
    for mutation in &it.policy.mutations {
        // Each change sees what the ones before it did, also in the policy's own variables.
        let mut evaluation = prepared(object, admission);
        let (Mutation::Apply(program) | Mutation::Patch(program)) = mutation;
        let value = match evaluation.run(program) {
            Ok(it) => it,
            Err(why) => {
                deny(&why.text());
                continue;
            }
        };
        let changed = match mutation {
            Mutation::Apply(_) => mutations::apply(object, &value),
            Mutation::Patch(_) => mutations::patch(object, &value),
        };
        match changed {
            Ok(changed) => {
                *object = changed;
                admission.resource.fill(object);
            }
            Err(why) => deny(&why),
        }
    }
    if *object != before {
        admission.again.policies.require_all();
        admission.again.wanted = true;
    }
    if it.policy.object.at("spec.reinvocationPolicy").str() == "IfNeeded" {
        admission.again.policies.earlier.push(key);
    }
}

impl Invocation<'_> {
    /// Tells it from every other invocation.
    fn key(&self) -> Text {
        let params = self.params.as_ref().map_or_else(String::new, |it| format!("{}/{}", it.namespace(), it.name()));
        format!("{}\n{}\n{params}", self.policy.name(), self.binding).into()
    }
}

fn refusal(denials: &[Denial], admission: &Admission<'_>) -> Status {
    let mut status = admission.forbid("admission request denied by policy");
    if let Some(first) = denials.first() {
        status.message.clone_from(&first.message);
        status.reason = first.reason;
    }
    let causes = denials.iter().map(|it| Value::from([("message", it.message.as_str().into())]));
    status.details.set("causes", causes.collect::<Value>());
    status
}
