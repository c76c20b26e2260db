//! A cluster that goes on over what was stored: nothing is written that need not be, and what was under way is finished.
#![cfg(feature = "every-kind")]

#[cfg(test)]
mod door;

#[cfg(test)]
mod tests {
    use super::door::Door;
    use shared::cluster::{Cluster, Config};
    use shared::kubectl;
    use shared::model::key::resources::PODS;
    use shared::model::{ResourceName, Span};
    use shared::store::{Kept, Store};
    use shared::trace::{Cause, Revision, SourceFile};
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
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
        livenessProbe: { httpGet: { path: /, port: 80 }, periodSeconds: 5 }
        ports: [{ containerPort: 80 }]
---
apiVersion: v1
kind: Pod
metadata: { name: crashes }
spec:
  containers: [{ name: main, image: busybox, command: [sh, -c, 'sleep 3; exit 1'] }]
---
apiVersion: v1
kind: Pod
metadata: { name: once }
spec:
  restartPolicy: Never
  containers: [{ name: main, image: busybox, command: [sh, -c, 'sleep 300; echo done'] }]
---
apiVersion: v1
kind: Pod
metadata: { name: stuck }
spec:
  containers: [{ name: main, image: nginx:no-such-tag }]
";

    fn apply(cluster: &mut Cluster, text: &str) {
        let file = SourceFile { name: "all.yaml".into(), text: text.into() };
        let answer = kubectl::apply_documents(&[file], "default", &mut Door(cluster));
        assert!(!format!("{answer:?}").contains("rror"), "{answer:?}");
    }

    /// The store as it comes back from a disk.
    fn stored(cluster: &Cluster) -> Store {
        let store = cluster.store();
        let base = store.oldest();
        let past = store.at(base).unwrap();
        let objects = past.listed().map(|it| (it.key, it.after.unwrap()));
        Store::restore(base, objects, store.since(base).unwrap().map(Kept::from)).unwrap()
    }

    /// The same cluster with new processes, after `pause`.
    fn resumed(cluster: &Cluster, pause: Span) -> Cluster {
        Cluster::resume(&Config { start: cluster.now() + pause, ..Config::default() }, stored(cluster))
    }

    /// What a person would see of the pods.
    fn pods(cluster: &Cluster) -> String {
        let mut text = String::new();
        for pod in cluster.store().list(&PODS) {
            let status = &pod.at("status.containerStatuses").items()[0];
            writeln!(
                text,
                "{} {} {} {} ready={} restarts={} {}",
                pod.name(),
                pod.uid(),
                pod.at("spec.nodeName").str(),
                pod.at("status.podIP").str(),
                status.get("ready").is_true(),
                status.get("restartCount").int_or(0),
                status.get("containerID").str(),
            )
            .unwrap();
        }
        text
    }

    fn written(cluster: &Cluster, after: Revision) -> Vec<String> {
        let changes = cluster.store().since(after).unwrap();
        let names: BTreeSet<String> = changes.map(|it| it.key.to_string()).collect();
        names.into_iter().collect()
    }

    #[test]
    fn a_settled_cluster_goes_on_and_only_hearts_beat() {
        let mut cluster = Cluster::new(&Config::default());
        apply(&mut cluster, DEPLOYMENT.split("---").next().unwrap());
        cluster.run_for(Span::seconds(60));
        let (before, revision) = (pods(&cluster), cluster.store().revision());
        assert_eq!(before.matches("ready=true").count(), 6, "{before}");
        let mut cluster = resumed(&cluster, Span::seconds(90));
        cluster.run_for(Span::seconds(30));
        assert_eq!(pods(&cluster), before);
        let leases =
            ["node-1", "node-2", "node-3"].map(|it| format!("leases.coordination.k8s.io kube-node-lease/{it}"));
        assert_eq!(written(&cluster, revision), leases);
        assert_eq!(cluster.trace().actions()[0].title, format!("resume at revision {revision}"));
    }

    #[test]
    fn a_long_pause_drives_no_pod_away() {
        let mut cluster = Cluster::new(&Config::default());
        apply(&mut cluster, DEPLOYMENT.split("---").next().unwrap());
        cluster.run_for(Span::seconds(60));
        let before = pods(&cluster);
        let mut cluster = resumed(&cluster, Span::seconds(7 * 24 * 3_600));
        cluster.run_for(Span::seconds(600));
        assert_eq!(pods(&cluster), before);
        let late = cluster
            .store()
            .list(&ResourceName::of("nodes"))
            .find(|it| it.condition("Ready").get("status").str() != "True");
        assert!(late.is_none());
    }

    #[test]
    fn processes_go_on_where_they_would_be() {
        let mut cluster = Cluster::new(&Config::default());
        apply(&mut cluster, DEPLOYMENT);
        cluster.run_for(Span::seconds(120));
        let restarts = |cluster: &Cluster| {
            let key = shared::model::Key::new(PODS, "default", "crashes");
            cluster.store().get(&key).unwrap().at("status.containerStatuses").items()[0].get("restartCount").int_or(0)
        };
        let before = restarts(&cluster);
        assert!(before > 1);
        let mut cluster = resumed(&cluster, Span::seconds(150));
        cluster.run_for(Span::seconds(60));
        let after = restarts(&cluster);
        assert!(after > before && after < before + 6, "{before} {after}");
        let phase = |cluster: &Cluster, name: &str| {
            cluster
                .store()
                .get(&shared::model::Key::new(PODS, "default", name))
                .unwrap()
                .at("status.phase")
                .str()
                .to_owned()
        };
        assert_eq!((phase(&cluster, "once"), phase(&cluster, "stuck")), ("Succeeded".to_owned(), "Pending".to_owned()));
    }

    /// Stops a rollout after any number of steps; it comes to the same end.
    #[test]
    fn a_rollout_that_was_cut_off_is_finished() {
        let mut cluster = Cluster::new(&Config::default());
        let first = DEPLOYMENT.split("---").next().unwrap();
        apply(&mut cluster, first);
        cluster.run_for(Span::seconds(60));
        apply(&mut cluster, &first.replace("nginx:1.27", "nginx:1.28").replace("replicas: 6", "replicas: 4"));
        let mut uids = BTreeSet::new();
        for round in 0..40 {
            for _ in 0..round * 3 {
                cluster.step();
            }
            let mut other = resumed(&cluster, Span::seconds(1));
            other.run_for(Span::seconds(180));
            let images: Vec<_> =
                other.store().list(&PODS).map(|it| it.at("spec.containers").items()[0].get("image").text()).collect();
            assert_eq!(images, ["nginx:1.28"; 4], "round {round}");
            assert_eq!(pods(&other).matches("ready=true").count(), 4, "round {round}\n{}", pods(&other));
            let nodes = other.store().list(&ResourceName::of("nodes")).count();
            assert_eq!((nodes, other.trace().action(shared::trace::ActionId(0)).is_some()), (3, true));
            uids.insert(other.store().list(&PODS).map(|it| it.uid().to_string()).collect::<Vec<_>>());
        }
        assert!(uids.len() > 1, "chance goes on");
    }

    #[test]
    fn equal_seeds_and_stores_give_equal_traces() {
        let mut cluster = Cluster::new(&Config::default());
        apply(&mut cluster, DEPLOYMENT);
        cluster.run_for(Span::seconds(7));
        let [a, b] = [0, 1].map(|_| {
            let mut it = resumed(&cluster, Span::ZERO);
            it.run_for(Span::seconds(30));
            (it.hash(), it.trace().records().len())
        });
        assert_eq!(a, b);
        assert!(a.1 > 20);
        let known = |cause: Cause| matches!(cause, Cause::Bootstrap | Cause::Action(_) | Cause::Reconcile(_));
        assert!(resumed(&cluster, Span::ZERO).trace().records().iter().all(|it| known(it.cause)));
    }

    #[test]
    fn a_cluster_that_forgets_goes_on_the_same() {
        let run = |forgets: bool| {
            let mut cluster = Cluster::new(&Config::default());
            apply(&mut cluster, DEPLOYMENT);
            for _ in 0..300 {
                cluster.run_for(Span::millis(700));
                if forgets {
                    let newest = cluster.store().revision();
                    assert!(cluster.compact(newest) <= newest);
                }
            }
            (
                cluster.hash(),
                pods(&cluster),
                cluster.store().since(Revision(0)).is_err(),
                cluster.trace().records().len(),
            )
        };
        let (whole, forgetful) = (run(false), run(true));
        assert_eq!((&whole.0, &whole.1), (&forgetful.0, &forgetful.1));
        assert!(!whole.2 && forgetful.2 && forgetful.3 < 100 && whole.3 > 200, "{} {}", whole.3, forgetful.3);
    }
}
