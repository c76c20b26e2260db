//! Whom claims stand for, once their signature is known to be good: do they still hold, and do their objects still exist?
//!
//! Upstream: `pkg/serviceaccount/{claims,legacy,jwt}.go` (`Validate`, `AuthenticateToken`).

use crate::api::User;
use crate::api::authentication::claims::{ISSUER, LEGACY_ISSUER, SECRET_TYPE, seconds};
use crate::api::base64;
use crate::model::key::resources::{NODES, PODS, SECRETS, SERVICE_ACCOUNTS};
use crate::model::{Key, Object, ResourceName, Text, Time, Value};
use crate::store::Store;

/// How many seconds a clock may be behind.
const LEEWAY_SECONDS: i64 = 60;
/// How long an object that was asked to go still lets its tokens pass, in seconds.
const GOING_SECONDS: i64 = 60;

/// A token that was read and whose signature is good.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    /// The whole of it, as it was shown.
    pub text: &'a str,
    /// What it says.
    pub claims: &'a Value,
}

/// The user of a token and for which of `audiences` it is; no audiences asked for means those of the API server.
///
/// # Errors
/// Why it is nobody's; for logs and reviews, not for the answer to a request.
pub fn verify(token: Token<'_>, audiences: &[Text], now: Time, store: &Store) -> Result<(User, Vec<Text>), String> {
    match token.claims.get("iss").str() {
        ISSUER => bound(token.claims, audiences, now, store),
        LEGACY_ISSUER => legacy(token, audiences, store),
        _ => Err("invalid bearer token".into()),
    }
}

fn bound(claims: &Value, audiences: &[Text], now: Time, store: &Store) -> Result<(User, Vec<Text>), String> {
    let matching = matching_audiences(claims.get("aud"), audiences)?;
    let time = seconds(now);
    if time > claims.get("exp").int_or(0) {
        return Err("service account token has expired".into());
    }
    if time + LEEWAY_SECONDS < claims.get("nbf").int_or(0) {
        return Err("service account token is not valid yet".into());
    }
    let own = claims.get("kubernetes.io");
    let namespace = own.get("namespace").text();
    let account = existing(own.get("serviceaccount"), SERVICE_ACCOUNTS, &namespace, now, store)
        .map_err(|problem| format!("service account {problem}"))?;
    let mut user = User::account(&namespace, &account.name());
    user.uid = account.uid();
    if let Some(id) = claims.get("jti").as_str().filter(|it| !it.is_empty()) {
        user.extra.push(extra("credential-id", &format!("JTI={id}")));
    }
    check_bound(own, &namespace, now, store)?;
    for (kind, object) in [("node", own.get("node")), ("pod", own.get("pod"))] {
        for part in ["name", "uid"] {
            let text = object.get(part).str();
            if !text.is_empty() {
                user.extra.push(extra(&format!("{kind}-{part}"), text));
            }
        }
    }
    Ok((user, matching))
}

/// The objects that the token is bound to; a pod's node may be gone.
fn check_bound(own: &Value, namespace: &str, now: Time, store: &Store) -> Result<(), String> {
    for (field, resource) in [("pod", PODS), ("secret", SECRETS)] {
        let reference = own.get(field);
        if !reference.is_null() {
            existing(reference, resource, namespace, now, store).map_err(|problem| format!("{field} {problem}"))?;
        }
    }
    if own.get("pod").is_null() && !own.get("node").is_null() {
        existing(own.get("node"), NODES, "", now, store).map_err(|problem| format!("node {problem}"))?;
    }
    Ok(())
}

fn existing<'a>(
    reference: &Value,
    resource: ResourceName,
    namespace: &str,
    now: Time,
    store: &'a Store,
) -> Result<&'a Object, String> {
    let name = reference.get("name").text();
    let found = store.get(&Key::new(resource, namespace, name));
    let found = found.ok_or("has been deleted")?;
    if found.uid() != reference.get("uid").str() {
        return Err("UID does not match claim".into());
    }
    let is_gone = found.deletion_time().is_some_and(|it| seconds(it) + GOING_SECONDS < seconds(now));
    if is_gone { Err("has been deleted".into()) } else { Ok(found) }
}

fn matching_audiences(own: &Value, asked: &[Text]) -> Result<Vec<Text>, String> {
    let default = [Text::new_static(ISSUER)];
    let wanted = if asked.is_empty() { &default[..] } else { asked };
    let has = |it: &&Text| own.items().iter().any(|own| own.str() == it.as_str()) || own.str() == it.as_str();
    let matching: Vec<Text> = wanted.iter().filter(has).cloned().collect();
    if !matching.is_empty() {
        return Ok(matching);
    }
    let list = |words: &mut dyn Iterator<Item = String>| words.collect::<Vec<_>>().join(" ");
    let own = list(&mut own.items().iter().map(|it| format!("\"{}\"", it.str())));
    let wanted = list(&mut wanted.iter().map(|it| format!("\"{it}\"")));
    Err(format!("token audiences [{own}] is invalid for the target audiences [{wanted}]"))
}

fn legacy(token: Token<'_>, audiences: &[Text], store: &Store) -> Result<(User, Vec<Text>), String> {
    let own = Value::from(vec![ISSUER.into()]);
    let matching = matching_audiences(&own, audiences)?;
    let claim = |name: &str| token.claims.get(&format!("kubernetes.io/serviceaccount/{name}")).text();
    let namespace = claim("namespace");
    let secret = store.get(&Key::new(SECRETS, namespace.clone(), claim("secret.name")));
    let secret = secret.filter(|it| it.get("type").str() == SECRET_TYPE && !it.is_terminating());
    let secret = secret.ok_or("service account token has been invalidated")?;
    let kept = base64::decode(secret.at("data.token").str()).unwrap_or_default();
    if kept != token.text.as_bytes() {
        return Err("service account token does not match server's copy".into());
    }
    let name = claim("service-account.name");
    let account = store.get(&Key::new(SERVICE_ACCOUNTS, namespace.clone(), name.clone()));
    let account = account.filter(|it| it.uid() == claim("service-account.uid"));
    let account = account.ok_or("service account UID does not match claim")?;
    Ok((User { uid: account.uid(), ..User::account(&namespace, &name) }, matching))
}

fn extra(name: &str, value: &str) -> (Text, Vec<Text>) {
    (format!("authentication.kubernetes.io/{name}").into(), vec![value.into()])
}
