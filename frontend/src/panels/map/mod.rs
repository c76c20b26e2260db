//! The map of the cluster: the way of a request, the loops, who owns what, and the nodes.

pub mod loops;
pub mod nodes;
pub mod owners;
pub mod path;
pub mod view;
pub mod wires;
