//! The numbers of upstream's own table, without limits in the schema and with them.
//!
//! Upstream: `TestCostEstimation` in `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/compilation_test.go`.

use super::Declared;
use crate::cel::Environment;
use crate::cel::schema::{Root, type_of};
use crate::model::Value;

/// Kind, rule, limit, cost without the limit, and with it; `-` where nothing is said.
/// `[x]` is a list, `{x}` a map; `!` is behind what the limit limits.
const TABLE: &str = r#"
    [number]! | self.all(x, true) | 10 | 4718591 | 32
    [string]! | self.all(x, true) | 20 | 3145727 | 62
    [boolean]! | self.all(x, true) | 5 | 1887437 | 17
    [[number]]! | self.all(x, true) | 100 | 3145727 | 302
    [thing]! | self.all(x, true) | 50 | 555128 | 152
    {number}! | self.all(x, true) | 10 | 1348169 | 32
    {string}! | self.all(x, true) | 3 | 1179647 | 11
    {boolean}! | self.all(x, true) | 100 | 943718 | 302
    string! | self.contains('test') | 10 | 314574 | 5
    string! | self.startsWith('test') | 15 | 2 | 2
    string! | self.endsWith('test') | 30 | 2 | 2
    string! | size(self + "hello") > size("hello") | 4 | 314578 | 7
    [number]! | self[1] == 0.0 | 5000 | 2 | 2
    [string]! | self[1] == self[1] | 8 | 314577 | 314577
    [number]! | self.all(x, self.all(y, true)) | 10 | - | 352
    [number]! | self.all(x, self.all(y, self.all(z, true))) | 10 | - | 3552
    string! | self.matches("x") | 50 | 314574 | 22
    string! | "".matches("(((((((((())))))))))[0-9]") | 10 | 7 | 7
    string! | self.matches("") | 100 | 1 | 1
    {string!}! | self.all(x, x.contains(self[x])) | 10 | 2752507 | 72
    [number]! | self[3] == 0.0 | 0 | 2 | 2
    {number}! | self["x"] == 0.0 | 0 | 2 | 2
    string! | self == "x" | 0 | 2 | 1
    byte! | self == b"x" | 0 | 2 | 1
    [number]! | self.all(x, x == 0.0) | 6291456 | 6291454 | 25165826
    [{thing!}!]! | self.all(x, x["y"].required == "z") | 10 | 7340027 | 72
    [{thing}!] | self.all(x, x["y"].required == "z") | 10 | 7340027 | 7340027
    [int-or-string]! | self.all(x, true) | 10 | 4718591 | 32
    [int-or-string]! | self[0] == 5 | 10 | 3 | 3
    [boolean]! | self[0] == false | 25 | 2 | 2
    [thing]! | self[0] == null | 422 | 2 | 2
    [[number]]! | self[0][0] == -1.0 | 51 | 3 | 3
    [{number}]! | self.all(x, x.y == 25.2) | 12 | 6291452 | 74
    [{number}]! | self[0].x > 2.0 | 3000 | 4 | 4
    [duration]! | self.all(x, true) | 5 | 2359295 | 17
    [duration]! | self[0].getHours() == 2 | 525 | 4 | 4
    [date]! | self.all(x, true) | 15 | 725936 | 47
    [date]! | self[2].getDayOfMonth() == 13 | 42 | 4 | 4
    [date-time]! | self.all(x, true) | 25 | 428963 | 77
    [date-time]! | self[2].getMinutes() == 45 | 99 | 4 | 4
    {int-or-string}! | self.all(x, true) | 15 | 1348169 | 47
    {thing}! | self.all(x, true) | 20 | 428963 | 62
    {{number}}! | self.all(x, true) | 10 | 1179647 | 32
    {[number]}! | self.all(x, true) | 25 | 1179647 | 77
    {duration}! | self.all(x, true) | 5 | 1048577 | 17
    {date}! | self.all(x, true) | 10 | 524288 | 32
    {date-time}! | self.all(x, true) | 25 | 349526 | 77
    string! | self.find('[0-9]+') == '' | 10 | 629147 | 11
    [string!]! | self.join(' ') == 'aa bb' | 10 | 329853068905 | 43
    [string!]! | self.isSorted() == true | 10 | 329854432052 | 52
    texts! | self.str.replace(self.two, self.four) == 'does not matter' | 4 | 629154 | 12
    texts! | self.str.split(self.separator) == [] | 10 | 629160 | 22
    string! | self.lowerAscii() == 'lower!' | 10 | 314575 | 6
    {integer}! | oldSelf.size() == self.size() | 10 | 5 | 5
    {date-time}! | self["a"] == self["b"] | 7 | 8 | 8
    {duration}! | self["c"] == self["d"] | 42 | 8 | 8
    word! | self.contains('A') | 1000 | 2 | 401
    int-or-string! | isQuantity(self) | 20 | 314574 | 9
"#;

/// The schema of a kind.
fn schema(kind: &str, limit: Option<u64>) -> String {
    let (kind, own) = kind.strip_suffix('!').map_or((kind, None), |it| (it, limit));
    let limited = |field: &str| own.map(|it| format!(r#","{field}":{it}"#)).unwrap_or_default();
    let text = |more: &str| format!(r#"{{"type":"string"{more}{}}}"#, limited("maxLength"));
    let part = || schema(&kind[1..kind.len() - 1], limit);
    match kind {
        "thing" => format!(
            r#"{{"type":"object","required":["required"],"properties":{{"required":{0},"optional":{0}}}{1}}}"#,
            schema("string", None),
            limited("maxProperties")
        ),
        "texts" => format!(
            r#"{{"type":"object","properties":{{"str":{0},"separator":{0},"two":{1},"four":{2}}}}}"#,
            text(""),
            schema("string!", Some(2)),
            schema("string!", Some(4))
        ),
        "byte" | "date" | "date-time" | "duration" => text(&format!(r#","format":"{kind}""#)),
        "word" => text(r#","enum":["A","B","C","LongValue"]"#),
        "int-or-string" => format!(r#"{{"x-kubernetes-int-or-string":true{}}}"#, limited("maxLength")),
        "string" => text(""),
        _ if kind.starts_with('[') => format!(r#"{{"type":"array","items":{}{}}}"#, part(), limited("maxItems")),
        _ if kind.starts_with('{') => {
            format!(r#"{{"type":"object","additionalProperties":{}{}}}"#, part(), limited("maxProperties"))
        }
        _ => format!(r#"{{"type":"{kind}"}}"#),
    }
}

fn cost(kind: &str, rule: &str, limit: Option<u64>) -> String {
    let schema = Value::from_json(&schema(kind, limit)).unwrap();
    let kind = type_of(&schema, Root::No).unwrap();
    let environment = Environment::new(&[("self", kind.clone()), ("oldSelf", kind)]);
    let found = environment.compile_costed(rule, &Declared::read(&schema, Root::No).unwrap());
    found.map_or_else(|why| why, |(_, cost)| cost.to_string())
}

#[test]
fn costs_are_those_that_upstream_publishes() {
    let mut wrong = Vec::new();
    for line in TABLE.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let fields: Vec<&str> = line.split(" | ").collect();
        let [kind, rule, limit, free, limited] = fields[..] else { panic!("{line}") };
        let limit = limit.parse().unwrap();
        let found = (if free == "-" { free.to_owned() } else { cost(kind, rule, None) }, cost(kind, rule, Some(limit)));
        if found != (free.to_owned(), limited.to_owned()) {
            wrong.push(format!("{line}: {found:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}
