//! Reads the table of what the dependency's JSON schema does not say (`facts.txt`, which explains its own form).

use std::collections::BTreeMap;

/// The whole table.
#[derive(Default)]
pub(crate) struct Facts {
    /// What is known of each field, by `type.field`.
    fields: BTreeMap<String, FieldFacts>,
    /// Types that server-side apply takes as one value.
    atomic: Vec<String>,
    /// Named words, by type name.
    pub(crate) words: BTreeMap<String, Words>,
    defaults: BTreeMap<String, String>,
}

/// The words of a string type.
pub(crate) struct Words {
    /// True if no other word is allowed.
    pub(crate) closed: bool,
    /// The words, in the order of the table.
    pub(crate) words: Vec<String>,
}

/// What the table says of one field.
#[derive(Clone, Default)]
pub(crate) struct FieldFacts {
    /// Each mark of the table that stands alone: `!`, `?`, `*`, `.`, `%`, `{}`, `^`, `@`.
    marks: Vec<&'static str>,
    /// Keys of a list of maps.
    pub(crate) keys: Vec<String>,
    /// The key of a strategic merge; empty for a set.
    pub(crate) merge: Option<String>,
    /// Go's name of the type.
    pub(crate) go_type: Option<String>,
}

impl FieldFacts {
    /// True if the field has this mark.
    pub(crate) fn has(&self, mark: &str) -> bool {
        self.marks.contains(&mark)
    }
}

impl Facts {
    /// Reads the table.
    pub(crate) fn read(table: &str) -> Result<Self, String> {
        let mut facts = Self::default();
        for line in table.lines().filter(|it| !it.is_empty() && !it.starts_with('#')) {
            facts.add(line).ok_or_else(|| format!("read the line `{line}`"))?;
        }
        Ok(facts)
    }

    /// What is known of `field` of `type_name`.
    pub(crate) fn field(&self, type_name: &str, field: &str) -> FieldFacts {
        self.fields.get(&format!("{type_name}.{field}")).cloned().unwrap_or_default()
    }

    /// The documented default of `field` of `type_name`.
    pub(crate) fn default_of(&self, type_name: &str, field: &str) -> Option<&str> {
        self.defaults.get(&format!("{type_name}.{field}")).map(String::as_str)
    }

    /// True if server-side apply takes the type as one value.
    pub(crate) fn is_atomic(&self, type_name: &str) -> bool {
        self.atomic.iter().any(|it| it == type_name)
    }

    /// The full name of the words type that `go_type` means inside `type_name`.
    pub(crate) fn words_of(&self, type_name: &str, go_type: &str) -> Option<&str> {
        let plain = go_type.trim_start_matches("[]");
        let package = type_name.rsplit_once('.').map_or("", |(package, _)| package);
        let found = [package, "core.v1", "meta.v1"]
            .into_iter()
            .find_map(|package| self.words.get_key_value(&format!("{package}.{plain}")));
        found.map(|(name, _)| name.as_str())
    }

    #[cfg(test)]
    /// Every `type.field` that the table speaks of.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().chain(self.defaults.keys()).map(String::as_str)
    }

    fn add(&mut self, line: &str) -> Option<()> {
        if let Some(rest) = line.strip_prefix("default ") {
            let (path, value) = rest.split_once(" =")?;
            self.defaults.insert(path.into(), value.trim().into());
        } else if let Some(rest) = line.strip_prefix("enum ") {
            self.add_words(rest, true)?;
        } else if let Some(rest) = line.strip_prefix("words ") {
            self.add_words(rest, false)?;
        } else {
            let (type_name, fields) = line.split_once(": ")?;
            fields.split(' ').try_for_each(|it| self.add_field(type_name, it))?;
        }
        Some(())
    }

    fn add_words(&mut self, line: &str, closed: bool) -> Option<()> {
        let (name, words) = line.split_once(" = ")?;
        self.words.insert(name.into(), Words { closed, words: words.split(" | ").map(Into::into).collect() });
        Some(())
    }

    fn add_field(&mut self, type_name: &str, text: &str) -> Option<()> {
        if text == "@" {
            self.atomic.push(type_name.into());
            return Some(());
        }
        let end = text.find(|it: char| !it.is_ascii_alphanumeric() && it != '-' && it != '$').unwrap_or(text.len());
        let (name, marks) = text.split_at(end);
        let facts = field_facts(marks)?;
        self.fields.insert(format!("{type_name}.{name}"), facts);
        Some(())
    }
}

fn field_facts(text: &str) -> Option<FieldFacts> {
    let mut facts = FieldFacts::default();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(go_type) = rest.strip_prefix(':') {
            facts.go_type = Some(go_type.into());
            return Some(facts);
        }
        if let Some(keys) = rest.strip_prefix('[') {
            let (keys, after) = keys.split_once(']')?;
            facts.keys = keys.split(',').map(Into::into).collect();
            rest = after;
        } else if let Some(after) = rest.strip_prefix('~') {
            let end = after.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(after.len());
            facts.merge = Some(after[..end].into());
            rest = &after[end..];
        } else {
            let mark = ["!", "?", "*", ".", "%", "{}", "^", "@"].into_iter().find(|it| rest.starts_with(it))?;
            facts.marks.push(mark);
            rest = &rest[mark.len()..];
        }
    }
    Some(facts)
}
