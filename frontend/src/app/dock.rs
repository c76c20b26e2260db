//! The dock: the terminal, and the timeline or the events beside it.

use crate::icons::{Icon, icon};
use crate::panels::events::model::event_count;
use crate::panels::events::view::EventsTable;
use crate::panels::map::loops::title;
use crate::panels::map::owners::last_part;
use crate::panels::terminal::view::TerminalView;
use crate::panels::timeline::layout::Axis;
use crate::panels::timeline::view::TimelineView;
use crate::panels::widgets::rove;
use crate::state::{DockTab, page, say, t};
use leptos::prelude::*;

/// Commands that a phone offers at one touch.
const QUICK: &[&str] = &["kubectl get pods", "kubectl get deployments", "kubectl get events", "kubectl get nodes"];

/// The whole dock.
#[component]
pub fn Dock() -> impl IntoView {
    let page = page();
    let max = RwSignal::new(false);
    let tab = move || match page.dock.get() {
        DockTab::Terminal => "terminal",
        DockTab::Timeline => "timeline",
        DockTab::Events => "events",
    };
    view! {
        <section class="dock" id="region-dock" tabindex="-1" aria-label=t(|w| w.dock) class:max=move || max.get() data-tab=tab>
            <div class="panel terminal">
                <div class="tabs low">
                    <span class="row gap6 m" style="padding:0 8px">{icon(Icon::Prompt, "s14")}{t(|w| w.terminal)}</span>
                    <span class="only-narrow row"><DockTabs prefix="narrow-" /></span>
                    <span class="end f11 t3">{move || if page.on_server() { page.words().terminal_who_server } else { page.words().terminal_who }}</span>
                </div>
                <TerminalView />
                <Quick />
            </div>
            <Others max />
        </section>
    }
}

/// One-touch commands; shown on the phone.
#[component]
fn Quick() -> impl IntoView {
    let page = page();
    let button = move |line: &'static str| {
        view! { <button class="btn mono" lang="en" on:click=move |_| page.run(line)>{line.trim_start_matches("kubectl ")}</button> }
    };
    view! { <div class="quick">{QUICK.iter().copied().map(button).collect_view()}</div> }
}

/// The tabs of the right half; with the terminal's on a narrow page.
#[component]
fn DockTabs(prefix: &'static str) -> impl IntoView {
    let page = page();
    let count = page.model(|world| event_count(world, None));
    let tab = move |tab: DockTab,
                    id: &'static str,
                    class: &'static str,
                    text: fn(&'static crate::i18n::Words) -> &'static str| {
        let number = (tab == DockTab::Events).then(|| view! { <span class="cnt">{move || count.get()}</span> });
        let chosen = move || page.dock.get() == tab;
        view! {
            <button role="tab" class=class data-testid=format!("{prefix}{id}") aria-selected=move || chosen().to_string() tabindex=move || if chosen() { "0" } else { "-1" }
                on:click=move |_| page.dock.set(tab)>{t(text)}{number}</button>
        }
    };
    view! {
        <div class="list" role="tablist" aria-label=t(|w| w.dock) on:keydown=|event| rove(&event, "[role=tab]")>
            {tab(DockTab::Terminal, "dock-terminal", "only-narrow", |w| w.terminal)}
            {tab(DockTab::Timeline, "dock-timeline", "", |w| w.timeline)}
            {tab(DockTab::Events, "dock-events", "", |w| w.tab_events)}
        </div>
    }
}

/// The right half.
#[component]
fn Others(max: RwSignal<bool>) -> impl IntoView {
    let page = page();
    let axis = RwSignal::new(Axis::Order);
    let table = RwSignal::new(false);
    let filter = RwSignal::new(String::new());
    let events = move || page.dock.get() == DockTab::Events;
    let name = move || if max.get() { page.words().restore } else { page.words().maximise };
    view! {
        <div class="panel others">
            <div class="tabs low">
                <DockTabs prefix="" />
                <span class="end">
                    <Show when=events fallback=move || view! { <TimelineTools axis table /> }>
                        <input class="field f11" style="height:22px;width:220px" data-testid="event-filter" aria-label=t(|w| w.filter_events) placeholder=t(|w| w.filter_events)
                            prop:value=move || filter.get() on:input=move |event| filter.set(event_target_value(&event)) />
                    </Show>
                    <button class="btn sm icon ghost" aria-label=name title=name aria-pressed=move || max.get().to_string() on:click=move |_| max.update(|it| *it = !*it)>{icon(Icon::Expand, "s14")}</button>
                </span>
            </div>
            <Show when=events fallback=move || view! { <TimelineView axis table /> }><EventsTable filter /></Show>
        </div>
    }
}

/// The switches of the timeline.
#[component]
fn TimelineTools(axis: RwSignal<Axis>, table: RwSignal<bool>) -> impl IntoView {
    let page = page();
    let causes = move || page.selected.with(|key| key.as_ref().map(|key| last_part(&key.name).to_string()));
    let lane = move || {
        page.lane.get().map(|name| {
        view! { <button class="chip" data-testid="lane-filter" title=t(|w| w.dismiss) on:click=move |_| page.lane.set(None)>{title(&name).to_string()}{icon(Icon::Close, "s12")}</button> }
    })
    };
    let choice = move |value: Axis, id: &'static str, text: fn(&'static crate::i18n::Words) -> &'static str| {
        view! { <button data-testid=id aria-pressed=move || (axis.get() == value).to_string() on:click=move |_| axis.set(value)>{t(text)}</button> }
    };
    view! {
        {lane}
        {move || causes().map(|name| view! {
            <span class="f11 t2 row gap4 not-phone"><svg width="18" height="8" aria-hidden="true"><path d="M0 4h17" style="stroke:var(--ph-accent);stroke-width:2" /></svg>{say(page.words().causes_of, &[("name", &name)])}</span>
        })}
        <div class="seg sm">{choice(Axis::Time, "axis-time", |w| w.by_time)}{choice(Axis::Order, "axis-order", |w| w.by_order)}</div>
        <button class="btn sm icon ghost" data-testid="timeline-as-table" aria-pressed=move || table.get().to_string()
            aria-label=t(|w| w.as_table) title=t(|w| w.as_table) on:click=move |_| table.update(|it| *it = !*it)>{icon(Icon::Table, "s14")}</button>
    }
}
