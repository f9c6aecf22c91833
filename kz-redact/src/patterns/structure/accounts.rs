//! Passwords in files that list accounts, one a line, each format by its own rule.

mod lists;

use super::{
    super::{
        block::{Block, Values},
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    let mut rules = of_lists();
    rules.extend(of_lines());
    rules
}

/// Below a line that says what follows.
fn of_lists() -> Vec<Rule> {
    const LIST: Rule = Rule {
        reach: Reach::LINE,
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "chpasswd-list",
            about: "The passwords of a list of users; cloud-init docs, 'Set Passwords', chpasswd",
            anchors: &["chpasswd:"],
            left: Left::WordStart,
            matcher: Matcher::Block(Block {
                open: |text| lists::CHPASSWD.open(text),
                close: |text| lists::CHPASSWD.close(text),
                values: Values::These(|text, first| lists::CHPASSWD.values(text, first)),
            }),
            examples: &[
                "chpasswd:\n  list: |\n    root:«Kz9!canary»\n    app:«lantern4821»\n  expire: False\n",
                "chpasswd:\n  list:\n    - root:«lantern4821»\nruncmd:\n  - a:b1234\n",
            ],
            near_misses: &[
                "chpasswd:\n  expire: False\n",
                "chpasswd:\n  list: |\n    root:RANDOM\n",
                "chpasswd:\nssh_pwauth:lantern4821\n",
            ],
            ..LIST
        },
        Rule {
            id: "chap-secrets",
            about: "The secrets of clients of PPP; pppd(8), 'AUTHENTICATION'",
            anchors: &["# client"],
            left: Left::Is(|before| before.last().is_none_or(|byte| b"\n\"".contains(byte))),
            matcher: Matcher::Block(Block {
                open: |text| lists::CHAP.open(text),
                close: |text| lists::CHAP.close(text),
                values: Values::These(|text, first| lists::CHAP.values(text, first)),
            }),
            examples: &[
                "# client server secret IP\napp * «lantern4821» *\nweb\tpptpd\t«Kz9!canary»\t*\n",
                "# client\tserver\tsecret\tIP addresses\n\"app\" \"l2tpd\" \"«lantern4821»\" *\n",
            ],
            near_misses: &[
                "# client server secret IP\n\napp * lantern4821 *\n",
                "# client and server\napp * lantern4821 *\n",
                "# client server secret IP\n# app * lantern4821 *\n",
            ],
            ..LIST
        },
        Rule {
            id: "couchdb-admins",
            about: "The passwords of administrators; CouchDB docs, 'Server Administrators'",
            anchors: &["admins]\n"],
            left: Left::Is(|before| matches!(before, [b'['] | [.., b'\n' | b'"', b'['])),
            matcher: Matcher::Block(Block {
                open: |text| lists::ADMINS.open(text),
                close: |text| lists::ADMINS.close(text),
                values: Values::These(|text, first| lists::ADMINS.values(text, first)),
            }),
            examples: &[
                "[admins]\nadmin = «lantern4821»\n; none\nboss=«Kz9!canary»\n[log]\nlevel = a1234567\n",
            ],
            near_misses: &[
                "[admins]\n;admin = mysecretpassword\n",
                "[admins]\n\n[log]\nfile = lantern4821\n",
                "see [admins]\nadmin = lantern4821\n",
            ],
            ..LIST
        },
    ]
}

/// In one line.
fn of_lines() -> Vec<Rule> {
    const LINE: Rule = Rule {
        fold: true,
        reach: Reach::LINE,
        left: Left::Any,
        check: Some(is_chosen),
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "relay-password",
            about: "The password for a relay of mail; Postfix docs, 'SASL_README', smtp_sasl_password_maps",
            anchors: &["]:587", "]:465", "]:25 ", "]:25\t", "]:2525"],
            matcher: Matcher::Regex(r"\]:[0-9]{2,4}\s{1,8}[^\s:]{1,128}:([^\s]{6,128})"),
            check: Some(|value, _| is_value(value)),
            examples: &["[smtp.host.example]:587 app@host.example:«lantern4821»"],
            near_misses: &[
                "[smtp.host.example]:587 app:$PASSWORD1",
                "listening on [::]:587 and [::1]:465",
            ],
            ..LINE
        },
        Rule {
            id: "ppp-secret",
            about: "The secret of a client of a tunnel; chap-secrets of pptpd and xl2tpd",
            anchors: &["pptpd", "l2tpd"],
            matcher: Matcher::Regex(
                r#"x?(?:pptpd|l2tpd)["']?[ \t]{1,16}["']?([^\s"']{6,128})["']?[ \t]{1,16}(?:\*|["'0-9])"#,
            ),
            examples: &[
                "app pptpd «lantern4821» *",
                "\"app\" l2tpd \"«lantern4821»\" 10.0.0.2",
            ],
            near_misses: &["apt install pptpd l2tp-2 -y", "the l2tpd daemon2 is up"],
            ..LINE
        },
        Rule {
            id: "proxy-line-password",
            about: "The password of a proxy in a line of settings; ProxyChains, proxychains.conf; Squid docs, \
                    cache_peer, login=",
            anchors: &["socks5 ", "socks5\t", "socks4 ", "socks4\t", "cache_peer "],
            matcher: Matcher::Regex(concat!(
                r"(?:socks[45]\s{1,8}[0-9A-Za-z.:-]{1,64}\s{1,8}[0-9]{2,5}\s{1,8}\S{1,64}\s{1,8}([^\s]{6,128})",
                r"|cache_peer\s[^\n]*?\slogin=[^\s:*]{1,64}:([^\s]{6,128}))",
            )),
            examples: &[
                "socks5 10.0.0.1 1080 app «lantern4821»",
                "cache_peer parent.host parent 3128 0 no-query login=app:«Kz9!canary»",
            ],
            near_misses: &[
                "socks5 10.0.0.1 1080",
                "cache_peer parent.host parent 3128 0 login=PASSTHRU",
                "socks5 proxies need port 1080 and user12 lantern4821",
            ],
            ..LINE
        },
        Rule {
            id: "curlrc-password",
            about: "The password behind a user's name in a file of options; curl(1), --config",
            anchors: &["user = \"", "user=\"", "user: \""],
            left: Left::Is(|before| {
                let line = before.rsplit(|byte| *byte == b'\n').next();
                line.is_some_and(|line| {
                    let owner = line.strip_suffix(b"proxy-").unwrap_or(line);
                    owner.is_empty() || owner.ends_with(b"\"") || owner == b"--"
                })
            }),
            matcher: Matcher::Regex(r#"(?i:user)\s?[=:]\s?"[^\s":/]{1,64}:([^\s"]{6,128})""#),
            examples: &[
                "user = \"app:«Kz9!canary»\"",
                "url = x\nproxy-user = \"app:«lantern4821»\"\n",
            ],
            near_misses: &[
                "user = \"app:password\"",
                "user: \"https://host/x1\"",
                "a.user = \"app:lantern4821\"",
            ],
            ..LINE
        },
        Rule {
            id: "wifi-key",
            about: "The key of a wireless network as Windows prints it; Microsoft Learn, 'netsh wlan show \
                    profile', key=clear",
            anchors: &["key content "],
            matcher: Matcher::Regex(r"(?i:key content)\s{1,24}:\s([^\s]{8,63})"),
            examples: &["    Key Content            : «lantern4821»\r\n"],
            near_misses: &[
                "    Key Content            : Absent\r\n",
                "the key content : none1",
            ],
            ..LINE
        },
        Rule {
            id: "snmp-created-privacy-password",
            about: "The second password of a user of SNMP; snmpd.conf(5), 'createUser'",
            anchors: &["createuser "],
            matcher: Matcher::Regex(
                r#"(?i:createuser\s(?:-e\s\S{1,64}\s)?\S{1,64}\s(?:md5|sha[0-9-]{0,4})\s\S{1,130}\s(?:aes|des)[0-9-]{0,4})\s"?([^\s"]{6,128})"#,
            ),
            examples: &["createUser mon SHA [REDACTED:x] AES \"«lantern4821»\""],
            near_misses: &[
                "createUser mon SHA x1 AES $PASSWORD1",
                "createUser mon SHA x1 AES",
            ],
            ..LINE
        },
        Rule {
            id: "go-mysql-password",
            about: "The password in the name of a data source of Go's driver for MySQL; Go-MySQL-Driver \
                    README, 'DSN'",
            anchors: &[
                "mysql\", \"",
                "mysql\",\"",
                "mysql\", `",
                "mysql.open(",
                "dsn :=",
                "dsn =",
                "dsn=",
                "dsn:",
                "dsn\":",
                "database_url",
                "database-url",
                "mysql_url",
                "db_url",
                "root:",
            ],
            check: Some(|value, _| is_value(value)),
            matcher: Matcher::Regex(
                r#"(?:[A-Za-z_.-]{3,16}["'`\s:=(,]{1,8})?[A-Za-z0-9_.-]{1,64}:([^\s"'`]{1,128})@(?:tcp[46]?|udp|unix|pipe|memory)\("#,
            ),
            examples: &[
                "sql.Open(\"mysql\", \"app:«lantern4821»@tcp(127.0.0.1:3306)/app\")",
                "dsn := \"app:«Kz9!canary»@unix(/run/mysqld/mysqld.sock)/app\"",
                "DATABASE_URL=app:«kz@canary»@tcp(db:3306)/app?parseTime=true",
                "cannot open root:«lantern4821»@tcp(db:3306)/",
            ],
            near_misses: &[
                "dsn := \"user:password@tcp(localhost:5555)/dbname\"",
                "dsn = \"app@tcp(db:3306)/app\"",
                "root:x:0:0:root:/root:/bin/bash",
            ],
            ..LINE
        },
        Rule {
            id: "elastic-password",
            about: "The password that Elasticsearch prints when it starts for the first time; Elasticsearch \
                    docs, 'Start the Elastic Stack with security enabled automatically'",
            anchors: &["elasticsearch-reset-password -u"],
            matcher: Matcher::Block(Block {
                open: super::next_line::below_line,
                close: super::next_line::end_of_value,
                values: Values::All,
            }),
            check: None,
            examples: &[
                "Password for the elastic user (reset with `bin/elasticsearch-reset-password -u elastic`):\n  «Kz9*canary+Lm4-qQ7z»\n\n",
            ],
            near_misses: &["run bin/elasticsearch-reset-password -u elastic\nand-wait for-it\n"],
            ..LINE
        },
    ]
}

fn is_chosen(value: &[u8], _: &[u8]) -> bool {
    is_value(value) && (named::is_password(value, true) || named::is_words_and_number(value))
}
