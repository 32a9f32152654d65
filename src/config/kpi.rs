//! What KPIs are compared with.

use super::reader::{Noted, Reader};

/// `[kpi]`.
#[derive(Debug, Clone, Copy)]
pub struct Kpi {
    /// How often persons would act on a ticket if all were done by hand.
    pub manual_touches: u32,
}

impl Kpi {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        Ok(Self { manual_touches: reader.number("kpi.manual_touches_per_ticket", 1..=1_000)? })
    }
}
