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
