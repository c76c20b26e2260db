//! Runs other programs and turns what goes wrong into a sentence.

use std::io::ErrorKind;
use std::process::Command;

use crate::failure::Failure;
use crate::place;

/// `cargo` with arguments, in the root of the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(place::root());
    command
}

/// Runs `command`, whose output goes to the terminal, to its end.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("`{}` failed ({status}); its own words are above", words(command))))
}

/// Runs `command` and returns what it wrote to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command.output().map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure::new(format!("`{}` failed ({}): {said}", words(command), output.status)))
}

/// Ends this program and runs `command` in its place, so that signals reach it alone.
#[cfg(unix)]
pub(crate) fn replace(command: &mut Command) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    Err(not_started(command, &error))
}

/// Runs `command` to its end.
#[cfg(not(unix))]
pub(crate) fn replace(command: &mut Command) -> Result<(), Failure> {
    run(command)
}

/// The command line as a person would type it.
fn words(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let mut text = name.to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// The sentence for a program that could not even be started.
fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy().into_owned();
    if error.kind() != ErrorKind::NotFound {
        return Failure::new(format!("cannot start `{program}`: {error}"));
    }
    Failure::new(match program.as_str() {
        "node" | "npm" => format!(
            "`{program}` is not installed; install Node.js 20 or newer (on Debian: apt-get install -y nodejs npm)"
        ),
        "rustup" => "`rustup` is not installed; see https://rustup.rs".to_owned(),
        _ => format!("`{program}` is not installed"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named() {
        let failure = run(&mut Command::new("pilothouse-no-such-program")).expect_err("it does not exist");
        assert_eq!(failure.to_string(), "`pilothouse-no-such-program` is not installed");
    }

    #[test]
    fn a_failed_program_is_quoted() {
        let mut command = Command::new("rustc");
        let failure = output(command.arg("--no-such-option")).expect_err("rustc refuses the option");
        assert!(failure.to_string().starts_with("`rustc --no-such-option` failed"), "{failure}");
    }
}
