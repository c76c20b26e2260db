//! What policies are warned of.

use super::type_check::warnings;
use crate::model::{Object, Value};
use expect_test::{Expect, expect};

/// A definition of the kind Thing.
const THINGS: &str = r#"{"metadata":{"name":"things.a.b"},"spec":{"group":"a.b","scope":"Namespaced","names":{"plural":"things","kind":"Thing"},
    "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
    "properties":{"size":{"type":"integer"},"any":{"x-kubernetes-preserve-unknown-fields":true}}}}}}}]},
    "status":{"acceptedNames":{"plural":"things","singular":"thing","kind":"Thing"},"conditions":[{"type":"Established","status":"True"}]}}"#;

/// The warnings of a policy about `resources` of `groups` with this spec.
fn check(groups: &str, resources: &str, spec: &str, expected: &Expect) {
    let json = format!(
        r#"{{"spec":{{"matchConstraints":{{"resourceRules":[{{"apiGroups":[{groups}],"apiVersions":["v1"],"resources":[{resources}]}}]}},{spec}}}}}"#
    );
    let policy = Object(Value::from_json(&json).unwrap());
    let definition = Object(Value::from_json(THINGS).unwrap());
    let found = warnings(&policy, [&definition].into_iter());
    let line = |it: &Value| format!("{}\n{}", it.get("fieldRef").str(), it.get("warning").str());
    expected.assert_eq(&found.iter().map(line).collect::<String>());
}

/// The warnings of one expression about Deployments.
fn said(expression: &str, expected: &Expect) {
    check(r#""apps""#, r#""deployments""#, &format!(r#""validations":[{{"expression":"{expression}"}}]"#), expected);
}

#[test]
fn fields_are_those_of_the_kind() {
    said("object.spec.replicas > 1 && has(oldObject.metadata.labels) && object.kind == 'Deployment'", &expect![""]);
    said(
        "object.replicas > 1",
        &expect![[r#"
        spec.validations[0].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'
         | object.replicas > 1
         | ......^
    "#]],
    );
    said(
        "object.spec.replicas > '1'",
        &expect![[r#"
        spec.validations[0].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, string)'
         | object.spec.replicas > '1'
         | .....................^
    "#]],
    );
    said(
        "object.spec.template.spec.containers.all(it, it.image.startsWith('a') && it.nope == 1)",
        &expect![[r#"
        spec.validations[0].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:76: undefined field 'nope'
         | object.spec.template.spec.containers.all(it, it.image.startsWith('a') && it.nope == 1)
         | ...........................................................................^
    "#]],
    );
    said("object.metadata.creationTimestamp < timestamp('2020-01-01T00:00:00Z')", &expect![""]);
    said("object.spec.strategy.rollingUpdate.maxSurge == 1", &expect![""]);
    said(
        "object.metadata.annotations['a'] == 1",
        &expect![[r#"
        spec.validations[0].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:34: found no matching overload for '_==_' applied to '(string, int)'
         | object.metadata.annotations['a'] == 1
         | .................................^
    "#]],
    );
    said(
        "object.spec.template.spec.containers[0].resources.limits['cpu'] == '1'",
        &expect![[r#"
        spec.validations[0].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:50: undefined field 'limits'
         | object.spec.template.spec.containers[0].resources.limits['cpu'] == '1'
         | .................................................^
    "#]],
    );
    said(
        "authorizer.allowed()",
        &expect![[r#"
        spec.validations[0].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:19: found no matching overload for 'allowed' applied to 'kubernetes.authorization.Authorizer.()'
         | authorizer.allowed()
         | ..................^
    "#]],
    );
    said("authorizer.group('').resource('pods').check('create').allowed() && request.name == 'x'", &expect![""]);
    said("namespaceObject.metadata.name == request.namespace", &expect![""]);
    said("'not even a bool'", &expect![""]);
}

#[test]
fn each_kind_is_told_of() {
    let spec =
        r#""validations":[{"expression":"object.spec.replicas > 1","messageExpression":"object.spec.paused + 1"}]"#;
    check(
        r#""apps""#,
        r#""replicasets", "deployments", "daemonsets""#,
        spec,
        &expect![[r#"
        spec.validations[0].expression
        apps/v1, Kind=DaemonSet: ERROR: <input>:1:12: undefined field 'replicas'
         | object.spec.replicas > 1
         | ...........^
        spec.validations[0].messageExpression
        apps/v1, Kind=DaemonSet: ERROR: <input>:1:12: undefined field 'paused'
         | object.spec.paused + 1
         | ...........^

        apps/v1, Kind=Deployment: ERROR: <input>:1:20: found no matching overload for '_+_' applied to '(bool, int)'
         | object.spec.paused + 1
         | ...................^

        apps/v1, Kind=ReplicaSet: ERROR: <input>:1:12: undefined field 'paused'
         | object.spec.paused + 1
         | ...........^
    "#]],
    );
    check(
        r#""""#,
        r#""events""#,
        r#""validations":[{"expression":"object.note == object.message"}]"#,
        &expect![[r#"
            spec.validations[0].expression
            v1, Kind=Event: ERROR: <input>:1:7: undefined field 'note'
             | object.note == object.message
             | ......^

            events.k8s.io/v1, Kind=Event: ERROR: <input>:1:22: undefined field 'message'
             | object.note == object.message
             | .....................^
        "#]],
    );
    check(r#""*""#, r#""deployments""#, spec, &expect![""]);
    check(r#""apps""#, r#""*", "deployments/scale""#, spec, &expect![""]);
}

#[test]
fn variables_and_parameters_have_types() {
    let spec = r#""variables":[{"name":"size","expression":"object.spec.replicas"},{"name":"bad","expression":"object.nope"}],
        "validations":[{"expression":"variables.size > 'x'"},{"expression":"variables.bad.anything > 1"},{"expression":"variables.none"}]"#;
    check(
        r#""apps""#,
        r#""deployments""#,
        spec,
        &expect![[r#"
        spec.validations[0].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:16: found no matching overload for '_>_' applied to '(int, string)'
         | variables.size > 'x'
         | ...............^
        spec.validations[2].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:10: undefined field 'none'
         | variables.none
         | .........^
    "#]],
    );
    let spec = |kind: &str| {
        format!(
            r#""paramKind":{{"apiVersion":"v1","kind":"{kind}"}},"validations":[{{"expression":"params.data.x == 1"}}]"#
        )
    };
    check(
        r#""apps""#,
        r#""deployments""#,
        &spec("ConfigMap"),
        &expect![[r#"
        spec.validations[0].expression
        apps/v1, Kind=Deployment: ERROR: <input>:1:15: found no matching overload for '_==_' applied to '(string, int)'
         | params.data.x == 1
         | ..............^
    "#]],
    );
    check(r#""apps""#, r#""deployments""#, &spec("Unknown"), &expect![""]);
}

#[test]
fn custom_kinds_are_known() {
    let of = |it: &str| format!(r#""validations":[{{"expression":"{it}"}}]"#);
    let check = |expression: &str, expected: &Expect| check(r#""a.b""#, r#""things""#, &of(expression), expected);
    check("object.spec.size > 1 && object.metadata.labels.a == 'b' && object.kind == 'Thing'", &expect![""]);
    check(
        "object.spec.size > 'x'",
        &expect![[r#"
        spec.validations[0].expression
        a.b/v1, Kind=Thing: ERROR: <input>:1:18: found no matching overload for '_>_' applied to '(int, string)'
         | object.spec.size > 'x'
         | .................^
    "#]],
    );
    check(
        "object.spec.any.x == 1",
        &expect![[r#"
        spec.validations[0].expression
        a.b/v1, Kind=Thing: ERROR: <input>:1:12: undefined field 'any'
         | object.spec.any.x == 1
         | ...........^
    "#]],
    );
    check(
        "object.metadata.nope == 1",
        &expect![[r#"
        spec.validations[0].expression
        a.b/v1, Kind=Thing: ERROR: <input>:1:16: undefined field 'nope'
         | object.metadata.nope == 1
         | ...............^
    "#]],
    );
}
