//! `cargo xtask serve`: builds the page and the binary and runs it.

use std::process::Command;

use lexopt::Arg::Long;
use lexopt::ValueExt as _;

use crate::failure::Failure;
use crate::page::Build;
use crate::{Task, page, process};

/// The command.
pub(crate) const TASK: Task = Task {
    name: "serve",
    arguments: "[--listen ADDR] [--debug]",
    about: "Build the page and the binary, and run it on 127.0.0.1:8080.",
    run,
};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    listen: String,
    build: Build,
}

/// Builds and runs until Ctrl-C.
fn run(arguments: lexopt::Parser) -> Result<(), Failure> {
    let options = read(arguments)?;
    let folder = page::build(options.build)?;
    let program = page::binary(&folder, options.build)?;
    process::replace(Command::new(program).args(["serve", "--listen", &options.listen]))
}

/// Reads the options.
fn read(mut arguments: lexopt::Parser) -> Result<Options, Failure> {
    let mut options = Options { listen: "127.0.0.1:8080".to_owned(), build: Build::Published };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("listen") => options.listen = arguments.value()?.string()?,
            Long("debug") => options.build = Build::Debug,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = read(lexopt::Parser::from_args(["--debug", "--listen", "0.0.0.0:9000"]));
        let wanted = Options { listen: "0.0.0.0:9000".to_owned(), build: Build::Debug };
        assert_eq!(options.expect("the options are right"), wanted);
        assert!(read(lexopt::Parser::from_args(["--fast"])).is_err());
    }
}
