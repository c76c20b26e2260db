//! Endpoint slices, classes of storage and of priority.
//!
//! Upstream: `describeEndpointSliceV1`, `describeStorageClass`, `PriorityClassDescriber`.

use crate::kubectl::describe::Subject;
use crate::kubectl::describe::events::{self, About};
use crate::kubectl::describe::writer::{Writer, or_none, plain};
use crate::model::Value;

/// Either annotation makes a class the default one.
const DEFAULT_CLASS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// Writes an endpoint slice.
pub(super) fn endpoint_slice(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    subject.head(out);
    out.field(0, "AddressType", it.get("addressType").str());
    ports(out, it.get("ports"));
    let endpoints = it.get("endpoints").items();
    out.line(0, if endpoints.is_empty() { "Endpoints: <none>" } else { "Endpoints:" });
    for endpoint in endpoints {
        write_endpoint(out, endpoint);
    }
    if subject.show_events {
        let events = events::about(subject.session, it, About::Object);
        if events.as_ref().is_some_and(|it| !it.is_empty()) {
            events::write(out, events, subject.session.now());
        }
    }
}

fn ports(out: &mut Writer, ports: &Value) {
    if ports.is_empty() {
        return out.field(0, "Ports", "<unset>");
    }
    out.line(0, "Ports:");
    out.line(1, "Name\tPort\tProtocol");
    out.line(1, "----\t----\t--------");
    for port in ports.items() {
        let number = port.get("port").as_int().map_or_else(|| "<unset>".into(), |it| it.to_string());
        out.line(1, format!("{}\t{number}\t{}", unset(port.get("name")), port.get("protocol").str()));
    }
}

fn unset(value: &Value) -> &str {
    if value.is_empty() { "<unset>" } else { value.str() }
}

fn write_endpoint(out: &mut Writer, endpoint: &Value) {
    let addresses: Vec<&str> = endpoint.get("addresses").items().iter().map(Value::str).collect();
    out.line(1, format!("- Addresses:\t{}", or_none(&addresses.join(","))));
    out.line(2, "Conditions:");
    let ready = endpoint.at("conditions.ready").as_bool();
    out.field(3, "Ready", ready.map_or_else(|| "<unset>".into(), |it| it.to_string()));
    out.field(2, "Hostname", unset(endpoint.get("hostname")));
    let target = endpoint.get("targetRef");
    if !target.is_null() {
        out.field(2, "TargetRef", format!("{}/{}", target.get("kind").str(), target.get("name").str()));
    }
    out.field(2, "NodeName", unset(endpoint.get("nodeName")));
    out.field(2, "Zone", unset(endpoint.get("zone")));
}

/// Writes a `StorageClass`.
pub(super) fn storage_class(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    let is_default = DEFAULT_CLASS.iter().any(|key| it.annotation(key) == Some("true"));
    out.field(0, "IsDefaultClass", if is_default { "Yes" } else { "No" });
    out.field(0, "Annotations", pairs(it.metadata().get("annotations")));
    out.field(0, "Provisioner", it.get("provisioner").str());
    out.field(0, "Parameters", pairs(it.get("parameters")));
    let expansion = it.get("allowVolumeExpansion");
    let expansion = expansion.as_bool().map_or("<unset>", |it| if it { "True" } else { "False" });
    out.field(0, "AllowVolumeExpansion", expansion);
    let options: Vec<&str> = it.get("mountOptions").items().iter().map(Value::str).collect();
    if options.is_empty() {
        out.field(0, "MountOptions", "<none>");
    } else {
        out.line(0, "MountOptions:");
        for option in options {
            out.line(1, option);
        }
    }
    out.field(0, "ReclaimPolicy", it.get("reclaimPolicy").str());
    out.field(0, "VolumeBindingMode", it.get("volumeBindingMode").str());
    subject.events(out);
}

/// Writes a `PriorityClass`.
pub(super) fn priority_class(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Value", plain(it.get("value")));
    out.field(0, "GlobalDefault", it.get("globalDefault").is_true().to_string());
    out.field(0, "PreemptionPolicy", it.get("preemptionPolicy").str());
    out.field(0, "Description", it.get("description").str());
    out.field(0, "Annotations", pairs(it.metadata().get("annotations")));
    subject.events(out);
}

/// `a=1,b=2`, or `<none>`.
fn pairs(map: &Value) -> String {
    let all: Vec<String> = map.fields().iter().map(|(key, value)| format!("{key}={}", value.str())).collect();
    or_none(&all.join(",")).to_owned()
}
