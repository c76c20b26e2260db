//! `SelfSubjectReview` and `TokenReview`.
//!
//! Upstream: `pkg/registry/authentication/selfsubjectreview/rest.go`, `pkg/registry/authentication/tokenreview/storage.go`.

use crate::api::registry::Asking;
use crate::api::{Status, User};
use crate::model::{Object, Text, Value};

/// Who asks?
#[allow(clippy::unnecessary_wraps, reason = "other reviews may be refused")]
pub(crate) fn own(mut review: Object, asking: &Asking<'_>) -> Result<Object, Status> {
    review.set("metadata.creationTimestamp", asking.now.to_string());
    review.set("status.userInfo", user_info(asking.user));
    Ok(review)
}

/// Whose token is it? The host, which knows the keys, answers that in `status` ([`answer`]).
pub(crate) fn token(review: Object, _: &Asking<'_>) -> Result<Object, Status> {
    if review.at("spec.token").is_empty() {
        return Err(Status::bad_request("token is required for TokenReview in authentication"));
    }
    Ok(review)
}

/// Puts into a `TokenReview` whose token it is, for which of the audiences that were asked for; or why it is nobody's.
pub fn answer(review: &mut Object, found: Result<(User, Vec<Text>), String>) {
    let status = match found {
        Ok((user, audiences)) => {
            let mut status = Value::from([("authenticated", true.into()), ("user", user_info(&user))]);
            if !audiences.is_empty() {
                status.set("audiences", audiences.iter().collect::<Value>());
            }
            status
        }
        Err(error) => Value::from([("user", Value::map()), ("error", error.into())]),
    };
    review.set("status", status);
}

/// `userInfo` of a review.
pub fn user_info(user: &User) -> Value {
    let mut info = Value::map();
    for (field, text) in [("username", &user.name), ("uid", &user.uid)] {
        if !text.is_empty() {
            info.set(field, text);
        }
    }
    if !user.groups.is_empty() {
        info.set("groups", user.groups.iter().collect::<Value>());
    }
    for (key, values) in &user.extra {
        info.entry("extra").map_mut().insert(key.clone(), values.iter().collect::<Value>());
    }
    info
}

/// Who stands in fields like these, with the name in the field `name`; keys of `extra` are told without case.
pub(crate) fn user_of(fields: &Value, name: &str) -> User {
    let texts = |list: &Value| list.items().iter().map(Value::text).collect::<Vec<_>>();
    let extra = fields.get("extra").fields().iter().map(|(key, values)| (key.to_lowercase().into(), texts(values)));
    User {
        name: fields.get(name).text(),
        uid: fields.get("uid").text(),
        groups: texts(fields.get("groups")),
        extra: extra.collect(),
    }
}
