#![allow(clippy::too_many_lines, reason = "lists of cases, each with what it gives")]

use crate::api::Api;
use crate::api::testing::run_on;
use crate::model::Chance;
use expect_test::{Expect, expect};

/// Sends the lines to an API server with every plug-in.
fn check(script: &str, expected: &Expect) {
    let mut api = Api::new(Chance::new(1)).with_every_plugin();
    let namespace = r#"create namespaces {"metadata":{"name":"default","labels":{"env":"prod"}}}"#;
    expected.assert_eq(&run_on(&mut api, &format!("{namespace}\n{script}")));
}

/// A policy on new and changed ConfigMaps and its binding, which denies.
fn policy(spec: &str) -> String {
    sorted("Validating", spec, r#","validationActions":["Deny"]"#)
}

fn mutating(spec: &str) -> String {
    sorted("Mutating", spec, "")
}

fn sorted(sort: &str, spec: &str, binding: &str) -> String {
    let plural = sort.to_lowercase() + "admissionpolic";
    format!(
        "create {plural}ies.admissionregistration.k8s.io {{\"metadata\":{{\"name\":\"p\"}},\"spec\":{{{RULES},{spec}}}}}\n\
         create {plural}ybindings.admissionregistration.k8s.io {{\"metadata\":{{\"name\":\"b\"}},\"spec\":{{\"policyName\":\"p\"{binding}}}}}"
    )
}

/// New and changed `ConfigMap`s.
const RULES: &str = r#""matchConstraints":{"resourceRules":[{"apiGroups":[""],"apiVersions":["v1"],"resources":["configmaps"],"operations":["CREATE","UPDATE"]}]}"#;

const MAP: &str = r#"create configmaps {"metadata":{"name":"a","labels":{"team":"red"}},"data":{"size":"9"}} => data"#;

#[test]
fn validations_refuse_with_upstreams_words() {
    let spec = |it: &str| format!("{}\n{MAP}", policy(&format!(r#""validations":[{it}]"#)));
    check(
        &spec(r#"{"expression":"int(object.data.size) < 5"}"#),
        &expect![[r#"
        201 
        201 
        201 
        422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: int(object.data.size) < 5
    "#]],
    );
    check(
        &spec(r#"{"expression":"int(object.data.size) < 5","message":"too large","reason":"Forbidden"}"#),
        &expect![[r#"
        201 
        201 
        201 
        403 Forbidden configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: too large
    "#]],
    );
    check(
        &spec(r#"{"expression":"int(object.data.size) < 5","messageExpression":"'size is ' + object.data.size"}"#),
        &expect![[r#"
        201 
        201 
        201 
        422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: size is 9
    "#]],
    );
    check(
        &spec(r#"{"expression":"object.data.other == '1'"}"#),
        &expect![[r#"
        201 
        201 
        201 
        422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: expression 'object.data.other == '1'' resulted in error: no such key: other
    "#]],
    );
    check(
        &spec(
            r#"{"expression":"object.data.size == '9' && request.operation == 'CREATE' && namespaceObject.metadata.labels.env == 'prod'"}"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        201 data={"size":"9"}
    "#]],
    );
}

#[test]
fn what_is_wrong_with_a_policy_is_told_when_it_is_written() {
    let spec = |it: &str| policy(it).lines().next().unwrap_or_default().to_owned();
    check(
        &spec(
            r#""validations":[{"expression":"object.a + 1"},{"expression":"foo > 1"},{"expression":"true","messageExpression":"1"}]"#,
        ),
        &expect![[r#"
        201 
        422 Invalid ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: [spec.validations[0].expression: Invalid value: "object.a + 1": must evaluate to bool but got int, spec.validations[1].expression: Invalid value: "foo > 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')
         | foo > 1
         | ^, spec.validations[2].messageExpression: Invalid value: "1": must evaluate to string but got int]
    "#]],
    );
    check(
        &spec(
            r#""variables":[{"name":"x","expression":"1"}],"validations":[{"expression":"variables.x == 'a' || variables.y == 1"}]"#,
        ),
        &expect![[r#"
        201 
        422 Invalid ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: spec.validations[0].expression: Invalid value: "variables.x == 'a' || variables.y == 1": compilation failed: ERROR: <input>:1:13: found no matching overload for '_==_' applied to '(int, string)'
         | variables.x == 'a' || variables.y == 1
         | ............^
        ERROR: <input>:1:32: undefined field 'y'
         | variables.x == 'a' || variables.y == 1
         | ...............................^
    "#]],
    );
    check(
        &spec(
            r#""matchConditions":[{"name":"c","expression":"params.x == 1"}],"auditAnnotations":[{"key":"k","valueExpression":"1"}]"#,
        ),
        &expect![[r#"
        201 
        422 Invalid ValidatingAdmissionPolicy.admissionregistration.k8s.io "p" is invalid: [spec.matchConditions[0].expression: Invalid value: "params.x == 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')
         | params.x == 1
         | ^, spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int]
    "#]],
    );
}

#[test]
fn conditions_variables_and_failure_policies() {
    let with = |it: &str| format!("{}\n{MAP}", policy(it));
    check(
        &with(
            r#""matchConditions":[{"name":"c","expression":"object.metadata.name != 'a'"}],"validations":[{"expression":"false"}]"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        201 data={"size":"9"}
    "#]],
    );
    check(
        &with(
            r#""matchConditions":[{"name":"c","expression":"object.metadata.x == 'a'"}],"validations":[{"expression":"false"}]"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: expression 'object.metadata.x == 'a'' resulted in error: no such key: x
    "#]],
    );
    check(
        &with(r#""failurePolicy":"Ignore","validations":[{"expression":"object.data.x == 'a'"}]"#),
        &expect![[r#"
        201 
        201 
        201 
        201 data={"size":"9"}
    "#]],
    );
    check(
        &with(
            r#""variables":[{"name":"n","expression":"int(object.data.size)"},{"name":"m","expression":"variables.n * 2"}],"validations":[{"expression":"variables.m < 10","messageExpression":"'got ' + string(variables.m)"}]"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: got 18
    "#]],
    );
    check(
        &with(
            r#""variables":[{"name":"n","expression":"object.data.x"}],"validations":[{"expression":"variables.n == 'a'"}]"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: expression 'variables.n == 'a'' resulted in error: composited variable "n" fails to evaluate: no such key: x
    "#]],
    );
    check(
        &with(
            r#""validations":[{"expression":"authorizer.group('').resource('pods').namespace('default').check('create').allowed()"}]"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        201 data={"size":"9"}
    "#]],
    );
}

#[test]
fn actions_warn_and_note() {
    let spec = r#""validations":[{"expression":"false","message":"no"}],"auditAnnotations":[{"key":"size","valueExpression":"'is ' + object.data.size"}]"#;
    let script = sorted("Validating", spec, r#","validationActions":["Warn","Audit"]"#);
    check(
        &format!("{script}\n{MAP}"),
        &expect![[r#"
        201 
        201 
        201 
        201 data={"size":"9"} (warning: Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no) (validation.policy.admission.k8s.io/validation_failure: [{"binding":"b","expressionIndex":0,"message":"no","policy":"p","validationActions":["Warn","Audit"]}]) (p/size: is 9)
    "#]],
    );
}

#[test]
fn parameters_come_from_objects() {
    let spec = r#""paramKind":{"apiVersion":"v1","kind":"ConfigMap"},"matchConditions":[{"name":"c","expression":"object.metadata.name == 'a'"}],"validations":[{"expression":"int(object.data.size) <= int(params.data.max)","messageExpression":"'at most ' + params.data.max"}]"#;
    let limits = r#"create configmaps {"metadata":{"name":"limits","labels":{"is":"limit"}},"data":{"max":"3"}}"#;
    let with = |reference: &str, limits: &str| {
        let binding = format!(r#","validationActions":["Deny"],"paramRef":{{{reference}}}"#);
        format!("{limits}\n{}\n{MAP}", sorted("Validating", spec, &binding))
    };
    check(
        &with(r#""name":"limits","parameterNotFoundAction":"Deny""#, limits),
        &expect![[r#"
            201 
            201 
            201 
            201 
            422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: at most 3
        "#]],
    );
    check(
        &with(r#""selector":{"matchLabels":{"is":"limit"}},"parameterNotFoundAction":"Deny""#, limits),
        &expect![[r#"
            201 
            201 
            201 
            201 
            422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: at most 3
        "#]],
    );
    check(
        &with(r#""name":"other","parameterNotFoundAction":"Deny""#, "get namespaces/default"),
        &expect![[r#"
            201 
            200 
            201 
            201 
            422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction
        "#]],
    );
    check(
        &with(r#""name":"other","parameterNotFoundAction":"Allow""#, "get namespaces/default"),
        &expect![[r#"
            201 
            200 
            201 
            201 
            201 data={"size":"9"}
        "#]],
    );
}

#[test]
fn mutations_change_objects() {
    let with = |it: &str| {
        format!(
            "{}\n{MAP} metadata.labels metadata.annotations",
            mutating(&format!(r#""mutations":[{it}],"reinvocationPolicy":"Never""#))
        )
    };
    check(
        &with(
            r#"{"patchType":"ApplyConfiguration","applyConfiguration":{"expression":"Object{metadata: Object.metadata{labels: {'env': namespaceObject.metadata.labels.env}}}"}}"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        201 data={"size":"9"} metadata.labels={"env":"prod","team":"red"} metadata.annotations=null
    "#]],
    );
    check(
        &with(
            r#"{"patchType":"JSONPatch","jsonPatch":{"expression":"[JSONPatch{op: 'test', path: '/data/size', value: '9'}, JSONPatch{op: 'add', path: '/metadata/annotations', value: {'a/b': 'c'}}, JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('d/e'), value: 'f'}]"}}"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        201 data={"size":"9"} metadata.labels={"team":"red"} metadata.annotations={"a/b":"c","d/e":"f"}
    "#]],
    );
    check(
        &with(
            r#"{"patchType":"JSONPatch","jsonPatch":{"expression":"[JSONPatch{op: 'remove', path: '/data/none'}]"}}"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        403 Invalid policy 'p' with binding 'b' denied request: remove operation does not apply: doc is missing path: /data/none: missing value
    "#]],
    );
    check(
        &with(
            r#"{"patchType":"ApplyConfiguration","applyConfiguration":{"expression":"Object{metadata: Object.spec{labels: {'a': 'b'}}}"}}"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        403 Invalid policy 'p' with binding 'b' denied request: type mismatch: unexpected type name "Object.spec", expected "Object.metadata", which matches field name path from root Object type
    "#]],
    );
    check(
        &with(
            r#"{"patchType":"ApplyConfiguration","applyConfiguration":{"expression":"Object{spec: Object.spec{a: 1}}"}}"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        403 Invalid policy 'p' with binding 'b' denied request: error applying patch: failed to convert patch object to typed object: .spec: field not declared in schema
    "#]],
    );
    check(
        &with(
            r#"{"patchType":"ApplyConfiguration","applyConfiguration":{"expression":"Object{metadata: Object.metadata{labels: {'x': object.data.none}}}"}}"#,
        ),
        &expect![[r#"
        201 
        201 
        201 
        403 Invalid policy 'p' with binding 'b' denied request: expression 'Object{metadata: Object.metadata{labels: {'x': object.data.none}}}' resulted in error: no such key: none
    "#]],
    );
}

/// The first policy sees what the second one adds, because it is asked again; each adds its mark once.
#[test]
fn policies_are_asked_again() {
    let step = |name: &str, again: &str, seen: &str| {
        let expression = format!("Object{{data: {{'{name}': string(has(object.data.{seen}))}}}}");
        format!(
            "create mutatingadmissionpolicies.admissionregistration.k8s.io {{\"metadata\":{{\"name\":\"{name}\"}},\"spec\":{{{RULES},\"reinvocationPolicy\":\"{again}\",\"mutations\":[{{\"patchType\":\"ApplyConfiguration\",\"applyConfiguration\":{{\"expression\":\"{expression}\"}}}}]}}}}\n\
             create mutatingadmissionpolicybindings.admissionregistration.k8s.io {{\"metadata\":{{\"name\":\"{name}\"}},\"spec\":{{\"policyName\":\"{name}\"}}}}"
        )
    };
    check(
        &format!("{}\n{}\n{MAP}", step("a", "IfNeeded", "b"), step("b", "Never", "a")),
        &expect![[r#"
        201 
        201 
        201 
        201 
        201 
        201 data={"a":"true","b":"true","size":"9"}
    "#]],
    );
    check(
        &format!("{}\n{}\n{MAP}", step("a", "Never", "b"), step("b", "Never", "a")),
        &expect![[r#"
        201 
        201 
        201 
        201 
        201 
        201 data={"a":"false","b":"true","size":"9"}
    "#]],
    );
}

/// A policy about everything cannot keep anybody from taking it back.
#[test]
fn policies_are_not_asked_about_policies() {
    let all = r#""matchConstraints":{"resourceRules":[{"apiGroups":["*"],"apiVersions":["*"],"resources":["*"],"operations":["*"]}]}"#;
    let script = policy(r#""validations":[{"expression":"false"}]"#).replace(RULES, all);
    let script = format!(
        "{script}\n{MAP}\ndelete namespaces/default\n\
         delete validatingadmissionpolicies.admissionregistration.k8s.io/p\n{MAP}"
    );
    check(
        &script,
        &expect![[r#"
        201 
        201 
        201 
        422 Invalid configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: false
        403 Forbidden namespaces "default" is forbidden: this namespace may not be deleted
        200 
        201 data={"size":"9"}
    "#]],
    );
}
