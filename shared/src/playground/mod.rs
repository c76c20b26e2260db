//! What the page is built on: the document, the link, the engine in the worker and what it tells the page.
//!
//! Knows nothing of the DOM, of workers and of how messages travel.

mod answers;
mod engine;
mod later;
pub mod link;
pub mod protocol;
mod run;
mod telling;
mod terminal;
pub mod trial;
#[cfg(feature = "every-kind")]
mod visit;
pub mod what_if;
mod world;

pub use engine::Engine;
pub use later::Later;
pub use terminal::Door;
#[cfg(feature = "every-kind")]
pub use visit::Visit;
pub use world::World;
