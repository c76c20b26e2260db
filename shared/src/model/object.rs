//! An object of the API: a value tree with Kubernetes' metadata.

use crate::model::{Text, Time, Value};
use serde::{Deserialize, Serialize};
use std::ops::{Deref, DerefMut};

/// One revision of one object. Cloning shares the whole tree.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Object(pub Value);

/// An entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerReference {
    /// `apps/v1`.
    pub api_version: Text,
    /// `ReplicaSet`.
    pub kind: Text,
    /// The owner's name.
    pub name: Text,
    /// The owner's uid.
    pub uid: Text,
    /// True for the one owner that manages the object.
    pub controller: bool,
    /// True if the owner, deleted in the foreground, waits for this object.
    pub block_owner_deletion: bool,
}

impl Object {
    /// An object with kind, namespace (empty for none) and name and nothing else.
    pub fn new(api_version: &str, kind: &str, namespace: &str, name: &str) -> Self {
        let mut it = Self(Value::from([("apiVersion", api_version.into()), ("kind", kind.into())]));
        it.set("metadata.name", name);
        if !namespace.is_empty() {
            it.set("metadata.namespace", namespace);
        }
        it
    }

    /// `apps/v1`.
    pub fn api_version(&self) -> &str {
        self.get("apiVersion").str()
    }

    /// `Deployment`.
    pub fn kind(&self) -> &str {
        self.get("kind").str()
    }

    /// The whole `metadata`.
    pub fn metadata(&self) -> &Value {
        self.get("metadata")
    }

    /// `metadata.name`.
    pub fn name(&self) -> Text {
        self.metadata().get("name").text()
    }

    /// `metadata.namespace`; empty for a cluster-scoped object.
    pub fn namespace(&self) -> Text {
        self.metadata().get("namespace").text()
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> Text {
        self.metadata().get("uid").text()
    }

    /// `metadata.resourceVersion` as a number; 0 before the object is stored.
    pub fn resource_version(&self) -> u64 {
        self.metadata().get("resourceVersion").str().parse().unwrap_or(0)
    }

    /// `metadata.generation`; 0 if the kind has none.
    pub fn generation(&self) -> i64 {
        self.metadata().get("generation").int_or(0)
    }

    /// The value of a label; `None` without it.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.metadata().get("labels").get(key).as_str()
    }

    /// The value of an annotation; `None` without it.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata().get("annotations").get(key).as_str()
    }

    /// `metadata.creationTimestamp`.
    pub fn created(&self) -> Option<Time> {
        Time::parse(self.metadata().get("creationTimestamp").str())
    }

    /// `metadata.deletionTimestamp`: when the object should be gone, once deletion was asked for.
    pub fn deletion_time(&self) -> Option<Time> {
        Time::parse(self.metadata().get("deletionTimestamp").str())
    }

    /// True once deletion was asked for.
    pub fn is_terminating(&self) -> bool {
        !self.metadata().get("deletionTimestamp").is_null()
    }

    /// `metadata.finalizers`.
    pub fn finalizers(&self) -> impl Iterator<Item = &str> {
        self.metadata().get("finalizers").items().iter().map(Value::str)
    }

    /// `metadata.ownerReferences`.
    pub fn owners(&self) -> impl Iterator<Item = OwnerReference> {
        self.metadata().get("ownerReferences").items().iter().map(OwnerReference::read)
    }

    /// The owner that manages this object.
    pub fn controller(&self) -> Option<OwnerReference> {
        self.owners().find(|owner| owner.controller)
    }

    /// The condition `kind` of `status.conditions`; null without it.
    pub fn condition(&self, kind: &str) -> &Value {
        let conditions = self.at("status.conditions").items();
        conditions.iter().find(|it| it.get("type").str() == kind).unwrap_or(&Value::Null)
    }
}

impl OwnerReference {
    /// Reads one entry of the list.
    pub fn read(value: &Value) -> Self {
        Self {
            api_version: value.get("apiVersion").text(),
            kind: value.get("kind").text(),
            name: value.get("name").text(),
            uid: value.get("uid").text(),
            controller: value.get("controller").is_true(),
            block_owner_deletion: value.get("blockOwnerDeletion").is_true(),
        }
    }

    /// The reference by which `owner` manages an object.
    pub fn controlled_by(owner: &Object) -> Self {
        Self {
            api_version: owner.api_version().into(),
            kind: owner.kind().into(),
            name: owner.name(),
            uid: owner.uid(),
            controller: true,
            block_owner_deletion: true,
        }
    }

    /// The entry as the API writes it.
    pub fn to_value(&self) -> Value {
        let mut it = Value::from([
            ("apiVersion", (&self.api_version).into()),
            ("kind", (&self.kind).into()),
            ("name", (&self.name).into()),
            ("uid", (&self.uid).into()),
        ]);
        if self.controller {
            it.set("controller", true);
        }
        if self.block_owner_deletion {
            it.set("blockOwnerDeletion", true);
        }
        it
    }
}

impl Deref for Object {
    type Target = Value;
    fn deref(&self) -> &Value {
        &self.0
    }
}

impl DerefMut for Object {
    fn deref_mut(&mut self) -> &mut Value {
        &mut self.0
    }
}

impl From<Value> for Object {
    fn from(tree: Value) -> Self {
        Self(tree)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.0
    }
}
