//! A run: a cluster, the commands at its terminal, and the log of what was done to it.
//!
//! Equal documents give equal runs: an act has its place in the count of steps, and commands are polled after steps only.
//!
//! Knows nothing of playheads, branches and pages.

use crate::cluster::{Cluster, Config, Stepped};
use crate::model::{Span, Text, Time};
use crate::playground::later::Later;
use crate::playground::protocol::{Act, Document, Entry, ToPage, WhatIf};
use crate::playground::terminal::{Ended, Terminal};
use crate::store::Store;

/// How long a cluster runs before its clock shows zero, so that its nodes are Ready.
const WARM_UP: Span = Span::seconds(60);
/// How many nodes a document has that does not say.
const NODES_DEFAULT: u16 = 3;
/// How many simulated nodes a document can ask for.
const NODES_MAX: u16 = 2_000;

/// A cluster, its terminal and its log.
pub(crate) struct Run {
    pub(crate) cluster: Cluster,
    pub(crate) steps: u64,
    pub(crate) log: Vec<Entry>,
    terminal: Terminal,
    pub(crate) later: Option<Later>,
}

impl Run {
    /// A fresh cluster of `document`'s size and seed, at time zero, with nothing of its log done.
    pub(crate) fn fresh(document: &Document, later: Option<Later>) -> Self {
        let nodes = if document.nodes == 0 { NODES_DEFAULT } else { document.nodes.min(NODES_MAX) };
        let start = Time::VIRTUAL_START - WARM_UP;
        let config = Config { seed: document.seed, nodes: nodes.into(), start, ..Config::default() };
        let mut cluster = Cluster::new(&config);
        cluster.run_until(Time::VIRTUAL_START);
        Self { cluster, steps: 0, log: Vec::new(), terminal: Terminal::default(), later }
    }

    /// Runs a document's log again, to its end or to where `stop` says so.
    pub(crate) fn replay(document: &Document, later: Option<Later>, stop: &dyn Fn(&Store) -> bool) -> Self {
        let mut run = Self::fresh(document, later);
        for entry in &document.log {
            run.run_to(entry.step, entry.time, stop);
            if stop(run.cluster.store()) {
                return run;
            }
            run.act(entry.act.clone());
        }
        run.run_to(document.end_step, document.end_time, stop);
        run
    }

    /// Runs a document's log again with another value in a file it applied, up to the time of its end.
    ///
    /// What was done after that is done at the same times as before. `None` if the log does not have the file.
    pub(crate) fn tried(document: &Document, commands: Option<Later>, what_if: &WhatIf) -> Option<Self> {
        let found = |entry: &Entry| entry.time <= what_if.time && what_if.change(&entry.act).is_some();
        let index = document.log.iter().rposition(found)?;
        let (kept, rest) = document.log.split_at(index);
        let (first, later) = rest.split_first()?;
        let begin = Document { log: kept.to_vec(), end_step: first.step, end_time: first.time, ..document.clone() };
        let mut run = Self::replay(&begin, commands, &|_| false);
        run.act(what_if.change(&first.act)?);
        for entry in later {
            run.run_until(entry.time);
            run.act(entry.act.clone());
        }
        run.run_until(document.end_time);
        Some(run)
    }

    fn run_until(&mut self, time: Time) {
        while self.next_due().is_some_and(|due| due <= time) {
            self.step();
        }
        self.cluster.pass_time(time);
    }

    fn run_to(&mut self, end: u64, time: Time, stop: &dyn Fn(&Store) -> bool) {
        while self.steps < end && !stop(self.cluster.store()) {
            if self.step().0 == Stepped::Idle {
                break;
            }
        }
        if !stop(self.cluster.store()) {
            self.cluster.pass_time(time);
        }
    }

    /// When the next step is due.
    pub(crate) fn next_due(&self) -> Option<Time> {
        [self.cluster.next_due(), self.terminal.wake()].into_iter().flatten().min()
    }

    /// Does what is due first, then lets the command at the terminal look again.
    pub(crate) fn step(&mut self) -> (Stepped, Vec<ToPage>) {
        self.steps += 1;
        let wake = self.terminal.wake();
        let due = self.cluster.next_due();
        let before = self.cluster.store().revision();
        let stepped = match wake {
            Some(wake) if due.is_none_or(|due| wake < due) => {
                self.cluster.pass_time(wake);
                Stepped::Worked
            }
            _ => self.cluster.step(),
        };
        let timed_out = wake.is_some_and(|wake| wake <= self.cluster.now());
        let news = if timed_out || self.cluster.store().revision() > before { self.poll() } else { Vec::new() };
        (stepped, news)
    }

    /// Does what a person did and notes it in the log.
    pub(crate) fn act(&mut self, act: Act) -> Vec<ToPage> {
        let entry = Entry { step: self.steps, time: self.cluster.now(), act: act.clone() };
        self.log.push(entry);
        let start = self.later.map(|it| it.command);
        let (news, ended) = self.terminal.act(act, start, &mut self.cluster);
        self.leave_out(ended);
        news
    }

    /// From now on commands can be entered.
    pub(crate) fn complete(&mut self, later: Later) {
        self.later = Some(later);
    }

    /// True while a command at the terminal has not ended.
    pub(crate) fn is_busy(&self) -> bool {
        self.terminal.is_busy()
    }

    /// The run as a document, with the rest of it from `base`.
    pub(crate) fn document(&self, base: &Document) -> Document {
        Document {
            log: self.log.clone(),
            end_step: self.steps,
            end_time: self.cluster.now(),
            hash: self.cluster.hash(),
            engine: Text::new_static(env!("CARGO_PKG_VERSION")),
            ..base.clone()
        }
    }

    /// Lets the command at the terminal go on.
    fn poll(&mut self) -> Vec<ToPage> {
        let (news, ended) = self.terminal.poll(&mut self.cluster);
        self.leave_out(ended);
        news
    }

    /// Takes a command that has ended, and only read, out of the log.
    fn leave_out(&mut self, ended: Option<Ended>) {
        let Some(ended) = ended.filter(|it| it.only_read) else { return };
        let is_last =
            matches!(self.log.last(), Some(Entry { act: Act::Terminal { line, .. }, .. }) if *line == ended.line);
        if is_last {
            self.log.pop();
        }
    }
}
