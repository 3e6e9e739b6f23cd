//! The key of the civic log: a file that only its owner reads, made at the first start; and the task that signs a
//! checkpoint soon after something was recorded. Handlers never see the key.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use civic_api::log::note::{Signer, VerifierKey};
use civic_api::log::{self, Actor};
use civic_api::{Civic, Db};

use crate::config::Config;

/// Checkpoints are at least so far apart, whatever happens between them.
const PAUSE: Duration = Duration::from_secs(10);

/// Where the key lies.
pub fn path(config: &Config) -> PathBuf {
    config.data.dir.join("log.key")
}

/// What the log calls itself in checkpoints: settled when its first key is made, and the same for all later keys.
fn origin(config: &Config) -> String {
    let url = config.public_url();
    let host = url.split("//").last().unwrap_or_default();
    format!("{}/zurnalas", host.trim_end_matches('/'))
}

/// Reads the key, or makes it (mode 0600) when there is none.
pub fn load_or_create(config: &Config) -> anyhow::Result<Signer> {
    let path = path(config);
    match fs::read_to_string(&path) {
        Ok(text) => Signer::parse(&text).with_context(|| path.display().to_string()),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let signer = fresh(&origin(config))?;
            keep(&path, &signer)?;
            Ok(signer)
        }
        Err(e) => Err(e).with_context(|| path.display().to_string()),
    }
}

fn fresh(name: &str) -> anyhow::Result<Signer> {
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed)
        .map_err(|_| anyhow::anyhow!("the system gives no randomness"))?;
    Ok(Signer::new(name, seed)?)
}

/// Writes a key beside its place and moves it there: whoever reads meets the old one or the new one, never a half.
fn keep(path: &Path, signer: &Signer) -> anyhow::Result<()> {
    let beside = path.with_extension("key.new");
    let write = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(signer.to_text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().with_context(|| path.display().to_string())
}

/// Brings in a new key. The old one still signs the record that says so; then it is gone. A running server takes the new
/// one with its next checkpoint.
pub async fn rotate(civic: &Civic, config: &Config) -> anyhow::Result<VerifierKey> {
    let old = load_or_create(config)?;
    let new = fresh(old.name())?;
    log::announce(civic, &old.verifier(), Actor::Operator).await?;
    log::announce(civic, &new.verifier(), Actor::Operator).await?;
    log::seal(civic, &old).await?;
    keep(&path(config), &new)?;
    log::seal(civic, &new).await?;
    Ok(new.verifier())
}

/// Signs a checkpoint now and whenever something was recorded, until the server ends.
pub async fn run(civic: Civic, config: std::sync::Arc<Config>) {
    let mut size = seal(&civic, &config).await;
    loop {
        wait_for_more(&civic.db, size).await;
        size = seal(&civic, &config).await.max(size);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn wait_for_more(db: &Db, size: i64) {
    let mut follower = log::follow(db, size);
    while let Err(error) = follower.next().await {
        // The follower waits by itself before it asks again.
        tracing::warn!(%error, "the log cannot be read for its next checkpoint");
    }
}

/// Answers how many records are signed.
async fn seal(civic: &Civic, config: &Config) -> i64 {
    let sealed = async {
        let signer = load_or_create(config)?;
        anyhow::Ok(log::seal(civic, &signer).await?.size)
    };
    sealed.await.unwrap_or_else(|error| {
        tracing::error!(
            error = format!("{error:#}"),
            "no checkpoint could be signed"
        );
        0
    })
}
