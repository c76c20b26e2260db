//! The top bar.

use crate::app::server::PlaceSwitch;
use crate::app::theme_name;
use crate::i18n::Lang;
use crate::icons::{Icon, icon};
use crate::state::prefs::Theme;
use crate::state::{Dialog, page, t};
use leptos::prelude::*;

/// Name, title, share; language, theme, shortcuts.
#[component]
pub fn TopBar() -> impl IntoView {
    let page = page();
    view! {
        <header class="top" id="region-top" tabindex="-1">
            <div class="brand">{icon(Icon::Ship, "s20")}<span>{t(|w| w.product)}</span></div>
            <span class="vsep"></span>
            <input class="title-edit" data-testid="title" aria-label=t(|w| w.title_label) prop:value=move || page.title.get()
                on:input=move |event| page.title.set(event_target_value(&event)) />
            <button class="btn sm ghost" data-testid="share" aria-label=t(|w| w.share) on:click=move |_| page.dialog.set(Some(Dialog::Share))>
                {icon(Icon::Share, "s14")}<span class="not-phone">{t(|w| w.share)}</span>
            </button>
            <span class="grow not-phone"></span>
            <button class="btn sm ghost wide-only" data-testid="palette-open" on:click=move |_| page.dialog.set(Some(Dialog::Palette))>
                {icon(Icon::Search, "s14")}{t(|w| w.commands)}<span class="kbd">"Ctrl K"</span>
            </button>
            <span class="vsep"></span>
            <span class="not-phone row"><PlaceSwitch /></span>
            <span class="not-phone row"><LanguageSwitch /></span>
            <span class="not-phone row"><ThemeSwitch /></span>
            <button class="btn icon ghost not-phone" data-testid="shortcuts" aria-label=t(|w| w.shortcuts) title=t(|w| w.shortcuts) on:click=move |_| page.dialog.set(Some(Dialog::Shortcuts))>{icon(Icon::Keyboard, "")}</button>
            <button class="btn icon ghost only-phone" data-testid="menu" aria-label=t(|w| w.menu) on:click=move |_| page.dialog.set(Some(Dialog::Menu))>{icon(Icon::More, "s20")}</button>
        </header>
    }
}

/// English or 中文.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let page = page();
    let choice = move |lang: Lang| {
        view! {
            <button role="radio" lang=lang.tag() data-testid=format!("language-{}", if lang == Lang::En { "en" } else { "zh" })
                aria-checked=move || (page.prefs.lang.get() == lang).to_string() on:click=move |_| page.prefs.lang.set(lang)>{lang.name()}</button>
        }
    };
    view! { <div class="seg" role="radiogroup" aria-label=t(|w| w.language) data-testid="language">{Lang::ALL.into_iter().map(choice).collect_view()}</div> }
}

/// Light or dark.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let page = page();
    let name = move || match page.prefs.shown() {
        Theme::Light => page.words().theme_light,
        Theme::Dark => page.words().theme_dark,
    };
    let shape = move || match page.prefs.shown() {
        Theme::Light => icon(Icon::Sun, ""),
        Theme::Dark => icon(Icon::Moon, ""),
    };
    view! {
        <button class="btn icon ghost" data-testid="theme" data-theme-now=move || theme_name(page.prefs.shown()) aria-label=name title=name on:click=move |_| page.prefs.toggle_theme()>{shape}</button>
    }
}
