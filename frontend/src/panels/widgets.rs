//! Small pieces that many views draw.

use crate::i18n::{Words, fill};
use crate::icons::{glyph, icon, kind_icon};
use crate::panels::inspector::model::Badge;
use crate::panels::kinds;
use crate::panels::map::nodes::NodeHealth;
use crate::panels::map::owners::{Progress, Rev};
use crate::panels::status::Glyph;
use crate::state::page;
use leptos::prelude::*;
use shared::model::Key;

/// The word of a badge.
pub fn badge_word(badge: &Badge, words: &Words) -> String {
    match badge {
        Badge::Pod(state) if !state.reason.is_empty() => state.reason.to_string(),
        Badge::Pod(state) => state.phase.word(words).to_owned(),
        Badge::Node(health) => health_word(*health, words).to_owned(),
        Badge::Progress(progress) => progress_word(*progress, words).to_owned(),
    }
}

/// The shape of a badge.
pub fn badge_glyph(badge: &Badge) -> Glyph {
    match badge {
        Badge::Pod(state) => state.phase.glyph(),
        Badge::Node(health) => health.glyph(),
        Badge::Progress(progress) => progress.glyph(),
    }
}

/// What a node is worth, in words.
pub fn health_word(health: NodeHealth, words: &Words) -> &'static str {
    match health {
        NodeHealth::Ready => words.node_ready,
        NodeHealth::NotReady => words.node_not_ready,
        NodeHealth::Cordoned => words.node_cordoned,
        NodeHealth::Lost => words.node_lost,
    }
}

/// Where a rollout is, in words.
pub fn progress_word(progress: Progress, words: &Words) -> &'static str {
    match progress {
        Progress::Progressing => words.progressing,
        Progress::Complete => words.complete,
        Progress::Failed => words.rollout_failed,
        Progress::Paused => words.paused,
    }
}

/// A status badge.
pub fn badge(of: &Badge) -> impl IntoView + use<> {
    let shape = badge_glyph(of);
    let of = of.clone();
    let words = move || badge_word(&of, page().words());
    view! { <span class=shape.tone().badge()>{glyph(shape, "s12")}{words}</span> }
}

/// The chip of a revision, in full: `rev 2 new`.
pub fn rev_chip(rev: Rev) -> impl IntoView + use<> {
    let text = move || {
        let words = page().words();
        match rev {
            Rev::None => String::new(),
            Rev::New(n) => fill(words.rev_new, &[("n", &n)]),
            Rev::Old(n) => fill(words.rev_old, &[("n", &n)]),
        }
    };
    (rev != Rev::None).then(|| view! { <span class=format!("rev {}", rev.class())>{text}</span> })
}

/// The short chip of a revision: `r2`.
pub fn rev_short(rev: Rev) -> impl IntoView + use<> {
    let text = match rev {
        Rev::None => String::new(),
        Rev::New(n) | Rev::Old(n) => format!("r{n}"),
    };
    (rev != Rev::None).then(|| view! { <span class=format!("rev {}", rev.class())>{text}</span> })
}

/// A button that selects an object.
pub fn object_link(key: &Key) -> impl IntoView + use<> {
    let page = page();
    let kind = kinds::kind(&key.resource);
    let (name, key) = (key.name.to_string(), key.clone());
    view! {
        <button class="link row gap4" on:click=move |_| page.select(key.clone())>
            {icon(kind_icon(&kind), "s12")}<span class="mono">{name}</span>
        </button>
    }
}

/// The chip that says that something is simulated.
pub fn simulated() -> impl IntoView {
    let page = page();
    view! {
        <span class="chip sim" title=move || page.words().simulated_hint>{move || page.words().simulated}</span>
    }
}

/// One line of a diff; signs are heard as words.
pub fn diff_line(sign: char, text: String) -> impl IntoView + use<> {
    let page = page();
    let (class, word): (_, fn(&Words) -> &'static str) = match sign {
        '+' => ("a", |words| words.added),
        '-' => ("r", |words| words.removed),
        _ => ("", |_| ""),
    };
    let heard = (!class.is_empty()).then(|| view! { <span class="vh">{move || word(page.words())}": "</span> });
    view! { <div class=class>{heard}<span>{text}</span></div> }
}

/// Moves focus between the elements of `selector` inside `root` by arrow keys, Home and End.
pub fn rove(event: &leptos::ev::KeyboardEvent, selector: &str) {
    use wasm_bindgen::JsCast as _;
    let step = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => 1,
        "ArrowUp" | "ArrowLeft" => -1,
        "Home" => i64::MIN,
        "End" => i64::MAX,
        _ => return,
    };
    let Some(root) = event.current_target().and_then(|it| it.dyn_into::<web_sys::Element>().ok()) else { return };
    let Ok(all) = root.query_selector_all(selector) else { return };
    let items: Vec<web_sys::HtmlElement> = (0..all.length()).filter_map(|at| all.get(at)?.dyn_into().ok()).collect();
    let here = items.iter().position(|item| document().active_element().as_ref() == Some(item.as_ref()));
    let at = i64::try_from(here.unwrap_or(0)).unwrap_or(0);
    let last = i64::try_from(items.len()).unwrap_or(0) - 1;
    let next = usize::try_from(at.saturating_add(step).clamp(0, last.max(0))).unwrap_or(0);
    if let Some(item) = items.get(next) {
        event.prevent_default();
        // An element of the page can take the focus; if it is gone nothing is lost.
        let _ = item.focus();
    }
}
