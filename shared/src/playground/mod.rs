//! What the page is built on: the document, the link, the engine in the worker and what it tells the page.
//!
//! Knows nothing of the DOM, of workers and of how messages travel.

pub mod protocol;
mod world;

pub use world::World;
