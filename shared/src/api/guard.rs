//! Where the pipeline asks whether a request may go on: not at all, or by roles and bindings.

#[cfg(feature = "every-kind")]
use crate::api::authorization::{Authorizer, attributes::Attributes, escalation::Escalation};
use crate::api::{Request, Status};
use crate::model::{Key, Object};
use crate::store::Store;

/// Who is asked.
#[derive(Clone, Debug, Default)]
pub(super) enum Guard {
    /// Nobody: everything is allowed, as in the page.
    #[default]
    Open,
    /// The authorizer.
    #[cfg(feature = "every-kind")]
    Roles(Box<Authorizer>),
}

#[cfg_attr(
    not(feature = "every-kind"),
    allow(clippy::unnecessary_wraps, reason = "only the whole control plane refuses anything")
)]
impl Guard {
    /// Takes in what was written.
    pub(super) fn refresh(&mut self, store: &Store) {
        match self {
            Self::Open => _ = store,
            #[cfg(feature = "every-kind")]
            Self::Roles(it) => it.refresh(store),
        }
    }

    /// The authorizer; `None` where everything is allowed.
    #[cfg(feature = "every-kind")]
    pub(super) fn authorizer(&self) -> Option<&Authorizer> {
        match self {
            Self::Open => None,
            Self::Roles(it) => Some(it),
        }
    }

    /// Lets a request pass.
    pub(super) fn check(&self, request: &Request, store: &Store) -> Result<(), Status> {
        match self {
            Self::Open => {
                _ = (request, store);
                Ok(())
            }
            #[cfg(feature = "every-kind")]
            Self::Roles(it) => it.check(&Attributes::of(request), store),
        }
    }

    /// Lets a role or binding pass that is about to be written; any other object passes.
    pub(super) fn check_escalation(
        &self,
        (request, key): (&Request, &Key),
        (new, old): (&Object, Option<&Object>),
        store: &Store,
    ) -> Result<(), Status> {
        match self {
            Self::Open => {
                _ = (request, key, new, old, store);
                Ok(())
            }
            #[cfg(feature = "every-kind")]
            Self::Roles(authorizer) => {
                let path_name = request.target.name.as_str();
                Escalation { authorizer, store, user: &request.user, key, path_name }.check(new, old)
            }
        }
    }
}
