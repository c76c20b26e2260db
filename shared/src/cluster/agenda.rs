//! What is due when: one entry per part of the cluster, ordered by time and then by part.
//!
//! Parts that take in changes come before parts that decide, so that what arrives at one moment is decided about once.

use crate::model::Time;
use std::collections::{BTreeMap, BTreeSet};

/// A part of the cluster that can be woken. The order is the order of work at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The controllers' watch delivers.
    ControllerFeed,
    /// The scheduler's watch delivers.
    SchedulerFeed,
    /// The kubelets' watch delivers.
    KubeletFeed,
    /// A controller works: goes on with its plan or takes the next key.
    Controller(u16),
    /// The scheduler works.
    Scheduler,
    /// A node works: its kubelet's timers, its containers.
    Node(u32),
}

/// The wake-up times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agenda {
    order: BTreeSet<(Time, Part)>,
    times: BTreeMap<Part, Time>,
}

impl Agenda {
    /// Wakes `part` at `time`, or earlier if it is to be woken earlier already.
    pub(crate) fn wake(&mut self, part: Part, time: Time) {
        match self.times.get(&part) {
            Some(earlier) if *earlier <= time => return,
            Some(later) => drop(self.order.remove(&(*later, part))),
            None => {}
        }
        self.order.insert((time, part));
        self.times.insert(part, time);
    }

    /// What is due first.
    pub(crate) fn first(&self) -> Option<(Time, Part)> {
        self.order.first().copied()
    }

    /// Takes what is due first.
    pub(crate) fn pop(&mut self) -> Option<(Time, Part)> {
        let (time, part) = self.order.pop_first()?;
        self.times.remove(&part);
        Some((time, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_wish_wins_and_feeds_come_first() {
        let mut agenda = Agenda::default();
        agenda.wake(Part::Scheduler, Time(5));
        agenda.wake(Part::Controller(1), Time(9));
        agenda.wake(Part::Controller(1), Time(5));
        agenda.wake(Part::Controller(1), Time(7));
        agenda.wake(Part::ControllerFeed, Time(5));
        let order: Vec<_> = std::iter::from_fn(|| agenda.pop()).collect();
        let expected = [Part::ControllerFeed, Part::Controller(1), Part::Scheduler].map(|part| (Time(5), part));
        assert_eq!(order, expected);
    }
}
