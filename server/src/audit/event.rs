//! One line of the audit log.
//!
//! Upstream: `k8s.io/apiserver/pkg/apis/audit/v1/types.go` (`Event`), `pkg/audit/request.go`. Always at level Metadata: no body,
//! neither of a request nor of an answer, is ever part of it.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::api::{Status, User};
use shared::model::{Text, Time};

use crate::kube::RequestInfo;

/// An event, its fields in upstream's order.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    kind: &'static str,
    api_version: &'static str,
    level: &'static str,
    #[serde(rename = "auditID")]
    pub(super) id: String,
    pub(super) stage: &'static str,
    #[serde(rename = "requestURI")]
    uri: String,
    verb: String,
    user: Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    impersonated_user: Option<Person>,
    #[serde(rename = "sourceIPs")]
    source_ips: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    user_agent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_ref: Option<ObjectRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_status: Option<ResponseStatus>,
    request_received_timestamp: String,
    stage_timestamp: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) annotations: BTreeMap<Text, String>,
}

/// Who asks.
#[derive(Clone, Debug, Default, Serialize)]
struct Person {
    #[serde(skip_serializing_if = "Text::is_empty")]
    username: Text,
    #[serde(skip_serializing_if = "Text::is_empty")]
    uid: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Text>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra: BTreeMap<Text, Vec<Text>>,
}

/// What is asked for.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectRef {
    resource: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    api_group: String,
    api_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    subresource: String,
}

/// How it ended.
#[derive(Clone, Debug, Serialize)]
struct ResponseStatus {
    metadata: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    status: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'static str,
    code: u16,
}

/// What is known of a request when it comes.
pub(super) struct Arrived<'a> {
    pub(super) id: String,
    pub(super) uri: String,
    /// For a path that is no text: the method, in small letters.
    pub(super) method: String,
    pub(super) info: Option<&'a RequestInfo>,
    pub(super) source_ips: Vec<String>,
    pub(super) user_agent: String,
    pub(super) at: Time,
}

impl Event {
    /// The event of a request that has arrived.
    pub(super) fn of(it: Arrived<'_>) -> Self {
        let at = it.at.to_micro_string();
        Self {
            kind: "Event",
            api_version: "audit.k8s.io/v1",
            level: "Metadata",
            id: it.id,
            stage: "RequestReceived",
            uri: it.uri,
            verb: it.info.map_or(it.method, |it| it.verb.to_owned()),
            user: Person::default(),
            impersonated_user: None,
            source_ips: it.source_ips,
            user_agent: it.user_agent,
            object_ref: it.info.filter(|it| it.is_resource).map(ObjectRef::of),
            response_status: None,
            request_received_timestamp: at.clone(),
            stage_timestamp: at,
            annotations: BTreeMap::new(),
        }
    }

    /// Who asks, and as whom, if as somebody else.
    pub(super) fn set_user(&mut self, real: &User, acting: &User) {
        self.user = Person::of(real);
        self.impersonated_user = (real != acting).then(|| Person::of(acting));
    }

    /// The name in the body of a creation.
    pub(super) fn set_name(&mut self, name: &str) {
        if let Some(object) = &mut self.object_ref
            && object.name.is_empty()
        {
            name.clone_into(&mut object.name);
        }
    }

    /// A stage is reached.
    pub(super) fn reach(&mut self, stage: &'static str, code: u16, failure: Option<&Status>, at: Time) {
        self.stage = stage;
        self.stage_timestamp = at.to_micro_string();
        self.response_status = Some(ResponseStatus {
            metadata: BTreeMap::new(),
            status: failure.map_or("", |_| "Failure"),
            message: failure.map(|it| it.message.clone()).unwrap_or_default(),
            reason: failure.map_or("", |it| it.reason),
            code,
        });
    }

    /// The line, with its end.
    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).map(|it| it + "\n").unwrap_or_default()
    }
}

impl Person {
    fn of(user: &User) -> Self {
        let (username, uid, groups) = (user.name.clone(), user.uid.clone(), user.groups.clone());
        Self { username, uid, groups, extra: user.extra.iter().cloned().collect() }
    }
}

impl ObjectRef {
    fn of(info: &RequestInfo) -> Self {
        Self {
            resource: info.resource.clone(),
            namespace: info.namespace.clone(),
            name: info.name.clone(),
            api_group: info.group.clone(),
            api_version: info.version.clone(),
            subresource: info.subresource.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use hyper::Method;

    fn event() -> Event {
        let info = RequestInfo::read(&Method::POST, "/api/v1/namespaces/default/secrets", false).unwrap();
        let mut event = Event::of(Arrived {
            id: "id".to_owned(),
            uri: "/api/v1/namespaces/default/secrets".to_owned(),
            method: "post".to_owned(),
            info: Some(&info),
            source_ips: vec!["127.0.0.1".to_owned()],
            user_agent: "kubectl/v1.36".to_owned(),
            at: Time::VIRTUAL_START,
        });
        event.set_user(&User::admin(), &User::admin());
        event.set_name("token");
        event
    }

    #[test]
    fn a_line_has_upstreams_fields() {
        let mut event = event();
        event.annotations.insert("authorization.k8s.io/decision".into(), "allow".to_owned());
        event.reach("ResponseComplete", 201, None, Time::VIRTUAL_START);
        expect![[r#"
            {"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/default/secrets","verb":"create","user":{"username":"kubernetes-admin","groups":["kubeadm:cluster-admins","system:authenticated"]},"sourceIPs":["127.0.0.1"],"userAgent":"kubectl/v1.36","objectRef":{"resource":"secrets","namespace":"default","name":"token","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":201},"requestReceivedTimestamp":"2026-01-01T00:00:00.000000Z","stageTimestamp":"2026-01-01T00:00:00.000000Z","annotations":{"authorization.k8s.io/decision":"allow"}}
        "#]].assert_eq(&event.line());
    }

    #[test]
    fn a_refusal_has_its_reason_and_who_acted() {
        let mut event = event();
        event.set_user(&User::admin(), &User::component("jane"));
        event.reach("ResponseComplete", 400, Some(&Status::bad_request("no")), Time::VIRTUAL_START);
        expect![[r#"
            {"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/default/secrets","verb":"create","user":{"username":"kubernetes-admin","groups":["kubeadm:cluster-admins","system:authenticated"]},"impersonatedUser":{"username":"jane","groups":["system:authenticated"]},"sourceIPs":["127.0.0.1"],"userAgent":"kubectl/v1.36","objectRef":{"resource":"secrets","namespace":"default","name":"token","apiVersion":"v1"},"responseStatus":{"metadata":{},"status":"Failure","message":"no","reason":"BadRequest","code":400},"requestReceivedTimestamp":"2026-01-01T00:00:00.000000Z","stageTimestamp":"2026-01-01T00:00:00.000000Z"}
        "#]].assert_eq(&event.line());
    }
}
