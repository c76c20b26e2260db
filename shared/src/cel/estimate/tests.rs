//! Estimates of expressions. [`published`] has the numbers that upstream publishes.

use super::Declared;
use crate::cel::Environment;
use crate::cel::schema::{Root, type_of};
use crate::model::Value;
use expect_test::{Expect, expect};

/// An object with parts of all sorts, limited and not.
const SCHEMA: &str = r#"{"type":"object","required":["a"],"properties":{
    "n":{"type":"integer"},"a":{"type":"string","maxLength":10},"s":{"type":"string"},
    "word":{"type":"string","enum":["x","long-word"]},"when":{"type":"string","format":"date-time"},
    "any":{"x-kubernetes-int-or-string":true},
    "few":{"type":"array","maxItems":5,"items":{"type":"string","maxLength":3}},
    "many":{"type":"array","items":{"type":"integer"}},
    "texts":{"type":"array","items":{"type":"string"}},
    "map":{"type":"object","maxProperties":4,"additionalProperties":{"type":"string","maxLength":20}},
    "things":{"type":"array","maxItems":10,"items":{"type":"object","properties":{"name":{"type":"string","maxLength":5}}}}}}"#;

fn check(sources: &str, expected: &Expect) {
    let schema = Value::from_json(SCHEMA).unwrap();
    let declared = Declared::read(&schema, Root::No).unwrap();
    let kind = type_of(&schema, Root::No).unwrap();
    let environment = Environment::new(&[("self", kind.clone()), ("oldSelf", kind)]);
    let lines = sources.lines().map(str::trim).filter(|it| !it.is_empty()).map(|it| {
        let found = environment.compile_costed(it, &declared);
        format!("{} {it}\n", found.map_or_else(|why| why, |(_, cost)| cost.to_string()))
    });
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn values_and_operators() {
    check(
        "
        true
        self.n > 1 && self.n < 5
        self.n > 1 ? self.a == 'x' : true
        self.a == self.s
        self.s == oldSelf.s
        has(self.a)
        self.a + self.a == 'x'
        self.word.size() > 3
        [1, 2, 3].size() == 3
        {'a': 1}.a == 1
        dyn(self.a) == 'x'
        self.when < timestamp('2020-01-01T00:00:00Z')
        self.any == 5
        ",
        &expect![[r#"
            0 true
            6 self.n > 1 && self.n < 5
            6 self.n > 1 ? self.a == 'x' : true
            8 self.a == self.s
            314577 self.s == oldSelf.s
            1 has(self.a)
            13 self.a + self.a == 'x'
            4 self.word.size() > 3
            12 [1, 2, 3].size() == 3
            31 {'a': 1}.a == 1
            4 dyn(self.a) == 'x'
            4 self.when < timestamp('2020-01-01T00:00:00Z')
            3 self.any == 5
        "#]],
    );
}

#[test]
fn lists_and_maps() {
    check(
        "
        self.few.all(x, x.startsWith('ab'))
        self.few.exists(x, x == 'a')
        self.few.map(x, x + 'y').size() > 0
        self.few.filter(x, x.contains('y')).size() > 0
        self.many.all(x, x > 0)
        self.texts.all(x, x.contains('a'))
        self.things.all(x, self.things.exists(y, x.name == y.name))
        self.many.all(x, self.many.all(y, x == y))
        self.map.all(k, self.map[k].matches('^a+$'))
        self.few[0].startsWith('abcdefghijk')
        'a' in self.few
        self.few.all(i, x, i < 3 || x == 'a')
        sets.contains(self.few, ['a', 'b'])
        self.many.sum() > 3
        self.few.isSorted()
        ",
        &expect![[r#"
            28 self.few.all(x, x.startsWith('ab'))
            33 self.few.exists(x, x == 'a')
            90 self.few.map(x, x + 'y').size() > 0
            95 self.few.filter(x, x.contains('y')).size() > 0
            7864318 self.many.all(x, x > 0)
            329857577778 self.texts.all(x, x.contains('a'))
            1063 self.things.all(x, self.things.exists(y, x.name == y.name))
            12369499521026 self.many.all(x, self.many.all(y, x == y))
            67 self.map.all(k, self.map[k].matches('^a+$'))
            5 self.few[0].startsWith('abcdefghijk')
            7 'a' in self.few
            38 self.few.all(i, x, i < 3 || x == 'a')
            23 sets.contains(self.few, ['a', 'b'])
            1572866 self.many.sum() > 3
            17 self.few.isSorted()
        "#]],
    );
}

#[test]
fn texts() {
    check(
        "
        self.s.contains('abc')
        self.a.matches('[a-z]{3}')
        self.s.lowerAscii() == 'x'
        self.a.replace('a', 'bbbb').size() > 3
        self.a.split(',').all(x, x == 'a')
        self.few.join(',').size() > 2
        self.s.find('a+') == 'a'
        isQuantity(self.a)
        ip(self.a).family() == 4
        cidr('10.0.0.0/8').containsIP(self.a)
        self.?a.optMap(x, x.size()).orValue(0) > 3
        string(bytes(self.a)) == 'x'
        url(self.a).getHost() == 'x'
        ",
        &expect![[r#"
            314575 self.s.contains('abc')
            12 self.a.matches('[a-z]{3}')
            314576 self.s.lowerAscii() == 'x'
            12 self.a.replace('a', 'bbbb').size() > 3
            171 self.a.split(',').all(x, x == 'a')
            11 self.few.join(',').size() > 2
            314576 self.s.find('a+') == 'a'
            6 isQuantity(self.a)
            8 ip(self.a).family() == 4
            11 cidr('10.0.0.0/8').containsIP(self.a)
            31 self.?a.optMap(x, x.size()).orValue(0) > 3
            23 string(bytes(self.a)) == 'x'
            8 url(self.a).getHost() == 'x'
        "#]],
    );
}
