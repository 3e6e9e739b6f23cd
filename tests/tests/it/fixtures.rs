//! Cameras and microphones for browsers, made by ffmpeg once and kept beside the test binary: nothing is committed.

use std::path::PathBuf;
use std::process::Command;

/// A person's devices: files that Chromium plays in a loop instead of a camera and a microphone.
pub struct Devices {
    /// 30 pictures a second where nothing else is said, y4m.
    pub camera: PathBuf,
    /// A pure tone, 48 kHz, one channel.
    pub microphone: PathBuf,
}

impl Devices {
    /// As a scenario takes them.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "camera": self.camera, "microphone": self.microphone })
    }
}

/// A moving test picture of 640×360 in this hue, and a tone of this many hertz.
pub fn devices(hue_degrees: u32, tone_hz: u32) -> Devices {
    devices_of("640x360", hue_degrees, tone_hz)
}

/// The same with a picture of another size.
pub fn devices_of(size: &str, hue_degrees: u32, tone_hz: u32) -> Devices {
    devices_at(30, size, hue_degrees, tone_hz)
}

/// The same with so many pictures a second.
pub fn devices_at(rate: u32, size: &str, hue_degrees: u32, tone_hz: u32) -> Devices {
    let picture = format!("testsrc2=size={size}:rate={rate}:duration=2,hue=h={hue_degrees}");
    let tone = format!("sine=frequency={tone_hz}:sample_rate=48000:duration=10,volume=4");
    Devices {
        camera: made(
            &format!("camera-{size}-{rate}-{hue_degrees}.y4m"),
            &["-f", "lavfi", "-i", &picture, "-pix_fmt", "yuv420p"],
        ),
        microphone: made(
            &format!("tone-{tone_hz}.wav"),
            &["-f", "lavfi", "-i", &tone, "-ac", "1"],
        ),
    }
}

/// A clapper: every two seconds a flash of a tenth of a second and a click at the same moment.
pub fn clapper() -> Devices {
    let flash = "color=black:size=640x360:rate=30:duration=10,format=yuv420p,\
                 drawbox=color=white:t=fill:enable='lt(mod(t\\,2)\\,0.1)'";
    let click =
        "aevalsrc='0.8*sin(2*PI*1000*t)*lt(mod(t\\,2)\\,0.1)':sample_rate=48000:duration=10";
    Devices {
        camera: made("clapper.y4m", &["-f", "lavfi", "-i", flash]),
        microphone: made("clapper.wav", &["-f", "lavfi", "-i", click, "-ac", "1"]),
    }
}

/// The file, made by ffmpeg when it is not there yet.
fn made(name: &str, args: &[&str]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(name);
    if !file.is_file() {
        // Under another name until it is whole, so that nobody takes half a file for a camera.
        let partial = folder.join(format!("partial-{}-{name}", std::process::id()));
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-y"])
            .args(args)
            .arg(&partial)
            .status();
        assert!(
            made.is_ok_and(|status| status.success()),
            "ffmpeg did not make {name}: is it installed? (`make install`)"
        );
        std::fs::rename(&partial, &file).unwrap();
    }
    file
}
