//! Writes the texts of `describe`: levels of two spaces, labels and values divided by tabs.
//!
//! Upstream: `k8s.io/kubectl/pkg/describe/describe.go` (`PrefixWriter`, `printLabelsMultiline` and the like).

use crate::kubectl::print::tabs::DESCRIPTION;
use crate::model::{Quantity, Time, Value};

/// How long a line of an annotation may be, in bytes.
const ANNOTATION_MAX_BYTES: usize = 140;
/// Annotations that are not shown.
const HIDDEN: &[&str] = &["kubectl.kubernetes.io/last-applied-configuration"];

/// A text under way.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// Lines whose columns are settled.
    done: String,
    /// Lines whose columns may still grow.
    open: String,
}

impl Writer {
    /// Writes a line, `level` times two spaces to the right.
    pub(crate) fn line(&mut self, level: usize, text: impl AsRef<str>) {
        self.put(level, text);
        self.open.push('\n');
    }

    /// Writes without ending the line.
    pub(crate) fn put(&mut self, level: usize, text: impl AsRef<str>) {
        self.open.push_str(&"  ".repeat(level));
        self.open.push_str(text.as_ref());
    }

    /// `Label:\tvalue`.
    pub(crate) fn field(&mut self, level: usize, label: &str, value: impl AsRef<str>) {
        self.line(level, format!("{label}:\t{}", value.as_ref()));
    }

    /// The same, only if there is a value.
    pub(crate) fn field_if(&mut self, level: usize, label: &str, value: &Value) {
        if !value.is_empty() {
            self.field(level, label, plain(value));
        }
    }

    /// Ends the columns: what follows does not line up with what came before.
    pub(crate) fn flush(&mut self) {
        self.done.push_str(&DESCRIPTION.align(&self.open));
        self.open.clear();
    }

    /// The whole text.
    pub(crate) fn finish(mut self) -> String {
        self.flush();
        self.done
    }

    /// `Labels:` with one pair in each line.
    pub(crate) fn labels(&mut self, title: &str, labels: &Value) {
        self.labels_indented("", title, "\t", labels);
    }

    /// The same with spaces before each line and something else than a tab between.
    pub(crate) fn labels_indented(&mut self, indent: &str, title: &str, inner: &str, labels: &Value) {
        self.pairs(indent, title, inner, labels, &[]);
    }

    /// The same without the keys in `skip`.
    pub(crate) fn pairs(&mut self, indent: &str, title: &str, inner: &str, labels: &Value, skip: &[&str]) {
        let pairs: Vec<String> = labels
            .fields()
            .iter()
            .filter(|(key, _)| !skip.contains(&key.as_str()))
            .map(|(key, value)| format!("{key}={}", plain(value)))
            .collect();
        self.put(0, format!("{indent}{title}:{inner}"));
        if pairs.is_empty() {
            self.line(0, "<none>");
        }
        for (index, pair) in pairs.iter().enumerate() {
            let before = if index == 0 { String::new() } else { format!("{indent}{inner}") };
            self.line(0, format!("{before}{pair}"));
        }
    }

    /// `Annotations:`; long ones and those with several lines begin on their own line.
    pub(crate) fn annotations(&mut self, title: &str, annotations: &Value) {
        let shown: Vec<_> = annotations.fields().iter().filter(|(key, _)| !HIDDEN.contains(&key.as_str())).collect();
        self.put(0, format!("{title}:\t"));
        if shown.is_empty() {
            self.line(0, "<none>");
        }
        for (index, (key, value)) in shown.into_iter().enumerate() {
            let before = if index == 0 { "" } else { "\t" };
            let value = value.str().strip_suffix('\n').unwrap_or(value.str());
            if value.len() + key.len() + 2 <= ANNOTATION_MAX_BYTES && !value.contains('\n') {
                self.line(0, format!("{before}{key}: {value}"));
                continue;
            }
            self.line(0, format!("{before}{key}:"));
            for line in value.split('\n') {
                self.line(0, format!("\t  {}", shortened(line)));
            }
        }
    }

    /// Values one below the other after a title, `<none>` without any.
    pub(crate) fn stack(&mut self, indent: &str, title: &str, inner: &str, values: &[String]) {
        self.put(0, format!("{indent}{title}:{inner}"));
        if values.is_empty() {
            self.line(0, "<none>");
        }
        for (index, value) in values.iter().enumerate() {
            let before = if index == 0 { String::new() } else { format!("{indent}{inner}") };
            self.line(0, format!("{before}{value}"));
        }
    }
}

fn shortened(line: &str) -> String {
    let most = ANNOTATION_MAX_BYTES - 2;
    if line.len() <= most {
        return line.to_owned();
    }
    let end = (0..=most).rev().find(|it| line.is_char_boundary(*it)).unwrap_or(0);
    format!("{}...", &line[..end])
}

/// A scalar as Go's `%v` prints it: `map[a:b]`, `[a b]`, `<nil>`.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::Text(text) => text.to_string(),
        Value::List(list) => format!("[{}]", list.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Map(map) => {
            let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", plain(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        other @ (Value::Bool(_) | Value::Int(_) | Value::Float(_)) => other.to_json(),
    }
}

/// A text, or `<none>`.
pub(crate) fn or_none(text: &str) -> &str {
    if text.is_empty() { "<none>" } else { text }
}

/// A resource list as sorted pairs of name and amount; amounts are written as the API writes them.
pub(crate) fn amounts(list: &Value) -> Vec<(String, String)> {
    list.fields().iter().map(|(name, amount)| (name.to_string(), Quantity::read(amount).to_string())).collect()
}

/// `Mon, 02 Jan 2006 15:04:05 -0700`, in UTC.
pub(crate) fn rfc1123(value: &Value) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Some(time) = Time::parse(value.str()) else { return "Mon, 01 Jan 0001 00:00:00 +0000".into() };
    let text = time.to_string();
    let day = usize::try_from(time.as_seconds().div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let month = text.get(5..7).and_then(|it| it.parse::<usize>().ok()).unwrap_or(1);
    let (year, date, clock) = (&text[..4], &text[8..10], &text[11..19]);
    format!("{}, {date} {} {year} {clock} +0000", DAYS[day], MONTHS[month - 1])
}
