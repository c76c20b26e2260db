//! `kubectl apply`: client-side with the annotation of what was applied last, or server-side.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/apply/{apply,patcher}.go`, `pkg/util/apply.go`.

use crate::api::{FieldValidation, Options, PatchKind};
use crate::kubectl::discovery::{Kind, named};
use crate::kubectl::documents;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{
    Args, DRY_RUN, FILES, Flag, OUTPUT, SELECTOR, list, number, optional, span, switch, switch_on, text,
};
use crate::kubectl::print::{self, Format, ManagedFields, json};
use crate::kubectl::resource_args::{self, Item};
use crate::kubectl::session::{Context, Session};
use crate::kubectl::verbs::{Run, Trial, Verb};
use crate::kubectl::{Chunk, Client, Input, changes};
use crate::model::{Key, Object, Selector, Text, Value, names, yaml};
use crate::trace::SourceFile;

/// Where kubectl keeps what was applied last.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// How often a patch is tried again when somebody else wrote in between.
const RETRIES: usize = 5;

const FLAGS: &[Flag] = &[
    switch("server-side"),
    switch("force-conflicts"),
    text("field-manager").default("kubectl-client-side-apply"),
    optional("validate", "strict", "strict"),
    switch("prune"),
    switch("all"),
    switch("force"),
    switch_on("overwrite"),
    switch("wait"),
    number("grace-period", "-1"),
    span("timeout", "0s"),
    optional("cascade", "background", "background"),
    list("prune-allowlist"),
    switch_on("openapi-patch"),
];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "apply",
    about: "Apply a configuration to a resource by file name or stdin",
    usage: "(-f FILENAME | -k DIRECTORY)",
    flags: &[FLAGS, FILES, SELECTOR, OUTPUT, DRY_RUN],
    run: Run::Once(run),
    ..Verb::NONE
};

/// `apply view-last-applied`.
pub(super) const VIEW_LAST_APPLIED: Verb = Verb {
    name: "apply view-last-applied",
    about: "View the latest last-applied-configuration annotations of a resource/object",
    usage: "(TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)",
    flags: &[&[switch("all"), text("output").or('o').default("yaml")], FILES, SELECTOR],
    run: Run::Once(view_last_applied),
    ..Verb::NONE
};

fn view_last_applied(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    for item in resource_args::objects(session, args, &args.words)? {
        let Some(text) = item.object.annotation(LAST_APPLIED) else {
            session.error(format!("no last-applied-configuration annotation found on resource: {}\n", item.name));
            continue;
        };
        let value = Value::from_json(text).map_err(|it| Failure::text(it.to_string()))?;
        match args.get("output") {
            "yaml" | "" => session.out(yaml::write(&value)),
            "json" => session.out(json::write(&value)),
            other => {
                let allowed = "Unexpected -o output mode: ";
                return Err(args.usage(format!("{allowed}{other}, the flag 'output' must be one of yaml|json")));
            }
        }
    }
    Ok(())
}

/// What the apply of one YAML document came to.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentResult {
    /// The file.
    pub file: Text,
    /// The line of the file that the message is about, from 1: the field's, or the document's first.
    pub line: u32,
    /// `deployment.apps/web created`, or the error as kubectl says it.
    pub message: String,
    /// The field of the document that a refusal is about: `spec.replicas`; empty for none.
    pub field: String,
    /// False for an error.
    pub ok: bool,
    /// The object; `None` if the document named none.
    pub key: Option<Key>,
}

/// How objects are applied.
struct Manner {
    server_side: bool,
    force_conflicts: bool,
    trial: Trial,
    options: Options,
}

/// What an apply did.
struct Applied {
    object: Object,
    word: &'static str,
}

fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if !args.words.is_empty() {
        return Err(args.usage(format!("Unexpected args: [{}]", args.words.join(" "))));
    }
    if !documents::wanted(args) {
        return Err(Failure::text("must specify one of -f and -k"));
    }
    if args.is("prune") {
        return Err(Failure::text("--prune is not part of this kubectl"));
    }
    let format = Format::of(args, session)?;
    let manner = Manner::of(args)?;
    let (mut items, mut failures) = resource_args::read_items(session, args)?;
    let selector = Selector::parse(args.get("selector")).map_err(|it| Failure::text(it.to_string()))?;
    items.retain(|it| selector.matches(it.object.metadata().get("labels")));
    if items.is_empty() && failures.is_empty() {
        return Err(Failure::text("no objects passed to apply"));
    }
    let mut shown = Vec::new();
    for item in items {
        match apply(session, &item, &manner) {
            Ok(applied) if format == Format::Usual => session.line(message(&applied, manner.trial)),
            Ok(applied) => shown.push(applied.object),
            Err(failure) => failures.push(failure),
        }
    }
    show(session, args, &format, shown);
    Failure::all(failures)
}

/// With `-o`, everything is shown together at the end.
fn show(session: &mut Session<'_>, args: &Args, format: &Format, mut objects: Vec<Object>) {
    let value: Value = match objects.len() {
        0 => return,
        1 => objects.remove(0).into(),
        _ => print::list_of(objects),
    };
    session.out(print::object(&value, format, ManagedFields::of(args)));
}

fn message(applied: &Applied, trial: Trial) -> String {
    format!("{} {}{}", named(&applied.object), applied.word, trial.suffix())
}

impl Manner {
    fn of(args: &Args) -> Result<Self, Failure> {
        let (server_side, trial) = (args.is("server-side"), Trial::of(args)?);
        if args.is("force-conflicts") && !server_side {
            return Err(Failure::text("--force-conflicts only works with --server-side"));
        }
        if server_side && trial == Trial::Client {
            return Err(Failure::text(
                "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
            ));
        }
        let manager = match (server_side, args.has("field-manager")) {
            (true, false) => "kubectl",
            _ => args.get("field-manager"),
        };
        let field_validation = validation(args.get("validate"))?;
        let options =
            Options { dry_run: trial.option(), field_manager: manager.into(), field_validation, ..Options::default() };
        Ok(Self { server_side, force_conflicts: args.is("force-conflicts"), trial, options })
    }
}

/// Reads `--validate`.
///
/// # Errors
/// It is none of its words.
pub(super) fn validation(word: &str) -> Result<FieldValidation, Failure> {
    match word {
        "strict" | "true" | "" => Ok(FieldValidation::Strict),
        "warn" => Ok(FieldValidation::Warn),
        "ignore" | "false" => Ok(FieldValidation::Ignore),
        other => Err(Failure::text(format!(
            "invalid - validate option {}; must be one of: strict (or true), warn, ignore (or false)",
            quoted(other)
        ))),
    }
}

fn apply(session: &mut Session<'_>, item: &Item, manner: &Manner) -> Result<Applied, Failure> {
    if item.name.is_empty() {
        let prefix = item.object.metadata().get("generateName").str();
        if !prefix.is_empty() {
            return Err(Failure::text(format!("from {prefix}: cannot use generate name with apply")));
        }
    }
    if manner.server_side { server_side(session, item, manner) } else { client_side(session, item, manner) }
}

fn client_side(session: &mut Session<'_>, item: &Item, manner: &Manner) -> Result<Applied, Failure> {
    let modified = annotated(&item.object);
    match current(session, item) {
        Ok(current) => update(session, item, &modified, current, manner),
        Err(failure) if failure.is_not_found() => create(session, item, modified, manner),
        Err(failure) => {
            let what = format!("retrieving current configuration of:\n{}\nfrom server for:", described(item));
            Err(failure.about(&what, &item.source))
        }
    }
}

/// The object as the server has it; a name that no path can hold is refused before asking.
fn current(session: &mut Session<'_>, item: &Item) -> Result<Object, Failure> {
    if item.name.is_empty() {
        return Err(Failure::text("resource name may not be empty"));
    }
    let wrong = names::path_segment(&item.name);
    if !wrong.is_empty() {
        let (name, why) = (quoted(&item.name), wrong.join(" "));
        return Err(Failure::text(format!("invalid resource name {name}: [{why}]")));
    }
    session.get(&item.kind, &item.namespace, &item.name)
}

fn create(session: &mut Session<'_>, item: &Item, modified: Object, manner: &Manner) -> Result<Applied, Failure> {
    let mut object = modified;
    prune_nulls(&mut object.0);
    if manner.trial != Trial::Client {
        let created = session.create(&item.kind, &object, manner.options.clone());
        object = created.map_err(|it| it.about("creating", &item.source))?;
    }
    Ok(Applied { object, word: "created" })
}

/// Takes fields with null away, as a create does.
fn prune_nulls(value: &mut Value) {
    let keys: Vec<(Text, bool)> = value.fields().iter().map(|(key, it)| (key.clone(), it.is_null())).collect();
    for (key, null) in keys {
        if null {
            value.map_mut().remove(&key);
        } else if value.get(&key).as_map().is_some() {
            prune_nulls(value.map_mut().entry(&key));
        }
    }
}

fn update(
    session: &mut Session<'_>,
    item: &Item,
    modified: &Object,
    mut current: Object,
    manner: &Manner,
) -> Result<Applied, Failure> {
    if current.annotation(LAST_APPLIED).is_none() {
        session.error(format!(
            "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n",
            item.kind.plural, item.name
        ));
    }
    let mut tries = 0;
    let (patch, object) = loop {
        let patch = patch(&item.kind, modified, &current);
        let sent = send_patch(session, item, &patch, &current, manner);
        match sent {
            Ok(object) => break (patch, object),
            Err(failure) if failure.is_conflict() && tries < RETRIES => {
                tries += 1;
                current = session.get(&item.kind, &item.namespace, &item.name)?;
            }
            Err(failure) => {
                let patch = json::compact(&patch);
                let what = format!("applying patch:\n{patch}\nto:\n{}\nfor:", described(item));
                return Err(failure.about("patching", &item.source).about(&what, &item.source));
            }
        }
    };
    warn_if_terminating(session, &object);
    Ok(Applied { object, word: if patch.is_empty() { "unchanged" } else { "configured" } })
}

fn warn_if_terminating(session: &mut Session<'_>, object: &Object) {
    if object.is_terminating() {
        session.error(format!(
            "Warning: Detected changes to resource {} which is currently being deleted.\n",
            object.name()
        ));
    }
}

/// The patch of an apply; kinds of the API merge by key, custom ones do not.
fn patch(kind: &Kind, modified: &Object, current: &Object) -> Value {
    let original = last_applied(current);
    match patch_kind(kind) {
        PatchKind::StrategicMerge => changes::three_way_strategic(&original, modified, current),
        PatchKind::Json | PatchKind::Merge | PatchKind::Apply => changes::three_way_merge(&original, modified, current),
    }
}

/// How patches of a kind are sent: custom resources have no merge keys.
pub(super) fn patch_kind(kind: &Kind) -> PatchKind {
    let built_in = kind.group.is_empty() || !kind.group.contains('.') || kind.group.ends_with(".k8s.io");
    if built_in && !kind.is_custom() { PatchKind::StrategicMerge } else { PatchKind::Merge }
}

fn send_patch(
    session: &mut Session<'_>,
    item: &Item,
    patch: &Value,
    current: &Object,
    manner: &Manner,
) -> Result<Object, Failure> {
    if patch.is_empty() || manner.trial == Trial::Client {
        return Ok(current.clone());
    }
    let target = item.kind.target(&item.namespace, &item.name);
    session.patch(target, patch_kind(&item.kind), patch.clone(), manner.options.clone())
}

/// What was applied last, without the annotation itself.
pub(super) fn last_applied(object: &Object) -> Value {
    object.annotation(LAST_APPLIED).and_then(|it| Value::from_json(it).ok()).unwrap_or_else(Value::map)
}

/// The object with itself in its annotation.
pub(super) fn annotated(object: &Object) -> Object {
    let mut object = object.clone();
    let annotations = object.entry("metadata.annotations").map_mut();
    annotations.remove(LAST_APPLIED);
    let text = format!("{}\n", json::compact(&object));
    object.entry("metadata.annotations").map_mut().insert(LAST_APPLIED, text);
    object
}

fn server_side(session: &mut Session<'_>, item: &Item, manner: &Manner) -> Result<Applied, Failure> {
    let target = item.kind.target(&item.namespace, &item.name);
    let options = Options { force: manner.force_conflicts, ..manner.options.clone() };
    let patched = session.patch(target, PatchKind::Apply, item.object.0.clone(), options);
    let object = patched.map_err(|failure| if failure.is_conflict() { conflict(&failure) } else { failure })?;
    warn_if_terminating(session, &object);
    Ok(Applied { object, word: "serverside-applied" })
}

fn conflict(failure: &Failure) -> Failure {
    Failure::text(format!(
        "{}
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts",
        failure.bare()
    ))
}

/// `Resource: "apps/v1, Resource=deployments", GroupVersionKind: …`.
pub(super) fn described(item: &Item) -> String {
    let Kind { group, version, plural, kind, .. } = &*item.kind;
    format!(
        "Resource: {}, GroupVersionKind: {}\nName: {}, Namespace: {}",
        quoted(&format!("{group}/{version}, Resource={plural}")),
        quoted(&format!("{group}/{version}, Kind={kind}")),
        quoted(&item.name),
        quoted(&item.namespace)
    )
}

/// Applies every document of `files` as `kubectl apply -f` does, and tells what each came to, in order.
///
/// `namespace` is that of objects that name none; empty is `default`.
pub fn apply_documents(files: &[SourceFile], namespace: &str, client: &mut dyn Client) -> Vec<DocumentResult> {
    let mut input = Input { files: files.to_vec(), ..Input::default() };
    input.config.namespace = namespace.into();
    let mut context = Context::new(input);
    let mut session = Session { client, context: &mut context };
    let options = Options {
        field_manager: "kubectl-client-side-apply".into(),
        field_validation: FieldValidation::Strict,
        ..Options::default()
    };
    let manner = Manner { server_side: false, force_conflicts: false, trial: Trial::No, options };
    let mut results = Vec::new();
    for file in files {
        for document in yaml::parse(&file.text) {
            let failed = document_results(&mut session, file, &document, &manner, &mut results);
            if failed == Syntax::Broken {
                break;
            }
        }
    }
    results
}

/// Whether the rest of a file can be read.
#[derive(PartialEq, Eq)]
enum Syntax {
    Fine,
    Broken,
}

/// One result for each object of a document, which may be a list.
fn document_results(
    session: &mut Session<'_>,
    file: &SourceFile,
    parsed: &yaml::Document,
    manner: &Manner,
    results: &mut Vec<DocumentResult>,
) -> Syntax {
    if let Some(problem) = parsed.errors.first() {
        let message = format!("error: error parsing {}: error converting YAML to JSON: {}", file.name, problem.message);
        let line = u32::try_from(problem.span.start.line).unwrap_or(u32::MAX);
        let (file, field) = (file.name.clone(), String::new());
        results.push(DocumentResult { file, line, message, field, ok: false, key: None });
        return Syntax::Broken;
    }
    for object in documents::of_document(parsed, file) {
        results.push(document_result(session, file, parsed, object, manner));
    }
    Syntax::Fine
}

fn document_result(
    session: &mut Session<'_>,
    file: &SourceFile,
    parsed: &yaml::Document,
    document: Result<documents::Document, Failure>,
    manner: &Manner,
) -> DocumentResult {
    let mut key = None;
    let applied = document.and_then(|it| resource_args::item(session, it)).and_then(|item| {
        key = Some(item.kind.key(&item.namespace, &item.name));
        apply(session, &item, manner)
    });
    let (message, place, ok) = match applied {
        Ok(applied) => (message(&applied, manner.trial), None, true),
        Err(failure) => (failure.message().unwrap_or_default(), place_of(&failure, parsed), false),
    };
    let (field, line) = place.unwrap_or_else(|| (String::new(), documents::first_line(parsed)));
    let message = format!("{}{message}", said(session));
    DocumentResult { file: file.name.clone(), line, message, field, ok, key }
}

/// What was said on the way: warnings.
fn said(session: &mut Session<'_>) -> String {
    let chunks = std::mem::take(&mut session.context.chunks);
    let texts = chunks.into_iter().map(|it| match it {
        Chunk::Out(text) | Chunk::Err(text) => text,
    });
    texts.collect()
}

/// The field that a refusal names and its line: that of its first cause, or the one in quotes of `unknown field "…"`.
/// Where the document has no such field, the nearest above it.
fn place_of(failure: &Failure, parsed: &yaml::Document) -> Option<(String, u32)> {
    let Failure::Status(status) = failure else { return None };
    let cause = status.details.get("causes").items().first().map(|it| it.get("field").str().to_owned());
    let unknown = || status.message.split_once("unknown field \"").and_then(|(_, it)| it.split('"').next());
    let mut field = cause.or_else(|| unknown().map(str::to_owned))?;
    loop {
        if let Some(span) = parsed.key_span(&field).or_else(|| parsed.span(&field)) {
            return u32::try_from(span.start.line).ok().map(|line| (field, line));
        }
        field.truncate(field.rfind(['.', '['])?);
    }
}
