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
mod webhook;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use arguments::Wish;

/// How much stack each thread has, in bytes. Expressions of policies are read and run by functions that call themselves, as
/// deep as `shared::cel::NESTING_MAX` lets them; the system gives out only what is used.
const STACK_BYTES: usize = 16 << 20;

fn main() -> ExitCode {
    // One thread for the cluster's own life and the page; connections to the API have their own.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().thread_stack_size(STACK_BYTES).build();
    match runtime {
        Ok(runtime) => runtime.block_on(run()),
        Err(error) => {
            eprintln!("error: cannot start threads: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> ExitCode {
    let done = match arguments::read(lexopt::Parser::from_env()) {
        Ok(Wish::Say(text)) => say(&text),
        Ok(Wish::PodPreset(file)) => pod_preset(&file).and_then(|it| say(&it)),
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

/// The policies that do what the `PodPreset`s in a file did.
fn pod_preset(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    shared::kubectl::pod_preset::policies(&text).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// Writes a line to the standard output; a reader that has gone away is no error.
fn say(text: &str) -> Result<(), String> {
    match writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n')) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot write: {error}")),
        _ => Ok(()),
    }
}
