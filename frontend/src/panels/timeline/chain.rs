//! The causes of an object: every write and pass that led to its writes, back to where each chain begins.

use shared::model::Key;
use shared::playground::World;
use shared::trace::{ActionId, Cause, ReconcileId, Revision, Trigger};
use std::collections::BTreeSet;

/// How many writes, passes and actions a chain has at most; older ones are left out.
const LINKS_MAX: usize = 600;

/// How many of an object's own writes are followed, newest first.
const OWN_WRITES_MAX: usize = 40;

/// A link of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// Something from outside.
    Action(ActionId),
    /// A decision.
    Pass(ReconcileId),
    /// A write.
    Write(Revision),
}

impl Link {
    /// The link that a cause is.
    pub fn of(cause: Cause) -> Option<Self> {
        match cause {
            Cause::Bootstrap => None,
            Cause::Action(id) => Some(Link::Action(id)),
            Cause::Reconcile(id) => Some(Link::Pass(id)),
        }
    }
}

/// Everything that led to the writes of `key` up to the playhead.
pub fn causes(world: &World, key: &Key) -> BTreeSet<Link> {
    let own = world.writes_of(key).take(OWN_WRITES_MAX);
    let mut open: Vec<Link> = own.map(|record| Link::Write(record.revision)).collect();
    let mut all = BTreeSet::new();
    while let Some(link) = open.pop().filter(|_| all.len() < LINKS_MAX) {
        if all.insert(link) {
            open.extend(before(world, link));
        }
    }
    all
}

/// What led to a link directly.
pub fn before(world: &World, link: Link) -> Vec<Link> {
    match link {
        Link::Action(_) => Vec::new(),
        Link::Write(revision) => world.record(revision).and_then(|record| Link::of(record.cause)).into_iter().collect(),
        Link::Pass(id) => {
            let pass = world.reconcile(id);
            pass.map_or(&[][..], |pass| &pass.triggers).iter().filter_map(by_trigger).collect()
        }
    }
}

fn by_trigger(trigger: &Trigger) -> Option<Link> {
    match trigger {
        Trigger::Write(revision) => Some(Link::Write(*revision)),
        Trigger::Timer(id) | Trigger::Retry(id) => Some(Link::Pass(*id)),
        Trigger::Node { cause, .. } => Link::of(*cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::expect;

    #[test]
    fn a_chain_goes_back_to_the_action() {
        let all = causes(&fixture::rolling(), &fixture::newest_pod());
        expect!["{Action(ActionId(2)), Pass(ReconcileId(0)), Pass(ReconcileId(1)), Pass(ReconcileId(2)), Pass(ReconcileId(3)), Pass(ReconcileId(4)), Write(Revision(94)), Write(Revision(96)), Write(Revision(116)), Write(Revision(119)), Write(Revision(121)), Write(Revision(124))}"].assert_eq(&format!("{all:?}"));
    }
}
