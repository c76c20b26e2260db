//! How the terminal's line is edited: memory and completion.

use shared::playground::protocol::Completion;

/// Where in the memory of commands one is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recall {
    /// How many commands back; 0 is the line that is being written.
    back: usize,
    /// What was being written.
    draft: String,
}

impl Recall {
    /// The command before; `line` is what stands there now.
    pub fn older(&mut self, history: &[String], line: &str) -> Option<String> {
        if self.back == 0 {
            line.clone_into(&mut self.draft);
        }
        let found = history.len().checked_sub(self.back + 1).and_then(|at| history.get(at))?;
        self.back += 1;
        Some(found.clone())
    }

    /// The command after, and at last what was being written.
    pub fn newer(&mut self, history: &[String]) -> Option<String> {
        self.back = self.back.checked_sub(1)?;
        match self.back {
            0 => Some(std::mem::take(&mut self.draft)),
            back => history.get(history.len().checked_sub(back)?).cloned(),
        }
    }
}

/// The line after completion: the longest text that all completions share takes the place of the last word.
pub fn completed(line: &str, options: &[Completion]) -> String {
    let word_at = line.rfind(' ').map_or(0, |at| at + 1);
    let (before, word) = line.split_at(word_at);
    let shared = options.iter().map(|it| it.label.as_str()).reduce(common);
    match shared.filter(|shared| shared.len() >= word.len()) {
        Some(shared) if options.len() == 1 => format!("{before}{shared} "),
        Some(shared) => format!("{before}{shared}"),
        None => line.to_owned(),
    }
}

fn common<'a>(a: &'a str, b: &'a str) -> &'a str {
    let same = a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y);
    let end = same.map_or(a.len().min(b.len()), |((at, _), _)| at);
    &a[..end]
}

/// Is it the first line of a table of kubectl?
pub fn is_heading(text: &str) -> bool {
    let heads = ["NAME", "NAMESPACE", "LAST SEEN", "REVISION", "CLIENT", "KIND", "READY"];
    heads.iter().any(|head| text.starts_with(head)) && text == text.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(labels: &[&str]) -> Vec<Completion> {
        labels.iter().map(|label| Completion { label: (*label).to_owned(), detail: String::new() }).collect()
    }

    #[test]
    fn one_completion_ends_the_word_and_many_share_a_part() {
        assert_eq!(completed("kubectl get po", &options(&["pods"])), "kubectl get pods ");
        assert_eq!(completed("kubectl get pod w", &options(&["web-1", "web-2"])), "kubectl get pod web-");
        assert_eq!(completed("kubectl x", &options(&[])), "kubectl x");
        assert_eq!(completed("k", &options(&["中a", "中b"])), "中");
    }

    #[test]
    fn arrows_walk_through_the_memory() {
        let history = ["a", "b"].map(str::to_owned);
        let mut recall = Recall::default();
        assert_eq!(recall.older(&history, "draft").as_deref(), Some("b"));
        assert_eq!(recall.older(&history, "b").as_deref(), Some("a"));
        assert_eq!(recall.older(&history, "a"), None);
        assert_eq!(recall.newer(&history).as_deref(), Some("b"));
        assert_eq!(recall.newer(&history).as_deref(), Some("draft"));
        assert_eq!(recall.newer(&history), None);
    }
}
