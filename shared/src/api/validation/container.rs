//! Containers of a pod spec: regular, init and ephemeral ones, their ports, variables and mounts.
//!
//! Upstream: `pkg/apis/core/validation/validation.go` (`validateContainers`, `validateContainerCommon`, `ValidateEnv`).

use crate::api::Errors;
use crate::api::validation::{At, handlers, resource_amounts, security};
use crate::model::{Text, Value, names};

/// Names of the pod's volumes.
pub(super) type Volumes = Vec<Text>;

const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const NOT_FOR_INIT: &str = "may not be set for init containers without restartPolicy=Always";

/// All containers of a pod spec.
pub(super) fn validate_all(spec: &At<'_>, volumes: &Volumes, errors: &mut Errors) {
    let containers = spec.field("containers");
    if containers.items().is_empty() {
        errors.required(&containers, "");
    }
    let mut seen: Vec<Text> = Vec::new();
    for container in containers.each() {
        validate_common(&container, volumes, errors);
        unique_name(&container, &mut seen, errors);
        handlers::validate_lifecycle(&container, errors);
        handlers::validate_probes(&container, errors);
    }
    let mut taken = Vec::new();
    for container in containers.each() {
        host_port_conflicts(&container, &mut taken, errors);
    }
    for container in spec.field("initContainers").each() {
        validate_init(&container, volumes, &mut seen, errors);
    }
    for container in spec.field("ephemeralContainers").each() {
        validate_common(&container, volumes, errors);
        unique_name(&container, &mut seen, errors);
        validate_ephemeral(&container, spec, errors);
    }
}

fn validate_ephemeral(container: &At<'_>, spec: &At<'_>, errors: &mut Errors) {
    for field in ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources"] {
        let at = container.field(field);
        if !at.is_empty() {
            errors.forbidden(&at, "cannot be set for an Ephemeral Container");
        }
    }
    let target = container.field("targetContainerName");
    let lists = [spec.get("containers"), spec.get("initContainers")];
    let mut names = lists.iter().flat_map(|it| it.items()).map(|it| it.get("name"));
    if !target.is_empty() && !names.any(|it| it == target.value()) {
        errors.not_found(&target, target.value());
    }
}

fn validate_init(container: &At<'_>, volumes: &Volumes, seen: &mut Vec<Text>, errors: &mut Errors) {
    validate_common(container, volumes, errors);
    let policy = container.field("restartPolicy");
    if policy.is_set() {
        errors.one_of(&policy, &["Always", "Never", "OnFailure"]);
    }
    unique_name(container, seen, errors);
    host_port_conflicts(container, &mut Vec::new(), errors);
    if policy.str() == "Always" {
        handlers::validate_lifecycle(container, errors);
        handlers::validate_probes(container, errors);
        return;
    }
    for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        let at = container.field(field);
        if at.is_set() {
            errors.forbidden(&at, NOT_FOR_INIT);
        }
    }
}

fn unique_name(container: &At<'_>, seen: &mut Vec<Text>, errors: &mut Errors) {
    let name = container.get("name").text();
    if name.is_empty() {
        return;
    }
    if seen.contains(&name) {
        errors.duplicate(&container.field("name"), &(&name).into());
    } else {
        seen.push(name);
    }
}

fn validate_common(container: &At<'_>, volumes: &Volumes, errors: &mut Errors) {
    let name = container.field("name");
    if errors.needs(&name) {
        errors.bad_each(&name, names::dns1123_label(name.str()));
    }
    errors.needs(&container.field("image"));
    let policy = container.field("terminationMessagePolicy");
    if errors.needs(&policy) {
        errors.one_of(&policy, &["FallbackToLogsOnError", "File"]);
    }
    validate_ports(&container.field("ports"), errors);
    for variable in container.field("env").each() {
        validate_variable(&variable, errors);
    }
    validate_env_from(&container.field("envFrom"), errors);
    validate_mounts(&container.field("volumeMounts"), volumes, errors);
    let policy = container.field("imagePullPolicy");
    if errors.needs(&policy) {
        errors.one_of(&policy, &["Always", "IfNotPresent", "Never"]);
    }
    resource_amounts::validate(&container.field("resources"), errors);
    security::validate_container(&container.field("securityContext"), errors);
}

fn validate_ports(ports: &At<'_>, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for port in ports.each() {
        let (name, text) = (port.field("name"), port.value().get("name").str());
        let wrong = if text.is_empty() { Vec::new() } else { names::port_name(text) };
        if wrong.is_empty() && seen.contains(&text) {
            errors.duplicate(&name, name.value());
        } else if wrong.is_empty() && !text.is_empty() {
            seen.push(text);
        }
        errors.bad_each(&name, wrong);
        let number = port.field("containerPort");
        if errors.needs(&number) {
            errors.bad_each(&number, names::port_number(number.int_or(0)));
        }
        let host = port.field("hostPort");
        if !host.is_empty() {
            errors.bad_each(&host, names::port_number(host.int_or(0)));
        }
        let protocol = port.field("protocol");
        if errors.needs(&protocol) {
            errors.one_of(&protocol, PROTOCOLS);
        }
    }
}

fn host_port_conflicts(container: &At<'_>, taken: &mut Vec<String>, errors: &mut Errors) {
    for port in container.field("ports").each() {
        let host = port.field("hostPort");
        if host.is_empty() {
            continue;
        }
        let place = format!("{}/{}/{}", port.get("protocol").str(), port.get("hostIP").str(), host.int_or(0));
        if taken.contains(&place) {
            errors.duplicate(&host, &(&place).into());
        } else {
            taken.push(place);
        }
    }
}

fn validate_variable(variable: &At<'_>, errors: &mut Errors) {
    let name = variable.field("name");
    if errors.needs(&name) {
        errors.bad_each(&name, names::relaxed_env_var_name(name.str()));
    }
    let source = variable.field("valueFrom");
    if !source.is_set() {
        return;
    }
    let kinds = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
    for kind in kinds {
        let at = source.field(kind);
        match kind {
            _ if !at.is_set() => {}
            "fieldRef" => field_ref(&at, ENV_FIELDS, errors),
            "resourceFieldRef" => resource_field_ref(&at, errors),
            "configMapKeyRef" | "secretKeyRef" => key_ref(&at, errors),
            _ => {}
        }
    }
    let empty = Value::from("");
    match kinds.iter().filter(|it| !source.get(it).is_null()).count() {
        0 => errors.invalid(
            &source,
            &empty,
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        ),
        _ if !variable.get("value").is_empty() => {
            errors.invalid(&source, &empty, "may not be specified when `value` is not empty");
        }
        1 => {}
        _ => errors.invalid(&source, &empty, "may not have more than one field specified at a time"),
    }
}

fn key_ref(reference: &At<'_>, errors: &mut Errors) {
    let name = reference.field("name");
    if !name.is_empty() {
        errors.bad_each(&name, names::dns1123_subdomain(name.str()));
    }
    let key = reference.field("key");
    if errors.needs(&key) {
        errors.bad_each(&key, names::config_map_key(key.str()));
    }
}

/// Fields of its pod that a variable may hold.
const ENV_FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// Fields of its pod that a file may hold.
pub(super) const FILE_FIELDS: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Fields that exist, though not everything may refer to them.
const KNOWN_FIELDS: &[&str] = &[
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
    "spec.host",
];
const RESOURCE_FIELDS: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

pub(super) fn field_ref(reference: &At<'_>, allowed: &[&str], errors: &mut Errors) {
    if reference.get("apiVersion").is_empty() {
        return errors.required(&reference.field("apiVersion"), "");
    }
    let path = reference.field("fieldPath");
    if !errors.needs(&path) {
        return;
    }
    if let Some((base, rest)) = path.str().split_once("['") {
        return subscripted(&path, base, rest.trim_end_matches("']"), errors);
    }
    if !KNOWN_FIELDS.contains(&path.str()) {
        let detail = format!("error converting fieldPath: field label not supported: {}", path.str());
        errors.bad(&path, &detail);
    } else if !allowed.contains(&path.str()) {
        errors.unsupported(&path, path.value(), allowed);
    }
}

fn subscripted(path: &At<'_>, base: &str, key: &str, errors: &mut Errors) {
    let wrong = match base {
        "metadata.annotations" => names::label_key(&key.to_lowercase()),
        "metadata.labels" => names::label_key(key),
        _ => return errors.bad(path, "does not support subscript"),
    };
    for detail in wrong {
        errors.invalid(path, &key.into(), &detail);
    }
}

pub(super) fn resource_field_ref(reference: &At<'_>, errors: &mut Errors) {
    let resource = reference.field("resource");
    if errors.needs(&resource) && !RESOURCE_FIELDS.contains(&resource.str()) && !resource.str().contains("hugepages-") {
        errors.unsupported(&resource, resource.value(), RESOURCE_FIELDS);
    }
}

fn validate_env_from(sources: &At<'_>, errors: &mut Errors) {
    for source in sources.each() {
        let prefix = source.field("prefix");
        if !prefix.is_empty() {
            errors.bad_each(&prefix, names::relaxed_env_var_name(prefix.str()));
        }
        let given: Vec<&str> =
            ["configMapRef", "secretRef"].into_iter().filter(|it| !source.get(it).is_null()).collect();
        for field in &given {
            errors.needs(&source.field(field).field("name"));
        }
        let empty = Value::from("");
        match given.len() {
            0 => errors.invalid(sources, &empty, "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => errors.invalid(sources, &empty, "may not have more than one field specified at a time"),
        }
    }
}

fn validate_mounts(mounts: &At<'_>, volumes: &Volumes, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for mount in mounts.each() {
        let name = mount.field("name");
        errors.needs(&name);
        if !volumes.contains(&name.text()) {
            errors.not_found(&name, &name.str().into());
        }
        let (path, text) = (mount.field("mountPath"), mount.value().get("mountPath").str());
        errors.needs(&path);
        if seen.contains(&text) {
            errors.bad(&path, "must be unique");
        }
        seen.push(text);
        let sub_path = mounts.field("subPath");
        descending(&sub_path, mount.get("subPath"), errors);
        let expression = mounts.field("subPathExpr");
        if !mount.get("subPathExpr").is_empty() && !mount.get("subPath").is_empty() {
            errors.invalid(&expression, mount.get("subPathExpr"), "subPathExpr and subPath are mutually exclusive");
        }
        descending(&expression, mount.get("subPathExpr"), errors);
        let propagation = mount.field("mountPropagation");
        if propagation.is_set() {
            errors.one_of(&propagation, &["Bidirectional", "HostToContainer", "None"]);
        }
    }
}

/// A path that stays where it begins.
pub(super) fn descending(at: &At<'_>, path: &Value, errors: &mut Errors) {
    if path.str().starts_with('/') {
        errors.invalid(at, path, "must be a relative path");
    }
    errors.invalid_each(at, path, names::no_backsteps(path.str()));
}
