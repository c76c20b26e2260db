//! The custom resource: a text that its controller says in a `ConfigMap`.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is to be said.
#[derive(Clone, CustomResource, Debug, Deserialize, JsonSchema, Serialize)]
#[kube(group = "example.org", version = "v1", kind = "Greeting", namespaced, status = "GreetingStatus")]
#[kube(shortname = "gr", printcolumn = r#"{"name":"Said","type":"string","jsonPath":".status.said"}"#)]
pub(crate) struct GreetingSpec {
    /// The words.
    #[schemars(length(max = 20))]
    pub(crate) text: String,
    /// How often.
    #[serde(default = "once")]
    pub(crate) times: i32,
}

/// What has been said.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GreetingStatus {
    /// The words, as often as wanted.
    pub(crate) said: String,
    /// The generation of the spec that they follow.
    pub(crate) observed_generation: i64,
}

fn once() -> i32 {
    1
}
