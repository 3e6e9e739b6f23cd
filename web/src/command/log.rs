//! `aikste log verify`: recomputes the civic log's chain from its first record to its last.

use std::process::ExitCode;

use civic_api::log::{self, Verdict};
use clap::Subcommand;

use super::media::progress_line;
use super::{ConfigArgs, FAILED, FAULTS, block_on};
use crate::serve::open_civic;

/// What to do with the civic log.
#[derive(Subcommand)]
pub(super) enum LogAction {
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
        let verdict =
            log::verify(&civic.db, |done, total| progress(count(done), count(total))).await?;
        Ok(verdict)
    });
    match verified {
        Ok(Verdict::Whole(head)) => {
            println!("{} records, the chain is whole", head.seq);
            ExitCode::SUCCESS
        }
        Ok(Verdict::Broken(at)) => {
            println!("record {}: {:?}", at.seq, at.fault);
            ExitCode::from(FAULTS)
        }
        Err(e) => {
            eprintln!("aikste: {e:#}");
            ExitCode::from(FAILED)
        }
    }
}

fn count(records: i64) -> u64 {
    u64::try_from(records).unwrap_or_default()
}
