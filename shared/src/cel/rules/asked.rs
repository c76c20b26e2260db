//! Asks rules about an object, from the whole to its parts, until all that they may cost together is used up.

use super::rule::Rule;
use super::{Finding, Rules};
use crate::cel::{Bindings, Budget, Failure, Val};
use crate::model::{Value, names};

/// How long a message that an expression makes may be, in bytes.
const MESSAGE_BYTES_MAX: usize = 5 * 1024;
/// After how many findings no more rules are asked (`DIFFERENCE`: upstream lets the cost alone end it).
const FINDINGS_MAX: usize = 1_000;

/// What the rules say against an object; `old` is what it was before an update. What they cost is taken from `budget`.
pub(super) fn ask(rules: &Rules, object: &Value, old: Option<&Value>, budget: &mut Budget) -> Vec<Finding> {
    let mut asked = Asked { findings: Vec::new(), budget, is_over: false };
    asked.visit(rules, &Part::new(object, old, false), "");
    asked.findings
}

struct Asked<'b> {
    findings: Vec<Finding>,
    budget: &'b mut Budget,
    /// True once no more rules are asked.
    is_over: bool,
}

/// A part of an object.
struct Part<'v> {
    object: &'v Value,
    /// What it was before, if that can be told.
    old: Option<&'v Value>,
    /// True if it is what it was before; what a part that has not changed is made of has not either.
    is_unchanged: bool,
}

impl<'v> Part<'v> {
    fn new(object: &'v Value, old: Option<&'v Value>, is_of_unchanged: bool) -> Self {
        Self { object, old, is_unchanged: is_of_unchanged || old == Some(object) }
    }

    /// A part of this part.
    fn part(&self, object: &'v Value, old: Option<&'v Value>) -> Self {
        Self::new(object, old.filter(|it| !it.is_null()), self.is_unchanged)
    }

    fn field(&self, name: &str) -> Self {
        self.part(self.object.get(name), self.old.map(|it| it.get(name)))
    }
}

impl Asked<'_> {
    fn visit(&mut self, rules: &Rules, part: &Part<'_>, path: &str) {
        if part.object.is_null() || self.is_over {
            return;
        }
        for rule in &rules.own {
            if !self.is_over {
                self.ask(rule, part, path, &rules.kind);
            }
        }
        for (name, rules) in &rules.properties {
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            self.visit(rules, &part.field(name), &path);
        }
        let Some(inner) = &rules.inner else { return };
        let before = inner.index(part.old);
        for (index, item) in part.object.items().iter().enumerate() {
            let part = part.part(item, inner.identity(item).and_then(|it| before.find(&it)));
            self.visit(&inner.rules, &part, &format!("{path}[{index}]"));
        }
        for (name, _) in part.object.fields() {
            self.visit(&inner.rules, &part.field(name), &format!("{path}[{name}]"));
        }
    }

    fn ask(&mut self, rule: &Rule, part: &Part<'_>, path: &str, kind: &str) {
        let optional = rule.spec.get("optionalOldSelf").is_true();
        if rule.compares && part.old.is_none() && !optional {
            return;
        }
        let plain = part.old.map_or(Val::Null, Val::from);
        let before = if optional { Val::optional(part.old.map(Val::from)) } else { plain.clone() };
        let program = match &rule.program {
            Ok(it) => it,
            Err(why) => return self.refuse(path, kind, format!("rule compile error: {why}")),
        };
        match program.run(&mut bound(part, before), self.budget) {
            Ok(Val::Bool(true)) => {}
            // A message knows what was before without the option.
            Ok(_) => self.tell(rule, part, path, kind, plain),
            Err(why) => self.fail(rule, &why, path, kind),
        }
    }

    /// A rule that is not kept.
    fn tell(&mut self, rule: &Rule, part: &Part<'_>, path: &str, kind: &str, before: Val) {
        let is_whole = matches!(kind, "object" | "array");
        let mut finding = Finding {
            path: rule.place(path),
            reason: rule.reason(),
            value: (!is_whole).then(|| part.object.clone()),
            message: rule.told(),
            was_so: !rule.compares && part.is_unchanged,
        };
        if let Some(Ok(program)) = &rule.message {
            match program.run(&mut bound(part, before), self.budget) {
                Ok(Val::Text(text)) => finding.message = usable(&text).map_or(finding.message, str::to_owned),
                Ok(_) | Err(Failure::Error(_)) => {}
                Err(why) => {
                    self.is_over = true;
                    finding.reason = "FieldValueInvalid";
                    finding.value = Some(kind.into());
                    finding.message = message_failed(&why, rule);
                }
            }
        }
        self.note(finding);
    }

    /// A rule that could not be asked.
    fn fail(&mut self, rule: &Rule, why: &Failure, path: &str, kind: &str) {
        let name = rule.name();
        let message = match why {
            Failure::Error(it) if it.starts_with("no such overload") => format!(
                "'{it}': call arguments did not match a supported operator, function or macro signature for rule: {name}"
            ),
            Failure::Error(it) => format!("{it} evaluating rule: {name}"),
            Failure::TooCostly => format!(
                "'{why}': no further validation rules will be run due to call cost exceeds limit for rule: {name}"
            ),
            Failure::OutOfBudget => why.to_string(),
        };
        self.is_over = !matches!(why, Failure::Error(_));
        self.refuse(path, kind, message);
    }

    fn note(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.is_over |= self.findings.len() >= FINDINGS_MAX;
    }

    fn refuse(&mut self, path: &str, kind: &str, message: String) {
        let (path, value) = (path.to_owned(), Some(kind.into()));
        self.note(Finding { path, reason: "FieldValueInvalid", value, message, was_so: false });
    }
}

fn bound(part: &Part<'_>, before: Val) -> Bindings<'static> {
    Bindings { values: vec![("self", Val::from(part.object)), ("oldSelf", before)], ..Bindings::default() }
}

/// A message that can be told.
fn usable(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= MESSAGE_BYTES_MAX && !text.contains('\n')).then_some(text)
}

fn message_failed(why: &Failure, rule: &Rule) -> String {
    let source = names::quote(rule.spec.get("messageExpression").str());
    match why {
        Failure::TooCostly => format!(
            "no further validation rules will be run due to call cost exceeds limit for messageExpression: {source}"
        ),
        _ => "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run".to_owned(),
    }
}
