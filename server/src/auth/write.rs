//! The writes of the control loops that are here because they take a key.

use shared::api::{Request, Target, User, Verb};
use shared::model::{Object, ResourceName};

/// Replaces `object`, or the part of it that `subresource` names, as a loop of the controller manager does.
pub(super) fn update(resource: ResourceName, subresource: &'static str, object: Object, user: User) -> Request {
    let target = Target {
        resource,
        version: "v1".into(),
        namespace: object.namespace(),
        name: object.name(),
        subresource: subresource.into(),
    };
    let mut request = Request { user, ..Request::new(Verb::Update, target) };
    request.body = object.0;
    request.options.field_manager = "kube-controller-manager".into();
    request
}
