//! The resources that are only asked and never stored: may I, may they, who am I.
//!
//! Upstream: `pkg/registry/authorization/*/rest.go`, `pkg/registry/authentication/{selfsubjectreview,tokenreview}`.

use crate::api::authentication::reviews as who;
use crate::api::authorization::reviews as may;
use crate::api::{Resource, Scope};

const AUTHORIZATION: Resource = Resource { group: "authorization.k8s.io", scope: Scope::Cluster, ..Resource::NONE };
const AUTHENTICATION: Resource = Resource { group: "authentication.k8s.io", ..AUTHORIZATION };

/// May a user do something in this namespace?
pub(super) const LOCAL_ACCESS: Resource = Resource {
    kind: "LocalSubjectAccessReview",
    plural: "localsubjectaccessreviews",
    singular: "localsubjectaccessreview",
    scope: Scope::Namespaced,
    validate: may::validate_local,
    answer: Some(may::access),
    ..AUTHORIZATION
};

/// May I do something?
pub(super) const SELF_ACCESS: Resource = Resource {
    kind: "SelfSubjectAccessReview",
    plural: "selfsubjectaccessreviews",
    singular: "selfsubjectaccessreview",
    validate: may::validate_self,
    answer: Some(may::own_access),
    ..AUTHORIZATION
};

/// What may I do in a namespace?
pub(super) const SELF_RULES: Resource = Resource {
    kind: "SelfSubjectRulesReview",
    plural: "selfsubjectrulesreviews",
    singular: "selfsubjectrulesreview",
    answer: Some(may::own_rules),
    ..AUTHORIZATION
};

/// May a user do something?
pub(super) const ACCESS: Resource = Resource {
    kind: "SubjectAccessReview",
    plural: "subjectaccessreviews",
    singular: "subjectaccessreview",
    validate: may::validate,
    answer: Some(may::access),
    ..AUTHORIZATION
};

/// Who am I?
pub(super) const SELF: Resource = Resource {
    kind: "SelfSubjectReview",
    plural: "selfsubjectreviews",
    singular: "selfsubjectreview",
    answer: Some(who::own),
    ..AUTHENTICATION
};

/// Whose token is this?
pub(super) const TOKEN: Resource = Resource {
    kind: "TokenReview",
    plural: "tokenreviews",
    singular: "tokenreview",
    answer: Some(who::token),
    ..AUTHENTICATION
};
