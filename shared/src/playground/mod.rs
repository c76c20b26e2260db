//! What the page is built on: the document, the link, the engine in the worker and what it tells the page.
//!
//! Knows nothing of the DOM, of workers and of how messages travel.

mod answers;
mod engine;
pub mod link;
pub mod protocol;
mod run;
pub mod trial;
pub mod what_if;
mod world;

pub use engine::Engine;
pub use world::World;
