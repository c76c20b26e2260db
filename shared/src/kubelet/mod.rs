//! The kubelet: makes a node's containers what its pods ask for, and reports what became of them.
//!
//! Upstream: `pkg/kubelet/kubelet.go`, `pkg/kubelet/kuberuntime`, `pkg/kubelet/status`, `pkg/kubelet/prober`.
//! Knows nothing of what carries out its commands: a simulated node or Linux.

use crate::model::{Object, Text, Time};
use crate::plan::{EventDraft, Write};
use crate::store::{Change, Store};

/// One node's kubelet.
#[derive(Clone, Debug, Default)]
pub struct Kubelet {
    node: Text,
}

/// Something a kubelet takes in.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// It starts: registers its node.
    Start,
    /// Its watch delivered a change of a pod that is, or was, bound to its node.
    Pod(&'a Change),
    /// Its watch delivered a change of its own Node object.
    Node(&'a Change),
    /// The node reports something.
    Runtime(Report),
    /// The time it asked to be woken at has come.
    Timer,
    /// One of its writes was refused, with the reason and message of the Status.
    Refused(&'a Write, &'a crate::api::Status),
}

/// What a kubelet wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A request to the API server.
    Write(Box<Write>),
    /// An event.
    Event(EventDraft),
    /// An order to the node.
    Runtime(Command),
    /// Note for the trace: what this step saw and wanted about one pod (`0/1 ready`, `container web restarted`).
    Note {
        /// The pod, or the Node object.
        about: crate::model::Key,
        /// What it saw.
        observed: Text,
        /// What it wanted.
        desired: Text,
    },
}

/// What the kubelet reads beside its inputs.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time of the step.
    pub now: Time,
    /// For `ConfigMaps`, Secrets and Services that pods refer to: what the API server would answer now.
    pub store: &'a Store,
}

/// An order to the node; extended in `runtime.rs` by the kubelet's needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {}

/// Something the node reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {}

impl Kubelet {
    /// The kubelet of the node described by `node`, not yet started.
    pub fn new(node: &Object) -> Self {
        Self { node: node.name() }
    }

    /// Takes in one thing and says what to do.
    pub fn step(&mut self, _input: Input<'_>, _context: Context<'_>) -> Vec<Effect> {
        Vec::new()
    }

    /// When it wants to be woken with [`Input::Timer`].
    pub fn next_due(&self) -> Option<Time> {
        None
    }

    /// Its node's name.
    pub fn node(&self) -> &Text {
        &self.node
    }
}
