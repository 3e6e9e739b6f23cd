//! Puts the rooms of the house together, runs until it is told to stop, and takes leave: rooms are told first, then
//! recordings are closed, then the sockets.

use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::signal::unix::{SignalKind, signal};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::config::{Config, LogFormat};
use crate::secrets::Secrets;
use crate::state::AppState;
use crate::{
    audit, check, glue, health, keeping, log_key, media, metrics, pages, rights, seats, security,
    tls, watch, ways,
};

/// Largest request body, in bytes; uploads come in a later version, with a limit of their own.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// How long open requests may take to end after the sockets are closed.
const DRAIN: Duration = Duration::from_secs(5);

/// Runs the server until SIGINT or SIGTERM.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    start_logging(&config);
    let config = Arc::new(config);
    std::fs::create_dir_all(&config.data.dir)
        .with_context(|| config.data.dir.display().to_string())?;
    let secrets = Arc::new(Secrets::load_or_create(
        &config.data.dir.join("secret.key"),
    )?);
    let ways = ways::ways(&config, &secrets).map_err(|m| anyhow::anyhow!("{m}"))?;
    let civic = open_civic(&config).await?.with_ways(ways);
    let (sfu, sfu_events) = start_media(&config)?;
    let (signaling, room_events) = signaling::Signaling::start(
        signaling::SignalingConfig {
            ticket_key: secrets.ticket_key(),
            seat_kept: Duration::from_secs(config.media.seat_kept_s),
            max_seats: config.media.max_seats,
            turn: signaling::TurnServers {
                urls: config.turn.urls.clone(),
                secret: config.turn.secret.clone(),
            },
        },
        sfu.clone(),
        sfu_events,
    );
    let (recorder, recorder_events) = start_recorder(&config)?.unzip();
    let watch = watch::Watch::start(civic.clone(), sfu.clone(), signaling.clone());
    let state = AppState {
        civic,
        signaling,
        sfu,
        recorder,
        config: config.clone(),
        requests: metrics::Requests::default(),
        watch,
        secrets,
    };
    let glue = tokio::spawn(glue::run(state.clone(), room_events, recorder_events));
    let keeping = tokio::spawn(keeping::run(state.civic.clone(), config.media_dir()));
    let checkpoints = tokio::spawn(log_key::run(state.civic.clone(), config.clone()));
    let rights = tokio::spawn(rights::run(state.civic.clone()));
    let audit = tokio::spawn(audit::run(state.civic.clone()));
    let metrics = tokio::spawn(metrics::listen(state.clone()).await?);
    let result = listen(&config, router(state.clone()), &state).await;
    keeping.abort();
    checkpoints.abort();
    rights.abort();
    audit.abort();
    if let Err(error) = civic_api::audit::flush(&state.civic).await {
        tracing::warn!(%error, "the last refusals could not be written into the audit");
    }
    metrics.abort();
    if let Some(recorder) = &state.recorder {
        recorder.shutdown().await;
    }
    state.sfu.shutdown().await;
    glue.abort();
    tracing::info!("stopped");
    result
}

/// Every route, behind the front door.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(pages::router())
        .merge(media::router())
        .merge(health::router())
        .merge(metrics::router())
        .merge(watch::http::router())
        .with_state(state.clone())
        .merge(civic_api::router_with(
            state.civic.clone(),
            seats::router().with_state(state.clone()),
            seats::described(),
        ))
        .merge(check::router(state.clone()))
        .layer(from_fn_with_state(state.clone(), pages::errors::draw))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(state.clone(), security::guard))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        // The call's socket is a GET of its own kind; WHIP and WHEP are for programs and other sites. They check origin,
        // ticket and size themselves and take no form.
        .merge(state.signaling.router())
        // What the state gateway's page posts comes from another site, without cookies: it is held against what was asked.
        .merge(pages::ways::posted(state.clone()))
        .layer(from_fn_with_state(
            state.civic.clone(),
            civic_api::audit::watch,
        ))
        .layer(from_fn_with_state(state.requests.clone(), metrics::count))
        .layer(CatchPanicLayer::new())
}

/// Opens the database; its tables are brought up to date by that.
pub async fn open_civic(config: &Config) -> anyhow::Result<civic_api::Civic> {
    let db = civic_api::Db::connect(&config.database_url())
        .await
        .context("opening the database")?;
    let settings = civic_api::Settings {
        demo_accounts: config.demo.accounts,
        base_url: config.public_url(),
    };
    let secrets = Secrets::load_or_create(&config.data.dir.join("secret.key"))?;
    let digester = secrets.digester();
    let vault = civic_api::tokens::Vault::new(&secrets.derive("rights/1"));
    let civic = civic_api::Civic::new(db, Arc::new(civic_api::SystemClock), settings);
    Ok(civic.with_vault(vault).with_digester(digester))
}

fn start_media(
    config: &Config,
) -> anyhow::Result<(sfu::Sfu, tokio::sync::mpsc::Receiver<sfu::Event>)> {
    let (first, last) = config.media_ports().map_err(|m| anyhow::anyhow!("{m}"))?;
    sfu::Sfu::start(sfu::SfuConfig {
        listen: SocketAddr::new(config.media.address, first),
        last_port: last,
        shards: config.media.shards,
        public_addresses: config.media.public_addresses.clone(),
        tcp: config.media.tcp,
        stun_server: Some(config.media.stun_server.clone()).filter(|server| !server.is_empty()),
        codecs: config.media.codecs.clone(),
        max_participants: config.media.max_participants,
        ..sfu::SfuConfig::default()
    })
    .context("starting the media plane")
}

type Recording = (
    recorder::Recorder,
    tokio::sync::mpsc::Receiver<recorder::RecorderEvent>,
);

fn start_recorder(config: &Config) -> anyhow::Result<Option<Recording>> {
    if !config.recording.enabled {
        return Ok(None);
    }
    let media_dir = config.media_dir();
    std::fs::create_dir_all(&media_dir).with_context(|| media_dir.display().to_string())?;
    let program = std::env::current_exe().context("finding our own program")?;
    recorder::Recorder::start(recorder::RecorderConfig {
        media_dir: absolute(&media_dir)?,
        socket: absolute(&config.data.dir)?.join("recorder.sock"),
        command: vec![program.into(), "recorder".into()],
    })
    .context("starting the recorder")
    .map(Some)
}

fn absolute(path: &std::path::Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| path.display().to_string())
}

async fn listen(config: &Config, router: Router, state: &AppState) -> anyhow::Result<()> {
    let addresses: Vec<IpAddr> = config.media.public_addresses.clone();
    let tls = tls::config(&config.server, &addresses).await?;
    let listener = std::net::TcpListener::bind(config.server.listen)
        .with_context(|| format!("listening on {}", config.server.listen))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let handle = axum_server::Handle::new();
    let stopping = tokio::spawn(stop_when_told(
        handle.clone(),
        state.signaling.clone(),
        config.server.shutdown_grace_s,
    ));
    let scheme = if tls.is_some() { "https" } else { "http" };
    // Tests and people wait for this line; it is printed even when the log is off.
    println!("Aikštė: {scheme}://{address}/");
    tracing::info!(
        port = address.port(),
        media_port = state.sfu.local_addr().port(),
        shards = state.sfu.local_addrs().len(),
        "ready"
    );
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = match tls {
        Some(tls) => {
            axum_server::from_tcp_rustls(listener, tls)?
                .handle(handle)
                .serve(service)
                .await
        }
        None => {
            axum_server::from_tcp(listener)?
                .handle(handle)
                .serve(service)
                .await
        }
    };
    stopping.abort();
    served.context("serving")
}

/// Waits for SIGINT or SIGTERM, tells the rooms, then lets the web server end.
async fn stop_when_told(
    handle: axum_server::Handle<SocketAddr>,
    signaling: signaling::Signaling,
    grace_s: u64,
) {
    let (Ok(mut int), Ok(mut term)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        tracing::error!("signals cannot be caught: the server will end without taking leave");
        return;
    };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
    tracing::info!("stopping: the rooms are told");
    signaling.shutdown(Duration::from_secs(grace_s)).await;
    handle.graceful_shutdown(Some(DRAIN));
}

fn start_logging(config: &Config) {
    // The DTLS library warns of every extension of a browser's hello that it does not know; what is asked for wins over this.
    let filter = tracing_subscriber::EnvFilter::new(format!("rtc_dtls=error,{}", config.log.level));
    let logger = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second logger in one process (tests) is refused; the first one goes on.
    let _ = match config.log.format {
        LogFormat::Text => logger.try_init(),
        LogFormat::Json => logger.json().try_init(),
    };
}
