//! Versions that a webhook converts, request by request.

use super::tests::served;
use crate::api::admission::{Attempt, HookCall};
use crate::api::testing::{request, shown};
use crate::api::{Api, Response, WatchRequest};
use crate::model::{Object, Time, Value};
use expect_test::{Expect, expect};

const TRIES_MAX: usize = 8;

/// Gadgets, which have `spec.size` in v2, which is stored, and `spec.length` in v1.
fn api(hook: &str) -> Api {
    let version = |name: &str, storage: bool, field: &str| {
        format!(
            r#"{{"name":"{name}","served":true,"storage":{storage},"selectableFields":[{{"jsonPath":".spec.{field}"}}],
            "subresources":{{"status":{{}},"scale":{{"specReplicasPath":".spec.num","statusReplicasPath":".status.num"}}}},
            "schema":{{"openAPIV3Schema":{{"type":"object","properties":{{"spec":{{"type":"object","properties":{{
            "num":{{"type":"integer","default":{}}},"{field}":{{"type":"string","maxLength":9}}}}}},
            "status":{{"type":"object","properties":{{"num":{{"type":"integer"}}}}}}}}}}}}}}"#,
            if storage { 2 } else { 1 }
        )
    };
    let (v1, v2) = (version("v1", false, "length"), version("v2", true, "size"));
    served(&format!(
        r#"{{"metadata":{{"name":"gadgets.a.b"}},"spec":{{"group":"a.b","scope":"Namespaced","names":
        {{"plural":"gadgets","kind":"Gadget"}},"conversion":{{"strategy":"Webhook","webhook":{{
        "conversionReviewVersions":["{hook}"],"clientConfig":{{"url":"https://c/convert"}}}}}},"versions":[{v1},{v2}]}}}}"#
    ))
}

/// What a good webhook answers.
fn convert(call: &HookCall) -> Value {
    let request = call.review.get("request");
    let wanted = request.get("desiredAPIVersion");
    let objects: Vec<Value> = request.get("objects").items().iter().map(|it| renamed(it, wanted)).collect();
    let response = Value::from([
        ("uid", request.get("uid").clone()),
        ("result", Value::from([("status", "Success".into())])),
        ("convertedObjects", objects.into()),
    ]);
    let mut review = call.review.clone();
    review.remove("request");
    review.set("response", response);
    review
}

fn renamed(object: &Value, wanted: &Value) -> Value {
    let (from, to) = if wanted.str() == "a.b/v1" { ("size", "length") } else { ("length", "size") };
    let mut new = object.clone();
    new.set("apiVersion", wanted);
    let value = new.entry("spec").remove(from);
    if !value.is_null() {
        new.entry("spec").set(to, value);
    }
    new.entry("spec").set("extra", "pruned");
    new
}

/// Tries a request in a version until nothing more is to be asked; with how many objects each review had.
fn send(api: &mut Api, version: &str, line: &str, answer: &dyn Fn(&HookCall) -> Value) -> (Vec<usize>, Response) {
    let (mut request, mut attempt, mut asked) = (request(line), Attempt::default(), Vec::new());
    request.target.version = version.into();
    for _ in 0..TRIES_MAX {
        let calls = match api.attempt(&request, Time::VIRTUAL_START, &mut attempt) {
            Ok(response) => return (asked, response),
            Err(calls) => calls,
        };
        for call in calls {
            asked.push(call.review.at("request.objects").items().len());
            let body = answer(&call);
            attempt.answered(call, Ok(body));
        }
    }
    panic!("it never ends");
}

/// Each line is `VERSION REQUEST => FIELDS`.
fn run(api: &mut Api, script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|it| !it.is_empty()).map(|line| {
        let (line, wanted) = line.split_once(" => ").unwrap_or((line, ""));
        let (version, line) = line.split_once(' ').unwrap();
        let (asked, response) = send(api, version, line, &convert);
        format!("{asked:?} {}", shown(&response, wanted))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&run(&mut api("v1"), script));
}

const MAKE: &str = r#"v1 create gadgets.a.b {"metadata":{"name":"a"},"spec":{"length":"long"}}"#;

#[test]
fn objects_are_stored_in_one_version_and_shown_in_each() {
    check(
        &format!(
            "{MAKE} => apiVersion spec metadata.resourceVersion
            v2 get gadgets.a.b/a => apiVersion spec metadata.resourceVersion
            v1 get gadgets.a.b/a => apiVersion spec metadata.resourceVersion
            v2 create gadgets.a.b {{\"metadata\":{{\"name\":\"b\"}},\"spec\":{{\"size\":\"short\"}}}} => spec
            v1 list gadgets.a.b
            v2 list gadgets.a.b
            v1 list gadgets.a.b ?fields=spec.length=short
            v1 list gadgets.a.b ?limit=1"
        ),
        &expect![[r#"
            [1, 1] 201 apiVersion="a.b/v1" spec={"length":"long","num":1} metadata.resourceVersion="3"
            [] 200 apiVersion="a.b/v2" spec={"num":1,"size":"long"} metadata.resourceVersion="3"
            [1] 200 apiVersion="a.b/v1" spec={"length":"long","num":1} metadata.resourceVersion="3"
            [] 201 spec={"num":2,"size":"short"}
            [2] 200 [a b] {"resourceVersion":"4"}
            [] 200 [a b] {"resourceVersion":"4"}
            [2] 200 [b] {"resourceVersion":"4"}
            [1] 200 [a] {"continue":"eyJydiI6NCwic3RhcnQiOiJkZWZhdWx0L2EiLCJ2IjoibWV0YS5rOHMuaW8vdjEifQ","remainingItemCount":1,"resourceVersion":"4"}"#]],
    );
}

#[test]
fn changes_are_about_the_version_that_is_asked_for() {
    check(
        &format!(
            "{MAKE}
            v1 merge gadgets.a.b/a {{\"spec\":{{\"length\":\"x\"}}}} => spec metadata.generation metadata.resourceVersion
            v2 get gadgets.a.b/a => spec metadata.resourceVersion
            v1 merge gadgets.a.b/a {{\"spec\":{{\"length\":\"far too long\"}}}}
            v1 merge gadgets.a.b/a/scale {{\"spec\":{{\"replicas\":5}}}} => spec
            v1 merge gadgets.a.b/a {{\"metadata\":{{\"finalizers\":[\"a.b/c\"]}}}} => metadata.finalizers
            v1 delete gadgets.a.b/a => spec.length metadata.deletionTimestamp
            v2 get gadgets.a.b/a => spec.size metadata.deletionTimestamp
            v1 deletecollection gadgets.a.b"
        ),
        &expect![[r#"
            [1, 1] 201 
            [1, 1, 1] 200 spec={"length":"x","num":1} metadata.generation=2 metadata.resourceVersion="4"
            [] 200 spec={"num":1,"size":"x"} metadata.resourceVersion="4"
            [1] 422 Invalid Gadget.a.b "a" is invalid: spec.length: Too long: may not be more than 9 bytes
            [1, 1, 1] 200 spec={"replicas":5}
            [1, 1, 1] 200 metadata.finalizers=["a.b/c"]
            [1] 200 spec.length="x" metadata.deletionTimestamp="2026-01-01T00:00:00Z"
            [] 200 spec.size="x" metadata.deletionTimestamp="2026-01-01T00:00:00Z"
            [1] 200 [a] {"resourceVersion":"7"}"#]],
    );
}

/// What is said of an object when its conversion is answered so.
fn refusal(hook: &str, change: &dyn Fn(&mut Value)) -> String {
    let mut api = api(hook);
    send(
        &mut api,
        "v2",
        r#"create gadgets.a.b {"metadata":{"name":"a","labels":{"k":"v"}},"spec":{"size":"s"}}"#,
        &convert,
    );
    let answer = |call: &HookCall| {
        let mut answer = convert(call);
        change(&mut answer);
        answer
    };
    let (_, response) = send(&mut api, "v1", "get gadgets.a.b/a", &answer);
    shown(&response, "metadata.labels")
}

/// The same with one field of the converted object set.
fn with(path: &str, value: &str) -> String {
    let value = Value::from_json(value).unwrap();
    refusal("v1", &|answer| {
        let object = &mut answer.entry("response").map_mut().entry("convertedObjects").list_mut()[0];
        object.set(path, &value);
    })
}

#[test]
fn what_is_no_answer_is_told() {
    let said = [
        refusal("v1", &|it| it.set("apiVersion", "x/v1")),
        refusal("v1", &|it| it.set("response", Value::Null)),
        refusal("v1", &|it| it.set("response.uid", "other")),
        refusal("v1beta1", &|it| it.set("response.uid", "other")),
        refusal("v1", &|it| it.set("response.result", Value::from([("status", "Failed".into())]))),
        refusal("v1", &|it| it.set("response.result", Value::from([("message", "no".into())]))),
        refusal("v1", &|it| it.set("response.convertedObjects", Value::from(Vec::new()))),
        with("apiVersion", r#""a.b/v2""#),
        with("kind", r#""Other""#),
        with("kind", "null"),
        with("metadata.name", r#""b""#),
        with("metadata.uid", r#""b""#),
        with("metadata", "3"),
        with("metadata.labels", "[]"),
        with("metadata.labels", r#"{"a":1}"#),
        with("metadata.labels", r#"{"a b":"c"}"#),
        with("metadata.labels", r#"{"other":"x"}"#),
        with("metadata.generation", "7"),
    ];
    expect![[r#"
        500 conversion webhook for a.b/v2, Kind=Gadget failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got x/v1, Kind=ConversionReview
        500 conversion webhook for a.b/v2, Kind=Gadget failed: no response provided
        500 conversion webhook for a.b/v2, Kind=Gadget failed: expected response.uid="f65002df-9d95-462e-b88e-78b87878f68f", got "other"
        200 metadata.labels={"k":"v"}
        500 conversion webhook for a.b/v2, Kind=Gadget failed: response.result.status was 'Failed', not 'Success'
        500 conversion webhook for a.b/v2, Kind=Gadget failed: no
        500 conversion webhook for a.b/v2, Kind=Gadget returned 0 objects, expected 1
        500 conversion webhook for a.b/v2, Kind=Gadget returned invalid object at index 0: invalid groupVersion (expected a.b/v1, received a.b/v2)
        500 conversion webhook for a.b/v2, Kind=Gadget returned invalid object at index 0: invalid kind (expected Gadget, received Other)
        500 Object 'Kind' is missing in '{"apiVersion":"a.b/v1","kind":null,"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z","generation":1,"labels":{"k":"v"},"managedFields":[{"apiVersion":"a.b/v2","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:k":{}}},"f:spec":{".":{},"f:num":{},"f:size":{}}},"manager":"unknown","operation":"Update","time":"2026-01-01T00:00:00Z"}],"name":"a","namespace":"default","uid":"a6c7188e-0551-411e-ad50-16879973635c"},"spec":{"extra":"pruned","length":"s","num":2}}'
        500 conversion webhook for a.b/v2, Kind=Gadget returned invalid object: must have the same name: a != b
        500 conversion webhook for a.b/v2, Kind=Gadget returned invalid object: must have the same UID: a6c7188e-0551-411e-ad50-16879973635c != b
        500 conversion webhook for a.b/v2, Kind=Gadget returned invalid object: must have the same name: a !=
        500 conversion webhook for a.b/v2, Kind=Gadget returned invalid metadata: invalid metadata.labels of type []interface {} in converted object
        500 conversion webhook for a.b/v2, Kind=Gadget returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object
        500 conversion webhook for a.b/v2, Kind=Gadget returned invalid metadata: metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
        200 metadata.labels={"other":"x"}
        200 metadata.labels={"k":"v"}"#]].assert_eq(&said.join("\n"));
}

fn answer_all(calls: Vec<HookCall>, attempt: &mut Attempt) {
    for call in calls {
        let body = convert(&call);
        attempt.answered(call, Ok(body));
    }
}

#[test]
fn a_list_whose_objects_change_comes_to_an_end() {
    let mut api = api("v1");
    run(&mut api, &format!("{MAKE}\n{}", MAKE.replace("\"a\"", "\"b\"")));
    let mut list = request("list gadgets.a.b");
    list.target.version = "v1".into();
    let mut attempt = Attempt::default();
    let calls = api.attempt(&list, Time::VIRTUAL_START, &mut attempt).unwrap_err();
    assert_eq!(calls[0].review.at("request.objects").items().len(), 2);
    answer_all(calls, &mut attempt);
    run(&mut api, r#"v2 merge gadgets.a.b/b {"spec":{"size":"new"}}"#);
    let calls = api.attempt(&list, Time::VIRTUAL_START, &mut attempt).unwrap_err();
    let asked: Vec<&str> =
        calls[0].review.at("request.objects").items().iter().map(|it| it.at("metadata.name").str()).collect();
    assert_eq!(asked, ["b"]);
}

#[test]
fn watches_tell_their_version() {
    let mut api = api("v1");
    run(&mut api, MAKE);
    let mut watched = request("list gadgets.a.b");
    watched.target.version = "v1".into();
    let mut watch = api.watch(&WatchRequest { target: watched.target, ..WatchRequest::default() }).unwrap();
    let mut attempt = Attempt::default();
    let calls = watch.begin_converted(&api, &mut attempt).unwrap_err();
    answer_all(calls, &mut attempt);
    let first = watch.begin_converted(&api, &mut attempt).unwrap().unwrap();
    let told: Vec<String> = first.iter().map(|it| it.to_value().at("object.spec").to_json()).collect();
    assert_eq!(told, [r#"{"length":"long","num":1}"#]);
    run(&mut api, r#"v2 merge gadgets.a.b/a {"spec":{"size":"new"}}"#);
    let news: Vec<_> = api.store().since(watch.revision()).unwrap().cloned().collect();
    let mut attempt = Attempt::default();
    let calls = watch.converted(&api, &news, &mut attempt).unwrap_err();
    answer_all(calls, &mut attempt);
    let changes = watch.converted(&api, &news, &mut attempt).unwrap().unwrap();
    let seen = watch.sees(&changes[0]).unwrap();
    let Object(told) = watch.shown(&changes[0], seen);
    assert_eq!((seen.kind(), told.at("spec.length").str()), ("MODIFIED", "new"));
}

#[test]
fn without_a_host_nothing_is_converted() {
    let mut api = api("v1");
    let said = crate::api::testing::run_on(&mut api, r#"create gadgets.a.b {"metadata":{"name":"a"}}"#);
    expect![[r#"
        500 conversion webhook for a.b/v1, Kind=Gadget failed: this cluster runs without a network, so that it cannot call webhooks
    "#]].assert_eq(&said);
}

/// What a webhook for v2 sees of a request in v1, and what becomes of its patch; `strategy` is how versions are converted.
fn hooked(mut api: Api) -> (String, String) {
    let hook = r#"create mutatingwebhookconfigurations.admissionregistration.k8s.io {"metadata":{"name":"c"},"webhooks":[
        {"name":"h.x.y","sideEffects":"None","admissionReviewVersions":["v1"],"clientConfig":{"url":"https://h"},"rules":[
        {"apiGroups":["a.b"],"apiVersions":["v2"],"resources":["gadgets"],"operations":["*"]}]}]}"#;
    crate::api::testing::run_on(&mut api, &hook.replace('\n', " "));
    crate::api::testing::run_on(&mut api, r#"create namespaces {"metadata":{"name":"default"}}"#);
    let seen = std::cell::RefCell::new(String::new());
    let answer = |call: &HookCall| {
        if call.review.get("kind").str() == "ConversionReview" {
            return convert(call);
        }
        let request = call.review.get("request");
        *seen.borrow_mut() = format!(
            "{} {} {} {}",
            request.at("kind.version"),
            request.at("requestKind.version"),
            request.at("object.apiVersion"),
            request.at("object.spec")
        );
        let mut review = call.review.clone();
        let patch = crate::api::base64::encode(br#"[{"op":"replace","path":"/spec/size","value":"short"}]"#);
        let response =
            format!(r#"{{"uid":{},"allowed":true,"patchType":"JSONPatch","patch":"{patch}"}}"#, request.get("uid"));
        review.remove("request");
        review.set("response", Value::from_json(&response).unwrap());
        review
    };
    let (_, response) = send(&mut api, "v1", MAKE.strip_prefix("v1 ").unwrap(), &answer);
    let shown = shown(&response, "apiVersion spec");
    (seen.into_inner(), shown.split(" (").next().unwrap_or_default().to_owned())
}

#[test]
fn a_webhook_for_another_version_sees_that_version() {
    let (seen, shown) = hooked(api("v1").with_every_plugin());
    expect![[r#""v2" "v1" "a.b/v2" {"extra":"pruned","num":1,"size":"long"}"#]].assert_eq(&seen);
    expect![[r#"201 apiVersion="a.b/v1" spec={"length":"short","num":1}"#]].assert_eq(&shown);
}
