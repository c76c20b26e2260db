//! What a pod's volumes need before it may start, and the files they put into its containers.
//!
//! Upstream: `pkg/kubelet/volumemanager`, `pkg/volume/configmap`, `pkg/volume/secret`, `pkg/volume/projected`,
//! `pkg/volume/downwardapi`.

use super::env::{self, Sources};
use super::pod::PodState;
use crate::model::key::resources::{CONFIG_MAPS, SECRETS};
use crate::model::{Key, Object, Text, Value};
use crate::store::Store;
use smol_str::format_smolstr;

/// The `ConfigMap` of every namespace with the API server's certificate.
///
/// DIFFERENCE: the volume that every pod gets is mounted without waiting for it, so that a cluster without the controller
/// that publishes it can run pods.
const ROOT_CA: &str = "kube-root-ca.crt";

/// The first volume that cannot be mounted, with the event's message; `None` when all can.
pub(super) fn missing(pod: &PodState, store: &Store) -> Option<Text> {
    pod.object.at("spec.volumes").items().iter().find_map(|volume| {
        let name = volume.get("name").str();
        let why = sources(volume).find_map(|source| lacking(source, pod, store))?;
        Some(format_smolstr!("MountVolume.SetUp failed for volume \"{name}\" : {why}"))
    })
}

/// A volume's own source, or those of a projected one.
fn sources(volume: &Value) -> impl Iterator<Item = &Value> {
    let projected = volume.at("projected.sources").items();
    let own = projected.is_empty().then_some(volume);
    own.into_iter().chain(projected)
}

fn lacking(source: &Value, pod: &PodState, store: &Store) -> Option<Text> {
    let (resource, word, reference) = reference(source)?;
    let name = reference_name(reference);
    let namespace = &pod.key.namespace;
    if reference.get("optional").is_true() || name == ROOT_CA {
        return None;
    }
    let Some(object) = store.get(&Key::new(resource, namespace.clone(), name.clone())) else {
        return Some(format_smolstr!("{word} \"{name}\" not found"));
    };
    let wanted = reference.get("items").items().iter().map(|it| it.get("key").str());
    let mut absent = wanted.filter(|key| object.get("data").get(key).is_null());
    absent.next().map(|key| format_smolstr!("references non-existent {word} key: {key}"))
}

fn reference(source: &Value) -> Option<(crate::model::ResourceName, &'static str, &Value)> {
    match (source.get("configMap"), source.get("secret")) {
        (Value::Null, Value::Null) => None,
        (Value::Null, secret) => Some((SECRETS, "secret", secret)),
        (config_map, _) => Some((CONFIG_MAPS, "configmap", config_map)),
    }
}

fn reference_name(reference: &Value) -> Text {
    let name = reference.get("name").text();
    if name.is_empty() { reference.get("secretName").text() } else { name }
}

/// The files that the mounted volumes put into a container.
pub(super) fn files(container: &Value, from: Sources<'_>) -> Vec<(Text, Text)> {
    let volumes = from.pod.object.at("spec.volumes").items();
    let mounts = container.get("volumeMounts").items().iter();
    mounts
        .flat_map(|mount| {
            let name = mount.get("name").str();
            let volume = volumes.iter().find(|it| it.get("name").str() == name).unwrap_or(&Value::Null);
            let files = sources(volume).flat_map(|source| source_files(source, from));
            files.filter_map(|(path, text)| Some((mounted(mount, &path)?, text))).collect::<Vec<_>>()
        })
        .collect()
}

/// Where a volume's file appears in the container; `None` if `subPath` leaves it out.
fn mounted(mount: &Value, path: &str) -> Option<Text> {
    let place = mount.get("mountPath").str().trim_end_matches('/');
    match mount.get("subPath").str() {
        "" => Some(format_smolstr!("{place}/{path}")),
        sub if sub == path => Some(place.into()),
        sub => path.strip_prefix(sub)?.strip_prefix('/').map(|rest| format_smolstr!("{place}/{rest}")),
    }
}

fn source_files(source: &Value, from: Sources<'_>) -> Vec<(Text, Text)> {
    let downward = source.get("downwardAPI").get("items").items().iter().map(|item| {
        let resource = item.get("resourceFieldRef");
        let text = if resource.is_null() {
            env::field(item.at("fieldRef.fieldPath").str(), from)
        } else {
            env::resource_field(resource, &from.pod.spec(resource.get("containerName").str()), from)
        };
        (item.get("path").text(), text)
    });
    let Some((resource, _, reference)) = reference(source) else { return downward.collect() };
    let key = Key::new(resource, from.pod.key.namespace.clone(), reference_name(reference));
    from.store.get(&key).map(|object| chosen(object, reference)).unwrap_or_default()
}

fn chosen(object: &Object, reference: &Value) -> Vec<(Text, Text)> {
    let data = env::data(object);
    let items = reference.get("items").items();
    if items.is_empty() {
        return data;
    }
    let pick = |item: &Value| {
        let (_, text) = data.iter().find(|(key, _)| key == item.get("key").str())?;
        Some((item.get("path").text(), text.clone()))
    };
    items.iter().filter_map(pick).collect()
}
