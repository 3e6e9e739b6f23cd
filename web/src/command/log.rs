//! `aikste log verify`: recomputes the civic log's chain from its first record to its last.

use std::process::ExitCode;

use clap::Subcommand;

use super::media::progress_line;
use super::{ConfigArgs, FAILED, FAULTS, block_on};
use crate::serve::open_civic;

/// What to do with the civic log.
#[derive(Subcommand)]
pub enum LogAction {
    /// Recompute the chain and compare.
    Verify(ConfigArgs),
}

pub(super) fn run(action: &LogAction) -> ExitCode {
    let LogAction::Verify(args) = action;
    let config = match args.load_valid() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let verified = block_on(async {
        let civic = open_civic(&config).await?;
        let mut progress = progress_line();
        Ok(civic_api::log::verify(&civic.db, &mut progress).await?)
    });
    match verified {
        Ok(report) => match &report.fault {
            None => {
                println!("{} records, the chain is whole", report.records);
                ExitCode::SUCCESS
            }
            Some(fault) => {
                println!("{} records right, then: {fault}", report.records);
                ExitCode::from(FAULTS)
            }
        },
        Err(e) => {
            eprintln!("aikste: {e:#}");
            ExitCode::from(FAILED)
        }
    }
}
