//! A policy with its expressions compiled.
//!
//! Upstream: `plugin/policy/validating/plugin.go`, `plugin/policy/mutating/compilation.go`.

use crate::api::expressions::{Offered, Wanted, compile, environment};
use crate::cel::{Environment, Program};
use crate::model::{Object, Text, Value};

/// A compiled expression, or what is wrong with it; a policy that was validated has nothing wrong.
pub(in crate::api::admission) type Compilation = Result<Program, String>;

/// A policy of either sort.
#[derive(Clone, Debug)]
pub(in crate::api::admission) struct Compiled {
    pub(in crate::api::admission) object: Object,
    /// Names and expressions of `matchConditions`.
    pub(in crate::api::admission) conditions: Vec<(Text, Compilation)>,
    /// Names and programs of `variables`, up to the first that is wrong.
    pub(in crate::api::admission) variables: Vec<(Text, Program)>,
    pub(in crate::api::admission) validations: Vec<Validation>,
    pub(in crate::api::admission) annotations: Vec<Annotation>,
    pub(in crate::api::admission) mutations: Vec<Mutation>,
}

/// One entry of `validations`.
#[derive(Clone, Debug)]
pub(in crate::api::admission) struct Validation {
    pub(in crate::api::admission) spec: Value,
    pub(in crate::api::admission) program: Compilation,
    /// `None` without a `messageExpression`.
    pub(in crate::api::admission) message: Option<Compilation>,
}

/// One entry of `auditAnnotations`.
#[derive(Clone, Debug)]
pub(in crate::api::admission) struct Annotation {
    pub(in crate::api::admission) key: Text,
    pub(in crate::api::admission) source: Text,
    pub(in crate::api::admission) program: Compilation,
}

/// One entry of `mutations`.
#[derive(Clone, Debug)]
pub(in crate::api::admission) enum Mutation {
    /// An object with what is to be set.
    Apply(Compilation),
    /// A list of steps.
    Patch(Compilation),
}

impl Compiled {
    /// Compiles all of a policy.
    pub(in crate::api::admission) fn new(policy: &Object) -> Self {
        let spec = policy.get("spec");
        let params = !spec.get("paramKind").is_null();
        let patches = policy.kind() == "MutatingAdmissionPolicy";
        let mut full = environment(Offered { params, authorizer: true, patches });
        let conditions = spec.get("matchConditions").items().iter();
        let conditions =
            conditions.map(|it| (it.get("name").text(), compile(&full, it.get("expression").str(), Wanted::Bool)));
        let conditions = conditions.collect();
        let variables = compile_variables(&mut full, spec.get("variables").items());
        let mut without = environment(Offered { params, authorizer: false, patches: false });
        without.composed.clone_from(&full.composed);
        Self {
            object: policy.clone(),
            conditions,
            variables,
            validations: spec.get("validations").items().iter().map(|it| validation(it, &full, &without)).collect(),
            annotations: spec.get("auditAnnotations").items().iter().map(|it| annotation(it, &full)).collect(),
            mutations: spec.get("mutations").items().iter().map(|it| mutation(it, &full)).collect(),
        }
    }

    /// The policy's name.
    pub(in crate::api::admission) fn name(&self) -> Text {
        self.object.name()
    }

    /// True if errors of the policy itself are as if it were not there.
    pub(in crate::api::admission) fn ignores_failures(&self) -> bool {
        self.object.at("spec.failurePolicy").str() == "Ignore"
    }
}

fn compile_variables(environment: &mut Environment, variables: &[Value]) -> Vec<(Text, Program)> {
    let mut programs = Vec::new();
    for variable in variables {
        let name = variable.get("name").text();
        let Ok(program) = compile(environment, variable.get("expression").str(), Wanted::Anything) else { break };
        environment.composed.push((name.clone(), program.output.clone()));
        programs.push((name, program));
    }
    programs
}

fn validation(spec: &Value, full: &Environment, without_authorizer: &Environment) -> Validation {
    let message = spec.get("messageExpression").str();
    let message = (!message.is_empty()).then(|| compile(without_authorizer, message, Wanted::Text));
    let program = compile(full, spec.get("expression").str().trim(), Wanted::Bool);
    Validation { spec: spec.clone(), program, message }
}

fn annotation(spec: &Value, full: &Environment) -> Annotation {
    let source = spec.get("valueExpression").text();
    let program = compile(full, source.trim(), Wanted::TextOrNull);
    Annotation { key: spec.get("key").text(), source, program }
}

fn mutation(spec: &Value, full: &Environment) -> Mutation {
    let source = |field: &str| spec.get(field).get("expression").str().trim().to_owned();
    match spec.get("patchType").str() {
        "JSONPatch" => Mutation::Patch(compile(full, &source("jsonPatch"), Wanted::JsonPatch)),
        _ => Mutation::Apply(compile(full, &source("applyConfiguration"), Wanted::Object)),
    }
}
