//! kubectl as a library: the same words in, the same bytes out, in a browser tab and natively.
//!
//! A [`Command`] is one command line under way. The host polls it after each step of the cluster; a command that waits
//! (`rollout status`, `get -w`, `delete`) looks again at every poll and lets virtual time pass in between. Everything it
//! reads and writes goes through a [`Client`], which carries API requests and nothing else.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd`, `k8s.io/cli-runtime`.
//! Knows nothing of how a cluster steps, of sockets, files or terminals: files are given by name and text.

mod changes;
mod complete;
mod describe;
mod discovery;
mod documents;
mod failure;
mod flags;
mod help;
mod history;
#[cfg(feature = "every-kind")]
pub mod pod_preset;
mod print;
mod resource_args;
mod session;
mod verbs;
mod words;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use crate::api::{Request, Response};
use crate::model::{Text, Time};
use crate::trace::SourceFile;
use serde::{Deserialize, Serialize};

pub use complete::{Completion, complete};
pub use describe::describe_object;
pub use verbs::apply::{DocumentResult, apply_documents};

use failure::Failure;
use session::{Context, Session};
use verbs::{Job, Step};

/// How a command reaches the API server.
pub trait Client {
    /// The virtual time.
    fn now(&self) -> Time;

    /// Sends one request and gives its answer.
    fn request(&mut self, request: Request) -> Response;
}

/// A piece of output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Chunk {
    /// Of standard output.
    Out(String),
    /// Of standard error.
    Err(String),
}

/// What a command is given besides its words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Input {
    /// The files that `-f` can name.
    pub files: Vec<SourceFile>,
    /// What `-f -` reads.
    pub stdin: String,
    /// What a kubeconfig would say.
    pub config: Config,
}

/// The part of a kubeconfig that commands change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The current context's namespace; empty is `default`.
    pub namespace: Text,
    /// The name of the current context.
    pub context: Text,
    /// The name of the cluster.
    pub cluster: Text,
    /// The address of the API server, for texts only.
    pub server: Text,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            namespace: Text::default(),
            context: Text::new_static("pilothouse"),
            cluster: Text::new_static("pilothouse"),
            server: Text::new_static("https://127.0.0.1:6443"),
        }
    }
}

/// Where a command is after a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for something to change.
    Running,
    /// It waits for [`Command::edited`].
    Edit {
        /// What the editor's tab is called.
        name: Text,
        /// What is to be edited.
        text: String,
    },
    /// It has ended with this exit code.
    Done(i32),
}

/// What a poll came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The output since the last poll.
    pub chunks: Vec<Chunk>,
    /// Where the command is now.
    pub state: State,
    /// When it wants to be polled even if nothing has changed: its time-out. `None` is never.
    pub wake: Option<Time>,
}

/// One command line under way.
///
/// Only [`Command::start`] knows the verbs: what merely goes on with a command does without their code.
pub struct Command {
    context: Context,
    phase: Phase,
}

/// How far a command is.
enum Phase {
    /// It works, or waits.
    Running(Box<dyn Job>),
    /// Over, with this exit code.
    Done(i32),
}

impl Command {
    /// A command that has not begun; `kubectl` or `k` before the verb may be left out.
    pub fn start(line: &str, input: Input) -> Self {
        let line = Line { text: line.to_owned(), verb: None };
        Self { context: Context::new(input), phase: Phase::Running(Box::new(line)) }
    }

    /// Goes on as far as it can without anything else happening.
    pub fn poll(&mut self, client: &mut dyn Client) -> Progress {
        let mut session = Session { client, context: &mut self.context };
        let (phase, state) = match std::mem::replace(&mut self.phase, Phase::Done(0)) {
            Phase::Running(job) => go_on(job, &mut session),
            Phase::Done(code) => (Phase::Done(code), State::Done(code)),
        };
        self.phase = phase;
        Progress { chunks: std::mem::take(&mut self.context.chunks), state, wake: self.context.wake }
    }

    /// Answers [`State::Edit`]: the edited text, or `None` if it was left without saving.
    pub fn edited(&mut self, text: Option<String>) {
        if let Phase::Running(job) = &mut self.phase {
            job.edited(text);
        }
    }

    /// The configuration as the command left it.
    pub fn config(&self) -> &Config {
        &self.context.input.config
    }
}

/// A line as it was typed, and its verb once its words have been looked at.
struct Line {
    text: String,
    verb: Option<Box<dyn Job>>,
}

impl Job for Line {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        let verb = match &mut self.verb {
            Some(verb) => verb,
            None => self.verb.insert(verbs::start(&words::split(&self.text)?, session)?),
        };
        verb.step(session)
    }

    fn edited(&mut self, text: Option<String>) {
        if let Some(verb) = &mut self.verb {
            verb.edited(text);
        }
    }
}

fn go_on(mut job: Box<dyn Job>, session: &mut Session<'_>) -> (Phase, State) {
    session.context.wake = None;
    match job.step(session) {
        Ok(Step::Wait) => (Phase::Running(job), State::Running),
        Ok(Step::Edit { name, text }) => (Phase::Running(job), State::Edit { name, text }),
        Ok(Step::Done) => ended(Ok(()), session),
        Err(failure) => ended(Err(failure), session),
    }
}

fn ended(result: Result<(), Failure>, session: &mut Session<'_>) -> (Phase, State) {
    session.context.wake = None;
    let code = match result {
        Ok(()) => 0,
        Err(failure) => {
            if let Some(message) = failure.message() {
                session.error_line(&message);
            }
            failure.exit_code()
        }
    };
    (Phase::Done(code), State::Done(code))
}
