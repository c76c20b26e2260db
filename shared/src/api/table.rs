//! Lists as a `meta.k8s.io/v1` Table, which a real kubectl asks for instead of the objects.
//!
//! Upstream: `k8s.io/kubernetes/pkg/printers/tablegenerator.go`, `k8s.io/apiserver/pkg/endpoints/handlers/response.go`.
//! Differs: columns have no descriptions (`DIFFERENCE`: kubectl does not show them, and they weigh more than the code).

use crate::api::registry::Named;
use crate::api::{Column, Registration};
use crate::model::{Object, Time, Value};

/// The table of some objects of one resource; `metadata` is that of the list that it stands for.
///
/// Each row carries its object's metadata, as `includeObject=Metadata` asks, which is the default.
pub fn table(resource: &Registration, objects: &[Object], metadata: &Value, now: Time) -> Value {
    let name = (resource.named == Named::First).then(|| definition("Name", "name", 0));
    let columns = columns(resource);
    let rows = objects.iter().map(|it| row(resource, it, now));
    Value::from([
        ("kind", "Table".into()),
        ("apiVersion", "meta.k8s.io/v1".into()),
        ("metadata", metadata.clone()),
        ("columnDefinitions", name.into_iter().chain(columns).collect()),
        ("rows", rows.collect()),
    ])
}

fn definition(name: &str, format: &str, priority: u8) -> Value {
    Value::from([
        ("name", name.into()),
        ("type", "string".into()),
        ("format", format.into()),
        ("description", "".into()),
        ("priority", i64::from(priority).into()),
    ])
}

fn columns(resource: &Registration) -> Vec<Value> {
    #[cfg(feature = "every-kind")]
    if let Some(custom) = &resource.custom {
        return custom.columns.iter().map(crate::api::custom::Column::definition).collect();
    }
    resource.columns.iter().map(|it| definition(&title(it.name), "", it.priority)).collect()
}

fn cells(resource: &Registration, object: &Object, now: Time) -> Vec<Value> {
    #[cfg(feature = "every-kind")]
    if let Some(custom) = &resource.custom {
        return custom.columns.iter().map(|it| it.cell(object, now)).collect();
    }
    resource.columns.iter().map(|it: &Column| Value::from((it.cell)(object, now))).collect()
}

fn row(resource: &Registration, object: &Object, now: Time) -> Value {
    let name = (resource.named == Named::First).then(|| Value::from(object.name()));
    let cells = cells(resource, object, now);
    let about = Value::from([
        ("kind", "PartialObjectMetadata".into()),
        ("apiVersion", "meta.k8s.io/v1".into()),
        ("metadata", object.metadata().clone()),
    ]);
    Value::from([("cells", name.into_iter().chain(cells).collect()), ("object", about)])
}

/// `CLUSTER-IP` as the API names it: `Cluster-IP`; a name that has small letters is the API's own already.
fn title(heading: &str) -> String {
    if heading.bytes().any(|it| it.is_ascii_lowercase()) {
        return heading.to_owned();
    }
    let word = |word: &str| match word {
        "IP" | "OS" | "PV" => word.to_owned(),
        "TO" | "DATE" => word.to_lowercase(),
        "STORAGECLASS" => "StorageClass".to_owned(),
        "VOLUMEATTRIBUTESCLASS" => "VolumeAttributesClass".to_owned(),
        "VOLUMEMODE" => "VolumeMode".to_owned(),
        "MINPODS" => "MinPods".to_owned(),
        "MAXPODS" => "MaxPods".to_owned(),
        _ => word.get(..1).unwrap_or_default().to_owned() + &word.get(1..).unwrap_or_default().to_lowercase(),
    };
    let hyphened = |part: &str| part.split('-').map(word).collect::<Vec<_>>().join("-");
    heading.split(' ').map(hyphened).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Registry;
    use crate::model::key::resources::SERVICES;
    use expect_test::expect;

    #[test]
    fn a_table_has_a_row_for_each_object() {
        let mut service = Object::new("v1", "Service", "default", "web");
        service.set("spec.type", "ClusterIP");
        service.set("spec.clusterIP", "10.96.0.1");
        let resource = Registry::default().find_version(&SERVICES, "v1").unwrap();
        let table = table(&resource, &[service], &Value::map(), Time(0));
        let shown = |list: &str, field: &str| {
            let items = table.get(list).items().iter().map(|it| it.get(field).to_json());
            items.collect::<Vec<_>>().join(" ")
        };
        expect![[r#"
            "Name" "Type" "Cluster-IP" "External-IP" "Port(s)" "Age" "Selector"
            ["web","ClusterIP","10.96.0.1","<none>","<none>","<unknown>","<none>"]"#]]
        .assert_eq(&format!("{}\n{}", shown("columnDefinitions", "name"), shown("rows", "cells")));
    }
}
