//! Names of images, and whether one has to be pulled.
//!
//! Upstream: `pkg/kubelet/images/image_manager.go`, `github.com/distribution/reference/normalize.go`.

use crate::model::{Text, Value};
use smol_str::format_smolstr;

/// Whether the runtime is asked for an image before a container starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It is here and that is enough.
    Present,
    /// It is pulled, or at least looked up in the registry again.
    Pull,
    /// It is not here and must not be pulled.
    Never,
}

/// What a container's pull policy asks for.
pub(super) fn need(container: &Value, is_present: Presence) -> Need {
    match (container.get("imagePullPolicy").str(), is_present) {
        ("Always", _) | ("IfNotPresent" | "", Presence::Absent) => Need::Pull,
        (_, Presence::Here) => Need::Present,
        (_, Presence::Absent) => Need::Never,
    }
}

/// Whether the node has an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It does.
    Here,
    /// It does not.
    Absent,
}

/// The full name of an image: registry, path and tag or digest filled in; `None` for what is no image name.
pub fn full_name(image: &str) -> Option<Text> {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (name, None),
    };
    let (registry, rest) = match path.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest.to_owned()),
        Some(_) => ("docker.io", path.to_owned()),
        None => ("docker.io", format!("library/{path}")),
    };
    if !rest.split('/').all(is_path_part) || !tag.is_none_or(is_tag) || !digest.is_none_or(is_digest) {
        return None;
    }
    Some(match (tag, digest) {
        (Some(tag), Some(digest)) => format_smolstr!("{registry}/{rest}:{tag}@{digest}"),
        (None, Some(digest)) => format_smolstr!("{registry}/{rest}@{digest}"),
        (tag, None) => format_smolstr!("{registry}/{rest}:{}", tag.unwrap_or("latest")),
    })
}

fn is_path_part(part: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    edge(part.bytes().next())
        && edge(part.bytes().last())
        && part.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'.' | b'_' | b'-'))
}

fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|it| word(it) || matches!(it, b'.' | b'-'))
}

fn is_digest(digest: &str) -> bool {
    digest.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|it| it.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_or_refused() {
        let names = [
            "nginx",
            "nginx:1.27",
            "team/app",
            "reg.example:5000/a/b:v1",
            "nginx:",
            "Nginx",
            "a b",
            "nginx:1.2@sha256:0",
        ];
        let full: Vec<String> = names.iter().map(|it| full_name(it).map_or("-".into(), |it| it.to_string())).collect();
        expect_test::expect![[r"
            docker.io/library/nginx:latest
            docker.io/library/nginx:1.27
            docker.io/team/app:latest
            reg.example:5000/a/b:v1
            -
            -
            -
            -"]]
        .assert_eq(&full.join("\n"));
    }
}
