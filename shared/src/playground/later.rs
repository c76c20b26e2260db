//! What an engine can do without while the first view is made: kubectl's command line, and answers to questions.
//!
//! Nothing but [`Later::ALL`] names the code of these, so that a host can keep it in a file of its own, begin with
//! `Engine::early` and bring the rest with `Engine::complete`.

use crate::kubectl::Command;
use crate::playground::answers::{self, Asked};
use crate::playground::protocol::{Act, Answer, Document, Question, ToWorker};
use crate::playground::terminal::Start;

/// The later part of an engine.
#[derive(Clone, Copy, Debug)]
pub struct Later {
    /// Begins a command line.
    pub(crate) command: Start,
    /// Answers a question.
    pub(crate) answer: fn(&Asked<'_>, Question) -> Answer,
}

impl Later {
    /// All of it.
    pub const ALL: Self = Self { command: Command::start, answer: answers::answer };
}

/// How many messages wait at most; a page that asks for more while its own later part is on the way gets no answer.
const WAITING_MAX: usize = 1_000;

/// The messages that wait for the later part, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Waiting(pub(crate) Vec<ToWorker>);

impl Waiting {
    /// Gives `message` back if it can be taken in now, and keeps it otherwise.
    ///
    /// Questions wait without holding up what a person does; what a person does keeps its order.
    pub(crate) fn admit(&mut self, message: ToWorker) -> Option<ToWorker> {
        let may_go = match &message {
            ToWorker::Ask(..) => false,
            other => !needs_commands(other) && self.0.iter().all(|it| matches!(it, ToWorker::Ask(..))),
        };
        if may_go {
            return Some(message);
        }
        if self.0.len() < WAITING_MAX {
            self.0.push(message);
        }
        None
    }
}

/// True if a command line would be run.
fn needs_commands(message: &ToWorker) -> bool {
    match message {
        ToWorker::Act(act) => is_command(act),
        ToWorker::Open(Document { log, .. }) => log.iter().any(|entry| is_command(&entry.act)),
        ToWorker::Play(_)
        | ToWorker::Pause
        | ToWorker::StepEvent
        | ToWorker::StepReconcile
        | ToWorker::Seek(_)
        | ToWorker::Live
        | ToWorker::Branch
        | ToWorker::Switch(_)
        | ToWorker::Try(_)
        | ToWorker::Ask(..) => false,
    }
}

fn is_command(act: &Act) -> bool {
    match act {
        Act::Terminal { .. } => true,
        Act::Apply(_) | Act::Edited(_) | Act::Interrupt | Act::Fault(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::Engine;
    use crate::playground::protocol::{Speed, ToPage};
    use expect_test::{Expect, expect};

    /// What an engine says at each message and in the end, without deltas.
    fn said(engine: &mut Engine, messages: Vec<ToWorker>) -> String {
        let mut text = Vec::new();
        let mut note = |answers: Vec<ToPage>| {
            text.extend(answers.into_iter().filter_map(|it| match it {
                ToPage::Answer(id, _) => Some(format!("answer {id}")),
                ToPage::Terminal(output) => Some(format!("exit {:?}", output.exit)),
                ToPage::Applied(all) => Some(all[0].message.clone()),
                ToPage::Delta(_) | ToPage::Edit { .. } => None,
            }));
        };
        for message in messages {
            note(engine.handle(message));
        }
        note(engine.complete(Later::ALL));
        text.join(", ")
    }

    fn apply() -> ToWorker {
        let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}".into();
        ToWorker::Act(Act::Apply(vec![crate::trace::SourceFile { name: "a.yaml".into(), text }]))
    }

    fn command(line: &str) -> ToWorker {
        ToWorker::Act(Act::Terminal { line: line.into(), files: Vec::new() })
    }

    #[test]
    fn questions_wait_and_hold_nothing_up() {
        let ask = ToWorker::Ask(7, Question::Diagnose(String::new()));
        let said = said(&mut Engine::early(), vec![ask, apply(), ToWorker::Play(Speed::Max)]);
        expect!["configmap/a created, answer 7"].assert_eq(&said);
    }

    #[test]
    fn what_a_person_does_keeps_its_order() {
        let check = |messages, expected: Expect| expected.assert_eq(&said(&mut Engine::early(), messages));
        check(vec![command("get configmap a"), apply()], expect![["exit Some(1), configmap/a created"]]);
        check(vec![apply(), command("get configmap a")], expect![["configmap/a created, exit Some(0)"]]);
    }

    #[test]
    fn a_run_with_commands_is_opened_once_they_are_there() {
        let mut first = Engine::open(Document::default());
        let run = said(&mut first, vec![apply(), command("create namespace b")]);
        expect!["configmap/a created, exit Some(0)"].assert_eq(&run);
        let mut second = Engine::early();
        second.handle(ToWorker::Open(first.run.document(&first.base)));
        assert_ne!(second.run.cluster.hash(), first.run.cluster.hash());
        second.complete(Later::ALL);
        assert_eq!(second.run.cluster.hash(), first.run.cluster.hash());
    }
}
