//! Going to a server's cluster and back, and the dialog for its key.

use crate::app::boot;
use crate::icons::{Icon, icon};
use crate::state::{Dialog, Page, Place, page, t};
use leptos::html::Input;
use leptos::prelude::*;
use shared::playground::protocol::{Answer, Question};

/// The name under which the key is kept until the browser's tab is closed, while a server's cluster is shown.
const KEY: &str = "pilothouse/server";

/// The key of the server's cluster that was shown before the page was loaded again.
pub fn key_in_use() -> Option<String> {
    storage()?.get_item(KEY).ok().flatten()
}

/// Shows the cluster of the server that this page came from; keeps this tab's run first.
pub fn go(page: Page, key: String) {
    let at_home = page.place.get_untracked() == Place::Tab && page.ready.get_untracked();
    if !at_home || page.lost.with_untracked(Option::is_some) {
        return connect(page, &key);
    }
    page.engine.ask(Question::Document, move |answer| {
        if let Answer::Document(run) = answer
            && let Err(error) = boot::keep(page, *run)
        {
            // It would be lost with the worker.
            return page.tell(false, error.to_string(), String::new(), None);
        }
        boot::forget_fragment();
        connect(page, &key);
    });
}

/// Connects; what was at the other end is left.
pub fn connect(page: Page, key: &str) {
    // Without a storage the key is asked for again after a reload.
    let _ = storage().map(|it| it.set_item(KEY, key));
    page.place.set(Place::Server);
    page.lost.set(None);
    page.ready.set(false);
    page.opened.set(false);
    page.engine.visit(key, page.words_now().server_none, boot::hearing(page));
}

/// The server let us in: what comes now is its cluster.
pub fn welcome(page: Page) {
    boot::forget_cluster(page);
    page.opened.set(true);
}

/// Back to the run in this tab.
pub fn leave(page: Page) {
    let _ = storage().map(|it| it.remove_item(KEY));
    page.place.set(Place::Tab);
    page.ready.set(false);
    page.opened.set(false);
    page.lost.set(None);
    page.engine.start(boot::hearing(page));
}

/// Connects again with the key that was used.
pub fn again(page: Page) {
    match key_in_use() {
        Some(key) => connect(page, &key),
        None => page.dialog.set(Some(Dialog::Server)),
    }
}

/// What lasts until the browser's tab is closed.
fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

/// This tab or the server.
#[component]
pub fn PlaceSwitch() -> impl IntoView {
    let page = page();
    let is = move |place| (page.place.get() == place).to_string();
    let to_server = move |_| page.dialog.set(Some(Dialog::Server));
    let to_tab = move |_| {
        if page.place.get_untracked() == Place::Server {
            leave(page);
        }
    };
    view! {
        <div class="seg" role="radiogroup" aria-label=t(|w| w.place) data-testid="place">
            <button role="radio" data-testid="place-tab" aria-checked=move || is(Place::Tab) on:click=to_tab>{icon(Icon::Panel, "s14")}{t(|w| w.in_this_tab)}</button>
            <button role="radio" data-testid="place-server" aria-checked=move || is(Place::Server) on:click=to_server>{icon(Icon::Node, "s14")}{t(|w| w.linux_server)}</button>
        </div>
    }
}

/// Asks for the key.
#[component]
pub fn ServerDialog() -> impl IntoView {
    let page = page();
    let field = NodeRef::<Input>::new();
    let connect = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let key = field.get_untracked().map(|it| it.value()).unwrap_or_default();
        // The whole address will do as well.
        let key = key.rsplit_once("#server=").map_or(key.as_str(), |(_, key)| key).trim().to_owned();
        if !key.is_empty() {
            page.dialog.set(None);
            go(page, key);
        }
    };
    view! {
        <form on:submit=connect>
            <h2>{t(|w| w.server_title)}</h2>
            <p class="t2">{t(|w| w.server_body)}</p>
            <input class="field" type="password" autocomplete="off" data-first data-testid="server-key" node_ref=field aria-label=t(|w| w.server_key) placeholder=t(|w| w.server_key) />
            <div class="buttons">
                <button class="btn" type="button" data-testid="dialog-close" on:click=move |_| page.dialog.set(None)>{t(|w| w.close)}</button>
                <button class="btn pri" type="submit" data-testid="server-connect">{t(|w| w.server_connect)}</button>
            </div>
        </form>
    }
}
