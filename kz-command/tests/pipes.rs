//! Servers and clients that treat their pipes badly: they close them, leave them
//! to others, do not read them, or die within a line.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
    time::Duration,
};

use common::{
    Place, assert_ends, finish, kill, made_up, read_until, runs, start, wait, wait_until,
};

/// The most that kz had in memory so far, or has now, in bytes.
fn memory(process: u32, which: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(which)).unwrap();
    let kib: usize = line
        .split_ascii_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    kib * 1024
}

#[test]
fn both_streams_keep_their_own_order() {
    const ROUNDS: usize = 200;
    let place = Place::new();
    let canary = made_up("token");
    // Each line comes in three writes, and the streams take turns within it.
    let script = format!(
        r#"
import os
secret = os.environ["API_TOKEN"]
for round in range({ROUNDS}):
    line = '{{"round":%d,"text":"%s"}}\n' % (round, secret)
    parts = [line[:15], line[15:40], line[40:]]
    for part in parts:
        os.write(1, part.encode())
        os.write(2, part.encode())
"#
    );
    let ended = finish(place.run_python(&script).env("API_TOKEN", &canary), "");
    let lines: Vec<String> = (0..ROUNDS)
        .map(|round| format!("{{\"round\":{round},\"text\":\"[REDACTED:API_TOKEN]\"}}\n"))
        .collect();
    let expected = lines.concat();
    assert_eq!(ended.stdout, expected);
    let (announced, said) = ended.stderr.split_once('\n').unwrap();
    assert!(announced.starts_with("kz: masking"), "{announced}");
    assert_eq!(said, expected);
}

/// A server that writes lines for ever, and to a file how many bytes it has written. The
/// lines are longer than a pipe takes at once, so that kz holds the beginning of one.
fn flood(written: &Path) -> String {
    format!(
        r#"
import os
os.write(2, b"pid %d\n" % os.getpid())
count = os.open({written:?}, os.O_WRONLY | os.O_CREAT)
line = b'{{"text":"' + b"x" * 100000 + b'"}}\n'
total = 0
while True:
    total += os.write(1, line)
    os.pwrite(count, b"%012d" % total, 0)
"#,
        written = written.display().to_string()
    )
}

/// Waits until the flood has come to a stop: two equal looks a while apart.
fn stopped(written: &Path) -> usize {
    let count = || {
        fs::read_to_string(written)
            .unwrap_or_default()
            .parse()
            .unwrap_or(0)
    };
    let stopped = wait_until(common::DEADLINE, || {
        let before: usize = count();
        std::thread::park_timeout(Duration::from_millis(300));
        (before > 0 && before == count()).then_some(before)
    });
    stopped.expect("the server was never stopped")
}

#[test]
fn a_client_that_does_not_read_can_still_end_the_server() {
    let place = Place::new();
    for (number, signal) in [(15, "TERM"), (2, "INT"), (1, "HUP")] {
        let written = place.path(signal);
        let mut child = start(&mut place.run_python(&flood(&written)));
        read_until(child.stderr.as_mut().unwrap(), "pid ");
        let line = read_until(child.stderr.as_mut().unwrap(), "\n");
        let server: u32 = line.trim().parse().unwrap();
        stopped(&written);
        // Open until the end, and not read.
        let stdout = child.stdout.take();
        kill(&format!("-{signal}"), child.id());
        let ended = wait(child);
        // Python answers SIGINT with an exception, and then dies of it.
        assert_eq!(ended.code, Some(128 + number), "{signal}: {ended:?}");
        assert_ends(server);
        drop(stdout);
    }
}

#[test]
fn what_a_client_does_not_read_is_not_kept_in_memory() {
    let place = Place::new();
    let written = place.path("written");
    let mut child = start(&mut place.run_python(&flood(&written)));
    let mut stdout = child.stdout.take().unwrap();
    // Some of it is read, so that kz is at work; then no more.
    stdout.read_exact(&mut vec![0; 1 << 20]).unwrap();
    let bytes = stopped(&written);
    // What the pipes hold, and a chunk in kz's hands.
    assert!(bytes < 4 << 20, "{bytes} bytes were taken in");
    let most = memory(child.id(), "VmHWM");
    assert!(
        most < 64 << 20,
        "{most} bytes for a client that does not read"
    );
    kill("-KILL", child.id());
    wait(child);
}

#[test]
fn a_server_that_closes_its_output_and_lives_is_kept() {
    let place = Place::new();
    let canary = made_up("token");
    let script = r#"
import os, sys
os.write(1, b'{"last":"' + os.environ["API_TOKEN"].encode() + b'"}')
os.close(1)
for line in sys.stdin:
    os.write(2, b"got " + line.encode() + os.environ["API_TOKEN"].encode() + b"\n")
sys.exit(6)
"#;
    let mut child = start(place.run_python(script).env("API_TOKEN", &canary));
    // The client sees that its standard output has ended, while the server goes on.
    let mut stdout = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    assert_eq!(stdout, "{\"last\":\"[REDACTED:API_TOKEN]\"}");
    let mut stdin = child.stdin.take().unwrap();
    for round in 0..3 {
        stdin.write_all(format!("{round}\n").as_bytes()).unwrap();
        let seen = read_until(child.stderr.as_mut().unwrap(), "[REDACTED:API_TOKEN]\n");
        assert!(
            seen.contains(&format!("got {round}")) && !seen.contains(&canary),
            "{seen}"
        );
    }
    drop(stdin);
    assert_eq!(wait(child).code, Some(6));
}

#[test]
fn a_grandchild_that_holds_the_pipes_is_masked_and_holds_nobody_up() {
    let place = Place::new();
    let canary = made_up("token");
    // In the server's group, so that it ends with it, and says something before.
    let script = r#"
        (trap 'printf "last %s\n" "$API_TOKEN"; exit' TERM; echo ready; while :; do sleep 0.05; done) &
        read line; exit 3"#;
    let mut child = start(place.run_script(script).env("API_TOKEN", &canary));
    read_until(child.stdout.as_mut().unwrap(), "ready\n");
    child.stdin.take().unwrap().write_all(b"end\n").unwrap();
    let ended = wait(child);
    assert_eq!(
        (ended.stdout.as_str(), ended.code),
        ("last [REDACTED:API_TOKEN]\n", Some(3))
    );

    // In a session of its own, holding half a line back: its half is masked and let out.
    let script = r#"
import os, subprocess, sys
held = """
import os, signal
os.write(1, b"half " + os.environ["API_TOKEN"].encode())
os.write(2, b"daemon %d\\n" % os.getpid())
signal.pause()
"""
subprocess.Popen([sys.executable, "-c", held], start_new_session=True)
sys.stdin.readline()
os._exit(4)
"#;
    let mut child = start(place.run_python(script).env("API_TOKEN", &canary));
    read_until(child.stderr.as_mut().unwrap(), "daemon ");
    let daemon: u32 = read_until(child.stderr.as_mut().unwrap(), "\n")
        .trim()
        .parse()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"end\n").unwrap();
    let ended = wait(child);
    assert_eq!(
        (ended.stdout.as_str(), ended.code),
        ("half [REDACTED:API_TOKEN]", Some(4))
    );
    assert!(runs(daemon));
    kill("-KILL", daemon);
}

#[test]
fn a_server_that_is_killed_within_an_escape_leaks_nothing() {
    let place = Place::new();
    let canary = made_up("token").replacen('-', "\"", 1);
    // The value is whole; the message is cut within the escape that follows it.
    let script = r#"
import json, os, signal
text = json.dumps({"id": 1, "result": os.environ["API_TOKEN"] + "\u00e9"})
for fd in (1, 2):
    os.write(fd, text[:text.index("\\u00e9") + 3].encode())
os.kill(os.getpid(), signal.SIGKILL)
"#;
    let ended = finish(place.run_python(script).env("API_TOKEN", &canary), "");
    assert_eq!(ended.code, Some(128 + 9));
    for text in [&ended.stdout, &ended.stderr] {
        assert!(text.contains("[REDACTED:API_TOKEN]"), "{text}");
        let found = testbed::canary::Canary::new("token", &canary).forms_in(text.as_bytes());
        assert!(found.is_empty(), "{found:?} in {text}");
    }
}

#[test]
fn half_a_secret_of_a_server_that_is_killed_is_masked() {
    let place = Place::new();
    let canary = made_up("token");
    // Not a whole value, which is known wherever it stands: three quarters of it.
    let script = r#"
import os, signal, sys
half = os.environ["API_TOKEN"][:30]
os.write(1, (sys.argv[1] + half).encode())
os.write(2, ("log: " + half).encode())
os.kill(os.getpid(), signal.SIGKILL)
"#;
    for before in [
        "",
        "text ",
        "{\"id\":1,\"result\":\"",
        "{\"id\":1}\ntext \u{e9} ",
    ] {
        let run = |command: &mut std::process::Command| {
            finish(command.arg(before).env("API_TOKEN", &canary), "")
        };
        let bare = run(std::process::Command::new("python3").args(["-u", "-c", script]));
        assert_eq!(bare.stdout, format!("{before}{}", &canary[..30]));
        let ended = run(&mut place.run_python(script));
        assert_eq!(ended.code, Some(128 + 9), "{before}");
        assert_eq!(ended.stdout, format!("{before}[REDACTED:API_TOKEN]"));
        assert!(
            ended.stderr.ends_with("log: [REDACTED:API_TOKEN]"),
            "{ended:?}"
        );
    }
}

/// In `cargo xtask deep`, which tests what is built for release, 64 MiB.
const LONG: usize = if cfg!(debug_assertions) {
    1 << 20
} else {
    64 << 20
};
/// What kz needs besides.
const BASE: usize = 48 << 20;
/// How many times its size a message takes while it is scanned, at most.
const TIMES: usize = 16;

#[test]
fn a_long_message_is_scanned_and_its_memory_is_given_back() {
    let place = Place::new();
    let canary = made_up("token");
    let script = format!(
        r#"
import os, sys
half = "x" * {}
sys.stdout.write('{{"a":"' + half + os.environ["API_TOKEN"] + half + '"}}\nnext\n')
sys.stdout.flush()
sys.stdin.readline()
"#,
        LONG / 2
    );
    let mut child = start(place.run_python(&script).env("API_TOKEN", &canary));
    let mut line = vec![0; LONG + "{\"a\":\"[REDACTED:API_TOKEN]\"}\nnext\n".len()];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut line)
        .unwrap();
    assert!(line.ends_with(b"x\"}\nnext\n"));
    assert!(memchr::memmem::find(&line, b"x[REDACTED:API_TOKEN]x").is_some());
    assert!(memchr::memmem::find(&line, canary.as_bytes()).is_none());
    let most = memory(child.id(), "VmHWM");
    println!("{} MiB: {} MiB at most", LONG >> 20, most >> 20);
    assert!(most < BASE + TIMES * LONG, "{most} bytes");
    // A server serves for days: what one message needed is free for others.
    let now = memory(child.id(), "VmRSS");
    assert!(now < BASE + LONG / 2, "{now} bytes are still held");
    drop(child.stdin.take());
    assert_eq!(wait(child).code, Some(0));
}
