//! How what a person does at a page gets into the cluster: as their own requests, through the one door.

use std::sync::Arc;

use shared::api::authorization::attributes::Attributes;
use shared::api::{Request, Response, User};
use shared::cluster::Fault;
use shared::model::Time;
use shared::playground;
use shared::trace::{Action, ActionId, Cause};
use tokio::runtime::Handle;

use super::PATH;
use crate::host::{Host, wall_clock};

/// The door of one person.
pub(super) struct Door {
    host: Arc<Host>,
    user: User,
    runtime: Handle,
}

impl Door {
    /// A door for `user`, from within the runtime.
    pub(super) fn new(host: Arc<Host>, user: User) -> Self {
        Self { host, user, runtime: Handle::current() }
    }

    /// True if the person may do more than look.
    fn may_change(&self) -> bool {
        let asked = Attributes::of_path(&self.user, "post", PATH);
        self.host.look(|cluster| cluster.api().authorize(&asked)).is_ok()
    }
}

impl playground::Door for Door {
    fn now(&self) -> Time {
        wall_clock()
    }

    fn act(&mut self, action: Action) -> ActionId {
        // Who may only look is refused later; their files shall not stay in the trace of everybody.
        let files = if self.may_change() { action.files } else { Vec::new() };
        self.host.with(|cluster| cluster.act(Action { files, ..action }))
    }

    fn request(&mut self, request: Request, cause: Cause) -> Response {
        let request = Request { user: self.user.clone(), ..request };
        self.runtime.block_on(self.host.request_because(&request, cause))
    }

    fn inject(&mut self, fault: &Fault) {
        if self.may_change() {
            self.host.with(|cluster| cluster.inject(fault));
        }
    }
}
