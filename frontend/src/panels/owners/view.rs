//! The table of owners as it is drawn.

use crate::icons::{icon, kind_icon};
use crate::panels::owners::model::{OwnerRow, owners_table};
use crate::panels::widgets::{badge, rev_short};
use crate::state::{page, say, t};
use leptos::prelude::*;

/// The table.
#[component]
pub fn OwnersView() -> impl IntoView {
    let page = page();
    let model =
        Memo::new(move |_| page.namespace.with(|ns| page.world.with(|world| owners_table(world, ns.as_deref()))));
    let row = move |it: OwnerRow| {
        let (key, own) = (it.key.clone(), it.key.clone());
        let on = Memo::new(move |_| page.selected.with(|selected| selected.as_ref() == Some(&own)));
        let indent = format!("{}px", it.depth * 18);
        view! {
            <tr class:on=move || on.get() data-testid="owner-row" data-name=it.key.name.to_string() data-depth=it.depth.to_string()>
                <td><button class="row gap6" style:padding-left=indent on:click=move |_| page.select(key.clone())>
                    {icon(kind_icon(&it.kind), "s14")}<span class="mono">{it.key.name.to_string()}</span></button></td>
                <td class="t2">{it.kind}</td>
                <td>{it.badge.as_ref().map(badge)}</td>
                <td class="num">{it.ready}</td>
                <td class="mono f11">{it.node.to_string()}</td>
                <td>{rev_short(it.rev)}</td>
                <td class="num t2">{it.age}</td>
            </tr>
        }
    };
    view! {
        <div class="scroll grow" style="background:var(--ph-surface)" tabindex="0" data-testid="owners-table">
            <table class="tb" aria-label=t(|w| w.owners_table)>
                <thead><tr>
                    <th>{t(|w| w.col_name)}</th><th>{t(|w| w.col_kind)}</th><th>{t(|w| w.col_status)}</th><th>{t(|w| w.col_ready)}</th>
                    <th>{t(|w| w.col_node)}</th><th>{t(|w| w.col_revision)}</th><th>{t(|w| w.col_age)}</th>
                </tr></thead>
                <tbody lang="en">
                    <For each=move || model.with(|it| it.rows.clone()) key=|it| format!("{it:?}") children=row />
                </tbody>
            </table>
            <Show when=move || model.with(|it| it.rows.is_empty())><p class="caption" style="padding:10px 12px">{t(|w| w.no_objects)}</p></Show>
            <Show when=move || model.with(|it| it.more > 0)>
                <p class="caption">{move || say(page.words().more_pods, &[("n", &model.with(|it| it.more))])}</p>
            </Show>
        </div>
    }
}
