//! What the cluster as a whole says to a request that writes: the admission plug-ins that a default API server runs.
//!
//! Upstream: `k8s.io/apiserver/pkg/admission`, `pkg/kubeapiserver/options/plugins.go` for the order.
//!
//! A plug-in is one file with a `PLUGIN` and one line in `PLUGINS`. It has two turns, as upstream's:
//!
//! 1. `Plugin::mutate` sees the decoded object with its defaults, before it is validated; it may change it or refuse it;
//! 2. `Plugin::validate` sees the valid object that is about to be written; it may only refuse it, warn, note something for
//!    the audit log, or have other objects written with it ([`Admission::write_along`]).
//!
//! Both get an [`Admission`]: who asks for what, the object before, everything that is stored (the namespace's object among it),
//! and the authorizer. Of a deletion there is no new object, so that `object` is empty and [`Admission::old`] is what goes.
//! A subresource (`binding`, `scale`, `eviction`, …) is admitted with its own body. A plug-in names the operations and
//! resources that it wants to see, so that the others cost nothing. [`InForce`] says in which clusters it takes part: the page's
//! cluster has few, to stay small.
//!
//! Nothing here waits: what has to ask outside of the process (webhooks) is asked by the host between two tries of a request;
//! `calls` says how.

#[cfg(feature = "every-kind")]
pub mod calls;
mod default_tolerations;
mod namespace_lifecycle;
pub(super) mod pod_topology_labels;
mod priority;
mod runtime_class;
mod service_account;
mod taint_nodes;

#[cfg(feature = "every-kind")]
mod every_kind;

#[cfg(feature = "every-kind")]
use crate::api::authorization::Authorizer;
use crate::api::{DryRun, Registration, Request, Status, User};
use crate::model::key::resources::NAMESPACES;
use crate::model::{Chance, Key, Object, ResourceName, Text, Time};
use crate::store::Store;
#[cfg(feature = "every-kind")]
pub use calls::{Attempt, HookAnswer, HookCall};
#[cfg(feature = "every-kind")]
pub(crate) use every_kind::policy::{Policies, type_check};

/// The reason of a try that waits for webhooks; no answer has it.
const WAITING: &str = "WebhookAwaited";

/// True for a refusal that is none: webhooks have to be asked first, and then it is tried again.
pub(crate) fn is_waiting(status: &Status) -> bool {
    status.reason == WAITING
}

/// Every plug-in, in upstream's order.
static PLUGINS: &[Plugin] = &[
    namespace_lifecycle::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::limit_ranger::PLUGIN,
    service_account::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::node_restriction::PLUGIN,
    taint_nodes::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::pod_security::PLUGIN,
    priority::PLUGIN,
    default_tolerations::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::default_storage_class::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::storage_in_use::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::claim_resize::PLUGIN,
    runtime_class::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::certificates::APPROVAL,
    #[cfg(feature = "every-kind")]
    every_kind::certificates::SIGNING,
    #[cfg(feature = "every-kind")]
    every_kind::certificates::SUBJECT,
    #[cfg(feature = "every-kind")]
    every_kind::default_ingress_class::PLUGIN,
    pod_topology_labels::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::policy::mutating::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::webhook::mutating::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::policy::validating::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::webhook::validating::PLUGIN,
    #[cfg(feature = "every-kind")]
    every_kind::resource_quota::PLUGIN,
];

/// A plug-in: one constant of functions.
#[derive(Clone, Copy)]
pub(crate) struct Plugin {
    /// Its name in upstream's list: `LimitRanger`.
    pub(crate) name: &'static str,
    /// In which clusters it takes part.
    pub(crate) in_force: InForce,
    /// What must be done to an object for it to be asked.
    pub(crate) on: &'static [Operation],
    /// To which resources, as [`concerns`] reads it: `pods`, `pods/status`, `pods/*` or `*`.
    pub(crate) resources: &'static [&'static str],
    /// Its turn before validation.
    pub(crate) mutate: Option<Mutate>,
    /// Its turn after validation.
    pub(crate) validate: Option<Validate>,
}

/// Changes an object by what the cluster holds, or refuses it.
pub(crate) type Mutate = fn(&mut Object, &mut Admission<'_>) -> Result<(), Status>;

/// Lets a valid object pass or not.
pub(crate) type Validate = fn(&Object, &mut Admission<'_>) -> Result<(), Status>;

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `CREATE`: also of a subresource that is posted, such as `binding`.
    Create,
    /// `UPDATE`: by PUT or by a patch.
    Update,
    /// `DELETE`, of one or of each of a collection.
    Delete,
    /// `CONNECT`: to a pod by `exec`, `attach` or `portforward`; the object is the options of the connection.
    #[cfg(feature = "every-kind")]
    Connect,
}

/// Where a plug-in takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum InForce {
    /// In every cluster.
    #[default]
    Always,
    /// Where the whole control plane runs.
    #[cfg(feature = "every-kind")]
    Full,
}

/// What a plug-in may look at, draw from and leave behind.
pub struct Admission<'a> {
    /// What is done.
    pub operation: Operation,
    /// To which resource.
    pub resource: &'a Registration,
    /// To which object; its name is empty as long as it is to be drawn.
    pub key: &'a Key,
    /// The whole request: who asks, the subresource, the options.
    pub request: &'a Request,
    /// The object before; `None` for a new one.
    pub old: Option<&'a Object>,
    /// What is stored.
    pub store: &'a Store,
    /// The authorizer; `None` where everything is allowed.
    #[cfg(feature = "every-kind")]
    pub authorizer: Option<&'a Authorizer>,
    /// What is served.
    #[cfg(feature = "every-kind")]
    pub(crate) registry: &'a crate::api::Registry,
    /// The policies and webhooks that are in force.
    #[cfg(feature = "every-kind")]
    pub(crate) policies: &'a Policies,
    /// Whether plug-ins are asked a second time, and which policies and webhooks.
    #[cfg(feature = "every-kind")]
    pub(crate) again: Again,
    /// For names that are drawn.
    pub chance: &'a mut Chance,
    /// The time.
    pub now: Time,
    /// What becomes of all this beside yes or no.
    pub notes: &'a mut Notes,
    /// The name in refusals: that of the object, or its `generateName`.
    pub(crate) shown_name: Text,
}

/// What admission leaves behind when it says yes.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// For the client, each a header over HTTP.
    pub warnings: Vec<String>,
    /// For the audit log: `pod-security.kubernetes.io/enforce-policy` and its value.
    pub annotations: Vec<(Text, Text)>,
    /// Objects that are written with the request's own.
    pub(crate) along: Vec<(Key, Object)>,
    /// Whether the request may be made was asked before.
    pub(crate) is_authorized: bool,
    /// What webhooks have answered, and which are still to be asked.
    #[cfg(feature = "every-kind")]
    pub(crate) calls: calls::Calls,
}

impl Plugin {
    /// The defaults of a registration: `..Plugin::NONE`.
    pub(crate) const NONE: Self = Self {
        name: "",
        in_force: InForce::Always,
        on: &[Operation::Create],
        resources: &[],
        mutate: None,
        validate: None,
    };

    fn wants(&self, admission: &Admission<'_>) -> bool {
        let part = admission.subresource();
        self.on.contains(&admission.operation)
            && self.resources.iter().any(|it| concerns(it, &admission.key.resource, part))
    }
}

/// True if `entry` is about `resource` and its part: `pods` is the object alone, `pods/*` it and every part, `*` everything.
fn concerns(entry: &str, resource: &ResourceName, part: &str) -> bool {
    match entry.split_once('/') {
        None => entry == "*" || (part.is_empty() && entry == resource.as_str()),
        Some((whole, own)) => whole == resource.as_str() && (own == "*" || own == part),
    }
}

/// The first turn of every plug-in that is in force; a second time if a policy or a webhook has changed what the plug-ins saw.
///
/// # Errors
/// The first refusal.
pub(super) fn mutate(in_force: InForce, object: &mut Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    mutate_once(in_force, object, admission)?;
    #[cfg(feature = "every-kind")]
    if admission.again.wanted {
        admission.again.is_second = true;
        mutate_once(in_force, object, admission)?;
    }
    Ok(())
}

fn mutate_once(in_force: InForce, object: &mut Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    for plugin in PLUGINS.iter().filter(|it| it.in_force <= in_force) {
        if let Some(mutate) = plugin.mutate
            && plugin.wants(admission)
        {
            mutate(object, admission)?;
        }
    }
    Ok(())
}

/// The second turn of every plug-in that is in force.
///
/// # Errors
/// The first refusal.
pub(super) fn validate(in_force: InForce, object: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    for plugin in PLUGINS.iter().filter(|it| it.in_force <= in_force) {
        if let Some(validate) = plugin.validate
            && plugin.wants(admission)
        {
            validate(object, admission)?;
        }
    }
    Ok(())
}

/// The names of all plug-ins that run where `in_force` does, in order, as `--enable-admission-plugins` has them.
pub fn plugin_names(in_force: InForce) -> impl Iterator<Item = &'static str> {
    PLUGINS.iter().filter(move |it| it.in_force <= in_force).map(|it| it.name)
}

/// What is known about asking a second time. Upstream: `admission/reinvocation.go`.
#[cfg(feature = "every-kind")]
#[derive(Clone, Debug, Default)]
pub(crate) struct Again {
    /// True while plug-ins are asked for the second and last time.
    pub(crate) is_second: bool,
    /// True once a policy or a webhook has changed the object.
    pub(crate) wanted: bool,
    /// What policies know of it.
    pub(crate) policies: Round,
    /// What webhooks know of it.
    pub(crate) hooks: Round,
}

/// What one plug-in knows about asking a second time.
#[cfg(feature = "every-kind")]
#[derive(Clone, Debug, Default)]
pub(crate) struct Round {
    /// The object as the plug-in left it.
    pub(crate) output: Option<Object>,
    /// Who has been asked before and would be again.
    pub(crate) earlier: Vec<Text>,
    /// Who is to be asked again.
    pub(crate) due: Vec<Text>,
}

#[cfg(feature = "every-kind")]
impl Round {
    /// In the second round everybody is asked again if others have changed the object since.
    pub(crate) fn begin(&mut self, is_second: bool, object: &Object) {
        if is_second && self.output.as_ref().is_some_and(|it| it != object) {
            self.require_all();
        }
    }

    /// Everybody who was asked before is asked again.
    pub(crate) fn require_all(&mut self) {
        self.due.append(&mut self.earlier);
    }
}

impl Admission<'_> {
    /// Who asks.
    pub fn user(&self) -> &User {
        &self.request.user
    }

    /// `status`, `binding`, …; empty for the object itself.
    pub fn subresource(&self) -> &str {
        &self.request.target.subresource
    }

    /// True if nothing will be written.
    pub fn is_dry_run(&self) -> bool {
        self.request.options.dry_run == DryRun::All
    }

    /// The namespace that the object is in; `None` outside of namespaces.
    pub fn namespace(&self) -> Option<&Object> {
        self.store.get(&Key::new(NAMESPACES, "", self.key.namespace.clone()))
    }

    /// Adds a warning for the client.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.notes.warnings.push(text.into());
    }

    /// Notes something for the audit log.
    pub fn annotate(&mut self, key: &str, value: &str) {
        self.notes.annotations.push((key.into(), value.into()));
    }

    /// Has another object written together with the one that is admitted.
    pub fn write_along(&mut self, key: Key, object: Object) {
        self.notes.along.push((key, object));
    }

    /// The refusal of a plug-in: `pods "web" is forbidden: DETAIL`.
    pub fn forbid(&self, detail: &str) -> Status {
        Status::forbidden(&Key { name: self.shown_name.clone(), ..self.key.clone() }, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_name_resources_and_their_parts() {
        let pods = ResourceName::of("pods");
        let all = |entry: &str| ["", "status"].map(|part| concerns(entry, &pods, part));
        assert_eq!(all("pods"), [true, false]);
        assert_eq!(all("pods/status"), [false, true]);
        assert_eq!(all("pods/*"), [true, true]);
        assert_eq!(all("*"), [true, true]);
        assert_eq!(all("nodes"), [false, false]);
        assert!(concerns("ingresses.networking.k8s.io", &ResourceName::of("ingresses.networking.k8s.io"), ""));
    }
}
