//! Prefers nodes that have the pod's images already. Upstream: `plugins/imagelocality/image_locality.go`.

use crate::scheduler::node::Node;
use crate::scheduler::plugins::{Plugin, SCORE_MAX, Score, as_is};
use crate::scheduler::situation::Situation;

/// One line of the registry.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "ImageLocality",
    score: Some(Score {
        weight: 1,
        applies: |situation| situation.images.iter().any(|it| it.nodes > 0),
        of: score,
        normalize: as_is,
    }),
    ..Plugin::NONE
};

/// Below this many bytes images do not count.
const BYTES_MIN: i64 = 23 * 1024 * 1024;

/// More than this many bytes per container do not count.
const BYTES_MAX: i64 = 1000 * 1024 * 1024;

/// The bytes that need not be pulled, each image scaled by the share of nodes that have it, so that pods of one image do not
/// heap up where it came first.
fn score(situation: &Situation<'_>, node: &Node) -> i64 {
    let sizes = situation.images.iter().filter_map(|it| Some((it, node.facts().images.get(&it.name)?)));
    let nodes = count(situation.fleet.order().len());
    let saved: i64 = sizes.map(|(image, size)| scaled(*size, image.nodes, nodes)).sum();
    let most = BYTES_MAX * count(situation.images.len());
    SCORE_MAX * (saved.clamp(BYTES_MIN, most) - BYTES_MIN) / (most - BYTES_MIN)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the share is computed so upstream")]
fn scaled(size: i64, having: i64, nodes: i64) -> i64 {
    (size as f64 * (having as f64 / nodes as f64)) as i64
}
