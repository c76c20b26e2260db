//! Real Kubernetes clients against `pilothouse serve`: gets them from their package registries and runs `e2e/clients`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::files::Hash;
use crate::page::Build;
use crate::{browser, files, npm, page, place, process};

/// Debian's package with kubectl. It is unpacked and not installed: a newer kubectl may be there.
const KUBECTL_PACKAGE: &str = "kubernetes-client";

/// The package with the controller that is written with kube-rs; its dependencies are no other's.
pub(crate) const CONTROLLER: &str = "kube-controller";

/// Runs every client's scenarios.
///
/// # Errors
/// A client could not be got, or did not see what it should have seen.
pub(crate) fn test(page: &Path) -> Result<(), Failure> {
    npm::install("e2e/clients")?;
    let program = page::binary(page, Build::Debug)?;
    let mut command = Command::new("node");
    command.arg("run.mjs").current_dir(place::root().join("e2e/clients"));
    command.env("PILOTHOUSE", program).env("KUBE_CONTROLLER", controller()?);
    match debian_kubectl()? {
        Some(folder) => drop(command.env("KUBECTL_OLD", folder)),
        None => println!("  skipped: needs Debian, for its {KUBECTL_PACKAGE}"),
    }
    match python()? {
        Some(python) => drop(command.env("PYTHON", python)),
        None => println!("  skipped: needs python3 with its module venv"),
    }
    process::run(&mut command)
}

/// The controller in Rust, which no other step compiles.
fn controller() -> Result<PathBuf, Failure> {
    println!("  compiling the controller of e2e/clients/rust");
    let package = ["--quiet", "--package", CONTROLLER];
    process::run(process::cargo(&["clippy"]).args(package).args(["--", "-D", "warnings"]))?;
    process::run(process::cargo(&["build"]).args(package))?;
    Ok(place::target().join("debug").join(place::program(CONTROLLER)))
}

/// A Python of our own below `target`, with the packages of the tests; `None` where there is no Python.
fn python() -> Result<Option<PathBuf>, Failure> {
    let list = place::root().join("e2e/clients/python/requirements.txt");
    let folder = place::target().join("clients/python");
    let python = folder.join("bin/python");
    if !has_venv() && browser::may_install() {
        browser::install(&["python3-venv"])?;
    }
    if !has_venv() {
        return Ok(None);
    }
    let wanted = Hash::EMPTY.with(&files::read(&list)?);
    files::unless_fresh(&folder.join(".installed"), wanted, || {
        println!("  installing the Python packages of {}", list.display());
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        process::run(Command::new(&python).args(pip).arg(&list))
    })?;
    Ok(Some(python))
}

/// True if `python3` can make environments with a pip of their own.
fn has_venv() -> bool {
    process::output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok()
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
