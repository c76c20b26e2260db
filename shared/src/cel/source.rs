//! The text of an expression: what is refused before it is read, and how a finding points into it.
//!
//! Upstream: `cel-go/common/{error,errors,source}.go`.

/// How many bytes an expression may have. Upstream allows 100 000 code points.
/// `DIFFERENCE`: bytes, and fewer, since a reader that recurses needs a bound that its stack can bear.
pub const EXPRESSION_BYTES_MAX: usize = 32 * 1024;

/// How deep an expression may be nested, counted so: a bracket or a `?` is `BRACKET_WEIGHT`, an operator or a dot 1.
/// `DIFFERENCE`: upstream counts levels of its grammar, up to 250.
pub const NESTING_MAX: usize = 240;

/// What a bracket or a `?` counts: the levels of the grammar between one expression and one inside of it.
const BRACKET_WEIGHT: usize = 8;

/// What is wrong at a place of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 0, in code points.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// The findings as cel-go prints them: each with the line and a mark under the place.
pub(super) fn report(source: &str, issues: &mut Vec<Issue>) -> String {
    issues.sort_by_key(|it| (it.line, it.column));
    issues.dedup();
    issues.iter().map(|it| it.shown(source)).collect::<Vec<_>>().join("\n")
}

impl Issue {
    /// A finding at a byte of the source.
    pub(super) fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = source.get(..offset.min(source.len())).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        Self { line, column: before[line_start..].chars().count(), message: message.into() }
    }

    fn shown(&self, source: &str) -> String {
        let head = format!("ERROR: <input>:{}:{}: {}", self.line, self.column + 1, self.message);
        let Some(line) = source.split('\n').nth(self.line.saturating_sub(1)) else { return head };
        let line = line.replace('\t', " ");
        let mut signs = line.chars();
        // Signs of more than one byte are taken for wide ones.
        let dots: String =
            signs.by_ref().take(self.column).map(|it| if it.len_utf8() > 1 { '．' } else { '.' }).collect();
        let mark = if signs.next().is_some_and(|it| it.len_utf8() > 1) { '＾' } else { '^' };
        format!("{head}\n | {line}\n | {dots}{mark}")
    }
}

/// Why an expression is not even read; `None` if it may be.
///
/// It counts signs only: the parser's stack, and that of all that follows, grows with what is counted here.
pub(super) fn refused(source: &str) -> Option<String> {
    if source.len() > EXPRESSION_BYTES_MAX {
        return Some(format!("expression is longer than {EXPRESSION_BYTES_MAX} bytes"));
    }
    let mut meter = Meter::default();
    let (mut at, mut last) = (0, ' ');
    while let Some(sign) = source[at..].chars().next() {
        let rest = &source[at..];
        at += match sign {
            '"' | '\'' => string_length(rest, sign, matches!(last, 'r' | 'R')),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            _ => {
                meter.take(sign, last);
                sign.len_utf8()
            }
        };
        if meter.deepest > NESTING_MAX {
            return Some(format!("expression is nested too deeply: more than {NESTING_MAX}"));
        }
        last = sign;
    }
    None
}

/// How many bytes a string literal has, from its first quote.
fn string_length(text: &str, quote: char, raw: bool) -> usize {
    let triple: String = [quote; 3].iter().collect();
    let end = if text.starts_with(&triple) { triple } else { quote.to_string() };
    let mut at = end.len();
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(&end) {
            return at + end.len();
        }
        let sign = rest.chars().next().map_or(1, char::len_utf8);
        let escaped = !raw && rest.starts_with('\\');
        at += sign + if escaped { rest[1..].chars().next().map_or(0, char::len_utf8) } else { 0 };
    }
    text.len()
}

/// Counts how deep the tree of an expression can be.
#[derive(Default)]
struct Meter {
    /// What each open bracket is below of, within its own outer bracket.
    open: Vec<usize>,
    /// The sum of `open`.
    below: usize,
    /// The operators since a comma, `&&` or `||`: chains of these two become balanced trees.
    chain: usize,
    /// The ternaries since a comma.
    ternaries: usize,
    deepest: usize,
}

impl Meter {
    fn take(&mut self, sign: char, last: char) {
        match sign {
            '(' | '[' | '{' => {
                let outer = self.chain + self.ternaries + BRACKET_WEIGHT;
                self.open.push(outer);
                self.below += outer;
                (self.chain, self.ternaries) = (0, 0);
            }
            ')' | ']' | '}' => {
                let outer = self.open.pop().unwrap_or_default();
                self.below -= outer;
                // What was before the bracket goes on; the bracket itself is one more link of the chain.
                (self.chain, self.ternaries) = (outer.saturating_sub(BRACKET_WEIGHT) + 1, 0);
            }
            ',' => (self.chain, self.ternaries) = (0, 0),
            '&' | '|' => self.chain = 0,
            '?' => self.ternaries += BRACKET_WEIGHT,
            '.' | '+' | '-' | '*' | '/' | '%' | '!' | '<' | '>' => self.chain += 1,
            '=' if !matches!(last, '=' | '!' | '<' | '>') => self.chain += 1,
            _ => {}
        }
        self.deepest = self.deepest.max(self.below + self.chain + self.ternaries);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_bounded_before_reading() {
        let check = |text: String| refused(&text).unwrap_or_default();
        assert_eq!(check("(".repeat(30)), "");
        assert_eq!(check("(".repeat(1_000)), "expression is nested too deeply: more than 240");
        assert_eq!(check(format!("a{}", ".b".repeat(240))), "");
        assert!(check(format!("a{}", ".b".repeat(241))).contains("deep"));
        assert!(check(format!("a{}", "[0]".repeat(241))).contains("deep"));
        assert!(check("!".repeat(241)).contains("deep"));
        assert!(check("a?b:".repeat(31)).contains("deep"));
        assert_eq!(check(format!("[{}]", "a.b,".repeat(2_000))), "");
        assert_eq!(check("a.b==c&&".repeat(2_000)), "");
        assert_eq!(check(format!("'{}'", "((((".repeat(500))), "");
        assert_eq!(check("x".repeat(40_000)), "expression is longer than 32768 bytes");
        assert_eq!(check(r"'it\'s' + '''a'b''' // (((".to_owned()), "");
    }

    #[test]
    fn findings_point_into_the_text() {
        let source = "a +\n\tß + b";
        let mut issues = vec![Issue::at(source, 10, "wrong")];
        assert_eq!(report(source, &mut issues), "ERROR: <input>:2:6: wrong\n |  ß + b\n | .．...^");
    }
}
