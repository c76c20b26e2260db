//! The cluster's events.

pub mod model;
pub mod view;
