//! One webhook of a configuration, and which requests it is about.
//!
//! Upstream: `plugin/webhook/{accessors,generic/webhook}.go`, `plugin/webhook/matchconditions/matcher.go`.

use crate::api::Status;
use crate::api::admission::Admission;
use crate::api::admission::calls::TIMEOUT_SECONDS_MAX;
use crate::api::admission::every_kind::policy::compiled::Compiled;
use crate::api::admission::every_kind::policy::evaluation::Evaluation;
use crate::api::admission::every_kind::policy::matching::{self, Named};
use crate::api::expressions::Questions;
use crate::model::{Object, Text, Value};

/// How long a call may take if the configuration does not say, in seconds.
const TIMEOUT_SECONDS_DEFAULT: i64 = 10;

/// A webhook with its match conditions compiled.
#[derive(Clone, Debug)]
pub(in crate::api::admission) struct Hook {
    pub(super) spec: Value,
    /// The configuration's name.
    pub(super) configuration: Text,
    /// Tells it from every other webhook of its sort.
    pub(super) id: Text,
    conditions: Compiled,
}

impl Hook {
    /// The webhooks of a configuration.
    pub(super) fn all(configuration: &Object) -> Vec<Self> {
        let hooks = configuration.get("webhooks").items().iter().enumerate();
        hooks.map(|(index, spec)| Self::read(configuration.name(), index, spec)).collect()
    }

    fn read(configuration: Text, index: usize, spec: &Value) -> Self {
        let id = format!("{configuration}/{}/{index}", spec.get("name").str()).into();
        // Match conditions are those of a policy that has nothing else.
        let mut policy = Object::default();
        policy.set("metadata.name", spec.get("name"));
        for field in ["matchConditions", "failurePolicy"] {
            policy.set(&format!("spec.{field}"), spec.get(field));
        }
        Self { spec: spec.clone(), configuration, id, conditions: Compiled::new(&policy) }
    }

    pub(super) fn name(&self) -> Text {
        self.spec.get("name").text()
    }

    /// True if a webhook that fails is as if it were not there.
    pub(super) fn ignores_failures(&self) -> bool {
        self.spec.get("failurePolicy").str() == "Ignore"
    }

    pub(super) fn timeout_seconds(&self) -> u64 {
        let seconds = self.spec.get("timeoutSeconds").int_or(TIMEOUT_SECONDS_DEFAULT);
        u64::try_from(seconds).unwrap_or(1).clamp(1, TIMEOUT_SECONDS_MAX)
    }

    /// The resource that it is asked about; `None` if the request does not concern it.
    ///
    /// # Errors
    /// Its match conditions go wrong, and it does not ignore failures.
    pub(super) fn matches(&self, object: &Object, admission: &Admission<'_>) -> Result<Option<Named>, Status> {
        let found = matching::called(&self.spec, object, admission);
        let Some(resource) = found.map_err(|it| super::internal(&it))? else { return Ok(None) };
        if self.spec.get("matchConditions").is_empty() {
            return Ok(Some(resource));
        }
        let (authorizer, store, user) = (admission.authorizer, admission.store, &admission.request.user);
        let questions = Questions { authorizer, store, user };
        let mut evaluation = Evaluation::new(&self.conditions, &resource, object, None, admission, &questions);
        match evaluation.conditions_hold(&self.conditions) {
            Ok(true) => Ok(Some(resource)),
            Ok(false) => Ok(None),
            Err(_) if self.ignores_failures() => Ok(None),
            Err(why) => Err(admission.forbid(&why)),
        }
    }
}
