//! Says in the status of a `ValidatingAdmissionPolicy` which of its expressions do not fit the kinds that it is about.
//!
//! Upstream: `pkg/controller/validatingadmissionpolicystatus/controller.go`.

use crate::api::PatchKind;
use crate::api::admission::type_check;
use crate::api::custom::DEFINITIONS;
use crate::model::{Key, Value};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};

/// Its name, and that of the manager of the fields that it writes.
const NAME: &str = "validatingadmissionpolicy-status-controller";

/// The control loop.
pub(crate) const CONTROLLER: Controller = Controller {
    name: NAME,
    watches: &[
        Watch {
            resource: "validatingadmissionpolicies.admissionregistration.k8s.io",
            enqueue: |change, _, queue| {
                if change.after.is_some() {
                    queue.push(Enqueue::now(change.key.clone()));
                }
            },
        },
        // To know the kinds; a policy is checked once, whatever kinds come later.
        Watch { resource: "customresourcedefinitions.apiextensions.k8s.io", enqueue: |_, _, _| {} },
    ],
    reconcile,
};

fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let Some(policy) = view.cache.get(key) else { return plan };
    let observed = policy.at("status.observedGeneration").as_int().unwrap_or_default();
    if policy.generation() <= observed {
        return plan;
    }
    let warnings = type_check::warnings(policy, view.cache.list(&DEFINITIONS));
    plan.observed = format!("generation {observed}").into();
    plan.desired = format!("generation {} with {} warnings", policy.generation(), warnings.len()).into();
    let mut checked = Value::map();
    if !warnings.is_empty() {
        checked.set("expressionWarnings", warnings);
    }
    let status = Value::from([("observedGeneration", policy.generation().into()), ("typeChecking", checked)]);
    let mut applied = Value::from([
        ("apiVersion", policy.get("apiVersion").clone()),
        ("kind", policy.get("kind").clone()),
        ("status", status),
    ]);
    applied.set("metadata.name", policy.name());
    let mut write = Write::patch(key, "status", PatchKind::Apply, applied, "its expressions were checked");
    write.request.options.field_manager = NAME.into();
    write.request.options.force = true;
    plan.write(write.following(key, "spec").tolerating(&["NotFound"]));
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use crate::model::{Object, ResourceName};
    use expect_test::expect;

    #[test]
    fn a_policy_is_checked_once_for_each_generation() {
        let mut it = Fixture::default();
        let json = r#"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy","metadata":{"name":"p","generation":2},
            "spec":{"matchConstraints":{"resourceRules":[{"apiGroups":["apps"],"apiVersions":["v1"],"resources":["deployments"]}]},
            "validations":[{"expression":"object.replicas > 1"}]},"status":{"observedGeneration":1}}"#;
        let mut policy = Object(Value::from_json(json).unwrap());
        let key = Key::new(ResourceName::of("validatingadmissionpolicies.admissionregistration.k8s.io"), "", "p");
        it.put(&key, policy.clone());
        let plan = reconcile(&key, &it.view());
        expect![[r#"
            saw generation 1, wanted generation 2 with 1 warnings
            patch validatingadmissionpolicies.admissionregistration.k8s.io/status p: its expressions were checked"#]]
        .assert_eq(&plan.to_text());
        let body = plan.writes[0].request.body.to_json();
        expect![[r#"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy","metadata":{"name":"p"},"status":{"observedGeneration":2,"typeChecking":{"expressionWarnings":[{"fieldRef":"spec.validations[0].expression","warning":"apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^\n"}]}}}"#]].assert_eq(&body);
        policy.set("status.observedGeneration", 2);
        it.put(&key, policy);
        expect![""].assert_eq(&reconcile(&key, &it.view()).to_text());
    }
}
