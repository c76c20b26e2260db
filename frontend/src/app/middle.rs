//! The middle: the map or the table of owners, with the bar above.

use crate::icons::{Icon, icon};
use crate::panels::faults::view::FaultMenu;
use crate::panels::map::view::MapView;
use crate::panels::owners::view::OwnersView;
use crate::panels::status::{Phase, pod_state};
use crate::state::{Screen, page, t};
use leptos::prelude::*;
use shared::model::key::resources::{NAMESPACES, NODES, PODS};
use shared::model::{Object, Text};
use shared::playground::World;
use shared::playground::protocol::Speed;

/// What stands for all namespaces in the list; no namespace is called so.
const ALL: &str = "*";

/// The bar and what it chose.
#[component]
pub fn Middle() -> impl IntoView {
    let page = page();
    let is = move |screen: Screen| page.screen.with(|it| *it == screen);
    let owners = Memo::new(move |_| is(Screen::Owners));
    let toggle = move |screen: Screen, id: &'static str, text: fn(&'static crate::i18n::Words) -> &'static str| {
        let (own, to) = (screen.clone(), screen);
        view! { <button data-testid=id aria-pressed=move || is(own.clone()).to_string() on:click=move |_| page.screen.set(to.clone())>{t(text)}</button> }
    };
    view! {
        <section class="middle" id="region-map" tabindex="-1" aria-label=t(|w| w.cluster_map)>
            <div class="bar">
                <b class="b">{t(|w| w.cluster)}</b>
                <NamespacePicker />
                <span class="vsep"></span>
                <div class="seg sm">{toggle(Screen::Map, "view-map", |w| w.map)}{toggle(Screen::Owners, "view-owners", |w| w.owners)}</div>
                <span class="grow"></span>
                <span class="edge new not-phone">{t(|w| w.new_rev)}</span><span class="edge old not-phone">{t(|w| w.old_rev)}</span>
                <FaultMenu />
                <button class="btn sm icon ghost drawer-only" data-testid="drawer" aria-label=t(|w| w.inspector) title=t(|w| w.inspector)
                    aria-expanded=move || page.drawer.get().to_string() on:click=move |_| page.drawer.update(|it| *it = !*it)>{icon(Icon::Panel, "s14")}</button>
            </div>
            <Summary />
            {move || if owners.get() { view! { <OwnersView /> }.into_any() } else { view! { <MapView /> }.into_any() }}
        </section>
    }
}

/// The map in one sentence, for those who do not see it.
#[component]
fn Summary() -> impl IntoView {
    let page = page();
    // Counted once per virtual second, and not at all at full speed: a sentence that changes faster is not heard.
    let beat = Memo::new(move |_| {
        page.clock.with(|clock| (clock.now.as_seconds(), clock.playing.is_none(), clock.playing == Some(Speed::Max)))
    });
    let numbers = Memo::new(move |before: Option<&(usize, usize, usize)>| match (before, beat.get().2) {
        (Some(before), true) => *before,
        _ => page.world.with_untracked(counted),
    });
    let text = move || {
        let (pods, nodes, ready) = numbers.get();
        crate::state::say(page.words().map_sentence, &[("pods", &pods), ("nodes", &nodes), ("ready", &ready)])
    };
    view! { <p class="vh" data-testid="map-summary">{text}</p> }
}

/// Which namespace the map shows.
#[component]
fn NamespacePicker() -> impl IntoView {
    let page = page();
    let names = page.model(|world| world.list(&NAMESPACES).map(|(key, _)| key.name.clone()).collect::<Vec<Text>>());
    let option = move |name: Text| {
        let own = name.clone();
        let here = move || page.namespace.with(|it| it.as_ref() == Some(&own));
        view! { <option value=name.to_string() selected=here>{name.to_string()}</option> }
    };
    let choose = move |event: leptos::ev::Event| {
        let name = event_target_value(&event);
        page.namespace.set((name != ALL).then(|| name.into()));
    };
    view! {
        <select class="pick" data-testid="namespace" aria-label=t(|w| w.namespace) on:change=choose>
            <option value=ALL selected=move || page.namespace.with(Option::is_none)>{t(|w| w.all_namespaces)}</option>
            {move || names.get().into_iter().map(option).collect_view()}
        </select>
    }
}

/// How many Pods and nodes there are, and how many Pods are ready.
fn counted(world: &World) -> (usize, usize, usize) {
    let ready = |pod: &Object| pod_state(pod).phase == Phase::Running;
    let pods = world.list(&PODS).fold((0, 0), |(count, sum), (_, pod)| (count + 1, sum + usize::from(ready(pod))));
    (pods.0, world.list(&NODES).count(), pods.1)
}
