//! The types of whole objects, as the published schemas of their kinds have them.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/openapi/resolver`, `pkg/cel/common/schemas.go` (`SchemaDeclType`), `pkg/cel/types.go`
//! (`MaybeAssignTypeName`). A quantity has no type there, so that expressions do not see fields that hold one.
//! `DIFFERENCE`: upstream makes the names of types unique by the time of the clock; here a kind's name stands alone.

use crate::api::Registration;
use crate::cel::schema::{Root, escaped, type_of};
use crate::cel::types::{Field, Fields, Type};
use crate::model::Text;
use crate::model::schema::{Kind, Schema, TypeId};
use std::sync::Arc;

/// The type of a resource's objects; `None` if nothing is known of them.
pub(super) fn of(resource: &Registration) -> Option<Type> {
    let name = resource.kind.clone();
    if let Some(custom) = resource.custom() {
        let kind = type_of(custom.schema(), Root::Yes)?;
        return Some(Type::Object(Arc::new(Custom { name, kind })));
    }
    let of = Schema::get().find(&resource.api_version(), &resource.kind)?;
    Some(Type::Object(Arc::new(BuiltIn { name, of, above: Vec::new() })))
}

/// A struct of the API.
#[derive(Debug)]
struct BuiltIn {
    name: Text,
    of: TypeId,
    /// The structs that it is in: one of them in itself again is shown without fields.
    above: Vec<TypeId>,
}

impl Fields for BuiltIn {
    fn name(&self) -> &str {
        &self.name
    }

    fn field(&self, name: &str) -> Option<Field> {
        let fields = &Schema::get().type_of(self.of).fields;
        let field = fields.iter().find(|it| escaped(&it.name).as_deref() == Some(name))?;
        let kind = self.inner(&field.kind, &format!("{}.{name}", self.name))?;
        Some(Field { json: field.name.clone(), kind })
    }
}

impl BuiltIn {
    /// The type of a value in it; `None` for what expressions do not see.
    fn inner(&self, kind: &Kind, name: &str) -> Option<Type> {
        Some(match kind {
            Kind::Bool => Type::Bool,
            Kind::Int32 | Kind::Int64 => Type::Int,
            Kind::Float => Type::Double,
            Kind::Text => Type::Text,
            Kind::Bytes => Type::Bytes,
            Kind::Time | Kind::MicroTime => Type::Timestamp,
            Kind::Quantity => return None,
            Kind::IntOrString => Type::Dyn,
            Kind::Any => Type::record(name, &[]),
            Kind::Object(id) => self.object(*id, name),
            Kind::List(items) => Type::list(self.inner(items, &format!("{name}.@idx"))?),
            Kind::Map(values) => Type::map(Type::Text, self.inner(values, &format!("{name}.@elem"))?),
        })
    }

    fn object(&self, of: TypeId, name: &str) -> Type {
        let above: Vec<TypeId> = self.above.iter().copied().chain([self.of]).collect();
        if above.contains(&of) {
            return Type::record(name, &[]);
        }
        Type::Object(Arc::new(BuiltIn { name: name.into(), of, above }))
    }
}

/// A custom resource: its own schema, with the metadata that every object has.
#[derive(Debug)]
struct Custom {
    name: Text,
    kind: Type,
}

impl Fields for Custom {
    fn name(&self) -> &str {
        &self.name
    }

    fn field(&self, name: &str) -> Option<Field> {
        let Type::Object(own) = &self.kind else { return None };
        if name != "metadata" {
            return own.field(name);
        }
        let of = Schema::get().type_named("meta.v1.ObjectMeta")?;
        let metadata = BuiltIn { name: format!("{}.metadata", self.name).into(), of, above: Vec::new() };
        Some(Field { json: name.into(), kind: Type::Object(Arc::new(metadata)) })
    }
}
