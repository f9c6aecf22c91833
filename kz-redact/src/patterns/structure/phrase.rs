//! Secrets made of words: the phrase that a wallet is restored from, and the passwords
//! of programs that Apple and Google hand out in groups of four letters.

use std::ops::Range;

use super::super::rule::{Left, Matcher, Reach, Rule, run};

pub(super) fn rules() -> Vec<Rule> {
    const PHRASE: Rule = Rule {
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "mnemonic",
            about: "The words that a wallet is restored from; BIP 39, 'Mnemonic code for generating \
                    deterministic keys'",
            anchors: &[
                "mnemonic",
                "seed phrase",
                "seed_phrase",
                "seedphrase",
                "recovery phrase",
                "recovery_phrase",
                "secret phrase",
                "secret recovery phrase",
            ],
            matcher: Matcher::Code(mnemonic),
            examples: &[
                "MNEMONIC=\"«able able able able able able able able able able able zone»\"",
                "mnemonic: '«able able able able able able able able able able able zone»'",
                "Your seed phrase is: «able able able able able able able able able able able zone»",
                r#"{"mnemonic":"«able able able able able able able able able able able zone»"}"#,
            ],
            near_misses: &[
                "mnemonic: able able able zone",
                "The mnemonic is a list of words which a wallet can be restored from by you",
                "mnemonic = able, able, able, able, able, able, able, able, able, able, able, zone",
            ],
            ..PHRASE
        },
        Rule {
            id: "app-password",
            about: "A password for one program, in groups of four letters; Apple Support, 'App-specific \
                    passwords'; Google Account Help, 'Sign in with app passwords'",
            anchors: &["password", "passwd", "_pass", "pass=", "pass:", "pwd"],
            matcher: Matcher::Regex(
                r#"[A-Za-z_]{3,10}["'\\]{0,3}(?: is)?\s{0,4}[=:,]?\s{0,4}\\?["']?([a-z]{4}-[a-z]{4}-[a-z]{4}-[a-z]{4}|[a-z]{4} [a-z]{4} [a-z]{4} [a-z]{4})(?:[^A-Za-z0-9 -]|$)"#,
            ),
            check: Some(|value, _| is_random(value)),
            examples: &[
                "FASTLANE_PASSWORD=«kqzm-bxrv-ctyw-jpls»",
                "smtp_pass: \"«kqzm bxrv ctyw jpls»\"",
                "password = '«kqzm-bxrv-ctyw-jpls»'",
            ],
            near_misses: &[
                "password: abcd-efgh-ijkl-mnop",
                "password: xxxx-xxxx-xxxx-xxxx",
                "password must have many more",
                "password = 'your pass word here'",
            ],
            ..PHRASE
        },
    ]
}

/// Twelve words or more, of three to eight small letters, behind a sign or in quotes.
fn mnemonic(_: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let gap = run(|byte| b" \"'\\:=`".contains(&byte), &text[anchor..]);
    let said = text[anchor + gap..]
        .strip_prefix(b"is")
        .map_or(0, |rest| 2 + run(|byte| b" \"':`".contains(&byte), rest));
    let sign = &text[anchor..anchor + gap + said];
    let start = anchor + sign.len();
    if !sign.iter().any(|byte| b":=\"'`".contains(byte)) {
        return None;
    }
    let (mut end, mut words) = (start, 0);
    loop {
        let blank = usize::from(words > 0 && text.get(end) == Some(&b' '));
        let word = run(|byte| byte.is_ascii_lowercase(), &text[end + blank..]);
        if !(3..=8).contains(&word) || blank == 0 && words > 0 {
            break;
        }
        end += blank + word;
        words += 1;
    }
    let ends = text
        .get(end)
        .is_none_or(|byte| !byte.is_ascii_alphanumeric());
    // BIP 39, 'Generating the mnemonic': as many words as there are lengths of entropy.
    (matches!(words, 12 | 15 | 18 | 21 | 24) && ends).then_some(start..end)
}

/// Letters as chance gives them: hardly any vowels, no row of the alphabet.
fn is_random(value: &[u8]) -> bool {
    let letters = || value.iter().filter(|byte| byte.is_ascii_lowercase());
    let vowels = letters().filter(|byte| b"aeiou".contains(byte)).count();
    let rows = value
        .windows(2)
        .filter(|pair| pair[1] == pair[0] + 1 || pair[1] == pair[0])
        .count();
    vowels <= 4 && rows <= 3
}
