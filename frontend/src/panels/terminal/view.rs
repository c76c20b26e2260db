//! The terminal as it is drawn.

use crate::panels::terminal::model::{Recall, completed, is_heading};
use crate::state::shell::{Line, LineKind};
use crate::state::{Page, page, t};
use leptos::ev::KeyboardEvent;
use leptos::html::{Div, Input};
use leptos::prelude::*;
use shared::playground::protocol::{Act, Answer, Completion, Question};

/// How many completions are listed.
const LISTED_MAX: usize = 40;

/// The lines and the line that is being written.
#[component]
pub fn TerminalView() -> impl IntoView {
    let page = page();
    let place = NodeRef::<Div>::new();
    let input = NodeRef::<Input>::new();
    let options = RwSignal::new(Vec::<Completion>::new());
    let recall = StoredValue::new(Recall::default());
    let lines = Memo::new(move |_| page.shell.screen.with(|screen| screen.lines.clone()));
    Effect::new(move |_| {
        lines.track();
        page.shell.busy.track();
        options.track();
        request_animation_frame(move || {
            if let Some(place) = place.try_get_untracked().flatten() {
                place.set_scroll_top(place.scroll_height());
            }
        });
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        enter(page, input, options);
        recall.set_value(Recall::default());
    };
    let option = |it: Completion| view! { <span title=it.detail>{it.label}</span> };
    view! {
        <div class="term" node_ref=place lang="en" data-testid="terminal" on:click=move |_| focus_unless_selecting(input)>
            <Show when=move || lines.with(Vec::is_empty)>
                <div class="ln hintline"><span lang=move || page.prefs.lang.get().tag()>{t(|w| w.terminal_hint)}</span>" kubectl get pods"</div>
            </Show>
            <div role="log" aria-live="polite" data-testid="terminal-output">
                <For each=move || lines.get() key=|it| (it.number, it.text.len()) children=line />
            </div>
            <form on:submit=submit class:busy=move || page.shell.busy.get()>
                <input node_ref=input id="terminal-input" data-testid="terminal-input" aria-label=t(|w| w.terminal_input) autocomplete="off" autocapitalize="off" spellcheck="false"
                    data-busy=move || page.shell.busy.get().to_string()
                    placeholder=move || if page.shell.busy.get() { page.words().terminal_busy } else { "" }
                    on:keydown=move |event| on_key(page, &event, input, options, recall) />
            </form>
            <div class="sugg" role="status">{move || options.get().into_iter().take(LISTED_MAX).map(option).collect_view()}</div>
        </div>
    }
}

fn line(it: Line) -> impl IntoView {
    let kind = match it.kind {
        LineKind::Command => "ln Command",
        LineKind::Out if is_heading(&it.text) => "ln head",
        LineKind::Out => "ln Out",
        LineKind::Err => "ln Err",
    };
    view! { <div class=kind>{it.text}</div> }
}

fn focus_unless_selecting(input: NodeRef<Input>) {
    let selection = web_sys::window().and_then(|window| window.get_selection().ok().flatten());
    let selecting = selection.is_some_and(|it| !it.is_collapsed());
    if let Some(input) = input.get_untracked().filter(|_| !selecting) {
        // The line of the terminal can take the focus; if it is gone nothing is lost.
        let _ = input.focus();
    }
}

fn enter(page: Page, input: NodeRef<Input>, options: RwSignal<Vec<Completion>>) {
    let Some(input) = input.get_untracked() else { return };
    let line = input.value();
    if page.shell.busy.get_untracked() {
        return;
    }
    input.set_value("");
    options.set(Vec::new());
    match line.trim() {
        "" => page.shell.screen.update(|screen| screen.line(LineKind::Command, "")),
        "clear" => page.shell.screen.update(crate::state::shell::Screenful::clear),
        line => page.run(line),
    }
}

fn on_key(
    page: Page,
    event: &KeyboardEvent,
    input: NodeRef<Input>,
    options: RwSignal<Vec<Completion>>,
    recall: StoredValue<Recall>,
) {
    let Some(field) = input.get_untracked() else { return };
    let history = page.shell.history.get_untracked();
    let put = |line: Option<String>| line.into_iter().for_each(|line| field.set_value(&line));
    match (event.key().as_str(), event.ctrl_key()) {
        ("ArrowUp", false) => put(recall.try_update_value(|it| it.older(&history, &field.value())).flatten()),
        ("ArrowDown", false) => put(recall.try_update_value(|it| it.newer(&history)).flatten()),
        ("Tab", false) if !event.shift_key() && !field.value().is_empty() => complete(page, input, options),
        ("l" | "L", true) => page.shell.screen.update(crate::state::shell::Screenful::clear),
        ("c" | "C", true) => interrupt(page, &field),
        ("u" | "U", true) => field.set_value(""),
        _ => return,
    }
    event.prevent_default();
}

/// Ctrl-C: ends what runs; else gives up the line.
fn interrupt(page: Page, field: &web_sys::HtmlInputElement) {
    let abandoned = format!("{}^C", field.value());
    page.shell.screen.update(|screen| screen.line(LineKind::Out, &abandoned));
    field.set_value("");
    if page.shell.busy.get_untracked() {
        page.act(Act::Interrupt);
    }
}

fn complete(page: Page, input: NodeRef<Input>, options: RwSignal<Vec<Completion>>) {
    let Some(field) = input.get_untracked() else { return };
    let line = field.value();
    page.engine.ask(Question::CompleteLine(line.as_str().into()), move |answer| {
        let Answer::Completions(found) = answer else { return };
        let Some(field) = input.try_get_untracked().flatten().filter(|field| field.value() == line) else { return };
        field.set_value(&completed(&line, &found));
        options.set(if found.len() > 1 { found } else { Vec::new() });
    });
}
