//! The YAML editor: `CodeMirror` 6, bundled from `static/editor/editor.js`, behind plain data.
//!
//! Lines and columns count from 1, columns in UTF-16 units, as [`shared::playground::protocol`] has them.
//! Knows nothing of Kubernetes: what to complete, to explain and to underline comes from its owner.

use std::marker::PhantomData;

use serde::Serialize;
use shared::playground::protocol::{Completion, Diagnostic, Hover};
use wasm_bindgen::prelude::*;
use web_sys::Element;

#[wasm_bindgen]
extern "C" {
    /// The script's own object; its methods are in `static/editor/editor.js`.
    type Handle;

    #[wasm_bindgen(js_namespace = ["pilothouse", "editor"], js_name = create)]
    fn create(parent: &Element, setup: &str, callbacks: &JsValue) -> Handle;

    #[wasm_bindgen(method, js_name = text)]
    fn text(this: &Handle) -> String;
    #[wasm_bindgen(method, js_name = setText)]
    fn set_text(this: &Handle, text: &str);
    #[wasm_bindgen(method, js_name = setDiagnostics)]
    fn set_diagnostics(this: &Handle, json: &str);
    #[wasm_bindgen(method, js_name = setReadOnlyLines)]
    fn set_read_only_lines(this: &Handle, json: &str);
    #[wasm_bindgen(method, js_name = setWords)]
    fn set_words(this: &Handle, json: &str);
    #[wasm_bindgen(method)]
    fn reveal(this: &Handle, line: u32, column: u32);
    #[wasm_bindgen(method)]
    fn focus(this: &Handle);
    #[wasm_bindgen(method)]
    fn destroy(this: &Handle);
}

/// A run of lines that cannot be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LineRange {
    /// The first line, from 1.
    pub first: u32,
    /// The last line, from 1.
    pub last: u32,
}

/// The editor's words in the page's language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Words {
    /// What a screen reader calls the editor.
    pub label: String,
    /// English to translated, such as "Find" to "查找". Words that are not here stay English.
    ///
    /// Beside `CodeMirror`'s own there are "Fix", "required", "optional" and "default".
    pub phrases: Vec<(String, String)>,
}

/// A question about a place in the text. It may be answered later, once; if it never is, the editor goes on.
pub struct Question<T: ?Sized> {
    /// The whole text.
    pub text: String,
    /// From 1.
    pub line: u32,
    /// From 1, in UTF-16 units.
    pub column: u32,
    reply: js_sys::Function,
    answer: PhantomData<fn(&T)>,
}

impl<T: Serialize + ?Sized> Question<T> {
    /// Answers the question.
    pub fn answer(self, answer: &T) {
        // The script's function only settles a promise; it does not throw.
        let _ = self.reply.call1(&JsValue::NULL, &JsValue::from_str(&json(answer)));
    }
}

/// What an editor is made of.
pub struct Setup {
    /// The text at the beginning.
    pub text: String,
    /// The editor's words.
    pub words: Words,
    /// Called with the whole text after each change by the user.
    pub on_change: Box<dyn Fn(String)>,
    /// Called when the words are wanted that could stand at the caret.
    pub complete: Box<dyn Fn(Question<[Completion]>)>,
    /// Called when a field is to be explained; `None` if there is nothing to say.
    pub explain: Box<dyn Fn(Question<Option<Hover>>)>,
}

/// The part of [`Setup`] that is data.
#[derive(Serialize)]
struct SetupData<'a> {
    text: &'a str,
    words: &'a Words,
}

/// A living editor. Dropping it removes it from the page.
pub struct Editor {
    handle: Handle,
    _callbacks: Callbacks,
}

/// A question as the script asks it: text, line, column, and the function that takes the answer as JSON.
type Asked = Closure<dyn Fn(String, u32, u32, js_sys::Function)>;

/// The functions that the script calls; they live as long as the editor.
struct Callbacks {
    on_change: Closure<dyn Fn(String)>,
    complete: Asked,
    explain: Asked,
}

impl Editor {
    /// Makes an editor inside `parent`.
    pub fn create(parent: &Element, setup: Setup) -> Self {
        let data = json(&SetupData { text: &setup.text, words: &setup.words });
        let callbacks = Callbacks {
            on_change: Closure::new(setup.on_change),
            complete: asked(setup.complete),
            explain: asked(setup.explain),
        };
        let handle = create(parent, &data, &callbacks.object());
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

    /// Shows these diagnostics, in place of the ones before. A place outside the text becomes the nearest inside.
    pub fn set_diagnostics(&self, diagnostics: &[Diagnostic]) {
        self.handle.set_diagnostics(&json(diagnostics));
    }

    /// Makes these lines, and no others, read-only.
    pub fn set_read_only_lines(&self, lines: &[LineRange]) {
        self.handle.set_read_only_lines(&json(lines));
    }

    /// Changes the editor's words, when the page's language changes.
    pub fn set_words(&self, words: &Words) {
        self.handle.set_words(&json(words));
    }

    /// Scrolls a place into view and puts the caret there.
    pub fn reveal(&self, line: u32, column: u32) {
        self.handle.reveal(line, column);
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

/// Wraps what answers a question for the script.
fn asked<T: ?Sized + 'static>(take: Box<dyn Fn(Question<T>)>) -> Asked {
    Closure::new(move |text, line, column, reply| take(Question { text, line, column, reply, answer: PhantomData }))
}

/// The JSON of plain data, which always has some.
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// Compares the JSON that the script reads.
    fn check<T: Serialize + ?Sized>(value: &T, expected: &Expect) {
        expected.assert_eq(&json(value));
    }

    #[test]
    fn the_script_reads_these_names() {
        let fix = Some("periodSeconds".to_owned());
        let message = "unknown field".to_owned();
        check(
            &[Diagnostic { line: 24, column: 9, end_column: 21, error: true, message, fix }],
            &expect![[
                r#"[{"line":24,"column":9,"end_column":21,"error":true,"message":"unknown field","fix":"periodSeconds"}]"#
            ]],
        );
        check(
            &[Completion { label: "replicas".to_owned(), detail: "integer".to_owned() }],
            &expect![[r#"[{"label":"replicas","detail":"integer"}]"#]],
        );
        let hover = Hover {
            path: "spec.replicas".to_owned(),
            kind: "integer".to_owned(),
            api_version: "apps/v1".to_owned(),
            object_kind: "Deployment".to_owned(),
            required: false,
            default: "1".to_owned(),
            one_of: Vec::new(),
        };
        check(
            &Some(hover),
            &expect![[
                r#"{"path":"spec.replicas","kind":"integer","api_version":"apps/v1","object_kind":"Deployment","required":false,"default":"1","one_of":[]}"#
            ]],
        );
        check(&[LineRange { first: 1, last: 4 }], &expect![[r#"[{"first":1,"last":4}]"#]]);
        let phrases = vec![("Fix".to_owned(), "修复".to_owned())];
        check(
            &Words { label: "YAML".to_owned(), phrases },
            &expect![[r#"{"label":"YAML","phrases":[["Fix","修复"]]}"#]],
        );
    }
}
