//! Reads the compact form that `xtask/schema` writes; that generator says what the form is.

use super::{Field, Kind, KindEntry, ListKind, Patch, Presence, Schema, Type, TypeId, Words};
use crate::model::Text;

/// The first bytes of the file.
const MAGIC: &[u8] = b"PHS1";
/// How deep kinds may nest: a map of lists of maps is three.
const NESTING_MAX: u32 = 8;

const REQUIRED: u32 = 1;
const ALWAYS: u32 = 1 << 1;
const POINTER: u32 = 1 << 2;
const ATOMIC: u32 = 1 << 3;
const SET: u32 = 1 << 4;
const KEYS: u32 = 1 << 5;
const MERGE: u32 = 1 << 6;
const RETAIN_KEYS: u32 = 1 << 7;
const GO_TYPE: u32 = 1 << 8;
const WORDS: u32 = 1 << 9;
const DEFAULT: u32 = 1 << 10;

/// Reads a whole file; none if it is cut short or of another form.
pub(super) fn read(file: &[u8]) -> Option<Schema> {
    let mut reader = Reader { rest: file.strip_prefix(MAGIC)?, strings: Vec::new() };
    reader.strings = reader.list(|it| {
        let length = it.number()?;
        it.bytes(length as usize).map(Text::new)
    })?;
    let words = reader.list(Reader::words)?;
    let types = reader.list(Reader::one_type)?;
    let kinds = reader.list(Reader::kind_entry)?;
    Some(Schema { types, kinds, words, deduces: false })
}

struct Reader<'a> {
    rest: &'a [u8],
    strings: Vec<Text>,
}

impl<'a> Reader<'a> {
    /// Seven bits to a byte, least first.
    fn number(&mut self) -> Option<u32> {
        let (mut value, mut shift) = (0_u32, 0);
        loop {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    fn bytes(&mut self, length: usize) -> Option<&'a str> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(bytes).ok()
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        (0..count).map(|_| item(self)).collect()
    }

    fn text(&mut self) -> Option<Text> {
        let index = self.number()?;
        self.strings.get(index as usize).cloned()
    }

    fn words(&mut self) -> Option<Words> {
        Some(Words { name: self.text()?, closed: self.number()? == 1, words: self.list(Self::text)? })
    }

    fn one_type(&mut self) -> Option<Type> {
        Some(Type { name: self.text()?, atomic: self.number()? == 1, open: false, fields: self.list(Self::field)? })
    }

    fn kind_entry(&mut self) -> Option<KindEntry> {
        Some(KindEntry {
            group: self.text()?,
            version: self.text()?,
            kind: self.text()?,
            type_id: TypeId(self.number()?),
        })
    }

    fn field(&mut self) -> Option<Field> {
        let name = self.text()?;
        let kind = self.kind(NESTING_MAX)?;
        let flags = self.number()?;
        let keys = if flags & KEYS == 0 { Vec::new() } else { self.list(Self::text)? };
        Some(Field {
            name,
            kind,
            required: flags & REQUIRED != 0,
            presence: presence(flags),
            list: list_kind(flags, keys),
            atomic: flags & ATOMIC != 0,
            patch: Patch {
                merge_key: if flags & MERGE == 0 { None } else { Some(self.text()?) },
                retain_keys: flags & RETAIN_KEYS != 0,
            },
            go_type: if flags & GO_TYPE == 0 { None } else { Some(self.text()?) },
            words: if flags & WORDS == 0 { None } else { Some(self.number()?) },
            default: if flags & DEFAULT == 0 { None } else { Some(self.text()?) },
        })
    }

    fn kind(&mut self, nesting: u32) -> Option<Kind> {
        let inner = nesting.checked_sub(1)?;
        Some(match self.number()? {
            0 => Kind::Bool,
            1 => Kind::Int32,
            2 => Kind::Int64,
            3 => Kind::Float,
            4 => Kind::Text,
            5 => Kind::Bytes,
            6 => Kind::Time,
            7 => Kind::MicroTime,
            8 => Kind::Quantity,
            9 => Kind::IntOrString,
            10 => Kind::Any,
            11 => Kind::Object(TypeId(self.number()?)),
            12 => Kind::List(Box::new(self.kind(inner)?)),
            13 => Kind::Map(Box::new(self.kind(inner)?)),
            _ => return None,
        })
    }
}

fn presence(flags: u32) -> Presence {
    match (flags & ALWAYS != 0, flags & POINTER != 0) {
        (true, true) => Presence::AlwaysOrNull,
        (true, false) => Presence::Always,
        (false, true) => Presence::IfSet,
        (false, false) => Presence::IfNotEmpty,
    }
}

fn list_kind(flags: u32, keys: Vec<Text>) -> ListKind {
    match (keys.is_empty(), flags & SET != 0) {
        (false, _) => ListKind::Map(keys),
        (true, true) => ListKind::Set,
        (true, false) => ListKind::Atomic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_cut_short_is_refused() {
        let whole = super::super::FILE;
        assert!(read(whole).is_some());
        for length in [0, 3, 4, 100, 20_000, whole.len() - 1] {
            assert!(read(&whole[..length]).is_none(), "{length}");
        }
    }
}
