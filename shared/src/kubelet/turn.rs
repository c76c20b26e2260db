//! One step's surroundings, and what it wants done.

use super::pod::PodState;
use super::runtime::{Command, ImageInfo};
use super::status::Surroundings;
use super::{Context, Effect, Profile, status};
use crate::model::{Object, Text, Time};
use crate::plan::{EventDraft, EventKind, Write, reference_to};
use crate::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a step reads beside the pod, and the effects it collects.
pub(super) struct Turn<'a> {
    pub(super) now: Time,
    pub(super) store: &'a Store,
    pub(super) profile: Profile,
    /// This node as it was configured.
    pub(super) node: &'a Object,
    pub(super) host_ip: &'a Text,
    /// The images on this node by full name.
    pub(super) images: &'a BTreeMap<Text, Arc<ImageInfo>>,
    pub(super) effects: Vec<Effect>,
    /// What was ordered, for the trace.
    pub(super) wanted: Vec<Text>,
}

impl<'a> Turn<'a> {
    /// The turn of one step.
    pub(super) fn new(
        context: Context<'a>,
        profile: Profile,
        node: &'a Object,
        host_ip: &'a Text,
        images: &'a BTreeMap<Text, Arc<ImageInfo>>,
    ) -> Self {
        let Context { now, store } = context;
        Self { now, store, profile, node, host_ip, images, effects: Vec::new(), wanted: Vec::new() }
    }

    /// Orders something from the node; `what` is for the trace.
    pub(super) fn order(&mut self, command: Command, what: impl Into<Text>) {
        self.effects.push(Effect::Runtime(command));
        self.wanted.push(what.into());
    }

    /// Sends a request.
    pub(super) fn write(&mut self, write: Write) {
        self.wanted.push(write.reason.clone());
        self.effects.push(Effect::Write(Box::new(write)));
    }

    /// Announces something about a pod, or about one of its containers.
    pub(super) fn event(
        &mut self,
        pod: &PodState,
        container: Option<&str>,
        kind: EventKind,
        reason: &str,
        message: impl Into<Text>,
    ) {
        let about = reference_to(&pod.object);
        let draft = EventDraft { about, kind, reason: reason.into(), message: message.into() };
        let draft = match container {
            Some(name) => draft.at(&field_path(pod, name)),
            None => draft,
        };
        self.effects.push(Effect::Event(draft));
    }

    /// A Normal event about a container.
    pub(super) fn normal(&mut self, pod: &PodState, container: &str, reason: &str, message: impl Into<Text>) {
        self.event(pod, Some(container), EventKind::Normal, reason, message);
    }

    /// A Warning event about a container.
    pub(super) fn warning(&mut self, pod: &PodState, container: &str, reason: &str, message: impl Into<Text>) {
        self.event(pod, Some(container), EventKind::Warning, reason, message);
    }

    /// The stored object of a pod, if it is still the same pod.
    pub(super) fn stored(&self, pod: &PodState) -> Option<&'a Object> {
        self.store.get(&pod.key).filter(|it| it.uid() == pod.uid)
    }

    /// Writes the pod's status if it is not what is stored, or already on its way.
    pub(super) fn write_status(&mut self, pod: &mut PodState) {
        let Some(stored) = self.stored(pod) else { return };
        let around = Surroundings { now: self.now, host_ip: self.host_ip, profile: self.profile, stored };
        let new = status::status(pod, around);
        let is_idle = pod.object.is_terminating() || new.get("phase").str() == "Pending";
        let hidden = self.profile == Profile::Ideal && is_idle;
        let revision = stored.resource_version();
        let under_way = pod.sent.as_ref().is_some_and(|(seen, sent)| *seen == revision && *sent == new);
        if hidden || under_way || new == *stored.get("status") {
            return;
        }
        let reason = smol_str::format_smolstr!("status: {}", status::summary(pod));
        let write = Write::patch_status(&pod.key, &pod.uid, &new, reason).tolerating(&["NotFound"]);
        pod.sent = Some((revision, new));
        self.write(write.following(&pod.key, "spec.containers"));
    }
}

/// `spec.containers{web}`.
fn field_path(pod: &PodState, name: &str) -> String {
    let inits = pod.object.at("spec.initContainers").items();
    let list = if inits.iter().any(|it| it.get("name").str() == name) { "initContainers" } else { "containers" };
    format!("spec.{list}{{{name}}}")
}
