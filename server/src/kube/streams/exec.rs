//! `pods/exec` and `pods/attach` over a WebSocket.

use axum::body::Body;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{HeaderMap, Response, StatusCode};
use hyper_util::rt::TokioIo;
use shared::api::{Body as Content, Options, Request, Status, Verb};
use shared::model::{Text, Value};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Upgrade;
use super::frames::{self, Protocol, STDERR, STDOUT, Said};
use super::log::Follower;
use super::shell::{Shell, Step};
use crate::host::Host;
use crate::kube::Server;
use crate::kube::resource::Asked;

/// The largest message that a client may send.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A conversation with a client on channels.
struct Channels {
    protocol: Protocol,
    out: SplitSink<Socket, Message>,
    input: SplitStream<Socket>,
}

/// What a command left behind.
struct Ran {
    stdout: String,
    stderr: String,
    code: i64,
}

/// Answers `pods/exec`.
///
/// # Errors
/// There is no such container, no command, or the client does not ask for a WebSocket.
pub(crate) async fn answer(server: &Server, asked: Asked, parts: Parts) -> Result<Response<Body>, Status> {
    Upgrade::wanted(&parts.headers).web_socket()?;
    let words: Vec<String> = asked.query.all("command").map(str::to_owned).collect();
    if words.is_empty() {
        return Err(Status::bad_request("you must specify at least one command for the container"));
    }
    let request = request(&asked, &words);
    let host = server.host.clone();
    let wants = |name| asked.query.is_true(name);
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let shell = Shell::of(&plain, wants("tty")).filter(|_| wants("stdin"));
    // A shell proves that the container runs by a command that does nothing; all others run before the switch, so that
    // what is wrong with them is an answer of HTTP.
    let first = match &shell {
        Some(_) => self::request(&asked, &["true".to_owned()]),
        None => request.clone(),
    };
    let ran = run(&host, &first).await?;
    let terminal = wants("tty");
    upgrade(parts, move |mut channels| async move {
        let code = if let Some(shell) = shell {
            converse(&mut channels, &host, &request, shell).await?
        } else {
            channels.show(&ran, terminal).await?;
            ran.code
        };
        channels.end(code).await
    })
}

/// Answers `pods/attach`: the container's output from now on.
///
/// # Errors
/// There is no such container, or the client does not ask for a WebSocket.
pub(crate) fn attach(server: &Server, asked: &Asked, parts: Parts) -> Result<Response<Body>, Status> {
    Upgrade::wanted(&parts.headers).web_socket()?;
    let mut request = request(asked, &[]);
    request.target.subresource = Text::new_static("log");
    let (_, mut follower) = Follower::begin(server, &request)?;
    upgrade(parts, move |mut channels| async move {
        loop {
            let lines = tokio::select! {
                lines = follower.next() => lines,
                said = channels.hear() => match said {
                    Said::Closed => return Ok(()),
                    Said::Input(_) | Said::InputEnded | Said::Other => continue,
                },
            };
            let Some(lines) = lines else { return channels.end(0).await };
            let text: String = lines.iter().map(|it| format!("{}\n", it.text)).collect();
            channels.say(STDOUT, &text).await?;
        }
    })
}

/// The request for the pipeline: `command` run in the container that was named.
fn request(asked: &Asked, words: &[String]) -> Request {
    let container = asked.query.get("container");
    let named = (!container.is_empty()).then(|| (Text::new_static("container"), Text::new(container)));
    let command = words.iter().map(|word| (Text::new_static("command"), Text::new(word)));
    let options = Options { query: named.into_iter().chain(command).collect(), ..Options::default() };
    Request { options, user: asked.user.clone(), ..Request::new(Verb::Create, asked.target.clone()) }
}

/// Runs a command.
async fn run(host: &Host, request: &Request) -> Result<Ran, Status> {
    let response = host.request(request).await;
    match response.body {
        Content::Object(object) => Ok(Ran {
            stdout: object.get("stdout").str().to_owned(),
            stderr: object.get("stderr").str().to_owned(),
            code: object.get("exitCode").int_or(0),
        }),
        Content::Text(stdout) => Ok(Ran { stdout, stderr: String::new(), code: 0 }),
        Content::Status(status) => Err(status),
        Content::List(_) => Err(Status::internal("Internal error occurred: a command answered with a list")),
    }
}

/// Reads lines and runs them until the shell ends; gives the last exit code.
async fn converse(channels: &mut Channels, host: &Host, request: &Request, mut shell: Shell) -> Result<i64, Error> {
    let mut code = 0;
    channels.say(STDOUT, shell.prompt()).await?;
    loop {
        let steps = match channels.hear().await {
            Said::Input(input) => shell.take(&input),
            Said::InputEnded | Said::Closed => shell.rest().map(Step::Run).into_iter().chain([Step::Exit]).collect(),
            Said::Other => Vec::new(),
        };
        for step in steps {
            match step {
                Step::Show(text) => channels.say(STDOUT, &text).await?,
                Step::Exit => return Ok(code),
                Step::Run(line) => {
                    code = run_line(channels, host, request, &shell, &line).await?;
                    channels.say(STDOUT, shell.prompt()).await?;
                }
            }
        }
    }
}

async fn run_line(
    channels: &mut Channels,
    host: &Host,
    request: &Request,
    shell: &Shell,
    line: &str,
) -> Result<i64, Error> {
    let container = request.options.query.iter().filter(|(name, _)| name == "container").cloned();
    let command = ["sh", "-c", line].into_iter().map(|word| (Text::new_static("command"), Text::new(word)));
    let mut request = request.clone();
    request.options.query = container.chain(command).collect();
    match run(host, &request).await {
        Ok(ran) => {
            channels.say(STDOUT, &shell.output(&ran.stdout)).await?;
            channels.say(if shell.prompt().is_empty() { STDERR } else { STDOUT }, &shell.output(&ran.stderr)).await?;
            Ok(ran.code)
        }
        Err(status) => {
            channels.say(STDERR, &shell.output(&format!("{}\n", status.message))).await?;
            Ok(126)
        }
    }
}

impl Channels {
    async fn say(&mut self, channel: u8, text: &str) -> Result<(), Error> {
        for message in self.protocol.messages(channel, text.as_bytes()) {
            self.out.send(message).await?;
        }
        Ok(())
    }

    /// What a command wrote; on a terminal there is one stream for both.
    async fn show(&mut self, ran: &Ran, terminal: bool) -> Result<(), Error> {
        let errors = if terminal { STDOUT } else { STDERR };
        let lines = |text: &str| if terminal { text.replace('\n', "\r\n") } else { text.to_owned() };
        self.say(STDOUT, &lines(&ran.stdout)).await?;
        self.say(errors, &lines(&ran.stderr)).await
    }

    async fn end(&mut self, code: i64) -> Result<(), Error> {
        let (status, sentence): (Value, String) = frames::ended(code);
        for message in self.protocol.end(&status, &sentence) {
            self.out.send(message).await?;
        }
        let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        self.out.send(Message::Close(Some(normal))).await?;
        // The client closes in turn; what it still says is not for us.
        while let Some(Ok(_)) = self.input.next().await {}
        Ok(())
    }

    async fn hear(&mut self) -> Said {
        match self.input.next().await {
            Some(Ok(message)) => self.protocol.read(&message),
            Some(Err(_)) | None => Said::Closed,
        }
    }
}

/// Switches to a WebSocket and lets `talk` have it.
fn upgrade<F, T>(mut parts: Parts, talk: F) -> Result<Response<Body>, Status>
where
    F: FnOnce(Channels) -> T + Send + 'static,
    T: Future<Output = Result<(), Error>> + Send + 'static,
{
    let text = |headers: &HeaderMap, name| {
        headers.get(name).and_then(|it: &HeaderValue| it.to_str().ok()).unwrap_or_default().to_owned()
    };
    let key = text(&parts.headers, SEC_WEBSOCKET_KEY);
    let offered = text(&parts.headers, SEC_WEBSOCKET_PROTOCOL);
    let protocol = Protocol::choose(&offered)
        .ok_or_else(|| Status::bad_request(format!("unable to negotiate a protocol: client offers [{offered}]")))?;
    let switch = parts
        .extensions
        .remove::<OnUpgrade>()
        .ok_or_else(|| Status::bad_request("this connection cannot be upgraded; use HTTP/1.1"))?;
    tokio::spawn(async move {
        let Ok(upgraded) = switch.await else { return };
        let config = WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES_MAX));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        let (out, input) = socket.split();
        // A client that went away is no fault of ours.
        let _ = talk(Channels { protocol, out, input }).await;
    });
    let accept =
        HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(|_| Status::bad_request("no key"))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol.name));
    Ok(response)
}
