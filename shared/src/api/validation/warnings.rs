//! Warnings about pods that are accepted all the same. Upstream: `pkg/api/pod/warnings.go`.

use crate::api::validation::At;
use crate::model::{Quantity, names};

/// What may be wrong with a pod spec.
pub(super) fn of_pod_spec(spec: &At<'_>, warnings: &mut Vec<String>) {
    for field in ["initContainers", "containers"] {
        for container in spec.field(field).each() {
            of_container(&container, warnings);
        }
    }
    if spec.get("terminationGracePeriodSeconds").int_or(0) < 0 {
        let at = spec.field("terminationGracePeriodSeconds");
        warnings.push(format!("{at}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
}

fn of_container(container: &At<'_>, warnings: &mut Vec<String>) {
    let resources = container.field("resources");
    for list in ["limits", "requests"] {
        for (name, amount) in resources.field(list).entries() {
            let quantity = Quantity::read(&amount);
            if matches!(name.as_str(), "memory" | "ephemeral-storage") && !quantity.is_whole() {
                warnings.push(format!(
                    "{amount}: fractional byte value {} is invalid, must be an integer",
                    names::quote(&quantity.to_string())
                ));
            }
        }
    }
    duplicate_names(container, warnings);
    duplicate_ports(container, warnings);
}

fn duplicate_names(container: &At<'_>, warnings: &mut Vec<String>) {
    let mut seen: Vec<&str> = Vec::new();
    for variable in container.field("env").each() {
        let name = variable.value().get("name").str();
        if seen.contains(&name) {
            let detail = "which may be dropped when using apply";
            warnings.push(format!("{variable}: hides previous definition of \"{name}\", {detail}"));
        }
        seen.push(name);
    }
}

fn duplicate_ports(container: &At<'_>, warnings: &mut Vec<String>) {
    let mut seen: Vec<(i64, &str)> = Vec::new();
    for port in container.field("ports").each() {
        let value = port.value();
        let place = (value.get("containerPort").int_or(0), value.get("protocol").str());
        if let Some(first) = seen.iter().position(|it| *it == place) {
            warnings.push(format!("{port}: duplicate port definition with {}[{first}]", container.field("ports")));
        }
        seen.push(place);
    }
}
