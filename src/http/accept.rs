//! Which of several representations a client would rather have.

use http::HeaderMap;
use http::header::ACCEPT;

/// How much the client likes the best of these media types, from 0 to 1; 0 if
/// `Accept` names none of them.
#[must_use]
pub(super) fn liking(headers: &HeaderMap, media: &[&str]) -> f32 {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = lines.flat_map(|line| line.split(','));
    ranges.filter_map(|range| quality(range, media)).fold(0.0_f32, f32::max)
}

/// Whether the client names one of these media types, and no JSON that it likes
/// better.
#[must_use]
pub(super) fn prefers(headers: &HeaderMap, media: &[&str]) -> bool {
    let liked = liking(headers, media);
    liked > 0.0 && liked >= liking(headers, &["application/json", "application/*"])
}

/// How much a media range of `Accept` is liked, if it is one of these.
fn quality(range: &str, wanted: &[&str]) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next()?;
    wanted.iter().find(|media| media.eq_ignore_ascii_case(name))?;
    let given = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some(given.map_or(1.0, |given| given.parse().unwrap_or(0.0)))
}
