//! The controller: for each `Greeting` a `ConfigMap` of its name, a status, an event; and a farewell when it goes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Patch, PatchParams};
use kube::runtime::controller::{self, Action, Controller};
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::runtime::finalizer::{self, finalizer};
use kube::runtime::watcher;
use kube::{Api, Client, Resource as _, ResourceExt as _};
use serde_json::json;
use tokio::sync::oneshot;

use crate::greeting::Greeting;

/// Who manages the fields that the controller writes.
pub(crate) const MANAGER: &str = "greeter";
const FINALIZER: &str = "example.org/farewell";
/// How long the controller waits after a failure.
const RETRY: Duration = Duration::from_millis(200);

struct Context {
    client: Client,
    recorder: Recorder,
}

/// Why a greeting is not said.
type Failure = finalizer::Error<kube::Error>;

/// Runs the controller until `stop` is told; what it is doing then is finished.
///
/// Its own objects come by a list and a watch, what it owns by a watch alone that begins with what is there.
pub(crate) async fn run(client: Client, stop: oneshot::Receiver<()>) {
    let greetings = Api::<Greeting>::default_namespaced(client.clone());
    let owned = Api::<ConfigMap>::default_namespaced(client.clone());
    let recorder = Recorder::new(client.clone(), Reporter { controller: MANAGER.into(), instance: None });
    Controller::new(greetings, watcher::Config::default())
        .owns(owned, watcher::Config::default().streaming_lists())
        .graceful_shutdown_on(async { drop(stop.await) })
        .run(reconcile, |_, _, _| Action::requeue(RETRY), Arc::new(Context { client, recorder }))
        .for_each(async |done| {
            match done {
                // What it owns goes around the same time as the greeting and names it once more.
                Ok(_) | Err(controller::Error::ObjectNotFound(_)) => {}
                Err(controller::Error::ReconcilerFailed(failure, _)) if is_over(&failure) => {}
                Err(error) => eprintln!("controller: {error:?}"),
            }
        })
        .await;
}

/// True if a farewell was said before: the greeting's own news, on another watch, had not come when it was said again.
fn is_over(failure: &Failure) -> bool {
    let finalizer::Error::RemoveFinalizer(kube::Error::Api(status)) = failure else { return false };
    [404, 422].contains(&status.code)
}

async fn reconcile(greeting: Arc<Greeting>, context: Arc<Context>) -> Result<Action, Failure> {
    let api = Api::<Greeting>::default_namespaced(context.client.clone());
    finalizer(&api, FINALIZER, greeting, async |event| match event {
        finalizer::Event::Apply(greeting) => say(&greeting, &context).await,
        finalizer::Event::Cleanup(greeting) => part(&greeting, &context).await,
    })
    .await
}

/// Brings the `ConfigMap` and the status to what the spec says.
async fn say(greeting: &Greeting, context: &Context) -> Result<Action, kube::Error> {
    let name = greeting.name_any();
    let count = usize::try_from(greeting.spec.times).unwrap_or_default();
    let said = vec![greeting.spec.text.as_str(); count].join(" ");
    let map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": name, "ownerReferences": [greeting.controller_owner_ref(&())] },
        "data": { "text": said },
    });
    let maps = Api::<ConfigMap>::default_namespaced(context.client.clone());
    maps.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(map)).await?;
    let status = json!({ "said": said, "observedGeneration": greeting.metadata.generation });
    let greetings = Api::<Greeting>::default_namespaced(context.client.clone());
    greetings.patch_status(&name, &PatchParams::default(), &Patch::Merge(json!({ "status": status }))).await?;
    context.recorder.publish(&event("Said", &said), &greeting.object_ref(&())).await?;
    Ok(Action::await_change())
}

/// Leaves a `ConfigMap` behind that nobody owns.
async fn part(greeting: &Greeting, context: &Context) -> Result<Action, kube::Error> {
    let name = format!("{}-farewell", greeting.name_any());
    let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name } });
    let maps = Api::<ConfigMap>::default_namespaced(context.client.clone());
    maps.patch(&name, &PatchParams::apply(MANAGER), &Patch::Apply(map)).await?;
    Ok(Action::await_change())
}

fn event(reason: &str, note: &str) -> Event {
    let note = Some(note.to_owned());
    Event { type_: EventType::Normal, reason: reason.into(), note, action: "Saying".into(), secondary: None }
}
