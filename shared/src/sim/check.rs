//! Probes and hooks as a node does them: what they find, and how long that takes.
//!
//! Upstream: `pkg/probe/http/http.go`, `pkg/probe/tcp/tcp.go`, `pkg/probe/grpc/grpc.go`, `pkg/probe/exec/exec.go`.

use super::process::{Answer, Process};
use crate::kubelet::runtime::{Check, Outcome};
use crate::model::{Span, Text, Time};
use smol_str::format_smolstr;

/// How long a command without end and without limit keeps its caller waiting.
const ENDLESS: Span = Span::seconds(86_400);

/// Does a check against the processes of one pod; `container` is the one it belongs to.
pub(super) fn perform(
    check: &Check,
    timeout: Span,
    container: &str,
    processes: &mut [&mut Process],
    refused: impl Fn(u16) -> bool,
    now: Time,
) -> (Outcome, Span) {
    match check {
        Check::Sleep(span) => (Outcome::Success, *span),
        Check::Exec(argv) => exec(argv, timeout, container, processes, now),
        Check::Tcp { host, port } => {
            let open = !refused(*port) && processes.iter().any(|it| it.listens(*port));
            (if open { Outcome::Success } else { Outcome::Failure(dial(host, *port)) }, Span::millis(1))
        }
        Check::Grpc { host, port, .. } => {
            let open = !refused(*port) && processes.iter().any(|it| it.listens(*port));
            let seconds = timeout.as_seconds();
            let why = format_smolstr!(
                "timeout: failed to connect service \"{host}:{port}\" within {seconds}s: context deadline exceeded"
            );
            (if open { Outcome::Success } else { Outcome::Failure(why) }, Span::millis(3))
        }
        Check::Http { scheme, host, port, path } => {
            let url = format!("{scheme}://{host}:{port}{path}");
            let answer = if refused(*port) { Answer::Refused } else { get(*port, path, host, processes, now) };
            (http_outcome(answer, &url, &dial(host, *port)), Span::millis(3))
        }
    }
}

fn get(port: u16, path: &str, host: &str, processes: &mut [&mut Process], now: Time) -> Answer {
    // The node's own address in the pod network, where probes come from.
    let client = host.rsplit_once('.').map_or_else(|| host.to_owned(), |(net, _)| format!("{net}.1"));
    let server = processes.iter_mut().find(|it| it.listens(port));
    server.map_or(Answer::Refused, |it| it.get(port, path, &client, now))
}

fn http_outcome(answer: Answer, url: &str, dial: &str) -> Outcome {
    match answer {
        Answer::Status(code) if (200..400).contains(&code) => Outcome::Success,
        Answer::Status(code) => Outcome::Failure(format_smolstr!("HTTP probe failed with statuscode: {code}")),
        Answer::Refused => Outcome::Failure(format_smolstr!("Get \"{url}\": {dial}")),
        Answer::NotHttp => Outcome::Failure(format_smolstr!(
            "Get \"{url}\": net/http: HTTP/1.x transport connection broken: malformed HTTP response"
        )),
    }
}

fn dial(host: &str, port: u16) -> Text {
    format_smolstr!("dial tcp {host}:{port}: connect: connection refused")
}

/// A timeout of zero is none.
fn exec(argv: &[Text], timeout: Span, container: &str, processes: &mut [&mut Process], now: Time) -> (Outcome, Span) {
    let Some(process) = processes.iter_mut().find(|it| it.spec.run.container == container) else {
        return (Outcome::Failure(Text::new_static("container not running")), Span::ZERO);
    };
    let done = match process.exec(argv, now) {
        Ok(done) => done,
        Err(why) => return (Outcome::Failure(why), Span::millis(30)),
    };
    let limit = Some(timeout).filter(|it| *it > Span::ZERO);
    match (done.takes, limit) {
        (takes, Some(limit)) if takes.is_none_or(|it| it > limit) => {
            let (words, seconds) = (argv.join(" "), limit.as_seconds());
            (Outcome::Failure(format_smolstr!("command timed out: \"{words}\" timed out after {seconds}s")), limit)
        }
        (takes, _) => {
            let output = done.output;
            let text = format_smolstr!("{}{}", output.out, output.err);
            let outcome = if output.code == 0 { Outcome::Success } else { Outcome::Failure(text) };
            (outcome, takes.unwrap_or(ENDLESS))
        }
    }
}
