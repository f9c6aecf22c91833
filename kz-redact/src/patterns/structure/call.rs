//! Credentials that are told by the function they are handed to, as the second of user
//! and password.

use super::{
    super::{
        named,
        rule::{Left, Matcher, Reach, Rule},
    },
    is_random, is_value,
};

pub(super) fn rules() -> Vec<Rule> {
    vec![of_makers(), of_methods(), of_signers(), of_pairs()]
}

fn of_makers() -> Rule {
    Rule {
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
            "mysql_connect(",
            "mysqli_connect(",
            "mysqli_real_connect(",
            "new mysqli(",
            "new pdo(",
            "pdo->__construct(",
            "authenticate(",
            "changeuserpassword(",
            "userpwd,",
            "userpwd =>",
            "sp_addlogin ",
            "dbi->connect(",
            "mysqldb.connect(",
            "pymysql.connect(",
            "sql.newinstance(",
            "ldap_bind(",
            "ftp_login(",
            "imap_open(",
            "auth_password(",
            "oci_connect(",
            "ftplib.ftp(",
            "+= credentials(",
            "authorization_basic(",
            "convertto-securestring ",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        matcher: Matcher::Regex(concat!(
            r#"(?i:getconnection\([^,\n]{1,200},\s{0,4}["'][^"'\n]{1,64}["'],\s{0,4}["']([^"'\n]{6,128})["']"#,
            r#"|(?:mysqli?_(?:real_)?connect|new mysqli|new pdo|pdo->__construct)\((?:\$[a-z_]{1,32},\s{0,4})?["'][^"'\n]{1,200}["'],\s{0,4}["'][^"'\n]{1,64}["'],\s{0,4}["']([^"'\n]{6,128})["']"#,
            r#"|userpwd(?:,| =>)\s{0,4}["'][^"':\n]{1,64}:([^"'\n]{6,128})["']"#,
            r#"|sp_addlogin n?'[^'\n]{1,64}',\s{0,4}n?'([^'\n]{6,128})'"#,
            r#"|convertto-securestring\s{1,4}(?:-string\s{1,4})?["']([^"'\n]{6,128})["']"#,
            r#"|(?:dbi->connect|(?:mysqldb|pymysql)\.connect|sql\.newinstance|ldap_bind|ftp_login|imap_open|auth_password|ftplib\.ftp)\([^,\n]{1,200},\s{0,4}["'][^"'\n]{0,64}["'],\s{0,4}["']([^"'\n]{6,128})["']"#,
            r#"|\+= credentials\((?:["'][^"'\n]{1,128}["'],\s{0,4}){3}["']([^"'\n]{6,128})["']"#,
            r#"|[a-z_]{4,24}(?:\s=\s)?=?\(\s{0,4}\[?["'][^"'\n]{1,64}["'],\s{0,4}(?:some\()?["']([^"'\n]{6,128})["'])"#,
        )),
        check: Some(|value, name| {
            const CALL: &[u8] = b"authenticate(";
            let head = &name[..name.len().min(CALL.len())];
            let is_vague = head.eq_ignore_ascii_case(CALL);
            let is_chosen = named::is_password(value, !is_vague) || named::is_memorable(value);
            is_value(value) && is_chosen
        }),
        examples: &[
            "new NetworkCredential(\"app\", \"«Kz9!canary»\")",
            "requests.get(url, auth=('app', '«Kz9!canary»'))",
            "request.basic_auth(\"app\", Some(\"«Kz9!canary»\"))",
            "DriverManager.getConnection(url, \"app\", \"«Kz9!canary»\")",
            "ConvertTo-SecureString -String '«Kz9!canary»' -AsPlainText -Force",
            "mysqli_connect('localhost', 'app', '«Kz9!canary»', 'shop')",
            "new PDO('mysql:host=db;dbname=shop', 'app', '«Kz9!canary»')",
            "#0 db.php(12): PDO->__construct('mysql:host=db', 'app', '«Kz9!canary»')",
            "db.changeUserPassword(\"app\", \"«Kz9!canary»\")",
            "curl_setopt($ch, CURLOPT_USERPWD, \"app:«Kz9!canary»\");",
            "EXEC sp_addlogin 'app', '«Kz9!canary»', 'shop'",
            "DBI->connect(\"DBI:mysql:db\", \"app\", \"«Kz9!canary»\");",
            "MySQLdb.connect('localhost', 'app', '«lantern4821»', 'shop')",
            "ldap_bind($link, 'cn=app', '«Kz9!canary»')",
            "credentials += Credentials(\"Nexus\", \"host\", \"app\", \"«lantern4821»\")",
        ],
        near_misses: &[
            "HTTPBasicAuth(user, password)",
            "ldap_bind($link, $dn, $password1)",
            "pymysql.connect('localhost', 'app', '')",
            "new PDO('sqlite:/tmp/file-1', 'a', '')",
            "authenticate('user', 'oauth2')",
            "HTTPBasicAuth('user', 'pass')",
            "auth=('user', os.environ['PASSWORD1'])",
            "ConvertTo-SecureString $Password1 -AsPlainText",
            "ConvertTo-SecureString \"$env:PASSWORD1\"",
            "getConnection(\"jdbc:x\", \"app\", \"<password1>\")",
        ],
        ..Rule::EMPTY
    }
}

/// Methods whose names may mean anything else, too.
fn of_methods() -> Rule {
    Rule {
        id: "method-credential",
        about: "The password that a method is handed, alone or behind a user's name; Python docs, \
                'smtplib.SMTP.login'; Node Redis docs, 'auth'; MongoDB Shell docs, 'db.auth'",
        anchors: &["login(", "auth("],
        fold: true,
        left: Left::After(&[b".", b"->"]),
        reach: Reach::LINE,
        matcher: Matcher::Regex(concat!(
            r#"(?i:auth\(["']([^"'\n]{6,128})["']\)"#,
            r#"|(?:login|auth)\(\s{0,4}["'][^"'\n]{1,64}["'],\s{0,4}["']([^"'\n]{6,128})["'])"#,
        )),
        check: Some(|value, _| {
            is_value(value) && (named::is_password(value, false) || named::is_memorable(value))
        }),
        examples: &[
            "smtp.login(\"app@host.example\", \"«Kz9!canary»\")",
            "$ftp->login(\"app\", \"«lantern4821»\");",
            "client.auth(\"«Kz9!canary»\")",
            "db.auth(\"app\", \"«Kz9!canary»\")",
        ],
        near_misses: &[
            "page.login('user', 'password')",
            "client.login('app', token1)",
            "login('app', 'Kz9!canary')",
        ],
        ..Rule::EMPTY
    }
}

/// Where the first of two is the name of a key.
fn of_pairs() -> Rule {
    Rule {
        id: "client-secret-argument",
        about: "The secret behind the name of a key, both handed to what makes a client; the references of \
                Algolia, Twilio, Binance and Tweepy",
        anchors: &[
            "client('",
            "client(\"",
            "algoliasearch(",
            "twilio(",
            "oauthhandler(",
            "set_access_token(",
            "api('",
            "api(\"",
            "credentials('",
            "credentials(\"",
            "credentials.new(",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        matcher: Matcher::Regex(
            r#"[A-Za-z_.]{3,20}\(["'](?:\[REDACTED:[A-Za-z0-9_-]+\]|[A-Za-z0-9_-]{8,128})["'],\s{0,4}["']([A-Za-z0-9+/=_-]{20,256})["']"#,
        ),
        check: Some(|value, _| {
            is_value(value) && (is_random(value) || value.len() >= 32 && named::is_likely(value))
        }),
        examples: &[
            "new AWS.Credentials(\"[REDACTED:x]\", \"«<b40>»\")",
            "algoliasearch('<up10>', '«<hex32>»')",
            "client = Client(\"<an40>\", \"«<an64>»\")",
            "tweepy.OAuthHandler('<an25>', '«<an50>»')",
        ],
        near_misses: &[
            "Client('application', 'service-of-the-application-2')",
            "client('<hex32>', value1)",
        ],
        ..Rule::EMPTY
    }
}

fn of_signers() -> Rule {
    Rule {
        id: "jwt-signing-secret",
        about: "The secret that a token is signed or checked with; documentation of jsonwebtoken and \
                PyJWT",
        anchors: &[
            "jwt.sign(",
            "jwt.verify(",
            "jwt.encode(",
            "jwt.decode(",
            "signedstring(",
            "symmetricsecuritykey(",
        ],
        fold: true,
        left: Left::Any,
        reach: Reach::LINE,
        matcher: Matcher::Regex(
            r#"(?i:jwt\.[a-z]{4,6}\([^\n]{1,200}?,\s{0,4}|signedstring\(\[\]byte\(|symmetricsecuritykey\([a-z0-9_.]{0,40}getbytes\()["']([^"'\s]{8,256})["']\s{0,4}[,)]"#,
        ),
        check: Some(|value, _| {
            let is_algorithm = value.len() == 5 && value[1..2] == *b"S";
            is_value(value) && !is_algorithm && named::is_password(value, true)
        }),
        examples: &[
            "jwt.sign({ id: 1 }, '«<an32>»', { expiresIn: '1h' });",
            "jwt.encode(payload, \"«kz-canary-9»\", algorithm=\"HS256\")",
            "token.SignedString([]byte(\"«<an32>»\"))",
            "new SymmetricSecurityKey(Encoding.UTF8.GetBytes(\"«<an32>»\"))",
        ],
        near_misses: &[
            "jwt.sign(payload, process.env.JWT_SECRET, { algorithm: 'HS256' })",
            "jwt.verify(token, 'secret')",
            "jwt.decode(token, key, algorithms=['HS256'])",
        ],
        ..Rule::EMPTY
    }
}
