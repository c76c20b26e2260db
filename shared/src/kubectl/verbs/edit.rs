//! `kubectl edit`: a person changes the YAML, and the difference is sent as a patch.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/util/editor/editoptions.go`.

use crate::api::PatchKind;
use crate::api::{FieldValidation, Options};
use crate::kubectl::changes;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Args, FILES, Flag, OUTPUT, SELECTOR, optional, switch, text};
use crate::kubectl::print::Format;
use crate::kubectl::resource_args::{self, Item, KindAlone, Reading};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::apply::{annotated, patch_kind};
use crate::kubectl::verbs::{Job, Run, Started, Step, Trial, Verb, report};
use crate::model::{Object, yaml};

const FLAGS: &[Flag] = &[
    text("field-manager").default("kubectl-edit"),
    optional("validate", "strict", "strict"),
    switch("save-config"),
    switch("output-patch"),
    switch("windows-line-endings"),
    text("subresource"),
];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "edit",
    about: "Edit a resource on the server",
    usage: "(RESOURCE/NAME | -f FILENAME)",
    flags: &[FLAGS, FILES, SELECTOR, OUTPUT],
    run: Run::Job(start),
    ..Verb::NONE
};

const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
";

struct Edit {
    args: Args,
    format: Format,
    left: Vec<Item>,
    /// The text that was handed out for the last of `left`; empty before.
    shown: String,
    /// What came back, the text itself if it was left without saving; `None` before.
    answer: Option<String>,
}

fn start(args: &Args, session: &mut Session<'_>) -> Started {
    let reading = Reading { words: &args.words, kind_alone: KindAlone::All };
    let selection = resource_args::select(session, args, reading)?;
    let (mut left, failures) = resource_args::fetch(session, selection);
    Failure::all(failures)?;
    if left.is_empty() {
        return Err(Failure::text("edit cancelled, no objects found"));
    }
    left.reverse();
    let format = Format::of(args, session)?;
    Ok(Box::new(Edit { args: args.clone(), format, left, shown: String::new(), answer: None }))
}

impl Job for Edit {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        loop {
            let Some(item) = self.left.last().cloned() else { return Ok(Step::Done) };
            match self.answer.take() {
                None => return Ok(self.open(&item, "")),
                Some(answer) => {
                    if let Some(problem) = self.take_in(session, &item, &answer)? {
                        return Ok(self.open(&item, &problem));
                    }
                    self.left.pop();
                }
            }
        }
    }

    fn edited(&mut self, text: Option<String>) {
        self.answer = Some(text.unwrap_or_else(|| self.shown.clone()));
    }
}

impl Edit {
    /// Hands the object out, or the text that was wrong with the reason above it.
    fn open(&mut self, item: &Item, problem: &str) -> Step {
        if problem.is_empty() {
            self.shown = yaml_of(&item.object);
        }
        let lines: String = problem.lines().map(|it| format!("# {it}\n")).collect();
        let end = if problem.is_empty() { "" } else { "#\n" };
        let name = format!("{}.yaml", item.label().replace('/', "-"));
        Step::Edit { name: name.into(), text: format!("{HEADER}{lines}{end}{}", self.shown) }
    }

    /// Sends what was changed; gives what is wrong with it, so that the person can go on.
    fn take_in(&mut self, session: &mut Session<'_>, item: &Item, text: &str) -> Result<Option<String>, Failure> {
        let body: String = text.lines().filter(|it| !it.starts_with('#')).map(|it| format!("{it}\n")).collect();
        let documents = yaml::parse(&body);
        let Some(document) = documents.first() else {
            session.error_line("Edit cancelled, saved file was empty.");
            return Ok(None);
        };
        if body.trim() == yaml_of(&item.object).trim() {
            session.error_line("Edit cancelled, no changes made.");
            return Ok(None);
        }
        self.shown.clone_from(&body);
        if let Some(problem) = document.errors.first() {
            return Ok(Some(format!("The edited file had a syntax error: {}", problem.message)));
        }
        let mut edited = Object(document.value.clone());
        if edited.name() != item.name || edited.namespace() != item.namespace {
            return Err(Failure::text("At least one of apiVersion, kind and name was changed"));
        }
        if self.args.is("save-config") {
            edited = annotated(&edited);
        }
        match send(session, &self.args, item, &edited) {
            Ok(Some(object)) => {
                report(session, &self.args, &self.format, &object, "edited", Trial::No);
                Ok(None)
            }
            Ok(None) => {
                session.line(format!("{} skipped", item.label()));
                Ok(None)
            }
            Err(failure) if failure.is_not_found() => Err(failure),
            Err(failure) => {
                session.error_line(&failure.message().unwrap_or_default());
                Ok(Some(failure.message().unwrap_or_default()))
            }
        }
    }
}

fn yaml_of(object: &Object) -> String {
    let mut visible = object.clone();
    visible.remove("metadata.managedFields");
    yaml::write(&visible)
}

fn send(session: &mut Session<'_>, args: &Args, item: &Item, edited: &Object) -> Result<Option<Object>, Failure> {
    let mut original = item.object.clone();
    original.remove("metadata.managedFields");
    let kind = patch_kind(&item.kind);
    let patch = match kind {
        PatchKind::StrategicMerge => changes::two_way_strategic(&original, edited),
        PatchKind::Json | PatchKind::Merge | PatchKind::Apply => changes::two_way_merge(&original, edited),
    };
    if patch.is_empty() {
        return Ok(None);
    }
    let options = Options {
        field_manager: args.get("field-manager").into(),
        field_validation: FieldValidation::Strict,
        ..Options::default()
    };
    let target = item.kind.part(&item.namespace, &item.name, args.get("subresource"));
    session.patch(target, kind, patch, options).map(Some)
}
