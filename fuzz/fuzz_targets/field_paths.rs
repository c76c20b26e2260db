//! Paths: the fields that managers own as a client writes them, and JSONPath as a person types it.
//!
//! The first byte says which; the rest is the text.
#![no_main]

mod common;
mod patching;

use libfuzzer_sys::fuzz_target;
use shared::api::{Api, PatchKind, Request, Response};
use shared::kubectl::{Client, Command, Input};
use shared::model::{Time, Value};

/// An API server for kubectl.
struct Direct(Api);

impl Client for Direct {
    fn now(&self) -> Time {
        Time::VIRTUAL_START
    }

    fn request(&mut self, request: Request) -> Response {
        self.0.handle(&request, Time::VIRTUAL_START)
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    if first % 2 == 0 {
        owned_fields(text);
    } else if !text.contains(['\'', '\n']) {
        let mut client = Direct(common::api());
        let line = format!("get deployment web -o jsonpath='{text}'");
        let _ = Command::start(&line, Input::default()).poll(&mut client);
    }
});

/// Fields of a manager that never wrote them, then an apply and a patch that have to live with them.
fn owned_fields(text: &str) {
    let Ok(fields) = Value::from_json(text) else { return };
    let entry = Value::from([
        ("manager", "other".into()),
        ("operation", "Apply".into()),
        ("apiVersion", "apps/v1".into()),
        ("time", "2026-01-01T00:00:00Z".into()),
        ("fieldsType", "FieldsV1".into()),
        ("fieldsV1", fields),
    ]);
    let entries = Value::from(vec![entry]);
    let patch = Value::from([("metadata", Value::from([("managedFields", entries)]))]);
    let mut api = common::api();
    let _ = patching::patch(&mut api, PatchKind::Merge, patch, false);
    let applied = Value::from_json(
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"x":"y"}},"spec":{"replicas":5,
        "template":{"spec":{"containers":[{"name":"a","image":"nginx:1.28","ports":[{"containerPort":80,"name":"web"}]}]}}}}"#,
    );
    let applied = applied.expect("it is JSON");
    for force in [false, true] {
        let _ = patching::patch(&mut api, PatchKind::Apply, applied.clone(), force);
    }
}
