//! Topology spread constraints: what they ask, and how many matching pods each domain has.
//!
//! Upstream: `plugins/podtopologyspread` (`common.go`, `filtering.go`, `scoring.go`).

use crate::model::selector::{Operator, Requirement};
use crate::model::{Selector, Text, Value};
use crate::scheduler::fleet::{Fleet, Slot};
use crate::scheduler::node::{HOSTNAME, Node, NodeFacts, ZONE};
use crate::scheduler::plugins::{admits, tolerates};
use crate::scheduler::pod::PodFacts;
use std::collections::BTreeMap;

/// An entry of `spec.topologySpreadConstraints`.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    /// How much fuller than the emptiest a domain may be.
    pub(crate) max_skew: i64,
    /// The node label whose values are the domains.
    pub(crate) topology: Topology,
    /// With fewer domains than this, the emptiest counts as empty.
    pub(crate) domains_min: usize,
    /// Which pods of the namespace are counted.
    pub(crate) selector: Selector,
    affinity: Policy,
    taints: Policy,
}

/// A node label whose values are domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Topology {
    /// `kubernetes.io/hostname`.
    Hostname,
    /// `topology.kubernetes.io/zone`.
    Zone,
    /// Any other.
    Label(Text),
}

/// Whether nodes that the pod cannot use are left out of the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Honor,
    Ignore,
}

/// Whether a constraint forbids or only discourages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// `DoNotSchedule`.
    Hard,
    /// `ScheduleAnyway`.
    Soft,
}

/// A constraint that forbids, and the matching pods in each domain.
#[derive(Clone, Debug)]
pub(crate) struct Hard {
    /// The constraint.
    pub(crate) constraint: Constraint,
    /// 1 if the pod itself would be counted.
    pub(crate) own: i64,
    counts: BTreeMap<Text, i64>,
}

/// A constraint that discourages, and the matching pods in each domain that has a fitting node.
#[derive(Clone, Debug)]
pub(crate) struct Soft {
    /// The constraint.
    pub(crate) constraint: Constraint,
    /// By group, whether its pods are counted.
    matching: Vec<bool>,
    /// Few; sorted by domain.
    counts: Vec<(Text, i64)>,
    weight: f64,
}

/// The constraints that discourage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Softs {
    /// Each with its counts.
    pub(crate) all: Vec<Soft>,
    /// Whether a node must have every constraint's label to be scored; not so for the default constraints.
    pub(crate) labels: Labels,
}

/// Which nodes take part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Labels {
    /// Those that have the labels of all constraints.
    All,
    /// Every node.
    #[default]
    Any,
}

impl Constraint {
    /// The constraints of this strength that the pod declares.
    pub(crate) fn declared(pod: &PodFacts, strength: Strength) -> Vec<Self> {
        let hard = |it: &&Value| it.get("whenUnsatisfiable").str() != "ScheduleAnyway";
        let list = pod.object.at("spec.topologySpreadConstraints").items().iter();
        list.filter(|it| hard(it) == (strength == Strength::Hard)).map(|it| Self::read(it, pod)).collect()
    }

    /// The constraints of a pod that declares none, for the pods of its service or owner.
    fn defaults(selector: &Selector) -> Vec<Self> {
        let constraint = |(max_skew, topology)| Self {
            max_skew,
            topology,
            domains_min: 1,
            selector: selector.clone(),
            affinity: Policy::Honor,
            taints: Policy::Ignore,
        };
        [(3, Topology::Hostname), (5, Topology::Zone)].map(constraint).into()
    }

    fn read(value: &Value, pod: &PodFacts) -> Self {
        let policy = |field: &str, default| match value.get(field).str() {
            "Honor" => Policy::Honor,
            "Ignore" => Policy::Ignore,
            _ => default,
        };
        Self {
            max_skew: value.get("maxSkew").int_or(1),
            topology: Topology::read(&value.get("topologyKey").text()),
            domains_min: usize::try_from(value.get("minDomains").int_or(1)).unwrap_or(1),
            selector: selector(value, pod.labels()),
            affinity: policy("nodeAffinityPolicy", Policy::Honor),
            taints: policy("nodeTaintsPolicy", Policy::Ignore),
        }
    }

    /// The node's domain.
    pub(crate) fn domain<'a>(&self, node: &'a NodeFacts) -> Option<&'a Text> {
        match &self.topology {
            Topology::Hostname => node.hostname.as_ref(),
            Topology::Zone => node.zone.as_ref(),
            Topology::Label(key) => match node.labels.get(key) {
                Value::Text(value) => Some(value),
                _ => None,
            },
        }
    }

    /// True if the node's pods are counted.
    fn includes(&self, pod: &PodFacts, node: &NodeFacts) -> bool {
        (self.affinity == Policy::Ignore || admits(pod, node))
            && (self.taints == Policy::Ignore || tolerates(pod, node))
    }

    /// True if `other`, a pod of the same namespace, is counted.
    pub(crate) fn counts(&self, pod: &PodFacts, other: &PodFacts) -> bool {
        pod.key.namespace == other.key.namespace && self.selector.matches(other.labels())
    }
}

impl Topology {
    fn read(key: &Text) -> Self {
        match key.as_str() {
            HOSTNAME => Self::Hostname,
            ZONE => Self::Zone,
            _ => Self::Label(key.clone()),
        }
    }
}

/// The constraint's selector, narrowed to the pod's own values of `matchLabelKeys`.
fn selector(constraint: &Value, labels: &Value) -> Selector {
    let base = Selector::from_object(constraint.get("labelSelector")).unwrap_or(Selector::Nothing);
    let Selector::All(mut requirements) = base else { return base };
    for key in constraint.get("matchLabelKeys").items().iter().map(Value::text) {
        if let Some(value) = labels.get(&key).as_str() {
            requirements.push(Requirement { key, operator: Operator::In, values: vec![value.into()] });
        }
    }
    Selector::All(requirements)
}

impl Hard {
    /// Counts for every constraint that the pod declares as `DoNotSchedule`.
    pub(crate) fn of(pod: &PodFacts, fleet: &Fleet) -> Vec<Self> {
        let constraints = Constraint::declared(pod, Strength::Hard);
        let nodes = fleet.order().iter().map(|slot| fleet.node(*slot));
        let nodes: Vec<_> = nodes.filter(|node| has_all(node.facts(), &constraints)).collect();
        let hard = |constraint: &Constraint| Self::count(constraint, pod, fleet, &nodes);
        constraints.iter().map(hard).collect()
    }

    fn count(constraint: &Constraint, pod: &PodFacts, fleet: &Fleet, nodes: &[&Node]) -> Self {
        let matching = matching(pod, fleet, &constraint.selector);
        let mut counts = BTreeMap::<Text, i64>::new();
        for node in nodes.iter().filter(|node| constraint.includes(pod, node.facts())) {
            if let Some(domain) = constraint.domain(node.facts()) {
                *counts.entry(domain.clone()).or_default() += node.count(&matching);
            }
        }
        let own = i64::from(constraint.selector.matches(pod.labels()));
        Self { constraint: constraint.clone(), own, counts }
    }

    /// How much fuller than the emptiest domain this one would be with the pod.
    pub(crate) fn skew(&self, domain: &str) -> i64 {
        let few = self.counts.len() < self.constraint.domains_min;
        let least = if few { 0 } else { self.counts.values().copied().min().unwrap_or(0) };
        self.counts.get(domain).copied().unwrap_or(0) + self.own - least
    }

    /// Counts `other`, which is or was on `node`, once more or once less.
    pub(crate) fn recount(&mut self, pod: &PodFacts, other: &PodFacts, node: &NodeFacts, by: i64) {
        let counted = !other.object.is_terminating() && self.constraint.counts(pod, other);
        if let Some(count) = self.constraint.domain(node).and_then(|domain| self.counts.get_mut(domain))
            && counted
            && self.constraint.includes(pod, node)
        {
            *count += by;
        }
    }
}

impl Softs {
    /// Counts for the constraints that the pod declares as `ScheduleAnyway`, or for the default ones.
    pub(crate) fn of(pod: &PodFacts, fleet: &Fleet, default: Option<&Selector>, fitting: &[Slot]) -> Self {
        let declares = !pod.object.at("spec.topologySpreadConstraints").is_empty();
        let labels = if declares { Labels::All } else { Labels::Any };
        let constraints = match default {
            _ if declares => Constraint::declared(pod, Strength::Soft),
            Some(selector) => Constraint::defaults(selector),
            None => Vec::new(),
        };
        let takes_part = |node: &NodeFacts| labels == Labels::Any || has_all(node, &constraints);
        let scored: Vec<_> = fitting.iter().map(|it| fleet.node(*it)).filter(|it| takes_part(it.facts())).collect();
        let soft = |constraint: &Constraint| Soft::count(constraint, pod, fleet, &scored, &takes_part);
        Self { all: constraints.iter().map(soft).collect(), labels }
    }

    /// True if the node takes part.
    pub(crate) fn includes(&self, node: &NodeFacts) -> bool {
        self.labels == Labels::Any || self.all.iter().all(|it| it.constraint.domain(node).is_some())
    }
}

impl Soft {
    fn count(
        constraint: &Constraint,
        pod: &PodFacts,
        fleet: &Fleet,
        scored: &[&Node],
        takes_part: &impl Fn(&NodeFacts) -> bool,
    ) -> Self {
        let matching = matching(pod, fleet, &constraint.selector);
        let mut it = Self { constraint: constraint.clone(), matching, counts: Vec::new(), weight: 0.0 };
        if constraint.topology == Topology::Hostname {
            it.weight = weight(scored.len());
            return it;
        }
        let mut unlabelled = 0;
        for node in scored {
            match constraint.domain(node.facts()).map(|domain| (domain, it.find(domain))) {
                Some((domain, Err(place))) => it.counts.insert(place, (domain.clone(), 0)),
                Some((_, Ok(_))) => {}
                None => unlabelled = 1,
            }
        }
        it.weight = weight(it.counts.len() + unlabelled);
        if it.counts.is_empty() {
            return it;
        }
        let nodes = fleet.order().iter().map(|slot| fleet.node(*slot));
        for node in nodes.filter(|node| takes_part(node.facts()) && constraint.includes(pod, node.facts())) {
            if let Some(place) = constraint.domain(node.facts()).and_then(|domain| it.find(domain).ok()) {
                it.counts[place].1 += node.count(&it.matching);
            }
        }
        it
    }

    fn find(&self, domain: &Text) -> Result<usize, usize> {
        self.counts.binary_search_by(|(it, _)| it.cmp(domain))
    }

    /// The more matching pods the node's domain has, the more.
    #[allow(clippy::cast_precision_loss, reason = "counts of pods are far below 2^52")]
    pub(crate) fn score(&self, node: &Node) -> f64 {
        let Some(domain) = self.constraint.domain(node.facts()) else { return 0.0 };
        let count = match self.constraint.topology {
            Topology::Hostname => node.count(&self.matching),
            Topology::Zone | Topology::Label(_) => self.find(domain).map_or(0, |place| self.counts[place].1),
        };
        count as f64 * self.weight + (self.constraint.max_skew - 1) as f64
    }
}

fn has_all(node: &NodeFacts, constraints: &[Constraint]) -> bool {
    constraints.iter().all(|it| it.domain(node).is_some())
}

/// An empty selector counts no pods, though it would match all.
fn matching(pod: &PodFacts, fleet: &Fleet, selector: &Selector) -> Vec<bool> {
    if selector.is_everything() { Vec::new() } else { fleet.groups.matching(&pod.key.namespace, selector) }
}

/// The natural logarithm of the number of domains and two, so that few domains are not watered down by many.
fn weight(domains: usize) -> f64 {
    ln(u32::try_from(domains).unwrap_or(u32::MAX).saturating_add(2))
}

/// By a series of plain arithmetic, because the platforms' own logarithms differ in their last bit.
fn ln(number: u32) -> f64 {
    let exponent = number.max(1).ilog2();
    let mantissa = f64::from(number) / f64::from(1_u32 << exponent);
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut term, mut sum) = (ratio, 0.0);
    for odd in (1..64).step_by(2) {
        sum += term / f64::from(odd);
        term *= ratio * ratio;
    }
    f64::from(exponent) * std::f64::consts::LN_2 + 2.0 * sum
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_logarithm_is_one() {
        for number in [2, 3, 5, 10, 42, 422, 1_002, 65_537] {
            assert!((super::ln(number) - f64::from(number).ln()).abs() < 1e-14, "{number}");
        }
    }
}
