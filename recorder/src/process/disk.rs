//! What the disk says: how much is free, and which of its errors mean that it is full.

use std::io;
use std::path::Path;

use crate::wire::Fault;

/// A recording is not begun with less.
const FREE_TO_BEGIN: u64 = 200 << 20;
/// And ended with less, so that its pieces can still be finished.
const FREE_TO_GO_ON: u64 = 64 << 20;

/// Whether a recording may begin, or go on, in this folder.
pub(crate) fn check(folder: &Path, begins: bool) -> Result<(), Fault> {
    let stat = rustix::fs::statvfs(folder).map_err(|_| Fault::DiskError)?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    enough(free, begins).then_some(()).ok_or(Fault::DiskFull)
}

fn enough(free: u64, begins: bool) -> bool {
    free >= if begins { FREE_TO_BEGIN } else { FREE_TO_GO_ON }
}

/// What an error of the disk means for a recording.
pub(crate) fn fault(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Fault::DiskFull
        }
        _ => Fault::DiskError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_a_broken_one() {
        // ENOSPC, EDQUOT and EFBIG; then EIO.
        for errno in [28, 122, 27] {
            assert_eq!(fault(&io::Error::from_raw_os_error(errno)), Fault::DiskFull);
        }
        assert_eq!(fault(&io::Error::from_raw_os_error(5)), Fault::DiskError);
    }

    #[test]
    fn a_recording_begins_only_with_room_to_spare() {
        assert!(!enough(100 << 20, true) && enough(100 << 20, false));
        assert!(!enough(10 << 20, false) && enough(1 << 30, true));
        assert_eq!(
            check(Path::new("/nonexistent"), true),
            Err(Fault::DiskError)
        );
    }
}
