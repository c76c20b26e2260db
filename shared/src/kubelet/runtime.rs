//! What a kubelet orders from its node and what the node reports: the Container Runtime Interface as data.
//!
//! Upstream: `k8s.io/cri-api/pkg/apis/runtime/v1/api.proto`.
//! Knows nothing of who carries the orders out: a simulated node or Linux.

use crate::model::{Span, Text, Time};
use crate::trace::Cause;
use smol_str::format_smolstr;

/// Names one run of one container of one pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunKey {
    /// The pod's uid.
    pub pod: Text,
    /// The container's name.
    pub container: Text,
    /// How often it had been restarted before this run.
    pub attempt: u32,
}

/// An order to the node; what comes of it is a [`Report`].
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Make the pod's network and what its containers share; answered by [`Happening::SandboxReady`].
    RunSandbox(Box<SandboxSpec>),
    /// Fetch an image for a container; answered by [`Happening::Pulled`] or [`Happening::PullFailed`].
    PullImage {
        /// The pod's uid.
        pod: Text,
        /// The container that needs it.
        container: Text,
        /// As the pod names it.
        image: Text,
    },
    /// Create and start a container; answered by [`Happening::Started`] or [`Happening::StartFailed`].
    StartContainer(Box<ContainerSpec>),
    /// Ask the container to end, and kill it when `grace` is over; answered by [`Happening::Exited`].
    StopContainer {
        /// Which.
        run: RunKey,
        /// How long it may take.
        grace: Span,
    },
    /// Do a probe or a lifecycle hook; answered by [`Happening::Checked`].
    Check {
        /// Of which container.
        run: RunKey,
        /// What for.
        purpose: Purpose,
        /// What to do.
        check: Check,
        /// When to give up.
        timeout: Span,
    },
    /// Take away the sandbox and all that is left in it; answered by [`Happening::SandboxStopped`].
    StopSandbox {
        /// The pod's uid.
        pod: Text,
    },
    /// Forget a pod that is gone, its logs too; not answered.
    RemovePod {
        /// The pod's uid.
        pod: Text,
    },
}

/// What a sandbox is made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SandboxSpec {
    /// The pod's uid.
    pub pod: Text,
    /// The pod's namespace.
    pub namespace: Text,
    /// The pod's name.
    pub name: Text,
    /// What `hostname` prints.
    pub hostname: Text,
    /// True when the pod uses the node's own network.
    pub host_network: bool,
    /// The pod's annotations.
    pub annotations: Vec<(Text, Text)>,
}

/// What a container is made from, with everything that refers to other objects resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContainerSpec {
    /// Which run this will be.
    pub run: RunKey,
    /// What it is in its pod.
    pub role: Role,
    /// As the pod names it.
    pub image: Text,
    /// In place of the image's entrypoint; empty keeps that.
    pub command: Vec<Text>,
    /// In place of the image's arguments.
    pub args: Vec<Text>,
    /// Empty keeps the image's.
    pub working_dir: Text,
    /// The environment, in order.
    pub env: Vec<(Text, Text)>,
    /// The files of `ConfigMap`, Secret and downward API volumes, by absolute path in the container.
    pub files: Vec<(Text, Text)>,
    /// The container's ports with their names.
    pub ports: Vec<(Text, u16)>,
    /// Memory limit in bytes; 0 is none.
    pub memory_limit: i64,
    /// Where it may leave a termination message.
    pub message_path: Text,
    /// True when the pod's `restartPolicy` is Always.
    pub restarts_always: bool,
}

/// What a container is in its pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Runs to its end before the others.
    Init,
    /// An init container that stays up beside the others.
    Sidecar,
    /// One of `spec.containers`.
    #[default]
    Main,
}

/// What a check is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// `startupProbe`.
    Startup,
    /// `livenessProbe`.
    Liveness,
    /// `readinessProbe`.
    Readiness,
    /// `lifecycle.postStart`.
    PostStart,
    /// `lifecycle.preStop`.
    PreStop,
}

/// A probe or hook, ready to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// Run a command in the container.
    Exec(Vec<Text>),
    /// An HTTP GET.
    Http {
        /// `http` or `https`.
        scheme: Text,
        /// The pod's address, or what the probe names.
        host: Text,
        /// The number.
        port: u16,
        /// With its leading slash.
        path: Text,
    },
    /// Open a TCP connection.
    Tcp {
        /// The pod's address, or what the probe names.
        host: Text,
        /// The number.
        port: u16,
    },
    /// Ask the gRPC health service.
    Grpc {
        /// The pod's address.
        host: Text,
        /// The number.
        port: u16,
        /// The service asked about.
        service: Text,
    },
    /// Wait, as a hook may.
    Sleep(Span),
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Success,
    /// With an answer that means no: the text that people read.
    Failure(Text),
}

/// Something that happened on the node.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The pod's uid.
    pub pod: Text,
    /// What.
    pub what: Happening,
    /// When it happened, which may be earlier than when it is reported.
    pub at: Time,
    /// What made it happen: the reconcile that ordered it, or a fault; `None` if nobody said.
    pub cause: Option<Cause>,
}

/// What can happen on a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// The sandbox is up, with this address.
    SandboxReady {
        /// The pod's IP address.
        ip: Text,
    },
    /// An image is on the node.
    Pulled {
        /// The container it was pulled for.
        container: Text,
        /// What was learned about it.
        image: ImageInfo,
        /// How long the pull itself took.
        took: Span,
        /// The same with the time in the queue.
        with_waiting: Span,
    },
    /// An image could not be fetched.
    PullFailed {
        /// The container it was pulled for.
        container: Text,
        /// As the pod names it.
        image: Text,
        /// The runtime's words.
        message: Text,
    },
    /// A container runs.
    Started {
        /// Which.
        run: RunKey,
        /// `containerd://…`.
        id: Text,
        /// The image it runs.
        image: ImageInfo,
    },
    /// A container could not be started.
    StartFailed {
        /// Which.
        run: RunKey,
        /// `containerd://…`.
        id: Text,
        /// The runtime's words.
        message: Text,
    },
    /// A container ended.
    Exited {
        /// Which.
        run: RunKey,
        /// Its exit code.
        code: i32,
        /// True when the kernel killed it for its use of memory.
        oom: bool,
        /// What it left at its termination message path.
        message: Text,
        /// The end of its log, for `FallbackToLogsOnError`.
        log_tail: Text,
    },
    /// A probe or hook is done.
    Checked {
        /// Of which container.
        run: RunKey,
        /// What for.
        purpose: Purpose,
        /// How it ended.
        outcome: Outcome,
    },
    /// The sandbox is gone.
    SandboxStopped,
}

/// An image on the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageInfo {
    /// As the pod names it: `nginx:1.27`.
    pub name: Text,
    /// In full: `docker.io/library/nginx:1.27`.
    pub full_name: Text,
    /// `docker.io/library/nginx@sha256:…`.
    pub digest: Text,
    /// In bytes, as pulled.
    pub size: i64,
}

impl Report {
    /// A report without a known cause.
    pub fn new(pod: &Text, what: Happening, at: Time) -> Self {
        Self { pod: pod.clone(), what, at, cause: None }
    }

    /// In a few words: `container web exited with 137`.
    pub fn describe(&self) -> Text {
        match &self.what {
            Happening::SandboxReady { ip } => format_smolstr!("sandbox ready at {ip}"),
            Happening::Pulled { image, .. } => format_smolstr!("image {} pulled", image.name),
            Happening::PullFailed { image, .. } => format_smolstr!("image {image} could not be pulled"),
            Happening::Started { run, .. } => format_smolstr!("container {} started", run.container),
            Happening::StartFailed { run, .. } => format_smolstr!("container {} could not start", run.container),
            Happening::Exited { run, oom: true, .. } => {
                format_smolstr!("container {} was killed: out of memory", run.container)
            }
            Happening::Exited { run, code, .. } => format_smolstr!("container {} exited with {code}", run.container),
            Happening::Checked { run, purpose, outcome } => {
                let how = if *outcome == Outcome::Success { "succeeded" } else { "failed" };
                format_smolstr!("{} of container {} {how}", purpose.words(), run.container)
            }
            Happening::SandboxStopped => Text::new_static("sandbox stopped"),
        }
    }
}

impl Purpose {
    /// `readiness probe`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Startup => "startup probe",
            Self::Liveness => "liveness probe",
            Self::Readiness => "readiness probe",
            Self::PostStart => "postStart hook",
            Self::PreStop => "preStop hook",
        }
    }
}
