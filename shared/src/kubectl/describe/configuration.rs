//! `ConfigMap`s, Secrets, `ServiceAccount`s and namespaces.
//!
//! Upstream: `ConfigMapDescriber`, `describeSecret`, `describeServiceAccount`, `describeNamespace`.

use crate::api::Options;
use crate::kubectl::describe::Subject;
use crate::kubectl::describe::writer::{Writer, amounts, rfc1123};
use crate::kubectl::print;
use crate::model::{Object, Order, Quantity, Value};

/// Writes a `ConfigMap`.
pub(super) fn config_map(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    subject.head(out);
    out.line(0, "\nData\n====");
    for (key, value) in subject.object.get("data").fields() {
        out.line(0, format!("{key}:\n----\n{}\n", value.str()));
    }
    out.line(0, "\nBinaryData\n====");
    for (key, value) in subject.object.get("binaryData").fields() {
        out.line(0, format!("{key}: {} bytes", decoded_bytes(value.str())));
    }
    out.line(0, "");
    subject.events(out);
}

/// How many bytes a base64 text stands for.
fn decoded_bytes(text: &str) -> usize {
    let digits = text.bytes().filter(|it| !it.is_ascii_whitespace() && *it != b'=').count();
    digits * 3 / 4
}

/// Writes a Secret, without its values.
pub(super) fn secret(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    subject.head(out);
    out.line(0, format!("\nType:\t{}", subject.object.get("type").str()));
    out.line(0, "\nData\n====");
    for (key, value) in subject.object.get("data").fields() {
        out.field(0, key, format!("{} bytes", decoded_bytes(value.str())));
    }
}

/// Writes a `ServiceAccount`.
pub(super) fn service_account(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    subject.head(out);
    let names = subject.object.get("imagePullSecrets").items();
    let mut title = "Image pull secrets:";
    if names.is_empty() {
        out.line(0, format!("{title}\t<none>"));
    }
    for name in names {
        out.line(0, format!("{title}\t{}", name.get("name").str()));
        title = "                   ";
    }
    subject.events(out);
}

/// Writes a namespace with its quotas and limits.
pub(super) fn namespace(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    subject.labels_and_annotations(out);
    out.field(0, "Status", it.at("status.phase").str());
    let conditions = it.at("status.conditions").items();
    if !conditions.is_empty() {
        out.line(0, "Conditions:");
        out.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
        out.line(1, "----\t------\t------------------\t------\t-------");
    }
    for condition in conditions {
        let text = |field: &str| condition.get(field).str();
        let since = rfc1123(condition.get("lastTransitionTime"));
        out.line(1, format!("{}\t{}\t{since}\t{}\t{}", text("type"), text("status"), text("reason"), text("message")));
    }
    let name = it.name();
    quotas(out, inside(subject, &name, "resourcequotas"));
    limits(out, inside(subject, &name, "limitranges"));
}

/// The objects of a kind in a namespace; `None` if the kind is not served.
fn inside(subject: &mut Subject<'_, '_>, namespace: &str, plural: &str) -> Option<Vec<Object>> {
    let kind = subject.session.kinds().find(plural)?;
    let list = subject.session.list(&kind, namespace, Options::default()).ok()?;
    Some(print::items(&list))
}

fn quotas(out: &mut Writer, quotas: Option<Vec<Object>>) {
    out.line(0, "");
    let quotas = quotas.unwrap_or_default();
    if quotas.is_empty() {
        out.line(0, "No resource quota.");
        return;
    }
    out.line(0, "Resource Quotas");
    for quota in quotas {
        out.field(1, "Name", quota.name());
        let mut scopes: Vec<&str> = quota.at("spec.scopes").items().iter().map(Value::str).collect();
        scopes.order();
        if !scopes.is_empty() {
            out.field(1, "Scopes", scopes.join(", "));
        }
        out.line(1, "Resource\tUsed\tHard");
        out.line(1, "--------\t---\t---");
        for (name, hard) in amounts(quota.at("status.hard")) {
            let used = Quantity::read(quota.at("status.used").get(&name));
            out.line(1, format!("{name}\t{used}\t{hard}"));
        }
    }
}

/// The columns of limits.
pub(super) const LIMIT_COLUMNS: &str =
    "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio";
/// The line below them.
pub(super) const LIMIT_LINES: &str =
    "----\t--------\t---\t---\t---------------\t-------------\t-----------------------";

fn limits(out: &mut Writer, ranges: Option<Vec<Object>>) {
    out.line(0, "");
    let ranges = ranges.unwrap_or_default();
    if ranges.is_empty() {
        out.line(0, "No LimitRange resource.");
        return;
    }
    out.line(0, format!("Resource Limits\n {LIMIT_COLUMNS}"));
    out.line(0, format!(" {LIMIT_LINES}"));
    for row in ranges.iter().flat_map(limits_of) {
        out.line(0, format!(" {row}"));
    }
}

/// The rows of a limit range: one for each resource of each limit.
pub(super) fn limits_of(range: &Object) -> Vec<String> {
    const COLUMNS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
    let of_limit = |limit: &Value| {
        let mut names: Vec<&str> =
            COLUMNS.iter().flat_map(|it| limit.get(it).fields()).map(|(name, _)| name.as_str()).collect();
        names.order();
        names.dedup();
        let row = |name: &str| {
            let cell = |column: &&str| match limit.get(column).get(name) {
                Value::Null => "-".to_owned(),
                amount => Quantity::read(amount).to_string(),
            };
            format!("{}\t{name}\t{}", limit.get("type").str(), COLUMNS.iter().map(cell).collect::<Vec<_>>().join("\t"))
        };
        names.into_iter().map(row).collect::<Vec<_>>()
    };
    range.at("spec.limits").items().iter().flat_map(of_limit).collect()
}
