//! Splitters: they drag, and move by arrow keys.

use crate::state::prefs::Edge;
use crate::state::{page, t};
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// How far an arrow key moves a splitter, in px.
const KEY_STEP: f64 = 16.0;

/// A splitter at an edge.
#[component]
pub fn Splitter(edge: Edge) -> impl IntoView {
    let page = page();
    let size = page.prefs.size(edge);
    let (class, across) = match edge {
        Edge::Left => ("split v at-left", "horizontal"),
        Edge::Right => ("split v at-right", "horizontal"),
        Edge::Terminal => ("split v at-terminal", "horizontal"),
        Edge::Dock => ("split h", "vertical"),
    };
    let name = t(move |w| match edge {
        Edge::Left => w.splitter_left,
        Edge::Right => w.splitter_right,
        Edge::Dock => w.splitter_dock,
        Edge::Terminal => w.splitter_terminal,
    });
    let place = match edge {
        Edge::Left => "left:var(--left)",
        Edge::Right => "left:calc(100% - var(--right));bottom:var(--dock)",
        Edge::Dock => "top:calc(100% - var(--dock))",
        Edge::Terminal => "left:calc(var(--left) + var(--terminal));top:calc(100% - var(--dock))",
    };
    let (min, _, max) = edge.sizes();
    let orientation = if across == "vertical" { "horizontal" } else { "vertical" };
    view! {
        <div class=class role="separator" tabindex="0" aria-orientation=orientation aria-label=name style=place
            aria-valuemin=min.to_string() aria-valuemax=max.to_string() aria-valuenow=move || format!("{:.0}", size.get())
            on:pointerdown=move |event| grab(&event)
            on:pointermove=move |event| drag(&event, edge, size)
            on:keydown=move |event| by_key(&event, edge, size)></div>
    }
}

fn grab(event: &PointerEvent) {
    if let Some(splitter) = event.current_target().and_then(|it| it.dyn_into::<web_sys::Element>().ok()) {
        event.prevent_default();
        // Without capture a fast drag loses the splitter, and nothing worse.
        let _ = splitter.set_pointer_capture(event.pointer_id());
    }
}

fn drag(event: &PointerEvent, edge: Edge, size: RwSignal<f64>) {
    if event.buttons() != 1 {
        return;
    }
    let by = match edge {
        Edge::Left | Edge::Terminal => f64::from(event.movement_x()),
        Edge::Right => -f64::from(event.movement_x()),
        Edge::Dock => -f64::from(event.movement_y()),
    };
    size.update(|it| *it = edge.within((*it + by).max(1.0)));
}

fn by_key(event: &KeyboardEvent, edge: Edge, size: RwSignal<f64>) {
    let grows = match (event.key().as_str(), edge) {
        ("ArrowRight", Edge::Left | Edge::Terminal) | ("ArrowLeft", Edge::Right) | ("ArrowUp", Edge::Dock) => 1.0,
        ("ArrowLeft", Edge::Left | Edge::Terminal) | ("ArrowRight", Edge::Right) | ("ArrowDown", Edge::Dock) => -1.0,
        _ => return,
    };
    event.prevent_default();
    size.update(|it| *it = edge.within(*it + grows * KEY_STEP));
}
