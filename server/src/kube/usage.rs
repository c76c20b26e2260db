//! metrics.k8s.io: how much CPU and memory nodes and pods use, for `kubectl top`.
//!
//! Upstream: `kubernetes-sigs/metrics-server`, `k8s.io/metrics/pkg/apis/metrics/v1beta1`. The simulated machines are asked when the
//! client asks; nothing is stored.

use std::collections::BTreeMap;

use axum::body::Body;
use hyper::Response;
use shared::api::Status;
use shared::cluster::{Cluster, MachineUsage};
use shared::model::key::resources::{NODES, PODS};
use shared::model::{FieldSelector, Key, Object, ResourceName, Selector, Text, Time, Value};
use shared::sim::RunningContainer;

use super::encode::{self, Wanted};
use super::path::RequestInfo;
use super::query::Query;
use crate::host::Host;

/// The API group.
pub(crate) const GROUP: &str = "metrics.k8s.io";
/// Its version.
pub(crate) const VERSION: &str = "v1beta1";
/// Its resources, for discovery: plural and kind, and whether they are in namespaces.
pub(crate) const RESOURCES: [(&str, &str, bool); 2] = [("nodes", "NodeMetrics", false), ("pods", "PodMetrics", true)];
/// What can be asked.
pub(crate) const VERBS: [&str; 2] = ["get", "list"];

/// Over how long usage is said to be measured: metrics-server's default.
const WINDOW: &str = "15s";

/// Answers a request of the group.
///
/// # Errors
/// 404 for what is not there, 405 for other verbs, 400 for selectors that are none.
pub(crate) fn answer(host: &Host, info: &RequestInfo, query: &Query, wanted: Wanted) -> Result<Response<Body>, Status> {
    let found = RESOURCES.iter().find(|(plural, ..)| *plural == info.resource && info.version == VERSION);
    let Some((plural, kind, is_namespaced)) = found else { return Ok(encode::plain(404, super::status::NO_PAGE)) };
    if !info.subresource.is_empty() || (!is_namespaced && !info.namespace.is_empty()) {
        return Ok(encode::plain(404, super::status::NO_PAGE));
    }
    if !VERBS.contains(&info.verb) {
        return Err(Status::method_not_allowed("the server does not allow this method on the requested resource"));
    }
    let picker = Picker::read(info, query)?;
    let items = host.look(|cluster| picker.pick(cluster, plural));
    if info.verb == "get" {
        let named = ResourceName::new(&kind.to_lowercase(), GROUP);
        let place = if info.namespace.is_empty() { String::new() } else { format!("{}/", info.namespace) };
        let missing = || Status::not_found(&Key::new(named, "", format!("{place}{}", info.name)));
        return items.into_iter().next().ok_or_else(missing).map(|it| encode::value(200, &it, wanted));
    }
    let list = Value::from([
        ("kind", format!("{kind}List").into()),
        ("apiVersion", format!("{GROUP}/{VERSION}").into()),
        ("metadata", Value::map()),
        ("items", items.into()),
    ]);
    Ok(encode::value(200, &list, wanted))
}

/// Which nodes or pods are wanted.
struct Picker {
    namespace: Text,
    name: Text,
    labels: Selector,
    fields: FieldSelector,
}

impl Picker {
    fn read(info: &RequestInfo, query: &Query) -> Result<Self, Status> {
        let wrong = |error: shared::model::selector::SelectorError| Status::bad_request(error.to_string());
        Ok(Self {
            namespace: Text::new(&info.namespace),
            name: Text::new(&info.name),
            labels: Selector::parse(query.get("labelSelector")).map_err(wrong)?,
            fields: FieldSelector::parse(query.get("fieldSelector")).map_err(wrong)?,
        })
    }

    fn wants(&self, object: &Object) -> bool {
        let of_field = |field: &str| match field {
            "metadata.name" => Text::new(object.name()),
            "metadata.namespace" => Text::new(object.namespace()),
            _ => Text::default(),
        };
        (self.name.is_empty() || self.name == object.name())
            && (self.namespace.is_empty() || self.namespace == object.namespace())
            && self.labels.matches(object.at("metadata.labels"))
            && self.fields.matches(of_field)
    }

    fn pick(&self, cluster: &Cluster, plural: &str) -> Vec<Value> {
        let (machines, now) = (cluster.usage(), cluster.now());
        let wanted = |resource: &ResourceName| -> Vec<&Object> {
            cluster.store().list(resource).filter(|it| self.wants(it)).collect()
        };
        if plural == "nodes" {
            let machines: BTreeMap<&str, &MachineUsage> = machines.iter().map(|it| (it.node.as_str(), it)).collect();
            let of = |node: &Object| machines.get(&*node.name()).map(|it| of_node(node, it, now));
            return wanted(&NODES).into_iter().filter_map(of).collect();
        }
        let mut runs: BTreeMap<&str, Vec<&RunningContainer>> = BTreeMap::new();
        for container in machines.iter().flat_map(|it| &it.containers) {
            runs.entry(&container.run.pod).or_default().push(container);
        }
        let of = |pod: &Object| runs.get(&*pod.uid()).map(|it| of_pod(pod, it, now));
        wanted(&PODS).into_iter().filter_map(of).collect()
    }
}

fn of_node(node: &Object, machine: &MachineUsage, now: Time) -> Value {
    let mut whole = head("NodeMetrics", node, now);
    whole.set("usage", amounts(machine.cpu_milli, machine.memory));
    whole
}

fn of_pod(pod: &Object, containers: &[&RunningContainer], now: Time) -> Value {
    let container = |it: &&RunningContainer| {
        Value::from([("name", it.run.container.as_str().into()), ("usage", amounts(it.cpu_milli, it.memory))])
    };
    let mut whole = head("PodMetrics", pod, now);
    whole.set("containers", containers.iter().map(container).collect::<Value>());
    whole
}

fn head(kind: &str, of: &Object, now: Time) -> Value {
    let mut metadata = Value::from([("name", of.name().into()), ("creationTimestamp", now.to_string().into())]);
    for field in ["namespace", "labels"] {
        let value = of.at(&format!("metadata.{field}"));
        if !value.is_empty() {
            metadata.set(field, value.clone());
        }
    }
    Value::from([
        ("kind", kind.into()),
        ("apiVersion", format!("{GROUP}/{VERSION}").into()),
        ("metadata", metadata),
        ("timestamp", now.to_string().into()),
        ("window", WINDOW.into()),
    ])
}

/// Thousandths of a core and bytes, in metrics-server's units.
fn amounts(cpu_milli: i64, memory: i64) -> Value {
    Value::from([
        ("cpu", format!("{}n", cpu_milli * 1_000_000).into()),
        ("memory", format!("{}Ki", memory / 1_024).into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use http_body_util::BodyExt as _;
    use hyper::Method;

    async fn check(path: &str, expected: &Expect) {
        let host = Host::new(2, 1);
        let driver = tokio::spawn(crate::host::drive(host.clone()));
        let mut watch = host.subscribe(&NODES);
        while host.look(|cluster| cluster.store().list(&NODES).count()) < 2 {
            watch.next(host.feed()).await.expect("nothing is dropped so early");
        }
        driver.abort();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let info = RequestInfo::read(&Method::GET, path, false).expect("a path");
        let wanted = super::super::wanted_json(&hyper::HeaderMap::new(), &Query::default());
        let text = match answer(&host, &info, &Query::read(query), wanted) {
            Ok(response) => {
                let bytes = response.into_body().collect().await.expect("it is whole").to_bytes();
                let value = Value::from_json(std::str::from_utf8(&bytes).expect("it is text")).expect("it is JSON");
                let names = value.get("items").items().iter().map(|it| it.at("metadata.name").str().to_owned());
                format!("{} {}", value.get("kind").str(), names.collect::<Vec<_>>().join(" "))
            }
            Err(status) => format!("{} {}", status.code, status.message),
        };
        expected.assert_eq(&text);
    }

    #[tokio::test]
    async fn nodes_and_pods_are_found() {
        check("/apis/metrics.k8s.io/v1beta1/nodes", &expect!["NodeMetricsList node-1 node-2"]).await;
        check(
            "/apis/metrics.k8s.io/v1beta1/nodes?fieldSelector=metadata.name%3Dnode-2",
            &expect!["NodeMetricsList node-2"],
        )
        .await;
        check("/apis/metrics.k8s.io/v1beta1/nodes?labelSelector=a%3D", &expect!["NodeMetricsList "]).await;
        check("/apis/metrics.k8s.io/v1beta1/pods", &expect!["PodMetricsList "]).await;
        check("/apis/metrics.k8s.io/v1beta1/nodes/x", &expect![[r#"404 nodemetrics.metrics.k8s.io "x" not found"#]])
            .await;
        check(
            "/apis/metrics.k8s.io/v1beta1/namespaces/a/pods/x",
            &expect![[r#"404 podmetrics.metrics.k8s.io "a/x" not found"#]],
        )
        .await;
    }
}
