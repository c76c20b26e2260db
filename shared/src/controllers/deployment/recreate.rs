//! `Recreate`: every old pod goes before the first new one comes.
//!
//! Upstream: `pkg/controller/deployment/recreate.go`.

use super::rollout::{Rollout, Which};
use super::scale::{SIZE, scale_to};
use super::sets::actual;
use super::{history, progress, sync};
use crate::controllers::pods::is_terminal;

/// One step of a recreation.
pub(super) fn roll_out(rollout: &mut Rollout<'_>) {
    if scale_down(rollout) || old_pods_run(rollout) {
        return progress::write(rollout);
    }
    if sync::create(rollout).is_break() {
        return;
    }
    let wanted = rollout.replicas();
    scale_to(rollout, Which::New, wanted, "no old Pod runs any more", &[SIZE]);
    if progress::is_complete(rollout) {
        history::clean_up(rollout);
    }
    progress::write(rollout);
}

fn scale_down(rollout: &mut Rollout<'_>) -> bool {
    let mut scaled = false;
    for old in rollout.active().into_iter().filter(|it| *it != Which::New) {
        let why = "the strategy is Recreate and the template has changed";
        scaled |= scale_to(rollout, old, 0, why, &["spec.template", "spec.strategy.type"]);
    }
    scaled
}

/// True while a pod of an old set has not ended, even if it was asked to go.
fn old_pods_run(rollout: &Rollout<'_>) -> bool {
    let cache = rollout.view.cache;
    let mut pods = rollout.old.iter().flat_map(|set| cache.owned_by(&set.metadata().get("uid").text()));
    rollout.old.iter().any(|set| actual(set) > 0) || pods.any(|pod| pod.kind() == "Pod" && !is_terminal(pod))
}
