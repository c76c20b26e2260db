//! `kubectl label` and `kubectl annotate`.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/label/label.go`, `pkg/cmd/annotate/annotate.go`.

use crate::api::{Options, PatchKind};
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, FILES, Flag, OUTPUT, SELECTOR, switch, text};
use crate::kubectl::print::Format;
use crate::kubectl::resource_args::{self, Item};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Run, Trial, Verb, report};
use crate::model::{Value, names};

const FLAGS: &[Flag] = &[
    switch("overwrite"),
    switch("all"),
    switch("all-namespaces").or('A'),
    switch("list"),
    text("field-selector"),
    text("field-manager"),
    text("resource-version"),
];

/// `label`.
pub(super) const LABEL: Verb = Verb {
    name: "label",
    about: "Update the labels on a resource",
    usage: "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]",
    flags: &[FLAGS, FILES, SELECTOR, OUTPUT, DRY_RUN],
    run: Run::Once(|args, session| run(args, session, Mark::Label)),
    ..Verb::NONE
};

/// `annotate`.
pub(super) const ANNOTATE: Verb = Verb {
    name: "annotate",
    about: "Update the annotations on a resource",
    usage: "[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]",
    run: Run::Once(|args, session| run(args, session, Mark::Annotation)),
    ..LABEL
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Label,
    Annotation,
}

impl Mark {
    fn field(self) -> &'static str {
        match self {
            Self::Label => "labels",
            Self::Annotation => "annotations",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Annotation => "annotation",
        }
    }
}

/// What is to be set and taken away, in the order given.
#[derive(Default)]
struct Changes {
    set: Vec<(String, String)>,
    remove: Vec<String>,
}

fn run(args: &Args, session: &mut Session<'_>, mark: Mark) -> Result<(), Failure> {
    let is_change = |it: &String| it.contains('=') || it.ends_with('-');
    let first = args.words.iter().position(is_change).unwrap_or(args.words.len());
    let (resources, changes) = args.words.split_at(first);
    let changes = parse(changes, mark)?;
    if changes.set.is_empty() && changes.remove.is_empty() && !args.is("list") {
        let word = mark.word();
        return Err(args.usage(format!("at least one {word} update is required")));
    }
    let format = Format::of(args, session)?;
    let trial = Trial::of(args)?;
    let items = resource_args::objects(session, args, resources)?;
    let mut failures = Vec::new();
    for item in items {
        let done = if args.is("list") {
            list(session, &item, mark);
            Ok(())
        } else {
            change(session, args, &item, &changes, mark).map(|(object, word)| {
                report(session, args, &format, &object, word, trial);
            })
        };
        failures.extend(done.err());
    }
    Failure::all(failures)
}

fn parse(words: &[String], mark: Mark) -> Result<Changes, Failure> {
    let mut changes = Changes::default();
    for word in words {
        if let Some((key, value)) = word.split_once('=') {
            check(word, key, value, mark)?;
            changes.set.push((key.to_owned(), value.to_owned()));
        } else if let Some(key) = word.strip_suffix('-') {
            changes.remove.push(key.to_owned());
        } else if mark == Mark::Label {
            return Err(Failure::text(format!("unknown label spec: {word}")));
        } else {
            return Err(Failure::text("all resources must be specified before annotation changes: ".to_owned() + word));
        }
    }
    if changes.remove.iter().any(|it| changes.set.iter().any(|(key, _)| key == it)) {
        let article = if mark == Mark::Label { "a label" } else { "an annotation" };
        return Err(Failure::text(format!("can not both modify and remove {article} in the same command")));
    }
    Ok(changes)
}

fn check(word: &str, key: &str, value: &str, mark: Mark) -> Result<(), Failure> {
    if mark == Mark::Annotation {
        return if key.is_empty() { Err(Failure::text(format!("invalid annotation format: {word}"))) } else { Ok(()) };
    }
    if value.contains('=') {
        return Err(Failure::text(format!("invalid label spec: {word}")));
    }
    let wrong = names::label_value(value);
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::text(format!("invalid label value: {}: {}", quoted(word), wrong.join(";"))))
}

fn list(session: &mut Session<'_>, item: &Item, mark: Mark) {
    for (key, value) in item.object.metadata().get(mark.field()).fields() {
        session.line(format!("{key}={}", value.str()));
    }
}

fn change(
    session: &mut Session<'_>,
    args: &Args,
    item: &Item,
    changes: &Changes,
    mark: Mark,
) -> Result<(crate::model::Object, &'static str), Failure> {
    let old = item.object.metadata().get(mark.field());
    if !args.is("overwrite") {
        refuse_overwrite(old, changes, mark)?;
    }
    let mut patch = Value::map();
    let (mut added, mut removed) = (false, false);
    for (key, value) in &changes.set {
        if old.get(key).as_str() != Some(value) {
            patch.map_mut().insert(key.as_str(), value.as_str());
            added = true;
        }
    }
    for key in &changes.remove {
        if old.get(key).is_null() {
            if mark == Mark::Label {
                session.line(format!("label {} not found.", quoted(key)));
            }
            continue;
        }
        patch.map_mut().insert(key.as_str(), Value::Null);
        removed = true;
    }
    let object = send(session, args, item, patch, mark)?;
    Ok((object, word(mark, added, removed)))
}

fn word(mark: Mark, added: bool, removed: bool) -> &'static str {
    match (mark, added, removed) {
        (Mark::Annotation, ..) => "annotated",
        (Mark::Label, true, true) => "modified",
        (Mark::Label, true, false) => "labeled",
        (Mark::Label, false, true) => "unlabeled",
        (Mark::Label, false, false) => "not labeled",
    }
}

fn refuse_overwrite(old: &Value, changes: &Changes, mark: Mark) -> Result<(), Failure> {
    let is_free = |key: &str| mark == Mark::Annotation && key == super::rollout::CHANGE_CAUSE;
    let taken = changes.set.iter().filter(|(key, value)| {
        let current = old.get(key).as_str();
        !is_free(key) && current.is_some_and(|it| it != value)
    });
    let texts: Vec<String> =
        taken.map(|(key, _)| format!("'{key}' already has a value ({})", old.get(key).str())).collect();
    match (texts.is_empty(), mark) {
        (true, _) => Ok(()),
        (false, Mark::Label) => {
            let texts: Vec<String> = texts.iter().map(|it| format!("{it}, and --overwrite is false")).collect();
            Err(Failure::text(texts.join("\nerror: ")))
        }
        (false, Mark::Annotation) => Err(Failure::text(format!(
            "--overwrite is false but found the following declared annotation(s): {}",
            texts.join("; ")
        ))),
    }
}

fn send(
    session: &mut Session<'_>,
    args: &Args,
    item: &Item,
    patch: Value,
    mark: Mark,
) -> Result<crate::model::Object, Failure> {
    let trial = Trial::of(args)?;
    if patch.is_empty() || trial == Trial::Client {
        let mut object = item.object.clone();
        crate::kubectl::changes::apply_merge(object.entry("metadata").map_mut().entry(mark.field()), &patch);
        return Ok(object);
    }
    let mut body = Value::map();
    body.set(&format!("metadata.{}", mark.field()), patch);
    if args.has("resource-version") {
        body.set("metadata.resourceVersion", args.get("resource-version"));
    }
    let manager = match (args.get("field-manager"), mark) {
        ("", Mark::Label) => "kubectl-label",
        ("", Mark::Annotation) => "kubectl-annotate",
        (given, _) => given,
    };
    let options = Options { dry_run: trial.option(), field_manager: manager.into(), ..Options::default() };
    let target = item.kind.target(&item.namespace, &item.name);
    session.patch(target, PatchKind::Merge, body, options)
}
