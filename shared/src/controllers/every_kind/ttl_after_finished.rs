//! Deletes jobs some time after they have ended, as their `ttlSecondsAfterFinished` says.
//!
//! Upstream: `pkg/controller/ttlafterfinished/ttlafterfinished_controller.go`.

use crate::api::Propagation;
use crate::model::{Key, Object, Span, Time};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};

/// The control loop.
pub(crate) const CONTROLLER: Controller = Controller {
    name: "ttl-after-finished-controller",
    watches: &[Watch {
        resource: "jobs.batch",
        enqueue: |change, _, queue| {
            if change.after.as_ref().is_some_and(|job| due(job).is_some()) {
                queue.push(Enqueue::now(change.key.clone()));
            }
        },
    }],
    reconcile,
};

/// When the job is to go; `None` as long as it runs, and for one that is to stay.
fn due(job: &Object) -> Option<Time> {
    let seconds = job.at("spec.ttlSecondsAfterFinished").as_int()?;
    let ended = ["Complete", "Failed"].into_iter().map(|kind| job.condition(kind));
    let ended = ended.into_iter().find(|it| it.get("status").str() == "True")?;
    Some(Time::parse(ended.get("lastTransitionTime").str())? + Span::seconds(seconds))
}

fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let Some(job) = view.cache.get(key).filter(|it| !it.is_terminating()) else { return plan };
    match due(job) {
        None => {}
        Some(time) if time > view.now => plan.requeue_after = Some(time - view.now),
        Some(_) => {
            let seconds = job.at("spec.ttlSecondsAfterFinished").int_or(0);
            let write = Write::delete(key, &job.uid(), format!("it ended {seconds} seconds ago or more"));
            let write = write.propagation(Propagation::Foreground);
            plan.write(write.following(key, "spec.ttlSecondsAfterFinished"));
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use crate::model::{ResourceName, Value};
    use expect_test::{Expect, expect};

    fn check(job: &str, expected: &Expect) {
        let mut it = Fixture::default();
        let key = Key::new(ResourceName::of("jobs.batch"), "default", "j");
        it.put(&key, Object(Value::from_json(job).unwrap()));
        expected.assert_eq(&reconcile(&key, &it.view()).to_text());
    }

    #[test]
    fn a_job_goes_when_its_time_has_come() {
        let job = |ttl: u32, status: &str| {
            format!(
                r#"{{"spec":{{"ttlSecondsAfterFinished":{ttl}}},"status":{{"conditions":[{{"type":"Complete","status":"{status}","lastTransitionTime":"2025-12-31T23:59:30Z"}}]}}}}"#
            )
        };
        check(&job(30, "True"), &expect!["delete jobs.batch default/j (Foreground): it ended 30 seconds ago or more"]);
        check(&job(100, "True"), &expect!["again in 70000 ms"]);
        check(&job(30, "False"), &expect![""]);
        check(r#"{"status":{}}"#, &expect![""]);
    }
}
