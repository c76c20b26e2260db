//! The inspector as it is drawn.

use crate::i18n::fill;
use crate::icons::{Icon, glyph, icon, kind_icon};
use crate::panels::clock;
use crate::panels::events::model::{EventRow, event_count, event_rows};
use crate::panels::inspector::facts::Fact;
use crate::panels::inspector::model::{
    Because, ConditionRow, ContainerKind, ContainerRow, ContainerState, Inspector, inspector,
};
use crate::panels::inspector::startup::{StartUp, Step, StepName};
use crate::panels::kinds;
use crate::panels::widgets::{badge, object_link, rev_chip, rove, simulated};
use crate::state::{Dialog, Page, Screen, Tab, page, say, t};
use leptos::prelude::*;
use shared::cluster::{End, Why};
use shared::model::{Key, Object, Text, Time};
use shared::playground::protocol::{Answer, Question};

/// What a tab shows: the object, or what the worker answers about it.
#[component]
pub fn InspectorView() -> impl IntoView {
    let page = page();
    let model = Memo::new(move |_| {
        let key = page.selected.get()?;
        page.world.with(|world| inspector(world, &key))
    });
    let head = Memo::new(move |_| model.get().map(|it| (it.key, it.kind, it.badge, it.owners, it.rev)));
    let body = move || match (page.selected.get(), page.tab.get()) {
        (None, _) => view! { <Nothing /> }.into_any(),
        (Some(_), Tab::Summary) => view! { <Summary model /> }.into_any(),
        (Some(key), Tab::Yaml) => view! { <Asked key question=Question::Yaml testid="yaml" /> }.into_any(),
        (Some(key), Tab::Describe) => view! { <Asked key question=Question::Describe testid="describe" /> }.into_any(),
        (Some(key), Tab::Events) => view! { <OwnEvents key /> }.into_any(),
        (Some(key), Tab::Logs) => view! { <Logs key model /> }.into_any(),
    };
    view! {
        <aside class="panel inspector" id="region-inspector" tabindex="-1" aria-label=t(|w| w.inspector) data-testid="inspector">
            {move || head.get().map(|it| view! { <Head it /> })}
            <Show when=move || page.selected.with(Option::is_some)><Tabs /></Show>
            {body}
        </aside>
    }
}

/// What stands where an object would be.
#[component]
fn Nothing() -> impl IntoView {
    view! {
        <div style="padding:14px">
            <div class="empty">{icon(Icon::Pod, "s20")}<b>{t(|w| w.nothing_selected)}</b><p>{t(|w| w.nothing_selected_body)}</p></div>
        </div>
    }
}

type HeadParts =
    (Key, String, Option<crate::panels::inspector::model::Badge>, Vec<(Key, String)>, crate::panels::map::owners::Rev);

/// Name, state, owners.
#[component]
fn Head(it: HeadParts) -> impl IntoView {
    let page = page();
    let (key, kind, state, owners, rev) = it;
    let crumb = |(key, _): (Key, String)| view! { {object_link(&key)}{icon(Icon::Right, "s12")} };
    let sim = ["Pod", "Node"].contains(&kind.as_str()).then(simulated);
    let (gone, name, shown) = (key.clone(), key.name.to_string(), kind.clone());
    view! {
        <div class="ihead">
            <div class="row gap6">
                {icon(kind_icon(&kind), "")}<span class="name" data-testid="inspector-name">{name}</span>
                <span class="grow"></span>
                {state.as_ref().map(badge)}
                <button class="btn sm icon ghost" data-testid="delete" aria-label=t(|w| w.delete_pod) title=t(|w| w.delete_pod)
                    on:click=move |_| page.dialog.set(Some(Dialog::Delete(gone.clone())))>{icon(Icon::Trash, "s14")}</button>
                <button class="btn sm icon ghost drawer-only" aria-label=t(|w| w.close) on:click=move |_| page.drawer.set(false)>{icon(Icon::Close, "s14")}</button>
            </div>
            <nav class="crumbs" aria-label=t(|w| w.owners)>
                {owners.into_iter().map(crumb).collect_view()}
                <span>{shown}</span>{sim}<span class="grow"></span>{rev_chip(rev)}
            </nav>
        </div>
    }
}

/// The tabs.
#[component]
fn Tabs() -> impl IntoView {
    let page = page();
    let count = Memo::new(move |_| {
        let key = page.selected.get();
        page.world.with(|world| event_count(world, key.as_ref()))
    });
    let is_pod = move || page.selected.with(|key| key.as_ref().is_some_and(|key| key.resource.plural() == "pods"));
    let tab = move |tab: Tab, id: &'static str, text: fn(&'static crate::i18n::Words) -> &'static str| {
        let chosen = move || page.tab.get() == tab;
        let number = (tab == Tab::Events).then(|| view! { <span class="cnt">{move || count.get()}</span> });
        view! {
            <button role="tab" data-testid=id aria-selected=move || chosen().to_string() tabindex=move || if chosen() { "0" } else { "-1" }
                on:click=move |_| page.tab.set(tab)>{t(text)}{number}</button>
        }
    };
    let why = move |_| page.screen.set(Screen::Why(Text::default()));
    view! {
        <div class="tabs low" role="tablist" aria-label=t(|w| w.inspector) on:keydown=|event| rove(&event, "[role=tab]")>
            {tab(Tab::Summary, "tab-summary", |w| w.tab_summary)}
            {tab(Tab::Yaml, "tab-yaml", |w| w.tab_yaml)}
            <button role="tab" data-testid="tab-why" aria-selected="false" tabindex="-1" on:click=why>{t(|w| w.tab_why)}</button>
            {tab(Tab::Events, "tab-events", |w| w.tab_events)}
            <Show when=is_pod>{tab(Tab::Logs, "tab-logs", |w| w.tab_logs)}</Show>
            {tab(Tab::Describe, "tab-describe", |w| w.tab_describe)}
        </div>
    }
}

/// The first tab.
#[component]
fn Summary(model: Memo<Option<Inspector>>) -> impl IntoView {
    let page = page();
    let part = move |pick: fn(&Inspector) -> bool| model.with(|it| it.as_ref().is_some_and(pick));
    let startup = Memo::new(move |_| model.with(|it| it.as_ref().and_then(|it| it.startup.clone())));
    let conditions =
        Memo::new(move |_| model.with(|it| it.as_ref().map(|it| it.conditions.clone()).unwrap_or_default()));
    let containers =
        Memo::new(move |_| model.with(|it| it.as_ref().map(|it| it.containers.clone()).unwrap_or_default()));
    let facts = Memo::new(move |_| model.with(|it| it.as_ref().map(|it| it.facts.clone()).unwrap_or_default()));
    let owned = Memo::new(move |_| model.with(|it| it.as_ref().map(|it| it.owned.clone()).unwrap_or_default()));
    let gone = move || model.with(Option::is_none);
    let name = move || page.selected.get().map(|key| key.name.to_string()).unwrap_or_default();
    view! {
        <div class="scroll grow" role="tabpanel" tabindex="0" aria-label=t(|w| w.tab_summary)>
            <Show when=gone>
                <div class="blk" data-testid="gone"><h3>{t(|w| w.gone)}</h3><p>{move || say(page.words().gone_body, &[("name", &name())])}</p></div>
            </Show>
            <Show when=move || !gone()><WhyBlock model /></Show>
            {move || startup.get().map(|it| view! { <Start it /> })}
            <Show when=move || part(|it| it.containers.len() > 1)><Block title=|w| w.containers>{move || containers.get().iter().map(container).collect_view()}</Block></Show>
            <Show when=move || part(|it| !it.conditions.is_empty())><Block title=|w| w.conditions>{move || conditions.get().iter().map(condition).collect_view()}</Block></Show>
            <Show when=move || part(|it| !it.facts.is_empty())>
                <Block title=|w| w.facts><dl class="kv">{move || facts.get().into_iter().map(fact).collect_view()}</dl></Block>
            </Show>
            <Show when=move || part(|it| !it.owned.is_empty())>
                <Block title=|w| w.owned><ul>{move || owned.get().iter().map(|key| view! { <li style="padding:2px 0">{object_link(key)}</li> }).collect_view()}</ul></Block>
            </Show>
        </div>
    }
}

/// A titled part.
#[component]
fn Block(title: fn(&'static crate::i18n::Words) -> &'static str, children: Children) -> impl IntoView {
    view! { <div class="blk"><h3>{t(title)}</h3>{children()}</div> }
}

/// Why the object exists, in short, and where that goes back to.
#[component]
fn WhyBlock(model: Memo<Option<Inspector>>) -> impl IntoView {
    let page = page();
    let because = Memo::new(move |_| {
        model.with(|it| it.as_ref().map(|it| (it.key.clone(), it.kind.clone(), it.because.clone())))
    });
    let source = RwSignal::new(None::<(String, u32)>);
    let key = Memo::new(move |_| because.with(|it| it.as_ref().map(|it| it.0.clone())));
    Effect::new(move |_| {
        source.set(None);
        let Some(key) = key.get() else { return };
        page.engine.ask(Question::Why(key.clone(), None), move |answer| {
            if let Answer::Why(why) = answer
                && page.selected.try_get_untracked().flatten() == Some(key)
            {
                drop(source.try_set(yaml_line(&why)));
            }
        });
    });
    let kind = move || because.with(|it| it.as_ref().map(|it| it.1.clone()).unwrap_or_default());
    let full = move |_| page.screen.set(Screen::Why(Text::default()));
    let goes_back = move || {
        source.get().map(|(file, line)| {
            let place = say(page.words().line_of, &[("file", &file), ("line", &line)]);
            let show = move |_| crate::app::left::reveal(page, &file, line);
            view! { " "<span class="t2">{t(|w| w.goes_back_to)}</span>" "<button class="link" data-testid="why-line" on:click=show>{place}</button>{t(|w| w.full_stop)} }
        })
    };
    view! {
        <div class="blk tint" data-testid="why-short">
            <h3>{icon(Icon::Why, "s14")}<span>{move || say(page.words().why_exists, &[("kind", &kind())])}</span>
                <button class="link end" data-testid="full-chain" on:click=full>{t(|w| w.full_chain)}</button></h3>
            <p>{move || because.get().map(|(_, _, it)| because_text(page, &it))}{goes_back}</p>
        </div>
    }
}

fn yaml_line(why: &Why) -> Option<(String, u32)> {
    match &why.end {
        End::Yaml { file, lines, .. } => Some((file.to_string(), lines.first().map_or(1, |it| it.line))),
        End::Action(_) | End::Bootstrap | End::Forgotten => None,
    }
}

fn because_text(page: Page, it: &Because) -> impl IntoView + use<> {
    let words = page.words();
    let (who, did, more) = match it {
        Because::Pass { actor, desired, observed, number, seen } => {
            let both = !desired.is_empty() && !observed.is_empty();
            let wanted = fill(words.why_wanted, &[("desired", desired), ("observed", observed)]);
            let did = if both { wanted } else { words.why_acted.to_owned() };
            (actor.to_string(), did, fill(words.why_reconcile, &[("n", number), ("rv", seen)]))
        }
        Because::Action(title) => (String::new(), fill(words.why_user, &[("title", title)]), String::new()),
        Because::Bootstrap => (String::new(), words.why_bootstrap.to_owned(), String::new()),
    };
    view! { <b class="b">{who}</b>" "{did}" "<span class="t2">{more}</span> }
}

/// The start of a Pod.
#[component]
fn Start(it: StartUp) -> impl IntoView {
    let page = page();
    let (took, done) = (clock::span(it.took), it.done);
    let end = move || {
        let words = page.words();
        fill(if done { words.took } else { words.so_far }, &[("time", &took)])
    };
    let first = it.steps.first().and_then(|step| step.time);
    view! {
        <div class="blk" data-testid="startup">
            <h3>{t(|w| w.startup)}<span class="end num t3">{end}</span></h3>
            <ol class="steps">{it.steps.iter().map(|it| step(page, it, first)).collect_view()}</ol>
        </div>
    }
}

fn step(page: Page, it: &Step, first: Option<Time>) -> impl IntoView + use<> {
    let name = it.name.clone();
    let text = move || step_text(page, &name);
    let when = it.time.map(|time| match first {
        Some(first) if time > first && time.0 % 1_000_000 != 0 => clock::later(time - first),
        _ if time.0 % 1_000_000 == 0 => clock::short(time),
        _ => clock::clock(time),
    });
    let pull = it.pull.map(|(done, total)| {
        let percent = done.saturating_mul(100).checked_div(total).unwrap_or(0);
        let mb = move || say(page.words().mb_of, &[("done", &(done / 1_000_000)), ("total", &(total / 1_000_000))]);
        view! { <span class="who num">{mb}</span><span class="gauge"><b style:width=format!("{percent}%")></b></span><span class="num f11">{format!("{percent}%")}</span> }
    });
    let who = pull
        .is_none()
        .then(|| view! { <span class="who">{it.actor.to_string()}</span><span class="when">{when}</span> });
    let class = if it.pull.is_some() {
        "b"
    } else if it.glyph == crate::panels::status::Glyph::NotYet {
        "t3"
    } else {
        ""
    };
    view! { <li>{glyph(it.glyph, "")}<span class=class>{text}</span>{pull}{who}</li> }
}

fn step_text(page: Page, name: &StepName) -> String {
    let words = page.words();
    match name {
        StepName::Created => words.step_created.to_owned(),
        StepName::Scheduling => words.step_scheduling.to_owned(),
        StepName::Scheduled(node) => fill(words.step_scheduled, &[("node", node)]),
        StepName::Sandbox => words.step_sandbox.to_owned(),
        StepName::Init(done, of) => fill(words.step_init, &[("n", done), ("of", of)]),
        StepName::Pulling(image) => fill(words.step_pulling, &[("image", image)]),
        StepName::Pulled(image) => fill(words.step_pulled, &[("image", image)]),
        StepName::Started => words.step_started.to_owned(),
        StepName::Ready => words.step_ready.to_owned(),
    }
}

/// A condition's row.
pub fn condition(it: &ConditionRow) -> impl IntoView + use<> {
    let time = it.time.map(clock::short).unwrap_or_default();
    let right = if it.status == "True" || it.reason.is_empty() { time } else { it.reason.to_string() };
    view! {
        <div class="cond" title=it.message.to_string() data-condition=it.name.to_string() data-status=it.status.to_string()>
            {glyph(it.glyph, "s12")}<span class="ell">{it.name.to_string()}</span>
            <span class="s t2">{it.status.to_string()}</span><span class="r ell">{right}</span>
        </div>
    }
}

fn container(it: &ContainerRow) -> impl IntoView + use<> {
    let page = page();
    let sort = it.kind;
    let kind = move || match sort {
        ContainerKind::Main => None,
        ContainerKind::Init => Some(page.words().init_container),
        ContainerKind::Sidecar => Some(page.words().sidecar),
    };
    let state = it.state.clone();
    let text = move || match &state {
        ContainerState::Running(since) => {
            say(page.words().state_running, &[("time", &since.map(clock::short).unwrap_or_default())])
        }
        ContainerState::Waiting(reason) if reason.is_empty() => page.words().state_waiting.to_owned(),
        ContainerState::Waiting(reason) => reason.to_string(),
        ContainerState::Ended(code, reason) => {
            format!("{} {reason}", say(page.words().state_terminated, &[("code", code)]))
        }
    };
    let (restarts, last) = (it.restarts, it.last_exit);
    let more = move || {
        let exit = last.map(|code| say(page.words().last_exit, &[("code", &code)]));
        let again = (restarts > 0).then(|| say(page.words().restarts_n, &[("n", &restarts)]));
        again.into_iter().chain(exit).collect::<Vec<_>>().join(" · ")
    };
    view! {
        <div class="cont" data-testid="container" data-name=it.name.to_string()>
            {glyph(it.glyph, "s12")}
            <span class="row gap6"><span class="mono">{it.name.to_string()}</span>{move || kind().map(|kind| view! { <span class="chip">{kind}</span> })}</span>
            <span class="t2 f11">{text}</span>
            <span class="img"><span class="mono">{it.image.to_string()}</span>" "<span class="c-warn">{more}</span></span>
        </div>
    }
}

fn fact(it: Fact) -> impl IntoView {
    let page = page();
    let value = match it.link {
        Some(key) => object_link(&key).into_any(),
        None => it.value.into_any(),
    };
    view! { <dt>{move || it.name.word(page.words())}</dt><dd>{value}</dd> }
}

/// A text that the worker answers: YAML or a description. Asked again when the object changes.
#[component]
fn Asked(key: Key, question: fn(Key) -> Question, testid: &'static str) -> impl IntoView {
    let page = page();
    let text = RwSignal::new(None::<Result<String, String>>);
    let own = key.clone();
    let version =
        page.model(move |world| (world.get(&own).map(Object::resource_version), world.clock.live, world.clock.branch));
    Effect::new(move |_| {
        version.track();
        page.engine.ask(question(key.clone()), move |answer| drop(text.try_set(Some(text_of(answer)))));
    });
    let copy = move |_| {
        if let Some(Ok(text)) = text.get_untracked() {
            crate::app::clipboard::copy(page, &text);
        }
    };
    view! {
        <div class="ibar"><span class="f11 t3" lang="en">{move || if testid == "yaml" { "kubectl get -o yaml" } else { "kubectl describe" }}</span>
            <button class="btn sm ghost end" on:click=copy>{icon(Icon::Copy, "s14")}{t(|w| w.copy)}</button></div>
        {move || match text.get() {
            None => view! { <div style="padding:14px" aria-busy="true"><div class="sk"></div><div class="sk" style="width:70%"></div></div> }.into_any(),
            Some(Ok(text)) => view! { <pre class="well" lang="en" tabindex="0" data-testid=testid>{text}</pre> }.into_any(),
            Some(Err(error)) => view! { <p class="blk c-bad" lang="en">{error}</p> }.into_any(),
        }}
    }
}

fn text_of(answer: Answer) -> Result<String, String> {
    match answer {
        Answer::Text(text) => Ok(text),
        Answer::Error(error) => Err(error),
        _ => Err(String::new()),
    }
}

/// The events of the selected object.
#[component]
fn OwnEvents(key: Key) -> impl IntoView {
    let page = page();
    let rows = page.model(move |world| event_rows(world, "", Some(&key)));
    let row = |it: EventRow| {
        let time = it.time.map(clock::short).unwrap_or_default();
        let count = (it.count > 1).then(|| format!(" ×{}", it.count));
        view! {
            <div class="evt" data-testid="own-event" data-reason=it.reason.to_string()>
                <div class="row gap6" lang="en">{glyph(it.glyph, "s12")}<b class="m">{it.reason.to_string()}</b>{count}<span class="end mono f11 t3">{time}</span></div>
                <p lang="en">{it.message.to_string()}</p><p class="f11 t3">{it.from.to_string()}</p>
            </div>
        }
    };
    view! {
        <div class="scroll grow" role="tabpanel" tabindex="0" aria-label=t(|w| w.tab_events)>
            <Show when=move || rows.with(Vec::is_empty)><p class="blk t3">{t(|w| w.no_events)}</p></Show>
            {move || rows.get().into_iter().map(row).collect_view()}
        </div>
    }
}

/// The logs of a container, this run's or the one before.
#[component]
fn Logs(key: Key, model: Memo<Option<Inspector>>) -> impl IntoView {
    let page = page();
    let names = Memo::new(move |_| {
        model.with(|it| {
            it.as_ref()
                .map(|it| it.containers.iter().map(|row| row.name.clone()).collect::<Vec<_>>())
                .unwrap_or_default()
        })
    });
    let last = Memo::new(move |_| names.with(|names| names.last().cloned().unwrap_or_default()));
    let chosen = RwSignal::new(None::<Text>);
    let previous = RwSignal::new(false);
    let text = RwSignal::new(String::new());
    let beat = page.model(|world| (world.clock.steps, world.clock.revision));
    Effect::new(move |_| {
        beat.track();
        let name = chosen.get().unwrap_or_else(|| last.get());
        let question = Question::Logs(key.clone(), name, previous.get());
        page.engine.ask(question, move |answer| {
            let said = text_of(answer).unwrap_or_else(|error| error);
            if text.try_with_untracked(|it| *it != said).unwrap_or(false) {
                text.set(said);
            }
        });
    });
    let option = move |name: Text| {
        let own = name.clone();
        let selected = move || chosen.get().unwrap_or_else(|| last.get()) == own;
        view! { <option value=name.to_string() selected=selected>{name.to_string()}</option> }
    };
    view! {
        <div class="ibar">
            <select class="pick" aria-label=t(|w| w.logs_of) on:change=move |event| chosen.set(Some(event_target_value(&event).into()))>
                {move || names.get().into_iter().map(option).collect_view()}
            </select>
            <label class="row gap4 f11 end"><input type="checkbox" on:change=move |event| previous.set(event_target_checked(&event)) />{t(|w| w.previous_logs)}</label>
        </div>
        <pre class="well wrap" lang="en" tabindex="0" data-testid="logs">{move || text.get()}</pre>
        <Show when=move || text.with(String::is_empty)><p class="blk t3">{t(|w| w.no_logs)}</p></Show>
    }
}

/// Goes to the owner of the selected object.
pub fn go_to_owner(page: Page) {
    let owner = page.selected.with_untracked(|key| {
        page.world.with_untracked(|world| {
            inspector(world, key.as_ref()?).and_then(|it| it.owners.last().map(|it| it.0.clone()))
        })
    });
    if let Some(owner) = owner {
        page.select(owner);
    }
}

/// The command that deletes an object.
pub fn delete_command(key: &Key) -> String {
    format!("kubectl delete {}", kinds::argument(key))
}
