use super::*;
use expect_test::{Expect, expect};

/// Each line: a selector, and how it is written back or why not.
fn check(texts: &[&str], expected: &Expect) {
    let line = |text: &&str| match Selector::parse(text) {
        Ok(it) => format!("{text:?} -> {it}\n"),
        Err(error) => format!("{text:?} !! {error}\n"),
    };
    expected.assert_eq(&texts.iter().map(line).collect::<String>());
}

#[test]
fn parses() {
    check(
        &[
            "",
            "a=b",
            "x == y , a!=b",
            "e in (g,f,g),!h,app",
            "a notin (,b)",
            "a in ()",
            "a=",
            "a=,b",
            "n>3,m<4",
            "in in (in)",
            "a.io/b",
        ],
        &expect![[r#"
            "" -> 
            "a=b" -> a=b
            "x == y , a!=b" -> a!=b,x==y
            "e in (g,f,g),!h,app" -> app,e in (f,g),!h
            "a notin (,b)" -> a notin (,b)
            "a in ()" -> a in ()
            "a=" -> a=
            "a=,b" -> a=,b
            "n>3,m<4" -> m<4,n>3
            "in in (in)" -> in in (in)
            "a.io/b" -> a.io/b
        "#]],
    );
}

#[test]
fn refuses() {
    check(
        &[
            "a b",
            "a=b,",
            ",a",
            "a=b=c",
            "a in b",
            "a in (b",
            "a in (b c)",
            "a in (=)",
            "a ! b",
            "!",
            "!=x",
            "a b=c",
            "_=x",
            "a=b c",
            "a in (b,",
            "a>x",
            "a=-x",
            "a=b,,c",
            "a!!b",
            "(a)",
            "a (b)",
            "!a=b",
            "a in (b d",
            "a=(",
        ],
        &expect![[r#"
            "a b" !! unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt
            "a=b," !! found '', expected: identifier after ','
            ",a" !! found ',', expected: !, identifier, or 'end of string'
            "a=b=c" !! found '=', expected: ',' or 'end of string'
            "a in b" !! unable to parse requirement: found 'b' expected: '('
            "a in (b" !! unable to parse requirement: found '', expected: ',' or ')'
            "a in (b c)" !! unable to parse requirement: found 'c', expected: ',' or ')'
            "a in (=)" !! unable to parse requirement: found '=', expected: ',', ')' or identifier
            "a ! b" !! unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt
            "!" !! unable to parse requirement: found '', expected: identifier
            "!=x" !! found '!=', expected: !, identifier, or 'end of string'
            "a b=c" !! unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt
            "_=x" !! unable to parse requirement: <nil>: Invalid value: "_": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
            "a=b c" !! found 'c', expected: ',' or 'end of string'
            "a in (b," !! unable to parse requirement: found '', expected: ',', or identifier
            "a>x" !! unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer
            "a=-x" !! unable to parse requirement: values[0][a]: Invalid value: "-x": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
            "a=b,,c" !! found ',', expected: identifier after ','
            "a!!b" !! unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt
            "(a)" !! found '(', expected: !, identifier, or 'end of string'
            "a (b)" !! unable to parse requirement: found '(', expected: in, notin, =, ==, !=, gt, lt
            "!a=b" !! found '=', expected: ',' or 'end of string'
            "a in (b d" !! unable to parse requirement: found 'd', expected: ',' or ')'
            "a=(" !! unable to parse requirement: found '(', expected: identifier
        "#]],
    );
}

fn object(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

#[test]
fn reads_objects() {
    let show = |text: &str| Selector::from_object(&object(text)).map_or_else(|error| error.0, |it| format!("{it:?}"));
    expect!["Nothing"].assert_eq(&show("null"));
    expect!["All([])"].assert_eq(&show("{}"));
    let both = r#"{"matchLabels":{"b":"c"},"matchExpressions":[{"key":"a","operator":"In","values":["y","x"]}]}"#;
    assert_eq!(describe(&object(both)), "a in (x,y),b=c");
    assert_eq!(describe(&Value::Null), "<none>");
    expect![[r#""Is" is not a valid label selector operator"#]]
        .assert_eq(&show(r#"{"matchExpressions":[{"key":"a","operator":"Is"}]}"#));
    expect![[r#"[key: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'), values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty]"#]].assert_eq(&show(r#"{"matchExpressions":[{"key":"a b","operator":"In"}]}"#));
}

#[test]
fn selects() {
    let labels = object(r#"{"app":"web","n":"5"}"#);
    let yes = ["", "app", "app=web", "app in (api,web)", "x notin (y)", "!x", "x!=y", "n>4", "n<6"];
    let no = ["x", "app=api", "!app", "app notin (web)", "n>5", "app>1"];
    for text in yes {
        assert!(Selector::parse(text).unwrap().matches(&labels), "{text}");
    }
    for text in no {
        assert!(!Selector::parse(text).unwrap().matches(&labels), "{text}");
    }
    assert!(!Selector::Nothing.matches(&labels));
    assert!(Selector::from_labels(&labels).matches(&labels));
}

#[test]
fn fields() {
    let show = |text: &str| FieldSelector::parse(text).map_or_else(|error| error.0, |it| it.to_string());
    expect!["metadata.name=x,status.phase!=Running"].assert_eq(&show("status.phase!=Running,metadata.name==x"));
    expect![[r"a=b\,c\=d"]].assert_eq(&show(r"a=b\,c\=d"));
    expect!["invalid selector: 'nonsense'; can't understand 'nonsense'"].assert_eq(&show("nonsense"));
    expect!["invalid field selector: unescaped character in value: 61"].assert_eq(&show("a=b=c"));
    expect![[r"invalid field selector: invalid escape sequence: \x"]].assert_eq(&show(r"a=\x"));
    let it = FieldSelector::parse("metadata.name=x,status.phase!=Running").unwrap();
    assert!(it.matches(|field| if field == "metadata.name" { "x".into() } else { Text::default() }));
    assert!(!it.matches(|_| "Running".into()));
    assert_eq!(it.exact("metadata.name").unwrap(), "x");
    assert_eq!(it.exact("status.phase"), None);
}
