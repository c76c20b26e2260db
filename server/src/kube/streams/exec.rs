//! `pods/exec` and `pods/attach`.

use axum::body::Body;
use hyper::Response;
use hyper::http::request::Parts;
use shared::api::{Body as Content, Options, Request, Status, Verb};
use shared::model::Text;

use super::channels::{self, Channels, Wants};
use super::frames::{STDERR, STDOUT, Said};
use super::log::Follower;
use super::shell::{Shell, Step};
use super::spdy::Gone;
use super::upgrade::Upgrade;
use crate::host::Host;
use crate::kube::query::Query;
use crate::kube::resource::Asked;
use crate::kube::{Server, encode};

/// What a command left behind.
struct Ran {
    stdout: String,
    stderr: String,
    code: i64,
}

/// Answers `pods/exec`.
///
/// # Errors
/// There is no such container, no command, or the client does not ask for an upgrade.
pub(crate) async fn answer(server: &Server, asked: Asked, parts: Parts) -> Result<Response<Body>, Status> {
    let upgrade = Upgrade::wanted(&parts.headers)?;
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
    channels::begin(upgrade, parts, streams(&asked.query), move |mut channels| async move {
        let code = if let Some(shell) = shell {
            converse(&mut channels, &host, &request, shell).await?
        } else {
            show(&mut channels, &ran, terminal).await?;
            ran.code
        };
        channels.end(code).await
    })
}

/// Answers `pods/attach`: the container's output from now on.
///
/// # Errors
/// There is no such container, or it has ended, or the client does not ask for an upgrade.
pub(crate) fn attach(server: &Server, asked: &Asked, parts: Parts) -> Result<Response<Body>, Status> {
    let upgrade = Upgrade::wanted(&parts.headers)?;
    let mut request = request(asked, &[]);
    request.target.subresource = Text::new_static("log");
    let (_, mut follower) = Follower::begin(server, &request)?;
    if follower.has_ended() {
        let (container, name, namespace) = (&follower.container, &follower.pod.name, &follower.pod.namespace);
        // The kubelet's own words, which the API server hands on as they are.
        return Ok(encode::plain(404, format!("container {container} not found in pod {name}_{namespace}\n")));
    }
    channels::begin(upgrade, parts, streams(&asked.query), move |mut channels| async move {
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

/// The streams that a request wants.
fn streams(query: &Query) -> Wants {
    let wants = |name| query.is_true(name);
    Wants { stdin: wants("stdin"), stdout: wants("stdout"), stderr: wants("stderr") && !wants("tty") }
}

/// What a command wrote; on a terminal there is one stream for both.
async fn show(channels: &mut Channels, ran: &Ran, terminal: bool) -> Result<(), Gone> {
    let errors = if terminal { STDOUT } else { STDERR };
    let lines = |text: &str| if terminal { text.replace('\n', "\r\n") } else { text.to_owned() };
    channels.say(STDOUT, &lines(&ran.stdout)).await?;
    channels.say(errors, &lines(&ran.stderr)).await
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
async fn converse(channels: &mut Channels, host: &Host, request: &Request, mut shell: Shell) -> Result<i64, Gone> {
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
) -> Result<i64, Gone> {
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
