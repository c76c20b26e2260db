//! `pilothouse serve`: puts the cluster, its API and the page together, and stops when it is told to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::arguments::{Keep, ServeOptions};
use crate::audit;
use crate::auth::{self, KeyError, SigningKey, Tokens};
use crate::host::{self, Host};
use crate::kube::Server;
use crate::live::{self, Live, PageKey};
use crate::page::{self, Page};
use crate::storage::{self, StorageError};
use crate::tls::{self, Authority, AuthorityError};
use crate::{STACK_BYTES, say};

/// How long open requests may take to finish after the signal to stop.
const STOP_SECONDS_MAX: u64 = 3;

/// The file in the data directory that tells clients the way, as kubeadm calls it.
const ADMIN_CONF: &str = "admin.conf";

/// How many files and sockets may be open at once, if the system lets us: 10 000 watches and some.
const OPEN_FILES: u64 = 65_536;

/// Why the server could not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The address is taken, or not ours, or no address at all.
    #[error("cannot listen on {address}: {source}; choose another address with {option}")]
    Listen {
        /// What the option said.
        address: String,
        /// `--listen` or `--secure-listen`.
        option: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The system took the socket away.
    #[error("cannot go on listening: {0}")]
    Accept(std::io::Error),
    /// The system has no more threads.
    #[error("cannot start threads: {0}")]
    Threads(std::io::Error),
    /// The line with the address could not be written.
    #[error("{0}")]
    Say(String),
    /// What was kept cannot be read, or nothing can be kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There are no certificates.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// There is no key for tokens.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The audit log cannot be written.
    #[error("cannot write the audit log to {target:?}: {source}; choose another file with --audit-log")]
    AuditLog {
        /// What the option said.
        target: audit::Target,
        /// The system's reason.
        source: std::io::Error,
    },
    /// No cluster was ever served from this folder.
    #[error("cannot read {}: {source}; `pilothouse serve` writes it", path.display())]
    NoKubeconfig {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Serves until Ctrl-C or a signal to end; then lets open requests finish.
///
/// Writes a line with the page's address and one with the API's as soon as both answer.
///
/// # Errors
/// An address cannot be listened on, or the data directory cannot be used.
pub(crate) async fn run(options: &ServeOptions) -> Result<(), ServeError> {
    raise_open_files();
    let (page, page_address) = listen(&options.listen, "--listen").await?;
    let (api, api_address) = listen(&options.secure_listen, "--secure-listen").await?;
    let lanes = tls::Lanes::start(STACK_BYTES).map_err(ServeError::Threads)?;
    let host = host(options)?;
    let authority = authority(&options.keep, api_address)?;
    let (stop, stopping) = watch::channel(false);
    let driver = tokio::spawn(host::drive(host.clone()));
    let tokens = Arc::new(Tokens::new(token_key(&options.keep)?));
    host.with(|cluster| cluster.publish_authority(&authority.root.certificate));
    let filler = auth::keep_filled(host.clone(), tokens.clone(), authority.root.certificate.clone());
    let filler = tokio::spawn(filler);
    let signer = tokio::spawn(auth::keep_signed(host.clone(), tls::Signer::new(&authority)?));
    let audit = options.audit_log.as_ref().map(audit_log).transpose()?;
    let server = Server::new(host.clone(), tokens.clone(), stopping.clone(), audit.clone());
    let live = Live::new(host, tokens, page_key(&options.keep)?, Page::EMBEDDED, stopping.clone());
    let own_page = format!("http://{}/#server={}", reachable(page_address), live.key.text());
    let api = tokio::spawn(tls::serve(api, lanes, authority.server_config()?, server, stopping));
    tell_clients(options, &authority, api_address)?;
    say(&format!("Pilothouse {} on http://{page_address}/ (Ctrl-C ends it)", env!("CARGO_PKG_VERSION")))
        .map_err(ServeError::Say)?;
    say(&format!("Kubernetes API on https://{api_address}")).map_err(ServeError::Say)?;
    say(&format!("This cluster on the page: {own_page}")).map_err(ServeError::Say)?;
    let app = page::router(Page::EMBEDDED).merge(live::router(live));
    let done = tokio::select! {
        ended = axum::serve(page, app).with_graceful_shutdown(told_to_stop(stop.clone())) => ended.map_err(ServeError::Accept),
        () = stop_deadline(stop.clone()) => Ok(()),
    };
    stop.send_replace(true);
    let _ = tokio::time::timeout(Duration::from_secs(STOP_SECONDS_MAX), api).await;
    filler.abort();
    signer.abort();
    driver.abort();
    if let Some(audit) = audit {
        audit.close().await;
    }
    done
}

/// The kubeconfig of the cluster in `folder`.
///
/// # Errors
/// There is none yet.
pub(crate) fn kubeconfig(folder: &Path) -> Result<String, ServeError> {
    let path = folder.join(ADMIN_CONF);
    std::fs::read_to_string(&path).map_err(|source| ServeError::NoKubeconfig { path, source })
}

/// The cluster: the one of the data directory, which is ours from here on, or one that ends with the process.
fn host(options: &ServeOptions) -> Result<Arc<Host>, StorageError> {
    Ok(match &options.keep {
        Keep::Memory => Host::new(options.nodes, seed()),
        Keep::Folder(folder) => Host::kept(options.nodes, seed(), storage::open(folder)?),
    })
}

/// The audit log.
fn audit_log(target: &audit::Target) -> Result<Arc<audit::Log>, ServeError> {
    audit::Log::open(target).map_err(|source| ServeError::AuditLog { target: target.clone(), source })
}

/// The certificates: those of the data directory, or new ones.
fn authority(keep: &Keep, address: SocketAddr) -> Result<Authority, AuthorityError> {
    let address = address.ip().to_string();
    match keep {
        Keep::Memory => Authority::generate(&address),
        Keep::Folder(folder) => Authority::open(folder, &address),
    }
}

/// The key of service account tokens: that of the data directory, or a new one.
fn token_key(keep: &Keep) -> Result<SigningKey, KeyError> {
    match keep {
        Keep::Memory => SigningKey::generate(),
        Keep::Folder(folder) => SigningKey::open(folder),
    }
}

/// The key of the administrator's page: that of the data directory, or a new one.
fn page_key(keep: &Keep) -> Result<PageKey, KeyError> {
    match keep {
        Keep::Memory => PageKey::generate(),
        Keep::Folder(folder) => PageKey::open(folder),
    }
}

/// Writes the kubeconfig where it was asked for, and into the data directory.
fn tell_clients(options: &ServeOptions, authority: &Authority, address: SocketAddr) -> Result<(), AuthorityError> {
    let text = tls::kubeconfig(authority, &format!("https://{}", reachable(address)));
    if let Keep::Folder(folder) = &options.keep {
        tls::write_private(&folder.join(ADMIN_CONF), &text)?;
    }
    match &options.kubeconfig_out {
        Some(file) => tls::write_private(file, &text),
        None => Ok(()),
    }
}

/// An address that a client on this machine can use.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut reachable = address;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => reachable.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => reachable.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    reachable
}

/// What decides names and uids: another number at each start.
fn seed() -> u64 {
    host::wall_clock().0.unsigned_abs() ^ u64::from(std::process::id()).rotate_left(32)
}

/// Lets this process have as many connections as the system allows, up to what we need.
#[cfg(unix)]
fn raise_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // A lower limit than wished for only means fewer watches at once.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, soft.max(OPEN_FILES.min(hard)), hard);
    }
}

/// There is no such limit here.
#[cfg(not(unix))]
fn raise_open_files() {}

/// Opens the socket and returns it with the address it got.
async fn listen(address: &str, option: &'static str) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Listen { address: address.to_owned(), option, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Ends when open requests have had their time after the signal to stop.
async fn stop_deadline(stop: watch::Sender<bool>) {
    told_to_stop(stop).await;
    tokio::time::sleep(Duration::from_secs(STOP_SECONDS_MAX)).await;
}

/// Ends on Ctrl-C or, on Unix, on SIGTERM, and lets everyone know.
async fn told_to_stop(stop: watch::Sender<bool>) {
    tokio::select! {
        () = interrupt() => {}
        () = terminate() => {}
    }
    stop.send_replace(true);
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
        let (_listener, address) = listen("127.0.0.1:0", "--listen").await.expect("there is a free port");
        assert_ne!(address.port(), 0);
    }

    #[tokio::test]
    async fn a_taken_address_is_named() {
        let (_listener, address) = listen("127.0.0.1:0", "--listen").await.expect("there is a free port");
        let error = listen(&address.to_string(), "--listen").await.expect_err("it is taken");
        assert!(error.to_string().starts_with(&format!("cannot listen on {address}: ")), "{error}");
    }
}
