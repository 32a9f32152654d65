//! What an empty database gets.

use super::reader::{Noted, Reader};
use super::secret::Secret;

/// Fewest characters of an admin key given by hand.
const LEAST_KEY_CHARACTERS: usize = 32;
/// Most characters of it, so that it fits into a header.
const MOST_KEY_CHARACTERS: usize = 512;
/// Most characters of a tenant's slug.
const MOST_SLUG_CHARACTERS: usize = 63;

/// `[bootstrap]`: the first tenant and its admin key.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    /// Slug of the first tenant: 1–63 of `a–z`, `0–9` and inner hyphens.
    pub tenant: String,
    /// Its admin key: 32–512 visible ASCII characters; `None`: a random one is made and printed.
    pub admin_key: Option<Secret>,
}

impl Bootstrap {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Noted> {
        let tenant = slug(reader, "bootstrap.tenant");
        let admin_key = admin_key(reader);
        Ok(Self { tenant: tenant?, admin_key: admin_key? })
    }
}

fn slug(reader: &mut Reader, key: &'static str) -> Result<String, Noted> {
    let slug = reader.text(key)?.unwrap_or_default();
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let whole = (1..=MOST_SLUG_CHARACTERS).contains(&slug.len())
        && slug.chars().all(inner)
        && !slug.starts_with(['-', '_']);
    if whole {
        Ok(slug)
    } else {
        Err(reader.refuse(
            key,
            format!("must be 1 to {MOST_SLUG_CHARACTERS} lower-case letters, digits, - or _, not beginning with - or _"),
        ))
    }
}

fn admin_key(reader: &mut Reader) -> Result<Option<Secret>, Noted> {
    let key = "bootstrap.admin_key";
    let secret = reader.secret(key, "bootstrap.admin_key_file")?;
    let Some(text) = secret.as_ref().map(Secret::expose) else { return Ok(None) };
    // A key travels in the Authorization header, which other characters can't.
    let detail = if !text.chars().all(|c| c.is_ascii_graphic()) {
        Some("must consist of visible ASCII characters without blanks".to_owned())
    } else if text.len() < LEAST_KEY_CHARACTERS || text.len() > MOST_KEY_CHARACTERS {
        Some(format!("must have {LEAST_KEY_CHARACTERS} to {MOST_KEY_CHARACTERS} characters"))
    } else {
        None
    };
    match detail {
        Some(detail) => Err(reader.refuse(key, detail)),
        None => Ok(secret),
    }
}
