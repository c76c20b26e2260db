//! JSON Web Tokens with one algorithm, ES256. Source: RFC 7515, RFC 7518 section 3.4.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::model::Value;

use super::SigningKey;

/// The longest token that is looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 16 * 1_024;

/// The token that says `claims`, which is JSON; empty if the system has no randomness.
pub(super) fn sign(claims: &str, key: &SigningKey) -> String {
    let header = Value::from([("alg", "ES256".into()), ("kid", key.id().into())]).to_json();
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    match key.sign(signed.as_bytes()) {
        Some(signature) => format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)),
        None => String::new(),
    }
}

/// What a token says, if `key` has signed it.
pub(super) fn read(token: &str, key: &SigningKey) -> Option<Value> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    if json(header)?.get("alg").str() != "ES256" {
        return None;
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    key.has_signed(signed.as_bytes(), &signature).then(|| json(claims))?
}

fn json(part: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    Value::from_json(std::str::from_utf8(&bytes).ok()?).ok()
}
