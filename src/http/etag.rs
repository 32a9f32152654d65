//! Entity tags (RFC 9110, section 8.8.3).

use http::header::HeaderValue;

/// An entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag {
    /// Whether it only promises equivalence, not equality byte by byte.
    pub weak: bool,
    /// The text between the quotes.
    pub opaque: String,
}

impl EntityTag {
    /// The strong tag of a thing that counts its changes: `"v7"`.
    #[must_use]
    pub fn of_version(version: i64) -> Self {
        Self { weak: false, opaque: format!("v{version}") }
    }

    /// The strong tag of a thing that counts its changes, as it is shown now:
    /// `"v7-…"`. What shows may change without it, such as a deadline that
    /// passes.
    #[must_use]
    pub fn of_content(version: i64, body: &[u8]) -> Self {
        use sha2::{Digest, Sha256};
        let Self { opaque, .. } = Self::of_hash(&Sha256::digest(body)[..8]);
        Self { weak: false, opaque: format!("v{version}-{opaque}") }
    }

    /// The version that a tag of this service names, whatever it showed.
    #[must_use]
    pub fn version(&self) -> Option<i64> {
        let named = self.opaque.strip_prefix('v').filter(|_| !self.weak)?;
        let number = named.split_once('-').map_or(named, |(number, _)| number);
        number.parse().ok().filter(|version: &i64| version.to_string() == number)
    }

    /// The strong tag of an answer known by its hash, for answers without a version.
    #[must_use]
    pub fn of_hash(hash: &[u8]) -> Self {
        use std::fmt::Write;
        let opaque = hash.iter().fold(String::with_capacity(hash.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        Self { weak: false, opaque }
    }

    /// As the value of an `ETag` header; `None` for text that cannot be one.
    #[must_use]
    pub fn header(&self) -> Option<HeaderValue> {
        let prefix = if self.weak { "W/" } else { "" };
        HeaderValue::try_from(format!("{prefix}\"{}\"", self.opaque)).ok()
    }

    /// Equal and both strong.
    #[must_use]
    pub fn is_strongly(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Equal, strong or weak.
    #[must_use]
    pub fn is_weakly(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }
}

/// The tags of `If-Match` or `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tags {
    /// `*`: any version of a thing that exists.
    Any,
    /// These.
    These(Vec<EntityTag>),
}

/// Reads a list of tags, or `*`; `None` if it is neither.
#[must_use]
pub fn parse(text: &str) -> Option<Tags> {
    let mut rest = text.trim();
    if rest == "*" {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return (!tags.is_empty()).then_some(Tags::These(tags));
        }
        let (weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
        if !opaque.bytes().all(|byte| byte == 0x21 || byte >= 0x23 && byte != 0x7F) {
            return None;
        }
        tags.push(EntityTag { weak, opaque: opaque.to_owned() });
        rest = after.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}
