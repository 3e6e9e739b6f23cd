//! Nothing is kept longer than was said before the conversation: recordings whose time is over are deleted, the media
//! first, then what is known of them; and who sat where is forgotten when no recording needs it. At start, then hourly.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use civic_api::conferences::{presences, recordings};
use civic_api::{Civic, RecordingId};

/// How often it is looked for.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Looks until it is aborted.
pub async fn run(civic: Civic, media_dir: PathBuf) {
    let mut hours = tokio::time::interval(EVERY);
    loop {
        hours.tick().await;
        match once(&civic, &media_dir).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "recordings whose time is over were deleted"),
            Err(e) => {
                tracing::error!(error = %format!("{e:#}"), "what is over its time could not be deleted")
            }
        }
    }
}

/// Looks once; answers how many recordings were deleted. One that cannot be deleted does not keep the others.
async fn once(civic: &Civic, media_dir: &Path) -> anyhow::Result<u64> {
    let mut deleted = 0;
    let mut fault = None;
    for id in recordings::expired(civic).await? {
        match delete(civic, media_dir, id).await {
            Ok(()) => deleted += 1,
            Err(e) => fault = Some(e),
        }
    }
    presences::forget_unneeded(civic).await?;
    fault.map_or(Ok(deleted), Err)
}

async fn delete(civic: &Civic, media_dir: &Path, id: RecordingId) -> anyhow::Result<()> {
    let folder = media_dir.join(id.to_string());
    match tokio::fs::remove_dir_all(&folder).await {
        Err(e) if e.kind() != ErrorKind::NotFound => {
            Err(e).with_context(|| folder.display().to_string())
        }
        _ => Ok(recordings::delete(civic, id).await?),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::sync::Arc;

    use civic_api::clock::SetClock;
    use civic_api::conferences::recordings::Facts;
    use civic_api::conferences::{self, When};
    use civic_api::identity::demonstration;
    use civic_api::log::Actor;
    use civic_api::{Db, Settings, Viewer, demo};

    use super::*;

    #[tokio::test]
    async fn media_go_when_their_time_is_over_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("aikste.db").display());
        let clock = Arc::new(SetClock::at("2026-11-23T08:00:00Z".parse().unwrap()));
        let settings = Settings {
            demo_accounts: true,
            base_url: "http://localhost".into(),
        };
        let civic = Civic::new(Db::connect(&url).await.unwrap(), clock.clone(), settings);
        demo::fill(&civic.db, &*clock).await.unwrap();
        let host = demonstration::accounts(&civic).await.unwrap().remove(0);
        let today = conferences::list(&civic, When::Coming, 1)
            .await
            .unwrap()
            .remove(0);
        conferences::open(&civic, &Viewer::Account(host), today.id)
            .await
            .unwrap();
        let id = recordings::begin(&civic, today.id).await.unwrap().id;
        recordings::stop(&civic, id, Actor::Host).await.unwrap();
        let facts = Facts {
            duration_ms: 1,
            size_bytes: 1,
            manifest_sha256: None,
        };
        recordings::finish(&civic, id, facts).await.unwrap();
        let media = folder.path().join(id.to_string());
        std::fs::create_dir(&media).unwrap();
        std::fs::write(media.join("manifest.json"), "{}").unwrap();

        assert_eq!(once(&civic, folder.path()).await.unwrap(), 0);
        assert!(media.exists());
        clock.advance_s(today.retention_days * 86_400);
        assert_eq!(once(&civic, folder.path()).await.unwrap(), 1);
        assert!(!media.exists());
        assert_eq!(once(&civic, folder.path()).await.unwrap(), 0);
    }
}
