//! Spreads endpoints over slices so that few slices change: what is in one stays there, what is new fills the fullest.
//!
//! Upstream: `k8s.io/endpointslice/reconciler.go` (`reconcileByPortMapping`).

use crate::model::{Object, Value};

/// How many endpoints a slice holds.
pub(super) const SLICE_MAX: usize = 100;

/// What becomes of one slice that is there, and what is to be made beside.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Packed {
    /// For each slice that is there: its endpoints from now on; one that is left empty may go.
    pub(super) kept: Vec<Vec<Value>>,
    /// The endpoints of new slices.
    pub(super) new: Vec<Vec<Value>>,
}

/// Spreads `wanted` over the slices `there`, all of which have the same ports.
pub(super) fn pack(there: &[&Object], wanted: &[Value]) -> Packed {
    let mut rest: Vec<&Value> = wanted.iter().collect();
    let mut kept: Vec<Vec<Value>> = there.iter().map(|slice| keep(slice, &mut rest)).collect();
    let changed = |index: usize, own: &[Value]| there[index].get("endpoints").items() != own;
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.sort_by_key(|it| (!changed(*it, &kept[*it]), std::cmp::Reverse(kept[*it].len())));
    for index in order {
        let own = &mut kept[index];
        // A slice that need not change is only touched if everything that is left fits into it.
        let may_fill = there[index].get("endpoints").items() != own.as_slice() || own.len() + rest.len() <= SLICE_MAX;
        if may_fill {
            let free = SLICE_MAX.saturating_sub(own.len()).min(rest.len());
            own.extend(rest.drain(..free).cloned());
        }
    }
    let new = rest.chunks(SLICE_MAX).map(|chunk| chunk.iter().map(|it| (*it).clone()).collect()).collect();
    Packed { kept, new }
}

/// The endpoints of a slice that are still wanted, as they are now; they are taken out of `rest`.
fn keep(slice: &Object, rest: &mut Vec<&Value>) -> Vec<Value> {
    let mut kept = Vec::new();
    for own in slice.get("endpoints").items() {
        let same = |it: &&Value| it.at("targetRef.uid") == own.at("targetRef.uid");
        if let Some(place) = rest.iter().position(same) {
            kept.push(rest.remove(place).clone());
        }
    }
    kept
}
