//! The `MutatingAdmissionPolicy` that does to pods what a `PodPreset` did.
//!
//! Upstream: `plugin/pkg/admission/podpreset/admission.go` as of v1.19, `pkg/apis/settings`.
//!
//! `DIFFERENCE`: where a pod already has something else under the same name, `PodPreset` left the whole pod alone and wrote an
//! event; the policy leaves it alone in silence. What a preset leaves to defaults is compared as it is written.

use crate::model::{Object, Text, Value, yaml};

/// The annotation that keeps a pod from being changed.
const EXCLUDE: &str = "podpreset.admission.kubernetes.io/exclude";

/// The annotation of pods that a node runs from a file.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// The YAML of a policy and its binding for each `PodPreset` in a text.
///
/// # Errors
/// The text is not YAML, or holds something else.
pub fn policies(text: &str) -> Result<String, String> {
    let mut written = Vec::new();
    for document in yaml::parse(text) {
        if let Some(problem) = document.errors.first() {
            return Err(problem.message.clone());
        }
        let preset = Object(document.value);
        if preset.kind() != "PodPreset" {
            return Err(format!("want a PodPreset, got {:?} of {:?}", preset.kind(), preset.api_version()));
        }
        if preset.name().is_empty() {
            return Err("PodPreset without metadata.name".to_owned());
        }
        written.push(yaml::write(&policy(&preset)));
        written.push(yaml::write(&binding(&preset)));
    }
    if written.is_empty() { Err("no PodPreset in the file".to_owned()) } else { Ok(written.join("---\n")) }
}

fn namespace_of(preset: &Object) -> Text {
    Some(preset.namespace()).filter(|it| !it.is_empty()).unwrap_or_else(|| "default".into())
}

/// The name of policy and binding: presets of two namespaces may have one name.
fn name_of(preset: &Object) -> String {
    format!("podpreset-{}-{}", namespace_of(preset), preset.name())
}

fn binding(preset: &Object) -> Value {
    let mut binding = Object::new("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicyBinding", "", "");
    binding.set("metadata.name", name_of(preset));
    binding.set("spec.policyName", name_of(preset));
    binding.0
}

/// The policy for one preset.
fn policy(preset: &Object) -> Value {
    let mut policy = Object::new("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", "", "");
    policy.set("metadata.name", name_of(preset));
    let namespace = Value::from([("kubernetes.io/metadata.name", namespace_of(preset).into())]);
    let one = |word: &str| std::iter::once(word).collect::<Value>();
    let rule = Value::from([
        ("apiGroups", one("")),
        ("apiVersions", one("v1")),
        ("operations", one("CREATE")),
        ("resources", one("pods")),
    ]);
    let mut constraints = Value::from([("resourceRules", std::iter::once(rule).collect())]);
    constraints.set("namespaceSelector", Value::from([("matchLabels", namespace)]));
    if !preset.at("spec.selector").is_empty() {
        constraints.set("objectSelector", preset.at("spec.selector"));
    }
    policy.set("spec.matchConstraints", constraints);
    policy.set("spec.matchConditions", conditions(preset));
    policy.set("spec.failurePolicy", "Fail");
    policy.set("spec.reinvocationPolicy", "Never");
    policy.set("spec.mutations", mutations(preset));
    policy.0
}

fn conditions(preset: &Object) -> Value {
    let annotation = |key: &str| format!("object.metadata.?annotations[?{}]", quoted(key));
    let mut conditions = vec![
        ("not-excluded", format!("{}.orValue('') != 'true'", annotation(EXCLUDE))),
        ("not-a-mirror-pod", format!("!{}.hasValue()", annotation(MIRROR))),
    ];
    let containers = "(object.spec.containers + object.spec.?initContainers.orValue([]))";
    for (list, key) in [("env", "name"), ("volumeMounts", "mountPath")] {
        let wanted = preset.at("spec").get(list);
        if !wanted.is_empty() {
            let same = no_conflict("it", wanted, key);
            let name = if list == "env" { "no-other-env" } else { "no-other-volume-mounts" };
            conditions.push((name, format!("{containers}.all(c, c.?{list}.orValue([]).all(it, {same}))")));
        }
    }
    let volumes = preset.at("spec.volumes");
    if !volumes.is_empty() {
        let same = no_conflict("it", volumes, "name");
        conditions.push(("no-other-volumes", format!("object.spec.?volumes.orValue([]).all(it, {same})")));
    }
    let as_value = |(name, text): (&str, String)| Value::from([("name", name.into()), ("expression", text.into())]);
    conditions.into_iter().map(as_value).collect()
}

/// True for an item that is none of the wanted ones, or equal to one.
fn no_conflict(item: &str, wanted: &Value, key: &str) -> String {
    let one = |it: &Value| format!("({item}.{key} != {} || {item} == {})", literal(it.get(key)), literal(it));
    wanted.items().iter().map(one).collect::<Vec<_>>().join(" && ")
}

/// The annotation that names the preset, and one patch for each list. All are patches of lists as a whole: what is in them may
/// hold what an apply configuration must not set in part, such as `secretKeyRef`.
fn mutations(preset: &Object) -> Value {
    let spec = preset.get("spec");
    let mut mutations = vec![annotation(preset)];
    for (list, key) in [("env", "name"), ("envFrom", ""), ("volumeMounts", "mountPath")] {
        let wanted = spec.get(list);
        if !wanted.is_empty() {
            mutations.push(patch(&in_containers(list, key, wanted)));
        }
    }
    let volumes = spec.get("volumes");
    if !volumes.is_empty() {
        let value = appended("object.spec.?volumes", "name", volumes);
        mutations.push(patch(&format!("[JSONPatch{{op: 'add', path: '/spec/volumes', value: {value}}}]\n")));
    }
    mutations.into_iter().collect()
}

fn annotation(preset: &Object) -> Value {
    let key = quoted(&format!("podpreset.admission.kubernetes.io/podpreset-{}", preset.name()));
    let version = quoted(preset.metadata().get("resourceVersion").str());
    let expression = format!("Object{{metadata: Object.metadata{{annotations: {{{key}: {version}}}}}}}\n");
    Value::from([
        ("patchType", "ApplyConfiguration".into()),
        ("applyConfiguration", Value::from([("expression", expression.into())])),
    ])
}

fn patch(expression: &str) -> Value {
    Value::from([("patchType", "JSONPatch".into()), ("jsonPatch", Value::from([("expression", expression.into())]))])
}

/// Adds to a list of every container.
fn in_containers(list: &str, key: &str, wanted: &Value) -> String {
    let value = appended(&format!("c.?{list}"), key, wanted);
    let of = |containers: &str| {
        let path = format!("'/spec/{containers}/' + string(i) + '/{list}'");
        format!("transformList(i, c,\n  JSONPatch{{op: 'add', path: {path},\n    value: {value}}})")
    };
    let (containers, init) = (of("containers"), of("initContainers"));
    format!("object.spec.containers.{containers} +\nobject.spec.?initContainers.orValue([]).{init}\n")
}

/// A list with what it lacks; without a key it always lacks everything.
fn appended(list: &str, key: &str, wanted: &Value) -> String {
    let (list, wanted) = (format!("{list}.orValue([])"), literal(wanted));
    match key {
        "" => format!("{list} + {wanted}"),
        _ => format!("{list} + {wanted}.filter(new, !{list}.exists(old, old.{key} == new.{key}))"),
    }
}

/// A value as CEL writes it. Maps and lists whose values differ in type are made of `dyn`.
fn literal(value: &Value) -> String {
    match value {
        Value::Text(it) => quoted(it),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(|it| format!("dyn({})", literal(it))).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries: Vec<_> =
                map.iter().map(|(key, it)| format!("{}: dyn({})", quoted(key), literal(it))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_json(),
    }
}

/// A string as CEL writes it, which is how JSON does.
fn quoted(text: &str) -> String {
    let json = Value::from(text).to_json();
    let inner = json.trim_start_matches('"').strip_suffix('"').unwrap_or_default();
    if inner.contains(['\'', '\\']) { json } else { format!("'{inner}'") }
}

#[cfg(test)]
#[allow(clippy::too_many_lines, reason = "long expected texts")]
mod tests {
    use super::*;
    use crate::api::{Api, Request, Target, Verb};
    use crate::model::{Chance, ResourceName, Time};
    use expect_test::{Expect, expect};

    /// The example of the documentation of v1.19, with more in it.
    const PRESET: &str = "
apiVersion: settings.k8s.io/v1alpha1
kind: PodPreset
metadata:
  name: allow-database
spec:
  selector:
    matchLabels:
      role: frontend
  env:
    - name: DB_PORT
      value: \"6379\"
    - name: GREETING
      value: it's
    - name: PASSWORD
      valueFrom:
        secretKeyRef:
          name: db
          key: password
  envFrom:
    - configMapRef:
        name: etcd-env-config
  volumeMounts:
    - mountPath: /cache
      name: cache-volume
  volumes:
    - name: cache-volume
      emptyDir: {}
";

    fn send(api: &mut Api, resource: &str, namespace: &str, body: &str) -> Value {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let target = Target {
            resource: ResourceName::new(plural, group),
            version: "v1".into(),
            namespace: namespace.into(),
            ..Target::default()
        };
        let body = yaml::parse(body).remove(0).value;
        let response = api.handle(&Request { body, ..Request::new(Verb::Create, target) }, Time::VIRTUAL_START);
        match response.body {
            crate::api::Body::Object(it) => it.0,
            other => panic!("{other:?}"),
        }
    }

    /// What a pod becomes in a cluster with the printed policy.
    fn check(pod: &str, expected: &Expect) {
        let mut api = Api::new(Chance::new(1)).with_every_plugin();
        send(&mut api, "namespaces", "", "metadata: {name: default, labels: {kubernetes.io/metadata.name: default}}");
        send(&mut api, "serviceaccounts", "default", "metadata: {name: default}");
        let printed = policies(PRESET).unwrap();
        let (policy, binding) = printed.split_once("---\n").unwrap();
        send(&mut api, "mutatingadmissionpolicies.admissionregistration.k8s.io", "", policy);
        send(&mut api, "mutatingadmissionpolicybindings.admissionregistration.k8s.io", "", binding);
        let made = send(&mut api, "pods", "default", pod);
        let mut shown = vec![format!("annotations {}", made.at("metadata.annotations"))];
        for list in ["initContainers", "containers"] {
            for container in made.at("spec").get(list).items() {
                let parts = ["env", "envFrom", "volumeMounts"].map(|it| container.get(it).to_json());
                shown.push(format!("{} {}", container.get("name").str(), parts.join(" ")));
            }
        }
        shown.push(format!("volumes {}\n", made.at("spec.volumes")));
        expected.assert_eq(&shown.join("\n"));
    }

    #[test]
    fn a_policy_is_printed() {
        expect![[r#"
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicy
            metadata:
              name: podpreset-default-allow-database
            spec:
              failurePolicy: Fail
              matchConditions:
              - expression: object.metadata.?annotations[?'podpreset.admission.kubernetes.io/exclude'].orValue('')
                  != 'true'
                name: not-excluded
              - expression: '!object.metadata.?annotations[?''kubernetes.io/config.mirror''].hasValue()'
                name: not-a-mirror-pod
              - expression: '(object.spec.containers + object.spec.?initContainers.orValue([])).all(c,
                  c.?env.orValue([]).all(it, (it.name != ''DB_PORT'' || it == {''name'': dyn(''DB_PORT''),
                  ''value'': dyn(''6379'')}) && (it.name != ''GREETING'' || it == {''name'': dyn(''GREETING''),
                  ''value'': dyn("it''s")}) && (it.name != ''PASSWORD'' || it == {''name'': dyn(''PASSWORD''),
                  ''valueFrom'': dyn({''secretKeyRef'': dyn({''key'': dyn(''password''), ''name'':
                  dyn(''db'')})})})))'
                name: no-other-env
              - expression: '(object.spec.containers + object.spec.?initContainers.orValue([])).all(c,
                  c.?volumeMounts.orValue([]).all(it, (it.mountPath != ''/cache'' || it == {''mountPath'':
                  dyn(''/cache''), ''name'': dyn(''cache-volume'')})))'
                name: no-other-volume-mounts
              - expression: 'object.spec.?volumes.orValue([]).all(it, (it.name != ''cache-volume''
                  || it == {''emptyDir'': dyn({}), ''name'': dyn(''cache-volume'')}))'
                name: no-other-volumes
              matchConstraints:
                namespaceSelector:
                  matchLabels:
                    kubernetes.io/metadata.name: default
                objectSelector:
                  matchLabels:
                    role: frontend
                resourceRules:
                - apiGroups:
                  - ""
                  apiVersions:
                  - v1
                  operations:
                  - CREATE
                  resources:
                  - pods
              mutations:
              - applyConfiguration:
                  expression: |
                    Object{metadata: Object.metadata{annotations: {'podpreset.admission.kubernetes.io/podpreset-allow-database': ''}}}
                patchType: ApplyConfiguration
              - jsonPatch:
                  expression: |
                    object.spec.containers.transformList(i, c,
                      JSONPatch{op: 'add', path: '/spec/containers/' + string(i) + '/env',
                        value: c.?env.orValue([]) + [dyn({'name': dyn('DB_PORT'), 'value': dyn('6379')}), dyn({'name': dyn('GREETING'), 'value': dyn("it's")}), dyn({'name': dyn('PASSWORD'), 'valueFrom': dyn({'secretKeyRef': dyn({'key': dyn('password'), 'name': dyn('db')})})})].filter(new, !c.?env.orValue([]).exists(old, old.name == new.name))}) +
                    object.spec.?initContainers.orValue([]).transformList(i, c,
                      JSONPatch{op: 'add', path: '/spec/initContainers/' + string(i) + '/env',
                        value: c.?env.orValue([]) + [dyn({'name': dyn('DB_PORT'), 'value': dyn('6379')}), dyn({'name': dyn('GREETING'), 'value': dyn("it's")}), dyn({'name': dyn('PASSWORD'), 'valueFrom': dyn({'secretKeyRef': dyn({'key': dyn('password'), 'name': dyn('db')})})})].filter(new, !c.?env.orValue([]).exists(old, old.name == new.name))})
                patchType: JSONPatch
              - jsonPatch:
                  expression: |
                    object.spec.containers.transformList(i, c,
                      JSONPatch{op: 'add', path: '/spec/containers/' + string(i) + '/envFrom',
                        value: c.?envFrom.orValue([]) + [dyn({'configMapRef': dyn({'name': dyn('etcd-env-config')})})]}) +
                    object.spec.?initContainers.orValue([]).transformList(i, c,
                      JSONPatch{op: 'add', path: '/spec/initContainers/' + string(i) + '/envFrom',
                        value: c.?envFrom.orValue([]) + [dyn({'configMapRef': dyn({'name': dyn('etcd-env-config')})})]})
                patchType: JSONPatch
              - jsonPatch:
                  expression: |
                    object.spec.containers.transformList(i, c,
                      JSONPatch{op: 'add', path: '/spec/containers/' + string(i) + '/volumeMounts',
                        value: c.?volumeMounts.orValue([]) + [dyn({'mountPath': dyn('/cache'), 'name': dyn('cache-volume')})].filter(new, !c.?volumeMounts.orValue([]).exists(old, old.mountPath == new.mountPath))}) +
                    object.spec.?initContainers.orValue([]).transformList(i, c,
                      JSONPatch{op: 'add', path: '/spec/initContainers/' + string(i) + '/volumeMounts',
                        value: c.?volumeMounts.orValue([]) + [dyn({'mountPath': dyn('/cache'), 'name': dyn('cache-volume')})].filter(new, !c.?volumeMounts.orValue([]).exists(old, old.mountPath == new.mountPath))})
                patchType: JSONPatch
              - jsonPatch:
                  expression: |
                    [JSONPatch{op: 'add', path: '/spec/volumes', value: object.spec.?volumes.orValue([]) + [dyn({'emptyDir': dyn({}), 'name': dyn('cache-volume')})].filter(new, !object.spec.?volumes.orValue([]).exists(old, old.name == new.name))}]
                patchType: JSONPatch
              reinvocationPolicy: Never
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingAdmissionPolicyBinding
            metadata:
              name: podpreset-default-allow-database
            spec:
              policyName: podpreset-default-allow-database
        "#]].assert_eq(&policies(PRESET).unwrap());
        assert_eq!(policies("kind: Pod").unwrap_err(), r#"want a PodPreset, got "Pod" of """#);
    }

    #[test]
    fn pods_get_what_a_preset_gave_them() {
        let pod = |labels: &str, more: &str, container: &str| {
            format!(
                "{{metadata: {{name: a, labels: {{role: {labels}}}{more}}}, spec: {{automountServiceAccountToken: false, \
                 initContainers: [{{name: i, image: a}}], containers: [{{name: c, image: a{container}}}]}}}}"
            )
        };
        check(
            &pod("frontend", "", ", env: [{name: OWN, value: x}], envFrom: [{secretRef: {name: s}}]"),
            &expect![[r#"
                annotations {"podpreset.admission.kubernetes.io/podpreset-allow-database":""}
                i [{"name":"DB_PORT","value":"6379"},{"name":"GREETING","value":"it's"},{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"key":"password","name":"db"}}}] [{"configMapRef":{"name":"etcd-env-config"}}] [{"mountPath":"/cache","name":"cache-volume"}]
                c [{"name":"OWN","value":"x"},{"name":"DB_PORT","value":"6379"},{"name":"GREETING","value":"it's"},{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"key":"password","name":"db"}}}] [{"secretRef":{"name":"s"}},{"configMapRef":{"name":"etcd-env-config"}}] [{"mountPath":"/cache","name":"cache-volume"}]
                volumes [{"emptyDir":{},"name":"cache-volume"}]
            "#]],
        );
        check(
            &pod("backend", "", ""),
            &expect![[r#"
            annotations null
            i null null null
            c null null null
            volumes null
        "#]],
        );
        check(
            &pod("frontend", ", annotations: {podpreset.admission.kubernetes.io/exclude: 'true'}", ""),
            &expect![[r#"
                annotations {"podpreset.admission.kubernetes.io/exclude":"true"}
                i null null null
                c null null null
                volumes null
            "#]],
        );
        check(
            &pod("frontend", "", ", env: [{name: DB_PORT, value: '1'}]"),
            &expect![[r#"
            annotations null
            i null null null
            c [{"name":"DB_PORT","value":"1"}] null null
            volumes null
        "#]],
        );
        check(
            &pod("frontend", "", ", env: [{name: DB_PORT, value: '6379'}]"),
            &expect![[r#"
            annotations {"podpreset.admission.kubernetes.io/podpreset-allow-database":""}
            i [{"name":"DB_PORT","value":"6379"},{"name":"GREETING","value":"it's"},{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"key":"password","name":"db"}}}] [{"configMapRef":{"name":"etcd-env-config"}}] [{"mountPath":"/cache","name":"cache-volume"}]
            c [{"name":"DB_PORT","value":"6379"},{"name":"GREETING","value":"it's"},{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"key":"password","name":"db"}}}] [{"configMapRef":{"name":"etcd-env-config"}}] [{"mountPath":"/cache","name":"cache-volume"}]
            volumes [{"emptyDir":{},"name":"cache-volume"}]
        "#]],
        );
    }
}
