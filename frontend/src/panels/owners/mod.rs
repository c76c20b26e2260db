//! The table of objects and their owners: the map's twin.

pub mod model;
//VIEW pub mod view;
