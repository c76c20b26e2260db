use super::claims::{self, LEGACY_ISSUER, SECRET_TYPE};
use super::verify::{Token, verify};
use crate::api::authorization::MASTERS;
use crate::api::testing::request;
use crate::api::{Api, Body, Response, User};
use crate::model::key::resources::{SECRETS, SERVICE_ACCOUNTS};
use crate::model::{Chance, Key, Object, Span, Text, Time, Value};
use expect_test::{Expect, expect};

const START: &str = r#"
create namespaces {"metadata":{"name":"default"}}
create serviceaccounts {"metadata":{"name":"bot"}}
create serviceaccounts {"metadata":{"name":"default"}}
create pods {"metadata":{"name":"web"},"spec":{"serviceAccountName":"bot","nodeName":"n","containers":[{"name":"c","image":"i"}]}}
create secrets {"metadata":{"name":"s"}}
"#;

fn cluster() -> Api {
    let mut api = Api::new(Chance::new(1));
    for line in START.trim().lines() {
        assert_eq!(api.handle(&request(line), Time::VIRTUAL_START).code, 201, "{line}");
    }
    api
}

/// The claims of a new token, or the refusal.
fn claims_of(api: &mut Api, body: &str) -> Result<Value, String> {
    let line = format!("create serviceaccounts/bot/token {body}");
    match api.handle(&request(&line), Time::VIRTUAL_START).body {
        Body::Object(it) => Ok(Value::from_json(it.at("status.token").str()).unwrap()),
        Body::Status(status) => Err(status.message),
        Body::List(_) | Body::Text(_) => panic!("neither token nor refusal"),
    }
}

fn check(body: &str, expected: &Expect) {
    let shown = match claims_of(&mut cluster(), body) {
        Ok(mut claims) => {
            let own = claims.map_mut().remove("kubernetes.io");
            let names = own.fields().iter().map(|(key, it)| match it.get("name").str() {
                "" => format!("{key}={it}"),
                name => format!("{key}={name}"),
            });
            let span = claims.get("exp").int_or(0) - claims.get("iat").int_or(0);
            format!("{} for {} {span} s: {}", claims.get("sub"), claims.get("aud"), names.collect::<Vec<_>>().join(" "))
        }
        Err(message) => message,
    };
    expected.assert_eq(&shown);
}

#[test]
fn a_token_says_for_whom_and_how_long() {
    check(
        "{}",
        &expect![[
            r#""system:serviceaccount:default:bot" for ["https://kubernetes.default.svc.cluster.local"] 3600 s: namespace="default" serviceaccount=bot"#
        ]],
    );
    check(
        r#"{"spec":{"audiences":["vault"],"expirationSeconds":600}}"#,
        &expect![[
            r#""system:serviceaccount:default:bot" for ["vault"] 600 s: namespace="default" serviceaccount=bot"#
        ]],
    );
    check(
        r#"{"spec":{"expirationSeconds":3607,"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"web"}}}"#,
        &expect![[
            r#""system:serviceaccount:default:bot" for ["https://kubernetes.default.svc.cluster.local"] 31536000 s: namespace="default" node=n pod=web serviceaccount=bot warnafter=1767229207"#
        ]],
    );
}

#[test]
fn a_wrong_request_for_a_token_is_refused() {
    check(
        r#"{"spec":{"expirationSeconds":60}}"#,
        &expect![[
            r#"TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes"#
        ]],
    );
    check(
        r#"{"spec":{"boundObjectRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}}"#,
        &expect!["cannot bind token to object of type apps/v1, Kind=Deployment"],
    );
    check(
        r#"{"spec":{"boundObjectRef":{"apiVersion":"v1","kind":"Secret","name":"none"}}}"#,
        &expect![[r#"secrets "none" not found"#]],
    );
    check(
        r#"{"spec":{"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"web","uid":"1"}}}"#,
        &expect![[
            r#"Operation cannot be fulfilled on Pod "web": the UID in the bound object reference (1) does not match the UID in record. The object might have been deleted and then recreated"#
        ]],
    );
}

/// Who a token bound to the pod `web` is after `lines`, `seconds` later, for `audience`.
fn who(lines: &str, seconds: i64, audience: &str) -> String {
    let mut api = cluster();
    let body = r#"{"spec":{"expirationSeconds":600,"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"web"}}}"#;
    let claims = claims_of(&mut api, body).unwrap();
    for line in lines.lines() {
        let answer = api.handle(&request(line), Time::VIRTUAL_START);
        assert!(answer.code < 300, "{answer:?}");
    }
    let audiences: Vec<Text> = audience.split_whitespace().map(Text::new).collect();
    let token = Token { text: "", claims: &claims };
    match verify(token, &audiences, Time::VIRTUAL_START + Span::seconds(seconds), api.store()) {
        Ok((user, _)) => {
            let keys: Vec<&str> = user.extra.iter().map(|(key, _)| key.split('/').nth(1).unwrap()).collect();
            format!("{} {:?} {}", user.name, user.groups, keys.join(" "))
        }
        Err(problem) => problem,
    }
}

#[test]
fn a_token_holds_as_long_as_what_it_is_bound_to() {
    expect![[r#"system:serviceaccount:default:bot ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"] credential-id node-name pod-name pod-uid"#]].assert_eq(&who("", 0, ""));
    expect!["service account token has expired"].assert_eq(&who("", 601, ""));
    expect![[r#"token audiences ["https://kubernetes.default.svc.cluster.local"] is invalid for the target audiences ["vault"]"#]].assert_eq(&who("", 0, "vault"));
    expect!["pod has been deleted"].assert_eq(&who("delete pods/web ?grace=0", 0, ""));
    expect!["service account has been deleted"].assert_eq(&who("delete serviceaccounts/bot", 0, ""));
    expect!["service account UID does not match claim"].assert_eq(&who(
        "delete serviceaccounts/bot\ncreate serviceaccounts {\"metadata\":{\"name\":\"bot\"}}",
        0,
        "",
    ));
}

#[test]
fn a_token_in_a_secret_is_the_one_that_stands_there() {
    let mut api = cluster();
    let account = api.store().get(&Key::new(SERVICE_ACCOUNTS, "default", "bot")).unwrap().clone();
    let mut secret = Object::new("v1", "Secret", "default", "s");
    let claims = claims::legacy(&secret, &account);
    assert_eq!(claims.get("iss").str(), LEGACY_ISSUER);
    let body = format!(
        r#"create secrets {{"metadata":{{"name":"t","annotations":{{"kubernetes.io/service-account.name":"bot"}}}},"type":"{SECRET_TYPE}","data":{{"token":"YWJj"}}}}"#
    );
    assert_eq!(api.handle(&request(&body), Time::VIRTUAL_START).code, 201);
    secret.set("metadata.name", "t");
    let claims = claims::legacy(&secret, &account);
    let who = |text: &str| verify(Token { text, claims: &claims }, &[], Time::VIRTUAL_START, api.store());
    assert_eq!(who("abc").unwrap().0.name, "system:serviceaccount:default:bot");
    assert_eq!(who("abd").unwrap_err(), "service account token does not match server's copy");
    assert!(api.store().get(&Key::new(SECRETS, "default", "t")).is_some());
}

/// Asks as `user` of a cluster with roles.
fn ask(user: User, line: &str) -> String {
    let mut api = Api::new(Chance::new(1)).authorized_by_roles();
    let root = User { groups: vec![MASTERS.into()], ..User::default() };
    for object in crate::api::authorization::bootstrap::objects() {
        let resource = crate::api::resources::find_kind(object.api_version(), object.kind()).unwrap();
        let namespace = object.namespace();
        if namespace.is_empty() {
            let line = format!("create {}.{} {}", resource.plural, resource.group, object.to_json());
            let answer = api.handle(&crate::api::Request { user: root.clone(), ..request(&line) }, Time::VIRTUAL_START);
            assert_eq!(answer.code, 201, "{answer:?}");
        }
    }
    let answer = api.handle(&crate::api::Request { user, ..request(line) }, Time::VIRTUAL_START);
    shown(&answer)
}

fn shown(answer: &Response) -> String {
    match &answer.body {
        Body::Object(it) => format!("{} {}", answer.code, it.get("status")),
        Body::Status(it) => format!("{} {}", answer.code, it.message),
        Body::List(_) | Body::Text(_) => "other".into(),
    }
}

#[test]
fn questions_are_answered() {
    let ann = || User { name: "ann".into(), groups: vec!["system:authenticated".into()], ..User::default() };
    let root = || User { name: "root".into(), groups: vec![MASTERS.into()], ..User::default() };
    let pods = r#"{"spec":{"resourceAttributes":{"verb":"get","resource":"pods","namespace":"default"}}}"#;
    let own = format!("create selfsubjectaccessreviews.authorization.k8s.io {pods}");
    expect![[r#"201 {"allowed":false}"#]].assert_eq(&ask(ann(), &own));
    expect![[r#"201 {"allowed":true}"#]].assert_eq(&ask(root(), &own));
    let of_node = r#"create subjectaccessreviews.authorization.k8s.io {"spec":{"user":"system:kube-proxy","nonResourceAttributes":null,"resourceAttributes":{"verb":"list","resource":"nodes"}}}"#;
    expect![[r#"201 {"allowed":true,"reason":"RBAC: allowed by ClusterRoleBinding \"system:node-proxier\" of ClusterRole \"system:node-proxier\" to User \"system:kube-proxy\""}"#]].assert_eq(&ask(root(), of_node));
    expect![[r#"403 subjectaccessreviews.authorization.k8s.io is forbidden: User "ann" cannot create resource "subjectaccessreviews" in API group "authorization.k8s.io" at the cluster scope"#]].assert_eq(&ask(ann(), of_node));
    let neither = "create subjectaccessreviews.authorization.k8s.io {\"spec\":{}}";
    expect![[r#"422 SubjectAccessReview.authorization.k8s.io "" is invalid: [spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: "": at least one of user or group must be specified]"#]].assert_eq(&ask(root(), neither));
    expect![[r#"201 {"userInfo":{"groups":["system:authenticated"],"username":"ann"}}"#]]
        .assert_eq(&ask(ann(), "create selfsubjectreviews.authentication.k8s.io {}"));
    let rules = r#"create selfsubjectrulesreviews.authorization.k8s.io {"spec":{"namespace":"default"}}"#;
    expect![[r#"201 {"incomplete":false,"nonResourceRules":[{"nonResourceURLs":["/api","/api/*","/apis","/apis/*","/healthz","/livez","/openapi","/openapi/*","/readyz","/version","/version/"],"verbs":["get"]},{"nonResourceURLs":["/healthz","/livez","/readyz","/version","/version/"],"verbs":["get"]}],"resourceRules":[{"apiGroups":["authorization.k8s.io"],"resources":["selfsubjectaccessreviews","selfsubjectrulesreviews"],"verbs":["create"]},{"apiGroups":["authentication.k8s.io"],"resources":["selfsubjectreviews"],"verbs":["create"]}]}"#]].assert_eq(&ask(ann(), rules));
    expect![[r#"403 selfsubjectreviews.authentication.k8s.io is forbidden: User "ann" cannot list resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope"#]].assert_eq(&ask(ann(), "list selfsubjectreviews.authentication.k8s.io"));
    expect!["405 the server does not allow this method on the requested resource"]
        .assert_eq(&ask(root(), "list selfsubjectreviews.authentication.k8s.io"));
    expect!["400 token is required for TokenReview in authentication"]
        .assert_eq(&ask(root(), r#"create tokenreviews.authentication.k8s.io {"spec":{}}"#));
}
