//! URLs.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/library/urls.go`, Go's `net/url` (`ParseRequestURI`).

use super::Function;
use crate::cel::machine::{Machine, Outcome, no_overload, wrong};
use crate::cel::val::{Dict, Name, Val};
use crate::model::Text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A URL taken apart.
#[derive(Clone, Debug, Default)]
pub struct Url {
    /// As it was written.
    pub text: Text,
    scheme: Text,
    /// With the port.
    host: Text,
    path: Text,
    query: Text,
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("url", &["(string) URL"], |machine, it| match it {
        [Val::Text(text)] => {
            machine.charge_text(text.len())?;
            match Url::parse(text) {
                Ok(it) => Ok(Val::Url(Arc::new(it))),
                Err(why) => wrong(format!("URL parse error during conversion from string: parse \"{text}\": {why}")),
            }
        }
        _ => no_overload(),
    }),
    Function::new("isURL", &["(string) bool"], |machine, it| match it {
        [Val::Text(text)] => {
            machine.charge_text(text.len())?;
            Ok(Val::Bool(Url::parse(text).is_ok()))
        }
        _ => no_overload(),
    }),
    Function::new("getScheme", &["URL.() string"], |_, it| part(it, |it| it.scheme.clone())),
    Function::new("getHost", &["URL.() string"], |_, it| part(it, |it| it.host.clone())),
    Function::new("getHostname", &["URL.() string"], |_, it| part(it, |it| it.host_and_port().0.into())),
    Function::new("getPort", &["URL.() string"], |_, it| part(it, |it| it.host_and_port().1.into())),
    Function::new("getEscapedPath", &["URL.() string"], |_, it| part(it, |it| it.path.clone())),
    Function::new("getQuery", &["URL.() map(string, list(string))"], query),
];

fn part(it: &[Val], of: fn(&Url) -> Text) -> Outcome {
    match it {
        [Val::Url(it)] => Ok(Val::Text(of(it))),
        _ => no_overload(),
    }
}

impl Url {
    /// Reads a URL as it stands in a request: absolute, or a path from the root.
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("empty url");
        }
        if text.chars().any(|it| it.is_ascii_control()) {
            return Err("net/url: invalid control character in URL");
        }
        let (scheme, rest) = scheme_of(text)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if scheme.is_empty() && !rest.starts_with('/') {
            return Err("invalid URI for request");
        }
        let (host, path) = match rest.strip_prefix("//") {
            Some(it) if !scheme.is_empty() || !rest.starts_with("///") => {
                let end = it.find('/').unwrap_or(it.len());
                (&it[..end], &it[end..])
            }
            _ => ("", rest),
        };
        if scheme.is_empty() && !host.is_empty() {
            // Without a scheme two slashes are a path.
            return Ok(Self { text: text.into(), path: rest.into(), query: query.into(), ..Self::default() });
        }
        let host = host.rsplit_once('@').map_or(host, |it| it.1);
        check_host(host)?;
        Ok(Self { text: text.into(), scheme: scheme.into(), host: host.into(), path: path.into(), query: query.into() })
    }

    fn host_and_port(&self) -> (&str, &str) {
        match self.host.strip_prefix('[').and_then(|it| it.split_once(']')) {
            Some((address, rest)) => (address, rest.strip_prefix(':').unwrap_or_default()),
            None => self.host.split_once(':').unwrap_or((&self.host, "")),
        }
    }
}

fn scheme_of(text: &str) -> Result<(String, &str), &'static str> {
    let Some((scheme, rest)) = text.split_once(':') else { return Ok((String::new(), text)) };
    let letters = |it: char| it.is_ascii_alphanumeric() || "+-.".contains(it);
    if scheme.is_empty() {
        return Err("missing protocol scheme");
    }
    if scheme.starts_with(|it: char| it.is_ascii_alphabetic()) && scheme.chars().all(letters) {
        return Ok((scheme.to_lowercase(), rest));
    }
    if text.starts_with('/') {
        Ok((String::new(), text))
    } else {
        Err("first path segment in URL cannot contain colon")
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let port = match host.strip_prefix('[') {
        Some(it) => it.split_once(']').ok_or("missing ']' in host")?.1.strip_prefix(':'),
        None => host.split_once(':').map(|it| it.1),
    };
    if port.is_some_and(|it| !it.bytes().all(|it| it.is_ascii_digit())) {
        return Err("invalid port after host");
    }
    if host.contains([' ', '<', '>', '"', '\\', '^', '`', '{', '|', '}']) {
        return Err("invalid character in host name");
    }
    Ok(())
}

fn query(machine: &mut Machine<'_>, it: &[Val]) -> Outcome {
    let [Val::Url(url)] = it else { return no_overload() };
    machine.charge_text(url.query.len())?;
    let mut made: BTreeMap<Name, Vec<Val>> = BTreeMap::new();
    for pair in url.query.split('&').filter(|it| !it.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if let (Some(key), Some(value)) = (unescaped(key), unescaped(value)) {
            made.entry(Name::Text(key.into())).or_default().push(Val::Text(value.into()));
        }
    }
    Ok(Val::Map(Dict::Made(Arc::new(made.into_iter().map(|(key, values)| (key, Val::list(values))).collect()))))
}

/// A part of a query with `+` and `%xx` undone; `None` if it is not well-formed.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}
