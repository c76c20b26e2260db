//! The questions about an object, and the chain as text.

use crate::i18n::{Words, fill};
use crate::panels::clock;
use crate::panels::kinds;
use shared::cluster::{End, Hop, Line, Link, SourceLine, Why};
use shared::model::{Key, Object, Text, Time};
use shared::playground::World;
use shared::playground::what_if::Outcome;
use shared::trace::{Actor, Effect};

/// A question about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which field; empty for why it exists.
    pub path: Text,
    /// What sort of question.
    pub kind: AskedKind,
    /// What the object says there now.
    pub answer: String,
}

/// The sorts of question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedKind {
    /// Why does it exist?
    Exists,
    /// Why on this node?
    Node(Text),
    /// Why on no node?
    NoNode,
    /// Why is it ready?
    Ready,
    /// Why is it not ready?
    NotReady,
    /// Why so many replicas?
    Replicas(i64),
    /// Why this image?
    Image,
    /// Why this status?
    Status,
}

impl AskedKind {
    /// The question in words.
    pub fn text(&self, words: &Words) -> String {
        match self {
            AskedKind::Exists => words.q_exists.to_owned(),
            AskedKind::Node(node) => fill(words.q_node, &[("node", node)]),
            AskedKind::NoNode => words.q_no_node.to_owned(),
            AskedKind::Ready => words.q_ready.to_owned(),
            AskedKind::NotReady => words.q_not_ready.to_owned(),
            AskedKind::Replicas(n) => fill(words.q_replicas, &[("n", n)]),
            AskedKind::Image => words.q_image.to_owned(),
            AskedKind::Status => words.q_status.to_owned(),
        }
    }
}

/// The questions that make sense for the object at `key`.
pub fn questions(world: &World, key: &Key) -> Vec<Asked> {
    let ask = |path: &str, kind, answer: String| Asked { path: path.into(), kind, answer };
    let created = world.writes_of(key).last().map(|record| record.reason.to_string()).unwrap_or_default();
    let mut all = vec![ask("", AskedKind::Exists, created)];
    let Some(object) = world.get(key) else { return all };
    match object.kind() {
        "Pod" => all.extend(of_pod(object)),
        "Deployment" | "ReplicaSet" => all.extend(of_workload(object)),
        _ => all.extend((!object.get("status").is_empty()).then(|| ask("status", AskedKind::Status, String::new()))),
    }
    all
}

fn of_pod(pod: &Object) -> Vec<Asked> {
    let node = pod.at("spec.nodeName").text();
    let ready = pod.condition("Ready");
    let is_ready = ready.get("status").str() == "True";
    let scheduled = pod.condition("PodScheduled").get("message").str().to_owned();
    let on_node = if node.is_empty() {
        Asked { path: "status.conditions".into(), kind: AskedKind::NoNode, answer: scheduled }
    } else {
        Asked { path: "spec.nodeName".into(), kind: AskedKind::Node(node.clone()), answer: node.to_string() }
    };
    let ready_kind = if is_ready { AskedKind::Ready } else { AskedKind::NotReady };
    let answer = ready.get("message").str().to_owned();
    let image = pod.at("spec.containers").items().first().map(|it| it.get("image").str().to_owned());
    vec![
        on_node,
        Asked { path: "status.conditions".into(), kind: ready_kind, answer },
        Asked { path: "spec.containers".into(), kind: AskedKind::Image, answer: image.unwrap_or_default() },
    ]
}

fn of_workload(object: &Object) -> Vec<Asked> {
    let replicas = object.at("spec.replicas").int_or(1);
    let image = object.at("spec.template.spec.containers").items().first().map(|it| it.get("image").str().to_owned());
    vec![
        Asked { path: "spec.replicas".into(), kind: AskedKind::Replicas(replicas), answer: replicas.to_string() },
        Asked { path: "spec.template".into(), kind: AskedKind::Image, answer: image.unwrap_or_default() },
        Asked { path: "status".into(), kind: AskedKind::Status, answer: String::new() },
    ]
}

/// The heading of a chain: where it ends.
pub fn heading(why: &Why, words: &Words) -> String {
    let kind = kinds::kind(&why.subject.resource);
    let name = &why.subject.name;
    match &why.end {
        End::Yaml { file, lines, .. } => {
            let line = lines.first().map_or(1, |it| it.line);
            fill(words.why_title_line, &[("kind", &kind), ("name", name), ("line", &line), ("file", file)])
        }
        End::Action(title) => fill(words.why_title_action, &[("kind", &kind), ("name", name), ("title", title)]),
        End::Bootstrap => fill(words.why_title_bootstrap, &[("kind", &kind), ("name", name)]),
        End::Forgotten => fill(words.why_title_forgotten, &[("kind", &kind), ("name", name)]),
    }
}

/// How many hops there are and how long they took.
pub fn lead(why: &Why, words: &Words) -> String {
    let times = why.hops.first().zip(why.hops.last());
    let span = times.map(|(newest, oldest)| clock::span(newest.time - oldest.time)).unwrap_or_default();
    fill(words.why_lead, &[("hops", &why.hops.len()), ("time", &span)])
}

/// What a hop did, without its actor.
pub fn deed(hop: &Hop, words: &Words) -> String {
    let text = match hop.effect {
        Effect::Created => words.hop_created,
        Effect::Updated => words.hop_updated,
        Effect::Deleted => words.hop_deleted,
    };
    let kind = kinds::kind(&hop.key.resource);
    let deed = fill(text, &[("kind", &kind), ("name", &hop.key.name)]);
    match hop.reason.as_str() {
        "" => deed,
        reason if reason.contains(hop.key.name.as_str()) => reason.to_owned(),
        reason => format!("{reason}, {deed}"),
    }
}

/// The name of the actor of a hop.
pub fn actor(hop: &Hop, words: &Words) -> String {
    match &hop.actor {
        Actor::User => words.you.to_owned(),
        other => other.to_string(),
    }
}

/// How an older hop led to this one; empty for the last.
pub fn link(hop: &Hop, words: &Words) -> String {
    match &hop.link {
        Link::Followed(key, path) if path.is_empty() => fill(words.link_made, &[("name", &key.name)]),
        Link::Followed(key, path) => fill(words.link_followed, &[("path", path), ("name", &key.name)]),
        Link::Woken => words.link_woken.to_owned(),
        Link::Node(what) => fill(words.link_node, &[("what", what)]),
        Link::End => String::new(),
    }
}

/// `hop 3`, or `hops 2, 4`: which hops go back to a line.
pub fn hops(line: &SourceLine, words: &Words) -> String {
    let numbers: Vec<String> = line.hops.iter().map(ToString::to_string).collect();
    fill(if numbers.len() == 1 { words.hop_n } else { words.hops_n }, &[("n", &numbers.join(", "))])
}

/// One line of a diff: its sign and its text.
pub fn diff_lines(line: &Line) -> Vec<(char, String)> {
    let side = |sign, text: &Text| (!text.is_empty()).then(|| (sign, format!("{}: {text}", line.path)));
    side('-', &line.before).into_iter().chain(side('+', &line.after)).collect()
}

/// What would have come of another value, for people.
pub fn outcome(it: &Outcome, words: &Words) -> String {
    let by = |earlier: Time, later: Time| clock::span(later - earlier);
    match (it.was, it.would) {
        (_, None) => words.never_made.to_owned(),
        (Some(was), Some(would)) if would < was => fill(words.made_earlier, &[("time", &by(would, was))]),
        (Some(was), Some(would)) if would > was => fill(words.made_later, &[("time", &by(was, would))]),
        (_, Some(_)) => words.made_same.to_owned(),
    }
}

/// The whole chain as plain text, to be pasted somewhere.
pub fn as_text(why: &Why, words: &Words) -> String {
    let mut lines = vec![heading(why, words), lead(why, words)];
    for (n, hop) in (1..).zip(&why.hops) {
        let mut meta: Vec<String> = vec![clock::clock(hop.time), format!("rv {}", hop.revision)];
        meta.extend(hop.reconcile.map(|(_, number)| fill(words.meta_reconcile, &[("n", &number)])));
        meta.extend((hop.seen.0 > 0).then(|| fill(words.meta_saw, &[("rv", &hop.seen)])));
        lines.push(format!("\n{n}. {} {} ({})", actor(hop, words), deed(hop, words), meta.join(", ")));
        let saw = [(words.observed, &hop.observed), (words.desired, &hop.desired)];
        lines.extend(saw.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("   {name}: {text}")));
        lines.extend(hop.written.iter().flat_map(diff_lines).map(|(sign, text)| format!("   {sign} {text}")));
        let link = link(hop, words);
        lines.extend((!link.is_empty()).then(|| format!("   {link}")));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use crate::panels::fixture;
    use expect_test::expect;
    use shared::trace::{ReconcileId, Revision};

    fn why() -> Why {
        let line = Line { path: "spec.replicas".into(), before: "2".into(), after: "3".into() };
        let hop = Hop {
            revision: Revision(119),
            time: fixture::at(79_391),
            actor: Actor::Controller("replicaset-controller".into()),
            key: fixture::newest_pod(),
            effect: Effect::Created,
            reason: "wanted 3, saw 2".into(),
            reconcile: Some((ReconcileId(2), 42)),
            seen: Revision(118),
            woken: Vec::new(),
            observed: "2 Pods".into(),
            desired: "3 Pods".into(),
            written: vec![line],
            link: Link::Woken,
        };
        let lines = vec![SourceLine { line: 19, path: "spec".into(), hops: vec![1] }];
        let end = End::Yaml { file: "deployment.yaml".into(), text: "a\n".into(), lines };
        Why { subject: fixture::newest_pod(), path: Text::default(), hops: vec![hop], end }
    }

    #[test]
    fn a_chain_can_be_pasted() {
        expect![[r#"
            Pod web-7d4b9c-x2x9p is so because of line 19 of your deployment.yaml
            1 hops, 0 ms from the cause to this. Newest first: read down to reach the cause.

            1. replicaset-controller wanted 3, saw 2, created Pod web-7d4b9c-x2x9p (01:19.391, rv 119, reconcile #42, saw rv 118)
               Observed: 2 Pods
               Desired: 3 Pods
               - spec.replicas: 2
               + spec.replicas: 3
               because this write woke it
        "#]].assert_eq(&as_text(&why(), Lang::En.words()));
        expect![[r#"
            Pod web-7d4b9c-x2x9p 源于你的 deployment.yaml 第 19 行
            1 跳，从源头到此用了 0 ms。最新的在上，往下读到源头。

            1. replicaset-controller wanted 3, saw 2, 创建了 Pod web-7d4b9c-x2x9p (01:19.391, rv 119, 调谐 #42, 看到 rv 118)
               观察到: 2 Pods
               期望: 3 Pods
               - spec.replicas: 2
               + spec.replicas: 3
               因为这次写入唤醒了它
        "#]].assert_eq(&as_text(&why(), Lang::Zh.words()));
    }

    #[test]
    fn outcomes_are_compared() {
        let words = Lang::En.words();
        let check = |would: Option<i64>, expected: &str| {
            let it = Outcome { was: Some(fixture::at(5_000)), would: would.map(fixture::at) };
            assert_eq!(outcome(&it, words), expected);
        };
        check(Some(5_000), "created at the same time");
        check(Some(3_400), "created 1.600 s earlier");
        check(Some(5_020), "created 20 ms later");
        check(None, "never created");
    }

    #[test]
    fn questions_fit_the_object() {
        let all = questions(&fixture::rolling(), &fixture::newest_pod());
        let texts: Vec<_> = all.iter().map(|it| format!("{} [{}]", it.kind.text(Lang::En.words()), it.path)).collect();
        expect![[r#"
            Why does it exist? []
            Why on node-3? [spec.nodeName]
            Why is it not Ready? [status.conditions]
            Why this image? [spec.containers]"#]]
        .assert_eq(&texts.join("\n"));
    }
}
