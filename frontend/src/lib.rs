//! The page. One small WebAssembly serves the page and the worker that runs the cluster; from the second visit on the worker
//! runs another one, of the same source without the feature `page`, that was built for speed.
//!
//! Start at [`start`]. The page's side is [`app`], the worker's [`host::worker`].
//! Knows nothing of how a controller decides.
#![allow(unreachable_pub, reason = "leptos components are public in private modules")]

#[cfg(feature = "page")]
pub mod app;
#[cfg(feature = "page")]
pub mod editor;
pub mod host;
#[cfg(feature = "page")]
pub mod i18n;
#[cfg(feature = "page")]
pub mod icons;
#[cfg(feature = "page")]
pub mod keep;
#[cfg(feature = "page")]
pub mod panels;
#[cfg(feature = "page")]
pub mod parts;
#[cfg(feature = "page")]
pub mod state;

/// Starts the page where there is a window, and the engine where there is none: in the worker.
pub fn start() {
    #[cfg(feature = "page")]
    if web_sys::window().is_some() {
        host::page::report_panics();
        return app::start();
    }
    host::worker::run(host::cluster::ClusterEngine::new(host::worker::now));
}

/// Runs the trials of the seeds from `first` to before `end` and gives a line with their hash.
///
/// For tests that compare hosts: they call it on the modules `app.js` and `later/engine.js`, and no part of the page does.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn trial(first: u32, end: u32) -> String {
    shared::playground::trial::line(u64::from(first)..u64::from(end))
}
