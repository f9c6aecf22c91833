//! How a server under `kz run` starts and ends: exit status, signals, and
//! nothing left behind.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    io::Write as _,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    process::Child,
};

use common::{Place, assert_ends, finish, kill, read_until, runs, start, wait};

#[test]
fn the_exit_status_is_the_servers() {
    let place = Place::new();
    for (script, code) in [
        ("exit 0", 0),
        ("exit 1", 1),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -9 $$", 128 + 9),
        ("kill -TERM $$", 128 + 15),
        ("kill -SEGV $$", 128 + 11),
    ] {
        let ended = finish(&mut place.run_script(script), "");
        assert_eq!(ended.code, Some(code), "{script}: {}", ended.stderr);
    }
}

#[test]
fn a_command_that_cannot_be_started_has_a_shells_status() {
    let place = Place::new();
    let plain = place.path("plain");
    std::fs::write(&plain, "text").unwrap();
    for (command, code) in [("kz-no-such-command", 127), (plain.to_str().unwrap(), 126)] {
        let ended = finish(&mut place.kz(&["run", "--", command]), "");
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(
            ended.stderr.starts_with("kz: cannot start "),
            "{}",
            ended.stderr
        );
    }
}

/// A server that says `ready PID`, then waits for its input to end.
fn ready(child: &mut Child) -> u32 {
    let stdout = child.stdout.as_mut().unwrap();
    read_until(stdout, "ready ");
    read_until(stdout, "\n").trim().parse().unwrap()
}

#[test]
fn signals_reach_the_server_once() {
    let place = Place::new();
    for (signal, number) in [("TERM", 15), ("INT", 2), ("HUP", 1), ("QUIT", 3)] {
        // A server that handles it.
        let script = format!(
            "trap 'echo caught; exit 5' {signal}; echo ready $$; while :; do sleep 0.01; done"
        );
        let mut child = start(&mut place.run_script(&script));
        ready(&mut child);
        kill(&format!("-{signal}"), child.id());
        let ended = wait(child);
        assert_eq!(ended.code, Some(5), "{signal}");
        assert_eq!(ended.stdout, "caught\n", "{signal}");
        // One that does not.
        let mut child = start(&mut place.run_script("echo ready $$; exec sleep 600"));
        ready(&mut child);
        kill(&format!("-{signal}"), child.id());
        assert_eq!(wait(child).code, Some(128 + number), "{signal}");
    }
}

#[test]
fn a_signal_that_kz_was_told_to_ignore_stays_ignored() {
    let place = Place::new();
    let kz = env!("CARGO_BIN_EXE_kz");
    let mut child = start(
        std::process::Command::new("sh")
            .args([
                "-c",
                "trap '' HUP; exec \"$0\" run -- sh -c 'echo ready $$; cat; exit 3'",
                kz,
            ])
            .current_dir(place.path("work"))
            .env("HOME", place.path("home")),
    );
    ready(&mut child);
    kill("-HUP", child.id());
    drop(child.stdin.take());
    assert_eq!(wait(child).code, Some(3));
}

#[test]
fn the_end_of_input_reaches_the_server_and_kz_waits_for_it() {
    let place = Place::new();
    let ended = finish(
        &mut place.run_script("cat >/dev/null; sleep 0.2; echo late; exit 4"),
        "input",
    );
    assert_eq!((ended.stdout.as_str(), ended.code), ("late\n", Some(4)));
}

#[test]
fn nothing_is_left_when_the_server_ends() {
    let place = Place::new();
    let ended = finish(&mut place.run_script("sleep 600 & echo $!"), "");
    assert_eq!(ended.code, Some(0));
    assert_ends(ended.stdout.trim().parse().unwrap());
    // One that does not listen.
    let ended = finish(
        &mut place.run_script("(trap '' TERM; while :; do sleep 0.05; done) & echo $!"),
        "",
    );
    assert_ends(ended.stdout.trim().parse().unwrap());
}

#[test]
fn nothing_is_left_when_kz_is_killed() {
    let place = Place::new();
    // What npx does: the server is the child of a child, and does not look at its input.
    let script = "(trap '' TERM HUP; echo inner $(exec sh -c 'echo $PPID'); while :; do sleep 0.05; done) & echo ready $$; wait";
    let mut child = start(&mut place.run_script(script));
    let stdout = child.stdout.as_mut().unwrap();
    let (mut inner, mut outer) = (None, None);
    while inner.is_none() || outer.is_none() {
        let line = read_until(stdout, "\n");
        let (what, process) = line.trim().split_once(' ').unwrap();
        let slot = if what == "inner" {
            &mut inner
        } else {
            &mut outer
        };
        *slot = Some(process.parse::<u32>().unwrap());
    }
    let (inner, outer) = (inner.unwrap(), outer.unwrap());
    assert!(runs(inner) && runs(outer));
    // kz's second process must be there too: it ends the inner one.
    let kz = child.id();
    let helpers = common::wait_until(common::DEADLINE, || {
        let tree = testbed::processes::tree(kz);
        tree.iter()
            .find(|process| process.command_line.starts_with(b"kz\0__watch\0"))
            .map(|process| process.pid)
    });
    let helper = helpers.expect("kz's second process runs");
    kill("-KILL", kz);
    wait(child);
    assert_ends(outer);
    assert_ends(inner);
    assert_ends(helper);
}

#[test]
fn a_client_that_is_gone_ends_the_server() {
    let place = Place::new();
    let mut child = start(
        &mut place
            .run_script("trap '' PIPE; echo ready $$; while :; do echo line; sleep 0.01; done"),
    );
    let server = ready(&mut child);
    drop(child.stdout.take());
    wait(child);
    assert_ends(server);
}

#[test]
fn a_server_that_closes_its_input_lets_the_client_see_it() {
    let place = Place::new();
    let mut child = start(&mut place.run_script("exec <&-; echo ready $$; exec sleep 600"));
    ready(&mut child);
    let mut stdin = child.stdin.take().unwrap();
    let refused = common::wait_until(common::DEADLINE, || stdin.write_all(b"x\n").err());
    assert_eq!(
        refused.map(|error| error.kind()),
        Some(std::io::ErrorKind::BrokenPipe)
    );
    kill("-TERM", child.id());
    assert_eq!(wait(child).code, Some(128 + 15));
}

#[test]
fn a_daemon_that_left_the_group_does_not_hold_kz_up() {
    let place = Place::new();
    let ended = finish(
        &mut place.run_script("setsid sleep 600 & echo $!; printf 'last words' >&2; exit 3"),
        "",
    );
    assert_eq!(ended.code, Some(3));
    assert!(ended.stderr.ends_with("last words"), "{}", ended.stderr);
    // It asked to be left alone, and was: it is ours to end.
    let daemon: u32 = ended.stdout.trim().parse().unwrap();
    assert!(runs(daemon));
    kill("-KILL", daemon);
}

#[test]
fn nobody_of_the_same_user_can_look_into_kz() {
    let place = Place::new();
    let mut command = place.run_script("echo ready $$; cat");
    let own = std::fs::metadata("/proc/self").unwrap().uid();
    if own == 0 {
        // Root may look into everything: take another user, who may enter here.
        const NOBODY: u32 = 65_534;
        let root = place.path("work").parent().unwrap().to_owned();
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut child = start(&mut command);
    let server = ready(&mut child);
    // A process that may not be dumped belongs to root in the process table; one
    // that may, such as the server, belongs to its user.
    let owner = |process: u32| {
        std::fs::metadata(format!("/proc/{process}/environ"))
            .unwrap()
            .uid()
    };
    assert_eq!(owner(child.id()), 0);
    assert_ne!(owner(server), 0, "this test could not fail");
    drop(child.stdin.take());
    assert_eq!(wait(child).code, Some(0));
}
