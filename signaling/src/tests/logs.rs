//! No log line, at any level, says who someone is.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use super::{House, TALK};
use crate::message::{ClientMessage, ServerMessage};
use crate::socket::STRIKES;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_personal_is_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let house = House::new();
    let ticket = house.ticket(Some("Vardenė Pavardenė"), TALK);
    let mut ona = house.browser();
    ona.join(&ticket).await;
    ona.offer("not sdp", true).await;
    ona.error().await;
    let secret = ona.secret.clone();
    drop(ona);
    let mut back = house.browser();
    back.ask(&ticket, Some(&secret)).await;
    back.welcome().await;
    for _ in 0..STRIKES {
        back.text(r#"{"type":"Vardenė Pavardenė"}"#).await;
        assert!(matches!(
            back.until(|m| Some(m.clone())).await,
            ServerMessage::Error { .. } | ServerMessage::ParticipantChanged { .. }
        ));
    }
    back.closed().await;
    let mut forger = house.browser();
    forger.ask(&format!("{ticket}x"), None).await;
    forger.closed().await;
    let mut leaver = house.named("Vardenė Pavardenė").await;
    leaver.send(&ClientMessage::Leave).await;
    leaver.closed().await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for said in [
        "seat taken",
        "seat taken again",
        "seat given up",
        "offer refused",
        "join refused",
    ] {
        assert!(text.contains(said), "{said} in\n{text}");
    }
    for never in ["Varden", &ticket, &secret, "not sdp", "eyJ"] {
        assert!(!text.contains(never), "{never} in\n{text}");
    }
}
