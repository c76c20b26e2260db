//! Rules that were compiled lately: a definition that is checked is used next, by an API server that knows nothing of the check.
//!
//! What is found here is what would be compiled again, so nobody can see the difference but in time.

use super::Rules;
use crate::model::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many schemas' rules are kept.
const KEPT_MAX: usize = 8;

static RECENT: Mutex<Recent> = Mutex::new(Recent { kept: VecDeque::new() });

/// The rules of a resource's schema, compiled unless they were lately.
pub fn compiled(schema: &Value) -> Arc<Rules> {
    RECENT.lock().unwrap_or_else(PoisonError::into_inner).rules_of(schema)
}

/// Schemas and their rules, the newest last.
#[derive(Default)]
struct Recent {
    kept: VecDeque<(Value, Arc<Rules>)>,
}

impl Recent {
    fn rules_of(&mut self, schema: &Value) -> Arc<Rules> {
        if let Some((_, rules)) = self.kept.iter().find(|(kept, _)| kept == schema) {
            return rules.clone();
        }
        let rules = Arc::new(Rules::compile(schema));
        if self.kept.len() >= KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back((schema.clone(), rules.clone()));
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(rule: &str) -> Value {
        let rule = Value::from([("rule", rule.into())]);
        Value::from([("type", "object".into()), ("x-kubernetes-validations", Value::from(vec![rule]))])
    }

    #[test]
    fn rules_are_compiled_once_until_others_take_their_place() {
        let mut recent = Recent::default();
        let first = recent.rules_of(&schema("1 == 1"));
        assert!(!first.is_empty() && Arc::ptr_eq(&first, &recent.rules_of(&schema("1 == 1"))));
        for other in 1..KEPT_MAX {
            recent.rules_of(&schema(&format!("1 == {other} + 1")));
            assert!(Arc::ptr_eq(&first, &recent.rules_of(&schema("1 == 1"))), "{other}");
        }
        recent.rules_of(&schema("true"));
        assert!(!Arc::ptr_eq(&first, &recent.rules_of(&schema("1 == 1"))));
        assert_eq!(recent.kept.len(), KEPT_MAX);
    }
}
