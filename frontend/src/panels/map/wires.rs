//! The wire from the selected Pod's `ReplicaSet` to its tile. Decorative: the relation is in the tree.

use crate::state::page;
use leptos::html::Div;
use leptos::prelude::*;
use shared::model::key::resources::PODS;
use wasm_bindgen::JsCast as _;
use web_sys::Element;

/// Draws the wire once the page has been laid out, and again when the world or the selection changes.
#[component]
pub fn Wires(
    /// What the wire is drawn over.
    place: NodeRef<Div>,
) -> impl IntoView {
    let page = page();
    let path = RwSignal::new(String::new());
    let ends = Memo::new(move |_| {
        let key = page.selected.get().filter(|key| key.resource == PODS)?;
        page.world.with(|world| {
            let pod = world.get(&key)?;
            Some((pod.controller()?.name, key.name, pod.at("spec.nodeName").text()))
        })
    });
    let beat = page.model(|world| (world.clock.revision, world.objects.len()));
    let resized = RwSignal::new(0_u32);
    let listener = window_event_listener(leptos::ev::resize, move |_| resized.update(|it| *it = it.wrapping_add(1)));
    on_cleanup(move || listener.remove());
    Effect::new(move |_| {
        let ends = ends.get();
        beat.track();
        resized.track();
        page.namespace.track();
        request_animation_frame(move || {
            // The map may be gone by the next frame.
            let Some(root) = place.try_get_untracked() else { return };
            let drawn = ends.and_then(|(set, pod, _)| route(&root?, &set, &pod)).unwrap_or_default();
            if path.try_with_untracked(|it| *it != drawn).unwrap_or(false) {
                path.set(drawn);
            }
        });
    });
    view! {
        <svg class="wires" aria-hidden="true">
            <defs>
                <marker id="tip" viewBox="0 0 8 8" refX="6.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                    <path d="M1 1l6 3-6 3z" style="fill:var(--ph-accent);stroke:none" />
                </marker>
            </defs>
            <path d=move || path.get() marker-end="url(#tip)" />
        </svg>
    }
}

/// Down from the `ReplicaSet`, along the gutter above the nodes, down beside the node, and into the tile.
fn route(root: &web_sys::HtmlDivElement, set: &str, pod: &str) -> Option<String> {
    let root: &Element = root.unchecked_ref();
    let find = |what: &str, name: &str, value: &str| {
        let all = root.query_selector_all(what).ok()?;
        let items = (0..all.length()).filter_map(|at| all.get(at)?.dyn_into::<Element>().ok());
        items.into_iter().find(|item| item.get_attribute(name).as_deref() == Some(value))
    };
    let from = find("[data-testid=set-card]", "data-key", set)?.get_bounding_client_rect();
    let tile = find("[data-testid=pod-tile]", "data-name", pod)?;
    let node = tile.closest(".node").ok().flatten()?.get_bounding_client_rect();
    let nodes = tile.closest(".nodes").ok().flatten()?.get_bounding_client_rect();
    let (to, origin) = (tile.get_bounding_client_rect(), root.get_bounding_client_rect());
    if to.width() <= 0.0 {
        return None;
    }
    let (x, y) = (|it: f64| it - origin.left(), |it: f64| it - origin.top());
    let start = x(from.left() + from.width() * 0.6);
    let gutter = x(node.left()) - 4.0;
    let above = y(nodes.top()) - 11.0;
    Some(format!(
        "M{start:.1} {:.1}V{above:.1}H{gutter:.1}V{:.1}H{:.1}",
        y(from.bottom()),
        y(to.top() + to.height() / 2.0),
        x(to.left()) - 1.0
    ))
}
