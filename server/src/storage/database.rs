//! The database file: every object as it was at one revision, the base. The journal holds what came after.
//!
//! It is open only while it is read at the start and while the journal's oldest part is moved into it, so that a backup can
//! read it in between.

use crate::storage::record::{FORMAT, Identity};
use redb::{
    Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition,
};
use shared::model::{Key, Object, ResourceName};
use shared::trace::Revision;
use std::collections::BTreeMap;
use std::path::Path;

/// The name of the file in the data folder.
pub(crate) const FILE: &str = "pilothouse.redb";

/// Objects by key; a value is a checksum over both, and the object.
const OBJECTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("objects");
/// `format`, `identity` and `base`.
const FACTS: TableDefinition<'_, &str, u64> = TableDefinition::new("facts");

/// How many bytes of it are kept in memory while it is open.
const CACHE_BYTES: usize = 4 << 20;

/// What a database holds.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) identity: Identity,
    /// The revision of the objects.
    pub(crate) base: Revision,
    pub(crate) objects: Vec<(Key, Object)>,
}

/// Writes that are to go into the database: the last object of each key, in bytes; `None` for a deletion.
pub(crate) type Writes<'a> = BTreeMap<Key, Option<&'a [u8]>>;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseFailure {
    /// Another process has it open.
    #[error("another process has it open")]
    Busy,
    /// The form is another version's.
    #[error("it has format {0}, and this pilothouse reads format {FORMAT}")]
    Format(u64),
    /// A fact or an object is missing, or its checksum is wrong.
    #[error("{0}")]
    Damaged(String),
    /// What the library says.
    #[error("{0}")]
    Redb(#[from] redb::Error),
}

impl DatabaseFailure {
    fn of(error: impl Into<redb::Error>) -> Self {
        Self::Redb(error.into())
    }
}

/// Makes an empty one for a new cluster.
///
/// # Errors
/// The file is there already, or cannot be made.
pub(crate) fn create(path: &Path, identity: Identity) -> Result<(), DatabaseFailure> {
    let database = builder().create(path).map_err(opened)?;
    let mut write = database.begin_write().map_err(DatabaseFailure::of)?;
    write.set_durability(redb::Durability::Immediate).map_err(DatabaseFailure::of)?;
    put_fact(&write, "format", u64::from(FORMAT))?;
    put_fact(&write, "identity", identity.0)?;
    put_fact(&write, "base", 0)?;
    write.open_table(OBJECTS).map_err(DatabaseFailure::of)?;
    write.commit().map_err(DatabaseFailure::of)
}

/// Reads everything, checking each page and each object.
///
/// # Errors
/// It is damaged, of another format, or open elsewhere.
pub(crate) fn read(path: &Path) -> Result<Content, DatabaseFailure> {
    let database = builder().set_check_integrity_on_open(true).open(path).map_err(opened)?;
    content(&database.begin_read().map_err(DatabaseFailure::of)?)
}

/// Reads everything while another process may use it; `hold` runs before that process may go on changing it.
///
/// # Errors
/// As for [`read`]; `Busy` while the other process changes it.
pub(crate) fn read_beside<T>(path: &Path, hold: impl FnOnce(Content) -> T) -> Result<T, DatabaseFailure> {
    let database = builder().open_read_only(path).map_err(opened)?;
    let content = content(&database.begin_read().map_err(DatabaseFailure::of)?)?;
    Ok(hold(content))
}

/// Moves writes into it, whole or not at all; `base` is the newest of them. `after` runs before anybody may read it.
///
/// # Errors
/// It cannot be opened or written; nothing has changed then.
pub(crate) fn apply(
    path: &Path,
    base: Revision,
    writes: &Writes<'_>,
    after: impl FnOnce(),
) -> Result<(), DatabaseFailure> {
    let database = builder().open(path).map_err(opened)?;
    let write = database.begin_write().map_err(DatabaseFailure::of)?;
    {
        let mut table = write.open_table(OBJECTS).map_err(DatabaseFailure::of)?;
        for (key, object) in writes {
            let place = key_bytes(key);
            match object {
                Some(object) => table.insert(&*place, &*sealed(&place, object)).map_err(DatabaseFailure::of)?,
                None => table.remove(&*place).map_err(DatabaseFailure::of)?,
            };
        }
    }
    put_fact(&write, "base", base.0)?;
    write.commit().map_err(DatabaseFailure::of)?;
    after();
    Ok(())
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn opened(error: DatabaseError) -> DatabaseFailure {
    match error {
        DatabaseError::DatabaseAlreadyOpen => DatabaseFailure::Busy,
        other => DatabaseFailure::of(other),
    }
}

fn put_fact(write: &redb::WriteTransaction, name: &str, value: u64) -> Result<(), DatabaseFailure> {
    let mut facts = write.open_table(FACTS).map_err(DatabaseFailure::of)?;
    facts.insert(name, value).map_err(DatabaseFailure::of)?;
    Ok(())
}

fn content(read: &ReadTransaction) -> Result<Content, DatabaseFailure> {
    let facts = read.open_table(FACTS).map_err(DatabaseFailure::of)?;
    let fact = |name: &str| match facts.get(name) {
        Ok(Some(value)) => Ok(value.value()),
        Ok(None) => Err(DatabaseFailure::Damaged(format!("it does not say its {name}"))),
        Err(error) => Err(DatabaseFailure::of(error)),
    };
    let format = fact("format")?;
    if format != u64::from(FORMAT) {
        return Err(DatabaseFailure::Format(format));
    }
    let mut objects = Vec::new();
    for entry in read.open_table(OBJECTS).map_err(DatabaseFailure::of)?.iter().map_err(DatabaseFailure::of)? {
        let (place, value) = entry.map_err(DatabaseFailure::of)?;
        objects.push(unsealed(place.value(), value.value())?);
    }
    Ok(Content { identity: Identity(fact("identity")?), base: Revision(fact("base")?), objects })
}

/// `RESOURCE NUL NAMESPACE NUL NAME`: none of them can hold a NUL.
fn key_bytes(key: &Key) -> Vec<u8> {
    [key.resource.as_str(), &key.namespace, &key.name].join("\0").into_bytes()
}

fn sealed(place: &[u8], object: &[u8]) -> Vec<u8> {
    let mut value = checksum(place, object).to_le_bytes().to_vec();
    value.extend_from_slice(object);
    value
}

fn checksum(place: &[u8], object: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(place);
    hasher.update(object);
    hasher.finalize()
}

fn unsealed(place: &[u8], value: &[u8]) -> Result<(Key, Object), DatabaseFailure> {
    let name = String::from_utf8_lossy(place).replace('\0', " ");
    let damaged = || DatabaseFailure::Damaged(format!("the object {name} is damaged"));
    let (sum, object) = value.split_first_chunk::<4>().ok_or_else(damaged)?;
    if checksum(place, object) != u32::from_le_bytes(*sum) {
        return Err(damaged());
    }
    let object = postcard::from_bytes(object).map_err(|_| damaged())?;
    let text = std::str::from_utf8(place).map_err(|_| damaged())?;
    let mut parts = text.splitn(3, '\0');
    let mut part = || parts.next().ok_or_else(damaged);
    let (resource, namespace, name) = (part()?, part()?, part()?);
    let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
    Ok((Key::new(ResourceName::new(plural, group), namespace, name), object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::Folder;
    use shared::model::key::resources::CONFIG_MAPS;

    fn key(name: &str) -> Key {
        Key::new(CONFIG_MAPS, "default", name)
    }

    fn bytes(name: &str) -> Vec<u8> {
        postcard::to_stdvec(&Object::new("v1", "ConfigMap", "default", name)).unwrap()
    }

    fn filled(folder: &Folder) -> std::path::PathBuf {
        let path = folder.path().join(FILE);
        create(&path, Identity(5)).unwrap();
        let (a, b) = (bytes("a"), bytes("b"));
        apply(&path, Revision(2), &Writes::from([(key("a"), Some(&*a)), (key("b"), Some(&*b))]), || {}).unwrap();
        apply(&path, Revision(3), &Writes::from([(key("b"), None)]), || {}).unwrap();
        path
    }

    #[test]
    fn objects_are_kept_and_taken_away() {
        let folder = Folder::new();
        let content = read(&filled(&folder)).unwrap();
        assert_eq!((content.identity, content.base), (Identity(5), Revision(3)));
        let names: Vec<_> = content.objects.iter().map(|(key, object)| format!("{key} {}", object.name())).collect();
        assert_eq!(names, ["configmaps default/a a"]);
    }

    #[test]
    fn no_damage_goes_unseen_or_ends_in_a_panic() {
        let folder = Folder::new();
        let path = filled(&folder);
        let whole = std::fs::read(&path).unwrap();
        let mut seen = 0;
        for at in (0..whole.len()).step_by(whole.len() / 97) {
            let mut damaged = whole.clone();
            for byte in damaged.iter_mut().skip(at).take(64) {
                *byte ^= 0xa5;
            }
            std::fs::write(&path, &damaged).unwrap();
            match read(&path) {
                Ok(content) => assert_eq!((content.base, content.objects.len()), (Revision(3), 1), "at {at}"),
                Err(_) => seen += 1,
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn a_database_in_use_is_named_so() {
        let folder = Folder::new();
        let path = filled(&folder);
        let open = read_beside(&path, |_| apply(&path, Revision(4), &Writes::new(), || {}));
        assert!(matches!(open.unwrap(), Err(DatabaseFailure::Busy)));
    }
}
