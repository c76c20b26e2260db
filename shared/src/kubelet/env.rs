//! The environment and the files of a container, with references to other objects resolved.
//!
//! Upstream: `pkg/kubelet/kubelet_pods.go` (`makeEnvironmentVariables`, `getServiceEnvVarMap`),
//! `pkg/kubelet/envvars/envvars.go`, `k8s.io/kubernetes/third_party/forked/golang/expansion`.

use super::pod::PodState;
use crate::model::key::resources::{CONFIG_MAPS, SECRETS, SERVICES};
use crate::model::quantity::Quantity;
use crate::model::{Key, Object, ResourceName, Text, Value};
use crate::store::Store;
use smol_str::format_smolstr;
use std::collections::BTreeMap;

/// Name and value, in order.
pub(super) type Env = Vec<(Text, Text)>;

/// What an environment is made from beside the container.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) pod: &'a PodState,
    pub(super) store: &'a Store,
    pub(super) node: &'a Object,
    pub(super) host_ip: &'a Text,
}

/// The environment of a container.
///
/// # Errors
/// A `ConfigMap`, Secret or key that is not optional is missing: the message of `CreateContainerConfigError`.
pub(super) fn environment(container: &Value, from: Sources<'_>) -> Result<Env, Text> {
    let mut known: BTreeMap<Text, Text> = services(from).into_iter().collect();
    let mut names: Vec<Text> = known.keys().cloned().collect();
    let mut put = |name: Text, value: Text| {
        if known.insert(name.clone(), value).is_none() {
            names.push(name);
        }
        known.clone()
    };
    let mut seen = BTreeMap::new();
    for source in container.get("envFrom").items() {
        for (name, value) in whole(source, from)? {
            seen = put(name, value);
        }
    }
    for variable in container.get("env").items() {
        if let Some(value) = value(variable, container, from, &seen)? {
            seen = put(variable.get("name").text(), value);
        }
    }
    Ok(names.iter().filter_map(|name| Some((name.clone(), known.get(name)?.clone()))).collect())
}

/// All pairs of one entry of `envFrom`.
fn whole(source: &Value, from: Sources<'_>) -> Result<Env, Text> {
    let prefix = source.get("prefix").str();
    let (resource, reference) = match source.get("configMapRef") {
        Value::Null => (SECRETS, source.get("secretRef")),
        reference => (CONFIG_MAPS, reference),
    };
    let Some(object) = referenced(&resource, reference, from)? else { return Ok(Env::new()) };
    let pairs = data(object).into_iter();
    Ok(pairs.map(|(key, value)| (format_smolstr!("{prefix}{key}"), value)).collect())
}

/// The value of one entry of `env`; `None` for an optional reference to nothing.
fn value(
    variable: &Value,
    container: &Value,
    from: Sources<'_>,
    known: &BTreeMap<Text, Text>,
) -> Result<Option<Text>, Text> {
    let source = variable.get("valueFrom");
    if source.is_null() {
        return Ok(Some(expand(variable.get("value").str(), known)));
    }
    if let Some(path) = source.at("fieldRef.fieldPath").as_str() {
        return Ok(Some(field(path, from)));
    }
    if !source.get("resourceFieldRef").is_null() {
        return Ok(Some(resource_field(source.get("resourceFieldRef"), container, from)));
    }
    let (resource, reference) = match source.get("configMapKeyRef") {
        Value::Null => (SECRETS, source.get("secretKeyRef")),
        reference => (CONFIG_MAPS, reference),
    };
    keyed(&resource, reference, from)
}

fn keyed(resource: &ResourceName, reference: &Value, from: Sources<'_>) -> Result<Option<Text>, Text> {
    let Some(object) = referenced(resource, reference, from)? else { return Ok(None) };
    let key = reference.get("key").str();
    let found = data(object).into_iter().find(|(name, _)| name == key).map(|(_, value)| value);
    if found.is_some() || reference.get("optional").is_true() {
        return Ok(found);
    }
    let (kind, namespace) = (kind(resource), &from.pod.key.namespace);
    let name = reference.get("name").str();
    Err(format_smolstr!("couldn't find key {key} in {kind} {namespace}/{name}"))
}

fn referenced<'a>(resource: &ResourceName, reference: &Value, from: Sources<'a>) -> Result<Option<&'a Object>, Text> {
    let name = reference.get("name").text();
    let found = from.store.get(&Key::new(resource.clone(), from.pod.key.namespace.clone(), name.clone()));
    if found.is_some() || reference.get("optional").is_true() {
        return Ok(found);
    }
    let word = if *resource == SECRETS { "secret" } else { "configmap" };
    Err(format_smolstr!("{word} \"{name}\" not found"))
}

fn kind(resource: &ResourceName) -> &'static str {
    if *resource == SECRETS { "Secret" } else { "ConfigMap" }
}

/// The pairs of a `ConfigMap` or Secret, as text.
pub(super) fn data(object: &Object) -> Env {
    let secret = object.kind() == "Secret";
    let plain = object.get("data").fields().iter().map(|(key, value)| {
        let text = if secret { decode_base64(value.str()) } else { value.text() };
        (key.clone(), text)
    });
    let binary = object.get("binaryData").fields().iter().map(|(key, value)| (key.clone(), decode_base64(value.str())));
    plain.chain(binary).collect()
}

/// Base64 with padding; what is not UTF-8 is replaced. Stops at the first character that does not belong.
fn decode_base64(text: &str) -> Text {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0u32);
    for digit in text.bytes().map_while(sextet) {
        bits = (bits << 6 | u32::from(digit)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    Text::from(String::from_utf8_lossy(&bytes))
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Replaces `$(NAME)` by values already known; `$$` is a dollar sign, and what is unknown stays as it is.
pub(super) fn expand(text: &str, known: &BTreeMap<Text, Text>) -> Text {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let reference = tail.strip_prefix('(').and_then(|tail| tail.split_once(')'));
        rest = match (tail.strip_prefix('$'), reference) {
            (Some(after), _) => {
                out.push('$');
                after
            }
            (None, Some((name, after))) => {
                let unknown = || format!("$({name})");
                out.push_str(&known.get(name).map_or_else(unknown, Text::to_string));
                after
            }
            (None, None) => {
                out.push('$');
                tail
            }
        };
    }
    out.push_str(rest);
    out.into()
}

/// A field of the pod, as `fieldRef` and the downward API name it.
pub(super) fn field(path: &str, from: Sources<'_>) -> Text {
    let object = &from.pod.object;
    if let Some((place, key)) = path.strip_suffix("']").and_then(|path| path.split_once("['")) {
        return object.at(place).get(key).text();
    }
    match path {
        "metadata.labels" | "metadata.annotations" => pairs(object.at(path)),
        "status.podIP" | "status.podIPs" => from.pod.ip(),
        "status.hostIP" | "status.hostIPs" => from.host_ip.clone(),
        "spec.serviceAccountName" => object.at(path).as_str().filter(|it| !it.is_empty()).unwrap_or("default").into(),
        _ => object.at(path).text(),
    }
}

fn pairs(map: &Value) -> Text {
    let lines = map.fields().iter().map(|(key, value)| format!("{key}={value}\n"));
    lines.collect::<String>().trim_end().into()
}

/// A request or limit in whole units of its divisor, rounded up; a missing limit is the node's allocatable.
pub(super) fn resource_field(reference: &Value, container: &Value, from: Sources<'_>) -> Text {
    let path = reference.get("resource").str();
    let (place, name) = path.split_once('.').unwrap_or(("limits", path));
    let own = container.get("resources").get(place).get(name);
    let found = if own.is_null() && place == "limits" { from.node.at("status.allocatable").get(name) } else { own };
    let divisor = Quantity::read(reference.get("divisor")).nanos();
    let divisor = if divisor > 0 { divisor } else { Quantity::new(1).nanos() };
    let value = Quantity::read(found).nanos();
    let whole = value.div_euclid(divisor) + i128::from(value.rem_euclid(divisor) != 0);
    Text::from(whole.to_string())
}

/// The variables that describe the Services of the pod's namespace, and the API server's.
fn services(from: Sources<'_>) -> Env {
    let api = from.store.get(&Key::new(SERVICES, "default", "kubernetes"));
    let mut env: Env = api.map(service).into_iter().flatten().collect();
    if from.pod.object.at("spec.enableServiceLinks").as_bool().unwrap_or(true) {
        let namespace = from.pod.key.namespace.as_str();
        let own = from.store.list_in(&SERVICES, namespace).filter(|it| it.uid() != api.map_or("".into(), Object::uid));
        env.extend(own.flat_map(service));
    }
    env
}

fn service(object: &Object) -> Env {
    let ip = object.at("spec.clusterIP").str();
    let ports = object.at("spec.ports").items();
    let (false, Some(first)) = (ip.is_empty() || ip == "None", ports.first()) else { return Env::new() };
    let prefix = object.name().to_ascii_uppercase().replace('-', "_");
    let number = |port: &Value| port.get("port").int_or(0);
    let mut env = vec![
        (format_smolstr!("{prefix}_SERVICE_HOST"), Text::from(ip)),
        (format_smolstr!("{prefix}_SERVICE_PORT"), format_smolstr!("{}", number(first))),
    ];
    for port in ports.iter().filter(|port| !port.get("name").str().is_empty()) {
        let name = port.get("name").str().to_ascii_uppercase().replace('-', "_");
        env.push((format_smolstr!("{prefix}_SERVICE_PORT_{name}"), format_smolstr!("{}", number(port))));
    }
    for (index, port) in ports.iter().enumerate() {
        let protocol = port.get("protocol").as_str().unwrap_or("TCP");
        let (lower, number) = (protocol.to_ascii_lowercase(), number(port));
        let url = format_smolstr!("{lower}://{ip}:{number}");
        let base = format!("{prefix}_PORT_{number}_{protocol}");
        if index == 0 {
            env.push((format_smolstr!("{prefix}_PORT"), url.clone()));
        }
        env.push((base.as_str().into(), url));
        env.push((format_smolstr!("{base}_PROTO"), lower.into()));
        env.push((format_smolstr!("{base}_PORT"), format_smolstr!("{number}")));
        env.push((format_smolstr!("{base}_ADDR"), ip.into()));
    }
    env
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands_known_names_only() {
        let known = [(Text::new("A"), Text::new("1"))].into_iter().collect();
        assert_eq!(expand("$(A)-$(B)-$$(A)-$A-$", &known), "1-$(B)-$(A)-$A-$");
    }

    #[test]
    fn decodes_secrets() {
        assert_eq!(decode_base64("czNjcjN0"), "s3cr3t");
        assert_eq!(decode_base64("YQ=="), "a");
    }
}
