//! What a node may do: what is bound to it, and what its pods refer to.
//!
//! Upstream: `plugin/pkg/auth/authorizer/node/{node_authorizer,graph}.go`.
//! Differs: no graph is kept; the pods of the object's namespace are looked through when a node asks for one object.

use crate::api::User;
use crate::api::authorization::attributes::{Asked, Attributes, What, selected};
use crate::api::authorization::rules::Rule;
use crate::model::key::resources::{PODS, SECRETS};
use crate::model::{Key, Object, ResourceName, Value};
use crate::store::Store;

const VOLUMES: ResourceName = ResourceName::of("persistentvolumes");
const ATTACHMENTS: ResourceName = ResourceName::of("volumeattachments.storage.k8s.io");
const LEASE_NAMESPACE: &str = "kube-node-lease";

/// The name of the node that `user` is, if it is one.
pub(crate) fn name_of(user: &User) -> Option<&str> {
    let name = user.name.strip_prefix("system:node:")?;
    user.groups.iter().any(|it| it == "system:nodes").then_some(name)
}

/// Answers a question of a node.
///
/// # Errors
/// It is not allowed, or not asked by a node; the reason, or empty.
pub(super) fn decide(asked: &Attributes<'_>, rules: &[Rule], store: &Store) -> Result<(), String> {
    let Some(node) = name_of(asked.user) else { return Err(String::new()) };
    if node.is_empty() {
        return Err(format!("unknown node for user \"{}\"", asked.user.name));
    }
    let verb = asked.verb;
    if let What::Resource(it) = &asked.what {
        match (it.group, it.resource) {
            ("", "secrets" | "configmaps") => return read_one(node, verb, it, store),
            ("", "persistentvolumeclaims") if it.subresource == "status" => {
                return update_status(node, verb, it, store);
            }
            ("", "persistentvolumeclaims" | "persistentvolumes")
            | ("storage.k8s.io", "volumeattachments")
            | ("resource.k8s.io", "resourceclaims") => return get_one(node, verb, it, store),
            ("", "serviceaccounts") => return create_token(node, verb, it, store),
            ("coordination.k8s.io", "leases") => return lease(node, verb, it),
            ("storage.k8s.io", "csinodes") => return csi_node(node, verb, it),
            ("", "nodes") => return own_node(node, verb, it),
            ("", "pods") => return own_pods(node, verb, it, store),
            _ => {}
        }
    }
    if rules.iter().any(|rule| rule.allows(asked)) { Ok(()) } else { Err(String::new()) }
}

fn read_one(node: &str, verb: &str, it: &Asked<'_>, store: &Store) -> Result<(), String> {
    refuse_unless(matches!(verb, "get" | "list" | "watch"), "can only read resources of this type")?;
    refuse_unless(it.subresource.is_empty(), "cannot read subresource")?;
    refuse_unless(!it.namespace.is_empty(), "can only read namespaced object of this type")?;
    related(node, it, store)
}

fn update_status(node: &str, verb: &str, it: &Asked<'_>, store: &Store) -> Result<(), String> {
    refuse_unless(matches!(verb, "update" | "patch"), "can only get/update/patch this type")?;
    related(node, it, store)
}

fn get_one(node: &str, verb: &str, it: &Asked<'_>, store: &Store) -> Result<(), String> {
    refuse_unless(verb == "get", "can only get individual resources of this type")?;
    refuse_unless(it.subresource.is_empty(), "cannot get subresource")?;
    related(node, it, store)
}

fn create_token(node: &str, verb: &str, it: &Asked<'_>, store: &Store) -> Result<(), String> {
    let is_create = verb == "create" && !it.name.is_empty();
    refuse_unless(is_create, "can only create tokens for individual service accounts")?;
    refuse_unless(it.subresource == "token", "can only create token subresource of serviceaccount")?;
    related(node, it, store)
}

fn lease(node: &str, verb: &str, it: &Asked<'_>) -> Result<(), String> {
    let known = matches!(verb, "get" | "create" | "update" | "patch" | "delete");
    refuse_unless(known, "can only get, create, update, patch, or delete a node lease")?;
    let elsewhere = format!("can only access leases in the \"{LEASE_NAMESPACE}\" system namespace");
    refuse_unless(it.namespace == LEASE_NAMESPACE, &elsewhere)?;
    let is_own = verb == "create" || it.name == node;
    refuse_unless(is_own, "can only access node lease with the same name as the requesting node")
}

fn csi_node(node: &str, verb: &str, it: &Asked<'_>) -> Result<(), String> {
    let known = matches!(verb, "get" | "create" | "update" | "patch" | "delete");
    refuse_unless(known, "can only get, create, update, patch, or delete a CSINode")?;
    refuse_unless(it.subresource.is_empty(), "cannot authorize CSINode subresources")?;
    let is_own = verb == "create" || it.name == node;
    refuse_unless(is_own, "can only access CSINode with the same name as the requesting node")
}

fn own_node(node: &str, verb: &str, it: &Asked<'_>) -> Result<(), String> {
    match (it.subresource, verb) {
        ("", "create" | "update" | "patch") | ("status", "update" | "patch") => Ok(()),
        ("", "get" | "list" | "watch") if it.name == node => Ok(()),
        ("", "get" | "list" | "watch") if it.name.is_empty() => {
            Err(format!("node '{node}' cannot read all nodes, only its own Node object"))
        }
        ("", "get" | "list" | "watch") => {
            Err(format!("node '{node}' cannot read '{}', only its own Node object", it.name))
        }
        _ => Err(String::new()),
    }
}

fn own_pods(node: &str, verb: &str, it: &Asked<'_>, store: &Store) -> Result<(), String> {
    match (it.subresource, verb) {
        ("", "get") => get_one(node, verb, it, store),
        ("", "list" | "watch") if selected(it.fields, "spec.nodeName") == Some(node) => Ok(()),
        ("", "list" | "watch") if !it.name.is_empty() => related(node, it, store),
        ("", "list" | "watch") => Err("can only list/watch pods with spec.nodeName field selector".into()),
        ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create") => Ok(()),
        _ => Err(String::new()),
    }
}

fn refuse_unless(condition: bool, reason: &str) -> Result<(), String> {
    if condition { Ok(()) } else { Err(reason.to_owned()) }
}

/// Looks for a way from the object to the node.
fn related(node: &str, it: &Asked<'_>, store: &Store) -> Result<(), String> {
    refuse_unless(!it.name.is_empty(), "No Object name found")?;
    let found = match it.resource {
        "pods" => {
            let key = Key::new(PODS, it.namespace, it.name);
            store.get(&key).is_some_and(|pod| pod.at("spec.nodeName").str() == node)
        }
        "persistentvolumes" => volume_is_used(node, it.name, store),
        "volumeattachments" => {
            let key = Key::new(ATTACHMENTS, "", it.name);
            store.get(&key).is_some_and(|found| found.at("spec.nodeName").str() == node)
        }
        _ => pods_of(node, it.namespace, store).any(|pod| refers(pod, it)) || volume_needs_secret(node, it, store),
    };
    refuse_unless(found, &format!("no relationship found between node '{node}' and this object"))
}

fn pods_of<'a>(node: &'a str, namespace: &'a str, store: &'a Store) -> impl Iterator<Item = &'a Object> {
    store.list_in(&PODS, namespace).filter(move |pod| pod.at("spec.nodeName").str() == node && !has_ended(pod))
}

fn has_ended(pod: &Object) -> bool {
    matches!(pod.at("status.phase").str(), "Succeeded" | "Failed")
}

/// True if the volume is that of a claim of a pod on the node.
fn volume_is_used(node: &str, volume: &str, store: &Store) -> bool {
    let Some(volume) = store.get(&Key::new(VOLUMES, "", volume)) else { return false };
    let claim = volume.at("spec.claimRef");
    let (namespace, name) = (claim.get("namespace").str(), claim.get("name").str());
    let asked = Asked { resource: "persistentvolumeclaims", namespace, name, ..Asked::default() };
    pods_of(node, namespace, store).any(|pod| refers(pod, &asked))
}

/// True if a volume that a pod on the node uses needs the secret.
fn volume_needs_secret(node: &str, it: &Asked<'_>, store: &Store) -> bool {
    if it.resource != SECRETS.as_str() {
        return false;
    }
    let names_it = |volume: &Object| mentions(volume.get("spec"), "secretRef", it.name, it.namespace);
    store.list(&VOLUMES).any(|volume| names_it(volume) && volume_is_used(node, &volume.name(), store))
}

/// True if somewhere in `value` the field `word` is a reference to `namespace/name`.
fn mentions(value: &Value, word: &str, name: &str, namespace: &str) -> bool {
    let is_it = |it: &Value| it.get("name").str() == name && it.get("namespace").str() == namespace;
    value.fields().iter().any(|(key, inner)| (key == word && is_it(inner)) || mentions(inner, word, name, namespace))
}

/// True if the pod's spec names the object.
fn refers(pod: &Object, it: &Asked<'_>) -> bool {
    let spec = pod.get("spec");
    match it.resource {
        "serviceaccounts" => spec.get("serviceAccountName").str() == it.name,
        "secrets" => secret_names(spec).any(|name| name == it.name),
        "configmaps" => config_map_names(spec).any(|name| name == it.name),
        "persistentvolumeclaims" => claim_names(pod).any(|name| name == it.name),
        "resourceclaims" => {
            let own = spec.get("resourceClaims").items().iter().map(|claim| claim.get("resourceClaimName").str());
            let made = pod.at("status.resourceClaimStatuses").items().iter();
            own.chain(made.map(|claim| claim.get("resourceClaimName").str())).any(|name| name == it.name)
        }
        _ => false,
    }
}

fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.into_iter().flat_map(|field| spec.get(field).items())
}

fn sources(spec: &Value) -> impl Iterator<Item = &Value> {
    let volumes = spec.get("volumes").items().iter();
    volumes.flat_map(|it| std::iter::once(it).chain(it.at("projected.sources").items()))
}

/// The secrets that a pod's spec names.
pub(crate) fn secret_names(spec: &Value) -> impl Iterator<Item = &str> {
    let pulls = spec.get("imagePullSecrets").items().iter().map(|it| it.get("name").str());
    let of_env =
        containers(spec).flat_map(|it| it.get("env").items()).map(|it| it.at("valueFrom.secretKeyRef.name").str());
    let whole = containers(spec).flat_map(|it| it.get("envFrom").items()).map(|it| it.at("secretRef.name").str());
    let own = sources(spec).map(|it| it.at("secret.secretName").str());
    let projected = sources(spec).map(|it| it.at("secret.name").str());
    let drivers = sources(spec).flat_map(Value::fields).map(|(_, source)| source.at("secretRef.name").str());
    let published = sources(spec).map(|it| it.at("csi.nodePublishSecretRef.name").str());
    pulls.chain(of_env).chain(whole).chain(own).chain(projected).chain(drivers).chain(published)
}

/// The config maps that a pod's spec names.
pub(crate) fn config_map_names(spec: &Value) -> impl Iterator<Item = &str> {
    let of_env =
        containers(spec).flat_map(|it| it.get("env").items()).map(|it| it.at("valueFrom.configMapKeyRef.name").str());
    let whole = containers(spec).flat_map(|it| it.get("envFrom").items()).map(|it| it.at("configMapRef.name").str());
    of_env.chain(whole).chain(sources(spec).map(|it| it.at("configMap.name").str()))
}

/// The claims of a pod, those of its ephemeral volumes among them.
fn claim_names(pod: &Object) -> impl Iterator<Item = String> {
    let name = pod.name();
    pod.at("spec.volumes").items().iter().filter_map(move |it| {
        if it.get("ephemeral").is_null() {
            return it.at("persistentVolumeClaim.claimName").as_str().map(str::to_owned);
        }
        Some(format!("{name}-{}", it.get("name").str()))
    })
}
