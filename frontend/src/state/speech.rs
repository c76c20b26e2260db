//! What the live region says of a delta: a sentence or two, at most once per second.

use crate::i18n::{Words, fill};
use shared::model::key::resources::{DEPLOYMENTS, PODS, REPLICA_SETS};
use shared::playground::protocol::Delta;
use shared::trace::{Effect, Record};

/// How many changes are named; the rest is a number.
const NAMED_MAX: usize = 3;

/// The sentences about what came into being and what went; empty for nothing worth saying.
pub fn sentences(deltas: &[Delta], words: &Words) -> String {
    let spoken = |record: &&Record| {
        let known = [PODS, DEPLOYMENTS, REPLICA_SETS].contains(&record.key.resource);
        known && record.effect != Effect::Updated
    };
    let all: Vec<&Record> =
        deltas.iter().filter(|it| it.reset.is_none()).flat_map(|it| &it.records).filter(spoken).collect();
    let mut said: Vec<String> = all.iter().take(NAMED_MAX).map(|record| sentence(record, words)).collect();
    if all.len() > NAMED_MAX {
        said.push(fill(words.live_more, &[("n", &(all.len() - NAMED_MAX))]));
    }
    said.join(" ")
}

fn sentence(record: &Record, words: &Words) -> String {
    let text = if record.effect == Effect::Created { words.live_created } else { words.live_deleted };
    let kind = crate::panels::kinds::kind(&record.key.resource);
    fill(text, &[("kind", &kind), ("name", &record.key.name)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use crate::panels::fixture;

    #[test]
    fn creations_are_said() {
        let said = sentences(&[fixture::rolling_delta()], Lang::En.words());
        assert_eq!(said, "ReplicaSet web-7d4b9c created. Pod web-7d4b9c-x2x9p created.");
    }
}
