//! "Did you mean".

/// The remedy for a word that is none of `known`.
pub(super) fn remedy(word: &str, known: &[&str]) -> String {
    let distance = |known: &&&str| {
        strsim::damerau_levenshtein(&word.to_ascii_lowercase(), &known.to_ascii_lowercase())
    };
    let nearest = known.iter().min_by_key(distance);
    match nearest {
        // A third of the letters wrong is another word, not a slip.
        Some(nearest) if distance(&nearest) <= (nearest.len() / 3).max(1) => {
            format!("did you mean `{nearest}`?")
        }
        _ if known.is_empty() => "take it out".to_owned(),
        _ => format!("use one of {}", known.join(", ")),
    }
}
