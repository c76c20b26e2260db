//! What a page and the server say to each other, from hello to goodbye.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use serde::Deserialize;
use shared::api::User;
use shared::api::authorization::attributes::Attributes;
use shared::model::Text;
use shared::playground::Visit;
use shared::playground::protocol::{ToPage, ToWorker};
use tokio::time::{Instant, sleep_until, timeout};

use super::door::Door;
use super::{Live, PATH};
use crate::host::{Host, wall_clock};

/// The word that lets a page begin; what else is said as text is why it may not.
const READY: &str = "ready";

/// How long a page may take to say hello.
const HELLO: Duration = Duration::from_secs(10);

/// How long a page may take to take in a message before it is given up.
const SEND: Duration = Duration::from_secs(30);

/// How long the page is left alone between two deltas.
const DELTA_EVERY: Duration = Duration::from_millis(50);

/// The first message of a page.
#[derive(Deserialize)]
struct Hello {
    /// The page's key, or a token of the cluster.
    key: String,
    /// A file of the page, whose name has the page's version in it.
    page: String,
}

/// The page has gone away, or was too slow.
struct Gone;

/// One page and what it has been told.
struct Guest<'a> {
    host: &'a Host,
    socket: WebSocket,
    visit: Visit,
    door: Door,
}

/// Talks with a page until one of the two has enough.
pub(super) async fn talk(live: &Live, mut socket: WebSocket) {
    let user = match timeout(HELLO, welcome(live, &mut socket)).await {
        Ok(Ok(user)) => user,
        Ok(Err(reason)) => return refuse(socket, &reason).await,
        Err(_) => return refuse(socket, "the page said nothing").await,
    };
    if socket.send(Message::text(READY)).await.is_err() {
        return;
    }
    let door = Door::new(Arc::clone(&live.host), user);
    let mut guest = Guest { host: &live.host, socket, visit: Visit::default(), door };
    let mut stop = live.stop.clone();
    tokio::select! {
        // A page that goes away is no fault of ours.
        _gone = guest.serve() => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// Hears the page's hello and finds out who it is.
async fn welcome(live: &Live, socket: &mut WebSocket) -> Result<User, String> {
    let Some(Ok(Message::Text(text))) = socket.recv().await else { return Err("the page said nothing".to_owned()) };
    let hello: Hello = serde_json::from_str(&text).map_err(|_| "the page did not say hello".to_owned())?;
    if !live.page.has(&hello.page) {
        return Err("the page is of another version than the server; reload it".to_owned());
    }
    let user = who(live, &hello.key)?;
    let asked = Attributes::of_path(&user, "get", PATH);
    live.host.look(|cluster| cluster.api().authorize(&asked)).map_err(|status| status.message)?;
    Ok(user)
}

/// Whose key it is.
fn who(live: &Live, key: &str) -> Result<User, String> {
    if live.key.is(key) {
        let groups = vec![Text::new_static("system:masters"), Text::new_static("system:authenticated")];
        return Ok(User { name: Text::new_static("kubernetes-admin"), groups, ..User::default() });
    }
    let user = live.tokens.user(&live.host, key, &[]);
    user.map(|(user, _)| user).map_err(|_| "the key is not known to this server".to_owned())
}

async fn refuse(mut socket: WebSocket, reason: &str) {
    // Whoever does not listen need not know.
    let _ = timeout(SEND, socket.send(Message::text(reason))).await;
}

impl Guest<'_> {
    /// Hears the page, and tells it what changed, until it is gone.
    async fn serve(&mut self) -> Gone {
        let mut turns = self.host.turns();
        let mut due = Instant::now();
        let mut news = true;
        loop {
            let done = tokio::select! {
                said = self.socket.recv() => match said {
                    Some(Ok(Message::Binary(bytes))) => {
                        news = true;
                        self.hear(&bytes).await
                    }
                    Some(Ok(_)) => Ok(()),
                    Some(Err(_)) | None => return Gone,
                },
                () = sleep_until(due), if news => {
                    due = Instant::now() + DELTA_EVERY;
                    let told = self.tell().await;
                    news = matches!(told, Ok(true));
                    told.map(|_| ())
                }
                changed = turns.changed(), if !news => match changed {
                    Ok(()) => {
                        news = true;
                        Ok(())
                    }
                    Err(_) => return Gone,
                },
            };
            if let Err(gone) = done {
                return gone;
            }
        }
    }

    /// Does what the page says.
    async fn hear(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        // The page is of our own version; bytes that are no message come from somebody else.
        let message: ToWorker = postcard::from_bytes(bytes).map_err(|_| Gone)?;
        let answers = match message {
            ToWorker::Ask(id, question) => {
                let look = || self.host.look(|cluster| self.visit.answer(cluster, question));
                vec![ToPage::Answer(id, tokio::task::block_in_place(look))]
            }
            other => tokio::task::block_in_place(|| self.visit.handle(other, &mut self.door)),
        };
        self.send(&answers).await
    }

    /// Lets the page's command go on, and tells what changed; true if there may be more.
    async fn tell(&mut self) -> Result<bool, Gone> {
        let revision = self.host.look(|cluster| cluster.store().revision());
        if self.visit.wants_poll(wall_clock(), revision) {
            let news = tokio::task::block_in_place(|| self.visit.poll(revision, &mut self.door));
            self.send(&news).await?;
        }
        let delta = tokio::task::block_in_place(|| self.host.look(|cluster| self.visit.delta(cluster)));
        let Some(delta) = delta else { return Ok(false) };
        // What is not durable yet may never have been.
        self.host.durable(delta.clock.end_revision).await.map_err(|_| Gone)?;
        self.send(&[ToPage::Delta(Box::new(delta))]).await?;
        Ok(true)
    }

    async fn send(&mut self, messages: &[ToPage]) -> Result<(), Gone> {
        for message in messages {
            let bytes = postcard::to_allocvec(message).map_err(|_| Gone)?;
            match timeout(SEND, self.socket.send(Message::binary(bytes))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(Gone),
            }
        }
        Ok(())
    }
}
