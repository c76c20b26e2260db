//! What a verb works with: its client, its input and its output.
//!
//! Upstream: `k8s.io/client-go/rest` (warnings, request logs at `-v=6` and above).

use crate::api::{Body, Options, PatchKind, Request, Response, Target, User, Verb};
use crate::kubectl::discovery::{Kind, Kinds};
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::Args;
use crate::kubectl::{Chunk, Client, Input};
use crate::model::key::resources::NAMESPACES;
use crate::model::{Object, Text, Time, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many objects kubectl asks for at a time; shown in the log of requests only, because lists come whole.
const CHUNK_OBJECTS: usize = 500;

/// What a command remembers between polls.
pub(crate) struct Context {
    /// Files, standard input, configuration.
    pub(crate) input: Input,
    /// The output since the last poll.
    pub(crate) chunks: Vec<Chunk>,
    /// When it wants to be polled at the latest.
    pub(crate) wake: Option<Time>,
    /// The global flags.
    pub(crate) global: Global,
    kinds: Option<Arc<Kinds>>,
    warned: BTreeSet<String>,
}

/// The flags that every verb has.
#[derive(Clone, Debug)]
pub(crate) struct Global {
    /// `--namespace`; empty without.
    pub(crate) namespace: Text,
    /// `--as`, or the administrator.
    pub(crate) user: User,
    /// `-v`.
    pub(crate) verbosity: i64,
}

/// A poll of a command.
pub(crate) struct Session<'a> {
    /// The way to the API server.
    pub(crate) client: &'a mut dyn Client,
    /// What is remembered between polls.
    pub(crate) context: &'a mut Context,
}

impl Context {
    /// The context of a command that has not begun.
    pub(crate) fn new(input: Input) -> Self {
        let global = Global { namespace: Text::default(), user: User::admin(), verbosity: 0 };
        Self { input, chunks: Vec::new(), wake: None, global, kinds: None, warned: BTreeSet::new() }
    }
}

impl Global {
    /// Reads the global flags.
    pub(crate) fn read(args: &Args) -> Self {
        let mut user = User::admin();
        if args.has("as") {
            user = impersonated(args.get("as"), &args.all("as-group"));
        }
        Self { namespace: args.get("namespace").into(), user, verbosity: args.number("v") }
    }
}

fn impersonated(name: &str, groups: &[&str]) -> User {
    let mut groups: Vec<Text> = groups.iter().map(Text::new).collect();
    if let Some(account) = name.strip_prefix("system:serviceaccount:").filter(|_| groups.is_empty()) {
        let namespace = account.split(':').next().unwrap_or_default();
        groups.push("system:serviceaccounts".into());
        groups.push(format!("system:serviceaccounts:{namespace}").into());
    }
    groups.push("system:authenticated".into());
    User { name: name.into(), groups, ..User::default() }
}

impl Session<'_> {
    /// The virtual time.
    pub(crate) fn now(&self) -> Time {
        self.client.now()
    }

    /// The namespace of this command: the flag's, else the context's, else `default`.
    pub(crate) fn namespace(&self) -> Text {
        let of_context = &self.context.input.config.namespace;
        let candidates = [&self.context.global.namespace, of_context];
        candidates.into_iter().find(|it| !it.is_empty()).cloned().unwrap_or(Text::new_static("default"))
    }

    /// True if the namespace was given on the command line, so that objects must not name another.
    pub(crate) fn namespace_enforced(&self) -> bool {
        !self.context.global.namespace.is_empty()
    }

    /// Writes to standard output.
    pub(crate) fn out(&mut self, text: impl Into<String>) {
        push(&mut self.context.chunks, text.into(), Stream::Out);
    }

    /// Writes a line to standard output.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        self.out(format!("{}\n", text.as_ref()));
    }

    /// Writes to standard error.
    pub(crate) fn error(&mut self, text: impl Into<String>) {
        push(&mut self.context.chunks, text.into(), Stream::Err);
    }

    /// Writes a line to standard error, with a line end only if it has none.
    pub(crate) fn error_line(&mut self, text: &str) {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        self.error(format!("{text}{end}"));
    }

    /// Writes `Warning: …` to standard error, each only once.
    pub(crate) fn warn(&mut self, text: &str) {
        if self.context.warned.insert(text.to_owned()) {
            self.error(format!("Warning: {text}\n"));
        }
    }

    /// The same in bold yellow on real terminals: not deduplicated.
    pub(crate) fn warn_always(&mut self, text: &str) {
        self.error(format!("Warning: {text}\n"));
    }

    /// What the server serves.
    pub(crate) fn kinds(&mut self) -> Arc<Kinds> {
        if let Some(kinds) = &self.context.kinds {
            return Arc::clone(kinds);
        }
        let kinds = Arc::new(Kinds::discover(self.client));
        self.context.kinds = Some(Arc::clone(&kinds));
        kinds
    }

    /// Asks to be polled at `time` even if nothing changes.
    pub(crate) fn wake_at(&mut self, time: Time) {
        let wake = self.context.wake.map_or(time, |it| it.min(time));
        self.context.wake = Some(wake);
    }

    /// Sends a request, shows the warnings, and gives the answer or the refusal.
    pub(crate) fn send(
        &mut self,
        verb: Verb,
        target: Target,
        body: Value,
        options: Options,
    ) -> Result<Response, Failure> {
        let request = Request { verb, target, body, options, user: self.context.global.user.clone() };
        let verbosity = self.context.global.verbosity;
        let shown = if verbosity >= 6 { Some(self.log_request(&request)) } else { None };
        let response = self.client.request(request);
        if let Some((method, url)) = shown {
            self.log_response(method, &url, &response);
        }
        for warning in &response.warnings {
            self.warn(warning);
        }
        match response.failure() {
            Some(status) => Err(status.clone().into()),
            None => Ok(response),
        }
    }

    /// GET of one object.
    pub(crate) fn get(&mut self, kind: &Kind, namespace: &str, name: &str) -> Result<Object, Failure> {
        let response = self.send(Verb::Get, kind.target(namespace, name), Value::Null, Options::default());
        match response {
            Err(failure) if failure.is_not_found() => Err(self.missing_namespace(kind, namespace).unwrap_or(failure)),
            other => object(other?),
        }
    }

    /// An object that is missing because its namespace is: then that is said.
    fn missing_namespace(&mut self, kind: &Kind, namespace: &str) -> Option<Failure> {
        if !kind.namespaced || namespace.is_empty() || namespace == "default" {
            return None;
        }
        let namespaces = self.kinds().resource(&NAMESPACES).ok()?;
        let target = namespaces.target("", namespace);
        self.send(Verb::Get, target, Value::Null, Options::default()).err().filter(Failure::is_not_found)
    }

    /// GET of a collection: the list object, `items` inside, each with its kind.
    pub(crate) fn list(&mut self, kind: &Kind, namespace: &str, options: Options) -> Result<Value, Failure> {
        let response = self.send(Verb::List, kind.target(namespace, ""), Value::Null, options)?;
        match response.body {
            Body::List(list) => Ok(with_kinds(list, kind)),
            Body::Object(_) | Body::Text(_) | Body::Status(_) => Err(unexpected()),
        }
    }

    /// The objects of a collection that match a label selector.
    pub(crate) fn select(&mut self, kind: &Kind, namespace: &str, labels: &str) -> Result<Vec<Object>, Failure> {
        let options = Options { label_selector: labels.into(), ..Options::default() };
        let list = self.list(kind, namespace, options)?;
        Ok(list.get("items").items().iter().cloned().map(Object).collect())
    }

    /// POST of a new object.
    pub(crate) fn create(&mut self, kind: &Kind, object_: &Object, options: Options) -> Result<Object, Failure> {
        let target = kind.target(&object_.namespace(), "");
        object(self.send(Verb::Create, target, object_.0.clone(), options)?)
    }

    /// PUT of an object.
    pub(crate) fn replace(&mut self, kind: &Kind, object_: &Object, options: Options) -> Result<Object, Failure> {
        let target = kind.target(&object_.namespace(), &object_.name());
        object(self.send(Verb::Update, target, object_.0.clone(), options)?)
    }

    /// PATCH of an object or one of its subresources.
    pub(crate) fn patch(
        &mut self,
        target: Target,
        patch_kind: PatchKind,
        patch: Value,
        options: Options,
    ) -> Result<Object, Failure> {
        object(self.send(Verb::Patch(patch_kind), target, patch, options)?)
    }

    /// `"Response" verb="GET" url="…"`: kubectl's log at `-v=6`, and the request before it from 7 on.
    fn log_request(&mut self, request: &Request) -> (&'static str, String) {
        let (method, content) = method(request.verb);
        let url = format!("{}{}", self.context.input.config.server, path(request));
        let verbosity = self.context.global.verbosity;
        if verbosity >= 7 {
            let head = self.log_head("round_trippers.go:527", "Request");
            let headers = if content.is_empty() { String::new() } else { format!("\tContent-Type: {content}\n") };
            self.error(format!(
                "{head} verb={} url={} headers=<\n\tAccept: application/json\n{headers} >\n",
                quoted(method),
                quoted(&url)
            ));
        }
        if verbosity >= 8 && !request.body.is_null() {
            let head = self.log_head("helper.go:246", "Request Body");
            let body = quoted(&request.body.to_json());
            self.error(format!("{head} body={body}\n"));
        }
        (method, url)
    }

    fn log_response(&mut self, method: &str, url: &str, response: &Response) {
        let head = self.log_head("round_trippers.go:632", "Response");
        let status = format!("{} {}", response.code, code_text(response.code));
        self.error(format!(
            "{head} verb={} url={} status={} milliseconds=0\n",
            quoted(method),
            quoted(url),
            quoted(&status)
        ));
        if self.context.global.verbosity >= 8 {
            let head = self.log_head("helper.go:246", "Response Body");
            let body = quoted(&body_text(&response.body));
            self.error(format!("{head} body={body}\n"));
        }
    }

    /// klog's line head: level, month and day, time, process, place.
    fn log_head(&self, place: &str, what: &str) -> String {
        let now = self.now().to_micro_string();
        let (date, time) = now.trim_end_matches('Z').split_once('T').unwrap_or_default();
        let day: String = date.chars().skip(5).filter(|it| *it != '-').collect();
        format!("I{day} {time}       1 {place}] {}", quoted(what))
    }
}

enum Stream {
    Out,
    Err,
}

/// Joins what goes to the same stream, so that one line is one chunk.
fn push(chunks: &mut Vec<Chunk>, text: String, stream: Stream) {
    match (chunks.last_mut(), stream) {
        (Some(Chunk::Out(last)), Stream::Out) | (Some(Chunk::Err(last)), Stream::Err) => last.push_str(&text),
        (_, Stream::Out) => chunks.push(Chunk::Out(text)),
        (_, Stream::Err) => chunks.push(Chunk::Err(text)),
    }
}

/// The object of an answer; a deletion's success is an empty one.
fn object(response: Response) -> Result<Object, Failure> {
    match response.body {
        Body::Object(object) => Ok(object),
        Body::Status(status) => Ok(Object(status.to_value())),
        Body::List(_) | Body::Text(_) => Err(unexpected()),
    }
}

fn unexpected() -> Failure {
    Failure::text("the server answered with something else than was asked for")
}

/// Items of a list say neither `apiVersion` nor `kind`; what is shown does.
fn with_kinds(mut list: Value, kind: &Kind) -> Value {
    for item in list.entry("items").list_mut() {
        if item.get("kind").is_null() {
            item.set("apiVersion", kind.api_version());
            item.set("kind", &kind.kind);
        }
    }
    list
}

fn method(verb: Verb) -> (&'static str, &'static str) {
    match verb {
        Verb::Get | Verb::List => ("GET", ""),
        Verb::Create => ("POST", "application/json"),
        Verb::Update => ("PUT", "application/json"),
        Verb::Patch(PatchKind::Json) => ("PATCH", "application/json-patch+json"),
        Verb::Patch(PatchKind::Merge) => ("PATCH", "application/merge-patch+json"),
        Verb::Patch(PatchKind::StrategicMerge) => ("PATCH", "application/strategic-merge-patch+json"),
        Verb::Patch(PatchKind::Apply) => ("PATCH", "application/apply-patch+yaml"),
        Verb::Delete | Verb::DeleteCollection => ("DELETE", "application/json"),
    }
}

/// The path and query of a request over HTTP.
pub(crate) fn path(request: &Request) -> String {
    let target = &request.target;
    let group = target.resource.group();
    let version = if target.version.is_empty() { "v1" } else { target.version.as_str() };
    let mut path = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    if !target.namespace.is_empty() {
        path = format!("{path}/namespaces/{}", target.namespace);
    }
    path = format!("{path}/{}", target.resource.plural());
    for part in [&target.name, &target.subresource] {
        if !part.is_empty() {
            path = format!("{path}/{part}");
        }
    }
    let query = query(request);
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

fn query(request: &Request) -> Vec<String> {
    let options = &request.options;
    let mut query = Vec::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            query.push(format!("{name}={}", escaped(value)));
        }
    };
    add("dryRun", if options.dry_run == crate::api::DryRun::All { "All" } else { "" });
    add("fieldManager", &options.field_manager);
    add("fieldSelector", &options.field_selector);
    add("force", if options.force { "true" } else { "" });
    add("labelSelector", &options.label_selector);
    let limit = if request.verb == Verb::List { CHUNK_OBJECTS.to_string() } else { String::new() };
    add("limit", &limit);
    for (name, value) in &options.query {
        add(name, value);
    }
    query
}

fn escaped(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|it| if keep(it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}

fn code_text(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        _ => "",
    }
}

fn body_text(body: &Body) -> String {
    match body {
        Body::Object(object) => object.to_json(),
        Body::List(list) => list.to_json(),
        Body::Text(text) => text.clone(),
        Body::Status(status) => status.to_value().to_json(),
    }
}
