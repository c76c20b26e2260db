//! Puts the page together: a folder any static host can serve, under any path.
//!
//! ```text
//! index.html  sw.js  manifest.webmanifest  icon.svg     asked for anew each time
//! assets/VERSION/app.js  app_bg.wasm  editor.js  …      never change; VERSION is a hash of everything
//! ```
//! One version folder means that no file can ever meet a file of another version.
//! Every address in the page is relative.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Build, compress};
use crate::failure::Failure;
use crate::{files, place};

/// Folders of `static` that esbuild has read already.
const BUNDLED_FOLDERS: &[&str] = &["editor/", "styles/"];

/// Files of `static` that are no part of the page, or that esbuild has read already.
const NO_PAGE_FILES: &[&str] = &["package.json", "package-lock.json", "early.js", "boot.js", "worker.js"];

/// Files in which `{{assets}}`, `{{version}}` and `{{files}}` are filled in.
const TEMPLATES: &[&str] = &["index.html", "sw.js"];

/// Puts the page together from `static` and the folders of `parts`, unless it is there already. Only a published page has
/// compressed twins: they take longest of all.
pub(super) fn assemble(parts: &[PathBuf], kind: Build) -> Result<PathBuf, Failure> {
    let (outer, inner) = sources(parts)?;
    let hash = files::hash(outer.iter().chain(&inner))?;
    let page = place::page();
    let made = place::parts().join("page-made");
    files::unless_fresh(&made, hash.with(format!("{kind:?}").as_bytes()), || {
        println!("  putting the page together");
        files::remove_folder(&page)?;
        for (name, bytes) in contents(&outer, &inner, &hash.text())? {
            put(&page, &name, &bytes, kind)?;
        }
        Ok(())
    })?;
    Ok(page)
}

/// Files by their name and where they are now.
type Sources = BTreeMap<String, PathBuf>;

/// The page's files: those beside `index.html`, and those in the version folder.
fn sources(parts: &[PathBuf]) -> Result<(Sources, Sources), Failure> {
    let mut shell = files::below(&place::root().join("static"))?;
    shell.retain(|name, _| belongs_to_page(name));
    let (mut inner, outer): (Sources, Sources) = shell.into_iter().partition(|(name, _)| name.contains('/'));
    for part in parts {
        inner.extend(files::below(part)?);
    }
    Ok((outer, inner))
}

/// Whether the file `name` of `static` is copied into the page.
fn belongs_to_page(name: &str) -> bool {
    !NO_PAGE_FILES.contains(&name) && !BUNDLED_FOLDERS.iter().any(|folder| name.starts_with(folder))
}

/// Every file of the page by its final name, with the templates filled in.
fn contents(outer: &Sources, inner: &Sources, version: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let assets = format!("assets/{version}");
    let inner = inner.iter().map(|(name, path)| (format!("{assets}/{name}"), path));
    let named: Vec<_> = outer.iter().map(|(name, path)| (name.clone(), path)).chain(inner).collect();
    let list = precached(named.iter().map(|(name, _)| name.as_str()));
    let mut contents = Vec::new();
    for (name, path) in named {
        let bytes = if TEMPLATES.contains(&name.as_str()) {
            fill(&files::read_text(path)?, &assets, version, &list).into_bytes()
        } else {
            files::read(path)?
        };
        contents.push((name, bytes));
    }
    Ok(contents)
}

/// What the service worker keeps, with a space between the names: everything but itself.
fn precached<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.filter(|name| *name != "sw.js").collect::<Vec<_>>().join(" ")
}

/// `template` with its three marks replaced.
fn fill(template: &str, assets: &str, version: &str, list: &str) -> String {
    template.replace("{{assets}}", assets).replace("{{version}}", version).replace("{{files}}", list)
}

/// Writes one file and its compressed twins.
fn put(page: &std::path::Path, name: &str, bytes: &[u8], kind: Build) -> Result<(), Failure> {
    files::write(&page.join(name), bytes)?;
    if kind == Build::Published && compress::pays(name, bytes.len()) {
        files::write(&page.join(format!("{name}.br")), compress::brotli(bytes)?)?;
        files::write(&page.join(format!("{name}.gz")), compress::gzip(bytes)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn marks_are_filled_in() {
        let filled = fill("{{assets}}/boot.js {{version}} {{files}}", "assets/7f", "7f", "index.html icon.svg");
        expect!["assets/7f/boot.js 7f index.html icon.svg"].assert_eq(&filled);
    }

    #[test]
    fn the_service_worker_does_not_keep_itself() {
        expect!["index.html icon.svg"].assert_eq(&precached(["index.html", "sw.js", "icon.svg"].into_iter()));
    }

    #[test]
    fn sources_of_bundles_stay_out_of_the_page() {
        let names = ["index.html", "package.json", "editor/theme.js", "styles/main.css", "lessons/one.md"];
        let kept: Vec<_> = names.into_iter().filter(|name| belongs_to_page(name)).collect();
        assert_eq!(kept, ["index.html", "lessons/one.md"]);
    }
}
