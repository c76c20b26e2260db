//! What a service account token says: its claims, before anybody signs them.
//!
//! Upstream: `pkg/serviceaccount/{claims,legacy}.go`.

use crate::model::{Object, Text, Time, Value};

/// Who issues tokens, unless a host says otherwise; also the audience of tokens that name none.
pub const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
/// Who issued tokens that stand in Secrets.
pub const LEGACY_ISSUER: &str = "kubernetes/serviceaccount";
/// The type of Secrets that hold a token.
pub const SECRET_TYPE: &str = "kubernetes.io/service-account-token";

/// Tokens that kubelets ask for live so long, in seconds, so that programs that never read them again go on working.
const EXTENDED_SECONDS: i64 = 365 * 24 * 60 * 60;
/// The lifetime that kubelets ask for, which nobody else does.
pub(crate) const KUBELET_SECONDS: i64 = 3_607;

/// What a token is bound to beside its account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bound {
    pub(crate) pod: Option<Object>,
    pub(crate) secret: Option<Object>,
    pub(crate) node: Option<Object>,
}

/// For whom and how long.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) audiences: Vec<Text>,
    pub(crate) seconds: i64,
    pub(crate) now: Time,
    pub(crate) id: Text,
}

/// The claims of a token for `account`.
pub(crate) fn of(account: &Object, bound: &Bound, terms: &Terms) -> Value {
    let now = seconds(terms.now);
    let mut own = Value::from([("namespace", account.namespace().into()), ("serviceaccount", reference(account))]);
    let parts = [("pod", &bound.pod), ("secret", &bound.secret), ("node", &bound.node)];
    for (field, object) in parts.into_iter().filter_map(|(field, object)| Some((field, object.as_ref()?))) {
        own.set(field, reference(object));
    }
    let is_kubelets = terms.seconds == KUBELET_SECONDS && bound.pod.is_some() && terms.audiences == [ISSUER];
    if is_kubelets {
        own.set("warnafter", now + terms.seconds);
    }
    let expires = now + if is_kubelets { EXTENDED_SECONDS } else { terms.seconds };
    let mut claims = Value::from([
        ("aud", terms.audiences.iter().collect::<Value>()),
        ("exp", expires.into()),
        ("iat", now.into()),
        ("iss", ISSUER.into()),
        ("jti", (&terms.id).into()),
        ("nbf", now.into()),
        ("sub", subject(&account.namespace(), &account.name()).into()),
    ]);
    claims.map_mut().insert("kubernetes.io", own);
    claims
}

/// The claims of the token in a Secret of type [`SECRET_TYPE`], which never ends.
pub fn legacy(secret: &Object, account: &Object) -> Value {
    let mut claims =
        Value::from([("iss", LEGACY_ISSUER.into()), ("sub", subject(&account.namespace(), &account.name()).into())]);
    let fields = claims.map_mut();
    fields.insert("kubernetes.io/serviceaccount/namespace", account.namespace());
    fields.insert("kubernetes.io/serviceaccount/secret.name", secret.name());
    fields.insert("kubernetes.io/serviceaccount/service-account.name", account.name());
    fields.insert("kubernetes.io/serviceaccount/service-account.uid", account.uid());
    claims
}

/// Seconds since 1970.
pub(crate) fn seconds(time: Time) -> i64 {
    time.as_seconds()
}

fn subject(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// Name and uid; an object that does not exist has no uid.
fn reference(object: &Object) -> Value {
    let mut it = Value::from([("name", object.name().into())]);
    if !object.uid().is_empty() {
        it.set("uid", object.uid());
    }
    it
}
