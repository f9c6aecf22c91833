//! `kz redact`

use std::{
    io::{Read as _, Write as _},
    process::ExitCode,
};

use kz_engine::{Redactor, Secrets};
use kz_redact::{Mode, PatternLevel, Weak};

use crate::{
    cli::{Global, RedactArguments},
    failure::{Failure, say},
    logging,
    platform::{self, Standard},
    run::{
        self,
        sieve::{PAUSE, Sieve as _, Text},
    },
};

/// How much is read at once; a stream of any length needs no more than this and
/// what the redactor holds back.
const CHUNK: usize = 64 << 10;

/// Copies standard input to standard output without its secrets: those of the
/// manifest, if there is one, those named by `--secret`, and what looks like one.
pub(crate) fn redact(global: &Global, arguments: &RedactArguments) -> Result<ExitCode, Failure> {
    let mut options = global.open_options().manifest_optional(true);
    for secret in &arguments.secrets {
        options = options.extra(secret.name.clone(), secret.reference.clone());
    }
    let runtime = run::runtime()?;
    let secrets = runtime.block_on(logging::around(options))?;
    let redactor = if arguments.no_patterns {
        known_values_alone(&secrets)?
    } else {
        secrets.redactor().clone()
    };
    copy(&redactor)?;
    if redactor.mode() == Mode::Report {
        say(&format!(
            "report mode: nothing was masked; {} findings",
            redactor.findings()
        ));
    }
    runtime.block_on(secrets.close());
    Ok(ExitCode::SUCCESS)
}

fn copy(redactor: &Redactor) -> Result<(), Failure> {
    let open = |standard: std::io::Result<Standard>| {
        standard.map_err(|_| Failure::failed("there are no descriptors left"))
    };
    let (mut input, mut output) = (open(Standard::input())?, open(Standard::output())?);
    let mut sieve = Text::new(redactor);
    let mut chunk = vec![0; CHUNK];
    loop {
        let mut out = Vec::new();
        let paused = sieve.waits() && !platform::wait_for_input(&input, PAUSE);
        let mut ended = false;
        if paused {
            sieve.pause(&mut out);
        } else {
            match input.read(&mut chunk) {
                Ok(0) => {
                    sieve.finish(&mut out);
                    ended = true;
                }
                Ok(count) => sieve.write(&chunk[..count], &mut out),
                Err(_) => return Err(Failure::failed("standard input cannot be read")),
            }
        }
        output
            .write_all(&out)
            .map_err(|_| Failure::failed("standard output cannot be written"))?;
        if ended {
            return Ok(());
        }
    }
}

/// A redactor that knows the values and no patterns.
fn known_values_alone(secrets: &Secrets) -> Result<Redactor, Failure> {
    let redactor = Redactor::builder().patterns(PatternLevel::Off).build()?;
    for name in secrets.names() {
        if let Some(secret) = secrets.find(name.as_str())? {
            // Weak ones were accepted when they were opened, on the manifest's word.
            redactor.add_declared(name.as_str(), secret.expose_bytes(), Weak::Mask)?;
        }
    }
    Ok(redactor)
}
