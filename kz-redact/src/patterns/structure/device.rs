//! Credentials in the configuration of devices and in what clients say to servers, where
//! a blank stands between a word and its value.

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    const DEVICE: Rule = Rule {
        reach: Reach::LINE,
        left: Left::WordStart,
        check: Some(|value, _| is_value(value) && named::is_password(value, true)),
        ..Rule::EMPTY
    };
    vec![
        Rule {
            id: "device-password",
            about: "A password, key or community of a router, switch or firewall; Cisco IOS Security \
                    Command Reference, 'enable secret'; Junos OS CLI Reference, 'pre-shared-key'; FortiOS \
                    CLI Reference, 'psksecret'; snmpd.conf(5), 'rocommunity'",
            anchors: &[
                "enable secret ",
                "enable password ",
                " secret 0 ",
                " password 0 ",
                " password 7 ",
                " key 0 ",
                " key 7 ",
                "server key ",
                "snmp-server community ",
                "rocommunity ",
                "rwcommunity ",
                "ascii-text ",
                "psksecret ",
                "rootpw ",
                "-password password ",
                "-password-again password ",
                "auth-pass ",
                "key-string ",
                "wpa-psk ",
                "pre-shared-secret ",
                "option key '",
                "option password '",
            ],
            fold: true,
            left: Left::Any,
            matcher: Matcher::Regex(concat!(
                r"\s?[a-z-]{3,20}\s(?:password\s|community\s|secret\s|key\s)?",
                r#"(?:(?:0|5|7|8|9|--plaintext|level\s[0-9]{1,2})\s)?["']?([^\s"'<>|;()$\[\]{}][^\s"'<>|;()\[\]{}]{5,128})"#,
            )),
            examples: &[
                "enable secret 0 «Kz9!canary»",
                "enable password level 7 «Kz9!canary»",
                "username app privilege 15 secret 0 «Kz9!canary»",
                "username app password 7 «<HEX20>»",
                "snmp-server community «Kz9!canary» RO",
                "rocommunity «kz-canary-9» 10.0.0.0/8",
                "radius-server key «kz-canary-9»",
                "pre-shared-key ascii-text \"«Kz9!canary»\";",
                "set psksecret «Kz9!canary»",
                "rootpw --plaintext «kz-canary-9»",
                "d-i passwd/root-password password «Kz9!canary»",
                "  wpa-psk «amber-river-731»",
                "authentication pre-shared-secret «Kz9!canary»",
                "  option key '«Kz9!canary»'",
            ],
            near_misses: &[
                "snmp-server community public RO",
                "rocommunity public default",
                "enable secret <password-1>",
                "the server key is stored in file-1",
                "rootpw --iscrypted $6$x",
                "wpa-psk and wpa-eap",
                "option key 'psk-mixed'",
            ],
            check: Some(|value, _| {
                is_value(value) && (named::is_password(value, true) || named::is_memorable(value))
            }),
            ..DEVICE
        },
        Rule {
            id: "quoted-device-password",
            about: "A password of a user of SNMP, HAProxy, IPsec or IKE where other words stand around it; \
                    snmpd.conf(5), 'createUser'; HAProxy docs, 'stats auth'; ipsec.secrets(5); Cisco IOS \
                    Security Command Reference, 'crypto isakmp key', 'tacacs-server host', 'snmp-server \
                    user'; systemd.exec(5), SetCredential=; Traefik docs, 'BasicAuth'",
            anchors: &[
                "createuser ",
                "stats auth ",
                "isakmp key ",
                ": psk \"",
                "tacacs-server host ",
                "radius-server host ",
                "auth sha ",
                "auth md5 ",
                "priv aes ",
                "priv des ",
                "setcredential=",
                "basicauth.users=",
            ],
            fold: true,
            left: Left::Any,
            matcher: Matcher::Regex(concat!(
                r#"(?i:createuser\s\S{1,64}\s(?:md5|sha[0-9-]{0,4})\s"?([^\s"]{6,128})"#,
                r"|stats auth\s[^\s:]{1,64}:([^\s]{6,128})",
                r"|isakmp key\s(?:[0-9]\s)?([^\s]{6,128})\saddress",
                r#"|: psk\s"([^"\s]{6,128})""#,
                r"|(?:tacacs|radius)-server host\s\S{1,64}\s(?:[a-z0-9 -]{1,64}\s)?key\s(?:[0-9]\s)?([^\s]{6,128})",
                r#"|(?:auth\s(?:sha|md5)|priv\s(?:aes|des)(?:\s[0-9]{2,3})?)\s"?([^\s"]{6,128})"#,
                r"|setcredential=[^:\s]{1,64}:([^\s:]{6,128})",
                r#"|basicauth\.users=[^:\s]{1,64}:([^\s"',]{6,128}))"#,
            )),
            examples: &[
                "createUser mon SHA \"«Kz9!canary»\" AES",
                "stats auth app:«Kz9!canary»",
                "crypto isakmp key «kz-canary-9» address 10.0.0.1",
                "10.0.0.1 10.0.0.2 : PSK \"«Kz9!canary»\"",
                "tacacs-server host 10.0.0.1 key 7 «kz-canary-9»",
                "snmp-server user app grp v3 auth sha «Kz9!canary» priv aes 128 «Kz9!canary»",
                "SetCredential=db:«Kz9!canary»",
                "basicauth.users=app:«Kz9!canary»",
            ],
            near_misses: &[
                "createUser mon SHA $PASSWORD1",
                "stats auth user:password",
                "crypto isakmp key config-key newpass",
                "key : PSK \"preshared\"",
                "tacacs-server host 10.0.0.1 timeout 5",
                "auth sha hmac and priv aes ctr",
                "SetCredential=db:/etc/file-1",
            ],
            ..DEVICE
        },
        Rule {
            id: "protocol-password",
            about: "What a client of FTP, POP3, IMAP, SMTP or Redis logs in with; RFC 959, 4.1.1; RFC 1939; \
                    RFC 9051, 6.2.3; RFC 4954; Redis docs, 'AUTH', 'ACL SETUSER'",
            anchors: &[
                "PASS ",
                "LOGIN ",
                "AUTH PLAIN ",
                "SETUSER ",
                "AUTH ",
                "NickServ IDENTIFY ",
            ],
            left: Left::WordAnd(is_said),
            matcher: Matcher::Regex(concat!(
                r"NickServ IDENTIFY\s(?:\S{1,32}\s)?([^\s\x22\x5c]{6,128})(?:[\x22\x5c]|\s*$)",
                r"|PASS\s([^\s/]{6,128})(?:[\s\x22\x5c]|$)",
                r#"|LOGIN\s\\?"?[^\s"\\]{1,64}\\?"?\s\\?"?([^\s"/\\]{6,128})"?(?:[\s\x22\x5c]|$)"#,
                r"|AUTH (?:PLAIN|LOGIN)\s([A-Za-z0-9+/]{12,256}={0,2})(?:[\s\x22\x5c]|$)",
                r#"|AUTH\s(?:"?[A-Za-z0-9_-]{1,32}"?\s)?"?([^\s"'=/]{6,128})"?(?:[\s\x22\x5c]|$)"#,
                r"|SETUSER\s\S{1,64}\s[^\n]{0,64}?>([^\s]{6,128})",
            )),
            check: Some(|value, _| {
                is_value(value) && (named::is_password(value, false) || named::is_memorable(value))
            }),
            examples: &[
                "USER app\r\nPASS «Kz9!canary»\r\n",
                "a1 LOGIN app@host.example \"«Kz9!canary»\"",
                "C: AUTH PLAIN «<b24>»",
                "redis> AUTH «Kz9!canary»",
                "AUTH app «Kz9!canary»",
                "ACL SETUSER app on >«Kz9!canary» ~* +@all",
                "/msg NickServ IDENTIFY «lantern4821»",
            ],
            near_misses: &[
                "PASS tests/unit-1.js",
                "PASS 12 of 12!",
                "AUTH LOGIN",
                "LOGIN FAILED for user1",
                "ACL SETUSER app on nopass",
            ],
            ..DEVICE
        },
        Rule {
            id: "login-pair",
            about: "A user and a password with a slash or colon between them, where words say so; the \
                    manuals of most devices",
            anchors: &[
                "user/pass",
                "id/pw",
                "id/pass",
                "login/pass",
                "username/pass",
                "username / pass",
                "user / pass",
                "credentials: ",
                "credentials are ",
                "credentials = ",
            ],
            fold: true,
            matcher: Matcher::Regex(concat!(
                r"(?i:[a-z/ ]{4,22})(?:: | = | is |\s?[=:]\s{0,2}| )\(?[`'\x22]?[A-Za-z0-9_.@-]{1,64}[`'\x22]?",
                r"\s?[/:]\s?[`'\x22]?([^\s`'\x22<>(){}/]{6,128})",
            )),
            check: Some(|value, _| {
                is_value(value) && (named::is_password(value, false) || named::is_memorable(value))
            }),
            examples: &[
                "user/pass: app/«Kz9!canary»",
                "Username / Password : app / «Kz9!canary»",
                "Default credentials: admin / «Kz9!canary»",
                "ID/PW = app/«Kz9!canary»",
            ],
            near_misses: &[
                "credentials: see docs/file-1.md",
                "user/pass: admin/password",
                "credentials: include/omit1",
            ],
            ..DEVICE
        },
    ]
}

/// At the beginning of a line, or behind a prompt or the name of who says it.
fn is_said(before: &[u8]) -> bool {
    match before.trim_ascii_end().last() {
        _ if before.ends_with(b"\n") => true,
        None | Some(b'>' | b':' | b'"' | b'\'' | b'#') => true,
        // The number of a command of IMAP, a message of IRC.
        Some(byte) => {
            byte.is_ascii_digit() || before.ends_with(b"ACL ") || before.ends_with(b"/msg ")
        }
    }
}
