//! Service account tokens on this machine: the key that signs them, whom they stand for, and what others check them by;
//! and certificates for those who ask for one.
//!
//! What a token says and whether it still holds is decided in `shared`; here it is signed and its signature checked.
//! Upstream: `pkg/serviceaccount/{jwt,openidmetadata}.go`, `pkg/controller/serviceaccount/tokens_controller.go`.

mod certificates;
mod jwt;
mod key;
mod openid;
mod secrets;
mod write;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use shared::api::authentication::reviews;
use shared::api::authentication::verify::{Token, verify};
use shared::api::{Body, Response, User};
use shared::model::{Text, Value};

use crate::host::{Host, wall_clock};

pub(crate) use certificates::keep_signed;
pub(crate) use key::{KeyError, SigningKey};
pub(crate) use openid::document;
pub(crate) use secrets::keep_filled;

/// How many tokens with a good signature are remembered, so that it is not checked at each request.
const REMEMBERED_MAX: usize = 1_024;

/// Signs and reads tokens.
pub(crate) struct Tokens {
    key: SigningKey,
    /// What tokens with a good signature say.
    good: Mutex<BTreeMap<String, Value>>,
}

impl Tokens {
    /// Signs with `key`.
    pub(crate) fn new(key: SigningKey) -> Self {
        Self { key, good: Mutex::default() }
    }

    /// Whose token `text` is, and for which of `audiences`; none asked for means this server.
    ///
    /// # Errors
    /// Why it is nobody's.
    pub(crate) fn user(&self, host: &Host, text: &str, audiences: &[Text]) -> Result<(User, Vec<Text>), String> {
        let claims = self.claims(text).ok_or("invalid bearer token")?;
        host.look(|cluster| verify(Token { text, claims: &claims }, audiences, wall_clock(), cluster.store()))
    }

    fn claims(&self, text: &str) -> Option<Value> {
        let mut good = self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claims) = good.get(text) {
            return Some(claims.clone());
        }
        let claims = jwt::read(text, &self.key)?;
        if good.len() >= REMEMBERED_MAX {
            good.clear();
        }
        good.insert(text.to_owned(), claims.clone());
        Some(claims)
    }

    /// What the pipeline had to leave open in an answer: the signature of a new token, and whose token was asked about.
    pub(crate) fn finish(&self, host: &Host, response: &mut Response) {
        let Body::Object(object) = &mut response.body else { return };
        match (object.api_version(), object.kind()) {
            ("authentication.k8s.io/v1", "TokenRequest") => {
                let token = jwt::sign(object.at("status.token").str(), &self.key);
                object.set("status.token", token);
            }
            ("authentication.k8s.io/v1", "TokenReview") => {
                let text = object.at("spec.token").text();
                let audiences: Vec<Text> = object.at("spec.audiences").items().iter().map(Value::text).collect();
                reviews::answer(object, self.user(host, &text, &audiences));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::api::{Request, Target, Verb};
    use shared::model::ResourceName;
    use shared::model::key::resources::SERVICE_ACCOUNTS;

    async fn ask(host: &Host, tokens: &Tokens, target: Target, body: Value) -> Value {
        let user = User { groups: vec!["system:masters".into()], ..User::default() };
        let mut response = host.request(&Request { body, user, ..Request::new(Verb::Create, target) }).await;
        tokens.finish(host, &mut response);
        response.as_object().map_or_else(|| panic!("{response:?}"), |it| it.0.clone())
    }

    async fn account(host: &Host, tokens: &Tokens, subresource: &str) -> Value {
        let name = if subresource.is_empty() { "" } else { "bot" };
        let target = Target {
            resource: SERVICE_ACCOUNTS,
            version: "v1".into(),
            namespace: "default".into(),
            name: name.into(),
            subresource: subresource.into(),
        };
        ask(host, tokens, target, Value::from([("metadata", Value::from([("name", "bot".into())]))])).await
    }

    #[tokio::test]
    async fn a_token_that_was_asked_for_is_let_in() {
        let (host, tokens) = (Host::new(0, 1), Tokens::new(SigningKey::generate().expect("a key")));
        account(&host, &tokens, "").await;
        let token = account(&host, &tokens, "token").await.at("status.token").text();
        for _ in 0..2 {
            let (user, _) = tokens.user(&host, &token, &[]).expect("it is good");
            assert_eq!(user.name, "system:serviceaccount:default:bot");
        }
        let other = Tokens::new(SigningKey::generate().expect("a key"));
        assert_eq!(other.user(&host, &token, &[]).expect_err("another's key"), "invalid bearer token");
        let (head, tail) = token.split_at(token.len() - 2);
        assert!(tokens.user(&host, &format!("{head}{}", if tail == "AA" { "BB" } else { "AA" }), &[]).is_err());
        for odd in ["", ".", "..", "a.b.c", "é.é.é"] {
            assert!(tokens.user(&host, odd, &[]).is_err());
        }
        let resource = ResourceName::of("tokenreviews.authentication.k8s.io");
        let target = Target { resource, version: "v1".into(), ..Target::default() };
        let review = Value::from([("spec", Value::from([("token", token.into())]))]);
        let review = ask(&host, &tokens, target, review).await;
        assert!(review.at("status.authenticated").is_true(), "{review}");
        assert_eq!(review.at("status.user.username").str(), "system:serviceaccount:default:bot");
    }
}
