//! `aikste ticket`: prints a join ticket signed with this server's key, for tests, for WHIP tools, for the operator.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use clap::Args;
use signaling::{Grant, Ticket};

use super::{ConfigArgs, done};
use crate::secrets::Secrets;

/// What the ticket says.
#[derive(Args, Clone, Debug)]
pub(super) struct TicketArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The room; ending in `*` the ticket is good for every room that begins so.
    #[arg(long)]
    room: String,
    /// What its holder may do.
    #[arg(long, value_delimiter = ',', required = true, value_parser = grant)]
    grant: Vec<Grant>,
    /// What its holder is called; without it the holder is an anonymous voice.
    #[arg(long)]
    name: Option<String>,
    /// Minutes for which it is good.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
}

fn grant(text: &str) -> Result<Grant, String> {
    match text {
        "publish" => Ok(Grant::Publish),
        "subscribe" => Ok(Grant::Subscribe),
        "host" => Ok(Grant::Host),
        _ => Err("publish, subscribe or host".into()),
    }
}

pub(super) fn run(args: &TicketArgs) -> ExitCode {
    let config = match args.config.load_valid() {
        Ok(config) => config,
        Err(code) => return code,
    };
    done((|| {
        let secrets = Secrets::load_or_create(&config.data.dir.join("secret.key"))?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .context("the clock stands before 1970")?;
        let ticket = Ticket {
            room: args.room.clone(),
            name: args.name.clone(),
            identified: None,
            account: None,
            verified: None,
            grants: args.grant.clone(),
            expires_s: now.as_secs() + args.minutes * 60,
        };
        println!("{}", secrets.ticket_key().sign(&ticket));
        Ok(())
    })())
}
