//! The pipeline as a client sees it: a script of requests, and what came back.

use crate::api::testing::run;
use expect_test::{Expect, expect};

fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&run(script));
}

const POD: &str =
    r#"{"metadata":{"name":"web","labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}"#;

#[test]
fn a_new_pod_is_filled_in() {
    check(
        &format!("create pods {POD} => *"),
        &expect![[r#"
            201 {"apiVersion":"v1","kind":"Pod","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z","generation":1,"labels":{"app":"web"},"managedFields":[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:imagePullPolicy":{},"f:name":{},"f:resources":{},"f:terminationMessagePath":{},"f:terminationMessagePolicy":{}}},"f:dnsPolicy":{},"f:enableServiceLinks":{},"f:restartPolicy":{},"f:schedulerName":{},"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}},"manager":"unknown","operation":"Update","time":"2026-01-01T00:00:00Z"}],"name":"web","namespace":"default","resourceVersion":"1","uid":"910a2dec-8902-4cc1-beeb-8da1658eec67"},"spec":{"containers":[{"image":"nginx","imagePullPolicy":"Always","name":"c","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","volumeMounts":[{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access-9pp26","readOnly":true}]}],"dnsPolicy":"ClusterFirst","enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority","priority":0,"restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},"serviceAccount":"default","serviceAccountName":"default","terminationGracePeriodSeconds":30,"tolerations":[{"effect":"NoExecute","key":"node.kubernetes.io/not-ready","operator":"Exists","tolerationSeconds":300},{"effect":"NoExecute","key":"node.kubernetes.io/unreachable","operator":"Exists","tolerationSeconds":300}],"volumes":[{"name":"kube-api-access-9pp26","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"kube-root-ca.crt"}},{"downwardAPI":{"items":[{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"},"path":"namespace"}]}}]}}]},"status":{"phase":"Pending","qosClass":"BestEffort"}}
        "#]],
    );
}

#[test]
fn names_and_namespaces() {
    check(
        r#"
        create configmaps {"metadata":{"generateName":"a-"}} => metadata.name
        create configmaps {"metadata":{"name":"a"}} => metadata.namespace metadata.resourceVersion
        create configmaps {"metadata":{"name":"a"}}
        create configmaps {"metadata":{"name":"a","resourceVersion":"7"}}
        create configmaps {"kind":"Secret","metadata":{"name":"a"}}
        create configmaps {"apiVersion":"apps/v1","metadata":{"name":"a"}}
        create configmaps {"metadata":{"name":"b","namespace":"other"}}
        create configmaps@other {"metadata":{"name":"b"}}
        create namespaces {"metadata":{"name":"other"}} => metadata.labels spec status
        create configmaps@other {"metadata":{"name":"b"}}
        delete namespaces/other => metadata.deletionTimestamp status
        create configmaps@other {"metadata":{"name":"c"}}
        delete namespaces/other => status
        update namespaces/other/finalize {"metadata":{"name":"other"},"spec":{}} => status
        get namespaces/other
        create namespaces {"metadata":{"name":"default"}} => metadata.name
        delete namespaces/default
        get configmaps/none
        "#,
        &expect![[r#"
            201 metadata.name="a-9pp26"
            201 metadata.namespace="default" metadata.resourceVersion="2"
            409 AlreadyExists configmaps "a" already exists
            500 resourceVersion should not be set on objects to be created
            400 BadRequest Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion
            400 BadRequest the API version in the data (apps/v1) does not match the expected API version (v1)
            400 BadRequest the namespace of the provided object does not match the namespace sent on the request
            404 NotFound namespaces "other" not found
            201 metadata.labels={"kubernetes.io/metadata.name":"other"} spec={"finalizers":["kubernetes"]} status={"phase":"Active"}
            201 
            200 metadata.deletionTimestamp="2026-01-01T00:00:10Z" status={"phase":"Terminating"}
            403 Forbidden configmaps "c" is forbidden: unable to create new content in namespace other because it is being terminated
            200 status={"phase":"Terminating"}
            200 status={"phase":"Terminating"}
            404 NotFound namespaces "other" not found
            201 metadata.name="default"
            403 Forbidden namespaces "default" is forbidden: this namespace may not be deleted
            404 NotFound configmaps "none" not found
        "#]],
    );
}

#[test]
fn updates() {
    check(
        r#"
        create configmaps {"metadata":{"name":"a"},"data":{"x":"1"}} => metadata.resourceVersion
        update configmaps/a {"metadata":{"name":"a"},"data":{"x":"1"}} => metadata.resourceVersion
        update configmaps/a {"metadata":{"name":"a","resourceVersion":"1"},"data":{"x":"2"}} => metadata.resourceVersion data
        update configmaps/a {"metadata":{"name":"a","resourceVersion":"1"},"data":{"x":"3"}}
        update configmaps/a {"metadata":{"name":"b"}}
        update configmaps/a {"metadata":{"name":"a","uid":"other"}}
        merge configmaps/a {"data":{"x":null,"y":"1"}} => data metadata.resourceVersion
        merge configmaps/a ?dry=All {"data":{"z":"1"}} => data
        json configmaps/a [{"op":"add","path":"/data/w","value":"2"}] => data metadata.resourceVersion
        "#,
        &expect![[r#"
            201 metadata.resourceVersion="1"
            200 metadata.resourceVersion="1"
            200 metadata.resourceVersion="2" data={"x":"2"}
            409 Conflict Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again
            400 BadRequest the name of the object (b) does not match the name on the URL (a)
            409 Conflict Operation cannot be fulfilled on configmaps "a": Precondition failed: UID in precondition: other, UID in object meta: 910a2dec-8902-4cc1-beeb-8da1658eec67
            200 data={"y":"1"} metadata.resourceVersion="3"
            200 data={"y":"1","z":"1"}
            200 data={"w":"2","y":"1"} metadata.resourceVersion="4"
        "#]],
    );
}

#[test]
fn pods_go_gracefully() {
    check(
        &format!(
            r#"
        create pods {POD} => metadata.generation
        create pods/web/binding {{"target":{{"name":"node-0"}}}}
        create pods/web/binding {{"target":{{"name":"node-1"}}}}
        get pods/web => spec.nodeName status.conditions
        delete pods/web => metadata.deletionTimestamp metadata.deletionGracePeriodSeconds metadata.generation
        delete pods/web => metadata.deletionTimestamp
        delete pods/web ?grace=5 => metadata.deletionTimestamp metadata.deletionGracePeriodSeconds
        delete pods/web ?uid=other
        delete pods/web ?grace=0 => metadata.name
        get pods/web
        create pods {POD}
        create pods/web/eviction {{"metadata":{{"name":"web"}}}}
        get pods/web
        "#
        ),
        &expect![[r#"
            201 metadata.generation=1
            201 
            409 Conflict Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "node-0"
            200 spec.nodeName="node-0" status.conditions=[{"lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:01Z","status":"True","type":"PodScheduled"}]
            200 metadata.deletionTimestamp="2026-01-01T00:00:34Z" metadata.deletionGracePeriodSeconds=30 metadata.generation=2
            200 metadata.deletionTimestamp="2026-01-01T00:00:34Z"
            200 metadata.deletionTimestamp="2026-01-01T00:00:09Z" metadata.deletionGracePeriodSeconds=5
            409 Conflict Operation cannot be fulfilled on pods "web": Precondition failed: UID in precondition: other, UID in object meta: 910a2dec-8902-4cc1-beeb-8da1658eec67
            200 metadata.name="web"
            404 NotFound pods "web" not found
            201 
            201 
            404 NotFound pods "web" not found
        "#]],
    );
}

#[test]
fn ephemeral_containers_join_a_pod() {
    check(
        &format!(
            r#"
        create pods {POD} => metadata.generation
        strategic pods/web/ephemeralcontainers {{"spec":{{"ephemeralContainers":[{{"name":"debug","image":"busybox:1","targetContainerName":"c"}}]}}}} => spec.ephemeralContainers metadata.generation
        strategic pods/web/ephemeralcontainers {{"spec":{{"ephemeralContainers":[{{"name":"debug","image":"busybox:2"}}]}}}}
        strategic pods/web/ephemeralcontainers {{"spec":{{"ephemeralContainers":[{{"name":"c","image":"x","targetContainerName":"none"}}]}}}}
        merge pods/web {{"spec":{{"ephemeralContainers":[]}}}}
        "#
        ),
        &expect![[r#"
            201 metadata.generation=1
            200 spec.ephemeralContainers=[{"image":"busybox:1","imagePullPolicy":"IfNotPresent","name":"debug","resources":{},"targetContainerName":"c","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}] metadata.generation=2
            422 Invalid Pod "web" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed
            422 Invalid Pod "web" is invalid: [spec.ephemeralContainers[1].name: Duplicate value: "c", spec.ephemeralContainers[1].targetContainerName: Not found: "none"]
            422 Invalid Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)
        "#]],
    );
}

#[test]
fn finalizers_hold_an_object() {
    check(
        r#"
        create configmaps {"metadata":{"name":"a","finalizers":["example.com/x"]}}
        delete configmaps/a => metadata.deletionTimestamp metadata.deletionGracePeriodSeconds
        merge configmaps/a {"metadata":{"finalizers":null}} => metadata.finalizers
        get configmaps/a
        create configmaps {"metadata":{"name":"b"}}
        delete configmaps/b ?policy=Foreground => metadata.finalizers
        create configmaps {"metadata":{"name":"c"}}
        delete configmaps/c
        create configmaps {"metadata":{"name":"d","finalizers":["orphan"]}}
        delete configmaps/d ?policy=Background
        "#,
        &expect![[r#"
            201 
            200 metadata.deletionTimestamp="2026-01-01T00:00:01Z" metadata.deletionGracePeriodSeconds=0
            200 metadata.finalizers=null
            404 NotFound configmaps "a" not found
            201 
            200 metadata.finalizers=["foregroundDeletion"]
            201 
            200 
            201 
            200 
        "#]],
    );
}

#[test]
fn scale_is_a_view_of_replicas() {
    check(
        r#"
        create deployments.apps {"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}} => metadata.generation spec
        get deployments.apps/d/scale => *
        merge deployments.apps/d/scale {"spec":{"replicas":3}} => spec
        get deployments.apps/d => spec.replicas metadata.generation
        merge deployments.apps/d/scale {"spec":{"replicas":-1}}
        get configmaps/d/scale
        merge deployments.apps/d/status {"status":{"replicas":3},"spec":{"replicas":9}} => spec.replicas status metadata.generation
        "#,
        &expect![[r#"
            201 metadata.generation=1 spec={"progressDeadlineSeconds":600,"replicas":1,"revisionHistoryLimit":10,"selector":{"matchLabels":{"a":"b"}},"strategy":{"rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"},"type":"RollingUpdate"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"image":"i","imagePullPolicy":"Always","name":"c","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],"dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},"terminationGracePeriodSeconds":30}}}
            200 {"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z","name":"d","namespace":"default","resourceVersion":"1","uid":"910a2dec-8902-4cc1-beeb-8da1658eec67"},"spec":{"replicas":1},"status":{"replicas":0,"selector":"a=b"}}
            200 spec={"replicas":3}
            200 spec.replicas=3 metadata.generation=2
            422 Invalid Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0
            404 NotFound the server could not find the requested resource
            200 spec.replicas=3 status={"replicas":3} metadata.generation=2
        "#]],
    );
}

#[test]
fn lists_and_pages() {
    check(
        r#"
        create configmaps {"metadata":{"name":"a","labels":{"x":"1"}}}
        create configmaps {"metadata":{"name":"b","labels":{"x":"2"}}}
        create configmaps {"metadata":{"name":"c"}}
        list configmaps
        list configmaps ?labels=x
        list configmaps ?labels=x!=1
        list configmaps ?labels=x=
        list configmaps ?fields=metadata.name=b
        list configmaps ?fields=spec.x=b
        list pods ?fields=spec.x=b
        list configmaps ?limit=2
        list configmaps ?limit=2&continue=eyJydiI6Mywic3RhcnQiOiJkZWZhdWx0L2IiLCJ2IjoibWV0YS5rOHMuaW8vdjEifQ
        list configmaps ?continue=x
        list configmaps ?rv=99
        list configmaps@none
        deletecollection configmaps ?labels=x
        list configmaps
        "#,
        &expect![[r#"
            201 
            201 
            201 
            200 [a b c] {"resourceVersion":"3"}
            200 [a b] {"resourceVersion":"3"}
            200 [b c] {"resourceVersion":"3"}
            200 [] {"resourceVersion":"3"}
            200 [b] {"resourceVersion":"3"}
            400 BadRequest Unable to find "/v1, Resource=configmaps" that match label selector "", field selector "spec.x=b": "spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"
            400 BadRequest Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.x=b": field label not supported: spec.x
            200 [a b] {"continue":"eyJydiI6Mywic3RhcnQiOiJkZWZhdWx0L2IiLCJ2IjoibWV0YS5rOHMuaW8vdjEifQ","remainingItemCount":1,"resourceVersion":"3"}
            200 [c] {"resourceVersion":"3"}
            400 BadRequest continue key is not valid: invalid token
            504 Timeout Too large resource version: 99, current: 3
            200 [] {"resourceVersion":"3"}
            200 [a b] {"resourceVersion":"3"}
            200 [c] {"resourceVersion":"5"}
        "#]],
    );
}

#[test]
fn services_get_addresses() {
    check(
        r#"
        create services {"metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}} => spec.clusterIP spec.clusterIPs spec.ipFamilies
        create services {"metadata":{"name":"b"},"spec":{"type":"NodePort","ports":[{"name":"w","port":80},{"name":"x","port":81,"nodePort":30555}]}} => spec.ports
        create services {"metadata":{"name":"c"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30555}]}}
        create services {"metadata":{"name":"d"},"spec":{"clusterIP":"1.2.3.4","ports":[{"port":80}]}}
        create services {"metadata":{"name":"e"},"spec":{"clusterIP":"None","selector":{"a":"b"},"ports":[{"port":80}]}} => spec.clusterIPs spec.ipFamilyPolicy
        update services/b {"metadata":{"name":"b"},"spec":{"type":"ClusterIP","ports":[{"port":80}]}} => spec.ports spec.type
        "#,
        &expect![[r#"
            201 spec.clusterIP="10.111.137.64" spec.clusterIPs=["10.111.137.64"] spec.ipFamilies=["IPv4"]
            201 spec.ports=[{"name":"w","nodePort":32439,"port":80,"protocol":"TCP","targetPort":80},{"name":"x","nodePort":30555,"port":81,"protocol":"TCP","targetPort":81}]
            422 Invalid Service "c" is invalid: spec.ports[0].nodePort: Invalid value: 30555: provided port is already allocated
            422 Invalid Service "d" is invalid: spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided IP (1.2.3.4) is not in the valid range. The range of valid IPs is 10.96.0.0/12
            201 spec.clusterIPs=["None"] spec.ipFamilyPolicy="SingleStack"
            200 spec.ports=[{"port":80,"protocol":"TCP","targetPort":80}] spec.type="ClusterIP"
        "#]],
    );
}

#[test]
fn events_have_two_forms() {
    check(
        r#"
        create events {"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"web"},"reason":"Killing","message":"m","type":"Normal"}
        get events.events.k8s.io/e => apiVersion regarding note
        list events.events.k8s.io
        list events ?fields=involvedObject.name=web
        "#,
        &expect![[r#"
            201 
            200 apiVersion="events.k8s.io/v1" regarding={"kind":"Pod","name":"web"} note="m"
            200 [e] {"resourceVersion":"1"}
            200 [e] {"resourceVersion":"1"}
        "#]],
    );
}
