//! What the page holds: the world, what is chosen and shown, the files, and the way to the engine.
//!
//! Everything is a signal and [`Page`] is a handful of them, so that it can be copied into every callback.

pub mod engine;
pub mod files;
pub mod prefs;
pub mod shell;
pub mod speech;

use crate::i18n::{Words, fill};
use crate::panels::rollout::history::Readiness;
use engine::Engine;
use files::Files;
use leptos::prelude::*;
use prefs::Prefs;
use shared::model::{Key, Text};
use shared::playground::World;
use shared::playground::protocol::{Act, Applied, Clock, Fault, ToWorker};
use shell::Shell;
use std::fmt::Display;
use std::ops::Deref;

/// How many toasts stand at once; the oldest goes first.
const TOASTS_MAX: usize = 3;

/// How long a good toast stands, in milliseconds; one with an error stands until it is dismissed.
const TOAST_MS: u64 = 6_000;

/// Where the cluster is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// In this tab: a run, which can be stepped, rewound and shared.
    #[default]
    Tab,
    /// On the server that this page came from: it lives in real time.
    Server,
}

/// What takes the place of the map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// The map itself.
    #[default]
    Map,
    /// The table of owners.
    Owners,
    /// Why the selected object, or one of its fields, is as it is.
    Why(Text),
    /// The rollout of a Deployment.
    Rollout(Key),
}

/// A tab of the inspector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// What matters most.
    #[default]
    Summary,
    /// As kubectl prints it.
    Yaml,
    /// Its events.
    Events,
    /// The logs of its containers.
    Logs,
    /// As kubectl describes it.
    Describe,
}

/// A tab of the dock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DockTab {
    /// kubectl; beside the others on a wide page.
    Terminal,
    /// The swimlanes.
    #[default]
    Timeline,
    /// The cluster's events.
    Events,
}

/// A view of the phone's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhoneTab {
    /// The files.
    Editor,
    /// The map.
    #[default]
    Cluster,
    /// kubectl.
    Terminal,
}

/// A dialog; one at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// The link of this run.
    Share,
    /// All shortcuts.
    Shortcuts,
    /// Commands and objects by name.
    Palette,
    /// What an apply would change.
    Diff,
    /// Connects to a server's cluster.
    Server,
    /// Opens an example, by its index.
    Example(usize),
    /// Deletes an object.
    Delete(Key),
    /// Gives a file another name, by its index.
    Rename(usize),
    /// A text that `kubectl edit` wants edited.
    Edit(Text, String),
    /// Commands of the phone's top bar.
    Menu,
}

/// A short message at the bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Tells it from the others.
    pub id: u32,
    /// False for an error.
    pub ok: bool,
    /// What happened.
    pub title: String,
    /// More about it; may be empty.
    pub body: String,
    /// The file's index and the line that it is about.
    pub place: Option<(usize, u32)>,
}

/// The page's state: a handle that is copied into every callback, on signals that live as long as the page.
#[derive(Clone, Copy)]
pub struct Page(&'static Signals);

impl Deref for Page {
    type Target = Signals;

    fn deref(&self) -> &Signals {
        self.0
    }
}

/// The signals of the page.
pub struct Signals {
    /// The cluster as it is known.
    pub world: RwSignal<World>,
    /// Where the playhead is.
    pub clock: Memo<Clock>,
    /// The way to the engine.
    pub engine: Engine,
    /// Where the cluster is.
    pub place: RwSignal<Place>,
    /// Why the engine is gone.
    pub lost: RwSignal<Option<String>>,
    /// False until the engine has said something of the cluster.
    pub ready: RwSignal<bool>,
    /// Does an apply let time run? Not after the person has paused or stepped.
    pub auto_play: RwSignal<bool>,
    /// False until a run was opened.
    pub opened: RwSignal<bool>,
    /// The files.
    pub files: Files,
    /// Language, theme and sizes.
    pub prefs: Prefs,
    /// The title of the run.
    pub title: RwSignal<String>,
    /// The selected object.
    pub selected: RwSignal<Option<Key>>,
    /// What is shown in the middle.
    pub screen: RwSignal<Screen>,
    /// The inspector's tab.
    pub tab: RwSignal<Tab>,
    /// The dock's tab.
    pub dock: RwSignal<DockTab>,
    /// The phone's view.
    pub phone: RwSignal<PhoneTab>,
    /// The namespace on the map; `None` for all.
    pub namespace: RwSignal<Option<Text>>,
    /// The page of nodes.
    pub node_page: RwSignal<usize>,
    /// The open dialog.
    pub dialog: RwSignal<Option<Dialog>>,
    /// Messages, oldest first.
    pub toasts: RwSignal<Vec<Toast>>,
    /// The first refusal of the last apply.
    pub refusal: RwSignal<Option<Applied>>,
    /// The terminal.
    pub shell: Shell,
    /// The loop whose entries the timeline shows; `None` for all.
    pub lane: RwSignal<Option<Text>>,
    /// The faults that are on now, oldest first.
    pub faults: RwSignal<Vec<Fault>>,
    /// When which Pod was ready.
    pub readiness: StoredValue<Readiness>,
    /// What the live region says.
    pub said: RwSignal<String>,
    /// True while the inspector's drawer or sheet is open on narrow pages.
    pub drawer: RwSignal<bool>,
    /// True while the left panel is open on narrow pages.
    pub rail_open: RwSignal<bool>,
}

impl Page {
    /// A page whose engine is `engine`.
    pub fn new(engine: Engine) -> Self {
        let world = RwSignal::new(World::default());
        let signals = Signals {
            world,
            clock: Memo::new(move |_| world.with(|world| world.clock.clone())),
            engine,
            place: RwSignal::default(),
            lost: RwSignal::default(),
            ready: RwSignal::default(),
            opened: RwSignal::default(),
            auto_play: RwSignal::new(true),
            files: Files::default(),
            prefs: Prefs::load(),
            title: RwSignal::default(),
            selected: RwSignal::default(),
            screen: RwSignal::default(),
            tab: RwSignal::default(),
            dock: RwSignal::default(),
            phone: RwSignal::default(),
            namespace: RwSignal::new(Some("default".into())),
            node_page: RwSignal::default(),
            dialog: RwSignal::default(),
            toasts: RwSignal::default(),
            refusal: RwSignal::default(),
            shell: Shell::default(),
            lane: RwSignal::default(),
            faults: RwSignal::default(),
            readiness: StoredValue::new(Readiness::default()),
            said: RwSignal::default(),
            drawer: RwSignal::default(),
            rail_open: RwSignal::default(),
        };
        Self(Box::leak(Box::new(signals)))
    }

    /// The texts in the language of the page; tracks it.
    pub fn words(self) -> &'static Words {
        self.prefs.lang.get().words()
    }

    /// A panel's model, computed again when the world changes, and drawn again only if it differs.
    pub fn model<T: PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&World) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.world.with(&read))
    }

    /// Sends a message to the engine.
    #[allow(clippy::needless_pass_by_value, reason = "a message is made to be sent away")]
    pub fn send(self, message: ToWorker) {
        self.engine.send(&message);
    }

    /// Does something that may change the cluster.
    pub fn act(self, act: Act) {
        let past = !self.clock.with_untracked(|clock| clock.live) && self.place.get_untracked() == Place::Tab;
        if past && self.ready.get_untracked() {
            let time = self.clock.with_untracked(|clock| crate::panels::clock::clock(clock.now));
            self.tell(true, fill(self.words_now().branched, &[("time", &time)]), String::new(), None);
        }
        self.send(ToWorker::Act(act));
    }

    /// Enters a line at the terminal, as if typed there.
    pub fn run(self, line: &str) {
        self.shell.enter(line);
        self.act(Act::Terminal { line: line.into(), files: self.files.sources() });
    }

    /// Injects a fault, or ends one.
    pub fn fault(self, fault: Fault) {
        self.faults.update(|faults| crate::panels::faults::model::note(faults, &fault));
        self.act(Act::Fault(fault));
    }

    /// Presses Apply.
    pub fn apply(self) {
        let files = self.files.sources();
        if files.is_empty() {
            return;
        }
        self.refusal.set(None);
        self.act(Act::Apply(files));
    }

    /// True while a server's cluster is shown; tracks it.
    pub fn on_server(self) -> bool {
        self.place.get() == Place::Server
    }

    /// True, with the reason as a message, if the cluster is not this tab's to steer.
    pub fn refuses(self) -> bool {
        let refused = self.place.get_untracked() == Place::Server;
        if refused {
            self.tell(false, self.words_now().server_time.to_owned(), String::new(), None);
        }
        refused
    }

    /// Plays or pauses.
    pub fn toggle_play(self) {
        if self.refuses() {
            return;
        }
        let playing = self.clock.with_untracked(|clock| clock.playing.is_some());
        self.auto_play.set(!playing);
        let speed = self.prefs.speed.get_untracked();
        self.send(if playing { ToWorker::Pause } else { ToWorker::Play(speed) });
    }

    /// Does one event, or goes on until a reconcile has ended; from now on time runs only when told to.
    pub fn step(self, message: ToWorker) {
        if self.refuses() {
            return;
        }
        self.auto_play.set(false);
        self.send(message);
    }

    /// Selects an object and opens it in the inspector.
    pub fn select(self, key: Key) {
        if self.selected.with_untracked(|it| it.as_ref() != Some(&key)) {
            self.selected.set(Some(key));
        }
        self.drawer.set(true);
    }

    /// Is the object selected, or an owner of the selected one? Tracks both.
    pub fn chain_has(self, key: &Key) -> bool {
        let Some(selected) = self.selected.get() else { return false };
        selected == *key
            || self.world.with(|world| {
                let owner = world.get(&selected).and_then(shared::model::Object::controller);
                owner.is_some_and(|owner| {
                    owner.name == key.name && crate::panels::kinds::kind(&key.resource) == owner.kind
                })
            })
    }

    /// Shows a message; a good one leaves by itself.
    pub fn tell(self, ok: bool, title: String, body: String, place: Option<(usize, u32)>) {
        let mut id = 0;
        self.toasts.update(|toasts| {
            id = toasts.last().map_or(1, |toast| toast.id.wrapping_add(1));
            toasts.push(Toast { id, ok, title, body, place });
            let extra = toasts.len().saturating_sub(TOASTS_MAX);
            toasts.drain(..extra);
        });
        if ok {
            let gone = move || self.dismiss(id);
            set_timeout(gone, std::time::Duration::from_millis(TOAST_MS));
        }
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u32) {
        self.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
    }

    /// The texts in the language of the page, without tracking it.
    pub fn words_now(self) -> &'static Words {
        self.prefs.lang.get_untracked().words()
    }
}

/// The page's state, from any component.
pub fn page() -> Page {
    expect_context()
}

/// A text that follows the language.
pub fn t(
    pick: impl Fn(&'static Words) -> &'static str + Copy + Send + 'static,
) -> impl Fn() -> &'static str + Copy + Send {
    let page = page();
    move || pick(page.words())
}

/// A text with values, in the language of the page.
pub fn say(text: &'static str, values: &[(&str, &dyn Display)]) -> String {
    fill(text, values)
}
