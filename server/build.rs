//! Puts the page into the binary: writes a table of the files of the folder that `PILOTHOUSE_PAGE` names.
//!
//! `cargo xtask serve` sets the variable. Without it the table is empty, and the binary says how to get a page.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed=PILOTHOUSE_PAGE");
    println!("cargo::rerun-if-changed=build.rs");
    let files = match env::var_os("PILOTHOUSE_PAGE") {
        None => Vec::new(),
        Some(folder) => page_files(Path::new(&folder))?,
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("page_files.rs"), table(&files))
}

/// A file's name in the page and where it lies.
type File = (String, PathBuf);

/// Every file of the page, sorted by name.
fn page_files(folder: &Path) -> io::Result<Vec<File>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let folder = folder.canonicalize()?;
    let mut files = Vec::new();
    collect(&folder, "", &mut files)?;
    files.sort();
    Ok(files)
}

/// Adds the files of `folder`, with `prefix` before their names.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else {
            files.push((format!("{prefix}{name}"), path));
        }
    }
    Ok(())
}

/// A Rust expression: an array of names and contents.
fn table(files: &[File]) -> String {
    let mut text = String::from("&[\n");
    for (name, path) in files {
        let _ = writeln!(text, "    ({name:?}, include_bytes!({:?})),", path.display().to_string());
    }
    text + "]\n"
}
