//! Real Kubernetes clients against `pilothouse serve`: gets them from their package registries and runs `e2e/clients`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::page::Build;
use crate::{files, npm, page, place, process};

/// Debian's package with kubectl. It is unpacked and not installed: a newer kubectl may be there.
const KUBECTL_PACKAGE: &str = "kubernetes-client";

/// Runs every client's scenarios.
///
/// # Errors
/// A client could not be got, or did not see what it should have seen.
pub(crate) fn test(page: &Path) -> Result<(), Failure> {
    npm::check_node()?;
    let program = page::binary(page, Build::Debug)?;
    let mut command = Command::new("node");
    command.arg("run.mjs").current_dir(place::root().join("e2e/clients")).env("PILOTHOUSE", program);
    match debian_kubectl()? {
        Some(folder) => drop(command.env("KUBECTL_OLD", folder)),
        None => println!("  skipped: needs Debian, for its {KUBECTL_PACKAGE}"),
    }
    process::run(&mut command)
}

/// The folder with Debian's kubectl, unpacked below `target`; `None` on other systems.
fn debian_kubectl() -> Result<Option<PathBuf>, Failure> {
    if !Path::new("/etc/debian_version").exists() {
        return Ok(None);
    }
    let folder = place::target().join("clients").join(KUBECTL_PACKAGE);
    let programs = folder.join("usr/bin");
    if !programs.join("kubectl").exists() {
        unpack(&folder)?;
    }
    Ok(Some(programs))
}

/// Fetches the package and unpacks it into `folder`.
fn unpack(folder: &Path) -> Result<(), Failure> {
    println!("  fetching {KUBECTL_PACKAGE} from Debian's packages");
    files::remove_folder(folder)?;
    std::fs::create_dir_all(folder).map_err(|error| Failure::io("make", folder, &error))?;
    // Without lists of packages, as in a fresh container, the first attempt cannot find it.
    if download(folder).is_err() {
        process::run(Command::new("apt-get").args(["update", "-qq"]))?;
        download(folder)?;
    }
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::io("read", folder, &error))?;
    let archive =
        entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|it| it == "deb"));
    let archive = archive.ok_or_else(|| Failure::new(format!("apt-get fetched no {KUBECTL_PACKAGE}")))?;
    process::run(Command::new("dpkg-deb").arg("--extract").arg(archive).arg(folder))
}

fn download(folder: &Path) -> Result<(), Failure> {
    let mut command = Command::new("apt-get");
    process::output(command.args(["download", "-qq", KUBECTL_PACKAGE]).current_dir(folder)).map(drop)
}
