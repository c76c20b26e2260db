//! Writes what the product knows of the API's types, from the k8s-openapi dependency and a hand-kept table.
//!
//! `cargo run -p schema` writes `shared/schema/kubernetes.bin`, `shared/schema/descriptions.bin` and
//! `server/schema/protobuf.txt`.

mod binary;
mod descriptions;
mod facts;
mod source;
mod wire;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The hand-kept table.
const FACTS: &str = include_str!("../facts.txt");

fn main() -> ExitCode {
    let done = if std::env::args().len() == 1 { write_all() } else { Err("usage: schema".into()) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("schema: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_all() -> Result<(), String> {
    let source = source::read();
    write(&committed_file(), &generate()?)?;
    write(&committed_descriptions(), &descriptions::pack(&descriptions::write(&source)))?;
    write(&committed_table(), wire::generate(&source)?.as_bytes())
}

/// The compact schema.
fn generate() -> Result<Vec<u8>, String> {
    let facts = facts::Facts::read(FACTS)?;
    Ok(binary::write(&source::read(), &facts))
}

fn committed_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/schema/kubernetes.bin")
}

fn committed_descriptions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/schema/descriptions.bin")
}

fn committed_table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../server/schema/protobuf.txt")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(path, bytes).map_err(|error| format!("write {}: {error}", path.display()))?;
    eprintln!("{}: {} bytes", path.display(), bytes.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_is_what_the_generator_writes() {
        let committed = std::fs::read_to_string(committed_table()).unwrap();
        let generated = wire::generate(&source::read()).unwrap();
        assert!(committed == generated, "server/schema/protobuf.txt is stale: run `cargo run -p schema`");
    }

    #[test]
    fn the_committed_schema_is_what_the_generator_writes() {
        let committed = std::fs::read(committed_file()).unwrap();
        assert!(committed == generate().unwrap(), "shared/schema/kubernetes.bin is stale: run `cargo run -p schema`");
    }

    #[test]
    fn every_line_of_the_table_speaks_of_a_field_that_exists() {
        let facts = facts::Facts::read(FACTS).unwrap();
        let source = source::read();
        let exists = |path: &str| {
            let (type_name, field) = path.rsplit_once('.').unwrap();
            let found = source.types.iter().find(|(name, _)| binary::short_name(name) == type_name);
            found.is_some_and(|(_, schema)| schema["properties"].get(field).is_some())
        };
        let missing: Vec<_> = facts.paths().filter(|path| !exists(path)).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn descriptions_say_what_a_field_is() {
        let text = descriptions::write(&source::read());
        let committed = miniz_oxide::inflate::decompress_to_vec(&std::fs::read(committed_descriptions()).unwrap());
        let is_fresh = committed.unwrap() == text.as_bytes();
        assert!(is_fresh, "shared/schema/descriptions.bin is stale: run `cargo run -p schema`");
        let all: serde_json::Value = serde_json::from_str(&text).unwrap();
        let replicas = all["apps.v1.DeploymentSpec"]["replicas"].as_str().unwrap();
        assert!(replicas.starts_with("Number of desired pods."), "{replicas}");
        assert!(all["core.v1.Pod"][""].as_str().unwrap().starts_with("Pod is"));
    }
}
