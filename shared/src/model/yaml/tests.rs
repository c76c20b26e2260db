use super::*;
use expect_test::{Expect, expect};

/// Each document of each text: its value, or what is wrong with it and where.
fn check(texts: &[&str], expected: &Expect) {
    let lines = texts.iter().map(|text| parse(text).iter().map(show).collect::<Vec<_>>().join(" | ") + "\n");
    expected.assert_eq(&lines.collect::<String>());
}

fn show(document: &Document) -> String {
    let place = |it: Place| format!("{}:{}", it.line, it.column);
    let wrong = document.errors.iter().map(|it| format!("!! {} at {}", it.message, place(it.span.start)));
    let twice = document.duplicates.iter().map(|it| format!("!! twice {} at {}", it.path, place(it.value.start)));
    let value = document.value.to_string();
    std::iter::once(value).chain(wrong).chain(twice).collect::<Vec<_>>().join(" ")
}

#[test]
fn reads_documents() {
    let texts = [
        "a: 1\n---\n# nothing\n---\nb: [x, {y: z}]\n--- # end\n",
        "---\na: |\n  x\n  y\nb: >-\n  one\n  two\nc: 'it''s'\nd: \"\\u00e9\"\n",
        "",
        "hello\n",
        "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2\n",
        "a: 1\n...\nrest\n",
        "# only a comment\n",
        "{\"a\": [1, 2.5, null]}",
    ];
    check(
        &texts,
        &expect![[r#"
        {"a":1} | {"b":["x",{"true":"z"}]}
        {"a":"x\ny\n","b":"one two","c":"it's","d":"é"}

        "hello"
        {"a":{"b":1},"c":{"b":1},"d":{"b":1,"e":2}}
        {"a":1}

        {"a":[1,2.5,null]}
    "#]],
    );
}

#[test]
fn reads_yaml_1_1_scalars() {
    let texts = [
        "defaultMode: 0644\non: yes\n1: ~\n1.5: 'yes'\nx: !!str 5\nz: 1e3\nt: 2026-01-02\nn:\n",
        "a: .inf\n",
        "~: 1\n",
        "a: !!int x\n",
    ];
    check(
        &texts,
        &expect![[r#"
        {"1":null,"1.5":"yes","defaultMode":420,"false":null,"t":"2026-01-02","true":true,"x":"5","z":1000}
        null !! json: unsupported value: +Inf at 1:3
        null !! error converting YAML to JSON: unsupported map key of type: %!s(<nil>), key: <nil> at 1:0
        null !! yaml: cannot decode !!str `x` as a !!int at 1:9
    "#]],
    );
}

#[test]
fn goes_on_after_an_error() {
    let texts = [
        "a: 1\n---\nmetadata:\n\tname: x\n---\nb: 2\n",
        "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n labels: {}\n",
        "a: b: c\n",
        "a: 1\nb: c: d\n",
        "a: [1, 2\nb: 3\n",
        "a: {b: 1\nc: 2\n",
        "a: \"x\nb: 3\n",
        "a: *nope\n",
        "a: 1\nb\nc: 1\n",
        "- a\nb: 1\n",
        "a:\n- b\n  c: 1\n",
        "a: @x\n",
        "a: 1\n--- x\nb: 1\n",
        "a: 1\na: 2\nb: {c: 1, c: 2}\n",
        "a: &a [*a]\n",
    ];
    check(
        &texts,
        &expect![[r#"
        {"a":1} | null !! yaml: line 2: found character that cannot start any token at 4:1 | {"b":2}
        null !! yaml: line 4: found character that cannot start any token at 4:1
        null !! yaml: line 4: did not find expected key at 5:1
        null !! yaml: mapping values are not allowed in this context at 1:4
        null !! yaml: line 2: mapping values are not allowed in this context at 2:4
        null !! yaml: line 2: mapping values are not allowed in this context at 2:1
        null !! yaml: line 1: did not find expected ',' or '}' at 2:1
        null !! yaml: line 3: found unexpected end of stream at 1:3
        null !! yaml: unknown anchor 'nope' referenced at 1:3
        null !! yaml: line 3: could not find expected ':' at 2:0
        null !! yaml: line 1: did not find expected '-' indicator at 2:0
        null !! yaml: line 3: mapping values are not allowed in this context at 3:3
        null !! yaml: found character that cannot start any token at 1:3
        {"a":1} !! invalid Yaml document separator: x at 2:0 | {"b":1}
        {"a":2,"b":{"c":2}} !! twice a at 2:0 !! twice b.c at 3:10
        null !! yaml: anchor 'a' value contains itself at 1:7
    "#]],
    );
}

#[test]
fn refuses_bombs() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..9 {
        let before = vec![format!("*a{}", level - 1); 10].join(",");
        bomb = format!("{bomb}a{level}: &a{level} [{before}]\n");
    }
    let documents = parse(&bomb);
    expect!["yaml: document contains excessive aliasing"].assert_eq(&documents[0].errors[0].message);
    let deep = "[".repeat(100_000);
    expect!["yaml: recursion limit exceeded"].assert_eq(&parse(&deep)[0].errors[0].message);
    let deep: String = (0..1_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert!(!parse(&deep)[0].errors.is_empty());
    assert!(parse(&"x".repeat(BYTES_MAX + 1))[0].errors[0].message.contains("too long"));
}

#[test]
fn knows_places() {
    let text = "kind: Pod\n---\nkind: Pod\nspec:\n  containers:\n  - name: é\n    image: nginx # web\n    ports: [{containerPort: 80}]\n";
    let document = &parse(text)[1];
    let shown = document.spans.iter().map(|it| {
        let key = it.key.map_or(String::new(), |key| format!("{}:{} ", key.start.line, key.start.column));
        let part = &text[it.value.start.offset..it.value.end.offset];
        format!("{} {key}{:?}\n", it.path, part)
    });
    expect![[r#"
         "kind: Pod\nspec:\n  containers:\n  - name: é\n    image: nginx # web\n    ports: [{containerPort: 80}]"
        kind 3:0 "Pod"
        spec 4:0 "containers:\n  - name: é\n    image: nginx # web\n    ports: [{containerPort: 80}]"
        spec.containers 5:2 "name: é\n    image: nginx # web\n    ports: [{containerPort: 80}]"
        spec.containers[0] "name: é\n    image: nginx # web\n    ports: [{containerPort: 80}]"
        spec.containers[0].name 6:4 "é"
        spec.containers[0].image 7:4 "nginx"
        spec.containers[0].ports 8:4 "[{containerPort: 80}]"
        spec.containers[0].ports[0] "{containerPort: 80}"
        spec.containers[0].ports[0].containerPort 8:13 "80"
    "#]]
    .assert_eq(&shown.collect::<String>());
    assert_eq!(document.path_at(7, 14), Some("spec.containers[0].image"));
    assert_eq!(document.path_at(7, 5), Some("spec.containers[0].image"));
    assert_eq!(document.path_at(8, 14), Some("spec.containers[0].ports[0].containerPort"));
    assert_eq!(document.path_at(5, 3), Some("spec.containers"));
    assert_eq!(document.path_at(99, 0), None);
    assert_eq!(document.span("spec.containers[0].name").unwrap().start.column, 10);
}

/// Writes a JSON value as YAML, and reads it again.
fn check_write(json: &str, expected: &Expect) {
    let value = Value::from_json(json).unwrap();
    let text = write(&value);
    expected.assert_eq(&text);
    assert_eq!(parse(&text).pop().map(|it| it.value), Some(value), "reads back");
}

#[test]
fn writes_structure() {
    check_write(
        r#"{"a":{},"b":[],"c":[{"x":1,"y":[1,[2,[]]]},"z"],"d":null,"e":"","f":true,"g":0.5,"h":1234567.5,"a10":1,"a2":2,"A":1,"_":1,"a.b":1}"#,
        &expect![[r#"
            _: 1
            A: 1
            a: {}
            a.b: 1
            a2: 2
            a10: 1
            b: []
            c:
            - x: 1
              "y":
              - 1
              - - 2
                - []
            - z
            d: null
            e: ""
            f: true
            g: 0.5
            h: 1.2345675e+06
        "#]],
    );
}

#[test]
fn writes_scalars() {
    check_write(
        r##"{"a":"true","b":"1","c":"1.5","d":"~","e":"yes","f":"0x1","g":"2026-01-02T03:04:05Z","h":"1:30","i":"- x","j":"a: b","k":"a #b","l":"#b","m":"it's","n":"'q'","o":"\"q\"","p":"*","q":"x:y","r":" x","s":"100m","t":"80","u":"@x","v":"a\tb","w":"é","x":"\u0001","y":"=","z":"null"}"##,
        &expect![[r#"
            a: "true"
            b: "1"
            c: "1.5"
            d: "~"
            e: "yes"
            f: "0x1"
            g: "2026-01-02T03:04:05Z"
            h: "1:30"
            i: '- x'
            j: 'a: b'
            k: 'a #b'
            l: '#b'
            m: it's
            "n": '''q'''
            o: '"q"'
            p: '*'
            q: x:y
            r: ' x'
            s: 100m
            t: "80"
            u: '@x'
            v: "a\tb"
            w: é
            x: "\x01"
            "y": =
            z: "null"
        "#]],
    );
    check_write(
        r#"{"true":1,"1":2,"y":3,"a b":4,"":5,"a\nb":6,"k":{"multi":"a\nb\n","keep":"a\n\n","strip":"a\nb","blank":"\n a","space":"a \nb","list":["x\ny\n",["p\nq"]]}}"#,
        &expect![[r#"
            "": 5
            "1": 2
            "a\nb": 6
            a b: 4
            k:
              blank: |2-

                 a
              keep: |+
                a

              list:
              - |
                x
                y
              - - |-
                  p
                  q
              multi: |
                a
                b
              space: "a \nb"
              strip: |-
                a
                b
            "true": 1
            "y": 3
        "#]],
    );
}

#[test]
fn writes_long_lines() {
    let long = "word ".repeat(40);
    check_write(
        &format!(
            r#"{{"plain":"{}","quoted":"it: {}","double":"\t{}","deep":[{{"x":"{}"}}]}}"#,
            long.trim(),
            long.trim(),
            long.trim(),
            long.trim()
        ),
        &expect![[r#"
            deep:
            - x: word word word word word word word word word word word word word word word word
                word word word word word word word word word word word word word word word word
                word word word word word word word word
            double: "\tword word word word word word word word word word word word word word word
              word word word word word word word word word word word word word word word word
              word word word word word word word word word"
            plain: word word word word word word word word word word word word word word word
              word word word word word word word word word word word word word word word word
              word word word word word word word word word
            quoted: 'it: word word word word word word word word word word word word word word
              word word word word word word word word word word word word word word word word
              word word word word word word word word word word'
        "#]],
    );
    check_write(
        r#"{"a":"SCALAR_OF_PILOTHOUSE_0_","b":"1 SCALAR_OF_PILOTHOUSE_1_"}"#,
        &expect![[r#"
        a: SCALAR_OF_PILOTHOUSE_0_
        b: 1 SCALAR_OF_PILOTHOUSE_1_
    "#]],
    );
    expect![[r#"
        |-
          a
          b
        5
        null
        "1"
    "#]]
    .assert_eq(&[write(&"a\nb".into()), write(&5.into()), write(&Value::Null), write(&"1".into())].concat());
    // A line that began with three dashes would begin another document.
    check_write(
        &format!(r#""\t{}--- end""#, "x".repeat(90) + " "),
        &expect![[r#"
            "\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
              --- end"
        "#]],
    );
}
