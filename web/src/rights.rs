//! Opens the rights of new receptions and closes those of receptions that are over, woken by the log.

use civic_api::{Civic, log, tokens};

/// Until the server ends.
pub async fn run(civic: Civic) {
    let head = log::head(&civic.db).await.map_or(0, |head| head.seq);
    let mut due = !is_kept(&civic).await;
    let mut follower = log::follow(&civic.db, head);
    loop {
        match follower.next().await {
            // What failed is tried again with whatever happens next.
            Ok(records) if due || records.iter().any(|r| r.kind.starts_with("conference.")) => {
                due = !is_kept(&civic).await;
            }
            Ok(_) => {}
            // The follower waits by itself before it asks an ailing database again.
            Err(error) => {
                tracing::warn!(%error, "the log cannot be followed for the rights of receptions")
            }
        }
    }
}

async fn is_kept(civic: &Civic) -> bool {
    match tokens::keep(civic).await {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(%error, "the rights of receptions could not be looked after");
            false
        }
    }
}
