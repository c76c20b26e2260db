//! `/healthz`, `/livez`, `/readyz`, `/version`.
//!
//! Upstream: `k8s.io/apiserver/pkg/server/healthz/healthz.go`, `k8s.io/component-base/version`.

use axum::body::Body;
use hyper::Response;
use shared::api::Status;
use shared::model::Value;

use super::encode::{self, Wanted};
use super::query::Query;

/// What is looked at: the cluster answers, and what its storage says.
const CHECKS: &[&str] = &["ping", "log", "etcd"];

/// Answers `/healthz`, `/livez`, `/readyz` and the paths of single checks; `storage` says why writes are not kept.
pub(crate) fn answer(path: &str, query: &Query, storage: &Result<(), Status>) -> Option<Response<Body>> {
    let (name, rest) = path.trim_matches('/').split_once('/').unwrap_or((path.trim_matches('/'), ""));
    if !matches!(name, "healthz" | "livez" | "readyz") {
        return None;
    }
    let broken = |check: &str| check == "etcd" && storage.is_err();
    if !rest.is_empty() {
        return match CHECKS.contains(&rest) {
            true if broken(rest) => Some(encode::plain(500, "internal server error: storage failed\n")),
            true => Some(encode::plain(200, "ok")),
            false => Some(encode::plain(404, super::status::NO_PAGE)),
        };
    }
    let left_out: Vec<&str> = query.all("exclude").collect();
    let mut lines = String::new();
    let mut failed = false;
    for check in CHECKS {
        let line = match (left_out.contains(check), broken(check)) {
            (true, _) => format!("[+]{check} excluded: ok\n"),
            (false, false) => format!("[+]{check} ok\n"),
            (false, true) => format!("[-]{check} failed: reason withheld\n"),
        };
        failed |= line.starts_with("[-]");
        lines.push_str(&line);
    }
    Some(match (failed, query.has("verbose")) {
        (true, _) => encode::plain(500, format!("{lines}{name} check failed\n")),
        (false, true) => encode::plain(200, format!("{lines}{name} check passed\n")),
        (false, false) => encode::plain(200, "ok"),
    })
}

/// Answers `/version`.
pub(crate) fn version(wanted: Wanted) -> Response<Body> {
    let fields = [
        ("major", "1"),
        ("minor", "36"),
        ("emulationMajor", "1"),
        ("emulationMinor", "36"),
        ("minCompatibilityMajor", "1"),
        ("minCompatibilityMinor", "35"),
        ("gitVersion", concat!("v1.36.0+pilothouse-", env!("CARGO_PKG_VERSION"))),
        ("gitCommit", ""),
        ("gitTreeState", "clean"),
        ("buildDate", "1970-01-01T00:00:00Z"),
        ("goVersion", "none"),
        ("compiler", "rustc"),
        ("platform", "linux/amd64"),
    ];
    let version: Value = Value::from(fields.map(|(name, text)| (name, Value::from(text))));
    encode::value(200, &version, Wanted { pretty: true, ..wanted })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use expect_test::{Expect, expect};

    async fn check(path: &str, query: &str, storage: Result<(), Status>, expected: &Expect) {
        let response = answer(path, &Query::read(query), &storage).expect("the path is ours");
        let code = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.expect("it is short");
        expected.assert_eq(&format!("{code} {}", String::from_utf8_lossy(&body)));
    }

    #[tokio::test]
    async fn health_is_told() {
        check("/readyz", "", Ok(()), &expect!["200 ok"]).await;
        check("/livez/ping", "", Ok(()), &expect!["200 ok"]).await;
        check(
            "/livez",
            "verbose",
            Ok(()),
            &expect![[r#"
            200 [+]ping ok
            [+]log ok
            [+]etcd ok
            livez check passed
        "#]],
        )
        .await;
        check(
            "/readyz",
            "exclude=ping",
            Err(Status::internal("full")),
            &expect![[r#"
            500 [+]ping excluded: ok
            [+]log ok
            [-]etcd failed: reason withheld
            readyz check failed
        "#]],
        )
        .await;
        check(
            "/readyz/nope",
            "",
            Ok(()),
            &expect![[r#"
            404 404 page not found
        "#]],
        )
        .await;
        assert!(answer("/metrics", &Query::default(), &Ok(())).is_none());
    }
}
