//! The left panel: file tabs, the editor, Apply, and the examples.

use crate::app::examples::EXAMPLES;
use crate::editor::{Editor, Setup, Words};
use crate::i18n::Lang;
use crate::icons::{Icon, glyph, icon};
use crate::panels::clock;
use crate::panels::status::Glyph;
use crate::panels::widgets::rove;
use crate::state::files::File;
use crate::state::{Dialog, Page, PhoneTab, page, say, t};
use leptos::html::Div;
use leptos::prelude::*;
use shared::playground::protocol::{Answer, Diagnostic, Question};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// How long typing rests before the file is checked.
const CHECK_AFTER: Duration = Duration::from_millis(250);

thread_local! {
    static EDITOR: Rc<RefCell<Option<Editor>>> = Rc::default();
}

fn with_editor(act: impl FnOnce(&Editor)) {
    EDITOR.with(|it| {
        if let Some(editor) = &*it.borrow() {
            act(editor);
        }
    });
}

/// The whole panel.
#[component]
pub fn LeftPanel() -> impl IntoView {
    view! {
        <aside class="panel left" id="region-editor" tabindex="-1" aria-label=t(|w| w.files_and_examples)>
            <FileTabs />
            <EditorPlace />
            <Keys />
            <ApplyBar />
            <BranchNote />
            <Examples />
        </aside>
    }
}

/// One tab per file.
#[component]
fn FileTabs() -> impl IntoView {
    let page = page();
    let names = Memo::new(move |_| {
        page.files
            .all
            .with(|all| all.iter().map(|file| (file.name.clone(), file.text != file.applied)).collect::<Vec<_>>())
    });
    let tab = move |(index, (name, changed)): (usize, (String, bool))| {
        let chosen = move || page.files.open.get() == index;
        let (rename, close, shown) = (name.clone(), name.clone(), name.clone());
        let several = names.with(|all| all.len() > 1);
        let mark = changed.then(|| view! { <span class="dot" role="img" aria-label=t(|w| w.changed_mark) title=t(|w| w.changed_mark)></span> });
        let cross = (several && chosen()).then(|| view! {
            <button class="tab-x" tabindex="-1" data-testid="close-file" aria-label=move || say(page.words().close_file, &[("name", &close)]) on:click=move |_| page.files.close(index)>{icon(Icon::Close, "s12")}</button>
        });
        view! {
            <span class="filetab">
                <button role="tab" data-testid="file-tab" data-name=name.clone() aria-selected=move || chosen().to_string() tabindex=move || if chosen() { "0" } else { "-1" }
                    title=move || say(page.words().rename_file, &[("name", &rename)])
                    on:click=move |_| page.files.show(index) on:dblclick=move |_| page.dialog.set(Some(Dialog::Rename(index)))
                    on:keydown=move |event| if event.key() == "F2" { page.dialog.set(Some(Dialog::Rename(index))) }>
                    {icon(Icon::File, "s14")}{shown}{mark}
                </button>
                {cross}
            </span>
        }
    };
    view! {
        <div class="tabs">
            <div class="list" role="tablist" aria-label=t(|w| w.files) on:keydown=|event| rove(&event, "[role=tab]")>
                {move || { page.files.open.track(); names.get().into_iter().enumerate().map(tab).collect_view() }}
            </div>
            <button class="btn sm icon ghost" style="align-self:center" data-testid="new-file" aria-label=t(|w| w.new_file) title=t(|w| w.new_file) on:click=move |_| page.files.add()>{icon(Icon::Plus, "s14")}</button>
        </div>
    }
}

/// The editor, bound to the open file.
#[component]
fn EditorPlace() -> impl IntoView {
    let page = page();
    let place = NodeRef::<Div>::new();
    let changed = RwSignal::new(0_u32);
    Effect::new(move |_| {
        if let Some(parent) = place.get() {
            let made = untrack(|| Editor::create(&parent, setup(page, changed)));
            EDITOR.with(|it| it.replace(Some(made)));
        }
    });
    Effect::new(move |_| {
        page.files.loaded.track();
        let text = open_file(page).map(|file| file.text).unwrap_or_default();
        with_editor(|editor| editor.set_text(&text));
        changed.update(|it| *it += 1);
    });
    Effect::new(move |_| {
        let index = page.files.open.get();
        let name = page.files.all.with(|all| all.get(index).map(|file| file.name.clone()).unwrap_or_default());
        let words = editor_words(page, &name);
        with_editor(|editor| editor.set_words(&words));
    });
    Effect::new(move |_| {
        let now = changed.get();
        set_timeout(
            move || {
                if changed.try_get_untracked() == Some(now) {
                    check(page);
                }
            },
            CHECK_AFTER,
        );
    });
    Effect::new(move |_| {
        let problems = open_problems(page);
        with_editor(|editor| editor.set_diagnostics(&problems));
    });
    view! { <div class="ph-editor" node_ref=place data-testid="editor"></div> }
}

fn open_file(page: Page) -> Option<File> {
    let open = page.files.open.get_untracked();
    page.files.all.with_untracked(|all| all.get(open).cloned())
}

fn open_problems(page: Page) -> Vec<Diagnostic> {
    let open = page.files.open.get();
    page.files.all.with(|all| all.get(open).map(|file| file.problems.clone()).unwrap_or_default())
}

fn setup(page: Page, changed: RwSignal<u32>) -> Setup {
    Setup {
        text: open_file(page).map(|file| file.text).unwrap_or_default(),
        words: untrack(|| editor_words(page, "")),
        on_change: Box::new(move |text| {
            page.files.edit(text);
            changed.update(|it| *it += 1);
        }),
        complete: Box::new(move |asked| {
            let question = Question::Complete(asked.text.clone(), asked.line, asked.column);
            page.engine.ask(question, move |answer| match answer {
                Answer::Completions(found) => asked.answer(&found[..]),
                _ => asked.answer(&[]),
            });
        }),
        explain: Box::new(move |asked| {
            let question = Question::Hover(asked.text.clone(), asked.line, asked.column);
            page.engine.ask(question, move |answer| match answer {
                Answer::Hover(hover) => asked.answer(&hover),
                _ => asked.answer(&None),
            });
        }),
    }
}

/// The editor's words in the language of the page; tracks it.
fn editor_words(page: Page, name: &str) -> Words {
    let phrase = |(english, chinese): &(&str, &str)| ((*english).to_owned(), (*chinese).to_owned());
    let phrases = match page.prefs.lang.get() {
        Lang::En => Vec::new(),
        Lang::Zh => PHRASES_ZH.iter().map(phrase).collect(),
    };
    Words { label: say(page.words().editor_label, &[("name", &name)]), phrases }
}

/// The editor's own words in Chinese.
const PHRASES_ZH: &[(&str, &str)] = &[
    ("Find", "查找"),
    ("Replace", "替换"),
    ("next", "下一个"),
    ("previous", "上一个"),
    ("all", "全部"),
    ("match case", "区分大小写"),
    ("regexp", "正则"),
    ("by word", "整词"),
    ("replace", "替换"),
    ("replace all", "全部替换"),
    ("close", "关闭"),
    ("current match", "当前匹配"),
    ("on line", "在第几行"),
    ("Go to line", "转到行"),
    ("go", "转到"),
    ("Diagnostics", "诊断"),
    ("No diagnostics", "没有诊断"),
    ("Fold line", "折叠"),
    ("Unfold line", "展开"),
    ("folded code", "已折叠"),
    ("unfold", "展开"),
    ("Completions", "补全"),
    ("Fix", "修复"),
    ("required", "必填"),
    ("optional", "可选"),
    ("default", "默认"),
];

/// Asks the engine for the problems of the open file.
fn check(page: Page) {
    let Some(file) = open_file(page) else { return };
    page.engine.ask(Question::Diagnose(file.text.clone()), move |answer| {
        let Answer::Diagnostics(found) = answer else { return };
        page.files.all.update(|all| {
            if let Some(own) = all.iter_mut().find(|it| it.name == file.name && it.text == file.text) {
                own.problems = found;
            }
        });
    });
}

/// Shows a line of the file called `name`, if there is one.
pub fn reveal(page: Page, name: &str, line: u32) {
    let index = page.files.all.with_untracked(|all| all.iter().position(|file| file.name == name));
    if let Some(index) = index {
        reveal_at(page, index, line);
    }
}

/// Shows a line of the file at `index`.
pub fn reveal_at(page: Page, index: usize, line: u32) {
    page.screen.set(crate::state::Screen::Map);
    page.phone.set(PhoneTab::Editor);
    page.rail_open.set(true);
    if page.files.open.get_untracked() != index {
        page.files.show(index);
    }
    let show = move || {
        with_editor(|editor| {
            editor.reveal(line, 1);
            editor.focus();
        });
    };
    set_timeout(show, Duration::from_millis(60));
}

/// Moves the focus into the editor.
pub fn focus_editor() {
    with_editor(Editor::focus);
}

/// Keys that a phone's keyboard hides.
#[component]
fn Keys() -> impl IntoView {
    let page = page();
    let key = move |text: &'static str, put: &'static str| {
        let insert = move |_| {
            let text = open_file(page).map(|file| file.text).unwrap_or_default();
            page.files.edit(text + put);
            page.files.loaded.update(|it| *it += 1);
            focus_editor();
        };
        view! { <button lang="en" on:click=insert>{text}</button> }
    };
    view! { <div class="kbar">{key("⇥", "  ")}{key("-", "- ")}{key(":", ": ")}{key("{ }", "{}")}{key("#", "# ")}</div> }
}

/// Apply, Diff, and how many problems there are.
#[component]
fn ApplyBar() -> impl IntoView {
    let page = page();
    let counts = Memo::new(move |_| page.files.changes());
    let numbers = move || {
        let (added, removed) = counts.get();
        (added + removed > 0)
            .then(|| view! { <span class="n" data-testid="changes">{format!("+{added} −{removed}")}</span> })
    };
    let problems =
        Memo::new(move |_| page.files.all.with(|all| all.iter().map(|file| file.problems.len()).sum::<usize>()));
    let first = move || {
        page.files.all.with_untracked(|all| {
            let found = all.iter().enumerate().find_map(|(index, file)| Some((index, file.problems.first()?.line)));
            found.unwrap_or((0, 1))
        })
    };
    let text = move || match problems.get() {
        1 => page.words().problem_one.to_owned(),
        n => say(page.words().problems, &[("n", &n)]),
    };
    let jump = move |_| {
        let (index, line) = first();
        reveal_at(page, index, line);
    };
    view! {
        <div class="applybar">
            <button class="btn pri" data-testid="apply" on:click=move |_| page.apply()>{t(|w| w.apply)}{numbers}<span class="key not-phone" aria-hidden="true">"Ctrl ↵"</span></button>
            <button class="btn ghost" data-testid="diff" on:click=move |_| page.dialog.set(Some(Dialog::Diff))>{t(|w| w.diff)}</button>
            <span class="grow"></span>
            <Show when=move || { problems.get() > 0 }>
                <button class="row gap4 f11 c-bad m" data-testid="problems" on:click=jump>{glyph(Glyph::Failed, "s12")}{text}</button>
            </Show>
        </div>
    }
}

/// Says that an apply makes a branch.
#[component]
fn BranchNote() -> impl IntoView {
    let page = page();
    let live = Memo::new(move |_| page.clock.with(|clock| clock.live));
    let text = move || page.clock.with(|clock| say(page.words().applies_branch, &[("time", &clock::clock(clock.now))]));
    view! { <Show when=move || !live.get()><div class="note" data-testid="branch-note">{icon(Icon::Branch, "s12")}<span>{text}</span></div></Show> }
}

/// The list of examples.
#[component]
fn Examples() -> impl IntoView {
    let page = page();
    let filter = RwSignal::new(String::new());
    let row = move |(index, it): (usize, &'static crate::app::examples::Example)| {
        let shown = move || {
            let wanted = filter.get().to_lowercase();
            let text = format!("{} {}", (it.title)(page.words()), it.tag).to_lowercase();
            !text.contains(wanted.trim())
        };
        view! {
            <li hidden=shown><button class="li" data-testid="example" data-tag=it.tag on:click=move |_| page.dialog.set(Some(Dialog::Example(index)))>
                {icon(it.icon, "s14")}<span class="ell">{move || (it.title)(page.words())}</span><span class="end mono" lang="en">{it.tag}</span>
            </button></li>
        }
    };
    view! {
        <div class="sech" id="examples" tabindex="-1">
            <span>{t(|w| w.examples)}</span><span class="grow"></span>
            <input class="field f11" style="height:22px;width:130px" type="search" aria-label=t(|w| w.search_examples) placeholder=t(|w| w.search_examples)
                prop:value=move || filter.get() on:input=move |event| filter.set(event_target_value(&event)) />
        </div>
        <ul class="examples">{EXAMPLES.iter().enumerate().map(row).collect_view()}</ul>
    }
}

/// Shows the list of examples and moves the focus there.
pub fn focus_examples(page: Page) {
    use wasm_bindgen::JsCast as _;
    page.rail_open.set(true);
    page.phone.set(PhoneTab::Editor);
    request_animation_frame(|| {
        let found = document().query_selector(".examples button").ok().flatten();
        if let Some(item) = found.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
            // An element of the page can take the focus; if it is gone nothing is lost.
            let _ = item.focus();
        }
    });
}
