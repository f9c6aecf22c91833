//! What is registered, what of it is masked, and by which marker.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use kz_core::{ErrorKind, Intake, Role};
use kz_redact::{Mode, PatternLevel, Redactor, Weak};

fn plain() -> Redactor {
    Redactor::builder()
        .patterns(PatternLevel::Off)
        .build()
        .unwrap()
}

/// Registered values, a text and what becomes of it.
type Case<'c> = (&'c [(&'c str, &'c str)], &'c str, &'c str);

const CASES: &[Case<'_>] = &[
    (&[], "nothing", "nothing"),
    (
        &[("A", "kz-canary-1"), ("B", "kz-canary-2")],
        "kz-canary-1kz-canary-2 kz-canary-1kz-canary-1",
        "[REDACTED:A][REDACTED:B] [REDACTED:A][REDACTED:A]",
    ),
    // Overlapping and nested values leave no residue.
    (
        &[("A", "kz-canary-abc"), ("B", "abc-tail-of-it")],
        "x kz-canary-abc-tail-of-it y",
        "x [REDACTED:A] y",
    ),
    (
        &[("IN", "kz-canary"), ("OUT", "my-kz-canary-value")],
        "my-kz-canary-value, kz-canary",
        "[REDACTED:OUT], [REDACTED:IN]",
    ),
    // The same value under two names takes the first.
    (
        &[("A", "kz-canary-1"), ("B", "kz-canary-1")],
        "kz-canary-1",
        "[REDACTED:A]",
    ),
    // Short values stand alone.
    (
        &[("PIN", "k7Qw")],
        "pin=k7Qw, xk7Qw k7Qw1 azdRdw==",
        "pin=[REDACTED:PIN], xk7Qw k7Qw1 azdRdw==",
    ),
    (
        &[("PIN", "k7Qw"), ("A", "kz-canary-1")],
        "kz-canary-1k7Qwkz-canary-1",
        "[REDACTED:A][REDACTED:PIN][REDACTED:A]",
    ),
    // A connection string keeps what an operator needs.
    (
        &[(
            "DB",
            "postgres://app:kz-canary-1@db:5432/app?sslpassword=kz-canary-2",
        )],
        "postgres://app:kz-canary-1@db:5432/app?sslpassword=kz-canary-2 (app, kz-canary-1)",
        "postgres://[REDACTED:DB]@db:5432/app?sslpassword=[REDACTED:DB] (app, [REDACTED:DB])",
    ),
    (
        &[("DB", "postgres://app:p%40ss%2Fw0rd-kz@db/app")],
        "app:p@ss/w0rd-kz | Basic YXBwOnBAc3MvdzByZC1reg== | p%40ss%2Fw0rd-kz",
        "[REDACTED:DB] | Basic [REDACTED:DB] | [REDACTED:DB]",
    ),
    (
        &[("DB", "mysql://sa:pw@db-host/x")],
        "mysql://sa:pw@db-host/x failed for sa, pw",
        "mysql://[REDACTED:DB]@db-host/x failed for sa, pw",
    ),
    (
        &[("DB", "postgres://app:kz@canary/un#escaped@db:5432/app")],
        "invalid port in \"postgres://app:kz@canary/un#escaped@db:5432/app\": host canary/un#escaped",
        "invalid port in \"postgres://[REDACTED:DB]@db:5432/app\": host [REDACTED:DB]",
    ),
    (
        &[("DB", "postgres://postgres:postgres@localhost/postgres")],
        "postgres://postgres:postgres@localhost/postgres: postgres refused postgres, Basic cG9zdGdyZXM6cG9zdGdyZXM=",
        "postgres://[REDACTED:DB]@localhost/postgres: postgres refused postgres, Basic [REDACTED:DB]",
    ),
    (
        &[(
            "DB",
            "amqp://one:kz-canary-1@node-1,two:kz-canary-2@node-2/v",
        )],
        "amqp://one:kz-canary-1@node-1,two:kz-canary-2@node-2/v: kz-canary-1@node-1,two:kz-canary-2",
        "amqp://[REDACTED:DB]@node-1,[REDACTED:DB]@node-2/v: [REDACTED:DB]@node-1,[REDACTED:DB]",
    ),
    (
        &[("DB", "host=db-1 user=admin-user password=admin-user")],
        "host=db-1 user=admin-user password=admin-user: no role admin-user",
        "host=db-1 user=admin-user password=[REDACTED:DB]: no role admin-user",
    ),
    (
        &[("ENV", "A_TOKEN=kz-canary-1\nA_HOST=db-host-1\n")],
        "token kz-canary-1 at db-host-1",
        "token [REDACTED:ENV] at db-host-1",
    ),
    // A JSON value by its leaves.
    (
        &[(
            "DOC",
            r#"{"username":"app-user-1","password":"kz-canary-1","host":"db-host-1"}"#,
        )],
        "user app-user-1 at db-host-1 with kz-canary-1",
        "user app-user-1 at db-host-1 with [REDACTED:DOC]",
    ),
    // What a marker could complete.
    (
        &[("A", "kz-canary-1["), ("B", "other-canary-2")],
        "kz-canary-1other-canary-2",
        "[REDACTED:A][REDACTED:B]",
    ),
];

#[test]
fn table() {
    for (values, text, expected) in CASES {
        let redactor = plain();
        for (name, value) in *values {
            redactor.add(name, value).unwrap();
        }
        assert_eq!(redactor.redact_str(text), *expected, "{values:?}");
        assert_eq!(
            redactor.redact_str(expected),
            *expected,
            "not idempotent: {values:?}"
        );
    }
}

#[test]
fn weak_values() {
    for value in [
        "",
        "abc",
        "localhost",
        "PASSWORD",
        "aaaaaaaaaa",
        "REDACTED",
        "[REDACTED:X]",
        "error",
    ] {
        let redactor = plain();
        let error = redactor.add("X", value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WeakSecret, "{value:?}");
        assert!(!error.to_string().contains(value) || value.is_empty() || value == "error");
        assert!(
            redactor.add_declared("X", value, Weak::Ignore).is_ok(),
            "{value:?}"
        );
        assert_eq!(redactor.redact_str(value), value);
        redactor
            .receive("X", Role::Value, value.as_bytes())
            .unwrap();
    }
    let redactor = plain();
    assert!(redactor.add_declared("X", "abc", Weak::Mask).unwrap().weak);
    assert_eq!(
        redactor.redact_str("abc abcd (abc)"),
        "[REDACTED:X] abcd ([REDACTED:X])"
    );
    let note = redactor
        .add_declared("DB", "mysql://sa:pw@db-host/x", Weak::Refuse)
        .unwrap();
    assert!(!note.weak && note.notes.len() == 1);
}

#[test]
fn names() {
    let redactor = plain();
    redactor.add("A", "kz_canary_value").unwrap();
    for name in ["", "a b", "a-b", "my_kz_canary_value_2", &"x".repeat(65)] {
        let error = redactor.add(name, "other-canary").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{name:?}");
    }
    assert_eq!(redactor.redact_str("other-canary"), "other-canary");
}

#[test]
fn received_siblings() {
    let redactor = plain();
    let sibling = |key| Role::Sibling { key };
    redactor
        .receive("S", sibling("hostname"), b"db.internal.example")
        .unwrap();
    redactor
        .receive("S", sibling("password"), b"kz-canary-1")
        .unwrap();
    redactor
        .receive("S", Role::Credential, b"kz-canary-2")
        .unwrap();
    assert_eq!(
        redactor.redact_str("db.internal.example kz-canary-1 kz-canary-2"),
        "db.internal.example [REDACTED:S] [REDACTED:S]"
    );
    let address = b"https://app:kz-canary-3@db.internal";
    redactor.receive("S", sibling("endpoint"), address).unwrap();
    assert_eq!(
        redactor.redact_str("kz-canary-3 db.internal"),
        "[REDACTED:S] db.internal"
    );
}

#[test]
fn earlier_values_stay_and_handles_share() {
    let redactor = plain();
    let other = redactor.clone();
    redactor.add("A", "kz-canary-1").unwrap();
    other.add("A", "kz-canary-2").unwrap();
    assert_eq!(
        redactor.redact_str("kz-canary-1 kz-canary-2"),
        "[REDACTED:A] [REDACTED:A]"
    );
    assert_eq!(other.findings(), 2);
    assert!(!format!("{redactor:?}").contains("canary"));
}

#[test]
fn report_changes_nothing_and_counts() {
    let redactor = Redactor::builder().mode(Mode::Report).build().unwrap();
    redactor.add("A", "kz-canary-1").unwrap();
    assert_eq!(redactor.redact_str("kz-canary-1"), "kz-canary-1");
    assert_eq!(
        redactor.redact_json_str("\"kz-canary-1\"").unwrap(),
        "\"kz-canary-1\""
    );
    let mut stream = redactor.stream();
    let mut output = stream.write(b"kz-canary-1 ");
    output.extend(stream.finish());
    assert_eq!(output, b"kz-canary-1 ");
    assert_eq!(redactor.findings(), 3);
    let found = redactor.scan("é kz-canary-1");
    assert_eq!((found[0].start, found[0].end), (3, 14));
    assert_eq!(found[0].name.as_deref(), Some("A"));
    assert_eq!(found[0].rule, "known-value");
}

#[test]
fn bytes_that_are_no_text_pass() {
    let redactor = plain();
    redactor.add("A", "kz-canary-1").unwrap();
    assert_eq!(
        &*redactor.redact_bytes(b"\xff\xfe kz-canary-1\xc3 \x00"),
        b"\xff\xfe [REDACTED:A]\xc3 \x00"
    );
    redactor
        .add("B", b"\xf0\xff\xfe\x01\x02\x03\x04\x05")
        .unwrap();
    assert_eq!(
        &*redactor.redact_bytes(b"x\xf0\xff\xfe\x01\x02\x03\x04\x05y"),
        b"x[REDACTED:B]y"
    );
    assert_eq!(redactor.redact_str("f0fffe0102030405"), "[REDACTED:B]");
}

#[test]
fn clean_text_is_borrowed() {
    let redactor = Redactor::builder()
        .secret("A", "kz-canary-1")
        .build()
        .unwrap();
    for text in [
        "",
        "plain",
        r#"{"id": 1.0e5, "a": "x\u00e9\n", "url": "data:image/png;base64,iVBORw0KGgo="}"#,
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    ] {
        assert!(
            matches!(redactor.redact_str(text), std::borrow::Cow::Borrowed(_)),
            "{text}"
        );
        assert!(matches!(
            redactor.redact_bytes(text.as_bytes()),
            std::borrow::Cow::Borrowed(_)
        ));
    }
}

#[test]
fn handles_cross_threads() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    fn send<T: Send>() {}
    check::<Redactor>();
    send::<kz_redact::Stream>();
    send::<kz_redact::Writer<Vec<u8>>>();
}

#[test]
fn settings_that_are_wrong() {
    for builder in [
        Redactor::builder().disable("no-such-rule"),
        Redactor::builder().rule("mine", "("),
        Redactor::builder().secret("A B", "kz-canary-1"),
    ] {
        assert_eq!(builder.build().unwrap_err().kind(), ErrorKind::Config);
    }
}
