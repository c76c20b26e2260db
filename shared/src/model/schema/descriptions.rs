//! What Kubernetes' documentation says of its types and fields.
//!
//! The texts come from the file that `xtask/schema` writes; they weigh more than all else that the page knows of kinds, so
//! only the server has them.

use miniz_oxide::inflate::decompress_to_vec_with_limit;
use std::collections::BTreeMap;

/// JSON, packed: type name → field name → text; the field "" has the text of the type itself.
static FILE: &[u8] = include_bytes!("../../../schema/descriptions.bin");
/// What the file unpacks to at most, in bytes.
const UNPACKED_MAX: usize = 4 << 20;

/// The texts of all types.
#[derive(Debug, Default)]
pub struct Descriptions(BTreeMap<String, BTreeMap<String, String>>);

impl Descriptions {
    /// Unpacks all of them: some milliseconds and a megabyte, which nobody should keep.
    pub fn unpack() -> Self {
        let text = decompress_to_vec_with_limit(FILE, UNPACKED_MAX).unwrap_or_default();
        Self(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// What a type is, by its name, such as `core.v1.PodSpec`; empty if nothing is said.
    pub fn of_type(&self, name: &str) -> &str {
        self.of_field(name, "")
    }

    /// What a field of a type is; empty if nothing is said.
    pub fn of_field(&self, type_name: &str, field: &str) -> &str {
        self.0.get(type_name).and_then(|it| it.get(field)).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Schema;

    #[test]
    fn nearly_every_field_is_described() {
        let texts = Descriptions::unpack();
        assert_eq!(
            texts.of_field("apps.v1.DeploymentStrategy", "type"),
            "Type of deployment. Can be \"Recreate\" or \"RollingUpdate\". Default is RollingUpdate."
        );
        assert_eq!(texts.of_field("core.v1.Pod", "nope"), "");
        // OpenAPI's own words are not described.
        let foreign = ["apiextensions.v1.ExternalDocumentation", "apiextensions.v1.JSONSchemaProps"];
        let types = Schema::get().types().iter().filter(|of| !foreign.contains(&of.name.as_str()));
        let fields = types.flat_map(|of| of.fields.iter().map(move |field| (of, field)));
        let silent = fields.filter(|(of, field)| texts.of_field(&of.name, &field.name).is_empty());
        let names: Vec<String> = silent.map(|(of, field)| format!("{}.{}", of.name, field.name)).collect();
        assert_eq!(names, ["certificates.v1.CertificateSigningRequest.metadata", "networking.v1.IngressRule.http"]);
    }
}
