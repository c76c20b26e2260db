//! The files of the editor: what they hold, what was applied, and how far the two are apart.

use leptos::prelude::*;
use shared::playground::protocol::Diagnostic;
use shared::trace::SourceFile;

/// Files with more lines than this are compared by counting lines, not by the longest common part.
const DIFF_LINES_MAX: usize = 2_000;

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// `deployment.yaml`.
    pub name: String,
    /// Its text now.
    pub text: String,
    /// Its text when it was applied; empty if it never was.
    pub applied: String,
    /// Its problems.
    pub problems: Vec<Diagnostic>,
}

/// The files and which one is open.
#[derive(Clone, Copy, Default)]
pub struct Files {
    /// In the order of their tabs.
    pub all: RwSignal<Vec<File>>,
    /// The index of the open one.
    pub open: RwSignal<usize>,
    /// Counts up when texts change by anything but typing, so that the editor takes them.
    pub loaded: RwSignal<u32>,
}

impl Files {
    /// The files as the engine takes them; empty ones are left out.
    pub fn sources(self) -> Vec<SourceFile> {
        let source = |file: &File| SourceFile { name: file.name.as_str().into(), text: file.text.as_str().into() };
        self.all.with_untracked(|all| all.iter().filter(|file| !file.text.trim().is_empty()).map(source).collect())
    }

    /// Puts other files in the place of all; `applied` are those that the run has applied last.
    pub fn replace(self, files: &[SourceFile], applied: &[SourceFile]) {
        let text_of = |name: &str| applied.iter().find(|it| it.name == name).map(|it| it.text.to_string());
        let file = |it: &SourceFile| File {
            name: it.name.to_string(),
            text: it.text.to_string(),
            applied: text_of(&it.name).unwrap_or_default(),
            problems: Vec::new(),
        };
        self.all.set(files.iter().map(file).collect());
        self.open.set(0);
        self.loaded.update(|it| *it += 1);
    }

    /// The open file's text was edited.
    pub fn edit(self, text: String) {
        let open = self.open.get_untracked();
        self.all.update(|all| {
            if let Some(file) = all.get_mut(open) {
                file.text = text;
            }
        });
    }

    /// Opens a tab.
    pub fn show(self, index: usize) {
        self.open.set(index);
        self.loaded.update(|it| *it += 1);
    }

    /// Adds an empty file and opens it.
    pub fn add(self) {
        let mut index = 0;
        self.all.update(|all| {
            let name = free_name(all);
            all.push(File { name, ..File::default() });
            index = all.len() - 1;
        });
        self.show(index);
    }

    /// Closes a tab.
    pub fn close(self, index: usize) {
        self.all.update(|all| {
            if index < all.len() {
                all.remove(index);
            }
        });
        let last = self.all.with_untracked(Vec::len).saturating_sub(1);
        let open = self.open.get_untracked();
        self.show(if open > index { open - 1 } else { open.min(last) });
    }

    /// Gives a file another name, unless that is empty or taken.
    pub fn rename(self, index: usize, name: &str) {
        let name = name.trim();
        self.all.update(|all| {
            let taken = all.iter().any(|file| file.name == name);
            if let Some(file) = all.get_mut(index).filter(|_| !taken && !name.is_empty()) {
                name.clone_into(&mut file.name);
            }
        });
    }

    /// Notes that the files as they are were applied, but for those that `refused` says were not taken.
    pub fn note_applied(self, refused: impl Fn(&str) -> bool) {
        self.all.update(|all| {
            for file in all.iter_mut().filter(|file| !refused(&file.name)) {
                file.applied.clone_from(&file.text);
            }
        });
    }

    /// Lines added and removed since the last apply, over all files.
    pub fn changes(self) -> (usize, usize) {
        self.all.with(|all| {
            let each = all.iter().map(|file| changed_lines(&file.applied, &file.text));
            each.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
        })
    }
}

fn free_name(all: &[File]) -> String {
    let names = (1..).map(|n| if n == 1 { "new.yaml".to_owned() } else { format!("new-{n}.yaml") });
    names.take(all.len() + 1).find(|name| all.iter().all(|file| file.name != *name)).unwrap_or_default()
}

/// How many lines of `after` are new and how many of `before` are gone.
pub fn changed_lines(before: &str, after: &str) -> (usize, usize) {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    while !old.is_empty() && old.first() == new.first() {
        old.remove(0);
        new.remove(0);
    }
    while !old.is_empty() && old.last() == new.last() {
        old.pop();
        new.pop();
    }
    let kept = if old.len().max(new.len()) > DIFF_LINES_MAX { 0 } else { common(&old, &new) };
    (new.len() - kept, old.len() - kept)
}

/// The length of the longest common part of two lists of lines.
fn common(old: &[&str], new: &[&str]) -> usize {
    let mut row = vec![0; new.len() + 1];
    for left in old {
        let mut diagonal = 0;
        for (at, right) in new.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if left == right { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[new.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_as_a_diff_does() {
        assert_eq!(changed_lines("", "a\nb\n"), (2, 0));
        assert_eq!(changed_lines("a\nb\nc\n", "a\nx\nc\nd\n"), (2, 1));
        assert_eq!(changed_lines("a\nb\n", "a\nb\n"), (0, 0));
    }

    #[test]
    fn a_new_file_has_a_free_name() {
        let file = |name: &str| File { name: name.to_owned(), ..File::default() };
        assert_eq!(free_name(&[file("new.yaml"), file("a.yaml")]), "new-2.yaml");
    }
}
