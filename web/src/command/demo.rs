//! `aikste demo fill|remove`: the demonstration city, whose people are all fictional.

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use civic_api::demo;
use clap::Subcommand;

use super::{ConfigArgs, block_on, done};
use crate::serve::open_civic;

/// What to do with the demonstration city.
#[derive(Subcommand)]
pub(super) enum DemoAction {
    /// Put it in; what is there already stays.
    Fill(ConfigArgs),
    /// Take it out again, people and all.
    Remove(ConfigArgs),
}

pub(super) fn run(action: &DemoAction) -> ExitCode {
    let (DemoAction::Fill(args) | DemoAction::Remove(args)) = action;
    let config = match args.load_valid() {
        Ok(config) => config,
        Err(code) => return code,
    };
    done(block_on(async {
        let civic = open_civic(&config).await?;
        match action {
            DemoAction::Fill(_) => {
                let filled = demo::fill(&civic.db, civic.clock.as_ref()).await?;
                println!(
                    "The demonstration city stands: {} new people, {} new receptions. All its people are fictional.",
                    filled.accounts, filled.conferences
                );
            }
            DemoAction::Remove(_) => {
                let removed = demo::remove(&civic.db, civic.clock.as_ref()).await?;
                for recording in &removed.recordings {
                    delete_media(&config.media_dir().join(recording.to_string()))?;
                }
                println!(
                    "The demonstration city is gone: {} people, {} receptions, {} recordings.",
                    removed.accounts,
                    removed.conferences,
                    removed.recordings.len()
                );
            }
        }
        Ok(())
    }))
}

/// Deletes a recording's folder; one that is not there was never written.
fn delete_media(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(e).with_context(|| folder.display().to_string())
        }
        _ => Ok(()),
    }
}
