//! What time it is: the one place where the server asks.

use std::time::{SystemTime, UNIX_EPOCH};

use shared::model::Time;

/// The present time; the beginning of 1970 on a machine whose clock stands before it.
pub(crate) fn wall_clock() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
