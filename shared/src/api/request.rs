//! Requests and responses: what HTTP carries, without the HTTP.

use crate::api::Status;
use crate::model::{Object, ResourceName, Text, Value};

/// What is asked of the API server.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What to do.
    pub verb: Verb,
    /// With what.
    pub target: Target,
    /// The object, patch, binding, eviction or delete options that came along; null without.
    pub body: Value,
    /// The query parameters.
    pub options: Options,
    /// Who asks.
    pub user: User,
}

/// The verbs of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Read one object.
    Get,
    /// Read many.
    List,
    /// Make one.
    Create,
    /// Replace one.
    Update,
    /// Change one by a patch.
    Patch(PatchKind),
    /// Ask for one to go.
    Delete,
    /// Ask for all that match to go.
    DeleteCollection,
}

impl Verb {
    /// The word for it in roles, reviews and the trace: `deletecollection`.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch(_) => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
        }
    }
}

/// The kinds of patch, by their content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' own, with merge keys.
    StrategicMerge,
    /// Server-side apply.
    Apply,
}

/// The path of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The resource.
    pub resource: ResourceName,
    /// The version asked for: `v1`.
    pub version: Text,
    /// The namespace; empty for cluster-scoped resources and for lists across all namespaces.
    pub namespace: Text,
    /// The name; empty for collections.
    pub name: Text,
    /// `status`, `scale`, `binding`, `eviction`, `log`; empty for the object itself.
    pub subresource: Text,
}

/// The query parameters and delete options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Whether to stop before the commit.
    pub dry_run: DryRun,
    /// Who manages the written fields.
    pub field_manager: Text,
    /// What to do about unknown and duplicate fields.
    pub field_validation: FieldValidation,
    /// Server-side apply: take over fields that others manage.
    pub force: bool,
    /// `labelSelector`, unparsed.
    pub label_selector: Text,
    /// `fieldSelector`, unparsed.
    pub field_selector: Text,
    /// `limit`; 0 is no limit.
    pub limit: usize,
    /// `continue`: the token that an earlier, limited list gave.
    pub continue_token: Text,
    /// `resourceVersion`; empty is the newest.
    pub resource_version: Text,
    /// `resourceVersionMatch`.
    pub resource_version_match: Text,
    /// What happens to dependants on deletion; `None` is the kind's default.
    pub propagation: Option<Propagation>,
    /// `gracePeriodSeconds`; `None` is the object's own.
    pub grace_period_seconds: Option<i64>,
    /// `preconditions.uid`; empty is none.
    pub uid: Text,
    /// The parameters of one subresource alone, as over HTTP: `container`, `tailLines`, `command`, …
    ///
    /// `exec` answers with text, or with an object of `stdout`, `stderr` and `exitCode`.
    pub query: Vec<(Text, Text)>,
}

/// `dryRun`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DryRun {
    /// Commit.
    #[default]
    Off,
    /// `All`: do everything but commit.
    All,
}

/// `fieldValidation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// Drop unknown fields silently.
    Ignore,
    /// Drop them and warn: the server's default.
    #[default]
    Warn,
    /// Refuse them.
    Strict,
}

/// `propagationPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// The object goes at once, its dependants after it.
    Background,
    /// The dependants go first.
    Foreground,
    /// The dependants stay.
    Orphan,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// `system:serviceaccount:kube-system:deployment-controller`.
    pub name: Text,
    /// Tells apart two who had the same name; empty if unknown.
    pub uid: Text,
    /// `system:masters`.
    pub groups: Vec<Text>,
    /// What else is known, such as the pod whose token was shown; sorted by key.
    pub extra: Vec<(Text, Vec<Text>)>,
}

/// What the API server answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status code.
    pub code: u16,
    /// The body.
    pub body: Body,
    /// Warnings, sent as headers over HTTP.
    pub warnings: Vec<String>,
    /// What admission notes for the audit log: `pod-security.kubernetes.io/audit-violations` and its value.
    pub annotations: Vec<(Text, Text)>,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// One object.
    Object(Object),
    /// A list object, `items` inside.
    List(Value),
    /// Plain text, of logs.
    Text(String),
    /// A failure, or the success of a deletion.
    Status(Status),
}

impl Request {
    /// A request without a body or options, by the cluster's administrator.
    pub fn new(verb: Verb, target: Target) -> Self {
        Self { verb, target, body: Value::Null, options: Options::default(), user: User::admin() }
    }
}

impl User {
    /// The administrator whom kubectl and the page are.
    pub fn admin() -> Self {
        Self {
            name: Text::new_static("kubernetes-admin"),
            groups: vec![Text::new_static("kubeadm:cluster-admins"), Text::new_static("system:authenticated")],
            ..Self::default()
        }
    }

    /// A component of the control plane, such as `system:kube-scheduler`.
    pub fn component(name: impl Into<Text>) -> Self {
        Self { name: name.into(), groups: vec![Text::new_static("system:authenticated")], ..Self::default() }
    }

    /// The groups of every service account of `namespace`.
    pub fn account_groups(namespace: &str) -> Vec<Text> {
        vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}").into()]
    }

    /// The service account `name` of `namespace`.
    pub fn account(namespace: &str, name: &str) -> Self {
        let groups = Self::account_groups(namespace).into_iter().chain([Text::new_static("system:authenticated")]);
        let groups = groups.collect();
        Self { name: format!("system:serviceaccount:{namespace}:{name}").into(), groups, ..Self::default() }
    }
}

impl Response {
    /// A body with its code, and nothing to say beside it.
    pub fn new(code: u16, body: Body) -> Self {
        Self { code, body, warnings: Vec::new(), annotations: Vec::new() }
    }

    /// An object with code 200 or 201.
    pub fn object(code: u16, object: Object) -> Self {
        Self::new(code, Body::Object(object))
    }

    /// A Status with its own code.
    pub fn status(status: Status) -> Self {
        Self::new(status.code, Body::Status(status))
    }

    /// The object, if the answer is one.
    pub fn as_object(&self) -> Option<&Object> {
        match &self.body {
            Body::Object(object) => Some(object),
            Body::List(_) | Body::Text(_) | Body::Status(_) => None,
        }
    }

    /// The failure, if the answer is one.
    pub fn failure(&self) -> Option<&Status> {
        match &self.body {
            Body::Status(status) if self.code >= 400 => Some(status),
            Body::Status(_) | Body::Object(_) | Body::List(_) | Body::Text(_) => None,
        }
    }
}
