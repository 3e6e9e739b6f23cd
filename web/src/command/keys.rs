//! `aikste keys`: which keys and secrets there are, whether others could read them, and new ones in their place.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use civic_api::clock::{Clock, SystemClock};
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
    /// Makes the digests of personal codes: cannot be changed; says why, and what to do.
    Persons,
}

/// Said to whoever asks for the impossible.
const PERSONS: &str = "the key of the digests of personal codes cannot be changed: the codes are not kept, so nothing can be digested \
     anew. Nothing was changed. docs/OPERATIONS.md, \"Keys\", says what to do when secret.key has become known.";

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
            "digests of personal codes, sealed keys of rights; and sessions until they have a key",
        ),
        key(
            "session",
            &secrets::session_path(&secret),
            "join tickets, tokens of forms",
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
    };
    let config = match args.load_valid() {
        Ok(config) => config,
        Err(code) => return code,
    };
    match action {
        KeysAction::List(_) => list(&config),
        KeysAction::Rotate(args) => rotate(&config, args.which),
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

fn rotate(config: &Config, which: Which) -> ExitCode {
    match which {
        Which::Session => done(Secrets::rotate_session(&secret(config)).map(|()| {
            println!(
                "There is a new key of sessions. Start the server again: then tickets and forms from before are no good any more."
            );
        })),
        Which::Log => done(block_on(async {
            let civic = open_civic(config).await?;
            let key = log_key::rotate(&civic, config).await?;
            println!("New checkpoints are signed with {key}");
            Ok(())
        })),
        Which::Persons => {
            eprintln!("aikste: {PERSONS}");
            ExitCode::from(FAILED)
        }
    }
}
