//! `password: …` in other languages.

use std::ops::Range;

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule, run},
    },
    is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "translated-password",
        about: "What is assigned to the word for password of another language; the settings of \
                programs that speak it",
        anchors: &[
            "kennwort",
            "contrase",
            "senha",
            "mot_de_passe",
            "mot de passe",
            "motdepasse",
            "wachtwoord",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        matcher: Matcher::Code(translated),
        examples: &[
            "Kennwort: «Kz9!canary»",
            "contraseña = \"«Kz9!canary»\"",
            "contrasena: «Kz9!canary»",
            "senha: '«Kz9!canary»'",
            "Mot de passe : «Kz9!canary»",
            "Wachtwoord = «Kz9!canary»",
            "\"mot_de_passe\": \"«Kz9!canary»\"",
        ],
        near_misses: &[
            "Kennwort: erforderlich",
            "mot de passe : 8 caractères",
            "senha: <password-1>",
            "contraseña: $PASSWORD1",
        ],
        ..Rule::EMPTY
    }]
}

fn translated(_: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let blanks = |at: usize| at + run(|byte| b" \t\"'\\`".contains(&byte), &text[at..]);
    // The rest of a Spanish word.
    let endings = ["ña".as_bytes(), b"na"];
    let ending = endings.iter().find(|end| text[anchor..].starts_with(end));
    let at = blanks(anchor + ending.map_or(0, |end| end.len()));
    let signs = [&b"=>"[..], b":=", b":", b"="];
    let sign = signs.iter().find(|sign| text[at..].starts_with(sign))?;
    let start = blanks(at + sign.len());
    let belongs = |byte: u8| byte > b' ' && !b"\"'`;,<>()[]{}\\|".contains(&byte);
    let end = start + run(belongs, &text[start..]);
    let value = &text[start..end];
    let is_quoted = matches!(text[..start].last(), Some(b'"' | b'\''));
    let is_password = named::is_password(value, is_quoted) || named::is_joined_words(value);
    (is_value(value) && is_password).then_some(start..end)
}
