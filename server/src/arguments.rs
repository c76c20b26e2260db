//! The command line.

use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt as _;

/// What the binary is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Write this text and end.
    Say(String),
    /// Serve until told to stop.
    Serve(ServeOptions),
}

/// The options of `pilothouse serve`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServeOptions {
    /// Address and port; port 0 lets the system choose. Default: `127.0.0.1:8080`.
    pub(crate) listen: String,
}

/// The text of `--help`.
const HELP: &str = "\
Kubernetes you can see through.

Usage: pilothouse serve [--listen ADDR]

Commands:
  serve            Serve the page

Options:
  --listen ADDR    Address and port to listen on [default: 127.0.0.1:8080]; port 0 lets the system choose
  -h, --help       Print this text
  -V, --version    Print the version";

/// Reads the command line; without a command it asks for help.
///
/// # Errors
/// An unknown word or option, or an option without its value.
pub(crate) fn read(mut arguments: lexopt::Parser) -> Result<Wish, lexopt::Error> {
    match arguments.next()? {
        None | Some(Short('h') | Long("help")) => Ok(Wish::Say(HELP.to_owned())),
        Some(Short('V') | Long("version")) => Ok(Wish::Say(version())),
        Some(Value(word)) if word == "serve" => serve(arguments),
        Some(other) => Err(other.unexpected()),
    }
}

/// Reads what follows `serve`.
fn serve(mut arguments: lexopt::Parser) -> Result<Wish, lexopt::Error> {
    let mut options = ServeOptions { listen: "127.0.0.1:8080".to_owned() };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => options.listen = arguments.value()?.string()?,
            Short('h') | Long("help") => return Ok(Wish::Say(HELP.to_owned())),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Wish::Serve(options))
}

/// The text of `--version`.
fn version() -> String {
    format!("pilothouse {}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// Reads `line` and compares the wish, or the complaint, with `expected`.
    fn check(line: &str, expected: &Expect) {
        let text = match read(lexopt::Parser::from_args(line.split_whitespace())) {
            Ok(Wish::Say(text)) => text.lines().next().unwrap_or_default().to_owned(),
            Ok(Wish::Serve(options)) => format!("serve on {}", options.listen),
            Err(error) => format!("error: {error}"),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn command_lines_are_read() {
        check("serve", &expect!["serve on 127.0.0.1:8080"]);
        check("serve --listen 0.0.0.0:80", &expect!["serve on 0.0.0.0:80"]);
        check("serve --listen=[::1]:0", &expect!["serve on [::1]:0"]);
        check("", &expect!["Kubernetes you can see through."]);
        check("serve --help", &expect!["Kubernetes you can see through."]);
        check("serve --listen", &expect!["error: missing argument for option '--listen'"]);
        check("sail", &expect![[r#"error: unexpected argument "sail""#]]);
        check("serve --fast", &expect!["error: invalid option '--fast'"]);
    }

    #[test]
    fn the_version_is_the_crates() {
        check("--version", &expect!["pilothouse 0.1.0"]);
    }
}
