//! Patches of the Deployment that [`common`](super::common) has.

use super::common::target;
use shared::api::{Api, Options, PatchKind, Request, Response, Verb};
use shared::model::{Time, Value};

/// Patches the Deployment; whatever the patch, it is no fault of the server's.
pub fn patch(api: &mut Api, kind: PatchKind, body: Value, force: bool) -> Response {
    let options = Options { field_manager: "fuzz".into(), force, ..Options::default() };
    let response = api.handle(&Request { body, options, ..Request::new(Verb::Patch(kind), target()) }, Time::VIRTUAL_START);
    if let Some(status) = response.failure() {
        assert!((400..500).contains(&status.code), "{status:?}");
        let _ = status.to_value().to_json();
    }
    response
}
