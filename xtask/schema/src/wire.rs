//! The numbers of fields in protobuf, from the source of the k8s-pb dependency, for the server's reader of bodies.
//!
//! The dependency is generated Rust for prost; it is read as text and never compiled. Its names are in snake case, so the
//! names in JSON come from the JSON schema; a message that JSON puts into its parent (`volumeSource`) has none.
//!
//! A line per message: `core.v1.Volume 1:name:s 2::core.v1.VolumeSource`. A field is its number, its name in JSON (empty
//! if its fields are its parent's) and what it is: `s` text, `y` bytes, `b` boolean, `n` whole number, `d` number, or a
//! message; `[…]` for a list and `{…}` for a map from text.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binary::short_name;
use crate::source::Source;

/// A field of a message in the dependency.
struct PbField {
    number: u32,
    name: String,
    what: What,
}

/// What a field is.
#[derive(Clone)]
enum What {
    One(String),
    List(String),
    Map(String),
}

/// Every message of the dependency by its short name.
type Messages = BTreeMap<String, Vec<PbField>>;

/// Names of fields in JSON by what is left of them without case and underscores.
type Names = BTreeMap<String, String>;

/// The table.
///
/// # Errors
/// Cargo cannot say where the dependency is, or its source cannot be read.
pub(crate) fn generate(source: &Source) -> Result<String, String> {
    let schema: BTreeMap<&str, Names> = source.types.iter().map(|(name, it)| (short_name(name), names(it))).collect();
    let known = schema.keys().map(|name| (name.to_lowercase(), (*name).to_owned())).collect();
    let messages = renamed(read_messages(&dependency()?)?, &known);
    let kinds = source.kinds.iter().map(|kind| short_name(&kind.type_name).to_owned());
    let mut lines = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut queue: VecDeque<(String, Names)> = kinds.map(|name| (name, Names::new())).collect();
    while let Some((name, parents)) = queue.pop_front() {
        let Some(fields) = messages.get(&name).filter(|_| seen.insert(name.clone())) else { continue };
        let own = schema.get(name.as_str()).filter(|names| !names.is_empty()).unwrap_or(&parents);
        lines.insert(name.clone(), line(&name, fields, own, &messages));
        queue.extend(fields.iter().filter_map(|field| Some((field.what.message()?.to_owned(), own.clone()))));
    }
    Ok(lines.into_values().map(|line| line + "\n").collect())
}

/// The messages under the names that Go gives them, `TCPSocketAction` for `TcpSocketAction`; `known` has them by lower case.
fn renamed(messages: Messages, known: &Names) -> Messages {
    let of = |name: &str| known.get(&name.to_lowercase()).map_or_else(|| name.to_owned(), Clone::clone);
    let what = |it: What| match it {
        What::One(it) => What::One(of(&it)),
        What::List(it) => What::List(of(&it)),
        What::Map(it) => What::Map(of(&it)),
    };
    let fields = |fields: Vec<PbField>| fields.into_iter().map(|it| PbField { what: what(it.what), ..it }).collect();
    messages.into_iter().map(|(name, it)| (of(&name), fields(it))).collect()
}

fn line(name: &str, fields: &[PbField], names: &Names, messages: &Messages) -> String {
    let one = |field: &PbField| {
        let json = names.get(&plain(&field.name));
        let inlined = json.is_none() && is_in_parent(&field.what, names, messages);
        let name = json.cloned().unwrap_or_else(|| if inlined { String::new() } else { camel(&field.name) });
        format!(" {}:{name}:{}", field.number, field.what.text())
    };
    name.to_owned() + &fields.iter().map(one).collect::<String>()
}

/// JSON has a message's fields in its parent if the parent's schema, whose `names` these are, has them all.
fn is_in_parent(what: &What, names: &Names, messages: &Messages) -> bool {
    let What::One(message) = what else { return false };
    let is_there = |it: &PbField| names.contains_key(&plain(&it.name)) || is_in_parent(&it.what, names, messages);
    messages.get(message).is_some_and(|fields| fields.iter().all(is_there))
}

impl What {
    fn inner(&self) -> &str {
        match self {
            What::One(it) | What::List(it) | What::Map(it) => it,
        }
    }

    /// The message, if it is one.
    fn message(&self) -> Option<&str> {
        Some(self.inner()).filter(|it| it.contains('.'))
    }

    fn text(&self) -> String {
        match self {
            What::One(it) => it.clone(),
            What::List(it) => format!("[{it}]"),
            What::Map(it) => format!("{{{it}}}"),
        }
    }
}

fn names(schema: &serde_json::Value) -> Names {
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    properties.into_iter().flatten().map(|(name, _)| (plain(name), name.clone())).collect()
}

/// A name's letters and digits without case: the same for `cluster_i_ps` and `clusterIPs`.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).flat_map(char::to_lowercase).collect()
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        text + &head.to_uppercase() + tail
    })
}

/// Where cargo keeps the dependency's source.
fn dependency() -> Result<PathBuf, String> {
    let arguments = ["metadata", "--format-version=1", "--all-features", "--manifest-path"];
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).arg(manifest).output();
    let output = output.map_err(|error| format!("run cargo metadata: {error}"))?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("read cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let found = packages.filter(|it| it["name"] == "k8s-pb").find_map(|it| it["manifest_path"].as_str());
    let manifest = found.ok_or("cargo metadata does not name k8s-pb")?;
    Ok(Path::new(manifest).with_file_name("src"))
}

/// Every message below `root`.
fn read_messages(root: &Path) -> Result<Messages, String> {
    let mut messages = Messages::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("read {}: {error}", folder.display()))?;
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "mod.rs") {
                let text =
                    std::fs::read_to_string(&path).map_err(|error| format!("read {}: {error}", path.display()))?;
                let module = folder.strip_prefix(root).unwrap_or(&folder).to_string_lossy().replace('/', "::");
                read_module(&text, &module, &mut messages);
            }
        }
    }
    Ok(messages)
}

/// The messages of one file: lines `pub struct NAME {`, `#[prost(…)]` and, over one line or more, `pub FIELD: TYPE,`.
fn read_module(text: &str, module: &str, messages: &mut Messages) {
    let mut current = None;
    let mut attribute = None;
    let mut declared = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if let Some(name) = line.strip_prefix("pub struct ").and_then(|rest| rest.strip_suffix(" {")) {
            let name = short(&format!("{module}::{name}"));
            messages.insert(name.clone(), Vec::new());
            current = Some(name);
        } else if let Some(rest) = line.strip_prefix("#[prost(") {
            attribute = Some(rest.to_owned());
            declared.clear();
        } else if let (Some(message), Some(prost)) = (&current, &attribute) {
            declared.push_str(line);
            if line.ends_with(',') && declared.matches('<').count() == declared.matches('>').count() {
                let field = field(prost, &declared, module);
                messages.entry(message.clone()).or_default().extend(field);
                attribute = None;
            }
        }
    }
}

fn field(prost: &str, declared: &str, module: &str) -> Option<PbField> {
    let number = prost.split("tag = \"").nth(1)?.split('"').next()?.parse().ok()?;
    let (name, of) = declared.strip_prefix("pub ")?.split_once(':')?;
    let sort = prost.split([',', ' ']).next()?;
    let what = match sort {
        "btree_map" if prost.contains("message\"") => What::Map(message(of, module)),
        "btree_map" if prost.contains("bytes\"") => What::Map("y".to_owned()),
        "btree_map" => What::Map("s".to_owned()),
        _ => {
            let inner = if sort == "message" { message(of, module) } else { scalar(sort).to_owned() };
            if prost.contains("repeated") { What::List(inner) } else { What::One(inner) }
        }
    };
    Some(PbField { number, name: name.trim_start_matches("r#").to_owned(), what })
}

fn scalar(sort: &str) -> &'static str {
    match sort {
        "string" => "s",
        "bytes" => "y",
        "bool" => "b",
        "double" => "d",
        _ => "n",
    }
}

/// The message in a Rust type such as `Option<Box<super::super::core::v1::PodSpec>>`, relative to `module`.
fn message(of: &str, module: &str) -> String {
    let of = of.trim().trim_end_matches(',').replace("::prost::alloc::", "");
    let inner = of.rsplit(['<', ',', '>', ' ']).find(|part| !part.is_empty()).unwrap_or_default();
    let ups = inner.matches("super::").count();
    let base: Vec<&str> = module.split("::").collect();
    let above = base[..base.len().saturating_sub(ups)].iter().map(|part| format!("{part}::"));
    short(&(above.collect::<String>() + &inner.replace("super::", "")))
}

/// `core.v1.Pod` for `api::core::v1::Pod`.
fn short(path: &str) -> String {
    let prefixes = [
        "api::",
        "apimachinery::pkg::apis::",
        "apiextensions_apiserver::pkg::apis::",
        "kube_aggregator::pkg::apis::",
        "apimachinery::pkg::",
    ];
    let kept = prefixes.iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path);
    kept.replace("::", ".").replace("r#", "")
}
