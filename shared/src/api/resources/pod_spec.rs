//! The defaults of a pod spec, alone or in a template.
//!
//! Upstream: `pkg/apis/core/v1/defaults.go`. What is there already is only looked at, so that a pod made from a defaulted
//! template shares the template's containers.

use crate::api::resources::workload::{default, default_empty, each, within};
use crate::model::quantity::Format;
use crate::model::{Quantity, Value};

/// Mode bits of files in volumes: 0644.
const FILE_MODE: i64 = 0o644;
/// Seconds after which a projected token ends.
const TOKEN_SECONDS: i64 = 3_600;

/// `SetDefaults_PodSpec` and everything under it.
pub(super) fn default_pod_spec(spec: &mut Value) {
    default_empty(spec, "dnsPolicy", "ClusterFirst");
    default_empty(spec, "restartPolicy", "Always");
    default_empty(spec, "schedulerName", "default-scheduler");
    default(spec, "securityContext", Value::map());
    default(spec, "terminationGracePeriodSeconds", 30);
    mirror_service_account(spec);
    for field in ["initContainers", "containers", "ephemeralContainers"] {
        each(spec, field, default_container);
    }
    each(spec, "volumes", default_volume);
    within(spec, "resources", default_resources);
    within(spec, "overhead", canonical_amounts);
}

/// What `SetDefaults_Pod` adds for a pod that is no template.
pub(super) fn default_pod(spec: &mut Value) {
    default_pod_spec(spec);
    default(spec, "enableServiceLinks", true);
    let host_network = spec.get("hostNetwork").is_true();
    for field in ["initContainers", "containers"] {
        each(spec, field, |container| {
            request_limits(container);
            if host_network {
                each(container, "ports", |port| {
                    let number = port.get("containerPort").clone();
                    default_empty(port, "hostPort", number);
                });
            }
        });
    }
}

/// The deprecated `serviceAccount` and `serviceAccountName` are one field.
fn mirror_service_account(spec: &mut Value) {
    let name = spec.get("serviceAccountName").text();
    let name = if name.is_empty() { spec.get("serviceAccount").text() } else { name };
    if name.is_empty() {
        return;
    }
    for field in ["serviceAccount", "serviceAccountName"] {
        if spec.get(field).str() != name {
            spec.set(field, &name);
        }
    }
}

fn default_container(container: &mut Value) {
    if container.get("imagePullPolicy").is_empty() {
        let policy = if pulls_latest(container.get("image").str()) { "Always" } else { "IfNotPresent" };
        container.set("imagePullPolicy", policy);
    }
    default_empty(container, "terminationMessagePath", "/dev/termination-log");
    default_empty(container, "terminationMessagePolicy", "File");
    default(container, "resources", Value::map());
    within(container, "resources", default_resources);
    each(container, "ports", |port| default_empty(port, "protocol", "TCP"));
    each(container, "env", |variable| within(variable, "valueFrom", default_source));
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        within(container, probe, default_probe);
    }
    within(container, "lifecycle", |lifecycle| {
        for hook in ["postStart", "preStop"] {
            within(lifecycle, hook, |hook| within(hook, "httpGet", default_http_get));
        }
    });
}

fn default_source(source: &mut Value) {
    within(source, "fieldRef", default_field_ref);
    within(source, "fileKeyRef", |file| default(file, "optional", false));
    within(source, "resourceFieldRef", |field| default(field, "divisor", "0"));
}

fn default_field_ref(field: &mut Value) {
    default_empty(field, "apiVersion", "v1");
}

fn default_probe(probe: &mut Value) {
    default_empty(probe, "timeoutSeconds", 1);
    default_empty(probe, "periodSeconds", 10);
    default_empty(probe, "successThreshold", 1);
    default_empty(probe, "failureThreshold", 3);
    within(probe, "httpGet", default_http_get);
    within(probe, "grpc", |grpc| default(grpc, "service", ""));
}

fn default_http_get(get: &mut Value) {
    default_empty(get, "path", "/");
    default_empty(get, "scheme", "HTTP");
}

/// Limits that are asked for without a request are requested too.
fn request_limits(container: &mut Value) {
    within(container, "resources", |resources| {
        let limits = resources.get("limits").clone();
        for (name, amount) in limits.fields() {
            if resources.get("requests").get(name).is_null() {
                resources.entry("requests").map_mut().insert(name.clone(), amount.clone());
            }
        }
    });
}

fn default_resources(resources: &mut Value) {
    within(resources, "limits", canonical_amounts);
    within(resources, "requests", canonical_amounts);
}

/// `SetDefaults_ResourceList`: amounts are rounded up to thousandths and written in their canonical form.
pub(super) fn canonical_amounts(amounts: &mut Value) {
    for (name, amount) in amounts.clone().fields() {
        let canonical = Quantity::from_value(amount).map(|it| rounded_to_milli(it).to_string());
        if let Ok(text) = canonical
            && amount.as_str() != Some(&text)
        {
            amounts.map_mut().insert(name.clone(), text);
        }
    }
}

fn rounded_to_milli(amount: Quantity) -> Quantity {
    if amount.is_whole_milli() || amount.format() == Format::BinarySi {
        return amount;
    }
    Quantity::milli(amount.milli_value())
}

/// True for an image without tag and digest, and for the tag `latest`; false for what is no image's name.
fn pulls_latest(image: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@[]".contains(&byte);
    if !image.bytes().all(known) {
        return false;
    }
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => digest.is_none() && !image.is_empty(),
    }
}

fn default_volume(volume: &mut Value) {
    if volume.fields().iter().all(|(field, value)| field == "name" || value.is_null()) {
        volume.set("emptyDir", Value::map());
    }
    for field in ["secret", "configMap"] {
        within(volume, field, |files| default(files, "defaultMode", FILE_MODE));
    }
    within(volume, "downwardAPI", |files| {
        default(files, "defaultMode", FILE_MODE);
        each(files, "items", |item| within(item, "fieldRef", default_field_ref));
    });
    within(volume, "projected", default_projected);
    default_source_of_volume(volume);
    within(volume, "emptyDir", |directory| within(directory, "sizeLimit", canonical_amount));
    within(volume, "ephemeral", |it| {
        within(it, "volumeClaimTemplate", |template| within(template, "spec", default_claim_spec));
    });
}

/// The sources that a pod's volumes and the cluster's have in common.
pub(super) fn default_source_of_volume(volume: &mut Value) {
    within(volume, "hostPath", |path| default(path, "type", ""));
    within(volume, "iscsi", |it| default_empty(it, "iscsiInterface", "default"));
    within(volume, "rbd", |it| {
        default_empty(it, "pool", "rbd");
        default_empty(it, "user", "admin");
        default_empty(it, "keyring", "/etc/ceph/keyring");
    });
    within(volume, "azureDisk", |it| {
        default(it, "cachingMode", "ReadWrite");
        default(it, "kind", "Shared");
        default(it, "fsType", "ext4");
        default(it, "readOnly", false);
    });
    within(volume, "scaleIO", |it| {
        default_empty(it, "storageMode", "ThinProvisioned");
        default_empty(it, "fsType", "xfs");
    });
}

fn default_projected(projected: &mut Value) {
    default(projected, "defaultMode", FILE_MODE);
    each(projected, "sources", |source| {
        // The feature gate PodCertificateRequest is off by default.
        if !source.get("podCertificate").is_null() {
            source.remove("podCertificate");
        }
        within(source, "serviceAccountToken", |token| default(token, "expirationSeconds", TOKEN_SECONDS));
        within(source, "downwardAPI", |files| {
            each(files, "items", |item| within(item, "fieldRef", default_field_ref));
        });
    });
}

/// The spec of a claim, alone or as a template.
pub(super) fn default_claim_spec(spec: &mut Value) {
    default(spec, "volumeMode", "Filesystem");
    within(spec, "resources", default_resources);
}

fn canonical_amount(amount: &mut Value) {
    if let Ok(it) = Quantity::from_value(amount) {
        *amount = it.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(spec: &str, expected: &Expect) {
        let mut spec = Value::from_json(spec).unwrap();
        default_pod(&mut spec);
        for field in ["dnsPolicy", "restartPolicy", "schedulerName", "securityContext", "enableServiceLinks"] {
            assert!(!spec.remove(field).is_null());
        }
        expected.assert_eq(&spec.to_json());
        let shared = spec.clone();
        default_pod_spec(&mut spec);
        assert_eq!(spec.get("containers"), shared.get("containers"));
    }

    #[test]
    fn defaults_of_containers_and_volumes() {
        check(
            r#"{"containers":[{"image":"a/b:1","livenessProbe":{"httpGet":{"port":80}},"resources":{"limits":{"cpu":0.0001}}}],
                "volumes":[{"name":"a"},{"name":"b","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}]}"#,
            &expect![[
                r#"{"containers":[{"image":"a/b:1","imagePullPolicy":"IfNotPresent","livenessProbe":{"failureThreshold":3,"httpGet":{"path":"/","port":80,"scheme":"HTTP"},"periodSeconds":10,"successThreshold":1,"timeoutSeconds":1},"resources":{"limits":{"cpu":"1m"},"requests":{"cpu":"1m"}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"terminationGracePeriodSeconds":30,"volumes":[{"emptyDir":{},"name":"a"},{"name":"b","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"expirationSeconds":3600,"path":"t"}}]}}]}"#
            ]],
        );
        check(
            r#"{"hostNetwork":true,"serviceAccount":"me","containers":[{"image":"a@sha256:1","ports":[{"containerPort":80}]}]}"#,
            &expect![[
                r#"{"containers":[{"image":"a@sha256:1","imagePullPolicy":"IfNotPresent","ports":[{"containerPort":80,"hostPort":80,"protocol":"TCP"}],"resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"hostNetwork":true,"serviceAccount":"me","serviceAccountName":"me","terminationGracePeriodSeconds":30}"#
            ]],
        );
    }

    #[test]
    fn only_latest_is_always_pulled() {
        let images = ["nginx", "nginx:latest", "nginx:1", "host:5000/nginx", "host:5000/nginx:1", "nginx@sha256:1", ""];
        let shown: Vec<String> = images.iter().map(|it| format!("{it}={}", pulls_latest(it))).collect();
        expect!["nginx=true nginx:latest=true nginx:1=false host:5000/nginx=true host:5000/nginx:1=false nginx@sha256:1=false =false"].assert_eq(&shown.join(" "));
    }
}
