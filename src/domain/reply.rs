//! An answer as it was given, so that it can be given again.

/// A complete answer; what it says is not looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Where the new thing is.
    pub location: Option<String>,
    /// The version it shows.
    pub etag: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}
