//! Installs what comes from npm: exactly what the lock file beside `package.json` names.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::files::{self, Hash};
use crate::{place, process};

/// The oldest Node.js the bundler and the browser tests run on.
const NODE_MAJOR_MIN: u32 = 20;

/// Runs `npm ci` in `folder` (relative to the repository) unless it ran for the same lock file.
pub(crate) fn install(folder: &str) -> Result<(), Failure> {
    let folder = place::root().join(folder);
    let lock = files::read(&folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules").join(".installed");
    files::unless_fresh(&stamp, Hash::EMPTY.with(&lock), || install_now(&folder))?;
    Ok(())
}

/// Runs `npm ci` in `folder`.
fn install_now(folder: &Path) -> Result<(), Failure> {
    check_node()?;
    println!("  installing the npm packages of {}", folder.display());
    process::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder))
}

/// Fails with a sentence if Node.js is missing or too old.
pub(crate) fn check_node() -> Result<(), Failure> {
    let version = process::output(Command::new("node").arg("--version"))?;
    match major(&version) {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(()),
        _ => Err(Failure::new(format!("Node.js {version} is too old; install version {NODE_MAJOR_MIN} or newer"))),
    }
}

/// The first number of `v20.1.2`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20"), None);
    }
}
