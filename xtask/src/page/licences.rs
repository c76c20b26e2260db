//! The licence texts of what is inside the page: crates, fonts and scripts that ask to be named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::wasm::TARGET;
use crate::failure::Failure;
use crate::{files, place, process};

/// The licence files to look for, best first: where there is a choice, the shortest text.
const NAMES: &[&str] =
    &["LICENSE-MIT", "LICENSE-MIT.txt", "LICENSE-MIT.md", "LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"];

/// npm packages that work on the page but are not in it.
const NPM_TOOLS: &[&str] = &[
    "argparse",
    "esbuild",
    "fontverter",
    "harfbuzzjs",
    "p-limit",
    "pako",
    "subset-font",
    "wawoff2",
    "woff2sfnt-sfnt2woff",
    "yocto-queue",
];

/// One text with every licence, each once, under the names of the packages that have it.
pub(super) fn text(npm_packages: &Path) -> Result<String, Failure> {
    let mut packages = crates()?;
    packages.extend(npm(npm_packages)?);
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, folder) in packages {
        if let Some(path) = NAMES.iter().map(|name| folder.join(name)).find(|path| path.exists()) {
            texts.entry(files::read_text(&path)?.trim().to_owned()).or_default().push(name);
        }
    }
    Ok(join(texts))
}

/// The texts in the order of the first package of each.
fn join(texts: BTreeMap<String, Vec<String>>) -> String {
    let mut parts: Vec<_> = texts.into_iter().map(|(text, names)| (names.join(", "), text)).collect();
    parts.sort();
    let parts = parts.iter().map(|(names, text)| format!("\n== {names}\n\n{text}\n"));
    format!("Pilothouse's page contains these packages.\n{}", parts.collect::<String>())
}

/// The crates in the WebAssembly, by name and version, and the folders cargo keeps them in.
fn crates() -> Result<Vec<(String, PathBuf)>, Failure> {
    let arguments = ["tree", "--package", "frontend", "--target", TARGET, "--edges", "normal", "--prefix", "none"];
    let listed = process::output(process::cargo(&arguments).args(["--format", "{p}"]))?;
    let sources = folders(&place::cargo_home().join("registry").join("src"))?;
    let mut found = Vec::new();
    for name in listed.lines().filter_map(crate_name) {
        found.extend(sources.iter().map(|source| source.join(&name)).find(|it| it.exists()).map(|it| (name, it)));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// `web-sys-0.3.1` from cargo's line `web-sys v0.3.1`; nothing from the line of a crate of this repository.
fn crate_name(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    words.all(|word| !word.contains('/')).then(|| format!("{name}-{version}"))
}

/// The npm packages in the page, and their folders; those of a scope (`@lezer`) lie one level deeper.
fn npm(packages: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    for folder in folders(packages)? {
        let scoped = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with('@'));
        found.extend(if scoped { folders(&folder)? } else { vec![folder] });
    }
    let name = |folder: &PathBuf| folder.strip_prefix(packages).unwrap_or(folder).display().to_string();
    let named = found.into_iter().map(|folder| (name(&folder), folder));
    Ok(named.filter(|(name, _)| !NPM_TOOLS.iter().any(|tool| name.contains(tool))).collect())
}

/// The folders in a folder, sorted, without hidden ones.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| Failure::io("list", folder, &error))? {
        let path = entry.map_err(|error| Failure::io("list", folder, &error))?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn crates_of_this_repository_need_no_licence_text() {
        assert_eq!(crate_name("web-sys v0.3.107").as_deref(), Some("web-sys-0.3.107"));
        assert_eq!(crate_name("serde_derive v1.0.2 (proc-macro) (*)").as_deref(), Some("serde_derive-1.0.2"));
        assert_eq!(crate_name("shared v0.1.0 (/home/somebody/pilothouse/shared)"), None);
        assert_eq!(crate_name(""), None);
    }

    #[test]
    fn a_text_is_there_once() {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let texts = BTreeMap::from([("MIT".to_owned(), named(&["b", "c"])), ("OFL".to_owned(), named(&["a"]))]);
        expect![[r"
            Pilothouse's page contains these packages.

            == a

            OFL

            == b, c

            MIT
        "]]
        .assert_eq(&join(texts));
    }
}
