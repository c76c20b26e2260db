//! Server-side apply against a model: three managers apply some of six keys of a ConfigMap.
//!
//! Three bytes are one apply: who and by force or not, which keys, and the bits that their values are drawn from.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use libfuzzer_sys::fuzz_target;
use shared::api::{Api, Options, PatchKind, Request, Target, Verb};
use shared::model::key::resources::CONFIG_MAPS;
use shared::model::{Chance, Key, Object, Time, Value};

/// The most applies in one run.
const STEPS_MAX: usize = 64;
const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const MANAGERS: [&str; 3] = ["m0", "m1", "m2"];

/// What every key should be, and whose it should be.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model(BTreeMap<&'static str, (String, BTreeSet<&'static str>)>);

impl Model {
    /// Applies; `None` for a conflict.
    fn apply(&self, manager: &'static str, wanted: &BTreeMap<&'static str, String>, force: bool) -> Option<Self> {
        let mut next = self.clone();
        for (key, value) in wanted {
            let owners = self.0.get(key).map(|(_, owners)| owners.iter().filter(|it| **it != manager).count());
            let differs = self.0.get(key).is_some_and(|(it, _)| it != value);
            if differs && owners.unwrap_or(0) > 0 && !force {
                return None;
            }
            let entry = next.0.entry(key).or_insert_with(|| (value.clone(), BTreeSet::new()));
            if differs {
                *entry = (value.clone(), BTreeSet::new());
            }
            entry.1.insert(manager);
        }
        for (key, (_, owners)) in &mut next.0 {
            if !wanted.contains_key(key) {
                owners.remove(manager);
            }
        }
        next.0.retain(|_, (_, owners)| !owners.is_empty());
        Some(next)
    }

    /// The same, read from the object.
    fn of(object: Option<&Object>) -> Self {
        let mut model = Self::default();
        let Some(object) = object else { return model };
        for key in KEYS {
            let value = object.at(&format!("data.{key}"));
            if !value.is_null() {
                model.0.insert(key, (value.str().to_owned(), BTreeSet::new()));
            }
        }
        for entry in object.at("metadata.managedFields").items() {
            let manager = MANAGERS.into_iter().find(|it| *it == entry.get("manager").str()).expect("only those write");
            for (field, _) in entry.at("fieldsV1").get("f:data").fields() {
                let key = KEYS.into_iter().find(|it| field.strip_prefix("f:") == Some(it));
                if let Some(key) = key {
                    model.0.get_mut(key).expect("a field that is owned is there").1.insert(manager);
                }
            }
        }
        model
    }
}

fuzz_target!(|input: &[u8]| {
    let mut api = Api::new(Chance::new(1));
    let mut model = Model::default();
    let target = Target {
        resource: CONFIG_MAPS,
        version: "v1".into(),
        namespace: "default".into(),
        name: "it".into(),
        ..Target::default()
    };
    for step in input.chunks_exact(3).take(STEPS_MAX) {
        let (manager, force) = (MANAGERS[usize::from(step[0] % 3)], step[0] & 0x80 != 0);
        let chosen = (0..KEYS.len()).filter(|bit| step[1] >> bit & 1 == 1);
        let wanted: BTreeMap<&str, String> =
            chosen.map(|bit| (KEYS[bit], (step[2] >> bit & 1).to_string())).collect();
        let data: Value = Value::Map(wanted.iter().map(|(key, value)| ((*key).into(), value.as_str().into())).collect());
        let mut body = Value::from([
            ("apiVersion", "v1".into()),
            ("kind", "ConfigMap".into()),
            ("metadata", Value::from([("name", "it".into())])),
        ]);
        // Whoever applies an empty map owns the map, which the model does not know.
        if !wanted.is_empty() {
            body.set("data", data);
        }
        let options = Options { field_manager: manager.into(), force, ..Options::default() };
        let request = Request { body, options, ..Request::new(Verb::Patch(PatchKind::Apply), target.clone()) };
        let response = api.handle(&request, Time::VIRTUAL_START);
        match model.apply(manager, &wanted, force) {
            Some(next) => {
                assert!(response.failure().is_none(), "{:?} after {model:?}", response.failure());
                model = next;
            }
            None => assert_eq!(response.code, 409, "{model:?}"),
        }
        let stored = api.store().get(&Key::new(CONFIG_MAPS, "default", "it"));
        assert_eq!(Model::of(stored), model);
    }
});
