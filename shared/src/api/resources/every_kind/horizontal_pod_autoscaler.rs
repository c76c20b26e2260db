//! `autoscaling/v2` and `autoscaling/v1` `HorizontalPodAutoscaler`; what is stored is `v2`.
//!
//! Upstream: `pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go`, `pkg/apis/autoscaling/v2/defaults.go`,
//! `printHorizontalPodAutoscaler`.

use crate::api::printing::{age, number};
use crate::api::registry::Conversion;
use crate::api::registry::Fidelity;
use crate::api::resources::every_kind::{autoscaler_targets, autoscaler_v1};
use crate::api::resources::keep;
use crate::api::resources::workload::{default, default_empty, within};
use crate::api::validation::every_kind::horizontal_pod_autoscaler;
use crate::api::{Column, Resource};
use crate::model::{Object, Value};

/// The registration of the preferred version.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller scales by it yet"),
    group: "autoscaling",
    version: "v2",
    kind: "HorizontalPodAutoscaler",
    plural: "horizontalpodautoscalers",
    singular: "horizontalpodautoscaler",
    short_names: &["hpa"],
    categories: &["all"],
    subresources: &["status"],
    default: default_autoscaler,
    prepare_for_create: |it| {
        it.set("status", Value::from([("desiredReplicas", 0.into()), ("currentMetrics", Value::Null)]));
    },
    prepare_for_update: |new, old| keep(new, old, "status"),
    validate: |new, errors| horizontal_pod_autoscaler::validate(new, None, errors),
    validate_update: |new, old, errors| horizontal_pod_autoscaler::validate(new, Some(old), errors),
    validate_status: horizontal_pod_autoscaler::validate_status,
    columns: &[
        Column::new("REFERENCE", |it, _| {
            let target = it.at("spec.scaleTargetRef");
            format!("{}/{}", target.get("kind").str(), target.get("name").str())
        }),
        Column::new("TARGETS", |it, _| autoscaler_targets::shown(it)),
        Column::new("MINPODS", |it, _| {
            it.at("spec.minReplicas").as_int().map_or("<unset>".into(), |it| it.to_string())
        }),
        Column::new("MAXPODS", |it, _| number(it.at("spec.maxReplicas"))),
        Column::new("REPLICAS", |it, _| number(it.at("status.currentReplicas"))),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};

/// The same objects in the older version.
pub(super) const V1: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller scales by it yet"),
    version: "v1",
    kept_as: Some(Conversion {
        resource: "horizontalpodautoscalers.autoscaling",
        api_version: "autoscaling/v2",
        to_stored: autoscaler_v1::to_v2,
        from_stored: autoscaler_v1::from_v2,
    }),
    ..RESOURCE
};

/// One rule of a behavior: what, how much, in how many seconds.
fn rule(kind: &str, value: i64, seconds: i64) -> Value {
    Value::from([("type", kind.into()), ("value", value.into()), ("periodSeconds", seconds.into())])
}

fn default_autoscaler(autoscaler: &mut Object) {
    within(autoscaler, "spec", |spec| {
        default(spec, "minReplicas", 1);
        if spec.get("metrics").is_empty() {
            spec.set("metrics", Value::from(vec![cpu()]));
        }
        within(spec, "behavior", |behavior| {
            let up = behavior.entry("scaleUp");
            default_empty(up, "selectPolicy", "Max");
            default(up, "stabilizationWindowSeconds", 0);
            default(up, "policies", Value::from(vec![rule("Pods", 4, 15), rule("Percent", 100, 15)]));
            let down = behavior.entry("scaleDown");
            default_empty(down, "selectPolicy", "Max");
            default(down, "policies", Value::from(vec![rule("Percent", 100, 15)]));
        });
    });
}

/// Without a metric the processors shall be in use to four fifths.
fn cpu() -> Value {
    let target = Value::from([("type", "Utilization".into()), ("averageUtilization", 80.into())]);
    let resource = Value::from([("name", "cpu".into()), ("target", target)]);
    Value::from([("type", "Resource".into()), ("resource", resource)])
}
