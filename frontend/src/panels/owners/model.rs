//! Objects as a tree in rows: who owns whom.

use crate::panels::clock;
use crate::panels::inspector::model::{Badge, badge};
use crate::panels::kinds;
use crate::panels::map::owners::{Rev, pod_revision, set_revision};
use crate::panels::status::ready_containers;
use shared::model::key::resources::{EVENTS, LEASES, NODES};
use shared::model::{Key, Object, Text};
use shared::playground::World;

/// How many rows are drawn; the rest is a number.
const ROWS_MAX: usize = 1_000;

/// How deep owners nest.
const DEPTH_MAX: usize = 8;

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerRow {
    /// Names it.
    pub key: Key,
    /// Its kind.
    pub kind: String,
    /// How deep it is: 0 for one without an owner.
    pub depth: usize,
    /// Its state, where it has one.
    pub badge: Option<Badge>,
    /// `2/3`, where that is known.
    pub ready: String,
    /// Its node; for Pods.
    pub node: Text,
    /// Its revision.
    pub rev: Rev,
    /// How old it is.
    pub age: String,
}

/// The table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnersTable {
    /// Owners before what they own.
    pub rows: Vec<OwnerRow>,
    /// How many more there are.
    pub more: usize,
}

/// Reads the table of one namespace, or of all; events, leases and nodes are elsewhere.
pub fn owners_table(world: &World, namespace: Option<&str>) -> OwnersTable {
    let shown = |key: &Key| {
        let elsewhere = [EVENTS, LEASES, NODES].contains(&key.resource) || key.namespace.is_empty();
        !elsewhere && namespace.is_none_or(|it| it == key.namespace)
    };
    let top = world.objects.iter().filter(|(key, object)| shown(key) && object.controller().is_none());
    let mut rows = Vec::new();
    let mut more = 0;
    for (key, object) in top {
        add(world, key, object, 0, &mut rows, &mut more);
    }
    OwnersTable { rows, more }
}

fn add(world: &World, key: &Key, object: &Object, depth: usize, rows: &mut Vec<OwnerRow>, more: &mut usize) {
    if rows.len() < ROWS_MAX {
        rows.push(row(world, key, object, depth));
    } else {
        *more += 1;
    }
    if depth < DEPTH_MAX {
        for key in world.owned_by(object) {
            if let Some(object) = world.get(key) {
                add(world, key, object, depth + 1, rows, more);
            }
        }
    }
}

fn row(world: &World, key: &Key, object: &Object, depth: usize) -> OwnerRow {
    let kind = kinds::kind(&key.resource);
    let rev = if kind == "Pod" { pod_revision(world, object) } else { set_revision(world, object) };
    OwnerRow {
        badge: badge(&kind, object),
        ready: ready(&kind, object),
        node: object.at("spec.nodeName").text(),
        age: object.created().map(|it| clock::age(world.clock.now - it)).unwrap_or_default(),
        key: key.clone(),
        rev,
        kind,
        depth,
    }
}

fn ready(kind: &str, object: &Object) -> String {
    let replicas = || (object.at("status.readyReplicas").int_or(0), object.at("spec.replicas").int_or(1));
    match kind {
        "Pod" => {
            let (ready, of) = ready_containers(object);
            format!("{ready}/{of}")
        }
        "Deployment" | "ReplicaSet" | "StatefulSet" => {
            let (ready, of) = replicas();
            format!("{ready}/{of}")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::expect;

    #[test]
    fn owners_come_before_what_they_own() {
        let table = owners_table(&fixture::rolling(), Some("default"));
        let line = |row: &OwnerRow| {
            format!("{}{} {} {} {}\n", "  ".repeat(row.depth), row.kind, row.key.name, row.ready, row.age)
        };
        expect![[r#"
            Deployment web 5/5 77s
              ReplicaSet web-6c8f5d 3/3 77s
                Pod web-6c8f5d-4hq7n 1/1 2s
                Pod web-6c8f5d-9vzlk 1/1 2s
                Pod web-6c8f5d-tw5bj 1/1 2s
              ReplicaSet web-7d4b9c 2/3 77s
                Pod web-7d4b9c-k8w4t 1/1 2s
                Pod web-7d4b9c-m6p2h 1/1 2s
                Pod web-7d4b9c-x2x9p 0/1 2s
            Service web  
        "#]]
        .assert_eq(&table.rows.iter().map(line).collect::<String>());
        assert_eq!(table.more, 0);
    }
}
