//! Faults that a person can inject.

pub mod model;
pub mod view;
