//! Fills Secrets of type `kubernetes.io/service-account-token`, for programs that do not ask for tokens.
//!
//! Upstream: `pkg/controller/serviceaccount/tokens_controller.go`. What is written is decided in `shared`
//! (`authentication::secrets`); it is here because it takes the key.

use std::sync::Arc;

use shared::api::User;
use shared::api::authentication::{claims, secrets};
use shared::model::key::resources::{SECRETS, SERVICE_ACCOUNTS};

use super::write::update;
use super::{Tokens, jwt};
use crate::host::Host;

/// The user of the control loops that have no account of their own.
const USER: &str = "system:kube-controller-manager";

/// Fills such Secrets for ever; dropping the future stops it. `authority` is the certificate that clients trust, as PEM.
pub(crate) async fn keep_filled(host: Arc<Host>, tokens: Arc<Tokens>, authority: String) {
    let (mut secrets, mut accounts) = (host.subscribe(&SECRETS), host.subscribe(&SERVICE_ACCOUNTS));
    loop {
        for (secret, account) in host.look(|cluster| secrets::open(cluster.store())) {
            let token = jwt::sign(&claims::legacy(&secret, &account).to_json(), &tokens.key);
            // A refusal means that somebody else changed it, which wakes us again.
            let filled = secrets::filled(&secret, &account, &token, &authority);
            host.request(&update(SECRETS, "", filled, User::component(USER))).await;
        }
        let behind = tokio::select! {
            news = secrets.next(host.feed()) => news.err(),
            news = accounts.next(host.feed()) => news.err(),
        };
        if behind.is_some() {
            (secrets, accounts) = (host.subscribe(&SECRETS), host.subscribe(&SERVICE_ACCOUNTS));
        }
    }
}
