//! Writes what was refused into the audit, every second, and keeps the audit bounded, every hour. Ends what workers do with
//! residents when its time is over, every half minute.

use std::time::Duration;

use civic_api::{Civic, assistance, audit};

/// Seconds between two looks at how much is kept.
const KEEP_S: u64 = 60 * 60;
/// Seconds between two looks at whose time is over.
const SWEEP_S: u64 = 30;

/// Until it is aborted.
pub async fn run(civic: Civic) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for second in 0_u64.. {
        seconds.tick().await;
        if let Err(error) = audit::flush(&civic).await {
            tracing::warn!(%error, "refusals could not be written into the audit");
        }
        if second % SWEEP_S == 0
            && let Err(error) = assistance::sweep(&civic).await
        {
            tracing::warn!(%error, "what workers do with residents could not be ended in time");
        }
        if second % KEEP_S == 0
            && let Err(error) = audit::forget(&civic).await
        {
            tracing::warn!(%error, "the audit's oldest refusals could not be deleted");
        }
    }
}
