//! Requests for tests in one line each: `create pods {json}`, `get pods/web`, `delete pods/web ?grace=0`;
//! `?node=a` asks as a node.

use crate::api::{Api, Body, Options, PatchKind, Propagation, Request, Response, Target, User, Verb, resources};
use crate::model::{Chance, ResourceName, Time, Value};

/// Sends each line to a fresh API server; gives a line per answer.
pub(crate) fn run(script: &str) -> String {
    run_on(&mut Api::new(Chance::new(1)), script)
}

/// The same with every admission plug-in.
#[cfg(feature = "every-kind")]
pub(crate) fn run_admitted(script: &str) -> String {
    run_on(&mut Api::new(Chance::new(1)).with_every_plugin(), script)
}

/// Sends each line to this API server.
pub(crate) fn run_on(api: &mut Api, script: &str) -> String {
    let mut out = String::new();
    for (index, line) in script.lines().map(str::trim).filter(|it| !it.is_empty()).enumerate() {
        let now = Time::VIRTUAL_START + crate::model::Span::seconds(i64::try_from(index).unwrap());
        let (line, wanted) = line.split_once(" => ").unwrap_or((line, ""));
        let response = api.handle(&request(line), now);
        out.push_str(&shown(&response, wanted));
        out.push('\n');
    }
    out
}

/// Reads `VERB RESOURCE[/NAME[/SUBRESOURCE]] [?OPTIONS] [BODY]`; `:VERSION` and `@NAMESPACE` may follow, else they are
/// `v1` and `default`.
pub(crate) fn request(line: &str) -> Request {
    let mut words = line.splitn(3, ' ');
    let (verb, path, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or(""));
    let (path, namespace) = path.split_once('@').unwrap_or((path, "default"));
    let (path, version) = path.split_once(':').unwrap_or((path, "v1"));
    let mut parts = path.split('/');
    let resource = ResourceName::new(parts.next().unwrap(), "");
    let resource = match resource.as_str().split_once('.') {
        Some((plural, group)) => ResourceName::new(plural, group),
        None => resource,
    };
    let scope = resources::find(&resource).map_or(crate::api::Scope::Namespaced, |it| it.scope);
    let target = Target {
        resource,
        version: version.into(),
        namespace: if scope == crate::api::Scope::Cluster { "".into() } else { namespace.into() },
        name: parts.next().unwrap_or("").into(),
        subresource: parts.next().unwrap_or("").into(),
    };
    let (query, body) = match rest.strip_prefix('?') {
        Some(rest) => rest.split_once(' ').unwrap_or((rest, "")),
        None => ("", rest),
    };
    let body = if body.is_empty() { Value::Null } else { Value::from_json(body).unwrap() };
    let mut request = Request { body, options: options(query), ..Request::new(verb_of(verb), target) };
    if let Some(name) = query.split('&').find_map(|it| it.strip_prefix("node=")) {
        request.user = User::component(format!("system:node:{name}"));
        request.user.groups.push("system:nodes".into());
    }
    request
}

fn verb_of(word: &str) -> Verb {
    match word {
        "get" => Verb::Get,
        "list" => Verb::List,
        "create" => Verb::Create,
        "update" => Verb::Update,
        "json" => Verb::Patch(PatchKind::Json),
        "merge" => Verb::Patch(PatchKind::Merge),
        "strategic" => Verb::Patch(PatchKind::StrategicMerge),
        "apply" => Verb::Patch(PatchKind::Apply),
        "delete" => Verb::Delete,
        "deletecollection" => Verb::DeleteCollection,
        other => panic!("unknown verb {other}"),
    }
}

fn options(query: &str) -> Options {
    let mut options = Options::default();
    for (name, value) in query.split('&').filter_map(|it| it.split_once('=')) {
        match name {
            "grace" => options.grace_period_seconds = Some(value.parse().unwrap()),
            "uid" => options.uid = value.into(),
            "dry" => options.dry_run = crate::api::DryRun::All,
            "manager" => options.field_manager = value.into(),
            "force" => options.force = true,
            "strict" => options.field_validation = crate::api::FieldValidation::Strict,
            "limit" => options.limit = value.parse().unwrap(),
            "continue" => options.continue_token = value.into(),
            "labels" => options.label_selector = value.replace(';', "&").into(),
            "fields" => options.field_selector = value.into(),
            "rv" => options.resource_version = value.into(),
            "policy" => {
                options.propagation = Some(match value {
                    "Foreground" => Propagation::Foreground,
                    "Orphan" => Propagation::Orphan,
                    _ => Propagation::Background,
                });
            }
            "node" => {}
            other => panic!("unknown option {other}"),
        }
    }
    options
}

/// The code and, of an object, the fields named in `wanted`; of a list, the names; of a refusal, the message.
pub(crate) fn shown(response: &Response, wanted: &str) -> String {
    let code = response.code;
    let warnings: String = response.warnings.iter().map(|it| format!(" (warning: {it})")).collect();
    let noted: String = response.annotations.iter().map(|(key, value)| format!(" ({key}: {value})")).collect();
    let body = match &response.body {
        Body::Object(object) if wanted == "*" => object.to_json(),
        Body::Object(object) => wanted.split_whitespace().map(|it| format!("{it}={} ", object.at(it))).collect(),
        Body::List(list) => {
            let names = list.get("items").items().iter().map(|it| it.at("metadata.name").str().to_owned());
            format!("[{}] {}", names.collect::<Vec<_>>().join(" "), list.get("metadata"))
        }
        Body::Text(text) => text.clone(),
        Body::Status(status) => format!("{} {}", status.reason, status.message),
    };
    format!("{code} {}{warnings}{noted}", body.trim())
}
