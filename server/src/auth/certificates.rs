//! Approves and signs certificate requests, as the certificate controllers of a control plane do.
//!
//! Upstream: `pkg/controller/certificates/{approver,signer}`. What is done is decided in `shared` (`certificates::work`); it
//! is here because it takes the authority's key.

use std::sync::Arc;

use shared::api::certificates::work::{self, Work};
use shared::api::{Request, Target, User, Verb};
use shared::model::Object;

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
        Work::Approve(request) => update("approval", request),
        Work::Fail(request) => update("status", request),
        Work::Sign(order) => {
            let answer = match signer.sign(&order) {
                Ok(certificate) => work::signed(&order.request, &certificate),
                Err(error) => work::failed(&order.request, &error.to_string(), wall_clock()),
            };
            update("status", answer)
        }
    }
}

fn update(subresource: &str, request: Object) -> Request {
    let target = Target {
        resource: work::requests(),
        version: "v1".into(),
        name: request.name(),
        subresource: subresource.into(),
        ..Target::default()
    };
    let mut write = Request::new(Verb::Update, target);
    write.body = request.0;
    write.user = User::account("kube-system", "certificate-controller");
    write.options.field_manager = "kube-controller-manager".into();
    write
}
