//! `pilothouse`: serves the page and a Kubernetes API. One binary, nothing beside it.
//!
//! Start at [`arguments::read`] for what it can be asked, at [`serve::run`] for what it does, at [`kube::Server::handle`] for
//! what becomes of a request.

mod arguments;
mod audit;
mod auth;
mod backup;
mod host;
mod kube;
mod live;
mod page;
mod serve;
mod storage;
mod tls;

use std::io::Write as _;
use std::process::ExitCode;

use arguments::Wish;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match arguments::read(lexopt::Parser::from_env()) {
        Ok(Wish::Say(text)) => say(&text),
        Ok(Wish::Serve(options)) => serve::run(&options).await.map_err(|error| error.to_string()),
        Ok(Wish::Kubeconfig(folder)) => {
            serve::kubeconfig(&folder).map_err(|error| error.to_string()).and_then(|it| say(&it))
        }
        Ok(Wish::Backup { file, folder }) => tell(backup::backup(&folder, &file)),
        Ok(Wish::Restore { file, folder, replace }) => tell(backup::restore(&folder, &file, replace)),
        Err(error) => Err(format!("{error}; `pilothouse --help` says what it can do")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("error: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// Says what was done, if it was.
fn tell(done: Result<String, backup::BackupError>) -> Result<(), String> {
    done.map_err(|error| error.to_string()).and_then(|it| say(&it))
}

/// Writes a line to the standard output; a reader that has gone away is no error.
fn say(text: &str) -> Result<(), String> {
    match writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n')) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot write: {error}")),
        _ => Ok(()),
    }
}
