//! `password: …` in other languages and scripts.

use std::ops::Range;

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule, run},
    },
    is_value,
};

/// How much of a name, or of what it is said of, may stand behind the word.
const MAX_REST: usize = 40;
/// What assigns, in ASCII, in full width and in words that are glued to the name.
const SIGNS: [&str; 15] = [
    "=>", ":=", ":", "=", "：", "＝", "→", "是", "为", "為", "は", "는", "은", "है", "هي",
];

pub(super) fn rules() -> Vec<Rule> {
    const TRANSLATED: Rule = Rule {
        left: Left::Any,
        reach: Reach::LINE,
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "translated-password",
            about: "What is assigned to the word for password of another language; the settings of \
                    programs that speak it",
            anchors: &[
                "kennwort",
                "contrase",
                "senha",
                "palavra-passe",
                "palavra_passe",
                "mot_de_passe",
                "mot de passe",
                "motdepasse",
                "wachtwoord",
                "parola",
                "haslo",
                "sifre",
                "heslo",
                "passord",
                "adgangskode",
                "salasana",
                "jelsz",
                "lozinka",
                // The same as JSON writes them that has no letters but those of ASCII.
                r"\u5bc6\u7801",
                r"\u5bc6\u78bc",
                r"\u53e3\u4ee4",
                r"\u5bc6\u94a5",
                r"\u30d1\u30b9\u30ef\u30fc\u30c9",
                r"\ube44\ubc00\ubc88\ud638",
                r"\u04[13]f\u0430\u0440\u043e\u043b",
                r"has\u0142o",
                r"\u015[ef]ifre",
                r"\u0643\u0644\u0645\u0629",
                r"\u092a\u093e\u0938\u0935\u0930\u094d\u0921",
            ],
            fold: true,
            matcher: Matcher::Code(translated),
            examples: &[
                "Kennwort: «Kz9!canary»",
                "contraseña = \"«Kz9!canary»\"",
                "contrasena: «Kz9!canary»",
                "senha: '«Kz9!canary»'",
                "senha do banco: «Kz9!canary»",
                "Mot de passe : «Kz9!canary»",
                "Wachtwoord = «Kz9!canary»",
                "\"mot_de_passe\": \"«Kz9!canary»\"",
                "parola: «Kz9!canary»",
                "db_haslo=«Kz9!canary»",
                r#"{"\u5bc6\u7801":"«Kz9!canary»"}"#,
                r#"{\"\u041F\u0430\u0440\u043E\u043B\u044C\": \"«Kz9!canary»\"}"#,
            ],
            near_misses: &[
                "Kennwort: erforderlich",
                "mot de passe : 8 caractères",
                "senha: <password-1>",
                "contraseña: $PASSWORD1",
                "la parola \"Kz9!canary\" non vale",
                "the parolale = null2",
                r#"{"\u5bc6\u7801":"\u8bf7\u8f93\u5165"}"#,
            ],
            ..TRANSLATED
        },
        Rule {
            id: "password-in-another-script",
            about: "What is assigned to the word for password in letters beyond ASCII; the settings of \
                    programs that speak such a language",
            anchors: &[
                "парол",
                "Парол",
                "ПАРОЛ",
                "密码",
                "密碼",
                "口令",
                "密钥",
                "パスワード",
                "暗証番号",
                "비밀번호",
                "패스워드",
                "암호",
                "hasło",
                "Hasło",
                "HASŁO",
                "şifre",
                "Şifre",
                "ŞİFRE",
                "lösenord",
                "Lösenord",
                "كلمة المرور",
                "كلمة_المرور",
                "كلمة السر",
                "पासवर्ड",
                "סיסמה",
                "κωδικός",
                "Κωδικός",
                "mật khẩu",
                "Mật khẩu",
                "รหัสผ่าน",
            ],
            matcher: Matcher::Code(in_another_script),
            examples: &[
                "пароль: «Kz9!canary»",
                "Пароль от базы данных = «Kz9!canary»",
                "密码：«Kz9!canary»",
                "数据库密码是«Kz9!canary»。",
                "\"口令\": \"«Kz9!canary»\"",
                "パスワード=«Kz9!canary»",
                "비밀번호: '«Kz9!canary»'",
                "hasło do bazy: «Kz9!canary»",
                "ŞİFRE=«Kz9!canary»",
                "كلمة المرور: «Kz9!canary»",
                "पासवर्ड: «Kz9!canary»",
                "רשת סיסמה: «Kz9!canary»",
            ],
            near_misses: &[
                "пароль: не менее 8 символов",
                "密码：请输入8位以上的Ab!",
                "密码: 8-16位Aa1!以上",
                "パスワード: <password-1>",
                "비밀번호: $PASSWORD1",
                "пароль для user-1@host",
                "hasło: wymagane",
            ],
            ..TRANSLATED
        },
    ]
}

/// The value behind the word for password, whose first letters are the anchor.
fn translated(_: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let start = start_of_value(text, anchor)?;
    let belongs = |byte: u8| byte > b' ' && !b"\"'`;,<>()[]{}\\|".contains(&byte);
    let value = start..start + run(belongs, &text[start..]);
    is_chosen(text, &value).then_some(value)
}

/// The same of a text in another script, with which a value may stand without a blank.
fn in_another_script(_: &[u8], text: &[u8], anchor: usize) -> Option<Range<usize>> {
    let start = start_of_value(text, anchor)?;
    let belongs = |byte: u8| byte.is_ascii_graphic() && !b"\"'`;,<>()[]{}\\|".contains(&byte);
    let value = start..start + run(belongs, &text[start..]);
    // A letter goes on with it, no sign of punctuation.
    let signs = ["。", "，", "；", "、", "）", "」", "』", "”", "’", "»"];
    let rest = &text[value.end..];
    let goes_on = rest.first().is_some_and(|byte| !byte.is_ascii())
        && !signs.iter().any(|sign| rest.starts_with(sign.as_bytes()));
    (!goes_on && is_chosen(text, &value)).then_some(value)
}

fn start_of_value(text: &[u8], anchor: usize) -> Option<usize> {
    let rest = &text[anchor..text.len().min(anchor + MAX_REST)];
    let sign = |at: usize| {
        let sign = SIGNS
            .iter()
            .find(|sign| rest[at..].starts_with(sign.as_bytes()));
        sign.map(|sign| anchor + at + sign.len())
    };
    let belongs = |byte: u8| {
        !byte.is_ascii() || byte.is_ascii_alphanumeric() || b" \t\"'`\\_-()".contains(&byte)
    };
    let end = run(belongs, rest);
    let end = (0..=end).find_map(sign)?;
    let blank = |byte: u8| b" \t\"'\\`".contains(&byte);
    let blanks = end + run(blank, &text[end..]);
    // An ideographic space, an opening quotation mark.
    let opening = ["\u{3000}", "“", "「"];
    let opening = opening
        .iter()
        .find(|sign| text[blanks..].starts_with(sign.as_bytes()));
    Some(blanks + opening.map_or(0, |sign| sign.len()))
}

fn is_chosen(text: &[u8], value: &Range<usize>) -> bool {
    let is_quoted = matches!(text[..value.start].last(), Some(b'"' | b'\''));
    let value = &text[value.clone()];
    let is_password = named::is_password(value, is_quoted) || named::is_joined_words(value);
    is_value(value) && is_password
}
