//! Writes the text of every type and field, for `kubectl explain` and the OpenAPI documents of the server.

use crate::binary::short_name;
use crate::source::Source;
use serde_json::{Map, Value};

/// How hard is tried to make the file small, 0 to 10.
const DEFLATE_LEVEL: u8 = 10;

/// The file that holds `text`.
pub(crate) fn pack(text: &str) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(text.as_bytes(), DEFLATE_LEVEL)
}

/// JSON: type name → field name → text; the field name "" holds the text of the type itself.
pub(crate) fn write(source: &Source) -> String {
    let all: Map<String, Value> =
        source.types.iter().map(|(name, schema)| (short_name(name).to_owned(), texts(schema))).collect();
    Value::Object(all).to_string()
}

fn texts(schema: &Value) -> Value {
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let own = std::iter::once((String::new(), description(schema)));
    Value::Object(own.chain(fields.map(|(name, field)| (name.clone(), description(field)))).collect())
}

fn description(schema: &Value) -> Value {
    schema.get("description").cloned().unwrap_or_else(|| "".into())
}
