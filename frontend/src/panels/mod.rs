//! What the page shows, panel by panel.
//!
//! Each panel has a model, which decides everything from a [`shared::playground::World`] and is tested natively, and a
//! view, which draws the model and decides nothing.

pub mod clock;
#[cfg(test)]
pub mod fixture;
pub mod map;
pub mod status;
