//! Volumes of pods and pod templates.
//!
//! Upstream: `describeVolumes` and the functions for each source.

use crate::kubectl::describe::writer::{Writer, plain};
use crate::model::Value;

/// A source: its field, its sentence, and its fields by label and path; after `|` stands what is shown without a value.
type Source = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The sources with their sentence and fields; a field is its label and its path.
const SOURCES: &[Source] = &[
    ("hostPath", "HostPath (bare host directory volume)", &[("Path", "path"), ("HostPathType", "type|<none>")]),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[("Medium", "medium|"), ("SizeLimit", "sizeLimit|<unset>")],
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)",
        &[("SecretName", "secretName"), ("Optional", "optional|false")],
    ),
    ("configMap", "ConfigMap (a volume populated by a ConfigMap)", &[("Name", "name"), ("Optional", "optional|false")]),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server", "server"), ("Path", "path"), ("ReadOnly", "readOnly|false")],
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[("ClaimName", "claimName"), ("ReadOnly", "readOnly|false")],
    ),
    ("image", "Image (a container image or OCI artifact)", &[("Reference", "reference"), ("PullPolicy", "pullPolicy")]),
];

/// Writes the volumes in `list`.
pub(super) fn write(out: &mut Writer, list: &Value, space: &str) {
    if list.items().is_empty() {
        out.line(0, format!("{space}Volumes:\t<none>"));
        return;
    }
    out.line(0, format!("{space}Volumes:"));
    let indent = if space.is_empty() { "" } else { " " };
    for volume in list.items() {
        out.line(1, format!("{indent}{}:", volume.get("name").str()));
        source(out, volume);
    }
}

/// Writes the source of one volume.
pub(super) fn source(out: &mut Writer, volume: &Value) {
    if !volume.get("projected").is_null() {
        return projected(out, volume.at("projected.sources"));
    }
    if !volume.get("downwardAPI").is_null() {
        out.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
        return downward(out, volume.at("downwardAPI.items"));
    }
    let Some((field, sentence, fields)) = SOURCES.iter().find(|(field, ..)| !volume.get(field).is_null()) else {
        out.line(1, "<unknown>");
        return;
    };
    out.field(2, "Type", sentence);
    for (label, path) in *fields {
        let (path, default) = path.split_once('|').unwrap_or((path, ""));
        let value = volume.get(field).get(path);
        out.field(2, label, if value.is_null() { default.to_owned() } else { plain(value) });
    }
}

fn downward(out: &mut Writer, items: &Value) {
    out.line(2, "Items:");
    for item in items.items() {
        for path in ["fieldRef.fieldPath", "resourceFieldRef.resource"] {
            let from = item.at(path).str();
            if !from.is_empty() {
                out.line(3, format!("{from} -> {}", item.get("path").str()));
            }
        }
    }
}

fn projected(out: &mut Writer, sources: &Value) {
    out.field(2, "Type", "Projected (a volume that contains injected data from multiple sources)");
    for source in sources.items() {
        let named = |out: &mut Writer, label: &str, of: &Value| {
            out.field(2, label, of.get("name").str());
            out.field(2, "Optional", of.get("optional").is_true().to_string());
        };
        if !source.get("secret").is_null() {
            named(out, "SecretName", source.get("secret"));
        } else if !source.get("downwardAPI").is_null() {
            out.field(2, "DownwardAPI", "true");
        } else if !source.get("configMap").is_null() {
            named(out, "ConfigMapName", source.get("configMap"));
        } else if !source.get("serviceAccountToken").is_null() {
            let seconds = source.at("serviceAccountToken.expirationSeconds").int_or(3600);
            out.field(2, "TokenExpirationSeconds", seconds.to_string());
        }
    }
}
