//! Kinds by what the API answers, a line per request.

use crate::api::testing::run;
use expect_test::{Expect, expect};

fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&run(script));
}

#[test]
fn networking() {
    check(
        r#"
        create ingressclasses.networking.k8s.io {"metadata":{"name":"nginx","annotations":{"ingressclass.kubernetes.io/is-default-class":"true"}},"spec":{"controller":"k8s.io/nginx","parameters":{"kind":"P","name":"p"}}} => spec.parameters metadata.generation
        create ingresses.networking.k8s.io {"metadata":{"name":"a"},"spec":{"defaultBackend":{"service":{"name":"web","port":{"number":80}}}}} => spec.ingressClassName status
        create ingresses.networking.k8s.io {"metadata":{"name":"b"},"spec":{"rules":[{"host":"1.2.3.4","http":{"paths":[{"path":"a//b","pathType":"Exact","backend":{}}]}}],"tls":[{"hosts":["*.*"]}]}}
        create ingresses.networking.k8s.io {"metadata":{"name":"b"},"spec":{}}
        create ingressclasses.networking.k8s.io {"metadata":{"name":"x"},"spec":{"controller":"nginx","parameters":{"kind":"P","name":"","scope":"Namespace"}}}
        update ingressclasses.networking.k8s.io/nginx {"metadata":{"name":"nginx"},"spec":{"controller":"k8s.io/other"}}
        create networkpolicies.networking.k8s.io {"metadata":{"name":"a"},"spec":{"podSelector":{},"egress":[{"to":[{"ipBlock":{"cidr":"10.0.0.1/8","except":["10.1.0.0/16"]}}],"ports":[{"port":53}]}]}} => spec.policyTypes spec.egress
        create networkpolicies.networking.k8s.io {"metadata":{"name":"b"},"spec":{"podSelector":{},"ingress":[{"from":[{}],"ports":[{"port":"http","endPort":5},{"protocol":"X","endPort":1}]}],"policyTypes":["a","b","c"]}}
        create servicecidrs.networking.k8s.io {"metadata":{"name":"a"},"spec":{"cidrs":["10.0.0.1/8"]}}
        create servicecidrs.networking.k8s.io {"metadata":{"name":"a"},"spec":{"cidrs":["10.0.0.0/8","11.0.0.0/8"]}}
        create ipaddresses.networking.k8s.io {"metadata":{"name":"10.0.0.01"},"spec":{}}
        "#,
        &expect![[r#"
            201 spec.parameters={"kind":"P","name":"p","scope":"Cluster"} metadata.generation=1
            201 spec.ingressClassName="nginx" status={"loadBalancer":{}}
            422 Invalid Ingress.networking.k8s.io "b" is invalid: [spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address, spec.rules[0].http.paths[0].path: Invalid value: "a//b": must be an absolute path, spec.rules[0].http.paths[0].path: Invalid value: "a//b": must not contain '//', spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required, spec.tls[0].hosts[0]: Invalid value: "*.*": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')]
            422 Invalid Ingress.networking.k8s.io "b" is invalid: spec: Invalid value: null: either `defaultBackend` or `rules` must be specified
            422 Invalid IngressClass.networking.k8s.io "x" is invalid: [spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo"), spec.parameters.name: Required value, spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace']
            422 Invalid IngressClass.networking.k8s.io "nginx" is invalid: spec.controller: Invalid value: "k8s.io/other": field is immutable
            201 spec.policyTypes=["Ingress","Egress"] spec.egress=[{"ports":[{"port":53,"protocol":"TCP"}],"to":[{"ipBlock":{"cidr":"10.0.0.1/8","except":["10.1.0.0/16"]}}]}] (warning: spec.egress[0].to[0].ipBlock.cidr: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?))
            422 Invalid NetworkPolicy.networking.k8s.io "b" is invalid: [spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is non-numeric, spec.ingress[0].ports[1].protocol: Unsupported value: "X": supported values: "TCP", "UDP", "SCTP", spec.ingress[0].ports[1].endPort: Invalid value: 1: may not be specified when `port` is not specified, spec.ingress[0].from[0]: Required value: must specify a peer, spec.policyTypes: Invalid value: ["a","b","c"]: may not specify more than two policyTypes]
            422 Invalid ServiceCIDR.networking.k8s.io "a" is invalid: spec.cidrs[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length
            422 Invalid ServiceCIDR.networking.k8s.io "a" is invalid: spec.cidrs: Invalid value: {"CIDRs":["10.0.0.0/8","11.0.0.0/8"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96
            422 Invalid IPAddress.networking.k8s.io "10.0.0.01" is invalid: [metadata.name: Invalid value: "10.0.0.01": ParseAddr("10.0.0.01"): unable to parse IP, spec.parentRef: Required value]
        "#]],
    );
}

#[test]
fn discovery_storage_scheduling_and_node() {
    check(
        r#"
        create endpointslices.discovery.k8s.io {"metadata":{"name":"a"},"addressType":"IPv4","endpoints":[{"addresses":["10.1.2.3"]}],"ports":[{"port":80}]} => ports metadata.generation
        create endpointslices.discovery.k8s.io {"metadata":{"name":"b"},"addressType":"IPv4","endpoints":[{"addresses":["127.0.0.1","::1","x"]},{"addresses":[]}],"ports":[{"port":80},{"port":81}]}
        create storageclasses.storage.k8s.io {"metadata":{"name":"a"},"provisioner":"example.com/p"} => reclaimPolicy volumeBindingMode
        update storageclasses.storage.k8s.io/a {"metadata":{"name":"a"},"provisioner":"example.com/q","parameters":{"a":"b"}}
        create storageclasses.storage.k8s.io {"metadata":{"name":"b"},"provisioner":"","reclaimPolicy":"Keep","volumeBindingMode":"x"}
        create csidrivers.storage.k8s.io {"metadata":{"name":"a"}} => spec
        create volumeattachments.storage.k8s.io {"metadata":{"name":"a"},"spec":{"attacher":"","nodeName":"n","source":{}}}
        create volumeattributesclasses.storage.k8s.io {"metadata":{"name":"a"},"driverName":"x.y"}
        create priorityclasses.scheduling.k8s.io {"metadata":{"name":"gold"},"value":1000,"globalDefault":true} => preemptionPolicy
        create priorityclasses.scheduling.k8s.io {"metadata":{"name":"silver"},"value":1000,"globalDefault":true}
        create priorityclasses.scheduling.k8s.io {"metadata":{"name":"silver"},"value":1000000001}
        create priorityclasses.scheduling.k8s.io {"metadata":{"name":"system-x"},"value":1}
        update priorityclasses.scheduling.k8s.io/gold {"metadata":{"name":"gold"},"value":2,"preemptionPolicy":"Never"}
        create runtimeclasses.node.k8s.io {"metadata":{"name":"a"},"handler":"A b","overhead":{"podFixed":{"cpu":"-1"}}}
        "#,
        &expect![[r#"
            201 ports=[{"name":"","port":80,"protocol":"TCP"}] metadata.generation=1
            422 Invalid EndpointSlice.discovery.k8s.io "b" is invalid: [endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128), endpoints[0].addresses[1]: Invalid value: "::1": must be a valid IPv4 address, endpoints[0].addresses[1]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128), endpoints[0].addresses[2]: Invalid value: "x": must be a valid IPv4 address, endpoints[0].addresses[2]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff), endpoints[1].addresses: Required value: must contain at least 1 address, ports[1].name: Duplicate value: ""]
            201 reclaimPolicy="Delete" volumeBindingMode="Immediate"
            422 Invalid StorageClass.storage.k8s.io "a" is invalid: [parameters: Forbidden: updates to parameters are forbidden., provisioner: Forbidden: updates to provisioner are forbidden.]
            422 Invalid StorageClass.storage.k8s.io "b" is invalid: [provisioner: Required value, reclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Retain", volumeBindingMode: Unsupported value: "x": supported values: "Immediate", "WaitForFirstConsumer"]
            201 spec={"attachRequired":true,"fsGroupPolicy":"ReadWriteOnceWithFSType","podInfoOnMount":false,"requiresRepublish":false,"seLinuxMount":false,"storageCapacity":false,"volumeLifecycleModes":["Persistent"]}
            422 Invalid VolumeAttachment.storage.k8s.io "a" is invalid: [spec.attacher: Required value, spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName]
            422 Invalid VolumeAttributesClass.storage.k8s.io "a" is invalid: parameters: Required value: must contain at least one parameter
            201 preemptionPolicy="PreemptLowerPriority"
            403 Forbidden priorityclasses.scheduling.k8s.io "silver" is forbidden: PriorityClass gold is already marked as default. Only one default can exist
            422 Invalid PriorityClass.scheduling.k8s.io "silver" is invalid: value: Forbidden: maximum allowed value of a user defined priority is 1000000000
            422 Invalid PriorityClass.scheduling.k8s.io "system-x" is invalid: metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class
            422 Invalid PriorityClass.scheduling.k8s.io "gold" is invalid: [value: Forbidden: may not be changed in an update., preemptionPolicy: Invalid value: "Never": field is immutable]
            422 Invalid RuntimeClass.node.k8s.io "a" is invalid: [handler: Invalid value: "A b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?'), overhead.podFixed[cpu]: Invalid value: "-1": must be greater than or equal to 0]
        "#]],
    );
}

#[test]
fn certificate_requests_keep_what_was_decided() {
    check(
        r#"
        create certificatesigningrequests.certificates.k8s.io {"metadata":{"name":"a"},"spec":{"request":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIbE1JR01BZ0VBTUNveEREQUtCZ05WQkFvTUEyUmxkakVNTUFvR0ExVUVDZ3dEYjNCek1Rd3dDZ1lEVlFRRERBTmhaR0V3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVFpQmNtNXJReENMSDRPSGpaMGRZeXhMbFVXZTYwZWlGU0RXSGo2MFhsVndRTGZXT1c5cXF5V3B4dU9XVVNwT2dJNkFRVG1sSW9nb3hPSHZQaU00aE5Yb0FBd0NnWUlLb1pJemowRUF3SURTQUF3UlFJaEFNNXFqbCs2VTNxak54Yzd2ZHVMSzVZUUphbjZJREc3dmJIWGtKWVhySC9QQWlCSkVJeWNiK1FaRHZZNGdDWUJBV0JWV0pIenh0SWtQZTJNdXd6VGN3ZCtxZz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=","signerName":"example.com/signer","usages":["client auth"],"username":"me"}} => spec.username status
        create certificatesigningrequests.certificates.k8s.io {"metadata":{"name":"b"},"spec":{"request":"QQ==","signerName":"signer","usages":["a","a"],"expirationSeconds":1}}
        update certificatesigningrequests.certificates.k8s.io/a/approval {"metadata":{"name":"a"},"status":{"conditions":[{"type":"Approved","status":"True","reason":"R"}]}} => status.conditions
        update certificatesigningrequests.certificates.k8s.io/a/approval {"metadata":{"name":"a"},"status":{"conditions":[{"type":"Denied","status":"True"}]}}
        merge certificatesigningrequests.certificates.k8s.io/a/status {"status":{"conditions":[],"certificate":"QQ=="}}
        "#,
        &expect![[r#"
            201 spec.username="kubernetes-admin" status={}
            422 Invalid CertificateSigningRequest.certificates.k8s.io "b" is invalid: [spec.request: Invalid value: "QQ==": PEM block type must be CERTIFICATE REQUEST, spec.usages[0]: Unsupported value: "a": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping", spec.usages[1]: Unsupported value: "a": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping", spec.usages[1]: Duplicate value: "a", spec.signerName: Invalid value: "signer": must be a fully qualified domain and path of the form 'example.com/signer-name', spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 600 seconds (10 minutes)]
            200 status.conditions=[{"lastTransitionTime":"2026-01-01T00:00:02Z","lastUpdateTime":"2026-01-01T00:00:02Z","reason":"R","status":"True","type":"Approved"}]
            422 Invalid CertificateSigningRequest.certificates.k8s.io "a" is invalid: status.conditions: Forbidden: updates may not remove a condition of type "Approved"
            422 Invalid CertificateSigningRequest.certificates.k8s.io "a" is invalid: status.certificate: Invalid value: "<certificate data>": must contain one or more PEM blocks
        "#]],
    );
}

#[test]
fn admission_registration() {
    check(
        r#"
        create validatingwebhookconfigurations.admissionregistration.k8s.io {"metadata":{"name":"a"},"webhooks":[{"name":"a.example.com","sideEffects":"None","admissionReviewVersions":["v1"],"clientConfig":{"service":{"name":"s","namespace":"d"}},"rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}]}]} => webhooks
        create mutatingwebhookconfigurations.admissionregistration.k8s.io {"metadata":{"name":"a"},"webhooks":[{"name":"a","admissionReviewVersions":["v2"],"clientConfig":{"url":"http://a@b/c?d"},"timeoutSeconds":31,"rules":[{"operations":["*","CREATE"],"apiGroups":[],"apiVersions":["v1"],"resources":["*","pods"]}]}]}
        create validatingadmissionpolicies.admissionregistration.k8s.io {"metadata":{"name":"a"},"spec":{"matchConstraints":{"resourceRules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}]},"validations":[{"expression":"true"}]}} => spec
        create validatingadmissionpolicies.admissionregistration.k8s.io {"metadata":{"name":"b"},"spec":{"paramKind":{"apiVersion":"a/b/c","kind":"-"}}}
        create validatingadmissionpolicybindings.admissionregistration.k8s.io {"metadata":{"name":"a"},"spec":{"policyName":"","validationActions":["Deny","Warn"],"paramRef":{}}}
        create mutatingadmissionpolicies.admissionregistration.k8s.io {"metadata":{"name":"a"},"spec":{"matchConstraints":{"resourceRules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}]},"mutations":[{"patchType":"ApplyConfiguration"},{"patchType":"x"}]}}
        create mutatingadmissionpolicybindings.admissionregistration.k8s.io {"metadata":{"name":"a"},"spec":{"policyName":"p"}} => spec
        "#,
        &expect![[r#"
            201 webhooks=[{"admissionReviewVersions":["v1"],"clientConfig":{"service":{"name":"s","namespace":"d","port":443}},"failurePolicy":"Fail","matchPolicy":"Equivalent","name":"a.example.com","namespaceSelector":{},"objectSelector":{},"rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods"],"scope":"*"}],"sideEffects":"None","timeoutSeconds":10}]
            422 Invalid MutatingWebhookConfiguration.admissionregistration.k8s.io "a" is invalid: [webhooks[0].name: Invalid value: "a": should be a domain with at least three segments separated by dots, webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations, webhooks[0].rules[0].apiGroups: Required value, webhooks[0].rules[0].resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources, webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun, webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds, webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path], webhooks[0].clientConfig.url: Invalid value: "a": user information is not permitted in the URL, webhooks[0].clientConfig.url: Invalid value: "d": query parameters are not permitted in the URL, webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1]
            201 spec={"failurePolicy":"Fail","matchConstraints":{"matchPolicy":"Equivalent","namespaceSelector":{},"objectSelector":{},"resourceRules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods"],"scope":"*"}]},"validations":[{"expression":"true"}]}
            422 Invalid ValidatingAdmissionPolicy.admissionregistration.k8s.io "b" is invalid: [spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c, spec.paramKind.kind: Invalid value: "-": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?'), spec.matchConstraints: Required value, spec.validations: Required value: validations or auditAnnotations must contain at least one item, spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item]
            422 Invalid ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io "a" is invalid: [spec.policyName: Required value, spec.paramRef: Required value: one of name or selector must be specified, spec.paramRef.parameterNotFoundAction: Required value, spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)]
            422 Invalid MutatingAdmissionPolicy.admissionregistration.k8s.io "a" is invalid: [spec.mutations[0].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration, spec.mutations[1].patchType: Unsupported value: "x": supported values: "ApplyConfiguration", "JSONPatch"]
            201 spec={"policyName":"p"}
        "#]],
    );
}
