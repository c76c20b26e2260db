//! The bytes of protobuf: numbered fields, one after another.
//!
//! Source: protobuf.dev, "Encoding". Knows nothing of what the fields mean. Our own because the kept libraries offer their
//! readers to generated code only.

/// The bytes are no protobuf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// They end in the middle of a field.
    #[error("the message ends in the middle of a field")]
    Cut,
    /// A number has more bytes than any.
    #[error("a number has too many bytes")]
    Long,
    /// A field of a sort that is not in use.
    #[error("a field has the unknown wire type {0}")]
    Sort(u8),
    /// A text that is no UTF-8.
    #[error("a string is not UTF-8")]
    Text,
    /// Messages in messages, deeper than anything real.
    #[error("messages are nested too deep")]
    Deep,
    /// A field holds another sort of value than its number stands for.
    #[error("field {0} has another type")]
    Type(u32),
    /// What is around the object is missing.
    #[error("the body does not begin as a Kubernetes object does")]
    Envelope,
    /// A kind that is not in the table.
    #[error("the kind is not known")]
    Kind,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held<'a> {
    /// A whole number or a boolean.
    Number(u64),
    /// Eight bytes.
    Eight([u8; 8]),
    /// Text, bytes or a message.
    Bytes(&'a [u8]),
}

/// Reads the fields of a message.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn number(&mut self) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes(1)?.first().ok_or(Malformed::Cut)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::Long)
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed::Cut)?;
        self.0 = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<(u32, Held<'a>), Malformed> {
        let key = self.number()?;
        let number = u32::try_from(key >> 3).map_err(|_| Malformed::Long)?;
        let held = match key & 7 {
            0 => Held::Number(self.number()?),
            1 => Held::Eight(self.bytes(8)?.try_into().map_err(|_| Malformed::Cut)?),
            2 => {
                let count = usize::try_from(self.number()?).map_err(|_| Malformed::Cut)?;
                Held::Bytes(self.bytes(count)?)
            }
            other => return Err(Malformed::Sort(u8::try_from(other).unwrap_or(u8::MAX))),
        };
        Ok((number, held))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Held<'a>), Malformed>;

    /// The next field; after an error nothing more comes.
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}
