//! A cluster with the whole control plane: its own parts are allowed all that they do, its default roles are there and whole,
//! and its admission and controllers work together.
#![cfg(feature = "every-kind")]

#[cfg(test)]
mod door;

#[cfg(test)]
mod tests {
    use super::door::Door;
    use shared::api::{Request, Target, User, Verb};
    use shared::cluster::{Cluster, Config, ControlPlane, Fault};
    use shared::kubectl::{Chunk, Command, Input, State};
    use shared::model::key::resources::PODS;
    use shared::model::{Key, Object, ResourceName, Span, Value};
    use shared::store::Store;
    use shared::trace::{Cause, SourceFile};

    const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: q, namespace: shop }
spec: { hard: { pods: 12, requests.cpu: '4', count/configmaps: 3 } }
---
apiVersion: v1
kind: LimitRange
metadata: { name: l, namespace: shop }
spec: { limits: [{ type: Container, defaultRequest: { cpu: 100m } }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: web }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 6
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: web
        image: nginx:1.27
        readinessProbe: { httpGet: { path: /, port: 80 }, periodSeconds: 2 }
        ports: [{ name: web, containerPort: 80 }]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: shop }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: once, namespace: shop }
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: c, image: busybox, command: [sh, -c, 'sleep 1'] }] } } }
---
apiVersion: v1
kind: Pod
metadata: { name: crashes, namespace: shop }
spec: { containers: [{ name: main, image: busybox, command: [sh, -c, 'sleep 3; exit 1'] }] }
";

    fn full() -> Config {
        Config { control_plane: ControlPlane::Full, ..Config::default() }
    }

    /// Runs one command, letting time pass as long as it waits; gives its output.
    fn run(cluster: &mut Cluster, line: &str) -> String {
        let files = vec![SourceFile { name: "shop.yaml".into(), text: SHOP.into() }];
        let mut command = Command::start(line, Input { files, ..Input::default() });
        let mut output = String::new();
        for _ in 0..3_000 {
            let progress = command.poll(&mut Door(cluster));
            for chunk in progress.chunks {
                let (Chunk::Out(text) | Chunk::Err(text)) = chunk;
                output.push_str(&text);
            }
            if progress.state != State::Running {
                return output;
            }
            cluster.run_for(Span::millis(100));
        }
        panic!("{line} does not end:\n{output}");
    }

    fn list(cluster: &Cluster, resource: &'static str) -> Vec<Object> {
        cluster.store().list(&ResourceName::of(resource)).cloned().collect()
    }

    fn in_shop(cluster: &Cluster, resource: &'static str) -> Vec<Object> {
        list(cluster, resource).into_iter().filter(|it| it.namespace() == "shop").collect()
    }

    fn shop() -> Cluster {
        let mut cluster = Cluster::new(&full());
        cluster.run_for(Span::seconds(5));
        let output = run(&mut cluster, "kubectl apply -f shop.yaml");
        assert_eq!(output.matches(" created").count(), 8, "{output}");
        cluster.run_for(Span::seconds(60));
        cluster
    }

    #[test]
    fn no_part_of_the_cluster_is_denied_anything() {
        let mut cluster = shop();
        for line in [
            "kubectl -n shop set image deployment/web web=nginx:1.28",
            "kubectl -n shop rollout status deployment/web",
            "kubectl -n shop scale deployment/web --replicas=3",
            "kubectl -n shop rollout undo deployment/web",
            "kubectl label node node-1 rack=7",
            "kubectl drain node-1 --ignore-daemonsets --force",
            "kubectl uncordon node-1",
            "kubectl -n shop delete pod -l app=web --wait=false",
            "kubectl -n shop expose deployment web --name again --port 81",
            "kubectl create namespace other",
            "kubectl -n shop label pods --all touched=yes --overwrite",
        ] {
            let output = run(&mut cluster, line);
            assert!(!output.contains("error") && !output.contains("Error"), "{line}: {output}");
            cluster.run_for(Span::seconds(30));
        }
        cluster.inject(&Fault::NodeDown { node: "node-2".into(), on: true });
        cluster.run_for(Span::seconds(400));
        cluster.inject(&Fault::NodeDown { node: "node-2".into(), on: false });
        cluster.run_for(Span::seconds(120));
        run(&mut cluster, "kubectl delete namespace shop --wait=false");
        cluster.run_for(Span::seconds(120));
        assert!(cluster.store().get(&Key::new(ResourceName::of("namespaces"), "", "shop")).is_none());
        assert!(in_shop(&cluster, "pods").is_empty());
        assert_eq!(cluster.denied(), [] as [&str; 0]);
    }

    #[test]
    fn quota_limits_endpoints_and_defaults_work_together() {
        let mut cluster = shop();
        let quota = |cluster: &Cluster| in_shop(cluster, "resourcequotas")[0].at("status").to_json();
        let expected = r#"{"hard":{"count/configmaps":"3","pods":"12","requests.cpu":"4"},"used":{"count/configmaps":"1","pods":"7","requests.cpu":"700m"}}"#;
        assert_eq!(quota(&cluster), expected);
        let slices = in_shop(&cluster, "endpointslices.discovery.k8s.io");
        let ready = slices[0].get("endpoints").items().iter().filter(|it| it.at("conditions.ready").is_true());
        assert_eq!((slices.len(), ready.count()), (1, 6));
        assert_eq!(slices[0].get("ports").to_json(), r#"[{"name":"http","port":80,"protocol":"TCP"}]"#);
        assert_eq!(in_shop(&cluster, "endpoints")[0].get("subsets").items()[0].get("addresses").items().len(), 6);
        run(&mut cluster, "kubectl -n shop scale deployment/web --replicas=20");
        cluster.run_for(Span::seconds(60));
        let refusals = list(&cluster, "events");
        let refused =
            refusals.iter().any(|it| it.get("message").str().contains("exceeded quota: q, requested: pods=1"));
        assert!(refused && in_shop(&cluster, "pods").len() == 12, "{}", in_shop(&cluster, "pods").len());
        run(&mut cluster, "kubectl -n shop scale deployment/web --replicas=1");
        run(&mut cluster, "kubectl -n shop delete pvc data --wait=false");
        cluster.run_for(Span::seconds(60));
        assert!(quota(&cluster).contains(r#""pods":"2","requests.cpu":"200m""#), "{}", quota(&cluster));
        assert!(in_shop(&cluster, "persistentvolumeclaims").is_empty());
    }

    #[test]
    fn the_roles_of_users_are_aggregated() {
        let mut cluster = Cluster::new(&full());
        cluster.run_for(Span::seconds(5));
        let rules = |cluster: &Cluster, name: &str| {
            let key = Key::new(ResourceName::of("clusterroles.rbac.authorization.k8s.io"), "", name);
            cluster.store().get(&key).unwrap().get("rules").items().len()
        };
        let [admin, edit, view] = ["admin", "edit", "view"].map(|it| rules(&cluster, it));
        assert!(admin > edit && edit > view && view > 5, "{admin} {edit} {view}");
        assert_eq!(lists_pods(&mut cluster), 403);
        let rbac = |resource: &str, json: &str| {
            let resource = ResourceName::new(resource, "rbac.authorization.k8s.io");
            let namespace = if resource.plural() == "clusterroles" { "" } else { "default" };
            create(resource, namespace, json)
        };
        let widgets = r#"{"metadata":{"name":"widgets","labels":{"rbac.authorization.k8s.io/aggregate-to-view":"true"}},"rules":[{"apiGroups":[""],"resources":["pods/widget"],"verbs":["get"]}]}"#;
        let binding = r#"{"metadata":{"name":"ann"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"ann"}]}"#;
        for request in [rbac("clusterroles", widgets), rbac("rolebindings", binding)] {
            assert_eq!(cluster.request(&request, Cause::Bootstrap).code, 201);
        }
        cluster.run_for(Span::seconds(5));
        assert_eq!(["admin", "edit", "view"].map(|it| rules(&cluster, it)), [admin + 1, edit + 1, view + 1]);
        assert_eq!(lists_pods(&mut cluster), 200);
    }

    fn create(resource: ResourceName, namespace: &str, json: &str) -> Request {
        let target = Target { resource, version: "v1".into(), namespace: namespace.into(), ..Target::default() };
        Request { body: Value::from_json(json).unwrap(), ..Request::new(Verb::Create, target) }
    }

    /// The code of the answer to a user who has no role but those that are bound to her.
    fn lists_pods(cluster: &mut Cluster) -> u16 {
        let target = Target { resource: PODS, version: "v1".into(), namespace: "default".into(), ..Target::default() };
        let request = Request { user: User::component("ann"), ..Request::new(Verb::List, target) };
        cluster.request(&request, Cause::Bootstrap).code
    }

    #[test]
    fn pods_trust_the_authority_of_the_server() {
        let mut cluster = Cluster::new(&full());
        cluster.run_for(Span::seconds(5));
        let of = |cluster: &Cluster| {
            let key = Key::new(ResourceName::of("configmaps"), "default", "kube-root-ca.crt");
            cluster.store().get(&key).unwrap().get("data").get("ca.crt").text()
        };
        assert!(of(&cluster).starts_with("# Simulated"));
        cluster.publish_authority("one");
        cluster.publish_authority("two");
        cluster.run_for(Span::seconds(5));
        assert_eq!(of(&cluster), "two");
    }

    /// The store as it comes back from a disk.
    fn stored(cluster: &Cluster) -> Store {
        let store = cluster.store();
        let past = store.at(store.oldest()).unwrap();
        let objects = past.listed().map(|it| (it.key, it.after.unwrap()));
        let changes = store.since(store.oldest()).unwrap().map(shared::store::Kept::from);
        Store::restore(store.oldest(), objects, changes).unwrap()
    }

    #[test]
    fn a_resumed_cluster_has_the_default_roles_and_bindings() {
        let mut cluster = Cluster::new(&full());
        cluster.run_for(Span::seconds(5));
        let policy = |cluster: &Cluster| {
            ["clusterroles", "clusterrolebindings", "roles", "rolebindings"].map(|plural| {
                let resource = ResourceName::new(plural, "rbac.authorization.k8s.io");
                let all = cluster.store().list(&resource);
                all.map(|it| (it.namespace(), it.name(), it.get("rules").clone(), it.get("subjects").clone()))
                    .collect::<Vec<_>>()
            })
        };
        let before = policy(&cluster);
        assert!(before[0].len() > 60 && before[1].len() > 45, "{} {}", before[0].len(), before[1].len());
        for line in [
            "kubectl delete clusterrole system:node",
            "kubectl delete clusterrolebinding system:kube-scheduler",
            "kubectl annotate clusterrole system:basic-user rbac.authorization.kubernetes.io/autoupdate=false --overwrite",
            r#"kubectl patch clusterrole system:basic-user --type=merge -p '{"rules":[]}'"#,
            r#"kubectl patch clusterrole system:discovery --type=merge -p '{"rules":[]}'"#,
        ] {
            let output = run(&mut cluster, line);
            assert!(!output.contains("rror"), "{line}: {output}");
        }
        assert_ne!(policy(&cluster), before);
        let config = Config { start: cluster.now() + Span::seconds(1), ..full() };
        let mut resumed = Cluster::resume(&config, stored(&cluster));
        resumed.run_for(Span::seconds(60));
        let after = policy(&resumed);
        let changed: Vec<_> =
            before.iter().flatten().filter(|it| !after.iter().flatten().any(|other| other == *it)).collect();
        let names: Vec<&str> = changed.iter().map(|it| it.1.as_str()).collect();
        assert_eq!(
            names,
            ["system:basic-user", "system:discovery"],
            "one is protected, the rules of the other are split"
        );
        let key = Key::new(ResourceName::of("clusterroles.rbac.authorization.k8s.io"), "", "system:basic-user");
        assert!(resumed.store().get(&key).unwrap().get("rules").is_empty());
        assert_eq!(resumed.denied(), [] as [&str; 0]);
    }

    const GADGETS: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gadgets.a.b }
spec:
  group: a.b
  scope: Namespaced
  names: { plural: gadgets, kind: Gadget }
  versions:
  - name: v1
    served: true
    storage: true
    schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
";

    #[test]
    fn a_definition_goes_after_its_objects() {
        let mut cluster = Cluster::new(&full());
        let gadget = "apiVersion: a.b/v1\nkind: Gadget\nmetadata: { name: one }\n";
        apply(&mut cluster, GADGETS);
        cluster.run_for(Span::seconds(2));
        apply(&mut cluster, gadget);
        assert_eq!(list(&cluster, "gadgets.a.b").len(), 1);
        let output = run(&mut cluster, "kubectl delete crd gadgets.a.b");
        assert_eq!(output, "customresourcedefinition.apiextensions.k8s.io \"gadgets.a.b\" deleted\n");
        assert_eq!(list(&cluster, "customresourcedefinitions.apiextensions.k8s.io").len(), 0);
        assert_eq!(list(&cluster, "gadgets.a.b").len(), 0);
    }

    #[test]
    fn a_policy_says_which_of_its_expressions_do_not_fit() {
        let mut cluster = Cluster::new(&full());
        let policy = "
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: p }
spec:
  matchConstraints: { resourceRules: [{ apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments] }] }
  validations: [{ expression: object.spec.replicas > 1 }]
";
        apply(&mut cluster, policy);
        cluster.run_for(Span::seconds(1));
        let status = "kubectl get validatingadmissionpolicy p -o jsonpath={.status}";
        assert_eq!(run(&mut cluster, status), r#"{"observedGeneration":1,"typeChecking":{}}"#);
        apply(&mut cluster, &policy.replace("object.spec.replicas", "object.replicas"));
        cluster.run_for(Span::seconds(1));
        let warning =
            "kubectl get validatingadmissionpolicy p -o jsonpath={.status.typeChecking.expressionWarnings[0].warning}";
        let told = run(&mut cluster, warning);
        assert!(
            told.starts_with("apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'\n"),
            "{told}"
        );
        assert_eq!(cluster.denied(), [] as [&str; 0]);
    }

    fn apply(cluster: &mut Cluster, text: &str) {
        let files = vec![SourceFile { name: "x.yaml".into(), text: text.into() }];
        let mut command = Command::start("kubectl apply -f x.yaml", Input { files, ..Input::default() });
        while command.poll(&mut Door(cluster)).state == State::Running {
            cluster.run_for(Span::millis(100));
        }
    }
    /// The objects of a resource as `get` shows them, without the column of their age.
    fn table(cluster: &mut Cluster, resource: &str) -> String {
        let shown = run(cluster, &format!("kubectl get {resource} --no-headers"));
        let line = |it: &str| it.rsplit_once(' ').map(|(rest, _)| format!("{}\n", rest.trim_end()));
        shown.lines().filter_map(line).collect()
    }

    #[test]
    fn addresses_follow_services_and_ranges_wait_for_addresses() {
        let mut cluster = Cluster::new(&full());
        run(&mut cluster, "kubectl create service clusterip web --tcp=80 --clusterip=10.96.0.7");
        cluster.run_for(Span::seconds(5));
        let both = "10.96.0.1   services/default/kubernetes\n10.96.0.7   services/default/web\n";
        assert_eq!(table(&mut cluster, "ipaddresses"), both);
        assert_eq!(table(&mut cluster, "servicecidrs"), "kubernetes   10.96.0.0/12\n");
        run(&mut cluster, "kubectl delete ipaddress 10.96.0.7");
        cluster.run_for(Span::seconds(5));
        assert_eq!(table(&mut cluster, "ipaddresses"), both, "a Service that is there gets it back");
        run(&mut cluster, "kubectl delete servicecidr kubernetes --wait=false");
        run(&mut cluster, "kubectl delete service web");
        cluster.run_for(Span::seconds(5));
        assert_eq!(table(&mut cluster, "ipaddresses"), "10.96.0.1   services/default/kubernetes\n");
        let ready = "kubectl get servicecidr kubernetes -o jsonpath={.status.conditions[0].reason}";
        assert_eq!(run(&mut cluster, ready), "Terminating", "the API server's own Service needs it");
    }
}
