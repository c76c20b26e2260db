//! The timeline as it is drawn.

use crate::panels::clock;
use crate::panels::kinds;
use crate::panels::scrubber::view::go;
use crate::panels::timeline::layout::{Axis, LANE, Picture, Spot, picture};
use crate::panels::timeline::model::{Entry, LANE_YOU, Shape, Timeline, timeline};
use crate::panels::widgets::rove;
use crate::state::{Page, page, say, t};
use leptos::html::Div;
use leptos::prelude::*;

/// The room the drawing has before it has been measured, in px.
const FIRST_ROOM: f64 = 520.0;

/// The lanes, their entries and arrows; or the same as a table.
#[component]
pub fn TimelineView(
    /// How far apart entries stand.
    axis: RwSignal<Axis>,
    /// True for the table.
    table: RwSignal<bool>,
) -> impl IntoView {
    let page = page();
    let model = Memo::new(move |_| {
        let (selected, lane) = (page.selected.get(), page.lane.get());
        page.world.with(|world| timeline(world, selected.as_ref(), lane.as_deref()))
    });
    view! {
        <p class="vh" data-testid="timeline-summary">{move || model.with(|it| sentence(page, it))}</p>
        <Show when=move || table.get() fallback=move || view! { <Chart model axis /> }><TimelineTable model /></Show>
    }
}

fn sentence(page: Page, it: &Timeline) -> String {
    let name = page.selected.get().map_or_else(|| "—".to_owned(), |key| key.name.to_string());
    let chain = it.entries.iter().filter(|entry| entry.in_chain).count();
    say(
        page.words().timeline_sentence,
        &[("n", &it.entries.len()), ("lanes", &it.lanes.len()), ("chain", &chain), ("name", &name)],
    )
}

#[component]
fn Chart(model: Memo<Timeline>, axis: RwSignal<Axis>) -> impl IntoView {
    let page = page();
    let place = NodeRef::<Div>::new();
    // Measured between two frames: while things change, it would make the browser lay out the page at once.
    let room = RwSignal::new(FIRST_ROOM);
    let drawn = Memo::new(move |_| model.with(|it| picture(it, axis.get(), room.get().max(200.0))));
    Effect::new(move |_| {
        let head = drawn.with(|it| it.playhead);
        request_animation_frame(move || {
            if let Some(place) = place.try_get_untracked().flatten() {
                let now = f64::from(place.client_width()) - 118.0;
                if (room.get_untracked() - now).abs() > 0.5 {
                    room.set(now);
                }
                #[allow(clippy::cast_possible_truncation, reason = "a place on a screen in whole px")]
                place.set_scroll_left((head - now).max(0.0) as i32);
            }
        });
    });
    let lane = |(name, on): (String, bool)| view! { <div class:on=on lang="en">{name}</div> };
    let lanes = move || model.with(|it| lane_rows(page, it));
    let empty = move || model.with(|it| it.entries.is_empty());
    view! {
        <Show when=empty><p class="caption" style="padding:10px 12px">{t(|w| w.tl_empty)}</p></Show>
        <div class="tl" node_ref=place data-testid="timeline" on:keydown=|event| rove(&event, ".e") hidden=empty>
            <div class="lanes" aria-hidden="true">{move || lanes().into_iter().map(lane).collect_view()}</div>
            {move || drawn.with(|it| model.with(|model| svg(page, it, model)))}
        </div>
    }
}

/// The names of the lanes, and whether something of the chain is on them.
fn lane_rows(page: Page, it: &Timeline) -> Vec<(String, bool)> {
    let name = |lane: &str| if lane == LANE_YOU { page.words().lane_you.to_owned() } else { lane.to_owned() };
    let on = |at: usize| at < 2 || it.entries.iter().any(|entry| entry.in_chain && entry.lane == at);
    it.lanes.iter().enumerate().map(|(at, lane)| (name(lane), on(at))).collect()
}

fn svg(page: Page, it: &Picture, model: &Timeline) -> impl IntoView + use<> {
    let (width, height) = (it.width, it.height);
    let rows = (0..model.lanes.len()).map(|at| {
        let y = f64::from(u32::try_from(at).unwrap_or(0)) * LANE;
        let zebra = (at % 2 == 1).then(|| view! { <rect class="zebra" x="0" y=y width=width height=LANE /> });
        view! { {zebra}<line class="laneline" x1="0" x2=width y1=y + LANE / 2.0 y2=y + LANE / 2.0 /> }
    });
    let arrow = |it: &crate::panels::timeline::layout::Arrow| {
        let (class, tip) = if it.in_chain { ("arrow on", "url(#tl-on)") } else { ("arrow", "url(#tl-off)") };
        view! { <path class=class d=it.path.clone() marker-end=tip /> }
    };
    let tick = |(x, text): &(f64, String)| view! { <text class="num" x=*x y=height + 14.0>{text.clone()}</text> };
    let tip = |id: &'static str, style: &'static str| {
        view! {
            <marker id=id viewBox="0 0 8 8" refX="6.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M1 1l6 3-6 3z" style=style /></marker>
        }
    };
    let entries = model.entries.iter().zip(&it.spots).enumerate();
    let marks = entries
        .map(|(at, (entry, spot))| mark(page, entry, spot, at >= model.past, at + 1 == model.past))
        .collect_view();
    view! {
        <svg width=width height=height + 20.0 role="group" aria-label=t(|w| w.timeline)>
            <defs>{tip("tl-on", "fill:var(--ph-accent)")}{tip("tl-off", "fill:var(--ph-line-control)")}</defs>
            {rows.collect_view()}
            {it.arrows.iter().map(arrow).collect_view()}
            {marks}
            <line class="play" x1=it.playhead x2=it.playhead y1="0" y2=height />
            {it.ticks.iter().map(tick).collect_view()}
        </svg>
    }
}

fn mark(page: Page, entry: &Entry, spot: &Spot, future: bool, last: bool) -> impl IntoView + use<> {
    let class = format!("e {:?}", entry.shape);
    let (on, failed) = (entry.in_chain, entry.failed);
    let label = spoken(page, entry);
    let title = label.clone();
    let key = entry.key.clone();
    let revision = entry.revision;
    let open = move || {
        go(page, revision);
        if let Some(key) = key.clone() {
            page.select(key);
        }
    };
    let pressed = open.clone();
    view! {
        <g class=class class:on=on class:failed=failed class:future=future role="button" tabindex=if last { "0" } else { "-1" }
            aria-label=label data-testid="timeline-entry" on:click=move |_| open()
            on:keydown=move |event| if event.key() == "Enter" { pressed() }>
            <title>{title}</title>
            {shape(entry, spot)}
        </g>
    }
}

fn spoken(page: Page, entry: &Entry) -> String {
    let words = page.words();
    let what = match entry.shape {
        Shape::Flag => words.tl_action.to_owned(),
        Shape::Fault => words.tl_fault.to_owned(),
        Shape::Square => say(words.tl_write, &[("rv", &entry.label)]),
        Shape::Diamond => words.tl_binding.to_owned(),
        Shape::Pill | Shape::Box => say(words.tl_reconcile, &[("n", &entry.label)]),
    };
    let about = entry.key.as_ref().map(kinds::argument).unwrap_or_default();
    let parts = [clock::clock(entry.time), entry.who.to_string(), what, about, entry.what.to_string()];
    parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn shape(entry: &Entry, spot: &Spot) -> AnyView {
    let (x, y, width) = (spot.x, spot.y, spot.width);
    let label = entry.label.clone();
    match entry.shape {
        Shape::Flag => {
            let path = format!("M{x} {}v-12h10l-2.500 3.500 2.500 3.500h-10", y + 6.0);
            view! { <path class="s" d=path /><text x=x + 18.0 y=y + 3.5>{label}</text> }.into_any()
        }
        Shape::Fault => {
            let path = format!("M{} {}l6 6-6 6-6-6z", x + 6.0, y - 6.0);
            view! { <path class="s" d=path /><text x=x + 18.0 y=y + 3.5>{label}</text> }.into_any()
        }
        Shape::Square => view! {
            <rect class="s" x=x y=y - 4.5 width="9" height="9" rx="1.5" />
            <text class="num" x=x + 11.0 y=y - 2.0>{label}</text>
        }
        .into_any(),
        Shape::Diamond => {
            let path = format!("M{} {}l6 6-6 6-6-6z", x + 6.0, y - 6.0);
            view! { <path class="s" d=path /> }.into_any()
        }
        Shape::Pill | Shape::Box => {
            let round = if entry.shape == Shape::Pill { "7.5" } else { "2" };
            view! {
                <rect class="s" x=x y=y - 7.5 width=width height="15" rx=round />
                <text x=x + width / 2.0 y=y + 3.6 text-anchor="middle">{label}</text>
            }
            .into_any()
        }
    }
}

/// The twin: the same entries as rows, newest first.
#[component]
fn TimelineTable(model: Memo<Timeline>) -> impl IntoView {
    let page = page();
    let row = move |it: Entry| {
        let (key, revision) = (it.key.clone(), it.revision);
        let open = move |_| {
            go(page, revision);
            if let Some(key) = key.clone() {
                page.select(key);
            }
        };
        let about = it.key.as_ref().map(kinds::argument).unwrap_or_default();
        view! {
            <tr class:on=it.in_chain>
                <td class="mono f11"><button class="link" on:click=open>{clock::clock(it.time)}</button></td>
                <td class="t2">{it.who.to_string()}</td><td class="mono f11">{it.label.clone()}</td>
                <td class="mono f11">{about}</td><td class="t2 wrap">{it.what.to_string()}</td>
            </tr>
        }
    };
    view! {
        <div class="scroll grow" tabindex="0" data-testid="timeline-table">
            <table class="tb" aria-label=t(|w| w.timeline)>
                <thead><tr><th>{t(|w| w.col_time)}</th><th>{t(|w| w.col_who)}</th><th>{t(|w| w.col_what)}</th><th>{t(|w| w.col_object)}</th><th>{t(|w| w.col_message)}</th></tr></thead>
                <tbody lang="en">{move || model.get().entries.into_iter().rev().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}
