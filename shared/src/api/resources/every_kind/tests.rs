//! The kinds of this folder as a client sees them: a script of requests, and what came back.

use crate::api::testing::run;
use expect_test::{Expect, expect};

fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&run(script));
}

const TEMPLATE: &str =
    r#""template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}"#;
const JOB: &str = r#"{"metadata":{"name":"j"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"busybox"}]}}}}"#;
const CLAIM: &str = r#"{"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1024Mi"}}}}"#;

#[test]
fn a_daemon_set_counts_the_changes_of_its_template() {
    let set =
        format!(r#"{{"metadata":{{"name":"d"}},"spec":{{"selector":{{"matchLabels":{{"a":"b"}}}},{TEMPLATE}}}}}"#);
    check(
        &format!(
            r#"
            create daemonsets.apps {set} => metadata.generation metadata.annotations spec.updateStrategy status
            merge daemonsets.apps/d {{"spec":{{"minReadySeconds":5}}}} => metadata.generation metadata.annotations
            merge daemonsets.apps/d {{"spec":{{"template":{{"metadata":{{"labels":{{"x":"y"}}}}}}}}}} => metadata.generation metadata.annotations
            merge daemonsets.apps/d/status {{"status":{{"numberReady":-1}}}}
            "#
        ),
        &expect![[r#"
            201 metadata.generation=1 metadata.annotations={"deprecated.daemonset.template.generation":"1"} spec.updateStrategy={"rollingUpdate":{"maxSurge":0,"maxUnavailable":1},"type":"RollingUpdate"} status={"currentNumberScheduled":0,"desiredNumberScheduled":0,"numberMisscheduled":0,"numberReady":0}
            200 metadata.generation=2 metadata.annotations={"deprecated.daemonset.template.generation":"1"}
            200 metadata.generation=3 metadata.annotations={"deprecated.daemonset.template.generation":"2"}
            422 Invalid DaemonSet.apps "d" is invalid: status.numberReady: Invalid value: -1: must be greater than or equal to 0
        "#]],
    );
}

#[test]
fn a_stateful_set_is_fixed_but_for_some_fields() {
    let set = format!(
        r#"{{"metadata":{{"name":"s"}},"spec":{{"serviceName":"s","selector":{{"matchLabels":{{"a":"b"}}}},{TEMPLATE}}}}}"#
    );
    check(
        &format!(
            r#"
            create statefulsets.apps {set} => spec.updateStrategy spec.persistentVolumeClaimRetentionPolicy spec.replicas status
            merge statefulsets.apps/s {{"spec":{{"serviceName":"other"}}}}
            merge statefulsets.apps/s/scale {{"spec":{{"replicas":3}}}} => spec status
            merge statefulsets.apps/s/status {{"status":{{"readyReplicas":4,"replicas":3}}}}
            "#
        ),
        &expect![[r#"
            201 spec.updateStrategy={"rollingUpdate":{"partition":0},"type":"RollingUpdate"} spec.persistentVolumeClaimRetentionPolicy={"whenDeleted":"Retain","whenScaled":"Retain"} spec.replicas=1 status={"availableReplicas":0,"replicas":0}
            422 Invalid StatefulSet.apps "s" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden
            200 spec={"replicas":3} status={"replicas":0,"selector":"a=b"}
            422 Invalid StatefulSet.apps "s" is invalid: status.readyReplicas: Invalid value: 4: cannot be greater than status.replicas
        "#]],
    );
}

#[test]
fn a_job_selects_its_own_pods_which_stay_when_it_goes() {
    check(
        &format!(
            r#"
            create jobs.batch {JOB} => metadata.labels spec.selector spec.completions spec.backoffLimit spec.podReplacementPolicy
            merge jobs.batch/j {{"spec":{{"completions":2}}}}
            merge jobs.batch/j {{"spec":{{"parallelism":2}}}} => spec.parallelism
            delete jobs.batch/j => metadata.finalizers
            create jobs.batch {{"metadata":{{"generateName":"k-"}},"spec":{{"template":{{"spec":{{"restartPolicy":"Never","containers":[{{"name":"c","image":"busybox"}}]}}}}}}}} => metadata.labels
            "#
        ),
        &expect![[r#"
            201 metadata.labels={"batch.kubernetes.io/controller-uid":"910a2dec-8902-4cc1-beeb-8da1658eec67","batch.kubernetes.io/job-name":"j","controller-uid":"910a2dec-8902-4cc1-beeb-8da1658eec67","job-name":"j"} spec.selector={"matchLabels":{"batch.kubernetes.io/controller-uid":"910a2dec-8902-4cc1-beeb-8da1658eec67"}} spec.completions=1 spec.backoffLimit=6 spec.podReplacementPolicy="TerminatingOrFailed"
            422 Invalid Job.batch "j" is invalid: spec.completions: Invalid value: 2: field is immutable
            200 spec.parallelism=2
            200 metadata.finalizers=["orphan"] (warning: child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning)
            201 metadata.labels={"batch.kubernetes.io/controller-uid":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","batch.kubernetes.io/job-name":"k-p26sk","controller-uid":"f893a2ee-fb32-455e-b1c1-8690ee42c90b","job-name":"k-p26sk"}
        "#]],
    );
}

#[test]
fn a_replication_controller_leaves_its_pods_behind() {
    check(
        &format!(
            r#"
            create replicationcontrollers {{"metadata":{{"name":"r"}},"spec":{{{TEMPLATE}}}}} => spec.selector metadata.labels spec.replicas
            get replicationcontrollers/r/scale => spec status
            delete replicationcontrollers/r => metadata.finalizers
            "#
        ),
        &expect![[r#"
            201 spec.selector={"a":"b"} metadata.labels={"a":"b"} spec.replicas=1
            200 spec={"replicas":1} status={"replicas":0,"selector":"a=b"}
            200 metadata.finalizers=["orphan"]
        "#]],
    );
}

#[test]
fn a_claim_is_protected_and_grows_only_when_bound() {
    check(
        &format!(
            r#"
            create persistentvolumeclaims {CLAIM} => metadata.finalizers spec status
            merge persistentvolumeclaims/c {{"spec":{{"resources":{{"requests":{{"storage":"2Gi"}}}}}}}}
            merge persistentvolumeclaims/c {{"spec":{{"volumeName":"v"}}}} => spec.volumeName
            merge persistentvolumeclaims/c/status {{"status":{{"phase":"Bound","capacity":{{"storage":"1Gi"}}}}}} => status
            merge persistentvolumeclaims/c {{"spec":{{"resources":{{"requests":{{"storage":"2Gi"}}}}}}}} => spec.resources
            merge persistentvolumeclaims/c {{"spec":{{"resources":{{"requests":{{"storage":"512Mi"}}}}}}}}
            delete persistentvolumeclaims/c => metadata.deletionTimestamp
            "#
        ),
        &expect![[r#"
            201 metadata.finalizers=["kubernetes.io/pvc-protection"] spec={"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"volumeMode":"Filesystem"} status={"phase":"Pending"}
            422 Invalid PersistentVolumeClaim "c" is invalid: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims
            200 spec.volumeName="v"
            200 status={"capacity":{"storage":"1Gi"},"phase":"Bound"}
            200 spec.resources={"requests":{"storage":"2Gi"}}
            422 Invalid PersistentVolumeClaim "c" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity
            200 metadata.deletionTimestamp="2026-01-01T00:00:06Z"
        "#]],
    );
}

#[test]
fn an_autoscaler_has_two_versions_and_one_storage() {
    check(
        r#"
        create horizontalpodautoscalers.autoscaling {"metadata":{"name":"h"},"spec":{"maxReplicas":3,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},"targetCPUUtilizationPercentage":60}} => apiVersion spec
        get horizontalpodautoscalers.autoscaling/h:v2 => apiVersion spec.metrics
        merge horizontalpodautoscalers.autoscaling/h:v2 {"spec":{"behavior":{"scaleUp":{"policies":[{"type":"Pods","value":1,"periodSeconds":9}]}}}} => spec.behavior
        get horizontalpodautoscalers.autoscaling/h => metadata.annotations
        merge horizontalpodautoscalers.autoscaling/h {"spec":{"maxReplicas":0}}
        "#,
        &expect![[r#"
            201 apiVersion="autoscaling/v1" spec={"maxReplicas":3,"minReplicas":1,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},"targetCPUUtilizationPercentage":60}
            200 apiVersion="autoscaling/v2" spec.metrics=[{"resource":{"name":"cpu","target":{"averageUtilization":60,"type":"Utilization"}},"type":"Resource"}]
            200 spec.behavior={"scaleDown":{"policies":[{"periodSeconds":15,"type":"Percent","value":100}],"selectPolicy":"Max"},"scaleUp":{"policies":[{"periodSeconds":9,"type":"Pods","value":1}],"selectPolicy":"Max","stabilizationWindowSeconds":0}}
            200 metadata.annotations={"autoscaling.alpha.kubernetes.io/behavior":"{\"scaleDown\":{\"policies\":[{\"periodSeconds\":15,\"type\":\"Percent\",\"value\":100}],\"selectPolicy\":\"Max\"},\"scaleUp\":{\"policies\":[{\"periodSeconds\":9,\"type\":\"Pods\",\"value\":1}],\"selectPolicy\":\"Max\",\"stabilizationWindowSeconds\":0}}"}
            422 Invalid HorizontalPodAutoscaler.autoscaling "h" is invalid: [spec.maxReplicas: Required value: must be set and greater than 0, spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`]
        "#]],
    );
}

#[test]
fn component_statuses_are_read_alone() {
    check(
        r#"
        list componentstatuses
        get componentstatuses/scheduler => conditions
        get componentstatuses/nobody
        create componentstatuses {"metadata":{"name":"x"}}
        "#,
        &expect![[r#"
            200 [etcd-0 scheduler controller-manager] {"resourceVersion":"0"} (warning: v1 ComponentStatus is deprecated in v1.19+)
            200 conditions=[{"message":"ok","status":"True","type":"Healthy"}] (warning: v1 ComponentStatus is deprecated in v1.19+)
            404 NotFound componentstatuses "nobody" not found (warning: v1 ComponentStatus is deprecated in v1.19+)
            405 MethodNotAllowed the server does not allow this method on the requested resource (warning: v1 ComponentStatus is deprecated in v1.19+)
        "#]],
    );
}

#[test]
fn an_eviction_spends_the_budget() {
    let pod = |name: &str| {
        format!(
            r#"{{"metadata":{{"name":"{name}","labels":{{"a":"b"}}}},"spec":{{"containers":[{{"name":"c","image":"nginx"}}]}}}}"#
        )
    };
    let running = r#"{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}"#;
    let (one, two) = (pod("one"), pod("two"));
    check(
        &format!(
            r#"
            create poddisruptionbudgets.policy {{"metadata":{{"name":"p"}},"spec":{{"minAvailable":1,"selector":{{"matchLabels":{{"a":"b"}}}}}}}} => status
            create pods {one}
            create pods {two}
            merge pods/one/status {running}
            merge pods/two/status {running}
            create pods/one/eviction {{}}
            merge poddisruptionbudgets.policy/p/status {{"status":{{"observedGeneration":1,"disruptionsAllowed":1,"currentHealthy":2,"desiredHealthy":1}}}}
            create pods/one/eviction {{}}
            create pods/two/eviction {{}}
            get poddisruptionbudgets.policy/p => status
            merge pods/two/status {{"status":{{"conditions":[{{"type":"Ready","status":"False"}}]}}}}
            create pods/two/eviction {{}}
            "#
        ),
        &expect![[r#"
            201 status={"currentHealthy":0,"desiredHealthy":0,"disruptionsAllowed":0,"expectedPods":0}
            201 
            201 
            200 
            200 
            429 TooManyRequests Cannot evict pod as it would violate the pod's disruption budget.
            200 
            201 
            429 TooManyRequests Cannot evict pod as it would violate the pod's disruption budget.
            200 status={"conditions":[{"lastTransitionTime":"2026-01-01T00:00:07Z","message":"","observedGeneration":1,"reason":"InsufficientPods","status":"False","type":"DisruptionAllowed"}],"currentHealthy":2,"desiredHealthy":1,"disruptedPods":{"one":"2026-01-01T00:00:07Z"},"disruptionsAllowed":0,"expectedPods":0,"observedGeneration":1}
            200 
            201 
        "#]],
    );
}
