//! Bundles the scripts and styles of `static` with the editor and the fonts from npm, by esbuild.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Build, licences};
use crate::failure::Failure;
use crate::{files, place, process};

/// What esbuild starts from, relative to `static`, after the name that it has in the page. What the editor and its
/// later part share becomes `editor-core.js`.
const ENTRIES: &[&str] = &[
    "early=early.js",
    "boot=boot.js",
    "worker=worker.js",
    "editor=editor/editor.js",
    "later/editor=editor/later.js",
    "main=styles/main.css",
];

/// The script that writes the fonts, relative to `static`.
const FONTS: &str = "styles/fonts.js";

/// Options that do not depend on how the page is built.
const OPTIONS: &[&str] = &[
    "--bundle",
    "--format=esm",
    "--target=es2022",
    "--splitting",
    "--chunk-names=editor-core",
    "--external:./fonts/*",
    "--external:./app.js",
    "--external:./editor.js",
    "--external:./later/engine.js",
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
    let crates = files::read(&place::root().join("Cargo.lock"))?;
    files::unless_fresh(&out.join(".made"), files::hash(&sources)?.with(&crates), || bundle(&home, &out, kind))?;
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
    process::run(Command::new("node").arg(FONTS).arg(out.join("fonts")).current_dir(home))?;
    files::write(&out.join("licences.txt"), licences::text(&home.join("node_modules"))?)
}
