//! The binary's commands. Exit codes: 0 done; 1 it failed; 2 the command line or the configuration is wrong;
//! 3 a check found faults.

mod admin;
mod check_config;
mod demo;
mod log;
mod media;
mod ticket;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Mistake};

/// Exit code: it failed.
pub const FAILED: u8 = 1;
/// Exit code: the command line or the configuration is wrong.
pub const MISTAKEN: u8 = 2;
/// Exit code: a check found faults.
pub const FAULTS: u8 = 3;

#[derive(Parser)]
#[command(
    name = "aikste",
    version,
    about = "Aikštė: the town square of Kaunas, online"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(ServeArgs),
    /// Explain what is wrong with the configuration, if anything.
    CheckConfig(ConfigArgs),
    /// Print a signed join ticket.
    Ticket(ticket::TicketArgs),
    /// Fill in or remove the demonstration city.
    Demo {
        #[command(subcommand)]
        action: demo::DemoAction,
    },
    /// Roles, at the machine: how a city gets its first administrator.
    Admin {
        #[command(subcommand)]
        action: admin::AdminAction,
    },
    /// The civic log.
    Log {
        #[command(subcommand)]
        action: log::LogAction,
    },
    /// The recordings.
    Media {
        #[command(subcommand)]
        action: media::MediaAction,
    },
    /// The recorder process; started by the server.
    #[command(hide = true)]
    Recorder {
        /// The socket of the server.
        #[arg(long)]
        socket: PathBuf,
        /// Where recordings lie.
        #[arg(long)]
        media_dir: PathBuf,
    },
}

/// Which configuration.
#[derive(Args, Clone, Debug)]
pub struct ConfigArgs {
    /// The configuration file (TOML); without it the defaults and the environment count.
    #[arg(long, env = "AIKSTE_CONFIG")]
    pub config: Option<PathBuf>,
    /// The data folder, instead of the configuration's.
    #[arg(long)]
    pub data: Option<PathBuf>,
}

impl ConfigArgs {
    /// The configuration with this command line's changes.
    pub fn load(&self) -> Result<Config, Mistake> {
        let mut config = Config::load(self.config.as_deref(), std::env::vars())?;
        if let Some(dir) = &self.data {
            config.data.dir.clone_from(dir);
        }
        Ok(config)
    }

    /// The configuration when every value is right; else the mistakes are printed and the exit code is given.
    pub fn load_valid(&self) -> Result<Config, ExitCode> {
        let config = self.load().map_err(|mistake| {
            eprintln!("aikste: {mistake}");
            ExitCode::from(MISTAKEN)
        })?;
        valid(config)
    }
}

fn valid(config: Config) -> Result<Config, ExitCode> {
    let mistakes = config.mistakes();
    if mistakes.is_empty() {
        return Ok(config);
    }
    for mistake in mistakes {
        eprintln!("aikste: {mistake}");
    }
    Err(ExitCode::from(MISTAKEN))
}

#[derive(Args)]
struct ServeArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Address and port of the web server, instead of the configuration's.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// UDP ports, `A-B`, instead of the configuration's.
    #[arg(long)]
    media_ports: Option<String>,
}

/// Reads the command line, does it, gives the exit code.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve(args),
        Command::CheckConfig(args) => check_config::run(&args),
        Command::Ticket(args) => ticket::run(&args),
        Command::Demo { action } => demo::run(&action),
        Command::Admin { action } => admin::run(&action),
        Command::Log { action } => log::run(&action),
        Command::Media { action } => media::run(&action),
        Command::Recorder { socket, media_dir } => {
            done(recorder::process::run(&socket, &media_dir).map_err(Into::into))
        }
    }
}

fn serve(args: ServeArgs) -> ExitCode {
    let loaded = args.config.load().map(|mut config| {
        if let Some(listen) = args.listen {
            config.server.listen = listen;
        }
        if let Some(ports) = args.media_ports {
            config.media.ports = ports;
        }
        config
    });
    let config = match loaded {
        Ok(config) => config,
        Err(mistake) => {
            eprintln!("aikste: {mistake}");
            return ExitCode::from(MISTAKEN);
        }
    };
    match valid(config) {
        Ok(config) => done(block_on(crate::serve::serve(config))),
        Err(code) => code,
    }
}

/// Runs a command that needs the asynchronous runtime.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// The exit code of a command that either works or tells why not.
fn done(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("aikste: {e:#}");
            ExitCode::from(FAILED)
        }
    }
}
