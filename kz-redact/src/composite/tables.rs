//! Composites and what is looked for of each.

use super::tests::needles_of;

/// `value`, what must be looked for, what must not.
const CONNECTION_STRINGS: &[(&str, &[&str], &[&str])] = &[
    (
        "postgres://app:kz-made-up\nsecond line@db:5432/app",
        &[
            "kz-made-up\nsecond line",
            "app:kz-made-up\nsecond line",
            "kz-made-up",
            "kz-made-up second line",
        ],
        &["db", "app"],
    ),
    (
        "postgres://app:kz-canary-1@db-host-1:5432/app_database",
        &["kz-canary-1", "app:kz-canary-1"],
        &["db-host-1", "app_database", "app", "postgres"],
    ),
    (
        "postgres://app:kz%40canary%2F1@db:5432/app",
        &["kz@canary/1", "kz%40canary%2F1", "app:kz@canary/1"],
        &[],
    ),
    (
        "postgres://app:kz@canary/one#two-and-more:x@db:5432/app",
        &[
            "kz@canary/one#two-and-more:x",
            "app:kz@canary/one#two-and-more:x",
            "two-and-more",
        ],
        &[],
    ),
    (
        "postgres://app:kz-canary-1@db:port/app",
        &["app:kz-canary-1", "kz-canary-1"],
        &[],
    ),
    (
        "app:kz-canary-1@db:5432/app",
        &["kz-canary-1", "app:kz-canary-1@db:5432/app"],
        &[],
    ),
    (
        "postgres:/app:kz-canary-1@db:5432/app",
        &["kz-canary-1"],
        &[],
    ),
    (
        "redis://:kz-canary-1@cache:6379/0",
        &["kz-canary-1", ":kz-canary-1"],
        &[],
    ),
    (
        "https://kz-canary-1-token@host/repository.git",
        &["kz-canary-1-token"],
        &[],
    ),
    (
        "postgres://postgres:postgres@localhost/x",
        &["postgres:postgres"],
        &["postgres", "localhost"],
    ),
    (
        "mysql://sa:pw@db-host/x",
        &["mysql://{sa:pw}@db-host"],
        &["pw", "sa:pw"],
    ),
    (
        "host=db-host-1 user=app password='kz can\\'t 1' dbname=app",
        &["kz can't 1"],
        &["db-host-1"],
    ),
    (
        "Server=db;User Id=app;Password=kz-canary-1;Encrypt=yes",
        &["kz-canary-1"],
        &["app"],
    ),
    (
        "host=db password=kz canary 1 dbname=x",
        &["kz canary 1"],
        &[],
    ),
    (
        "jdbc:postgresql://db:5432/app?user=app&password=kz-canary-1",
        &["kz-canary-1"],
        &["app"],
    ),
    (
        "postgres://db:5432/app?sslpassword=pw",
        &["sslpassword={pw}"],
        &[],
    ),
    (
        "postgres://app:kz-canary-1@db/app?options=a@b.c",
        &["app:kz-canary-1"],
        &["kz-canary-1@db/app?options=a"],
    ),
    (
        "postgres://app@db-host-1/app",
        &["postgres://app@db-host-1/app"],
        &["app"],
    ),
    (
        "https://hooks.test/services/T0/B0/kzcanary",
        &["/services/T0/B0/kzcanary"],
        &[],
    ),
    // Each host with credentials of its own; what could be one password is masked
    // but for the hosts.
    (
        "amqp://app:kz-canary-1@node-one:5672,two:kz-canary-2@node-two/vhost",
        &[
            "kz-canary-1",
            "kz-canary-2",
            "app:kz-canary-1",
            "two:kz-canary-2",
            "{kz-canary-1}@node-one:5672,two:kz-canary-2",
            "kz-canary-1@node-one:5672,{two:kz-canary-2}",
        ],
        &[
            "node-one",
            "node-two",
            "two",
            "kz-canary-1@node-one:5672,two:kz-canary-2",
        ],
    ),
    (
        "postgres://u:p@h1,u2:p2@h2/db",
        &["{p}@h1,u2:p2", "p@h1,{u2:p2}"],
        &["u:p", "p@h1,u2:p2"],
    ),
    (
        "mongodb://app:kz-canary-1@h1:27017,h2:27017/db?replicaSet=rs",
        &["kz-canary-1", "app:kz-canary-1"],
        &["h1", "h2", "rs"],
    ),
    (
        "postgres://app:kz-canary,one@h1,h2/db",
        &["kz-canary,one", "app:kz-canary,one"],
        &[],
    ),
    (
        "postgres://app:kz@canary,made-up@h1/db",
        &["kz@canary,made-up", "app:kz@canary,made-up"],
        &[],
    ),
    (
        "jdbc:mysql://app:kz-canary-1@h1:3306,app:kz-canary-2@h2:3306/db",
        &["kz-canary-1", "kz-canary-2", "app:kz-canary-2"],
        &["h1", "h2", "app"],
    ),
    (
        "jdbc:sqlserver://db;databaseName=app;user=sa;password={kz;can}}ary 1};encrypt=true",
        &["kz;can}ary 1", "sa:kz;can}ary 1"],
        &["sa", "app", "db"],
    ),
    (
        "jdbc:oracle:thin:scott/kz-canary-1@//db-host-1:1521/service",
        &["kz-canary-1", "scott/kz-canary-1", "scott:kz-canary-1"],
        &["scott", "db-host-1", "service"],
    ),
    (
        "jdbc:oracle:thin:scott/tiger@db-host-1:1521:sid",
        &["tiger", "scott/tiger"],
        &["scott", "db-host-1"],
    ),
    (
        "jdbc:mysql://(host=db,port=3306,user=app,password=kz-canary-1)/db",
        &["kz-canary-1", "app:kz-canary-1"],
        &["app", "db"],
    ),
    (
        "app:kz-canary-1@tcp(127.0.0.1:3306)/db?parseTime=true",
        &["kz-canary-1"],
        &["127.0.0.1", "app"],
    ),
    (
        "Driver={ODBC Driver 18};Server=db;UID=app;PWD={kz=can;ary};",
        &["kz=can;ary", "app:kz=can;ary"],
        &["ODBC Driver 18", "app"],
    ),
    (
        "Data Source=db;User ID=app;Password=\"kz;can\"\"ary\";",
        &["kz;can\"ary", "app:kz;can\"ary"],
        &["app"],
    ),
    // A password that is a public part is masked in its place only.
    (
        "host=db-host-1 user=replicator password=replicator",
        &["password={replicator}", "replicator:replicator"],
        &["replicator"],
    ),
    (
        "jdbc:postgresql://reporting:5432/reporting?user=reporting&password=reporting",
        &["password={reporting}", "reporting:reporting"],
        &["reporting"],
    ),
];

#[rustfmt::skip]
const DOCUMENTS: &[(&str, &[&str], &[&str])] = &[
    (
        r#"{"username":"app","password":"kz-canary-1","host":"db-host-1"}"#,
        &["kz-canary-1", "app:kz-canary-1"],
        &["app", "db-host-1"],
    ),
    // Short and weak values under the key of a credential.
    (
        r#"{"username":"app","password":"k7Qw","mode":"fast"}"#,
        &["k7Qw", "app:k7Qw"],
        &["fast"],
    ),
    (
        r#"{"username":"app","password":"root"}"#,
        &[r#""password":"{root}""#, r#""password": "{root}""#, "app:root"],
        &["root"],
    ),
    (
        r#"{"user":"replicator","password":"replicator"}"#,
        &[r#""password":"{replicator}""#, "replicator:replicator"],
        &["replicator"],
    ),
    // Credentials of one object do not pair with those of another.
    (
        r#"[{"user":"one","password":"kz-canary-1"},{"user":"two","password":"kz-canary-2"}]"#,
        &["one:kz-canary-1", "two:kz-canary-2"],
        &["one:kz-canary-2", "two:kz-canary-1"],
    ),
    (
        r#"{"url":"postgres://app:kz-canary-1@db-host-1/app","tokens":["kz-canary-2"]}"#,
        &["kz-canary-1", "app:kz-canary-1", "kz-canary-2"],
        &["db-host-1", "postgres://app:kz-canary-1@db-host-1/app"],
    ),
    (
        "# made up\nexport API_TOKEN=kz-canary-1\nDB_HOST=db-host-1\nDB_USER=app-user\nDB_PASSWORD=\"kz \\\"canary\\\" 2\" # why\nLOG='a b'\n",
        &["kz-canary-1", "kz \"canary\" 2", "kz \\\"canary\\\" 2", "app-user:kz \"canary\" 2"],
        &["db-host-1", "app-user", "why", "a b", "export API_TOKEN=kz-canary-1"],
    ),
    (
        "DATABASE_URL=postgres://app:kz-canary-1@db-host-1/app\nREDIS_URL='redis://:kz-canary-2@cache-1'\nPIN_PASSWORD=k7Qw\nROOT_PASSWORD=root\n",
        &["kz-canary-1", "app:kz-canary-1", "kz-canary-2", "k7Qw", "ROOT_PASSWORD={root}"],
        &["db-host-1", "root"],
    ),
    (
        "PEM=\"-----BEGIN KZ CANARY-----\nAAAABBBBCCCCDDDDEEEE\n-----END KZ CANARY-----\"\nNODE_ENV=production\n",
        &["AAAABBBBCCCCDDDDEEEE"],
        &["production"],
    ),
    // Prose that looks like entries in places is no block.
    (
        "the first line of a made-up secret\nA=1 and the second line",
        &["the first line of a made-up secret", "A=1 and the second line"],
        &[],
    ),
    (
        "Basic YXBwOmt6LWNhbmFyeS0x",
        &["kz-canary-1", "app:kz-canary-1", "YXBwOmt6LWNhbmFyeS0x"],
        &["app", "Basic YXBwOmt6LWNhbmFyeS0x"],
    ),
    ("Bearer kz-canary-token", &["kz-canary-token"], &["Bearer kz-canary-token"]),
    ("bearer of a made-up secret", &["bearer of a made-up secret"], &[]),
];

#[test]
fn composites_are_taken_apart() {
    for (value, wanted, unwanted) in CONNECTION_STRINGS.iter().chain(DOCUMENTS) {
        let needles = needles_of(value);
        for part in *wanted {
            assert!(
                needles.iter().any(|needle| needle == part),
                "{value}: {part} in {needles:?}"
            );
        }
        for part in *unwanted {
            assert!(
                !needles.iter().any(|needle| needle == part),
                "{value}: {part} in {needles:?}"
            );
        }
    }
}
