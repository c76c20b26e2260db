//! Probes and lifecycle hooks. Upstream: `pkg/apis/core/validation/validation.go` (`validateProbe`, `validateHandler`).

use crate::api::Errors;
use crate::api::validation::At;
use crate::model::{Value, names};

const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/// `lifecycle` of a container.
pub(super) fn validate_lifecycle(container: &At<'_>, errors: &mut Errors) {
    let lifecycle = container.field("lifecycle");
    for hook in ["postStart", "preStop"] {
        let hook = lifecycle.field(hook);
        if hook.is_set() {
            validate_handler(&hook, errors);
        }
    }
}

/// The three probes of a container.
pub(super) fn validate_probes(container: &At<'_>, errors: &mut Errors) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = container.field(name);
        if !probe.is_set() {
            continue;
        }
        validate_probe(&probe, errors);
        let threshold = probe.field("successThreshold");
        if name != "readinessProbe" && threshold.int_or(0) != 1 {
            errors.bad(&threshold, "must be 1");
        }
        let grace = probe.field("terminationGracePeriodSeconds");
        if name == "readinessProbe" && grace.is_set() {
            errors.bad(&grace, "must not be set for readinessProbes");
        }
    }
}

fn validate_probe(probe: &At<'_>, errors: &mut Errors) {
    validate_handler(probe, errors);
    for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        errors.not_negative(&probe.field(field));
    }
    let grace = probe.field("terminationGracePeriodSeconds");
    if grace.as_int().is_some_and(|it| it <= 0) {
        errors.bad(&grace, "must be greater than 0");
    }
}

fn validate_handler(handler: &At<'_>, errors: &mut Errors) {
    let mut count = 0;
    for name in HANDLERS {
        let at = handler.field(name);
        if !at.is_set() {
            continue;
        }
        if count > 0 {
            errors.forbidden(&at, "may not specify more than 1 handler type");
            continue;
        }
        count += 1;
        match name {
            "exec" => drop(errors.needs(&at.field("command"))),
            "httpGet" => validate_http_get(&at, errors),
            "tcpSocket" | "grpc" => port_number_or_name(&at.field("port"), errors),
            _ => {}
        }
    }
    if count == 0 {
        errors.required(handler, "must specify a handler type");
    }
}

fn validate_http_get(get: &At<'_>, errors: &mut Errors) {
    errors.needs(&get.field("path"));
    port_number_or_name(&get.field("port"), errors);
    errors.one_of(&get.field("scheme"), &["HTTP", "HTTPS"]);
    let headers = get.field("httpHeaders");
    for header in headers.each() {
        let name = header.get("name");
        errors.invalid_each(&headers, name, names::http_header_name(name.str()));
    }
}

/// A port by number or by name.
pub(super) fn port_number_or_name(port: &At<'_>, errors: &mut Errors) {
    let wrong = match port.value() {
        Value::Text(name) => names::port_name(name),
        other => names::port_number(other.int_or(0)),
    };
    errors.bad_each(port, wrong);
}
