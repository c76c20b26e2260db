//! The terminal of a page: one kubectl command at a time, over whatever carries its requests.
//!
//! Knows nothing of runs and of the log of acts.

use crate::api::{Request, Response, Verb};
use crate::cluster::{Cluster, Fault};
use crate::kubectl::{self, Client, Command, Config, DocumentResult, Input, State};
use crate::model::{Text, Time};
use crate::playground::protocol::{Act, Applied, TerminalOutput, ToPage};
use crate::trace::{Action, ActionId, ActionKind, Cause, SourceFile};

/// What a shell says of a command that Ctrl-C ended.
const EXIT_INTERRUPTED: i32 = 130;

/// The way to a cluster's API server and to its trace.
pub trait Door {
    /// The cluster's time.
    fn now(&self) -> Time;

    /// Notes what a person did.
    fn act(&mut self, action: Action) -> ActionId;

    /// Hands in a request that has a cause.
    fn request(&mut self, request: Request, cause: Cause) -> Response;

    /// Injects a fault.
    fn inject(&mut self, fault: &Fault);
}

impl Door for Cluster {
    fn now(&self) -> Time {
        Cluster::now(self)
    }

    fn act(&mut self, action: Action) -> ActionId {
        Cluster::act(self, action)
    }

    fn request(&mut self, request: Request, cause: Cause) -> Response {
        Cluster::request(self, &request, cause)
    }

    fn inject(&mut self, fault: &Fault) {
        Cluster::inject(self, fault);
    }
}

/// What a person wants done, and the action of the trace that it has become, if it has written anything.
#[derive(Clone, Debug)]
struct Errand {
    title: Text,
    files: Vec<SourceFile>,
    cause: Option<Cause>,
}

/// Carries an errand's requests; the first that may write becomes an action of the trace.
struct Carrier<'a> {
    door: &'a mut dyn Door,
    errand: &'a mut Errand,
}

impl Client for Carrier<'_> {
    fn now(&self) -> Time {
        self.door.now()
    }

    fn request(&mut self, request: Request) -> Response {
        let cause = match (self.errand.cause, request.verb) {
            (Some(cause), _) => cause,
            (None, Verb::Get | Verb::List) => Cause::Bootstrap,
            (None, _) => self.act(),
        };
        self.door.request(request, cause)
    }
}

impl Carrier<'_> {
    fn act(&mut self) -> Cause {
        let Errand { title, files, .. } = self.errand.clone();
        let action = Action { time: self.door.now(), title, kind: ActionKind::Request, files };
        let cause = Cause::Action(self.door.act(action));
        self.errand.cause = Some(cause);
        cause
    }
}

/// Applies files, as the editor's button does.
fn apply(files: &[SourceFile], namespace: &str, door: &mut dyn Door) -> ToPage {
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let title = format!("apply {}", names.join(", ")).into();
    let mut errand = Errand { title, files: files.to_vec(), cause: None };
    let mut carrier = Carrier { door, errand: &mut errand };
    let results = kubectl::apply_documents(files, namespace, &mut carrier);
    ToPage::Applied(results.into_iter().map(applied).collect())
}

/// What an apply of a document came to, at the line of the field that it is about.
fn applied(result: DocumentResult) -> Applied {
    Applied { file: result.file, line: result.line, message: result.message, ok: result.ok, key: result.key }
}

/// How a command line begins.
pub(crate) type Start = fn(&str, Input) -> Command;

/// The terminal.
#[derive(Default)]
pub(crate) struct Terminal {
    running: Option<Running>,
    config: Config,
}

/// A command at the terminal.
struct Running {
    command: Command,
    errand: Errand,
    wake: Option<Time>,
}

/// A command that has come to its end.
pub(crate) struct Ended {
    /// The line that was entered.
    pub(crate) line: Text,
    /// True if it changed neither the cluster nor the terminal's settings.
    pub(crate) only_read: bool,
}

impl Terminal {
    /// True while a command has not ended.
    pub(crate) fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// When the command wants to look again, whatever happens; `None` if only changes matter to it.
    pub(crate) fn wake(&self) -> Option<Time> {
        self.running.as_ref()?.wake
    }

    /// Does what a person did; commands begin by `start`, and are not there without it.
    pub(crate) fn act(&mut self, act: Act, start: Option<Start>, door: &mut dyn Door) -> (Vec<ToPage>, Option<Ended>) {
        match (act, start) {
            (Act::Apply(files), _) => return (vec![apply(&files, &self.config.namespace, door)], None),
            (Act::Interrupt, _) => return (self.interrupt().into_iter().collect(), None),
            (Act::Fault(fault), _) => {
                door.inject(&fault);
                return (Vec::new(), None);
            }
            (Act::Edited(text), _) => self.edited(text),
            (Act::Terminal { line, files }, Some(start)) => self.enter(&line, files, start),
            (Act::Terminal { .. }, None) => return (Vec::new(), None),
        }
        self.poll(door)
    }

    /// Starts a command by `start`, unless another one has not ended. It does nothing until it is polled.
    fn enter(&mut self, line: &Text, files: Vec<SourceFile>, start: Start) {
        if self.running.is_some() {
            return;
        }
        let files = if names_files(line) { files } else { Vec::new() };
        let input = Input { files: files.clone(), stdin: String::new(), config: self.config.clone() };
        let errand = Errand { title: line.clone(), files, cause: None };
        self.running = Some(Running { command: start(line, input), errand, wake: None });
    }

    /// Ends `kubectl edit` with the edited text; `None` if it was left without saving.
    fn edited(&mut self, text: Option<String>) {
        if let Some(running) = &mut self.running {
            running.command.edited(text);
        }
    }

    /// Ends the command, if there is one, as Ctrl-C does.
    fn interrupt(&mut self) -> Option<ToPage> {
        self.running.take()?;
        Some(ToPage::Terminal(TerminalOutput { chunks: Vec::new(), exit: Some(EXIT_INTERRUPTED) }))
    }

    /// Lets the command look at the cluster and go on.
    pub(crate) fn poll(&mut self, door: &mut dyn Door) -> (Vec<ToPage>, Option<Ended>) {
        let Some(running) = &mut self.running else { return (Vec::new(), None) };
        let progress = running.command.poll(&mut Carrier { door, errand: &mut running.errand });
        running.wake = progress.wake;
        let exit = match &progress.state {
            State::Done(code) => Some(*code),
            State::Running | State::Edit { .. } => None,
        };
        let mut news = Vec::new();
        if !progress.chunks.is_empty() || exit.is_some() {
            news.push(ToPage::Terminal(TerminalOutput { chunks: progress.chunks, exit }));
        }
        if let State::Edit { name, text } = progress.state {
            news.push(ToPage::Edit { name, text });
        }
        (news, exit.and_then(|_| self.end()))
    }

    fn end(&mut self) -> Option<Ended> {
        let ended = self.running.take()?;
        let config = ended.command.config();
        let only_read = ended.errand.cause.is_none() && self.config == *config;
        self.config = config.clone();
        Some(Ended { line: ended.errand.title, only_read })
    }
}

/// True if a command reads files; only then are they part of its cause.
fn names_files(line: &str) -> bool {
    line.split_whitespace().any(|word| word.starts_with("-f") || word.starts_with("--filename"))
}
