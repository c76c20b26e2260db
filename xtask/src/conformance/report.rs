//! The result as a document.

use std::fmt::Write as _;

use crate::conformance::cases::{Kind, Outcome};

/// Departures that are meant, each with its reason.
const DIFFERENCES: &[&str] = &[
    "A refused update of a pod's spec ends after its first line: Kubernetes adds a diff of its internal Go structs, which exist nowhere else.",
    "A pod whose namespace has no service account `default` yet is admitted; Kubernetes waits a second for it and then refuses.",
    "Unknown fields are named in the order of the alphabet; Kubernetes names them in the order of the body. kubectl sends them sorted, so that its users see no difference.",
    "An object that a component of the cluster made for itself has no managed fields until somebody else writes it; when it is first applied server-side, all its fields belong to `before-first-apply`.",
    "Clusters are single stack IPv4 with Services in 10.96.0.0/12 and node ports 30000-32767, the defaults of kube-apiserver.",
    "A refused change of a Job's template, of a persistent volume or of a claim is told without the internal Go structs, as that of a pod.",
    "Expressions (CEL) are read by cel-go's grammar and checked and run by code of ours. An expression may have 32 KiB and be nested less deeply than upstream's; what it may cost is limited when it runs and near to upstream's costs. Timestamps have microseconds; of time zones `UTC` and offsets are known. The library of images is missing: its functions are refused as undeclared when the policy is written. Field and label selectors in questions to `authorizer` are missing too.",
    "Admission policies are in force from the next request on, and apply in the order of their names. An object that is asked for in another version than the stored one is shown to them as it is stored.",
    "Printed for a PodPreset, a policy leaves a pod with conflicts alone without an event.",
    "Of a certificate signing request that cannot be read only that is told, not where Go's parser stopped; signatures of keys on P-521, of short RSA keys and of ML-DSA keys are not looked at when it is made, and not signed.",
    "The rules of aggregated ClusterRoles are written by a merge patch, so that no field manager is noted for them.",
    "Of several findings of a LimitRange, and of the endpoints of a slice, the order is a stated one; that of Kubernetes is that of a Go map.",
    "A quota is counted anew when something in its namespace frees what it counts, and not every five minutes besides.",
    "A server that starts again over its data goes on with empty container logs, and scripts older than an hour begin anew.",
    "In OpenAPI documents operations have no descriptions, a field's does not say what each of its possible words means, and lists are described as those of custom resources. A cluster in the page has no descriptions at all, and its `kubectl explain` says so.",
    "Admission webhooks are in force from the next request on; of a connection (exec, attach, port-forward) they are asked when it comes over HTTP, and cannot change its options. Events of the cluster's own parts that one is about are dropped, and a heartbeat that one is about goes on after some tries as if it could not be reached. Of the audit log's notes the patch is missing, and a reason of a refusal that Kubernetes does not know.",
    "Metadata inside of the default of an embedded resource is not held against what metadata may be. Where a webhook converts, the objects of a list or of several events of a watch are sent to it together, each watch asks for itself, fields that a manager owns in another version stay as they were noted, and the page sees objects as they are stored.",
    "Of alternatives in a custom schema (`anyOf`, `oneOf`) that all fail, the first one's findings are told, not the best one's; the formats isbn, creditcard, ssn, colors and bsonobjectid are not looked at.",
    "A JSONPath with more than four `..` in each other is refused; Kubernetes has no limit.",
    "The IPAddress of a Service is made and deleted a moment after the Service; in Kubernetes just before. A ServiceCIDR that no address needs goes at once and not after ten seconds.",
    "Server-side apply takes a list within a list, or as a value of a map, of a custom resource as one value.",
    "Accepted names and establishment of a definition come in one write.",
    "Servers in simulated pods answer forwarded connections with short pages; one that does not speak HTTP closes them at the first byte.",
    "The audit log has no line for the end of a command or of forwarded ports.",
    "metrics.k8s.io is part of discovery without an APIService, and has no OpenAPI document.",
    "Answers are JSON or YAML with sorted fields; bodies in protobuf are read, and a client that takes nothing but protobuf is refused.",
];

/// Why what is left is left.
const LEFT: &str = "Of the recordings that are not the same, the fields' order is a difference that is meant, and the Ingress was recorded while the cluster still had the default class of another example (`default-ingressclass.yaml`). Recordings that are not offered are nine inputs that kubectl refuses before it asks, and the examples of kinds that are missing here (DeviceClass, ResourceClaim, ResourceClaimTemplate, FlowSchema) or in Kubernetes v1.36 as well (EgressSelectorConfiguration, PodSecurityPolicy, MutatingAdmissionPolicy v1beta1, a ReplicaLimit without its definition).";

const ROWS: &[(Kind, &str)] = &[
    (Kind::Refused, "inputs, most of them wrong: code and message the same"),
    (Kind::Applied, "the same inputs by server-side apply: refused with the same message or accepted"),
    (Kind::Accepted, "examples of the documentation: accepted or refused the same"),
    (Kind::Object, "objects of the examples: stored the same, defaults filled in"),
    (Kind::Table, "lists as tables: every column but those of time"),
    (Kind::Unknown, "recordings of kinds that are not offered"),
];

/// One line per sort of recording.
pub(super) fn summary(results: &[Outcome]) -> String {
    let mut text = String::new();
    for (kind, about) in ROWS {
        let all = results.iter().filter(|it| it.kind == *kind);
        let (total, same) =
            all.fold((0, 0), |(total, same), it| (total + 1, same + usize::from(it.differences.is_empty())));
        // Writing to a string cannot fail.
        let _ = if *kind == Kind::Unknown {
            writeln!(text, "| {about} | | {total} |")
        } else {
            writeln!(text, "| {about} | {same} | {total} |")
        };
    }
    text
}

/// The whole document.
pub(super) fn write(results: &[Outcome]) -> String {
    let mut text = String::from(
        "# Conformance\n\nThe API server held against recordings of Kubernetes v1.36: `cargo xtask conformance FOLDER`.\nWith `--http` the same is asked of `pilothouse serve` over TLS, a fresh server for each case, and any other result is an\nerror; only the tables are printed in process alone, from the recorded objects.\n\n| what | the same | of |\n| --- | --- | --- |\n",
    );
    text.push_str(&summary(results));
    text.push_str("\n## Differences that are meant\n\n");
    for difference in DIFFERENCES {
        let _ = writeln!(text, "* {difference}");
    }
    text.push_str("\n## How true each kind is\n\n");
    text.push_str(&shared::api::resources::fidelity_table());
    text.push_str("\n## Recordings that are not the same\n\n");
    for result in results.iter().filter(|it| !it.differences.is_empty()) {
        let _ = writeln!(text, "* {}: {}", result.name, result.differences.join("; "));
    }
    let _ = writeln!(text, "\n{LEFT}");
    text
}
