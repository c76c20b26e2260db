//! How far a rolling update may go beyond, and fall below, the wanted number of pods.
//!
//! Upstream: `pkg/controller/deployment/util/deployment_util.go` (`ResolveFenceposts`, `MaxSurge`, `MaxUnavailable`).

use crate::model::intstr::Rounding;
use crate::model::{IntOrString, Object};

/// True unless the strategy is another one.
pub(super) fn is_rolling(deployment: &Object) -> bool {
    deployment.at("spec.strategy.type").str() == "RollingUpdate"
}

/// How many pods there may be above `spec.replicas`; shares are rounded up.
pub(super) fn max_surge(deployment: &Object) -> i64 {
    if is_rolling(deployment) { scaled(deployment, "maxSurge", Rounding::Up) } else { 0 }
}

/// How many pods may be missing from `spec.replicas`; shares are rounded down, and 0 with no surge either becomes 1.
pub(super) fn max_unavailable(deployment: &Object) -> i64 {
    let replicas = deployment.at("spec.replicas").int_or(1);
    if !is_rolling(deployment) || replicas == 0 {
        return 0;
    }
    match scaled(deployment, "maxUnavailable", Rounding::Down) {
        0 if max_surge(deployment) == 0 => 1,
        unavailable => unavailable.min(replicas),
    }
}

fn scaled(deployment: &Object, field: &str, rounding: Rounding) -> i64 {
    let replicas = deployment.at("spec.replicas").int_or(1);
    let value = IntOrString::read(deployment.at("spec.strategy.rollingUpdate").get(field));
    value.and_then(|it| it.scaled(replicas, rounding).ok()).unwrap_or(0)
}
