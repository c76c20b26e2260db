//! The environments in which policies and match conditions are compiled, and what their variables hold.
//!
//! Upstream: `k8s.io/apiserver/pkg/admission/plugin/cel/{compile,composition,condition}.go`.

use crate::api::User;
use crate::api::authorization::Authorizer;
use crate::api::authorization::attributes::{Asked, Attributes, What};
use crate::cel::{Authorize, Check, Environment, Messages, Program, Type};
use crate::model::{Object, Text, Value};
use crate::store::Store;

/// What an expression must evaluate to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// `bool`.
    Bool,
    /// `string`.
    Text,
    /// `string` or `null`.
    TextOrNull,
    /// Anything.
    Anything,
    /// `Object`: an apply configuration.
    Object,
    /// `list(JSONPatch)`.
    JsonPatch,
}

/// Which variables beside the usual ones an expression may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Offered {
    /// `params`.
    pub(crate) params: bool,
    /// `authorizer` and `authorizer.requestResource`.
    pub(crate) authorizer: bool,
    /// The messages of mutations.
    pub(crate) patches: bool,
}

/// The environment of a policy's expressions.
pub(crate) fn environment(offered: Offered) -> Environment {
    let mut it = Environment::new(&[
        ("object", Type::Dyn),
        ("oldObject", Type::Dyn),
        ("namespaceObject", namespace_type()),
        ("request", request_type()),
    ]);
    if offered.params {
        it.variables.push(("params".into(), Type::Dyn));
    }
    if offered.authorizer {
        let named = |name| Type::Named(name);
        it.variables.push(("authorizer".into(), named("kubernetes.authorization.Authorizer")));
        it.variables.push(("authorizer.requestResource".into(), named("kubernetes.authorization.ResourceCheck")));
    }
    // A policy without variables knows the word all the same.
    it.variables.push(("variables".into(), Type::record("kubernetes.variables", &[])));
    if offered.patches {
        it.messages = Messages::Patches;
    }
    it
}

/// Compiles an expression that must evaluate to what is wanted.
///
/// # Errors
/// The detail of the finding, as the API server says it.
pub(crate) fn compile(environment: &Environment, source: &str, wanted: Wanted) -> Result<Program, String> {
    let program = environment.compile(source).map_err(|it| format!("compilation failed: {it}"))?;
    let (fits, words) = match wanted {
        Wanted::Anything => (true, ""),
        Wanted::Bool => (program.output == Type::Bool, "bool"),
        Wanted::Text => (program.output == Type::Text, "string"),
        Wanted::TextOrNull => (matches!(program.output, Type::Text | Type::Null), "one of [string null_type]"),
        Wanted::Object => (program.output.to_string() == "Object", "Object"),
        Wanted::JsonPatch => (program.output.to_string() == "list(JSONPatch)", "list(JSONPatch)"),
    };
    if fits { Ok(program) } else { Err(format!("must evaluate to {words} but got {}", program.output)) }
}

fn gvk() -> Type {
    Type::record("kubernetes.GroupVersionKind", &[("group", Type::Text), ("version", Type::Text), ("kind", Type::Text)])
}

fn gvr() -> Type {
    let fields = [("group", Type::Text), ("version", Type::Text), ("resource", Type::Text)];
    Type::record("kubernetes.GroupVersionResource", &fields)
}

fn request_type() -> Type {
    let texts = || Type::list(Type::Text);
    let user = Type::record(
        "kubernetes.UserInfo",
        &[
            ("username", Type::Text),
            ("uid", Type::Text),
            ("groups", texts()),
            ("extra", Type::map(Type::Text, texts())),
        ],
    );
    Type::record(
        "kubernetes.AdmissionRequest",
        &[
            ("kind", gvk()),
            ("resource", gvr()),
            ("subResource", Type::Text),
            ("requestKind", gvk()),
            ("requestResource", gvr()),
            ("requestSubResource", Type::Text),
            ("name", Type::Text),
            ("namespace", Type::Text),
            ("operation", Type::Text),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
}

fn namespace_type() -> Type {
    let texts = || Type::list(Type::Text);
    let labels = || Type::map(Type::Text, Type::Text);
    let condition = Type::record(
        "kubernetes.NamespaceCondition",
        &[
            ("status", Type::Text),
            ("type", Type::Text),
            ("lastTransitionTime", Type::Timestamp),
            ("message", Type::Text),
            ("reason", Type::Text),
        ],
    );
    let metadata = Type::record(
        "kubernetes.NamespaceMetadata",
        &[
            ("name", Type::Text),
            ("generateName", Type::Text),
            ("namespace", Type::Text),
            ("labels", labels()),
            ("annotations", labels()),
            ("UID", Type::Text),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            ("resourceVersion", Type::Text),
            ("finalizers", texts()),
        ],
    );
    let status = [("conditions", Type::list(condition)), ("phase", Type::Text)];
    Type::record(
        "kubernetes.Namespace",
        &[
            ("metadata", metadata),
            ("spec", Type::record("kubernetes.NamespaceSpec", &[("finalizers", texts())])),
            ("status", Type::record("kubernetes.NamespaceStatus", &status)),
        ],
    )
}

/// The parts of a namespace that `namespaceObject` shows.
pub(crate) fn shown_namespace(namespace: &Object) -> Value {
    const HIDDEN: &[&str] = &["managedFields", "ownerReferences", "selfLink"];
    let mut shown = namespace.clone();
    for field in HIDDEN {
        shown.remove(&format!("metadata.{field}"));
    }
    shown.0
}

/// The answers of the authorizer to the questions of `authorizer`.
pub(crate) struct Questions<'a> {
    pub(crate) authorizer: Option<&'a Authorizer>,
    pub(crate) store: &'a Store,
    pub(crate) user: &'a User,
}

impl Authorize for Questions<'_> {
    fn decide(&self, check: &Check) -> (bool, String) {
        let Some(authorizer) = self.authorizer else { return (true, String::new()) };
        let account = check.service_account.as_ref().map(|(namespace, name)| account(namespace, name));
        let what = if check.path.is_empty() {
            What::Resource(Asked {
                group: &check.group,
                resource: &check.resource,
                subresource: &check.subresource,
                namespace: &check.namespace,
                name: &check.name,
                ..Asked::default()
            })
        } else {
            What::Path(&check.path)
        };
        let asked = Attributes { user: account.as_ref().unwrap_or(self.user), verb: &check.verb, what };
        match authorizer.decide(&asked, self.store) {
            crate::api::authorization::Decision::Allowed(grounds) => (true, grounds.to_string()),
            crate::api::authorization::Decision::NoOpinion(reason) => (false, reason),
        }
    }
}

/// A service account as a user.
fn account(namespace: &Text, name: &Text) -> User {
    let groups = ["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}").into()];
    User {
        name: format!("system:serviceaccount:{namespace}:{name}").into(),
        groups: groups.into_iter().chain(["system:authenticated".into()]).collect(),
        ..User::default()
    }
}
