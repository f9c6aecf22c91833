//! Credentials on command lines: options of programs.

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    const COMMAND: Rule = Rule {
        fold: true,
        reach: Reach::LINE,
        left: Left::WordStart,
        check: Some(|value, _| is_value(value)),
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "option-credential",
            about: "A credential given as an option of a program; POSIX.1-2024, 12.1, and the \
                    manuals of clients",
            anchors: &[
                "--password",
                "--passwd",
                "--pass",
                "--token",
                "--api-key",
                "--apikey",
                "--secret",
                "--client-secret",
                "--access-token",
                "--auth-token",
                "--secret-key",
                "-password ",
                "--private-token",
                "--registration-token",
                "-storepass ",
                "-keypass ",
                "-passin pass:",
                "-passout pass:",
                "-pass pass:",
            ],
            left: Left::Any,
            matcher: Matcher::Regex(
                r#"-{0,2}/?[A-Za-z-]{4,24}(?:=|\s{1,4}|:)\\?["']?(?:pass:)?([^\s"'`;|<>()\\]{6,256})"#,
            ),
            check: Some(|value, option| {
                let says_so = named::is_secret_name(option) || option.ends_with(b"pass:");
                says_so && is_value(value) && named::is_password(value, true)
            }),
            examples: &[
                "mysqldump --password=«Kz9!canary» app",
                "helm registry login --password '«Kz9!canary»' host",
                "tool --api-key «kz-canary-9» run",
                "Connect-VIServer -User app -Password «Kz9!canary»",
                "openssl rsa -passin pass:«Kz9!canary» -in key",
                "keytool -storepass «Kz9!canary» -list",
            ],
            near_misses: &[
                "tool --password=$PASSWORD1",
                "tool --password-stdin",
                "tool --token-file /run/secrets/token-1",
                "tool --secret-id-list MySecret1 MySecret2",
                "--password <password>",
                "openssl rsa -passin env:PASSWORD1 -in key",
            ],
            ..COMMAND
        },
        Rule {
            id: "argument-credential",
            about: "A credential behind its option in a list of arguments; POSIX.1-2024, 12.1, and the \
                    manuals of clients",
            anchors: &[
                "password\",",
                "password',",
                "password\\\",",
                "token\",",
                "token',",
                "token\\\",",
                "api-key\",",
                "api-key',",
                "api-key\\\",",
                "secret\",",
                "secret',",
                "secret\\\",",
                "requirepass\",",
                "requirepass',",
                "masterauth\",",
                "masterauth',",
                "passphrase\",",
                "passphrase',",
            ],
            left: Left::Is(is_in_an_option),
            matcher: Matcher::Regex(
                r#"[A-Za-z-]{5,11}\\?["'],\s{0,4}\\?["']([^\s"'`;|<>()\\]{6,256})\\?["']"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "[\"tool\", \"--db-password\", \"«Kz9!canary»\"]",
                r#"{\"args\": [\"--token\", \"«<an24>»\"]}"#,
                "['tool', '-password', '«Kz9!canary»']",
                "command: [\"redis-server\", \"--requirepass\", \"«Kz9!canary»\"]",
            ],
            near_misses: &[
                "[\"--password\", \"$PASSWORD1\"]",
                "configure(\"idp-client-secret\", &provider1)",
                "[\"db-password\", \"Kz9!canary\"]",
            ],
            ..COMMAND
        },
        Rule {
            id: "user-option-credential",
            about: "The password behind a user's name in an option of curl and others; curl(1), --user",
            anchors: &[
                "-u ",
                "-u'",
                "-u\"",
                "--user ",
                "--user=",
                "--proxy-user ",
                "--proxy-user=",
                "http -a ",
                "https -a ",
                "http --auth ",
                "http --auth=",
            ],
            matcher: Matcher::Regex(
                r#"(?:https?\s)?-{1,2}[A-Za-z-]{1,12}(?:=|\s{1,4}|["'],\s{0,4})?["']?[^\s:"'$/<>\[\]{}()%]{1,64}:([^\s"'`;|<>()$\[\]{}]{4,128})"#,
            ),
            left: Left::WordAnd(|before| {
                before
                    .last()
                    .is_none_or(|byte| byte.is_ascii_whitespace() || b"\"'[,".contains(byte))
            }),
            check: Some(|value, _| {
                is_value(value)
                    && value.iter().any(u8::is_ascii_digit)
                    && !value.iter().all(u8::is_ascii_digit)
            }),
            examples: &[
                "curl -u 'app:«kz-canary-9»' https://host/",
                "curl --user app:«Kz9!canary» https://host/",
                "[\"curl\", \"-u\", \"app:«kz-canary-9»\"]",
                "http -a app:«kz-canary-9» https://host/",
            ],
            near_misses: &[
                "docker run -u 1000:1000 image",
                "curl -u 'user:pass' https://host/",
                "curl -u \"$USER:$PASSWORD1\" https://host/",
                "curl -u app https://host:8080/x1",
            ],
            ..COMMAND
        },
        Rule {
            id: "curl-user-password",
            about: "The password behind a user's name in curl's -u, joined to other options; curl(1), --user",
            anchors: &["curl -"],
            matcher: Matcher::Regex(
                r#"curl\s(?:[^\n]*?\s)?-[A-Za-z#]{1,8}u\s{0,2}["']?[^\s:"'$/<>\[\]{}()%]{1,64}:([^\s"'`;|<>()$\[\]{}]{4,128})"#,
            ),
            check: Some(|value, _| is_value(value) && value.iter().any(u8::is_ascii_digit)),
            examples: &["curl -sSu app:«kz-canary-9» https://host/"],
            near_misses: &[
                "curl -sSu app https://host:8080/x1",
                "curl -sSu app:$PASSWORD1 https://host",
            ],
            ..COMMAND
        },
        Rule {
            id: "login-option-password",
            about: "The password of a login in a short option: docker login -p, sshpass -p, mysql -p, \
                    redis-cli -a, ldapsearch -w, sqlcmd -P, zip -P, smbclient -U, plink -pw; their manuals",
            anchors: &[
                "docker login",
                "podman login",
                "helm registry login",
                "az login",
                "sshpass -p",
                "mysql -",
                "mysqldump -",
                "mysqladmin -",
                "mariadb -",
                "redis-cli ",
                "ldapsearch ",
                "ldapmodify ",
                "ldapadd ",
                "ldapwhoami ",
                "sqlcmd ",
                "bcp ",
                "ipmitool ",
                "mosquitto_",
                "zip -",
                "mongo ",
                "mongosh ",
                "mongodump ",
                "mongorestore ",
                "rabbitmqadmin ",
                "cqlsh ",
                "smbclient ",
                "plink ",
                "plink.exe",
                "pscp ",
                "pscp.exe",
                "psftp ",
                "psftp.exe",
                "isql ",
                "osql ",
                "lftp ",
                "xfreerdp ",
                "rdesktop ",
                "7z ",
                "7za ",
                "htpasswd ",
                "sqlplus ",
                "expdp ",
                "impdp ",
                "sqlldr ",
                "altool ",
                "ssh-keygen ",
                "mc alias set ",
                "snmpwalk ",
                "snmpget ",
                "snmpbulkwalk ",
            ],
            left: Left::Any,
            matcher: Matcher::Regex(concat!(
                // Options are told apart by their case.
                r"(?:(?:docker|podman|helm registry|az) login[^\n]*?\s-p\s{0,2}",
                r"|sshpass -p\s{0,2}",
                r"|(?:mysql|mysqldump|mysqladmin|mariadb)\s(?:[^\n]*?\s)?-p",
                r"|redis-cli\s(?:[^\n]*?\s)?-a\s{1,2}",
                r"|ldap[a-z]{3,8}\s(?:[^\n]*?\s)?-w\s{0,2}",
                r"|(?:sqlcmd|bcp|ipmitool|mosquitto_[ps]ub)\s(?:[^\n]*?\s)?-P\s{0,2}",
                r"|zip\s(?:[^\n]*?\s)?-P\s{0,2}",
                r"|(?:mongo(?:sh|dump|restore)?|rabbitmqadmin|cqlsh)\s(?:[^\n]*?\s)?-p\s{1,2}",
                r#"|smbclient\s(?:[^\n]*?\s)?-U\s{0,2}["']?[^\s%"']{1,64}%"#,
                r"|[io]sql\s(?:[^\n]*?\s)?-P\s{0,2}",
                r"|lftp\s(?:[^\n]*?\s)?-u\s{0,2}[^\s,]{1,64},",
                r"|xfreerdp\s(?:[^\n]*?\s)?/p:|rdesktop\s(?:[^\n]*?\s)?-p\s{1,2}",
                r"|altool\s(?:[^\n]*?\s)?-p\s{1,2}",
                r"|7za?\s[a-z]\s(?:[^\n]*?\s)?-p",
                r"|htpasswd\s(?:[^\n]*?\s)?-(?:[a-zA-Z]*nb|[a-zA-Z]*b[a-zA-Z]*n)[a-zA-Z]*\s\S{1,64}\s",
                r"|htpasswd\s(?:[^\n]*?\s)?-[a-zA-Z]*b[a-zA-Z]*\s\S{1,128}\s\S{1,64}\s",
                r"|ssh-keygen\s(?:[^\n]*?\s)?-[NP]\s{0,2}",
                r"|mc alias set\s\S{1,64}\s\S{1,128}\s\S{1,64}\s",
                r"|snmp[a-z]{3,8}\s(?:[^\n]*?\s)?-A\s{0,2}",
                r"|(?:sqlplus|expdp|impdp|sqlldr)\s(?:-[a-zA-Z]{1,8}\s)?[A-Za-z0-9_]{1,32}/",
                r#"|p(?:link|scp|sftp)(?:\.exe)?["']?\s(?:[^\n]*?\s)?-pw\s{1,2})"#,
                r#"["']?([^\s"'`;|<>()$-][^\s"'`;|<>()$]{5,128})"#,
            )),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "docker login -u app -p «kz-canary-9» registry.example",
                "sshpass -p '«Kz9!canary»' ssh app@host",
                "mysql -u root -p«Kz9!canary» app",
                "redis-cli -h cache -a «Kz9!canary» ping",
                "ldapsearch -D cn=app -w «Kz9!canary» -b dc=x",
                "sqlcmd -S db -U sa -P «Kz9!canary» -Q x",
                "unzip -P «Kz9!canary» a.zip",
                "mongosh -u app -p «Kz9!canary» db",
                "smbclient //host/x -U app%«Kz9!canary»",
                "plink -ssh host -pw «Kz9!canary»",
                "\"C:\\PuTTY\\psftp.exe\" -l app -pw \"«Kz9!canary»\" host",
                "isql -U sa -P «Kz9!canary» -S db",
                "lftp -u app,«Kz9!canary» host",
                "xfreerdp /u:app /p:«Kz9!canary» /v:host",
                "7z x -p«Kz9!canary» a.7z",
                "htpasswd -bc .htpasswd app «Kz9!canary»",
                "htpasswd -nbB app «Kz9!canary»",
                "ssh-keygen -t ed25519 -N '«Kz9!canary»' -f id",
                "mc alias set local http://minio:9000 app «Kz9!canary»",
                "snmpwalk -v3 -u app -A «Kz9!canary» host",
                "expdp system/«kz-canary-9» full=y",
            ],
            near_misses: &[
                "docker login -u app --password-stdin",
                "mysql -u root -p app",
                "mysql -u root -p production_db1",
                "sqlcmd -S db -U sa -p 16384-a",
                "redis-cli -h cache -a $PASSWORD1",
                "gzip -P4 file-1.tar",
                "plink -ssh host -pwfile C:/secret/file-1",
                "plink -ssh host -pw %PASSWORD1%",
                "7z a archive-1.7z folder-1",
                "sqlplus /nolog @script-1",
                "htpasswd -c .htpasswd app1",
            ],
            ..COMMAND
        },
        Rule {
            id: "snmp-privacy-password",
            about: "The second password of a user of SNMP, behind the first; snmpcmd(1), -X",
            anchors: &["snmpwalk ", "snmpget ", "snmpbulkwalk "],
            left: Left::Any,
            matcher: Matcher::Regex(
                r#"snmp[a-z]{3,8}\s(?:[^\n]*?\s)?-X\s{0,2}["']?([^\s"'`;|<>()$-][^\s"'`;|<>()$]{5,128})"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &["snmpget -v3 -u app -X «Kz9!canary» host"],
            near_misses: &[
                "snmpget -v3 -u app -x AES-256 host",
                "snmpget -X $PASSWORD1 host",
            ],
            ..COMMAND
        },
        Rule {
            id: "piped-password",
            about: "A password that is piped into what asks for one: docker login --password-stdin, sudo -S; \
                    their manuals",
            anchors: &["echo "],
            matcher: Matcher::Regex(concat!(
                r#"echo\s{1,2}(?:-n\s{1,2})?["']?(?:[a-z_][a-z0-9_-]{0,31}:)?([^\s"'`;|<>()$-][^\s"'`;|<>()$]{5,128})["']?\s{0,2}\|\s{0,2}"#,
                r"(?:sudo\s(?:[^\n]*?\s)?-S|(?:sudo\s)?chpasswd|(?:sudo\s)?passwd\s[^\n]*?--stdin|kinit|cryptsetup|[^\n|]{1,120}--(?:http-)?password-stdin|gh auth login)",
            )),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "echo '«Kz9!canary»' | docker login -u app --password-stdin",
                "echo \"app:«Kz9!canary»\" | chpasswd",
                "echo «kz-canary-9» | sudo -S true",
            ],
            near_misses: &[
                "echo $PASSWORD1 | docker login -u app --password-stdin",
                "echo 'Kz9!canary' | base64",
            ],
            ..COMMAND
        },
        Rule {
            id: "openssl-key-password",
            about: "The password of a cipher in a short option; openssl-enc(1), -k and -K",
            anchors: &["openssl enc ", "openssl aes-", "openssl des"],
            matcher: Matcher::Regex(
                r#"openssl\s[^\n]*?\s-[kK]\s{1,2}["']?([^\s"'`;|<>()$-][^\s"'`;|<>()$]{5,128})"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, true)),
            examples: &[
                "openssl enc -aes-256-cbc -k «Kz9canary» -in a",
                "openssl enc -d -aes-128-cbc -K «<hex32>» -iv 0",
                "openssl aes-256-cbc -d -k '«Kz9!canary»'",
            ],
            near_misses: &[
                "openssl enc -aes-256-cbc -kfile Kz9canary",
                "openssl enc -aes-256-cbc -k $PASSWORD1",
            ],
            ..COMMAND
        },
        Rule {
            id: "expect-send",
            about: "A password that a script types in; expect(1), send",
            anchors: &["send \"", "send -- \""],
            matcher: Matcher::Regex(r#"send (?:-- )?"([^"\s$\\]{6,64})\\[rn]"#),
            check: Some(|value, _| is_value(value) && named::is_password(value, false)),
            examples: &["send \"«Kz9!canary»\\r\"", "send -- \"«Kz9!canary»\\r\""],
            near_misses: &[
                "send \"yes\\r\"",
                "send \"$password1\\r\"",
                "send \"ls -l\\r\"",
            ],
            ..COMMAND
        },
        Rule {
            id: "registry-password",
            about: "The password in a value of the registry of Windows; Microsoft Learn, 'reg add', \
                    'Configure Windows to automate logon'",
            anchors: &["reg add "],
            matcher: Matcher::Regex(
                r#"(?i:reg add\s[^\n]*?/v\s{1,2}["']?[A-Za-z0-9_]{0,32}(?:password|passwd|pwd|secret|apikey|token)["']?\s(?:[^\n]*?\s)?/d\s{1,2})["']?([^\s"'/%$][^\s"']{5,128})"#,
            ),
            check: Some(|value, _| {
                is_value(value)
                    && (named::is_password(value, true) || named::is_joined_words(value))
            }),
            examples: &[
                r"reg add HKLM\Software\x /v DefaultPassword /t REG_SZ /d «Kz9!canary» /f",
                r#"reg add "HKLM\SOFTWARE\x y" /v "DbPassword" /d "«Kz9!canary»""#,
            ],
            near_misses: &[
                r"reg add HKLM\Software\x /v AutoAdminLogon /d Kz9!canary /f",
                r"reg add HKLM\Software\x /v DefaultPassword /d %PASSWORD1% /f",
            ],
            ..COMMAND
        },
        Rule {
            id: "net-use-password",
            about: "The password of a share or a user on Windows; Microsoft Learn, 'net use', 'net user'",
            anchors: &["/user:", "net user "],
            left: Left::Any,
            matcher: Matcher::Regex(
                r#"(?:/user:|net user\s{1,2})[^\s"']{1,64}\s{1,2}["']?([^\s"'`;|<>()$/*-][^\s"'`;|<>()$]{5,128})"#,
            ),
            check: Some(|value, _| is_value(value) && named::is_password(value, false)),
            examples: &[
                "net use z: \\\\host\\x /user:app «Kz9!canary»",
                "net user app «Kz9!canary» /add",
            ],
            near_misses: &["net user app * /add", "runas /user:app cmd.exe"],
            ..COMMAND
        },
    ]
}

/// Behind a quote and the beginning of an option: `"--db-`.
fn is_in_an_option(before: &[u8]) -> bool {
    let is_option = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let length = before
        .iter()
        .rev()
        .take_while(|byte| is_option(**byte))
        .count();
    let (quote, option) = before.split_at(before.len() - length);
    option.starts_with(b"-") && matches!(quote.last(), Some(b'"' | b'\''))
}
