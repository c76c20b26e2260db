//! Logs of containers and commands in them: what the API server passes on to the kubelet of a pod's node.
//!
//! Upstream: `pkg/registry/core/pod/strategy.go` (`LogLocation`, `ExecLocation`), `pkg/kubelet/kubelet_pods.go`
//! (`validateContainerLogStatus`).
//! Differs: a command's output is answered whole, when it has ended, instead of as a stream.

use crate::api::{Body, Request, Response, Status};
use crate::cluster::Cluster;
use crate::model::key::resources::PODS;
use crate::model::{Key, Object, Span, Text, Time, Value};
use crate::sim::{LogNews, LogPlace, LogQuery, Previous};

impl Cluster {
    /// Answers requests that only a node can answer; `None` for all others.
    pub(crate) fn answer_from_node(&mut self, request: &Request) -> Option<Response> {
        let target = &request.target;
        if target.resource != PODS || !matches!(target.subresource.as_str(), "log" | "exec") {
            return None;
        }
        if let Err(refusal) = self.api.check(request) {
            return Some(Response::status(refusal));
        }
        let pod = Key::new(PODS, target.namespace.clone(), target.name.clone());
        let answer = match target.subresource.as_str() {
            "log" => self.log(&pod, request).map(|text| Response::new(200, Body::Text(text))),
            "exec" => self.exec(&pod, request),
            _ => return None,
        };
        Some(answer.unwrap_or_else(Response::status))
    }

    /// What a container of `pod` has logged, a line each; of the run before the present one for `previous`.
    ///
    /// # Errors
    /// There is no such pod, or no such container has run, as the API server says it.
    pub fn logs(&self, pod: &Key, container: &str, previous: Previous) -> Result<String, Status> {
        self.lines(pod, container, previous, LogQuery::default(), Stamps::No)
    }

    /// What a container of `pod` has logged after `place`; without one, the end of its log. `None` if nothing runs there.
    pub fn log_news(&self, pod: &Key, container: &str, place: Option<LogPlace>) -> Option<LogNews> {
        let object = self.store().get(pod)?;
        let node = self.nodes.named(object.at("spec.nodeName").str())?;
        node.machine.log_news(&object.uid(), container, place)
    }

    fn log(&self, pod: &Key, request: &Request) -> Result<String, Status> {
        let container = self.container(pod, request)?;
        let previous = if parameter(request, "previous") == "true" { Previous::Yes } else { Previous::No };
        let stamps = if parameter(request, "timestamps") == "true" { Stamps::Yes } else { Stamps::No };
        let since_seconds = number(request, "sinceSeconds").map(|seconds| self.now() - Span::seconds(seconds));
        let query = LogQuery {
            since: since_seconds.or_else(|| Time::parse(parameter(request, "sinceTime"))),
            tail: number(request, "tailLines").and_then(|lines| usize::try_from(lines).ok()),
        };
        let mut text = self.lines(pod, &container, previous, query, stamps)?;
        if let Some(limit) = number(request, "limitBytes").and_then(|bytes| usize::try_from(bytes).ok()) {
            let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
        }
        Ok(text)
    }

    fn lines(
        &self,
        pod: &Key,
        container: &str,
        previous: Previous,
        query: LogQuery,
        stamps: Stamps,
    ) -> Result<String, Status> {
        let object = self.store().get(pod).ok_or_else(|| Status::not_found(pod))?;
        let node = self.nodes.named(object.at("spec.nodeName").str());
        let lines = node.and_then(|node| node.machine.logs(&object.uid(), container, previous, query));
        let lines = lines.ok_or_else(|| no_log(object, container, previous))?;
        let line = |line: &crate::sim::LogLine| match stamps {
            Stamps::Yes => format!("{} {}\n", line.time.to_micro_string(), line.text),
            Stamps::No => format!("{}\n", line.text),
        };
        Ok(lines.iter().map(line).collect())
    }

    fn exec(&mut self, pod: &Key, request: &Request) -> Result<Response, Status> {
        let container = self.container(pod, request)?;
        let object = self.store().get(pod).ok_or_else(|| Status::not_found(pod))?;
        if matches!(object.at("status.phase").str(), "Succeeded" | "Failed") {
            let phase = object.at("status.phase").str();
            return Err(Status::bad_request(format!(
                "cannot exec into a container in a completed pod; current phase is {phase}"
            )));
        }
        let (uid, node) = (object.uid(), object.at("spec.nodeName").text());
        if node.is_empty() {
            return Err(Status::bad_request(format!("pod {} does not have a host assigned", pod.name)));
        }
        let words = request.options.query.iter().filter(|(name, _)| name == "command");
        let words: Vec<Text> = words.map(|(_, word)| word.clone()).collect();
        let (out, error, code) = self.exec_on(&node, &uid, &container, &words).map_err(|message| internal(&message))?;
        let mut answer = Value::map();
        answer.set("stdout", out);
        answer.set("stderr", error);
        answer.set("exitCode", i64::from(code));
        Ok(Response::object(200, Object(answer)))
    }

    /// The container that a request names, or the only one.
    ///
    /// # Errors
    /// There is no such pod or container, or it has several and none is named.
    pub fn container(&self, pod: &Key, request: &Request) -> Result<Text, Status> {
        let object = self.store().get(pod).ok_or_else(|| Status::not_found(pod))?;
        let wanted = parameter(request, "container");
        let names: Vec<&str> = all_containers(object).collect();
        match (wanted, names.as_slice()) {
            ("", [only]) => Ok(Text::new(only)),
            ("", _) => {
                let mut message = format!("a container name must be specified for pod {}, choose one of: [", pod.name);
                message.push_str(&names.join(" "));
                Err(Status::bad_request(message + "]"))
            }
            (name, _) if names.contains(&name) => Ok(Text::new(name)),
            (name, _) => Err(Status::bad_request(format!("container {name} is not valid for pod {}", pod.name))),
        }
    }
}

/// Whether each line begins with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamps {
    No,
    Yes,
}

fn all_containers(pod: &Object) -> impl Iterator<Item = &str> {
    let lists = ["spec.initContainers", "spec.containers"].map(|path| pod.at(path).items());
    lists.into_iter().flatten().map(|container| container.get("name").str())
}

fn parameter<'a>(request: &'a Request, name: &str) -> &'a str {
    request.options.query.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
}

fn number(request: &Request, name: &str) -> Option<i64> {
    parameter(request, name).parse().ok()
}

/// Why there is no log, as the kubelet says it.
fn no_log(pod: &Object, container: &str, previous: Previous) -> Status {
    let name = pod.name();
    if previous == Previous::Yes {
        let message = format!("previous terminated container \"{container}\" in pod \"{name}\" not found");
        return Status::bad_request(message);
    }
    let lists = ["status.containerStatuses", "status.initContainerStatuses"].map(|path| pod.at(path).items());
    let status = lists.into_iter().flatten().find(|status| status.get("name").str() == container);
    let reason = status.map_or("", |status| status.at("state.waiting.reason").str());
    let why = match reason {
        "ErrImagePull" => "image can't be pulled",
        "ImagePullBackOff" => "trying and failing to pull image",
        "" => "ContainerCreating",
        other => other,
    };
    Status::bad_request(format!("container \"{container}\" in pod \"{name}\" is waiting to start: {why}"))
}

fn internal(message: &str) -> Status {
    let message = format!("Internal error occurred: unable to upgrade connection: {message}");
    Status { code: 500, reason: "InternalError", message, details: Value::Null }
}
