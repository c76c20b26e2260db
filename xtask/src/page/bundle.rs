//! Bundles the scripts and styles of `static` with the editor and the fonts from npm, by esbuild.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Build;
use crate::failure::Failure;
use crate::{files, place, process};

/// What esbuild starts from, relative to `static`; each becomes one file of the page.
const ENTRIES: &[&str] = &["early.js", "boot.js", "worker.js", "editor/editor.js", "styles/main.css"];

/// Options that do not depend on how the page is built.
const OPTIONS: &[&str] = &[
    "--bundle",
    "--format=esm",
    "--target=es2022",
    "--entry-names=[name]",
    "--asset-names=fonts/[name]",
    "--loader:.woff2=file",
    "--external:./app.js",
    "--external:./editor.js",
    "--legal-comments=none",
    "--log-level=warning",
];

/// Bundles and returns the folder with the result.
pub(super) fn build(kind: Build) -> Result<PathBuf, Failure> {
    let home = place::root().join("static");
    let out = place::parts().join(match kind {
        Build::Published => "bundle",
        Build::Debug => "bundle-debug",
    });
    let mut sources = files::below(&home)?;
    sources.retain(|name, _| name.starts_with("editor/") || name.starts_with("styles/") || !name.contains('/'));
    files::unless_fresh(&out.join(".made"), files::hash(&sources)?, || bundle(&home, &out, kind))?;
    Ok(out)
}

/// Runs esbuild and writes the licences of what it put into the bundle.
fn bundle(home: &Path, out: &Path, kind: Build) -> Result<(), Failure> {
    println!("  bundling scripts, styles, editor and fonts");
    files::remove_folder(out)?;
    let mut command = Command::new(home.join("node_modules/.bin/esbuild"));
    command.args(ENTRIES).args(OPTIONS);
    command.arg(format!("--outdir={}", out.display())).current_dir(home);
    if kind == Build::Published {
        command.arg("--minify");
    }
    process::run(&mut command)?;
    files::write(&out.join("licences.txt"), licences(&home.join("node_modules"))?)
}

/// The licence texts of the npm packages in the page, one after the other.
fn licences(packages: &Path) -> Result<String, Failure> {
    let mut text = String::from("Pilothouse's page contains these npm packages.\n");
    for package in folders(packages)? {
        let name = package.strip_prefix(packages).unwrap_or(&package).display().to_string();
        let licence = package.join("LICENSE");
        if !name.contains("esbuild") && licence.exists() {
            text.extend(["\n== ", &name, "\n\n", files::read_text(&licence)?.trim(), "\n"]);
        }
    }
    Ok(text)
}

/// The folders of the installed packages, those of a scope (`@lezer`) one level deeper, in alphabetical order.
fn folders(packages: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(packages).map_err(|error| Failure::io("list", packages, &error))? {
        let path = entry.map_err(|error| Failure::io("list", packages, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('@') {
            found.extend(folders(&path)?);
        } else if path.is_dir() && !name.starts_with('.') {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
