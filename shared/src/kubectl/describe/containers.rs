//! Containers, their probes, environments and mounts, in pods and in pod templates.
//!
//! Upstream: `describeContainers` and what it calls.

use crate::kubectl::describe::writer::{Writer, amounts, or_none, rfc1123};
use crate::kubectl::failure::quoted;
use crate::model::{Object, Order, Value};

/// Writes the containers in `list`; `statuses` and `pod` are null for a template.
pub(super) fn write(out: &mut Writer, title: &str, list: &Value, statuses: &Value, pod: Option<&Object>, space: &str) {
    let none = if list.items().is_empty() { " <none>" } else { "" };
    out.line(0, format!("{space}{title}:{none}"));
    for container in list.items() {
        let name = container.get("name").str();
        let status = statuses.items().iter().find(|it| it.get("name").str() == name);
        basics(out, container, status, space);
        words(out, "Command", container.get("command"));
        words(out, "Args", container.get("args"));
        if let Some(status) = status {
            state(out, status);
        }
        resources(out, 2, container.get("resources"));
        for (label, field) in
            [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")]
        {
            if !container.get(field).is_null() {
                out.field(2, label, probe(container.get(field)));
            }
        }
        environment_from(out, container.get("envFrom"));
        environment(out, container, pod);
        mounts(out, container);
    }
}

fn basics(out: &mut Writer, container: &Value, status: Option<&Value>, space: &str) {
    let indent = if space.is_empty() { "" } else { " " };
    out.line(1, format!("{indent}{}:", container.get("name").str()));
    if let Some(status) = status {
        out.field(2, "Container ID", status.get("containerID").str());
    }
    out.field(2, "Image", container.get("image").str());
    if let Some(status) = status {
        out.field(2, "Image ID", status.get("imageID").str());
    }
    for (one, many, field) in [("Port", "Ports", "containerPort"), ("Host Port", "Host Ports", "hostPort")] {
        let text = ports(container.get("ports"), field);
        out.field(2, if text.contains(',') { many } else { one }, or_none(&text));
    }
    let profile = container.at("securityContext.seccompProfile");
    if !profile.is_null() {
        out.field(2, "SeccompProfile", profile.get("type").str());
        if profile.get("type").str() == "Localhost" {
            out.field(3, "LocalhostProfile", profile.get("localhostProfile").str());
        }
    }
}

fn ports(ports: &Value, field: &str) -> String {
    let shown = ports.items().iter().map(|port| {
        let text = format!("{}/{}", port.get(field).int_or(0), port.get("protocol").str());
        let name = port.get("name").str();
        if name.is_empty() { text } else { format!("{text} ({name})") }
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn words(out: &mut Writer, title: &str, words: &Value) {
    if words.items().is_empty() {
        return;
    }
    out.line(2, format!("{title}:"));
    for line in words.items().iter().flat_map(|it| it.str().split('\n')) {
        out.line(3, line);
    }
}

fn state(out: &mut Writer, status: &Value) {
    one_state(out, "State", status.get("state"));
    if !status.at("lastState.terminated").is_null() {
        one_state(out, "Last State", status.get("lastState"));
    }
    out.field(2, "Ready", if status.get("ready").is_true() { "True" } else { "False" });
    out.field(2, "Restart Count", status.get("restartCount").int_or(0).to_string());
}

fn one_state(out: &mut Writer, title: &str, state: &Value) {
    let (running, terminated) = (state.get("running"), state.get("terminated"));
    if !running.is_null() {
        out.field(2, title, "Running");
        out.field(3, "Started", rfc1123(running.get("startedAt")));
    } else if !terminated.is_null() {
        out.field(2, title, "Terminated");
        out.field_if(3, "Reason", terminated.get("reason"));
        out.field_if(3, "Message", terminated.get("message"));
        out.field(3, "Exit Code", terminated.get("exitCode").int_or(0).to_string());
        out.field_if(3, "Signal", terminated.get("signal"));
        out.field(3, "Started", rfc1123(terminated.get("startedAt")));
        out.field(3, "Finished", rfc1123(terminated.get("finishedAt")));
    } else {
        out.field(2, title, "Waiting");
        out.field_if(3, "Reason", state.at("waiting.reason"));
    }
}

/// Limits and requests.
pub(super) fn resources(out: &mut Writer, level: usize, resources: &Value) {
    for (title, field) in [("Limits", "limits"), ("Requests", "requests")] {
        let amounts = amounts(resources.get(field));
        if !amounts.is_empty() {
            out.line(level, format!("{title}:"));
        }
        for (name, amount) in amounts {
            out.field(level + 1, &name, amount);
        }
    }
}

fn probe(probe: &Value) -> String {
    let number = |field: &str| probe.get(field).int_or(0);
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds"),
        number("timeoutSeconds"),
        number("periodSeconds"),
        number("successThreshold"),
        number("failureThreshold")
    );
    let (exec, http, tcp, grpc) = (probe.get("exec"), probe.get("httpGet"), probe.get("tcpSocket"), probe.get("grpc"));
    let text = |value: &Value| value.as_int().map_or_else(|| value.str().to_owned(), |it| it.to_string());
    if !exec.is_null() {
        let command: Vec<&str> = exec.get("command").items().iter().map(Value::str).collect();
        format!("exec [{}] {attributes}", command.join(" "))
    } else if !http.is_null() {
        let (scheme, host, path) =
            (http.get("scheme").str().to_lowercase(), http.get("host").str(), http.get("path").str());
        format!("http-get {scheme}://{host}:{}{path} {attributes}", text(http.get("port")))
    } else if !tcp.is_null() {
        format!("tcp-socket {}:{} {attributes}", tcp.get("host").str(), text(tcp.get("port")))
    } else if !grpc.is_null() {
        format!("grpc <pod>:{} {} {attributes}", text(grpc.get("port")), grpc.get("service").str())
    } else {
        format!("unknown {attributes}")
    }
}

fn environment_from(out: &mut Writer, sources: &Value) {
    if sources.items().is_empty() {
        return;
    }
    out.line(2, "Environment Variables from:");
    for source in sources.items() {
        let (kind, of) = match source.get("configMapRef") {
            Value::Null => ("Secret", source.get("secretRef")),
            of => ("ConfigMap", of),
        };
        let prefix = source.get("prefix").str();
        let with = if prefix.is_empty() { String::new() } else { format!(" with prefix '{prefix}'") };
        let optional = of.get("optional").is_true();
        out.line(3, format!("{}\t{kind}{with}\tOptional: {optional}", of.get("name").str()));
    }
}

fn environment(out: &mut Writer, container: &Value, pod: Option<&Object>) {
    let variables = container.get("env").items();
    out.line(2, if variables.is_empty() { "Environment:\t<none>" } else { "Environment:" });
    for variable in variables {
        let name = variable.get("name").str();
        let from = variable.get("valueFrom");
        if from.is_null() {
            let mut lines = variable.get("value").str().split('\n');
            out.field(3, name, lines.next().unwrap_or_default());
            lines.for_each(|line| out.line(3, format!("\t{line}")));
            continue;
        }
        if let Some(text) = value_from(from, container, pod) {
            out.field(3, name, text);
        }
    }
}

fn value_from(from: &Value, container: &Value, pod: Option<&Object>) -> Option<String> {
    let reference = |kind: &str, what: &str| {
        let of = from.get(kind);
        let (key, name, optional) = (of.get("key").str(), of.get("name").str(), of.get("optional").is_true());
        (!of.is_null()).then(|| format!("<set to the key '{key}' {what} '{name}'>\tOptional: {optional}"))
    };
    let field = from.get("fieldRef");
    if !field.is_null() {
        let path = field.get("fieldPath").str();
        let value = pod.map(|it| field_value(it, path)).unwrap_or_default();
        return Some(format!("{value} ({}:{path})", field.get("apiVersion").str()));
    }
    let resource = from.get("resourceFieldRef");
    if !resource.is_null() {
        let path = resource.get("resource").str();
        let value = container.get("resources").at(path).str();
        let of_node = value.is_empty() && matches!(path, "limits.cpu" | "limits.memory");
        let value = if of_node {
            "node allocatable"
        } else if value.is_empty() {
            "0"
        } else {
            value
        };
        return Some(format!("{value} ({path})"));
    }
    reference("secretKeyRef", "in secret").or_else(|| reference("configMapKeyRef", "of config map"))
}

/// The value of a field that the downward API can name.
fn field_value(pod: &Object, path: &str) -> String {
    if let Some((place, key)) = path.strip_suffix("']").and_then(|it| it.split_once("['")) {
        return pod.at(place).get(key).str().to_owned();
    }
    match path {
        "status.podIPs" => {
            let ips: Vec<&str> = pod.at(path).items().iter().map(|it| it.get("ip").str()).collect();
            ips.join(",")
        }
        _ => pod.at(path).str().to_owned(),
    }
}

fn mounts(out: &mut Writer, container: &Value) {
    let mut mounts: Vec<&Value> = container.get("volumeMounts").items().iter().collect();
    mounts.order_by_key(|it| it.get("mountPath").str());
    out.line(2, if mounts.is_empty() { "Mounts:\t<none>" } else { "Mounts:" });
    for mount in mounts {
        let access = if mount.get("readOnly").is_true() { "ro" } else { "rw" };
        let part = mount.get("subPath").str();
        let part = if part.is_empty() { String::new() } else { format!(",path={}", quoted(part)) };
        out.line(3, format!("{} from {} ({access}{part})", mount.get("mountPath").str(), mount.get("name").str()));
    }
    let devices = container.get("volumeDevices").items();
    if !devices.is_empty() {
        out.line(2, "Devices:");
    }
    for device in devices {
        out.line(3, format!("{} from {}", device.get("devicePath").str(), device.get("name").str()));
    }
}
