//! kubectl's way to a cluster in a test.

use shared::api::{Request, Response};
use shared::cluster::Cluster;
use shared::kubectl;
use shared::model::Time;
use shared::trace::Cause;

/// Carries requests as the cluster's own.
pub(crate) struct Door<'a>(pub(crate) &'a mut Cluster);

impl kubectl::Client for Door<'_> {
    fn now(&self) -> Time {
        self.0.now()
    }

    fn request(&mut self, request: Request) -> Response {
        self.0.request(&request, Cause::Bootstrap)
    }
}
