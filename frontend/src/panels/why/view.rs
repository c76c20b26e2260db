//! The Why screen: questions, hops, and the file where the chain ends.

use crate::i18n::fill;
use crate::icons::{Icon, icon, kind_icon};
use crate::panels::clock;
use crate::panels::inspector::model::inspector;
use crate::panels::kinds;
use crate::panels::why::model::{
    Asked, actor, as_text, deed, diff_lines, heading, hops, lead, link, outcome, questions,
};
use crate::panels::widgets::{badge, diff_line, object_link};
use crate::state::{Page, Place, Screen, page, say, t};
use leptos::prelude::*;
use shared::cluster::{End, Hop, Why};
use shared::model::{Key, Text};
use shared::playground::protocol::{Answer, Question, ToWorker};
use shared::playground::what_if::{WhatIf, suggestions};
use shared::trace::Cause;

/// How many lines of a write are shown before the rest is asked for.
const WRITTEN_SHOWN: usize = 6;

/// How many effects of an object are listed.
const LED_TO_MAX: usize = 8;

/// The screen about the selected object, and about one of its fields if `path` names one.
#[component]
pub fn WhyScreen(
    /// A dotted path; empty for why the object exists.
    path: Text,
) -> impl IntoView {
    let page = page();
    let answer = RwSignal::new(None::<Result<Why, String>>);
    let asked = path.clone();
    let version = page.model(|world| (world.clock.revision, world.clock.branch));
    Effect::new(move |_| {
        version.track();
        let Some(key) = page.selected.get() else { return };
        let field = (!asked.is_empty()).then(|| asked.clone());
        page.engine.ask(Question::Why(key, field), move |reply| {
            let reply = match reply {
                Answer::Why(why) => Ok(*why),
                Answer::Error(error) => Err(error),
                _ => Err(String::new()),
            };
            drop(answer.try_set(Some(reply)));
        });
    });
    view! {
        <div class="screen why" data-testid="why-screen">
            <Questions path />
            <section aria-label=t(|w| w.tab_why)>
                <Bar answer />
                <div class="page-body" tabindex="0">{move || answer.get().map(|it| chain(page, it))}</div>
            </section>
            <aside class="panel side right scroll" aria-label=t(|w| w.editor)>
                {move || answer.get().and_then(Result::ok).map(|why| (source(&why), what_ifs(page, &why)))}
                <LedTo />
            </aside>
        </div>
    }
}

/// Back, and the chain as text.
#[component]
fn Bar(answer: RwSignal<Option<Result<Why, String>>>) -> impl IntoView {
    let page = page();
    let copy = move |_| {
        if let Some(Ok(why)) = answer.get_untracked() {
            crate::app::clipboard::copy(page, &as_text(&why, page.words_now()));
        }
    };
    view! {
        <div class="bar">
            <button class="btn sm icon ghost" data-testid="back" aria-label=t(|w| w.back_to_map) title=t(|w| w.back_to_map) on:click=move |_| page.screen.set(Screen::Map)>{icon(Icon::Back, "")}</button>
            <b class="b">{t(|w| w.tab_why)}</b>
            <button class="btn sm ghost end" data-testid="why-copy" on:click=copy>{icon(Icon::Copy, "s14")}{t(|w| w.copy_as_text)}</button>
        </div>
    }
}

/// The questions about the selected object.
#[component]
fn Questions(path: Text) -> impl IntoView {
    let page = page();
    let all = Memo::new(move |_| {
        let key = page.selected.get();
        page.world.with(|world| key.map(|key| questions(world, &key)).unwrap_or_default())
    });
    let head = Memo::new(move |_| {
        let key = page.selected.get()?;
        page.world.with(|world| inspector(world, &key)).map(|it| (it.key, it.kind, it.badge, it.owners))
    });
    let kind = move || page.selected.with(|key| key.as_ref().map(|key| kinds::kind(&key.resource)).unwrap_or_default());
    let field = RwSignal::new(path.to_string());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        page.screen.set(Screen::Why(field.get_untracked().trim().into()));
    };
    let crumb = |(key, _): (Key, String)| view! { {object_link(&key)}{icon(Icon::Right, "s12")} };
    let title = move || {
        head.get().map(|(key, kind, state, owners)| view! {
            <div class="ihead" style="padding:11px 14px 9px">
                <div class="row gap6">{icon(kind_icon(&kind), "")}<span class="mono b" style="overflow-wrap:anywhere">{key.name.to_string()}</span><span class="grow"></span>{state.as_ref().map(badge)}</div>
                <nav class="crumbs" aria-label=t(|w| w.owners)>{owners.into_iter().map(crumb).collect_view()}<span>{kind}</span></nav>
            </div>
        })
    };
    let item = move |it: Asked| {
        let (own, to) = (it.path.clone(), it.path.clone());
        let text = it.kind.clone();
        let here = (own == path).then_some("true");
        view! {
            <button class="qs" aria-current=here data-testid="why-question" on:click=move |_| page.screen.set(Screen::Why(to.clone()))>
                <b>{move || text.text(page.words())}</b><span lang="en">{it.answer}</span>
            </button>
        }
    };
    view! {
        <aside class="panel side scroll" aria-label=t(|w| w.tab_why)>
            {title}
            <div class="sech" style="border-top:1px solid var(--ph-line)">{move || say(page.words().questions_about, &[("kind", &kind())])}</div>
            {move || all.get().into_iter().map(item.clone()).collect_view()}
            <span class="grow"></span>
            <form class="blk" style="border-top:1px solid var(--ph-line)" on:submit=submit>
                <input class="field mono" data-testid="why-field" aria-label=t(|w| w.ask_field) placeholder=t(|w| w.ask_field)
                    prop:value=move || field.get() on:input=move |event| field.set(event_target_value(&event)) />
            </form>
        </aside>
    }
}

fn chain(page: Page, answer: Result<Why, String>) -> AnyView {
    match answer {
        Err(error) => view! { <p class="c-bad" lang="en" data-testid="why-error">{error}</p> }.into_any(),
        Ok(why) => {
            let words = page.words();
            let hops = why.hops.iter().map(|it| hop(page, it)).collect_view();
            view! {
                <h1 data-testid="why-title">{heading(&why, words)}</h1>
                <p>{lead(&why, words)}</p>
                <ol data-testid="why-chain">{hops}</ol>
            }
            .into_any()
        }
    }
}

fn hop(page: Page, it: &Hop) -> impl IntoView + use<> {
    let words = page.words();
    let number = it.reconcile.map(|(_, number)| say(words.meta_reconcile, &[("n", &number)]));
    let saw = (it.seen.0 > 0).then(|| say(words.meta_saw, &[("rv", &it.seen)]));
    let because = link(it, words);
    let mut lines: Vec<(char, String)> = it.written.iter().flat_map(diff_lines).collect();
    let rest = lines.split_off(lines.len().min(WRITTEN_SHOWN));
    let more = (!rest.is_empty()).then(|| {
        let count = say(words.more_pods, &[("n", &rest.len())]);
        let rows = rest.into_iter().map(|(sign, text)| diff_line(sign, text)).collect_view();
        view! { <details><summary class="link f11">{count}</summary><div class="diff" lang="en">{rows}</div></details> }
    });
    let written = lines.into_iter().map(|(sign, text)| diff_line(sign, text)).collect_view();
    let kind = kinds::kind(&it.key.resource);
    let column = |shape, name: &'static str, big: &Text| {
        let big = if big.is_empty() { "—".to_owned() } else { big.to_string() };
        view! { <div><h2>{icon(shape, "s12")}{name}</h2><div class="big" lang="en">{big}</div></div> }
    };
    let key = it.key.clone();
    view! {
        <li class="hop" data-testid="why-hop" data-revision=it.revision.to_string() data-actor=it.actor.to_string()>
            <span class="dotted">{icon(kind_icon(&kind), "s14")}</span>
            <div>
                <div class="hd"><span><b class="b">{actor(it, words)}</b>" "{deed(it, words)}</span>
                    <span class="meta num"><span>{number}</span><span>{saw}</span><span>{clock::clock(it.time)}</span></span></div>
                <div class="odw">
                    {column(Icon::Eye, words.observed, &it.observed)}
                    {column(Icon::Flag, words.desired, &it.desired)}
                    <div><h2>{icon(Icon::Store, "s12")}{words.written}</h2>
                        <div class="row">{object_link(&key)}<span class="end mono f11 t2">{format!("rv {}", it.revision)}</span></div>
                        <div class="diff" lang="en">{written}</div>{more}</div>
                </div>
                {(!because.is_empty()).then(|| view! { <div class="bec">{icon(Icon::Down, "s12")}<span>{because}</span></div> })}
            </div>
        </li>
    }
}

/// The file where the chain ends, as it was applied.
fn source(why: &Why) -> AnyView {
    let End::Yaml { file, text, lines } = &why.end else {
        return view! { <p class="blk t3">{t(|w| w.no_file)}</p> }.into_any();
    };
    let page = page();
    let row = |(number, line): (u32, &str)| {
        let found = lines.iter().find(|it| it.line == number).map(|it| hops(it, page.words_now()));
        let marked = found.is_some();
        view! {
            <div class:hl=marked data-line=number.to_string()><span class="g">{number}</span><span>{line.to_owned()}</span>
                {found.map(|hops| view! { <span class="tag">{hops}</span> })}</div>
        }
    };
    let rows = (1..).zip(text.lines()).map(row).collect_view();
    view! {
        <div class="tabs"><span class="row gap6 m">{icon(Icon::File, "s14")}{file.to_string()}</span><span class="end f11 t3">{t(|w| w.as_applied)}</span></div>
        <div class="src" lang="en" tabindex="0" data-testid="why-source">{rows}</div>
    }
    .into_any()
}

/// Other values for the file, what would come of each, and a way to try it.
fn what_ifs(page: Page, why: &Why) -> impl IntoView + use<> {
    let all = if page.place.get_untracked() == Place::Tab { suggestions(why) } else { Vec::new() };
    let row = |it: WhatIf| {
        let found = RwSignal::new(String::new());
        page.engine.ask(Question::WhatIf(it.clone(), why.subject.clone()), move |reply| {
            if let Answer::WhatIf(reply) = reply {
                drop(found.try_set(outcome(&reply, page.words_now())));
            }
        });
        let label = it.label();
        let run = move |_| {
            page.tell(true, fill(page.words_now().tried, &[("label", &it.label())]), String::new(), None);
            page.send(ToWorker::Try(it.clone()));
            page.screen.set(Screen::Map);
        };
        view! {
            <li class="row try" data-testid="what-if"><span class="mono ell" lang="en">{label}</span><span class="t2 f11">{move || found.get()}</span>
                <button class="link end" data-testid="what-if-run" on:click=run>{t(|w| w.run_it)}</button></li>
        }
    };
    (!all.is_empty()).then(|| {
        view! {
            <div class="blk" style="border-top:1px solid var(--ph-line)"><h3>{icon(Icon::Branch, "s14")}" "{t(|w| w.what_if)}<span class="end t3">{t(|w| w.same_seed)}</span></h3>
                <ul>{all.into_iter().map(row).collect_view()}</ul></div>
        }
    })
}

/// The writes that followed from the object's newest write.
#[component]
fn LedTo() -> impl IntoView {
    let page = page();
    let rows = Memo::new(move |_| {
        let key = page.selected.get();
        page.world.with(|world| key.map(|key| led_to(world, &key)).unwrap_or_default())
    });
    let row = |(key, who, rv): (Key, String, u64)| {
        view! { <li class="row" style="min-height:24px"><span class="t2">{who}</span>{object_link(&key)}<span class="end mono f11 t3">{format!("rv {rv}")}</span></li> }
    };
    view! {
        <div class="blk" style="border-top:1px solid var(--ph-line)"><h3>{t(|w| w.led_to)}</h3><ul>{move || rows.get().into_iter().map(row).collect_view()}</ul></div>
    }
}

fn led_to(world: &shared::playground::World, key: &Key) -> Vec<(Key, String, u64)> {
    use crate::panels::timeline::chain::{Link, before};
    let own: Vec<Link> = world.writes_of(key).take(LED_TO_MAX).map(|record| Link::Write(record.revision)).collect();
    let Some(Link::Write(oldest)) = own.last().copied() else { return Vec::new() };
    let later = world.records_so_far().iter().skip_while(|record| record.revision <= oldest);
    let follows = later.filter(|record| match record.cause {
        Cause::Reconcile(id) => before(world, Link::Pass(id)).iter().any(|link| own.contains(link)),
        Cause::Action(_) | Cause::Bootstrap => false,
    });
    follows.take(LED_TO_MAX).map(|record| (record.key.clone(), record.actor.to_string(), record.revision.0)).collect()
}
