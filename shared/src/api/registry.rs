//! What a resource is to the API server: one constant of functions per kind.
//!
//! Upstream: `k8s.io/apiserver/pkg/registry/rest/create.go` and the `strategy.go` of each kind.

use crate::api::{DryRun, Errors, Propagation, User};
#[cfg(feature = "every-kind")]
use crate::api::{Status, authorization::Authorizer};
use crate::model::{Chance, Object, ResourceName, Text, Time, names};
use crate::store::Store;

/// Whether objects live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In one each.
    Namespaced,
    /// Outside.
    Cluster,
}

/// A column of `kubectl get`.
#[derive(Clone, Copy)]
pub struct Column {
    /// `READY`.
    pub name: &'static str,
    /// 0 is always shown; above 0 only with `-o wide`.
    pub priority: u8,
    /// The cell.
    pub cell: fn(&Object, Time) -> String,
}

/// How true to Kubernetes a kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// Stored and validated, and all that acts on it in Kubernetes itself acts on it.
    Faithful,
    /// Stored and validated; what does not act on it, in words that follow a semicolon.
    Approximated(&'static str),
}

/// A resource's registration: the router, kubectl, the schema and the panels all read this.
#[derive(Clone, Copy)]
pub struct Resource {
    /// `apps`; empty for core.
    pub group: &'static str,
    /// `v1`.
    pub version: &'static str,
    /// `Deployment`.
    pub kind: &'static str,
    /// `deployments`.
    pub plural: &'static str,
    /// `deployment`.
    pub singular: &'static str,
    /// `deploy`.
    pub short_names: &'static [&'static str],
    /// `all`.
    pub categories: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub scope: Scope,
    /// How true to Kubernetes it is.
    pub fidelity: Fidelity,
    /// `status`, `scale`, …
    pub subresources: &'static [&'static str],
    /// Fills in what the user left out.
    pub default: fn(&mut Object),
    /// Sets and clears what only the server may set; called before defaulted objects are validated.
    pub prepare_for_create: fn(&mut Object),
    /// The same for an update: `status` is the old one's, `generation` counts up when the spec changed.
    pub prepare_for_update: fn(&mut Object, &Object),
    /// What is wrong with a name.
    pub validate_name: fn(&str) -> Vec<String>,
    /// Writes into a new object who made it; before `prepare_for_create`.
    pub note_user: fn(&mut Object, &User),
    /// Draws what no two objects may share (addresses, ports); after validation.
    pub allocate: fn(&mut Object, &mut Allocation<'_>, &mut Errors),
    /// The same as `prepare_for_update` for the subresource `status`: everything but the status is the old one's.
    pub prepare_for_status: fn(&mut Object, &Object),
    /// Finds what is wrong with a new object.
    pub validate: fn(&Object, &mut Errors),
    /// Finds what is wrong with a change: first the new object, then the old.
    pub validate_update: fn(&Object, &Object, &mut Errors),
    /// Finds what is wrong with a change of the status: first the new object, then the old.
    pub validate_status: fn(&Object, &Object, &mut Errors),
    /// What may be wrong with a new object, though it is accepted.
    pub warn: fn(&Object, &mut Vec<String>),
    /// The fields that field selectors may name, beside `metadata.name` and `metadata.namespace`.
    pub selectable: &'static [Selectable],
    /// The columns of `kubectl get`, without NAME.
    pub columns: &'static [Column],
    /// Whether the first column is NAME.
    pub named: Named,
    /// How objects are deleted.
    pub deletion: Deletion,
    /// Kept as another resource's objects; `None` for all but a few.
    pub kept_as: Option<Conversion>,
    /// For a resource that is only asked and never stored: the answer to a valid question.
    #[cfg(feature = "every-kind")]
    pub answer: Option<Answer>,
    /// What every answer warns of; empty for all but a few.
    pub deprecated: &'static str,
    /// The objects of a kind that is never stored: they can be read, and that is all.
    pub computed: Option<fn() -> Vec<Object>>,
}

/// Answers a question with the same object, its status filled in; or refuses it.
#[cfg(feature = "every-kind")]
pub type Answer = fn(Object, &Asking<'_>) -> Result<Object, Status>;

/// What the answer to a question may look at.
#[cfg(feature = "every-kind")]
pub struct Asking<'a> {
    /// The authorizer; `None` where everything is allowed.
    pub authorizer: Option<&'a Authorizer>,
    /// What is stored.
    pub store: &'a Store,
    /// Who asks.
    pub user: &'a User,
    /// The time.
    pub now: Time,
}

/// What an allocation may look at and draw from.
pub struct Allocation<'a> {
    /// The object before an update.
    pub old: Option<&'a Object>,
    /// What is stored.
    pub store: &'a Store,
    /// For the draws.
    pub chance: &'a mut Chance,
    /// A dry run does not ask whether a node port is in range.
    pub dry_run: DryRun,
}

/// A field that field selectors may name: its name, and its value in an object.
pub type Selectable = (&'static str, fn(&Object) -> Text);

/// Whether `kubectl get` begins with NAME.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// It does.
    First,
    /// The columns say where, or not at all.
    InColumns,
}

/// How objects of a resource are deleted.
#[derive(Clone, Copy)]
pub struct Deletion {
    /// How many seconds an object may take to go, from what the request asks for; `None` if the kind knows no grace.
    pub grace: Option<fn(&Object, Option<i64>) -> i64>,
    /// True if the answer to a deletion is the object and not a Status.
    pub answers_object: bool,
    /// What becomes of the dependants if the request does not say.
    pub dependants: Propagation,
    /// A warning for a request that does not say; empty for all but jobs.
    pub unasked: &'static str,
    /// What else the first request to go does to the object; `None` for all but definitions of custom resources.
    pub begin: Option<fn(&mut Object, Time)>,
}

impl Deletion {
    /// At once, with a Status as the answer; the dependants go after it.
    pub const PLAIN: Self =
        Self { grace: None, answers_object: false, dependants: Propagation::Background, unasked: "", begin: None };
}

/// Two resources with one storage, such as `events` and `events.events.k8s.io`.
#[derive(Clone, Copy)]
pub struct Conversion {
    /// The resource in the store.
    pub resource: &'static str,
    /// The version of the stored form: `autoscaling/v2`.
    pub api_version: &'static str,
    /// From this resource's form to the stored one.
    pub to_stored: fn(Object) -> Object,
    /// And back.
    pub from_stored: fn(Object) -> Object,
}

impl Resource {
    /// The defaults of a registration: `..Resource::NONE`.
    pub const NONE: Self = Self {
        group: "",
        version: "v1",
        kind: "",
        plural: "",
        singular: "",
        short_names: &[],
        categories: &[],
        scope: Scope::Namespaced,
        fidelity: Fidelity::Faithful,
        subresources: &[],
        default: |_| {},
        prepare_for_create: |_| {},
        prepare_for_update: |_, _| {},
        validate_name: names::dns1123_subdomain,
        note_user: |_, _| {},
        allocate: |_, _, _| {},
        prepare_for_status: keep_spec,
        validate: |_, _| {},
        validate_update: |_, _, _| {},
        validate_status: |_, _, _| {},
        warn: |_, _| {},
        selectable: &[],
        columns: &[],
        named: Named::First,
        deletion: Deletion::PLAIN,
        kept_as: None,
        #[cfg(feature = "every-kind")]
        answer: None,
        deprecated: "",
        computed: None,
    };

    /// `deployments.apps`.
    pub fn name(&self) -> ResourceName {
        ResourceName::new(self.plural, self.group)
    }

    /// `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The resource whose table holds the objects: its own, but for a few.
    pub fn stored_name(&self) -> ResourceName {
        self.kept_as.map_or_else(|| self.name(), |it| ResourceName::of(it.resource))
    }

    /// `Deployment.apps`, or the kind alone in the core group.
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() { self.kind.to_owned() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// True if it is only asked and never stored: `create` is its only verb.
    pub fn is_question(&self) -> bool {
        #[cfg(feature = "every-kind")]
        return self.answer.is_some();
        #[cfg(not(feature = "every-kind"))]
        false
    }

    /// True if `subresource` may be asked for.
    pub fn has(&self, subresource: &str) -> bool {
        self.subresources.contains(&subresource)
    }
}

impl Column {
    /// A column that is always shown.
    pub const fn new(name: &'static str, cell: fn(&Object, Time) -> String) -> Self {
        Self { name, priority: 0, cell }
    }

    /// A column of `-o wide`.
    pub const fn wide(name: &'static str, cell: fn(&Object, Time) -> String) -> Self {
        Self { name, priority: 1, cell }
    }
}

/// A status update keeps the old spec.
pub(crate) fn keep_spec(new: &mut Object, old: &Object) {
    crate::api::resources::keep(new, old, "spec");
}
