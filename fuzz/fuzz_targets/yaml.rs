//! YAML documents: none ends in a panic, and what can be read is the same after it was written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::model::{Value, yaml};

fuzz_target!(|text: &str| {
    for document in yaml::parse(text) {
        for span in &document.spans {
            assert!(document.span(&span.path).is_some());
        }
        if document.errors.is_empty() && writable(&document.value) {
            let written = yaml::write(&document.value);
            let again = yaml::parse(&written);
            assert!(again.iter().all(|it| it.errors.is_empty()), "{written:?}");
            let value = again.into_iter().map(|it| it.value).find(|it| !it.is_null()).unwrap_or_default();
            assert_eq!(value, document.value, "{written:?}");
        }
    }
});

/// Numbers that are none are not equal to themselves.
fn writable(value: &Value) -> bool {
    match value {
        Value::Float(number) => number.is_finite(),
        Value::List(items) => items.iter().all(writable),
        Value::Map(fields) => fields.iter().all(|(_, it)| writable(it)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Text(_) => true,
    }
}
