//! `aikste keys`: which keys and secrets there are, whether others could read them, and new ones in their place.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use civic_api::accounts::digest_keys::{self, Behind};
use civic_api::clock::{Clock, SystemClock};
use civic_api::log::{self, Kind};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use super::{ConfigArgs, FAILED, FAULTS, block_on, done};
use crate::config::Config;
use crate::i18n::time;
use crate::log_key;
use crate::secrets::{self, Secrets};
use crate::serve::open_civic;

/// What to do with the keys.
#[derive(Subcommand)]
pub(super) enum KeysAction {
    /// Show every key's file, since when it is, and whether others can read it. Exit code 3: they can.
    List(ConfigArgs),
    /// Put a new key in the place of one.
    Rotate(RotateArgs),
    /// Take away the key of digests before the current one, when nobody is known by it any more.
    DropOld(DropArgs),
}

#[derive(Args)]
pub(super) struct DropArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Also when somebody is: whoever that is has a new account at the next sign-in.
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Which one.
    which: Which,
}

/// A key that people ask to change.
#[derive(Clone, Copy, ValueEnum)]
enum Which {
    /// Signs join tickets and the tokens of forms. A running server takes the new one when it is started again.
    Session,
    /// Signs checkpoints of the civic log: the same as `aikste log rotate-key`.
    Log,
    /// Makes the digests of personal codes. The one before is kept beside it: everybody is digested anew at their next sign-in, the
    /// register of residents at its next import.
    Persons,
}

/// A key of this server.
struct Key {
    name: &'static str,
    path: PathBuf,
    what: &'static str,
}

fn keys(config: &Config) -> Vec<Key> {
    let secret = secret(config);
    let key = |name, path: &Path, what| Key {
        name,
        path: path.to_owned(),
        what,
    };
    let mut keys = vec![
        key(
            "secret",
            &secret,
            "sealed keys of rights; and digests of personal codes and sessions until they have a key",
        ),
        key(
            "session",
            &secrets::session_path(&secret),
            "join tickets, tokens of forms",
        ),
        key(
            "persons",
            &secrets::persons_path(&secret),
            "digests of personal codes",
        ),
        key(
            "persons-old",
            &secrets::persons_before_path(&secret),
            "the one before, while it is needed",
        ),
        key("log", &log_key::path(config), "checkpoints of the log"),
    ];
    for (name, path, what) in [
        ("tls", &config.server.key, "HTTPS"),
        (
            "viisp",
            &config.viisp.private_key,
            "questions to the state gateway",
        ),
        (
            "oidc",
            &config.oidc.client_secret_file,
            "our secret at the OpenID provider",
        ),
        (
            "eticket",
            &config.eticket.private_key,
            "questions to the card operator",
        ),
    ] {
        if !path.as_os_str().is_empty() {
            keys.push(key(name, path, what));
        }
    }
    keys
}

fn secret(config: &Config) -> PathBuf {
    config.data.dir.join("secret.key")
}

pub(super) fn run(action: &KeysAction) -> ExitCode {
    let args = match action {
        KeysAction::List(args) => args,
        KeysAction::Rotate(args) => &args.config,
        KeysAction::DropOld(args) => &args.config,
    };
    let config = match args.load_valid() {
        Ok(config) => config,
        Err(code) => return code,
    };
    match action {
        KeysAction::List(_) => list(&config),
        KeysAction::Rotate(args) => rotate(&config, args.which),
        KeysAction::DropOld(args) => drop_old(&config, args.force),
    }
}

fn list(config: &Config) -> ExitCode {
    let mut faults = 0;
    for Key { name, path, what } in keys(config) {
        let state = match state(&path) {
            Ok(Some((since, true))) => format!("since {since}, read by its owner only"),
            Ok(Some((since, false))) => {
                faults += 1;
                format!("since {since}, OTHERS CAN READ IT: chmod 600")
            }
            Ok(None) => "none yet".to_owned(),
            Err(e) => {
                faults += 1;
                e.to_string()
            }
        };
        println!("{name}: {} ({what}): {state}", path.display());
    }
    match block_on(behind(config)) {
        Ok(None) => {}
        Ok(Some(behind)) => println!("Still known by persons-old only: {}", said(behind)),
        Err(e) => {
            eprintln!("aikste: {e:#}");
            return ExitCode::from(FAILED);
        }
    }
    if faults == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAULTS)
    }
}

/// Since which day a file is what it is, and whether only its owner can read it.
fn state(path: &Path) -> std::io::Result<Option<(String, bool)>> {
    let written = match std::fs::metadata(path) {
        Ok(facts) => facts.modified()?,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let written = Timestamp::try_from(written).unwrap_or_else(|_| SystemClock.now());
    let since = time::in_city(written).date().to_string();
    Ok(Some((since, secrets::is_private(path)?)))
}

/// Who still needs the key of digests before the current one; `None`: there is no such key.
async fn behind(config: &Config) -> anyhow::Result<Option<Behind>> {
    if !secret(config).is_file() {
        return Ok(None);
    }
    let secrets = Secrets::load_or_create(&secret(config))?;
    if !secrets.has_persons_before() {
        return Ok(None);
    }
    let civic = open_civic(config).await?;
    let counted = digest_keys::behind(&civic, secrets.digester().key()).await;
    Ok(Some(counted?))
}

fn said(behind: Behind) -> String {
    let Behind {
        ways,
        residents,
        given,
    } = behind;
    format!(
        "{ways} ways of signing in, {residents} residents of the register; \
         open rights given to people who were erased, by whichever key: {given}"
    )
}

fn drop_old(config: &Config, force: bool) -> ExitCode {
    let dropped = block_on(async {
        let Some(behind) = behind(config).await? else {
            return Ok("There is no key to drop.".to_owned());
        };
        if !behind.is_none() && !force {
            anyhow::bail!(
                "the key is still needed: {}. Nothing was changed; --force drops it all the same",
                said(behind)
            );
        }
        let civic = open_civic(config).await?;
        digest_keys::forget_before(&civic).await?;
        Secrets::drop_persons_before(&secret(config))?;
        recorded(config, Kind::KeyDropped, "persons-old").await?;
        Ok("The key before is dropped. Start the server again.".to_owned())
    });
    done(dropped.map(|words| println!("{words}")))
}

fn rotate(config: &Config, which: Which) -> ExitCode {
    match which {
        Which::Session => done(block_on(async {
            Secrets::rotate_session(&secret(config))?;
            recorded(config, Kind::KeyRotated, "session").await?;
            println!(
                "There is a new key of sessions. Start the server again: then tickets and forms from before are no good any more."
            );
            Ok(())
        })),
        Which::Log => done(block_on(async {
            let civic = open_civic(config).await?;
            let key = log_key::rotate(&civic, config).await?;
            println!("New checkpoints are signed with {key}");
            Ok(())
        })),
        Which::Persons => done(block_on(async {
            Secrets::rotate_persons(&secret(config))?;
            recorded(config, Kind::KeyRotated, "persons").await?;
            println!(
                "There is a new key of digests, and the one before is kept. Start the server again, then import the register of residents \
                 again; `aikste keys list` says who is known by the old one only."
            );
            Ok(())
        })),
    }
}

/// Puts the change into the civic log. After the deed: the log never tells of one that failed.
async fn recorded(config: &Config, kind: Kind, which: &str) -> anyhow::Result<()> {
    let tell = async {
        let civic = open_civic(config).await?;
        anyhow::Ok(log::key_changed(&civic, kind, which).await?)
    };
    tell.await
        .with_context(|| format!("the key {which} is changed, but the civic log could not be told"))
}
