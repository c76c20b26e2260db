//! The table of events.

use crate::icons::glyph;
use crate::panels::clock;
use crate::panels::events::model::{EventRow, event_rows};
use crate::state::{page, t};
use leptos::prelude::*;

/// The table with its filter.
#[component]
pub fn EventsTable(
    /// Only events that contain this text.
    filter: RwSignal<String>,
) -> impl IntoView {
    let page = page();
    let rows = Memo::new(move |_| filter.with(|filter| page.world.with(|world| event_rows(world, filter, None))));
    let row = move |it: EventRow| {
        let about = it.about.clone();
        let open = move |_| page.select(about.clone());
        let own = it.about.clone();
        let on = Memo::new(move |_| page.selected.with(|key| key.as_ref() == Some(&own)));
        let time = it.time.map(clock::short).unwrap_or_default();
        let count = (it.count > 1).then(|| format!(" ×{}", it.count));
        view! {
            <tr class:on=move || on.get() data-testid="event" data-reason=it.reason.to_string() data-object=it.about.name.to_string()>
                <td class="mono t2 f11">{time}</td>
                <td><span class="row gap4">{glyph(it.glyph, "s12")}{it.kind.to_string()}</span></td>
                <td class="m">{it.reason.to_string()}{count}</td>
                <td><button class="link mono f11" on:click=open>{format!("{} {}", it.about_kind, it.about.name)}</button></td>
                <td class="t2">{it.from.to_string()}</td>
                <td class="t2 wrap">{it.message.to_string()}</td>
            </tr>
        }
    };
    view! {
        <div class="scroll grow" role="tabpanel" tabindex="0" aria-label=t(|w| w.tab_events) data-testid="events">
            <table class="tb">
                <thead><tr>
                    <th>{t(|w| w.col_time)}</th><th>{t(|w| w.col_type)}</th><th>{t(|w| w.col_reason)}</th>
                    <th>{t(|w| w.col_object)}</th><th>{t(|w| w.col_from)}</th><th>{t(|w| w.col_message)}</th>
                </tr></thead>
                <tbody lang="en">
                    <For each=move || rows.get() key=|it| (it.key.clone(), it.time, it.count) children=row />
                </tbody>
            </table>
            <Show when=move || rows.with(Vec::is_empty)><p class="caption" style="padding:10px 12px">{t(|w| w.no_events)}</p></Show>
        </div>
    }
}
