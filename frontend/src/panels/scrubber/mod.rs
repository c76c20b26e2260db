//! The transport: play, step, speed, the clock, and the scrubber over the recorded history.

pub mod model;
pub mod view;
