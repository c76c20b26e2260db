//! What the page shows, panel by panel.
//!
//! Each panel has a model, which decides everything from a [`shared::playground::World`] and is tested natively, and a
//! view, which draws the model and decides nothing.

pub mod clock;
pub mod events;
pub mod faults;
#[cfg(test)]
pub mod fixture;
pub mod inspector;
pub mod kinds;
pub mod map;
pub mod owners;
pub mod rollout;
pub mod scrubber;
pub mod status;
pub mod terminal;
pub mod timeline;
pub mod why;
pub mod widgets;
