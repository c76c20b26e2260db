//! The method's path and query of a request, as the server reads them, and a list with the options that come of it.
#![no_main]

mod common;
#[allow(dead_code, reason = "the server uses more of it")]
#[path = "../../server/src/kube/path.rs"]
mod path;
#[allow(dead_code, reason = "the server uses more of it")]
#[path = "../../server/src/kube/query.rs"]
mod query;

use hyper::Method;
use libfuzzer_sys::fuzz_target;
use shared::api::{Request, Target, Verb};
use shared::model::{Text, Time};

fuzz_target!(|text: &str| {
    let (path, query) = text.split_once('?').unwrap_or(("/apis/apps/v1/deployments", text));
    let query = query::Query::read(query);
    for method in [Method::GET, Method::POST, Method::PATCH, Method::DELETE] {
        let _ = path::RequestInfo::read(&method, path, query.is_true("watch"));
    }
    for kind in ["CreateOptions", "PatchOptions", "DeleteOptions"] {
        let _ = query.options(kind);
    }
    let Ok(options) = query.options("ListOptions") else { return };
    let target = Target { name: Text::default(), ..common::target() };
    let response = common::api().handle(&Request { options, ..Request::new(Verb::List, target) }, Time::VIRTUAL_START);
    assert!(response.code < 500 || response.code == 504, "{:?}", response.failure());
});
