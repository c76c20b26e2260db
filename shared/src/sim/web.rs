//! What a server in a container says to who connects to it: pages, not only the codes that probes see.
//!
//! DIFFERENCE: the pages are short; servers that do not speak HTTP take a connection and close it at the first byte.

use super::images::Behaviour;
use super::node::SimNode;
use super::process::{Answer, Process};
use crate::model::{Text, Time};
use smol_str::format_smolstr;

/// Who is at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// A server that speaks HTTP.
    Http,
    /// One whose protocol is not simulated.
    Other,
}

/// A request to a web server in a container.
#[derive(Clone, Copy, Debug)]
pub struct WebRequest<'a> {
    /// `GET`.
    pub method: &'a str,
    /// With its query: `/a?b=c`.
    pub path: &'a str,
    /// The address that it comes from.
    pub client: &'a str,
    /// The `User-Agent`; `-` without.
    pub agent: &'a str,
}

/// What it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAnswer {
    /// The status code.
    pub code: u16,
    /// What the server calls itself; empty if it does not say.
    pub server: Text,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl SimNode {
    /// Who listens on a port of a pod; `None` if a connection is refused.
    pub fn listener(&self, pod: &str, port: u16, now: Time) -> Option<Listener> {
        if self.refuses(pod, port) {
            return None;
        }
        let answers = self.processes.iter().filter(|(run, _)| run.pod == pod).map(|(_, it)| it.answer(port, "/", now));
        answers.into_iter().find_map(|it| match it {
            Answer::Refused => None,
            Answer::NotHttp => Some(Listener::Other),
            Answer::Status(_) => Some(Listener::Http),
        })
    }

    /// What the web server on a port of a pod answers; `None` if a connection is refused.
    pub fn fetch(&mut self, pod: &str, port: u16, request: WebRequest<'_>, now: Time) -> Option<WebAnswer> {
        if self.refuses(pod, port) {
            return None;
        }
        let mut of_pod = self.processes.iter_mut().filter(|(run, _)| run.pod == pod).map(|(_, it)| it);
        of_pod.find(|it| it.listens(port))?.fetch(port, request, now)
    }
}

impl Process {
    fn fetch(&mut self, port: u16, request: WebRequest<'_>, now: Time) -> Option<WebAnswer> {
        let as_what = self.behaviour;
        let is_read = matches!(request.method, "GET" | "HEAD");
        let code = match self.answer(port, request.path, now) {
            Answer::Status(_) if as_what == Behaviour::Nginx && !is_read => 405,
            Answer::Status(code) => code,
            Answer::Refused | Answer::NotHttp => return None,
        };
        let body = if code < 300 { self.body(request.path, now) } else { self.refusal(code) };
        let is_page = matches!(as_what, Behaviour::Nginx | Behaviour::Httpd);
        let size = if request.method == "HEAD" { 0 } else { body.len() };
        let what = format!("{} {}", request.method, request.path);
        self.note_access(request.client, &what, (code, size), request.agent, now);
        let content_type = if is_page { media_type(request.path, code) } else { "text/plain; charset=utf-8" };
        Some(WebAnswer { code, server: self.server_name(), content_type, body })
    }

    fn body(&self, path: &str, now: Time) -> String {
        let as_what = self.behaviour;
        let name = &self.world.hostname;
        match as_what {
            Behaviour::Nginx | Behaviour::Httpd => self.page(as_what, path).cloned().unwrap_or_default(),
            Behaviour::Agnhost => self.agnhost_body(path, now),
            Behaviour::Web(_) if self.image.contains("hello-app") => {
                format!("Hello, world!\nVersion: {}.0\nHostname: {name}\n", self.tag())
            }
            Behaviour::Web(_)
            | Behaviour::Idle
            | Behaviour::Shell
            | Behaviour::Stress
            | Behaviour::Redis
            | Behaviour::Server(_) => format!("pilothouse: simulated: {} on {name}\n", self.spec.image),
        }
    }

    /// Upstream: `test/images/agnhost/netexec/netexec.go`.
    fn agnhost_body(&self, path: &str, now: Time) -> String {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let is_hostname = self.spec.args.first().is_some_and(|it| it == "serve-hostname");
        match path {
            "/hostname" => self.world.hostname.to_string(),
            _ if is_hostname => self.world.hostname.to_string(),
            "/echo" => query.strip_prefix("msg=").unwrap_or_default().to_owned(),
            "/healthz" => "ok".to_owned(),
            "/" => format!("NOW: {now}"),
            _ => String::new(),
        }
    }

    /// The page of an error, in the server's own form.
    fn refusal(&self, code: u16) -> String {
        let reason = match code {
            404 => "404 Not Found",
            405 => "405 Not Allowed",
            _ => "500 Internal Server Error",
        };
        match self.behaviour {
            Behaviour::Nginx => format!(
                "<html>\r\n<head><title>{reason}</title></head>\r\n<body>\r\n<center><h1>{reason}</h1></center>\r\n\
                 <hr><center>{}</center>\r\n</body>\r\n</html>\r\n",
                self.server_name()
            ),
            _ => format!("{reason}\n"),
        }
    }

    fn server_name(&self) -> Text {
        let version = self.tag().split('-').next().unwrap_or_default();
        let version = if version.starts_with(|it: char| it.is_ascii_digit()) { version } else { "" };
        let named = |name: &str| format_smolstr!("{name}{}{version}", if version.is_empty() { "" } else { "/" });
        match self.behaviour {
            Behaviour::Nginx => named("nginx"),
            Behaviour::Httpd => named("Apache"),
            _ => Text::default(),
        }
    }

    fn tag(&self) -> &str {
        let name = self.image.rsplit('/').next().unwrap_or_default();
        name.split('@').next().and_then(|it| it.split_once(':')).map_or("latest", |(_, tag)| tag)
    }
}

fn media_type(path: &str, code: u16) -> &'static str {
    let path = path.split('?').next().unwrap_or(path);
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        _ if code >= 300 || path.ends_with('/') => "text/html",
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" => "application/javascript",
        "json" => "application/json",
        "txt" => "text/plain",
        _ => "application/octet-stream",
    }
}
