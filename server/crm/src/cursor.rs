//! Where the next page of a list begins, in a form that clients carry but need not read.

use guanhu_domain::Code;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Result};

/// Longer than any cursor made here.
const LONGEST: usize = 4_000;

pub fn encode(place: &impl Serialize) -> Result<String> {
    Ok(hex::encode(serde_json::to_vec(place).map_err(Error::internal)?))
}

/// # Errors
/// [`Code::Malformed`] for what [`encode`] did not make for the same kind of list.
pub fn decode<T: DeserializeOwned>(cursor: &str) -> Result<T> {
    if cursor.len() > LONGEST {
        return Err(Error::new(Code::Malformed));
    }
    let bytes = hex::decode(cursor).map_err(|_| Error::new(Code::Malformed))?;
    serde_json::from_slice(&bytes).map_err(|_| Error::new(Code::Malformed))
}
