//! Secrets that hold a token: which lack theirs, and what they hold then.
//!
//! Upstream: `pkg/controller/serviceaccount/tokens_controller.go` (`generateTokenIfNeeded`).

use crate::api::authentication::claims::SECRET_TYPE;
use crate::api::base64;
use crate::model::key::resources::{SECRETS, SERVICE_ACCOUNTS};
use crate::model::{Key, Object};
use crate::store::Store;

const NAME: &str = "kubernetes.io/service-account.name";
const UID: &str = "kubernetes.io/service-account.uid";

/// The Secrets that lack a token, each with the account that it is for.
pub fn open(store: &Store) -> Vec<(Object, Object)> {
    let lacking = store.list(&SECRETS).filter(|it| it.get("type").str() == SECRET_TYPE && !it.is_terminating());
    let lacking = lacking.filter(|it| it.at("data.token").is_empty());
    let with_account = lacking.filter_map(|secret| {
        let name = secret.annotation(NAME)?;
        let account = store.get(&Key::new(SERVICE_ACCOUNTS, secret.namespace(), name))?;
        let fits = secret.annotation(UID).is_none_or(|uid| uid == account.uid());
        fits.then(|| (secret.clone(), account.clone()))
    });
    with_account.collect()
}

/// `secret` with its token, its namespace and the certificate of the API server's authority.
pub fn filled(secret: &Object, account: &Object, token: &str, authority: &str) -> Object {
    let mut secret = secret.clone();
    secret.entry("metadata.annotations").map_mut().insert(UID, account.uid());
    let namespace = secret.namespace();
    let data = secret.entry("data").map_mut();
    for (key, text) in [("ca.crt", authority), ("namespace", &namespace), ("token", token)] {
        data.insert(key, base64::encode(text.as_bytes()));
    }
    secret
}
