//! Status bodies as the API server writes them: the fields in Go's order.
//!
//! Upstream: `k8s.io/apimachinery/pkg/apis/meta/v1/types.go` (`Status`).

use bytes::Bytes;
use shared::api::Status;
use shared::model::Value;

/// The order of the fields of a Status.
const FIELDS: &[&str] = &["kind", "apiVersion", "metadata", "status", "message", "reason", "details", "code"];
/// The order of the fields of its details, and of their causes.
const DETAILS: &[&str] = &["name", "group", "kind", "uid", "causes", "retryAfterSeconds"];
const CAUSE: &[&str] = &["reason", "message", "field"];

/// The JSON of a Status, with a newline.
pub(crate) fn json(status: &Status) -> Bytes {
    let value = status.to_value();
    let mut text = ordered(&value, FIELDS, |field, value| match field {
        "details" => ordered(value, DETAILS, |field, value| match field {
            "causes" => {
                let causes: Vec<String> = value.items().iter().map(|it| ordered(it, CAUSE, plain)).collect();
                format!("[{}]", causes.join(","))
            }
            _ => value.to_json(),
        }),
        _ => value.to_json(),
    });
    text.push('\n');
    Bytes::from(text)
}

fn plain(_: &str, value: &Value) -> String {
    value.to_json()
}

/// The fields of a map in the order given; others come last.
fn ordered(value: &Value, order: &[&str], write: impl Fn(&str, &Value) -> String) -> String {
    let others = value.fields().iter().map(|(name, _)| name.as_str()).filter(|name| !order.contains(name));
    let fields = order.iter().copied().chain(others).filter(|name| !value.get(name).is_null());
    let fields: Vec<String> =
        fields.map(|name| format!("{}:{}", Value::from(name).to_json(), write(name, value.get(name)))).collect();
    format!("{{{}}}", fields.join(","))
}

/// The page that upstream's mux answers for paths that it does not know.
pub(crate) const NO_PAGE: &str = "404 page not found\n";

/// 401: who asks could not be told.
pub(crate) fn unauthorized() -> Status {
    Status { code: 401, reason: "Unauthorized", message: "Unauthorized".to_owned(), details: Value::Null }
}

/// 413: the body is over the limit.
pub(crate) fn too_large(limit_bytes: usize) -> Status {
    let message = format!("Request entity too large: limit is {limit_bytes}");
    Status { code: 413, reason: "RequestEntityTooLarge", message, details: Value::Null }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use shared::model::Key;
    use shared::model::key::resources::PODS;

    #[test]
    fn the_bytes_are_upstreams() {
        let status = Status::not_found(&Key::new(PODS, "default", "web"));
        expect![[r#"
            {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \"web\" not found","reason":"NotFound","details":{"name":"web","kind":"pods"},"code":404}
        "#]]
        .assert_eq(std::str::from_utf8(&json(&status)).expect("it is text"));
    }
}
