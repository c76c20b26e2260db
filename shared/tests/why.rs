//! From a Pod down to the line of YAML, as the page asks for it.

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use shared::cluster::Fault;
    use shared::model::key::resources::{DEPLOYMENTS, PODS};
    use shared::model::{Key, Span};
    use shared::playground::Engine;
    use shared::playground::protocol::{Act, Answer, Document, Question, Speed, ToPage, ToWorker};
    use shared::trace::SourceFile;

    const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: nginx:1.26
";

    struct World {
        engine: Engine,
        pods: Vec<Key>,
    }

    impl World {
        fn new() -> Self {
            let mut engine = Engine::open(Document { seed: 42, ..Document::default() });
            engine.handle(ToWorker::Play(Speed::Normal));
            Self { engine, pods: Vec::new() }
        }

        fn apply(&mut self, text: &str) {
            let file = SourceFile { name: "web.yaml".into(), text: text.into() };
            self.engine.handle(ToWorker::Act(Act::Apply(vec![file])));
            self.pass(20);
        }

        /// Lets seconds pass and notes the pods there are then.
        fn pass(&mut self, seconds: i64) {
            self.engine.tick(Span::seconds(seconds), 1_000_000);
            let act = Act::Terminal { line: "get pods -o name".into(), files: Vec::new() };
            let names = self.engine.handle(ToWorker::Act(act)).into_iter().find_map(|message| match message {
                ToPage::Terminal(output) => output.chunks.into_iter().next(),
                _ => None,
            });
            let Some(shared::playground::protocol::Chunk::Out(names)) = names else { return self.pods.clear() };
            self.pods = names
                .lines()
                .filter_map(|line| line.strip_prefix("pod/"))
                .map(|it| Key::new(PODS, "default", it))
                .collect();
        }

        fn why(&mut self, key: &Key, path: Option<&str>) -> String {
            let question = Question::Why(key.clone(), path.map(Into::into));
            let answers = self.engine.handle(ToWorker::Ask(1, question));
            let answer = answers.into_iter().find_map(|message| match message {
                ToPage::Answer(_, answer) => Some(answer),
                _ => None,
            });
            match answer {
                Some(Answer::Why(why)) => why.to_string(),
                other => format!("{other:?}"),
            }
        }
    }

    fn check(text: &str, expect: &Expect) {
        expect.assert_eq(text);
    }

    #[test]
    fn a_pod_exists_because_of_a_line_of_yaml() {
        let mut world = World::new();
        world.apply(WEB);
        let pod = world.pods[0].clone();
        check(
            &world.why(&pod, None),
            &expect![[r#"
                replicaset-controller created pods default/web-b6fc5db6f-kk7p4: wanted 2, saw 0 (reconcile #1, saw rv 61, rv 63)
                deployment-controller created replicasets.apps default/web-b6fc5db6f: created ReplicaSet web-b6fc5db6f as revision 1 with 2 replicas: there was none yet (reconcile #1, saw rv 59, rv 60)
                you created deployments.apps default/web (rv 59)
                from web.yaml, line 17 (spec.template.spec.containers[0].image), line 6 (spec.replicas), line 13 (spec.template.metadata.labels.app), line 16 (spec.template.spec.containers[0].name)"#]],
        );
        check(
            &world.why(&pod, Some("spec.nodeName")),
            &expect![[r#"
                default-scheduler updated pods default/web-b6fc5db6f-kk7p4: node-3 was drawn from the 3 nodes with the best score, 597 (reconcile #1, saw rv 64, rv 69)
                replicaset-controller created pods default/web-b6fc5db6f-kk7p4: wanted 2, saw 0 (reconcile #1, saw rv 61, rv 63)
                deployment-controller created replicasets.apps default/web-b6fc5db6f: created ReplicaSet web-b6fc5db6f as revision 1 with 2 replicas: there was none yet (reconcile #1, saw rv 59, rv 60)
                you created deployments.apps default/web (rv 59)
                from web.yaml, line 17 (spec.template.spec.containers[0].image), line 6 (spec.replicas), line 13 (spec.template.metadata.labels.app), line 16 (spec.template.spec.containers[0].name)"#]],
        );
        check(
            &world.why(&pod, Some("status.phase")),
            &expect![[r#"
                kubelet/node-3 updated pods default/web-b6fc5db6f-kk7p4: status: Running, 1/1 ready (reconcile #13, saw rv 80, rv 85)
                replicaset-controller created pods default/web-b6fc5db6f-kk7p4: wanted 2, saw 0 (reconcile #1, saw rv 61, rv 63)
                deployment-controller created replicasets.apps default/web-b6fc5db6f: created ReplicaSet web-b6fc5db6f as revision 1 with 2 replicas: there was none yet (reconcile #1, saw rv 59, rv 60)
                you created deployments.apps default/web (rv 59)
                from web.yaml, line 17 (spec.template.spec.containers[0].image), line 6 (spec.replicas), line 13 (spec.template.metadata.labels.app), line 16 (spec.template.spec.containers[0].name)"#]],
        );
        check(
            &world.why(&Key::new(DEPLOYMENTS, "default", "web"), Some("status.readyReplicas")),
            &expect![[r#"
                deployment-controller updated deployments.apps default/web: counted 2, 2 of them new, 2 ready, 2 available (reconcile #9, saw rv 91, rv 92)
                replicaset-controller updated replicasets.apps default/web-b6fc5db6f: counted 2, 2 ready, 2 available (reconcile #6, saw rv 90, rv 91)
                kubelet/node-1 updated pods default/web-b6fc5db6f-vw9z7: status: Running, 1/1 ready (reconcile #13, saw rv 78, rv 90)
                replicaset-controller created pods default/web-b6fc5db6f-vw9z7: wanted 2, saw 0 (reconcile #1, saw rv 61, rv 66)
                deployment-controller created replicasets.apps default/web-b6fc5db6f: created ReplicaSet web-b6fc5db6f as revision 1 with 2 replicas: there was none yet (reconcile #1, saw rv 59, rv 60)
                you created deployments.apps default/web (rv 59)
                from web.yaml, line 17 (spec.template.spec.containers[0].image), line 6 (spec.replicas), line 13 (spec.template.metadata.labels.app), line 16 (spec.template.spec.containers[0].name)"#]],
        );
    }

    #[test]
    fn a_pod_of_the_second_revision_leads_to_the_changed_line() {
        let mut world = World::new();
        world.apply(WEB);
        world.apply(&WEB.replace("1.26", "1.27"));
        let pod = world.pods[0].clone();
        check(
            &world.why(&pod, None),
            &expect![[r#"
                replicaset-controller created pods default/web-7d7fbb5b47-7cfwj: wanted 2, saw 1 (reconcile #15, saw rv 130, rv 132)
                deployment-controller updated replicasets.apps default/web-7d7fbb5b47: raised ReplicaSet web-7d7fbb5b47 from 1 to 2: room for one more under maxSurge 1 (reconcile #17, saw rv 125, rv 129)
                deployment-controller created replicasets.apps default/web-7d7fbb5b47: created ReplicaSet web-7d7fbb5b47 as revision 2 with 1 replicas: no other has the template of the spec (reconcile #11, saw rv 101, rv 102)
                you updated deployments.apps default/web (rv 101)
                from web.yaml, line 17 (spec.template.spec.containers[0].image), line 6 (spec.replicas)"#]],
        );
    }

    #[test]
    fn a_restart_leads_to_the_fault() {
        let mut world = World::new();
        world.apply(WEB);
        let pod = world.pods[0].clone();
        let fault = Fault::KillContainer { pod: pod.clone(), container: "web".into() };
        world.engine.handle(ToWorker::Act(Act::Fault(fault)));
        world.pass(20);
        check(
            &world.why(&pod, Some("status.containerStatuses")),
            &expect![[r#"
                kubelet/node-3 updated pods default/web-b6fc5db6f-kk7p4: status: Running, 1/1 ready (reconcile #18, saw rv 101, rv 107)
                from kill container web of web-b6fc5db6f-kk7p4"#]],
        );
    }
}
