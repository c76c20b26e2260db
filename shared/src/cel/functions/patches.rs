//! What mutations are written with: messages that look like the object, and steps of a JSON patch.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/mutation`, `pkg/cel/library/jsonpatch.go`.

use super::Function;
use crate::cel::machine::no_overload;
use crate::cel::types::{Field, Fields, Type};
use crate::cel::val::Val;
use crate::model::Text;
use std::sync::Arc;

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("jsonpatch.escapeKey", &["(string) string"], |machine, it| {
        let [Val::Text(key)] = it else { return no_overload() };
        machine.charge_text(key.len())?;
        Ok(Val::Text(key.replace('~', "~0").replace('/', "~1").into()))
    })];

/// The type of a message; `None` if there is no such message.
pub(in crate::cel) fn message(name: &str) -> Option<Type> {
    if name == "JSONPatch" {
        return Some(json_patch());
    }
    let is_object = name == "Object" || name.strip_prefix("Object.").is_some_and(|it| !it.is_empty());
    is_object.then(|| Type::Object(Arc::new(Anything { name: name.into() })))
}

/// The type of one step of a JSON patch.
fn json_patch() -> Type {
    let text = || Type::Text;
    Type::record("JSONPatch", &[("op", text()), ("path", text()), ("from", text()), ("value", Type::Dyn)])
}

/// `Object`, or the type of one of its fields: any field may be set, and what it holds is seen later.
#[derive(Debug)]
struct Anything {
    name: Text,
}

impl Fields for Anything {
    fn name(&self) -> &str {
        &self.name
    }

    fn field(&self, name: &str) -> Option<Field> {
        Some(Field { json: name.into(), kind: Type::Dyn })
    }
}
