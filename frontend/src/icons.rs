//! The pictures of the interface: one sprite of symbols, drawn on a grid of 16 px for icons and 14 px for status glyphs.
//!
//! Icons stand beside words and are hidden from assistive technology.

use crate::panels::status::Glyph;
use leptos::prelude::*;

macro_rules! icons {
    ($($name:ident => $id:literal, $lines:literal, $fill:literal;)+) => {
        /// An icon; one per kind and per command, the same everywhere.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Icon {
            $(#[doc = $id] $name,)+
        }

        impl Icon {
            /// The symbol's id in the sprite.
            pub fn id(self) -> &'static str {
                match self { $(Icon::$name => concat!("i-", $id),)+ }
            }
        }

        const ICONS: &[(&str, &str, &str)] = &[$((concat!("i-", $id), $lines, $fill),)+];
    };
}

icons! {
    Play => "play", "", "M5.2 3.4v9.2c0 .5.5.8.9.5l7-4.6c.4-.2.4-.8 0-1l-7-4.6c-.4-.3-.9 0-.9.5z";
    Pause => "pause", "", "M4.5 3.5h2.4v9H4.5zM9.1 3.5h2.4v9H9.1z";
    StepReconcile => "step-reconcile", "M12.6 8.3a4.7 4.7 0 1 1-1.4-3.6M11.5 2v2.9H8.6M8 5.9v2.4l1.6.9", "";
    StepEvent => "step-event", "M12.2 3.6v8.8", "M3.6 3.9v8.2l5.9-4.1z";
    Branch => "branch", "M4.5 5.5v5M11.5 7.6c0 2.2-2.9 2.2-5.4 3.3M2.9 3.9a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0M2.9 12.1a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0M9.9 6a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0", "";
    Live => "live", "M3.4 4l4 4-4 4M8.2 4l4 4-4 4M13.4 4v8", "";
    Share => "share", "M8 9.6V2.4M5.3 5 8 2.3 10.7 5M4.6 7.3H3.2v6.2h9.6V7.3h-1.4", "";
    Sun => "sun", "M5.2 8a2.8 2.8 0 1 0 5.6 0a2.8 2.8 0 1 0-5.6 0M8 1.7v1.5M8 12.8v1.5M1.7 8h1.5M12.8 8h1.5M3.5 3.5l1.1 1.1M11.4 11.4l1.1 1.1M3.5 12.5l1.1-1.1M11.4 4.6l1.1-1.1", "";
    Moon => "moon", "M13.2 9.6A5.6 5.6 0 1 1 6.6 2.7a4.5 4.5 0 0 0 6.6 6.9z", "";
    Keyboard => "keyboard", "M2.9 3.9h10.2c.6 0 1 .4 1 1v6.2c0 .6-.4 1-1 1H2.9c-.6 0-1-.4-1-1V4.900c0-.6.4-1 1-1zM4.600 6.700h.01M7 6.700h.01M9.300 6.700h.01M11.600 6.700h.01M5.200 9.500h5.600", "";
    More => "more", "M3.6 8h.01M8 8h.01M12.4 8h.01", "";
    File => "file", "M4 2.2h5l3.100 3.100v8.500H4zM9 2.200v3.100h3.100", "";
    Plus => "plus", "M8 3.400v9.200M3.400 8h9.200", "";
    Close => "close", "M4.200 4.200l7.600 7.600M11.800 4.200l-7.600 7.600", "";
    Search => "search", "M2.800 7a4.200 4.200 0 1 0 8.400 0a4.200 4.200 0 1 0-8.400 0M10.200 10.200l3.300 3.300", "";
    Down => "down", "M4.400 6.400 8 10l3.600-3.600", "";
    Right => "right", "M6.400 4.400 10 8l-3.600 3.600", "";
    Back => "back", "M9.600 4.400 6 8l3.600 3.600", "";
    Bolt => "bolt", "M9 1.900 3.600 9h3.900l-.6 5.100L12.400 7H8.500z", "";
    Expand => "expand", "M9.600 2.600h3.800v3.800M6.400 13.400H2.600V9.600M13.200 2.800 9.400 6.600M2.800 13.200l3.800-3.800", "";
    Prompt => "prompt", "M3 4.400 6.600 8 3 11.600M8 12.200h5", "";
    Api => "api", "M8 1.900 13.300 5v6L8 14.100 2.700 11V5zM5.600 8h4.800M8 5.600v4.800", "";
    Store => "store", "M3 4c0-1.100 2.200-2 5-2s5 .9 5 2-2.200 2-5 2-5-.9-5-2zM3 4v8c0 1.100 2.200 2 5 2s5-.9 5-2V4M3 8c0 1.100 2.200 2 5 2s5-.9 5-2", "";
    Loop => "loop", "M12.900 8.200a5 5 0 0 1-8.900 3M3.100 7.800a5 5 0 0 1 8.900-3M12.200 2.100v2.800H9.400M3.800 13.900v-2.800h2.800", "";
    Scheduler => "scheduler", "M2.400 6h3.200v3.200H2.400zM10.400 2.200h3.200v3.200h-3.200zM10.400 10.400h3.200v3.200h-3.200zM5.600 7.600H8M8 3.800v8.200M8 3.800h2.400M8 12h2.400", "";
    Deployment => "deployment", "M4.400 2.500h7.200c1 0 1.900.9 1.900 1.900v7.200c0 1-.9 1.900-1.900 1.900H4.400c-1 0-1.900-.9-1.900-1.900V4.400c0-1 .9-1.900 1.900-1.900zM5.500 5.800h5M5.500 8.300h5M5.500 10.800h3", "";
    ReplicaSet => "replicaset", "M2.500 5.500h8v8h-8zM5.500 5.500v-3h8v8h-3", "";
    Pod => "pod", "M8 1.900 13.300 4.900v6.200L8 14.100 2.700 11.100V4.900zM2.700 4.900 8 7.900l5.300-3M8 7.900v6.200", "";
    Node => "node", "M3 3h10c.6 0 1 .4 1 1v6c0 .6-.4 1-1 1H3c-.6 0-1-.4-1-1V4c0-.6.4-1 1-1zM5.500 13.600h5M8 11v2.600", "";
    Service => "service", "M6 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0M8 2v4M8 10v4M2.800 5l3.500 2M9.700 9l3.500 2M2.800 11l3.500-2M9.700 7l3.500-2", "";
    Object => "object", "M3.500 3.500h9v9h-9zM3.500 6.500h9", "";
    Config => "config", "M3 4.500h10M3 8h10M3 11.500h10M5.500 3v3M10.500 6.500v3M6.500 10v3", "";
    Namespace => "namespace", "M2.500 5V2.500H5M11 2.500h2.500V5M13.500 11v2.500H11M5 13.500H2.500V11M6 6h4v4H6z", "";
    Why => "why", "M2.200 8a5.800 5.800 0 1 0 11.600 0a5.800 5.800 0 1 0-11.600 0M6.300 6.400c.1-1 .8-1.600 1.700-1.600s1.700.6 1.700 1.500c0 1.300-1.700 1.300-1.700 2.500M8 11h.01", "";
    Eye => "eye", "M1.800 8S4 3.900 8 3.900 14.200 8 14.200 8 12 12.100 8 12.100 1.800 8 1.800 8zM6.200 8a1.800 1.800 0 1 0 3.600 0a1.800 1.800 0 1 0-3.600 0", "";
    Flag => "flag", "M4 14V2.500h7.600L9.800 5.200l1.800 2.700H4", "";
    Copy => "copy", "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3", "";
    Undo => "undo", "M5.500 3 2.800 5.700l2.700 2.700M3 5.700h6.200a3.700 3.700 0 0 1 0 7.400H6", "";
    Trash => "trash", "M3 4.500h10M6.300 4.300V2.700h3.400v1.600M4.300 4.700l.6 8.800h6.200l.6-8.800", "";
    Link => "link", "M6.700 9.300a2.700 2.700 0 0 0 3.900 0l2-2a2.700 2.700 0 0 0-3.800-3.900l-.9.900M9.300 6.700a2.700 2.700 0 0 0-3.900 0l-2 2a2.700 2.700 0 0 0 3.800 3.900l.9-.9", "";
    Filter => "filter", "M2.500 3.500h11L9.500 8.300v4.200l-3-1.500V8.300z", "";
    Table => "table", "M2.500 3h11v10h-11zM2.500 6.300h11M2.500 9.700h11M6.300 6.300V13", "";
    Panel => "panel", "M2.500 3h11v10h-11zM6 3v10", "";
    Restart => "restart", "M3.200 8.300a4.800 4.800 0 1 0 1.400-3.700M4.500 2v2.900h2.900", "";
    Ship => "ship", "M2.600 11.400 4 5.200h8l1.400 6.200M3.500 7.600h9M6.500 7.600v-2.400M9.500 7.600v-2.400M8 5.200V2.600M6.400 2.600h3.200M1.400 13.900c1.100 0 1.100-.8 2.200-.8s1.100.8 2.200.8 1.100-.8 2.200-.8 1.100.8 2.200.8 1.100-.8 2.200-.8 1.100.8 2.200.8", "";
}

/// A status glyph: a fill, lines in the same colour, and lines in the colour that stands on a status.
const GLYPHS: &[(Glyph, &str, &str, &str)] = &[
    (Glyph::Done, "M.8 7a6.200 6.200 0 1 0 12.400 0a6.200 6.200 0 1 0-12.400 0z", "", "M4.200 7.200l2 2 3.600-4.200"),
    (Glyph::Progress, "", "M7 1.700a5.300 5.300 0 1 1-5.100 3.900", ""),
    (
        Glyph::Half,
        "M7 1.800a5.200 5.200 0 0 1 0 10.400z",
        "M1.800 7a5.200 5.200 0 1 0 10.400 0a5.200 5.200 0 1 0-10.400 0",
        "",
    ),
    (
        Glyph::Waiting,
        "",
        "M5.300 2.100a5.200 5.200 0 0 1 3.400 0M11.100 3.900a5.200 5.200 0 0 1 1.100 3.300M11.300 9.900a5.200 5.200 0 0 1-2.700 2.100M5.300 11.900a5.200 5.200 0 0 1-2.700-2.200M1.800 7a5.200 5.200 0 0 1 1.100-3.200",
        "",
    ),
    (Glyph::Warning, "M7 .9 13.500 12.600H.5z", "", "M7 5.200v3.200M7 10.500h.01"),
    (Glyph::Stopping, "", "M1.800 7a5.200 5.200 0 1 0 10.400 0a5.200 5.200 0 1 0-10.400 0M4.600 7h4.800", ""),
    (
        Glyph::Failed,
        "M4.400.8h5.200l3.600 3.600v5.200l-3.600 3.600H4.400L.8 9.600V4.400z",
        "",
        "M4.900 4.900l4.200 4.200M9.100 4.900 4.900 9.100",
    ),
    (
        Glyph::Completed,
        "M2.400 1.200h9.200c.7 0 1.200.5 1.200 1.200v9.200c0 .7-.5 1.200-1.200 1.200H2.400c-.7 0-1.200-.5-1.200-1.200V2.400c0-.7.500-1.200 1.200-1.200z",
        "",
        "M4.200 7.200l2 2 3.600-4.200",
    ),
    (
        Glyph::Unknown,
        "",
        "M1.800 7a5.200 5.200 0 1 0 10.400 0a5.200 5.200 0 1 0-10.400 0M5.500 5.700c.1-.9.700-1.400 1.500-1.400s1.500.5 1.500 1.300c0 1.100-1.500 1.100-1.500 2.100M7 9.700h.01",
        "",
    ),
    (Glyph::NotYet, "", "M1.800 7a5.200 5.200 0 1 0 10.400 0a5.200 5.200 0 1 0-10.400 0", ""),
    (Glyph::Note, "M.8 7a6.200 6.200 0 1 0 12.400 0a6.200 6.200 0 1 0-12.400 0z", "", "M7 6.500v3.400M7 4.100h.01"),
];

/// The sprite: every symbol once, at the top of the page.
#[component]
pub fn Sprite() -> impl IntoView {
    let icon = |(id, lines, fill): (&'static str, &'static str, &'static str)| {
        view! {
            <symbol id=id viewBox="0 0 16 16">
                <path d=lines />
                <path d=fill fill="currentColor" />
            </symbol>
        }
    };
    let glyph = |(glyph, fill, lines, on): (Glyph, &'static str, &'static str, &'static str)| {
        view! {
            <symbol id=glyph.id() viewBox="0 0 14 14">
                <path d=fill fill="currentColor" />
                <path d=lines fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" />
                <path
                    d=on
                    fill="none"
                    style="stroke:var(--ph-on-status)"
                    stroke-width="1.6"
                    stroke-linecap="round"
                    stroke-linejoin="round"
                />
            </symbol>
        }
    };
    view! {
        <svg class="sprite" width="0" height="0" aria-hidden="true">
            {ICONS.iter().copied().map(icon).collect_view()}
            {GLYPHS.iter().copied().map(glyph).collect_view()}
        </svg>
    }
}

/// Draws an icon; `class` adds sizes such as `s12`.
pub fn icon(of: Icon, class: &'static str) -> impl IntoView + use<> {
    view! { <svg class=format!("i {class}") aria-hidden="true"><use href=format!("#{}", of.id()) /></svg> }
}

/// Draws a status glyph in the colour of its tone.
pub fn glyph(of: Glyph, class: &'static str) -> impl IntoView + use<> {
    let class = format!("sg {} {class}", of.tone().class());
    view! { <svg class=class aria-hidden="true"><use href=format!("#{}", of.id()) /></svg> }
}

/// The icon of a kind: `Pod`.
pub fn kind_icon(kind: &str) -> Icon {
    match kind {
        "Pod" => Icon::Pod,
        "Deployment" => Icon::Deployment,
        "ReplicaSet" => Icon::ReplicaSet,
        "Node" => Icon::Node,
        "Service" => Icon::Service,
        "ConfigMap" | "Secret" => Icon::Config,
        "Namespace" => Icon::Namespace,
        _ => Icon::Object,
    }
}
