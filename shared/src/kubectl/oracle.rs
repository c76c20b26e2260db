//! Holds commands that only read against what a real kubectl printed for the same objects.
//!
//! The recordings lie beside the repository; without them the test says so and passes.

use super::tests::finish;
use super::*;
use crate::api::{Body, Status, Target, Verb, resources};
use crate::model::{FieldSelector, Object, Selector, Span, Value};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Objects as they were recorded, to read only.
struct Recorded {
    objects: Vec<Object>,
    now: Time,
}

impl Client for Recorded {
    fn now(&self) -> Time {
        self.now
    }

    fn request(&mut self, request: Request) -> Response {
        match request.verb {
            Verb::Get => self.get(&request.target),
            Verb::List => self.list(&request),
            _ => Response::status(Status::method_not_allowed("this is a recording")),
        }
    }
}

impl Recorded {
    fn of<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a Object> {
        let resource = resources::find(&target.resource);
        self.objects.iter().filter(move |it| {
            let fits = |of: &&crate::api::Resource| of.kind == it.kind() && of.api_version() == it.api_version();
            let definitions = || self.objects.iter().filter(|it| it.kind() == "CustomResourceDefinition");
            let declared = || crate::api::custom::find_kind(definitions(), it.api_version(), it.kind());
            match &resource {
                Some(built_in) => fits(built_in),
                None => declared().is_some_and(|(name, _)| name == target.resource),
            }
        })
    }

    fn get(&self, target: &Target) -> Response {
        let mut found = self.of(target).filter(|it| it.name() == target.name && it.namespace() == target.namespace);
        let key = crate::model::Key::new(target.resource.clone(), target.namespace.clone(), target.name.clone());
        found.next().map_or_else(|| Response::status(Status::not_found(&key)), |it| Response::object(200, it.clone()))
    }

    fn list(&self, request: &Request) -> Response {
        let labels = Selector::parse(&request.options.label_selector).unwrap();
        let fields = FieldSelector::parse(&request.options.field_selector).unwrap();
        let namespace = &request.target.namespace;
        let mut items: Vec<&Object> = self
            .of(&request.target)
            .filter(|it| namespace.is_empty() || it.namespace() == *namespace)
            .filter(|it| labels.matches(it.metadata().get("labels")))
            .filter(|it| fields.matches(|path| it.at(path).text()))
            .collect();
        items.sort_by_key(|it| (it.namespace(), it.name()));
        let items: Vec<Value> = items.into_iter().map(|it| it.0.clone()).collect();
        let list = Value::from([("kind", "List".into()), ("items", items.into())]);
        Response::new(200, Body::List(list))
    }
}

/// The recordings lie in a folder beside the repository, or beside the folder of its work trees.
fn folder() -> PathBuf {
    let places = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1).take(3);
    let mut places = places.map(|it| it.join("../shared/conformance/kubectl"));
    places.find(|it| it.exists()).unwrap_or_default()
}

/// A recorded command: its words, its output, its exit code.
fn recording(text: &str) -> (String, String) {
    let (command, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (output, _) = rest.rsplit_once("[exit ").unwrap_or((rest, ""));
    (command.trim_start_matches("$ ").to_owned(), output.to_owned())
}

/// What cannot be equal, by the number of the recording, and why.
const KNOWN: &[(&str, &str)] = &[
    ("065", "the recorded objects hold no volumes of the cluster"),
    ("069", "components are asked of the API server, not of recorded objects"),
    ("118", "the recorded objects hold no volumes of the cluster"),
    ("070", "the recorded objects hold no leases"),
    ("067", "the recorded objects hold no priority classes"),
    ("071", "the recorded objects hold no roles"),
    ("085", "go templates are refused"),
    ("098", "its events came after the objects were recorded"),
    ("110", "an annotation was renamed after the recording, which changed its place"),
    ("119", "the recorded objects hold no storage classes"),
    ("121", "the recorded objects hold no priority classes"),
];
/// Recordings that show other kinds too.
const NEEDS: &[(&str, &str)] = &[("117", "resourcequotas"), ("117", "limitranges")];
/// How long the recording took, in seconds; an age may be any that was shown in it.
const RECORDED_SECONDS: i64 = 40;

/// Text with its ages made equal and its columns closed up.
fn comparable(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words = line.split_whitespace().map(|word| if is_age(word) { "AGE" } else { word });
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn is_age(word: &str) -> bool {
    let digits = word.trim_end_matches(')').trim_end_matches('s');
    digits.len() < word.len() && !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())
}

fn objects(file: &str) -> Option<Vec<Object>> {
    let text = std::fs::read_to_string(folder().join(file)).ok()?;
    let list = Value::from_json(&text).ok()?;
    Some(list.get("items").items().iter().cloned().map(Object).collect())
}

/// The recorded objects, and the namespace that was left out of them.
fn recorded() -> Option<Recorded> {
    let mut objects = objects("018-objects-applied.json")?;
    let mut namespace = Object::new("v1", "Namespace", "", "shop");
    namespace.set("status.phase", "Active");
    namespace.entry("metadata.labels").map_mut().insert("kubernetes.io/metadata.name", "shop");
    objects.push(namespace);
    objects.push(definition()?);
    Some(Recorded { objects, now: Time::parse("2026-11-22T23:09:24Z")? })
}

/// The definition of widgets, which was applied but not recorded, as an API server makes it of the manifest.
fn definition() -> Option<Object> {
    use crate::api::{Api, custom};
    let text = std::fs::read_to_string(folder().join("web.yaml")).ok()?;
    let documents = crate::model::yaml::parse(&text).into_iter().map(|it| it.value);
    let body = documents.into_iter().find(|it| it.get("kind").str() == "CustomResourceDefinition")?;
    let target = Target { resource: custom::DEFINITIONS, version: "v1".into(), ..Target::default() };
    let now = Time::parse("2026-11-22T23:09:23Z")?;
    let mut api = Api::new(crate::model::Chance::new(1));
    let response = api.handle(&Request { body, ..Request::new(Verb::Create, target) }, now);
    let mut it = response.as_object()?.clone();
    let status = custom::establish::status(&it, std::iter::empty(), now);
    it.set("status", status);
    it.set("metadata.uid", "a66cc172-7f0f-4cf7-9089-68d4a54e6e14");
    it.set("metadata.resourceVersion", "454");
    Some(it)
}

enum Verdict {
    /// To the byte, at some moment of the recording.
    Equal,
    /// But for the widths of columns with ages.
    EqualButAges,
    NotServed,
    /// What was printed instead.
    Different(String),
}

fn verdict(client: &mut Recorded, command: &str, theirs: &str) -> Verdict {
    let start = client.now;
    let mut last = String::new();
    for second in 0..RECORDED_SECONDS {
        client.now = start + Span::seconds(second);
        let ours = finish(client, command);
        let plain: String = ours.lines().map(|it| format!("{}\n", it.trim_start_matches("! "))).collect();
        last = plain.split("[exit ").next().unwrap_or_default().to_owned();
        if last == theirs {
            client.now = start;
            return Verdict::Equal;
        }
    }
    client.now = start;
    if comparable(&last) == comparable(theirs) {
        Verdict::EqualButAges
    } else if last.contains("the server doesn't have a resource type") && !theirs.contains("resource type") {
        Verdict::NotServed
    } else {
        Verdict::Different(last)
    }
}

fn is_served(number: &str) -> bool {
    let needed = NEEDS.iter().filter(|(of, _)| *of == number).map(|(_, plural)| plural);
    needed.into_iter().all(|plural| resources::find(&crate::model::ResourceName::new(plural, "")).is_some())
}

#[test]
fn prints_what_kubectl_printed() {
    let Some(mut client) = recorded() else {
        eprintln!("skipped: needs the recordings of kubectl");
        return;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let mut report = String::new();
    let (mut equal, mut ages, mut skipped, mut different) = (0, Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let number = name.split('-').next().unwrap_or_default().to_owned();
        let reads_applied = number.parse().is_ok_and(|it: u32| (19..=122).contains(&it))
            && file.extension().is_some_and(|it| it == "txt");
        if !reads_applied || KNOWN.iter().any(|(known, _)| *known == number) {
            continue;
        }
        let (command, theirs) = recording(&std::fs::read_to_string(&file).unwrap());
        match verdict(&mut client, &command, &theirs) {
            _ if !is_served(&number) => skipped.push(number),
            Verdict::Equal => equal += 1,
            Verdict::EqualButAges => ages.push(number),
            Verdict::NotServed => skipped.push(number),
            Verdict::Different(ours) => {
                let _ = writeln!(report, "=== {name}\n--- kubectl\n{theirs}--- ours\n{ours}");
                different.push(number);
            }
        }
    }
    eprintln!("{report}{equal} equal; equal but for ages {ages:?}; not served {skipped:?}; different {different:?}");
    assert!(different.is_empty(), "{} commands print something else than kubectl", different.len());
}
