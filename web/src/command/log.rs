//! `aikste log`: checks the civic log from its first record to its last, writes it out, changes its key.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use civic_api::Db;
use civic_api::log::note::{self, Checkpoint, VerifierKey};
use civic_api::log::{self, Verdict};
use clap::{Args, Subcommand};

use super::media::progress_line;
use super::{ConfigArgs, FAILED, FAULTS, block_on, done};
use crate::log_key;
use crate::serve::open_civic;

/// What to do with the civic log.
#[derive(Subcommand)]
pub(super) enum LogAction {
    /// Recompute every hash, and compare with the signed checkpoints.
    Verify(VerifyArgs),
    /// Write the log out, one record a line (JSON).
    Export(ExportArgs),
    /// Print the newest signed checkpoint: keep it, and nobody can rewrite the log behind your back.
    Checkpoint(ConfigArgs),
    /// Sign checkpoints with a new key from now on.
    RotateKey(ConfigArgs),
}

#[derive(Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// An export to check, anywhere and offline; without it the database is checked.
    file: Option<PathBuf>,
    /// A checkpoint that was kept: the log must begin with what it speaks of.
    #[arg(long, requires = "key")]
    checkpoint: Option<PathBuf>,
    /// The key that has signed it, as `/api/v1/log/keys` shows it.
    #[arg(long, requires = "checkpoint")]
    key: Option<String>,
}

#[derive(Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Where to; without it to the standard output.
    #[arg(long)]
    output: Option<PathBuf>,
}

pub(super) fn run(action: &LogAction) -> ExitCode {
    match action {
        LogAction::Verify(args) => verify(args),
        LogAction::Export(args) => with_database(&args.config, async |db, _| match &args.output {
            Some(path) => {
                let file = File::create(path).with_context(|| path.display().to_string())?;
                export(db, file).await
            }
            None => export(db, std::io::stdout()).await,
        }),
        LogAction::Checkpoint(args) => with_database(args, async |db, _| {
            let newest = log::checkpoint(db).await?;
            print!("{}", newest.context("nothing is signed yet")?.note);
            Ok(())
        }),
        LogAction::RotateKey(args) => {
            let config = match args.load_valid() {
                Ok(config) => config,
                Err(code) => return code,
            };
            done(block_on(async {
                let civic = open_civic(&config).await?;
                let key = log_key::rotate(&civic, &config).await?;
                println!("New checkpoints are signed with {key}");
                Ok(())
            }))
        }
    }
}

fn with_database(
    args: &ConfigArgs,
    work: impl AsyncFnOnce(&Db, &Path) -> anyhow::Result<()>,
) -> ExitCode {
    let config = match args.load_valid() {
        Ok(config) => config,
        Err(code) => return code,
    };
    done(block_on(async {
        let civic = open_civic(&config).await?;
        work(&civic.db, &config.data.dir).await
    }))
}

async fn export(db: &Db, to: impl Write) -> anyhow::Result<()> {
    let mut to = BufWriter::new(to);
    let mut seq = 0;
    loop {
        let page = log::after(db, seq, log::PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(to.flush()?);
        };
        seq = last.seq;
        for record in &page {
            to.write_all(log::line(record).as_bytes())?;
        }
    }
}

fn verify(args: &VerifyArgs) -> ExitCode {
    let kept = match kept_checkpoint(args) {
        Ok(kept) => kept,
        Err(e) => {
            eprintln!("aikste: {e:#}");
            return ExitCode::from(FAULTS);
        }
    };
    let verified = match &args.file {
        Some(file) => verify_file(file, &kept),
        None => match args.config.load_valid() {
            Ok(config) => block_on(async {
                let civic = open_civic(&config).await?;
                verify_database(&civic.db, kept).await
            }),
            Err(code) => return code,
        },
    };
    match verified {
        Ok(Verdict::Whole(sum)) => {
            println!("{} records, the chain is whole", sum.seq);
            println!("root {}", hex::encode(sum.root));
            ExitCode::SUCCESS
        }
        Ok(Verdict::Broken(at)) => {
            println!("record {}: {}", at.seq, at.fault);
            ExitCode::from(FAULTS)
        }
        Err(e) => {
            eprintln!("aikste: {e:#}");
            ExitCode::from(FAILED)
        }
    }
}

/// The checkpoint on the command line, its signature checked.
fn kept_checkpoint(args: &VerifyArgs) -> anyhow::Result<Vec<Checkpoint>> {
    let (Some(path), Some(key)) = (&args.checkpoint, &args.key) else {
        return Ok(Vec::new());
    };
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let key = VerifierKey::parse(key).context("--key")?;
    let checkpoint = note::open(&text, &[key]).with_context(|| path.display().to_string())?;
    Ok(vec![checkpoint])
}

fn verify_file(file: &Path, kept: &[Checkpoint]) -> anyhow::Result<Verdict> {
    let open = || -> std::io::Result<_> {
        let file = File::open(file)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    };
    let (file, size) = open().with_context(|| file.display().to_string())?;
    let mut progress = progress_line();
    Ok(log::verify_lines(BufReader::new(file), kept, |read| {
        progress(read, size);
    })?)
}

async fn verify_database(db: &Db, mut kept: Vec<Checkpoint>) -> anyhow::Result<Verdict> {
    match log::signed(db).await? {
        Ok(signed) => kept.extend(signed),
        Err(size) => {
            anyhow::bail!("the stored checkpoint of {size} records is not signed by a known key")
        }
    }
    let mut progress = progress_line();
    Ok(log::verify(db, &kept, |done, total| progress(count(done), count(total))).await?)
}

fn count(records: i64) -> u64 {
    u64::try_from(records).unwrap_or_default()
}
