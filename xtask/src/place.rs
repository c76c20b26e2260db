//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// Cargo's target folder: `CARGO_TARGET_DIR`, or `target` in the repository.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Where cargo keeps the crates it has fetched: `CARGO_HOME`, or `.cargo` in the user's folder.
pub(crate) fn cargo_home() -> PathBuf {
    let user = || env::home_dir().unwrap_or_default().join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(user, PathBuf::from)
}

/// The folder with the finished page.
pub(crate) fn page() -> PathBuf {
    target().join("page")
}

/// The folder with the page's parts before they are put together.
pub(crate) fn parts() -> PathBuf {
    target().join("page-parts")
}

/// The file name of a program of this system.
pub(crate) fn program(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}
