//! The page on this server's cluster: a `WebSocket` on the page's own listener, at [`PATH`].
//!
//! The page says hello with its key and its version, the server says `ready` or why not, and from then on both say what
//! they would say to each other in a tab (`shared`, `playground::protocol`), as postcard bytes. Who may read the trace sees
//! everything: nothing that is stored is kept from them, secrets included.

mod door;
mod key;
mod talk;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::sync::{Semaphore, watch};

use crate::auth::Tokens;
use crate::host::Host;
use crate::page::Page;

pub(crate) use key::PageKey;

/// Where the page finds the cluster.
pub(crate) const PATH: &str = "/live";

/// How many pages may be there at once.
const PAGES_MAX: usize = 64;

/// The largest message of a page: files to apply.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// What a page needs to find a cluster.
pub(crate) struct Live {
    /// The cluster.
    pub(crate) host: Arc<Host>,
    /// Who else may come, by a token of the cluster.
    pub(crate) tokens: Arc<Tokens>,
    /// The administrator's page.
    pub(crate) key: PageKey,
    /// The only page that speaks as this server does.
    pub(crate) page: Page,
    /// Becomes true when the server is to end.
    pub(crate) stop: watch::Receiver<bool>,
    places: Arc<Semaphore>,
}

impl Live {
    /// Lets pages find `host`.
    pub(crate) fn new(
        host: Arc<Host>,
        tokens: Arc<Tokens>,
        key: PageKey,
        page: Page,
        stop: watch::Receiver<bool>,
    ) -> Arc<Self> {
        Arc::new(Self { host, tokens, key, page, stop, places: Arc::new(Semaphore::new(PAGES_MAX)) })
    }
}

/// The one route.
pub(crate) fn router(live: Arc<Live>) -> Router {
    Router::new().route(PATH, get(open)).with_state(live)
}

/// Opens the `WebSocket` for a page that this server has served itself.
async fn open(State(live): State<Arc<Live>>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !is_own(&headers) {
        return (StatusCode::FORBIDDEN, "a page of another host cannot use this cluster\n").into_response();
    }
    let Ok(place) = live.places.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages use this cluster\n").into_response();
    };
    upgrade.max_message_size(MESSAGE_BYTES_MAX).on_upgrade(async move |socket: WebSocket| {
        talk::talk(&live, socket).await;
        drop(place);
    })
}

/// True if the request comes from a page of the host that it goes to, or from no page at all.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|it| it.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else { return true };
    let from = origin.split_once("://").map(|(_, host)| host);
    from.is_some() && from == text(header::HOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn check(origin: &'static str, host: &'static str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        headers.insert(header::HOST, HeaderValue::from_static(host));
        assert_eq!(is_own(&headers), expected, "{origin} to {host}");
    }

    #[test]
    fn pages_of_other_hosts_are_kept_out() {
        check("http://127.0.0.1:8080", "127.0.0.1:8080", true);
        check("http://127.0.0.1:8081", "127.0.0.1:8080", false);
        check("http://elsewhere.example", "127.0.0.1:8080", false);
        check("null", "127.0.0.1:8080", false);
        assert!(is_own(&HeaderMap::new()), "a program is no page");
    }
}
