//! What is left in the memory of `kz run` of a secret that passed it: nothing.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

mod common;

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::FileExt as _,
};

use common::{Place, read_until, start, wait};

/// Writes messages with a password that nobody told kz, in two pieces each, so that kz holds
/// the beginning of the line; then longer ones without. Each time, it goes on when it is told to.
const SERVER: &str = r#"
import os, sys
os.write(2, b"ready\n")
password = open(sys.argv[1]).read()
dsn = f"postgres://app:{password}@db.internal:5432/app"
for padding in (10, 3000, 30000):
    line = '{"jsonrpc":"2.0","method":"x","params":{"a":"%s","b":"%s"}}\n' % (dsn, "y" * padding)
    os.write(1, line[:-5].encode())
    sys.stdin.readline()
    os.write(1, line[-5:].encode())
    sys.stdin.readline()
clean = '{"jsonrpc":"2.0","method":"x","params":"%s"}\n' % ("z" * 65000)
for _ in range(4):
    os.write(1, clean.encode())
    sys.stdin.readline()
"#;

#[test]
fn a_secret_that_was_masked_is_gone() {
    let place = Place::new();
    let password = common::made_up("password");
    let dsn = format!("postgres://app:{password}@db.internal:5432/app");
    let file = place.path("password");
    fs::write(&file, &password).unwrap();
    let mut child = start(place.run_python(SERVER).arg(&file));
    // From then on kz is what it is.
    read_until(child.stderr.as_mut().unwrap(), "ready\n");
    if !may_look_at(child.id()) {
        drop(child.stdin.take());
        wait(child);
        return;
    }
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for _ in 0..3 {
        // Until kz has read it: then it waits for the rest of the line.
        let held = common::wait_until(common::DEADLINE, || {
            holds(child.id(), password.as_bytes()).then_some(())
        });
        assert!(held.is_some(), "this test could not fail");
        writeln!(stdin).unwrap();
        let line = read_until(&mut stdout, "\n");
        assert!(line.contains("[REDACTED:"), "{line}");
        // What was read is wiped, though nothing has been read since in its place.
        assert!(!holds(child.id(), dsn.as_bytes()));
        writeln!(stdin).unwrap();
    }
    // Without optimisation, what was compared last is on the stack until more is read.
    for _ in 0..3 {
        read_until(&mut stdout, "\n");
        writeln!(stdin).unwrap();
    }
    read_until(&mut stdout, "\n");
    assert!(!holds(child.id(), password.as_bytes()));
    drop(stdin);
    assert_eq!(wait(child).code, Some(0));
}

/// kz lets nobody but root look at its memory. Where all tests must run, somebody can.
fn may_look_at(process: u32) -> bool {
    let look = File::open(format!("/proc/{process}/mem"));
    assert!(
        look.is_ok() || std::env::var_os("KZ_REQUIRE_BACKENDS").is_none(),
        "run the tests as root: {look:?}"
    );
    if look.is_err() {
        eprintln!("SKIPPED: only root may look at the memory of kz");
    }
    look.is_ok()
}

/// Whether a process holds the text, in whatever it may write to.
fn holds(process: u32, text: &[u8]) -> bool {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    maps.lines().any(|line| {
        let (range, rest) = line.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).unwrap());
        if !rest.starts_with("rw") {
            return false;
        }
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // Some pages cannot be read.
        memory.read_exact_at(&mut bytes, from).is_ok()
            && memchr::memmem::find(&bytes, text).is_some()
    })
}
