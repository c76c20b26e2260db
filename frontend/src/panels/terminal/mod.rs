//! The terminal: kubectl in the page.

pub mod model;
pub mod view;
