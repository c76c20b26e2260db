//! The options of a connection as the object that admission judges.
//!
//! Upstream: `pkg/apis/core/types.go` (`PodExecOptions`, `PodAttachOptions`, `PodPortForwardOptions`),
//! `k8s.io/apiserver/pkg/endpoints/handlers/rest.go` (`ConnectResource`).
//!
//! `DIFFERENCE`: only connections that come over HTTP are judged, not commands that the page's own terminal runs; warnings are
//! not told, because the answer has switched protocols by then.

use shared::api::{Request, Verb};
use shared::model::Value;

use crate::kube::query::Query;
use crate::kube::resource::Asked;

/// The question to admission; `None` for what is no connection.
pub(crate) fn options(asked: &Asked) -> Option<Request> {
    let body = of(&asked.target.subresource, &asked.query)?;
    Some(Request { body, user: asked.user.clone(), ..Request::new(Verb::Create, asked.target.clone()) })
}

fn of(subresource: &str, query: &Query) -> Option<Value> {
    let kind = match subresource {
        "exec" => "PodExecOptions",
        "attach" => "PodAttachOptions",
        "portforward" => "PodPortForwardOptions",
        _ => return None,
    };
    let mut options = Value::from([("apiVersion", "v1".into()), ("kind", kind.into())]);
    if subresource == "portforward" {
        put_all(&mut options, "ports", query.all("ports").filter_map(|it| it.parse().ok()).map(Value::Int));
        return Some(options);
    }
    for field in ["stdin", "stdout", "stderr", "tty"].into_iter().filter(|it| query.is_true(it)) {
        options.set(field, true);
    }
    if query.has("container") {
        options.set("container", query.get("container"));
    }
    if subresource == "exec" {
        put_all(&mut options, "command", query.all("command").map(Value::from));
    }
    Some(options)
}

fn put_all(options: &mut Value, field: &str, values: impl Iterator<Item = Value>) {
    let values: Vec<Value> = values.collect();
    if !values.is_empty() {
        options.set(field, values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(subresource: &str, query: &str, expected: &Expect) {
        expected.assert_eq(&of(subresource, &Query::read(query)).unwrap_or_default().to_json());
    }

    #[test]
    fn options_are_objects() {
        check(
            "exec",
            "command=ls&command=-l&container=c&stdout=true&tty=false",
            &expect![[
                r#"{"apiVersion":"v1","command":["ls","-l"],"container":"c","kind":"PodExecOptions","stdout":true}"#
            ]],
        );
        check(
            "attach",
            "stdin=1&command=ls",
            &expect![[r#"{"apiVersion":"v1","kind":"PodAttachOptions","stdin":true}"#]],
        );
        check(
            "portforward",
            "ports=80&ports=x&ports=81",
            &expect![[r#"{"apiVersion":"v1","kind":"PodPortForwardOptions","ports":[80,81]}"#]],
        );
        check("log", "container=c", &expect!["null"]);
    }
}
