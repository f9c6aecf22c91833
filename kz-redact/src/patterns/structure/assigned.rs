//! `password = "…"` and its relatives, in settings, code, JSON, YAML, XML and
//! prose: what is assigned to a name that ends in password or secret, if it looks
//! chosen as one.

mod operator;

use std::ops::Range;

use zeroize::Zeroizing;

use self::operator::Operator;
use super::{
    super::{
        markers, named,
        rule::{Left, Matcher, Reach, Rule, run},
    },
    is_placeholder,
};

/// The longest part of a name that begins with its anchor.
const MAX_NAME: usize = 40;

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "assigned-password",
        about: "A password or secret assigned to its name in code, settings, JSON, YAML or XML; \
                the settings of most programs",
        anchors: &[
            "passw",
            "passphrase",
            "passcode",
            "pwd",
            "secret",
            "pass=",
            "pass =",
            "pass:",
            "pass\"",
            "pass'",
            "pass\\",
            "pswd",
            "api_key",
            "apikey",
            "value:",
            "value\":",
            "value':",
            "value\\\":",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        matcher: Matcher::Code(assigned),
        examples: &[
            "password = \"«Kz9!canary»\"",
            "DB_PASSWORD=«kz-canary9»",
            "export PGPASSWORD='«kz canary 9»'",
            r#"{"password": "«Kz9!canary»"}"#,
            r#"{\"adminPassword\":\"«Kz9!canary»\"}"#,
            r#"{"name":"DB_PASSWORD","value":"«Kz9!canary»"}"#,
            "password: «Kz9&canary»",
            "password: «K9z4canary7»",
            "  password: «Kz9!canary»",
            "my_password := `«Kz9!canary»`",
            "'db_password' => '«Kz9!canary»',",
            "<password>«Kz9!canary»</password>",
            "<add key=\"ClearTextPassword\" value=\"«Kz9!canary»\" />",
            "if password == \"«Kz9!canary»\" {",
            "The default password is '«Kz9!canary»'.",
            "connect(user=user, password='«Kz9!canary»')",
            "spring.datasource.password=«Kz9!canary»",
            "credentials { password '«Kz9!canary»' }",
            "- name: DB_PASSWORD\n  value: «Kz9!canary»",
            "smtppass = \"«Kz9!canary»\"",
            "config.set_password('«Kz9!canary»')",
            "getenv('DB_PASSWORD', '«Kz9!canary»')",
            "process.env.DB_PASSWORD || '«Kz9!canary»'",
            "const password: string = '«Kz9!canary»'",
            "ENV DB_PASSWORD «Kz9!canary»",
        ],
        near_misses: &[
            "password = get_password()",
            "password = config[\"db1_password\"]",
            "password: string8",
            "password = \"${DB_PASSWORD1}\"",
            "password=\"<your-password-1>\"",
            "password=********",
            "PASSWORD=[REDACTED:DB_PASSWORD]",
            "password = self.password1",
            "password_hash = \"Kz9!canary\"",
            "secret_name: prod/db-2/app",
            "password must hold 8 characters",
            "'password' => $request->input('password1')",
            "api_key_id = \"Kz9!canary\"",
            "bypass = \"Kz9!canary\"",
            "- name: REGION\n  value: Kz9!canary",
            "setPassword(config.password1)",
            "socks5h://<username>:<password>@proxy-host1",
            "check(password, 'Kz9!canary')",
        ],
        ..Rule::EMPTY
    }]
}

fn assigned(before: &[u8], text: &[u8], _: usize) -> Option<Range<usize>> {
    let name = Name::read(before, text)?;
    let operator = Operator::read(text, &name)?;
    let range = operator.range(text)?;
    let value = &text[range.clone()];
    // Documentation says so in capitals.
    let is_example = memchr::memmem::find(before, b"EXAMPLE").is_some();
    let is_nothing = is_example
        || is_placeholder(value)
        || markers::is_masked(value)
        || !named::is_secret_name(&name.text);
    (!is_nothing && operator.is_chosen(&name.text, value)).then_some(range)
}

/// The name that a value is assigned to.
struct Name {
    text: Zeroizing<Vec<u8>>,
    /// Where it ends, counted from the anchor; 0 if it stands in the line before.
    end: usize,
    /// An element of XML: `<password type="plain">`.
    element: bool,
    /// That of a variable, whose value stands behind a blank: `ENV NAME value`.
    declared: bool,
}

impl Name {
    fn read(before: &[u8], text: &[u8]) -> Option<Self> {
        let end = run(is_name, text).min(MAX_NAME);
        if text[..end].eq_ignore_ascii_case(b"value")
            && !before.last().is_some_and(|byte| is_name(*byte))
        {
            return Self::of_pair(before, end);
        }
        let start = before.len() - count_end(before, is_name);
        let line = before[..start]
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let prefix = count_end(line, |byte| is_name(byte) || byte == b':');
        let declares = [&b"ENV"[..], b"setx", b"setenv"];
        let words = line.trim_ascii();
        let begins = words.iter().rposition(|byte| b"\"'`".contains(byte));
        let word = &words[begins.map_or(0, |quote| quote + 1)..];
        Some(Self {
            text: Zeroizing::new([&before[start..], &text[..end]].concat()),
            end,
            element: line[..line.len() - prefix].ends_with(b"<"),
            declared: line.ends_with(b" ") && declares.contains(&word),
        })
    }

    /// The name in `name: DB_PASSWORD` or `"key": "DB_PASSWORD",` in the line before
    /// `value:`.
    fn of_pair(before: &[u8], end: usize) -> Option<Self> {
        let is_gap = |byte: u8| byte.is_ascii_whitespace() || b"\"'\\,".contains(&byte);
        let gap = count_end(before, is_gap);
        let breaks = memchr::memchr_iter(b'\n', &before[before.len() - gap..]).count();
        let before = &before[..before.len() - gap];
        let start = before.len() - count_end(before, is_name);
        let colon = &before[..start];
        let colon = &colon[..colon.len() - count_end(colon, |byte| is_gap(byte) && byte != b'\n')];
        let label = colon.strip_suffix(b":")?;
        let label = &label[..label.len() - count_end(label, |byte| b"\"'\\ ".contains(&byte))];
        let label = &label[label.len() - count_end(label, |byte| byte.is_ascii_alphabetic())..];
        let names = [&b"name"[..], b"key"];
        let is_label = names.iter().any(|name| label.eq_ignore_ascii_case(name));
        (breaks == 1 && is_label).then(|| Self {
            text: Zeroizing::new(before[start..].to_vec()),
            end,
            element: false,
            declared: true,
        })
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// How many bytes of a class `text` ends with.
fn count_end(text: &[u8], class: impl Fn(u8) -> bool) -> usize {
    text.iter().rev().take_while(|byte| class(**byte)).count()
}
