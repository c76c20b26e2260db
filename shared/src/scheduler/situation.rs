//! All that a plugin may look at in one cycle, and what is worked out once per cycle.

use crate::model::Text;
use crate::scheduler::fleet::{Fleet, Slot};
use crate::scheduler::owners::Owners;
use crate::scheduler::pod::PodFacts;
use crate::scheduler::spread::{Hard, Softs};

/// The pod in question and the cluster around it.
#[derive(Clone, Debug)]
pub(crate) struct Situation<'a> {
    /// The pod to be placed.
    pub(crate) pod: &'a PodFacts,
    /// All nodes and what is on them.
    pub(crate) fleet: &'a Fleet,
    /// The images of the pod's containers.
    pub(crate) images: Vec<Image>,
    /// The spread constraints that forbid.
    pub(crate) hards: Vec<Hard>,
    /// The spread constraints that discourage; none before [`Situation::prepare_scores`].
    pub(crate) softs: Softs,
}

/// An image that the pod needs.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// With its tag.
    pub(crate) name: Text,
    /// On how many nodes it is.
    pub(crate) nodes: i64,
}

impl<'a> Situation<'a> {
    /// What is known before any node is looked at.
    pub(crate) fn new(pod: &'a PodFacts, fleet: &'a Fleet) -> Self {
        let images = pod.images.iter().map(|name| Image { name: name.clone(), nodes: fleet.nodes_with_image(name) });
        Self { pod, fleet, images: images.collect(), hards: Hard::of(pod, fleet), softs: Softs::default() }
    }

    /// Works out what scoring these nodes needs.
    pub(crate) fn prepare_scores(&mut self, fitting: &[Slot], owners: &Owners) {
        self.softs = Softs::of(self.pod, self.fleet, owners.selector(self.pod).as_ref(), fitting);
    }
}
