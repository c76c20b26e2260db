//! Ingresses and their classes. Upstream: `pkg/apis/networking/validation/validation.go` (`validateIngress`,
//! `ValidateIngressClass`).

use crate::api::Errors;
use crate::api::validation::every_kind::addresses::parse_ip;
use crate::api::validation::{At, IMMUTABLE};
use crate::model::{Object, Value, names};

/// Upper bound of `spec.controller` of a class.
const CONTROLLER_MAX_BYTES: usize = 250;
const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const NOT_AN_IP: &str = "must be a DNS name, not an IP address";

/// Finds what is wrong with a new ingress.
pub(crate) fn validate(ingress: &Object, errors: &mut Errors) {
    validate_update(ingress, ingress, errors);
    let (class, annotation) = (ingress.at("spec.ingressClassName"), ingress.annotation(CLASS_ANNOTATION));
    if let (Some(class), Some(annotation)) = (class.as_str(), annotation)
        && class != annotation
    {
        let at = format!("annotations.{CLASS_ANNOTATION}");
        errors.invalid(at, &annotation.into(), "must match `ingressClassName` when both are specified");
    }
}

/// Finds what is wrong with a changed ingress.
pub(crate) fn validate_update(new: &Object, _old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let spec = root.field("spec");
    let (backend, rules) = (spec.field("defaultBackend"), spec.field("rules"));
    if rules.is_empty() && !backend.is_set() {
        let none = if rules.is_set() { rules.value() } else { &Value::Null };
        errors.invalid(&spec, none, "either `defaultBackend` or `rules` must be specified");
    }
    if backend.is_set() {
        validate_backend(&backend, errors);
    }
    rules.each().for_each(|rule| validate_rule(&rule, errors));
    spec.field("tls").each().for_each(|tls| validate_tls(&tls, errors));
    let class = spec.field("ingressClassName");
    if class.is_set() {
        errors.bad_each(&class, names::dns1123_subdomain(class.str()));
    }
}

/// Finds what is wrong with a changed status.
pub(crate) fn validate_status(new: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let (status, balancer) = (root.field("status"), "loadBalancer");
    for ingress in status.field(balancer).field("ingress").each() {
        let (ip, host) = (ingress.field("ip"), ingress.field("hostname"));
        if !ip.is_empty() && parse_ip(ip.str()).is_none() {
            errors.bad(&ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        }
        if !host.is_empty() {
            errors.bad_each(&host, names::dns1123_subdomain(host.str()));
            if parse_ip(host.str()).is_some() {
                errors.bad(&host, NOT_AN_IP);
            }
        }
    }
}

fn host_name(host: &str) -> Vec<String> {
    if host.contains('*') { names::wildcard_dns1123_subdomain(host) } else { names::dns1123_subdomain(host) }
}

fn validate_tls(tls: &At<'_>, errors: &mut Errors) {
    for host in tls.field("hosts").each() {
        errors.bad_each(&host, host_name(host.str()));
    }
    let secret = tls.field("secretName");
    if !secret.is_empty() {
        errors.bad_each(&secret, names::dns1123_subdomain(secret.str()));
    }
}

fn validate_rule(rule: &At<'_>, errors: &mut Errors) {
    let (host, http) = (rule.field("host"), rule.field("http"));
    if !host.is_empty() {
        if parse_ip(host.str()).is_some() {
            errors.bad(&host, NOT_AN_IP);
        }
        errors.bad_each(&host, host_name(host.str()));
    }
    if http.is_set() {
        let paths = http.field("paths");
        errors.needs(&paths);
        paths.each().for_each(|path| validate_path(&path, errors));
    }
}

fn validate_path(rule: &At<'_>, errors: &mut Errors) {
    let (kind, path) = (rule.field("pathType"), rule.field("path"));
    if !kind.is_set() {
        return errors.required(&kind, "pathType must be specified");
    }
    let relative = !path.str().starts_with('/');
    match kind.str() {
        "Exact" | "Prefix" => {
            if relative {
                errors.bad(&path, "must be an absolute path");
            }
            for sequence in ["//", "/./", "/../", "%2f", "%2F"].iter().filter(|it| path.str().contains(**it)) {
                errors.bad(&path, &format!("must not contain '{sequence}'"));
            }
            for suffix in ["/..", "/."].iter().filter(|it| path.str().ends_with(**it)) {
                errors.bad(&path, &format!("cannot end with '{suffix}'"));
            }
        }
        "ImplementationSpecific" if !path.is_empty() && relative => errors.bad(&path, "must be an absolute path"),
        "ImplementationSpecific" => {}
        _ => errors.one_of(&kind, &["Exact", "ImplementationSpecific", "Prefix"]),
    }
    validate_backend(&rule.field("backend"), errors);
}

fn validate_backend(backend: &At<'_>, errors: &mut Errors) {
    let (resource, service) = (backend.field("resource"), backend.field("service"));
    let mut wrong = |detail: &str| errors.invalid(backend, &"".into(), detail);
    match (resource.is_set(), service.is_set()) {
        (true, true) => wrong("cannot set both resource and service backends"),
        (true, false) => validate_reference(&resource, errors),
        (false, true) => validate_service(backend, &service, errors),
        (false, false) => wrong("resource or service backend is required"),
    }
}

fn validate_service(backend: &At<'_>, service: &At<'_>, errors: &mut Errors) {
    let (name, port) = (service.field("name"), service.field("port"));
    if errors.needs(&name) {
        errors.bad_each(&name, names::dns1123_label(name.str()));
    }
    let (port_name, number) = (port.field("name"), port.field("number"));
    match (port_name.is_empty(), number.is_empty()) {
        (false, false) => errors.invalid(backend, &"".into(), "cannot set both port name & port number"),
        (false, true) => errors.bad_each(&port_name, names::port_name(port_name.str())),
        (true, false) => errors.bad_each(&number, names::port_number(number.int_or(0))),
        (true, true) => errors.required(backend, "port name or number is required"),
    }
}

fn validate_reference(reference: &At<'_>, errors: &mut Errors) {
    let group = reference.field("apiGroup");
    if group.is_set() {
        errors.bad_each(&group, names::dns1123_subdomain(group.str()));
    }
    for field in ["kind", "name"] {
        let at = reference.field(field);
        if errors.needs(&at) {
            errors.bad_each(&at, names::path_segment(at.str()));
        }
    }
}

/// Finds what is wrong with a class of ingresses.
pub(crate) fn validate_class(class: &Object, errors: &mut Errors) {
    let root = At::root(class);
    let spec = root.field("spec");
    let controller = spec.field("controller");
    if errors.needs(&controller) {
        if controller.str().len() > CONTROLLER_MAX_BYTES {
            errors.too_long(&controller, CONTROLLER_MAX_BYTES);
        }
        domain_prefixed_path(&controller, errors);
    }
    let parameters = spec.field("parameters");
    if parameters.is_set() {
        validate_reference(&parameters, errors);
        validate_scope(&parameters, errors);
    }
}

/// Finds what is wrong with a changed class.
pub(crate) fn validate_class_update(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let spec = root.field("spec");
    let controller = spec.field("controller");
    if controller.value() != old.at("spec.controller") {
        errors.bad(&controller, IMMUTABLE);
    }
    validate_class(new, errors);
}

fn validate_scope(parameters: &At<'_>, errors: &mut Errors) {
    let (scope, namespace) = (parameters.field("scope"), parameters.field("namespace"));
    match scope.as_str() {
        None => errors.required(&scope, ""),
        Some("Namespace") if !namespace.is_set() => {
            errors.required(&namespace, "`parameters.scope` is set to 'Namespace'");
        }
        Some("Namespace") => errors.bad_each(&namespace, names::dns1123_label(namespace.str())),
        Some("Cluster") if namespace.is_set() => {
            errors.forbidden(&namespace, "`parameters.scope` is set to 'Cluster'");
        }
        Some("Cluster") => {}
        Some(_) => errors.one_of(&scope, &["Cluster", "Namespace"]),
    }
}

/// `example.com/path` (`IsDomainPrefixedPath`).
pub(super) fn domain_prefixed_path(at: &At<'_>, errors: &mut Errors) {
    let Some((domain, path)) = at.str().split_once('/').filter(|(domain, path)| !domain.is_empty() && !path.is_empty())
    else {
        return errors.bad(at, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    };
    errors.invalid_each(at, &domain.into(), names::dns1123_subdomain(domain));
    if !path.bytes().all(is_path_byte) {
        errors.invalid(
            at,
            &path.into(),
            "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
        );
    }
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte)
}
