use super::checks::findings;
use super::levels::Policy;
use super::{details, reasons};
use crate::api::testing::run_admitted;
use crate::model::Value;
use expect_test::{Expect, expect};

/// Holds `{metadata, spec}` of a pod against `LEVEL[:VERSION]`.
fn check(standard: &str, pod: &str, expected: &Expect) {
    let (level, version) = standard.split_once(':').unwrap_or((standard, "latest"));
    let mut labels = Value::map();
    labels.map_mut().insert("pod-security.kubernetes.io/enforce", level);
    labels.map_mut().insert("pod-security.kubernetes.io/enforce-version", version);
    let (policy, faults) = Policy::read(&labels);
    assert!(faults.0.is_empty(), "{faults:?}");
    let pod = Value::from_json(pod).unwrap();
    let found = findings(policy.enforce, pod.get("metadata"), pod.get("spec"));
    let text =
        if found.is_empty() { "allowed".to_owned() } else { format!("{}\n{}", reasons(&found), details(&found)) };
    expected.assert_eq(&text);
}

const PLAIN: &str = r#"{"spec":{"containers":[{"name":"c"}]}}"#;
const GOOD: &str = r#"{"spec":{"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},"volumes":[{"name":"v","emptyDir":{}}],"containers":[{"name":"c","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"],"add":["NET_BIND_SERVICE"]}}}]}}"#;
const BAD: &str = r#"{"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/c":"unconfined"}},"spec":{"hostNetwork":true,"hostPID":true,"securityContext":{"runAsUser":0,"sysctls":[{"name":"kernel.msgmax"},{"name":"net.ipv4.tcp_rmem"}],"seLinuxOptions":{"type":"spc_t","user":"u"},"windowsOptions":{"hostProcess":true}},"volumes":[{"name":"h","hostPath":{"path":"/"}},{"name":"n","nfs":{}}],"initContainers":[{"name":"i","securityContext":{"privileged":true,"procMount":"Unmasked"}}],"containers":[{"name":"c","ports":[{"hostPort":80},{"hostPort":443}],"livenessProbe":{"httpGet":{"host":"example.com"}},"securityContext":{"capabilities":{"add":["SYS_ADMIN","CHOWN"]},"seccompProfile":{"type":"Unconfined"},"runAsNonRoot":false}}]}}"#;

#[test]
fn standards_find_what_they_forbid() {
    check("privileged", BAD, &expect!["allowed"]);
    check("baseline", PLAIN, &expect!["allowed"]);
    check(
        "baseline",
        BAD,
        &expect![[r#"
        forbidden AppArmor profile, non-default capabilities, host namespaces, hostPath volumes, hostPorts, probe or lifecycle host, privileged, procMount, seLinuxOptions, seccompProfile, forbidden sysctls, hostProcess
        forbidden AppArmor profile (annotation "container.apparmor.security.beta.kubernetes.io/c" must not set AppArmor profile type to "unconfined"), non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volume "h"), hostPorts (container "c" uses hostPorts 443, 80), probe or lifecycle host (container "c" uses probe or lifecycle host "example.com"), privileged (container "i" must not set securityContext.privileged=true), procMount (container "i" must not set securityContext.procMount to "Unmasked"), seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set), seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined"), forbidden sysctls (kernel.msgmax), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)"#]],
    );
    check(
        "restricted",
        PLAIN,
        &expect![[r#"
        allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile
        allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#]],
    );
    check("restricted", GOOD, &expect!["allowed"]);
    check(
        "restricted",
        BAD,
        &expect![[r#"
        forbidden AppArmor profile, host namespaces, hostPorts, probe or lifecycle host, privileged, procMount, seLinuxOptions, forbidden sysctls, hostProcess, allowPrivilegeEscalation != false, unrestricted capabilities, restricted volume types, runAsNonRoot != true, runAsUser=0, seccompProfile
        forbidden AppArmor profile (annotation "container.apparmor.security.beta.kubernetes.io/c" must not set AppArmor profile type to "unconfined"), host namespaces (hostNetwork=true, hostPID=true), hostPorts (container "c" uses hostPorts 443, 80), probe or lifecycle host (container "c" uses probe or lifecycle host "example.com"), privileged (container "i" must not set securityContext.privileged=true), procMount (container "i" must not set securityContext.procMount to "Unmasked"), seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set), forbidden sysctls (kernel.msgmax), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true), allowPrivilegeEscalation != false (containers "i", "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "i", "c" must set securityContext.capabilities.drop=["ALL"]; container "c" must not include "CHOWN", "SYS_ADMIN" in securityContext.capabilities.add), restricted volume types (volumes "h", "n" use restricted volume types "hostPath", "nfs"), runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false), runAsUser=0 (pod must not set runAsUser=0), seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")"#]],
    );
}

#[test]
fn standards_have_versions() {
    check(
        "restricted:v1.7",
        PLAIN,
        &expect![[r#"
        runAsNonRoot != true
        runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)"#]],
    );
    check(
        "restricted:v1.18",
        BAD,
        &expect![[r#"
        forbidden AppArmor profile, non-default capabilities, host namespaces, hostPorts, privileged, procMount, seLinuxOptions, forbidden sysctls, hostProcess, allowPrivilegeEscalation != false, restricted volume types, runAsNonRoot != true
        forbidden AppArmor profile (annotation "container.apparmor.security.beta.kubernetes.io/c" must not set AppArmor profile type to "unconfined"), non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), hostPorts (container "c" uses hostPorts 443, 80), privileged (container "i" must not set securityContext.privileged=true), procMount (container "i" must not set securityContext.procMount to "Unmasked"), seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set), forbidden sysctls (kernel.msgmax, net.ipv4.tcp_rmem), hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true), allowPrivilegeEscalation != false (containers "i", "c" must set securityContext.allowPrivilegeEscalation=false), restricted volume types (volumes "h", "n" use restricted volume types "hostPath", "nfs"), runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)"#]],
    );
    let sysctl = r#"{"spec":{"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_rmem"}]}}}"#;
    check(
        "baseline:v1.31",
        sysctl,
        &expect![[r#"
        forbidden sysctls
        forbidden sysctls (net.ipv4.tcp_rmem)"#]],
    );
    check("baseline:v1.99", sysctl, &expect!["allowed"]);
    let windows = r#"{"spec":{"os":{"name":"windows"},"containers":[{"name":"c"}]}}"#;
    check(
        "restricted:v1.24",
        windows,
        &expect![[r#"
        allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile
        allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#]],
    );
    check(
        "restricted",
        windows,
        &expect![[r#"
        runAsNonRoot != true
        runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)"#]],
    );
    let users = r#"{"spec":{"hostUsers":false,"containers":[{"name":"c","securityContext":{"runAsUser":0,"procMount":"Unmasked"}}]}}"#;
    check("baseline", users, &expect!["allowed"]);
    check(
        "restricted:v1.34",
        users,
        &expect![[r#"
        procMount, allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, runAsUser=0, seccompProfile
        procMount (container "c" must not set securityContext.procMount to "Unmasked"), allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), runAsUser=0 (container "c" must not set runAsUser=0), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#]],
    );
    check(
        "restricted",
        users,
        &expect![[r#"
        procMount, allowPrivilegeEscalation != false, unrestricted capabilities, seccompProfile
        procMount (container "c" must not set securityContext.procMount to "Unmasked"), allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#]],
    );
}

#[test]
fn requests_are_refused_warned_of_and_noted() {
    let script = r#"
        create namespaces {"metadata":{"name":"shop","labels":{"pod-security.kubernetes.io/enforce":"baseline","pod-security.kubernetes.io/warn":"restricted","pod-security.kubernetes.io/warn-version":"v1.24"}}} => metadata.name
        create serviceaccounts@shop {"metadata":{"name":"default"}} => metadata.name
        create pods@shop {"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i"}]}} => metadata.name
        create pods@shop {"metadata":{"name":"b"},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"i"}]}} => metadata.name
        create deployments.apps@shop {"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i","securityContext":{"privileged":true}}]}}}} => metadata.name
        merge pods/a@shop {"metadata":{"labels":{"x":"y"}}} => metadata.labels
        merge namespaces/shop {"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}} => metadata.name
        merge namespaces/shop {"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"strict"}}} => metadata.name
        create namespaces {"metadata":{"name":"bad","labels":{"pod-security.kubernetes.io/enforce":"x","pod-security.kubernetes.io/audit-version":"1.2"}}}
    "#;
    expect![[r#"
        201 metadata.name="shop"
        201 metadata.name="default"
        201 metadata.name="a" (warning: would violate PodSecurity "restricted:v1.24": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")) (pod-security.kubernetes.io/enforce-policy: baseline:latest)
        403 Forbidden pods "b" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true) (pod-security.kubernetes.io/enforce-policy: baseline:latest)
        201 metadata.name="d" (warning: would violate PodSecurity "restricted:v1.24": privileged (container "c" must not set securityContext.privileged=true), allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))
        200 metadata.labels={"x":"y"}
        200 metadata.name="shop" (warning: existing pods in namespace "shop" violate the new PodSecurity enforce level "restricted:latest") (warning: a: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile)
        422 Invalid Namespace "shop" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted
        422 Invalid Namespace "bad" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "x": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/audit-version]: Invalid value: "1.2": must be "latest" or "v1.x"]
    "#]].assert_eq(&run_admitted(script));
}
