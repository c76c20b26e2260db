//! `pods/log` with `follow`: what there is, then each line as it comes, until the container ends.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use hyper::Response;
use shared::api::{self, Options, Request, Status, Verb};
use shared::model::Key;
use shared::sim::{LogLine, LogPlace};
use tokio::sync::watch;

use crate::host::Host;
use crate::kube::resource::Asked;
use crate::kube::{Server, encode};

/// A log that is read as it grows.
pub(super) struct Follower {
    pub(super) host: Arc<Host>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) turns: watch::Receiver<u64>,
    pub(super) pod: Key,
    pub(super) container: String,
    pub(super) place: Option<LogPlace>,
}

/// A followed log on its way to the client.
struct Sent {
    follower: Follower,
    first: Option<String>,
    stamped: bool,
    bytes_left: Option<usize>,
}

/// Answers a log request with `follow`.
///
/// # Errors
/// There is no log yet, as without `follow`.
pub(crate) fn follow(server: &Server, asked: &Asked) -> Result<Response<Body>, Status> {
    let limit = asked.query.number("limitBytes")?;
    let options = Options { query: asked.query.pairs(), ..Options::default() };
    let request = Request { options, user: asked.user.clone(), ..Request::new(Verb::Get, asked.target.clone()) };
    let (first, follower) = Follower::begin(server, &request)?;
    let mut sent = Sent {
        follower,
        first: None,
        stamped: asked.query.is_true("timestamps"),
        bytes_left: limit.and_then(|it| usize::try_from(it).ok()),
    };
    sent.first = Some(sent.within_limit(first));
    let chunks = stream::unfold(sent, |mut sent| async move {
        let text = sent.next().await?;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(text)), sent))
    });
    let mut response = encode::plain(200, Bytes::new());
    *response.body_mut() = Body::from_stream(chunks);
    Ok(response)
}

impl Follower {
    /// The log so far, and a follower at its end.
    ///
    /// # Errors
    /// There is no log yet.
    pub(super) fn begin(server: &Server, request: &Request) -> Result<(String, Self), Status> {
        let pod =
            Key::new(request.target.resource.clone(), request.target.namespace.clone(), request.target.name.clone());
        let turns = server.host.turns();
        let (response, container, place) = server.host.with(|cluster| {
            let container = cluster.container(&pod, request)?;
            let response = cluster.request(request, shared::trace::Cause::Bootstrap);
            let place = cluster.log_news(&pod, &container, None).map(|it| it.place);
            Ok((response, container.to_string(), place))
        })?;
        let text = match response.body {
            api::Body::Text(text) => text,
            api::Body::Status(status) => return Err(status),
            api::Body::Object(_) | api::Body::List(_) => String::new(),
        };
        let (host, stop) = (server.host.clone(), server.stop.clone());
        Ok((text, Self { host, stop, turns, pod, container, place }))
    }

    /// True if nothing will follow.
    pub(super) fn has_ended(&self) -> bool {
        let news = |place| self.host.look(|cluster| cluster.log_news(&self.pod, &self.container, Some(place)));
        self.place.and_then(news).is_none_or(|it| it.has_ended)
    }

    /// The next lines; `None` when the container has ended or is gone, or the server ends.
    pub(super) async fn next(&mut self) -> Option<Vec<LogLine>> {
        loop {
            self.turns.mark_unchanged();
            let place = self.place?;
            let news = self.host.look(|cluster| cluster.log_news(&self.pod, &self.container, Some(place)))?;
            self.place = (!news.has_ended).then_some(news.place);
            if !news.lines.is_empty() {
                return Some(news.lines);
            }
            if news.has_ended {
                return None;
            }
            tokio::select! {
                turned = self.turns.changed() => turned.ok()?,
                _ = self.stop.wait_for(|stop| *stop) => return None,
            }
        }
    }
}

impl Sent {
    async fn next(&mut self) -> Option<String> {
        if let Some(first) = self.first.take().filter(|it| !it.is_empty()) {
            return Some(first);
        }
        if self.bytes_left == Some(0) {
            return None;
        }
        let lines = self.follower.next().await?;
        let line = |it: &LogLine| {
            let stamp = if self.stamped { it.time.to_micro_string() + " " } else { String::new() };
            format!("{stamp}{}\n", it.text)
        };
        let text: String = lines.iter().map(line).collect();
        Some(self.within_limit(text))
    }

    /// As much of `text` as may still be sent.
    fn within_limit(&mut self, mut text: String) -> String {
        if let Some(left) = &mut self.bytes_left {
            text.truncate(text.floor_char_boundary(*left));
            *left -= text.len().min(*left);
        }
        text
    }
}
