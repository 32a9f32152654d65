//! Signatures of Standard Webhooks: HMAC-SHA256 over id, timestamp and body,
//! once for each live secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::domain::webhook::SigningSecret;

/// What every secret begins with.
const PREFIX: &str = "whsec_";
/// Fewest and most bytes of a secret.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret made of these random bytes.
#[must_use]
pub fn secret(bytes: &[u8; 32]) -> SigningSecret {
    SigningSecret::new(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// Whether a text is a secret: `whsec_` and 24 to 64 bytes in base64.
#[must_use]
pub fn is_secret(text: &str) -> bool {
    bytes(text).is_some_and(|bytes| BYTES.contains(&bytes.len()))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.strip_prefix(PREFIX)?).ok()
}

/// The value of `webhook-signature`: one signature for each secret, with
/// blanks between them. `timestamp`: seconds since 1970, as it is sent.
#[must_use]
pub fn sign(secrets: &[SigningSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signatures: Vec<String> = secrets
        .iter()
        .filter_map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&bytes(secret.expose())?).ok()?;
            mac.update(format!("{id}.{timestamp}.").as_bytes());
            mac.update(body);
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        })
        .collect();
    signatures.join(" ")
}
