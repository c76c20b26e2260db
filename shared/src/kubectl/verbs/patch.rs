//! `kubectl patch` and `kubectl replace`.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/patch/patch.go`, `pkg/cmd/replace/replace.go`.

use crate::api::{Options, PatchKind};
use crate::kubectl::changes;
use crate::kubectl::documents;
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, FILES, Flag, OUTPUT, number, optional, span, switch, text};
use crate::kubectl::print::Format;
use crate::kubectl::resource_args::{self, Item};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::apply::{LAST_APPLIED, annotated, validation};
use crate::kubectl::verbs::{Run, Trial, Verb, report};
use crate::model::{Object, Value, yaml};

const FLAGS: &[Flag] = &[
    text("patch").or('p'),
    text("patch-file"),
    text("type").default("strategic"),
    text("subresource"),
    switch("local"),
    text("field-manager").default("kubectl-patch"),
];

/// `patch`.
pub(super) const PATCH: Verb = Verb {
    name: "patch",
    about: "Update fields of a resource",
    usage: "(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
    flags: &[FLAGS, FILES, OUTPUT, DRY_RUN],
    run: Run::Once(patch),
    ..Verb::NONE
};

fn patch(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let kind = match args.get("type") {
        "json" => PatchKind::Json,
        "merge" => PatchKind::Merge,
        "strategic" | "" => PatchKind::StrategicMerge,
        other => {
            return Err(args.usage(format!("--type must be one of [json merge strategic], not {}", quoted(other))));
        }
    };
    let text = match (args.has("patch"), args.has("patch-file")) {
        (true, false) => args.get("patch").to_owned(),
        (false, true) => file(session, args.get("patch-file"))?,
        (true, true) => return Err(args.usage("cannot specify --patch and --patch-file together")),
        (false, false) => {
            return Err(args.usage("must specify --patch or --patch-file containing the contents of the patch"));
        }
    };
    let body = parsed(&text)?;
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    for item in resource_args::objects(session, args, &args.words)? {
        let object = send(session, args, &item, kind, &body, trial)?;
        let word = if object == item.object { "patched (no change)" } else { "patched" };
        report(session, args, &format, &object, word, trial);
    }
    Ok(())
}

fn file(session: &Session<'_>, name: &str) -> Result<String, Failure> {
    let found = session.context.input.files.iter().find(|it| it.name == name);
    found
        .map(|it| it.text.to_string())
        .ok_or_else(|| Failure::text(format!("unable to read patch file: open {name}: no such file or directory")))
}

fn parsed(text: &str) -> Result<Value, Failure> {
    let documents = yaml::parse(text);
    let document = documents.first().ok_or_else(|| Failure::text("the patch is empty"))?;
    match document.errors.first() {
        Some(problem) => Err(Failure::text(format!("unable to parse {}: {}", quoted(text), problem.message))),
        None => Ok(document.value.clone()),
    }
}

fn send(
    session: &mut Session<'_>,
    args: &Args,
    item: &Item,
    kind: PatchKind,
    body: &Value,
    trial: Trial,
) -> Result<Object, Failure> {
    if trial == Trial::Client || args.is("local") {
        if kind == PatchKind::Json {
            return Err(Failure::text("--dry-run=client and --local take no JSON patches here: use --dry-run=server"));
        }
        let mut object = item.object.clone();
        changes::apply_merge(&mut object, body);
        return Ok(object);
    }
    let options =
        Options { dry_run: trial.option(), field_manager: args.get("field-manager").into(), ..Options::default() };
    let target = item.kind.part(&item.namespace, &item.name, args.get("subresource"));
    session.patch(target, kind, body.clone(), options)
}

const REPLACE_FLAGS: &[Flag] = &[
    switch("force"),
    optional("cascade", "background", "background"),
    number("grace-period", "-1"),
    switch("save-config"),
    text("subresource"),
    span("timeout", "0s"),
    switch("wait"),
    optional("validate", "strict", "strict"),
    text("field-manager").default("kubectl-replace"),
];

/// `replace`.
pub(super) const REPLACE: Verb = Verb {
    name: "replace",
    about: "Replace a resource by file name or stdin",
    usage: "-f FILENAME",
    flags: &[REPLACE_FLAGS, FILES, OUTPUT, DRY_RUN],
    run: Run::Once(replace),
    ..Verb::NONE
};

fn replace(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if !documents::wanted(args) {
        return Err(args.usage("must specify --filename to replace"));
    }
    if args.is("force") {
        return Err(Failure::text("--force is not part of this kubectl: use kubectl delete and kubectl create"));
    }
    let (format, trial) = (Format::of(args, session)?, Trial::of(args)?);
    let (items, mut failures) = resource_args::read_items(session, args)?;
    for item in items {
        let mut object = item.object.clone();
        if args.is("save-config") || object.annotation(LAST_APPLIED).is_some() {
            object = annotated(&object);
        }
        let options = Options {
            dry_run: trial.option(),
            field_manager: args.get("field-manager").into(),
            field_validation: validation(args.get("validate"))?,
            ..Options::default()
        };
        let sent = if trial == Trial::Client { Ok(object) } else { overwrite(session, &item, object, options) };
        match sent {
            Ok(object) => report(session, args, &format, &object, "replaced", trial),
            Err(failure) => failures.push(failure.about("replacing", &item.source)),
        }
    }
    Failure::all(failures)
}

/// Replaces whatever version there is, unless the file names one.
fn overwrite(session: &mut Session<'_>, item: &Item, mut object: Object, options: Options) -> Result<Object, Failure> {
    if object.resource_version() == 0 {
        let current = session.get(&item.kind, &item.namespace, &item.name)?;
        object.set("metadata.resourceVersion", current.at("metadata.resourceVersion"));
    }
    session.replace(&item.kind, &object, options)
}
