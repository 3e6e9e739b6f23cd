//! What every test stands on: an empty database of either kind, a clock that stands still, a demonstration city.

use std::sync::Arc;

use civic_api::clock::SetClock;
use civic_api::identity::demonstration;
use civic_api::{Account, Civic, Db, Settings, Viewer, demo};
use tempfile::TempDir;

use crate::postgres;

/// Monday, 10.00 in Kaunas.
pub(crate) const MORNING: &str = "2026-11-23T08:00:00Z";

/// An empty city.
pub(crate) struct Ground {
    pub(crate) civic: Civic,
    pub(crate) clock: Arc<SetClock>,
    /// How a second process would open the same database.
    pub(crate) url: String,
    folder: Option<TempDir>,
}

impl Ground {
    /// On a file of its own.
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("aikste.db").display());
        Self::on(url, Some(folder)).await
    }

    /// On a database of its own in the PostgreSQL of this test run.
    pub(crate) async fn postgres() -> Self {
        Self::on(postgres::new_database().await, None).await
    }

    async fn on(url: String, folder: Option<TempDir>) -> Self {
        let clock = Arc::new(SetClock::at(MORNING.parse().unwrap()));
        let settings = Settings {
            demo_accounts: true,
            base_url: "https://aikste.example".into(),
        };
        let db = Db::connect(&url).await.unwrap();
        Self {
            civic: Civic::new(db, clock.clone(), settings),
            clock,
            url,
            folder,
        }
    }

    /// Everything that the database holds, to the byte: the files of SQLite, a dump of PostgreSQL.
    pub(crate) async fn bytes(&self) -> Vec<u8> {
        let Some(folder) = &self.folder else {
            let url = self.url.clone();
            return tokio::task::spawn_blocking(move || postgres::dump(&url))
                .await
                .unwrap();
        };
        let files = std::fs::read_dir(folder.path()).unwrap();
        files
            .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    /// The same city with the demonstration switch turned off.
    pub(crate) fn without_demonstration(&self) -> Civic {
        let settings = Settings {
            demo_accounts: false,
            ..(*self.civic.settings).clone()
        };
        Civic::new(self.civic.db.clone(), self.clock.clone(), settings)
    }

    /// Fills the demonstration city.
    pub(crate) async fn fill(&self) -> demo::Filled {
        demo::fill(&self.civic.db, &*self.clock).await.unwrap()
    }

    /// One of its people, by the first name.
    pub(crate) async fn person(&self, first_name: &str) -> Account {
        demonstration::accounts(&self.civic)
            .await
            .unwrap()
            .into_iter()
            .find(|account| account.name.starts_with(first_name))
            .unwrap()
    }

    /// The same, looking.
    pub(crate) async fn viewer(&self, first_name: &str) -> Viewer {
        Viewer::Account(self.person(first_name).await)
    }
}

/// Runs each test of the suite on both databases.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::ground::Ground::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::ground::Ground::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;
