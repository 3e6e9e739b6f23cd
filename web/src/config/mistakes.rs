//! What is wrong with a configuration's values, in words that say what to do.

use std::fs;

use super::{Config, MIN_TOKEN, Mistake, Tls};

impl Config {
    /// Everything that is wrong with the values, not only the first thing.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut wrong = |key: &str, what: String| {
            found.push(Mistake {
                key: key.into(),
                what,
            })
        };
        if self.server.tls == Tls::Files {
            for (key, path) in [
                ("server.certificate", &self.server.certificate),
                ("server.key", &self.server.key),
            ] {
                match fs::metadata(path) {
                    _ if path.as_os_str().is_empty() => {
                        wrong(key, "needed because server.tls is \"files\"".into())
                    }
                    Ok(_) => {}
                    Err(e) => wrong(key, format!("{}: {e}", path.display())),
                }
            }
        }
        if !self.server.listen.ip().is_loopback() && !self.server.is_https() {
            wrong(
                "server.tls",
                "browsers give no camera to plain HTTP outside localhost: set \"files\" or \"self-signed\", or \
                 server.behind_https_proxy = true when a proxy in front speaks HTTPS"
                    .into(),
            );
        }
        let database = &self.data.database;
        if database != "sqlite"
            && !database.starts_with("sqlite:")
            && !database.starts_with("postgres://")
        {
            wrong(
                "data.database",
                "\"sqlite\" or a URL that begins with postgres://".into(),
            );
        }
        if let Err(mistake) = self.media_ports() {
            wrong("media.ports", mistake.what);
        }
        if self.media.shards > sfu::MAX_SHARDS {
            let most = sfu::MAX_SHARDS;
            wrong(
                "media.shards",
                format!("at most {most}; 0: one for each core"),
            );
        }
        if self.media.max_participants == 0 || self.media.max_seats == 0 {
            wrong("media.max_participants", "no one could join with 0".into());
        }
        self.reach_mistakes(&mut wrong);
        // With any key: only whether the ways of signing in can be set up.
        if let Ok(secrets) = crate::secrets::Secrets::from_bytes(&[0; 32])
            && let Err(mistake) = crate::ways::ways(self, &secrets)
        {
            wrong(&mistake.key, mistake.what);
        }
        if let Err(mistake) = self.metrics.address() {
            wrong("metrics.listen", mistake.what);
        }
        if (1..MIN_TOKEN).contains(&self.metrics.token.len()) {
            wrong(
                "metrics.token",
                format!("at least {MIN_TOKEN} characters, or it can be guessed"),
            );
        }
        if let Err(e) = fs::create_dir_all(&self.data.dir) {
            wrong("data.dir", format!("{}: {e}", self.data.dir.display()));
        }
        if self
            .log
            .level
            .parse::<tracing_subscriber::EnvFilter>()
            .is_err()
        {
            wrong(
                "log.level",
                format!(
                    "\"{}\" is not a filter such as info or info,sfu=debug",
                    self.log.level
                ),
            );
        }
        found
    }

    /// What is wrong with how browsers should reach us.
    fn reach_mistakes(&self, wrong: &mut impl FnMut(&str, String)) {
        let stun = &self.media.stun_server;
        let (host, port) = stun.rsplit_once(':').unwrap_or_default();
        if !stun.is_empty() && (host.is_empty() || !port.parse().is_ok_and(|port: u16| port > 0)) {
            wrong(
                "media.stun_server",
                format!("\"{stun}\" is not a host and a port such as stun.example:3478"),
            );
        }
        if self.media.codecs.contains(&sfu::Codec::Opus) {
            wrong("media.codecs", "\"opus\" is for sound".to_owned());
        }
        for url in &self.turn.urls {
            let host = url.strip_prefix("turn:").or(url.strip_prefix("turns:"));
            if !host.is_some_and(|host| !host.is_empty() && !host.starts_with('/')) {
                wrong(
                    "turn.urls",
                    format!("\"{url}\" is not a URL such as turn:turn.example:3478?transport=udp"),
                );
            }
        }
        if !self.turn.urls.is_empty() && self.turn.secret.is_empty() {
            wrong(
                "turn.secret",
                "needed because turn.urls names relays: the static-auth-secret of coturn".into(),
            );
        }
    }
}
