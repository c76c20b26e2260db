//! The map as it is drawn. The model decides what; this decides only how.

use crate::i18n::fill;
use crate::icons::{Icon, glyph, icon};
use crate::panels::clock;
use crate::panels::map::loops::{LastPass, LoopCard, LoopWork, QUEUE_SQUARES, loop_cards};
use crate::panels::map::nodes::{KubeletLine, NodeBox, PodTile, node_box, node_page, tiles};
use crate::panels::map::owners::{DeploymentCard, Segment, ServiceCard, SetCard, Workload, owners_band};
use crate::panels::map::path::{PathPanel, Stage, path_panel};
use crate::panels::map::wires::Wires;
use crate::panels::status::Glyph;
use crate::panels::widgets::{health_word, progress_word, rev_chip, rev_short, rove, simulated};
use crate::state::{DockTab, Page, Screen, page, say, t};
use leptos::prelude::*;
use shared::model::key::resources::NODES;
use shared::model::{Key, Text};

/// How many loops are shown before the rest is asked for.
const LOOPS_SHOWN: usize = 4;

/// The whole map: a tree with one tab stop.
#[component]
pub fn MapView() -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();
    view! {
        <div
            class="cv"
            role="tree"
            aria-label=t(|w| w.cluster_map)
            data-testid="map"
            tabindex="-1"
            on:keydown=|event| rove(&event, "[role=treeitem]")
        >
            <div class="inner" node_ref=place>
                {view! { <RequestPath /> }.into_any()}
                {view! { <Loops /> }.into_any()}
                {view! { <Owners /> }.into_any()}
                {view! { <Nodes /> }.into_any()}
                <Wires place />
            </div>
        </div>
    }
}

/// kubectl, API server, store.
#[component]
fn RequestPath() -> impl IntoView {
    let page = page();
    let model = Memo::new(move |_| page.refusal.with(|it| page.world.with(|world| path_panel(world, it.as_ref()))));
    let request = move || model.with(|it| it.request.to_string());
    let asked = move || if request().is_empty() { page.words().nothing_yet.to_owned() } else { request() };
    let watchers = move || say(page.words().watchers, &[("n", &model.with(|it| it.watchers))]);
    let rv = move || format!("rv {}", model.with(|it| it.revision));
    let stored =
        move || model.with(|it| say(page.words().store_line, &[("objects", &it.objects), ("kinds", &it.kinds)]));
    view! {
        <div class="path" role="group" aria-label=t(|w| w.request_path)>
            <div class="card" role="treeitem" tabindex="0">
                <div class="h">{icon(Icon::Prompt, "s14")}"kubectl"<span class="end f11 t3">{t(|w| w.you)}</span></div>
                <div class="line mono ell" lang="en">{asked}</div>
            </div>
            <Across text=|w| w.wire_apply both=false />
            <div class="card" role="treeitem" tabindex="-1" data-testid="api-server">
                <div class="h">{icon(Icon::Api, "s14")}{t(|w| w.api_server)}<span class="end f11 t3 num">{watchers}</span></div>
                <div class="line stages">{move || model.with(|it| stages(page, it))}</div>
            </div>
            <Across text=|w| w.wire_commit both=true />
            <div class="card" role="treeitem" tabindex="-1">
                <div class="h">
                    {icon(Icon::Store, "s14")}{t(|w| w.store)}<span class="end chip mono" data-testid="store-revision">{rv}</span>
                </div>
                <div class="line num">{stored}</div>
            </div>
        </div>
    }
}

fn stages(page: Page, it: &PathPanel) -> impl IntoView + use<> {
    let refused = it.refused.clone();
    let words = page.words();
    let name = |stage| match stage {
        Stage::Authn => words.stage_authn,
        Stage::Authz => words.stage_authz,
        Stage::Admit => words.stage_admit,
        Stage::Validate => words.stage_validate,
        Stage::Persist => words.stage_persist,
    };
    let at = refused.as_ref().and_then(|(stage, _)| Stage::ALL.iter().position(|it| it == stage));
    let drawn = move |(index, stage): (usize, Stage)| {
        let (class, shape) = match at {
            Some(at) if at == index => ("stage no", Glyph::Failed),
            Some(at) if at < index => ("stage off", Glyph::NotYet),
            _ => ("stage", Glyph::Done),
        };
        let title = refused.as_ref().filter(|_| Some(index) == at).map(|(_, message)| message.clone());
        view! { <span class=class title=title>{glyph(shape, "s12")}{name(stage)}</span> }
    };
    Stage::ALL.into_iter().enumerate().map(drawn).collect_view()
}

/// A wire in the gutter between two cards.
#[component]
fn Across(text: fn(&'static crate::i18n::Words) -> &'static str, both: bool) -> impl IntoView {
    let back = both.then(|| view! { <polygon points="0,0 7,-3.500 7,3.500" transform="translate(5,26)" /> });
    view! {
        <div class="wire" aria-hidden="true">
            <svg><line x1="5" y1="26" x2="100%" y2="26" style="transform:translateX(-6px)" />{back}</svg>
            <svg class="tip" style="left:calc(100% - 11px);width:7px"><polygon points="0,22.500 7,26 0,29.500" /></svg>
            <span style="top:8px">{t(text)}</span>
        </div>
    }
}

/// The loop cards with the watch wires above them.
#[component]
fn Loops() -> impl IntoView {
    let page = page();
    let cards = page.model(loop_cards);
    let all = RwSignal::new(false);
    let shown = move || if all.get() { usize::MAX } else { LOOPS_SHOWN };
    let names = Memo::new(move |_| {
        cards.with(|cards| cards.iter().take(shown()).map(|it| it.name.clone()).collect::<Vec<_>>())
    });
    let hidden = move || cards.with(|cards| cards.len().saturating_sub(LOOPS_SHOWN));
    let more = move || {
        if all.get() { page.words().fewer_loops.to_owned() } else { say(page.words().more_loops, &[("n", &hidden())]) }
    };
    let busy = move |at: usize| cards.with(|cards| cards.get(at).is_some_and(|it| it.state == LoopWork::Reconciling));
    let drop = move |at: usize| {
        let left = format!("{}%", 12.5 + 25.0 * f64::from(u8::try_from(at).unwrap_or(0)));
        view! { <div class="drop" class:on=move || busy(at) style:left=left></div> }
    };
    let card = move |name: Text| {
        let one = Memo::new(move |_| cards.with(|cards| cards.iter().find(|it| it.name == name).cloned()));
        view! { <Loop card=one /> }
    };
    view! {
        <div class="watch" aria-hidden="true">
            <div class="trunk"></div><div class="beam"></div>
            {(0..LOOPS_SHOWN).map(drop).collect_view()}
            <span>{t(|w| w.wire_watch)}</span>
        </div>
        <div class="loops" role="group" aria-label=t(|w| w.controllers)>
            <For each=move || names.get() key=Clone::clone children=card />
        </div>
        <div class="band">
            <span>{t(|w| w.ownership)}</span>
            <Show when=move || { hidden() > 0 }>
                <button class="link end" data-testid="more-loops" aria-expanded=move || all.get().to_string() on:click=move |_| all.update(|it| *it = !*it)>
                    {more}
                </button>
            </Show>
        </div>
    }
}

/// A control loop. Its click filters the timeline.
#[component]
fn Loop(card: Memo<Option<LoopCard>>) -> impl IntoView {
    let page = page();
    let busy = move || card.with(|it| it.as_ref().is_some_and(|it| it.state == LoopWork::Reconciling));
    let name = move || card.with(|it| it.as_ref().map(|it| it.name.clone()).unwrap_or_default());
    let chosen = move || page.lane.with(|lane| lane.as_ref() == Some(&name()));
    let filter = move |_| {
        let own = untrack(name);
        page.lane.update(|lane| *lane = if lane.as_ref() == Some(&own) { None } else { Some(own) });
        page.dock.set(DockTab::Timeline);
    };
    view! {
        <button class="card loop" class:act=busy class:sel=chosen role="treeitem" tabindex="-1" aria-pressed=move || chosen().to_string() data-testid="loop" data-name=move || name().to_string() on:click=filter>
            {move || card.get().map(|it| loop_inside(page, &it))}
        </button>
    }
}

fn loop_inside(page: Page, it: &LoopCard) -> impl IntoView + use<> {
    let words = page.words();
    let shape = if it.title == "scheduler" { Icon::Scheduler } else { Icon::Loop };
    let (state, class) = match it.state {
        LoopWork::Idle => (words.idle.to_owned(), "end f11 t3"),
        LoopWork::Reconciling => (words.reconciling.to_owned(), "end f11 c-acc b"),
        LoopWork::Sleeping(at) => {
            let left = clock::rough(at - page.clock.with_untracked(|clock| clock.now));
            (fill(words.retry_in, &[("time", &left)]), "end f11 c-warn m num")
        }
    };
    let number = if it.number > 0 { format!("#{}", it.number) } else { String::new() };
    let key = if it.key.is_empty() { "—".to_owned() } else { it.key.clone() };
    let now = if it.state == LoopWork::Reconciling { "now" } else { "" };
    let last = match &it.last {
        LastPass::None => view! { <span class="end"></span> }.into_any(),
        LastPass::Took(time) => view! { <span class="end num">{time.clone()}</span> }.into_any(),
        LastPass::Refused(why) => {
            view! { <span class="end c-bad m" title=why.to_string()>{words.failed_word}</span> }.into_any()
        }
    };
    view! {
        <div class="h">{icon(shape, "s14")}<span class="ell">{it.title.to_string()}</span><span class=class>{state}</span></div>
        <div class="line" style="margin-top:3px"><span class="mono ell grow" style="color:var(--ph-text)">{key}</span><span class="num t3">{number}</span></div>
        <div class="phases"><span>{words.observe}</span><span class=now>{words.diff_phase}</span><span>{words.act}</span></div>
        <div class="line t3" style="margin-top:3px">{queue(page, it.waiting)}{last}</div>
    }
}

fn queue(page: Page, waiting: Option<usize>) -> impl IntoView + use<> {
    let words = page.words();
    let Some(waiting) = waiting else { return view! { <span class="ell">{words.not_in_past}</span> }.into_any() };
    let square = move |at: usize| view! { <i class=if at < waiting { "" } else { "e" }></i> };
    view! {
        <span>{words.queue}</span>
        <span class="q" aria-hidden="true">{(0..QUEUE_SQUARES).map(square).collect_view()}</span>
        <span class="num t2">{waiting}</span>
    }
    .into_any()
}

/// Deployments, `ReplicaSets`, Services.
#[component]
fn Owners() -> impl IntoView {
    let page = page();
    let band = Memo::new(move |_| page.namespace.with(|ns| page.world.with(|world| owners_band(world, ns.as_deref()))));
    let keys = Memo::new(move |_| band.with(|it| it.workloads.iter().map(|row| row.key.clone()).collect::<Vec<_>>()));
    let row = move |key: Key| {
        let one = Memo::new(move |_| band.with(|it| it.workloads.iter().find(|row| row.key == key).cloned()));
        move || one.get().map(workload)
    };
    let more = move || band.with(|it| it.more);
    view! {
        <div role="group" aria-label=t(|w| w.ownership)>
            <For each=move || keys.get() key=Clone::clone children=row />
            <Show when=move || keys.with(Vec::is_empty)><NoWorkloads /></Show>
            <Show when=move || { more() > 0 }>
                <button class="link" on:click=move |_| page.screen.set(Screen::Owners)>
                    {move || say(page.words().more_workloads, &[("n", &more())])}
                </button>
            </Show>
        </div>
    }
}

/// What stands where workloads would be.
#[component]
fn NoWorkloads() -> impl IntoView {
    let page = page();
    let namespace =
        move || page.namespace.get().map_or_else(|| page.words().all_namespaces.to_owned(), |it| it.to_string());
    let first = move || page.files.all.with(|all| all.first().map(|file| file.name.clone()).unwrap_or_default());
    view! {
        <div class="empty" data-testid="no-workloads">
            {icon(Icon::Deployment, "s20")}
            <b>{move || say(page.words().no_workloads, &[("ns", &namespace())])}</b>
            <p>{t(|w| w.no_workloads_body)}</p>
            <div class="row">
                <button class="btn pri" on:click=move |_| page.apply()>{move || say(page.words().apply_file, &[("name", &first())])}</button>
                <button class="btn" on:click=move |_| crate::app::left::focus_examples(page)>{t(|w| w.open_examples)}</button>
            </div>
        </div>
    }
}

fn workload(it: Workload) -> impl IntoView {
    let sets = it.sets.len();
    let split = (it.deployment.is_some() && sets > 0).then(|| view! { <Fork sets=it.sets.clone() /> });
    let has_services = !it.services.is_empty();
    let join = has_services.then(|| {
        view! {
            <div class="wire" aria-hidden="true">
                <svg><line x1="4" y1="50%" x2="100%" y2="50%" style="transform:translateX(-5px)" /></svg>
                <svg style="left:calc(100% - 10px);width:7px;top:50%;height:0"><polygon points="0,-3.500 7,0 0,3.500" /></svg>
            </div>
        }
    });
    view! {
        <div class="owner-row" class:alone=!has_services>
            {it.deployment.map(|card| view! { <Deployment card /> })}
            {split}
            <div class="sets">{it.sets.iter().map(set).collect_view()}</div>
            {join}
            <div class="sets">{it.services.into_iter().map(service).collect_view()}</div>
        </div>
    }
}

/// The wires from a Deployment to its `ReplicaSets`.
#[component]
fn Fork(sets: Vec<SetCard>) -> impl IntoView {
    let page = page();
    let count = sets.len();
    let one = move |(at, set): (usize, SetCard)| {
        let places =
            f64::from(u32::try_from(2 * at + 1).unwrap_or(1)) / f64::from(u32::try_from(2 * count).unwrap_or(1));
        let y = format!("{:.2}%", places * 100.0);
        let key = set.key.clone();
        let on = Memo::new(move |_| page.chain_has(&key));
        view! {
            <div class="wire" class:on=move || on.get() style="position:absolute;inset:0" aria-hidden="true">
                <svg>
                    <line x1="0" y1="50%" x2="26" y2="50%" />
                    <line x1="26" y1="50%" x2="26" y2=y.clone() />
                    <line x1="26" y1=y.clone() x2="46" y2=y.clone() />
                </svg>
                <svg style:left="43px" style:width="7px" style:top=y style:height="0"><polygon points="0,-3.500 7,0 0,3.500" /></svg>
            </div>
        }
    };
    view! { <div class="wire" style="position:relative">{sets.into_iter().enumerate().map(one).collect_view()}</div> }
}

/// A Deployment.
#[component]
fn Deployment(card: DeploymentCard) -> impl IntoView {
    let page = page();
    let segment = |it: &Segment| {
        let class = match it {
            Segment::Ready => "new",
            Segment::NotReady => "half",
            Segment::ToDo => "",
        };
        view! { <i class=class></i> }
    };
    let (key, rollout) = (card.key.clone(), card.key.clone());
    let own = card.key.clone();
    let selected = Memo::new(move |_| page.selected.with(|it| it.as_ref() == Some(&own)));
    let (updated, of, available) = (card.updated, card.replicas, card.available);
    let progress = card.progress;
    view! {
        <div class="card" class:sel=move || selected.get() role="treeitem" tabindex="-1" data-testid="deployment-card" data-name=card.key.name.to_string()
            aria-selected=move || selected.get().to_string()
            on:click=move |_| page.select(key.clone()) on:keydown=|event| click_on_enter(&event)>
            <div class="h">{icon(Icon::Deployment, "s14")}<span class="ell">{card.key.name.to_string()}</span><span class="f11 t3">"Deployment"</span></div>
            <div class="line" style="margin-top:5px">
                <span class="b num" style="color:var(--ph-text)">{move || say(page.words().updated_of, &[("n", &updated), ("of", &of)])}</span>
                <span class="end num">{move || say(page.words().available_n, &[("n", &available)])}</span>
            </div>
            <div class="bars" aria-hidden="true">{card.bar.iter().map(segment).collect_view()}</div>
            <div class="line" style="margin-top:6px">
                {glyph(progress.glyph(), "s12")}
                <span>{move || progress_word(progress, page.words())}</span>
                <button class="link end" data-testid="rollout" on:click=move |event| {
                    event.stop_propagation();
                    page.screen.set(Screen::Rollout(rollout.clone()));
                }>{t(|w| w.rollout)}</button>
            </div>
        </div>
    }
}

/// Enter and Space act on what is drawn as a card as a click does.
fn click_on_enter(event: &leptos::ev::KeyboardEvent) {
    use wasm_bindgen::JsCast as _;
    let own = event.target() == event.current_target();
    if own && (event.key() == "Enter" || event.key() == " ") {
        event.prevent_default();
        if let Some(element) = event.current_target().and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
            element.click();
        }
    }
}

fn set(it: &SetCard) -> impl IntoView + use<> {
    let page = page();
    let (key, own) = (it.key.clone(), it.key.clone());
    let selected = Memo::new(move |_| page.selected.with(|it| it.as_ref() == Some(&own)));
    let (have, want, goal, ready) = (it.have, it.want, it.goal, it.ready);
    let count = move || {
        let words = page.words();
        let now = fill(words.set_count, &[("have", &have), ("want", &want)]);
        if goal == want { now } else { now + &fill(words.going_to, &[("goal", &goal)]) }
    };
    let class = format!("card set {}", it.rev.class());
    view! {
        <div class="cell">
            <button class=class class:sel=move || selected.get() role="treeitem" tabindex="-1" data-testid="set-card" data-key=it.key.name.to_string()
                aria-selected=move || selected.get().to_string() on:click=move |_| page.select(key.clone())>
                <span class="h">{icon(Icon::ReplicaSet, "s14")}<span class="ell">{it.key.name.to_string()}</span><span class="end"></span>{rev_chip(it.rev)}</span>
                <span class="line num"><span class="ell">{count}</span><span class="end">{move || say(page.words().ready_n, &[("n", &ready)])}</span></span>
            </button>
        </div>
    }
}

fn service(it: ServiceCard) -> impl IntoView {
    let page = page();
    let key = it.key.clone();
    let (ready, of) = (it.pods.iter().filter(|ready| **ready).count(), it.pods.len());
    let dot = |ready: &bool| glyph(if *ready { Glyph::Done } else { Glyph::NotYet }, "s12");
    view! {
        <div class="cell">
            <button class="card" role="treeitem" tabindex="-1" data-testid="service-card" on:click=move |_| page.select(key.clone())>
                <span class="h">{icon(Icon::Service, "s14")}{it.key.name.to_string()}<span class="f11 t3">"Service"</span></span>
                <span class="line mono">{it.address}</span>
                <span class="dots" aria-hidden="true">{it.pods.iter().take(36).map(dot).collect_view()}</span>
                <span class="line num">{move || say(page.words().ready_pods_of, &[("n", &ready), ("of", &of)])}</span>
            </button>
        </div>
    }
}

/// A page of nodes.
#[component]
fn Nodes() -> impl IntoView {
    let page = page();
    let model = Memo::new(move |_| {
        let at = page.node_page.get();
        page.world.with(|world| node_page(world, at))
    });
    let paged = move || model.with(|it| it.of > it.names.len());
    let range = move || {
        model.with(|it| {
            let (from, to) = (it.first + 1, it.first + it.names.len());
            say(page.words().nodes_page, &[("from", &from), ("to", &to), ("of", &it.of)])
        })
    };
    let turn = move |by: isize| {
        let last = model.with_untracked(|it| it.of.saturating_sub(1)) / crate::panels::map::nodes::NODES_PER_PAGE;
        page.node_page.update(|at| *at = at.saturating_add_signed(by).min(last));
    };
    view! {
        <div class="band" style="margin-top:2px">
            <span>{t(|w| w.nodes)}</span>{simulated()}
            <Show when=paged>
                <span class="end num">{range}</span>
                <button class="btn sm icon ghost" aria-label=t(|w| w.previous_page) on:click=move |_| turn(-1)>{icon(Icon::Back, "s14")}</button>
                <button class="btn sm icon ghost" aria-label=t(|w| w.next_page) on:click=move |_| turn(1)>{icon(Icon::Right, "s14")}</button>
            </Show>
        </div>
        <div class="nodes" role="group" aria-label=t(|w| w.nodes) data-count=move || model.with(|it| it.names.len().to_string())>
            <For each=move || model.with(|it| it.names.clone()) key=Clone::clone let:name><Node name /></For>
            <Show when=move || model.with(|it| it.unscheduled)><Unscheduled /></Show>
        </div>
    }
}

/// The Pods that have no node.
#[component]
fn Unscheduled() -> impl IntoView {
    let page = page();
    let pods =
        Memo::new(move |_| page.namespace.with(|ns| page.world.with(|world| tiles(world, "", ns.as_deref(), false))));
    view! {
        <section class="node unscheduled" data-testid="unscheduled" aria-label=t(|w| w.unscheduled)>
            <header>{icon(Icon::Scheduler, "s14")}{t(|w| w.unscheduled)}</header>
            <Tiles
                pods=Signal::derive(move || pods.with(|it| it.0.clone()))
                more=Signal::derive(move || pods.with(|it| it.1))
                glyphs=Signal::derive(move || pods.with(|it| it.2))
            />
        </section>
    }
}

/// A node. Only it is computed and drawn again when one of its Pods changes.
#[component]
fn Node(name: Text) -> impl IntoView {
    let page = page();
    let own = name.clone();
    let model =
        Memo::new(move |_| page.namespace.with(|ns| page.world.with(|world| node_box(world, &own, ns.as_deref()))));
    let head =
        Memo::new(move |_| model.with(|it| it.as_ref().map(|it| NodeBox { pods: Vec::new(), more: 0, ..it.clone() })));
    let key = Key::new(NODES, "", name.clone());
    let chosen = key.clone();
    let selected = Memo::new(move |_| page.selected.with(|it| it.as_ref() == Some(&chosen)));
    let class = move || {
        let health = head.with(|it| it.as_ref().map_or("", |it| it.health.class()));
        format!("node {health}{}", if selected.get() { " sel" } else { "" })
    };
    let title = name.to_string();
    let empty = move || model.with(|it| it.as_ref().is_some_and(|it| it.pods.is_empty()));
    view! {
        <section class=class data-testid="node" data-name=name.to_string() data-health=move || head.with(|it| it.as_ref().map(|it| it.health.class()))>
            <header>
                <button role="treeitem" tabindex="-1" aria-selected=move || selected.get().to_string() on:click=move |_| page.select(key.clone())>
                    {icon(Icon::Node, "s14")}<span class="ell">{title}</span>
                </button>
                {move || head.get().map(|it| node_head(page, &it))}
            </header>
            {move || head.get().map(|it| kubelet(page, &it))}
            <Tiles
                pods=Signal::derive(move || model.with(|it| it.as_ref().map(|it| it.pods.clone()).unwrap_or_default()))
                more=Signal::derive(move || model.with(|it| it.as_ref().map_or(0, |it| it.more)))
                glyphs=Signal::derive(move || model.with(|it| it.as_ref().is_some_and(|it| it.glyphs)))
            />
            <Show when=empty><p class="none">{t(|w| w.no_pods_yet)}</p></Show>
        </section>
    }
}

fn node_head(page: Page, it: &NodeBox) -> impl IntoView + use<> {
    let meter = |name: &'static str, percent: u64| {
        view! { <span class="meter" title=format!("{name} {percent}%")>{name}<i><b style:width=format!("{percent}%")></b></i></span> }
    };
    view! {
        {glyph(it.health.glyph(), "s12")}
        <span class="word">{health_word(it.health, page.words())}</span>
        <span class="grow"></span>
        {meter("cpu", it.cpu)}{meter("mem", it.memory)}
    }
}

fn kubelet(page: Page, it: &NodeBox) -> impl IntoView + use<> {
    let words = page.words();
    let (who, line) = match &it.kubelet {
        KubeletLine::Idle => (Text::default(), words.kubelet_idle.to_owned()),
        KubeletLine::Pulling(pod, percent) => (pod.clone(), fill(words.pulling_percent, &[("n", percent)])),
        KubeletLine::Silent(time) => (Text::default(), fill(words.no_heartbeat, &[("time", time)])),
        KubeletLine::Closed => (Text::default(), words.no_new_pods.to_owned()),
    };
    view! {
        <div class="kubelet">{icon(Icon::Loop, "s12")}<span>"kubelet"</span><span class="mono t2">{who.to_string()}</span><span class="end num">{line}</span></div>
    }
}

/// The Pods of a node as tiles or glyphs. Each is drawn again only when it changes.
#[component]
fn Tiles(pods: Signal<Vec<PodTile>>, more: Signal<usize>, glyphs: Signal<bool>) -> impl IntoView {
    let page = page();
    let keys = Memo::new(move |_| pods.with(|pods| pods.iter().map(|tile| tile.key.clone()).collect::<Vec<_>>()));
    let small = Memo::new(move |_| glyphs.get());
    let tile = move |key: Key| {
        let own = key.clone();
        let one = Memo::new(move |_| pods.with(|pods| find(pods, &own)));
        view! { <Tile key tile=one small=small.get_untracked() /> }
    };
    view! {
        <div class:glyphs=move || small.get()>
            {move || {
                small.track();
                // Tiles do not listen for another language themselves.
                page.words();
                view! { <For each=move || keys.get() key=Clone::clone children=tile /> }
            }}
        </div>
        <Show when=move || { more.get() > 0 }>
            <p class="more num">{move || say(page.words().more_pods, &[("n", &more.get())])}</p>
        </Show>
    }
}

/// The tile of one Pod; tiles stand in the order of their keys.
fn find(pods: &[PodTile], key: &Key) -> Option<PodTile> {
    pods.binary_search_by(|tile| tile.key.cmp(key)).ok().map(|at| pods[at].clone())
}

/// A Pod, drawn again as a whole when it changes; a small one is its glyph alone.
#[component]
fn Tile(key: Key, tile: Memo<Option<PodTile>>, small: bool) -> impl IntoView {
    let page = page();
    let own = key.clone();
    let selected = Memo::new(move |_| page.selected.with(|it| it.as_ref() == Some(&own)));
    move || tile.with(|it| it.as_ref().map(|it| pod(page, it, small, selected.get())))
}

/// The tile, in the language of now: it would be slow if a thousand tiles listened for another one.
fn pod(page: Page, it: &PodTile, small: bool, selected: bool) -> impl IntoView + use<> {
    let (to, name, phase) = (it.key.clone(), it.key.name.to_string(), it.state.phase);
    let reason = it.state.reason.to_string();
    let word = if reason.is_empty() { phase.word(page.words_now()).to_owned() } else { reason.clone() };
    let label = say(page.words_now().pod_label, &[("name", &name), ("phase", &word)]);
    let class = format!("tile {} {}{}", it.rev.class(), phase.id(), if selected { " sel" } else { "" });
    let lines = (!small).then(|| {
        let word_class = format!("word ell {}", phase.glyph().tone().class());
        view! {
            <span class="l1">{glyph(phase.glyph(), "")}<span class="ell">{name.clone()}</span><span class=word_class>{word}</span></span>
            <span class="l2">{second_line(page, it)}</span>
        }
    });
    view! {
        <button class=class role="treeitem" tabindex="-1"
            data-testid="pod-tile" data-name=name data-namespace=it.key.namespace.to_string() data-phase=phase.id() data-reason=reason
            aria-label=label.clone() title=label aria-selected=selected.to_string()
            on:click=move |_| page.select(to.clone())>
            {small.then(|| glyph(phase.glyph(), ""))}
            {lines}
        </button>
    }
}

fn second_line(page: Page, tile: &PodTile) -> impl IntoView + use<> {
    let words = page.words_now();
    let restarted = match tile.restarts {
        1 => words.restart_one.to_owned(),
        n => say(words.restarts_n, &[("n", &n)]),
    };
    let ip = if tile.ip.is_empty() { words.no_ip.to_owned() } else { tile.ip.to_string() };
    view! {
        {rev_short(tile.rev)}
        <span class="num">{say(words.ready_of, &[("n", &tile.ready), ("of", &tile.containers)])}</span>
        <span class="num" class:restarted=tile.restarts != 0>{restarted}</span>
        <span class="mono ell">{ip}</span>
    }
}
