//! `kubectl events`.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/events`.

use crate::api::Options;
use crate::kubectl::describe::events::{interval, last_seen};
use crate::kubectl::failure::{Failure, quoted};
use crate::kubectl::flags::{Args, Flag, OUTPUT, list, number, switch, text};
use crate::kubectl::print::tabs::TABLE;
use crate::kubectl::print::{self, Format, ManagedFields};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::{Job, Run, Started, Step, Verb};
use crate::model::key::resources::EVENTS;
use crate::model::{Object, Order, Text};
use std::collections::BTreeMap;

const FLAGS: &[Flag] = &[
    switch("all-namespaces").or('A'),
    text("for"),
    switch("watch").or('w'),
    list("types"),
    switch("no-headers"),
    number("chunk-size", "500"),
];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "events",
    about: "List events",
    usage: "[(-o|--output=)json|yaml|name|...] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]",
    flags: &[FLAGS, OUTPUT],
    run: Run::Job(start),
    ..Verb::NONE
};

struct Events {
    args: Args,
    format: Format,
    /// What `--for` names: kind and name.
    about: Option<(Text, String)>,
    /// The version of each event that was shown, by uid.
    seen: BTreeMap<Text, u64>,
    widths: Vec<usize>,
    began: bool,
}

fn start(args: &Args, session: &mut Session<'_>) -> Started {
    for kind in args.all("types") {
        if !["normal", "warning"].contains(&kind.to_lowercase().as_str()) {
            return Err(Failure::text("valid --types are Normal or Warning"));
        }
    }
    let about = match args.get("for") {
        "" => None,
        word => {
            let wrong = || Failure::text(format!("--for must be in resource/name form, not {}", quoted(word)));
            let (kind, name) = word.split_once('/').ok_or_else(wrong)?;
            Some((session.kinds().require(kind)?.kind.clone(), name.to_owned()))
        }
    };
    let format = Format::of(args, session)?;
    let seen = BTreeMap::new();
    Ok(Box::new(Events { args: args.clone(), format, about, seen, widths: Vec::new(), began: false }))
}

impl Job for Events {
    fn step(&mut self, session: &mut Session<'_>) -> Result<Step, Failure> {
        let events = self.fresh(session)?;
        if !self.began && events.is_empty() && !self.args.is("watch") {
            let namespace = session.namespace();
            let place =
                if self.args.is("all-namespaces") { String::new() } else { format!(" in {namespace} namespace") };
            session.error(format!("No events found{place}.\n"));
            return Ok(Step::Done);
        }
        self.show(session, &events);
        self.began = true;
        Ok(if self.args.is("watch") { Step::Wait } else { Step::Done })
    }
}

impl Events {
    /// The events that are new or changed, oldest first.
    fn fresh(&mut self, session: &mut Session<'_>) -> Result<Vec<Object>, Failure> {
        let kind = session.kinds().resource(&EVENTS)?;
        let namespace = if self.args.is("all-namespaces") { Text::default() } else { session.namespace() };
        let list = session.list(&kind, &namespace, Options::default())?;
        let types: Vec<String> = self.args.all("types").iter().map(|it| it.to_lowercase()).collect();
        let mut events = print::items(&list);
        events.retain(|it| types.is_empty() || types.contains(&it.get("type").str().to_lowercase()));
        events.retain(|it| {
            self.about.as_ref().is_none_or(|(kind, name)| {
                let of = it.get("involvedObject");
                of.get("kind").str() == kind && of.get("name").str() == name
            })
        });
        events.retain(|it| self.seen.get(&it.uid()) != Some(&it.resource_version()));
        self.seen.extend(events.iter().map(|it| (it.uid(), it.resource_version())));
        events.order_by_key(last_seen);
        Ok(events)
    }

    fn show(&mut self, session: &mut Session<'_>, events: &[Object]) {
        if self.format != Format::Usual {
            let value = print::list_of(events.to_vec());
            session.out(print::object(&value, &self.format, ManagedFields::of(&self.args)));
            return;
        }
        let everywhere = self.args.is("all-namespaces");
        let mut text = String::new();
        if !self.began && !self.args.is("no-headers") {
            let first = if everywhere { "NAMESPACE\t" } else { "" };
            text = format!("{first}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
        }
        let now = session.now();
        for event in events {
            let first = if everywhere { format!("{}\t", event.namespace()) } else { String::new() };
            let of = event.get("involvedObject");
            let cells = [
                interval(event, now),
                event.get("type").str().to_owned(),
                event.get("reason").str().to_owned(),
                format!("{}/{}", of.get("kind").str(), of.get("name").str()),
                event.get("message").str().trim().to_owned(),
            ];
            text.extend([first, cells.join("\t"), "\n".to_owned()]);
        }
        session.out(TABLE.align_more(&text, &mut self.widths));
    }
}
