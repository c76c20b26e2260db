//! `kubectl create configmap` and `kubectl create secret generic`.
//!
//! Upstream: `create_configmap.go`, `create_secret.go`.

use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, DRY_RUN, Flag, OUTPUT, each, switch, text};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::create::{COMMON, create, one_name};
use crate::kubectl::verbs::{Run, Verb};
use crate::model::{Object, names};

const SOURCES: &[Flag] =
    &[each("from-literal"), each("from-file"), each("from-env-file"), text("type"), switch("append-hash")];

/// `create configmap`.
pub(in crate::kubectl::verbs) const CONFIG_MAP: Verb = Verb {
    name: "create configmap",
    aliases: &["cm"],
    about: "Create a config map from a local file, directory or literal value",
    usage: "NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
    flags: &[SOURCES, COMMON, OUTPUT, DRY_RUN],
    run: Run::Once(config_map),
};

/// `create secret generic`.
pub(in crate::kubectl::verbs) const SECRET: Verb = Verb {
    name: "create secret generic",
    aliases: &[],
    about: "Create a secret from a local file, directory, or literal value",
    usage: "NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]",
    run: Run::Once(secret),
    ..CONFIG_MAP
};

fn config_map(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut object = Object::new("v1", "ConfigMap", "", &one_name(args)?);
    for (key, value) in data(args, session)? {
        object.entry("data").map_mut().insert(key, value);
    }
    create(session, args, object)
}

fn secret(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    let mut object = Object::new("v1", "Secret", "", &one_name(args)?);
    for (key, value) in data(args, session)? {
        object.entry("data").map_mut().insert(key, base64(value.as_bytes()));
    }
    if args.has("type") {
        object.set("type", args.get("type"));
    }
    create(session, args, object)
}

/// What the flags say, each key once.
fn data(args: &Args, session: &Session<'_>) -> Result<Vec<(String, String)>, Failure> {
    if args.has("from-env-file") && (args.has("from-file") || args.has("from-literal")) {
        return Err(Failure::text("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut data: Vec<(String, String)> = Vec::new();
    for source in args.all("from-file") {
        for (key, value) in from_file(source, session)? {
            add(&mut data, key, value)?;
        }
    }
    for literal in args.all("from-literal") {
        let invalid = || Failure::text(format!("invalid literal source {literal}, expected key=value"));
        let (key, value) = literal.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(invalid)?;
        add(&mut data, key.to_owned(), unquoted(value))?;
    }
    for name in args.all("from-env-file") {
        for line in
            file(name, session)?.lines().map(str::trim_start).filter(|it| !it.is_empty() && !it.starts_with('#'))
        {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            add(&mut data, key.to_owned(), value.to_owned())?;
        }
    }
    Ok(data)
}

fn unquoted(value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    inner.or_else(|| value.strip_prefix('\'').and_then(|it| it.strip_suffix('\''))).unwrap_or(value).to_owned()
}

/// `key=file`, `file`, or a folder whose files are keys.
fn from_file(source: &str, session: &Session<'_>) -> Result<Vec<(String, String)>, Failure> {
    let (key, path) = source.split_once('=').map_or((None, source), |(key, path)| (Some(key), path));
    let base = path.rsplit('/').next().unwrap_or(path);
    if let Ok(text) = file(path, session) {
        return Ok(vec![(key.unwrap_or(base).to_owned(), text)]);
    }
    let folder = format!("{}/", path.trim_start_matches("./").trim_end_matches('/'));
    let inside = session.context.input.files.iter().filter_map(|it| {
        let name = it.name.strip_prefix(&folder).filter(|it| !it.contains('/'))?;
        Some((name.to_owned(), it.text.to_string()))
    });
    let found: Vec<_> = inside.collect();
    if found.is_empty() || key.is_some() {
        return Err(Failure::text(format!("error reading {path}: no such file or directory")));
    }
    Ok(found)
}

fn file(path: &str, session: &Session<'_>) -> Result<String, Failure> {
    let wanted = path.trim_start_matches("./");
    let found = session.context.input.files.iter().find(|it| it.name.trim_start_matches("./") == wanted);
    found
        .map(|it| it.text.to_string())
        .ok_or_else(|| Failure::text(format!("error reading {path}: no such file or directory")))
}

fn add(data: &mut Vec<(String, String)>, key: String, value: String) -> Result<(), Failure> {
    let wrong = names::config_map_key(&key);
    if !wrong.is_empty() {
        return Err(Failure::text(format!(
            "{} is not a valid key name for a ConfigMap: {}",
            quoted(&key),
            wrong.join(",")
        )));
    }
    if data.iter().any(|(it, _)| *it == key) {
        return Err(Failure::text(format!("cannot add key {}, another key by that name already exists", quoted(&key))));
    }
    data.push((key, value));
    Ok(())
}

/// Base64 with padding.
pub(in crate::kubectl::verbs) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * index) & 63) as usize];
            text.push(if index <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        assert_eq!(
            ["", "a", "ab", "abc", "s3cret"].map(|it| base64(it.as_bytes())),
            ["", "YQ==", "YWI=", "YWJj", "czNjcmV0"]
        );
        assert_eq!(unquoted("'a b'"), "a b");
    }
}
