//! How others check our tokens: the discovery document and the public keys.
//!
//! Upstream: `pkg/serviceaccount/openidmetadata.go`, `pkg/routes/openidmetadata.go`.

use axum::body::Body;
use hyper::Response;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use shared::api::authentication::claims::ISSUER;
use shared::model::Value;

use super::Tokens;
use crate::kube::with_bytes;

const KEYS: &str = "/openid/v1/jwks";

/// The document at `path`, if it is one of these; `host` is the address that the client used.
pub(crate) fn document(tokens: &Tokens, path: &str, host: &str) -> Option<Response<Body>> {
    let (content_type, value) = match path.trim_end_matches('/') {
        "/.well-known/openid-configuration" => ("application/json", configuration(host)),
        KEYS => ("application/jwk-set+json", Value::from([("keys", Value::from(vec![tokens.key.public_jwk()]))])),
        _ => return None,
    };
    let mut response = with_bytes(200, content_type, value.to_json().into());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Some(response)
}

fn configuration(host: &str) -> Value {
    let list = |word: &str| Value::from(vec![word.into()]);
    Value::from([
        ("issuer", ISSUER.into()),
        ("jwks_uri", format!("https://{host}{KEYS}").into()),
        ("response_types_supported", list("id_token")),
        ("subject_types_supported", list("public")),
        ("id_token_signing_alg_values_supported", list("ES256")),
    ])
}
