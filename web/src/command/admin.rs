//! `aikste admin`: roles, at the machine. This is how a city gets its first administrator.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use civic_api::identity::person::{Digester, PersonalCode};
use civic_api::roles::{self, By, Scope};
use civic_api::{AccountId, Civic, GrantId, Language, Role};
use clap::{Args, Subcommand};

use super::{ConfigArgs, block_on, done};
use crate::config::Config;
use crate::secrets::Secrets;
use crate::serve::open_civic;

/// What to do with roles.
#[derive(Subcommand)]
pub(super) enum AdminAction {
    /// Give somebody a role.
    Grant(GrantArgs),
    /// Take a role from somebody.
    Take(TakeArgs),
    /// Say who has which role.
    List(ConfigArgs),
    /// Print what each role may do, as docs/SECURITY.md shows it.
    Table,
}

#[derive(Args)]
pub(super) struct GrantArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Whose account: its number, as its owner sees it on /paskyra.
    #[arg(
        long,
        conflicts_with = "identity",
        required_unless_present = "identity"
    )]
    account: Option<AccountId>,
    /// Instead of it a file with the personal code of who has signed in; `-`: standard input.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Which role.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Where it counts: `city`, `receptions`, `counter`, or `conference/ID`.
    #[arg(long, default_value = "city", value_parser = scope)]
    scope: Scope,
    /// Why; administrators and the person see it.
    #[arg(long)]
    reason: String,
}

#[derive(Args)]
pub(super) struct TakeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Which giving of a role, as `aikste admin grant` has printed it.
    #[arg(long)]
    grant: GrantId,
    /// Why.
    #[arg(long)]
    reason: String,
}

fn role(text: &str) -> Result<Role, String> {
    let names: Vec<_> = Role::ALL.iter().skip(1).map(|role| role.as_str()).collect();
    Role::parse(text).ok_or_else(|| format!("one of {}", names.join(", ")))
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).ok_or_else(|| "city, receptions, counter, or conference/ID".into())
}

pub(super) fn run(action: &AdminAction) -> ExitCode {
    match action {
        AdminAction::Grant(args) => with_city(&args.config, async |civic, config| {
            grant(&civic, config, args).await
        }),
        AdminAction::Take(args) => with_city(&args.config, async |civic, _| {
            roles::take(&civic, By::Operator, args.grant, &args.reason)
                .await
                .map_err(said)?;
            println!("Taken.");
            Ok(())
        }),
        AdminAction::List(args) => with_city(args, async |civic, _| {
            for (account, name, role, scope) in roles::everyone(&civic).await? {
                println!("{account}\t{}\t{scope}\t{name}", role.as_str());
            }
            Ok(())
        }),
        AdminAction::Table => {
            print!("{}", roles::rules::table());
            ExitCode::SUCCESS
        }
    }
}

fn with_city(
    args: &ConfigArgs,
    work: impl AsyncFnOnce(Civic, &Config) -> anyhow::Result<()>,
) -> ExitCode {
    let config = match args.load_valid() {
        Ok(config) => config,
        Err(code) => return code,
    };
    done(block_on(async {
        let civic = open_civic(&config).await?;
        work(civic, &config).await
    }))
}

async fn grant(civic: &Civic, config: &Config, args: &GrantArgs) -> anyhow::Result<()> {
    let account = match (args.account, &args.identity) {
        (Some(account), _) => account,
        (None, Some(file)) => {
            let secrets = Secrets::load_or_create(&config.data.dir.join("secret.key"))?;
            let digester = Digester::new(&secrets.derive("person-digest/1"));
            let key = digester.code(&personal_code(file)?);
            let found = roles::by_code(civic, &key).await;
            found
                .ok()
                .context("nobody with this personal code has signed in yet")?
        }
        (None, None) => anyhow::bail!("--account or --identity"),
    };
    let id = roles::give(
        civic,
        By::Operator,
        account,
        args.role,
        args.scope,
        &args.reason,
    )
    .await
    .map_err(said)?;
    println!("Given: {id}");
    Ok(())
}

/// Read from a file, so that it stands in no list of processes.
fn personal_code(file: &Path) -> anyhow::Result<PersonalCode> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(100).read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    }
    PersonalCode::parse(text.trim()).context("not a personal code")
}

/// A refusal in words.
fn said(error: civic_api::Error) -> anyhow::Error {
    let words = error.title(Language::En);
    anyhow::Error::new(error).context(words)
}
