//! The transport and the scrubber.

use crate::icons::{Icon, icon};
use crate::panels::clock;
use crate::panels::scrubber::model::{Mark, Track, seek, step, step_time, track};
use crate::state::{Page, page, say, t};
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Div;
use leptos::prelude::*;
use shared::model::Span;
use shared::playground::protocol::{Speed, ToWorker};
use shared::trace::Revision;

/// The whole row.
#[component]
pub fn Transport() -> impl IntoView {
    view! {
        <div class="xport" role="toolbar" id="region-time" aria-label=t(|w| w.time_control) tabindex="-1">
            <Buttons />
            <SpeedSwitch />
            <Clock />
            <Scrubber />
            <BranchButton />
            <Seed />
        </div>
    }
}

/// The reason why a control of time does nothing; empty if it works. Tracks it.
fn reason(page: Page) -> &'static str {
    if page.on_server() { page.words().server_time } else { "" }
}

/// Play, and the two steps.
#[component]
fn Buttons() -> impl IntoView {
    let page = page();
    let playing = Memo::new(move |_| page.clock.with(|clock| clock.playing.is_some()));
    let play_name = move || if playing.get() { page.words().pause } else { page.words().play };
    let shape = move || if playing.get() { icon(Icon::Pause, "") } else { icon(Icon::Play, "") };
    view! {
        <div class="btns">
            <button
                class="btn icon pri"
                data-testid="play"
                aria-label=play_name
                title=move || if page.on_server() { reason(page) } else { play_name() }
                aria-disabled=move || page.on_server().to_string()
                aria-pressed=move || playing.get().to_string()
                on:click=move |_| page.toggle_play()
            >
                {shape}
            </button>
            <button
                class="btn"
                data-testid="step-reconcile"
                aria-label=t(|w| w.step_reconcile)
                title=move || reason(page)
                aria-disabled=move || page.on_server().to_string()
                on:click=move |_| page.step(ToWorker::StepReconcile)
            >
                {icon(Icon::StepReconcile, "")}
                <span class="words">{t(|w| w.step_reconcile)}</span>
                <span class="only-phone">{t(|w| w.step)}</span>
            </button>
            <button
                class="btn"
                data-testid="step-event"
                aria-label=t(|w| w.step_event)
                title=move || reason(page)
                aria-disabled=move || page.on_server().to_string()
                on:click=move |_| page.step(ToWorker::StepEvent)
            >
                {icon(Icon::StepEvent, "")}
                <span class="words">{t(|w| w.step_event)}</span>
            </button>
        </div>
    }
}

/// 1×, 10×, max.
#[component]
fn SpeedSwitch() -> impl IntoView {
    let page = page();
    let choice = move |speed: Speed, id: &'static str| {
        let text = move || match speed {
            Speed::Normal => "1×",
            Speed::Fast => "10×",
            Speed::Max => page.words().speed_max,
        };
        view! {
            <button
                role="radio"
                data-testid=id
                title=move || reason(page)
                aria-disabled=move || page.on_server().to_string()
                aria-checked=move || (page.prefs.speed.get() == speed && !page.on_server()).to_string()
                on:click=move |_| set_speed(page, speed)
            >
                {text}
            </button>
        }
    };
    view! {
        <div class="seg" role="radiogroup" aria-label=t(|w| w.speed)>
            {choice(Speed::Normal, "speed-1")}
            {choice(Speed::Fast, "speed-10")}
            {choice(Speed::Max, "speed-max")}
        </div>
    }
}

/// Sets the speed; what plays goes on with it.
pub fn set_speed(page: Page, speed: Speed) {
    if page.refuses() {
        return;
    }
    page.prefs.speed.set(speed);
    if page.clock.with_untracked(|clock| clock.playing.is_some()) {
        page.send(ToWorker::Play(speed));
    }
}

/// The time and place of the playhead.
#[component]
fn Clock() -> impl IntoView {
    let page = page();
    let now = move || page.clock.with(|it| clock::clock(it.now));
    let words = move || if page.on_server() { page.words().clock_line_server } else { page.words().clock_line };
    let line = move || page.clock.with(|it| say(words(), &[("rv", &it.revision)]));
    let branch = move || page.clock.with(|it| it.branch);
    let branch_name = move || say(page.words().branch_name, &[("n", &branch())]);
    view! {
        <div
            class="clock"
            class:past=move || page.clock.with(|it| !it.live)
            data-testid="clock"
            data-now=move || page.clock.with(|it| it.now.0.to_string())
            data-revision=move || page.clock.with(|it| it.revision.to_string())
            data-end=move || page.clock.with(|it| it.end_revision.to_string())
            data-hash=move || page.clock.with(|it| format!("{:016x}", it.hash))
            data-live=move || page.clock.with(|it| it.live.to_string())
            data-settled=move || page.clock.with(|it| it.settled.to_string())
            data-steps=move || page.clock.with(|it| it.steps.to_string())
            data-branch=move || branch().to_string()
        >
            <b class="num">{now}</b>
            <span>{line}{move || (branch() > 0).then(|| format!(" · {}", branch_name()))}</span>
        </div>
    }
}

/// The scrubber: a slider over the recorded history.
#[component]
fn Scrubber() -> impl IntoView {
    let page = page();
    let model = page.model(track);
    let place = NodeRef::<Div>::new();
    let to = move |event: &PointerEvent| {
        let Some(bar) = place.get_untracked() else { return };
        let area = bar.get_bounding_client_rect();
        let part = (f64::from(event.client_x()) - area.left()) / area.width().max(1.0);
        go(page, page.world.with_untracked(|world| seek(world, part)));
    };
    let dragging = RwSignal::new(false);
    let value = move || {
        page.clock.with(|it| {
            let now = clock::clock(it.now);
            say(page.words().history_value, &[("time", &now), ("rv", &it.revision), ("end", &it.end_revision)])
        })
    };
    let percent = move |of: fn(&Track) -> f64| model.with(|it| format!("{:.3}%", of(it) * 100.0));
    view! {
        <div
            class="scrub"
            node_ref=place
            on:pointerdown=move |event| { dragging.set(true); to(&event); }
            on:pointermove=move |event| if dragging.get_untracked() && event.buttons() == 1 { to(&event) }
            on:pointerup=move |_| dragging.set(false)
            on:pointercancel=move |_| dragging.set(false)
        >
            {move || model.with(drawn)}
            {move || model.with(|it| it.marks.iter().map(|it| mark(page, it)).collect_view())}
            <span class="head" style:left=move || percent(|it| it.head)></span>
            <span
                class="thumb"
                role="slider"
                tabindex="0"
                data-testid="scrubber"
                aria-label=t(|w| w.history)
                aria-valuemin="0"
                aria-valuemax=move || page.clock.with(|it| it.end_revision.to_string())
                aria-valuenow=move || page.clock.with(|it| it.revision.to_string())
                aria-valuetext=value
                style:left=move || percent(|it| it.head)
                on:keydown=move |event| on_key(page, &event)
            ></span>
        </div>
    }
}

/// Goes to a revision; to the live end by its own message, so that time can run on from there.
pub fn go(page: Page, revision: Revision) {
    let live = page.clock.with_untracked(|clock| revision >= clock.end_revision);
    let here = page.clock.with_untracked(|clock| revision == clock.revision);
    if live {
        page.send(ToWorker::Live);
    } else if !here {
        page.send(ToWorker::Seek(revision));
    }
}

fn on_key(page: Page, event: &KeyboardEvent) {
    let world = page.world;
    let by = |steps: i64| world.with_untracked(|world| step(world, steps));
    let by_second = |sign: i64| world.with_untracked(|world| step_time(world, Span::seconds(sign)));
    let revision = match (event.key().as_str(), event.shift_key()) {
        ("ArrowRight" | "ArrowUp", false) => by(1),
        ("ArrowLeft" | "ArrowDown", false) => by(-1),
        ("ArrowRight" | "ArrowUp", true) => by_second(1),
        ("ArrowLeft" | "ArrowDown", true) => by_second(-1),
        ("PageUp", _) => by(10),
        ("PageDown", _) => by(-10),
        ("Home", _) => by(i64::MIN / 2),
        ("End", _) => by(i64::MAX / 2),
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    go(page, revision);
}

fn drawn(it: &Track) -> impl IntoView + use<> {
    let percent = |part: f64| format!("{:.3}%", part * 100.0);
    let tick = |(at, text): &(f64, String)| {
        view! {
            <rect x=percent(*at) y="28" width="1" height="4" style="fill:var(--ph-line-control)" />
            <text x=percent(*at) dx="4" y="39">{text.clone()}</text>
        }
    };
    let bar = |(from, to): &(f64, f64)| {
        let width = percent((to - from).max(0.004));
        let style = "fill:var(--ph-rev-new-fill);stroke:var(--ph-rev-new)";
        view! { <rect x=percent(*from) y="20.5" width=width height="5" rx="1.5" style=style /> }
    };
    view! {
        <svg class="track" aria-hidden="true">
            <rect x="0" y="19" width="100%" height="8" rx="2" style="fill:var(--ph-sunken)" />
            <rect x="0" y="19" width=percent(it.end) height="8" rx="2" style="fill:var(--ph-line-strong)" opacity=".55" />
            <rect x="0" y="19" width=percent(it.head) height="8" rx="2" style="fill:var(--ph-accent)" opacity=".28" />
            {it.ticks.iter().map(tick).collect_view()}
            {it.rollouts.iter().map(bar).collect_view()}
            <rect x=percent(it.end) y="15" width="1.5" height="16" style="fill:var(--ph-line-control)" />
        </svg>
    }
}

fn mark(page: Page, it: &Mark) -> impl IntoView + use<> {
    let shape = if it.fault {
        view! { <path d="M6 .6 11.400 6 6 11.400.600 6z" style="fill:var(--ph-bad)" /> }
    } else {
        view! { <path d="M1.500 11.500V1h8.500L7.900 4l2.100 3H1.500" style="fill:var(--ph-accent);stroke:var(--ph-accent)" /> }
    };
    let revision = it.revision;
    let class = if it.fault { "mark fault" } else { "mark" };
    view! {
        <button
            class=class
            tabindex="-1"
            title=it.full.to_string()
            aria-label=it.full.to_string()
            style:left=format!("{:.3}%", it.place * 100.0)
            on:pointerdown=|event| event.stop_propagation()
            on:click=move |_| go(page, revision)
        >
            <svg viewBox="0 0 12 12" aria-hidden="true">{shape}</svg>
            <span class="not-phone" lang="en">{it.title.to_string()}</span>
        </button>
    }
}

/// Branch from here, or back to the live end.
#[component]
fn BranchButton() -> impl IntoView {
    let page = page();
    let live = Memo::new(move |_| page.clock.with(|clock| clock.live));
    let branches = page.model(|world| world.branches.len());
    let switch = move |event: leptos::ev::Event| {
        if let Ok(id) = event_target_value(&event).parse() {
            page.send(ToWorker::Switch(id));
        }
    };
    let option = move |id: usize| {
        let text = move || match id {
            0 => page.words().main_history.to_owned(),
            _ => say(page.words().branch_name, &[("n", &id)]),
        };
        let here = move || page.clock.with(|clock| usize::from(clock.branch) == id);
        view! { <option value=id.to_string() selected=here>{text}</option> }
    };
    view! {
        <Show when=move || !live.get()>
            <button class="btn" data-testid="live" on:click=move |_| page.send(ToWorker::Live)>
                {icon(Icon::Live, "")}{t(|w| w.to_live)}
            </button>
        </Show>
        <button
            class="btn wide-branch"
            data-testid="branch"
            aria-disabled=move || (live.get() || page.on_server()).to_string()
            title=move || match (page.on_server(), live.get()) {
                (true, _) => page.words().server_time,
                (false, true) => page.words().branch_only_past,
                (false, false) => "",
            }
            on:click=move |_| branch(page)
        >
            {icon(Icon::Branch, "")}
            <span class="words">{t(|w| w.branch_here)}</span>
        </button>
        <Show when=move || { branches.get() > 1 }>
            <select class="pick" data-testid="branches" aria-label=t(|w| w.branches) on:change=switch>
                {move || (0..branches.get()).map(option).collect_view()}
            </select>
        </Show>
    }
}

/// Goes on from the playhead as a new branch; only from the past.
pub fn branch(page: Page) {
    if page.refuses() {
        return;
    }
    if page.clock.with_untracked(|clock| !clock.live) {
        page.send(ToWorker::Branch);
    }
}

/// The seed.
#[component]
fn Seed() -> impl IntoView {
    let page = page();
    let text = move || page.clock.with(|clock| say(page.words().seed, &[("seed", &clock.seed)]));
    view! { <Show when=move || !page.on_server()><span class="chip mono not-phone" data-testid="seed" title=t(|w| w.seed_hint)>{text}</span></Show> }
}
