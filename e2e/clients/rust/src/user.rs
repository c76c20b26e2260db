//! The user of the controller: makes greetings, changes and spoils them, and looks at what comes of it.

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;

use crate::Failure;
use crate::greeting::{Greeting, GreetingSpec};

const NAME: &str = "hello";

/// Everything, in order.
///
/// # Errors
/// What the server refused and should not have.
pub(crate) async fn story(client: &Client) -> Result<(), Failure> {
    let greetings = Api::<Greeting>::default_namespaced(client.clone());
    let maps = Api::<ConfigMap>::default_namespaced(client.clone());
    wrong(&greetings).await?;
    let greeting = Greeting::new(NAME, GreetingSpec { text: "hello".into(), times: 1 });
    let made = greetings.create(&PostParams::default(), &greeting).await?;
    settled(&greetings, 1).await?;
    owned(&maps).await?;
    greetings.patch(NAME, &PatchParams::default(), &Patch::Merge(json!({ "spec": { "times": 2 } }))).await?;
    settled(&greetings, 2).await?;
    said(&maps, "hello hello").await?;
    deleted_by_hand(&maps).await?;
    contested(&maps).await?;
    events(client, &made).await?;
    farewell(&greetings, &maps, &made).await
}

/// What the schema refuses, by creation and by apply.
async fn wrong(greetings: &Api<Greeting>) -> Result<(), Failure> {
    let long = Greeting::new("long", GreetingSpec { text: "hello ".repeat(9), times: 1 });
    let refused = greetings.create(&PostParams::default(), &long).await.err();
    println!("too long: {}", words(refused));
    let body = json!({ "apiVersion": "example.org/v1", "kind": "Greeting", "spec": { "times": "two" } });
    let refused = greetings.patch("number", &PatchParams::apply("user"), &Patch::Apply(body)).await.err();
    println!("no number: {}", words(refused));
    Ok(())
}

/// Waits until the status follows the `generation` of the spec.
async fn settled(greetings: &Api<Greeting>, generation: i64) -> Result<(), Failure> {
    let follows = move |it: Option<&Greeting>| {
        let status = it.and_then(|it| it.status.as_ref());
        status.is_some_and(|it| it.observed_generation == generation)
    };
    let greeting = await_condition(greetings.clone(), NAME, follows).await?.ok_or("it is gone")?;
    let status = greeting.status.clone().unwrap_or_default();
    println!("generation {generation}: said {:?}, finalizers {:?}", status.said, greeting.finalizers());
    Ok(())
}

/// Whose the `ConfigMap` is, and who manages its fields, from its metadata alone.
async fn owned(maps: &Api<ConfigMap>) -> Result<(), Failure> {
    let map = maps.get_metadata(NAME).await?;
    let owners = map.owner_references().iter().map(|it| format!("{} {} {:?}", it.kind, it.name, it.controller));
    let managers = map.managed_fields().iter().map(|it| {
        let word = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{} by {}", word(&it.manager), word(&it.operation))
    });
    println!("owned by {:?}, managed by {:?}", owners.collect::<Vec<_>>(), managers.collect::<Vec<_>>());
    Ok(())
}

/// Waits until the `ConfigMap` has this text.
async fn said(maps: &Api<ConfigMap>, text: &str) -> Result<ConfigMap, Failure> {
    let has = |it: Option<&ConfigMap>| text_of(it) == Some(text);
    let map = await_condition(maps.clone(), NAME, has).await?.ok_or("it is gone")?;
    println!("the ConfigMap says {text:?}");
    Ok(map)
}

fn text_of(map: Option<&ConfigMap>) -> Option<&str> {
    map?.data.as_ref()?.get("text").map(String::as_str)
}

/// What is owned comes again when somebody deletes it.
async fn deleted_by_hand(maps: &Api<ConfigMap>) -> Result<(), Failure> {
    let uid = maps.get(NAME).await?.uid().unwrap_or_default();
    maps.delete(NAME, &DeleteParams::default()).await?;
    let is_new = move |it: Option<&ConfigMap>| it.is_some_and(|it| it.uid().is_some_and(|it| it != uid));
    await_condition(maps.clone(), NAME, is_new).await?;
    println!("the ConfigMap was deleted and is there again");
    Ok(())
}

/// Somebody else wants the controller's field: refused, then forced, then taken back.
async fn contested(maps: &Api<ConfigMap>) -> Result<(), Failure> {
    let map = json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "text": "bye", "note": "mine" } });
    let stranger = PatchParams::apply("stranger");
    let refused = maps.patch(NAME, &stranger, &Patch::Apply(&map)).await.err();
    println!("contested: {}", words(refused));
    let forced = maps.patch(NAME, &stranger.force(), &Patch::Apply(&map)).await?;
    println!("forced: {:?}", text_of(Some(&forced)));
    let map = said(maps, "hello hello").await?;
    println!("the stranger's own field: {:?}", map.data.unwrap_or_default().get("note"));
    Ok(())
}

/// What the recorder noted about the greeting.
async fn events(client: &Client, greeting: &Greeting) -> Result<(), Failure> {
    let uid = greeting.uid();
    let events = Api::<Event>::default_namespaced(client.clone()).list(&ListParams::default()).await?;
    let mut about = events.iter().filter(|it| it.regarding.as_ref().is_some_and(|it| it.uid == uid));
    let first = about.next().ok_or("there is no event")?;
    println!("event: {:?} {:?} by {:?}", first.reason, first.action, first.reporting_controller);
    Ok(())
}

/// The greeting goes when the controller has said its farewell, and with it what it owns.
async fn farewell(greetings: &Api<Greeting>, maps: &Api<ConfigMap>, made: &Greeting) -> Result<(), Failure> {
    let uid = made.uid().unwrap_or_default();
    let owned = maps.get(NAME).await?.uid().unwrap_or_default();
    let answer = greetings.delete(NAME, &DeleteParams::foreground()).await?;
    let waits = answer.left().map(|it| it.finalizers().to_vec());
    println!("deletion waits for {waits:?}");
    await_condition(greetings.clone(), NAME, conditions::is_deleted(&uid)).await?;
    await_condition(maps.clone(), NAME, conditions::is_deleted(&owned)).await?;
    let farewell = maps.get_opt("hello-farewell").await?;
    println!("gone, with what it owned; a farewell is there: {}", farewell.is_some());
    Ok(())
}

/// The server's words for a refusal.
fn words(refused: Option<kube::Error>) -> String {
    match refused {
        None => "accepted".into(),
        Some(kube::Error::Api(status)) => format!("{} {}: {}", status.code, status.reason, status.message),
        Some(other) => other.to_string(),
    }
}
