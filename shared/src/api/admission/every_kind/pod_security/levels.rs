//! The labels of a namespace: which standard is enforced, warned of and noted, each in some version.
//!
//! Upstream: `k8s.io/pod-security-admission/api/{constants,helpers}.go`.

use crate::api::status::Errors;
use crate::model::Value;
use std::fmt;

/// The newest version whose checks are known; what asks for a newer one gets this.
const NEWEST_MINOR: u32 = 36;

/// How strict a standard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Everything goes.
    Privileged,
    /// Nothing that is known to lead out of a container.
    Baseline,
    /// Hardened.
    Restricted,
}

/// A level as of a version of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standard {
    /// How strict.
    pub(super) level: Level,
    /// The minor version; `None` is the latest.
    pub(super) version: Option<u32>,
}

/// What a namespace asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// Pods that violate it are refused.
    pub(super) enforce: Standard,
    /// What violates it is noted for the audit log.
    pub(super) audit: Standard,
    /// Who makes what violates it is warned.
    pub(super) warn: Standard,
}

impl Policy {
    /// Reads the labels of a namespace, and what is wrong with them: an unknown level to enforce is the strictest one.
    pub(super) fn read(labels: &Value) -> (Self, Errors) {
        let mut errors = Errors::default();
        let enforce = standard("enforce", Level::Restricted, labels, &mut errors);
        let audit = standard("audit", Level::Privileged, labels, &mut errors);
        let warn = standard("warn", Level::Privileged, labels, &mut errors);
        (Self { enforce, audit, warn }, errors)
    }

    /// True if nothing is asked for.
    pub(super) fn is_privileged(&self) -> bool {
        [self.enforce, self.audit, self.warn].iter().all(|it| it.level == Level::Privileged)
    }
}

impl Standard {
    /// The minor version of Kubernetes whose checks count.
    pub(super) fn minor(self) -> u32 {
        self.version.unwrap_or(NEWEST_MINOR).min(NEWEST_MINOR)
    }
}

fn standard(mode: &str, unknown: Level, labels: &Value, errors: &mut Errors) -> Standard {
    let mut it = Standard { level: Level::Privileged, version: None };
    let label = format!("pod-security.kubernetes.io/{mode}");
    if let Some(text) = labels.get(&label).as_str() {
        it.level = level(text).unwrap_or_else(|| {
            let detail = "must be one of privileged, baseline, restricted";
            errors.invalid(format!("metadata.labels[{label}]"), &text.into(), detail);
            unknown
        });
    }
    let label = format!("{label}-version");
    if let Some(text) = labels.get(&label).as_str() {
        it.version = version(text).unwrap_or_else(|| {
            errors.invalid(format!("metadata.labels[{label}]"), &text.into(), "must be \"latest\" or \"v1.x\"");
            None
        });
    }
    it
}

fn level(text: &str) -> Option<Level> {
    match text {
        "privileged" => Some(Level::Privileged),
        "baseline" => Some(Level::Baseline),
        "restricted" => Some(Level::Restricted),
        _ => None,
    }
}

/// `latest`, or `v1.` and a number without leading zeros.
#[allow(clippy::option_option, reason = "the outer one is whether it parses, the inner one that of a standard")]
fn version(text: &str) -> Option<Option<u32>> {
    if text == "latest" {
        return Some(None);
    }
    let minor = text.strip_prefix("v1.")?;
    let plain = minor.bytes().all(|it| it.is_ascii_digit()) && (minor == "0" || !minor.starts_with('0'));
    if plain && !minor.is_empty() { Some(Some(minor.parse().unwrap_or(u32::MAX))) } else { None }
}

impl fmt::Display for Standard {
    /// `restricted:latest`, `baseline:v1.24`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        };
        match self.version {
            None => write!(f, "{level}:latest"),
            Some(minor) => write!(f, "{level}:v1.{minor}"),
        }
    }
}
