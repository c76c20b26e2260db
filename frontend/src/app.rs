//! The page itself.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use crate::editor::{Editor, Setup, Words};
use crate::host::page::{EngineLink, News};
use crate::keep::Keep;

/// The name under which the document is kept in this browser.
const DOCUMENT: &str = "document";

/// What the editor holds when nothing was kept.
const FIRST_DOCUMENT: &str =
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    image: nginx:1.27.3\n";

/// Puts the page in place of the skeleton.
pub fn start() {
    if let Some(shell) = document().get_element_by_id("ph-app") {
        shell.set_inner_html("");
        mount_to(shell.unchecked_into(), App).forget();
    }
}

/// What the line about the engine says.
fn status(news: &News) -> Option<String> {
    match news {
        News::Ready => Some("engine ready".to_owned()),
        News::Message(_) => None,
        News::Died(reason) => Some(format!("the engine stopped: {reason}")),
    }
}

/// The editor and a line about the engine.
#[component]
fn App() -> impl IntoView {
    let (engine, set_engine) = signal("starting the engine".to_owned());
    let (died, set_died) = signal(false);
    let link = EngineLink::spawn(move |news| {
        set_died.set(matches!(news, News::Died(_)));
        if let Some(text) = status(&news) {
            set_engine.set(text);
        }
    });
    let place = NodeRef::<leptos::html::Div>::new();
    let editor = StoredValue::new_local(None);
    Effect::new(move || {
        if let Some(parent) = place.get() {
            editor.set_value(Some(Editor::create(&parent, setup())));
        }
    });
    view! {
        <header class="ph-top">"Pilothouse"</header>
        <main class="ph-main"><div class="ph-editor" node_ref=place></div></main>
        <footer class="ph-status" role="status">
            <span id="ph-engine">{engine}</span>
            <button hidden=move || !died.get() on:click=move |_| link.restart()>"Start it again"</button>
        </footer>
    }
}

/// An editor over the kept document.
fn setup() -> Setup {
    let keep = Keep::open();
    Setup {
        text: keep.load(DOCUMENT).unwrap_or_else(|| FIRST_DOCUMENT.to_owned()),
        words: Words { label: "YAML editor".to_owned(), phrases: Vec::new() },
        on_change: Box::new(move |text| {
            if let Err(error) = keep.save(DOCUMENT, &text) {
                leptos::logging::warn!("{error}");
            }
        }),
        complete: Box::new(|question| question.answer(&[])),
        explain: Box::new(|question| question.answer(&None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_death_is_shown() {
        assert_eq!(status(&News::Died("it broke".to_owned())).as_deref(), Some("the engine stopped: it broke"));
        assert_eq!(status(&News::Message(Vec::new())), None);
    }
}
