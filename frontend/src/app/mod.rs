//! The page itself: its frame, and how its parts hang together.

mod boot;
pub mod clipboard;
mod dialogs;
mod dock;
pub mod examples;
mod keys;
pub mod left;
mod middle;
mod palette;
mod server;
mod split;
mod top;

use crate::icons::{Icon, Sprite, glyph, icon};
use crate::panels::inspector::view::InspectorView;
use crate::panels::rollout::view::RolloutScreen;
use crate::panels::scrubber::view::Transport;
use crate::panels::status::Glyph;
use crate::panels::why::view::WhyScreen;
use crate::state::engine::Engine;
use crate::state::prefs::{Edge, Theme};
use crate::state::{Page, PhoneTab, Screen, Toast, page, t};
use leptos::prelude::*;
use split::Splitter;
use wasm_bindgen::JsCast as _;

/// Puts the page in place of the skeleton.
pub fn start() {
    if let Some(shell) = document().get_element_by_id("ph-app") {
        shell.set_inner_html("");
        mount_to(shell.unchecked_into(), App).forget();
    }
}

/// Everything.
#[component]
fn App() -> impl IntoView {
    let page = Page::new(Engine::idle());
    provide_context(page);
    boot::follow_system(page);
    boot::reflect_settings(page);
    boot::start(page);
    keys::listen(page);
    let phone = move || match page.phone.get() {
        PhoneTab::Editor => "editor",
        PhoneTab::Cluster => "cluster",
        PhoneTab::Terminal => "terminal",
    };
    let engine = move || match (page.lost.with(Option::is_some), page.opened.get()) {
        (true, _) => "lost",
        (false, true) => "ready",
        (false, false) => "starting",
    };
    view! {
        <Sprite />
        <div data-phone=phone data-engine=engine style="display:contents">
            {view! { <top::TopBar /> }.into_any()}
            {view! { <Lost /> }.into_any()}
            {view! { <Transport /> }.into_any()}
            {view! { <Work /> }.into_any()}
            {move || match page.screen.get() {
                Screen::Map | Screen::Owners => ().into_any(),
                Screen::Why(path) => view! { <WhyScreen path /> }.into_any(),
                Screen::Rollout(key) => view! { <RolloutScreen key /> }.into_any(),
            }}
            <PhoneTabs />
        </div>
        <Toasts />
        <dialogs::Dialogs />
        <div class="vh" role="status" aria-live="polite" data-testid="live-region">{move || page.said.get()}</div>
    }
}

/// Says that the engine is gone, and offers another.
#[component]
fn Lost() -> impl IntoView {
    let page = page();
    let here = move |tab: &'static str, server: &'static str| if page.on_server() { server } else { tab };
    view! {
        <Show when=move || page.lost.with(Option::is_some)>
            <div class="engine-lost" role="alert" data-testid="engine-lost">
                {glyph(Glyph::Failed, "")}<b>{move || here(page.words().engine_lost, page.words().server_lost)}</b>
                <span>{move || here(page.words().engine_lost_body, page.words().server_lost_body)}</span>
                <code class="f11 t2 ell" lang="en">{move || page.lost.get()}</code>
                {move || if page.on_server() { server_gone(page) } else { tab_gone(page) }}
            </div>
        </Show>
    }
}

/// The way out of a tab whose cluster has stopped.
fn tab_gone(page: Page) -> AnyView {
    view! { <button class="btn sm end" data-testid="start-over" on:click=move |_| boot::start_over(page)>{t(|w| w.reset_run)}</button> }
        .into_any()
}

/// The ways out of a server's cluster that cannot be reached.
fn server_gone(page: Page) -> AnyView {
    view! {
        <span class="row gap6 end">
            <button class="btn sm" data-testid="server-again" on:click=move |_| server::again(page)>{t(|w| w.server_again)}</button>
            <button class="btn sm" data-testid="server-leave" on:click=move |_| server::leave(page)>{t(|w| w.server_leave)}</button>
        </span>
    }
    .into_any()
}

/// Left panel, map, inspector and dock. Hidden, not gone, while a screen takes over: the editor keeps its place.
#[component]
fn Work() -> impl IntoView {
    let page = page();
    let shown = move || matches!(page.screen.get(), Screen::Map | Screen::Owners);
    let size = move |edge: Edge| format!("{}px", page.prefs.size(edge).get());
    view! {
        <main class="work" hidden=move || !shown()
            class:no-dock=move || !page.prefs.dock_open.get()
            class:drawer=move || page.drawer.get()
            class:rail-open=move || page.rail_open.get()
            style:--left=move || size(Edge::Left) style:--right=move || size(Edge::Right)
            style:--dock=move || size(Edge::Dock) style:--terminal=move || size(Edge::Terminal)>
            <Rail />
            {view! { <left::LeftPanel /> }.into_any()}
            {view! { <middle::Middle /> }.into_any()}
            {view! { <InspectorView /> }.into_any()}
            {view! { <dock::Dock /> }.into_any()}
            <Splitter edge=Edge::Left /><Splitter edge=Edge::Right /><Splitter edge=Edge::Dock /><Splitter edge=Edge::Terminal />
        </main>
    }
}

/// What is left of the left panel on a narrow page.
#[component]
fn Rail() -> impl IntoView {
    let page = page();
    let name = move || if page.rail_open.get() { page.words().collapse_left } else { page.words().expand_left };
    view! {
        <div class="rail">
            <button class="btn icon ghost" data-testid="rail" aria-label=name title=name aria-expanded=move || page.rail_open.get().to_string()
                on:click=move |_| page.rail_open.update(|it| *it = !*it)>{icon(Icon::Panel, "")}</button>
        </div>
    }
}

/// The tabs at the bottom of the phone's page.
#[component]
fn PhoneTabs() -> impl IntoView {
    let page = page();
    let tab = move |tab: PhoneTab,
                    shape: Icon,
                    id: &'static str,
                    text: fn(&'static crate::i18n::Words) -> &'static str| {
        let chosen = move || (page.phone.get() == tab).to_string();
        let go = move |_| {
            page.screen.set(Screen::Map);
            page.phone.set(tab);
        };
        view! { <button role="tab" data-testid=id aria-selected=chosen on:click=go>{icon(shape, "s20")}{t(text)}</button> }
    };
    view! {
        <nav class="phone-tabs" role="tablist" aria-label=t(|w| w.views)>
            {tab(PhoneTab::Editor, Icon::File, "phone-editor", |w| w.editor)}
            {tab(PhoneTab::Cluster, Icon::Node, "phone-cluster", |w| w.view_cluster)}
            {tab(PhoneTab::Terminal, Icon::Prompt, "phone-terminal", |w| w.terminal)}
        </nav>
    }
}

/// Short messages; never the only record of what they say.
#[component]
fn Toasts() -> impl IntoView {
    let page = page();
    let toast = move |it: Toast| {
        let id = it.id;
        let shape = if it.ok { Glyph::Done } else { Glyph::Failed };
        let place = it.place.map(|(file, line)| {
            let show = move |_| left::reveal_at(page, file, line);
            view! { <button class="link" data-testid="go-to-line" on:click=show>{move || crate::state::say(page.words().go_to_line, &[("n", &line)])}</button> }
        });
        view! {
            <div class="toast" role=if it.ok { "status" } else { "alert" } data-testid="toast" data-ok=it.ok.to_string()>
                {glyph(shape, "")}
                <div class="grow"><b class="b">{it.title}</b><p lang="en">{it.body}</p></div>
                {place}
                <button aria-label=t(|w| w.dismiss) on:click=move |_| page.dismiss(id)>{icon(Icon::Close, "s14")}</button>
            </div>
        }
    };
    view! { <div class="toasts"><For each=move || page.toasts.get() key=|it| it.id children=toast /></div> }
}

/// The theme's name for the `data-theme` attribute.
fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}
