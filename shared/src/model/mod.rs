//! What objects are: values, objects, names, quantities, selectors, schema and YAML documents.
//!
//! Knows nothing of requests, revisions, causes or controllers.

pub mod chance;
#[cfg(feature = "every-kind")]
pub mod cron;
pub mod decode;
pub mod digest;
pub mod few;
pub mod intstr;
pub(crate) mod jsonpath;
pub mod key;
#[cfg(feature = "every-kind")]
pub mod keyed;
pub mod names;
pub mod object;
pub mod order;
pub mod quantity;
pub mod retired;
pub mod schema;
pub mod selector;
mod short;
pub mod time;
pub mod value;
pub mod yaml;

pub use chance::{Chance, Fnv};
pub use digest::Digest;
pub use few::Few;
pub use intstr::IntOrString;
pub use key::{Key, ResourceName};
pub use object::{Object, OwnerReference};
pub use order::Order;
pub use quantity::Quantity;
pub use schema::Schema;
pub use selector::{FieldSelector, Selector};
pub use smol_str::SmolStr as Text;
pub use time::{Span, Time};
pub use value::{List, Map, Value};
