//! What is wrong with a role or binding. Upstream: `pkg/apis/rbac/validation/validation.go`.

use crate::api::Errors;
use crate::model::{Object, Value, names};

const GROUP: &str = "rbac.authorization.k8s.io";

/// A role of a namespace.
pub(crate) fn validate_role(role: &Object, errors: &mut Errors) {
    rules(role, errors, |rule, field, errors| {
        if !rule.get("nonResourceURLs").is_empty() {
            errors.invalid(
                format!("{field}.nonResourceURLs"),
                rule.get("nonResourceURLs"),
                "namespaced rules cannot apply to non-resource URLs",
            );
        }
    });
}

/// A role of the cluster.
pub(crate) fn validate_cluster_role(role: &Object, errors: &mut Errors) {
    rules(role, errors, |rule, field, errors| {
        let about_objects = ["apiGroups", "resources", "resourceNames"].iter().any(|it| !rule.get(it).is_empty());
        if !rule.get("nonResourceURLs").is_empty() && about_objects {
            errors.invalid(
                format!("{field}.nonResourceURLs"),
                rule.get("nonResourceURLs"),
                "rules cannot apply to both regular resources and non-resource URLs",
            );
        }
    });
    if role.get("aggregationRule").is_null() {
        return;
    }
    if role.at("aggregationRule.clusterRoleSelectors").is_empty() {
        errors.required(
            "aggregationRule.clusterRoleSelectors",
            "at least one clusterRoleSelector required if aggregationRule is non-nil",
        );
    }
}

fn rules(role: &Object, errors: &mut Errors, more: fn(&Value, &str, &mut Errors)) {
    for (index, rule) in role.get("rules").items().iter().enumerate() {
        let field = format!("rules[{index}]");
        if rule.get("verbs").is_empty() {
            errors.required(format!("{field}.verbs"), "verbs must contain at least one value");
        }
        let before = errors.0.len();
        more(rule, &field, errors);
        if errors.0.len() > before || !rule.get("nonResourceURLs").is_empty() {
            continue;
        }
        if rule.get("apiGroups").is_empty() {
            errors.required(format!("{field}.apiGroups"), "resource rules must supply at least one api group");
        }
        if rule.get("resources").is_empty() {
            errors.required(format!("{field}.resources"), "resource rules must supply at least one resource");
        }
    }
}

/// A binding.
pub(crate) fn validate_binding(binding: &Object, errors: &mut Errors) {
    let role = binding.get("roleRef");
    if role.get("apiGroup").str() != GROUP {
        errors.unsupported("roleRef.apiGroup", &role.get("apiGroup").text().into(), &[GROUP]);
    }
    let kinds: &[&str] = if binding.namespace().is_empty() { &["ClusterRole"] } else { &["Role", "ClusterRole"] };
    if !kinds.contains(&role.get("kind").str()) {
        errors.unsupported("roleRef.kind", &role.get("kind").text().into(), kinds);
    }
    if role.get("name").is_empty() {
        errors.required("roleRef.name", "");
    } else {
        errors.invalid_each("roleRef.name", role.get("name"), names::path_segment(role.get("name").str()));
    }
    for (index, subject) in binding.get("subjects").items().iter().enumerate() {
        validate_subject(subject, &format!("subjects[{index}]"), binding.namespace().is_empty(), errors);
    }
}

fn validate_subject(subject: &Value, field: &str, needs_namespace: bool, errors: &mut Errors) {
    let (name, group) = (subject.get("name"), &Value::from(subject.get("apiGroup").text()));
    if name.is_empty() {
        errors.required(format!("{field}.name"), "");
    }
    match subject.get("kind").str() {
        "ServiceAccount" => {
            if !name.is_empty() {
                errors.invalid_each(format!("{field}.name"), name, names::dns1123_subdomain(name.str()));
            }
            if !group.is_empty() {
                errors.unsupported(format!("{field}.apiGroup"), group, &[""]);
            }
            if needs_namespace && subject.get("namespace").is_empty() {
                errors.required(format!("{field}.namespace"), "");
            }
        }
        "User" | "Group" if group.str() != GROUP => errors.unsupported(format!("{field}.apiGroup"), group, &[GROUP]),
        "User" | "Group" => {}
        _ => errors.unsupported(
            format!("{field}.kind"),
            &subject.get("kind").text().into(),
            &["Group", "ServiceAccount", "User"],
        ),
    }
}

/// A changed binding names the same role.
pub(crate) fn validate_binding_update(new: &Object, old: &Object, errors: &mut Errors) {
    validate_binding(new, errors);
    if new.get("roleRef") != old.get("roleRef") {
        errors.invalid("roleRef", new.get("roleRef"), "cannot change roleRef");
    }
}
