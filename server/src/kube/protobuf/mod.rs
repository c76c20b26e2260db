//! Bodies in protobuf, which kubectl and other Go clients send for built-in kinds; answers are JSON, which they take as well.
//!
//! Upstream: `k8s.io/apimachinery/pkg/runtime/serializer/protobuf`, the `generated.proto` of each group.

mod table;
mod wire;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::model::{Span, Text, Time, Value};

use table::{Field, Many, What};
use wire::{Fields, Held, Malformed};

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What a body begins with.
const MAGIC: &[u8] = b"k8s\0";

/// How deep messages may nest; a schema in a `CustomResourceDefinition` nests deepest.
const DEPTH_MAX: usize = 100;

/// The object that a body holds.
///
/// # Errors
/// Bytes that are no protobuf, or of a kind that is not in the table.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Malformed> {
    let bytes = bytes.strip_prefix(MAGIC).ok_or(Malformed::Envelope)?;
    let (mut api_version, mut kind, mut raw) = (Text::default(), Text::default(), &[][..]);
    for field in Fields(bytes) {
        match field? {
            (1, Held::Bytes(meta)) => {
                for field in Fields(meta) {
                    match field? {
                        (1, Held::Bytes(text)) => api_version = utf8(text)?,
                        (2, Held::Bytes(text)) => kind = utf8(text)?,
                        _ => {}
                    }
                }
            }
            (2, Held::Bytes(held)) => raw = held,
            _ => {}
        }
    }
    let mut object = message(&message_name(&api_version, &kind), raw, DEPTH_MAX)?;
    object.set("apiVersion", api_version);
    object.set("kind", kind);
    Ok(object)
}

/// `rbac.v1.Role` for `rbac.authorization.k8s.io/v1` and `Role`.
fn message_name(api_version: &str, kind: &str) -> String {
    if kind == "DeleteOptions" {
        return "meta.v1.DeleteOptions".to_owned();
    }
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("core", api_version));
    format!("{}.{version}.{kind}", group.split('.').next().unwrap_or_default())
}

/// A message as JSON has it.
fn message(name: &str, bytes: &[u8], depth: usize) -> Result<Value, Malformed> {
    if depth == 0 {
        return Err(Malformed::Deep);
    }
    match name {
        "meta.v1.Time" | "meta.v1.MicroTime" => return time(name, bytes),
        "api.resource.Quantity" => return only(bytes, 1),
        "meta.v1.FieldsV1" | "runtime.RawExtension" | "apiextensions.v1.JSON" => return raw_json(bytes),
        "util.intstr.IntOrString" => return int_or_string(bytes),
        "apiextensions.v1.JSONSchemaPropsOrArray"
        | "apiextensions.v1.JSONSchemaPropsOrBool"
        | "apiextensions.v1.JSONSchemaPropsOrStringArray" => return schema_or(name, bytes, depth),
        _ => {}
    }
    let mut object = Value::map();
    fill(&mut object, name, bytes, depth)?;
    // What JSON has as a bare list.
    let is_list = name.ends_with(".ExtraValue");
    Ok(if is_list { object.get("items").clone() } else { object })
}

/// Puts a message's fields into `object`.
fn fill(object: &mut Value, name: &str, bytes: &[u8], depth: usize) -> Result<(), Malformed> {
    let fields = table::message(name).ok_or(Malformed::Kind)?;
    for held in Fields(bytes) {
        let (number, held) = held?;
        let Some(field) = fields.get(&number) else { continue };
        match (field.many, field.what, held) {
            (Many::One, What::Message(inner), Held::Bytes(bytes)) if field.name.is_empty() => {
                if depth <= 1 {
                    return Err(Malformed::Deep);
                }
                fill(object, inner, bytes, depth - 1)?;
            }
            (Many::Map, _, Held::Bytes(entry)) => {
                let (key, value) = map_entry(field, number, entry, depth)?;
                object.map_mut().entry(field.name).map_mut().insert(key, value);
            }
            (Many::List, ..) => {
                let value = value(field, number, held, depth)?;
                object.map_mut().entry(field.name).list_mut().push(value);
            }
            _ => object.map_mut().insert(field.name, value(field, number, held, depth)?),
        }
    }
    Ok(())
}

fn map_entry(field: &Field, number: u32, entry: &[u8], depth: usize) -> Result<(Text, Value), Malformed> {
    let (mut key, mut held) = (Text::default(), Held::Bytes(&[]));
    for part in Fields(entry) {
        match part? {
            (1, Held::Bytes(text)) => key = utf8(text)?,
            (2, value) => held = value,
            _ => {}
        }
    }
    Ok((key, value(field, number, held, depth)?))
}

fn value(field: &Field, number: u32, held: Held<'_>, depth: usize) -> Result<Value, Malformed> {
    match (field.what, held) {
        (What::Text, Held::Bytes(bytes)) => Ok(utf8(bytes)?.into()),
        (What::Bytes, Held::Bytes(bytes)) => Ok(STANDARD.encode(bytes).as_str().into()),
        (What::Bool, Held::Number(number)) => Ok((number != 0).into()),
        (What::Whole, Held::Number(number)) => Ok(number.cast_signed().into()),
        (What::Number, Held::Eight(bytes)) => Ok(Value::Float(f64::from_le_bytes(bytes))),
        (What::Message(name), Held::Bytes(bytes)) => message(name, bytes, depth - 1),
        _ => Err(Malformed::Type(number)),
    }
}

fn utf8(bytes: &[u8]) -> Result<Text, Malformed> {
    std::str::from_utf8(bytes).map(Text::from).map_err(|_| Malformed::Text)
}

/// The text of the field `wanted`.
fn only(bytes: &[u8], wanted: u32) -> Result<Value, Malformed> {
    let mut value = Value::Null;
    for field in Fields(bytes) {
        if let (number, Held::Bytes(text)) = field?
            && number == wanted
        {
            value = utf8(text)?.into();
        }
    }
    Ok(value)
}

/// Seconds and nanoseconds since 1970; null if there are none.
fn time(name: &str, bytes: &[u8]) -> Result<Value, Malformed> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields(bytes) {
        match field? {
            (1, Held::Number(number)) => seconds = number.cast_signed(),
            (2, Held::Number(number)) => nanos = number.cast_signed(),
            _ => {}
        }
    }
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let time = Time::from_seconds(seconds) + Span::micros(nanos / 1_000);
    Ok(if name == "meta.v1.MicroTime" {
        time.to_micro_string().as_str().into()
    } else {
        time.to_string().as_str().into()
    })
}

/// JSON inside protobuf.
fn raw_json(bytes: &[u8]) -> Result<Value, Malformed> {
    let text = only(bytes, 1)?;
    if text.str().is_empty() { Ok(Value::Null) } else { Value::from_json(text.str()).map_err(|_| Malformed::Text) }
}

fn int_or_string(bytes: &[u8]) -> Result<Value, Malformed> {
    let (mut is_text, mut number) = (false, 0);
    for field in Fields(bytes) {
        match field? {
            (1, Held::Number(kind)) => is_text = kind == 1,
            (2, Held::Number(held)) => number = held.cast_signed(),
            _ => {}
        }
    }
    if is_text { only(bytes, 3) } else { Ok(number.into()) }
}

/// A schema; or instead of it a list of schemas, a boolean, or a list of names.
fn schema_or(name: &str, bytes: &[u8], depth: usize) -> Result<Value, Malformed> {
    let schema = |bytes| message("apiextensions.v1.JSONSchemaProps", bytes, depth - 1);
    let (mut one, mut many) = (None, Vec::new());
    for field in Fields(bytes) {
        match (name.rsplit("Or").next(), field?) {
            (Some("Bool"), (1, Held::Number(allowed))) => one = one.or(Some((allowed != 0).into())),
            (Some("Bool"), (2, Held::Bytes(held))) | (_, (1, Held::Bytes(held))) => one = Some(schema(held)?),
            (Some("StringArray"), (2, Held::Bytes(held))) => many.push(utf8(held)?.into()),
            (_, (2, Held::Bytes(held))) => many.push(schema(held)?),
            _ => {}
        }
    }
    Ok(one.unwrap_or_else(|| Value::List(many.into_iter().collect())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// A number in one or two bytes.
    fn number(value: usize) -> Vec<u8> {
        let byte = |value: usize| u8::try_from(value & 0x7f).expect("seven bits fit");
        if value < 128 { vec![byte(value)] } else { vec![byte(value) | 0x80, byte(value >> 7)] }
    }

    /// A field that holds bytes; the tests' are short.
    fn put(field: usize, bytes: &[u8]) -> Vec<u8> {
        [number(field << 3 | 2), number(bytes.len()), bytes.to_vec()].concat()
    }

    fn body(api_version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
        let meta = [put(1, api_version.as_bytes()), put(2, kind.as_bytes())].concat();
        [MAGIC, &put(1, &meta), &put(2, object)].concat()
    }

    fn check(bytes: &[u8], expected: &Expect) {
        expected.assert_eq(&read(bytes).map_or_else(|error| format!("error: {error}"), |value| value.to_string()));
    }

    #[test]
    fn objects_are_read() {
        let metadata =
            put(1, &[put(1, b"settings"), put(8, b""), put(11, &[put(1, b"app"), put(2, b"web")].concat())].concat());
        let data = put(2, &[put(1, b"a"), put(2, b"b")].concat());
        check(
            &body("v1", "ConfigMap", &[metadata.clone(), data].concat()),
            &expect![[
                r#"{"apiVersion":"v1","data":{"a":"b"},"kind":"ConfigMap","metadata":{"creationTimestamp":null,"labels":{"app":"web"},"name":"settings"}}"#
            ]],
        );
        let port = [put(1, b"http"), put(4, &[8, 1, 26, 3, b'w', b'e', b'b']), vec![3 << 3, 80]].concat();
        check(
            &body("v1", "Service", &put(2, &put(1, &port))),
            &expect![[
                r#"{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"name":"http","port":80,"targetPort":"web"}]}}"#
            ]],
        );
        let volume = put(2, &put(1, &[put(1, b"tmp"), put(2, &put(2, b""))].concat()));
        check(
            &body("v1", "Pod", &volume),
            &expect![[r#"{"apiVersion":"v1","kind":"Pod","spec":{"volumes":[{"emptyDir":{},"name":"tmp"}]}}"#]],
        );
        let lease = put(2, &put(4, &[8, 1, 16, 0xe8, 7]));
        check(
            &body("coordination.k8s.io/v1", "Lease", &lease),
            &expect![[
                r#"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","spec":{"renewTime":"1970-01-01T00:00:01.000001Z"}}"#
            ]],
        );
        let secret = put(2, &[put(1, b"key"), put(2, &[0, 255])].concat());
        check(
            &body("v1", "Secret", &secret),
            &expect![[r#"{"apiVersion":"v1","data":{"key":"AP8="},"kind":"Secret"}"#]],
        );
        check(
            &body("apps/v1", "DeleteOptions", &put(4, b"Orphan")),
            &expect![[r#"{"apiVersion":"apps/v1","kind":"DeleteOptions","propagationPolicy":"Orphan"}"#]],
        );
    }

    #[test]
    fn schemas_are_read() {
        let items = put(24, &put(1, &put(5, b"string")));
        let more = put(30, &put(2, &put(5, b"integer")));
        let any = [put(8, &put(1, b"[1]")), put(20, &put(1, b"\"a\"")), put(20, &put(1, b"2"))].concat();
        let props = [put(3, b"#/x"), items, more, any].concat();
        let value = message("apiextensions.v1.JSONSchemaProps", &props, DEPTH_MAX).expect("it is one");
        expect![[r##"{"$ref":"#/x","additionalProperties":{"type":"integer"},"default":[1],"enum":["a",2],"items":{"type":"string"}}"##]].assert_eq(&value.to_string());
    }

    #[test]
    fn other_bytes_are_refused() {
        check(b"{}", &expect!["error: the body does not begin as a Kubernetes object does"]);
        check(&body("v1", "Sail", b""), &expect!["error: the kind is not known"]);
        check(&body("v1", "ConfigMap", &[0x0a, 9, 0]), &expect!["error: the message ends in the middle of a field"]);
        check(&body("v1", "ConfigMap", &[0x08, 1]), &expect!["error: field 1 has another type"]);
        check(&body("v1", "ConfigMap", &[0xff; 11]), &expect!["error: a number has too many bytes"]);
        check(&body("v1", "ConfigMap", &[0x0b]), &expect!["error: a field has the unknown wire type 3"]);
        let deep = (0..40).fold(Vec::new(), |inner, _| put(25, &inner));
        let refused = message("apiextensions.v1.JSONSchemaProps", &deep, 10);
        assert_eq!(refused, Err(Malformed::Deep));
    }
}
