use super::*;
use expect_test::{Expect, expect};

/// Cuts the cursor `‸` out of a text: the text, its line and its column.
fn cursor(text: &str) -> (String, u32, u32) {
    let (before, after) = text.split_once('‸').unwrap();
    let line = before.rsplit('\n').next().unwrap();
    let number = u32::try_from(before.matches('\n').count() + 1).unwrap();
    (format!("{before}{after}"), number, column_after(line, line.chars().count()))
}

/// The first completions at the cursor.
fn check_complete(text: &str, expected: &Expect) {
    let (text, line, column) = cursor(text);
    let found = complete(&text, line, column);
    let shown = found.iter().take(6).map(|it| format!("{} ({})", it.label, it.detail)).collect::<Vec<_>>().join(" ");
    expected.assert_eq(&format!("{} of {}: {shown}", found.len().min(6), found.len()));
}

#[test]
fn completes_fields() {
    check_complete("‸", &expect!["3 of 3: apiVersion (string) kind (string) metadata (string)"]);
    check_complete(
        "apiVersion: apps/v1\nkind: Deployment\n‸",
        &expect!["3 of 3: metadata (ObjectMeta) spec (DeploymentSpec) status (DeploymentStatus)"],
    );
    check_complete(
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  ‸",
        &expect![
            "6 of 8: selector (LabelSelector, required) template (PodTemplateSpec, required) minReadySeconds (integer) paused (boolean) progressDeadlineSeconds (integer) replicas (integer)"
        ],
    );
    check_complete(
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  re‸\n  selector: {}\n",
        &expect!["2 of 2: replicas (integer) revisionHistoryLimit (integer)"],
    );
    check_complete(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    ‸\n  volumes: []\n",
        &expect![
            "6 of 24: args (list of string) command (list of string) env (list of EnvVar) envFrom (list of EnvFromSource) image (string) imagePullPolicy (string)"
        ],
    );
    check_complete(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - ‸",
        &expect![
            "6 of 25: name (string, required) args (list of string) command (list of string) env (list of EnvVar) envFrom (list of EnvFromSource) image (string)"
        ],
    );
    check_complete(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - ports:\n    - containerPort: 80\n      pr‸",
        &expect!["1 of 1: protocol (string)"],
    );
    check_complete(
        "a: 1\n---\nkind: Service\napiVersion: v1\nspec:\n  ports:\n  - na‸\n",
        &expect!["1 of 1: name (string)"],
    );
    check_complete("apiVersion: v1\nkind: Pod\nspec:\n  nope:\n    ‸", &expect!["0 of 0: "]);
    check_complete("apiVersion: v1\nkind: Pod # ‸", &expect!["0 of 0: "]);
}

#[test]
fn completes_values() {
    check_complete(
        "apiVersion: ap‸\n",
        &expect!["3 of 3: apiextensions.k8s.io/v1 () apiregistration.k8s.io/v1 () apps/v1 ()"],
    );
    check_complete(
        "apiVersion: apps/v1\nkind: ‸\n",
        &expect![
            "5 of 5: ControllerRevision (apps/v1) DaemonSet (apps/v1) Deployment (apps/v1) ReplicaSet (apps/v1) StatefulSet (apps/v1)"
        ],
    );
    check_complete("apiVersion: ‸\nkind: Pod\n", &expect!["1 of 1: v1 ()"]);
    check_complete(
        "apiVersion: v1\nkind: Pod\nspec:\n  restartPolicy: ‸",
        &expect!["3 of 3: Always (default) Never () OnFailure ()"],
    );
    check_complete("apiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: t‸", &expect!["1 of 1: true ()"]);
    check_complete("apiVersion: v1\nkind: Service\nspec:\n  ipFamilies:\n  - ‸", &expect!["2 of 2: IPv4 () IPv6 ()"]);
}

/// What the field at the cursor is.
fn check_hover(text: &str, expected: &Expect) {
    let (text, line, column) = cursor(text);
    let shown = hover(&text, line, column).map_or("nothing".into(), |it| {
        let Hover { path, kind, type_name, field, required, default, one_of, .. } = it;
        format!("{path}: {kind} [{type_name} {field}] required={required} default={default:?} {one_of:?}")
    });
    expected.assert_eq(&shown);
}

#[test]
fn says_what_a_field_is() {
    check_hover(
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  repl‸icas: 3\n",
        &expect![[r#"spec.replicas: integer [apps.v1.DeploymentSpec replicas] required=false default="1" []"#]],
    );
    check_hover(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    imagePullPolicy: Alw‸ays\n",
        &expect![[
            r#"spec.containers.imagePullPolicy: string [core.v1.Container imagePullPolicy] required=false default="" ["Always", "IfNotPresent", "Never"]"#
        ]],
    );
    check_hover(
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{na‸me: é}]}\n",
        &expect![[r#"spec.containers.name: string [core.v1.Container name] required=true default="" []"#]],
    );
    check_hover(
        "apiVersion: v1\nkind: Pod\nspec:\n  nodeName‸:\n bad\n",
        &expect![[r#"spec.nodeName: string [core.v1.PodSpec nodeName] required=false default="" []"#]],
    );
    check_hover(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    app‸: x\n",
        &expect![[r#"metadata.labels.app: string [meta.v1.ObjectMeta labels] required=false default="" []"#]],
    );
    check_hover("apiVersion: v1\nkind: Pod\nspec:\n  nope‸: x\n", &expect!["nothing"]);
    check_hover("hello‸", &expect!["nothing"]);
}

/// All problems of a text.
fn check_diagnose(text: &str, expected: &Expect) {
    let show = |it: &Diagnostic| {
        let fix = it.fix.as_ref().map_or(String::new(), |fix| format!(" -> {fix}"));
        format!("{}:{}-{} {:?} {}{fix}\n", it.line, it.column, it.end_column, it.severity, it.message)
    };
    expected.assert_eq(&diagnose(text).iter().map(show).collect::<String>());
}

#[test]
fn finds_problems() {
    check_diagnose(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: é, lables: {}}\nspec:\n  replicas: \"3\"\n  template:\n    spec:\n      restartPolicy: always\n      containers:\n      - name: a\n        image: 5\n        livenessProbe:\n          periodSecond: 1\n        resources: {limits: {cpu: lots}}\n        ports: [{containerPort: x}]\n",
        &expect![[r#"
            3:21-27 Error unknown field "metadata.lables" -> labels
            4:1-5 Error spec.selector: Required value
            5:13-16 Error spec.replicas: must be an integer, not a string -> 3
            8:22-28 Error spec.template.spec.restartPolicy: Unsupported value: "always": supported values: "Always", "Never", "OnFailure" -> Always
            11:16-17 Error spec.template.spec.containers[0].image: must be a string, not an integer -> "5"
            13:11-23 Error unknown field "spec.template.spec.containers[0].livenessProbe.periodSecond" -> periodSeconds
            14:35-39 Error spec.template.spec.containers[0].resources.limits.cpu: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'
            15:33-34 Error spec.template.spec.containers[0].ports[0].containerPort: must be an integer, not a string
        "#]],
    );
    check_diagnose(
        "apiVersion: v1\nkind: Deployment\n---\napiVersion: v1\nkind: Pood\n---\napiVersion: example.com/v1\nkind: Widget\n---\nkind: Pod\n---\n[]\n",
        &expect![[r#"
            1:13-15 Error no matches for kind "Deployment" in version "v1" -> apps/v1
            5:7-11 Error no matches for kind "Pood" in version "v1" -> Pod
            8:7-13 Warning no matches for kind "Widget" in version "example.com/v1"; a CustomResourceDefinition must bring it
            10:1-10 Error apiVersion not set
            12:1-3 Error invalid object to validate
        "#]],
    );
    check_diagnose(
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: 1\n  a: yes\n  b:\n    c: 1\n---\na: b: c\n",
        &expect![[r#"
            2:1-5 Error metadata.name: Required value: name or generateName is required
            5:3-4 Warning key "data.a" is set twice; the last one counts
            5:6-9 Error data.a: must be a string, not a boolean -> "yes"
            7:5-9 Error data.b: must be a string, not a map
            9:5-8 Error yaml: mapping values are not allowed in this context
        "#]],
    );
    check_diagnose(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  spec: {port: []}\n",
        &expect![[r#"
            5:3-7 Error items[0].metadata.name: Required value: name or generateName is required
            6:10-14 Error unknown field "items[0].spec.port" -> ports
        "#]],
    );
    check_diagnose("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: fine\ndata: {a: b}\n", &expect![""]);
}
