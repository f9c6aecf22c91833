//! What a server says through `kz run`: masked where it must be, and otherwise
//! byte for byte as it came.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use common::{Place, finish, made_up, read_until, start, wait, wait_until};

#[test]
fn a_canary_on_standard_output_and_standard_error_is_masked() {
    let place = Place::new();
    let canary = made_up("token");
    let script = r#"
        printf '{"jsonrpc":"2.0","id":1,"result":{"text":"%s"}}\n' "$GITHUB_TOKEN"
        printf 'not json %s\r\n' "$GITHUB_TOKEN"
        printf 'log %s\n' "$GITHUB_TOKEN" >&2
        printf 'no end %s' "$GITHUB_TOKEN"
        printf 'no end %s' "$GITHUB_TOKEN" >&2"#;
    let ended = finish(place.run_script(script).env("GITHUB_TOKEN", &canary), "");
    assert_eq!(ended.code, Some(0));
    assert_eq!(
        ended.stdout,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"text\":\"[REDACTED:GITHUB_TOKEN]\"}}\n\
         not json [REDACTED:GITHUB_TOKEN]\r\nno end [REDACTED:GITHUB_TOKEN]"
    );
    assert!(
        ended.stderr.contains("masking GITHUB_TOKEN"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .ends_with("log [REDACTED:GITHUB_TOKEN]\nno end [REDACTED:GITHUB_TOKEN]"),
        "{}",
        ended.stderr
    );
    // The same server without kz says it all: the test can fail.
    let bare = finish(
        std::process::Command::new("sh")
            .args(["-c", script])
            .env("GITHUB_TOKEN", &canary),
        "",
    );
    assert!(bare.stdout.contains(&canary) && bare.stderr.contains(&canary));
}

#[test]
fn a_canary_in_single_bytes_is_masked() {
    let place = Place::new();
    let canary = made_up("token");
    let script = r#"
import os, sys, time
for fd in (1, 2):
    for byte in ('{"text": "%s"}\n' % os.environ["API_TOKEN"]).encode():
        os.write(fd, bytes([byte]))
"#;
    let ended = finish(place.run_python(script).env("API_TOKEN", &canary), "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "{\"text\": \"[REDACTED:API_TOKEN]\"}\n");
    assert!(
        ended
            .stderr
            .ends_with("{\"text\": \"[REDACTED:API_TOKEN]\"}\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_secret_of_several_lines_is_masked_on_standard_error() {
    let place = Place::new();
    // Assembled here: nothing in this file looks like a key.
    let rule = "-".repeat(5);
    let lines: Vec<String> = (0..4).map(|_| made_up("pem").replace('-', "A")).collect();
    let pem = format!(
        "{rule}BEGIN PRIVATE KEY{rule}\n{}\nshortZ=\n{rule}END PRIVATE KEY{rule}",
        lines.join("\n")
    );
    let script = r#"
import os, sys, time
for line in os.environ["SIGNING_KEY"].split("\n"):
    os.write(2, (line + "\n").encode())
os.write(2, b"after\n")
"#;
    let ended = finish(place.run_python(script).env("SIGNING_KEY", &pem), "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for line in &lines {
        assert!(!ended.stderr.contains(line.as_str()), "{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("shortZ="), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("after\n"), "{}", ended.stderr);
}

#[test]
fn a_private_key_that_nobody_declared_is_masked_on_both_streams() {
    let place = Place::new();
    let lines: Vec<String> = (0..4)
        .map(|_| made_up("pem").replace('-', "A").repeat(2)[..64].to_owned())
        .collect();
    let body = lines.join("\n");
    // The server assembles it: no variable holds it, and it comes line by line.
    let script = format!(
        r#"
import os
rule = "-" * 5
key = rule + "BEGIN PRIVATE KEY" + rule + "\n" + """{body}""" + "\nAAAA=\n" + rule + "END PRIVATE KEY" + rule
for fd in (1, 2):
    for line in ["before"] + key.split("\n") + ['{{"jsonrpc":"2.0"}}']:
        os.write(fd, (line + "\n").encode())
"#
    );
    let ended = finish(&mut place.run_python(&script), "");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for text in [&ended.stdout, &ended.stderr] {
        for line in &lines {
            assert!(!text.contains(line.as_str()), "{text}");
        }
        assert!(!text.contains("AAAA="), "{text}");
        assert!(text.starts_with("before\n"), "{text}");
        assert!(text.ends_with("{\"jsonrpc\":\"2.0\"}\n"), "{text}");
    }
}

#[test]
fn half_a_secret_is_held_however_long_the_server_waits() {
    let place = Place::new();
    let canary = made_up("token");
    // It goes on only when it is told to, which is after more than a pause.
    let script = r#"
import os, sys
secret = os.environ["API_TOKEN"]
for fd in (2, 1):
    os.write(fd, b"log: " + secret[:20].encode())
sys.stdin.readline()
for fd in (2, 1):
    os.write(fd, secret[20:].encode() + b"\n")
"#;
    let mut child = start(place.run_python(script).env("API_TOKEN", &canary));
    let mut stderr = child.stderr.take().unwrap();
    read_until(&mut stderr, "log: ");
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        rest
    });
    // Not a wait for the server: the time in which it must say nothing.
    std::thread::park_timeout(Duration::from_millis(600));
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(reader.join().unwrap(), "[REDACTED:API_TOKEN]\n");
    assert_eq!(wait(child).stdout, "log: [REDACTED:API_TOKEN]\n");
}

#[test]
fn what_holds_no_secret_is_not_touched() {
    let place = Place::new();
    let mut input = Vec::new();
    input.extend_from_slice(
        b"{\"jsonrpc\":\"2.0\",\"id\":1e0,\"result\":{\"a\":1.50,\"a\":\"\\u00e9\"}}\r\n",
    );
    input.extend_from_slice(b"\n\n  {\"b\" : [ 1,2 ]}  \n");
    input.extend_from_slice(b"not json \xff\xfe\x00 binary\n");
    input.extend_from_slice("zażółć \u{1f511}\n".as_bytes());
    input.extend_from_slice(b"no end");
    let mut child = start(&mut place.kz(&["run", "--", "cat"]));
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let mut output = Vec::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut output)
        .unwrap();
    assert_eq!(output, input);
    assert_eq!(wait(child).code, Some(0));
}

#[test]
fn a_line_appears_as_soon_as_it_is_whole() {
    let place = Place::new();
    let mut child = start(
        place
            .kz(&["run", "--", "cat"])
            .env("API_TOKEN", made_up("token")),
    );
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    for round in 0..3 {
        let message = format!("{{\"jsonrpc\":\"2.0\",\"id\":{round},\"method\":\"ping\"}}\n");
        stdin.write_all(message.as_bytes()).unwrap();
        // The next is sent only when this one has come back.
        assert_eq!(read_until(&mut stdout, "\n"), message);
    }
    drop(stdin);
    assert_eq!(wait(child).code, Some(0));
}

#[test]
fn a_log_line_appears_while_the_server_goes_on() {
    let place = Place::new();
    let mut child = start(
        place
            .run_script("echo listening on port 3000 >&2; cat")
            .env("API_TOKEN", made_up("token")),
    );
    let mut stderr = child.stderr.take().unwrap();
    // Standard input is still open, so the server has not ended.
    read_until(&mut stderr, "listening on port 3000");
    drop(child.stdin.take());
    assert_eq!(wait(child).code, Some(0));
}

#[test]
fn a_client_that_does_not_read_stops_the_server_and_loses_nothing() {
    const LINES: usize = 10_000;
    let place = Place::new();
    let written = place.path("written");
    let script = format!(
        r#"
import os
count = os.open({path:?}, os.O_WRONLY | os.O_CREAT)
for line in range({LINES}):
    os.write(1, (b"%06d" % line) + b"." * 93 + b"\n")
    os.pwrite(count, b"%06d" % line, 0)
"#,
        path = written.display().to_string()
    );
    let mut child = start(&mut place.run_python(&script));
    let count = || -> usize {
        let text = std::fs::read_to_string(&written).unwrap_or_default();
        text.trim_matches('\0').parse().unwrap_or_default()
    };
    // It comes to a stop well before the end: two equal looks a while apart.
    let mut last = 0;
    let stopped = wait_until(common::DEADLINE, || {
        let before = std::mem::replace(&mut last, count());
        std::thread::park_timeout(Duration::from_millis(300));
        (before > 0 && before == count()).then_some(before)
    });
    let stopped = stopped.expect("the server was never stopped");
    assert!(stopped < LINES - 1, "all was taken in without being read");
    let mut output = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    assert_eq!(output.lines().count(), LINES);
    assert!(output.lines().last().unwrap().starts_with("009999"));
    assert_eq!(wait(child).code, Some(0));
}

#[test]
fn a_server_that_does_not_read_stops_nobody() {
    let place = Place::new();
    let mut child = start(&mut place.run_script("echo ready; read line; echo got; sleep 60"));
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    read_until(&mut stdout, "ready\n");
    // More than all the pipes hold, while the other direction goes on.
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&vec![b'\n'; 4 << 20]);
    });
    read_until(&mut stdout, "got\n");
    common::kill("-TERM", child.id());
    assert_eq!(wait(child).code, Some(128 + 15));
    writer.join().unwrap();
}

#[test]
fn report_changes_nothing_and_says_so() {
    let place = Place::new();
    let canary = made_up("token");
    let ended = finish(
        place
            .kz(&["run", "--report", "--", "sh", "-c"])
            .arg("echo \"$API_TOKEN\"; echo \"$API_TOKEN\" >&2")
            .env("API_TOKEN", &canary),
        "",
    );
    assert_eq!(ended.stdout, format!("{canary}\n"));
    let report: Vec<&str> = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("kz: REPORT MODE: "))
        .collect();
    assert_eq!(report.len(), 2, "{}", ended.stderr);
    assert!(report[1].contains("2 findings"), "{}", ended.stderr);
}

#[test]
fn a_server_that_dies_within_a_message_loses_nothing_and_leaks_nothing() {
    let place = Place::new();
    let canary = made_up("token");
    let ended = finish(
        place
            .run_script("printf '{\"half\":\"%s' \"$API_TOKEN\"; kill -9 $$")
            .env("API_TOKEN", &canary),
        "",
    );
    assert_eq!(ended.code, Some(128 + 9));
    assert_eq!(ended.stdout, "{\"half\":\"[REDACTED:API_TOKEN]");
}
