//! The checks of the standards in upstream's order, and what they share.
//!
//! Upstream: `k8s.io/pod-security-admission/policy/{checks,registry,helpers,visitor}.go`.

use super::levels::{Level, Standard};
use super::{baseline, restricted};
use crate::model::Value;
use std::collections::BTreeSet;

/// What a check looks at.
pub(super) struct Subject<'a> {
    /// The metadata of the pod or template.
    pub(super) metadata: &'a Value,
    /// Its spec.
    pub(super) spec: &'a Value,
    /// The minor version of the standard.
    pub(super) minor: u32,
    /// The level of the standard.
    pub(super) level: Level,
}

/// What a check says against a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// `hostPath volumes`.
    pub(super) reason: &'static str,
    /// `volume "a"`.
    pub(super) detail: String,
}

/// One rule of a standard.
pub(super) struct Check {
    /// The first minor version that has it.
    pub(super) since: u32,
    /// From which minor version on a stricter check takes its place in the restricted standard.
    pub(super) replaced: Option<u32>,
    /// Finds what is wrong.
    pub(super) run: fn(&Subject<'_>) -> Option<Finding>,
}

/// Every finding of `standard` about a pod.
pub(super) fn findings(standard: Standard, metadata: &Value, spec: &Value) -> Vec<Finding> {
    let (level, minor) = (standard.level, standard.minor());
    let is_strict = level == Level::Restricted;
    let subject = Subject { metadata, spec, minor, level };
    let stays = |it: &&Check| !(is_strict && it.replaced.is_some_and(|since| since <= minor));
    let common = baseline::CHECKS.iter().filter(stays).filter(|_| level != Level::Privileged);
    let strict = restricted::CHECKS.iter().filter(|_| is_strict);
    common.chain(strict).filter(|it| it.since <= minor).filter_map(|it| (it.run)(&subject)).collect()
}

/// True for an annotation that a check reads.
pub(super) fn is_relevant(annotation: &str) -> bool {
    [
        "container.apparmor.security.beta.kubernetes.io/",
        "seccomp.security.alpha.kubernetes.io/",
        "container.seccomp.security.alpha.kubernetes.io/",
    ]
    .iter()
    .any(|it| annotation.starts_with(it))
}

impl<'a> Subject<'a> {
    /// Every container, those of the start first.
    pub(super) fn containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let spec = self.spec;
        ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(|list| spec.get(list).items())
    }

    /// The names of the containers that `is_bad` says yes to.
    pub(super) fn named(&self, is_bad: impl Fn(&'a Value) -> bool) -> Vec<&'a str> {
        self.containers().filter(|it| is_bad(it)).map(|it| it.get("name").str()).collect()
    }

    /// The security context of the whole pod.
    pub(super) fn context(&self) -> &'a Value {
        self.spec.get("securityContext")
    }

    /// True for a pod of another system, which a few checks leave alone.
    pub(super) fn is_windows(&self) -> bool {
        self.spec.at("os.name").str() == "windows"
    }

    /// True if root inside is nobody outside, which relaxes a few checks.
    pub(super) fn has_own_users(&self) -> bool {
        self.spec.get("hostUsers").as_bool() == Some(false)
    }
}

/// A finding, if `detail` is one.
pub(super) fn finding(reason: &'static str, detail: String) -> Option<Finding> {
    (!detail.is_empty()).then_some(Finding { reason, detail })
}

/// `"a", "b"`.
pub(super) fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ")
}

/// `one` for a single thing, else `many`.
pub(super) fn plural(one: &'static str, many: &'static str, count: usize) -> &'static str {
    if count == 1 { one } else { many }
}

/// `container "a"`, `containers "a", "b"`.
pub(super) fn containers(names: &[&str]) -> String {
    format!("{} {}", plural("container", "containers", names.len()), quoted(names.iter().copied()))
}

/// `pod and containers "a", "b"`: who sets something.
pub(super) fn setters(pod: bool, names: &[&str]) -> Vec<String> {
    let own = pod.then(|| "pod".to_owned());
    own.into_iter().chain((!names.is_empty()).then(|| containers(names))).collect()
}

/// A set of words, by the alphabet.
pub(super) fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    words.into_iter().collect()
}
