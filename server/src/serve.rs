//! `pilothouse serve`: listens, answers, and stops when it is told to.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::arguments::ServeOptions;
use crate::page::{self, Page};
use crate::say;

/// How long open requests may take to finish after the signal to stop.
const STOP_SECONDS_MAX: u64 = 3;

/// Why the server could not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The address is taken, or not ours, or no address at all.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// What `--listen` said.
        address: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The system took the socket away.
    #[error("cannot go on listening: {0}")]
    Accept(std::io::Error),
    /// The line with the address could not be written.
    #[error("{0}")]
    Say(String),
}

/// Serves until Ctrl-C or a signal to end; then lets open requests finish.
///
/// Writes one line with the page's address as soon as it can be opened.
///
/// # Errors
/// The address cannot be listened on.
pub(crate) async fn run(options: &ServeOptions) -> Result<(), ServeError> {
    let (listener, address) = listen(&options.listen).await?;
    say(&format!("Pilothouse {} on http://{address}/ (Ctrl-C ends it)", env!("CARGO_PKG_VERSION")))
        .map_err(ServeError::Say)?;
    let app = page::router(Page::EMBEDDED);
    tokio::select! {
        served = axum::serve(listener, app).with_graceful_shutdown(told_to_stop()) => served.map_err(ServeError::Accept),
        () = stop_deadline() => Ok(()),
    }
}

/// Opens the socket and returns it with the address it got.
async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Listen { address: address.to_owned(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Ends when open requests have had their time after the signal to stop.
async fn stop_deadline() {
    told_to_stop().await;
    tokio::time::sleep(Duration::from_secs(STOP_SECONDS_MAX)).await;
}

/// Ends on Ctrl-C or, on Unix, on SIGTERM.
async fn told_to_stop() {
    tokio::select! {
        () = interrupt() => {}
        () = terminate() => {}
    }
}

/// Ends on Ctrl-C; never, if the system does not tell.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Ends on SIGTERM; never, if the system does not tell.
#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    if let Ok(mut signal) = signal(SignalKind::terminate()) {
        signal.recv().await;
    } else {
        std::future::pending::<()>().await;
    }
}

/// Never ends: there is no such signal here.
#[cfg(not(unix))]
async fn terminate() {
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn port_zero_gets_a_port() {
        let (_listener, address) = listen("127.0.0.1:0").await.expect("there is a free port");
        assert_ne!(address.port(), 0);
    }

    #[tokio::test]
    async fn a_taken_address_is_named() {
        let (_listener, address) = listen("127.0.0.1:0").await.expect("there is a free port");
        let error = listen(&address.to_string()).await.expect_err("it is taken");
        assert!(error.to_string().starts_with(&format!("cannot listen on {address}: ")), "{error}");
    }
}
