//! The numbers that steer a rollout: what they mean now, and the commands that change them.

use crate::panels::kinds;
use crate::panels::map::owners::{Progress, progress};
use crate::panels::rollout::model::Bounds;
use shared::model::{IntOrString, Key, Object, Span, Time};

/// A number that can be changed by one step each way.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// `maxSurge`.
    pub field: &'static str,
    /// `25%`.
    pub value: String,
    /// What it comes to.
    pub meaning: Meaning,
    /// The command that lowers it; `None` at its least.
    pub less: Option<String>,
    /// The command that raises it.
    pub more: String,
}

/// What a number comes to for this Deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// There are at most so many Pods.
    AtMost(i64),
    /// At least so many are available.
    AtLeast(i64),
    /// A Pod counts as available so many seconds after it is ready.
    Settles(i64),
    /// The rollout has so long left to make progress; `None` while it has no need to.
    Left(Option<Span>),
}

/// By how many percentage points a step changes a percentage.
const PERCENT_STEP: i64 = 5;
/// By how many seconds a step changes the progress deadline.
const DEADLINE_STEP: i64 = 60;
/// The Deployment's default of `progressDeadlineSeconds`.
const DEADLINE_DEFAULT: i64 = 600;

/// The numbers of the Deployment at `key`; a recreating one has no bounds.
pub fn settings(deployment: &Object, key: &Key, bounds: &Bounds, now: Time) -> Vec<Setting> {
    let rolling = |field, value: &str, meaning| {
        let path = ["spec", "strategy", "rollingUpdate", field];
        setting(key, &path, &IntOrString::parse(value), 1, meaning)
    };
    let seconds = |field, default, step, meaning| {
        let value = deployment.at("spec").get(field).int_or(default);
        setting(key, &["spec", field], &IntOrString::parse(&value.to_string()), step, meaning)
    };
    let mut all = Vec::new();
    if bounds.rolling {
        all.push(rolling("maxSurge", &bounds.surge, Meaning::AtMost(bounds.ceiling)));
        all.push(rolling("maxUnavailable", &bounds.unavailable, Meaning::AtLeast(bounds.floor)));
    }
    let settles = deployment.at("spec.minReadySeconds").int_or(0);
    all.push(seconds("minReadySeconds", 0, 1, Meaning::Settles(settles)));
    let left = Meaning::Left(time_left(deployment, now));
    all.push(seconds("progressDeadlineSeconds", DEADLINE_DEFAULT, DEADLINE_STEP, left));
    all
}

/// How long a rollout under way may go on without progress.
fn time_left(deployment: &Object, now: Time) -> Option<Span> {
    let deadline = deployment.at("spec.progressDeadlineSeconds").int_or(DEADLINE_DEFAULT);
    let since = Time::parse(deployment.condition("Progressing").get("lastUpdateTime").str())?;
    let under_way = progress(deployment) == Progress::Progressing;
    under_way.then_some((since + Span::seconds(deadline) - now).max(Span::ZERO))
}

fn setting(key: &Key, path: &[&'static str], value: &IntOrString, step: i64, meaning: Meaning) -> Setting {
    let (now, step, sign) = match value {
        IntOrString::Int(now) => (i64::from(*now), step, ""),
        IntOrString::Text(text) => (text.trim_end_matches('%').parse().unwrap_or(0), PERCENT_STEP, "%"),
    };
    let command = |to: i64| {
        let to = if sign.is_empty() { to.to_string() } else { format!("\"{to}{sign}\"") };
        let body = path.iter().rev().fold(to, |inner, field| format!("{{\"{field}\":{inner}}}"));
        format!("kubectl patch {} --type=merge -p '{body}'", kinds::argument(key))
    };
    Setting {
        field: path.last().copied().unwrap_or_default(),
        value: value.to_string(),
        meaning,
        less: (now > 0).then(|| command((now - step).max(0))),
        more: command(now + step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::expect;
    use shared::model::key::resources::DEPLOYMENTS;

    #[test]
    fn every_number_has_its_commands() {
        let key = Key::new(DEPLOYMENTS, "default", "web");
        let mut deployment = fixture::rolling().get(&key).cloned().unwrap();
        deployment.set("spec.minReadySeconds", 3);
        let bounds = Bounds { rolling: true, ceiling: 7, floor: 5, surge: "25%".into(), unavailable: "0".into() };
        let all = settings(&deployment, &key, &bounds, fixture::at(0));
        let lines: Vec<String> = all
            .iter()
            .map(|it| format!("{} {} {:?}\n  {:?}\n  {}", it.field, it.value, it.meaning, it.less, it.more))
            .collect();
        expect![[r#"
            maxSurge 25% AtMost(7)
              Some("kubectl patch deployment/web --type=merge -p '{\"spec\":{\"strategy\":{\"rollingUpdate\":{\"maxSurge\":\"20%\"}}}}'")
              kubectl patch deployment/web --type=merge -p '{"spec":{"strategy":{"rollingUpdate":{"maxSurge":"30%"}}}}'
            maxUnavailable 0 AtLeast(5)
              None
              kubectl patch deployment/web --type=merge -p '{"spec":{"strategy":{"rollingUpdate":{"maxUnavailable":1}}}}'
            minReadySeconds 3 Settles(3)
              Some("kubectl patch deployment/web --type=merge -p '{\"spec\":{\"minReadySeconds\":2}}'")
              kubectl patch deployment/web --type=merge -p '{"spec":{"minReadySeconds":4}}'
            progressDeadlineSeconds 600 Left(None)
              Some("kubectl patch deployment/web --type=merge -p '{\"spec\":{\"progressDeadlineSeconds\":540}}'")
              kubectl patch deployment/web --type=merge -p '{"spec":{"progressDeadlineSeconds":660}}'"#]].assert_eq(&lines.join("\n"));
    }
}
