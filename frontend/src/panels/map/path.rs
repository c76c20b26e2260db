//! The way of a request: kubectl, the stages of the API server, the store.

use shared::model::{Key, Text};
use shared::playground::World;
use shared::playground::protocol::Applied;
use shared::trace::ActionKind;

/// A stage of the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Who is it?
    Authn,
    /// May they?
    Authz,
    /// Do the rules of the cluster let it in?
    Admit,
    /// Is it well formed?
    Validate,
    /// Is it written?
    Persist,
}

impl Stage {
    /// In the order in which a request passes them.
    pub const ALL: [Stage; 5] = [Stage::Authn, Stage::Authz, Stage::Admit, Stage::Validate, Stage::Persist];
}

/// The row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPanel {
    /// What the person did last; empty for nothing yet.
    pub request: Text,
    /// Where the last apply was refused.
    pub refused: Option<(Stage, String)>,
    /// How many parts of the cluster watch the store.
    pub watchers: usize,
    /// The revision at the playhead.
    pub revision: u64,
    /// How many objects there are.
    pub objects: usize,
    /// Of how many kinds.
    pub kinds: usize,
}

/// Reads the row; `refusal` is what the last apply was refused for.
pub fn path_panel(world: &World, refusal: Option<&Applied>) -> PathPanel {
    let past = world.actions.iter().rev().skip_while(|action| action.time > world.clock.now);
    let request = past.clone().find(|action| action.kind == ActionKind::Request);
    PathPanel {
        request: request.map(|action| action.title.clone()).unwrap_or_default(),
        refused: refusal.map(|it| (stage_of(&it.message), it.message.clone())),
        watchers: world.loops.len(),
        revision: world.clock.revision.0,
        objects: world.objects.len(),
        kinds: kinds(world),
    }
}

/// The stage that says such a message.
fn stage_of(message: &str) -> Stage {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if has(&["Unauthorized"]) {
        Stage::Authn
    } else if has(&["cannot create resource", "cannot patch resource", "cannot get resource"]) {
        Stage::Authz
    } else if has(&["forbidden", "admission"]) {
        Stage::Admit
    } else if has(&["the object has been modified", "already exists", "NotFound"]) {
        Stage::Persist
    } else {
        Stage::Validate
    }
}

fn kinds(world: &World) -> usize {
    let mut count = 0;
    let mut from = Key::default();
    while let Some((key, _)) = world.objects.range(&from..).next() {
        count += 1;
        from = Key::new(key.resource.clone(), AFTER_ALL, "");
    }
    count
}

/// After every name of a namespace.
const AFTER_ALL: &str = "\u{10ffff}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::expect;

    #[test]
    fn the_row_says_what_was_asked_and_what_is_stored() {
        let panel = path_panel(&fixture::rolling(), None);
        expect![[r#"PathPanel { request: "apply deployment.yaml", refused: None, watchers: 5, revision: 124, objects: 15, kinds: 6 }"#]]
        .assert_eq(&format!("{panel:?}"));
    }

    #[test]
    fn a_refusal_stands_at_its_stage() {
        let stages =
            ["is invalid: spec.replicas: Invalid value", "pods \"a\" is forbidden: exceeded quota"].map(stage_of);
        assert_eq!(stages, [Stage::Validate, Stage::Admit]);
    }
}
