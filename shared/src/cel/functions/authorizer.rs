//! Questions to the authorizer: may the one who asks do this as well?
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/library/authz.go`.

use super::Function;
use crate::cel::machine::{Machine, Outcome, no_overload, wrong};
use crate::cel::val::Val;
use crate::model::Text;
use std::fmt::Debug;
use std::sync::Arc;

/// Answers the questions of expressions.
pub trait Authorize {
    /// Whether it is allowed, and why.
    fn decide(&self, check: &Check) -> (bool, String);
}

/// A question as far as it is asked.
#[derive(Clone, Debug, Default)]
pub struct Check {
    /// What it is about so far.
    pub stage: Stage,
    /// Who would do it; `None` for whoever asks. Namespace and name of a service account.
    pub service_account: Option<(Text, Text)>,
    /// The path, for a path check.
    pub path: Text,
    /// The API group.
    pub group: Text,
    /// The resource.
    pub resource: Text,
    /// Its subresource, or empty.
    pub subresource: Text,
    /// The namespace, or empty.
    pub namespace: Text,
    /// The object's name, or empty.
    pub name: Text,
    /// What would be done.
    pub verb: Text,
    /// The answer, once there is one.
    pub allowed: bool,
    /// Why.
    pub reason: Text,
}

/// What a question is about so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Nothing.
    #[default]
    Authorizer,
    /// A path outside of resources.
    Path,
    /// A group of resources.
    Group,
    /// A resource.
    Resource,
    /// It is answered.
    Decision,
}

impl Check {
    /// The name of its type.
    pub fn type_name(&self) -> Text {
        let name = match self.stage {
            Stage::Authorizer => "Authorizer",
            Stage::Path => "PathCheck",
            Stage::Group => "GroupCheck",
            Stage::Resource => "ResourceCheck",
            Stage::Decision => "Decision",
        };
        format!("kubernetes.authorization.{name}").into()
    }

    /// `authorizer`.
    pub fn authorizer() -> Val {
        Val::Check(Arc::default())
    }

    /// A question about a resource, which still lacks the verb: `authorizer.requestResource`.
    pub fn of_resource(self) -> Val {
        Val::Check(Arc::new(Self { stage: Stage::Resource, ..self }))
    }
}

const OF_RESOURCE: &[&str] = &["ResourceCheck.(string) ResourceCheck"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("path", &["Authorizer.(string) PathCheck"], |_, it| match it {
        [Val::Check(_), Val::Text(path)] if path.is_empty() => wrong("path must not be empty"),
        _ => narrowed(it, |check, path| {
            check.stage = Stage::Path;
            check.path = path;
        }),
    }),
    Function::new("group", &["Authorizer.(string) GroupCheck"], |_, it| {
        narrowed(it, |check, group| {
            check.stage = Stage::Group;
            check.group = group;
        })
    }),
    Function::new("serviceAccount", &["Authorizer.(string, string) Authorizer"], |_, it| match it {
        [Val::Check(check), Val::Text(namespace), Val::Text(name)] => {
            let account = Some((namespace.clone(), name.clone()));
            Ok(Val::Check(Arc::new(Check { service_account: account, ..(**check).clone() })))
        }
        _ => no_overload(),
    }),
    Function::new("resource", &["GroupCheck.(string) ResourceCheck"], |_, it| {
        narrowed(it, |check, resource| {
            check.stage = Stage::Resource;
            check.resource = resource;
        })
    }),
    Function::new("subresource", OF_RESOURCE, |_, it| narrowed(it, |check, name| check.subresource = name)),
    Function::new("namespace", OF_RESOURCE, |_, it| narrowed(it, |check, name| check.namespace = name)),
    Function::new("name", OF_RESOURCE, |_, it| narrowed(it, |check, name| check.name = name)),
    Function::new("check", &["PathCheck.(string) Decision", "ResourceCheck.(string) Decision"], decide),
    Function::new("allowed", &["Decision.() bool"], |_, it| match it {
        [Val::Check(it)] => Ok(Val::Bool(it.allowed)),
        _ => no_overload(),
    }),
    Function::new("reason", &["Decision.() string"], |_, it| match it {
        [Val::Check(it)] => Ok(Val::Text(it.reason.clone())),
        _ => no_overload(),
    }),
    Function::new("errored", &["Decision.() bool"], |_, it| match it {
        [Val::Check(_)] => Ok(Val::Bool(false)),
        _ => no_overload(),
    }),
    Function::new("error", &["Decision.() string"], |_, it| match it {
        [Val::Check(_)] => Ok(Val::text("")),
        _ => no_overload(),
    }),
];

fn narrowed(it: &[Val], narrow: fn(&mut Check, Text)) -> Outcome {
    let [Val::Check(check), Val::Text(by)] = it else { return no_overload() };
    let mut check = (**check).clone();
    narrow(&mut check, by.clone());
    Ok(Val::Check(Arc::new(check)))
}

/// What one question costs. Upstream asks an authorizer that may be far away.
const DECISION_COST: u64 = 350_000;

fn decide(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let [Val::Check(check), Val::Text(verb)] = it else { return no_overload() };
    machine.charge(DECISION_COST)?;
    let mut check = Check { verb: verb.clone(), ..(**check).clone() };
    let Some(authorizer) = machine.authorizer else { return wrong("no authorizer") };
    let (allowed, reason) = authorizer.decide(&check);
    (check.allowed, check.reason, check.stage) = (allowed, reason.into(), Stage::Decision);
    Ok(Val::Check(Arc::new(check)))
}
