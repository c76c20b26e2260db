//! Webhooks, request by request: what they are asked, and what becomes of what they say.

use crate::api::admission::{Attempt, HookCall};
use crate::api::testing::{request, run_on, shown};
use crate::api::{Api, Response, base64};
use crate::model::{Chance, Time, Value};
use expect_test::{Expect, expect};

/// How often a request is tried.
const TRIES_MAX: usize = 8;
const MAP: &str = r#"create configmaps {"metadata":{"name":"a","labels":{"team":"red"}},"data":{"k":"v"}}"#;

/// A configuration of one sort with its webhooks: each a name and fields beside the usual ones.
fn configuration(sort: &str, hooks: &[(&str, &str)]) -> String {
    let hook = |(name, fields): &(&str, &str)| {
        format!(
            r#"{{"name":"{name}.x.y","sideEffects":"None","admissionReviewVersions":["v1"],"clientConfig":{{"url":"https://{name}"}},
            "rules":[{{"apiGroups":[""],"apiVersions":["v1"],"resources":["configmaps"],"operations":["*"]}}]{fields}}}"#
        )
        .replace('\n', " ")
    };
    let hooks: Vec<String> = hooks.iter().map(hook).collect();
    format!(
        r#"create {sort}webhookconfigurations.admissionregistration.k8s.io {{"metadata":{{"name":"c"}},"webhooks":[{}]}}"#,
        hooks.join(",")
    )
}

fn api(setup: &str) -> Api {
    let mut api = Api::new(Chance::new(1)).with_every_plugin();
    let namespace = r#"create namespaces {"metadata":{"name":"default","labels":{"env":"prod"}}}"#;
    let said = run_on(&mut api, &format!("{namespace}\n{setup}"));
    assert!(!said.contains("42"), "{said}");
    api
}

/// Tries a request until nothing more is to be asked; `answer` gives the `response` of a review without its uid.
fn send(api: &mut Api, line: &str, answer: &dyn Fn(&HookCall) -> Result<String, String>) -> (Vec<HookCall>, Response) {
    let (request, mut attempt, mut asked) = (request(line), Attempt::default(), Vec::new());
    for _ in 0..TRIES_MAX {
        let calls = match api.attempt(&request, Time::VIRTUAL_START, &mut attempt) {
            Ok(response) => return (asked, response),
            Err(calls) => calls,
        };
        for call in calls {
            let body = answer(&call).map(|it| reviewed(&call, &it));
            asked.push(call.clone());
            attempt.answered(call, body);
        }
    }
    panic!("it never ends");
}

/// The review that goes back.
fn reviewed(call: &HookCall, response: &str) -> Value {
    let mut review = call.review.clone();
    review.remove("request");
    let mut response = Value::from_json(response).unwrap();
    if !response.is_null() && response.get("uid").is_null() {
        response.set("uid", call.review.at("request.uid"));
    }
    review.set("response", response);
    review
}

/// Who was asked, in order, and the answer.
fn check(setup: &str, line: &str, answer: &dyn Fn(&HookCall) -> Result<String, String>, expected: &Expect) {
    let (line, wanted) = line.split_once(" => ").unwrap_or((line, ""));
    let (asked, response) = send(&mut api(setup), line, answer);
    let names: Vec<&str> = asked.iter().map(|it| it.name.as_str()).collect();
    expected.assert_eq(&format!("{}: {}", names.join(" "), shown(&response, wanted)));
}

fn patch(steps: &str) -> String {
    format!(r#"{{"allowed":true,"patchType":"JSONPatch","patch":"{}"}}"#, base64::encode(steps.as_bytes()))
}

const YES: &str = r#"{"allowed":true}"#;

/// A webhook that always says the same.
fn says(response: &'static str) -> impl Fn(&HookCall) -> Result<String, String> {
    move |_| Ok(response.to_owned())
}

#[test]
fn a_webhook_is_asked_about_the_object_and_who_asks() {
    let mut api = api(&configuration("validating", &[("v", r#","timeoutSeconds":3"#)]));
    let (asked, response) = send(&mut api, MAP, &says(YES));
    assert_eq!((asked.len(), response.code, asked[0].timeout_seconds), (1, 201, 3));
    let mut review = asked[0].review.clone();
    let stored = response.as_object().unwrap();
    assert_eq!(review.at("request.object.metadata.uid"), stored.at("metadata.uid"));
    review.entry("request.object").remove("metadata");
    expect![[r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"dryRun":false,"kind":{"group":"","kind":"ConfigMap","version":"v1"},"name":"a","namespace":"default","object":{"apiVersion":"v1","data":{"k":"v"},"kind":"ConfigMap"},"oldObject":null,"operation":"CREATE","options":{"apiVersion":"meta.k8s.io/v1","kind":"CreateOptions"},"requestKind":{"group":"","kind":"ConfigMap","version":"v1"},"requestResource":{"group":"","resource":"configmaps","version":"v1"},"resource":{"group":"","resource":"configmaps","version":"v1"},"uid":"57e95fe2-43b0-4be4-a8f6-e39999d5cd90","userInfo":{"groups":["kubeadm:cluster-admins","system:authenticated"],"username":"kubernetes-admin"}}}"#]].assert_eq(&review.to_json());
    let (asked, _) = send(&mut api, "delete configmaps/a", &says(YES));
    let request = asked[0].review.get("request");
    let told = (request.get("operation").str(), request.get("object").is_null(), request.at("oldObject.data.k").str());
    assert_eq!(told, ("DELETE", true, "v"));
}

#[test]
fn webhooks_change_objects_one_after_another() {
    let two = configuration("mutating", &[("one", ""), ("two", "")]);
    let answer = |call: &HookCall| {
        let seen = call.review.at("request.object.data").fields().len();
        Ok(patch(&format!(
            r#"[{{"op":"add","path":"/data/{}","value":"{seen}"}},{{"op":"add","path":"/nope","value":1}}]"#,
            call.name
        )))
    };
    check(
        &two,
        &format!("{MAP} => data nope"),
        &answer,
        &expect![[
            r#"one.x.y two.x.y: 201 data={"k":"v","one.x.y":"1","two.x.y":"2"} nope=null (mutation.webhook.admission.k8s.io/round_0_index_0: {"configuration":"c","webhook":"one.x.y","mutated":true}) (mutation.webhook.admission.k8s.io/round_0_index_1: {"configuration":"c","webhook":"two.x.y","mutated":true})"#
        ]],
    );
}

#[test]
fn a_change_asks_again_who_wants_it() {
    let three = configuration(
        "mutating",
        &[
            ("first", r#","reinvocationPolicy":"IfNeeded""#),
            ("never", ""),
            ("last", r#","reinvocationPolicy":"IfNeeded""#),
        ],
    );
    let answer = |call: &HookCall| match call.name.as_str() {
        "last.x.y" => Ok(patch(r#"[{"op":"add","path":"/data/last","value":"x"}]"#)),
        _ => Ok(YES.to_owned()),
    };
    check(
        &three,
        &format!("{MAP} => data"),
        &answer,
        &expect![[
            r#"first.x.y never.x.y last.x.y first.x.y: 201 data={"k":"v","last":"x"} (mutation.webhook.admission.k8s.io/round_0_index_0: {"configuration":"c","webhook":"first.x.y","mutated":false}) (mutation.webhook.admission.k8s.io/round_0_index_1: {"configuration":"c","webhook":"never.x.y","mutated":false}) (mutation.webhook.admission.k8s.io/round_0_index_2: {"configuration":"c","webhook":"last.x.y","mutated":true}) (mutation.webhook.admission.k8s.io/round_1_index_0: {"configuration":"c","webhook":"first.x.y","mutated":false})"#
        ]],
    );
}

#[test]
fn a_refusal_is_told_with_upstreams_words() {
    let one = configuration("validating", &[("v", "")]);
    let no = |status: &'static str| move |_: &HookCall| Ok(format!(r#"{{"allowed":false,"warnings":["w"]{status}}}"#));
    check(
        &one,
        MAP,
        &no(""),
        &expect![[r#"v.x.y: 400 admission webhook "v.x.y" denied the request without explanation (warning: w)"#]],
    );
    check(
        &one,
        MAP,
        &no(r#","status":{"message":"not like this","code":403,"reason":"Forbidden"}"#),
        &expect![[r#"v.x.y: 403 Forbidden admission webhook "v.x.y" denied the request: not like this (warning: w)"#]],
    );
    check(
        &one,
        MAP,
        &no(r#","status":{"reason":"Nope","code":200},"auditAnnotations":{"a":"b"}"#),
        &expect![[r#"v.x.y: 400 admission webhook "v.x.y" denied the request: Nope (warning: w) (v.x.y/a: b)"#]],
    );
}

#[test]
fn a_webhook_that_fails_counts_by_its_policy() {
    let down = |_: &HookCall| Err("Post \"https://v?timeout=10s\": context deadline exceeded".to_owned());
    let said = |sort: &str, fields: &str, expected: &Expect| {
        check(&configuration(sort, &[("v", fields)]), MAP, &down, expected);
    };
    said(
        "validating",
        "",
        &expect![[
            r#"v.x.y: 500 InternalError Internal error occurred: failed calling webhook "v.x.y": failed to call webhook: Post "https://v?timeout=10s": context deadline exceeded"#
        ]],
    );
    said(
        "mutating",
        "",
        &expect![[
            r#"v.x.y: 500 InternalError Internal error occurred: failed calling webhook "v.x.y": failed to call webhook: Post "https://v?timeout=10s": context deadline exceeded"#
        ]],
    );
    said(
        "validating",
        r#","failurePolicy":"Ignore""#,
        &expect!["v.x.y: 201  (failed-open.validating.webhook.admission.k8s.io/round_0_index_0: v.x.y)"],
    );
    said(
        "mutating",
        r#","failurePolicy":"Ignore""#,
        &expect![[
            r#"v.x.y: 201  (failed-open.mutation.webhook.admission.k8s.io/round_0_index_0: v.x.y) (mutation.webhook.admission.k8s.io/round_0_index_0: {"configuration":"c","webhook":"v.x.y","mutated":false})"#
        ]],
    );
}

#[test]
fn an_answer_that_is_none_is_a_failure() {
    let said = |sort: &str, response: &'static str, expected: &Expect| {
        check(&configuration(sort, &[("v", "")]), MAP, &says(response), expected);
    };
    said(
        "validating",
        "null",
        &expect![[
            r#"v.x.y: 500 InternalError Internal error occurred: failed calling webhook "v.x.y": received invalid webhook response: webhook response was absent"#
        ]],
    );
    said(
        "validating",
        r#"{"uid":"x","allowed":true}"#,
        &expect![[
            r#"v.x.y: 500 InternalError Internal error occurred: failed calling webhook "v.x.y": received invalid webhook response: expected response.uid="57e95fe2-43b0-4be4-a8f6-e39999d5cd90", got "x""#
        ]],
    );
    said(
        "validating",
        r#"{"allowed":true,"patch":"W10=","patchType":"JSONPatch"}"#,
        &expect![[
            r#"v.x.y: 500 InternalError Internal error occurred: failed calling webhook "v.x.y": received invalid webhook response: validating webhook may not return response.patch"#
        ]],
    );
    said(
        "mutating",
        r#"{"allowed":true,"patch":"W10="}"#,
        &expect![[
            r#"v.x.y: 500 InternalError Internal error occurred: failed calling webhook "v.x.y": received invalid webhook response: webhook returned response.patch but not response.patchType"#
        ]],
    );
    said(
        "mutating",
        r#"{"allowed":true,"patch":"e30=","patchType":"JSONPatch"}"#,
        &expect![[
            r#"v.x.y: 500 InternalError Internal error occurred: failed calling webhook "v.x.y": received undecodable patch in webhook response: it is no list in JSON"#
        ]],
    );
    said(
        "mutating",
        r#"{"allowed":true,"patch":"WzFd","patchType":"JSONPatch"}"#,
        &expect!["v.x.y: 500 InternalError Internal error occurred: missing path"],
    );
    said(
        "mutating",
        r#"{"allowed":true,"patch":"??","patchType":"JSONPatch"}"#,
        &expect![[
            r#"v.x.y: 500 InternalError Internal error occurred: failed calling webhook "v.x.y": received invalid webhook response: illegal base64 data in response.patch"#
        ]],
    );
}

#[test]
fn rules_selectors_and_conditions_choose() {
    let one = |fields: &str, line: &str, expected: &Expect| {
        check(&configuration("validating", &[("v", fields)]), line, &says(YES), expected);
    };
    one(r#","objectSelector":{"matchLabels":{"team":"blue"}}"#, MAP, &expect![": 201 "]);
    one(r#","objectSelector":{"matchLabels":{"team":"red"}}"#, MAP, &expect!["v.x.y: 201 "]);
    one(r#","namespaceSelector":{"matchLabels":{"env":"test"}}"#, MAP, &expect![": 201 "]);
    one(r#","matchConditions":[{"name":"c","expression":"object.data.k == 'w'"}]"#, MAP, &expect![": 201 "]);
    one(
        r#","matchConditions":[{"name":"c","expression":"request.userInfo.username == 'kubernetes-admin'"}]"#,
        MAP,
        &expect!["v.x.y: 201 "],
    );
    one(
        r#","matchConditions":[{"name":"c","expression":"object.nope == 1"}]"#,
        MAP,
        &expect![[
            r#": 403 Forbidden configmaps "a" is forbidden: expression 'object.nope == 1' resulted in error: no such key: nope"#
        ]],
    );
    one("", r#"create secrets {"metadata":{"name":"s"}}"#, &expect![": 201 "]);
}

#[test]
fn a_dry_run_asks_only_webhooks_without_side_effects() {
    let one = configuration("mutating", &[("v", "")]);
    let dry = MAP.replace("create configmaps", "create configmaps ?dry=1");
    check(
        &one,
        &dry,
        &says(YES),
        &expect![[
            r#"v.x.y: 201  (mutation.webhook.admission.k8s.io/round_0_index_0: {"configuration":"c","webhook":"v.x.y","mutated":false})"#
        ]],
    );
}

#[test]
fn who_cannot_call_says_so() {
    let one = configuration("validating", &[("v", "")]);
    expect![[r#"
        500 InternalError Internal error occurred: failed calling webhook "v.x.y": failed to call webhook: this cluster runs without a network, so that it cannot call webhooks
    "#]].assert_eq(&run_on(&mut api(&one), MAP));
}

#[test]
fn what_changes_meanwhile_is_asked_about_anew() {
    let mut api = api(&configuration("validating", &[("v", "")]));
    let (_, made) = send(&mut api, MAP, &says(YES));
    assert_eq!(made.code, 201);
    let (change, mut attempt) = (request(r#"merge configmaps/a {"data":{"k":"w"}}"#), Attempt::default());
    let first = api.attempt(&change, Time::VIRTUAL_START, &mut attempt).unwrap_err();
    let (_, other) = send(&mut api, r#"merge configmaps/a {"data":{"other":"x"}}"#, &says(YES));
    assert_eq!(other.code, 200);
    let answer = reviewed(&first[0], r#"{"allowed":true}"#);
    attempt.answered(first[0].clone(), Ok(answer));
    let second = api.attempt(&change, Time::VIRTUAL_START, &mut attempt).unwrap_err();
    assert_eq!(second[0].review.at("request.object.data").to_json(), r#"{"k":"w","other":"x"}"#);
    let answer = reviewed(&second[0], r#"{"allowed":true}"#);
    attempt.answered(second[0].clone(), Ok(answer));
    assert_eq!(api.attempt(&change, Time::VIRTUAL_START, &mut attempt).unwrap().code, 200);
}

#[test]
fn a_deletion_of_many_asks_about_all_before_the_first_goes() {
    let maps =
        ["a", "b", "c"].map(|name| format!(r#"create configmaps {{"metadata":{{"name":"{name}"}}}}"#)).join("\n");
    let hooks = configuration("validating", &[("v", "")]);
    let mut api = api(&format!("{maps}\n{hooks}"));
    let (request, mut attempt) = (request("deletecollection configmaps"), Attempt::default());
    let calls = api.attempt(&request, Time::VIRTUAL_START, &mut attempt).unwrap_err();
    let uid = |call: &HookCall| call.review.at("request.uid").text();
    let uids: std::collections::BTreeSet<_> = calls.iter().map(uid).collect();
    assert_eq!((calls.len(), uids.len()), (3, 3), "each is asked about by itself, all at once");
    let before = api.store().revision();
    for call in calls {
        let answer = Ok(reviewed(&call, YES));
        attempt.answered(call, answer);
    }
    let gone = api.attempt(&request, Time::VIRTUAL_START, &mut attempt).unwrap();
    assert_eq!((gone.code, api.store().revision().0 - before.0), (200, 3));
}

/// What becomes of a connection to a pod: who was asked about what, and the refusal.
fn connect(setup: &str, part: &str, options: &str) -> String {
    let mut api = api(setup);
    let (request, mut attempt) = (request(&format!("create pods/a/{part} {options}")), Attempt::default());
    let calls = match api.admit_connection(&request, Time::VIRTUAL_START, &mut attempt) {
        Ok(done) => return done.map_or_else(|it| format!("{} {}", it.code, it.message), |()| "yes".to_owned()),
        Err(calls) => calls,
    };
    let mut asked = calls[0].review.get("request").clone();
    for field in ["userInfo", "uid", "requestKind", "requestResource"] {
        asked.remove(field);
    }
    for call in calls {
        let body = reviewed(&call, r#"{"allowed":false,"status":{"message":"no"}}"#);
        attempt.answered(call, Ok(body));
    }
    let refused = api.admit_connection(&request, Time::VIRTUAL_START, &mut attempt).unwrap().unwrap_err();
    format!("{asked}\n{} {}", refused.code, refused.message)
}

#[test]
fn connections_are_asked_about() {
    let setup = configuration("validating", &[("v", "")]).replace("configmaps\"]", "pods/exec\"]");
    let options = r#"{"apiVersion":"v1","kind":"PodExecOptions","stdout":true,"command":["ls"]}"#;
    expect![[r#"
        {"dryRun":false,"kind":{"group":"","kind":"PodExecOptions","version":"v1"},"name":"a","namespace":"default","object":{"apiVersion":"v1","command":["ls"],"kind":"PodExecOptions","stdout":true},"oldObject":null,"operation":"CONNECT","options":null,"requestSubResource":"exec","resource":{"group":"","resource":"pods","version":"v1"},"subResource":"exec"}
        400 admission webhook "v.x.y" denied the request: no"#]].assert_eq(&connect(&setup, "exec", options));
    let options = r#"{"apiVersion":"v1","kind":"PodAttachOptions"}"#;
    expect!["yes"].assert_eq(&connect(&setup, "attach", options));
    let policy = r#"create validatingadmissionpolicies.admissionregistration.k8s.io {"metadata":{"name":"p"},"spec":{"matchConstraints":{"resourceRules":[{"apiGroups":[""],"apiVersions":["v1"],"resources":["pods/attach"],"operations":["CONNECT"]}]},"validations":[{"expression":"object.kind != 'PodAttachOptions' || request.operation != 'CONNECT'"}]}}"#;
    let binding = r#"create validatingadmissionpolicybindings.admissionregistration.k8s.io {"metadata":{"name":"p"},"spec":{"policyName":"p","validationActions":["Deny"]}}"#;
    expect![[r#"422 pods "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: failed expression: object.kind != 'PodAttachOptions' || request.operation != 'CONNECT'"#]].assert_eq(&connect(&format!("{policy}\n{binding}"), "attach", options));
}
