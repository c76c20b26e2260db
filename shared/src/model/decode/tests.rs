use super::*;
use expect_test::{Expect, expect};

/// Reads a JSON text as a kind: the object, what is unknown, and the error.
fn check(api_version: &str, kind: &str, json: &str, expected: &Expect) {
    let id = Schema::get().find(api_version, kind).unwrap();
    let it = decode(&Value::from_json(json).unwrap(), id);
    let unknown: String = it.unknown.iter().map(|line| format!("{line}\n")).collect();
    let error = it.error.map_or(String::new(), |error| format!("{error}\n"));
    expected.assert_eq(&format!("{}\n{unknown}{error}", it.value));
}

#[test]
fn keeps_what_go_keeps() {
    check(
        "v1",
        "Pod",
        "{}",
        &expect![[r#"
        {"metadata":{},"spec":{"containers":null},"status":{}}
    "#]],
    );
    check(
        "apps/v1",
        "Deployment",
        r#"{"spec":{"replicas":0,"minReadySeconds":0,"template":{}}}"#,
        &expect![[r#"
        {"metadata":{},"spec":{"replicas":0,"selector":null,"strategy":{},"template":{"metadata":{},"spec":{"containers":null}}},"status":{}}
    "#]],
    );
    check(
        "v1",
        "Pod",
        r#"{"metadata":{"labels":{},"annotations":null,"creationTimestamp":null},"spec":{"hostNetwork":false,
            "automountServiceAccountToken":false,"securityContext":{},"nodeSelector":{},"tolerations":[],
            "containers":[{"name":"a","env":[],"resources":{"limits":{"cpu":0.5,"memory":"1024Mi"}}},null]}}"#,
        &expect![[r#"
            {"metadata":{},"spec":{"automountServiceAccountToken":false,"containers":[{"name":"a","resources":{"limits":{"cpu":"500m","memory":"1Gi"}}},{"name":"","resources":{}}],"securityContext":{}},"status":{}}
        "#]],
    );
    check(
        "v1",
        "Service",
        r#"{"spec":{"ports":[{"port":80},{"port":81,"targetPort":"http"}],"selector":{"a":null}}}"#,
        &expect![[r#"
            {"metadata":{},"spec":{"ports":[{"port":80,"targetPort":0},{"port":81,"targetPort":"http"}],"selector":{"a":""}},"status":{"loadBalancer":{}}}
        "#]],
    );
    check(
        "v1",
        "Secret",
        r#"{"data":{"a":"YR==","b":""}}"#,
        &expect![[r#"
        {"data":{"a":"YQ==","b":""},"metadata":{}}
    "#]],
    );
    check(
        "v1",
        "Event",
        r#"{"lastTimestamp":"2026-01-02T03:04:05+01:00","involvedObject":{}}"#,
        &expect![[r#"
        {"eventTime":null,"firstTimestamp":null,"involvedObject":{},"lastTimestamp":"2026-01-02T02:04:05Z","metadata":{},"reportingComponent":"","reportingInstance":"","source":{}}
    "#]],
    );
}

#[test]
fn names_what_it_does_not_know() {
    let json = r#"{"foo":1,"metadata":{"lables":{}},"spec":{"template":{"spec":{"containers":[{"livenessProbe":{"periodSecond":1}}],
        "volumes":[{"projected":{"sources":[{"x":1}]}}]}}}}"#;
    check(
        "apps/v1",
        "Deployment",
        json,
        &expect![[r#"
        {"metadata":{},"spec":{"selector":null,"strategy":{},"template":{"metadata":{},"spec":{"containers":[{"livenessProbe":{},"name":"","resources":{}}],"volumes":[{"name":"","projected":{"sources":[{}]}}]}}},"status":{}}
        unknown field "foo"
        unknown field "metadata.lables"
        unknown field "spec.template.spec.containers[0].livenessProbe.periodSecond"
        unknown field "spec.template.spec.volumes[0].projected.sources[0].x"
    "#]],
    );
    let many: Vec<_> = (0..300).map(|index| format!("\"x{index}\":1")).collect();
    let id = Schema::get().find("v1", "Pod").unwrap();
    let it = decode(&Value::from_json(&format!("{{{}}}", many.join(","))).unwrap(), id);
    assert_eq!(it.unknown.len(), UNKNOWN_FIELDS_MAX);
}

#[test]
fn refuses_wrong_types() {
    let error = |api_version: &str, kind: &str, json: &str| {
        let id = Schema::get().find(api_version, kind).unwrap();
        let it = decode(&Value::from_json(json).unwrap(), id);
        format!("{}\n", it.error.unwrap_or_else(|| "none".into()))
    };
    let pods = [
        r#"{"spec":{"containers":{}}}"#,
        r#"{"spec":{"containers":["x"]}}"#,
        r#"{"metadata":{"labels":{"a":1}}}"#,
        r#"{"metadata":{"labels":[]}}"#,
        r#"{"spec":{"containers":[{"env":[{"value":1}]}]}}"#,
        r#"{"spec":{"containers":[{"ports":[{"containerPort":"x"}]}]}}"#,
        r#"{"spec":{"containers":[{"ports":[{"containerPort":3000000000}]}]}}"#,
        r#"{"spec":{"containers":[{"ports":[{"containerPort":1.5}]}]}}"#,
        r#"{"spec":{"containers":[{"ports":[{"protocol":1}]}]}}"#,
        r#"{"spec":{"containers":[{"imagePullPolicy":true}]}}"#,
        r#"{"spec":{"containers":[{"resources":{"limits":1}}]}}"#,
        r#"{"spec":{"containers":[{"resources":{"limits":{"cpu":"lots"}}}]}}"#,
        r#"{"spec":{"containers":[{"livenessProbe":{"httpGet":{"port":true}}}]}}"#,
        r#"{"spec":{"containers":[{"command":"sh"}]}}"#,
        r#"{"spec":{"containers":[{"command":[1]}]}}"#,
        r#"{"spec":{"terminationGracePeriodSeconds":"1"}}"#,
        r#"{"spec":5}"#,
        r#"{"metadata":{"creationTimestamp":"yesterday"}}"#,
        r#"{"metadata":{"creationTimestamp":5}}"#,
        r#"{"metadata":{"uid":5}}"#,
        "[]",
    ];
    let shown: String = pods.iter().map(|json| error("v1", "Pod", json)).collect();
    expect![[r#"
        json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container
        json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container
        json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string
        json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string
        json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string
        json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32
        json: cannot unmarshal number 3000000000 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32
        json: cannot unmarshal number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32
        json: cannot unmarshal number into Go struct field ContainerPort.spec.containers.ports.protocol of type v1.Protocol
        json: cannot unmarshal bool into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy
        json: cannot unmarshal number into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList
        quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
        json: cannot unmarshal bool into Go struct field HTTPGetAction.spec.containers.livenessProbe.httpGet.port of type int32
        json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string
        json: cannot unmarshal number into Go struct field Container.spec.containers.command of type string
        json: cannot unmarshal string into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64
        json: cannot unmarshal number into Go struct field Pod.spec of type v1.PodSpec
        parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"
        json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string
        json: cannot unmarshal number into Go struct field ObjectMeta.metadata.uid of type types.UID
        json: cannot unmarshal array into Go value of type v1.Pod
    "#]].assert_eq(&shown);
    let others = [
        ("apps/v1", "Deployment", r#"{"spec":{"replicas":"three"}}"#),
        ("v1", "ConfigMap", r#"{"data":{"a":true}}"#),
        ("v1", "Secret", r#"{"data":{"a":"not base64!"}}"#),
        ("v1", "Service", r#"{"spec":{"ipFamilies":"x"}}"#),
        ("v1", "Service", r#"{"spec":{"ipFamilies":[1]}}"#),
    ];
    expect![[r"
        json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32
        json: cannot unmarshal bool into Go struct field ConfigMap.data of type string
        illegal base64 data at input byte 3
        json: cannot unmarshal string into Go struct field ServiceSpec.spec.ipFamilies of type []v1.IPFamily
        json: cannot unmarshal number into Go struct field ServiceSpec.spec.ipFamilies of type v1.IPFamily
    "]]
    .assert_eq(&others.iter().map(|(version, kind, json)| error(version, kind, json)).collect::<String>());
}

#[test]
fn says_what_a_strict_reader_says() {
    let id = Schema::get().find("v1", "Pod").unwrap();
    let it = decode(&Value::from_json(r#"{"foo":1,"spec":{"bar":1}}"#).unwrap(), id);
    expect![[r#"Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "foo", unknown field "spec.bar""#]].assert_eq(&cannot_handle("Pod", "v1", "Pod", &it.strict_error().unwrap()));
}
