use crate::api::testing::run_admitted;
use expect_test::{Expect, expect};

/// Runs a script, whose first lines set things up and succeed, and shows the answers to the rest.
fn check(setup: &str, script: &str, expected: &Expect) {
    let before = setup.lines().filter(|it| !it.trim().is_empty()).count();
    let answers = run_admitted(&format!("{setup}\n{script}"));
    let (first, rest): (Vec<_>, Vec<_>) = answers.lines().enumerate().partition(|(index, _)| *index < before);
    assert!(first.iter().all(|(_, line)| line.starts_with("20")), "{answers}");
    expected.assert_eq(&rest.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n"));
}

const NODES: &str = r#"
create nodes {"metadata":{"name":"a"}}
create nodes {"metadata":{"name":"b"}}
create serviceaccounts {"metadata":{"name":"default"}}
create pods {"metadata":{"name":"on-a","labels":{"app":"web"}},"spec":{"nodeName":"a","containers":[{"name":"c","image":"i"}]}}
create pods {"metadata":{"name":"on-b"},"spec":{"nodeName":"b","containers":[{"name":"c","image":"i"}]}}
"#;

#[test]
fn a_node_changes_its_own_node_only() {
    check(
        NODES,
        r#"
        merge nodes/a ?node=a {"metadata":{"labels":{"rack":"7","node.kubernetes.io/x":"1","kubernetes.io/os":"linux"}}} => metadata.labels
        merge nodes/a ?node=a {"metadata":{"labels":{"node-restriction.kubernetes.io/x":"1","kubernetes.io/role":"m"}}}
        merge nodes/a ?node=a {"spec":{"taints":[]}}
        merge nodes/a/status ?node=a {"status":{"phase":"Running"}} => status.phase
        merge nodes/b/status ?node=a {"status":{"phase":"Running"}}
        create nodes ?node=c {"metadata":{"name":"d"}}
        create nodes ?node=c {"metadata":{"name":"c","labels":{"k8s.io/x":"1"}}}
        create nodes ?node=c {"metadata":{"name":"c","labels":{"zone":"1"}}} => metadata.name
        delete nodes/b ?node=a
        merge nodes/a ?node= {"metadata":{"labels":{"rack":"8"}}}
        "#,
        &expect![[r#"
            200 metadata.labels={"kubernetes.io/os":"linux","node.kubernetes.io/x":"1","rack":"7"}
            403 Forbidden nodes "a" is forbidden: is not allowed to modify labels: kubernetes.io/role, node-restriction.kubernetes.io/x
            403 Forbidden nodes "a" is forbidden: node "a" is not allowed to modify taints
            200 status.phase="Running"
            403 Forbidden nodes "b" is forbidden: node "a" is not allowed to modify node "b"
            403 Forbidden nodes "d" is forbidden: node "c" is not allowed to modify node "d"
            403 Forbidden nodes "c" is forbidden: node "c" is not allowed to set the following labels: k8s.io/x
            201 metadata.name="c"
            403 Forbidden nodes "b" is forbidden: node "a" is not allowed to modify node "b"
            403 Forbidden nodes "a" is forbidden: could not determine node from user "system:node:""#]],
    );
}

#[test]
fn a_node_changes_its_own_pods_only() {
    check(
        NODES,
        r#"
        merge pods/on-a/status ?node=a {"status":{"phase":"Running"}} => status.phase
        merge pods/on-b/status ?node=a {"status":{"phase":"Running"}}
        merge pods/on-a/status ?node=a {"metadata":{"labels":{"app":"other"}}}
        merge pods/on-a ?node=a {"metadata":{"labels":{"app":"other"}}}
        create pods/on-b/eviction ?node=a {}
        delete pods/on-b ?node=a&grace=0
        delete pods/on-a ?node=a&grace=0 => metadata.name
        create pods ?node=a {"metadata":{"name":"new"},"spec":{"nodeName":"a","containers":[{"name":"c","image":"i"}]}}
        create pods ?node=a {"metadata":{"name":"new","annotations":{"kubernetes.io/config.mirror":"x"}},"spec":{"nodeName":"b","containers":[{"name":"c","image":"i"}]}}
        create pods ?node=a {"metadata":{"name":"new","annotations":{"kubernetes.io/config.mirror":"x"}},"spec":{"nodeName":"a","containers":[{"name":"c","image":"i"}]}}
        create pods ?node=a {"metadata":{"name":"new","annotations":{"kubernetes.io/config.mirror":"x"},"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"a","uid":"1","controller":true}]},"spec":{"nodeName":"a","containers":[{"name":"c","image":"i"}]}}
        create leases.coordination.k8s.io@kube-node-lease ?node=a {"metadata":{"name":"b"}}
        create leases.coordination.k8s.io@kube-node-lease ?node=a {"metadata":{"name":"a"}} => metadata.name
        create csinodes.storage.k8s.io ?node=a {"metadata":{"name":"b"},"spec":{"drivers":[]}}
        create serviceaccounts/default/token ?node=a {"spec":{}}
        create serviceaccounts/default/token ?node=a {"spec":{"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"on-b"}}}
        "#,
        &expect![[r#"
            200 status.phase="Running"
            403 Forbidden pods "on-b" is forbidden: node "a" can only update pod status for pods with spec.nodeName set to itself
            403 Forbidden pods "on-a" is forbidden: node "a" cannot update labels through pod status
            403 Forbidden pods "on-a" is forbidden: unexpected operation "UPDATE", node "a" can only create and delete mirror pods
            403 Forbidden pods "on-b" is forbidden: node a can only evict pods with spec.nodeName set to itself
            403 Forbidden pods "on-b" is forbidden: node "a" can only delete pods with spec.nodeName set to itself
            200 metadata.name="on-a"
            403 Forbidden pods "new" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "a" can only create mirror pods
            403 Forbidden pods "new" is forbidden: node "a" can only create pods with spec.nodeName set to itself
            403 Forbidden pods "new" is forbidden: node "a" can only create pods with an owner reference set to itself
            403 Forbidden pods "new" is forbidden: node a UID mismatch: expected 1 got 910a2dec-8902-4cc1-beeb-8da1658eec67
            403 Forbidden leases.coordination.k8s.io "b" is forbidden: can only access node lease with the same name as the requesting node
            201 metadata.name="a"
            403 Forbidden csinodes.storage.k8s.io "b" is forbidden: can only access CSINode with the same name as the requesting node
            403 Forbidden serviceaccounts "default" is forbidden: node requested token not bound to a pod
            403 Forbidden serviceaccounts "default" is forbidden: node requested token with a pod binding without a uid"#]],
    );
}

const LIMITS: &str = r#"
create limitranges {"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container","default":{"cpu":"500m","memory":"1Gi"},"defaultRequest":{"cpu":"200m"},"min":{"cpu":"100m"},"max":{"cpu":"2"},"maxLimitRequestRatio":{"cpu":"4"}},{"type":"Pod","max":{"cpu":"3"}},{"type":"PersistentVolumeClaim","min":{"storage":"1Gi"},"max":{"storage":"5Gi"}}]}}
"#;

#[test]
fn limit_ranges_fill_in_and_bound() {
    let pod = |name: &str, resources: &str| {
        let container = |name: &str| format!(r#"{{"name":"{name}","image":"i","resources":{resources}}}"#);
        format!(
            r#"create pods {{"metadata":{{"name":"{name}"}},"spec":{{"containers":[{},{}]}}}} => metadata.annotations spec.containers"#,
            container("c"),
            container("d")
        )
    };
    let script = [
        pod("plain", "{}"),
        pod("small", r#"{"requests":{"cpu":"10m"}}"#),
        pod("large", r#"{"limits":{"cpu":"2"},"requests":{"cpu":"1500m"}}"#),
        pod("ratio", r#"{"limits":{"cpu":"1"},"requests":{"cpu":"150m"}}"#),
        r#"create persistentvolumeclaims {"metadata":{"name":"p"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"6Gi"}}}}"#.into(),
        r#"create persistentvolumeclaims {"metadata":{"name":"p"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Mi"}}}}"#.into(),
    ];
    check(
        LIMITS,
        &script.join("\n"),
        &expect![[r#"
            201 metadata.annotations={"kubernetes.io/limit-ranger":"LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c; cpu, memory request for container d; cpu, memory limit for container d"} spec.containers=[{"image":"i","imagePullPolicy":"Always","name":"c","resources":{"limits":{"cpu":"500m","memory":"1Gi"},"requests":{"cpu":"200m","memory":"1Gi"}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","volumeMounts":[{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access-p26sk","readOnly":true}]},{"image":"i","imagePullPolicy":"Always","name":"d","resources":{"limits":{"cpu":"500m","memory":"1Gi"},"requests":{"cpu":"200m","memory":"1Gi"}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","volumeMounts":[{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access-p26sk","readOnly":true}]}]
            403 Forbidden pods "small" is forbidden: [minimum cpu usage per Container is 100m, but request is 10m, cpu max limit to request ratio per Container is 4, but provided ratio is 50.000000, minimum cpu usage per Container is 100m, but request is 10m, cpu max limit to request ratio per Container is 4, but provided ratio is 50.000000]
            403 Forbidden pods "large" is forbidden: maximum cpu usage per Pod is 3, but limit is 4
            403 Forbidden pods "ratio" is forbidden: [cpu max limit to request ratio per Container is 4, but provided ratio is 6.666667, cpu max limit to request ratio per Container is 4, but provided ratio is 6.666667]
            403 Forbidden persistentvolumeclaims "p" is forbidden: maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi
            403 Forbidden persistentvolumeclaims "p" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi"#]],
    );
}

/// A quota whose status is as its controller would have it.
fn quota(name: &str, spec: &str, hard: &str, used: &str) -> String {
    format!(
        r#"create resourcequotas {{"metadata":{{"name":"{name}"}},"spec":{{"hard":{hard}{spec}}}}}
           merge resourcequotas/{name}/status {{"status":{{"hard":{hard},"used":{used}}}}}
        "#
    )
}

const POD: &str = r#"create pods {"metadata":{"generateName":"p-"},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"300m"},"limits":{"memory":"1Gi"}}}]}} => metadata.generateName"#;

#[test]
fn quotas_count_what_is_made() {
    let setup = quota("q", "", r#"{"pods":"2","requests.cpu":"1"}"#, r#"{"pods":"0","requests.cpu":"500m"}"#);
    let dry = POD.replace("create pods", "create pods ?dry=All");
    let script = format!(
        "{dry}\n{POD}\nget resourcequotas/q => status.used\n{POD}\nget resourcequotas/q => status.used\n{}",
        POD.replace(r#""cpu":"300m""#, r#""memory":"1""#)
    );
    check(
        &setup,
        &script,
        &expect![[r#"
            201 metadata.generateName="p-"
            201 metadata.generateName="p-"
            200 status.used={"pods":"1","requests.cpu":"800m"}
            403 Forbidden pods "p-pjss2" is forbidden: exceeded quota: q, requested: requests.cpu=300m, used: requests.cpu=800m, limited: requests.cpu=1
            200 status.used={"pods":"1","requests.cpu":"800m"}
            403 Forbidden pods "p-5lg77" is forbidden: failed quota: q: must specify requests.cpu for: c"#]],
    );
}

#[test]
fn quotas_demand_requests_and_a_status() {
    let both = r#"{"requests.cpu":"1","limits.memory":"1Gi"}"#;
    let setup = quota("q", "", both, r#"{"requests.cpu":"0","limits.memory":"0"}"#);
    let plain = r#"create pods {"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"},{"name":"b","image":"i","resources":{"requests":{"cpu":"1"}}}]}}"#;
    check(
        &setup,
        plain,
        &expect![[
            r#"403 Forbidden pods "p" is forbidden: failed quota: q: must specify limits.memory for: b,c; requests.cpu for: c"#
        ]],
    );
    let setup = quota("q", "", r#"{"pods":"1"}"#, "{}");
    check(
        &setup,
        POD,
        &expect![[r#"403 Forbidden pods "p-4nvqs" is forbidden: status unknown for quota: q, resources: pods"#]],
    );
}

#[test]
fn quotas_have_scopes() {
    let none = r#"{"pods":"0"}"#;
    let of = |spec: &str| quota("q", spec, none, r#"{"pods":"0"}"#);
    let plain = r#"create pods {"metadata":{"name":"plain"},"spec":{"containers":[{"name":"c","image":"i"}]}} => status.qosClass"#;
    let script = format!("{plain}\n{POD}");
    check(
        &of(r#","scopes":["BestEffort"]"#),
        &script,
        &expect![[r#"
            403 Forbidden pods "plain" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0
            201 metadata.generateName="p-""#]],
    );
    check(
        &of(r#","scopes":["NotBestEffort"]"#),
        &script,
        &expect![[r#"
        201 status.qosClass="BestEffort"
        403 Forbidden pods "p-w5x6c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"#]],
    );
    let high = r#","scopeSelector":{"matchExpressions":[{"scopeName":"PriorityClass","operator":"In","values":["system-node-critical"]}]}"#;
    let critical = plain.replace(r#""spec":{"#, r#""spec":{"priorityClassName":"system-node-critical","#);
    check(
        &of(high),
        &format!("{plain}\n{critical}"),
        &expect![[r#"
        201 status.qosClass="BestEffort"
        403 Forbidden pods "plain" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"#]],
    );
}

#[test]
fn quotas_count_objects_services_and_claims() {
    let hard = r#"{"count/configmaps":"1","configmaps":"5","services.nodeports":"2","requests.storage":"10Gi","fast.storageclass.storage.k8s.io/persistentvolumeclaims":"1","count/deployments.apps":"0"}"#;
    let used = r#"{"count/configmaps":"0","configmaps":"0","services.nodeports":"0","requests.storage":"0","fast.storageclass.storage.k8s.io/persistentvolumeclaims":"0","count/deployments.apps":"0"}"#;
    let claim = |name: &str, class: &str, size: &str| {
        format!(
            r#"create persistentvolumeclaims {{"metadata":{{"name":"{name}"}},"spec":{{"storageClassName":"{class}","accessModes":["ReadWriteOnce"],"resources":{{"requests":{{"storage":"{size}"}}}}}}}} => metadata.name"#
        )
    };
    let script = [
        r#"create configmaps {"metadata":{"name":"a"}} => metadata.name"#.into(),
        r#"create configmaps {"metadata":{"name":"b"}} => metadata.name"#.into(),
        r#"create services {"metadata":{"name":"s"},"spec":{"ports":[{"port":80}]}} => metadata.name"#.into(),
        r#"merge services/s {"spec":{"type":"NodePort"}} => spec.type"#.into(),
        r#"merge services/s {"spec":{"ports":[{"port":80,"name":"a"},{"port":81,"name":"b"},{"port":82,"name":"c"}]}} => spec.type"#.into(),
        claim("a", "fast", "3Gi"),
        claim("b", "fast", "1Gi"),
        claim("c", "slow", "8Gi"),
        r#"create deployments.apps {"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}"#.into(),
        "get resourcequotas/q => status.used".into(),
    ];
    check(
        &quota("q", "", hard, used),
        &script.join("\n"),
        &expect![[r#"
        201 metadata.name="a"
        403 Forbidden configmaps "b" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1
        201 metadata.name="s"
        200 spec.type="NodePort"
        403 Forbidden services "s" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=1, limited: services.nodeports=2
        201 metadata.name="a"
        403 Forbidden persistentvolumeclaims "b" is forbidden: exceeded quota: q, requested: fast.storageclass.storage.k8s.io/persistentvolumeclaims=1, used: fast.storageclass.storage.k8s.io/persistentvolumeclaims=1, limited: fast.storageclass.storage.k8s.io/persistentvolumeclaims=1
        403 Forbidden persistentvolumeclaims "c" is forbidden: exceeded quota: q, requested: requests.storage=8Gi, used: requests.storage=3Gi, limited: requests.storage=10Gi
        403 Forbidden deployments.apps "d" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0
        200 status.used={"configmaps":"1","count/configmaps":"1","count/deployments.apps":"0","fast.storageclass.storage.k8s.io/persistentvolumeclaims":"1","requests.storage":"3Gi","services.nodeports":"1"}"#]],
    );
}

#[test]
fn claims_grow_if_their_class_lets_them() {
    let setup = r#"
create storageclasses.storage.k8s.io {"metadata":{"name":"fast"},"provisioner":"p","allowVolumeExpansion":true}
create storageclasses.storage.k8s.io {"metadata":{"name":"slow"},"provisioner":"p"}
create persistentvolumeclaims {"metadata":{"name":"a"},"spec":{"storageClassName":"fast","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
create persistentvolumeclaims {"metadata":{"name":"b"},"spec":{"storageClassName":"slow","accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
"#;
    let grow = |name: &str| {
        format!(
            r#"merge persistentvolumeclaims/{name} {{"spec":{{"resources":{{"requests":{{"storage":"2Gi"}}}}}}}} => spec.resources"#
        )
    };
    let bind = |name: &str| {
        format!(r#"merge persistentvolumeclaims/{name}/status {{"status":{{"phase":"Bound"}}}} => status.phase"#)
    };
    let script = [grow("a"), bind("a"), grow("a"), bind("b"), grow("b")].join("\n");
    check(
        setup,
        &script,
        &expect![[r#"
        422 Invalid PersistentVolumeClaim "a" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
        200 status.phase="Bound"
        200 spec.resources={"requests":{"storage":"2Gi"}}
        200 status.phase="Bound"
        403 Forbidden persistentvolumeclaims "b" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"#]],
    );
}

/// A request for `/O=GROUP/CN=ann` with an empty key and signature, in base64 once more.
fn request_of(group: &str) -> String {
    let tagged = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()][..], content].concat();
    let name = |kind: u8, text: &str| {
        let attribute = [tagged(6, &[0x55, 4, kind]), tagged(12, text.as_bytes())].concat();
        tagged(0x31, &tagged(0x30, &attribute))
    };
    let names = tagged(0x30, &[name(10, group), name(3, "ann")].concat());
    let info = tagged(0x30, &[tagged(2, &[0]), names, tagged(0x30, &[])].concat());
    let body = crate::api::base64::encode(&tagged(0x30, &[info, tagged(0x30, &[]), tagged(3, &[0])].concat()));
    let pem = format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n");
    crate::api::base64::encode(pem.as_bytes())
}

#[test]
fn nobody_becomes_a_master_by_certificate() {
    let ask = |group: &str, signer: &str| {
        let request = request_of(group);
        format!(
            r#"create certificatesigningrequests.certificates.k8s.io {{"metadata":{{"generateName":"c-"}},"spec":{{"signerName":"{signer}","request":"{request}","usages":["client auth"]}}}} => spec.signerName"#
        )
    };
    let client = "kubernetes.io/kube-apiserver-client";
    let script = [ask("dev", client), ask("system:masters", client), ask("system:masters", "example.com/mine")];
    check(
        "",
        &script.join("\n"),
        &expect![[r#"
            201 spec.signerName="kubernetes.io/kube-apiserver-client"
            403 Forbidden certificatesigningrequests.certificates.k8s.io "c-4nvqs" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed
            201 spec.signerName="example.com/mine""#]],
    );
}
