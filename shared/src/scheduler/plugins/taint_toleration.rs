//! Keeps pods off nodes whose taints they do not tolerate, and prefers nodes without discouraging taints.
//!
//! Upstream: `plugins/tainttoleration/taint_toleration.go`.

use crate::scheduler::affinity::Taint;
use crate::scheduler::node::{Node, NodeFacts};
use crate::scheduler::plugins::{Plugin, Score, down_from_most};
use crate::scheduler::pod::PodFacts;
use crate::scheduler::retry::Retry;
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::{Cure, Verdict};

/// One line of the registry.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "TaintToleration",
    retry_on: &[Retry::NodeAdded, Retry::NodeTaints],
    helps: |pod, event| event.node_now(|node| tolerates(pod, node)),
    filter: Some(filter),
    score: Some(Score { weight: 3, applies: |_| true, of: score, normalize: down_from_most }),
};

fn filter(situation: &Situation<'_>, node: &Node) -> Verdict {
    let tolerated = tolerates(situation.pod, node.facts());
    Verdict::fits_or(tolerated, "node(s) had untolerated taint(s)", Cure::Change)
}

/// True if the pod bears every taint that forbids scheduling.
pub(crate) fn tolerates(pod: &PodFacts, node: &NodeFacts) -> bool {
    let forbids = |taint: &&Taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute");
    node.taints.iter().filter(forbids).all(|taint| taint.is_tolerated(&pod.tolerations))
}

/// How many discouraging taints the pod does not bear: fewer is better.
fn score(situation: &Situation<'_>, node: &Node) -> i64 {
    let tolerations = &situation.pod.tolerations;
    let borne = |taint: &Taint| tolerations.iter().any(|it| it.is_about_preference() && it.bears(taint));
    let counted = node.facts().taints.iter().filter(|it| it.effect == "PreferNoSchedule" && !borne(it));
    i64::try_from(counted.count()).unwrap_or(i64::MAX)
}
