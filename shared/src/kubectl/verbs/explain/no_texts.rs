//! The page's own: there are no texts.

use crate::kubectl::discovery::Kind;
use crate::model::schema::{Schema, TypeId};

/// None.
pub(super) enum Texts {}

impl Texts {
    pub(super) fn of(_: &Kind) -> Option<Self> {
        None
    }

    pub(super) fn of_path(&self, _: &Schema, _: TypeId, _: &str) -> String {
        match *self {}
    }

    pub(super) fn of_field(&self, _: &Schema, _: TypeId, _: &str, _: &str) -> &str {
        match *self {}
    }
}
