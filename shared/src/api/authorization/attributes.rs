//! What is asked about a request: who wants to do what with what.
//!
//! Upstream: `k8s.io/apiserver/pkg/authorization/authorizer/interfaces.go`, `pkg/endpoints/request/requestinfo.go`.

use crate::api::{Options, Request, Status, Target, User};
use crate::model::{Key, ResourceName, Value};

/// A question to the authorizer.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributes<'a> {
    /// Who.
    pub user: &'a User,
    /// `get`, `list`, `watch`, `create`, …; for a path the HTTP method in lower case.
    pub verb: &'a str,
    /// With what.
    pub what: What<'a>,
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq)]
pub enum What<'a> {
    /// Objects of the API.
    Resource(Asked<'a>),
    /// A path outside of it: `/healthz`.
    Path(&'a str),
}

/// Which objects are asked for. An empty field says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked<'a> {
    /// `apps`; empty for core.
    pub group: &'a str,
    /// `pods`.
    pub resource: &'a str,
    /// `log`.
    pub subresource: &'a str,
    /// The namespace; empty for all, or for objects outside of namespaces.
    pub namespace: &'a str,
    /// The name; empty for a collection, and for new objects.
    pub name: &'a str,
    /// The field selector, unparsed.
    pub fields: &'a str,
}

impl<'a> Attributes<'a> {
    /// The question that `request` is.
    pub fn of(request: &'a Request) -> Self {
        Self::of_target(&request.user, request.verb.word(), &request.target, &request.options)
    }

    /// The question of whether `user` may do `verb`, such as `watch`, with `target`.
    pub fn of_target(user: &'a User, verb: &'a str, target: &'a Target, options: &'a Options) -> Self {
        let (group, resource) = (target.resource.group(), target.resource.plural());
        let mut asked = Asked { group, resource, subresource: &target.subresource, ..Asked::default() };
        asked.namespace = &target.namespace;
        asked.fields = &options.field_selector;
        let is_new = verb == "create" && target.subresource.is_empty();
        asked.name = if is_new { "" } else { &target.name };
        if asked.name.is_empty() && matches!(verb, "list" | "watch" | "deletecollection") {
            asked.name = selected(asked.fields, "metadata.name").unwrap_or_default();
        }
        if group.is_empty() && resource == "namespaces" {
            asked.namespace = asked.name;
        }
        Self { user, verb, what: What::Resource(asked) }
    }

    /// The question of whether `user` may send `method`, in lower case, to a path that is no resource's.
    pub fn of_path(user: &'a User, method: &'a str, path: &'a str) -> Self {
        Self { user, verb: method, what: What::Path(path) }
    }

    /// 403, with the reason of the authorizer if it gave one.
    pub fn refusal(&self, reason: &str) -> Status {
        let mut detail = self.sentence();
        if !reason.is_empty() {
            detail = format!("{detail}: {reason}");
        }
        match &self.what {
            What::Path(_) => Status::new_forbidden(format!("forbidden: {detail}"), Value::map()),
            What::Resource(it) if it.name.is_empty() => {
                let resource = ResourceName::new(it.resource, it.group);
                let mut details = Value::from([("kind", it.resource.into())]);
                if !it.group.is_empty() {
                    details.set("group", it.group);
                }
                Status::new_forbidden(format!("{resource} is forbidden: {detail}"), details)
            }
            What::Resource(it) => {
                Status::forbidden(&Key::new(ResourceName::new(it.resource, it.group), it.namespace, it.name), &detail)
            }
        }
    }

    fn sentence(&self) -> String {
        let (user, verb) = (&self.user.name, self.verb);
        let it = match &self.what {
            What::Path(path) => return format!("User \"{user}\" cannot {verb} path \"{path}\""),
            What::Resource(it) => it,
        };
        let place = if it.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{}\"", it.namespace)
        };
        let (resource, group) = (it.full_resource(), it.group);
        format!("User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {place}")
    }
}

impl Attributes<'_> {
    /// The namespace asked about; empty for paths and for all.
    pub fn namespace(&self) -> &str {
        match &self.what {
            What::Resource(it) => it.namespace,
            What::Path(_) => "",
        }
    }
}

impl Asked<'_> {
    /// `pods/log`, or `pods` alone.
    pub fn full_resource(&self) -> String {
        if self.subresource.is_empty() {
            return self.resource.to_owned();
        }
        format!("{}/{}", self.resource, self.subresource)
    }
}

/// The value that a field selector demands of `field` by equality.
pub fn selected<'a>(selector: &'a str, field: &str) -> Option<&'a str> {
    selector.split(',').find_map(|term| {
        let (name, value) = term.split_once('=').filter(|(name, _)| !name.ends_with('!'))?;
        (name == field).then(|| value.strip_prefix('=').unwrap_or(value))
    })
}
