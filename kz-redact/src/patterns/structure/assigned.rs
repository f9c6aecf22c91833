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
            "kennwort",
            "pw=",
            "pw =",
            "pw:",
            "pw\"",
            "psk=",
            "psk =",
            "psk:",
            "psk\"",
            "bindpw ",
            "rootpw",
            "auth_pass ",
            "api_key",
            "apikey",
            "value:",
            "value\":",
            "value':",
            "value\\\":",
            "example:",
            "example\":",
            "default:",
            "default\":",
            "default = \"",
            "credentials=",
            "\" -> \"",
            "authtok",
            "pass,",
            "smbpass",
            "pass_phrase",
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
            "  DB_PASSWORD: «Amber-River-731»",
            "admin_pw = \"«Kz9!canary»\"",
            "- name: pw\n  value: «Kz9!canary»",
            "pw: «K9z4canary7»",
            "password: \"«amber-river-731»\"",
            "db.password=«amber-river-731»",
            "password = '«qWerTxyUioPz»'",
            "password: «tgf7fwGSaEqE»",
            "enable password «Kz9!canary»",
            "  password «Kz9!canary»;",
            "password: !unsafe «Kz9!canary»",
            "\"password\": {\"value\": \"«Kz9!canary»\"}",
            "\"password\":{\"S\":\"«Kz9!canary»\"}",
            "<AdministratorPassword><Value>«Kz9!canary»</Value>",
            "Passwd - «Kz9!canary»",
            "The password for app is «Kz9!canary»",
            "password of app: «Kz9!canary»",
            "New password for app set to «Kz9!canary»",
            "password:\n  type: string\n  example: «Kz9!canary»",
            "password = \"\"\"«Kz9!canary»\"\"\"",
            "var secret = []byte(\"«Kz9!canary»\")",
            "│ DB_PASSWORD  │ «Kz9!canary»  │",
            "Initial admin password has been set: «<hex32>»",
            "psk=\"«amber-river-731»\"",
            "binddn=\"cn=app\" credentials=«Kz9!canary»",
            "{\"db_password\":{\"sensitive\":true,\"type\":\"string\",\"value\":\"«Kz9!canary»\"}}",
            "\"api_key\": {\n \"type\": \"string\", \"default\": \"«Kz9!canary»\"}",
            "variable \"db_password\" {\n  type = string\n  default = \"«Kz9!canary»\"",
            "~ master_password = \"[REDACTED:x]\" -> \"«lantern4821»\"",
            "{password, \"«Kz9!canary»\"}",
            "{default_pass, <<\"«lantern4821»\">>}",
            "remote_password «lantern4821»\n",
            "  bindpw «qBsvUF38Us0jwKo»",
            "set -gx DB_PASSWORD «lantern4821»",
            "set SMBPass «lantern4821»",
            "pass_phrase=«lantern4821»",
            "secret=«copper.lantern92»",
            "$password = Sensitive('«lantern4821»')",
            "PasswordPlain=«lantern4821»",
            "store.password=«aZWpKnlHLZvDRZKO»",
            "ldap_default_authtok = «Kz9!canary»",
            "login: root   password: «lantern4821»\n",
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
            "password user1@host",
            "password hashing with bcrypt2b",
            "the password varchar2(255)",
            "PASSWORD: must hold 8 characters",
            "password=user-name-1",
            "description:\n  type: string\n  example: Kz9!canary",
            "password:\n  type: string\n\nother:\n  example: Kz9!canary",
            "switch (password) { default: \"Kz9!canary\"",
            "password - see RFC2898",
            "password = \"\"\"\nKz9!canary",
            "the password has been set: yes",
            "│ PASSWORD  │ the password, 8 or more  │",
            "~ region = \"a\" -> \"lantern4821\"",
            "f(password, \"Kz9!canary\")",
            "password lantern4821 of the user",
            "the password lantern4821",
            "[\"[REDACTED:app-secret]\",\"Kz9!canary\"]",
            "{\"endCursor\":\"<an24>pw==\",\"x\":\"Kz9!canary\"}",
            "{\"endCursor\":\"<an24>pw=\"},\"Kz9!canary\"",
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
        || is_end_of_base64(before, &name)
        || is_placeholder(value)
        || markers::is_masked(value)
        || !named::is_secret_name(&name.text);
    let behind = text[range.end..].trim_ascii();
    let ends_line = behind.is_empty() || behind.starts_with(b"\"");
    (!is_nothing && operator.is_chosen(&name.text, value, ends_line)).then_some(range)
}

/// Whether a name is the end of base64, which `pw=` may be.
fn is_end_of_base64(before: &[u8], name: &Name) -> bool {
    let text = &name.text;
    let start = before.len() - text.len().saturating_sub(name.end).min(before.len());
    text.len() >= 2
        && text[text.len() - 2..].eq_ignore_ascii_case(b"pw")
        && (text.len() > 16
            || text.iter().any(u8::is_ascii_digit)
            || matches!(before[..start].last(), Some(b'+' | b'/' | b'=')))
}

/// The name that a value is assigned to.
struct Name {
    text: Zeroizing<Vec<u8>>,
    /// Where it ends, counted from the anchor; 0 if it stands in the line before.
    end: usize,
    /// That of a variable, whose value stands behind a blank: `ENV NAME value`.
    declared: bool,
    place: Place,
}

/// Where a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Within a line.
    Within,
    /// It begins its line: `  NAME: value`.
    Leads,
    /// An element of XML: `<password type="plain">`.
    Element,
    /// The first of a tuple: `{name, "value"}`.
    Tuple,
}

impl Name {
    fn read(before: &[u8], text: &[u8]) -> Option<Self> {
        let end = run(is_name, text).min(MAX_NAME);
        if text[..end].eq_ignore_ascii_case(b"value")
            && !before.last().is_some_and(|byte| is_name(*byte))
        {
            return Self::of_pair(before, end);
        }
        if text.starts_with(b"\" ->") {
            return Self::of_change(before);
        }
        let is_schema = [&b"example"[..], b"default"]
            .iter()
            .any(|word| text[..end].eq_ignore_ascii_case(word));
        if is_schema {
            return Self::of_schema(before, end);
        }
        let start = before.len() - count_end(before, is_name);
        if markers::is_open(&before[..start]) {
            return None;
        }
        let line = before[..start]
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let prefix = count_end(line, |byte| is_name(byte) || byte == b':');
        // A string of JSON begins a line of its own.
        let begin = memchr::memmem::rfind(line, b":\"").map_or(0, |at| at + 2);
        let is_blank = |byte: &u8| b" \t-".contains(byte);
        let declares = [&b"ENV"[..], b"setx", b"setenv", b"set"];
        // `set -x`, `set -gx` of fish.
        let words = line.trim_ascii();
        let words = [&b" -x"[..], b" -gx", b" -Ux"]
            .iter()
            .find_map(|option| words.strip_suffix(*option))
            .unwrap_or(words);
        let begins = words.iter().rposition(|byte| b"\"'`".contains(byte));
        let word = &words[begins.map_or(0, |quote| quote + 1)..];
        Some(Self {
            text: Zeroizing::new([&before[start..], &text[..end]].concat()),
            end,
            declared: line.ends_with(b" ") && declares.contains(&word),
            place: if line[..line.len() - prefix].ends_with(b"<") {
                Place::Element
            } else if line[begin..].iter().all(is_blank) {
                Place::Leads
            } else if line.ends_with(b"{") {
                Place::Tuple
            } else {
                Place::Within
            },
        })
    }

    /// The name of what changes: `password = "old" -> "new"`, as plans of Terraform say.
    fn of_change(before: &[u8]) -> Option<Self> {
        let open = before.iter().rposition(|byte| *byte == b'"')?;
        let name = before[..open].trim_ascii_end().strip_suffix(b"=")?;
        let name = name.trim_ascii_end();
        let start = name.len() - count_end(name, is_name);
        Some(Self {
            text: Zeroizing::new(name[start..].to_vec()),
            end: 1,
            declared: false,
            place: Place::Within,
        })
    }

    /// The name of what a schema describes, in one of the lines before its example or
    /// default: `password:`, `"password": {`, `variable "db_password" {`.
    fn of_schema(before: &[u8], end: usize) -> Option<Self> {
        let is_in_word = before.last().is_some_and(|byte| is_name(*byte));
        let mut lines = before.rsplit(|byte| *byte == b'\n');
        let within = lines.next()?;
        let opens = |line: &[u8]| {
            let line = line.trim_ascii_end();
            let line = line
                .strip_suffix(b":")
                .or_else(|| line.strip_suffix(b"{"))?
                .trim_ascii_end();
            let end = line.len() - count_end(line, |byte| b"\"': ".contains(&byte));
            let start = end - count_end(&line[..end], is_name);
            Some(Zeroizing::new(line[start..end].to_vec()))
        };
        // `"password": {"type": "string", "example": …`, all on one line.
        let brace = within.iter().rposition(|byte| *byte == b'{');
        let text = match brace {
            Some(brace) => opens(&within[..=brace])?,
            None => lines
                .take_while(|line| !line.trim_ascii().is_empty())
                .find_map(opens)?,
        };
        (!is_in_word && !text.is_empty()).then_some(Self {
            text,
            end,
            declared: false,
            place: Place::Within,
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
            declared: true,
            place: Place::Within,
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
