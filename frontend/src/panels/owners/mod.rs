//! The table of objects and their owners: the map's twin.

pub mod model;
pub mod view;
