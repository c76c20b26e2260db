//! Budgets, quotas, limits, and Endpoints.
//!
//! Upstream: `describePodDisruptionBudget`, `describeQuota`, `LimitRangeDescriber`, `describeEndpoints`.

use crate::kubectl::describe::Subject;
use crate::kubectl::describe::configuration::{LIMIT_COLUMNS, LIMIT_LINES, limits_of};
use crate::kubectl::describe::writer::{Writer, amounts, plain};
use crate::model::{Quantity, Value, selector};

/// What a quota's scope is about.
const SCOPES: &[(&str, &str)] = &[
    (
        "Terminating",
        "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
    ),
    (
        "NotTerminating",
        "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
    ),
    (
        "BestEffort",
        "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
    ),
    (
        "NotBestEffort",
        "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
    ),
];

/// Writes a `PodDisruptionBudget`.
pub(super) fn budget(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    let (least, most) = (it.at("spec.minAvailable"), it.at("spec.maxUnavailable"));
    if !least.is_null() {
        out.field(0, "Min available", plain(least));
    } else if !most.is_null() {
        out.field(0, "Max unavailable", plain(most));
    }
    let selector = it.at("spec.selector");
    out.field(0, "Selector", if selector.is_null() { "<unset>".into() } else { selector::describe(selector) });
    out.line(0, "Status:");
    let counts = [
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ];
    for (title, field) in counts {
        out.field(2, title, it.get("status").get(field).int_or(0).to_string());
    }
    subject.events(out);
}

/// Writes a `ResourceQuota`.
pub(super) fn quota(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    let mut scopes: Vec<&str> = it.at("spec.scopes").items().iter().map(Value::str).collect();
    scopes.sort_unstable();
    if !scopes.is_empty() {
        out.field(0, "Scopes", scopes.join(", "));
        for scope in scopes {
            if let Some((_, about)) = SCOPES.iter().find(|(name, _)| *name == scope) {
                out.line(0, format!(" * {about}"));
            }
        }
    }
    out.line(0, "Resource\tUsed\tHard");
    out.line(0, "--------\t----\t----");
    for (name, hard) in amounts(it.at("status.hard")) {
        let used = Quantity::read(it.at("status.used").get(&name));
        out.line(0, format!("{name}\t{used}\t{hard}"));
    }
}

/// Writes a `LimitRange`.
pub(super) fn limit_range(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    out.line(0, LIMIT_COLUMNS);
    out.line(0, LIMIT_LINES);
    for row in limits_of(it) {
        out.line(0, row);
    }
}

/// Writes Endpoints.
pub(super) fn endpoints(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    subject.head(out);
    out.line(0, "Subsets:");
    for subset in subject.object.get("subsets").items() {
        for (title, field) in [("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")] {
            let ips: Vec<&str> = subset.get(field).items().iter().map(|it| it.get("ip").str()).collect();
            out.field(1, title, if ips.is_empty() { "<none>".into() } else { ips.join(",") });
        }
        let ports = subset.get("ports").items();
        if !ports.is_empty() {
            out.line(1, "Ports:");
            out.line(2, "Name\tPort\tProtocol");
            out.line(2, "----\t----\t--------");
        }
        for port in ports {
            let name = if port.get("name").is_empty() { "<unset>" } else { port.get("name").str() };
            let number = port.get("port").int_or(0);
            out.line(2, format!("{name}\t{number}\t{}", port.get("protocol").str()));
        }
        out.line(0, "");
    }
    subject.events(out);
}
