//! Credentials that are told by the function they are handed to, as the second of user
//! and password.

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "call-credential",
        about: "The password behind a user's name in a call whose name says what it takes; .NET \
                docs, 'NetworkCredential'; Java docs, 'DriverManager.getConnection'; Requests \
                docs, 'Authentication'; Go docs, 'net/http Request.SetBasicAuth'; PowerShell docs, \
                'ConvertTo-SecureString'",
        anchors: &[
            "networkcredential(",
            "passwordcredentials(",
            "passwordcredential(",
            "passwordauthentication(",
            "basiccredentials(",
            "basicauth(",
            "basicauthentication(",
            "basic_auth(",
            "digestauth(",
            "auth=(",
            "auth = (",
            "getconnection(",
            "convertto-securestring ",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        matcher: Matcher::Regex(concat!(
            r#"(?i:getconnection\([^,\n]{1,200},\s{0,4}["'][^"'\n]{1,64}["'],\s{0,4}["']([^"'\n]{6,128})["']"#,
            r#"|convertto-securestring\s{1,4}(?:-string\s{1,4})?["']([^"'\n]{6,128})["']"#,
            r#"|[a-z_]{4,24}(?:\s=\s)?=?\(\s{0,4}\[?["'][^"'\n]{1,64}["'],\s{0,4}(?:some\()?["']([^"'\n]{6,128})["'])"#,
        )),
        check: Some(|value, _| is_value(value) && named::is_password(value, true)),
        examples: &[
            "new NetworkCredential(\"app\", \"«Kz9!canary»\")",
            "requests.get(url, auth=('app', '«Kz9!canary»'))",
            "request.basic_auth(\"app\", Some(\"«Kz9!canary»\"))",
            "DriverManager.getConnection(url, \"app\", \"«Kz9!canary»\")",
            "ConvertTo-SecureString -String '«Kz9!canary»' -AsPlainText -Force",
        ],
        near_misses: &[
            "HTTPBasicAuth(user, password)",
            "HTTPBasicAuth('user', 'pass')",
            "auth=('user', os.environ['PASSWORD1'])",
            "ConvertTo-SecureString $Password1 -AsPlainText",
            "ConvertTo-SecureString \"$env:PASSWORD1\"",
            "getConnection(\"jdbc:x\", \"app\", \"<password1>\")",
        ],
        ..Rule::EMPTY
    }]
}
