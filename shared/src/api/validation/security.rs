//! Security contexts, and what the host's network asks of ports.
//!
//! Upstream: `pkg/apis/core/validation/validation.go` (`ValidateSecurityContext`, `validatePodSpecSecurityContext`).

use crate::api::Errors;
use crate::api::validation::At;
use crate::model::names;

const SYSCTL: &str = r"must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
/// The fields of a container's security context in the order of Go's struct.
const FIELDS: [&str; 12] = [
    "capabilities",
    "privileged",
    "seLinuxOptions",
    "windowsOptions",
    "runAsUser",
    "runAsGroup",
    "runAsNonRoot",
    "readOnlyRootFilesystem",
    "allowPrivilegeEscalation",
    "procMount",
    "seccompProfile",
    "appArmorProfile",
];

/// The pod's own context.
pub(super) fn validate_pod(spec: &At<'_>, errors: &mut Errors) {
    if spec.get("hostNetwork").is_true() {
        for field in ["containers", "initContainers"] {
            spec.field(field).each().for_each(|container| validate_host_ports(&container, errors));
        }
    }
    let share = spec.field("shareProcessNamespace");
    if spec.get("hostPID").is_true() && share.is_true() {
        errors.bad(&share, "ShareProcessNamespace and HostPID cannot both be enabled");
    }
    let context = spec.field("securityContext");
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        validate_id(&context.field(field), errors);
    }
    context.field("supplementalGroups").each().for_each(|it| validate_id(&it, errors));
    validate_sysctls(&context.field("sysctls"), errors);
    let policy = context.field("fsGroupChangePolicy");
    if policy.is_set() {
        errors.one_of(&policy, &["Always", "OnRootMismatch"]);
    }
    validate_seccomp(&context.field("seccompProfile"), errors);
}

fn validate_host_ports(container: &At<'_>, errors: &mut Errors) {
    for port in container.field("ports").each() {
        if port.get("hostPort") != port.get("containerPort") {
            errors.bad(&port.field("hostPort"), "must match `containerPort` when `hostNetwork` is true");
        }
    }
}

fn validate_id(id: &At<'_>, errors: &mut Errors) {
    if let Some(number) = id.as_int() {
        errors.bad_each(id, names::user_or_group_id(number));
    }
}

fn validate_sysctls(sysctls: &At<'_>, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for sysctl in sysctls.each() {
        let (name, text) = (sysctl.field("name"), sysctl.value().get("name").str());
        if text.is_empty() {
            errors.required(&name, "");
        } else if !is_sysctl(text) {
            errors.bad(&name, SYSCTL);
        } else if seen.contains(&text) {
            errors.duplicate(&name, name.value());
        }
        seen.push(text);
    }
}

fn is_sysctl(name: &str) -> bool {
    let end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let part = |part: &str| match part.as_bytes() {
        [] => false,
        [only] => end(only),
        [first, middle @ .., last] => {
            end(first) && end(last) && middle.iter().all(|byte| end(byte) || matches!(byte, b'-' | b'_'))
        }
    };
    name.len() <= names::SUBDOMAIN_MAX_BYTES && name.split(['.', '/']).all(part)
}

fn validate_seccomp(profile: &At<'_>, errors: &mut Errors) {
    if !profile.is_set() {
        return;
    }
    let kind = profile.field("type");
    if errors.needs(&kind) {
        errors.one_of(&kind, &["Localhost", "RuntimeDefault", "Unconfined"]);
    }
    let file = profile.field("localhostProfile");
    if kind.str() == "Localhost" && file.is_empty() {
        errors.required(&file, "must be set when seccomp type is Localhost");
    } else if kind.str() != "Localhost" && file.is_set() {
        errors.bad(&file, "can only be set when seccomp type is Localhost");
    }
}

/// A container's own context.
pub(super) fn validate_container(context: &At<'_>, errors: &mut Errors) {
    if !context.is_set() {
        return;
    }
    validate_id(&context.field("runAsUser"), errors);
    validate_id(&context.field("runAsGroup"), errors);
    let mount = context.field("procMount");
    if mount.is_set() {
        errors.one_of(&mount, &["Default", "Unmasked"]);
    }
    validate_seccomp(&context.field("seccompProfile"), errors);
    if context.get("allowPrivilegeEscalation").as_bool() != Some(false) {
        return;
    }
    if context.get("privileged").is_true() {
        bad_context(context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true", errors);
    }
    if context.at("capabilities.add").items().iter().any(|it| it.str() == "CAP_SYS_ADMIN") {
        let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
        bad_context(context, detail, errors);
    }
}

/// The whole context is shown as Go's internal struct, whose fields begin with capitals.
fn bad_context(context: &At<'_>, detail: &str, errors: &mut Errors) {
    let capital = |name: &str| match name {
        "seLinuxOptions" => "SELinuxOptions".to_owned(),
        _ => name[..1].to_uppercase() + &name[1..],
    };
    let fields: Vec<String> = FIELDS.iter().map(|it| format!("\"{}\":{}", capital(it), context.get(it))).collect();
    errors.push("FieldValueInvalid", context, format!("Invalid value: {{{}}}: {detail}", fields.join(",")));
}
