//! Who of several leads: a `Lease` that one holds and renews, and that another takes when it is given up or has run out.
//!
//! Upstream: `k8s.io/client-go/tools/leaderelection/leaderelection.go` (`tryAcquireOrRenew`, `release`).

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Error, ResourceExt as _};

const NAME: &str = "greeter";
/// How long a holder that says nothing keeps the lease.
const SECONDS: i32 = 1;

/// Takes or renews the lease for `who`; false if somebody else has it, or was quicker.
///
/// # Errors
/// The server refuses for another reason.
pub(crate) async fn lead(leases: &Api<Lease>, who: &str) -> Result<bool, Error> {
    let Some(lease) = leases.get_opt(NAME).await? else {
        let metadata = ObjectMeta { name: Some(NAME.into()), ..ObjectMeta::default() };
        let lease = Lease { metadata, spec: Some(held(LeaseSpec::default(), who)) };
        return won(leases.create(&PostParams::default(), &lease).await);
    };
    let spec = lease.spec.clone().unwrap_or_default();
    if !is_free(&spec, who) {
        return Ok(false);
    }
    replace(leases, lease, held(spec, who)).await
}

/// Gives the lease up, so that another need not wait.
///
/// # Errors
/// The server refuses.
pub(crate) async fn release(leases: &Api<Lease>) -> Result<bool, Error> {
    let lease = leases.get(NAME).await?;
    let spec = LeaseSpec { holder_identity: None, ..lease.spec.clone().unwrap_or_default() };
    replace(leases, lease, spec).await
}

/// Who holds the lease, and how often it has changed hands.
///
/// # Errors
/// There is none.
pub(crate) async fn state(leases: &Api<Lease>) -> Result<String, Error> {
    let spec = leases.get(NAME).await?.spec.unwrap_or_default();
    let holder = spec.holder_identity.unwrap_or_else(|| "nobody".into());
    Ok(format!("{holder} leads, {} changes", spec.lease_transitions.unwrap_or_default()))
}

/// Replaces exactly the lease that was read: its resource version goes with it.
async fn replace(leases: &Api<Lease>, mut lease: Lease, spec: LeaseSpec) -> Result<bool, Error> {
    lease.spec = Some(spec);
    won(leases.replace(&lease.name_any(), &PostParams::default(), &lease).await)
}

/// A conflict means that somebody else was quicker.
fn won(answer: Result<Lease, Error>) -> Result<bool, Error> {
    match answer {
        Ok(_) => Ok(true),
        Err(Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_free(spec: &LeaseSpec, who: &str) -> bool {
    let holder = spec.holder_identity.as_deref().unwrap_or_default();
    let seconds = SignedDuration::from_secs(spec.lease_duration_seconds.unwrap_or_default().into());
    let is_over = spec.renew_time.as_ref().is_none_or(|it| it.0 + seconds < Timestamp::now());
    holder.is_empty() || holder == who || is_over
}

/// The lease as `who` holds it from now on.
fn held(spec: LeaseSpec, who: &str) -> LeaseSpec {
    let now = Some(MicroTime(Timestamp::now()));
    let is_own = spec.holder_identity.as_deref() == Some(who);
    LeaseSpec {
        holder_identity: Some(who.into()),
        lease_duration_seconds: Some(SECONDS),
        acquire_time: if is_own { spec.acquire_time } else { now.clone() },
        renew_time: now,
        lease_transitions: Some(spec.lease_transitions.map_or(0, |it| it + i32::from(!is_own))),
        ..LeaseSpec::default()
    }
}
