//! Deletes certificate requests that nobody needs any more: decided ones after an hour, others after a day.
//!
//! Upstream: `pkg/controller/certificates/cleaner/cleaner.go`.
//! Left out: that a certificate has ended is not read from it; what was issued goes an hour after its approval anyway.
//! Differs: a request goes when its time has come, and not with the next hourly look.

use crate::model::{Key, Object, Span, Time};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};

/// The control loop.
pub(crate) const CONTROLLER: Controller = Controller {
    name: "certificatesigningrequest-cleaner-controller",
    watches: &[Watch {
        resource: "certificatesigningrequests.certificates.k8s.io",
        enqueue: |change, _, queue| {
            if change.after.is_some() {
                queue.push(Enqueue::now(change.key.clone()));
            }
        },
    }],
    reconcile,
};

/// How long a request stays that was issued, denied or failed.
const DECIDED: Span = Span::seconds(3_600);
/// How long a request stays that nobody decided about.
const PENDING: Span = Span::seconds(24 * 3_600);

/// When the request is to go, and why; `None` while it is approved and waits for its certificate.
fn due(request: &Object) -> Option<(Time, &'static str)> {
    if request.at("status.conditions").is_empty() {
        let made = Time::parse(request.metadata().get("creationTimestamp").str())?;
        return Some((made + PENDING, "it is more than 24h old and unhandled"));
    }
    let is_issued = !request.at("status.certificate").is_empty();
    let ends = [
        ("Approved", is_issued, "it is more than 1h old and approved"),
        ("Denied", true, "it is more than 1h old and denied"),
        ("Failed", true, "it is more than 1h old and failed"),
    ];
    let ends = ends.into_iter().filter(|(_, counts, _)| *counts).filter_map(|(kind, _, reason)| {
        let updated = Time::parse(request.condition(kind).get("lastUpdateTime").str())?;
        Some((updated + DECIDED, reason))
    });
    ends.min_by_key(|(time, _)| *time)
}

fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let Some(request) = view.cache.get(key).filter(|it| !it.is_terminating()) else { return plan };
    match due(request) {
        None => {}
        Some((time, _)) if time > view.now => plan.requeue_after = Some(time - view.now),
        Some((_, reason)) => plan.write(Write::delete(key, &request.uid(), reason).following(key, "status.conditions")),
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use crate::model::{ResourceName, Value};
    use expect_test::{Expect, expect};

    fn check(request: &str, expected: &Expect) {
        let mut it = Fixture::default();
        let key = Key::new(ResourceName::of("certificatesigningrequests.certificates.k8s.io"), "", "r");
        it.put(&key, Object(Value::from_json(request).unwrap()));
        expected.assert_eq(&reconcile(&key, &it.view()).to_text());
    }

    #[test]
    fn requests_go_when_they_are_old() {
        let decided = |kind: &str, time: &str, certificate: &str| {
            format!(
                r#"{{"status":{{"certificate":"{certificate}","conditions":[{{"type":"{kind}","status":"True","lastUpdateTime":"{time}"}}]}}}}"#
            )
        };
        check(
            &decided("Approved", "2025-12-31T22:59:59Z", "x"),
            &expect!["delete certificatesigningrequests.certificates.k8s.io r: it is more than 1h old and approved"],
        );
        check(&decided("Approved", "2025-12-31T23:59:00Z", "x"), &expect!["again in 3540000 ms"]);
        check(&decided("Approved", "2025-12-31T22:59:59Z", ""), &expect![]);
        check(
            &decided("Denied", "2025-12-31T22:59:59Z", ""),
            &expect!["delete certificatesigningrequests.certificates.k8s.io r: it is more than 1h old and denied"],
        );
        check(
            &decided("Failed", "2025-12-31T22:59:59Z", ""),
            &expect!["delete certificatesigningrequests.certificates.k8s.io r: it is more than 1h old and failed"],
        );
        check(
            r#"{"metadata":{"creationTimestamp":"2025-12-30T23:59:00Z"}}"#,
            &expect!["delete certificatesigningrequests.certificates.k8s.io r: it is more than 24h old and unhandled"],
        );
        check(r#"{"metadata":{"creationTimestamp":"2025-12-31T23:59:00Z"}}"#, &expect!["again in 86340000 ms"]);
    }
}
