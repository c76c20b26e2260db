//! The cluster's events.

pub mod model;
//VIEW pub mod view;
