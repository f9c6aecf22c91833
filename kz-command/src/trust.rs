//! `kz trust PATH`

use std::{io::Write as _, process::ExitCode};

use kz_engine::Manifest;

use crate::{cli::TrustArguments, failure::Failure};

/// Pins the manifest as it is now.
pub(crate) fn trust(arguments: &TrustArguments) -> Result<ExitCode, Failure> {
    Manifest::trust(&arguments.path)?;
    let _ = writeln!(
        std::io::stdout(),
        "trusted {} as it is now",
        arguments.path.display()
    );
    Ok(ExitCode::SUCCESS)
}
