//! What names, labels, keys and numbers must look like, with the message for each that does not.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/validation`, `pkg/api/validate/content`, `pkg/api/validation/name.go`.
//! Each check gives the messages in upstream's order; none means valid.

use std::fmt::Write as _;

/// The longest DNS label, label value or name part of a label key, in bytes.
pub const LABEL_MAX_BYTES: usize = 63;
/// The longest DNS subdomain, in bytes.
pub const SUBDOMAIN_MAX_BYTES: usize = 253;
/// The longest port name, in bytes.
pub const PORT_NAME_MAX_BYTES: usize = 15;
/// Upper bound of user and group ids.
pub const ID_MAX: i64 = i32::MAX as i64;

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const UNDERSCORE_SUBDOMAIN: &str = r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
const WILDCARD: &str = r"\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL_1035: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const KEY_NAME: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

/// A DNS label (RFC 1123): `my-name`.
pub fn dns1123_label(value: &str) -> Vec<String> {
    let mut errors = longer(value, LABEL_MAX_BYTES, max_length);
    if is_label(value, lower_or_digit) {
        return errors;
    }
    errors.push(if is_subdomain(value) {
        "must not contain dots".into()
    } else {
        let text = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
        pattern(text, LABEL, &["my-name", "123-abc"])
    });
    errors
}

/// A DNS subdomain (RFC 1123): `my-name.example.com`.
pub fn dns1123_subdomain(value: &str) -> Vec<String> {
    let text = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    let errors = longer(value, SUBDOMAIN_MAX_BYTES, max_length);
    unless(is_subdomain(value), errors, || pattern(text, SUBDOMAIN, &["example.com"]))
}

/// A DNS subdomain whose labels may also start with or hold `_`: host names of `hostnameOverride`.
pub fn dns1123_subdomain_with_underscore(value: &str) -> Vec<String> {
    let text = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
    let label = |it: &str| {
        let it = it.strip_prefix('_').unwrap_or(it);
        ends_and_middle(it, lower_or_digit, |byte| lower_or_digit(byte) || matches!(byte, b'-' | b'_'))
    };
    let errors = longer(value, SUBDOMAIN_MAX_BYTES, max_length);
    unless(value.split('.').all(label), errors, || pattern(text, UNDERSCORE_SUBDOMAIN, &["example.com"]))
}

/// A DNS subdomain after `*.`.
pub fn wildcard_dns1123_subdomain(value: &str) -> Vec<String> {
    let text = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
    let valid = value.strip_prefix("*.").is_some_and(is_subdomain);
    let errors = longer(value, SUBDOMAIN_MAX_BYTES, max_length);
    unless(valid, errors, || pattern(text, WILDCARD, &["*.example.com"]))
}

/// A DNS label (RFC 1035), which starts with a letter.
pub fn dns1035_label(value: &str) -> Vec<String> {
    let text = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
    let valid = is_label(value, lower_or_digit) && value.starts_with(|it: char| it.is_ascii_lowercase());
    let errors = longer(value, LABEL_MAX_BYTES, max_length);
    unless(valid, errors, || pattern(text, LABEL_1035, &["my-name", "abc-123"]))
}

/// A label or annotation key, also called a qualified name: an optional DNS prefix and a name.
pub fn label_key(value: &str) -> Vec<String> {
    let text = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let characters = || pattern(text, KEY_NAME, &["MyName", "my.name", "123-abc"]);
    let mut errors = Vec::new();
    let name = match value.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            errors.extend(key_prefix(prefix));
            name
        }
        _ => {
            let characters = characters();
            let prefix = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {characters} {prefix}")];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".into());
    } else if name.len() > LABEL_MAX_BYTES {
        errors.push(format!("name part {}", max_bytes(LABEL_MAX_BYTES)));
    }
    unless(is_key_name(name), errors, || format!("name part {}", characters()))
}

fn key_prefix(prefix: &str) -> Vec<String> {
    if prefix.is_empty() {
        return vec!["prefix part must be non-empty".into()];
    }
    let long = longer(prefix, SUBDOMAIN_MAX_BYTES, max_bytes);
    let rest = dns1123_subdomain(prefix).into_iter().filter(|error| !error.starts_with("must be no more than"));
    long.into_iter().chain(rest).map(|error| format!("prefix part {error}")).collect()
}

/// A label value; may be empty.
pub fn label_value(value: &str) -> Vec<String> {
    let text = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let errors = longer(value, LABEL_MAX_BYTES, max_bytes);
    unless(value.is_empty() || is_key_name(value), errors, || {
        pattern(text, LABEL_VALUE, &["MyValue", "my_value", "12345"])
    })
}

/// A DNS name with at least three labels.
pub fn fully_qualified_name(value: &str) -> Vec<String> {
    let errors = dns1123_subdomain(value);
    if !errors.is_empty() {
        return vec![errors.join(",")];
    }
    unless(value.split('.').count() >= 3, errors, || {
        "should be a domain with at least three segments separated by dots".into()
    })
}

/// An identifier of C.
pub fn c_identifier(value: &str) -> Vec<String> {
    let text = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
    let valid = first_and_rest(
        value,
        |byte| byte.is_ascii_alphabetic() || byte == b'_',
        |byte| byte.is_ascii_alphanumeric() || byte == b'_',
    );
    unless(valid, Vec::new(), || pattern(text, "[A-Za-z_][A-Za-z0-9_]*", &["my_name", "MY_NAME", "MyName"]))
}

/// The name of an environment variable, in the strict form (`envFrom` prefixes before relaxation).
pub fn env_var_name(value: &str) -> Vec<String> {
    let text = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";
    let mark = |byte| matches!(byte, b'-' | b'.' | b'_');
    let valid = first_and_rest(
        value,
        |byte| byte.is_ascii_alphabetic() || mark(byte),
        |byte| byte.is_ascii_alphanumeric() || mark(byte),
    );
    let regex = "[-._a-zA-Z][-._a-zA-Z0-9]*";
    let mut errors = unless(valid, Vec::new(), || pattern(text, regex, &["my.env-name", "MY_ENV.NAME", "MyEnvName1"]));
    errors.extend(parent_directory(value));
    errors
}

/// The name of an environment variable: any printable ASCII but `=`.
pub fn relaxed_env_var_name(value: &str) -> Vec<String> {
    let text = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    let mut errors = Vec::new();
    if value.is_empty() {
        errors.push("environment variable name must be non-empty".into());
    }
    unless(value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'='), errors, || text.into())
}

/// A key of a `ConfigMap` or Secret.
pub fn config_map_key(value: &str) -> Vec<String> {
    let text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    let errors = longer(value, SUBDOMAIN_MAX_BYTES, max_length);
    let valid = !value.is_empty() && value.bytes().all(key_middle);
    let mut errors = unless(valid, errors, || pattern(text, "[-._a-zA-Z0-9]+", &["key.name", "KEY_NAME", "key-name"]));
    errors.extend(parent_directory(value));
    errors
}

/// The name of a port, as IANA has it.
pub fn port_name(value: &str) -> Vec<String> {
    let mut errors = longer(value, PORT_NAME_MAX_BYTES, max_length);
    let mut wrong = |is_wrong: bool, text: &str| {
        if is_wrong {
            errors.push(text.into());
        }
    };
    let allowed = !value.is_empty() && value.bytes().all(|byte| lower_or_digit(byte) || byte == b'-');
    wrong(!allowed, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    wrong(!value.bytes().any(|byte| byte.is_ascii_lowercase()), "must contain at least one letter (a-z)");
    wrong(value.contains("--"), "must not contain consecutive hyphens");
    wrong(value.starts_with('-') || value.ends_with('-'), "must not begin or end with a hyphen");
    errors
}

/// A percentage: `93%`.
pub fn percent(value: &str) -> Vec<String> {
    let digits = value.strip_suffix('%').unwrap_or_default();
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let text = "a valid percent string must be a numeric string followed by an ending '%'";
    unless(valid, Vec::new(), || pattern(text, "[0-9]+%", &["1%", "93%"]))
}

/// The name of an HTTP header.
pub fn http_header_name(value: &str) -> Vec<String> {
    let valid = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let text = "a valid HTTP header must consist of alphanumeric characters or '-'";
    unless(valid, Vec::new(), || pattern(text, "[-A-Za-z0-9]+", &["X-Header-Name"]))
}

/// A port number.
pub fn port_number(port: i64) -> Vec<String> {
    in_range(port, 1, 65_535)
}

/// A user or group id.
pub fn user_or_group_id(id: i64) -> Vec<String> {
    in_range(id, 0, ID_MAX)
}

/// A number from `low` to `high`.
pub fn in_range(value: i64, low: i64, high: i64) -> Vec<String> {
    unless((low..=high).contains(&value), Vec::new(), || inclusive_range(low, high))
}

/// What can stand in a URL path: every name that has no stricter rule.
pub fn path_segment(name: &str) -> Vec<String> {
    match name {
        "." | ".." => vec![format!("may not be '{name}'")],
        _ => path_segment_prefix(name),
    }
}

/// What can start a name that stands in a URL path.
pub fn path_segment_prefix(name: &str) -> Vec<String> {
    ["/", "%"].iter().filter(|it| name.contains(**it)).map(|it| format!("may not contain '{it}'")).collect()
}

/// The name that a `generateName` is checked as: a last dash gives way, as the random part follows it.
pub fn mask_trailing_dash(name: &str) -> String {
    match name.strip_suffix('-') {
        // Two bytes go, as upstream has it; names with other than ASCII before the dash fail either way.
        Some(stem) if !stem.is_empty() => {
            format!("{}a", stem.get(..stem.len() - 1).unwrap_or(stem))
        }
        _ => name.into(),
    }
}

/// A path from the root; the message of the first rule that `path` breaks.
///
/// Upstream: `pkg/apis/core/validation` (`validatePathNoBacksteps`), `ValidateAbsPath`-like checks of the volumes.
pub fn no_backsteps(path: &str) -> Vec<String> {
    unless(!path.split(['/', '\\']).any(|it| it == ".."), Vec::new(), || "must not contain '..'".into())
}

/// "must be no more than 63 characters".
pub fn max_length(length: usize) -> String {
    format!("must be no more than {length} characters")
}

/// "must be no more than 63 bytes".
pub fn max_bytes(length: usize) -> String {
    format!("must be no more than {length} bytes")
}

/// "must be between 1 and 65535, inclusive".
pub fn inclusive_range(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

/// `text` in double quotes as Go's `%q` has it.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    text.chars().for_each(|it| quote_char(it, &mut out));
    out.push('"');
    out
}

fn quote_char(it: char, out: &mut String) {
    let escaped = match it {
        '"' | '\\' => {
            out.push('\\');
            it
        }
        '\u{7}' => return out.push_str("\\a"),
        '\u{8}' => return out.push_str("\\b"),
        '\u{c}' => return out.push_str("\\f"),
        '\n' => return out.push_str("\\n"),
        '\r' => return out.push_str("\\r"),
        '\t' => return out.push_str("\\t"),
        '\u{b}' => return out.push_str("\\v"),
        _ => it,
    };
    let code = u32::from(it);
    // Writing to a string cannot fail.
    let _ = match code {
        0..=0x1f | 0x7f => write!(out, "\\x{code:02x}"),
        0x80..=0xa0 | 0xad | 0x2028 | 0x2029 | 0xfeff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "{escaped}"),
    };
}

fn pattern(text: &str, regex: &str, examples: &[&str]) -> String {
    let examples: Vec<_> = examples.iter().map(|it| format!("'{it}', ")).collect();
    format!("{text} (e.g. {}regex used for validation is '{regex}')", examples.join(" or "))
}

fn longer(value: &str, most: usize, message: fn(usize) -> String) -> Vec<String> {
    if value.len() > most { vec![message(most)] } else { Vec::new() }
}

fn unless(valid: bool, mut errors: Vec<String>, message: impl FnOnce() -> String) -> Vec<String> {
    if !valid {
        errors.push(message());
    }
    errors
}

fn parent_directory(value: &str) -> Option<String> {
    match value {
        "." => Some("must not be '.'".into()),
        ".." => Some("must not be '..'".into()),
        _ if value.starts_with("..") => Some("must not start with '..'".into()),
        _ => None,
    }
}

fn lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn key_middle(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn is_key_name(value: &str) -> bool {
    ends_and_middle(value, |byte| byte.is_ascii_alphanumeric(), key_middle)
}

fn is_label(value: &str, end: fn(u8) -> bool) -> bool {
    ends_and_middle(value, end, |byte| end(byte) || byte == b'-')
}

fn is_subdomain(value: &str) -> bool {
    value.split('.').all(|label| is_label(label, lower_or_digit))
}

fn ends_and_middle(value: &str, end: impl Fn(u8) -> bool, middle: impl Fn(u8) -> bool) -> bool {
    match value.as_bytes() {
        [] => false,
        [only] => end(*only),
        [first, between @ .., last] => end(*first) && end(*last) && between.iter().all(|byte| middle(*byte)),
    }
}

fn first_and_rest(value: &str, first: impl Fn(u8) -> bool, rest: impl Fn(u8) -> bool) -> bool {
    match value.as_bytes() {
        [] => false,
        [it, others @ ..] => first(*it) && others.iter().all(|byte| rest(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(what: fn(&str) -> Vec<String>, values: &[&str], expected: &Expect) {
        let line = |value: &&str| {
            let shown = if value.len() > 40 { format!("{} bytes", value.len()) } else { quote(value) };
            format!("{shown}: {}\n", what(value).join("; "))
        };
        expected.assert_eq(&values.iter().map(line).collect::<String>());
    }

    const LONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    #[test]
    fn dns() {
        check(
            dns1123_label,
            &["a", "a-1", "", "-a", "My", "a.b", LONG],
            &expect![[r#"
            "a": 
            "a-1": 
            "": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
            "-a": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
            "My": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
            "a.b": must not contain dots
            64 bytes: must be no more than 63 characters
        "#]],
        );
        check(
            dns1123_subdomain,
            &["a.b", "a..b", "MyPod"],
            &expect![[r#"
            "a.b": 
            "a..b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
            "MyPod": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        "#]],
        );
        check(
            dns1035_label,
            &["web", "1web"],
            &expect![[r#"
            "web": 
            "1web": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')
        "#]],
        );
        check(
            wildcard_dns1123_subdomain,
            &["*.a.b", "a.b"],
            &expect![[r#"
            "*.a.b": 
            "a.b": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
        "#]],
        );
        check(
            dns1123_subdomain_with_underscore,
            &["_a.b_c", "a-"],
            &expect![[r#"
            "_a.b_c": 
            "a-": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')
        "#]],
        );
    }

    #[test]
    fn labels() {
        check(
            label_key,
            &["app", "example.com/app", "a b", "Example_/x", "/x", "a/", "a/b/c", LONG, "a.io/-"],
            &expect![[r#"
                "app": 
                "example.com/app": 
                "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
                "Example_/x": prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
                "/x": prefix part must be non-empty
                "a/": name part must be non-empty; name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
                "a/b/c": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')
                64 bytes: name part must be no more than 63 bytes
                "a.io/-": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            "#]],
        );
        check(
            label_value,
            &["", "a_b.C", "bad value", LONG],
            &expect![[r#"
            "": 
            "a_b.C": 
            "bad value": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
            64 bytes: must be no more than 63 bytes
        "#]],
        );
    }

    #[test]
    fn identifiers_and_keys() {
        check(
            c_identifier,
            &["a_1", "1a"],
            &expect![[r#"
            "a_1": 
            "1a": a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')
        "#]],
        );
        check(
            env_var_name,
            &["A.b-c", "1A", "..", "..a"],
            &expect![[r#"
            "A.b-c": 
            "1A": a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')
            "..": must not be '..'
            "..a": must not start with '..'
        "#]],
        );
        check(
            relaxed_env_var_name,
            &["1 A", "A=B", "", "é"],
            &expect![[r#"
            "1 A": 
            "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='
            "": environment variable name must be non-empty
            "é": a valid environment variable name must consist only of printable ASCII characters other than '='
        "#]],
        );
        check(
            config_map_key,
            &["a.b", "a/b", "..a", ""],
            &expect![[r#"
            "a.b": 
            "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
            "..a": must not start with '..'
            "": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
        "#]],
        );
    }

    #[test]
    fn ports_paths_and_percentages() {
        check(
            port_name,
            &["http", "This_Is_Bad", "80", "a--b", "-a", "abcdefghijklmnop"],
            &expect![[r#"
            "http": 
            "This_Is_Bad": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)
            "80": must contain at least one letter (a-z)
            "a--b": must not contain consecutive hyphens
            "-a": must not begin or end with a hyphen
            "abcdefghijklmnop": must be no more than 15 characters
        "#]],
        );
        check(
            path_segment,
            &["a", ".", "a/b%"],
            &expect![[r#"
            "a": 
            ".": may not be '.'
            "a/b%": may not contain '/'; may not contain '%'
        "#]],
        );
        check(
            percent,
            &["5%", "5", "%"],
            &expect![[r#"
            "5%": 
            "5": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')
            "%": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')
        "#]],
        );
        check(
            http_header_name,
            &["X-A", "X A"],
            &expect![[r#"
            "X-A": 
            "X A": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')
        "#]],
        );
        assert_eq!(port_number(0), ["must be between 1 and 65535, inclusive"]);
        assert_eq!(mask_trailing_dash("web-"), "wea");
        assert_eq!(quote("a\"b\n\u{1}é"), r#""a\"b\n\x01é""#);
    }
}
