//! The inspector: one object, what it is, why, and how it came along.

pub mod facts;
pub mod model;
pub mod startup;
pub mod view;
