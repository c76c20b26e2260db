//! Replays the recorded requests.

use std::path::Path;

use shared::api::{
    DryRun, FieldValidation, Options, PatchKind, Registration, Request, Resource, Scope, Target, Verb, resources,
};
use shared::model::{Object, ResourceName, Time, Value};

use crate::conformance::door::{Answer, Door, Way};
use crate::conformance::{OBJECTS, TABLES, compare, json_lines};
use crate::failure::Failure;
use crate::files;

/// What came of one recording.
pub(super) struct Outcome {
    /// The recording's name.
    pub(super) name: String,
    /// Which recordings it belongs to.
    pub(super) kind: Kind,
    /// Empty if all was the same.
    pub(super) differences: Vec<String>,
}

/// The sorts of recording.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A wrong input that was to be refused with a certain message.
    Refused,
    /// An input that was to be accepted.
    Accepted,
    /// An object whose defaults were to be filled in.
    Object,
    /// An input that was applied server-side.
    Applied,
    /// A list as a table.
    Table,
    /// A kind that is not offered yet.
    Unknown,
}

/// Kinds whose controller decides what becomes of later requests, and says in the status that it has seen an object.
const OBSERVED: &[&str] = &["CustomResourceDefinition", "ResourceQuota"];

const NODE: &str = r#"{"metadata":{"name":"node-2"}}"#;
/// The default class of the cluster in which the examples were recorded.
const CLASS: &str = r#"{"metadata":{"name":"golden-default","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},
    "provisioner":"golden.example/none","volumeBindingMode":"WaitForFirstConsumer"}"#;

/// A fresh API server with a namespace, and the account that every namespace has.
fn server(way: &Way, namespace: &str) -> Result<Door, Failure> {
    let mut cluster = way.open()?;
    let made = Value::from([("metadata", Value::from([("name", namespace.into())]))]);
    send(&mut cluster, Verb::Create, "namespaces", "", "", made)?;
    let account = Value::from([("metadata", Value::from([("name", "default".into())]))]);
    send(&mut cluster, Verb::Create, "serviceaccounts", namespace, "", account)?;
    send(&mut cluster, Verb::Create, "nodes", "", "", Value::from_json(NODE).unwrap_or_default())?;
    Ok(cluster)
}

fn send(
    cluster: &mut Door,
    verb: Verb,
    resource: &str,
    namespace: &str,
    name: &str,
    body: Value,
) -> Result<Answer, Failure> {
    ask(cluster, verb, resource, (namespace, name), body, DryRun::Off, "")
}

fn ask(
    cluster: &mut Door,
    verb: Verb,
    resource: &str,
    (namespace, name): (&str, &str),
    body: Value,
    dry_run: DryRun,
    manager: &str,
) -> Result<Answer, Failure> {
    let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
    let resource = ResourceName::new(plural, group);
    let target = Target {
        version: version(&resource, &body).into(),
        resource,
        namespace: namespace.into(),
        name: name.into(),
        ..Target::default()
    };
    let field_manager = manager.into();
    let options = Options { dry_run, field_manager, field_validation: FieldValidation::Strict, ..Options::default() };
    cluster.ask(&Request { body, options, ..Request::new(verb, target) })
}

/// The version of the body, or the preferred one.
fn version<'a>(resource: &ResourceName, body: &'a Value) -> &'a str {
    let said = body.get("apiVersion").str().rsplit('/').next().unwrap_or_default();
    let preferred = || resources::find(resource).map_or("v1", |it| it.version);
    if said.is_empty() { preferred() } else { said }
}

/// The documents of a file.
fn documents(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = files::read_text(path)?;
    Ok(shared::model::yaml::parse(&text).into_iter().map(|it| it.value).filter(|it| !it.is_null()).collect())
}

/// Every wrong input.
pub(super) fn bad(folder: &Path, way: &Way) -> Result<Vec<Outcome>, Failure> {
    json_lines(&folder.join("bad.jsonl"))?.iter().map(|record| one_bad(folder, record, way)).collect()
}

/// The tables of a cluster's lists.
pub(super) fn tables(folder: &Path) -> Result<Vec<Outcome>, Failure> {
    let text = files::read_text(&folder.join(OBJECTS))?;
    let all = Value::from_json(&text).map_err(|error| Failure::new(format!("cannot read {OBJECTS}: {error}")))?;
    let mut outcomes = Vec::new();
    for record in json_lines(&folder.join(TABLES))? {
        let name = record.get("path").str().to_owned();
        let Some(resource) = Place::read(&name).and_then(|it| it.built_in()) else { continue };
        let own =
            all.get("items").items().iter().filter(|it| {
                it.get("kind").str() == resource.kind && it.get("apiVersion").str() == resource.api_version()
            });
        let objects: Vec<Object> = own.map(|it| Object(it.clone())).collect();
        if objects.is_empty() {
            continue;
        }
        let ours =
            shared::api::table::table(&Registration::built_in(resource), &objects, &Value::map(), Time::VIRTUAL_START);
        outcomes.push(Outcome { name, kind: Kind::Table, differences: compare::tables(&ours, record.get("table")) });
    }
    Ok(outcomes)
}

/// Every wrong input again, by server-side apply; where kubectl itself refused, there is nothing to compare.
pub(super) fn applied(folder: &Path, way: &Way) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::new();
    for record in json_lines(&folder.join("bad.jsonl"))? {
        outcomes.extend(one_applied(folder, &record, way)?);
    }
    Ok(outcomes)
}

fn one_applied(folder: &Path, record: &Value, way: &Way) -> Result<Option<Outcome>, Failure> {
    let errors = record.at("kubectl_ssa_dry.stderr").str();
    let refused_by_kubectl = errors.starts_with("error: ") && !errors.starts_with("error: Apply failed");
    let [request] = record.get("api").items() else { return Ok(None) };
    let Some(path) = Place::read(request.get("path").str()) else { return Ok(None) };
    let Some(resource) = path.built_in() else { return Ok(None) };
    if refused_by_kubectl || errors.starts_with("Warning: failed to migrate") {
        return Ok(None);
    }
    let file = folder.join(record.get("file").str());
    let mut cluster = server(way, &path.namespace)?;
    // Before it applies to what it made itself by client-side apply, kubectl moves the managed fields.
    if file.with_extension("setup.yaml").is_file() {
        return Ok(None);
    }
    let documents = documents(&file)?;
    let accepted = record.at("kubectl_apply.rc").as_int() == Some(0);
    for document in documents.iter().filter(|_| accepted) {
        let resource = resource.name();
        let (verb, name) = (Verb::Create, (path.namespace.as_str(), ""));
        ask(&mut cluster, verb, resource.as_str(), name, document.clone(), DryRun::Off, "kubectl-client-side-apply")?;
    }
    let Some(mut body) = documents.into_iter().next() else { return Ok(None) };
    // As kubectl does with what it sends to a namespace.
    if resource.scope == Scope::Namespaced && body.get("metadata").as_map().is_some() {
        body.set("metadata.namespace", path.namespace.as_str());
    }
    let name = body.at("metadata.name").str().to_owned();
    let verb = Verb::Patch(PatchKind::Apply);
    let place = (path.namespace.as_str(), name.as_str());
    let response = ask(&mut cluster, verb, resource.name().as_str(), place, body, DryRun::All, "kubectl")?;
    let name = format!("{} (server-side apply)", record.get("name").str());
    Ok(Some(Outcome { name, kind: Kind::Applied, differences: compare::applied(&response, record) }))
}

fn one_bad(folder: &Path, record: &Value, way: &Way) -> Result<Outcome, Failure> {
    let name = record.get("name").str().to_owned();
    let file = folder.join(record.get("file").str());
    let requests = record.get("api").items();
    let setup = file.with_extension("setup.yaml");
    let setup = if setup.is_file() { documents(&setup)? } else { Vec::new() };
    let offered = |it: &Value| Place::read(it.get("path").str()).filter(|it| it.is_offered(&setup));
    let found: Option<Vec<Place>> = requests.iter().map(offered).collect();
    let Some(paths) = found.filter(|it| !it.is_empty()) else {
        return Ok(Outcome { name, kind: Kind::Unknown, differences: Vec::new() });
    };
    let mut cluster = server(way, &paths[0].namespace)?;
    let mut made = Vec::new();
    for document in &setup {
        made.extend(create(&mut cluster, &paths[0].namespace, document.clone())?.and_then(|it| it.object));
    }
    if !setup.is_empty() {
        cluster.settle(|cluster| are_observed(cluster, &made))?;
    }
    let mut differences = Vec::new();
    for ((request, path), body) in requests.iter().zip(&paths).zip(documents(&file)?) {
        // What was sent as PUT was the stored object with the file's fields in it.
        let put = request.get("method").str() == "PUT";
        let verb = if put { Verb::Patch(PatchKind::StrategicMerge) } else { Verb::Create };
        let response =
            ask(&mut cluster, verb, path.resource.as_str(), (&path.namespace, &path.name), body, DryRun::All, "")?;
        differences.extend(compare::answers(&response, request.get("http").int_or(0), request.get("body")));
    }
    Ok(Outcome { name, kind: Kind::Refused, differences })
}

/// True once the controllers that have a say in later requests have seen `made`.
fn are_observed(cluster: &mut Door, made: &[Object]) -> Result<bool, Failure> {
    for object in made.iter().filter(|it| OBSERVED.contains(&it.kind())) {
        let now = preferred(cluster, object.clone())?;
        let is_served = now.kind() != "CustomResourceDefinition" || !now.condition("Established").is_null();
        if now.get("status").is_empty() || !is_served {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The path of a recorded request.
struct Place {
    resource: ResourceName,
    namespace: String,
    name: String,
}

impl Place {
    fn read(path: &str) -> Option<Self> {
        let path = path.split('?').next()?;
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (group, rest) = match &parts[..] {
            ["api", _, rest @ ..] => ("", rest),
            ["apis", group, _, rest @ ..] => (*group, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            _ => ("", rest),
        };
        let resource = ResourceName::new(rest.first()?, group);
        Some(Self { resource, namespace: namespace.into(), name: rest.get(1).copied().unwrap_or("").into() })
    }

    /// The built-in resource; `None` for a custom one, and for one that is not offered.
    fn built_in(&self) -> Option<&'static Resource> {
        resources::find(&self.resource)
    }

    /// True for a built-in resource, and for one that is defined before.
    fn is_offered(&self, setup: &[Value]) -> bool {
        let defines = |it: &Value| {
            it.get("kind").str() == "CustomResourceDefinition" && it.at("metadata.name").str() == self.resource.as_str()
        };
        self.built_in().is_some() || setup.iter().any(defines)
    }
}

fn create(cluster: &mut Door, namespace: &str, document: Value) -> Result<Option<Answer>, Failure> {
    let object = Object(document);
    let Some(resource) = resources::find_kind(object.api_version(), object.kind()) else { return Ok(None) };
    let own = object.namespace();
    let place = match resource.scope {
        Scope::Cluster => "",
        Scope::Namespaced if own.is_empty() => namespace,
        Scope::Namespaced => &own,
    };
    let (name, own_name) = (resource.name(), object.name());
    let response = send(cluster, Verb::Create, name.as_str(), place, "", object.0.clone())?;
    if response.reason != "AlreadyExists" {
        return Ok(Some(response));
    }
    // As `kubectl apply` does with what every cluster has.
    send(cluster, Verb::Patch(PatchKind::Merge), name.as_str(), place, &own_name, object.0).map(Some)
}

/// Every example of the documentation.
pub(super) fn examples(folder: &Path, way: &Way) -> Result<Vec<Outcome>, Failure> {
    let records = json_lines(&folder.join("examples.jsonl"))?;
    let stored = json_lines(&folder.join("examples-objects.jsonl"))?;
    let mut outcomes = Vec::new();
    for record in &records {
        let file = record.get("file").str();
        let objects = stored.iter().find(|it| it.get("file").str() == file);
        let stored = objects.map_or(&Value::Null, |it| it.get("objects"));
        outcomes.extend(example(folder, record, stored, way)?);
    }
    Ok(outcomes)
}

fn example(folder: &Path, record: &Value, stored: &Value, way: &Way) -> Result<Vec<Outcome>, Failure> {
    let file = record.get("file").str();
    let namespace = record.get("ns").str();
    let mut cluster = server(way, namespace)?;
    let class = Value::from_json(CLASS).unwrap_or_default();
    send(&mut cluster, Verb::Create, "storageclasses.storage.k8s.io", "", "", class)?;
    for other in record.get("namespaces_precreated").items() {
        let made = Value::from([("metadata", Value::from([("name", other.clone())]))]);
        send(&mut cluster, Verb::Create, "namespaces", "", "", made)?;
    }
    let mut refusals = Vec::new();
    let mut outcomes = Vec::new();
    let mut all_known = true;
    for document in documents(&folder.join("examples").join(file))? {
        let Some(answer) = create(&mut cluster, namespace, document)? else {
            all_known = false;
            continue;
        };
        match answer.object {
            Some(object) => outcomes.extend(compare_stored(file, &preferred(&mut cluster, object)?, stored)),
            None => refusals.push(answer.refusal),
        }
    }
    if !all_known {
        outcomes.push(Outcome { name: file.into(), kind: Kind::Unknown, differences: Vec::new() });
        return Ok(outcomes);
    }
    outcomes.push(Outcome {
        name: file.into(),
        kind: Kind::Accepted,
        differences: compare::acceptance(record, &refusals),
    });
    Ok(outcomes)
}

/// The object again, in the preferred version of its kind.
fn preferred(cluster: &mut Door, object: Object) -> Result<Object, Failure> {
    let Some(resource) = resources::find_kind(object.api_version(), object.kind()) else { return Ok(object) };
    let (resource, namespace, name) = (resource.name(), object.namespace(), object.name());
    let read = send(cluster, Verb::Get, resource.as_str(), &namespace, &name, Value::Null)?;
    Ok(read.object.unwrap_or(object))
}

fn compare_stored(file: &str, object: &Object, stored: &Value) -> Option<Outcome> {
    let same = |it: &&Value| it.get("kind").str() == object.kind() && it.at("metadata.name").str() == object.name();
    let recorded = stored.items().iter().find(same)?;
    let name = format!("{file} {}/{}", object.kind(), object.name());
    Some(Outcome { name, kind: Kind::Object, differences: compare::objects(object, recorded) })
}
