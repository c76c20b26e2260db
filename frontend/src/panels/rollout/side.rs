//! The side of the rollout screen: commands, the numbers that steer it, conditions and revisions.

use crate::i18n::fill;
use crate::icons::{Icon, icon};
use crate::panels::clock;
use crate::panels::inspector::model::Badge;
use crate::panels::inspector::view::condition;
use crate::panels::kinds;
use crate::panels::map::owners::{Progress, Rev};
use crate::panels::rollout::model::{Revision, Rollout};
use crate::panels::rollout::settings::{Meaning, Setting};
use crate::panels::rollout::steps::if_paused;
use crate::panels::widgets::{badge, diff_line, object_link};
use crate::state::Page;
use leptos::prelude::*;

/// All of it.
pub fn side(page: Page, it: &Rollout) -> impl IntoView + use<> {
    let words = page.words_now();
    let strategy = if it.bounds.rolling { "RollingUpdate" } else { "Recreate" };
    let pause = (it.progress == Progress::Progressing).then(|| {
        let size = it.revisions.first().map_or(0, |it| it.set.want);
        view! { <div class="blk"><h3>{words.if_paused_title}</h3><p class="t2">{if_paused(it.ahead.as_ref(), size, words)}</p></div> }
    });
    view! {
        {head(page, it)}
        <div class="blk"><h3>{words.strategy}<span class="end t3" lang="en">{strategy}</span></h3>{it.settings.iter().map(|it| setting(page, it)).collect_view()}</div>
        <div class="blk"><h3>{words.conditions}</h3>{it.conditions.iter().map(condition).collect_view()}</div>
        <div class="blk"><h3>{words.history_revisions}<span class="end t3">{fill(words.keeps_n, &[("n", &it.kept)])}</span></h3>
            {it.revisions.iter().map(|revision| history(page, revision, it)).collect_view()}{change(page, it)}</div>
        {pause}
        <div class="blk"><h3>{words.same_command}</h3><div class="cmd" lang="en">{toggle(it)}</div></div>
    }
}

fn command(it: &Rollout, verb: &str) -> String {
    format!("kubectl rollout {verb} {}", kinds::argument(&it.key))
}

fn toggle(it: &Rollout) -> String {
    command(it, if it.progress == Progress::Paused { "resume" } else { "pause" })
}

/// The Deployment's name and state, and what can be done to its rollout.
fn head(page: Page, it: &Rollout) -> impl IntoView + use<> {
    let words = page.words_now();
    let paused = it.progress == Progress::Paused;
    let (toggle_icon, toggle_word) =
        if paused { (Icon::Play, words.resume_rollout) } else { (Icon::Pause, words.pause_rollout) };
    let (toggle, undo, restart) = (toggle(it), command(it, "undo"), command(it, "restart"));
    let previous = it.revisions.get(1).map(|it| it.number);
    let run = move |line: String| move |_| page.run(&line);
    view! {
        <div class="blk">
            <div class="row gap6">{icon(Icon::Deployment, "s14")}<b class="mono">{it.key.name.to_string()}</b><span class="t3">"Deployment"</span><span class="end"></span>{badge(&Badge::Progress(it.progress))}</div>
            <div class="row" style="margin-top:10px;flex-wrap:wrap">
                <button class="btn sm" data-testid="rollout-pause" on:click=run(toggle)>{icon(toggle_icon, "s14")}{toggle_word}</button>
                {previous.map(|n| view! { <button class="btn sm" data-testid="rollout-undo" on:click=run(undo)>{icon(Icon::Undo, "s14")}{fill(words.undo_to, &[("n", &n)])}</button> })}
                <button class="btn sm ghost" on:click=run(restart)>{icon(Icon::Restart, "s14")}{words.restart_rollout}</button>
            </div>
        </div>
    }
}

/// A number with a button each way.
fn setting(page: Page, it: &Setting) -> impl IntoView + use<> {
    let words = page.words_now();
    let meaning = match it.meaning {
        Meaning::AtMost(n) => fill(words.at_most, &[("n", &n)]),
        Meaning::AtLeast(n) => fill(words.at_least, &[("n", &n)]),
        Meaning::Settles(0) => words.no_extra_wait.to_owned(),
        Meaning::Settles(n) => fill(words.after_ready, &[("n", &n)]),
        Meaning::Left(Some(left)) => fill(words.time_left, &[("time", &clock::rough(left))]),
        Meaning::Left(None) => String::new(),
    };
    let button = |sign: &'static str, word: &str, line: Option<String>| {
        let name = format!("{} {word}", it.field);
        view! { <button class="step" aria-label=name disabled=line.is_none() on:click=move |_| if let Some(line) = &line { page.run(line) }>{sign}</button> }
    };
    view! {
        <div class="setting" data-testid="rollout-setting" data-field=it.field>
            <span class="mono ell" lang="en">{it.field}</span>
            <span class="stepper">{button("−", words.less, it.less.clone())}<span class="mono num">{it.value.clone()}</span>{button("+", words.more, Some(it.more.clone()))}</span>
            <span class="f11 t2 ell">{meaning}</span>
        </div>
    }
}

/// What the newest revision's Pod template has other than the one before.
fn change(page: Page, it: &Rollout) -> impl IntoView + use<> {
    let first_two = it.revisions.first().zip(it.revisions.get(1));
    first_two.filter(|(new, old)| new.images != old.images).map(|(new, old)| {
        let title = fill(page.words_now().template_change, &[("from", &old.number), ("to", &new.number)]);
        let (before, after) = (format!("image: {}", old.images), format!("image: {}", new.images));
        view! { <p class="f11 t3">{title}</p><div class="diff" lang="en">{diff_line('-', before)}{diff_line('+', after)}</div> }
    })
}

fn history(page: Page, it: &Revision, all: &Rollout) -> impl IntoView + use<> {
    let words = page.words_now();
    let newest = matches!(it.set.rev, Rev::New(_));
    let text = match (newest, all.progress) {
        (true, Progress::Complete) => fill(words.current_rev, &[("n", &it.set.have)]),
        (true, _) => fill(words.rolling_now, &[("n", &it.set.have), ("of", &all.counts.replicas)]),
        (false, _) => fill(words.pods_left, &[("n", &it.set.have)]),
    };
    let line = format!("{} --to-revision={}", command(all, "undo"), it.number);
    let undo = (!newest)
        .then(|| view! { <button class="link end" on:click=move |_| page.run(&line)>{words.undo_to_this}</button> });
    let time = it.created.map(clock::short).unwrap_or_default();
    view! {
        <div class="rv" class:on=newest>
            <div class="row gap6"><span class=format!("rev {}", it.set.rev.class())>{format!("rev {}", it.number)}</span>{object_link(&it.set.key)}<span class="end mono f11 t2">{time}</span></div>
            <div class="row f11 t2"><span class="mono ell">{it.images.clone()}</span></div>
            <div class="row f11 t2"><span>{text}</span>{undo}</div>
        </div>
    }
}
