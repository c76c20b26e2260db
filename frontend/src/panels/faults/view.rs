//! The fault menu.

use crate::icons::{Icon, icon};
use crate::panels::faults::model::{Entry, Group, label, menu};
use crate::panels::widgets::rove;
use crate::state::{page, t};
use leptos::html::Div;
use leptos::prelude::*;

/// The button and its menu.
#[component]
pub fn FaultMenu() -> impl IntoView {
    let open = RwSignal::new(false);
    let place = NodeRef::<Div>::new();
    Effect::new(move |_| {
        if let Some(menu) = place.get().filter(|_| open.get()) {
            focus_first(&menu);
        }
    });
    let keys = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            open.set(false);
        }
        rove(&event, "[role=menuitem]");
    };
    view! {
        <button class="btn sm ghost" data-testid="fault-menu" aria-haspopup="menu" aria-expanded=move || open.get().to_string() on:click=move |_| open.update(|it| *it = !*it)>
            {icon(Icon::Bolt, "s14")}{t(|w| w.inject_fault)}{icon(Icon::Down, "s12")}
        </button>
        <Show when=move || open.get()>
            <div style="position:fixed;inset:0;z-index:29" on:click=move |_| open.set(false)></div>
            <div class="pop menu" role="menu" aria-label=t(|w| w.inject_fault) node_ref=place style="top:32px;right:8px" on:keydown=keys>
                <Items close=move || open.set(false) />
            </div>
        </Show>
    }
}

fn focus_first(menu: &web_sys::HtmlDivElement) {
    use wasm_bindgen::JsCast as _;
    if let Ok(Some(item)) = menu.query_selector("[role=menuitem]")
        && let Ok(item) = item.dyn_into::<web_sys::HtmlElement>()
    {
        // An element of the page can take the focus; if it is gone nothing is lost.
        let _ = item.focus();
    }
}

/// The entries in their groups.
#[component]
fn Items(close: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let page = page();
    let entries = Memo::new(move |_| {
        let selected = page.selected.get();
        page.faults.with(|on| page.world.with(|world| menu(world, selected.as_ref(), on)))
    });
    let item = move |it: Entry| {
        let (fault, shown) = (it.fault.clone(), it.fault.clone());
        let inject = move |_| {
            page.fault(fault.clone());
            close();
        };
        let shape = if it.mends { Icon::Restart } else { Icon::Bolt };
        view! {
            <button class="li" role="menuitem" tabindex="-1" data-testid=format!("fault-{}", it.id) on:click=inject>
                {icon(shape, "s14")}{move || label(&shown, page.words())}
            </button>
        }
    };
    let group = move |group: Group, title: fn(&'static crate::i18n::Words) -> &'static str| {
        let own = move || entries.with(|all| all.iter().filter(|it| it.group == group).cloned().collect::<Vec<_>>());
        let none = move || own().is_empty();
        view! {
            <div class="sech">{t(title)}</div>
            {move || own().into_iter().map(item).collect_view()}
            <Show when=none><p class="caption">{t(|w| w.fault_select_pod)}</p></Show>
        }
    };
    view! {
        {group(Group::Pod, |w| w.fault_group_pod)}
        {group(Group::Node, |w| w.fault_group_node)}
        {group(Group::Cluster, |w| w.fault_group_cluster)}
    }
}
