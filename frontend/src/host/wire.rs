//! Messages as bytes: postcard, which is compact and needs no names of fields.
//!
//! Page and worker are the same build, so the form never has to be compatible with another.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that are no message of the wanted type, or a value that has no bytes.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} a message between page and engine")]
pub struct WireError {
    /// "read" or "write".
    pub doing: &'static str,
    /// What postcard says.
    pub source: postcard::Error,
}

/// The bytes of `message`.
///
/// # Errors
/// A value that serde cannot describe without asking back, such as a sequence of unknown length.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, WireError> {
    postcard::to_allocvec(message).map_err(|source| WireError { doing: "write", source })
}

/// The message that `bytes` are.
///
/// # Errors
/// The bytes are cut off or are a message of another type.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    postcard::from_bytes(bytes).map_err(|source| WireError { doing: "read", source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_the_way() {
        let message = (7_u64, "web".to_owned(), vec![Some(true), None]);
        let bytes = encode(&message).expect("plain data has bytes");
        assert_eq!(decode::<(u64, String, Vec<Option<bool>>)>(&bytes).expect("the bytes are whole"), message);
        assert!(decode::<(u64, String, Vec<Option<bool>>)>(&bytes[..3]).is_err());
    }
}
