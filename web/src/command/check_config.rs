//! `aikste check-config`: says what is wrong with the configuration, all of it, or prints what is in force.

use std::process::ExitCode;

use super::{ConfigArgs, MISTAKEN};

pub(super) fn run(args: &ConfigArgs) -> ExitCode {
    let config = match args.load() {
        Ok(config) => config,
        Err(mistake) => {
            eprintln!("{mistake}");
            return ExitCode::from(MISTAKEN);
        }
    };
    let mistakes = config.mistakes();
    for mistake in &mistakes {
        eprintln!("{mistake}");
    }
    if !mistakes.is_empty() {
        return ExitCode::from(MISTAKEN);
    }
    let mut shown = config;
    if shown.data.database.contains('@') {
        // A password may stand in the URL; it is not for the screen.
        shown.data.database = "postgres://…".into();
    }
    if !shown.turn.secret.is_empty() {
        shown.turn.secret = "…".into();
    }
    match toml::to_string(&shown) {
        Ok(text) => print!("{text}"),
        Err(e) => eprintln!("aikste: {e}"),
    }
    eprintln!("The configuration is right.");
    ExitCode::SUCCESS
}
