//! What monitors may ask.

use super::reader::{Noted, Reader};

/// `[monitors]`.
#[derive(Debug, Clone)]
pub struct Monitors {
    /// Whether addresses without TLS are asked though they are not on the allow-list.
    pub allow_http: bool,
}

impl Monitors {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        Ok(Self { allow_http: reader.truth("monitors.allow_http")? })
    }
}
