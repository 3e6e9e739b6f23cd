//! The demonstration city: fictional people and their receptions, marked as such wherever they are shown, and removed
//! without a trace of them by one command. The civic log keeps its records of them, as of everything: they name nobody.

use crate::clock::Clock;
use crate::{Db, Error, RecordingId};

/// What was added.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Filled {
    /// People.
    pub accounts: u64,
    /// Receptions.
    pub conferences: u64,
}

/// What was removed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Removed {
    /// People.
    pub accounts: u64,
    /// Receptions.
    pub conferences: u64,
    /// Recordings whose folders of media are to be deleted now.
    pub recordings: Vec<RecordingId>,
}

/// Adds what is missing of the demonstration city.
pub async fn fill(_db: &Db, _clock: &dyn Clock) -> Result<Filled, Error> {
    Ok(Filled::default())
}

/// Removes the demonstration city and whatever its people have made.
pub async fn remove(_db: &Db, _clock: &dyn Clock) -> Result<Removed, Error> {
    Ok(Removed::default())
}
