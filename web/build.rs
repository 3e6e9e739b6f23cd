//! Makes an empty browser build where there is none, so that the server compiles before `npm run build` has run.

use std::{env, fs, path::PathBuf};

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=ui/dist");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = root.join("ui/dist/.vite");
    fs::create_dir_all(&folder)?;
    let manifest = folder.join("manifest.json");
    if !manifest.exists() {
        fs::write(manifest, "{}\n")?;
    }
    Ok(())
}
