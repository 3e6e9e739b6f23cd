//! `aikste residents import`: reads an extract of the population register, whole or not at all.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use civic_api::identity::person::Digester;
use civic_api::residence::extract::{self, Extract, Fault};
use civic_api::residence::{self, Imported};
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{ConfigArgs, FAILED, FAULTS, block_on};
use crate::i18n::time;
use crate::secrets::Secrets;
use crate::serve::open_civic;

/// What to do with the register of residents.
#[derive(Subcommand)]
pub(super) enum ResidentsAction {
    /// Read an extract of the population register (CSV: asmens_kodas, seniunijos_kodas, data) in the place of the one before.
    Import(ImportArgs),
}

#[derive(Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The extract: UTF-8 or windows-1257, with ; or , between the columns.
    file: PathBuf,
    /// Only say what would change.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(action: &ResidentsAction) -> ExitCode {
    let ResidentsAction::Import(args) = action;
    let config = match args.config.load_valid() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let done = block_on(async {
        let civic = open_civic(&config).await?;
        let secrets = Secrets::load_or_create(&config.data.dir.join("secret.key"))?;
        let today = time::in_city(civic.now()).date();
        let Some(extract) = read(&args.file, &secrets.digester(), today)? else {
            return Ok(None);
        };
        let imported = residence::import(&civic, &extract, args.dry_run).await?;
        Ok(Some((extract.on, imported)))
    });
    match done {
        Ok(Some((on, imported))) => {
            println!("{}", said(on, &imported, args.dry_run));
            ExitCode::SUCCESS
        }
        Ok(None) => ExitCode::from(FAULTS),
        Err(e) => {
            eprintln!("aikste: {e:#}");
            ExitCode::from(FAILED)
        }
    }
}

/// Every bad line is printed; with any, there is no extract.
fn read(path: &Path, digester: &Digester, today: Date) -> anyhow::Result<Option<Extract>> {
    let name = path.display();
    let file = File::open(path).with_context(|| name.to_string())?;
    let mut faults = 0_u64;
    let tell = |Fault { line, reason }| {
        faults += 1;
        eprintln!("{name}:{line}: {reason}");
    };
    let extract = extract::read(BufReader::new(file), digester, today, tell)
        .with_context(|| name.to_string())?;
    if extract.is_none() {
        eprintln!("aikste: {faults} lines are wrong; nothing was imported");
    }
    Ok(extract)
}

fn said(on: Date, imported: &Imported, dry: bool) -> String {
    let Imported {
        residents,
        added,
        changed,
        removed,
        confirmed,
    } = imported;
    let begin = if dry {
        "Nothing was imported. The extract"
    } else {
        "Imported. The extract"
    };
    format!(
        "{begin} of {on} has {residents} residents: {added} added, {changed} moved, {removed} no longer in it; \
         accounts with a confirmed residence: {confirmed}"
    )
}
