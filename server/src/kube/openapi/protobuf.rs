//! The document of version 2 as protobuf, which kubectl up to v1.20 insists on.
//!
//! Upstream: `github.com/google/gnostic/openapiv2/OpenAPIv2.proto`. Written by a table of field numbers per message; what
//! the table does not name is an extension (`x-…`), and travels as YAML text.

use bytes::Bytes;
use shared::model::Value;

/// What a field's value is in protobuf.
#[derive(Clone, Copy)]
enum Wire {
    /// A string.
    Text,
    /// A boolean.
    Bool,
    /// A message.
    Message(&'static Message),
    /// A list of strings.
    Texts,
    /// A list of messages.
    Messages(&'static Message),
    /// Any value, as YAML.
    Anything,
    /// A list of any values, as YAML.
    Anythings,
}

/// A message of the protocol.
struct Message {
    /// Name in JSON, number, kind of value.
    fields: &'static [(&'static str, u32, Wire)],
    /// Where extensions go; 0 for nowhere.
    extensions: u32,
    /// For maps: where entries go, as pairs of name and value.
    entries: Option<(u32, &'static Message)>,
    /// Puts the message into another one first, by what it holds.
    wrap: fn(&Value, Vec<u8>) -> Vec<u8>,
}

const PLAIN: Message = Message { fields: &[], extensions: 0, entries: None, wrap: |_, bytes| bytes };

static DOCUMENT: Message = Message {
    fields: &[
        ("swagger", 1, Wire::Text),
        ("info", 2, Wire::Message(&INFO)),
        ("paths", 8, Wire::Message(&PATHS)),
        ("definitions", 9, Wire::Message(&DEFINITIONS)),
    ],
    ..PLAIN
};
static INFO: Message = Message { fields: &[("title", 1, Wire::Text), ("version", 2, Wire::Text)], ..PLAIN };
static PATHS: Message = Message { entries: Some((2, &PATH_ITEM)), ..PLAIN };
static DEFINITIONS: Message = Message { entries: Some((1, &SCHEMA)), ..PLAIN };
static PATH_ITEM: Message = Message {
    fields: &[
        ("get", 2, Wire::Message(&OPERATION)),
        ("put", 3, Wire::Message(&OPERATION)),
        ("post", 4, Wire::Message(&OPERATION)),
        ("delete", 5, Wire::Message(&OPERATION)),
        ("patch", 8, Wire::Message(&OPERATION)),
        ("parameters", 9, Wire::Messages(&PARAMETER)),
    ],
    ..PLAIN
};
static OPERATION: Message = Message {
    fields: &[
        ("tags", 1, Wire::Texts),
        ("operationId", 5, Wire::Text),
        ("produces", 6, Wire::Texts),
        ("consumes", 7, Wire::Texts),
        ("parameters", 8, Wire::Messages(&PARAMETER)),
        ("responses", 9, Wire::Message(&RESPONSES)),
        ("schemes", 10, Wire::Texts),
    ],
    extensions: 13,
    ..PLAIN
};
/// `ParametersItem { Parameter parameter = 1 }`, and `Parameter` is a body (1) or another parameter (2): in the query (3) or
/// the path (4).
static PARAMETER: Message = Message {
    fields: &[
        ("name", 0, Wire::Text),
        ("in", 0, Wire::Text),
        ("required", 0, Wire::Bool),
        ("type", 0, Wire::Text),
        ("schema", 0, Wire::Message(&BODY_SCHEMA)),
    ],
    wrap: parameter,
    ..PLAIN
};
static BODY: Message = Message {
    fields: &[
        ("name", 2, Wire::Text),
        ("in", 3, Wire::Text),
        ("required", 4, Wire::Bool),
        ("schema", 5, Wire::Message(&SCHEMA)),
    ],
    ..PLAIN
};
static IN_QUERY: Message = Message {
    fields: &[("required", 1, Wire::Bool), ("in", 2, Wire::Text), ("name", 4, Wire::Text), ("type", 6, Wire::Text)],
    ..PLAIN
};
static IN_PATH: Message = Message {
    fields: &[("required", 1, Wire::Bool), ("in", 2, Wire::Text), ("name", 4, Wire::Text), ("type", 5, Wire::Text)],
    ..PLAIN
};
static RESPONSES: Message = Message { entries: Some((1, &RESPONSE)), ..PLAIN };
/// `ResponseValue { Response response = 1 }`.
static RESPONSE: Message = Message {
    fields: &[("description", 1, Wire::Text), ("schema", 2, Wire::Message(&BODY_SCHEMA))],
    wrap: |_, bytes| field_bytes(1, &bytes),
    ..PLAIN
};
/// `SchemaItem { Schema schema = 1 }`.
static BODY_SCHEMA: Message =
    Message { fields: &SCHEMA_FIELDS, extensions: 31, entries: None, wrap: |_, bytes| field_bytes(1, &bytes) };
static SCHEMA: Message = Message { fields: &SCHEMA_FIELDS, extensions: 31, ..PLAIN };
static SCHEMA_FIELDS: [(&str, u32, Wire); 11] = [
    ("$ref", 1, Wire::Text),
    ("format", 2, Wire::Text),
    ("title", 3, Wire::Text),
    ("description", 4, Wire::Text),
    ("default", 5, Wire::Anything),
    ("required", 19, Wire::Texts),
    ("enum", 20, Wire::Anythings),
    ("additionalProperties", 21, Wire::Message(&BODY_SCHEMA)),
    ("type", 22, Wire::Message(&TYPE)),
    ("items", 23, Wire::Message(&BODY_SCHEMA)),
    ("properties", 25, Wire::Message(&DEFINITIONS)),
];
/// `TypeItem { repeated string value = 1 }`.
static TYPE: Message = Message { wrap: |value, _| field_bytes(1, value.str().as_bytes()), ..PLAIN };

/// The document as protobuf.
pub(super) fn document(document: &Value) -> Bytes {
    message(&DOCUMENT, document).into()
}

fn message(of: &Message, value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, item) in value.fields() {
        let known = of.fields.iter().find(|(field, _, _)| *field == name.as_str());
        match (known, of.entries) {
            (Some((_, 0, _)), _) => {}
            (Some((_, number, wire)), _) => bytes.extend(field(*number, *wire, item)),
            (None, Some((number, entry))) => bytes.extend(named(number, name, &message(entry, item))),
            (None, None) if of.extensions > 0 && name.starts_with("x-") => {
                bytes.extend(named(of.extensions, name, &anything(item)));
            }
            (None, None) => {}
        }
    }
    (of.wrap)(value, bytes)
}

/// A pair of name and value, which is how maps travel.
fn named(number: u32, name: &str, value: &[u8]) -> Vec<u8> {
    field_bytes(number, &[field_bytes(1, name.as_bytes()), field_bytes(2, value)].concat())
}

/// `Any { string yaml = 2 }`.
fn anything(value: &Value) -> Vec<u8> {
    field_bytes(2, shared::model::yaml::write(value).as_bytes())
}

fn field(number: u32, wire: Wire, value: &Value) -> Vec<u8> {
    match wire {
        Wire::Text => field_bytes(number, value.str().as_bytes()),
        Wire::Bool => [varint(u64::from(number) << 3), vec![u8::from(value.is_true())]].concat(),
        Wire::Message(of) => field_bytes(number, &message(of, value)),
        Wire::Texts => value.items().iter().flat_map(|it| field_bytes(number, it.str().as_bytes())).collect(),
        Wire::Messages(of) => value.items().iter().flat_map(|it| field_bytes(number, &message(of, it))).collect(),
        Wire::Anything => field_bytes(number, &anything(value)),
        Wire::Anythings => value.items().iter().flat_map(|it| field_bytes(number, &anything(it))).collect(),
    }
}

fn parameter(value: &Value, _: Vec<u8>) -> Vec<u8> {
    let whole = match value.get("in").str() {
        "body" => field_bytes(1, &message(&BODY, value)),
        "path" => field_bytes(2, &field_bytes(4, &message(&IN_PATH, value))),
        _ => field_bytes(2, &field_bytes(3, &message(&IN_QUERY, value))),
    };
    field_bytes(1, &whole)
}

/// A field of bytes: its key, its length, itself.
fn field_bytes(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut all = varint(u64::from(number) << 3 | 2);
    all.extend(varint(bytes.len() as u64));
    all.extend_from_slice(bytes);
    all
}

/// Seven bits to a byte, least first, the top bit meaning that more follows.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_nested_by_number() {
        let value = Value::from_json(r#"{"swagger":"2.0","info":{"title":"K"}}"#).expect("it is JSON");
        // Fields come in the order of their names: info (2) before swagger (1).
        assert_eq!(document(&value).as_ref(), b"\x12\x03\x0a\x01K\x0a\x032.0");
        assert_eq!(varint(300), [0xac, 0x02]);
    }
}
