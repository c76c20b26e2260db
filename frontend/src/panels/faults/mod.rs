//! Faults that a person can inject.

pub mod model;
//VIEW pub mod view;
