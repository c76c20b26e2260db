//! What the page and its worker say to each other: postcard bytes, a [`ToWorker`] one way and a [`ToPage`] the other.
//!
//! The page holds a [`crate::playground::World`], which is what the cluster looks like at the playhead; the worker sends what
//! changed. Everything a person does that changes the cluster is an [`Act`]; the log of acts with their places is the run.

pub use crate::cluster::{Fault, LoopState, NodeState, Pull};
pub use crate::kubectl::Chunk;

use crate::model::{Key, Object, Text, Time};
pub use crate::playground::what_if::{Outcome, WhatIf};
use crate::trace::{Action, Oldest, Reconcile, ReconcileId, Record, Revision, SourceFile};
use serde::{Deserialize, Serialize};

/// Pairs an answer with its question; the page counts up.
pub type QuestionId = u32;

/// What the page sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Starts a cluster from a document: the acts of its log are run again, as fast as it goes.
    Open(Document),
    /// Changes the cluster. In the past it first makes a branch there.
    Act(Act),
    /// Lets time run.
    Play(Speed),
    /// Stops time.
    Pause,
    /// Does one thing: one request, reconcile, scheduling cycle or kubelet event.
    StepEvent,
    /// Does things until a reconcile has ended.
    StepReconcile,
    /// Moves the playhead to a revision of the past, one that is at or before the live end.
    Seek(Revision),
    /// Moves the playhead back to the live end.
    Live,
    /// Throws away what came after the playhead and goes on from there; what was thrown away stays as a branch.
    Branch,
    /// Goes to another branch.
    Switch(BranchId),
    /// Runs everything again with another value in a file, as a new branch, up to the time of the live end.
    Try(WhatIf),
    /// Asks something that changes nothing.
    Ask(QuestionId, Question),
}

/// What the worker sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToPage {
    /// What changed at the playhead; at most one per tick.
    Delta(Box<Delta>),
    /// Output of the terminal.
    Terminal(TerminalOutput),
    /// What an apply from the editor came to, in the order of the documents.
    Applied(Vec<Applied>),
    /// The answer to a question.
    Answer(QuestionId, Answer),
    /// `kubectl edit` wants the person to edit a text; the page answers with [`Act::Edited`].
    Edit {
        /// What the editor's tab is called.
        name: Text,
        /// What is to be edited.
        text: String,
    },
}

/// What a person saves, links and shares: the files, the cluster's size and seed, and the log of what was done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Shown in the top bar.
    pub title: Text,
    /// The files of the editor, as they are now.
    pub files: Vec<SourceFile>,
    /// Decides every draw of chance.
    pub seed: u64,
    /// How many nodes there are at the start; 0 means three.
    pub nodes: u16,
    /// What was done, oldest first.
    pub log: Vec<Entry>,
    /// Where the recording ends: how many steps the cluster had done.
    pub end_step: u64,
    /// Where the recording ends in virtual time.
    pub end_time: Time,
    /// The hash of the trace at the end; 0 if it is not known.
    pub hash: u64,
    /// The version of the engine that ran it; empty if it is not known.
    pub engine: Text,
}

/// One act and its place in the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// How many steps the cluster had done before.
    pub step: u64,
    /// The virtual time.
    pub time: Time,
    /// What was done.
    pub act: Act,
}

/// Something a person does that may change the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// Presses Apply: `kubectl apply` of the files.
    Apply(Vec<SourceFile>),
    /// Enters a line at the terminal; the files are what `-f` can name.
    Terminal {
        /// `kubectl get pods`.
        line: Text,
        /// The files of the editor.
        files: Vec<SourceFile>,
    },
    /// Ends `kubectl edit` with the edited text; `None` if it was left without saving.
    Edited(Option<String>),
    /// Presses Ctrl-C at the terminal.
    #[default]
    Interrupt,
    /// Injects a fault.
    Fault(Fault),
}

/// How fast virtual time runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Speed {
    /// One second per second.
    #[default]
    Normal,
    /// Ten seconds per second.
    Fast,
    /// As fast as it goes.
    Max,
}

/// Index of a branch; 0 is the first history.
pub type BranchId = u16;

/// A history that left another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The one it left; equal to itself for the first.
    pub parent: BranchId,
    /// Where it left.
    pub from: Revision,
    /// When it left.
    pub time: Time,
}

/// What changed at the playhead since the last delta.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// Present if the page must forget everything it had before taking this in: where the trace begins that comes now.
    pub reset: Option<Oldest>,
    /// Clock and place.
    pub clock: Clock,
    /// Objects at the playhead that changed; `None` is gone.
    pub objects: Vec<(Key, Option<Object>)>,
    /// Actions that came, up to the live end.
    pub actions: Vec<Action>,
    /// Reconciles that began or changed, up to the live end.
    pub reconciles: Vec<(ReconcileId, Reconcile)>,
    /// Records that came, up to the live end.
    pub records: Vec<Record>,
    /// The control loops as they are now; `None` if unchanged. Not known in the past.
    pub loops: Option<Vec<LoopState>>,
    /// What the nodes are busy with; `None` if unchanged. Not known in the past.
    pub nodes: Option<Vec<NodeState>>,
    /// All branches; `None` if unchanged.
    pub branches: Option<Vec<Branch>>,
}

/// Where the playhead is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// The virtual time at the playhead.
    pub now: Time,
    /// The revision at the playhead.
    pub revision: Revision,
    /// The virtual time at the live end.
    pub end: Time,
    /// The revision at the live end.
    pub end_revision: Revision,
    /// True if the playhead is at the live end.
    pub live: bool,
    /// The speed; `None` while paused.
    pub playing: Option<Speed>,
    /// True if nothing but heartbeats is left to do.
    pub settled: bool,
    /// Steps done so far.
    pub steps: u64,
    /// A hash over the whole trace so far.
    pub hash: u64,
    /// The seed.
    pub seed: u64,
    /// The branch.
    pub branch: BranchId,
}

/// Output of the terminal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TerminalOutput {
    /// What came, in order.
    pub chunks: Vec<Chunk>,
    /// The exit code; `None` while the command runs on.
    pub exit: Option<i32>,
}

/// What the apply of one YAML document came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// The file.
    pub file: Text,
    /// The line of the file that the message is about, from 1: the field's, or the document's first.
    pub line: u32,
    /// `deployment.apps/web created`, or the error as kubectl says it.
    pub message: String,
    /// False for an error.
    pub ok: bool,
    /// The object; `None` if the document named none.
    pub key: Option<Key>,
}

/// Questions, which change nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Question {
    /// Why is the object as it is? With a path, why is this field as it is.
    Why(Key, Option<Text>),
    /// The object as YAML, as `kubectl get -o yaml` shows it.
    Yaml(Key),
    /// What `kubectl describe` says.
    Describe(Key),
    /// The logs of a container: pod, container, and whether of the previous one.
    Logs(Key, Text, bool),
    /// The document that carries this run.
    Document,
    /// Reads a link's fragment.
    ReadLink(String),
    /// Problems of a file.
    Diagnose(String),
    /// Completions at a line and column (from 1, columns in UTF-16 units) of a file.
    Complete(String, u32, u32),
    /// What the field at a line and column of a file is.
    Hover(String, u32, u32),
    /// Completions of a line at the terminal.
    CompleteLine(Text),
    /// What an apply of the files would change, as `kubectl diff` shows it.
    Diff(Vec<SourceFile>),
    /// When the object would have been made with another value in a file.
    WhatIf(WhatIf, Key),
}

/// Answers to questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Question::Why`].
    Why(Box<crate::cluster::Why>),
    /// To the questions for a text.
    Text(String),
    /// To [`Question::Document`] and [`Question::ReadLink`].
    Document(Box<Document>),
    /// To [`Question::Diagnose`].
    Diagnostics(Vec<Diagnostic>),
    /// To [`Question::Complete`] and [`Question::CompleteLine`].
    Completions(Vec<Completion>),
    /// To [`Question::Hover`].
    Hover(Option<Hover>),
    /// To [`Question::WhatIf`].
    WhatIf(Outcome),
    /// It cannot be answered, and why.
    Error(String),
}

/// A problem of a file. Lines and columns count from 1; columns in UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Where it begins.
    pub line: u32,
    /// Where it begins.
    pub column: u32,
    /// Where it ends, on the same line.
    pub end_column: u32,
    /// True for an error, false for a warning.
    pub error: bool,
    /// What is wrong.
    pub message: String,
    /// The text to put there instead, if one is known.
    pub fix: Option<String>,
}

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What is inserted.
    pub label: String,
    /// Type or kind, in a word or two.
    pub detail: String,
}

/// What a field is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hover {
    /// `spec.strategy.rollingUpdate.maxUnavailable`.
    pub path: String,
    /// `integer or percent`.
    pub kind: String,
    /// `apps/v1`.
    pub api_version: String,
    /// The object's kind: `Deployment`.
    pub object_kind: String,
    /// True if it must be given.
    pub required: bool,
    /// What it is when left out; empty if unknown.
    pub default: String,
    /// The values it can have; empty if any.
    pub one_of: Vec<String>,
}
