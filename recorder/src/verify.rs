//! Checks recordings against their manifests: every piece's SHA-256, files that are missing, files that nobody knows.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::folder;
use crate::manifest::{Manifest, State};
use crate::{RecorderError, VerifyReport};

/// Checks every piece of every recording against its manifest. `progress` gets done and total bytes.
pub fn verify(
    media_dir: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport, RecorderError> {
    let mut report = VerifyReport::default();
    let storage = |error| RecorderError::storage(media_dir, &error);
    let mut found = Vec::new();
    for (id, folder) in folder::recordings(media_dir).map_err(storage)? {
        report.recordings += 1;
        match folder::load(&folder) {
            Ok(Some(manifest)) if manifest.recording != id => {
                report
                    .faults
                    .push(format!("{id}: the manifest is another recording's"));
            }
            Ok(Some(manifest)) => found.push((folder, manifest)),
            Ok(None) => report.faults.push(format!("{id}: no manifest")),
            Err(error) => report.faults.push(format!("{id}: {error}")),
        }
    }
    let total = found
        .iter()
        .flat_map(|(_, m)| pieces(m))
        .map(|p| p.size_bytes)
        .sum();
    let running = folder::is_written(media_dir);
    let mut done = 0;
    progress(done, total);
    for (folder, manifest) in &found {
        let mut count = |bytes| {
            done += bytes;
            progress(done, total.max(done));
        };
        recording(folder, manifest, running, &mut report, &mut count);
    }
    Ok(report)
}

fn pieces(manifest: &Manifest) -> impl Iterator<Item = &crate::manifest::Piece> {
    manifest.tracks.iter().flat_map(|track| &track.pieces)
}

fn recording(
    folder: &Path,
    manifest: &Manifest,
    running: bool,
    report: &mut VerifyReport,
    count: &mut dyn FnMut(u64),
) {
    let id = &manifest.recording;
    let finished = manifest.state == State::Finished;
    let mut known: BTreeSet<&str> = [folder::MANIFEST].into();
    for piece in pieces(manifest) {
        known.insert(&piece.file);
        if !finished && piece.sha256.is_empty() {
            continue;
        }
        let digest =
            File::open(folder.join(&piece.file)).and_then(|mut file| digest(&mut file, count));
        match digest {
            Ok((size, sha256)) if size == piece.size_bytes && sha256 == piece.sha256 => {
                report.pieces_ok += 1;
            }
            Ok(_) => report.faults.push(format!("{id}/{}: changed", piece.file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                report.faults.push(format!("{id}/{}: missing", piece.file));
            }
            Err(error) => report.faults.push(format!("{id}/{}: {error}", piece.file)),
        }
    }
    if !finished {
        // One that is being written is no fault.
        if !running {
            report.faults.push(format!("{id}: not finished"));
        }
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(|name| known.contains(name)) {
            report
                .faults
                .push(format!("{id}/{}: not in the manifest", name.display()));
        }
    }
}

/// Size and SHA-256 in hex of what is read; `count` gets each part's length.
pub(crate) fn digest(
    from: &mut impl Read,
    count: &mut dyn FnMut(u64),
) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    let mut size = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok((size, hex::encode(hash.finalize())));
        }
        hash.update(&buffer[..read]);
        size += read as u64;
        count(read as u64);
    }
}
