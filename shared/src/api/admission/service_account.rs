//! Every pod runs as a service account and gets its token as a volume.
//!
//! Upstream: `plugin/pkg/admission/serviceaccount/admission.go`.

use crate::api::Status;
use crate::api::admission::{Admission, Plugin};
use crate::model::key::resources::SERVICE_ACCOUNTS;
use crate::model::{Key, Object, Text, Value};
use std::sync::LazyLock;

/// The registration.
pub(super) const PLUGIN: Plugin =
    Plugin { name: "ServiceAccount", resources: &["pods"], mutate: Some(admit), ..Plugin::NONE };

/// The account of pods that name none. The service account controller makes it in each namespace; upstream waits a second
/// for that before it refuses a pod, so here a pod need not come after it (`DIFFERENCE`: nor is it refused in the end).
const DEFAULT: &str = "default";
/// Where the token is found in a container.
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// How the volume's name begins.
const VOLUME_PREFIX: &str = "kube-api-access-";
/// Seconds after which a token ends: an hour, and seven more to tell these from tokens that a pod asked for itself.
const TOKEN_SECONDS: i64 = 3_607;
/// On pods that a kubelet made for itself.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Names the account and mounts its token.
///
/// # Errors
/// There is no such account.
fn admit(pod: &mut Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    if pod.annotation(MIRROR).is_some() {
        return Ok(());
    }
    if pod.at("spec.serviceAccountName").is_empty() {
        pod.set("spec.serviceAccountName", DEFAULT);
    }
    let name = pod.at("spec.serviceAccountName").text();
    pod.set("spec.serviceAccount", &name);
    let key = Key::new(SERVICE_ACCOUNTS, admission.key.namespace.clone(), name.clone());
    let absent = Object::default();
    let found = admission.store.get(&key).or((name == DEFAULT).then_some(&absent));
    let Some(account) = found else {
        let detail = format!("error looking up service account {}: serviceaccount \"{name}\" not found", key.path());
        return Err(admission.forbid(&detail));
    };
    if wants_token(pod, account) {
        mount_token(pod, admission);
    }
    let secrets = account.get("imagePullSecrets");
    if pod.at("spec.imagePullSecrets").is_empty() && !secrets.is_empty() {
        pod.set("spec.imagePullSecrets", secrets);
    }
    Ok(())
}

fn wants_token(pod: &Object, account: &Object) -> bool {
    let own = pod.at("spec.automountServiceAccountToken").as_bool();
    own.or(account.get("automountServiceAccountToken").as_bool()).unwrap_or(true)
}

fn mount_token(pod: &mut Object, admission: &mut Admission<'_>) {
    let found = pod.at("spec.volumes").items().iter().find(|it| it.get("name").str().starts_with(VOLUME_PREFIX));
    let name = found.map(|it| it.get("name").text());
    let is_new = name.is_none();
    let name = name.unwrap_or_else(|| Text::from(format!("{VOLUME_PREFIX}{}", admission.chance.suffix(5))));
    let mut used = false;
    for field in ["spec.initContainers", "spec.containers"] {
        for index in 0..pod.at(field).items().len() {
            if !mounts_own(&pod.at(field).items()[index]) {
                let container = &mut pod.entry(field).list_mut()[index];
                container.entry("volumeMounts").list_mut().push(mount(&name));
                used = true;
            }
        }
    }
    if used && is_new {
        pod.entry("spec.volumes").list_mut().push(volume(&name));
    }
}

fn mounts_own(container: &Value) -> bool {
    container.get("volumeMounts").items().iter().any(|it| it.get("mountPath").str() == MOUNT_PATH)
}

fn mount(name: &Text) -> Value {
    Value::from([("name", name.into()), ("readOnly", true.into()), ("mountPath", MOUNT_PATH.into())])
}

/// The same for every pod, so that all share it.
static TOKEN: LazyLock<Value> = LazyLock::new(projected);

fn volume(name: &Text) -> Value {
    Value::from([("name", name.into()), ("projected", TOKEN.clone())])
}

fn projected() -> Value {
    let token = Value::from([("expirationSeconds", TOKEN_SECONDS.into()), ("path", "token".into())]);
    let ca = Value::from([("key", "ca.crt".into()), ("path", "ca.crt".into())]);
    let config_map = Value::from([("name", "kube-root-ca.crt".into()), ("items", vec![ca].into())]);
    let field = Value::from([("apiVersion", "v1".into()), ("fieldPath", "metadata.namespace".into())]);
    let item = Value::from([("path", "namespace".into()), ("fieldRef", field)]);
    let downward = Value::from([("items", vec![item].into())]);
    let sources = vec![
        Value::from([("serviceAccountToken", token)]),
        Value::from([("configMap", config_map)]),
        Value::from([("downwardAPI", downward)]),
    ];
    Value::from([("sources", sources.into()), ("defaultMode", 0o644.into())])
}
