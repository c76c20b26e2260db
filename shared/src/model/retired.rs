//! Kinds that Kubernetes once had: what became of them, and what does the same today.

/// A kind that is no more.
struct Retired {
    api_version: &'static str,
    kind: &'static str,
    plural: &'static str,
    text: &'static str,
}

const RETIRED: &[Retired] = &[Retired {
    api_version: "settings.k8s.io/v1alpha1",
    kind: "PodPreset",
    plural: "podpresets",
    text: "PodPreset was an alpha feature and was removed in Kubernetes v1.20; a MutatingAdmissionPolicy does the same: \
           `pilothouse podpreset FILE` prints the one for your PodPreset",
}];

/// What became of a kind; `None` if Kubernetes never had it, or still has.
pub fn kind(api_version: &str, kind: &str) -> Option<&'static str> {
    RETIRED.iter().find(|it| it.kind == kind && it.api_version == api_version).map(|it| it.text)
}

/// The same of a resource, such as `podpresets` of `settings.k8s.io` in `v1alpha1`.
pub fn resource(group: &str, version: &str, plural: &str) -> Option<&'static str> {
    let is_of = |it: &&Retired| it.plural == plural && it.api_version.split_once('/') == Some((group, version));
    RETIRED.iter().find(is_of).map(|it| it.text)
}
