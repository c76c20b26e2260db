//! How much the machines use: what the metrics API tells.

use crate::cluster::Cluster;
use crate::model::Text;
use crate::sim::RunningContainer;

/// What one machine uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineUsage {
    /// The node's name.
    pub node: Text,
    /// Thousandths of a core, all containers together.
    pub cpu_milli: i64,
    /// Bytes, all containers together.
    pub memory: i64,
    /// What runs.
    pub containers: Vec<RunningContainer>,
}

impl Cluster {
    /// What the machines use that can be reached, in the order in which they came.
    pub fn usage(&self) -> Vec<MachineUsage> {
        let reached = self.nodes.by_index.values().filter(|it| !it.machine.is_lost());
        let usage = reached.map(|node| {
            let found = node.machine.snapshot(self.now());
            let (cpu_milli, memory) = (found.cpu_milli, found.memory);
            MachineUsage { node: node.name.clone(), cpu_milli, memory, containers: found.containers }
        });
        usage.collect()
    }
}
