//! What a person has set for themselves and this browser keeps.

use crate::i18n::Lang;
use crate::keep::Keep;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::playground::protocol::Speed;

/// The name under which the settings are kept.
const NAME: &str = "settings";

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

/// What is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    lang: String,
    dark: Option<bool>,
    left: f64,
    right: f64,
    dock: f64,
    terminal: f64,
    no_single_keys: bool,
    comfortable: bool,
}

/// Which edge a splitter moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Width of the left panel.
    Left,
    /// Width of the inspector.
    Right,
    /// Height of the dock.
    Dock,
    /// Width of the terminal.
    Terminal,
}

impl Edge {
    /// Smallest, usual and largest size in px.
    pub fn sizes(self) -> (f64, f64, f64) {
        match self {
            Edge::Left => (220.0, 328.0, 560.0),
            Edge::Right => (280.0, 352.0, 560.0),
            Edge::Dock => (96.0, 236.0, 560.0),
            Edge::Terminal => (240.0, 466.0, 900.0),
        }
    }

    /// A size within the limits; 0 is the usual one.
    pub fn within(self, size: f64) -> f64 {
        let (min, usual, max) = self.sizes();
        if size <= 0.0 { usual } else { size.clamp(min, max) }
    }
}

/// The settings.
#[derive(Clone, Copy)]
pub struct Prefs {
    /// The language.
    pub lang: RwSignal<Lang>,
    /// The theme; `None` follows the system.
    pub theme: RwSignal<Option<Theme>>,
    /// What the system wants.
    pub system: RwSignal<Theme>,
    /// The speed that play uses.
    pub speed: RwSignal<Speed>,
    /// Do single keys act?
    pub single_keys: RwSignal<bool>,
    /// Is text larger?
    pub comfortable: RwSignal<bool>,
    /// Is the dock shown?
    pub dock_open: RwSignal<bool>,
    left: RwSignal<f64>,
    right: RwSignal<f64>,
    dock: RwSignal<f64>,
    terminal: RwSignal<f64>,
}

impl Prefs {
    /// The kept settings; for what was never set, what the browser says.
    pub fn load() -> Self {
        let kept: Kept = Keep::open().load(NAME).unwrap_or_default();
        let lang = if kept.lang.is_empty() { browser_language() } else { kept.lang };
        let theme = kept.dark.map(|dark| if dark { Theme::Dark } else { Theme::Light });
        Self {
            lang: RwSignal::new(Lang::of(&lang)),
            theme: RwSignal::new(theme),
            system: RwSignal::default(),
            speed: RwSignal::default(),
            single_keys: RwSignal::new(!kept.no_single_keys),
            comfortable: RwSignal::new(kept.comfortable),
            dock_open: RwSignal::new(true),
            left: RwSignal::new(Edge::Left.within(kept.left)),
            right: RwSignal::new(Edge::Right.within(kept.right)),
            dock: RwSignal::new(Edge::Dock.within(kept.dock)),
            terminal: RwSignal::new(Edge::Terminal.within(kept.terminal)),
        }
    }

    /// Keeps the settings; where the browser forbids that they last as long as the page.
    pub fn save(self) {
        let kept = Kept {
            lang: self.lang.get().tag().to_owned(),
            dark: self.theme.get().map(|it| it == Theme::Dark),
            left: self.left.get(),
            right: self.right.get(),
            dock: self.dock.get(),
            terminal: self.terminal.get(),
            no_single_keys: !self.single_keys.get(),
            comfortable: self.comfortable.get(),
        };
        if let Err(error) = Keep::open().save(NAME, &kept) {
            leptos::logging::warn!("{error}");
        }
    }

    /// The theme that is shown.
    pub fn shown(self) -> Theme {
        self.theme.get().unwrap_or_else(|| self.system.get())
    }

    /// Goes to the other theme.
    pub fn toggle_theme(self) {
        let next = if untrack(|| self.shown()) == Theme::Dark { Theme::Light } else { Theme::Dark };
        self.theme.set(Some(next));
    }

    /// Goes to the next language.
    pub fn toggle_language(self) {
        self.lang.update(|lang| *lang = if *lang == Lang::En { Lang::Zh } else { Lang::En });
    }

    /// The size at an edge, in px.
    pub fn size(self, edge: Edge) -> RwSignal<f64> {
        match edge {
            Edge::Left => self.left,
            Edge::Right => self.right,
            Edge::Dock => self.dock,
            Edge::Terminal => self.terminal,
        }
    }
}

fn browser_language() -> String {
    web_sys::window().and_then(|window| window.navigator().language()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stay_within_their_limits() {
        let sizes = [0.0, 10.0, 400.0, 9_000.0].map(|size| Edge::Left.within(size));
        assert!(sizes.iter().zip([328.0, 220.0, 400.0, 560.0]).all(|(a, b)| (a - b).abs() < f64::EPSILON), "{sizes:?}");
    }
}
