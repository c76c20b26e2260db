//! Amounts of resources: what a pod asks for and what a node has.
//!
//! Upstream: `k8s.io/component-helpers/resource/helpers.go` (`PodRequests`), `pkg/scheduler/util/pod_resources.go`.
//! Differs: the amounts that an in-place resize left in `status` are not looked at.

use crate::model::{Object, Quantity, Text, Value};

/// What a container without a CPU request counts as when nodes are scored, in thousandths of a core.
const DEFAULT_MILLI_CPU: i64 = 100;

/// What a container without a memory request counts as when nodes are scored, in bytes.
const DEFAULT_MEMORY: i64 = 200 * 1024 * 1024;

/// Amounts by resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    /// Thousandths of a core.
    pub(crate) milli_cpu: i64,
    /// Bytes.
    pub(crate) memory: i64,
    /// Bytes of ephemeral storage.
    pub(crate) storage: i64,
    /// Extended resources and huge pages, sorted by name.
    pub(crate) others: Vec<(Text, i64)>,
}

impl Resources {
    /// Reads a `v1.ResourceList`.
    pub(crate) fn read(list: &Value) -> Self {
        let mut it = Self::default();
        for (name, amount) in list.fields() {
            let amount = Quantity::read(amount);
            match name.as_str() {
                "cpu" => it.milli_cpu = amount.milli_value(),
                "memory" => it.memory = amount.value(),
                "ephemeral-storage" => it.storage = amount.value(),
                "pods" => {}
                _ => it.others.push((name.clone(), amount.value())),
            }
        }
        it
    }

    /// The amount of an extended resource.
    pub(crate) fn other(&self, name: &str) -> i64 {
        self.others.iter().find(|(it, _)| it == name).map_or(0, |(_, amount)| *amount)
    }

    /// Adds `more`.
    pub(crate) fn add(&mut self, more: &Self) {
        self.combine(more, i64::saturating_add);
    }

    /// Takes `less` away.
    pub(crate) fn sub(&mut self, less: &Self) {
        self.combine(less, i64::saturating_sub);
    }

    /// Raises each amount to that of `other`.
    fn raise(&mut self, other: &Self) {
        self.combine(other, i64::max);
    }

    fn combine(&mut self, other: &Self, with: fn(i64, i64) -> i64) {
        self.milli_cpu = with(self.milli_cpu, other.milli_cpu);
        self.memory = with(self.memory, other.memory);
        self.storage = with(self.storage, other.storage);
        for (name, amount) in &other.others {
            let place = self.others.binary_search_by(|(it, _)| it.cmp(name));
            match place {
                Ok(index) => self.others[index].1 = with(self.others[index].1, *amount),
                Err(index) => self.others.insert(index, (name.clone(), with(0, *amount))),
            }
        }
    }
}

/// What `pod` asks for: its containers and sidecars, or its largest init container, and its overhead.
pub(crate) fn requests(pod: &Object) -> Resources {
    of_pod(pod, |container| Resources::read(container.at("resources.requests")))
}

/// The same with a default for the CPU and memory that containers do not ask for: nodes are scored by it, so that pods
/// without requests spread as well.
pub(crate) fn scored_requests(pod: &Object) -> Resources {
    of_pod(pod, |container| {
        let list = container.at("resources.requests");
        let mut it = Resources::read(list);
        if list.get("cpu").is_null() {
            it.milli_cpu = DEFAULT_MILLI_CPU;
        }
        if list.get("memory").is_null() {
            it.memory = DEFAULT_MEMORY;
        }
        it
    })
}

fn of_pod(pod: &Object, request: impl Fn(&Value) -> Resources) -> Resources {
    let spec = pod.get("spec");
    let mut total = Resources::default();
    spec.get("containers").items().iter().for_each(|it| total.add(&request(it)));
    let (mut sidecars, mut start) = (Resources::default(), Resources::default());
    for container in spec.get("initContainers").items() {
        let mut needed = request(container);
        if container.get("restartPolicy").str() == "Always" {
            sidecars.add(&needed);
            needed = Resources::default();
        }
        needed.add(&sidecars);
        start.raise(&needed);
    }
    total.add(&sidecars);
    total.raise(&start);
    apply_pod_level(&mut total, spec.at("resources.requests"));
    total.add(&Resources::read(spec.get("overhead")));
    total
}

/// Requests of the whole pod take the place of the containers' sums.
fn apply_pod_level(total: &mut Resources, list: &Value) {
    let whole = Resources::read(list);
    if !list.get("cpu").is_null() {
        total.milli_cpu = whole.milli_cpu;
    }
    if !list.get("memory").is_null() {
        total.memory = whole.memory;
    }
}
