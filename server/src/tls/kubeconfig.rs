//! The file that tells clients where the cluster is and who they are.

use shared::model::{Value, yaml};

use super::Authority;

/// A kubeconfig for the administrator; `server` is `https://127.0.0.1:6443`.
pub(crate) fn kubeconfig(authority: &Authority, server: &str) -> String {
    let encoded = |pem: &str| Value::from(shared::api::base64::encode(pem.as_bytes()));
    let cluster =
        Value::from([("certificate-authority-data", encoded(&authority.root.certificate)), ("server", server.into())]);
    let user = Value::from([
        ("client-certificate-data", encoded(&authority.admin.certificate)),
        ("client-key-data", encoded(&authority.admin.key)),
    ]);
    let context = Value::from([("cluster", "pilothouse".into()), ("user", "kubernetes-admin".into())]);
    let named = |name: &str, field: &str, value: Value| {
        let entry = Value::from([("name", Value::from(name)), (field, value)]);
        [entry].into_iter().collect::<Value>()
    };
    yaml::write(&Value::from([
        ("apiVersion", "v1".into()),
        ("kind", "Config".into()),
        ("clusters", named("pilothouse", "cluster", cluster)),
        ("users", named("kubernetes-admin", "user", user)),
        ("contexts", named("kubernetes-admin@pilothouse", "context", context)),
        ("current-context", "kubernetes-admin@pilothouse".into()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_find_their_way() {
        let authority = Authority::generate("127.0.0.1").expect("it can be made");
        let text = kubeconfig(&authority, "https://127.0.0.1:6443");
        let config = &yaml::parse(&text)[0].value;
        assert_eq!(config.get("clusters").items()[0].at("cluster.server").str(), "https://127.0.0.1:6443");
        assert_eq!(config.get("current-context").str(), config.get("contexts").items()[0].get("name").str());
    }
}
