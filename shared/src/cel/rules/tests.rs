//! Rules, compiled and asked.

use super::{Costs, Rules, Shown};
use crate::model::Value;
use expect_test::{Expect, expect};

fn check(schema: &str, object: &str, old: &str, expected: &Expect) {
    let rules = Rules::compile(&Value::from_json(schema).unwrap());
    let (object, old) = (Value::from_json(object).unwrap(), Value::from_json(old).unwrap());
    let old = Some(&old).filter(|it| !it.is_null());
    // What is too costly has a test of its own.
    let wrong = rules.wrong("root", Costs::Accepted).into_iter().filter(|it| it.shown != Shown::Nothing);
    let wrong = wrong.map(|it| format!("{}: {}\n", it.path, it.detail));
    let found = rules.check(&object, old).into_iter().map(|it| {
        let value = it.value.map_or_else(String::new, |it| format!(" {it}"));
        let mark = if it.was_so { "was so: " } else { "" };
        format!("{mark}{}: {}{value}: {}\n", it.path, it.reason, it.message)
    });
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
            spec: FieldValueInvalid "object": no such key: num evaluating rule: small gadgets must have num < 10
            spec: FieldValueInvalid "object": no such key: num evaluating rule: self.num > 0
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
            root.properties[spec].x-kubernetes-validations[0].rule: compilation failed: ERROR: <input>:1:5: undefined field 'nope'
             | self.nope == 1
             | ....^
            root.properties[spec].x-kubernetes-validations[1].rule: cel expression must evaluate to a bool
            spec: FieldValueInvalid "object": rule compile error: compilation failed: ERROR: <input>:1:5: undefined field 'nope'
             | self.nope == 1
             | ....^
            spec: FieldValueInvalid "object": rule compile error: cel expression must evaluate to a bool
        "#]],
    );
}

/// A list of entries with a name, which stay themselves through an update, and a set of words.
const LISTS: &str = r#"{"type":"object","properties":{
    "keyed":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],"items":{"type":"object",
        "x-kubernetes-validations":[{"rule":"self.n >= oldSelf.n"}],"properties":{"name":{"type":"string"},"n":{"type":"integer"}}}},
    "words":{"type":"array","items":{"type":"string","x-kubernetes-validations":[{"rule":"size(self) < 3"}]}},
    "until":{"type":"string","format":"date-time","x-kubernetes-validations":[{"rule":"self.getFullYear() > 2000"}]},
    "ratio":{"type":"number","x-kubernetes-validations":[{"rule":"self * 2.0 < 5.0"}]},
    "either":{"x-kubernetes-int-or-string":true,"x-kubernetes-validations":[{"rule":"self < 5"}]}}}"#;

#[test]
fn entries_of_keyed_lists_stay_themselves() {
    check(
        LISTS,
        r#"{"keyed":[{"name":"new","n":0},{"name":"b","n":1},{"name":"a","n":1}]}"#,
        r#"{"keyed":[{"name":"a","n":1},{"name":"b","n":2}]}"#,
        &expect![[r#"
            keyed[1]: FieldValueInvalid: failed rule: self.n >= oldSelf.n
        "#]],
    );
}

#[test]
fn what_was_as_wrong_before_is_told_apart() {
    check(
        LISTS,
        r#"{"words":["long","ab"]}"#,
        "null",
        &expect![[r#"
        words[0]: FieldValueInvalid "long": failed rule: size(self) < 3
    "#]],
    );
    check(
        LISTS,
        r#"{"words":["long"],"keyed":[]}"#,
        r#"{"words":["long"]}"#,
        &expect![[r#"
        was so: words[0]: FieldValueInvalid "long": failed rule: size(self) < 3
    "#]],
    );
    check(
        LISTS,
        r#"{"words":["long","ab"]}"#,
        r#"{"words":["long"]}"#,
        &expect![[r#"
        words[0]: FieldValueInvalid "long": failed rule: size(self) < 3
    "#]],
    );
}

#[test]
fn rules_stand_at_single_values() {
    check(
        LISTS,
        r#"{"until":"1999-01-01T00:00:00Z","either":7,"ratio":3}"#,
        "null",
        &expect![[r#"
            either: FieldValueInvalid 7: failed rule: self < 5
            ratio: FieldValueInvalid 3: failed rule: self * 2.0 < 5.0
            until: FieldValueInvalid "1999-01-01T00:00:00Z": failed rule: self.getFullYear() > 2000
        "#]],
    );
    check(
        LISTS,
        r#"{"until":"2001-01-01T00:00:00Z","either":"x"}"#,
        "null",
        &expect![[r#"
            either: FieldValueInvalid "": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self < 5
        "#]],
    );
}

#[test]
fn what_is_wrong_with_rules() {
    let one = gadget(
        r#"{"rule":"self.num > 0","messageExpression":"self.num"},{"rule":"self.num > 0","messageExpression":"nope"},
        {"rule":"self.num > 0","optionalOldSelf":true},{"rule":"self.size == 'oldSelf'"}"#,
    );
    check(
        &one,
        "null",
        "null",
        &expect![[r#"
            root.properties[spec].x-kubernetes-validations[0].messageExpression: messageExpression must evaluate to a string
            root.properties[spec].x-kubernetes-validations[1].messageExpression: messageExpression compilation failed: ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')
             | nope
             | ^
            root.properties[spec].x-kubernetes-validations[2].optionalOldSelf: may not be set if oldSelf is not used in rule
        "#]],
    );
    let list = r#"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","additionalProperties":{"type":"integer",
        "x-kubernetes-validations":[{"rule":"self > oldSelf"},{"rule":"nope"}]}}}}}"#;
    check(
        list,
        "null",
        "null",
        &expect![[r#"
            root.properties[a].items.additionalProperties.x-kubernetes-validations[0].rule: oldSelf cannot be used on the uncorrelatable portion of the schema within root.properties[a]
            root.properties[a].items.additionalProperties.x-kubernetes-validations[1].rule: compilation failed: ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')
             | nope
             | ^
        "#]],
    );
}

#[test]
fn rules_end_when_their_budget_does() {
    let costly =
        r#"{"rule":"self.list.all(a, self.list.all(b, self.list.all(c, a.a + b.a + c.a > 0)))"},{"rule":"false"}"#;
    let items = vec![r#"{"a":1}"#; 300].join(",");
    check(
        &gadget(costly),
        &format!(r#"{{"spec":{{"list":[{items}]}}}}"#),
        "null",
        &expect![[r#"
        spec: FieldValueInvalid "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.list.all(a, self.list.all(b, self.list.all(c, a.a + b.a + c.a > 0)))
    "#]],
    );
    let message = r#"{"rule":"false","messageExpression":"self.list.map(a, self.list.map(b, self.list.map(c, string(a.a)).join('')).join('')).join('')"},{"rule":"false"}"#;
    check(
        &gadget(message),
        &format!(r#"{{"spec":{{"list":[{items}]}}}}"#),
        "null",
        &expect![[r#"
        spec: FieldValueInvalid "object": no further validation rules will be run due to call cost exceeds limit for messageExpression: "self.list.map(a, self.list.map(b, self.list.map(c, string(a.a)).join('')).join('')).join('')"
    "#]],
    );
}

#[test]
fn long_lists_find_what_was_before_by_their_keys() {
    let items = |n: i64| (0..20_000).map(|it| format!(r#"{{"name":"{it}","n":{n}}}"#)).collect::<Vec<_>>().join(",");
    let wrong = r#"{"name":"5","n":0},{"n":0}"#;
    check(
        LISTS,
        &format!(r#"{{"keyed":[{},{wrong}]}}"#, items(2)),
        &format!(r#"{{"keyed":[{},{{"n":3}}]}}"#, items(1)),
        &expect![[r#"
            keyed[20000]: FieldValueInvalid: failed rule: self.n >= oldSelf.n
        "#]],
    );
}

/// What the rules of a schema would cost too much.
fn check_costs(schema: &str, expected: &Expect) {
    let rules = Rules::compile(&Value::from_json(schema).unwrap());
    let told = |costs| {
        let wrong = rules.wrong("root", costs).into_iter();
        wrong.map(|it| format!("{}: {}\n", it.path, it.detail)).collect::<String>()
    };
    expected.assert_eq(&format!("{}stored before:\n{}", told(Costs::Judged), told(Costs::Accepted)));
}

#[test]
fn rules_may_not_cost_too_much() {
    let of_list = |limit: &str, rule: &str| {
        format!(
            r#"{{"type":"object","properties":{{"list":{{"type":"array"{limit},"items":{{"type":"object","properties":{{"a":{{"type":"integer"}}}},
            "x-kubernetes-validations":[{{"rule":"{rule}"}}]}}}}}}}}"#
        )
    };
    check_costs(
        &of_list("", "self.a > 0"),
        &expect![[r#"
        stored before:
    "#]],
    );
    check_costs(
        &of_list(r#","maxItems":10"#, "self.a > 0"),
        &expect![[r#"
        stored before:
    "#]],
    );
    check_costs(
        &of_list("", "self.a > 0 && self.a < 100 && self.a != 7 && self.a != 8"),
        &expect![[r#"
        root.properties[list].items.x-kubernetes-validations[0].rule: estimated rule cost exceeds budget by factor of 1.048576x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)
        stored before:
    "#]],
    );
    let many = r#"{"type":"object","properties":{"list":{"type":"array","items":{"type":"integer"},"x-kubernetes-validations":[
        {"rule":"self.all(x, x > 0)"},{"rule":"self.all(x, self.all(y, x != y))","messageExpression":"self.map(x, string(x)).join(',')"},
        {"rule":"self.exists(x, x > 0)"},{"rule":"self.exists_one(x, x > 0)"},{"rule":"self.size() > 1"}]}}}"#;
    check_costs(
        many,
        &expect![[r#"
        root.properties[list].x-kubernetes-validations[1].rule: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)
        root.properties[list].x-kubernetes-validations[1].messageExpression: estimated messageExpression cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)
        root.properties[list].x-kubernetes-validations[1].messageExpression: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema
        root.properties[list].x-kubernetes-validations[1].rule: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema
        root.properties[list].x-kubernetes-validations[2].rule: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema
        root.properties[list].x-kubernetes-validations[0].rule: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema
        root: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)
        stored before:
        root.properties[list].x-kubernetes-validations[1].messageExpression: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema
        root.properties[list].x-kubernetes-validations[1].rule: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema
        root.properties[list].x-kubernetes-validations[2].rule: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema
        root.properties[list].x-kubernetes-validations[0].rule: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema
        root: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)
    "#]],
    );
}
