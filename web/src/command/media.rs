//! `aikste media verify`: every piece of every recording against its SHA-256, with progress.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Subcommand;

use super::{ConfigArgs, FAILED, FAULTS};

/// What to do with the recordings.
#[derive(Subcommand)]
pub(super) enum MediaAction {
    /// Check every piece against its checksum.
    Verify(ConfigArgs),
}

pub(super) fn run(action: &MediaAction) -> ExitCode {
    let MediaAction::Verify(args) = action;
    let config = match args.load_valid() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let mut progress = progress_line();
    match recorder::verify(&config.media_dir(), &mut progress) {
        Ok(report) => {
            println!(
                "{} recordings, {} pieces right, {} faults",
                report.recordings,
                report.pieces_ok,
                report.faults.len()
            );
            for fault in &report.faults {
                println!("{fault}");
            }
            if report.faults.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(FAULTS)
            }
        }
        Err(e) => {
            eprintln!("aikste: {e}");
            ExitCode::from(FAILED)
        }
    }
}

/// Prints done of total as percent, in place, when a person is watching.
pub(super) fn progress_line() -> impl FnMut(u64, u64) {
    let watched = std::io::stderr().is_terminal();
    let mut last = u64::MAX;
    move |done, total| {
        let percent = (done * 100).checked_div(total).unwrap_or(100);
        if watched && percent != last {
            last = percent;
            eprint!("\r{percent} %");
            if percent == 100 {
                eprintln!();
            }
            let _ = std::io::stderr().flush();
        }
    }
}
