//! The timeline: one lane per actor, and an arrow for each cause.

pub mod chain;
pub mod layout;
pub mod model;
pub mod view;
