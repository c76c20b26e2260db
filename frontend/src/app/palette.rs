//! The command palette: commands and objects by name.

use crate::app::keys::{self, Command};
use crate::i18n::Words;
use crate::icons::{Icon, icon, kind_icon};
use crate::panels::kinds;
use crate::state::{Dialog, Page, Screen, page, t};
use leptos::html::Input;
use leptos::prelude::*;
use shared::model::Key;
use shared::model::key::resources::{EVENTS, LEASES};

/// How many entries are listed.
const LISTED_MAX: usize = 14;

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
enum Deed {
    Command(Command),
    Object(Key),
    Dialog(Dialog),
    Screen(Screen),
    Theme,
    Language,
    Comfortable,
    StartOver,
}

/// An entry.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    icon: Icon,
    text: String,
    hint: &'static str,
    deed: Deed,
}

fn commands(words: &'static Words) -> Vec<Entry> {
    let one = |icon, text: &str, hint, deed| Entry { icon, text: text.to_owned(), hint, deed };
    let key = |icon, text, hint, command| one(icon, text, hint, Deed::Command(command));
    vec![
        key(Icon::Play, words.key_play, "Space", Command::Play),
        key(Icon::StepReconcile, words.key_step_reconcile, "R", Command::StepReconcile),
        key(Icon::StepEvent, words.key_step_event, "E", Command::StepEvent),
        key(Icon::File, words.key_apply, "Ctrl ↵", Command::Apply),
        key(Icon::Branch, words.key_branch, "B", Command::Branch),
        key(Icon::Live, words.key_live, "L", Command::Live),
        key(Icon::Why, words.key_why, "W", Command::Why),
        key(Icon::Prompt, words.key_terminal, "`", Command::Terminal),
        key(Icon::Panel, words.key_dock, "Ctrl J", Command::Dock),
        key(Icon::Keyboard, words.key_help, "?", Command::Help),
        one(Icon::Share, words.share_title, "", Deed::Dialog(Dialog::Share)),
        one(Icon::Table, words.owners_table, "", Deed::Screen(Screen::Owners)),
        one(Icon::Sun, words.toggle_theme, "", Deed::Theme),
        one(Icon::Flag, words.toggle_language, "", Deed::Language),
        one(Icon::Expand, words.comfortable, "", Deed::Comfortable),
        one(Icon::Restart, words.reset_run, "", Deed::StartOver),
    ]
}

/// The entries that have all words of `query`, commands first.
fn found(page: Page, query: &str) -> Vec<Entry> {
    let query = query.to_lowercase();
    let has = |text: &str| query.split_whitespace().all(|word| text.to_lowercase().contains(word));
    let mut all: Vec<Entry> = commands(page.words()).into_iter().filter(|it| has(&it.text)).collect();
    let elsewhere = [EVENTS, LEASES];
    if !query.trim().is_empty() {
        page.world.with_untracked(|world| {
            let keys = world.objects.keys().filter(|key| !elsewhere.contains(&key.resource));
            let named = keys.map(|key| (key, kinds::kind(&key.resource)));
            let matching = named.filter(|(key, kind)| has(&format!("{kind} {}", key.path())));
            all.extend(matching.take(LISTED_MAX).map(|(key, kind)| Entry {
                icon: kind_icon(&kind),
                text: format!("{kind} {}", key.path()),
                hint: "",
                deed: Deed::Object(key.clone()),
            }));
        });
    }
    all.truncate(LISTED_MAX);
    all
}

fn act(page: Page, deed: Deed) {
    page.dialog.set(None);
    match deed {
        Deed::Command(command) => drop(keys::run(page, command)),
        Deed::Object(key) => page.select(key),
        Deed::Dialog(dialog) => page.dialog.set(Some(dialog)),
        Deed::Screen(screen) => page.screen.set(screen),
        Deed::Theme => page.prefs.toggle_theme(),
        Deed::Language => page.prefs.toggle_language(),
        Deed::Comfortable => page.prefs.comfortable.update(|it| *it = !*it),
        Deed::StartOver => keys::start_over(page),
    }
}

/// The palette.
#[component]
pub fn Palette() -> impl IntoView {
    let page = page();
    let query = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let input = NodeRef::<Input>::new();
    let entries = Memo::new(move |_| query.with(|query| found(page, query)));
    let key = move |event: leptos::ev::KeyboardEvent| {
        let last = entries.with_untracked(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => at.update(|it| *it = (*it + 1).min(last)),
            "ArrowUp" => at.update(|it| *it = it.saturating_sub(1)),
            "Enter" => {
                if let Some(entry) = entries.with_untracked(|all| all.get(at.get_untracked()).cloned()) {
                    act(page, entry.deed);
                }
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let row = move |(index, it): (usize, Entry)| {
        let deed = it.deed.clone();
        view! {
            <div class="li" role="option" id=format!("palette-{index}") data-testid="palette-entry" aria-selected=move || (at.get() == index).to_string() on:click=move |_| act(page, deed.clone())>
                {icon(it.icon, "s14")}<span class="ell">{it.text}</span>
                {(!it.hint.is_empty()).then(|| view! { <span class="end kbd">{it.hint}</span> })}
            </div>
        }
    };
    view! {
        <h2 class="vh">{t(|w| w.palette)}</h2>
        <input class="field" node_ref=input data-testid="palette-input" data-first role="combobox" aria-expanded="true" aria-controls="palette-list" aria-label=t(|w| w.palette_hint) placeholder=t(|w| w.palette_hint)
            aria-activedescendant=move || format!("palette-{}", at.get()) autocomplete="off"
            on:input=move |event| { at.set(0); query.set(event_target_value(&event)) } on:keydown=key />
        <div role="listbox" id="palette-list" aria-label=t(|w| w.palette)>{move || entries.get().into_iter().enumerate().map(row).collect_view()}</div>
        <Show when=move || entries.with(Vec::is_empty)><p class="caption">{t(|w| w.no_matches)}</p></Show>
    }
}
