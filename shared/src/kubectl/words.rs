//! Splits a line into words as a POSIX shell does for one simple command.
//!
//! Knows nothing of kubectl. Pipes, redirections, variables and several commands in one line are refused by name.

use crate::kubectl::failure::Failure;

/// Characters that mean something to a shell which this is not.
const REFUSED: &str = "|&;<>()`$";

/// Splits `line`.
///
/// # Errors
/// A quote is not closed, or a shell's operator is used.
pub(super) fn split(line: &str) -> Result<Vec<String>, Failure> {
    let mut words = Words::default();
    let mut rest = line.trim().chars();
    while let Some(it) = rest.next() {
        match it {
            '\'' => words.quoted(&mut rest, '\'')?,
            '"' => words.quoted(&mut rest, '"')?,
            '\\' => words.escaped(rest.next()),
            '#' if words.word.is_none() => break,
            _ if it.is_whitespace() => words.end(),
            _ if REFUSED.contains(it) => return Err(refused(it)),
            _ => words.push(it),
        }
    }
    words.end();
    Ok(words.done)
}

/// The words so far, and the one under way.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    word: Option<String>,
}

impl Words {
    fn push(&mut self, it: char) {
        self.word.get_or_insert_default().push(it);
    }

    fn end(&mut self) {
        self.done.extend(self.word.take());
    }

    /// A backslash at the end of a line joins it to the next, so it stands for nothing.
    fn escaped(&mut self, next: Option<char>) {
        if let Some(it) = next.filter(|it| *it != '\n') {
            self.push(it);
        }
    }

    fn quoted(&mut self, rest: &mut std::str::Chars<'_>, quote: char) -> Result<(), Failure> {
        self.word.get_or_insert_default();
        while let Some(it) = rest.next() {
            match it {
                _ if it == quote => return Ok(()),
                '\\' if quote == '"' => self.escaped_in_quotes(rest.next()),
                '$' | '`' if quote == '"' => return Err(refused(it)),
                _ => self.push(it),
            }
        }
        Err(Failure::text(format!("unexpected end of line while looking for matching {quote}")))
    }

    fn escaped_in_quotes(&mut self, next: Option<char>) {
        let Some(it) = next else { return };
        if !matches!(it, '"' | '\\' | '$' | '`') {
            self.push('\\');
        }
        self.push(it);
    }
}

fn refused(it: char) -> Failure {
    let what = match it {
        '|' => "pipes are",
        '<' | '>' => "redirections are",
        '$' | '`' => "variables and substitutions are",
        _ => "several commands in one line are",
    };
    Failure::text(format!("{what} not supported here; put '{it}' in single quotes if it belongs to a word"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(line: &str, expect: &Expect) {
        let shown = match split(line) {
            Ok(words) => format!("{words:?}"),
            Err(failure) => failure.message().unwrap_or_default(),
        };
        expect.assert_eq(&shown);
    }

    #[test]
    fn splits_as_a_shell_does() {
        check("kubectl get pods", &expect![[r#"["kubectl", "get", "pods"]"#]]);
        check(r#"patch d web -p '{"a": "b c"}' "#, &expect![[r#"["patch", "d", "web", "-p", "{\"a\": \"b c\"}"]"#]]);
        check(r#"a"b c"'d'\ e "" #x"#, &expect![[r#"["ab cd e", ""]"#]]);
        check(r#""a\n\"b""#, &expect![[r#"["a\\n\"b"]"#]]);
    }

    #[test]
    fn refuses_what_only_a_shell_can_do() {
        check(
            "get pods | wc",
            &expect!["error: pipes are not supported here; put '|' in single quotes if it belongs to a word"],
        );
        check("a 'b", &expect!["error: unexpected end of line while looking for matching '"]);
        check(
            "echo $HOME",
            &expect![
                "error: variables and substitutions are not supported here; put '$' in single quotes if it belongs to a word"
            ],
        );
    }
}
