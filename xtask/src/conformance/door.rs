//! Where the recorded requests go: to a cluster in this process, or to a server over HTTP.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use shared::api::{Request, Response};
use shared::cluster::{Cluster, Config, ControlPlane, Timing};
use shared::model::{Object, Span};
use shared::trace::Cause;

use crate::conformance::http::Server;
use crate::failure::Failure;

/// How long the controllers of a server may take.
const SETTLE_MAX: Duration = Duration::from_secs(20);
/// How long to wait before a server is asked again whether they have done their work.
const ASK_AGAIN: Duration = Duration::from_millis(2);

/// How a case is asked.
pub(super) enum Way {
    /// In this process, without bytes between.
    Process,
    /// Of a server for each case; this is the program.
    Http(PathBuf),
}

/// A fresh API server.
pub(super) enum Door {
    /// In this process.
    Process(Box<Cluster>),
    /// Another process.
    Http(Box<Server>),
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The HTTP status code.
    pub(super) code: i64,
    /// The reason of a refusal in one word; empty if it was none.
    pub(super) reason: String,
    /// Why it was refused; empty if it was not.
    pub(super) refusal: String,
    /// What it is about, if it was not refused.
    pub(super) object: Option<Object>,
}

impl Way {
    /// A fresh API server without nodes.
    ///
    /// # Errors
    /// The server does not start.
    pub(super) fn open(&self) -> Result<Door, Failure> {
        Ok(match self {
            Self::Process => {
                let (timing, control_plane) = (Timing::INSTANT, ControlPlane::Full);
                Door::Process(Box::new(Cluster::new(&Config { nodes: 0, timing, control_plane, ..Config::default() })))
            }
            Self::Http(program) => Door::Http(Box::new(Server::start(program)?)),
        })
    }
}

impl Door {
    /// Asks.
    ///
    /// # Errors
    /// A server that does not answer.
    pub(super) fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        match self {
            Self::Process(cluster) => Ok(Answer::from(cluster.request(request, Cause::Bootstrap))),
            Self::Http(server) => server.ask(request),
        }
    }

    /// Lets the controllers see what was written: for a second in this process, until `is_settled` says so of a server.
    ///
    /// # Errors
    /// The server does not answer, or its controllers take too long.
    pub(super) fn settle(&mut self, is_settled: impl Fn(&mut Self) -> Result<bool, Failure>) -> Result<(), Failure> {
        if let Self::Process(cluster) = self {
            cluster.run_for(Span::seconds(1));
            return Ok(());
        }
        let began = Instant::now();
        while !is_settled(self)? {
            if began.elapsed() > SETTLE_MAX {
                return Err(Failure::new("the server's controllers have not seen what was written"));
            }
            std::thread::sleep(ASK_AGAIN);
        }
        Ok(())
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self {
            code: response.code.into(),
            reason: response.failure().map(|it| it.reason.to_owned()).unwrap_or_default(),
            refusal: response.failure().map(|it| it.message.clone()).unwrap_or_default(),
            object: response.as_object().cloned(),
        }
    }
}
