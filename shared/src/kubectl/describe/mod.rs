//! The texts of `kubectl describe`, one file per kind.
//!
//! Upstream: `k8s.io/kubectl/pkg/describe/describe.go`.

mod configuration;
mod containers;
pub(crate) mod events;
#[cfg(feature = "every-kind")]
mod every_kind;
mod generic;
pub(crate) mod node;
pub(crate) mod pod;
mod service;
mod volumes;
mod workloads;
pub(crate) mod writer;

use crate::kubectl::failure::Failure;
use crate::kubectl::resource_args::Item;
use crate::kubectl::session::{Context, Session};
use crate::kubectl::{Client, Input};
use crate::model::{Key, Object};
use events::About;
use writer::Writer;

/// What is described, and the way to what belongs to it.
pub(super) struct Subject<'a, 's> {
    /// The object.
    object: &'a Object,
    session: &'a mut Session<'s>,
    show_events: bool,
}

type Describer = fn(&mut Writer, &mut Subject<'_, '_>);

impl Subject<'_, '_> {
    /// Name, namespace, labels and annotations, as most descriptions begin.
    fn head(&self, out: &mut Writer) {
        out.field(0, "Name", self.object.name());
        out.field(0, "Namespace", self.object.namespace());
        self.labels_and_annotations(out);
    }

    fn labels_and_annotations(&self, out: &mut Writer) {
        out.labels("Labels", self.object.metadata().get("labels"));
        out.annotations("Annotations", self.object.metadata().get("annotations"));
    }

    fn events(&mut self, out: &mut Writer) {
        self.events_by(out, About::Object);
    }

    fn events_by(&mut self, out: &mut Writer, by: About) {
        if self.show_events {
            let events = events::about(self.session, self.object, by);
            events::write(out, events, self.session.now());
        }
    }
}

/// The description of an object.
pub(crate) fn describe(session: &mut Session<'_>, item: &Item, show_events: bool) -> String {
    let mut out = Writer::default();
    let describer = describer(&item.kind.label());
    describer(&mut out, &mut Subject { object: &item.object, session, show_events });
    out.finish()
}

/// The describer of a kind, by `kind.group`.
fn describer(label: &str) -> Describer {
    match label {
        "pod" => pod::write,
        "node" => node::write,
        "service" => service::write,
        "namespace" => configuration::namespace,
        "configmap" => configuration::config_map,
        "secret" => configuration::secret,
        "serviceaccount" => configuration::service_account,
        "deployment.apps" => workloads::deployment,
        "replicaset.apps" => workloads::replica_set,
        "statefulset.apps" => workloads::stateful_set,
        "daemonset.apps" => workloads::daemon_set,
        _ => more(label).unwrap_or(generic::write),
    }
}

/// The same for the kinds that not every host offers.
#[cfg(feature = "every-kind")]
fn more(label: &str) -> Option<Describer> {
    every_kind::describer(label)
}

#[cfg(not(feature = "every-kind"))]
fn more(_: &str) -> Option<Describer> {
    None
}

/// What `kubectl describe` says about the object `key`, or its error.
pub fn describe_object(key: &Key, client: &mut dyn Client) -> String {
    let mut context = Context::new(Input::default());
    let mut session = Session { client, context: &mut context };
    described(&mut session, key).unwrap_or_else(|failure| failure.message().unwrap_or_default())
}

fn described(session: &mut Session<'_>, key: &Key) -> Result<String, Failure> {
    let kind = session.kinds().resource(&key.resource)?;
    let object = session.get(&kind, &key.namespace, &key.name)?;
    let item = crate::kubectl::resource_args::of_list(&kind, object);
    Ok(describe(session, &item, true))
}
