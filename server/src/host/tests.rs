//! The host over memory and over a disk that is full, or that was there before.

use super::*;
use crate::storage::testing::{Faulty, Folder, open_faulty};
use shared::api::{Target, Verb};
use shared::model::Value;
use shared::model::key::resources::CONFIG_MAPS;

/// The request that creates a `ConfigMap` with so many bytes of data.
fn create(name: &str, size: usize) -> Request {
    let target =
        Target { resource: CONFIG_MAPS, version: "v1".into(), namespace: "default".into(), ..Target::default() };
    let mut request = Request::new(Verb::Create, target);
    request.body = Value::from([("metadata", Value::from([("name", name.into())]))]);
    request.body.set("data.text", "x".repeat(size));
    request
}

fn get(name: &str) -> Request {
    Request { verb: Verb::Get, body: Value::Null, ..named(name) }
}

fn named(name: &str) -> Request {
    let mut request = create(name, 0);
    request.target.name = name.into();
    request
}

#[tokio::test]
async fn a_write_is_answered_and_published() {
    let host = Host::new(0, 1);
    let mut watch = host.subscribe(&CONFIG_MAPS);
    let response = host.request(&create("a", 1)).await;
    assert_eq!(response.code, 201);
    let seen = watch.next(host.feed()).await.expect("it is kept");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].change.key.name, "a");
    let title = host.look(|cluster| cluster.trace().actions().last().map(|it| it.title.clone()));
    assert_eq!(title.as_deref(), Some("create configmaps a"));
}

#[tokio::test]
async fn a_full_disk_refuses_writes_with_507_while_reads_go_on_and_takes_them_again() {
    let folder = Folder::new();
    let disk = Faulty::with_free(4 << 20);
    let host = Host::kept(0, 1, open_faulty(folder.path(), &disk));
    let mut made = 0;
    let refused = loop {
        let response = host.request(&create(&format!("n{made}"), 20_000)).await;
        if response.code != 201 {
            break response;
        }
        made += 1;
        assert!(made < 1_000, "the disk is never full");
    };
    let status = refused.failure().expect("it failed").clone();
    assert_eq!((status.code, status.reason), (507, "InternalError"));
    assert!(
        status.message.starts_with("Internal error occurred: cannot make room for more writes in "),
        "{}",
        status.message
    );
    assert_eq!(host.request(&get("n0")).await.code, 200);
    assert_eq!(host.request(&get(&format!("n{made}"))).await.code, 404, "what was refused is not there");
    assert!(host.admit().await.is_err(), "the cluster stands still");
    disk.free.store(64 << 20, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..1_000 {
        if host.admit().await.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(host.request(&create(&format!("n{made}"), 20_000)).await.code, 201);
}

#[tokio::test]
async fn a_watch_from_before_a_restart_misses_nothing_or_is_told_so() {
    let folder = Folder::new();
    let disk = Faulty::with_free(1 << 30);
    let host = Host::kept(0, 1, open_faulty(folder.path(), &disk));
    let mut place = Revision(0);
    for name in ["a", "b"] {
        let response = host.request(&create(name, 1)).await;
        place = Revision(response.as_object().expect("it was made").resource_version());
    }
    drop(host);
    let host = Host::kept(0, 1, open_faulty(folder.path(), &disk));
    assert!(host.look(|cluster| cluster.store().revision()) >= place, "revisions never go back");
    let mut watch = host.subscribe(&CONFIG_MAPS);
    watch.seek(Revision(place.0 - 1));
    let seen = watch.next(host.feed()).await.expect("it is kept");
    assert_eq!(seen[0].change.key.name, "b");
}
