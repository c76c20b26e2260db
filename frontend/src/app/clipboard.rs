//! Copies text for the person.

use crate::state::Page;

/// Puts `text` on the clipboard and says so; where the browser refuses, it says nothing was copied.
pub fn copy(page: Page, text: &str) {
    let Some(window) = web_sys::window() else { return };
    let promise = window.navigator().clipboard().write_text(text);
    leptos::task::spawn_local(async move {
        let copied = wasm_bindgen_futures::JsFuture::from(promise).await.is_ok();
        let words = page.words_now();
        let title = if copied { words.copied } else { words.copy_refused };
        page.tell(copied, title.to_owned(), String::new(), None);
    });
}
