//! How many bytes the first view needs, as Brotli sends them, and how many it may need.

use std::path::Path;

use crate::failure::Failure;
use crate::files;

/// What the whole first view may weigh, in bytes.
const TOTAL_BYTES_MAX: u64 = 1_000_000;

/// A part of the page with a limit of its own.
struct Part {
    /// What a person calls it.
    title: &'static str,
    /// The endings of its files' names; a file belongs to the first part that names it.
    endings: &'static [&'static str],
    /// What it may weigh, in bytes.
    bytes_max: u64,
}

/// The parts of the first view.
const PARTS: &[Part] = &[
    Part { title: "engine and page (WebAssembly)", endings: &[".wasm"], bytes_max: 834_000 },
    Part { title: "editor", endings: &["editor.js", "editor-core.js"], bytes_max: 111_000 },
    Part { title: "fonts", endings: &[".woff2"], bytes_max: 36_000 },
    Part {
        title: "shell, styles, scripts",
        endings: &[".html", ".css", ".js", ".svg", ".webmanifest"],
        bytes_max: 22_000,
    },
];

/// Weighs the page in `folder`, prints each part and fails if one is over its limit.
pub(crate) fn check(folder: &Path) -> Result<(), Failure> {
    let weights = weigh(folder)?;
    let total: u64 = weights.iter().sum();
    let parts = PARTS.iter().zip(&weights).map(|(part, bytes)| (part.title, *bytes, part.bytes_max));
    let rows: Vec<_> = parts.chain([("first view", total, TOTAL_BYTES_MAX)]).collect();
    for (title, bytes, limit) in &rows {
        println!("  {title:<32} {bytes:>7} of {limit:>7} bytes");
    }
    match rows.iter().find(|(_, bytes, limit)| bytes > limit) {
        None => Ok(()),
        Some((title, bytes, limit)) => {
            Err(Failure::new(format!("{title}: {bytes} bytes after Brotli, {} over the limit", bytes - limit)))
        }
    }
}

/// The weight of each part, in the order of [`PARTS`].
fn weigh(folder: &Path) -> Result<Vec<u64>, Failure> {
    let mut weights = vec![0; PARTS.len()];
    let found = files::below(folder)?;
    for (name, path) in &found {
        if let Some(index) = part_of(name) {
            let sent = found.get(&format!("{name}.br")).unwrap_or(path);
            weights[index] += std::fs::metadata(sent).map_err(|error| Failure::io("weigh", sent, &error))?.len();
        }
    }
    Ok(weights)
}

/// The part a file belongs to. What is loaded after the first view belongs to none: files below `later/`, and the
/// parts of the WebAssembly that were split off.
fn part_of(name: &str) -> Option<usize> {
    let file = name.rsplit('/').next().unwrap_or(name);
    if name.contains("/later/") || file.starts_with("split_") || file.starts_with("chunk_") {
        return None;
    }
    PARTS.iter().position(|part| part.endings.iter().any(|ending| name.ends_with(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_the_first_part_that_names_them() {
        let title = |name| part_of(name).map(|index| PARTS[index].title);
        assert_eq!(title("assets/1/app_bg.wasm"), Some("engine and page (WebAssembly)"));
        assert_eq!(title("assets/1/editor.js"), Some("editor"));
        assert_eq!(title("assets/1/app.js"), Some("shell, styles, scripts"));
        assert_eq!(title("assets/1/app.js.br"), None);
        assert_eq!(title("assets/1/later/explain.js"), None);
        assert_eq!(title("assets/1/split_engine.wasm"), None);
    }
}
