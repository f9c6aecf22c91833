use std::borrow::Cow;

use kz_redact::{Mode, PatternLevel, Redactor};

use super::MessageFilter;

/// Made-up values: a word, a number, and names of the protocol itself.
const WORD: &str = "kz-canary-4711-word";
const NUMBER: &str = "4711471147114711";

fn filter(mode: Mode) -> MessageFilter {
    let redactor = Redactor::builder()
        .secret("WORD", WORD)
        .secret("NUMBER", NUMBER)
        .secret("METHOD", "notifications/message")
        .patterns(PatternLevel::Off)
        .mode(mode)
        .build()
        .unwrap();
    let filter = MessageFilter::new(redactor);
    for request in [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":4711471147114711}}}"#,
        r#"{"jsonrpc":"2.0","id":"kz-canary-4711-word","method":"tools/call","params":{"_meta":{"progressToken":"kz-canary-4711-word"}}}"#,
        r#"{"jsonrpc":"2.0","id":4711471147114711,"method":"tools/call"}"#,
    ] {
        filter.incoming(request.as_bytes());
    }
    filter
}

fn outgoing(filter: &MessageFilter, message: &str) -> String {
    let passed = filter.outgoing(message.as_bytes());
    if let Cow::Borrowed(same) = passed {
        assert_eq!(same.as_ptr(), message.as_ptr());
    }
    String::from_utf8(passed.into_owned()).unwrap()
}

const UNFIT: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"kz withheld this message: without the secret in it, it would not fit its schema","data":{"kz":"invalid"}}}"#;
const IDENTIFIER: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"kz withheld this message: an identifier in it holds a secret","data":{"kz":"invalid"}}}"#;
const BLOCKED: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"kz withheld this message: it holds a secret","data":{"kz":"denied"}}}"#;
const IDENTIFIER_NOTICE: &str = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","logger":"kz","data":"kz withheld this message: an identifier in it holds a secret"}}"#;
const UNFIT_NOTICE: &str = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","logger":"kz","data":"kz withheld this message: without the secret in it, it would not fit its schema"}}"#;
const BLOCKED_NOTICE: &str = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","logger":"kz","data":"kz withheld this message: it holds a secret"}}"#;

#[test]
fn messages_are_masked_in_place_or_withheld() {
    for (name, message, expected) in [
        (
            "text",
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a kz-canary-4711-word b"}]}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a [REDACTED:WORD] b"}]}}"#,
        ),
        (
            "spacing, order and duplicates survive",
            r#" { "id" : 1 , "result" : { "a" : 1.50 , "a" : "kz-canary-4711-word" } , "jsonrpc" : "2.0" } "#,
            r#" { "id" : 1 , "result" : { "a" : 1.50 , "a" : "[REDACTED:WORD]" } , "jsonrpc" : "2.0" } "#,
        ),
        (
            "split over adjacent blocks",
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"kz-canary-"},{"type":"text","text":"4711-word"}]}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"[REDACTED:WORD]"},{"type":"text","text":"[REDACTED:WORD]"}]}}"#,
        ),
        (
            "error and its data",
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"kz-canary-4711-word","data":{"n":4711471147114711}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"[REDACTED:WORD]","data":{"n":"[REDACTED:NUMBER]"}}}"#,
        ),
        (
            "log data",
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":[4711471147114711]}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":["[REDACTED:NUMBER]"]}}"#,
        ),
        (
            "key",
            r#"{"jsonrpc":"2.0","id":1,"result":{"kz-canary-4711-word":true}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"[REDACTED:WORD]":true}}"#,
        ),
        (
            "structured text",
            r#"{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"a":"kz-canary-4711-word"}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"a":"[REDACTED:WORD]"}}}"#,
        ),
        (
            "structured number",
            r#"{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"a":4711471147114711}}}"#,
            UNFIT,
        ),
        (
            "number of the protocol",
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":4711471147114711}}"#,
            UNFIT_NOTICE,
        ),
        (
            "error code",
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":4711471147114711,"message":""}}"#,
            UNFIT,
        ),
        (
            "envelope key",
            r#"{"jsonrpc":"2.0","id":1,"result":{},"kz-canary-4711-word":1}"#,
            UNFIT,
        ),
        (
            "cursor",
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"nextCursor":"kz-canary-4711-word"}}"#,
            IDENTIFIER,
        ),
        (
            "request state",
            r#"{"jsonrpc":"2.0","id":1,"result":{"requestState":"kz-canary-4711-word"}}"#,
            IDENTIFIER,
        ),
        (
            "version",
            r#"{"jsonrpc":"kz-canary-4711-word","id":1,"result":{}}"#,
            IDENTIFIER,
        ),
        (
            "id of a request",
            r#"{"jsonrpc":"2.0","id":"kz-canary-4711-word","method":"ping"}"#,
            IDENTIFIER_NOTICE,
        ),
        (
            "method",
            r#"{"jsonrpc":"2.0","method":"x/kz-canary-4711-word"}"#,
            IDENTIFIER_NOTICE,
        ),
        (
            "foreign token",
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"x kz-canary-4711-word","progress":1}}"#,
            IDENTIFIER_NOTICE,
        ),
        (
            "foreign id",
            r#"{"jsonrpc":"2.0","id":"x kz-canary-4711-word","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"kz withheld this message: an identifier in it holds a secret","data":{"kz":"invalid"}}}"#,
        ),
        (
            "the client's id and a secret",
            r#"{"jsonrpc":"2.0","id":"kz-canary-4711-word","result":{"a":"kz-canary-4711-word"}}"#,
            r#"{"jsonrpc":"2.0","id":"kz-canary-4711-word","result":{"a":"[REDACTED:WORD]"}}"#,
        ),
        (
            "the client's token and a secret",
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1,"progressToken":4711471147114711,"message":"kz-canary-4711-word"}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1,"progressToken":4711471147114711,"message":"[REDACTED:WORD]"}}"#,
        ),
        (
            "nested id",
            r#"{"jsonrpc":"2.0","id":1,"result":{"id":"kz-canary-4711-word"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"id":"[REDACTED:WORD]"}}"#,
        ),
        (
            "escaped key of the envelope",
            r#"{"jsonrpc":"2.0","\u0069d":"kz-canary-4711-word","result":{}}"#,
            r#"{"jsonrpc":"2.0","\u0069d":"[REDACTED:WORD]","result":{}}"#,
        ),
        (
            "other JSON",
            r#"{"id":"kz-canary-4711-word"}"#,
            r#"{"id":"[REDACTED:WORD]"}"#,
        ),
        (
            "other JSON value",
            r#""kz-canary-4711-word""#,
            r#""[REDACTED:WORD]""#,
        ),
        (
            "text on stdout",
            "starting with kz-canary-4711-word",
            "starting with [REDACTED:WORD]",
        ),
        (
            "cut off",
            r#"{"jsonrpc":"2.0","id":1,"result":{"a":"kz-canary-4711-word"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"a":"[REDACTED:WORD]"#,
        ),
        (
            "batch",
            r#"[{"jsonrpc":"2.0","id":1,"result":{}}, {"jsonrpc":"2.0","id":"kz-canary-4711-word","result":{"a":"kz-canary-4711-word"}},{"jsonrpc":"2.0","id":1,"result":{"nextCursor":"kz-canary-4711-word"}}, 1]"#,
            &format!(
                r#"[{{"jsonrpc":"2.0","id":1,"result":{{}}}}, {{"jsonrpc":"2.0","id":"kz-canary-4711-word","result":{{"a":"[REDACTED:WORD]"}}}},{IDENTIFIER}, 1]"#
            ),
        ),
    ] {
        assert_eq!(outgoing(&filter(Mode::Redact), message), expected, "{name}");
    }
}

#[test]
fn identifiers_that_only_look_like_secrets_stay() {
    let redactor = Redactor::builder()
        .secret("WORD", WORD)
        .rule("looks", "tok_[0-9]{8}")
        .rule("around", "cur_[a-z0-9-]+")
        .build()
        .unwrap();
    let filter = MessageFilter::new(redactor);
    for message in [
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"nextCursor":"tok_12345678"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{"requestState":"tok\u005f12345678"}}"#,
        r#"{"jsonrpc":"2.0","id":"tok_12345678","method":"ping"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"tok_12345678","progress":1}}"#,
    ] {
        assert_eq!(outgoing(&filter, message), message);
    }
    for (message, expected) in [
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"nextCursor":"tok_12345678","a":"tok_12345678"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"nextCursor":"tok_12345678","a":"[REDACTED:looks]"}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"nextCursor":"tok_12345678 kz-canary-4711-word"}}"#,
            IDENTIFIER,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"nextCursor":"cur_a-kz-canary-4711-word-b"}}"#,
            IDENTIFIER,
        ),
    ] {
        assert_eq!(outgoing(&filter, message), expected);
    }
}

#[test]
fn what_is_exempt_leaves_as_it_came() {
    let messages = [
        r#"{"jsonrpc":"2.0","id":"kz-canary-4711-word","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":"\u006bz-canary-4711-word","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":4711471147114711,"error":{"code":1,"message":"x"}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"kz-canary-4711-word","progress":1}}"#,
        r#"[{"jsonrpc":"2.0","id":4711471147114711,"result":{}},{"jsonrpc":"2.0","id":"kz-canary-4711-word","result":{}}]"#,
    ];
    for message in messages {
        for mode in [Mode::Redact, Mode::Block, Mode::Report] {
            assert_eq!(outgoing(&filter(mode), message), message, "{mode:?}");
        }
    }
    // An answered id is forgotten, a progress token is not.
    let filter = filter(Mode::Redact);
    assert_eq!(outgoing(&filter, messages[0]), messages[0]);
    assert_ne!(outgoing(&filter, messages[0]), messages[0]);
    assert_eq!(outgoing(&filter, messages[4]), messages[4]);
    assert_eq!(outgoing(&filter, messages[4]), messages[4]);
}

#[test]
fn an_id_is_forgotten_when_its_answer_leaves_clean() {
    for (answer, is_forgotten) in [
        (r#"{"jsonrpc":"2.0","id":47114712,"result":{}}"#, true),
        (r#"{"result":{},"jsonrpc":"2.0","id":47114712}"#, true),
        (
            r#"{"result":{"a":",\"id\":3"},"jsonrpc":"2.0","id":47114712}"#,
            true,
        ),
        (r#"[{"result":{},"jsonrpc":"2.0","id":47114712}]"#, true),
        (r#"{"result":{},"jsonrpc":"2.0","id":1}"#, false),
        (r#"{"result":{},"jsonrpc":"2.0","id":1.47114712}"#, false),
        (r#"{"result":{},"jsonrpc":"2.0","id":-47114712}"#, false),
        (r#"{"result":{"a":1,"id":47114712}}"#, false),
        (r#"{"jsonrpc":"2.0","method":"ping","id":47114712}"#, false),
    ] {
        let filter = filter(Mode::Redact);
        filter.incoming_count(47_114_712);
        assert_eq!(outgoing(&filter, answer), answer);
        // What it says is a secret from here on.
        filter.redactor().add("PIN", "47114712").unwrap();
        let again = r#"{"jsonrpc":"2.0","id":47114712,"result":{}}"#;
        assert_eq!(outgoing(&filter, again) != again, is_forgotten, "{answer}");
    }
}

#[test]
fn clean_messages_are_not_copied() {
    let filter = filter(Mode::Block);
    for message in [
        "",
        "{",
        "null",
        "ready",
        r#"{"jsonrpc":"2.0","id":1,"result":{"a":1e400,"b":-0.0,"b":"\ud800 \u00e9 é","data":"data:image/png;base64,aGVsbG8="}}"#,
        r#"{"jsonrpc":"2.0","id":2,"result":{"nextCursor":"eyJwYWdlIjoyfQ==","uuid":"67e55044-10b1-426f-9247-bb680e5fe0c8"}}"#,
    ] {
        assert!(matches!(
            filter.outgoing(message.as_bytes()),
            Cow::Borrowed(same) if same == message.as_bytes()
        ));
    }
    assert!(matches!(filter.outgoing(b"\xff\xfe"), Cow::Borrowed(_)));
}

#[test]
fn block_and_report() {
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"a":"kz-canary-4711-word"}}"#;
    let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"kz-canary-4711-word"}}"#;
    let request = r#"{"jsonrpc":"2.0","id":5,"method":"elicitation/create","params":{"message":"kz-canary-4711-word"}}"#;
    let block = filter(Mode::Block);
    assert_eq!(outgoing(&block, answer), BLOCKED);
    assert_eq!(outgoing(&block, log), BLOCKED_NOTICE);
    assert_eq!(outgoing(&block, request), BLOCKED_NOTICE);
    assert_eq!(block.pass(request.as_bytes()).refused_requests, ["5"]);
    let report = filter(Mode::Report);
    let before = report.redactor().findings();
    for message in [answer, log, request] {
        assert_eq!(outgoing(&report, message), message);
    }
    assert!(report.redactor().findings() >= before + 3);
}

#[test]
fn bytes_that_are_no_text_are_masked_all_the_same() {
    let filter = filter(Mode::Redact);
    let mut message = br#"{"jsonrpc":"2.0","id":1,"result":{"a":""#.to_vec();
    message.push(0xff);
    message.extend_from_slice(WORD.as_bytes());
    message.extend_from_slice(br#""}}"#);
    let passed = filter.outgoing(&message);
    assert!(
        !passed
            .windows(WORD.len())
            .any(|part| part == WORD.as_bytes())
    );
    assert!(passed.contains(&0xff));
}

#[test]
fn errors_are_one_line_of_json_without_values() {
    let filter = filter(Mode::Redact);
    for (id, expected) in [
        (Some("1"), "1"),
        (Some(r#""a\"b""#), r#""a\"b""#),
        (Some("1,\"x\":2"), "null"),
        (Some("\n1"), "null"),
        (Some("{}"), "null"),
        (Some("nonsense"), "null"),
        (None, "null"),
    ] {
        assert_eq!(
            filter.error(id, -32603, "no \"kz-canary-4711-word\"\n"),
            format!(
                r#"{{"jsonrpc":"2.0","id":{expected},"error":{{"code":-32603,"message":"no \"[REDACTED:WORD]\"\n","data":{{"kz":"internal"}}}}}}"#
            )
        );
    }
}

#[test]
fn odd_input_neither_panics_nor_leaks() {
    let filter = filter(Mode::Redact);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{}"{WORD}"{}}}"#,
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let many = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{{}"a":"{WORD}"}}}}"#,
        r#""k":1,"#.repeat(20_000)
    );
    for message in [deep.as_str(), many.as_str()] {
        filter.incoming(message.as_bytes());
        let passed = outgoing(&filter, message);
        assert!(!passed.contains(WORD) && passed.contains("[REDACTED:WORD]"));
    }
    // Every prefix of a message is text or JSON; none leaks.
    let message = r#"[{"jsonrpc":"2.0","id":"a","method":"b","params":{"c":["kz-canary-4711-word",{}],"progressToken":1}}]"#;
    for end in 0..=message.len() {
        filter.incoming(&message.as_bytes()[..end]);
        assert!(!outgoing(&filter, &message[..end]).contains(WORD), "{end}");
    }
}

#[test]
fn filters_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<MessageFilter>();
}
