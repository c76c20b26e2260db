//! What the author of a controller does with kube-rs, against the cluster of `$KUBECONFIG`; it ends by itself.
//!
//! Two candidates want to lead by a Lease, the leader runs a `kube::runtime` controller, and the program is its user: what
//! it sees is what it prints, and what `controller.md` compares.
#![allow(clippy::print_stdout, reason = "what it prints is what is compared")]

mod controller;
mod election;
mod greeting;
mod user;

use std::error::Error;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams};
use kube::discovery::Discovery;
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Client, CustomResourceExt as _};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use greeting::Greeting;

/// What went wrong, in words.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a candidate waits before it tries again.
const CANDIDATE_RETRY: Duration = Duration::from_millis(300);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    timeout(PATIENCE, story()).await?
}

async fn story() -> Result<(), Failure> {
    let client = Client::try_default().await?;
    let version = client.apiserver_version().await?;
    println!("version {}.{}", version.major, version.minor);
    define(&client).await?;
    let leases = elect(&client).await?;
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(controller::run(client.clone(), stopped));
    user::story(&client).await?;
    stop.send(()).map_err(|()| "the controller ended before it was told to")?;
    running.await?;
    println!("the controller has ended: {}", election::release(&leases).await?);
    println!("election: {}", election::state(&leases).await?);
    Ok(())
}

/// Installs the definition, waits until it is in force, and finds it by both forms of discovery.
async fn define(client: &Client) -> Result<(), Failure> {
    let definitions = Api::<CustomResourceDefinition>::all(client.clone());
    let name = Greeting::crd_name();
    let parameters = PatchParams::apply(controller::MANAGER);
    definitions.patch(name, &parameters, &Patch::Apply(Greeting::crd())).await?;
    await_condition(definitions, name, conditions::is_crd_established()).await?;
    for discovery in [
        Discovery::new(client.clone()).filter(&["example.org"]).run().await?,
        Discovery::new(client.clone()).filter(&["example.org"]).run_aggregated().await?,
    ] {
        let group = discovery.get("example.org").ok_or("the group is not served")?;
        let (found, capabilities) = group.recommended_kind("Greeting").ok_or("the kind is not served")?;
        let subresources: Vec<_> = capabilities.subresources.iter().map(|(it, _)| it.plural.as_str()).collect();
        println!("{} {} {:?} {subresources:?}", found.api_version, found.plural, capabilities.scope);
    }
    Ok(())
}

/// Two candidates: one leads, the other waits until the first has said nothing for a while.
async fn elect(client: &Client) -> Result<Api<Lease>, Failure> {
    let leases = Api::<Lease>::default_namespaced(client.clone());
    let (first, second) = tokio::try_join!(election::lead(&leases, "first"), election::lead(&leases, "second"))?;
    println!("election: {} of 2 won", u8::from(first) + u8::from(second));
    let (winner, other) = if first { ("first", "second") } else { ("second", "first") };
    println!("the winner may go on: {}", election::lead(&leases, winner).await?);
    println!("the other may not lead: {}", !election::lead(&leases, other).await?);
    while !election::lead(&leases, other).await? {
        sleep(CANDIDATE_RETRY).await;
    }
    let state = election::state(&leases).await?.replace(other, "the other");
    println!("the winner was silent: {state}");
    Ok(leases)
}
