//! Writes what the product knows of the API's types, from the k8s-openapi dependency and a hand-kept table.
//!
//! `cargo run -p schema` writes `shared/schema/kubernetes.bin` and `server/schema/protobuf.txt`; `cargo run -p schema -- descriptions DIR` writes
//! `DIR/descriptions.json`, the text of every type and field, for the page.

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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [] => generate()
            .and_then(|bytes| write(&committed_file(), &bytes))
            .and_then(|()| wire::generate(&source::read()))
            .and_then(|table| write(&committed_table(), table.as_bytes())),
        ["descriptions", folder] => {
            write(&Path::new(folder).join("descriptions.json"), descriptions::write(&source::read()).as_bytes())
        }
        _ => Err("usage: schema [descriptions DIR]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("schema: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The compact schema.
fn generate() -> Result<Vec<u8>, String> {
    let facts = facts::Facts::read(FACTS)?;
    Ok(binary::write(&source::read(), &facts))
}

fn committed_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/schema/kubernetes.bin")
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
        let all: serde_json::Value = serde_json::from_str(&text).unwrap();
        let replicas = all["apps.v1.DeploymentSpec"]["replicas"].as_str().unwrap();
        assert!(replicas.starts_with("Number of desired pods."), "{replicas}");
        assert!(all["core.v1.Pod"][""].as_str().unwrap().starts_with("Pod is"));
    }
}
