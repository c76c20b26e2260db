//! A server of its own for a test, and an HTTP/1.1 client without any cleverness: one blocking connection, bytes in and out.
//!
//! A test that wants to send half a request, or to stop reading, can do so; a measurement has as little as possible of the
//! client's own work in it.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    reason = "each test uses a part of it, and a test fails by panicking"
)]

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, StreamOwned};
use shared::model::{Value, yaml};

/// How long a read waits before the test fails.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A running `pilothouse serve`; it is killed, and its folder removed, when it goes out of scope.
pub(crate) struct Cluster {
    child: Child,
    /// Where the API listens.
    pub(crate) address: SocketAddr,
    config: Arc<ClientConfig>,
    stranger: Arc<ClientConfig>,
    folder: PathBuf,
    options: Vec<String>,
}

impl Cluster {
    /// A server in the folder `name` of the system's temporary folder, with `options` after `serve`.
    pub(crate) fn start(name: &str, options: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("pilothouse-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        Self::start_in(folder, options.iter().map(|it| (*it).to_owned()).collect())
    }

    fn start_in(folder: PathBuf, options: Vec<String>) -> Self {
        let (child, address) = spawn(&folder, &options);
        let kubeconfig = kubeconfig(&folder);
        let part = |path: &str| bytes_in(&kubeconfig, "users", path);
        let (certificate, key) = (part("user.client-certificate-data"), part("user.client-key-data"));
        let config = Arc::new(config_of(&kubeconfig, &certificate, &key));
        let stranger = Arc::new(trusting(&kubeconfig).with_no_client_auth());
        Self { child, address, config, stranger, folder, options }
    }

    /// Kills the process as `kill -9` does, and starts another one on what is kept.
    pub(crate) fn crash(mut self) -> Self {
        self.kill();
        let folder = std::mem::take(&mut self.folder);
        let options = std::mem::take(&mut self.options);
        drop(self);
        Self::start_in(folder, options)
    }

    /// Kills the process at once.
    pub(crate) fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The id of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory of the process in KiB; 0 if the system does not tell.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find(|it| it.starts_with("VmRSS:")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).unwrap_or(0)
    }

    /// The folder of its files.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A connection with the administrator's certificate.
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address, &self.config).expect("the server takes connections")
    }

    /// The same, or why there is none.
    pub(crate) fn try_connect(&self) -> std::io::Result<Connection> {
        Connection::open(self.address, &self.config)
    }

    /// A connection with another certificate and its key, as PEM.
    pub(crate) fn connect_as(&self, certificate: &[u8], key: &[u8]) -> Connection {
        let config = Arc::new(config_of(&kubeconfig(&self.folder), certificate, key));
        Connection::open(self.address, &config).expect("the server takes connections")
    }

    /// A connection without a certificate.
    pub(crate) fn connect_as_stranger(&self) -> Connection {
        Connection::open(self.address, &self.stranger).expect("the server takes connections")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
        if !self.folder.as_os_str().is_empty() {
            // What cannot be removed is left to the system.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Kills a process of ours as `kill -9` does, while others still use it.
pub(crate) fn kill(pid: u32) {
    let done = Command::new("kill").arg("-9").arg(pid.to_string()).status();
    assert!(done.is_ok_and(|it| it.success()), "the process can be killed");
}

/// Starts the process and waits for the line with the API's address.
fn spawn(folder: &Path, options: &[String]) -> (Child, SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pilothouse"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--secure-listen", "127.0.0.1:0", "--kubeconfig-out"]);
    command.arg(folder.join("kubeconfig")).args(options);
    if !options.iter().any(|it| it == "--ephemeral") {
        command.arg("--data-dir").arg(folder.join("data"));
    }
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program can be started");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("https://")?.1.parse().ok())
        .expect("the server says where it listens");
    (child, address)
}

/// What the server tells its clients in `folder`.
fn kubeconfig(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("kubeconfig")).expect("the kubeconfig is written");
    yaml::parse(&text).swap_remove(0).value
}

fn bytes_in(kubeconfig: &Value, list: &str, path: &str) -> Vec<u8> {
    shared::api::base64::decode(kubeconfig.get(list).items()[0].at(path).str()).expect("it is base64")
}

/// What a client trusts.
fn trusting(kubeconfig: &Value) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    let authority = bytes_in(kubeconfig, "clusters", "cluster.certificate-authority-data");
    roots.add(CertificateDer::from_pem_slice(&authority).expect("it is PEM")).expect("it is a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are versions")
        .with_root_certificates(roots)
}

/// What a client trusts, and whom it says to be.
fn config_of(kubeconfig: &Value, certificate: &[u8], key: &[u8]) -> ClientConfig {
    let certificate = CertificateDer::from_pem_slice(certificate).expect("it is PEM");
    let key = PrivateKeyDer::from_pem_slice(key).expect("it is PEM");
    trusting(kubeconfig).with_client_auth_cert(vec![certificate], key).expect("they fit")
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// `200`.
    pub(crate) code: u16,
    /// The head as it came, in lower case.
    pub(crate) head: String,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        std::str::from_utf8(&self.body).ok().and_then(|text| Value::from_json(text).ok()).unwrap_or(Value::Null)
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// A connection.
pub(crate) struct Connection {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Connection {
    fn open(address: SocketAddr, config: &Arc<ClientConfig>) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(READ_TIMEOUT))?;
        let name = ServerName::try_from("localhost").expect("it is a name");
        let tls = ClientConnection::new(config.clone(), name).map_err(std::io::Error::other)?;
        Ok(Self { stream: BufReader::with_capacity(16 * 1024, StreamOwned::new(tls, socket)) })
    }

    /// The socket below.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.stream.get_ref().sock
    }

    /// Sends bytes as they are.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes)?;
        stream.flush()
    }

    /// Sends a request and reads the answer.
    pub(crate) fn request(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.try_request(method, path, body).expect("the server answers")
    }

    /// The same, or why there is no answer.
    pub(crate) fn try_request(&mut self, method: &str, path: &str, body: &str) -> std::io::Result<Answer> {
        self.send(&bytes_of(method, path, "application/json", body.as_bytes()))?;
        self.answer()
    }

    /// Reads an answer.
    pub(crate) fn answer(&mut self) -> std::io::Result<Answer> {
        let head = self.head()?;
        let code = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
        let mut answer = Answer { code, head, body: Vec::new() };
        if answer.header("transfer-encoding") == Some("chunked") {
            while let Some(part) = self.chunk()? {
                answer.body.extend_from_slice(&part);
            }
        } else {
            let length = answer.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
            answer.body = self.exactly(length)?;
        }
        Ok(answer)
    }

    /// Reads the head of an answer.
    pub(crate) fn head(&mut self) -> std::io::Result<String> {
        let mut head = String::new();
        loop {
            let before = head.len();
            if self.stream.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if &head[before..] == "\r\n" {
                return Ok(head.to_ascii_lowercase());
            }
        }
    }

    /// Reads a chunk of a body; `None` at its end.
    pub(crate) fn chunk(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let length = usize::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
        let part = self.exactly(length)?;
        self.exactly(2)?;
        Ok((length > 0).then_some(part))
    }

    fn exactly(&mut self, length: usize) -> std::io::Result<Vec<u8>> {
        if length > ANSWER_BYTES_MAX {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// A request as bytes.
pub(crate) fn bytes_of(method: &str, path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\nuser-agent: wire/1\r\n\
         content-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
