//! What a claim uses: itself and the storage that it asks for, in all and of its class.
//!
//! Upstream: `pkg/quota/v1/evaluator/core/persistent_volume_claims.go`.

use crate::api::quota::amounts::Amounts;
use crate::model::{Object, Quantity};

/// Between a class and what is counted of it.
const OF_CLASS: &str = ".storageclass.storage.k8s.io/";
/// Where the beta had the name of the class.
const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// True if the entry of a quota is about claims.
pub(super) fn counts(name: &str) -> bool {
    let whole = name.split_once(OF_CLASS).map_or(name, |(_, whole)| whole);
    matches!(whole, "persistentvolumeclaims" | "requests.storage")
}

/// Adds what the claim uses.
pub(super) fn use_of(claim: &Object, into: &mut Amounts) {
    let class = claim.annotation(BETA_CLASS).unwrap_or_else(|| claim.at("spec.storageClassName").str());
    let asked = Quantity::from_value(claim.at("spec.resources.requests.storage")).ok();
    let granted = Quantity::from_value(claim.at("status.allocatedResources.storage")).ok();
    let storage = asked.into_iter().chain(granted).max();
    let counted = [("persistentvolumeclaims", Some(Quantity::new(1))), ("requests.storage", storage)];
    for (name, amount) in counted.into_iter().filter_map(|(name, amount)| Some((name, amount?))) {
        if !class.is_empty() {
            into.put(format!("{class}{OF_CLASS}{name}"), amount.clone());
        }
        into.put(name, amount);
    }
}
