//! Servers that others wrote, from npm and unmodified, with kz in front and without.
//!
//! Every setup is run bare first: its canary must arrive, on the stream that the setup
//! names. Then it is run under `kz run`, with the secret inherited and with the secret
//! granted by a manifest: no canary may be found, in any form, on stdout, on stderr or in
//! any message, decoded or not. All else must be as it was: the same answers under the
//! same ids, and every line that held no canary byte for byte the same. Where there is
//! nothing to hide both streams are the same bytes as a whole.
//!
//! The programs are named by `KZ_TEST_…` variables, which `cargo xtask test` sets.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod compare;
mod servers;
mod session;

use testbed::postgres::Postgres;
use testbed::redis::Redis;
use testbed::require;

use crate::compare::{check_bare, check_guarded};
use crate::servers::{Setup, everything, github, named, postgres, redis, script};
use crate::session::{Programs, Way, run};

#[test]
fn redis_prints_its_address_even_when_all_is_well() {
    let Some(closed) = require("Redis", Redis::start()) else {
        return;
    };
    let Some(open) = require("Redis", Redis::start_open()) else {
        return;
    };
    all_hold(&redis::setups(&closed, &open));
}

#[test]
fn postgres_prints_an_address_that_it_cannot_read() {
    let Some(database) = require("PostgreSQL", Postgres::start()) else {
        return;
    };
    all_hold(&postgres::setups(&database));
}

#[test]
fn github_answers_with_a_token_that_it_cannot_send() {
    all_hold(&github::setups(&github::Api::start()));
}

#[test]
fn everything_answers_with_its_environment() {
    all_hold(&everything::setups());
}

fn all_hold(setups: &[Setup]) {
    let mut faults = Vec::new();
    for setup in setups {
        let (Some(kz), Some(script)) = (named("KZ_TEST_KZ"), script(setup.server)) else {
            return;
        };
        let programs = Programs { kz, script };
        let bare = run(setup, &programs, Way::Bare);
        faults.extend(check_bare(setup, &bare));
        let ways: &[Way] = match setup.secret {
            Some(_) => &[Way::Inherited, Way::Granted],
            None => &[Way::Inherited],
        };
        for &way in ways {
            let guarded = run(setup, &programs, way);
            faults.extend(check_guarded(setup, &bare, &guarded, way));
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
