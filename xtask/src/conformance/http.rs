//! `pilothouse serve` for one case, and a client for it: HTTP/1.1 over TLS, one request after the other.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use shared::api::{DryRun, FieldValidation, PatchKind, Request, Verb};
use shared::model::{Object, Value, yaml};

use crate::conformance::door::Answer;
use crate::failure::Failure;
use crate::files;

/// How long an answer may take.
const ANSWER_SECONDS_MAX: u64 = 20;

/// A running server, which ends with this value, and a connection as its administrator.
pub(super) struct Server {
    child: Child,
    folder: PathBuf,
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Server {
    /// Starts `program` on a free port, in memory and without nodes.
    ///
    /// # Errors
    /// It does not start, or cannot be reached.
    pub(super) fn start(program: &Path) -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("pilothouse-conformance-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| Failure::io("make", &folder, &error))?;
        let kubeconfig = folder.join("kubeconfig");
        let mut command = Command::new(program);
        command.args(["serve", "--ephemeral", "--nodes", "sim:0", "--listen", "127.0.0.1:0"]);
        command.args(["--secure-listen", "127.0.0.1:0", "--kubeconfig-out"]).arg(&kubeconfig);
        let mut child =
            command.stdout(Stdio::piped()).spawn().map_err(|error| Failure::io("start", program, &error))?;
        match connect(&mut child, &kubeconfig) {
            Ok(stream) => Ok(Self { child, folder, stream }),
            Err(error) => {
                end(&mut child);
                // It holds an administrator's key; what cannot be removed is left to the system.
                drop(files::remove_folder(&folder));
                Err(Failure::new(format!("cannot reach {}: {error}", program.display())))
            }
        }
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        self.exchange(&bytes_of(request)).map_err(|error| {
            Failure::new(format!("no answer to {} {}: {error}", request.verb.word(), request.target.resource))
        })
    }

    fn exchange(&mut self, bytes: &[u8]) -> std::io::Result<Answer> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes)?;
        stream.flush()?;
        let head = self.head()?;
        let code = head.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(0);
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
        let invalid = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
        let mut body = vec![0; length.ok_or_else(|| invalid("the answer has no length"))?];
        self.stream.read_exact(&mut body)?;
        let body = std::str::from_utf8(&body).ok().and_then(|text| Value::from_json(text).ok());
        // A page that is not there is plain text.
        let body = body.or((code >= 400).then_some(Value::Null)).ok_or_else(|| invalid("the answer is no JSON"))?;
        if code < 400 {
            return Ok(Answer { code, object: Some(Object(body)), ..Answer::default() });
        }
        let text = |field: &str| body.get(field).str().to_owned();
        Ok(Answer { code, reason: text("reason"), refusal: text("message"), object: None })
    }

    fn head(&mut self) -> std::io::Result<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(head.to_ascii_lowercase())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
        // What cannot be removed is left to the system.
        drop(files::remove_folder(&self.folder));
    }
}

fn end(child: &mut Child) {
    // It may have ended already.
    drop(child.kill());
    drop(child.wait());
}

/// Waits until the server says where it listens, and connects.
fn connect(
    child: &mut Child,
    kubeconfig: &Path,
) -> Result<BufReader<StreamOwned<ClientConnection, TcpStream>>, Box<dyn std::error::Error>> {
    let lines = BufReader::new(child.stdout.take().ok_or("it has no output")?).lines();
    let address = lines.map_while(Result::ok).find_map(|line| Some(line.split_once("https://")?.1.to_owned()));
    let socket = TcpStream::connect(address.ok_or("it has ended")?)?;
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(Duration::from_secs(ANSWER_SECONDS_MAX)))?;
    let text = std::fs::read_to_string(kubeconfig)?;
    let kubeconfig = yaml::parse(&text).into_iter().next().map(|it| it.value).unwrap_or_default();
    let tls = ClientConnection::new(Arc::new(config(&kubeconfig)?), ServerName::try_from("localhost")?)?;
    Ok(BufReader::new(StreamOwned::new(tls, socket)))
}

/// Whom the client trusts, and that it is the administrator.
fn config(kubeconfig: &Value) -> Result<ClientConfig, Box<dyn std::error::Error>> {
    let part = |list: &str, path: &str| {
        let entry = kubeconfig.get(list).items().first().cloned().unwrap_or_default();
        shared::api::base64::decode(entry.at(path).str()).unwrap_or_default()
    };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&part("clusters", "cluster.certificate-authority-data"))?)?;
    let certificate = CertificateDer::from_pem_slice(&part("users", "user.client-certificate-data"))?;
    let key = PrivateKeyDer::from_pem_slice(&part("users", "user.client-key-data"))?;
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_root_certificates(roots);
    Ok(builder.with_client_auth_cert(vec![certificate], key)?)
}

/// The request as a client sends it.
fn bytes_of(request: &Request) -> Vec<u8> {
    let (method, content_type) = match request.verb {
        Verb::Get | Verb::List => ("GET", ""),
        Verb::Create => ("POST", "application/json"),
        Verb::Update => ("PUT", "application/json"),
        Verb::Patch(PatchKind::Apply) => ("PATCH", "application/apply-patch+yaml"),
        Verb::Patch(PatchKind::Json) => ("PATCH", "application/json-patch+json"),
        Verb::Patch(PatchKind::Merge) => ("PATCH", "application/merge-patch+json"),
        Verb::Patch(PatchKind::StrategicMerge) => ("PATCH", "application/strategic-merge-patch+json"),
        Verb::Delete | Verb::DeleteCollection => ("DELETE", "application/json"),
    };
    let body = if method == "GET" { String::new() } else { request.body.to_json() };
    let head = format!(
        "{method} {} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\ncontent-type: {content_type}\r\n\
         content-length: {}\r\n\r\n",
        path(request),
        body.len()
    );
    (head + &body).into_bytes()
}

/// The path and the query.
fn path(request: &Request) -> String {
    let target = &request.target;
    let mut path = match target.resource.group() {
        "" => format!("/api/{}", target.version),
        group => format!("/apis/{group}/{}", target.version),
    };
    let namespace = if target.namespace.is_empty() { "" } else { "namespaces" };
    for part in [namespace, &target.namespace, target.resource.plural(), &target.name] {
        if !part.is_empty() {
            path = format!("{path}/{}", encoded(part));
        }
    }
    let options = &request.options;
    if !matches!(request.verb, Verb::Get | Verb::List) {
        path.push('?');
        for (is_so, word) in [
            (options.dry_run == DryRun::All, "dryRun=All&"),
            (options.field_validation == FieldValidation::Strict, "fieldValidation=Strict&"),
        ] {
            path.push_str(if is_so { word } else { "" });
        }
        path.push_str("fieldManager=");
        path.push_str(&encoded(&options.field_manager));
    }
    path
}

/// A part of a path or a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use shared::api::{Options, Target};
    use shared::model::ResourceName;

    fn check(verb: Verb, resource: (&str, &str), place: (&str, &str), expected: &Expect) {
        let target = Target {
            resource: ResourceName::new(resource.0, resource.1),
            version: "v1".into(),
            namespace: place.0.into(),
            name: place.1.into(),
            ..Target::default()
        };
        let options = Options { dry_run: DryRun::All, field_manager: "kubectl".into(), ..Options::default() };
        let bytes = bytes_of(&Request { options, ..Request::new(verb, target) });
        expected.assert_eq(String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default());
    }

    #[test]
    fn requests_have_their_paths() {
        check(Verb::Get, ("nodes", ""), ("", "a"), &expect!["GET /api/v1/nodes/a HTTP/1.1"]);
        check(
            Verb::Create,
            ("deployments", "apps"),
            ("shop", ""),
            &expect!["POST /apis/apps/v1/namespaces/shop/deployments?dryRun=All&fieldManager=kubectl HTTP/1.1"],
        );
        check(
            Verb::Patch(PatchKind::Apply),
            ("pods", ""),
            ("shop", "a/b"),
            &expect!["PATCH /api/v1/namespaces/shop/pods/a%2Fb?dryRun=All&fieldManager=kubectl HTTP/1.1"],
        );
    }
}
