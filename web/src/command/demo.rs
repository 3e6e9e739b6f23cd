//! `aikste demo fill|remove`: the demonstration city, whose people are all fictional.

use std::process::ExitCode;

use clap::Subcommand;

use super::{ConfigArgs, block_on, done};
use crate::serve::open_civic;

/// What to do with the demonstration city.
#[derive(Subcommand)]
pub enum DemoAction {
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
                let report = civic_api::demo::fill(&civic).await?;
                println!("The demonstration city stands: {report}. All its people are fictional.");
            }
            DemoAction::Remove(_) => {
                let report = civic_api::demo::remove(&civic).await?;
                println!("The demonstration city is gone: {report}.");
            }
        }
        Ok(())
    }))
}
