//! Commands against an API server, as a person sees them.

use super::*;
use crate::api::Api;
use crate::model::{Chance, Span};
use expect_test::{Expect, expect};

/// The most polls that a command gets before a test gives up on it.
const POLLS_MAX: usize = 100;

/// An API server alone: nothing reconciles.
struct Alone {
    api: Api,
    now: Time,
}

impl Client for Alone {
    fn now(&self) -> Time {
        self.now
    }

    fn request(&mut self, request: Request) -> Response {
        self.api.handle(&request, self.now)
    }
}

fn alone() -> Alone {
    let mut alone = Alone { api: Api::new(Chance::new(1)), now: Time::VIRTUAL_START };
    let mut request = Request::new(
        crate::api::Verb::Create,
        crate::api::Target { resource: crate::model::key::resources::NAMESPACES, ..Default::default() },
    );
    request.body = crate::model::Object::new("v1", "Namespace", "", "default").into();
    alone.request(request);
    alone
}

/// Runs a command that does not wait.
pub(super) fn finish(client: &mut dyn Client, line: &str) -> String {
    let mut command = Command::start(line, Input::default());
    let progress = command.poll(client);
    let shown: String = progress.chunks.iter().map(shown).collect();
    match progress.state {
        State::Done(0) => shown,
        State::Done(code) => format!("{shown}[exit {code}]\n"),
        State::Edit { .. } | State::Running => format!("{shown}[running]\n"),
    }
}

/// Output as it is, and what went to standard error after `! `.
fn shown(chunk: &Chunk) -> String {
    match chunk {
        Chunk::Out(text) => text.clone(),
        Chunk::Err(text) => text.split_inclusive('\n').map(|it| format!("! {it}")).collect(),
    }
}

fn run(client: &mut Alone, line: &str, files: &[(&str, &str)]) -> String {
    let files = files.iter().map(|(name, text)| SourceFile { name: (*name).into(), text: (*text).into() }).collect();
    let mut command = Command::start(line, Input { files, ..Input::default() });
    let mut text = String::new();
    for _ in 0..POLLS_MAX {
        let progress = command.poll(client);
        text.extend(progress.chunks.iter().map(shown));
        match progress.state {
            State::Done(0) => return text,
            State::Done(code) => return format!("{text}[exit {code}]\n"),
            State::Edit { name, text: edited } => return format!("{text}[edit {name}]\n{edited}"),
            State::Running => client.now += Span::seconds(1),
        }
    }
    format!("{text}[running]\n")
}

/// Runs the lines one after the other.
fn check(lines: &[&str], files: &[(&str, &str)], expect: &Expect) {
    let mut client = alone();
    let shown: String = lines.iter().map(|line| format!("$ {line}\n{}", run(&mut client, line, files))).collect();
    expect.assert_eq(&shown);
}

const CONFIG: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},
    "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
    "spec":{"containers":[{"name":"c","image":"nginx:1"}]}}}}"#;

#[test]
fn applies_and_deletes() {
    let files = [("web.json", CONFIG)];
    let lines = [
        "apply -f web.json --dry-run=client",
        "apply -f web.json",
        "apply -f web.json",
        "kubectl get deploy -o name",
        "k get deploy/web -o jsonpath='{.spec.replicas}{\"\\n\"}'",
        "get deploy nope",
        "delete -f web.json",
        "delete deploy web",
        "get deploy",
        "apply -f nope.json",
    ];
    check(
        &lines,
        &files,
        &expect![[r#"
        $ apply -f web.json --dry-run=client
        deployment.apps/web created (dry run)
        $ apply -f web.json
        deployment.apps/web created
        $ apply -f web.json
        deployment.apps/web unchanged
        $ kubectl get deploy -o name
        deployment.apps/web
        $ k get deploy/web -o jsonpath='{.spec.replicas}{"\n"}'
        2
        $ get deploy nope
        ! Error from server (NotFound): deployments.apps "nope" not found
        [exit 1]
        $ delete -f web.json
        deployment.apps "web" deleted from default namespace
        $ delete deploy web
        ! Error from server (NotFound): deployments.apps "web" not found
        [exit 1]
        $ get deploy
        ! No resources found in default namespace.
        $ apply -f nope.json
        ! error: the path "nope.json" does not exist
        [exit 1]
    "#]],
    );
}

#[test]
fn refuses_as_kubectl_does() {
    let lines = [
        "gett pods",
        "get",
        "get nosuch",
        "get pods --nope",
        "get pods -o x",
        "get pods a/b",
        "delete pods",
        "top pods",
        "get pods | wc",
    ];
    check(
        &lines,
        &[],
        &expect![[r#"
        $ gett pods
        ! error: unknown command "gett" for "kubectl"
        ! 
        ! Did you mean this?
        ! 	get
        [exit 1]
        $ get
        ! You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.
        ! 
        ! error: Required resource not specified.
        ! Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
        ! See 'kubectl get -h' for help and examples
        [exit 1]
        $ get nosuch
        ! error: the server doesn't have a resource type "nosuch"
        [exit 1]
        $ get pods --nope
        ! error: unknown flag: --nope
        ! See 'kubectl get --help' for usage.
        [exit 1]
        $ get pods -o x
        ! error: unable to match a printer suitable for the output format "x", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml
        [exit 1]
        $ get pods a/b
        ! error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'
        [exit 1]
        $ delete pods
        ! error: resource(s) were provided, but no name was specified
        [exit 1]
        $ top pods
        ! error: kubectl top needs the metrics API, which is not part of this cluster yet
        [exit 1]
        $ get pods | wc
        ! error: pipes are not supported here; put '|' in single quotes if it belongs to a word
        [exit 1]
    "#]],
    );
}
