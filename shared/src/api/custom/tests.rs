//! Custom resources, request by request.

use crate::api::custom::{DEFINITIONS, establish};
use crate::api::{Api, Request, Target, Verb, testing};
use crate::model::{Chance, Key, Time};
use expect_test::{Expect, expect};

const SCHEMA: &str = r#"{"type":"object","properties":{
    "spec":{"type":"object","required":["size"],"properties":{
        "size":{"type":"string","enum":["small","large"]},
        "num":{"type":"integer","minimum":0,"default":1},
        "code":{"type":"string","maxLength":4,"pattern":"^[A-Z]+$"},
        "when":{"type":"string","format":"date-time"},
        "port":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]},
        "ports":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
            "items":{"type":"object","required":["name"],
                "properties":{"name":{"type":"string"},"port":{"type":"integer","default":80}}}},
        "tags":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
        "steps":{"type":"array","items":{"type":"string"}},
        "any":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
        "labels":{"type":"object","maxProperties":2,"additionalProperties":{"type":"string"}}}},
    "status":{"type":"object","properties":{"num":{"type":"integer"},"selector":{"type":"string"}}}}}"#;

/// An API server with the kind Gadget in v1, and in v1beta1 which is not stored.
fn gadgets() -> Api {
    let version = |name: &str, storage: bool| {
        format!(
            r#"{{"name":"{name}","served":true,"storage":{storage},"schema":{{"openAPIV3Schema":{SCHEMA}}},
            "subresources":{{"status":{{}},"scale":{{"specReplicasPath":".spec.num","statusReplicasPath":".status.num"}}}},
            "selectableFields":[{{"jsonPath":".spec.size"}}]}}"#
        )
    };
    let (v1, beta) = (version("v1", true), version("v1beta1", false));
    served(&format!(
        r#"{{"metadata":{{"name":"gadgets.a.b"}},"spec":{{"group":"a.b","scope":"Namespaced","names":
        {{"plural":"gadgets","kind":"Gadget"}},"versions":[{v1},{beta}]}}}}"#
    ))
}

/// An API server that serves a definition.
pub(super) fn served(definition: &str) -> Api {
    let mut api = Api::new(Chance::new(1));
    let created = testing::run_on(&mut api, &format!("create {DEFINITIONS} {}", definition.replace('\n', " ")));
    assert!(created.starts_with("201"), "{created}");
    let stored: Vec<_> = api.store().list(&DEFINITIONS).cloned().collect();
    for mut it in stored {
        let status = establish::status(&it, std::iter::empty(), Time::VIRTUAL_START);
        it.set("status", status);
        let target = Target {
            resource: DEFINITIONS,
            version: "v1".into(),
            name: it.name(),
            subresource: "status".into(),
            ..Target::default()
        };
        let request = Request { body: it.0, ..Request::new(Verb::Update, target) };
        assert_eq!(api.handle(&request, Time::VIRTUAL_START).code, 200);
    }
    api
}

fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&testing::run_on(&mut gadgets(), script));
}

/// What is said about a new Gadget with this spec.
fn check_spec(spec: &str, expected: &Expect) {
    let line = format!(r#"create gadgets.a.b {{"metadata":{{"name":"g"}},"spec":{spec}}} => spec"#);
    let said = testing::run_on(&mut gadgets(), &line);
    expected.assert_eq(said.trim_end());
}

#[test]
fn fields_are_pruned_and_filled_in() {
    check_spec(
        r#"{"size":"small","nope":1,"ports":[{"name":"a","x":1}],"any":{"x":{"y":1}}}"#,
        &expect![[
            r#"201 spec={"any":{"x":{"y":1}},"num":1,"ports":[{"name":"a","port":80}],"size":"small"} (warning: unknown field "spec.nope") (warning: unknown field "spec.ports[0].x")"#
        ]],
    );
    check_spec(
        r#"{"size":"small","num":null,"labels":{"a":"b"},"port":"http"}"#,
        &expect![[r#"201 spec={"labels":{"a":"b"},"num":1,"port":"http","size":"small"}"#]],
    );
}

#[test]
fn objects_are_held_against_the_schema() {
    check_spec(r#"{}"#, &expect![[r#"422 Invalid Gadget.a.b "g" is invalid: spec.size: Required value"#]]);
    check_spec(
        r#"{"size":"huge"}"#,
        &expect![[
            r#"422 Invalid Gadget.a.b "g" is invalid: spec.size: Unsupported value: "huge": supported values: "small", "large""#
        ]],
    );
    check_spec(
        r#"{"size":"small","num":"x"}"#,
        &expect![[
            r#"422 Invalid Gadget.a.b "g" is invalid: [spec.num: Invalid value: "string": spec.num in body must be of type integer: "string", .spec.num: Invalid value: 0: .spec.num accessor error: x is of the type string, expected int64]"#
        ]],
    );
    check_spec(
        r#"{"size":"small","num":-1}"#,
        &expect![[
            r#"422 Invalid Gadget.a.b "g" is invalid: [spec.num: Invalid value: -1: spec.num in body should be greater than or equal to 0, .spec.num: Invalid value: -1: should be a non-negative integer]"#
        ]],
    );
    check_spec(
        r#"{"size":"small","code":"ABCDE"}"#,
        &expect![[r#"422 Invalid Gadget.a.b "g" is invalid: spec.code: Too long: may not be more than 4 bytes"#]],
    );
    check_spec(
        r#"{"size":"small","code":"ab"}"#,
        &expect![[
            r#"422 Invalid Gadget.a.b "g" is invalid: spec.code: Invalid value: "ab": spec.code in body should match '^[A-Z]+$'"#
        ]],
    );
    check_spec(
        r#"{"size":"small","when":"noonish"}"#,
        &expect![[
            r#"422 Invalid Gadget.a.b "g" is invalid: spec.when: Invalid value: "noonish": spec.when in body must be of type date-time: "noonish""#
        ]],
    );
    check_spec(
        r#"{"size":"small","port":true}"#,
        &expect![[
            r#"422 Invalid Gadget.a.b "g" is invalid: spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean""#
        ]],
    );
    check_spec(
        r#"{"size":"small","ports":[{"name":"a"},{"name":"a"}],"tags":["x","x"]}"#,
        &expect![[
            r#"422 Invalid Gadget.a.b "g" is invalid: [spec.ports[1]: Duplicate value: {"name":"a"}, spec.tags[1]: Duplicate value: "x"]"#
        ]],
    );
    check_spec(
        r#"{"size":"small","labels":{"a":"1","b":"2","c":3}}"#,
        &expect![[
            r#"422 Invalid Gadget.a.b "g" is invalid: [spec.labels: Too many: 3: must have at most 2 items, spec.labels.c: Invalid value: "integer": spec.labels.c in body must be of type string: "integer"]"#
        ]],
    );
}

#[test]
fn what_did_not_change_is_not_held_against_it_again() {
    let mut api = gadgets();
    let create = r#"create gadgets.a.b {"metadata":{"name":"g"},"spec":{"size":"small","code":"AB"}}"#;
    testing::run_on(&mut api, create);
    let key = Key::new(DEFINITIONS, "", "gadgets.a.b");
    let mut definition = api.store().get(&key).cloned().unwrap();
    for index in 0..2 {
        let path = "schema.openAPIV3Schema.properties.spec.properties.code.pattern";
        definition.entry("spec.versions").list_mut()[index].set(path, "^Z+$");
    }
    let update = format!("update {DEFINITIONS}/gadgets.a.b {}", definition.to_json());
    let script = format!(
        "{update} => metadata.generation
        merge gadgets.a.b/g {{\"spec\":{{\"num\":5}}}} => spec
        merge gadgets.a.b/g {{\"spec\":{{\"code\":\"Y\"}}}} => spec"
    );
    expect![[r#"
        200 metadata.generation=2
        200 spec={"code":"AB","num":5,"size":"small"}
        422 Invalid Gadget.a.b "g" is invalid: spec.code: Invalid value: "Y": spec.code in body should match '^Z+$'
    "#]]
    .assert_eq(&testing::run_on(&mut api, &script));
}

#[test]
fn status_and_scale_are_apart() {
    check(
        r#"
        create gadgets.a.b {"metadata":{"name":"g"},"spec":{"size":"small","num":2},"status":{"num":1}} => metadata.generation status
        merge gadgets.a.b/g/status {"spec":{"num":9},"status":{"num":2}} => metadata.generation spec status
        merge gadgets.a.b/g {"spec":{"num":3},"status":{"num":9}} => metadata.generation spec status
        get gadgets.a.b/g/scale => *
        merge gadgets.a.b/g/scale {"spec":{"replicas":4}} => apiVersion spec status
        merge gadgets.a.b/g/scale {"spec":{"replicas":-4}}
        get gadgets.a.b/g => metadata.generation spec
        strategic gadgets.a.b/g {"spec":{"num":3}}
        json gadgets.a.b/g [{"op":"replace","path":"/spec/size","value":"large"}] => spec
        "#,
        &expect![[r#"
            201 metadata.generation=1 status=null
            200 metadata.generation=1 spec={"num":2,"size":"small"} status={"num":2}
            200 metadata.generation=2 spec={"num":3,"size":"small"} status={"num":2}
            200 {"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z","name":"g","namespace":"default","resourceVersion":"5","uid":"f893a2ee-fb32-455e-b1c1-8690ee42c90b"},"spec":{"replicas":3},"status":{"replicas":2}}
            200 apiVersion="autoscaling/v1" spec={"replicas":4} status={"replicas":2}
            422 Invalid Scale.autoscaling "g" is invalid: spec.replicas: Invalid value: -4: must be greater than or equal to 0
            200 metadata.generation=3 spec={"num":4,"size":"small"}
            415 UnsupportedMediaType the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
            200 spec={"num":4,"size":"large"}
        "#]],
    );
}

#[test]
fn versions_differ_by_name_alone() {
    check(
        r#"
        create gadgets.a.b:v1beta1 {"apiVersion":"a.b/v1beta1","metadata":{"name":"g"},"spec":{"size":"small"}} => apiVersion kind
        get gadgets.a.b/g => apiVersion
        merge gadgets.a.b/g:v1beta1 {"spec":{"num":3}} => apiVersion spec
        create gadgets.a.b {"apiVersion":"a.b/v1beta1","metadata":{"name":"h"},"spec":{"size":"small"}}
        list gadgets.a.b ?fields=spec.size=small
        list gadgets.a.b ?fields=spec.size=large
        list gadgets.a.b ?fields=spec.num=3
        "#,
        &expect![[r#"
            201 apiVersion="a.b/v1beta1" kind="Gadget"
            200 apiVersion="a.b/v1"
            200 apiVersion="a.b/v1beta1" spec={"num":3,"size":"small"}
            400 BadRequest the API version in the data (a.b/v1beta1) does not match the expected API version (a.b/v1)
            200 [g] {"resourceVersion":"4"}
            200 [] {"resourceVersion":"4"}
            400 BadRequest Unable to find "a.b/v1, Resource=gadgets" that match label selector "", field selector "spec.num=3": field label not supported: spec.num
        "#]],
    );
}

#[test]
fn appliers_share_fields_and_items() {
    check(
        r#"
        apply gadgets.a.b/g ?manager=one {"apiVersion":"a.b/v1","kind":"Gadget","metadata":{"name":"g"},"spec":{"size":"small","ports":[{"name":"a"}],"tags":["x"],"steps":["1"],"any":{"p":{"q":1}}}} => metadata.managedFields
        apply gadgets.a.b/g ?manager=two {"apiVersion":"a.b/v1","kind":"Gadget","metadata":{"name":"g"},"spec":{"ports":[{"name":"b","port":8}],"tags":["y"],"any":{"p":{"r":2}}}} => spec
        apply gadgets.a.b/g ?manager=two {"apiVersion":"a.b/v1","kind":"Gadget","metadata":{"name":"g"},"spec":{"size":"large","steps":["2"]}}
        apply gadgets.a.b/g ?manager=two {"apiVersion":"a.b/v1","kind":"Gadget","metadata":{"name":"g"},"spec":{}} => spec
        apply gadgets.a.b/g ?manager=two {"apiVersion":"a.b/v1","kind":"Gadget","metadata":{"name":"g"},"spec":{"nope":1}}
        "#,
        &expect![[r#"
            201 metadata.managedFields=[{"apiVersion":"a.b/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:any":{"f:p":{".":{},"f:q":{}}},"f:ports":{"k:{\"name\":\"a\"}":{".":{},"f:name":{}}},"f:size":{},"f:steps":{},"f:tags":{"v:\"x\"":{}}}},"manager":"one","operation":"Apply","time":"2026-01-01T00:00:00Z"}]
            200 spec={"any":{"p":{"q":1,"r":2}},"num":1,"ports":[{"name":"a","port":80},{"name":"b","port":8}],"size":"small","steps":["1"],"tags":["x","y"]}
            409 Conflict Apply failed with 2 conflicts: conflicts with "one":
            - .spec.size
            - .spec.steps
            200 spec={"any":{"p":{"q":1}},"num":1,"ports":[{"name":"a","port":80}],"size":"small","steps":["1"],"tags":["x"]}
            500 failed to create typed patch object (/g; a.b/v1, Kind=Gadget): .spec.nope: field not declared in schema
        "#]],
    );
}

#[test]
fn a_definition_that_goes_takes_no_new_objects() {
    check(
        r#"
        create gadgets.a.b {"metadata":{"name":"g"},"spec":{"size":"small"}}
        delete customresourcedefinitions.apiextensions.k8s.io/gadgets.a.b => metadata.finalizers status.conditions
        create gadgets.a.b {"metadata":{"name":"h"},"spec":{"size":"small"}}
        delete gadgets.a.b/g
        merge customresourcedefinitions.apiextensions.k8s.io/gadgets.a.b {"metadata":{"finalizers":null}} => metadata.name
        list gadgets.a.b
        "#,
        &expect![[r#"
            201 
            200 metadata.finalizers=["customresourcecleanup.apiextensions.k8s.io"] status.conditions=[{"lastTransitionTime":"2026-01-01T00:00:00Z","message":"no conflicts found","reason":"NoConflicts","status":"True","type":"NamesAccepted"},{"lastTransitionTime":"2026-01-01T00:00:00Z","message":"the initial names have been accepted","reason":"InitialNamesAccepted","status":"True","type":"Established"},{"lastTransitionTime":"2026-01-01T00:00:01Z","message":"CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon","reason":"InstanceDeletionPending","status":"True","type":"Terminating"}]
            405 MethodNotAllowed create not allowed while custom resource definition is terminating
            200 
            200 metadata.name="gadgets.a.b"
            404 NotFound the server could not find the requested resource
        "#]],
    );
}

#[test]
fn built_in_resources_cannot_be_taken_over() {
    let mut api = served(
        r#"{"metadata":{"name":"deployments.apps.x"},"spec":{"group":"apps.x","scope":"Namespaced","names":
        {"plural":"deployments","kind":"Deployment"},"versions":[{"name":"v1","served":true,"storage":true,
        "schema":{"openAPIV3Schema":{"type":"object"}}}]}}"#,
    );
    let script = "list deployments.apps\nlist deployments.apps.x\nlist deployments.nope";
    expect![[r#"
        200 [] {"resourceVersion":"2"}
        200 [] {"resourceVersion":"2"}
        404 NotFound the server could not find the requested resource
    "#]]
    .assert_eq(&testing::run_on(&mut api, script));
    let shown: Vec<_> = api.registry().all().filter(|it| it.is_custom()).map(|it| format!("{it:?}")).collect();
    expect!["apps.x/v1/Deployment"].assert_eq(&shown.join(" "));
    assert!(api.registry().edition() > 0);
}

/// An API server with the kind Rule, whose objects keep rules.
fn ruled() -> Api {
    served(
        r#"{"metadata":{"name":"rules.a.b"},"spec":{"group":"a.b","scope":"Namespaced","names":{"plural":"rules","kind":"Rule"},
        "versions":[{"name":"v1","served":true,"storage":true,
        "subresources":{"status":{},"scale":{"specReplicasPath":".spec.num","statusReplicasPath":".status.num"}},
        "schema":{"openAPIV3Schema":{"type":"object",
        "x-kubernetes-validations":[{"rule":"self.metadata.name.startsWith('r')","message":"must begin with r"}],"properties":{
        "spec":{"type":"object","x-kubernetes-validations":[
            {"rule":"self.num < 10 || self.size == 'large'","messageExpression":"'%s is too many for %s'.format([string(self.num), self.size])","fieldPath":".num"},
            {"rule":"self.num >= oldSelf.num","message":"may not shrink","reason":"FieldValueForbidden"}],
            "properties":{"num":{"type":"integer","default":1,"x-kubernetes-validations":[{"rule":"self != 13"}]},
                "size":{"type":"string","default":"small","enum":["small","large"]},"kind":{"type":"string",
                "x-kubernetes-validations":[{"rule":"!oldSelf.hasValue() || self == oldSelf.value()","optionalOldSelf":true,"message":"is immutable"},
                    {"rule":"self != 'taken'","reason":"FieldValueDuplicate"}]}}},
        "status":{"type":"object","properties":{"num":{"type":"integer",
            "x-kubernetes-validations":[{"rule":"self >= 0","reason":"FieldValueRequired","message":"count"}]}}}}}}}]}}"#,
    )
}

fn check_ruled(script: &str, expected: &Expect) {
    expected.assert_eq(&testing::run_on(&mut ruled(), script));
}

#[test]
fn rules_are_asked_about_new_objects() {
    check_ruled(
        r#"
        create rules.a.b {"metadata":{"name":"r"},"spec":{"num":9,"kind":"x"}} => spec
        create rules.a.b {"metadata":{"name":"q"},"spec":{"num":10,"kind":"taken"}}
        create rules.a.b {"metadata":{"name":"r2"},"spec":{"num":13,"size":"large"}}
        create rules.a.b {"metadata":{"name":"r3"},"spec":{"num":13,"size":"huge"}}
        "#,
        &expect![[r#"
            201 spec={"kind":"x","num":9,"size":"small"}
            422 Invalid Rule.a.b "q" is invalid: [<nil>: Invalid value: must begin with r, spec.num: Invalid value: 10 is too many for small, spec.kind: Duplicate value: "taken"]
            422 Invalid Rule.a.b "r2" is invalid: spec.num: Invalid value: 13: failed rule: self != 13
            422 Invalid Rule.a.b "r3" is invalid: [spec.size: Unsupported value: "huge": supported values: "small", "large", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]
        "#]],
    );
}

#[test]
fn rules_are_asked_about_changes_status_and_scale() {
    check_ruled(
        r#"
        create rules.a.b {"metadata":{"name":"r"},"spec":{"num":3,"kind":"x"}}
        merge rules.a.b/r {"spec":{"num":2,"kind":"y"}}
        merge rules.a.b/r {"spec":{"num":4}} => spec
        merge rules.a.b/r/status {"status":{"num":-1}}
        merge rules.a.b/r/status {"status":{"num":1}} => status
        merge rules.a.b/r/scale {"spec":{"replicas":1}}
        merge rules.a.b/r/scale {"spec":{"replicas":5}} => spec
        "#,
        &expect![[r#"
            201 
            422 Invalid Rule.a.b "r" is invalid: [spec: Forbidden: may not shrink, spec.kind: Invalid value: "y": is immutable]
            200 spec={"kind":"x","num":4,"size":"small"}
            422 Invalid Rule.a.b "r" is invalid: [.status.num: Invalid value: -1: should be a non-negative integer, status.num: Required value: count]
            200 status={"num":1}
            422 Invalid Rule.a.b "r" is invalid: spec: Forbidden: may not shrink
            200 spec={"replicas":5}
        "#]],
    );
}

#[test]
fn what_was_wrong_before_a_rule_came_is_warned_of() {
    let mut api = ruled();
    let rules = r#"{"spec":{"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{
        "spec":{"type":"object","properties":{"num":{"type":"integer"},"list":{"type":"array","items":{"type":"string","x-kubernetes-validations":RULES}}}}}}}}]}}"#;
    let with = |it: &str| rules.replace("RULES", it).replace('\n', " ");
    let script = format!(
        r#"
        merge {DEFINITIONS}/rules.a.b {}
        create rules.a.b {{"metadata":{{"name":"r"}},"spec":{{"list":["bad"]}}}}
        merge {DEFINITIONS}/rules.a.b {}
        merge rules.a.b/r {{"spec":{{"num":1}}}} => spec
        merge rules.a.b/r {{"spec":{{"list":["bad","x"]}}}}
        "#,
        with("[]"),
        with(r#"[{"rule":"self != 'bad'"}]"#)
    );
    expect![[r#"
        200 
        201 
        200 
        200 spec={"list":["bad"],"num":1} (warning: spec.list[0]: Invalid value: "bad": failed rule: self != 'bad')
        422 Invalid Rule.a.b "r" is invalid: spec.list[0]: Invalid value: "bad": failed rule: self != 'bad'
    "#]]
    .assert_eq(&testing::run_on(&mut api, &script));
}

/// Each item of the list as JSON in `each`, where `#` is its number.
fn many(each: &str) -> String {
    (0..20_000).map(|it| each.replace('#', &it.to_string())).collect::<Vec<_>>().join(",")
}

#[test]
fn long_lists_are_held_against_their_keys() {
    let ports = many(r#"{"name":"p#"}"#);
    let changed = format!(r#"{{"name":"p7"}},{}"#, ports.replace("p7\"", "new\""));
    let twice = format!(r#"{ports},{{"name":"p1"}},{{"name":"p1"}}"#);
    check(
        &format!(
            r#"
        create gadgets.a.b {{"metadata":{{"name":"g"}},"spec":{{"size":"small","ports":[{ports}]}}}}
        merge gadgets.a.b/g {{"spec":{{"ports":[{changed}]}}}}
        merge gadgets.a.b/g {{"spec":{{"ports":[{twice}]}}}}
        "#
        ),
        &expect![[r#"
            201 
            200 
            422 Invalid Gadget.a.b "g" is invalid: spec.ports[20000]: Duplicate value: {"name":"p1"}
        "#]],
    );
}
