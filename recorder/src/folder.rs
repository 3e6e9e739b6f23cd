//! One recording's folder: which names are allowed in it, and its manifest on disk, replaced atomically.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::manifest::{Manifest, State, VERSION};

/// The manifest's file name.
pub(crate) const MANIFEST: &str = "manifest.json";
/// Held by the recorder process that writes into a media folder.
pub(crate) const LOCK: &str = ".lock";
/// A manifest longer than this is not ours: 3 hours of lively talk take less than 1 MB.
const MANIFEST_BYTES: u64 = 64 << 20;

/// Whether a recording may be called so: it becomes a folder's name.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Whether a piece may be called so: `<track>-<n>.webm` or `.mkv`.
pub(crate) fn is_piece(name: &str) -> bool {
    let number = |text: &str| {
        (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    name.rsplit_once('.')
        .filter(|(_, extension)| matches!(*extension, "webm" | "mkv"))
        .and_then(|(stem, _)| stem.split_once('-'))
        .is_some_and(|(track, piece)| number(track) && number(piece))
}

/// Reads a folder's manifest; `None` when there is none yet. One that names files of other folders is refused.
pub(crate) fn load(folder: &Path) -> io::Result<Option<Manifest>> {
    let path = folder.join(MANIFEST);
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(meta) if meta.len() > MANIFEST_BYTES => return Err(invalid("manifest too long")),
        Ok(_) => {}
    }
    read(&fs::read(&path)?).map(Some)
}

/// Reads a manifest's bytes.
pub(crate) fn read(bytes: &[u8]) -> io::Result<Manifest> {
    let manifest: Manifest = serde_json::from_slice(bytes)?;
    if manifest.version != VERSION {
        return Err(invalid("manifest of another version"));
    }
    let mut pieces = manifest.tracks.iter().flat_map(|track| &track.pieces);
    if !is_id(&manifest.recording) || pieces.any(|piece| !is_piece(&piece.file)) {
        return Err(invalid("manifest with forbidden names"));
    }
    Ok(manifest)
}

/// Replaces the manifest atomically. `durable` also waits until it would survive a power cut.
pub(crate) fn save(folder: &Path, manifest: &Manifest, durable: bool) -> io::Result<()> {
    let temporary = folder.join(".manifest.tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(&serde_json::to_vec(manifest)?)?;
    if durable {
        file.sync_all()?;
    }
    fs::rename(&temporary, folder.join(MANIFEST))?;
    if durable {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The recordings of a media folder, by name. Folders with other names are not ours.
pub(crate) fn recordings(media_dir: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(media_dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if let Some(id) = name.to_str().filter(|id| is_id(id))
            && entry.file_type()?.is_dir()
        {
            found.push((id.to_owned(), entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

/// The recordings that a crash left unfinished. Unreadable manifests are left to `verify`.
pub(crate) fn unfinished(media_dir: &Path) -> io::Result<Vec<String>> {
    let mut ids = Vec::new();
    for (id, folder) in recordings(media_dir)? {
        match load(&folder) {
            Ok(Some(manifest)) if manifest.state == State::Finished => {}
            Ok(_) => ids.push(id),
            Err(error) => tracing::error!(recording = id, %error, "manifest cannot be read"),
        }
    }
    Ok(ids)
}

/// Whether a recorder process works in this media folder now.
pub(crate) fn is_written(media_dir: &Path) -> bool {
    File::open(media_dir.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_err())
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;
    use crate::manifest::{Piece, Span, Track};

    fn manifest() -> Manifest {
        Manifest {
            version: VERSION,
            recording: "r-1".into(),
            started_us: 1_700_000_000_000_000,
            duration_us: 5,
            state: State::Running,
            tracks: vec![Track {
                track: 1,
                participant: 2,
                source: sfu::Source::Camera,
                codec: sfu::Codec::Vp8,
                pieces: vec![Piece {
                    file: "1-0.webm".into(),
                    start_us: 3,
                    duration_us: 0,
                    size_bytes: 0,
                    sha256: String::new(),
                }],
            }],
            speakers: vec![Span {
                participant: 2,
                start_us: 0,
                end_us: 4,
            }],
        }
    }

    #[test]
    fn only_plain_names_become_folders() {
        assert!(is_id("0198c2f0-aaaa-7bbb-8ccc-0123456789ab"));
        for bad in ["", ".", "..", "a/b", "a.b", "../x", "ą", &"x".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
        assert!(is_piece("18446744073709551615-0.webm") && is_piece("1-2.mkv"));
        for bad in ["1.webm", "1-2.mp4", "../1-2.webm", "1-/2.webm", "-1.webm"] {
            assert!(!is_piece(bad), "{bad}");
        }
    }

    #[test]
    fn a_manifest_survives_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap(), None);
        save(folder.path(), &manifest(), true).unwrap();
        assert_eq!(load(folder.path()).unwrap(), Some(manifest()));
        let only: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(only.len(), 1, "no temporary file stays");
    }

    #[test]
    fn a_manifest_that_points_elsewhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut bad = manifest();
        bad.tracks[0].pieces[0].file = "../other/1-0.webm".into();
        save(folder.path(), &bad, false).unwrap();
        assert!(load(folder.path()).is_err());
    }

    #[test]
    fn unfinished_recordings_are_found() {
        let media = tempfile::tempdir().unwrap();
        for (id, state) in [("a", State::Running), ("b", State::Finished)] {
            let folder = media.path().join(id);
            fs::create_dir(&folder).unwrap();
            let manifest = Manifest {
                state,
                ..manifest()
            };
            save(&folder, &manifest, false).unwrap();
        }
        fs::create_dir(media.path().join("c")).unwrap();
        fs::create_dir(media.path().join("not ours")).unwrap();
        assert_eq!(unfinished(media.path()).unwrap(), ["a", "c"]);
    }
}
