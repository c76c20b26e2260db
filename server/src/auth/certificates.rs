//! Approves and signs certificate requests, as the certificate controllers of a control plane do.
//!
//! Upstream: `pkg/controller/certificates/{approver,signer}`. What is done is decided in `shared` (`certificates::work`); it
//! is here because it takes the authority's key.

use std::sync::Arc;

use shared::api::certificates::work::{self, Work};
use shared::api::{Request, User};
use shared::model::Object;

use super::write::update;
use crate::host::{Host, wall_clock};
use crate::tls::Signer;

/// Approves and signs for ever; dropping the future stops it.
pub(crate) async fn keep_signed(host: Arc<Host>, signer: Signer) {
    let mut requests = host.subscribe(&work::requests());
    loop {
        let due = host.look(|cluster| work::due(cluster.store(), cluster.api().authorizer(), wall_clock()));
        for work in due {
            // A refusal mostly means that somebody else changed it, which wakes us again; any other is left until the next change.
            host.request(&done(work, &signer)).await;
        }
        if requests.next(host.feed()).await.is_err() {
            requests = host.subscribe(&work::requests());
        }
    }
}

/// The write that carries `work` out.
fn done(work: Work, signer: &Signer) -> Request {
    match work {
        Work::Approve(request) => write("approval", request),
        Work::Fail(request) => write("status", request),
        Work::Sign(order) => {
            let answer = match signer.sign(&order) {
                Ok(certificate) => work::signed(&order.request, &certificate),
                Err(error) => work::failed(&order.request, &error.to_string(), wall_clock()),
            };
            write("status", answer)
        }
    }
}

fn write(subresource: &'static str, request: Object) -> Request {
    update(work::requests(), subresource, request, User::account("kube-system", "certificate-controller"))
}
