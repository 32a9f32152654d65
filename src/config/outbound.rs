//! What the service may connect to on somebody else's word.

use super::reader::{Noted, Reader};

/// `[outbound]`.
#[derive(Debug, Clone)]
pub struct Outbound {
    /// Ranges of addresses and names of hosts that may be reached beside the public internet.
    pub allow: Vec<String>,
}

impl Outbound {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        Ok(Self { allow: reader.texts("outbound.allow")? })
    }
}
