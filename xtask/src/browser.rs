//! Finds Chromium for the tests, or on Debian, as root, installs it; and runs the scripts of `e2e` in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::{npm, place, process};

/// Where distributions put a Chromium.
const PATHS: &[&str] =
    &["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];

/// What Debian calls the browser, and the font without which the Chinese page is a row of boxes; and a file of the font.
const BROWSER_PACKAGE: &str = "chromium";
const FONT_PACKAGE: &str = "fonts-noto-cjk";
const FONT_PATH: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";

/// The browser to test in: `$CHROMIUM`, or an installed one, or one that is installed now.
///
/// # Errors
/// One sentence with the command to type, when there is none and it cannot be installed from here.
pub(crate) fn find() -> Result<PathBuf, Failure> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(PathBuf::from(named));
    }
    let missing = missing_packages(installed().is_some(), Path::new(FONT_PATH).exists());
    if !missing.is_empty() && may_install() {
        install(&missing)?;
    }
    installed().ok_or_else(|| {
        Failure::new(format!(
            "needs Chromium: type `apt-get install -y --no-install-recommends {BROWSER_PACKAGE} {FONT_PACKAGE}` as root, \
             or set CHROMIUM to a browser"
        ))
    })
}

/// A script of `e2e` for `browser`, against the binary `program` and the folder `page`; needs what npm installs.
pub(crate) fn script(name: &str, browser: &Path, page: &Path, program: &Path) -> Result<Command, Failure> {
    npm::install("e2e")?;
    let xtask = std::env::current_exe().map_err(|error| Failure::new(format!("cannot find this program: {error}")))?;
    let mut command = Command::new("node");
    command.arg(name).current_dir(place::root().join("e2e"));
    command.env("CHROMIUM", browser).env("PILOTHOUSE", program).env("PAGE", page).env("XTASK", xtask);
    Ok(command)
}

/// The packages to install, given whether a browser and the font are there.
fn missing_packages(browser: bool, font: bool) -> Vec<&'static str> {
    let packages = [(BROWSER_PACKAGE, browser), (FONT_PACKAGE, font)];
    packages.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect()
}

/// The first browser of the usual places.
fn installed() -> Option<PathBuf> {
    PATHS.iter().map(PathBuf::from).find(|path| path.exists())
}

/// Whether this is a Debian on which we are root.
pub(crate) fn may_install() -> bool {
    let root = process::output(Command::new("id").arg("-u")).is_ok_and(|user| user == "0");
    root && Path::new("/etc/debian_version").exists()
}

/// Installs system packages.
pub(crate) fn install(packages: &[&str]) -> Result<(), Failure> {
    println!("  installing {} from Debian's packages", packages.join(" and "));
    process::run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "-qq", "--no-install-recommends"]);
    process::run(command.args(packages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        assert_eq!(missing_packages(true, true), [""; 0]);
        assert_eq!(missing_packages(true, false), ["fonts-noto-cjk"]);
        assert_eq!(missing_packages(false, false), ["chromium", "fonts-noto-cjk"]);
    }
}
