//! Why an object, or a field of it, is as it is: the chain of causes down to a line of YAML.

pub mod model;
pub mod view;
