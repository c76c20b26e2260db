//! `pods/log`, `exec`, `attach` and `portforward`: the kubelet answers these, once the API server has found the node.
//!
//! Upstream: `pkg/registry/core/pod/strategy.go` (`LogLocation`, `streamLocation`). The cluster asks the node before it asks
//! the API server, so that what arrives here is a request that no node can answer.

use crate::api::pipeline::{Api, Call};
use crate::api::{Response, Status};

pub(super) fn handle(api: &mut Api, call: &mut Call<'_>) -> Result<Response, Status> {
    let pod = api.stored(&call.key)?;
    let name = pod.name();
    if pod.at("spec.nodeName").is_empty() {
        return Err(Status::bad_request(format!("pod {name} does not have a host assigned")));
    }
    let node = pod.at("spec.nodeName").str();
    Err(Status::internal(format!("error dialing backend: no kubelet answers for node {node}")))
}
