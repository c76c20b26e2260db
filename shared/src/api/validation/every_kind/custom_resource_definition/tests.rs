//! What is said about definitions.

use crate::api::testing::run;
use crate::model::{Object, Value};
use expect_test::{Expect, expect};

const RESOURCE: &str = "customresourcedefinitions.apiextensions.k8s.io";

fn definition() -> Object {
    let json = r#"{"metadata":{"name":"ws.a.b"},"spec":{"group":"a.b","scope":"Namespaced",
        "names":{"plural":"ws","kind":"W"},"versions":[{"name":"v1","served":true,"storage":true,
        "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"a":{"type":"string"}}}}}}}]}}"#;
    Object(Value::from_json(json).unwrap())
}

/// What is said about the definition with each of `changes`: a path and its value in JSON; `V` is the first version and `S`
/// its schema.
fn check(changes: &[(&str, &str)], expected: &Expect) {
    let mut it = definition();
    for (path, value) in changes {
        let value = Value::from_json(value).unwrap();
        let (place, rest) = match path.split_once('.') {
            Some(("V", rest)) => (&mut it.entry("spec.versions").list_mut()[0], rest.to_owned()),
            Some(("S", rest)) => {
                (&mut it.entry("spec.versions").list_mut()[0], format!("schema.openAPIV3Schema.{rest}"))
            }
            _ => (&mut it.0, (*path).to_owned()),
        };
        place.set(&rest, value);
    }
    expected.assert_eq(run(&format!("create {RESOURCE} {}", it.to_json())).trim_end());
}

#[test]
fn a_good_one_is_taken() {
    let script = format!("create {RESOURCE} {} => spec.names spec.conversion status", definition().to_json());
    expect![[r#"
        201 spec.names={"kind":"W","listKind":"WList","plural":"ws","singular":"w"} spec.conversion={"strategy":"None"} status={"acceptedNames":{"kind":"","plural":""},"conditions":null,"storedVersions":["v1"]}
    "#]].assert_eq(&run(&script));
}

#[test]
fn names_and_versions() {
    check(
        &[("metadata.name", r#""x.a.b""#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "x.a.b" is invalid: metadata.name: Invalid value: "x.a.b": must be spec.names.plural+"."+spec.group"#
        ]],
    );
    check(
        &[("spec.group", r#""nodots""#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [metadata.name: Invalid value: "ws.a.b": must be spec.names.plural+"."+spec.group, spec.group: Invalid value: "nodots": should be a domain with at least one dot]"#
        ]],
    );
    check(
        &[("spec.scope", r#""Galaxy""#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced""#
        ]],
    );
    check(
        &[("spec.names.kind", r#""a_b""#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.names.singular: Invalid value: "a_b": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?'), spec.names.kind: Invalid value: "a_b": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?'), spec.names.listKind: Invalid value: "a_bList": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')]"#
        ]],
    );
    check(
        &[("V.storage", "false")],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version, status.storedVersions: Invalid value: []: must have at least one stored version]"#
        ]],
    );
    check(
        &[("V.schema", "null")],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.versions[0].schema.openAPIV3Schema: Required value"#
        ]],
    );
    check(
        &[("spec.preserveUnknownFields", "true")],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"#
        ]],
    );
    check(
        &[("spec.group", r#""x.k8s.io""#), ("metadata.name", r#""ws.x.k8s.io""#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.x.k8s.io" is invalid: metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111"#
        ]],
    );
}

#[test]
fn schemas_are_structural() {
    check(
        &[("S.type", "null")],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root"#
        ]],
    );
    check(
        &[("S.properties.spec.properties.a", "{}")],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].type: Required value: must not be empty for specified object fields"#
        ]],
    );
    check(
        &[("S.properties.spec.properties.a", r#"{"type":"array"}"#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].items: Required value: must be specified"#
        ]],
    );
    check(
        &[("S.properties.spec.properties.a", r#"{"type":"array","items":{}}"#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].items.type: Required value: must not be empty for specified array items"#
        ]],
    );
    check(
        &[("S.properties.metadata", r#"{"type":"object","properties":{"labels":{"type":"object"}}}"#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified"#
        ]],
    );
    check(
        &[("S.properties.spec.anyOf", r#"[{"type":"object","properties":{"b":{"minimum":1}}}]"#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.validation.openAPIV3Schema.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural, spec.validation.openAPIV3Schema.properties[spec].properties[b]: Required value: because it is defined in spec.validation.openAPIV3Schema.properties[spec].anyOf[0].properties[b]]"#
        ]],
    );
    check(
        &[("S.properties.spec.additionalProperties", "false")],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"#
        ]],
    );
    check(
        &[("S.properties.spec.properties.a.uniqueItems", "true")],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"#
        ]],
    );
    check(
        &[("S.properties.spec.properties.a.pattern", r#""(""#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: `(`"#
        ]],
    );
    check(
        &[("S.properties.spec.$ref", r##""#/x""##)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].$ref: Forbidden: $ref is not supported"#
        ]],
    );
    check(
        &[(
            "S.properties.spec.properties.a",
            r#"{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k","l"]}"#,
        )],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.validation.openAPIV3Schema.properties[spec].properties[a].items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property, spec.validation.openAPIV3Schema.properties[spec].properties[a].x-kubernetes-list-map-keys: Invalid value: ["k","l"]: entries must all be names of item properties]"#
        ]],
    );
}

#[test]
fn columns_and_subresources() {
    check(
        &[("V.additionalPrinterColumns", r#"[{"name":"","type":"text","jsonPath":"spec"}]"#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.additionalPrinterColumns[0].name: Required value, spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string, spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec": must be a simple json path starting with .]"#
        ]],
    );
    check(
        &[("V.subresources", r#"{"scale":{"specReplicasPath":".status.n","statusReplicasPath":".status.x[0]"}}"#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec, spec.subresources.scale.statusReplicasPath: Invalid value: ".status.x[0]": must be a valid field path, without array indexes]"#
        ]],
    );
    check(
        &[("V.selectableFields", r#"[{"jsonPath":".spec.b"},{"jsonPath":".metadata.name"}]"#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.selectableFields[0].jsonPath: Invalid value: ".spec.b": is an invalid path: field not found in schema: .spec.b, spec.selectableFields[1].jsonPath: Invalid value: ".metadata.name": must not point to fields in metadata]"#
        ]],
    );
    check(
        &[("V.subresources", r#"{"status":{}}"#), ("S.oneOf", r#"[{"required":["spec"]}]"#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema: Invalid value: {"oneOf":[{"required":["spec"]}],"properties":{"spec":{"properties":{"a":{"type":"string"}},"type":"object"}},"type":"object"}: only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status subresource is enabled"#
        ]],
    );
}

#[test]
fn a_change_keeps_group_and_plural() {
    let script = format!(
        r#"
        create {RESOURCE} {}
        merge {RESOURCE}/ws.a.b {{"spec":{{"group":"c.d","names":{{"plural":"xs"}}}}}}
        merge {RESOURCE}/ws.a.b {{"spec":{{"scope":"Cluster"}}}} => spec.scope metadata.generation
        merge {RESOURCE}/ws.a.b {{"spec":{{"versions":[{{"name":"v2","served":true,"storage":true,"schema":{{"openAPIV3Schema":{{"type":"object"}}}}}}]}}}}
        "#,
        definition().to_json()
    );
    expect![[r#"
        201 
        422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.group: Invalid value: "c.d": field is immutable, spec.names.plural: Invalid value: "xs": field is immutable]
        200 spec.scope="Cluster" metadata.generation=2
        422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions
    "#]].assert_eq(&run(&script));
}

#[test]
fn rules_compile() {
    let rules = |it: &str| [("S.properties.spec.x-kubernetes-validations", it.to_owned())];
    let said = |it: &str, expected: &Expect| {
        let [(path, value)] = &rules(it);
        check(&[(path, value)], expected);
    };
    said(
        r#"[{"rule":"self.a == 'x'","messageExpression":"self.a","fieldPath":".a","reason":"FieldValueForbidden"}]"#,
        &expect!["201"],
    );
    said(
        r#"[{"rule":"self.b == 'x'"}]"#,
        &expect![[r#"
        422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.b == 'x'","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field 'b'
         | self.b == 'x'
         | ....^"#]],
    );
    said(
        r#"[{"rule":"self.a","message":"m"},{"rule":"self.a == 'x'","messageExpression":"1","optionalOldSelf":true}]"#,
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.a","Message":"m","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: cel expression must evaluate to a bool, spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[1].messageExpression: Invalid value: {"Rule":"self.a == 'x'","Message":"","MessageExpression":"1","Reason":null,"FieldPath":"","OptionalOldSelf":true}: messageExpression must evaluate to a string, spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[1].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule]"#
        ]],
    );
    said(
        r#"[{"rule":"true","reason":"Nope","fieldPath":".b","messageExpression":" "},{"rule":" "}]"#,
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].messageExpression: Required value: messageExpression must be non-empty if specified, spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].reason: Unsupported value: "Nope": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired", spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].fieldPath: Invalid value: ".b": fieldPath must be a valid path, spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[1].rule: Required value: rule is not specified]"#
        ]],
    );
    check(
        &[(
            "S.properties.spec.properties.a",
            r#"{"type":"array","maxItems":9,"items":{"type":"string","maxLength":9,"x-kubernetes-validations":[{"rule":"self == oldSelf"}]}}"#,
        )],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within spec.validation.openAPIV3Schema.properties[spec].properties[a]"#
        ]],
    );
}

#[test]
fn rules_have_a_price() {
    let all = r#"[{"rule":"self.all(x, self.exists(y, x == y))"}]"#;
    let list = |limit: &str| {
        format!(r#"{{"type":"array"{limit},"items":{{"type":"integer"}},"x-kubernetes-validations":{all}}}"#)
    };
    check(&[("S.properties.spec.properties.a", &list(r#","maxItems":100"#))], &expect!["201"]);
    check(
        &[("S.properties.spec.properties.a", &list(""))],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.validation.openAPIV3Schema.properties[spec].properties[a].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared), spec.validation.openAPIV3Schema.properties[spec].properties[a].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema, spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)]"#
        ]],
    );
    let one = r#"{"metadata":{"name":"ws.a.b"},"spec":{"group":"a.b","scope":"Namespaced","names":{"plural":"ws","kind":"W"},"versions":[
        {"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":LIST}}}}]}}"#;
    let one = |limit: &str| one.replace("LIST", &list(limit)).replace('\n', "");
    let script = format!(
        "create {RESOURCE} {}\nmerge {RESOURCE}/ws.a.b {}\nmerge {RESOURCE}/ws.a.b {}",
        one(r#","maxItems":9"#),
        one(r#","maxItems":9000"#),
        r#"{"metadata":{"labels":{"a":"b"}}}"#
    );
    expect![[r#"
        201 
        422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 48.6x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared), spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema, spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 4.9x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)]
        200 
    "#]].assert_eq(&run(&script));
}

#[test]
fn defaults_are_values_that_the_schema_accepts() {
    let said = |schema: &str, expected: &Expect| check(&[("S.properties.spec.properties.a", schema)], expected);
    said(r#"{"type":"string","maxLength":3,"default":"abc"}"#, &expect!["201"]);
    said(
        r#"{"type":"string","maxLength":3,"default":"abcd"}"#,
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].default: Too long: may not be more than 3 bytes"#
        ]],
    );
    said(
        r#"{"type":"integer","default":"x"}"#,
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].default: Invalid value: "string":  in body must be of type integer: "string""#
        ]],
    );
    said(
        r#"{"type":"object","properties":{"b":{"type":"string","enum":["x"]}},"default":{"b":"y","c":1}}"#,
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.validation.openAPIV3Schema.properties[spec].properties[a].default: Invalid value: {"b":"y","c":1}: must not have unknown fields, spec.validation.openAPIV3Schema.properties[spec].properties[a].default.b: Unsupported value: "y": supported values: "x"]"#
        ]],
    );
    said(
        r#"{"type":"string","default":"no","x-kubernetes-validations":[{"rule":"self != 'no'"}]}"#,
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].default: Invalid value: "no": failed rule: self != 'no'"#
        ]],
    );
    said(
        r#"{"type":"object","properties":{"b":{"type":"integer","x-kubernetes-validations":[{"rule":"self > 1","message":"too few"}]}},"default":{"b":1}}"#,
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].default.b: Invalid value: 1: too few"#
        ]],
    );
    said(
        r#"{"type":"integer","default":1,"x-kubernetes-validations":[{"rule":"oldSelf.hasValue()","optionalOldSelf":true,"message":"not new"}]}"#,
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].default: Invalid value: 1: not new"#
        ]],
    );
    said(
        r#"{"type":"array","items":{"type":"object","properties":{"b":{"type":"integer","minimum":2,"default":1}}},"default":[{"b":2},{"b":0}]}"#,
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.validation.openAPIV3Schema.properties[spec].properties[a].default[1].b: Invalid value: 0: [1].b in body should be greater than or equal to 2, spec.validation.openAPIV3Schema.properties[spec].properties[a].items.properties[b].default: Invalid value: 1:  in body should be greater than or equal to 2]"#
        ]],
    );
    said(
        r#"{"type":"integer","default":1,"x-kubernetes-validations":[{"rule":"self.nope"}]}"#,
        &expect![[r#"
        422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[spec].properties[a].default: Invalid value: "integer": rule compile error: compilation failed: ERROR: <input>:1:5: type 'int' does not support field selection
         | self.nope
         | ....^"#]],
    );
}

#[test]
fn what_every_object_has_gets_no_defaults() {
    let metadata = r#"{"type":"object","properties":{"name":{"type":"string","default":"x"}}}"#;
    check(
        &[("S.properties.metadata", metadata)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: spec.validation.openAPIV3Schema.properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata"#
        ]],
    );
    let embedded = r#"{"type":"object","x-kubernetes-embedded-resource":true,"properties":{"metadata":{"type":"object","properties":{"name":{"type":"string","default":"x"}}}}}"#;
    check(&[("S.properties.spec.properties.a", embedded)], &expect!["201"]);
}

#[test]
fn conversions() {
    check(
        &[(
            "spec.conversion",
            r#"{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v2","v2","V"],"clientConfig":{"caBundle":"eA==","url":"http://a"}}}"#,
        )],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path], spec.conversion.webhookClientConfig.caBundle: Invalid value: "eA==": unable to load root certificates: data does not contain any valid RSA or ECDSA certificates, spec.conversion.conversionReviewVersions[1]: Invalid value: "v2": duplicate version, spec.conversion.conversionReviewVersions[2]: Invalid value: "V": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?'), spec.conversion.conversionReviewVersions: Invalid value: ["v2","v2","V"]: must include at least one of v1, v1beta1]"#
        ]],
    );
    check(
        &[(
            "spec.conversion",
            r#"{"strategy":"None","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"url":"https://a"}}}"#,
        )],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook, spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook]"#
        ]],
    );
    check(
        &[("spec.conversion", r#"{"strategy":"Webhook"}"#)],
        &expect![[
            r#"422 Invalid CustomResourceDefinition.apiextensions.k8s.io "ws.a.b" is invalid: [spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook, spec.conversion.conversionReviewVersions: Required value]"#
        ]],
    );
}
