//! The YAML editor: `CodeMirror` 6, bundled from `static/editor/editor.js`, behind plain data.
//!
//! Lines count from 1 and columns from 1, in characters (not UTF-16 units); the script converts.
//! Knows nothing of Kubernetes: what to complete, to explain and to underline comes from its owner.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::Element;

#[wasm_bindgen]
extern "C" {
    /// The script's own object; its methods are in `static/editor/editor.js`.
    type Handle;

    #[wasm_bindgen(js_namespace = ["pilothouse", "editor"], js_name = create)]
    fn create(parent: &Element, setup: &JsValue, callbacks: &JsValue) -> Handle;

    #[wasm_bindgen(method, js_name = text)]
    fn text(this: &Handle) -> String;
    #[wasm_bindgen(method, js_name = setText)]
    fn set_text(this: &Handle, text: &str);
    #[wasm_bindgen(method, js_name = setDiagnostics)]
    fn set_diagnostics(this: &Handle, json: &str);
    #[wasm_bindgen(method, js_name = setReadOnlyLines)]
    fn set_read_only_lines(this: &Handle, json: &str);
    #[wasm_bindgen(method, js_name = setLabel)]
    fn set_label(this: &Handle, label: &str);
    #[wasm_bindgen(method)]
    fn reveal(this: &Handle, line: u32, column: u32);
    #[wasm_bindgen(method)]
    fn focus(this: &Handle);
    #[wasm_bindgen(method)]
    fn destroy(this: &Handle);
}

/// A place in the text: line and column, both from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The API server would refuse the document.
    Error,
    /// It would take it, and say or do something unexpected.
    Warning,
    /// Worth knowing.
    Info,
}

/// Text to put in place of a diagnostic's own range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What the button says.
    pub label: String,
    /// The new text.
    pub text: String,
}

/// A message at a piece of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Where the piece begins.
    pub from: Place,
    /// Where it ends; the character at this place is not part of it.
    pub to: Place,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What would mend it, where that is known.
    pub fix: Option<Fix>,
}

/// One line of the list of completions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// The word to complete to.
    pub label: String,
    /// The type or kind, beside the word.
    pub detail: String,
    /// One or two sentences, beside the list.
    pub info: String,
    /// What is inserted; the word itself if empty.
    pub apply: String,
}

/// What may follow at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completions {
    /// Where the word begins that is being written.
    pub from: Place,
    /// The words, best first.
    pub options: Vec<Completion>,
}

/// The explanation of the field under the pointer or the caret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The field.
    pub title: String,
    /// Where it belongs, such as `apps/v1`.
    pub origin: String,
    /// Type, required or optional, default: one chip each.
    pub facts: Vec<String>,
    /// One or two sentences.
    pub text: String,
}

/// A run of lines that cannot be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LineRange {
    /// The first line, from 1.
    pub first: u32,
    /// The last line, from 1.
    pub last: u32,
}

/// What an editor is made of.
pub struct Setup {
    /// The text at the beginning.
    pub text: String,
    /// What a screen reader calls the editor.
    pub label: String,
    /// The editor's own words in the page's language: English to translated, such as "Find" to "查找".
    pub phrases: Vec<(String, String)>,
    /// Called with the whole text after each change by the user.
    pub on_change: Box<dyn Fn(String)>,
    /// Called with the text and the caret's place when completions are wanted.
    pub complete: Box<dyn Fn(String, Place) -> Option<Completions>>,
    /// Called with the text and a place when an explanation is wanted.
    pub explain: Box<dyn Fn(String, Place) -> Option<Explanation>>,
}

/// The part of [`Setup`] that is data.
#[derive(Serialize)]
struct SetupData<'a> {
    text: &'a str,
    label: &'a str,
    phrases: &'a [(String, String)],
}

/// A living editor. Dropping it removes it from the page.
pub struct Editor {
    handle: Handle,
    _callbacks: Callbacks,
}

/// A question of the script: text, line and column in, JSON or nothing out.
type Question = Closure<dyn Fn(String, u32, u32) -> Option<String>>;

/// The functions that the script calls; they live as long as the editor.
struct Callbacks {
    on_change: Closure<dyn Fn(String)>,
    complete: Question,
    explain: Question,
}

impl Editor {
    /// Makes an editor inside `parent`.
    pub fn create(parent: &Element, setup: Setup) -> Self {
        let data = json(&SetupData { text: &setup.text, label: &setup.label, phrases: &setup.phrases });
        let callbacks = Callbacks {
            on_change: Closure::new(setup.on_change),
            complete: question(setup.complete),
            explain: question(setup.explain),
        };
        let handle = create(parent, &JsValue::from_str(&data), &callbacks.object());
        Self { handle, _callbacks: callbacks }
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.handle.text()
    }

    /// Replaces the whole text; no line is read-only then. `on_change` is not called, and undo does not go back over it.
    pub fn set_text(&self, text: &str) {
        self.handle.set_text(text);
    }

    /// Shows these diagnostics, in place of the ones before.
    pub fn set_diagnostics(&self, diagnostics: &[Diagnostic]) {
        self.handle.set_diagnostics(&json(diagnostics));
    }

    /// Makes these lines, and no others, read-only.
    pub fn set_read_only_lines(&self, lines: &[LineRange]) {
        self.handle.set_read_only_lines(&json(lines));
    }

    /// What a screen reader calls the editor.
    pub fn set_label(&self, label: &str) {
        self.handle.set_label(label);
    }

    /// Scrolls `place` into view and puts the caret there.
    pub fn reveal(&self, place: Place) {
        self.handle.reveal(place.line, place.column);
    }

    /// Moves the keyboard's focus into the editor.
    pub fn focus(&self) {
        self.handle.focus();
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        self.handle.destroy();
    }
}

impl Callbacks {
    /// The functions as one object for the script.
    fn object(&self) -> JsValue {
        let object = js_sys::Object::new();
        let functions = [
            ("onChange", self.on_change.as_ref()),
            ("complete", self.complete.as_ref()),
            ("explain", self.explain.as_ref()),
        ];
        for (name, function) in functions {
            // A new plain object takes every property.
            let _ = js_sys::Reflect::set(&object, &JsValue::from_str(name), function);
        }
        object.into()
    }
}

/// Wraps a question for the script.
fn question<T: Serialize + 'static>(ask: Box<dyn Fn(String, Place) -> Option<T>>) -> Question {
    Closure::new(move |text: String, line: u32, column: u32| {
        ask(text, Place { line, column }).map(|answer| json(&answer))
    })
}

/// The JSON of plain data, which always has some.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_script_reads_these_names() {
        let place = |line, column| Place { line, column };
        let fix = Some(Fix { label: "Fix".to_owned(), text: "periodSeconds".to_owned() });
        let message = "unknown field".to_owned();
        let diagnostic = Diagnostic { from: place(24, 9), to: place(24, 21), severity: Severity::Error, message, fix };
        expect![[r#"[{"from":{"line":24,"column":9},"to":{"line":24,"column":21},"severity":"error","message":"unknown field","fix":{"label":"Fix","text":"periodSeconds"}}]"#]].assert_eq(&json(&[diagnostic]));
        expect![[r#"[{"first":1,"last":4}]"#]].assert_eq(&json(&[LineRange { first: 1, last: 4 }]));
    }
}
