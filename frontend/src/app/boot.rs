//! How a run begins, and how what the engine says reaches the page.

use crate::app::examples::EXAMPLES;
use crate::app::server;
use crate::app::theme_name;
use crate::i18n::fill;
use crate::keep::{Keep, KeepError};
use crate::state::engine::{Heard, split};
use crate::state::prefs::Theme;
use crate::state::{Dialog, Page, Place, speech};
use leptos::prelude::*;
use shared::playground::protocol::{Act, Answer, Applied, Delta, Document, Question, Speed, ToPage, ToWorker};
use shared::trace::SourceFile;
use std::time::Duration;
use wasm_bindgen::prelude::*;

/// The name under which the run is kept in this browser.
const RUN: &str = "run";

/// The name under which the files are kept at each change.
const FILES: &str = "files";

/// What the fragment of a server's page begins with; the key follows.
const SERVER: &str = "#server=";

/// How long the run rests before it is kept.
const KEEP_AFTER: Duration = Duration::from_millis(1_500);

/// How long the live region rests between two messages.
const SAY_AFTER: Duration = Duration::from_secs(1);

/// What a link's fragment begins with.
const LINK: &str = "#v";

/// Starts the engine, and a run as soon as it is there.
///
/// The files are in the editor before that: what is typed while the engine starts must not be lost.
pub fn start(page: Page) {
    if !fragment().starts_with(LINK) {
        show_files(page, &run_here(page));
    }
    let in_use = || server::key_in_use().filter(|_| !fragment().starts_with(LINK));
    match key_of_fragment().or_else(in_use) {
        Some(key) => server::connect(page, &key),
        None => page.engine.start(hearing(page)),
    }
    let opened = window_event_listener_untyped("hashchange", move |_| match key_of_fragment() {
        Some(key) => server::go(page, key),
        None if fragment().starts_with(LINK) => in_tab(page),
        None => {}
    });
    on_cleanup(move || opened.remove());
    keep_what_changes(page);
}

/// What is done with what the other end says.
pub(super) fn hearing(page: Page) -> impl Fn(Heard) + Clone + 'static {
    move |heard| match heard {
        Heard::Ready if page.place.get_untracked() == Place::Server => server::welcome(page),
        Heard::Ready => begin(page),
        Heard::Messages(messages) => take(page, messages),
        Heard::Lost(reason) => {
            page.shell.busy.set(false);
            page.lost.set(Some(reason));
        }
    }
}

/// Opens the link of the address in this tab, whatever was shown before.
fn in_tab(page: Page) {
    if page.place.get_untracked() == Place::Server {
        server::leave(page);
    } else {
        begin(page);
    }
}

/// The key of a server's page in the address, which is taken out of it.
fn key_of_fragment() -> Option<String> {
    let key = fragment().strip_prefix(SERVER)?.to_owned();
    forget_fragment();
    Some(key)
}

/// A run from the link, or the kept one, or the first example.
fn begin(page: Page) {
    page.lost.set(None);
    let link = fragment();
    if !link.starts_with(LINK) {
        return begin_here(page);
    }
    page.engine.ask(Question::ReadLink(link), move |answer| match answer {
        Answer::Document(run) => open(page, *run),
        Answer::Error(reason) => {
            let words = page.words_now();
            let body = fill(words.link_open_failed_body, &[("reason", &reason)]);
            page.tell(false, words.link_open_failed.to_owned(), body, None);
            begin_here(page);
        }
        _ => begin_here(page),
    });
}

fn begin_here(page: Page) {
    let mut run = run_here(page);
    let shown = !page.opened.get_untracked() && page.files.all.with_untracked(|all| !all.is_empty());
    if shown {
        run.files = sources(page);
    } else {
        show_files(page, &run);
    }
    launch(page, run);
}

/// The kept run, or the first example.
fn run_here(page: Page) -> Document {
    let kept: Option<Document> = Keep::open().load(RUN);
    let files: Option<Vec<SourceFile>> = Keep::open().load(FILES);
    let mut run = kept.unwrap_or_else(|| EXAMPLES[0].document((EXAMPLES[0].title)(page.words_now())));
    run.files = files.filter(|files| !files.is_empty()).unwrap_or(run.files);
    run
}

/// Opens a run: its files in the editor, its log in the engine.
pub fn open(page: Page, run: Document) {
    show_files(page, &run);
    launch(page, run);
}

/// Puts a run's title and files into the page.
fn show_files(page: Page, run: &Document) {
    let applied = run.log.iter().rev().find_map(|entry| match &entry.act {
        Act::Apply(files) => Some(files.clone()),
        Act::Terminal { .. } | Act::Edited(_) | Act::Interrupt | Act::Fault(_) => None,
    });
    page.title.set(run.title.to_string());
    page.files.replace(&run.files, &applied.unwrap_or_default());
}

/// Forgets what was said of another cluster.
pub(super) fn forget_cluster(page: Page) {
    page.lost.set(None);
    page.selected.set(None);
    page.refusal.set(None);
    page.faults.set(Vec::new());
    page.shell.busy.set(false);
    page.readiness.update_value(crate::panels::rollout::history::Readiness::clear);
}

/// Runs a run's log in the engine.
fn launch(page: Page, run: Document) {
    forget_cluster(page);
    let faults = run.log.iter().filter_map(|entry| match &entry.act {
        Act::Fault(fault) => Some(fault),
        Act::Apply(_) | Act::Terminal { .. } | Act::Edited(_) | Act::Interrupt => None,
    });
    page.faults.update(|on| faults.for_each(|fault| crate::panels::faults::model::note(on, fault)));
    page.opened.set(true);
    page.send(ToWorker::Open(run));
}

/// Opens the files as they are on a new cluster, with nothing done yet.
pub fn start_over(page: Page) {
    let run = Document {
        title: page.title.get_untracked().into(),
        files: page.files.sources(),
        seed: page.clock.with_untracked(|clock| clock.seed),
        ..Document::default()
    };
    warn(save(RUN, &run));
    forget_fragment();
    if page.lost.with_untracked(Option::is_some) {
        page.engine.start(hearing(page));
    } else {
        open(page, run);
    }
}

fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// Takes the link out of the address: what follows is another run.
pub(super) fn forget_fragment() {
    if let Ok(history) = window().history() {
        let path = window().location().pathname().unwrap_or_default();
        // The address is a convenience; a browser that refuses changes nothing else.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}

/// Takes in what came since the last frame.
fn take(page: Page, messages: Vec<ToPage>) {
    let (deltas, rest) = split(messages);
    if !deltas.is_empty() {
        apply(page, deltas);
    }
    for message in rest {
        match message {
            ToPage::Terminal(output) => page.shell.hear(&output),
            ToPage::Applied(all) => applied(page, &all),
            ToPage::Edit { name, text } => page.dialog.set(Some(Dialog::Edit(name, text))),
            ToPage::Delta(_) | ToPage::Answer(..) => {}
        }
    }
}

fn apply(page: Page, deltas: Vec<Delta>) {
    announce(page, &deltas);
    page.world.update(|world| {
        for delta in deltas {
            let kept = Delta { objects: delta.objects.clone(), ..Delta::default() };
            world.apply(delta);
            page.readiness.update_value(|readiness| readiness.note(world, &kept));
        }
    });
    page.ready.set(true);
}

/// Says what changed, at most once per second; what comes in between is not said.
fn announce(page: Page, deltas: &[Delta]) {
    let text = speech::sentences(deltas, page.words_now());
    if text.is_empty() || !page.said.with_untracked(String::is_empty) {
        return;
    }
    page.said.set(text);
    set_timeout(move || page.said.set(String::new()), SAY_AFTER);
}

/// What an apply came to.
fn applied(page: Page, all: &[Applied]) {
    let words = page.words_now();
    let refused = all.iter().find(|it| !it.ok);
    page.refusal.set(refused.cloned());
    page.files.note_applied(|name| all.iter().any(|it| !it.ok && it.file == name));
    if let Some(it) = refused {
        let index = page.files.all.with_untracked(|files| files.iter().position(|file| file.name == it.file.as_str()));
        let place = index.map(|index| (index, it.line));
        return page.tell(false, words.not_applied.to_owned(), it.message.clone(), place);
    }
    let body = all.iter().map(|it| it.message.as_str()).collect::<Vec<_>>().join("\n");
    page.tell(true, fill(words.applied_n, &[("n", &all.len())]), body, None);
    if let Some(key) =
        all.iter().find_map(|it| it.key.clone()).filter(|_| page.selected.with_untracked(Option::is_none))
    {
        page.selected.set(Some(key));
    }
    if page.auto_play.get_untracked() && page.clock.with_untracked(|clock| clock.playing.is_none()) {
        page.send(ToWorker::Play(page.prefs.speed.get_untracked()));
    }
}

/// Keeps the run in this browser when files, title or actions have changed.
fn keep_what_changes(page: Page) {
    Effect::new(move |_| {
        page.files.all.track();
        if page.opened.get() {
            warn(save(FILES, &sources(page)));
        }
    });
    let changes = RwSignal::new(0_u32);
    let actions = page.model(|world| (world.actions.len(), world.clock.branch));
    Effect::new(move |_| {
        actions.track();
        page.files.all.track();
        page.title.track();
        changes.update(|it| *it += 1);
        let now = changes.get_untracked();
        let here = move || page.ready.get_untracked() && page.place.get_untracked() == Place::Tab;
        let quiet = move || changes.try_get_untracked() == Some(now) && here();
        set_timeout(
            move || {
                if quiet() {
                    keep_now(page);
                }
            },
            KEEP_AFTER,
        );
    });
}

fn keep_now(page: Page) {
    page.engine.ask(Question::Document, move |answer| {
        if let Answer::Document(run) = answer {
            warn(keep(page, *run));
        }
    });
}

/// Keeps the run in this browser, with the files and the title as they are in the page.
///
/// # Errors
/// The browser has no room for it.
pub(super) fn keep(page: Page, run: Document) -> Result<(), KeepError> {
    save(RUN, &as_in_page(page, run))
}

fn as_in_page(page: Page, run: Document) -> Document {
    Document { title: page.title.get_untracked().into(), files: sources(page), ..run }
}

/// Hands over the run as it is now, with the files and the title as they are in the page.
pub fn with_run(page: Page, take: impl FnOnce(&Document) + 'static) {
    page.engine.ask(Question::Document, move |answer| {
        if let Answer::Document(run) = answer {
            take(&as_in_page(page, *run));
        }
    });
}

fn save(name: &str, value: &impl serde::Serialize) -> Result<(), KeepError> {
    Keep::open().save(name, value)
}

/// What is not kept now is tried again at the next change.
fn warn(kept: Result<(), KeepError>) {
    if let Err(error) = kept {
        leptos::logging::warn!("{error}");
    }
}

fn sources(page: Page) -> Vec<SourceFile> {
    let file =
        |it: &crate::state::files::File| SourceFile { name: it.name.as_str().into(), text: it.text.as_str().into() };
    page.files.all.with_untracked(|all| all.iter().map(file).collect())
}

/// Opens a run and lets time run on.
///
/// A server's cluster lives by itself: there only the files are opened.
pub fn open_and_play(page: Page, run: Document) {
    if page.place.get_untracked() == Place::Server {
        return show_files(page, &run);
    }
    forget_fragment();
    open(page, run);
    page.prefs.speed.set(Speed::Normal);
}

/// Follows the system between light and dark.
pub fn follow_system(page: Page) {
    let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") else { return };
    let theme = |dark| if dark { Theme::Dark } else { Theme::Light };
    page.prefs.system.set(theme(query.matches()));
    let list = query.clone();
    let changed = Closure::<dyn FnMut()>::new(move || page.prefs.system.set(theme(list.matches())));
    query.set_onchange(Some(changed.as_ref().unchecked_ref()));
    changed.forget();
}

/// Puts theme, language and text size on the root element, and keeps the settings.
pub fn reflect_settings(page: Page) {
    let root = document().document_element();
    Effect::new(move |_| {
        let Some(root) = &root else { return };
        let set = |name: &str, value: &str| {
            // The root element takes every attribute.
            let _ = root.set_attribute(name, value);
        };
        set("data-theme", theme_name(page.prefs.shown()));
        set("lang", page.prefs.lang.get().tag());
        if page.prefs.comfortable.get() {
            set("data-comfortable", "");
        } else {
            drop(root.remove_attribute("data-comfortable"));
        }
    });
    Effect::new(move |_| page.prefs.save());
    Effect::new(move |_| {
        let title = page.title.get();
        document().set_title(&if title.is_empty() {
            "Pilothouse".to_owned()
        } else {
            format!("{title} · Pilothouse")
        });
    });
}
