//! Finds Chromium for the tests; on Debian, as root, installs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// Where distributions put a Chromium.
const PATHS: &[&str] =
    &["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];

/// What Debian calls the browser and the font that the Chinese page needs.
const PACKAGES: &[&str] = &["chromium", "fonts-noto-cjk"];

/// The browser to test in: `$CHROMIUM`, or an installed one, or one that is installed now.
///
/// # Errors
/// One sentence with the command to type, when there is none and it cannot be installed from here.
pub(crate) fn find() -> Result<PathBuf, Failure> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(PathBuf::from(named));
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    if !may_install() {
        let packages = PACKAGES.join(" ");
        return Err(Failure::new(format!(
            "needs Chromium: type `apt-get install -y --no-install-recommends {packages}` as root, or set CHROMIUM to a browser"
        )));
    }
    install()?;
    installed().ok_or_else(|| Failure::new("needs Chromium: the package was installed, but no browser is there"))
}

/// The first browser of the usual places.
fn installed() -> Option<PathBuf> {
    PATHS.iter().map(PathBuf::from).find(|path| path.exists())
}

/// Whether this is a Debian on which we are root.
fn may_install() -> bool {
    let root = process::output(Command::new("id").arg("-u")).is_ok_and(|user| user == "0");
    root && Path::new("/etc/debian_version").exists()
}

/// Installs the browser and the font from the system's packages.
fn install() -> Result<(), Failure> {
    println!("  installing {} from Debian's packages", PACKAGES.join(" and "));
    process::run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "-qq", "--no-install-recommends"]);
    process::run(command.args(PACKAGES))
}
