//! The rollout screen.

use crate::i18n::fill;
use crate::icons::{Icon, glyph, icon};
use crate::panels::clock;
use crate::panels::map::owners::Rev;
use crate::panels::rollout::chart::{Chart, HEIGHT, WIDTH, chart};
use crate::panels::rollout::model::{Revision, Rollout, rollout};
use crate::panels::rollout::side::side;
use crate::panels::rollout::steps::{Ahead, Step, Then, title, waits_because};
use crate::panels::scrubber::view::go;
use crate::panels::status::Glyph;
use crate::panels::widgets::{object_link, rev_chip};
use crate::state::{Page, Screen, page, say, t};
use leptos::prelude::*;
use shared::model::Key;
use shared::playground::protocol::ToWorker;

/// The screen about one Deployment.
#[component]
pub fn RolloutScreen(
    /// The Deployment.
    key: Key,
) -> impl IntoView {
    let page = page();
    let name = key.name.to_string();
    let model = Memo::new(move |_| {
        page.world.with(|world| page.readiness.with_value(|readiness| rollout(world, readiness, &key)))
    });
    let body = move || {
        page.prefs.lang.track();
        model.get().map(|it| view! { <Body it /> })
    };
    let aside = move || {
        page.prefs.lang.track();
        model.get().map(|it| side(page, &it))
    };
    let line = move || {
        page.prefs.lang.track();
        model.get().map(|it| headline(page, &it))
    };
    view! {
        <div class="screen rollout" data-testid="rollout-screen">
            <section>
                <div class="bar">
                    <button class="btn sm icon ghost" data-testid="back" aria-label=t(|w| w.back_to_map) title=t(|w| w.back_to_map) on:click=move |_| page.screen.set(Screen::Map)>{icon(Icon::Back, "")}</button>
                    <b class="b">{move || say(page.words().rollout_of, &[("name", &name)])}</b>
                    <span class="grow"></span>
                    <span class="num t2 row gap6" data-testid="rollout-line">{line}</span>
                </div>
                <div class="page-body" tabindex="0">{body}<Steps model /></div>
            </section>
            <aside class="panel side right scroll" aria-label=t(|w| w.strategy)>{aside}</aside>
        </div>
    }
}

fn headline(page: Page, it: &Rollout) -> impl IntoView + use<> {
    let words = page.words_now();
    let parts = [
        fill(words.updated_of, &[("n", &it.counts.updated), ("of", &it.counts.replicas)]),
        fill(words.available_n, &[("n", &it.counts.available)]),
        fill(words.elapsed, &[("time", &clock::rough(it.elapsed))]),
    ];
    view! { {glyph(it.progress.glyph(), "s12")}{parts.join(" · ")} }
}

/// Numbers and the chart.
#[component]
fn Body(it: Rollout) -> impl IntoView {
    let page = page();
    let (now, end) = page.clock.with_untracked(|clock| (clock.now, clock.end));
    let drawn = chart(&it, now, end);
    let words = page.words_now();
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("total", &it.counts.total),
        ("ready", &it.counts.available),
        ("ceiling", &it.bounds.ceiling),
        ("floor", &it.bounds.floor),
    ];
    let summary = fill(words.chart_sentence, &values);
    let set = |it: &Revision| {
        let count = fill(words.set_count, &[("have", &it.set.have), ("want", &it.set.want)]);
        let goal =
            if it.set.goal == it.set.want { String::new() } else { fill(words.going_to, &[("goal", &it.set.goal)]) };
        let ready = fill(words.ready_n, &[("n", &it.set.ready)]);
        view! {
            <div class=format!("st {}", it.set.rev.class())>
                <div class="row gap6">{icon(Icon::ReplicaSet, "s14")}{object_link(&it.set.key)}<span class="grow"></span>{rev_chip(it.set.rev)}</div>
                <div class="row"><b class="big num">{it.set.have}</b><span class="t2">{count}</span><span class="end f11 t2">{ready}{goal}</span></div>
            </div>
        }
    };
    let at_ceiling = it.counts.total >= it.bounds.ceiling;
    let under = it.counts.available < it.bounds.floor;
    let (ceiling_word, floor_word) = (
        if at_ceiling { words.at_ceiling } else { words.below_ceiling },
        if under { words.under_floor } else { words.above_floor },
    );
    let (ceiling_glyph, floor_glyph) =
        (if at_ceiling { Glyph::Warning } else { Glyph::Done }, if under { Glyph::Warning } else { Glyph::Done });
    let stat = |name: &'static str, bound: String, value: i64, shape: Glyph, word: &'static str| {
        view! {
            <div class="st"><div class="row gap6 t2">{name}<span class="end f11">{bound}</span></div>
                <div class="row"><b class="big num">{value}</b><span class=format!("end row gap4 f11 m {}", shape.tone().class())>{glyph(shape, "s12")}{word}</span></div></div>
        }
    };
    view! {
        <div class="stats">
            {it.revisions.iter().filter(|it| it.set.have > 0 || matches!(it.set.rev, Rev::New(_))).take(3).map(set).collect_view()}
            {stat(words.total_pods, fill(words.ceiling_n, &[("n", &it.bounds.ceiling)]), it.counts.total, ceiling_glyph, ceiling_word)}
            {stat(words.available, fill(words.floor_n, &[("n", &it.bounds.floor)]), it.counts.available, floor_glyph, floor_word)}
        </div>
        <figure class="chart" data-testid="rollout-chart">
            <div class="row" style="padding:0 14px 8px"><b class="b">{words.pods_over_time}</b><span class="grow"></span>{legend(page, &it)}</div>
            {svg(page, &it, &drawn, summary.clone())}
            <figcaption class="vh">{summary}</figcaption>
        </figure>
    }
}

fn legend(page: Page, it: &Rollout) -> impl IntoView + use<> {
    let words = page.words_now();
    let number = |at: usize| it.revisions.get(at).map(|it| it.number);
    let entry = |class: &'static str, text: String| view! { <span class="legend"><i class=class></i>{text}</span> };
    let old = number(1).map(|n| entry("old", fill(words.rev_ready, &[("n", &n)])));
    let new = number(0).map(|n| {
        (entry("new", fill(words.rev_ready, &[("n", &n)])), entry("wait", fill(words.rev_not_ready, &[("n", &n)])))
    });
    view! { {old}{new} }
}

fn layers(it: &Chart) -> impl IntoView + use<> {
    let path = |d: &str, fill: &'static str, stroke: &'static str| {
        view! { <path d=d.to_owned() style=format!("fill:{fill};stroke:{stroke};stroke-width:1.2") /> }
    };
    view! {
        {path(&it.new_ready, "var(--ph-rev-new-fill)", "var(--ph-rev-new)")}
        {path(&it.old_ready, "url(#h-old)", "var(--ph-rev-old)")}
        {path(&it.old_waiting, "var(--ph-rev-old-soft)", "var(--ph-rev-old)")}
        {path(&it.new_waiting, "url(#h-new)", "var(--ph-rev-new)")}
    }
}

fn svg(page: Page, it: &Rollout, drawn: &Chart, label: String) -> impl IntoView + use<> {
    let words = page.words_now();
    let row = |(y, n): &(f64, i64)| {
        view! { <line x1="46" x2="1016" y1=*y y2=*y style="stroke:var(--ph-line)" /><text x="38" y=*y + 4.0 text-anchor="end">{*n}</text> }
    };
    let tick = |(x, text): &(f64, String)| view! { <text x=*x y="397" text-anchor="middle">{text.clone()}</text> };
    let head = drawn.playhead;
    let rest = WIDTH - head;
    let now = clock::clock(page.clock.with_untracked(|clock| clock.now));
    let box_x = (head - 36.0).clamp(0.0, WIDTH - 72.0);
    view! {
        <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label>
            <defs>
                <pattern id="h-old" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" style="fill:var(--ph-rev-old-soft)" /><rect width="2.5" height="6" style="fill:var(--ph-rev-old-fill)" /></pattern>
                <pattern id="h-new" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="5" height="5" style="fill:var(--ph-surface)" /><rect width="2" height="5" style="fill:var(--ph-rev-new-fill)" /></pattern>
                <clipPath id="c-past"><rect x="0" y="0" width=head height=HEIGHT /></clipPath>
                <clipPath id="c-next"><rect x=head y="0" width=rest height=HEIGHT /></clipPath>
            </defs>
            {drawn.rows.iter().map(row).collect_view()}{drawn.ticks.iter().map(tick).collect_view()}
            <g clip-path="url(#c-past)">{layers(drawn)}</g>
            <g clip-path="url(#c-next)" opacity=".38">{layers(drawn)}</g>
            {it.bounds.rolling.then(|| bounds(page, it, drawn))}
            <line x1=head x2=head y1="10" y2="380" style="stroke:var(--ph-accent);stroke-width:2" />
            <rect x=box_x y="2" width="72" height="17" rx="3" style="fill:var(--ph-accent-solid)" />
            <text x=box_x + 36.0 y="14" text-anchor="middle" style="fill:var(--ph-on-accent);font-weight:600">{now}</text>
            {(head < 700.0).then(|| view! { <text x=head + 44.0 y="14" style="font-family:var(--ph-font)">{words.recorded_faint}</text> })}
        </svg>
    }
}

fn bounds(page: Page, it: &Rollout, drawn: &Chart) -> impl IntoView + use<> {
    let words = page.words_now();
    let (bounds, replicas) = (&it.bounds, it.counts.replicas);
    let ceiling =
        fill(words.ceiling_formula, &[("n", &bounds.ceiling), ("replicas", &replicas), ("surge", &bounds.surge)]);
    let floor =
        fill(words.floor_formula, &[("n", &bounds.floor), ("replicas", &replicas), ("out", &bounds.unavailable)]);
    let (top, low) = (drawn.ceiling, drawn.floor);
    view! {
        <line x1="46" x2="1016" y1=top y2=top stroke-dasharray="7 4" style="stroke:var(--ph-warn);stroke-width:1.6" />
        <text class="w" x="1012" y=top - 6.0 text-anchor="end" style="fill:var(--ph-warn)" data-testid="ceiling">{ceiling}</text>
        <line x1="46" x2="1016" y1=low y2=low stroke-dasharray="2 3" style="stroke:var(--ph-text);stroke-width:1.6" />
        <text class="w" x="1012" y=low + 15.0 text-anchor="end" style="fill:var(--ph-text)" data-testid="floor">{floor}</text>
    }
}

/// One card per write of the deployment controller to a `ReplicaSet`, and what comes next.
#[component]
fn Steps(model: Memo<Option<Rollout>>) -> impl IntoView {
    let page = page();
    let steps = Memo::new(move |_| model.with(|it| it.as_ref().map(|it| it.steps.clone()).unwrap_or_default()));
    let ahead =
        Memo::new(move |_| model.with(|it| it.as_ref().and_then(|it| Some((it.ahead.clone()?, it.bounds.ceiling)))));
    view! {
        <div class="row" style="padding:2px 0 8px"><b class="b">{t(|w| w.steps)}</b><span class="t3">{t(|w| w.steps_hint)}</span>
            <button class="btn sm end" aria-disabled=move || page.on_server().to_string() on:click=move |_| page.step(ToWorker::StepReconcile)>{icon(Icon::StepReconcile, "s14")}{t(|w| w.next_step)}</button></div>
        <div class="stepcards">
            {move || { page.prefs.lang.track(); steps.get().into_iter().map(|it| done(page, &it)).collect_view() }}
            {move || { page.prefs.lang.track(); ahead.get().map(|(it, _)| waiting(page, &it)) }}
        </div>
        {move || ahead.get().map(|(it, ceiling)| view! { <p class="row gap6 t2" style="padding-top:10px" data-testid="rollout-waits">{icon(Icon::Why, "s14")}{waits_because(&it, ceiling, page.words())}</p> })}
    }
}

fn done(page: Page, it: &Step) -> impl IntoView + use<> {
    let revision = it.revision;
    let class = if it.past { "st" } else { "st next" };
    let title = title(it.newest, it.scaling.from, it.scaling.to, page.words_now());
    view! {
        <button class=class data-testid="rollout-step" data-number=it.number.to_string() title=it.scaling.to_string() on:click=move |_| go(page, revision)>
            <span class="row gap6">{glyph(it.glyph, "")}<b class="b">{title}</b><span class="end f11 t3 num">{format!("#{}", it.number)}</span></span>
            <span class="row f11 t2" style="margin-top:2px"><span class="ell" lang="en">{it.scaling.why.to_string()}</span><span class="end mono">{clock::clock(it.time)}</span></span>
        </button>
    }
}

/// The card of what is waited for, and those of what will come of it.
fn waiting(page: Page, it: &Ahead) -> impl IntoView + use<> {
    let words = page.words_now();
    let pod = it.pods.first().map(ToString::to_string).unwrap_or_default();
    let why = if it.full { words.at_ceiling } else { words.not_available_yet };
    let next = |(n, then): (usize, &Then)| {
        let title = title(then.newest, then.from, then.to, words);
        let why = if n == 0 { fill(words.when_available, &[("pod", &pod)]) } else { words.then_room.to_owned() };
        view! {
            <div class="st next" data-testid="rollout-next"><span class="row gap6">{glyph(Glyph::NotYet, "")}<b>{title}</b></span>
                <span class="row f11 t3" style="margin-top:2px"><span class="ell">{why}</span></span></div>
        }
    };
    view! {
        <div class="st now" data-testid="rollout-wait"><span class="row gap6">{glyph(Glyph::Progress, "")}<b class="b">{fill(words.wait_for, &[("pod", &pod)])}</b><span class="end f11 t3">{words.right_now}</span></span>
            <span class="row f11 t2" style="margin-top:2px"><span class="ell">{format!("{} Pods, {why}", it.total)}</span></span></div>
        {it.then.iter().enumerate().map(next).collect_view()}
    }
}
