//! `cargo xtask dist`: the page as a folder that any static host can serve.

use std::path::PathBuf;

use lexopt::Arg::Value;

use crate::failure::Failure;
use crate::page::Build;
use crate::{Task, files, page, place};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "dist",
    arguments: "[FOLDER]",
    about: "Build the page into FOLDER (default: dist) for any static host, under any path.",
    run,
};

/// Builds the page and copies it.
fn run(arguments: lexopt::Parser) -> Result<(), Failure> {
    let out = folder(arguments)?;
    let page = page::build(Build::Published)?;
    check_ours(&out)?;
    files::remove_folder(&out)?;
    let found = files::below(&page)?;
    for (name, path) in &found {
        files::write(&out.join(name), files::read(path)?)?;
    }
    println!("{}: {} files; serve the folder under any path", out.display(), found.len());
    Ok(())
}

/// The folder that the command line names.
fn folder(mut arguments: lexopt::Parser) -> Result<PathBuf, Failure> {
    let mut out = place::root().join("dist");
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(path) => out = PathBuf::from(path),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(out)
}

/// Fails unless `out` is missing, empty or an older page: its content is about to be removed.
fn check_ours(out: &std::path::Path) -> Result<(), Failure> {
    let empty = std::fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    if empty || out.join("sw.js").exists() && out.join("assets").exists() {
        return Ok(());
    }
    Err(Failure::new(format!("{} holds something else than a page; name an empty or a new folder", out.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_other_things_is_left_alone() {
        let failure = check_ours(&place::root()).expect_err("the repository is no page");
        assert!(failure.to_string().contains("holds something else than a page"), "{failure}");
        check_ours(&place::root().join("no-such-folder")).expect("a new folder is fine");
    }
}
