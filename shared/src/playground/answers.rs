//! Answers to the page's questions, all at the playhead; none changes anything.

use crate::api::{Api, Request, Response};
use crate::cluster::Cluster;
use crate::kubectl::{self, Client};
use crate::model::schema::assist;
use crate::model::{Key, Text, Time};
use crate::playground::later::Later;
use crate::playground::link;
use crate::playground::protocol::{Answer, Completion, Diagnostic, Document, Hover, Outcome, Question, WhatIf};
use crate::playground::run::Run;
use crate::sim::Previous;
use crate::trace::{Cause, Effect, Record, Revision, SourceFile, Trace};

/// The API server as it was at the playhead, to read only.
struct Past {
    api: Api,
    now: Time,
}

impl Client for Past {
    fn now(&self) -> Time {
        self.now
    }

    fn request(&mut self, request: Request) -> Response {
        self.api.handle(&request, self.now)
    }
}

/// What a question is about.
pub(crate) struct Asked<'a> {
    /// The cluster.
    pub(crate) cluster: &'a Cluster,
    /// The revision that is looked at; `None` for the live end.
    pub(crate) playhead: Option<Revision>,
    /// The run and what it was opened with; `None` if the cluster is no run that can be run again.
    pub(crate) run: Option<(&'a Run, &'a Document)>,
}

impl Asked<'_> {
    /// The run as it can be opened again.
    fn document(&self) -> Option<Document> {
        self.run.map(|(run, base)| run.document(base))
    }

    /// The API server as it was at the playhead.
    fn past(&self) -> Option<Past> {
        let now = self.playhead.and_then(|revision| self.cluster.trace().at(revision)).map(|it| it.time);
        let shown = self.playhead.unwrap_or_else(|| self.cluster.store().revision());
        Some(Past { api: self.cluster.api_at(shown)?, now: now.unwrap_or_else(|| self.cluster.now()) })
    }
}

/// Why a server's cluster is not run again.
const NO_RUN: &str = "a server's cluster lives in real time and cannot be run again";

fn no_run() -> Answer {
    Answer::Error(NO_RUN.to_owned())
}

/// Answers one question.
pub(crate) fn answer(asked: &Asked<'_>, question: Question) -> Answer {
    match question {
        Question::Why(key, path) => why(asked, &key, path.as_deref()),
        Question::Yaml(key) => of_command(asked, &line("get", &key, "-o yaml"), &key),
        Question::Describe(key) => of_command(asked, &line("describe", &key, ""), &key),
        Question::Logs(pod, container, previous) => logs(asked, &pod, &container, previous),
        Question::Document => asked.document().map_or_else(no_run, |it| Answer::Document(Box::new(it))),
        Question::ReadLink(text) => link::read(&text)
            .map_or_else(|error| Answer::Error(error.to_string()), |document| Answer::Document(Box::new(document))),
        Question::Diagnose(text) => Answer::Diagnostics(assist::diagnose(&text).into_iter().map(problem).collect()),
        Question::Complete(text, line, column) => {
            let found = assist::complete(&text, line, column).into_iter();
            Answer::Completions(found.map(|it| Completion { label: it.label, detail: it.detail }).collect())
        }
        Question::Hover(text, line, column) => Answer::Hover(assist::hover(&text, line, column).map(field)),
        Question::CompleteLine(line) => complete_line(asked, &line),
        Question::Diff(files) => diff(asked, &files),
        Question::WhatIf(what_if, key) => outcome(asked, &what_if, &key),
    }
}

/// How many steps a run may have to be run again for an answer.
const STEPS_MAX: u64 = 20_000;

fn outcome(asked: &Asked<'_>, what_if: &WhatIf, key: &Key) -> Answer {
    let Some(document) = asked.document() else { return no_run() };
    if document.end_step > STEPS_MAX {
        return Answer::Error("the run is too long to be run again for this".to_owned());
    }
    let Some(run) = Run::tried(&document, Some(Later::ALL), what_if) else {
        return Answer::Error(format!("{} is not in this run", what_if.file));
    };
    let Some(origin) = Origin::of(asked.cluster.trace(), key) else { return Answer::WhatIf(Outcome::default()) };
    Answer::WhatIf(Outcome { was: Some(origin.time), would: origin.again(run.cluster.trace()) })
}

/// How an object came to be: the how many-th of its resource that was made for the same owner. Its name may be drawn.
struct Origin<'a> {
    key: &'a Key,
    owner: Option<&'a Key>,
    index: usize,
    time: Time,
}

impl<'a> Origin<'a> {
    /// Of the newest object of that name.
    fn of(trace: &'a Trace, key: &'a Key) -> Option<Self> {
        let made = trace.records().iter().rev().find(|it| it.key == *key && it.effect == Effect::Created)?;
        let origin = Self { key, owner: owner(trace, made), index: 0, time: made.time };
        let index = origin.siblings(trace).position(|it| it.revision == made.revision)?;
        Some(Self { index, ..origin })
    }

    /// When the same one was made in another run.
    fn again(&self, trace: &Trace) -> Option<Time> {
        self.siblings(trace).nth(self.index).map(|it| it.time)
    }

    fn siblings<'b>(&'b self, trace: &'b Trace) -> impl Iterator<Item = &'b Record> {
        trace.records().iter().filter(|it| it.effect == Effect::Created && self.is_sibling(trace, it))
    }

    fn is_sibling(&self, trace: &Trace, made: &Record) -> bool {
        match self.owner {
            Some(_) => made.key.resource == self.key.resource && owner(trace, made) == self.owner,
            None => made.key == *self.key,
        }
    }
}

/// Whose reconcile made an object with a name of its own.
fn owner<'a>(trace: &'a Trace, made: &Record) -> Option<&'a Key> {
    match made.cause {
        Cause::Reconcile(id) => trace.reconcile(id).map(|it| &it.key),
        Cause::Bootstrap | Cause::Action(_) => None,
    }
}

fn problem(it: assist::Diagnostic) -> Diagnostic {
    Diagnostic {
        line: it.line,
        column: it.column,
        end_column: it.end_column,
        error: it.severity == assist::Severity::Error,
        message: it.message,
        fix: it.fix,
    }
}

fn field(it: assist::Hover) -> Hover {
    Hover {
        path: it.path,
        kind: it.kind,
        api_version: it.api_version,
        object_kind: it.object_kind,
        required: it.required,
        default: it.default,
        one_of: it.one_of,
    }
}

fn why(asked: &Asked<'_>, key: &Key, path: Option<&str>) -> Answer {
    match asked.cluster.explain(key, path, asked.playhead) {
        Some(why) => Answer::Why(Box::new(why)),
        None => Answer::Error(format!("{key} was never written")),
    }
}

fn line(verb: &str, key: &Key, flags: &str) -> String {
    let namespace = if key.namespace.is_empty() { String::new() } else { format!("-n {}", key.namespace) };
    format!("{verb} {} {} {namespace} {flags}", key.resource, key.name)
}

/// What a kubectl command that ends at once prints.
fn of_command(asked: &Asked<'_>, line: &str, key: &Key) -> Answer {
    let Some(mut past) = asked.past() else { return Answer::Error(format!("{key} is no longer kept")) };
    let mut command = kubectl::Command::start(line, kubectl::Input::default());
    let mut text = String::new();
    for chunk in command.poll(&mut past).chunks {
        match chunk {
            kubectl::Chunk::Out(out) => text.push_str(&out),
            kubectl::Chunk::Err(error) => return Answer::Error(error),
        }
    }
    Answer::Text(text)
}

fn logs(asked: &Asked<'_>, pod: &Key, container: &Text, previous: bool) -> Answer {
    let previous = if previous { Previous::Yes } else { Previous::No };
    match asked.cluster.logs(pod, container, previous) {
        Ok(text) => Answer::Text(text),
        Err(status) => Answer::Error(status.message),
    }
}

fn complete_line(asked: &Asked<'_>, line: &Text) -> Answer {
    let Some(mut past) = asked.past() else { return Answer::Completions(Vec::new()) };
    let found = kubectl::complete(line, &mut past);
    let completion = |it: kubectl::Completion| Completion { label: it.label, detail: it.detail };
    Answer::Completions(found.into_iter().map(completion).collect())
}

fn diff(asked: &Asked<'_>, files: &[SourceFile]) -> Answer {
    let Some(mut past) = asked.past() else { return Answer::Text(String::new()) };
    let names: Vec<String> = files.iter().map(|file| format!("-f '{}'", file.name)).collect();
    let input = kubectl::Input { files: files.to_vec(), ..kubectl::Input::default() };
    let mut command = kubectl::Command::start(&format!("diff {}", names.join(" ")), input);
    let chunks = command.poll(&mut past).chunks.into_iter();
    Answer::Text(
        chunks
            .map(|chunk| match chunk {
                kubectl::Chunk::Out(text) | kubectl::Chunk::Err(text) => text,
            })
            .collect(),
    )
}
