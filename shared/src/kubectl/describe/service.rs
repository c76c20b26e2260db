//! Services and the endpoints behind them.
//!
//! Upstream: `describeService`, `formatEndpointSlices`.

use crate::kubectl::describe::Subject;
use crate::kubectl::describe::writer::{Writer, or_none, plain};
use crate::model::{Object, Value};

/// How many endpoints are shown for each port.
const ENDPOINTS_MAX: usize = 3;

/// Writes a Service.
pub(super) fn write(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    let spec = it.get("spec");
    subject.head(out);
    let selector: Vec<String> =
        spec.get("selector").fields().iter().map(|(key, value)| format!("{key}={}", value.str())).collect();
    out.field(0, "Selector", or_none(&selector.join(",")));
    out.field(0, "Type", spec.get("type").str());
    out.field_if(0, "IP Family Policy", spec.get("ipFamilyPolicy"));
    out.field(0, "IP Families", or_none(&joined(spec.get("ipFamilies"))));
    out.field(0, "IP", spec.get("clusterIP").str());
    out.field(0, "IPs", or_none(&joined(spec.get("clusterIPs"))));
    if !spec.get("externalIPs").is_empty() {
        out.field(0, "External IPs", joined(spec.get("externalIPs")));
    }
    out.field_if(0, "Desired LoadBalancer IP", spec.get("loadBalancerIP"));
    out.field_if(0, "External Name", spec.get("externalName"));
    balancer(out, it.at("status.loadBalancer.ingress"));
    let slices = slices(subject);
    for port in spec.get("ports").items() {
        write_port(out, port, &slices);
    }
    out.field(0, "Session Affinity", spec.get("sessionAffinity").str());
    out.field_if(0, "External Traffic Policy", spec.get("externalTrafficPolicy"));
    out.field_if(0, "Internal Traffic Policy", spec.get("internalTrafficPolicy"));
    out.field_if(0, "HealthCheck NodePort", spec.get("healthCheckNodePort"));
    if !spec.get("loadBalancerSourceRanges").is_empty() {
        out.field(0, "LoadBalancer Source Ranges", joined(spec.get("loadBalancerSourceRanges")));
    }
    out.field_if(0, "Traffic Distribution", spec.get("trafficDistribution"));
    subject.events(out);
}

fn joined(list: &Value) -> String {
    list.items().iter().map(Value::str).collect::<Vec<_>>().join(",")
}

fn balancer(out: &mut Writer, ingress: &Value) {
    let shown: Vec<String> = ingress
        .items()
        .iter()
        .map(|it| match (it.get("ip").str(), it.get("ipMode").str()) {
            ("", _) => it.get("hostname").str().to_owned(),
            (ip, "") => ip.to_owned(),
            (ip, mode) => format!("{ip} ({mode})"),
        })
        .collect();
    if !shown.is_empty() {
        out.field(0, "LoadBalancer Ingress", shown.join(", "));
    }
}

fn slices(subject: &mut Subject<'_, '_>) -> Vec<Object> {
    let Some(kind) = subject.session.kinds().find("endpointslices.discovery.k8s.io") else { return Vec::new() };
    let labels = format!("kubernetes.io/service-name={}", subject.object.name());
    subject.session.select(&kind, &subject.object.namespace(), &labels).unwrap_or_default()
}

fn write_port(out: &mut Writer, port: &Value, slices: &[Object]) {
    let (name, protocol) = (port.get("name").str(), port.get("protocol").str());
    let shown = if name.is_empty() { "<unset>" } else { name };
    out.field(0, "Port", format!("{shown}\t{}/{protocol}", port.get("port").int_or(0)));
    out.field(0, "TargetPort", format!("{}/{protocol}", plain(port.get("targetPort"))));
    out.field_if(0, "AppProtocol", port.get("appProtocol"));
    let node_port = port.get("nodePort").int_or(0);
    if node_port != 0 {
        out.field(0, "NodePort", format!("{shown}\t{node_port}/{protocol}"));
    }
    out.field(0, "Endpoints", endpoints(slices, name));
}

/// `10.0.0.1:80,10.0.0.2:80`, of the ready endpoints of one port.
fn endpoints(slices: &[Object], port_name: &str) -> String {
    if slices.is_empty() {
        return "<none>".into();
    }
    let mut found = Vec::new();
    for slice in slices {
        let ports = slice.get("ports").items();
        let fitting = ports.iter().filter(|it| it.get("name").str() == port_name).map(|it| it.get("port").as_int());
        let numbers: Vec<Option<i64>> = if ports.is_empty() { vec![None] } else { fitting.collect() };
        for number in numbers {
            let ready =
                slice.get("endpoints").items().iter().filter(|it| it.at("conditions.ready").as_bool() != Some(false));
            found.extend(ready.map(|it| address(it, number)));
        }
    }
    let shown = found.iter().take(ENDPOINTS_MAX).cloned().collect::<Vec<_>>().join(",");
    if found.len() > ENDPOINTS_MAX { format!("{shown} + {} more...", found.len() - ENDPOINTS_MAX) } else { shown }
}

fn address(endpoint: &Value, port: Option<i64>) -> String {
    let address = endpoint.get("addresses").items().first().map(Value::str).unwrap_or_default();
    match port {
        Some(port) if address.contains(':') => format!("[{address}]:{port}"),
        Some(port) => format!("{address}:{port}"),
        None => address.to_owned(),
    }
}
