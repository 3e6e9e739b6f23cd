//! The browser's side of the protocol: TypeScript generated from `message.rs`, committed, and compared by a test.

use ts_rs::{Config, TS};

use crate::message::{
    ClientMessage, ErrorCode, Grant, IceServer, Identified, Label, Level, LostReason,
    MAX_MESSAGE_BYTES, MediaSource, Participant, RecordingState, RecordingStatus, SUBPROTOCOL,
    SentTrack, ServerMessage, SlotInfo, SlotKind, SlotSeat, Tile, VERSION, Way,
};

/// The whole of `web/ui/src/protocol/messages.ts`.
pub fn messages() -> String {
    let cfg = Config::new();
    let mut text = String::from(
        "// The messages of the call protocol (docs/PROTOCOL.md), as the server has them.\n\
         // Generated from signaling/src/message.rs; to change it: UPDATE=1 cargo test -p signaling protocol\n",
    );
    text += &format!(
        "\nexport const VERSION = {VERSION};\
         \nexport const MAX_MESSAGE_BYTES = {MAX_MESSAGE_BYTES};\
         \nexport const SUBPROTOCOL = \"{SUBPROTOCOL}\";\n"
    );
    for declaration in [
        declare::<ClientMessage>(&cfg),
        declare::<ServerMessage>(&cfg),
        declare::<ErrorCode>(&cfg),
        declare::<LostReason>(&cfg),
        declare::<Grant>(&cfg),
        declare::<Participant>(&cfg),
        declare::<Label>(&cfg),
        declare::<Identified>(&cfg),
        declare::<Way>(&cfg),
        declare::<Level>(&cfg),
        declare::<MediaSource>(&cfg),
        declare::<SentTrack>(&cfg),
        declare::<Tile>(&cfg),
        declare::<SlotInfo>(&cfg),
        declare::<SlotKind>(&cfg),
        declare::<SlotSeat>(&cfg),
        declare::<IceServer>(&cfg),
        declare::<RecordingState>(&cfg),
        declare::<RecordingStatus>(&cfg),
    ] {
        text += &declaration;
    }
    text
}

fn declare<T: TS>(cfg: &Config) -> String {
    let docs = T::docs().unwrap_or_default();
    format!("\n{docs}export {}\n", T::decl(cfg)).replace(" \n", "\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_committed_protocol_typescript_is_the_generated_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/ui/src/protocol/messages.ts");
        let generated = super::messages();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().expect("the path has a folder"))
                .and_then(|()| std::fs::write(&path, &generated))
                .expect("the working tree can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == generated,
            "web/ui/src/protocol/messages.ts is not what message.rs says; run: UPDATE=1 cargo test -p signaling protocol"
        );
    }
}
