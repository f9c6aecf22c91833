//! "Did you mean".

/// The word that was probably meant.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = word.to_ascii_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, &known.to_ascii_lowercase());
    // A third of the letters wrong is another word, not a slip.
    known
        .iter()
        .copied()
        .min_by_key(|known| distance(known))
        .filter(|nearest| distance(nearest) <= (nearest.len() / 3).max(1))
}

/// The remedy for a word that is none of `known`.
pub(super) fn remedy(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "take it out".to_owned(),
        None => format!("use one of {}", known.join(", ")),
    }
}
