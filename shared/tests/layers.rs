//! The shape of the sources: each module of the crate knows only those before it, and files stay small.
//!
//! Functions are held to their length by a lint; nothing else looks at modules and files.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The modules in reading order. Those in one row know nothing of each other.
    const LAYERS: &[&[&str]] = &[
        &["model"],
        &["trace"],
        &["cel"],
        &["store"],
        &["api"],
        &["plan"],
        &["controllers", "scheduler", "kubelet"],
        &["sim"],
        &["cluster"],
        &["kubectl"],
        &["playground"],
    ];

    /// Nine of ten files have at most so many lines.
    const P90_LINES_MAX: usize = 600;

    /// Half of the files have at most so many lines.
    const MEDIAN_LINES_MAX: usize = 230;

    /// How many of the longest files are shown.
    const WORST_SHOWN: usize = 8;

    #[test]
    fn modules_know_only_those_before_them() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut wrong = Vec::new();
        for path in rust_files(&sources) {
            let place = path.strip_prefix(&sources).unwrap();
            let module = place.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
            if module != "lib" {
                let text = fs::read_to_string(&path).unwrap();
                wrong.extend(violations(module, &text).into_iter().map(|it| format!("{}: {it}", place.display())));
            }
        }
        assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    }

    #[test]
    fn the_crate_declares_its_modules_in_reading_order() {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
        let modules = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
        let order: Vec<_> = LAYERS.iter().copied().flatten().copied().collect();
        let places: Vec<_> = modules.map(|it| (order.iter().position(|other| *other == it), it)).collect();
        assert!(places.iter().all(|(place, _)| place.is_some()), "a module has no layer: {places:?}");
        assert!(places.is_sorted(), "not in reading order: {places:?}");
    }

    #[test]
    fn the_scan_finds_what_it_should() {
        let found = |module, text| violations(module, text).join(", ");
        assert_eq!(found("store", "use crate::model::Key;\nuse crate::trace::{Revision, Trace};"), "");
        assert_eq!(found("store", "use crate::kubectl::Flags;"), "knows kubectl");
        assert_eq!(found("store", "use crate::{model::{Key, Map}, sim, api::Verb};"), "knows sim, knows api");
        assert_eq!(found("scheduler", "fn f() { crate::kubelet::step() }"), "knows kubelet");
        assert_eq!(found("sim", "//! See [`crate::cluster`].\nuse crate::kubelet::Kubelet; // not crate::kubectl"), "");
        assert_eq!(found("model", "use crate::nowhere::X;"), "knows nowhere");
        assert_eq!(found("nowhere", ""), "is in no layer");
    }

    #[test]
    fn files_stay_small() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let parts = ["shared", "frontend", "server", "xtask", "e2e"].map(|part| root.join(part));
        let files: Vec<PathBuf> = parts.iter().filter(|it| it.is_dir()).flat_map(|it| rust_files(it)).collect();
        let count = |path: &PathBuf| fs::read_to_string(path).unwrap().lines().count();
        let mut sizes: Vec<(usize, &Path)> =
            files.iter().map(|it| (count(it), it.strip_prefix(root).unwrap())).collect();
        sizes.sort();
        let at = |percent: usize| sizes[(sizes.len() - 1) * percent / 100].0;
        let worst = sizes.iter().rev().take(WORST_SHOWN);
        let worst: Vec<_> = worst.map(|(lines, path)| format!("{lines:5} {}", path.display())).collect();
        let (median, p90) = (at(50), at(90));
        let told =
            format!("{} files, median {median}, p90 {p90} lines; the longest:\n{}", sizes.len(), worst.join("\n"));
        eprintln!("{told}");
        assert!(median <= MEDIAN_LINES_MAX && p90 <= P90_LINES_MAX, "{told}");
    }

    /// What `text`, a file of `module`, must not know but does.
    fn violations(module: &str, text: &str) -> Vec<String> {
        let Some(layer) = layer(module) else { return vec!["is in no layer".to_owned()] };
        let allowed = |name: &str| name == module || layer_below(name, layer);
        let code: String =
            text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
        let mut wrong: Vec<String> = Vec::new();
        for name in known(&code).into_iter().filter(|name| !allowed(name)) {
            let told = format!("knows {name}");
            if !wrong.contains(&told) {
                wrong.push(told);
            }
        }
        wrong
    }

    fn layer(module: &str) -> Option<usize> {
        LAYERS.iter().position(|row| row.contains(&module))
    }

    fn layer_below(name: &str, than: usize) -> bool {
        layer(name).is_some_and(|it| it < than)
    }

    /// The modules that follow `crate::`, alone or in braces.
    fn known(code: &str) -> Vec<&str> {
        let mut names = Vec::new();
        for (index, path) in code.match_indices("crate::") {
            let rest = &code[index + path.len()..];
            match rest.strip_prefix('{') {
                Some(group) => names.extend(group_heads(group)),
                None => names.extend(identifier(rest)),
            }
        }
        names
    }

    /// The first names of a brace's items: `model` and `api` of `model::{Key, Map}, api}`.
    fn group_heads(group: &str) -> Vec<&str> {
        let (mut depth, mut start, mut heads) = (0_usize, 0, Vec::new());
        for (index, sign) in group.char_indices() {
            match sign {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' | '}' if depth == 0 => {
                    heads.extend(identifier(group[start..index].trim_start()));
                    start = index + 1;
                    if sign == '}' {
                        break;
                    }
                }
                _ => {}
            }
        }
        heads
    }

    /// The name at the start.
    fn identifier(text: &str) -> Option<&str> {
        let end = text.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').unwrap_or(text.len());
        (end > 0).then(|| &text[..end])
    }

    /// All Rust files below a folder, sorted; built ones aside.
    fn rust_files(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.extend((!path.ends_with("target") && !path.ends_with("node_modules")).then_some(path));
                } else if path.extension().is_some_and(|it| it == "rs") {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}
