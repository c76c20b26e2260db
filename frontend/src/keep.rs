//! Keeps the user's work in this browser: documents, the log of actions, settings.
//!
//! One entry per name in the browser's local storage, as JSON. A full or forbidden storage is an error the page
//! can show, never a lost entry: an entry that cannot be written leaves the old one in place.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The start of every name, so that other pages of the same host keep their entries and we keep ours.
const PREFIX: &str = "pilothouse/";

/// Why an entry could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The browser has no more room for this page, or allows none.
    #[error("cannot keep {name} in this browser: its storage is full or switched off")]
    Full {
        /// The entry's name.
        name: String,
    },
    /// The value has no JSON.
    #[error("cannot keep {name}: {source}")]
    Write {
        /// The entry's name.
        name: String,
        /// What serde says.
        source: serde_json::Error,
    },
}

/// A place for texts by name.
pub trait Shelf {
    /// The text kept under `name`.
    fn get(&self, name: &str) -> Option<String>;
    /// Keeps `text` under `name`; false, with the old text still there, if there is no room.
    fn put(&self, name: &str, text: &str) -> bool;
    /// Forgets the text kept under `name`.
    fn remove(&self, name: &str);
}

/// The browser's local storage.
#[derive(Clone, Debug)]
pub struct LocalStorage(web_sys::Storage);

impl LocalStorage {
    /// The storage of this page; `None` where the browser forbids it.
    pub fn open() -> Option<Self> {
        web_sys::window()?.local_storage().ok().flatten().map(Self)
    }
}

impl Shelf for LocalStorage {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get_item(name).ok().flatten()
    }

    fn put(&self, name: &str, text: &str) -> bool {
        self.0.set_item(name, text).is_ok()
    }

    fn remove(&self, name: &str) {
        // Removing is only refused where reading was: nothing is kept there.
        let _ = self.0.remove_item(name);
    }
}

/// A shelf that lasts as long as the page.
#[derive(Debug, Default)]
pub struct Memory {
    texts: RefCell<BTreeMap<String, String>>,
    bytes_max: Option<usize>,
}

impl Shelf for Memory {
    fn get(&self, name: &str) -> Option<String> {
        self.texts.borrow().get(name).cloned()
    }

    fn put(&self, name: &str, text: &str) -> bool {
        let mut texts = self.texts.borrow_mut();
        let others: usize = texts.iter().filter(|(other, _)| *other != name).map(|(_, text)| text.len()).sum();
        let fits = self.bytes_max.is_none_or(|bytes_max| others + text.len() <= bytes_max);
        if fits {
            texts.insert(name.to_owned(), text.to_owned());
        }
        fits
    }

    fn remove(&self, name: &str) {
        self.texts.borrow_mut().remove(name);
    }
}

/// The user's work in this browser.
pub struct Keep {
    shelf: Box<dyn Shelf>,
}

impl Keep {
    /// What this browser keeps for the page; where it forbids that, work lasts as long as the page.
    pub fn open() -> Self {
        match LocalStorage::open() {
            Some(storage) => Self::on(storage),
            None => Self::on(Memory::default()),
        }
    }

    /// What `shelf` keeps.
    pub fn on(shelf: impl Shelf + 'static) -> Self {
        Self { shelf: Box::new(shelf) }
    }

    /// Keeps `value` under `name`, in place of what was there.
    ///
    /// # Errors
    /// There is no room; what was there before stays.
    pub fn save<T: Serialize>(&self, name: &str, value: &T) -> Result<(), KeepError> {
        let text = serde_json::to_string(value).map_err(|source| KeepError::Write { name: name.to_owned(), source })?;
        if self.shelf.put(&full_name(name), &text) { Ok(()) } else { Err(KeepError::Full { name: name.to_owned() }) }
    }

    /// What is kept under `name`. Text that an older page wrote and this one cannot read is set aside, not lost:
    /// it moves to `NAME.unread`.
    pub fn load<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let own = full_name(name);
        let text = self.shelf.get(&own)?;
        if let Ok(value) = serde_json::from_str(&text) {
            return Some(value);
        }
        if self.shelf.put(&format!("{own}.unread"), &text) {
            self.shelf.remove(&own);
        }
        None
    }

    /// Forgets what is kept under `name`.
    pub fn forget(&self, name: &str) {
        self.shelf.remove(&full_name(name));
    }
}

/// The name under which the browser keeps the entry `name`.
fn full_name(name: &str) -> String {
    format!("{PREFIX}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let keep = Keep::on(Memory::default());
        keep.save("files", &vec![("pod.yaml", "kind: Pod\n")]).expect("there is room");
        assert_eq!(keep.load("files"), Some(vec![("pod.yaml".to_owned(), "kind: Pod\n".to_owned())]));
        keep.forget("files");
        assert_eq!(keep.load::<Vec<(String, String)>>("files"), None);
    }

    #[test]
    fn a_full_storage_says_so_and_keeps_the_old_text() {
        let keep = Keep::on(Memory { bytes_max: Some(10), ..Memory::default() });
        keep.save("note", &"short").expect("there is room");
        let error = keep.save("note", &"much too long").expect_err("there is no room");
        assert_eq!(error.to_string(), "cannot keep note in this browser: its storage is full or switched off");
        assert_eq!(keep.load("note"), Some("short".to_owned()));
    }

    #[test]
    fn what_cannot_be_read_is_set_aside() {
        let keep = Keep::on(Memory::default());
        keep.save("settings", &"dark").expect("there is room");
        assert_eq!(keep.load::<u32>("settings"), None);
        assert_eq!(keep.load::<String>("settings"), None);
        assert_eq!(keep.load("settings.unread"), Some("dark".to_owned()));
    }
}
