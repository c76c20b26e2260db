//! Which warnings an answer carries.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/filters/warning.go`: each once, and all in full as long as they are short together.

use std::collections::BTreeSet;

/// How long all warnings of an answer may be before they are cut, in characters.
const ALL_CHARS_MAX: usize = 4 * 1024;
/// How long one is then at most, in characters.
const ONE_CHARS_MAX: usize = 256;

/// The warnings that are sent, in their order.
pub(super) fn limited(all: Vec<String>) -> Vec<String> {
    let (mut seen, mut kept) = (BTreeSet::new(), Vec::new());
    let (mut written, mut cuts) = (0, false);
    for text in all {
        if cuts && written >= ALL_CHARS_MAX {
            break;
        }
        if text.is_empty() || !seen.insert(text.clone()) {
            continue;
        }
        let length = text.chars().count();
        written += if cuts { length.min(ONE_CHARS_MAX) } else { length };
        kept.push(text);
        if !cuts && written > ALL_CHARS_MAX {
            cuts = true;
            written = kept.iter().map(|it| it.chars().take(ONE_CHARS_MAX).count()).sum();
        }
    }
    let cut = |it: String| if cuts { it.chars().take(ONE_CHARS_MAX).collect() } else { it };
    kept.into_iter().map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of what is sent of warnings with these lengths, each of other characters.
    fn lengths(all: &[usize]) -> Vec<usize> {
        let text = |(index, length): (usize, &usize)| format!("{index:03}{}", "ä".repeat(*length))[..].to_owned();
        let sent = limited(all.iter().enumerate().map(text).collect());
        sent.iter().map(|it| it.chars().count()).collect()
    }

    #[test]
    fn warnings_are_cut_when_they_are_long_together() {
        assert_eq!(limited(["a", "", "b", "a"].map(str::to_owned).to_vec()), ["a", "b"]);
        assert_eq!(lengths(&[997, 2997]), [1000, 3000]);
        assert_eq!(lengths(&[997, 2997, 97]), [256, 256, 100]);
        assert_eq!(lengths(&[997; 40]), [256; 16]);
    }
}
