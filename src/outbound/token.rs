//! Words that only this desk can have given out: bytes with a signature, in
//! characters that any address holds.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// Bytes of the signature; more would make links longer than a line of mail.
const SIGNATURE: usize = 16;
/// Longer ones are nobody's.
const MOST_CHARS: usize = 200;

/// A token for these bytes; none where the secret can't sign.
#[must_use]
pub fn seal(secret: &[u8], bytes: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(bytes);
    let signature = mac.finalize().into_bytes();
    let whole = [bytes, signature.get(..SIGNATURE)?].concat();
    Some(URL_SAFE_NO_PAD.encode(whole))
}

/// What a token says, whoever made it: only to look up whose secret it should be
/// checked with.
#[must_use]
pub fn claimed(token: &str) -> Option<Vec<u8>> {
    if token.len() > MOST_CHARS {
        return None;
    }
    let whole = URL_SAFE_NO_PAD.decode(token).ok()?;
    let length = whole.len().checked_sub(SIGNATURE)?;
    Some(whole.get(..length)?.to_vec())
}

/// Whether a token was made with this secret. Takes as long for a token that
/// almost was.
#[must_use]
pub fn is_genuine(secret: &[u8], token: &str) -> bool {
    let Ok(whole) = URL_SAFE_NO_PAD.decode(token) else { return false };
    let Some((bytes, signature)) =
        whole.len().checked_sub(SIGNATURE).and_then(|at| whole.split_at_checked(at))
    else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    mac.update(bytes);
    mac.verify_truncated_left(signature).is_ok()
}
