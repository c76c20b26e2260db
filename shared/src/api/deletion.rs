//! How objects go: at once, after a grace period, or when their last finalizer is gone.
//!
//! Upstream: `pkg/registry/generic/registry/store.go` (`Delete`, `updateForGracefulDeletionAndFinalizers`,
//! `deletionFinalizersForGarbageCollection`), `pkg/registry/rest/delete.go`, `pkg/registry/core/namespace/storage`.

use crate::api::admission::{Operation, is_waiting};
use crate::api::pipeline::{Api, Call};
use crate::api::{Propagation, Response, Status};
use crate::model::key::resources::NAMESPACES;
use crate::model::{Key, Object, Span, Text, Time, Value};

/// The finalizer of an object whose dependants are to stay.
const ORPHAN: &str = "orphan";
/// The finalizer of an object whose dependants go first.
const FOREGROUND: &str = "foregroundDeletion";

/// What a deletion asks for, from the query or the body.
struct Wish {
    grace: Option<i64>,
    propagation: Option<Propagation>,
}

/// What becomes of an object that is asked to go.
enum Fate {
    /// It is gone.
    Gone,
    /// It stays for now, changed.
    Marked(Object),
    /// It was asked to go before, and nothing changes.
    Pending,
}

impl Api {
    /// Asks one object to go.
    pub(super) fn delete(&mut self, call: &mut Call<'_>) -> Result<Response, Status> {
        let object = self.found(call)?;
        check_preconditions(call, &object)?;
        self.admit_deletion(call, &object)?;
        warn_unasked(call);
        Ok(self.delete_object(call, object))
    }

    /// The same without admission, for a deletion that was admitted as something else.
    pub(super) fn delete_admitted(&mut self, call: &mut Call<'_>) -> Result<Response, Status> {
        let object = self.stored(&call.key)?;
        check_preconditions(call, &object)?;
        Ok(self.delete_object(call, object))
    }

    fn admit_deletion(&mut self, call: &mut Call<'_>, old: &Object) -> Result<(), Status> {
        self.mutate(call, Operation::Delete, &mut Object::default(), Some(old))?;
        self.admit(call, Operation::Delete, &Object::default(), Some(old))
    }

    /// Asks everything that matches to go; the answer lists it. All are admitted before the first goes, so that a refusal, or
    /// a webhook that has to be asked first, leaves all of them.
    pub(super) fn delete_collection(&mut self, call: &mut Call<'_>) -> Result<Response, Status> {
        let found = self.list(call)?;
        warn_unasked(call);
        let selected = self.selected(call)?;
        let mut waits = None;
        for object in &selected {
            point_at(call, object);
            match self.admit_deletion(call, object) {
                Err(status) if is_waiting(&status) => waits = Some(status),
                admitted => admitted?,
            }
        }
        if let Some(status) = waits {
            return Err(status);
        }
        for object in selected {
            point_at(call, &object);
            self.delete_object(call, object);
        }
        Ok(found)
    }

    fn delete_object(&mut self, call: &mut Call<'_>, object: Object) -> Response {
        let fate = if call.key.resource == NAMESPACES {
            namespace_fate(&object, call.now)
        } else {
            fate(&object, &Wish::read(call), call)
        };
        match fate {
            Fate::Gone => {
                let object = self.remove(call, object);
                if call.resource.deletion.answers_object {
                    return Response::object(200, object);
                }
                Response::status(Status::deleted(&call.key, &object.uid()))
            }
            Fate::Marked(marked) => Response::object(200, self.write_marked(call, marked)),
            Fate::Pending => Response::object(200, object),
        }
    }
}

/// One of the objects that a call is about is its turn.
fn point_at(call: &mut Call<'_>, object: &Object) {
    call.key = Key::new(call.key.resource.clone(), object.namespace(), object.name());
}

impl Wish {
    fn read(call: &Call<'_>) -> Self {
        let (options, body) = (&call.request.options, &call.request.body);
        let word = match body.get("propagationPolicy").str() {
            "Background" => Some(Propagation::Background),
            "Foreground" => Some(Propagation::Foreground),
            "Orphan" => Some(Propagation::Orphan),
            _ => body
                .get("orphanDependents")
                .as_bool()
                .map(|it| if it { Propagation::Orphan } else { Propagation::Background }),
        };
        Self {
            grace: options.grace_period_seconds.or(body.get("gracePeriodSeconds").as_int()),
            propagation: options.propagation.or(word),
        }
    }
}

/// Warns of what happens to the dependants of the kind if the request does not say what should.
fn warn_unasked(call: &mut Call<'_>) {
    let warning = call.resource.deletion.unasked;
    if !warning.is_empty() && Wish::read(call).propagation.is_none() {
        call.notes.warnings.push(warning.to_owned());
    }
}

/// True if an update took away the last thing that kept a terminating object.
pub(super) fn lets_go(new: &Object, old: &Object) -> bool {
    if new.kind() == "Namespace" {
        return new.is_terminating() && new.at("spec.finalizers").is_empty() && new.finalizers().next().is_none();
    }
    let no_grace = old.metadata().get("deletionGracePeriodSeconds").as_int() == Some(0);
    no_grace && old.is_terminating() && new.finalizers().next().is_none()
}

fn check_preconditions(call: &Call<'_>, object: &Object) -> Result<(), Status> {
    let body = call.request.body.get("preconditions");
    let asked =
        if call.request.options.uid.is_empty() { body.get("uid").text() } else { call.request.options.uid.clone() };
    if !asked.is_empty() && asked != object.uid() {
        let detail = format!("Precondition failed: UID in precondition: {asked}, UID in object meta: {}", object.uid());
        return Err(Status::conflict(&call.key, &detail));
    }
    let version = body.get("resourceVersion").str();
    let own = object.metadata().get("resourceVersion").str();
    if !version.is_empty() && version != own {
        let detail = format!(
            "Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {own}"
        );
        return Err(Status::conflict(&call.key, &detail));
    }
    Ok(())
}

fn fate(object: &Object, wish: &Wish, call: &Call<'_>) -> Fate {
    if object.is_terminating() && object.metadata().get("deletionGracePeriodSeconds").as_int().is_none() {
        return Fate::Gone;
    }
    let mut marked = object.clone();
    if let (Some(begin), false) = (call.resource.deletion.begin, object.is_terminating()) {
        begin(&mut marked, call.now);
    }
    let finalizers = finalizers_for(&marked, wish, call.resource.deletion.dependants);
    if let Some(finalizers) = &finalizers {
        marked.set("metadata.finalizers", finalizers.clone());
    }
    let kept = marked.finalizers().next().is_some();
    match call.resource.deletion.grace {
        Some(grace) if object.is_terminating() => shorten(marked, wish, grace(object, wish.grace), kept),
        Some(grace) => {
            let seconds = grace(object, wish.grace);
            mark(&mut marked, call.now + Span::seconds(seconds), seconds);
            if seconds == 0 && !kept { Fate::Gone } else { Fate::Marked(marked) }
        }
        None if !kept => Fate::Gone,
        None => {
            if !object.is_terminating() {
                mark(&mut marked, call.now, 0);
            }
            if marked == *object { Fate::Pending } else { Fate::Marked(marked) }
        }
    }
}

/// A pod that is going already may only be given less time.
fn shorten(mut marked: Object, wish: &Wish, asked: i64, kept: bool) -> Fate {
    let given = marked.metadata().get("deletionGracePeriodSeconds").int_or(0);
    if wish.grace.is_none() || asked >= given {
        return if given == 0 && !kept && wish.grace == Some(0) { Fate::Gone } else { Fate::Pending };
    }
    let start = marked.deletion_time().unwrap_or_default() - Span::seconds(given);
    marked.set("metadata.deletionTimestamp", (start + Span::seconds(asked)).to_string());
    marked.set("metadata.deletionGracePeriodSeconds", asked);
    if asked == 0 && !kept { Fate::Gone } else { Fate::Marked(marked) }
}

/// Notes when the object should be gone; that counts as a change of what is wanted.
fn mark(object: &mut Object, when: Time, grace: i64) {
    object.set("metadata.deletionTimestamp", when.to_string());
    object.set("metadata.deletionGracePeriodSeconds", grace);
    if object.generation() > 0 {
        let next = object.generation() + 1;
        object.set("metadata.generation", next);
    }
}

/// The finalizers that the wish puts on the object, `None` if they are right already.
fn finalizers_for(object: &Object, wish: &Wish, default: Propagation) -> Option<Value> {
    let has = |name: &str| object.finalizers().any(|it| it == name);
    let (orphan, foreground) = match wish.propagation {
        Some(policy) => (policy == Propagation::Orphan, policy == Propagation::Foreground),
        None if has(ORPHAN) || has(FOREGROUND) => (has(ORPHAN), !has(ORPHAN)),
        None => (default == Propagation::Orphan, false),
    };
    if orphan == has(ORPHAN) && foreground == has(FOREGROUND) {
        return None;
    }
    let others = object.finalizers().filter(|it| *it != ORPHAN && *it != FOREGROUND).map(Text::new);
    let added = [(orphan, ORPHAN), (foreground, FOREGROUND)].into_iter().filter(|(wanted, _)| *wanted);
    Some(others.chain(added.map(|(_, name)| Text::new_static(name))).collect())
}

/// A namespace is emptied by a controller first, which then takes `kubernetes` out of `spec.finalizers`.
fn namespace_fate(namespace: &Object, now: Time) -> Fate {
    if namespace.is_terminating() {
        let kept = !namespace.at("spec.finalizers").is_empty() || namespace.finalizers().next().is_some();
        return if kept { Fate::Pending } else { Fate::Gone };
    }
    let mut marked = namespace.clone();
    marked.set("metadata.deletionTimestamp", now.to_string());
    marked.set("status.phase", "Terminating");
    Fate::Marked(marked)
}
