//! Dialogs: one at a time, with the focus inside, closed by Escape.

use crate::app::examples::EXAMPLES;
use crate::app::palette::Palette;
use crate::app::server::{PlaceSwitch, ServerDialog};
use crate::app::top::{LanguageSwitch, ThemeSwitch};
use crate::app::{boot, clipboard};
use crate::icons::{Icon, icon};
use crate::panels::inspector::view::delete_command;
use crate::panels::kinds;
use crate::panels::widgets::diff_line;
use crate::state::{Dialog, Page, page, say, t};
use leptos::html::Div;
use leptos::prelude::*;
use shared::model::{Key, Text};
use shared::playground::protocol::{Act, Answer, Question};
use wasm_bindgen::JsCast as _;

/// Links longer than this may be cut by chat programs.
const LINK_CHARS_LONG: usize = 8_000;

/// The open dialog, if any.
#[component]
pub fn Dialogs() -> impl IntoView {
    let page = page();
    move || page.dialog.get().map(|dialog| view! { <Framed dialog /> })
}

/// The shade, the box and the focus.
#[component]
fn Framed(dialog: Dialog) -> impl IntoView {
    let page = page();
    let place = NodeRef::<Div>::new();
    let before = document().active_element().and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
    let before = StoredValue::new_local(before);
    Effect::new(move |_| {
        if let Some(place) = place.get() {
            focus_inside(&place);
        }
    });
    on_cleanup(move || {
        if let Some(element) = before.try_get_value().flatten() {
            // What had the focus may be gone; then the page keeps it.
            let _ = element.focus();
        }
    });
    let class = match &dialog {
        Dialog::Palette => "dialog palette",
        Dialog::Diff | Dialog::Edit(..) => "dialog wide",
        _ => "dialog",
    };
    view! {
        <div class="shade" on:click=move |event| if event.target() == event.current_target() { page.dialog.set(None) }>
            <div class=class role="dialog" aria-modal="true" node_ref=place tabindex="-1" data-testid="dialog" on:keydown=move |event| trap(&event, place)>
                {content(page, dialog)}
            </div>
        </div>
    }
}

fn content(page: Page, dialog: Dialog) -> AnyView {
    match dialog {
        Dialog::Share if page.on_server() => no_link().into_any(),
        Dialog::Share => view! { <Share /> }.into_any(),
        Dialog::Shortcuts => view! { <Shortcuts /> }.into_any(),
        Dialog::Palette => view! { <Palette /> }.into_any(),
        Dialog::Diff => view! { <Diff /> }.into_any(),
        Dialog::Example(index) => view! { <OpenExample index /> }.into_any(),
        Dialog::Delete(key) => view! { <Delete key /> }.into_any(),
        Dialog::Rename(index) => view! { <Rename index /> }.into_any(),
        Dialog::Edit(name, text) => view! { <Edit name text /> }.into_any(),
        Dialog::Menu => menu(page).into_any(),
        Dialog::Server => view! { <ServerDialog /> }.into_any(),
    }
}

const FOCUSABLE: &str = "button:not([disabled]), input, select, textarea, [tabindex='0']";

fn focusable(root: &web_sys::HtmlDivElement, selector: &str) -> Vec<web_sys::HtmlElement> {
    let Ok(all) = root.query_selector_all(selector) else { return Vec::new() };
    (0..all.length()).filter_map(|at| all.get(at)?.dyn_into().ok()).collect()
}

fn focus_inside(root: &web_sys::HtmlDivElement) {
    let wanted = focusable(root, "[data-first]").into_iter().chain(focusable(root, FOCUSABLE)).next();
    let element = wanted.unwrap_or_else(|| root.clone().unchecked_into());
    // An element of the page can take the focus; if it is gone nothing is lost.
    let _ = element.focus();
}

/// Keeps Tab inside.
fn trap(event: &leptos::ev::KeyboardEvent, place: NodeRef<Div>) {
    let Some(root) = place.get_untracked().filter(|_| event.key() == "Tab") else { return };
    let all = focusable(&root, FOCUSABLE);
    let active = document().active_element();
    let (edge, other) = if event.shift_key() { (all.first(), all.last()) } else { (all.last(), all.first()) };
    if edge.is_none_or(|edge| Some(edge.as_ref()) == active.as_ref())
        && let Some(other) = other
    {
        event.prevent_default();
        // An element of the page can take the focus; if it is gone nothing is lost.
        let _ = other.focus();
    }
}

/// Closes the dialog.
#[component]
fn CloseButton(#[prop(optional)] text: Option<fn(&'static crate::i18n::Words) -> &'static str>) -> impl IntoView {
    let page = page();
    view! { <button class="btn" data-testid="dialog-close" on:click=move |_| page.dialog.set(None)>{t(text.unwrap_or(|w| w.close))}</button> }
}

/// The link of this run.
#[component]
fn Share() -> impl IntoView {
    let page = page();
    let link = RwSignal::new(String::new());
    boot::with_run(page, move |run| drop(link.try_set(address(&shared::playground::link::write(run)))));
    let text = move || link.get();
    let size = move || say(page.words().share_size, &[("n", &text().len())]);
    let hash = move || page.clock.with(|clock| format!("{:016x}", clock.hash));
    view! {
        <h2>{t(|w| w.share_title)}</h2>
        <p class="t2">{t(|w| w.share_body)}</p>
        <div class="link-text mono" lang="en" tabindex="0" data-testid="share-link">{text}</div>
        <div class="row f11 t2"><span>{t(|w| w.share_hash)}</span><code data-testid="share-hash">{hash}</code><span class="end num" data-testid="share-size">{size}</span></div>
        <Show when=move || { text().len() > LINK_CHARS_LONG }><p class="c-warn f11">{t(|w| w.share_long)}</p></Show>
        <div class="buttons">
            <CloseButton />
            <button class="btn pri" data-testid="copy-link" data-first disabled=move || text().is_empty() on:click=move |_| clipboard::copy(page, &text())>{icon(Icon::Copy, "s14")}{t(|w| w.copy_link)}</button>
        </div>
    }
}

/// Why there is no link.
fn no_link() -> impl IntoView {
    view! {
        <h2>{t(|w| w.share_title)}</h2>
        <p class="t2" data-testid="no-link">{t(|w| w.server_no_link)}</p>
        <div class="buttons"><CloseButton /></div>
    }
}

/// The address of this page with another fragment.
fn address(fragment: &str) -> String {
    let location = window().location();
    let base = location.href().unwrap_or_default();
    let base = base.split('#').next().unwrap_or_default();
    format!("{base}#{}", fragment.trim_start_matches('#'))
}

/// All keys, and whether single ones act.
#[component]
fn Shortcuts() -> impl IntoView {
    let page = page();
    let row = |(keys, text): (&'static [&'static str], fn(&'static crate::i18n::Words) -> &'static str)| {
        let each = keys.iter().map(|key| view! { <span class="kbd">{*key}</span> }).collect_view();
        view! { <dt>{each}</dt><dd>{t(text)}</dd> }
    };
    view! {
        <h2>{t(|w| w.shortcuts)}</h2>
        <label class="row"><input type="checkbox" data-testid="single-keys" prop:checked=move || page.prefs.single_keys.get()
            on:change=move |event| page.prefs.single_keys.set(event_target_checked(&event)) />{t(|w| w.single_keys)}</label>
        <label class="row"><input type="checkbox" data-testid="comfortable" prop:checked=move || page.prefs.comfortable.get()
            on:change=move |event| page.prefs.comfortable.set(event_target_checked(&event)) />{t(|w| w.comfortable)}</label>
        <dl class="keys">{KEYS.iter().copied().map(row).collect_view()}</dl>
        <div class="buttons"><CloseButton /></div>
    }
}

type KeyRow = (&'static [&'static str], fn(&'static crate::i18n::Words) -> &'static str);

const KEYS: &[KeyRow] = &[
    (&["Space"], |w| w.key_play),
    (&["R"], |w| w.key_step_reconcile),
    (&["E"], |w| w.key_step_event),
    (&["Shift", "E"], |w| w.key_back),
    (&["1", "2", "3"], |w| w.key_speed),
    (&["B"], |w| w.key_branch),
    (&["L"], |w| w.key_live),
    (&["W"], |w| w.key_why),
    (&["O"], |w| w.key_owner),
    (&["←", "→"], |w| w.key_scrub),
    (&["Ctrl", "↵"], |w| w.key_apply),
    (&["Ctrl", "K"], |w| w.key_palette),
    (&["Ctrl", "J"], |w| w.key_dock),
    (&["F6", "Shift F6"], |w| w.key_region),
    (&["`"], |w| w.key_terminal),
    (&["↑", "↓"], |w| w.key_arrows),
    (&["Enter"], |w| w.key_enter),
    (&["Delete"], |w| w.key_delete),
    (&["?"], |w| w.key_help),
    (&["Esc"], |w| w.key_escape),
];

/// What an apply would change.
#[component]
fn Diff() -> impl IntoView {
    let page = page();
    let text = RwSignal::new(None::<Result<String, String>>);
    page.engine.ask(Question::Diff(page.files.sources()), move |answer| {
        let said = match answer {
            Answer::Text(text) => Ok(text),
            Answer::Error(error) => Err(error),
            _ => Err(String::new()),
        };
        drop(text.try_set(Some(said)));
    });
    let line = |line: &str| {
        let header = line.starts_with("+++") || line.starts_with("---");
        let sign = line.chars().next().filter(|sign| !header && "+-".contains(*sign)).unwrap_or(' ');
        let rest = if sign == ' ' { line.strip_prefix(' ').unwrap_or(line) } else { &line[1..] };
        diff_line(sign, rest.to_owned())
    };
    let body = move || {
        match text.get() {
        None => view! { <div class="sk"></div> }.into_any(),
        Some(Err(error)) => view! { <p class="c-bad" lang="en">{error}</p> }.into_any(),
        Some(Ok(text)) if text.trim().is_empty() => view! { <p class="t2">{t(|w| w.diff_none)}</p> }.into_any(),
        Some(Ok(text)) => view! { <div class="diff" lang="en" tabindex="0" data-testid="diff-text" style="max-height:52vh">{text.lines().map(line).collect_view()}</div> }.into_any(),
    }
    };
    let apply = move |_| {
        page.dialog.set(None);
        page.apply();
    };
    view! {
        <h2>{t(|w| w.diff_title)}</h2>{body}
        <div class="buttons"><CloseButton /><button class="btn pri" data-testid="diff-apply" on:click=apply>{t(|w| w.apply)}</button></div>
    }
}

/// Opens an example after asking.
#[component]
fn OpenExample(index: usize) -> impl IntoView {
    let page = page();
    let title = move || EXAMPLES.get(index).map_or("", |it| (it.title)(page.words()));
    let open = move |_| {
        page.dialog.set(None);
        if let Some(example) = EXAMPLES.get(index) {
            boot::open_and_play(page, example.document(title()));
        }
    };
    view! {
        <h2>{move || say(page.words().open_example_ask, &[("name", &title())])}</h2>
        <p class="t2">{t(|w| w.open_example_body)}</p>
        <div class="buttons"><CloseButton text=|w| w.cancel /><button class="btn pri" data-testid="open-example" data-first on:click=open>{t(|w| w.open)}</button></div>
    }
}

/// Deletes an object after asking; the focus is on the safe answer.
#[component]
fn Delete(key: Key) -> impl IntoView {
    let page = page();
    let line = delete_command(&key);
    let shown = line.clone();
    let (kind, name) = (kinds::kind(&key.resource), key.name.to_string());
    let delete = move |_| {
        page.dialog.set(None);
        page.run(&line);
    };
    view! {
        <h2>{move || say(page.words().delete_ask, &[("kind", &kind), ("name", &name)])}</h2>
        <p class="t2">{t(|w| w.delete_body)}</p>
        <div class="cmd" lang="en">{shown}</div>
        <div class="buttons"><CloseButton text=|w| w.keep /><button class="btn danger" data-testid="delete-confirm" on:click=delete>{icon(Icon::Trash, "s14")}{t(|w| w.delete_pod)}</button></div>
    }
}

/// Gives a file another name.
#[component]
fn Rename(index: usize) -> impl IntoView {
    let page = page();
    let old = page.files.all.with_untracked(|all| all.get(index).map(|file| file.name.clone()).unwrap_or_default());
    let name = RwSignal::new(old.clone());
    let done = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        page.files.rename(index, &name.get_untracked());
        page.dialog.set(None);
    };
    view! {
        <h2>{move || say(page.words().rename_file, &[("name", &old)])}</h2>
        <form on:submit=done class="row">
            <input class="field mono" data-testid="file-name" data-first aria-label=t(|w| w.file_name) prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event)) />
            <button class="btn pri" type="submit">{t(|w| w.ok)}</button>
        </form>
    }
}

/// The text that `kubectl edit` wants edited.
#[component]
fn Edit(name: Text, text: String) -> impl IntoView {
    let page = page();
    let value = RwSignal::new(text);
    let end = move |saved: bool| {
        page.act(Act::Edited(saved.then(|| value.get_untracked())));
        page.dialog.set(None);
    };
    view! {
        <h2>{move || say(page.words().edit_title, &[("name", &name)])}</h2>
        <textarea data-testid="edit-text" data-first lang="en" spellcheck="false" aria-label=t(|w| w.edit_help) prop:value=move || value.get() on:input=move |event| value.set(event_target_value(&event))></textarea>
        <div class="buttons"><button class="btn" on:click=move |_| end(false)>{t(|w| w.leave_edit)}</button><button class="btn pri" data-testid="edit-save" on:click=move |_| end(true)>{t(|w| w.save_edit)}</button></div>
    }
}

/// The phone's menu.
fn menu(page: Page) -> impl IntoView {
    view! {
        <h2>{t(|w| w.menu)}</h2>
        <div class="row"><span class="grow">{t(|w| w.place)}</span><PlaceSwitch /></div>
        <div class="row"><span class="grow">{t(|w| w.language)}</span><LanguageSwitch /></div>
        <div class="row"><span class="grow">{t(|w| w.toggle_theme)}</span><ThemeSwitch /></div>
        <button class="btn" on:click=move |_| page.dialog.set(Some(Dialog::Palette))>{icon(Icon::Search, "s14")}{t(|w| w.commands)}</button>
        <button class="btn" on:click=move |_| page.dialog.set(Some(Dialog::Shortcuts))>{icon(Icon::Keyboard, "s14")}{t(|w| w.shortcuts)}</button>
        <div class="buttons"><CloseButton /></div>
    }
}
