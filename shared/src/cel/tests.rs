#![allow(clippy::too_many_lines, reason = "lists of cases, each with what it gives")]

use crate::cel::{Bindings, Budget, Environment, Failure, Messages, Type, Val};
use crate::model::Value;
use expect_test::{Expect, expect};

const OBJECT: &str = r#"{"a":1,"b":"text","list":[3,1,2],"m":{"x":"1","y":"2"},"f":1.5,"n":null,"t":true,
    "containers":[{"name":"app","image":"a:1"},{"name":"log","image":"b:2"}]}"#;

fn environment() -> Environment {
    let mut it = Environment::new(&[("object", Type::Dyn)]);
    it.messages = Messages::Patches;
    it
}

/// What an expression evaluates to, or what is wrong with it.
fn answer(source: &str) -> String {
    let program = match environment().compile(source) {
        Ok(it) => it,
        Err(it) => return it,
    };
    let object = Value::from_json(OBJECT).unwrap();
    let mut bindings = Bindings { values: vec![("object", Val::from(&object))], ..Bindings::default() };
    match program.run(&mut bindings, &mut Budget::default()) {
        Ok(it) => format!("{}: {}", program.output, shown(&it)),
        Err(it) => format!("{}: {it:?}", program.output),
    }
}

fn shown(it: &Val) -> String {
    it.to_value().map_or_else(|| format!("{it:?}"), |it| it.to_json())
}

fn check(sources: &[&str], expected: &Expect) {
    let told: String = sources.iter().map(|it| format!("{it}\n  {}\n", answer(it).replace('\n', "\n  "))).collect();
    expected.assert_eq(&told);
}

#[test]
fn arithmetic_and_logic() {
    check(
        &[
            "1 + 2 * 3",
            "7 % 3 - 1",
            "object.a + 1",
            "1 / 0",
            "9223372036854775807 + 1",
            "1.5 * 2.0",
            "1u + 2u",
            "'a' + 'b'",
            "[1] + [2]",
            "1 < 2 && 'a' != 'b' || false",
            "object.missing == 1 || true",
            "false && object.missing",
            "object.missing == 1",
            "object.b.c",
            "1 == 1.0",
            "dyn(1) == 1.0 && dyn(1u) == 1",
            "1 < 1.5",
            "object.a == 1 ? 'one' : 'many'",
            "!object.t",
            "-object.a",
            "2 in object.list",
            "'x' in object.m",
            "object.list[1]",
            "object.list[7]",
            "object.m['x']",
            "object.m['z']",
            "has(object.m.x) && !has(object.m.z)",
            "type(object.a) == int",
            "object.n == null",
            "{'a': 1, 'b': 2}",
            "{'a': 1}.a",
            "b'abc'",
        ],
        &expect![[r#"
            1 + 2 * 3
              int: 7
            7 % 3 - 1
              int: 0
            object.a + 1
              int: 2
            1 / 0
              int: Error("division by zero")
            9223372036854775807 + 1
              int: Error("integer overflow")
            1.5 * 2.0
              double: 3.0
            1u + 2u
              uint: 3
            'a' + 'b'
              string: "ab"
            [1] + [2]
              list(int): [1,2]
            1 < 2 && 'a' != 'b' || false
              bool: true
            object.missing == 1 || true
              bool: true
            false && object.missing
              bool: false
            object.missing == 1
              bool: Error("no such key: missing")
            object.b.c
              dyn: Error("no such overload")
            1 == 1.0
              ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, double)'
               | 1 == 1.0
               | ..^
            dyn(1) == 1.0 && dyn(1u) == 1
              bool: true
            1 < 1.5
              bool: true
            object.a == 1 ? 'one' : 'many'
              string: "one"
            !object.t
              bool: false
            -object.a
              dyn: -1
            2 in object.list
              bool: true
            'x' in object.m
              bool: true
            object.list[1]
              dyn: 1
            object.list[7]
              dyn: Error("index out of bounds: 7")
            object.m['x']
              dyn: "1"
            object.m['z']
              dyn: Error("no such key: z")
            has(object.m.x) && !has(object.m.z)
              bool: true
            type(object.a) == int
              bool: true
            object.n == null
              bool: true
            {'a': 1, 'b': 2}
              map(string, int): {"a":1,"b":2}
            {'a': 1}.a
              int: 1
            b'abc'
              bytes: "YWJj"
        "#]],
    );
}

#[test]
fn what_is_wrong_is_told_as_upstream_tells_it() {
    check(
        &[
            "x",
            "object.a +",
            "1 + 'a'",
            "[1, 'a']",
            "{'a': 1, 'b': 'c'}",
            "'a'.foo()",
            "'a'.startsWith(1)",
            "1.all(x, true)",
            "[1].all(x, x)",
            "object.all(1, true)",
            "has(object)",
            "!1",
            "true ? 1 : 'a'",
            "'a'.b",
            "object.b.matches('[')",
            "object.b.matches(object.c) && duration('x') < duration('1s')",
            "foo(1)\n  && bar",
            "Thing{a: 1}",
        ],
        &expect![[r#"
            x
              ERROR: <input>:1:1: undeclared reference to 'x' (in container '')
               | x
               | ^
            object.a +
              ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
               | object.a +
               | ..........^
            1 + 'a'
              ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'
               | 1 + 'a'
               | ..^
            [1, 'a']
              ERROR: <input>:1:5: expected type 'int' but found 'string'
               | [1, 'a']
               | ....^
            {'a': 1, 'b': 'c'}
              ERROR: <input>:1:15: expected type 'int' but found 'string'
               | {'a': 1, 'b': 'c'}
               | ..............^
            'a'.foo()
              ERROR: <input>:1:8: undeclared reference to 'foo' (in container '')
               | 'a'.foo()
               | .......^
            'a'.startsWith(1)
              ERROR: <input>:1:15: found no matching overload for 'startsWith' applied to 'string.(int)'
               | 'a'.startsWith(1)
               | ..............^
            1.all(x, true)
              ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)
               | 1.all(x, true)
               | ^
            [1].all(x, x)
              ERROR: <input>:1:8: found no matching overload for '_&&_' applied to '(bool, int)'
               | [1].all(x, x)
               | .......^
            object.all(1, true)
              ERROR: <input>:1:12: argument must be a simple name
               | object.all(1, true)
               | ...........^
            has(object)
              ERROR: <input>:1:5: invalid argument to has() macro
               | has(object)
               | ....^
            !1
              ERROR: <input>:1:1: found no matching overload for '!_' applied to '(int)'
               | !1
               | ^
            true ? 1 : 'a'
              ERROR: <input>:1:6: found no matching overload for '_?_:_' applied to '(bool, int, string)'
               | true ? 1 : 'a'
               | .....^
            'a'.b
              ERROR: <input>:1:4: type 'string' does not support field selection
               | 'a'.b
               | ...^
            object.b.matches('[')
              ERROR: <input>:1:18: invalid matches argument
               | object.b.matches('[')
               | .................^
            object.b.matches(object.c) && duration('x') < duration('1s')
              ERROR: <input>:1:40: invalid duration argument
               | object.b.matches(object.c) && duration('x') < duration('1s')
               | .......................................^
            foo(1)
              && bar
              ERROR: <input>:1:4: undeclared reference to 'foo' (in container '')
               | foo(1)
               | ...^
              ERROR: <input>:2:6: undeclared reference to 'bar' (in container '')
               |   && bar
               | .....^
            Thing{a: 1}
              ERROR: <input>:1:6: undeclared reference to 'Thing' (in container '')
               | Thing{a: 1}
               | .....^
        "#]],
    );
}

#[test]
fn comprehensions() {
    check(
        &[
            "object.list.all(x, x > 0)",
            "object.list.exists(x, x == 2)",
            "object.list.exists_one(x, x == 2)",
            "object.list.map(x, x * 2)",
            "object.list.map(x, x > 1, x * 2)",
            "object.list.filter(x, x > 1)",
            "object.m.all(k, k.size() == 1)",
            "object.m.map(k, object.m[k])",
            "object.containers.all(c, object.containers.exists(d, d.name == c.name))",
            "object.list.all(i, v, i < 3 && v > 0)",
            "object.m.exists(k, v, k == 'y' && v == '2')",
            "object.list.transformList(i, v, i * v)",
            "object.list.transformList(i, v, i > 0, v)",
            "object.m.transformMap(k, v, v + k)",
            "object.m.transformMapEntry(k, v, {v: k})",
            "object.list.existsOne(i, v, i == v)",
            "[1, 2].all(x, x > object.missing)",
            "[1, 2].exists(x, x == 2 || object.missing)",
            "object.a.all(x, true)",
        ],
        &expect![[r#"
            object.list.all(x, x > 0)
              bool: true
            object.list.exists(x, x == 2)
              bool: true
            object.list.exists_one(x, x == 2)
              bool: true
            object.list.map(x, x * 2)
              list(int): [6,2,4]
            object.list.map(x, x > 1, x * 2)
              list(int): [6,4]
            object.list.filter(x, x > 1)
              list(dyn): [3,2]
            object.m.all(k, k.size() == 1)
              bool: true
            object.m.map(k, object.m[k])
              list(dyn): ["1","2"]
            object.containers.all(c, object.containers.exists(d, d.name == c.name))
              bool: true
            object.list.all(i, v, i < 3 && v > 0)
              bool: true
            object.m.exists(k, v, k == 'y' && v == '2')
              bool: true
            object.list.transformList(i, v, i * v)
              list(dyn): [0,1,4]
            object.list.transformList(i, v, i > 0, v)
              list(dyn): [1,2]
            object.m.transformMap(k, v, v + k)
              map(dyn, dyn): {"x":"1x","y":"2y"}
            object.m.transformMapEntry(k, v, {v: k})
              map(dyn, dyn): {"1":"x","2":"y"}
            object.list.existsOne(i, v, i == v)
              bool: false
            [1, 2].all(x, x > object.missing)
              bool: Error("no such key: missing")
            [1, 2].exists(x, x == 2 || object.missing)
              bool: true
            object.a.all(x, true)
              bool: Error("no such overload")
        "#]],
    );
}

#[test]
fn libraries() {
    check(
        &[
            "'Hello'.lowerAscii() + 'x'.upperAscii()",
            "'héllo'.charAt(1) + 'hello'.substring(1, 3)",
            "'hello mellow'.indexOf('ello', 2)",
            "'hello'.lastIndexOf('l')",
            "'a,b,c'.split(',')",
            "'a,b,c'.split(',', 2)",
            "['a', 'b'].join('-')",
            "' a '.trim().replace('a', 'b')",
            "'%s is %d (%.2f) %x %e'.format(['a', dyn(1), dyn(2.0), dyn(255), dyn(1234.5)])",
            "'abc123'.find('[0-9]+') + ' ' + string('abc'.matches('^a.c$'))",
            "'a1b2'.findAll('[0-9]')",
            "[1, 2, 3].sum() + [4, 5].max() - [1, 7].min()",
            "[1, 3, 2].isSorted()",
            "['a', 'b'].indexOf('b')",
            "sets.contains([1, 2, 3], [1, 2]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])",
            "quantity('1Gi').isGreaterThan(quantity('500Mi')) && quantity('50k').asInteger() == 50000",
            "quantity('1').add(quantity('500m')).sub(1).asApproximateFloat()",
            "isQuantity('1.3Gi') && !isQuantity('x')",
            "url('https://example.com:80/path/a?k=v&k=w').getHost() + url('https://a:1/').getPort()",
            "url('https://example.com/?k=v&k=w').getQuery()",
            "isURL('/a/b') && !isURL('a b')",
            "ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && isIP('1.2.3.4') && !isIP('1.2.3')",
            "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
            "string(cidr('10.1.2.3/16').masked()) + ' ' + string(cidr('::1/64').ip())",
            "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('v1.2', true).minor() == 2 && !isSemver('1')",
            "semver('1.0.0-rc.1').compareTo(semver('1.0.0'))",
            "format.dns1123Label().validate('-a')",
            "format.named('uuid').value().validate('123e4567-e89b-12d3-a456-426614174000')",
            "timestamp('2024-01-02T03:04:05Z').getFullYear()",
            "timestamp('2024-03-01T00:00:00Z').getDayOfYear('+01:00')",
            "timestamp('2024-01-02T03:04:05Z') + duration('1h30m') > timestamp('2024-01-02T03:04:05Z')",
            "string(duration('1.5h')) + ' ' + string(timestamp('2024-01-02T03:04:05.5Z'))",
            "duration('90s').getMinutes()",
            "int('12') + int(3.9) + int(timestamp('1970-01-01T00:01:00Z'))",
            "string(1.0) + string(2u) + string(b'x') + string(1e30)",
            "bool('true') && double('1.5') > 1.0",
            "size('héllo') + size([1]) + {'a': 1}.size()",
            "object.?a.orValue(7)",
            "object.?z.y.orValue(7)",
            "object.?z.hasValue() || object.m[?'x'].hasValue()",
            "[?object.?a, ?object.?z]",
            "{?'a': object.?a, ?'z': object.?z}",
            "optional.of(1).optMap(x, x + 1).value()",
            "optional.none().optFlatMap(x, optional.of(x)).hasValue()",
            "object.list[?0].or(optional.of(2)).value()",
            "Object{spec: Object.spec{replicas: 3}}",
            "[JSONPatch{op: 'add', path: '/a/' + jsonpatch.escapeKey('b/c~d'), value: 1}]",
        ],
        &expect![[r#"
            'Hello'.lowerAscii() + 'x'.upperAscii()
              string: "helloX"
            'héllo'.charAt(1) + 'hello'.substring(1, 3)
              string: "éel"
            'hello mellow'.indexOf('ello', 2)
              int: 7
            'hello'.lastIndexOf('l')
              int: 3
            'a,b,c'.split(',')
              list(string): ["a","b","c"]
            'a,b,c'.split(',', 2)
              list(string): ["a","b,c"]
            ['a', 'b'].join('-')
              string: "a-b"
            ' a '.trim().replace('a', 'b')
              string: "b"
            '%s is %d (%.2f) %x %e'.format(['a', dyn(1), dyn(2.0), dyn(255), dyn(1234.5)])
              string: "a is 1 (2.00) ff 1.234500e+03"
            'abc123'.find('[0-9]+') + ' ' + string('abc'.matches('^a.c$'))
              string: "123 true"
            'a1b2'.findAll('[0-9]')
              list(string): ["1","2"]
            [1, 2, 3].sum() + [4, 5].max() - [1, 7].min()
              int: 10
            [1, 3, 2].isSorted()
              bool: false
            ['a', 'b'].indexOf('b')
              int: 1
            sets.contains([1, 2, 3], [1, 2]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])
              bool: true
            quantity('1Gi').isGreaterThan(quantity('500Mi')) && quantity('50k').asInteger() == 50000
              bool: true
            quantity('1').add(quantity('500m')).sub(1).asApproximateFloat()
              double: 0.5
            isQuantity('1.3Gi') && !isQuantity('x')
              bool: true
            url('https://example.com:80/path/a?k=v&k=w').getHost() + url('https://a:1/').getPort()
              string: "example.com:801"
            url('https://example.com/?k=v&k=w').getQuery()
              map(string, list(string)): {"k":["v","w"]}
            isURL('/a/b') && !isURL('a b')
              bool: true
            ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && isIP('1.2.3.4') && !isIP('1.2.3')
              bool: true
            cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')
              bool: true
            string(cidr('10.1.2.3/16').masked()) + ' ' + string(cidr('::1/64').ip())
              string: "10.1.0.0/16 ::1"
            semver('1.2.3').isLessThan(semver('1.10.0')) && semver('v1.2', true).minor() == 2 && !isSemver('1')
              bool: true
            semver('1.0.0-rc.1').compareTo(semver('1.0.0'))
              int: -1
            format.dns1123Label().validate('-a')
              optional_type(list(string)): ["a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"]
            format.named('uuid').value().validate('123e4567-e89b-12d3-a456-426614174000')
              optional_type(list(string)): null
            timestamp('2024-01-02T03:04:05Z').getFullYear()
              int: 2024
            timestamp('2024-03-01T00:00:00Z').getDayOfYear('+01:00')
              int: 60
            timestamp('2024-01-02T03:04:05Z') + duration('1h30m') > timestamp('2024-01-02T03:04:05Z')
              bool: true
            string(duration('1.5h')) + ' ' + string(timestamp('2024-01-02T03:04:05.5Z'))
              string: "5400s 2024-01-02T03:04:05.5Z"
            duration('90s').getMinutes()
              int: 1
            int('12') + int(3.9) + int(timestamp('1970-01-01T00:01:00Z'))
              int: 75
            string(1.0) + string(2u) + string(b'x') + string(1e30)
              string: "12x1e+30"
            bool('true') && double('1.5') > 1.0
              bool: true
            size('héllo') + size([1]) + {'a': 1}.size()
              int: 7
            object.?a.orValue(7)
              dyn: 1
            object.?z.y.orValue(7)
              dyn: 7
            object.?z.hasValue() || object.m[?'x'].hasValue()
              bool: true
            [?object.?a, ?object.?z]
              list(dyn): [1]
            {?'a': object.?a, ?'z': object.?z}
              map(string, dyn): {"a":1}
            optional.of(1).optMap(x, x + 1).value()
              int: 2
            optional.none().optFlatMap(x, optional.of(x)).hasValue()
              bool: false
            object.list[?0].or(optional.of(2)).value()
              int: 3
            Object{spec: Object.spec{replicas: 3}}
              Object: {"spec":{"replicas":3}}
            [JSONPatch{op: 'add', path: '/a/' + jsonpatch.escapeKey('b/c~d'), value: 1}]
              list(JSONPatch): [{"op":"add","path":"/a/b~1c~0d","value":1}]
        "#]],
    );
}

/// Runs with the stack that the server gives its threads; an unoptimised build needs far more of it than an optimised one.
fn with_the_servers_stack(test: fn()) {
    const STACK_BYTES: usize = 16 << 20;
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(test).unwrap().join().unwrap();
}

/// Whatever a hostile expression does, it ends soon.
#[test]
fn hostile_expressions_end() {
    with_the_servers_stack(|| {
        let costly = |source: &str| {
            let program = environment().compile(source).unwrap();
            let many: Value = (0..3_000).map(Value::Int).collect();
            let object = Value::from([("list", many), ("text", "a".repeat(10_000).into())]);
            let mut bindings = Bindings { values: vec![("object", Val::from(&object))], ..Bindings::default() };
            program.run(&mut bindings, &mut Budget::default()).map(|it| shown(&it))
        };
        let nested = "object.list.all(a, object.list.all(b, object.list.all(c, a + b + c >= 0)))";
        assert_eq!(costly(nested), Err(Failure::TooCostly));
        let literal = "[1,2,3,4,5,6,7,8,9,0]";
        let nested = (0..8).fold("true".to_owned(), |inner, depth| format!("{literal}.all(x{depth}, {inner})"));
        assert_eq!(costly(&nested), Err(Failure::TooCostly));
        let doubling = (0..6).fold("object.text".to_owned(), |text, _| format!("{text}.replace('a', 'aaaaaaaa')"));
        assert_eq!(costly(&doubling), Err(Failure::TooCostly));
        let growing = (0..12).fold("'x'".to_owned(), |text, _| format!("['a','b','c','d'].map(i, {text}).join('')"));
        assert_eq!(costly(&growing), Err(Failure::TooCostly));
        assert_eq!(costly("object.list.map(x, x).filter(x, x > 1).size()"), Ok("2998".to_owned()));
        assert_eq!(costly("object.text.matches('(a|aa)+$')"), Ok("true".to_owned()));
        let failing = "object.list.exists(x, object.list.exists(y, object.missing))";
        assert_eq!(costly(failing), Err(Failure::TooCostly));
    });
}

/// The deepest that is read fits the stack, and what is deeper is refused.
#[test]
fn the_deepest_expressions_fit_the_stack() {
    with_the_servers_stack(|| {
        let deep = |open: &str, inner: &str, close: &str, times: usize| {
            let told = answer(&format!("{}{inner}{}", open.repeat(times), close.repeat(times)));
            told.lines().next().unwrap_or_default().to_owned()
        };
        assert_eq!(deep("(", "1", ")", 30), "int: 1");
        assert!(deep("[", "1", "]", 30).ends_with(&"]".repeat(30)));
        assert_eq!(deep("-", "1", "", 240), "int: 1");
        assert_eq!(deep("1+", "1", "", 240), "int: 241");
        assert_eq!(deep("true?1:", "1", "", 30), "int: 1");
        assert_eq!(deep("object", "", ".a", 1), "dyn: 1");
        assert!(answer(&format!("object{}", ".a".repeat(240))).contains("no such"));
        assert!(answer(&format!("object{}", ".size()".repeat(20))).contains("overload"));
        assert!(answer(&"(".repeat(30)).contains("Syntax error"));
        assert!(answer(&"[[{(".repeat(2_000)).contains("nested too deeply"));
    });
}
