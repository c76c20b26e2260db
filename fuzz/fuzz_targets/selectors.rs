//! Label selectors and field selectors: what can be read means the same after it was written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::model::{FieldSelector, Selector, Text, Value};

fuzz_target!(|text: &str| {
    let labels = Value::from([("app", "web".into()), ("tier", "".into()), ("n", "5".into())]);
    if let Ok(selector) = Selector::parse(text) {
        let written = selector.to_string();
        let again = Selector::parse(&written).unwrap_or_else(|error| panic!("{written:?}: {error}"));
        assert_eq!(again.matches(&labels), selector.matches(&labels), "{written:?}");
        assert_eq!(again.to_string(), written);
    }
    if let Ok(selector) = FieldSelector::parse(text) {
        let written = selector.to_string();
        let again = FieldSelector::parse(&written).unwrap_or_else(|error| panic!("{written:?}: {error}"));
        // Terms are sorted as they were typed, so `=` and `==` differ in their place.
        let sorted = |it: &FieldSelector| {
            let mut terms: Vec<String> = it.0.iter().map(|it| format!("{it:?}")).collect();
            terms.sort();
            terms
        };
        assert_eq!(sorted(&again), sorted(&selector), "{written:?}");
        let _ = selector.matches(|field: &str| Text::new(field));
    }
    // The same as an object, as it stands in specs.
    if let Ok(value) = Value::from_json(text) {
        if let Ok(selector) = Selector::from_object(&value) {
            let _ = selector.matches(&labels);
        }
        let _ = shared::model::selector::describe(&value);
        let _ = Selector::from_labels(&value).matches(&labels);
    }
});
