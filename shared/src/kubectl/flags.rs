//! Flags as pflag reads them: a table per verb, long and short forms, values after `=` or as the next word.
//!
//! Upstream: `github.com/spf13/pflag`, the `AddFlags` of each verb.

use crate::kubectl::failure::{Failure, quoted};
use crate::model::Span;

/// One flag of a verb.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    /// Without the dashes.
    pub(crate) long: &'static str,
    /// The one-letter form.
    pub(crate) short: Option<char>,
    /// What it takes.
    pub(crate) takes: Takes,
    /// What it is without being given; empty for nothing.
    pub(crate) default: &'static str,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// `true` or `false`, and `true` when it stands alone.
    Bool,
    /// Any text.
    Text,
    /// Text after `=` only; alone it means this.
    Optional(&'static str),
    /// Texts, separated by commas or given several times.
    List,
    /// One text each time that it is given.
    Each,
    /// A whole number.
    Number,
    /// A length of time: `30s`, `5m`.
    Span,
}

/// A flag that is on or off, off by default.
pub(crate) const fn switch(long: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Bool, default: "false" }
}

/// A flag that is on or off, on by default.
pub(crate) const fn switch_on(long: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Bool, default: "true" }
}

/// A flag with a text.
pub(crate) const fn text(long: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Text, default: "" }
}

/// A flag with texts separated by commas.
pub(crate) const fn list(long: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::List, default: "" }
}

/// A flag with one text each time.
pub(crate) const fn each(long: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Each, default: "" }
}

/// A flag with a number.
pub(crate) const fn number(long: &'static str, default: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Number, default }
}

/// A flag with a length of time.
pub(crate) const fn span(long: &'static str, default: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Span, default }
}

/// A flag whose text may be left out.
pub(crate) const fn optional(long: &'static str, alone: &'static str, default: &'static str) -> Flag {
    Flag { long, short: None, takes: Takes::Optional(alone), default }
}

impl Flag {
    /// The same with a one-letter form.
    pub(crate) const fn or(self, short: char) -> Self {
        Self { short: Some(short), ..self }
    }

    /// The same with another default.
    pub(crate) const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    /// True if a value must follow.
    fn needs_value(&self) -> bool {
        !matches!(self.takes, Takes::Bool | Takes::Optional(_))
    }

    fn alone(&self) -> &'static str {
        match self.takes {
            Takes::Optional(alone) => alone,
            Takes::Bool | Takes::Text | Takes::List | Takes::Each | Takes::Number | Takes::Span => "true",
        }
    }

    /// `"-o, --output"`, as pflag names it in errors.
    fn shown(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}, --{}", self.long),
            None => format!("--{}", self.long),
        }
    }
}

/// The flags that every verb has.
pub(crate) const GLOBAL: &[Flag] = &[
    text("namespace").or('n'),
    number("v", "0").or('v'),
    text("context"),
    text("cluster"),
    text("user"),
    text("kubeconfig"),
    text("server").or('s'),
    text("as"),
    each("as-group"),
    text("as-uid"),
    span("request-timeout", "0"),
    switch("warnings-as-errors"),
    switch("help").or('h'),
    text("token"),
    text("kuberc"),
    switch("insecure-skip-tls-verify"),
    text("cache-dir"),
    text("profile"),
];

/// `-o` and what belongs to it.
pub(crate) const OUTPUT: &[Flag] = &[
    text("output").or('o'),
    text("template"),
    switch_on("allow-missing-template-keys"),
    switch("show-managed-fields"),
];

/// `-f`, `-k`, `-R`.
pub(crate) const FILES: &[Flag] = &[list("filename").or('f'), text("kustomize").or('k'), switch("recursive").or('R')];

/// `-l`.
pub(crate) const SELECTOR: &[Flag] = &[text("selector").or('l')];

/// `--dry-run`.
pub(crate) const DRY_RUN: &[Flag] = &[optional("dry-run", "unchanged", "none")];

/// The words after a verb, read by its table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    /// `kubectl get`, for texts.
    pub(crate) command: String,
    /// The words that are no flags.
    pub(crate) words: Vec<String>,
    /// How many of the words came before `--`; `None` without one.
    pub(crate) dash: Option<usize>,
    given: Vec<(&'static str, String)>,
    defaults: Vec<(&'static str, &'static str)>,
}

impl Args {
    /// Reads `words` by the tables `tables`.
    ///
    /// # Errors
    /// An unknown flag, a flag without its value, or a value that does not fit.
    pub(crate) fn parse(command: &str, words: &[String], tables: &[&[Flag]]) -> Result<Self, Failure> {
        let flags: Vec<Flag> = tables.iter().copied().flatten().copied().collect();
        let defaults = flags.iter().map(|it| (it.long, it.default)).collect();
        let mut args = Self { command: command.to_owned(), defaults, ..Self::default() };
        let mut rest = words.iter().map(String::as_str);
        while let Some(word) = rest.next() {
            if word == "--" {
                args.dash = Some(args.words.len());
                args.words.extend(rest.map(str::to_owned));
                break;
            } else if let Some(long) = word.strip_prefix("--") {
                args.long(long, &flags, &mut rest)?;
            } else if word.len() > 1 && word.starts_with('-') {
                args.shorts(&word[1..], &flags, &mut rest)?;
            } else {
                args.words.push(word.to_owned());
            }
        }
        Ok(args)
    }

    fn long<'a>(
        &mut self,
        word: &str,
        flags: &[Flag],
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), Failure> {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let Some(flag) = flags.iter().find(|it| it.long == name) else {
            return Err(self.failure(&format!("unknown flag: --{name}")));
        };
        let value = match value {
            Some(value) => value.to_owned(),
            None if flag.needs_value() => {
                rest.next().ok_or_else(|| self.failure(&format!("flag needs an argument: --{name}")))?.to_owned()
            }
            None => flag.alone().to_owned(),
        };
        self.give(flag, value)
    }

    fn shorts<'a>(
        &mut self,
        letters: &str,
        flags: &[Flag],
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<(), Failure> {
        for (index, letter) in letters.char_indices() {
            let Some(flag) = flags.iter().find(|it| it.short == Some(letter)) else {
                return Err(self.failure(&format!("unknown shorthand flag: '{letter}' in -{letters}")));
            };
            let after = &letters[index + letter.len_utf8()..];
            if let Some(value) = after.strip_prefix('=') {
                return self.give(flag, value.to_owned());
            }
            if !flag.needs_value() {
                self.give(flag, flag.alone().to_owned())?;
                continue;
            }
            let value = if after.is_empty() { rest.next().map(str::to_owned) } else { Some(after.to_owned()) };
            let missing = || self.failure(&format!("flag needs an argument: '{letter}' in -{letters}"));
            let value = value.ok_or_else(missing)?;
            return self.give(flag, value);
        }
        Ok(())
    }

    fn give(&mut self, flag: &Flag, value: String) -> Result<(), Failure> {
        if let Some(why) = unfit(flag.takes, &value) {
            let shown = flag.shown();
            return Err(self.failure(&format!(
                "invalid argument {} for {} flag: {why}",
                quoted(&value),
                quoted(&shown)
            )));
        }
        if flag.takes == Takes::List {
            self.given.extend(value.split(',').map(|it| (flag.long, it.to_owned())));
        } else {
            self.given.push((flag.long, value));
        }
        Ok(())
    }

    fn failure(&self, message: &str) -> Failure {
        Failure::text(format!("{message}\nSee '{} --help' for usage.", self.command))
    }

    /// A finding about how the command was used.
    pub(crate) fn usage(&self, message: impl AsRef<str>) -> Failure {
        Failure::usage(message, &self.command)
    }

    /// Takes a flag away, as if it had not been given.
    pub(crate) fn forget(&mut self, flag: &str) {
        self.given.retain(|(name, _)| *name != flag);
    }

    /// True if the flag was given at all.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.given.iter().any(|(name, _)| *name == flag)
    }

    /// The value of a flag, its default without; "" if neither is there.
    pub(crate) fn get(&self, flag: &str) -> &str {
        let given = self.given.iter().rev().find(|(name, _)| *name == flag).map(|(_, value)| value.as_str());
        given.or_else(|| self.defaults.iter().find(|(name, _)| *name == flag).map(|(_, it)| *it)).unwrap_or_default()
    }

    /// Every value of a flag.
    pub(crate) fn all(&self, flag: &str) -> Vec<&str> {
        self.given.iter().filter(|(name, _)| *name == flag).map(|(_, value)| value.as_str()).collect()
    }

    /// True if the flag is on.
    pub(crate) fn is(&self, flag: &str) -> bool {
        matches!(self.get(flag), "true" | "1" | "t" | "T" | "TRUE" | "True")
    }

    /// The value of a flag with a number; 0 without a default.
    pub(crate) fn number(&self, flag: &str) -> i64 {
        self.get(flag).parse().unwrap_or(0)
    }

    /// The value of a flag with a length of time.
    pub(crate) fn span(&self, flag: &str) -> Span {
        parse_span(self.get(flag)).unwrap_or(Span::ZERO)
    }
}

fn unfit(takes: Takes, value: &str) -> Option<String> {
    match takes {
        Takes::Number if value.parse::<i64>().is_err() => {
            Some(format!("strconv.ParseInt: parsing {}: invalid syntax", quoted(value)))
        }
        Takes::Span if parse_span(value).is_none() => Some(span_failure(value)),
        Takes::Bool if !BOOLS.contains(&value) => {
            Some(format!("strconv.ParseBool: parsing {}: invalid syntax", quoted(value)))
        }
        Takes::Bool | Takes::Text | Takes::Optional(_) | Takes::List | Takes::Each | Takes::Number | Takes::Span => {
            None
        }
    }
}

const BOOLS: &[&str] = &["true", "false", "1", "0", "t", "f", "T", "F", "TRUE", "FALSE", "True", "False"];

fn span_failure(value: &str) -> String {
    let shown = quoted(value);
    if !value.is_empty() && value.bytes().all(|it| it.is_ascii_digit()) {
        return format!("time: missing unit in duration {shown}");
    }
    format!("time: invalid duration {shown}")
}

/// Reads Go's durations: `1h30m`, `1.5s`, `-1s`, `0`.
pub(crate) fn parse_span(text: &str) -> Option<Span> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(Span::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut micros = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let amount: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let end = rest.find(|it: char| it.is_ascii_digit() || it == '.').unwrap_or(rest.len());
        micros += amount * unit_micros(&rest[..end])?;
        rest = &rest[end..];
    }
    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is as good as any other bound")]
    Some(Span::micros((sign * micros) as i64))
}

fn unit_micros(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 0.001,
        "us" | "µs" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        "m" => 60e6,
        "h" => 3_600e6,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const TABLE: &[Flag] = &[number("replicas", "1"), list("filename").or('f'), switch("watch").or('w')];

    fn check(line: &str, expect: &Expect) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let shown = match Args::parse("kubectl get", &words, &[TABLE, OUTPUT]) {
            Ok(args) => format!("{:?} {:?} {:?}", args.words, args.dash, args.given),
            Err(failure) => failure.message().unwrap_or_default(),
        };
        expect.assert_eq(&shown);
    }

    #[test]
    fn reads_flags() {
        check(
            "pods -wo yaml --replicas=3",
            &expect![[r#"["pods"] None [("watch", "true"), ("output", "yaml"), ("replicas", "3")]"#]],
        );
        check(
            "-f a,b -f=c -- -x",
            &expect![[r#"["-x"] Some(0) [("filename", "a"), ("filename", "b"), ("filename", "c")]"#]],
        );
        check("--watch=false -oyaml", &expect![[r#"[] None [("watch", "false"), ("output", "yaml")]"#]]);
    }

    #[test]
    fn refuses_flags() {
        check(
            "--nope",
            &expect![[r"
            error: unknown flag: --nope
            See 'kubectl get --help' for usage."]],
        );
        check(
            "-xw",
            &expect![[r"
            error: unknown shorthand flag: 'x' in -xw
            See 'kubectl get --help' for usage."]],
        );
        check(
            "pods -o",
            &expect![[r"
            error: flag needs an argument: 'o' in -o
            See 'kubectl get --help' for usage."]],
        );
        check(
            "--output",
            &expect![[r"
            error: flag needs an argument: --output
            See 'kubectl get --help' for usage."]],
        );
        check(
            "--replicas=x",
            &expect![[r#"
            error: invalid argument "x" for "--replicas" flag: strconv.ParseInt: parsing "x": invalid syntax
            See 'kubectl get --help' for usage."#]],
        );
    }

    #[test]
    fn reads_durations() {
        let shown: Vec<_> = ["1h30m", "1.5s", "-1s", "0", "5", "x", ""].map(parse_span).into_iter().collect();
        expect![[r"
            [
                Some(
                    Span(
                        5400000000,
                    ),
                ),
                Some(
                    Span(
                        1500000,
                    ),
                ),
                Some(
                    Span(
                        -1000000,
                    ),
                ),
                Some(
                    Span(
                        0,
                    ),
                ),
                None,
                None,
                None,
            ]
        "]]
        .assert_debug_eq(&shown);
    }
}
