//! The link by which a requester says how they were helped, without any key:
//! what it says, before it is signed.

use jiff::Timestamp;
use uuid::Uuid;

use super::id::{TenantId, TicketId};

/// Names this form of the link.
const VERSION: u8 = 1;
/// Version, tenant, ticket, resolution, end.
const LENGTH: usize = 1 + 16 + 16 + 4 + 4;

/// Whoever has it may rate one resolution of one ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invitation {
    /// Whose ticket.
    pub tenant: TenantId,
    /// The ticket.
    pub ticket: TicketId,
    /// The place of the resolution in its history.
    pub resolution: u32,
    /// Until when it counts, in seconds since 1970.
    pub until: u32,
}

impl Invitation {
    /// An invitation to rate a resolution; its end is rounded down to seconds.
    #[must_use]
    pub fn new(tenant: TenantId, ticket: TicketId, resolution: i64, until: Timestamp) -> Self {
        let resolution = u32::try_from(resolution).unwrap_or(u32::MAX);
        let until = u32::try_from(until.as_second()).unwrap_or(u32::MAX);
        Self { tenant, ticket, resolution, until }
    }

    /// When it ends.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        Timestamp::from_second(self.until.into()).unwrap_or(Timestamp::MAX)
    }

    /// What is signed.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.tenant.uuid().as_bytes());
        bytes.extend_from_slice(self.ticket.uuid().as_bytes());
        bytes.extend_from_slice(&self.resolution.to_be_bytes());
        bytes.extend_from_slice(&self.until.to_be_bytes());
        bytes
    }

    /// What was signed; none: it is no invitation of this form.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        if *version != VERSION || bytes.len() != LENGTH {
            return None;
        }
        let (tenant, rest) = rest.split_first_chunk::<16>()?;
        let (ticket, rest) = rest.split_first_chunk::<16>()?;
        let (resolution, rest) = rest.split_first_chunk::<4>()?;
        let (until, _) = rest.split_first_chunk::<4>()?;
        Some(Self {
            tenant: TenantId::new(Uuid::from_bytes(*tenant)),
            ticket: TicketId::new(Uuid::from_bytes(*ticket)),
            resolution: u32::from_be_bytes(*resolution),
            until: u32::from_be_bytes(*until),
        })
    }
}
