//! What counts as the same.

use shared::model::{Object, Value};

use crate::conformance::door::Answer;

/// The most differences that are shown of one object.
const SHOWN_MAX: usize = 6;

/// Compares an answer with the recorded one: the code, and the first line of the message.
pub(super) fn answers(answer: &Answer, code: i64, body: &Value) -> Vec<String> {
    let message = answer.refusal.as_str();
    let recorded = body.get("message").str();
    let mut differences = Vec::new();
    if answer.code != code {
        differences.push(format!("answered {} instead of {code}", answer.code));
    }
    let line = |text: &str| without_uids(text.lines().next().unwrap_or_default());
    if line(message) != line(recorded) {
        differences.push(format!("said `{}` instead of `{}`", line(message), line(recorded)));
    }
    differences
}

/// Compares the answer to a server-side apply with what kubectl said of it.
pub(super) fn applied(answer: &Answer, record: &Value) -> Vec<String> {
    let errors = record.at("kubectl_ssa_dry.stderr").str();
    let succeeded = record.at("kubectl_ssa_dry.rc").as_int() == Some(0);
    match (answer.refusal.is_empty(), succeeded) {
        (true, true) => Vec::new(),
        (true, false) => {
            vec![format!("accepted, though it was refused: {}", errors.lines().next().unwrap_or_default())]
        }
        (false, _) => refused(&answer.refusal, errors),
    }
}

/// Compares the words of a refusal with kubectl's, which has each finding on a line of its own.
fn refused(refusal: &str, errors: &str) -> Vec<String> {
    let (line, errors) = (without_uids(refusal.lines().next().unwrap_or_default()), without_uids(errors));
    let tail = line.split(" is invalid: ").last().unwrap_or(&line);
    let listed: Vec<&str> = errors.lines().filter_map(|it| it.strip_prefix("* ")).collect();
    if errors.contains(tail) || tail == format!("[{}]", listed.join(", ")) {
        return Vec::new();
    }
    vec![format!("said `{line}` instead of `{}`", errors.trim())]
}

/// The text with a word for each uid.
fn without_uids(text: &str) -> String {
    let is_uid = |it: &str| it.len() == 36 && it.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let part = |it: &str| if is_uid(it) { "UID".to_owned() } else { it.to_owned() };
    let between = |it: char| !it.is_ascii_hexdigit() && it != '-';
    text.split_inclusive(between)
        .map(|it| {
            let word = it.trim_end_matches(between);
            part(word) + &it[word.len()..]
        })
        .collect()
}

/// What the volume controller notes on claims.
const OF_VOLUMES: &[&str] = &[
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
];

/// Columns whose cells depend on when they are written.
const OF_TIME: &[&str] = &["Age", "Last Seen", "First Seen", "Restarts"];

/// Compares two tables: their columns, and the rows that both have.
pub(super) fn tables(ours: &Value, theirs: &Value) -> Vec<String> {
    let names = |table: &Value| -> Vec<String> {
        table.get("columnDefinitions").items().iter().map(|it| it.get("name").str().to_owned()).collect()
    };
    let (columns, recorded) = (names(ours), names(theirs));
    if columns != recorded {
        return vec![format!("columns {columns:?} instead of {recorded:?}")];
    }
    let kept = |row: &Value| -> Vec<String> {
        let cells = row.get("cells").items().iter().zip(&columns).filter(|(_, name)| !OF_TIME.contains(&name.as_str()));
        cells.map(|(cell, _)| cell.as_str().map_or_else(|| cell.to_json(), str::to_owned)).collect()
    };
    let rows: Vec<Vec<String>> = theirs.get("rows").items().iter().map(kept).collect();
    let unseen = ours.get("rows").items().iter().map(kept).filter(|row| !rows.contains(row));
    unseen.map(|row| format!("a row {row:?}")).collect()
}

/// Compares whether a file was accepted; a refusal must have been seen in kubectl's text.
pub(super) fn acceptance(record: &Value, refusals: &[String]) -> Vec<String> {
    let accepted = record.get("accepted").is_true();
    let errors = record.at("apply.stderr").str();
    let unseen = |it: &&String| !errors.contains(it.split(" is invalid: ").last().unwrap_or(it));
    match (accepted, refusals) {
        (true, []) => Vec::new(),
        (true, refusals) => vec![format!("refused: {}", refusals.join(", "))],
        (false, []) => vec![format!("accepted, though it was refused: {}", errors.trim())],
        (false, refusals) => refusals.iter().filter(unseen).map(|it| format!("refused with `{it}`")).collect(),
    }
}

/// Compares an object with the recorded one, leaving out what chance, time, the nodes and the controllers decide.
pub(super) fn objects(object: &Object, recorded: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    differ("", &comparable(object), &comparable(recorded), &mut differences);
    differences.truncate(SHOWN_MAX);
    differences
}

fn comparable(object: &Value) -> Value {
    let mut object = object.clone();
    for path in [
        "metadata.uid",
        "metadata.resourceVersion",
        "metadata.creationTimestamp",
        "metadata.generation",
        "metadata.managedFields",
        "spec.clusterIP",
        "spec.clusterIPs",
        "spec.nodeName",
        "spec.volumeName",
        "status",
        "secrets",
    ] {
        object.remove(path);
    }
    for label in ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"] {
        drop_key(&mut object, "labels", label);
    }
    for annotation in ["kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision"] {
        drop_key(&mut object, "annotations", annotation);
    }
    for annotation in OF_VOLUMES {
        drop_key(&mut object, "annotations", annotation);
    }
    for port in object.entry("spec").map_mut().entry("ports").list_mut() {
        port.remove("nodePort");
    }
    if object.at("spec.ports").is_empty() {
        object.remove("spec.ports");
    }
    if object.get("spec").is_empty() {
        object.remove("spec");
    }
    without_random(&object)
}

fn drop_key(object: &mut Value, field: &str, key: &str) {
    let place = object.entry("metadata");
    if place.get(field).as_map().is_some() {
        place.entry(field).map_mut().remove(key);
    }
    if place.get(field).is_empty() {
        place.remove(field);
    }
}

/// The token volume's random name becomes one name.
fn without_random(value: &Value) -> Value {
    match value {
        Value::Text(text) if text.starts_with("kube-api-access-") => "kube-api-access-x".into(),
        Value::Text(text) => without_uids(text).into(),
        Value::List(items) => items.iter().map(without_random).collect(),
        Value::Map(fields) => Value::Map(fields.iter().map(|(key, it)| (key.clone(), without_random(it))).collect()),
        other => other.clone(),
    }
}

fn differ(path: &str, ours: &Value, theirs: &Value, out: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Map(_), Value::Map(_)) => {
            for (key, it) in theirs.fields() {
                differ(&format!("{path}.{key}"), ours.get(key), it, out);
            }
            for (key, it) in ours.fields() {
                if theirs.as_map().is_some_and(|map| !map.contains_key(key)) {
                    out.push(format!("{path}.{key}: {it} is too much"));
                }
            }
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            for (index, (ours, theirs)) in a.iter().zip(b.iter()).enumerate() {
                differ(&format!("{path}[{index}]"), ours, theirs, out);
            }
        }
        _ if ours == theirs => {}
        _ => out.push(format!("{path}: {ours} instead of {theirs}")),
    }
}
