//! Commands against an API server, as a person sees them.

use super::*;
use crate::api::Api;
use crate::model::{Chance, Span};
use expect_test::{Expect, expect};

/// The most polls that a command gets before a test gives up on it.
const POLLS_MAX: usize = 100;

/// An API server alone: nothing reconciles.
struct Alone {
    api: Api,
    now: Time,
}

impl Client for Alone {
    fn now(&self) -> Time {
        self.now
    }

    fn request(&mut self, request: Request) -> Response {
        self.api.handle(&request, self.now)
    }
}

fn alone() -> Alone {
    let mut alone = Alone { api: Api::new(Chance::new(1)), now: Time::VIRTUAL_START };
    let mut request = Request::new(
        crate::api::Verb::Create,
        crate::api::Target { resource: crate::model::key::resources::NAMESPACES, ..Default::default() },
    );
    request.body = crate::model::Object::new("v1", "Namespace", "", "default").into();
    alone.request(request);
    alone
}

/// Runs a command that does not wait.
pub(super) fn finish(client: &mut dyn Client, line: &str) -> String {
    let mut command = Command::start(line, Input::default());
    let progress = command.poll(client);
    let shown: String = progress.chunks.iter().map(shown).collect();
    match progress.state {
        State::Done(0) => shown,
        State::Done(code) => format!("{shown}[exit {code}]\n"),
        State::Edit { .. } | State::Running => format!("{shown}[running]\n"),
    }
}

/// Output as it is, and what went to standard error after `! `.
fn shown(chunk: &Chunk) -> String {
    match chunk {
        Chunk::Out(text) => text.clone(),
        Chunk::Err(text) => text.split_inclusive('\n').map(|it| format!("! {it}")).collect(),
    }
}

fn run(client: &mut Alone, line: &str, files: &[(&str, &str)]) -> String {
    let files = files.iter().map(|(name, text)| SourceFile { name: (*name).into(), text: (*text).into() }).collect();
    let mut command = Command::start(line, Input { files, ..Input::default() });
    let mut text = String::new();
    for _ in 0..POLLS_MAX {
        let progress = command.poll(client);
        text.extend(progress.chunks.iter().map(shown));
        match progress.state {
            State::Done(0) => return text,
            State::Done(code) => return format!("{text}[exit {code}]\n"),
            State::Edit { name, text: edited } => return format!("{text}[edit {name}]\n{edited}"),
            State::Running => client.now += Span::seconds(1),
        }
    }
    format!("{text}[running]\n")
}

/// Runs the lines one after the other.
fn check(lines: &[&str], files: &[(&str, &str)], expect: &Expect) {
    let mut client = alone();
    let shown: String = lines.iter().map(|line| format!("$ {line}\n{}", run(&mut client, line, files))).collect();
    expect.assert_eq(&shown);
}

const CONFIG: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},
    "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
    "spec":{"containers":[{"name":"c","image":"nginx:1"}]}}}}"#;

#[test]
fn applies_and_deletes() {
    let files = [("web.json", CONFIG)];
    let lines = [
        "apply -f web.json --dry-run=client",
        "apply -f web.json",
        "apply -f web.json",
        "kubectl get deploy -o name",
        "k get deploy/web -o jsonpath='{.spec.replicas}{\"\\n\"}'",
        "get deploy nope",
        "delete -f web.json",
        "delete deploy web",
        "get deploy",
        "apply -f nope.json",
    ];
    check(
        &lines,
        &files,
        &expect![[r#"
        $ apply -f web.json --dry-run=client
        deployment.apps/web created (dry run)
        $ apply -f web.json
        deployment.apps/web created
        $ apply -f web.json
        deployment.apps/web unchanged
        $ kubectl get deploy -o name
        deployment.apps/web
        $ k get deploy/web -o jsonpath='{.spec.replicas}{"\n"}'
        2
        $ get deploy nope
        ! Error from server (NotFound): deployments.apps "nope" not found
        [exit 1]
        $ delete -f web.json
        deployment.apps "web" deleted from default namespace
        $ delete deploy web
        ! Error from server (NotFound): deployments.apps "web" not found
        [exit 1]
        $ get deploy
        ! No resources found in default namespace.
        $ apply -f nope.json
        ! error: the path "nope.json" does not exist
        [exit 1]
    "#]],
    );
}

#[test]
fn refuses_as_kubectl_does() {
    let lines = [
        "gett pods",
        "get",
        "get nosuch",
        "get pods --nope",
        "get pods -o x",
        "get pods a/b",
        "delete pods",
        "top pods",
        "get pods | wc",
    ];
    check(
        &lines,
        &[],
        &expect![[r#"
            $ gett pods
            ! error: unknown command "gett" for "kubectl"
            ! 
            ! Did you mean this?
            ! 	get
            ! 	set
            [exit 1]
            $ get
            ! You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.
            ! 
            ! error: Required resource not specified.
            ! Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
            ! See 'kubectl get -h' for help and examples
            [exit 1]
            $ get nosuch
            ! error: the server doesn't have a resource type "nosuch"
            [exit 1]
            $ get pods --nope
            ! error: unknown flag: --nope
            ! See 'kubectl get --help' for usage.
            [exit 1]
            $ get pods -o x
            ! error: unable to match a printer suitable for the output format "x", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml
            [exit 1]
            $ get pods a/b
            ! error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'
            [exit 1]
            $ delete pods
            ! error: resource(s) were provided, but no name was specified
            [exit 1]
            $ top pods
            ! error: kubectl top needs the metrics API, which is not part of this cluster yet
            [exit 1]
            $ get pods | wc
            ! error: pipes are not supported here; put '|' in single quotes if it belongs to a word
            [exit 1]
        "#]],
    );
}

const WEB: &str = "# the shop
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: one, namespace: shop, labels: {app: one}}
spec:
  containers:
  - name: c
    image: nginx:1
---
apiVersion: v1
kind: Pod
metadata: {name: two, namespace: shop}
spec:
  restartPolicy: Sometimes
  containers: [{name: c, image: nginx:1}]
";

#[test]
fn applies_documents_for_the_page() {
    let mut client = alone();
    let files = [
        SourceFile { name: "web.yaml".into(), text: WEB.into() },
        SourceFile { name: "x.yaml".into(), text: "a: [".into() },
    ];
    let results = apply_documents(&files, "", &mut client);
    let lines = results.iter().map(|it| {
        let key = it.key.as_ref().map(ToString::to_string);
        format!("{}:{} {} {key:?} {}\n", it.file, it.line, it.ok, it.message)
    });
    expect![[r#"
        web.yaml:2 true Some("namespaces shop") namespace/shop created
        web.yaml:6 true Some("pods shop/one") pod/one created
        web.yaml:18 false Some("pods shop/two") The Pod "two" is invalid: spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"
        x.yaml:1 false None error: error parsing x.yaml: error converting YAML to JSON: yaml: did not find expected ',' or ']'
    "#]].assert_eq(&lines.collect::<String>());
}

#[test]
fn changes_objects() {
    let files = [("web.yaml", CONFIG)];
    let lines = [
        "apply -f web.yaml",
        "label deploy web a=b",
        "label deploy web a=c",
        "label deploy web a- app=web",
        "annotate deploy web note='hi there'",
        "set image deploy/web c=nginx:2 nope=x",
        "set env deploy/web MODE=test",
        "scale deploy web --replicas=5",
        "scale deploy web --replicas=-1",
        "patch deploy web -p '{\"spec\":{\"minReadySeconds\":1}}'",
        "rollout pause deploy/web",
        "rollout pause deploy/web",
        "rollout resume deploy/web",
        "rollout restart deploy/web",
        "rollout history deploy/web",
        "get deploy web -o jsonpath='{.spec.replicas} {.spec.minReadySeconds} {.spec.template.spec.containers[0].image}'",
    ];
    check(
        &lines,
        &files,
        &expect![[r#"
            $ apply -f web.yaml
            deployment.apps/web created
            $ label deploy web a=b
            deployment.apps/web labeled
            $ label deploy web a=c
            ! error: 'a' already has a value (b), and --overwrite is false
            [exit 1]
            $ label deploy web a- app=web
            deployment.apps/web unlabeled
            $ annotate deploy web note='hi there'
            deployment.apps/web annotated
            $ set image deploy/web c=nginx:2 nope=x
            deployment.apps/web image updated
            ! error: unable to find container named "nope"
            [exit 1]
            $ set env deploy/web MODE=test
            deployment.apps/web env updated
            $ scale deploy web --replicas=5
            deployment.apps/web scaled
            $ scale deploy web --replicas=-1
            ! error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0
            [exit 1]
            $ patch deploy web -p '{"spec":{"minReadySeconds":1}}'
            deployment.apps/web patched
            $ rollout pause deploy/web
            deployment.apps/web paused
            $ rollout pause deploy/web
            ! error: deployments.apps "web" is already paused
            [exit 1]
            $ rollout resume deploy/web
            deployment.apps/web resumed
            $ rollout restart deploy/web
            deployment.apps/web restarted
            $ rollout history deploy/web
            deployment.apps/web 
            No rollout history found.
            $ get deploy web -o jsonpath='{.spec.replicas} {.spec.minReadySeconds} {.spec.template.spec.containers[0].image}'
            5 1 nginx:2"#]],
    );
}

#[test]
fn waits_in_virtual_time() {
    let files = [("web.yaml", CONFIG)];
    let lines = [
        "apply -f web.yaml",
        "rollout status deploy/web --timeout=3s",
        "wait deploy/web --for=condition=Available --timeout=2s",
        "wait deploy/web --for=jsonpath='{.spec.replicas}'=2",
        "wait deploy/web --for=delete --timeout=1s",
        "wait deploy/nope --for=delete",
        "wait deploy/nope --for=create --timeout=1s",
        "get deploy -w -o name",
    ];
    check(
        &lines,
        &files,
        &expect![[r#"
        $ apply -f web.yaml
        deployment.apps/web created
        $ rollout status deploy/web --timeout=3s
        Waiting for deployment spec update to be observed...
        ! error: timed out waiting for the condition
        [exit 1]
        $ wait deploy/web --for=condition=Available --timeout=2s
        ! error: timed out waiting for the condition on deployments/web
        [exit 1]
        $ wait deploy/web --for=jsonpath='{.spec.replicas}'=2
        deployment.apps/web condition met
        $ wait deploy/web --for=delete --timeout=1s
        ! error: timed out waiting for the condition on deployments/web
        [exit 1]
        $ wait deploy/nope --for=delete
        $ wait deploy/nope --for=create --timeout=1s
        ! error: timed out waiting for the condition
        [exit 1]
        $ get deploy -w -o name
        deployment.apps/web
        [running]
    "#]],
    );
}

#[test]
fn works_on_nodes() {
    let node = ("node.yaml", "{apiVersion: v1, kind: Node, metadata: {name: n1}}");
    let lines = [
        "apply -f node.yaml",
        "cordon n1",
        "cordon n1",
        "uncordon n1",
        "taint node n1 a=b:NoSchedule",
        "taint node n1 a=c:NoSchedule",
        "taint node n1 a:NoSchedule-",
        "drain n1",
    ];
    check(
        &lines,
        &[node],
        &expect![[r#"
            $ apply -f node.yaml
            node/n1 created
            $ cordon n1
            node/n1 cordoned
            $ cordon n1
            node/n1 already cordoned
            $ uncordon n1
            node/n1 uncordoned
            $ taint node n1 a=b:NoSchedule
            node/n1 tainted
            $ taint node n1 a=c:NoSchedule
            ! error: node n1 already has a taint(s) with same effect(s) and --overwrite is false
            [exit 1]
            $ taint node n1 a:NoSchedule-
            node/n1 untainted
            $ drain n1
            node/n1 cordoned
            node/n1 drained
        "#]],
    );
}

#[test]
fn completes() {
    let mut client = alone();
    let lines = ["", "ro", "rollout ", "get dep", "get ns d", "get ns/d", "get pods --all", "-n d"];
    let shown = lines.map(|line| {
        let words: Vec<String> = complete(line, &mut client).into_iter().map(|it| it.label).collect();
        format!("{line:?}: {}\n", words.join(" "))
    });
    expect![[r#"
        "": annotate api-resources api-versions apply autoscale cluster-info config cordon create delete describe diff drain edit events exec explain expose get label logs patch replace rollout run scale set taint uncordon version wait
        "ro": rollout
        "rollout ": history pause restart resume status undo
        "get dep": deployments
        "get ns d": default
        "get ns/d": ns/default
        "get pods --all": --all-namespaces --allow-missing-template-keys
        "-n d": default
    "#]].assert_eq(&shown.concat());
}

#[test]
fn makes_workloads_from_flags() {
    let lines = [
        "create deployment api --image=reg/api:1 --replicas=2 --port=80 --dry-run=client -o yaml",
        "-n shop run one --image=nginx --dry-run=client -o yaml -- sleep 5",
        "create deployment api",
    ];
    check(
        &lines,
        &[],
        &expect![[r#"
        $ create deployment api --image=reg/api:1 --replicas=2 --port=80 --dry-run=client -o yaml
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          labels:
            app: api
          name: api
        spec:
          replicas: 2
          selector:
            matchLabels:
              app: api
          strategy: {}
          template:
            metadata:
              labels:
                app: api
            spec:
              containers:
              - image: reg/api:1
                name: api
                ports:
                - containerPort: 80
                resources: {}
        status: {}
        $ -n shop run one --image=nginx --dry-run=client -o yaml -- sleep 5
        apiVersion: v1
        kind: Pod
        metadata:
          labels:
            run: one
          name: one
          namespace: shop
        spec:
          containers:
          - args:
            - sleep
            - "5"
            image: nginx
            name: one
            resources: {}
          dnsPolicy: ClusterFirst
          restartPolicy: Always
        status: {}
        $ create deployment api
        ! error: required flag(s) "image" not set
        [exit 1]
    "#]],
    );
}

#[test]
fn makes_other_objects_from_flags() {
    let lines = [
        "create cm x --from-literal=a=b --from-literal=c='d e' --dry-run=client -o yaml",
        "create secret generic y --from-literal=a=s3cret --dry-run=client -o yaml",
        "create ns shop",
        "create ns shop",
        "create ns",
        "create nosuch x",
    ];
    check(
        &lines,
        &[],
        &expect![[r#"
        $ create cm x --from-literal=a=b --from-literal=c='d e' --dry-run=client -o yaml
        apiVersion: v1
        data:
          a: b
          c: d e
        kind: ConfigMap
        metadata:
          name: x
        $ create secret generic y --from-literal=a=s3cret --dry-run=client -o yaml
        apiVersion: v1
        data:
          a: czNjcmV0
        kind: Secret
        metadata:
          name: "y"
        $ create ns shop
        namespace/shop created
        $ create ns shop
        ! Error from server (AlreadyExists): namespaces "shop" already exists
        [exit 1]
        $ create ns
        ! error: exactly one NAME is required, got 0
        ! See 'kubectl create namespace -h' for help and examples
        [exit 1]
        $ create nosuch x
        ! error: must specify one of -f and -k
        ! 
        ! error: unknown command "nosuch x"
        ! See 'kubectl create -h' for help and examples
        [exit 1]
    "#]],
    );
}

#[test]
fn knows_the_server() {
    let lines = ["version", "cluster-info", "config view", "config set-context --current --namespace=shop"];
    check(
        &lines,
        &[],
        &expect![[r#"
        $ version
        Client Version: v1.36.2
        Kustomize Version: v5.8.1
        Server Version: v1.36.2
        $ cluster-info
        Kubernetes control plane is running at https://127.0.0.1:6443

        To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.
        $ config view
        apiVersion: v1
        clusters:
        - cluster:
            server: https://127.0.0.1:6443
          name: pilothouse
        contexts:
        - context:
            cluster: pilothouse
            user: kubernetes-admin
          name: pilothouse
        current-context: pilothouse
        kind: Config
        users:
        - name: kubernetes-admin
          user: {}
        $ config set-context --current --namespace=shop
        Context "pilothouse" modified.
    "#]],
    );
}

#[test]
fn explains() {
    check(
        &["explain lease.spec.nope"],
        &[],
        &expect![[r#"
        $ explain lease.spec.nope
        GROUP:      coordination.k8s.io
        KIND:       Lease
        VERSION:    v1

        ! error: field "nope" does not exist
        [exit 1]
    "#]],
    );
    let shown = finish(&mut alone(), "explain lease.spec --recursive");
    assert!(shown.starts_with("GROUP:      coordination.k8s.io\nKIND:       Lease\nVERSION:    v1\n\nFIELD: spec <LeaseSpec>\n\n\nDESCRIPTION:\n    spec contains"));
    assert!(shown.contains("\n    \nFIELDS:\n  acquireTime\t<string>\n  holderIdentity\t<string>\n"), "{shown}");
}

const NEW: &str = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}";
const NEWER: &str = "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {a: b}}}";

#[test]
fn shows_differences_and_edits() {
    let lines = ["diff -f new.yaml", "apply -f new.yaml", "diff -f newer.yaml", "edit ns shop"];
    check(
        &lines,
        &[("new.yaml", NEW), ("newer.yaml", NEWER)],
        &expect![[r#"
        $ diff -f new.yaml
        diff -u -N /tmp/LIVE/v1.Namespace..shop /tmp/MERGED/v1.Namespace..shop
        --- /tmp/LIVE/v1.Namespace..shop
        +++ /tmp/MERGED/v1.Namespace..shop
        @@ -0,0 +1,13 @@
        +apiVersion: v1
        +kind: Namespace
        +metadata:
        +  creationTimestamp: "2026-01-01T00:00:00Z"
        +  labels:
        +    kubernetes.io/metadata.name: shop
        +  name: shop
        +  uid: f893a2ee-fb32-455e-b1c1-8690ee42c90b
        +spec:
        +  finalizers:
        +  - kubernetes
        +status:
        +  phase: Active
        [exit 1]
        $ apply -f new.yaml
        namespace/shop created
        $ diff -f newer.yaml
        diff -u -N /tmp/LIVE/v1.Namespace..shop /tmp/MERGED/v1.Namespace..shop
        --- /tmp/LIVE/v1.Namespace..shop
        +++ /tmp/MERGED/v1.Namespace..shop
        @@ -3,6 +3,7 @@
         metadata:
           creationTimestamp: "2026-01-01T00:00:00Z"
           labels:
        +    a: b
             kubernetes.io/metadata.name: shop
           name: shop
           resourceVersion: "2"
        [exit 1]
        $ edit ns shop
        [edit namespace-shop.yaml]
        # Please edit the object below. Lines beginning with a '#' will be ignored,
        # and an empty file will abort the edit. If an error occurs while saving this file will be
        # reopened with the relevant failures.
        #
        apiVersion: v1
        kind: Namespace
        metadata:
          annotations:
            kubectl.kubernetes.io/last-applied-configuration: |
              {"apiVersion":"v1","kind":"Namespace","metadata":{"annotations":{},"name":"shop"}}
          creationTimestamp: "2026-01-01T00:00:00Z"
          labels:
            kubernetes.io/metadata.name: shop
          name: shop
          resourceVersion: "2"
          uid: 71bb54d8-d101-45b9-834d-0bff90150280
        spec:
          finalizers:
          - kubernetes
        status:
          phase: Active
    "#]],
    );
}

#[test]
fn takes_in_an_edited_text() {
    let mut client = alone();
    let mut edit = |change: fn(String) -> Option<String>| {
        let mut command = Command::start("edit ns default", Input::default());
        let State::Edit { text, .. } = command.poll(&mut client).state else { return "no edit".to_owned() };
        command.edited(change(text));
        let progress = command.poll(&mut client);
        format!("{:?} {}", progress.state, progress.chunks.iter().map(shown).collect::<String>())
    };
    let shown = [
        edit(|_| None),
        edit(|_| Some(String::new())),
        edit(|text| Some(text.replace("metadata:", "metadata:\n  annotations: {a: b}"))),
        edit(|text| Some(text.replace("default", "other"))),
    ];
    expect![[r#"
        Done(0) ! Edit cancelled, no changes made.
        Done(0) ! Edit cancelled, saved file was empty.
        Done(0) namespace/default edited
        Done(1) ! error: At least one of apiVersion, kind and name was changed
    "#]]
    .assert_eq(&shown.concat());
}

#[cfg(feature = "every-kind")]
#[test]
fn jobs_from_cron_jobs() {
    check(
        &[
            "create cronjob tick --image=busybox --schedule='*/5 * * * *' -- date",
            "create cronjob tick --image=busybox",
            "create job once --from=cronjob/tick",
            "get cronjobs,jobs",
            "delete job once",
        ],
        &[],
        &expect![[r#"
            $ create cronjob tick --image=busybox --schedule='*/5 * * * *' -- date
            cronjob.batch/tick created
            $ create cronjob tick --image=busybox
            ! error: required flag(s) "schedule" not set
            [exit 1]
            $ create job once --from=cronjob/tick
            job.batch/once created
            $ get cronjobs,jobs
            NAME                 SCHEDULE      TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE
            cronjob.batch/tick   */5 * * * *   <none>     False     0        <none>          0s

            NAME             STATUS    COMPLETIONS   DURATION   AGE
            job.batch/once   Running   0/1                      0s
            $ delete job once
            job.batch "once" deleted from default namespace
        "#]],
    );
}

#[cfg(feature = "every-kind")]
#[test]
fn quotas_budgets_and_autoscalers() {
    check(
        &[
            "create quota q --hard=pods=10,limits.cpu=2 --dry-run=client -o yaml",
            "create quota q --hard=pods=10,limits.cpu=2",
            "create pdb p --selector='a=b,c in (d)' --min-available=50% --dry-run=client -o yaml",
            "create pdb p --selector=a=b",
            "create deployment web --image=nginx",
            "autoscale deploy web --min=2 --max=5 --cpu=50%",
            "autoscale deploy web --min=2 --max=5",
            "get hpa",
            "get cs",
        ],
        &[],
        &expect![[r#"
            $ create quota q --hard=pods=10,limits.cpu=2 --dry-run=client -o yaml
            apiVersion: v1
            kind: ResourceQuota
            metadata:
              name: q
            spec:
              hard:
                limits.cpu: "2"
                pods: "10"
            status: {}
            $ create quota q --hard=pods=10,limits.cpu=2
            resourcequota/q created
            $ create pdb p --selector='a=b,c in (d)' --min-available=50% --dry-run=client -o yaml
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata:
              name: p
            spec:
              minAvailable: 50%
              selector:
                matchExpressions:
                - key: c
                  operator: In
                  values:
                  - d
                matchLabels:
                  a: b
            status:
              currentHealthy: 0
              desiredHealthy: 0
              disruptionsAllowed: 0
              expectedPods: 0
            $ create pdb p --selector=a=b
            ! error: one of min-available or max-unavailable must be specified
            [exit 1]
            $ create deployment web --image=nginx
            deployment.apps/web created
            $ autoscale deploy web --min=2 --max=5 --cpu=50%
            horizontalpodautoscaler.autoscaling/web autoscaled
            $ autoscale deploy web --min=2 --max=5
            ! error: failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: empty input
            [exit 1]
            $ get hpa
            NAME   REFERENCE        TARGETS              MINPODS   MAXPODS   REPLICAS   AGE
            web    Deployment/web   cpu: <unknown>/50%   2         5         0          0s
            $ get cs
            ! Warning: v1 ComponentStatus is deprecated in v1.19+
            NAME                 STATUS    MESSAGE   ERROR
            etcd-0               Healthy   ok        
            scheduler            Healthy   ok        
            controller-manager   Healthy   ok        
        "#]],
    );
}
