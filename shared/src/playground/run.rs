//! A run: a cluster, the commands at its terminal, and the log of what was done to it.
//!
//! Equal documents give equal runs: an act has its place in the count of steps, and commands are polled after steps only.
//!
//! Knows nothing of playheads, branches and pages.

use crate::api::{Request, Response, Verb};
use crate::cluster::{Cluster, Config, Stepped};
use crate::kubectl::{self, Client, Command, DocumentResult, Input, State};
use crate::model::{Span, Text, Time};
use crate::playground::protocol::{Act, Applied, Document, Entry, TerminalOutput, WhatIf};
use crate::store::Store;
use crate::trace::{Action, ActionKind, Cause, SourceFile};

/// How long a cluster runs before its clock shows zero, so that its nodes are Ready.
const WARM_UP: Span = Span::seconds(60);
/// How many nodes a document has that does not say.
const NODES_DEFAULT: u16 = 3;
/// How many simulated nodes a document can ask for.
const NODES_MAX: u16 = 2_000;

/// What came of an act or a step, for the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// Output of the terminal.
    Terminal(TerminalOutput),
    /// What an apply came to.
    Applied(Vec<Applied>),
    /// The terminal wants a text edited.
    Edit {
        /// What the editor's tab is called.
        name: Text,
        /// What is to be edited.
        text: String,
    },
}

/// A cluster, its terminal and its log.
pub(crate) struct Run {
    pub(crate) cluster: Cluster,
    pub(crate) steps: u64,
    pub(crate) log: Vec<Entry>,
    terminal: Option<Terminal>,
    config: kubectl::Config,
}

/// A command at the terminal.
struct Terminal {
    command: Command,
    line: Text,
    files: Vec<SourceFile>,
    cause: Option<Cause>,
    wake: Option<Time>,
}

/// Carries a command's requests to the cluster; the first that may write becomes an action of the trace.
struct Door<'a> {
    cluster: &'a mut Cluster,
    title: &'a str,
    files: &'a [SourceFile],
    cause: Option<Cause>,
}

impl Run {
    /// A fresh cluster of `document`'s size and seed, at time zero, with nothing of its log done.
    pub(crate) fn fresh(document: &Document) -> Self {
        let nodes = if document.nodes == 0 { NODES_DEFAULT } else { document.nodes.min(NODES_MAX) };
        let start = Time::VIRTUAL_START - WARM_UP;
        let config = Config { seed: document.seed, nodes: nodes.into(), start, ..Config::default() };
        let mut cluster = Cluster::new(&config);
        cluster.run_until(Time::VIRTUAL_START);
        Self { cluster, steps: 0, log: Vec::new(), terminal: None, config: kubectl::Config::default() }
    }

    /// Runs a document's log again, to its end or to where `stop` says so.
    pub(crate) fn replay(document: &Document, stop: &dyn Fn(&Store) -> bool) -> Self {
        let mut run = Self::fresh(document);
        for entry in &document.log {
            run.run_to(entry.step, entry.time, stop);
            if stop(run.cluster.store()) {
                return run;
            }
            run.act(entry.act.clone());
        }
        run.run_to(document.end_step, document.end_time, stop);
        run
    }

    /// Runs a document's log again with another value in a file it applied, up to the time of its end.
    ///
    /// What was done after that is done at the same times as before. `None` if the log does not have the file.
    pub(crate) fn tried(document: &Document, what_if: &WhatIf) -> Option<Self> {
        let found = |entry: &Entry| entry.time <= what_if.time && what_if.change(&entry.act).is_some();
        let index = document.log.iter().rposition(found)?;
        let (kept, rest) = document.log.split_at(index);
        let (first, later) = rest.split_first()?;
        let begin = Document { log: kept.to_vec(), end_step: first.step, end_time: first.time, ..document.clone() };
        let mut run = Self::replay(&begin, &|_| false);
        run.act(what_if.change(&first.act)?);
        for entry in later {
            run.run_until(entry.time);
            run.act(entry.act.clone());
        }
        run.run_until(document.end_time);
        Some(run)
    }

    fn run_until(&mut self, time: Time) {
        while self.next_due().is_some_and(|due| due <= time) {
            self.step();
        }
        self.cluster.pass_time(time);
    }

    fn run_to(&mut self, end: u64, time: Time, stop: &dyn Fn(&Store) -> bool) {
        while self.steps < end && !stop(self.cluster.store()) {
            if self.step().0 == Stepped::Idle {
                break;
            }
        }
        if !stop(self.cluster.store()) {
            self.cluster.pass_time(time);
        }
    }

    /// When the next step is due.
    pub(crate) fn next_due(&self) -> Option<Time> {
        let wake = self.terminal.as_ref().and_then(|terminal| terminal.wake);
        [self.cluster.next_due(), wake].into_iter().flatten().min()
    }

    /// Does what is due first, then lets the command at the terminal look again.
    pub(crate) fn step(&mut self) -> (Stepped, Vec<News>) {
        self.steps += 1;
        let wake = self.terminal.as_ref().and_then(|terminal| terminal.wake);
        let due = self.cluster.next_due();
        let before = self.cluster.store().revision();
        let stepped = match wake {
            Some(wake) if due.is_none_or(|due| wake < due) => {
                self.cluster.pass_time(wake);
                Stepped::Worked
            }
            _ => self.cluster.step(),
        };
        let timed_out = wake.is_some_and(|wake| wake <= self.cluster.now());
        let news = if timed_out || self.cluster.store().revision() > before { self.poll() } else { Vec::new() };
        (stepped, news)
    }

    /// Does what a person did and notes it in the log.
    pub(crate) fn act(&mut self, act: Act) -> Vec<News> {
        let entry = Entry { step: self.steps, time: self.cluster.now(), act: act.clone() };
        self.log.push(entry);
        match act {
            Act::Apply(files) => self.apply(&files),
            Act::Terminal { line, files } => self.enter(&line, files),
            Act::Edited(text) => self.edited(text),
            Act::Interrupt => self.interrupt(),
            Act::Fault(fault) => {
                self.cluster.inject(&fault);
                Vec::new()
            }
        }
    }

    /// True while a command at the terminal has not ended.
    pub(crate) fn is_busy(&self) -> bool {
        self.terminal.is_some()
    }

    /// The run as a document, with the rest of it from `base`.
    pub(crate) fn document(&self, base: &Document) -> Document {
        Document {
            log: self.log.clone(),
            end_step: self.steps,
            end_time: self.cluster.now(),
            hash: self.cluster.hash(),
            engine: Text::new_static(env!("CARGO_PKG_VERSION")),
            ..base.clone()
        }
    }

    fn apply(&mut self, files: &[SourceFile]) -> Vec<News> {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let title = format!("apply {}", names.join(", "));
        let mut door = Door { cluster: &mut self.cluster, title: &title, files, cause: None };
        let results = kubectl::apply_documents(files, &self.config.namespace, &mut door);
        vec![News::Applied(results.into_iter().map(applied).collect())]
    }

    fn enter(&mut self, line: &Text, files: Vec<SourceFile>) -> Vec<News> {
        if self.terminal.is_some() {
            return Vec::new();
        }
        let files = if names_files(line) { files } else { Vec::new() };
        let input = Input { files: files.clone(), stdin: String::new(), config: self.config.clone() };
        let command = Command::start(line, input);
        self.terminal = Some(Terminal { command, line: line.clone(), files, cause: None, wake: None });
        self.poll()
    }

    fn edited(&mut self, text: Option<String>) -> Vec<News> {
        if let Some(terminal) = &mut self.terminal {
            terminal.command.edited(text);
        }
        self.poll()
    }

    fn interrupt(&mut self) -> Vec<News> {
        let Some(_) = self.terminal.take() else { return Vec::new() };
        vec![News::Terminal(TerminalOutput { chunks: Vec::new(), exit: Some(EXIT_INTERRUPTED) })]
    }

    fn poll(&mut self) -> Vec<News> {
        let Some(terminal) = &mut self.terminal else { return Vec::new() };
        let files = terminal.files.as_slice();
        let mut door = Door { cluster: &mut self.cluster, title: &terminal.line, files, cause: terminal.cause };
        let progress = terminal.command.poll(&mut door);
        terminal.cause = door.cause;
        terminal.wake = progress.wake;
        let exit = match &progress.state {
            State::Done(code) => Some(*code),
            State::Running | State::Edit { .. } => None,
        };
        let mut news = Vec::new();
        if !progress.chunks.is_empty() || exit.is_some() {
            news.push(News::Terminal(TerminalOutput { chunks: progress.chunks, exit }));
        }
        if let State::Edit { name, text } = progress.state {
            news.push(News::Edit { name, text });
        }
        if exit.is_some() {
            self.end_command();
        }
        news
    }

    /// Forgets a command that has ended, and leaves it out of the log if it only read.
    fn end_command(&mut self) {
        let Some(terminal) = self.terminal.take() else { return };
        self.config = terminal.command.config().clone();
        let only_read = terminal.cause.is_none() && self.config == *terminal.command.config();
        let is_last =
            matches!(self.log.last(), Some(Entry { act: Act::Terminal { line, .. }, .. }) if *line == terminal.line);
        if only_read && is_last && !terminal.line.contains("config") {
            self.log.pop();
        }
    }
}

/// True if a command reads files; only then are they part of its cause.
fn names_files(line: &str) -> bool {
    line.split_whitespace().any(|word| word.starts_with("-f") || word.starts_with("--filename"))
}

/// What an apply of a document came to, at the line of the field that it is about.
fn applied(result: DocumentResult) -> Applied {
    Applied { file: result.file, line: result.line, message: result.message, ok: result.ok, key: result.key }
}

/// What a shell says of a command that Ctrl-C ended.
const EXIT_INTERRUPTED: i32 = 130;

impl Client for Door<'_> {
    fn now(&self) -> Time {
        self.cluster.now()
    }

    fn request(&mut self, request: Request) -> Response {
        let cause = match (self.cause, request.verb) {
            (Some(cause), _) => cause,
            (None, Verb::Get | Verb::List) => Cause::Bootstrap,
            (None, _) => self.act(),
        };
        self.cluster.request(&request, cause)
    }
}

impl Door<'_> {
    fn act(&mut self) -> Cause {
        let action = Action {
            time: self.cluster.now(),
            title: self.title.into(),
            kind: ActionKind::Request,
            files: self.files.to_vec(),
        };
        let cause = Cause::Action(self.cluster.act(action));
        self.cause = Some(cause);
        cause
    }
}
