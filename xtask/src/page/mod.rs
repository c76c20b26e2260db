//! Builds the page: WebAssembly from `frontend`, a bundle from `static`, put together in one folder.

mod assemble;
mod bundle;
mod compress;
mod engine;
mod licences;
mod wasm;

pub(crate) use wasm::{TARGET, install_target};

use std::path::PathBuf;
use std::process::Command;

use crate::failure::Failure;
use crate::{npm, place, process};

/// How the page and the binary are compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Build {
    /// As they are published: small and fast.
    Published,
    /// Quick to compile, slow to run, with names in stack traces.
    Debug,
}

/// Builds the page and returns its folder. What has not changed is not built again.
pub(crate) fn build(kind: Build) -> Result<PathBuf, Failure> {
    println!("  compiling the page to WebAssembly");
    let code = wasm::build(kind)?;
    npm::install("static")?;
    let bundle = bundle::build(kind)?;
    let parts = [Some(code), Some(bundle), engine::build(kind)?];
    assemble::assemble(&parts.into_iter().flatten().collect::<Vec<_>>(), kind)
}

/// Builds `pilothouse` with the page of `folder` inside and returns the program's path.
pub(crate) fn binary(folder: &std::path::Path, kind: Build) -> Result<PathBuf, Failure> {
    println!("  compiling pilothouse with the page inside");
    let (profile, out) = match kind {
        Build::Published => ("release", "release"),
        Build::Debug => ("dev", "debug"),
    };
    let mut command: Command = process::cargo(&["build", "--quiet", "--package", "server", "--profile", profile]);
    process::run(command.env("PILOTHOUSE_PAGE", folder))?;
    Ok(place::target().join(out).join(place::program("pilothouse")))
}
