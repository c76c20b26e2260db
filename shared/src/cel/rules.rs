//! Rules of custom resources: `x-kubernetes-validations`, compiled once for a schema and asked about each object.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/{compilation,validation}.go`.
//! `DIFFERENCE`: no rule is refused for what it could cost; what it costs is limited when it runs.

use crate::cel::schema::{Root, type_of};
use crate::cel::{Bindings, Budget, Environment, Failure, Program, Type, Val};
use crate::model::{Text, Value};

/// How long a message that an expression makes may be, in bytes.
const MESSAGE_BYTES_MAX: usize = 5 * 1024;

/// The rules of a schema and of everything in it.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    own: Vec<Rule>,
    properties: Vec<(Text, Rules)>,
    /// Of the items of a list, or the values of a map.
    items: Option<Box<Rules>>,
}

#[derive(Clone, Debug)]
struct Rule {
    spec: Value,
    program: Result<Program, String>,
    message: Option<Program>,
    /// True if it compares with what was before.
    compares: bool,
}

/// What a rule says against an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where: `spec.items[0]`; empty for the whole object.
    pub path: String,
    /// `FieldValueInvalid`, `FieldValueForbidden`, `FieldValueRequired` or `FieldValueDuplicate`.
    pub reason: &'static str,
    /// The message, without the value.
    pub message: String,
}

/// What is wrong with the rules of a schema: the place, which field of which rule, and the detail.
pub type Wrong = (String, usize, &'static str, String);

impl Rules {
    /// Compiles the rules of a resource's schema.
    pub fn compile(schema: &Value) -> Self {
        Self::read(schema, Root::Yes)
    }

    fn read(schema: &Value, root: Root) -> Self {
        let own = schema.get("x-kubernetes-validations").items().iter().map(|it| Rule::read(it, schema, root));
        let properties = schema.get("properties").fields().iter();
        let properties = properties.map(|(name, it)| (name.clone(), Self::read(it, Root::No)));
        let inner =
            [schema.get("items"), schema.get("additionalProperties")].into_iter().find(|it| it.as_map().is_some());
        Self {
            own: own.collect(),
            properties: properties.filter(|(_, it)| !it.is_empty()).collect(),
            items: inner.map(|it| Box::new(Self::read(it, Root::No))).filter(|it| !it.is_empty()),
        }
    }

    /// True if there is no rule anywhere.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.properties.is_empty() && self.items.is_none()
    }

    /// Everything that does not compile.
    pub fn wrong(&self, path: &str) -> Vec<Wrong> {
        let own = self.own.iter().enumerate();
        let mut found: Vec<Wrong> =
            own.filter_map(|(index, it)| Some((path.to_owned(), index, "rule", it.program.clone().err()?))).collect();
        for (name, rules) in &self.properties {
            found.extend(rules.wrong(&format!("{path}.properties[{name}]")));
        }
        if let Some(rules) = &self.items {
            found.extend(rules.wrong(&format!("{path}.items")));
        }
        found
    }

    /// What the rules say against an object; `old` is what it was before an update.
    pub fn check(&self, object: &Value, old: Option<&Value>) -> Vec<Finding> {
        let mut asked = Asked { findings: Vec::new(), budget: Budget::default(), exhausted: false };
        asked.visit(self, object, old, "");
        asked.findings
    }
}

struct Asked {
    findings: Vec<Finding>,
    budget: Budget,
    exhausted: bool,
}

impl Asked {
    fn visit(&mut self, rules: &Rules, object: &Value, old: Option<&Value>, path: &str) {
        if object.is_null() {
            return;
        }
        for rule in &rules.own {
            self.ask(rule, object, old, path);
        }
        for (name, rules) in &rules.properties {
            let old = old.map(|it| it.get(name)).filter(|it| !it.is_null());
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            self.visit(rules, object.get(name), old, &path);
        }
        let Some(rules) = &rules.items else { return };
        for (index, item) in object.items().iter().enumerate() {
            // Items have no identity that an update keeps.
            self.visit(rules, item, None, &format!("{path}[{index}]"));
        }
        for (name, value) in object.fields() {
            let old = old.map(|it| it.get(name)).filter(|it| !it.is_null());
            self.visit(rules, value, old, &format!("{path}[{name}]"));
        }
    }

    fn ask(&mut self, rule: &Rule, object: &Value, old: Option<&Value>, path: &str) {
        let optional = rule.spec.get("optionalOldSelf").is_true();
        if self.exhausted || (rule.compares && old.is_none() && !optional) {
            return;
        }
        let before = match old {
            Some(it) if optional => Val::some(Val::from(it)),
            None if optional => Val::Optional(None),
            other => other.map_or(Val::Null, Val::from),
        };
        let values = vec![("self", Val::from(object)), ("oldSelf", before)];
        let mut bindings = Bindings { values, ..Bindings::default() };
        let program = match &rule.program {
            Ok(it) => it,
            Err(why) => return self.tell(path, "FieldValueInvalid", format!("rule compile error: {why}")),
        };
        match program.run(&mut bindings, &mut self.budget) {
            Ok(Val::Bool(true)) => {}
            Ok(_) => {
                let message = rule.told(&mut bindings, &mut self.budget);
                self.tell(&rule.place(path), rule.reason(), message);
            }
            Err(why) => self.fail(rule, &why, path),
        }
    }

    fn fail(&mut self, rule: &Rule, why: &Failure, path: &str) {
        let told = rule.text();
        let message = match why {
            Failure::Error(it) if it.starts_with("no such overload") => format!(
                "'{it}': call arguments did not match a supported operator, function or macro signature for rule: {told}"
            ),
            Failure::Error(it) => format!("{it} evaluating rule: {told}"),
            Failure::TooCostly => {
                format!(
                    "'{why}': no further validation rules will be run due to call cost exceeds limit for rule: {told}"
                )
            }
            Failure::OutOfBudget => why.to_string(),
        };
        self.exhausted = !matches!(why, Failure::Error(_));
        self.tell(path, "FieldValueInvalid", message);
    }

    fn tell(&mut self, path: &str, reason: &'static str, message: String) {
        self.findings.push(Finding { path: path.to_owned(), reason, message });
    }
}

impl Rule {
    fn read(spec: &Value, schema: &Value, root: Root) -> Self {
        let kind = type_of(schema, root);
        let optional = spec.get("optionalOldSelf").is_true();
        let before = if optional { Type::optional(kind.clone()) } else { kind.clone() };
        let environment = Environment::new(&[("self", kind), ("oldSelf", before)]);
        let source = spec.get("rule").str().trim();
        let compiled = environment.compile(source).map_err(|it| format!("compilation failed: {it}"));
        let program = compiled.and_then(|it| {
            if it.output == Type::Bool { Ok(it) } else { Err("cel expression must evaluate to a bool".to_owned()) }
        });
        let message = spec.get("messageExpression").str();
        let message = (!message.is_empty()).then(|| environment.compile(message.trim()).ok()).flatten();
        Self { spec: spec.clone(), compares: source.contains("oldSelf"), program, message }
    }

    /// The message as written, or the rule.
    fn text(&self) -> String {
        match self.spec.get("message").str().trim() {
            "" => format!("failed rule: {}", self.spec.get("rule").str().trim()),
            text => text.to_owned(),
        }
    }

    /// The message by its expression, or as written.
    fn told(&self, bindings: &mut Bindings<'_>, budget: &mut Budget) -> String {
        let made = self.message.as_ref().and_then(|it| it.run(bindings, budget).ok());
        if let Some(Val::Text(text)) = made {
            let text = text.trim();
            if !text.is_empty() && text.len() <= MESSAGE_BYTES_MAX && !text.contains('\n') {
                return text.to_owned();
            }
        }
        self.text()
    }

    fn reason(&self) -> &'static str {
        match self.spec.get("reason").str() {
            "FieldValueForbidden" => "FieldValueForbidden",
            "FieldValueRequired" => "FieldValueRequired",
            "FieldValueDuplicate" => "FieldValueDuplicate",
            _ => "FieldValueInvalid",
        }
    }

    /// Where the finding is told: below the object, if the rule says so.
    fn place(&self, path: &str) -> String {
        let below = self.spec.get("fieldPath").str().trim_start_matches('.');
        match (path.is_empty(), below.is_empty()) {
            (_, true) => path.to_owned(),
            (true, false) => below.to_owned(),
            (false, false) => format!("{path}.{below}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(schema: &str, object: &str, old: &str, expected: &Expect) {
        let rules = Rules::compile(&Value::from_json(schema).unwrap());
        let (object, old) = (Value::from_json(object).unwrap(), Value::from_json(old).unwrap());
        let old = Some(&old).filter(|it| !it.is_null());
        let wrong = rules.wrong("root").into_iter().map(|it| format!("{it:?}\n"));
        let found =
            rules.check(&object, old).into_iter().map(|it| format!("{}: {}: {}\n", it.path, it.reason, it.message));
        expected.assert_eq(&wrong.chain(found).collect::<String>());
    }

    fn gadget(rules: &str) -> String {
        format!(
            r#"{{"type":"object","properties":{{"spec":{{"type":"object","x-kubernetes-validations":[{rules}],"properties":{{
                "num":{{"type":"integer"}},"size":{{"type":"string"}},"foo-bar":{{"type":"string"}},"namespace":{{"type":"string"}},
                "until":{{"type":"string","format":"date-time"}},"labels":{{"type":"object","additionalProperties":{{"type":"string"}}}},
                "any":{{"x-kubernetes-int-or-string":true}},
                "list":{{"type":"array","items":{{"type":"object","x-kubernetes-validations":[{{"rule":"self.a > 0"}}],"properties":{{"a":{{"type":"integer"}}}}}}}}}}}}}}}}"#
        )
    }

    #[test]
    fn rules_speak_of_their_part_of_the_object() {
        let one = gadget(
            r#"{"rule":"self.size != 'small' || self.num < 10","message":"small gadgets must have num < 10"},{"rule":"self.num > 0","fieldPath":".num","reason":"FieldValueRequired","messageExpression":"'got ' + string(self.num)"}"#,
        );
        check(
            &one,
            r#"{"spec":{"num":20,"size":"small"}}"#,
            "null",
            &expect![[r#"
            spec: FieldValueInvalid: small gadgets must have num < 10
        "#]],
        );
        check(
            &one,
            r#"{"spec":{"num":-1,"size":"big","list":[{"a":1},{"a":0}]}}"#,
            "null",
            &expect![[r#"
            spec.num: FieldValueRequired: got -1
            spec.list[1]: FieldValueInvalid: failed rule: self.a > 0
        "#]],
        );
        check(
            &one,
            r#"{"spec":{"size":"small"}}"#,
            "null",
            &expect![[r#"
            spec: FieldValueInvalid: no such key: num evaluating rule: small gadgets must have num < 10
            spec: FieldValueInvalid: no such key: num evaluating rule: failed rule: self.num > 0
        "#]],
        );
    }

    #[test]
    fn rules_compare_with_what_was_before() {
        let one = gadget(
            r#"{"rule":"self.num >= oldSelf.num","message":"num may not shrink"},{"rule":"!oldSelf.hasValue() || oldSelf.value().size == self.size","optionalOldSelf":true}"#,
        );
        check(&one, r#"{"spec":{"num":1,"size":"a"}}"#, "null", &expect![[""]]);
        check(
            &one,
            r#"{"spec":{"num":1,"size":"a"}}"#,
            r#"{"spec":{"num":2,"size":"b"}}"#,
            &expect![[r#"
            spec: FieldValueInvalid: num may not shrink
            spec: FieldValueInvalid: failed rule: !oldSelf.hasValue() || oldSelf.value().size == self.size
        "#]],
        );
    }

    #[test]
    fn names_and_formats_are_those_of_the_schema() {
        let one = gadget(
            r#"{"rule":"self.foo__dash__bar == 'x' && self.__namespace__ == 'y' && self.until > timestamp('2024-01-01T00:00:00Z') && self.labels['a'] == 'b' && self.any == 5"}"#,
        );
        check(
            &one,
            r#"{"spec":{"foo-bar":"x","namespace":"y","until":"2025-01-01T00:00:00Z","labels":{"a":"b"},"any":5}}"#,
            "null",
            &expect![[""]],
        );
        check(
            &gadget(r#"{"rule":"self.nope == 1"},{"rule":"self.num"}"#),
            r#"{"spec":{}}"#,
            "null",
            &expect![[r#"
            ("root.properties[spec]", 0, "rule", "compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope == 1\n | ....^")
            ("root.properties[spec]", 1, "rule", "cel expression must evaluate to a bool")
            spec: FieldValueInvalid: rule compile error: compilation failed: ERROR: <input>:1:5: undefined field 'nope'
             | self.nope == 1
             | ....^
            spec: FieldValueInvalid: rule compile error: cel expression must evaluate to a bool
        "#]],
        );
    }
}
