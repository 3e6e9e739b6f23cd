//! The demonstration city comes as often as it is called, and goes without a trace.

use civic_api::conferences::presences::{self, Label, Seat};
use civic_api::conferences::{self, Status, When, recordings};
use civic_api::demo::{self, Filled, Removed};
use civic_api::identity::{self, demonstration};
use civic_api::log::{self, Verdict};

use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    filling_twice_fills_once,
    two_fillings_at_once_fill_once,
    the_city_receives_today_at_five,
    on_another_day_receptions_come_again,
    nothing_of_it_is_left_after_removal,
    removing_twice_removes_once,
    it_can_be_filled_again_after_removal,
);

async fn filling_twice_fills_once(ground: Ground) {
    let filled = ground.fill().await;
    assert_eq!((filled.accounts, filled.conferences), (6, 6));
    let head = log::head(&ground.civic.db).await.unwrap();
    assert_eq!(ground.fill().await, Filled::default());
    assert_eq!(
        log::head(&ground.civic.db).await.unwrap(),
        head,
        "nothing happened, nothing is recorded"
    );
}

async fn two_fillings_at_once_fill_once(ground: Ground) {
    let (a, b) = tokio::join!(ground.fill(), ground.fill());
    assert_eq!(a.conferences + b.conferences, 6);
    assert_eq!(db::count(&ground.url, "conferences").await, 6);
}

async fn the_city_receives_today_at_five(ground: Ground) {
    ground.fill().await;
    let coming = conferences::list(&ground.civic, When::Coming, 10)
        .await
        .unwrap();
    assert_eq!(coming[0].host_name, "Rasa Vaitkienė");
    assert_eq!(coming[0].starts_at.to_string(), "2026-11-23T15:00:00Z");
    let past = conferences::list(&ground.civic, When::Past, 10)
        .await
        .unwrap();
    assert_eq!(past.len(), 2);
    assert!(coming.iter().chain(&past).all(|conference| conference.demo));
    let rasa = ground.viewer("Rasa").await;
    let open = conferences::open(&ground.civic, &rasa, coming[0].id)
        .await
        .unwrap();
    assert_eq!(open.status, Status::Open);
}

async fn on_another_day_receptions_come_again(ground: Ground) {
    ground.fill().await;
    let rasa = ground.viewer("Rasa").await;
    let today = conferences::list(&ground.civic, When::Coming, 1)
        .await
        .unwrap()
        .remove(0);
    conferences::open(&ground.civic, &rasa, today.id)
        .await
        .unwrap();
    conferences::end(&ground.civic, &rasa, today.id)
        .await
        .unwrap();
    ground.clock.advance_s(4 * 86_400);
    let filled = ground.fill().await;
    // Today's was held: announced anew. The one of three days later was not: moved.
    assert_eq!((filled.conferences, filled.moved), (1, 1));
    let coming = conferences::list(&ground.civic, When::Coming, 10)
        .await
        .unwrap();
    assert!(
        coming
            .iter()
            .all(|conference| conference.ends_at > ground.civic.now())
    );
    assert_eq!(coming.len(), 4);
    assert_eq!(ground.fill().await, Filled::default());
}

/// A city in which everything has happened that can.
async fn lived_in(ground: &Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let rasa = ground.viewer("Rasa").await;
    let identified = demonstration::identify(civic, rasa.account().unwrap().id)
        .await
        .unwrap();
    identity::sign_in(civic, identified).await.unwrap();
    let conference = conferences::list(civic, When::Coming, 1)
        .await
        .unwrap()
        .remove(0);
    conferences::open(civic, &rasa, conference.id)
        .await
        .unwrap();
    recordings::begin(civic, conference.id).await.unwrap();
    let seat = Seat {
        seat: 1,
        participant: 7,
        label: Label::Name("Jonas Petraitis".into()),
        host: false,
        account: None,
        mark: presences::Mark::default(),
    };
    presences::joined(civic, conference.id, &seat)
        .await
        .unwrap();
}

async fn nothing_of_it_is_left_after_removal(ground: Ground) {
    lived_in(&ground).await;
    for table in [
        "accounts",
        "sessions",
        "conferences",
        "recordings",
        "presences",
        "recording_presences",
    ] {
        assert!(
            db::count(&ground.url, table).await > 0,
            "{table} is lived in"
        );
    }
    let before = log::head(&ground.civic.db).await.unwrap().seq;
    let removed = demo::remove(&ground.civic.db, &*ground.clock)
        .await
        .unwrap();
    assert_eq!(
        (
            removed.accounts,
            removed.conferences,
            removed.recordings.len()
        ),
        (6, 6, 1)
    );
    let kept = [
        "log_records",
        "log_head",
        "log_nodes",
        "locks",
        "_sqlx_migrations",
    ];
    for table in db::TABLES.iter().filter(|table| !kept.contains(table)) {
        assert_eq!(db::count(&ground.url, table).await, 0, "{table}");
    }
    let verdict = log::verify(&ground.civic.db, &[], |_, _| {}).await.unwrap();
    assert!(
        matches!(verdict, Verdict::Whole(ref head) if head.seq == before + 1),
        "{verdict:?}"
    );
    for column in ["stream", "subject", "payload"] {
        let logged = db::texts(&ground.url, "log_records", column).await;
        for word in ["Rasa", "Jonas", "Petraitis", "apšvietimas"] {
            assert!(!logged.contains(word), "the log says {word}");
        }
    }
}

async fn removing_twice_removes_once(ground: Ground) {
    lived_in(&ground).await;
    demo::remove(&ground.civic.db, &*ground.clock)
        .await
        .unwrap();
    let head = log::head(&ground.civic.db).await.unwrap();
    let again = demo::remove(&ground.civic.db, &*ground.clock)
        .await
        .unwrap();
    assert_eq!(again, Removed::default());
    assert_eq!(log::head(&ground.civic.db).await.unwrap(), head);
}

async fn it_can_be_filled_again_after_removal(ground: Ground) {
    ground.fill().await;
    demo::remove(&ground.civic.db, &*ground.clock)
        .await
        .unwrap();
    let filled = ground.fill().await;
    assert_eq!((filled.accounts, filled.conferences), (6, 6));
}
