//! From the bytes of a request to the value that the pipeline reads.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers/{create,patch,delete}.go`, `pkg/util/flowcontrol`'s body limit
//! (`MaxRequestBodyBytes`).

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use shared::api::{FieldValidation, PatchKind, Status};
use shared::model::decode::duplicate_fields;
use shared::model::{Value, yaml};

use super::{negotiate, protobuf, status};

/// The most bytes that a body may have, upstream's limit.
pub(crate) const BODY_BYTES_MAX: usize = 3 * 1024 * 1024;

/// How long the whole of a body may take to come, upstream's limit for a request.
const BODY_TIMEOUT: Duration = Duration::from_mins(1);

/// What a body says.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The value; null for an empty body.
    pub(crate) value: Value,
    /// `duplicate field "…"`, for a warning or a refusal.
    pub(crate) duplicates: Vec<String>,
}

/// Reads a body whole.
///
/// # Errors
/// 413 over the limit; 504 if it does not come in time; 400 if the client goes away in the middle.
pub(crate) async fn collect(body: Body) -> Result<Bytes, Status> {
    let reading = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, BODY_BYTES_MAX).collect());
    match reading.await.map_err(|_| Status::timeout("the body of the request did not come in time"))? {
        Ok(all) => Ok(all.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(status::too_large(BODY_BYTES_MAX)),
        Err(error) => Err(Status::bad_request(format!("unable to read the body: {error}"))),
    }
}

/// The body of a creation, an update or a deletion.
///
/// # Errors
/// 415 for a type that we do not read, 400 for bytes that are not of their type.
pub(crate) fn object(content_type: &str, bytes: &Bytes) -> Result<Read, Status> {
    if bytes.is_empty() {
        return Ok(Read::default());
    }
    match media(content_type) {
        "" | "application/json" | "*/*" => json(bytes),
        "application/yaml" => yaml(bytes),
        protobuf::MEDIA_TYPE => binary(bytes),
        _ => Err(negotiate::unsupported("application/json, application/yaml, application/vnd.kubernetes.protobuf")),
    }
}

/// The kind of patch that a content type names.
///
/// # Errors
/// 415 for any other.
pub(crate) fn patch_kind(content_type: &str) -> Result<PatchKind, Status> {
    match media(content_type) {
        "application/json-patch+json" => Ok(PatchKind::Json),
        "application/merge-patch+json" => Ok(PatchKind::Merge),
        "application/strategic-merge-patch+json" => Ok(PatchKind::StrategicMerge),
        "application/apply-patch+yaml" => Ok(PatchKind::Apply),
        _ => Err(negotiate::unsupported(
            "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml",
        )),
    }
}

/// The body of a patch.
///
/// # Errors
/// 400 for bytes that are no JSON, or for apply no YAML.
pub(crate) fn patch(kind: PatchKind, bytes: &Bytes) -> Result<Read, Status> {
    match kind {
        PatchKind::Apply => json(bytes).or_else(|_| yaml(bytes)),
        PatchKind::Json | PatchKind::Merge | PatchKind::StrategicMerge => json(bytes),
    }
}

/// What to do about duplicate fields: warnings, or a refusal.
///
/// # Errors
/// 400 if they are to be refused.
pub(crate) fn judge(duplicates: Vec<String>, validation: FieldValidation) -> Result<Vec<String>, Status> {
    match validation {
        FieldValidation::Strict if !duplicates.is_empty() => {
            Err(Status::bad_request(shared::model::decode::strict_error(&duplicates)))
        }
        FieldValidation::Strict | FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(duplicates),
    }
}

/// A content type without its parameters.
fn media(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn text(bytes: &Bytes) -> Result<&str, Status> {
    std::str::from_utf8(bytes)
        .map_err(|error| Status::bad_request(format!("the body of the request is not UTF-8: {error}")))
}

fn json(bytes: &Bytes) -> Result<Read, Status> {
    let text = text(bytes)?;
    let value = Value::from_json(text).map_err(|error| {
        Status::bad_request(format!("the object provided is unrecognized: json parse error: {error}"))
    })?;
    Ok(Read { value, duplicates: duplicate_fields(text) })
}

fn binary(bytes: &Bytes) -> Result<Read, Status> {
    let value = protobuf::read(bytes)
        .map_err(|error| Status::bad_request(format!("the object provided is unrecognized: protobuf: {error}")))?;
    Ok(Read { value, duplicates: Vec::new() })
}

fn yaml(bytes: &Bytes) -> Result<Read, Status> {
    let mut documents = yaml::parse(text(bytes)?);
    let unreadable = |why: &str| Status::bad_request(format!("error decoding YAML: {why}"));
    if documents.len() > 1 {
        return Err(unreadable("there is more than one document"));
    }
    let Some(document) = documents.pop() else { return Ok(Read::default()) };
    if let Some(problem) = document.errors.first() {
        return Err(unreadable(&problem.message));
    }
    let duplicates = document.duplicates.iter().map(|it| format!("duplicate field \"{}\"", it.path)).collect();
    Ok(Read { value: document.value, duplicates })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(content_type: &str, bytes: &'static [u8], expected: &Expect) {
        let shown = match object(content_type, &Bytes::from_static(bytes)) {
            Ok(read) => format!("{} {}", read.value, read.duplicates.join(" ")),
            Err(status) => format!("{} {}", status.code, status.message),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn bodies_are_read() {
        check("application/json", br#"{"a":1}"#, &expect![[r#"{"a":1} "#]]);
        check("application/json; charset=utf-8", br#"{"a":1,"a":2}"#, &expect![[r#"{"a":2} duplicate field "a""#]]);
        check("application/yaml", b"a: 1\n", &expect![[r#"{"a":1} "#]]);
        check("", b"", &expect!["null "]);
    }

    #[test]
    fn others_are_refused() {
        check(
            "application/cbor",
            b"k8s\0",
            &expect![
                "415 the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf"
            ],
        );
        check(
            "application/json",
            b"{",
            &expect![
                "400 the object provided is unrecognized: json parse error: EOF while parsing an object at line 1 column 1"
            ],
        );
        check(
            "application/json",
            b"\xff",
            &expect!["400 the body of the request is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0"],
        );
        check("application/yaml", b"a: [", &expect!["400 error decoding YAML: yaml: did not find expected ',' or ']'"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        assert_eq!(collect(Body::from_stream(never)).await.expect_err("it does not come").code, 504);
    }

    #[test]
    fn deep_bodies_are_refused_without_harm() {
        let deep = Bytes::from("[".repeat(100_000));
        assert_eq!(object("application/json", &deep).expect_err("it is too deep").code, 400);
        assert_eq!(object("application/yaml", &deep).expect_err("it is too deep").code, 400);
    }

    #[test]
    fn patches_are_told_by_their_type() {
        assert_eq!(patch_kind("application/merge-patch+json").expect("it is known"), PatchKind::Merge);
        assert_eq!(patch_kind("application/json").expect_err("it is no patch").code, 415);
    }
}
