//! The page. One WebAssembly serves the page and the worker that runs the cluster.
//!
//! Start at [`start`]. The page's side is [`app`], the worker's [`host::worker`].
//! Knows nothing of how a controller decides.
#![allow(unreachable_pub, reason = "leptos components are public in private modules")]

pub mod app;
pub mod editor;
pub mod host;
pub mod i18n;
pub mod icons;
pub mod keep;
pub mod panels;
pub mod parts;
pub mod state;

/// Starts the page where there is a window, and the engine where there is none: in the worker.
pub fn start() {
    if web_sys::window().is_some() {
        host::page::report_panics();
        app::start();
    } else {
        host::worker::run(host::cluster::ClusterEngine::new(host::worker::now));
    }
}

/// Runs the trials of the seeds from `first` to before `end` and gives a line with their hash.
///
/// For tests that compare hosts: they call it on the module `app.js`, and no part of the page does.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn trial(first: u32, end: u32) -> String {
    shared::playground::trial::line(u64::from(first)..u64::from(end))
}
