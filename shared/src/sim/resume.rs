//! A machine that goes on with what it ran before this process began.
//!
//! DIFFERENCE: a script that began more than [`REPLAYED`] ago begins anew; its output so far is lost in any case.

use super::node::{Due, Sandbox, SimNode};
use super::process::Process;
use crate::kubelet::Profile;
use crate::kubelet::resume::Running;
use crate::kubelet::runtime::ContainerSpec;
use crate::model::{Object, Span, Text, Time, Value};

/// How far back what a process did is done again, to find out where it is now.
const REPLAYED: Span = Span::seconds(3_600);

impl SimNode {
    /// Takes in which images are on its disk, by the node's status.
    pub fn resume(&mut self, node: &Object) {
        for entry in node.at("status.images").items() {
            let names = entry.get("names").items().iter().map(Value::str);
            for image in names.filter_map(|name| self.catalog.resolve(name).ok()) {
                self.pulls.keep(&image);
            }
        }
    }

    /// Takes in a pod that runs.
    pub fn resume_pod(&mut self, pod: Running, now: Time) {
        let Running { sandbox, ip, containers } = pod;
        if !ip.is_empty() {
            self.sandboxes.insert(sandbox.pod.clone(), Sandbox { spec: sandbox, ip });
        }
        for (spec, id, started_at) in containers {
            self.resume_container(spec, id, started_at, now);
        }
    }

    fn resume_container(&mut self, spec: ContainerSpec, id: Text, started_at: Time, now: Time) {
        let Ok(image) = self.catalog.resolve(&spec.image).or_else(|_| self.catalog.resolve("pilothouse/unknown"))
        else {
            return;
        };
        let from = if now - started_at > REPLAYED { now } else { started_at };
        let run = spec.run.clone();
        let hostname = self.sandboxes.get(&run.pod).map_or(Text::default(), |it| it.spec.hostname.clone());
        let mut process = Process::new(spec, &image, id, hostname, from);
        process.started_at = started_at;
        if self.config().profile == Profile::Ideal {
            let program = self.ideal_program(&process.spec, from);
            process.replace(program);
        }
        self.processes.insert(run.clone(), Box::new(process));
        self.put(from, Due::Advance(run), None);
    }
}
