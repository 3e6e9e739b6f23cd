//! What ffprobe says of a file, and whether a decoder is content with it.

use std::path::Path;
use std::process::Command;

/// A file, seen by ffprobe. Times in seconds.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) codec: String,
    pub(crate) duration: Option<f64>,
    pub(crate) width: u64,
    pub(crate) times: Vec<f64>,
    pub(crate) first_is_key: bool,
}

impl Probe {
    /// The longest pause between two frames.
    pub(crate) fn longest_pause(&self) -> f64 {
        let pauses = self.times.windows(2).map(|pair| pair[1] - pair[0]);
        pauses.fold(0.0, f64::max)
    }
}

pub(crate) fn probe(file: &Path) -> Probe {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "json", "-show_entries"])
        .arg("format=duration:stream=codec_name,width:packet=pts_time,flags")
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse().ok());
    let packets = value["packets"].as_array().unwrap();
    Probe {
        codec: value["streams"][0]["codec_name"].as_str().unwrap().into(),
        duration: number(&value["format"]["duration"]),
        width: value["streams"][0]["width"].as_u64().unwrap_or(0),
        times: packets
            .iter()
            .filter_map(|p| number(&p["pts_time"]))
            .collect(),
        first_is_key: packets[0]["flags"].as_str().unwrap().starts_with('K'),
    }
}

/// Decodes a file to its end; gives the decoder's complaints and the number of frames.
pub(crate) fn decode(file: &Path) -> (String, usize) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(file)
        .args(["-f", "framemd5", "-"])
        .output()
        .unwrap();
    let frames = String::from_utf8(output.stdout).unwrap();
    let count = frames.lines().filter(|line| !line.starts_with('#')).count();
    (String::from_utf8(output.stderr).unwrap(), count)
}
