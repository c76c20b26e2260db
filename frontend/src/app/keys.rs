//! The keyboard: single keys outside text fields, and chords everywhere.

use crate::app::{boot, left};
use crate::panels::inspector::view::go_to_owner;
use crate::panels::scrubber::model::step;
use crate::panels::scrubber::view::{branch, go, set_speed};
use crate::state::{Dialog, Page, PhoneTab, Screen};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use shared::playground::protocol::{Speed, ToWorker};
use wasm_bindgen::JsCast as _;

/// The regions that F6 goes through, in their order.
const REGIONS: &[&str] =
    &["region-top", "region-time", "region-editor", "region-map", "region-inspector", "region-dock"];

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Plays or pauses.
    Play,
    /// Does one reconcile.
    StepReconcile,
    /// Does one event.
    StepEvent,
    /// Goes one write back.
    Back,
    /// Sets the speed.
    Speed(Speed),
    /// Goes on from here.
    Branch,
    /// Goes to the live end.
    Live,
    /// Asks why.
    Why,
    /// Goes to the owner.
    Owner,
    /// Applies the files.
    Apply,
    /// Opens the palette.
    Palette,
    /// Goes to the next region, or the one before.
    Region(isize),
    /// Shows or hides the dock.
    Dock,
    /// Goes to the terminal.
    Terminal,
    /// Shows all keys.
    Help,
    /// Deletes the selection, after asking.
    Delete,
    /// Closes, then leaves.
    Escape,
}

/// Listens to the keyboard as long as the page lives.
pub fn listen(page: Page) {
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        let typing = is_typing(&event) || (event.key() == " " && is_on_button(&event));
        let single = page.prefs.single_keys.get_untracked() && !typing;
        let chord = Chord {
            key: &event.key(),
            command: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
        };
        if command(&chord, single).is_some_and(|command| run(page, command)) {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
}

/// A key with what is held down.
#[derive(Clone, Copy, Debug)]
struct Chord<'a> {
    key: &'a str,
    command: bool,
    shift: bool,
    alt: bool,
}

/// What a chord means; `single` says whether single keys act now.
fn command(chord: &Chord<'_>, single: bool) -> Option<Command> {
    match (chord.key, chord.command) {
        ("Enter", true) => Some(Command::Apply),
        ("k" | "K", true) => Some(Command::Palette),
        ("j" | "J", true) => Some(Command::Dock),
        ("F6", false) => Some(Command::Region(if chord.shift { -1 } else { 1 })),
        ("Escape", false) => Some(Command::Escape),
        (_, false) if single && !chord.alt => single_key(chord),
        _ => None,
    }
}

fn single_key(chord: &Chord<'_>) -> Option<Command> {
    Some(match (chord.key, chord.shift) {
        (" ", false) => Command::Play,
        ("r", false) => Command::StepReconcile,
        ("e", false) => Command::StepEvent,
        ("E", true) => Command::Back,
        ("1", false) => Command::Speed(Speed::Normal),
        ("2", false) => Command::Speed(Speed::Fast),
        ("3", false) => Command::Speed(Speed::Max),
        ("b", false) => Command::Branch,
        ("l", false) => Command::Live,
        ("w", false) => Command::Why,
        ("o", false) => Command::Owner,
        ("`", false) => Command::Terminal,
        ("?", _) => Command::Help,
        ("Delete", false) => Command::Delete,
        _ => return None,
    })
}

/// Does what a command says; false if there was nothing to do.
pub fn run(page: Page, command: Command) -> bool {
    match command {
        Command::Play => page.toggle_play(),
        Command::StepReconcile => page.step(ToWorker::StepReconcile),
        Command::StepEvent => page.step(ToWorker::StepEvent),
        Command::Back => go(page, page.world.with_untracked(|world| step(world, -1))),
        Command::Speed(speed) => set_speed(page, speed),
        Command::Branch => branch(page),
        Command::Live => page.send(ToWorker::Live),
        Command::Why => why(page),
        Command::Owner => go_to_owner(page),
        Command::Apply => page.apply(),
        Command::Palette => page.dialog.set(Some(Dialog::Palette)),
        Command::Region(by) => next_region(by),
        Command::Dock => page.prefs.dock_open.update(|it| *it = !*it),
        Command::Terminal => focus_terminal(page),
        Command::Help => page.dialog.set(Some(Dialog::Shortcuts)),
        Command::Delete => return ask_delete(page),
        Command::Escape => return escape(page),
    }
    true
}

fn why(page: Page) {
    if page.selected.with_untracked(Option::is_some) {
        page.screen.set(Screen::Why(shared::model::Text::default()));
    }
}

fn ask_delete(page: Page) -> bool {
    let key = page.selected.get_untracked();
    let asked = key.is_some();
    page.dialog.update(|dialog| *dialog = key.map(Dialog::Delete));
    asked
}

/// Goes to the terminal's line.
pub fn focus_terminal(page: Page) {
    page.prefs.dock_open.set(true);
    page.screen.set(Screen::Map);
    page.phone.set(PhoneTab::Terminal);
    page.dock.update(|tab| {
        if window().inner_width().ok().and_then(|it| it.as_f64()).is_some_and(|width| width < 1440.0) {
            *tab = crate::state::DockTab::Terminal;
        }
    });
    request_animation_frame(|| focus("terminal-input"));
}

fn focus(id: &str) {
    let found = document().get_element_by_id(id).and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = found {
        // An element of the page can take the focus; if it is gone nothing is lost.
        let _ = element.focus();
    }
}

fn next_region(by: isize) {
    let here = REGIONS.iter().position(|id| holds_focus(id));
    let count = isize::try_from(REGIONS.len()).unwrap_or(1);
    let start = here.map_or(if by > 0 { -1 } else { 0 }, |at| isize::try_from(at).unwrap_or(0));
    for offset in 1..=count {
        let at = usize::try_from((start + by * offset).rem_euclid(count)).unwrap_or(0);
        if is_visible(REGIONS[at]) {
            return focus(REGIONS[at]);
        }
    }
}

fn holds_focus(id: &str) -> bool {
    let active = document().active_element();
    document().get_element_by_id(id).is_some_and(|region| region.contains(active.as_ref().map(AsRef::as_ref)))
}

fn is_visible(id: &str) -> bool {
    let region = document().get_element_by_id(id).and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
    region.is_some_and(|region| region.offset_width() > 0)
}

/// Closes the dialog, then the drawer, then the screen; then leaves the region.
fn escape(page: Page) -> bool {
    if page.dialog.with_untracked(Option::is_some) {
        page.dialog.set(None);
    } else if page.screen.with_untracked(|it| *it != Screen::Map) {
        page.screen.set(Screen::Map);
    } else if page.drawer.get_untracked() {
        page.drawer.set(false);
        return false;
    } else {
        return false;
    }
    true
}

fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
    target
        .is_some_and(|it| it.is_content_editable() || ["INPUT", "TEXTAREA", "SELECT"].contains(&it.tag_name().as_str()))
}

fn is_on_button(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|it| it.closest("button, [role=button], [role=treeitem], summary, a").ok().flatten().is_some())
}

/// Starts the run again from its files; from the palette.
pub fn start_over(page: Page) {
    if page.refuses() {
        return;
    }
    boot::start_over(page);
    left::focus_editor();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(key: &str, command_key: bool, shift: bool, single: bool) -> Option<Command> {
        command(&Chord { key, command: command_key, shift, alt: false }, single)
    }

    #[test]
    fn single_keys_act_only_outside_text() {
        assert_eq!(pressed("r", false, false, true), Some(Command::StepReconcile));
        assert_eq!(pressed("r", false, false, false), None);
        assert_eq!(pressed("E", false, true, true), Some(Command::Back));
        assert_eq!(pressed("r", true, false, true), None);
    }

    #[test]
    fn chords_act_everywhere() {
        assert_eq!(pressed("Enter", true, false, false), Some(Command::Apply));
        assert_eq!(pressed("F6", false, true, false), Some(Command::Region(-1)));
        assert_eq!(pressed("Escape", false, false, false), Some(Command::Escape));
    }
}
