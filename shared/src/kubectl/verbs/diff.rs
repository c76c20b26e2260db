//! `kubectl diff`: what an apply would change, as a unified diff.
//!
//! Upstream: `k8s.io/kubectl/pkg/cmd/diff/diff.go`; the lines are those of `diff -u -N`.

use crate::api::{DryRun, FieldValidation, Options, PatchKind};
use crate::kubectl::changes;
use crate::kubectl::documents;
use crate::kubectl::failure::Failure;
use crate::kubectl::flags::{Args, FILES, Flag, SELECTOR, switch, text};
use crate::kubectl::resource_args::{self, Item};
use crate::kubectl::session::Session;
use crate::kubectl::verbs::apply::{LAST_APPLIED, annotated, last_applied, patch_kind};
use crate::kubectl::verbs::{Run, Verb};
use crate::model::{Object, yaml};

/// How many equal lines stand around a change.
const CONTEXT_LINES: usize = 3;
/// The most lines of a text that are compared line by line; longer ones are shown as replaced whole.
const LINES_MAX: usize = 4_000;

const FLAGS: &[Flag] = &[
    switch("server-side"),
    switch("force-conflicts"),
    text("field-manager").default("kubectl-client-side-apply"),
    switch("show-managed-fields"),
    switch("prune"),
];

/// The verb.
pub(super) const VERB: Verb = Verb {
    name: "diff",
    about: "Diff the live version against a would-be applied version",
    usage: "-f FILENAME",
    flags: &[FLAGS, FILES, SELECTOR],
    run: Run::Once(run),
    ..Verb::NONE
};

/// diff's failures have codes above 1, because 1 means that there are differences.
fn coded(failure: Failure) -> Failure {
    let code = failure.exit_code() + 1;
    Failure::Coded(Box::new(failure), code)
}

fn run(args: &Args, session: &mut Session<'_>) -> Result<(), Failure> {
    if !documents::wanted(args) {
        return Err(coded(Failure::text("must specify one of -f and -k")));
    }
    let mut differs = false;
    for item in resource_args::file_items(session, args).map_err(coded)? {
        let live = match session.get(&item.kind, &item.namespace, &item.name) {
            Ok(object) => Some(object),
            Err(failure) if failure.is_not_found() => None,
            Err(failure) => return Err(coded(failure)),
        };
        let merged = merged(session, args, &item, live.as_ref()).map_err(coded)?;
        let name = file_name(&item);
        let (before, after) = (live.as_ref().map(shown).unwrap_or_default(), shown(&merged));
        if before != after {
            differs = true;
            session.out(format!(
                "diff -u -N /tmp/LIVE/{name} /tmp/MERGED/{name}\n--- /tmp/LIVE/{name}\n+++ /tmp/MERGED/{name}\n{}",
                unified(&before, &after)
            ));
        }
    }
    if differs { Err(Failure::Exit(1)) } else { Ok(()) }
}

/// `apps.v1.Deployment.default.web`.
fn file_name(item: &Item) -> String {
    let group = if item.kind.group.is_empty() { String::new() } else { format!("{}.", item.kind.group) };
    format!("{group}{}.{}.{}.{}", item.kind.version, item.kind.kind, item.namespace, item.name)
}

fn shown(object: &Object) -> String {
    let mut object = object.clone();
    object.remove("metadata.managedFields");
    if object.annotation(LAST_APPLIED).is_some() {
        object.entry("metadata.annotations").map_mut().remove(LAST_APPLIED);
        if object.at("metadata.annotations").is_empty() {
            object.remove("metadata.annotations");
        }
    }
    yaml::write(&object)
}

/// What the server would make of an apply.
fn merged(session: &mut Session<'_>, args: &Args, item: &Item, live: Option<&Object>) -> Result<Object, Failure> {
    let options = Options {
        dry_run: DryRun::All,
        field_manager: args.get("field-manager").into(),
        field_validation: FieldValidation::Strict,
        force: args.is("force-conflicts"),
        ..Options::default()
    };
    let target = item.kind.target(&item.namespace, &item.name);
    if args.is("server-side") {
        return session.patch(target, PatchKind::Apply, item.object.0.clone(), options);
    }
    let modified = annotated(&item.object);
    let Some(live) = live else { return session.create(&item.kind, &modified, options) };
    let kind = patch_kind(&item.kind);
    let patch = match kind {
        PatchKind::StrategicMerge => changes::three_way_strategic(&last_applied(live), &modified, live),
        PatchKind::Json | PatchKind::Merge | PatchKind::Apply => {
            changes::three_way_merge(&last_applied(live), &modified, live)
        }
    };
    if patch.is_empty() { Ok(live.clone()) } else { session.patch(target, kind, patch, options) }
}

/// A line of a diff: kept, taken away or added.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edit<'a> {
    Keep(&'a str),
    Remove(&'a str),
    Add(&'a str),
}

/// The hunks of a unified diff.
fn unified(before: &str, after: &str) -> String {
    let edits = edits(&before.lines().collect::<Vec<_>>(), &after.lines().collect::<Vec<_>>());
    let mut out = String::new();
    let mut at = 0;
    let (mut old_line, mut new_line) = (1, 1);
    while at < edits.len() {
        let Some(next) = edits[at..].iter().position(|it| !matches!(it, Edit::Keep(_))) else { break };
        let first = (at + next).saturating_sub(CONTEXT_LINES).max(at);
        let skipped = first - at;
        (old_line, new_line) = (old_line + skipped, new_line + skipped);
        let last = hunk_end(&edits, at + next);
        let hunk = &edits[first..last];
        let removed = hunk.iter().filter(|it| !matches!(it, Edit::Add(_))).count();
        let added = hunk.iter().filter(|it| !matches!(it, Edit::Remove(_))).count();
        out.extend([format!("@@ -{} +{} @@\n", range(old_line, removed), range(new_line, added))]);
        for edit in hunk {
            let (sign, line) = match edit {
                Edit::Keep(line) => (' ', line),
                Edit::Remove(line) => ('-', line),
                Edit::Add(line) => ('+', line),
            };
            out.extend([format!("{sign}{line}\n")]);
        }
        (old_line, new_line) = (old_line + removed, new_line + added);
        at = last;
    }
    out
}

fn range(line: usize, count: usize) -> String {
    match count {
        0 => format!("{},0", line - 1),
        1 => line.to_string(),
        _ => format!("{line},{count}"),
    }
}

/// The end of the hunk whose first change is at `at`: changes less than two contexts apart belong together.
fn hunk_end(edits: &[Edit<'_>], at: usize) -> usize {
    let mut end = at + 1;
    loop {
        let rest = &edits[end..];
        match rest.iter().take(2 * CONTEXT_LINES + 1).position(|it| !matches!(it, Edit::Keep(_))) {
            Some(next) => end += next + 1,
            None => return (end + CONTEXT_LINES).min(edits.len()),
        }
    }
}

/// The shortest way from `old` to `new`, by longest common subsequence.
fn edits<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Edit<'a>> {
    if old.len().max(new.len()) > LINES_MAX {
        let removed = old.iter().map(|it| Edit::Remove(it));
        return removed.chain(new.iter().map(|it| Edit::Add(it))).collect();
    }
    let mut lengths = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            lengths[i][j] = if a == b { lengths[i + 1][j + 1] + 1 } else { lengths[i + 1][j].max(lengths[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push(Edit::Keep(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || lengths[i + 1][j] >= lengths[i][j + 1]) {
            out.push(Edit::Remove(old[i]));
            i += 1;
        } else {
            out.push(Edit::Add(new[j]));
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn shows_hunks_with_context() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
        let after = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\n";
        expect![[r#"
            @@ -1,5 +1,5 @@
             a
            -b
            +B
             c
             d
             e
            @@ -8,3 +8,4 @@
             h
             i
             j
            +k
        "#]]
        .assert_eq(&unified(before, after));
        expect![[r#"
            @@ -0,0 +1,2 @@
            +a
            +b
        "#]]
        .assert_eq(&unified("", "a\nb\n"));
    }
}
