//! The words by which a ticket is told from others.

/// Words that are taken at most.
const MOST: usize = 8;
/// Characters that are looked at.
const LOOKED_AT: usize = 20_000;

/// Up to eight words of a text that look rare: names of errors, of modules, of
/// hosts, and long words. Letters, digits, `_`, `-` and `.` alone. Whether they
/// are rare in fact, only the other tickets can tell.
#[must_use]
pub fn rare_words(texts: &[&str]) -> Vec<String> {
    let mut found: Vec<(u32, &str)> = Vec::new();
    for text in texts {
        let end = text.char_indices().nth(LOOKED_AT).map_or(text.len(), |(place, _)| place);
        for word in text[..end].split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))) {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            let weight = weight(word);
            if weight > 0 && !found.iter().any(|(_, known)| known.eq_ignore_ascii_case(word)) {
                found.push((weight, word));
            }
        }
    }
    // Stable: among equals the first ones, which stand in the subject.
    found.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    found.into_iter().take(MOST).map(|(_, word)| word.to_owned()).collect()
}

/// How much a word looks like one that few texts have; 0: not at all.
fn weight(word: &str) -> u32 {
    let length = word.chars().count();
    if !(4..=64).contains(&length) || word.chars().all(|c| c.is_ascii_digit()) {
        return 0;
    }
    let digits = word.chars().any(|c| c.is_ascii_digit());
    let letters = word.chars().any(char::is_alphabetic);
    let joined = word.contains(['_', '.', '-']);
    let humps = word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    let shouted = letters && !word.chars().any(char::is_lowercase);
    let marks = [digits && letters, joined, humps, shouted].into_iter().filter(|mark| *mark).count();
    let marks = u32::try_from(marks).unwrap_or(0) * 3;
    marks + u32::from(length >= 7) + u32::from(length >= 10)
}
