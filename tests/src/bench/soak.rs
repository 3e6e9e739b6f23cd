//! A long call: participants who all send sound and picture and have the slots of our page. Every minute it says how much
//! memory the server holds, and every turn of speech it looks whether everybody heard and saw who spoke.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::call::Call;
use crate::client::Client;
use crate::scenario::Scenario;
use crate::sdp::{OPUS, VP8};
use crate::server::Server;

/// The slots of our page.
const VOICES: usize = 3;
const FACES: usize = 9;
/// How long one speaks.
const TURN: Duration = Duration::from_secs(6);
/// From the beginning of a turn until who speaks is in everybody's slots, and has been seen.
const CHANGE: Duration = Duration::from_secs(2);
/// The part of the time after which memory may not grow any more.
const WARM: f64 = 0.2;
/// By so much memory may differ afterwards and still be called flat: allocators keep what they had.
const FLAT: f64 = 1.05;
const FLAT_KB: f64 = 1_024.0;

/// Runs for so many minutes. Fails if somebody did not get what they should, or memory grew.
pub fn run(
    server: &mut dyn Server,
    participants: usize,
    minutes: f64,
    congestion: bool,
) -> anyhow::Result<()> {
    let letter = if congestion { "c" } else { "" };
    let scenario = Scenario::parse(&format!("{participants}x{participants}{letter}"))?;
    let mut seats = scenario.seats();
    for seat in &mut seats {
        seat.voices = VOICES.min(participants - 1);
        seat.faces = FACES.min(participants - 1);
    }
    let mut call = Call::new(server)?;
    call.publish(&scenario, &seats)?;
    call.receive(&seats)?;
    println!("{participants} participants are connected; minute, resident kB, turns, faults");
    let started = Instant::now();
    let all = Duration::from_secs_f64(minutes * 60.0);
    let (mut turns, mut faults, mut said, mut warm_kb) = (0, 0, 0, None);
    while started.elapsed() < all {
        faults += turn(&mut call, turns % participants)?;
        turns += 1;
        let resident_kb = call.resident_kb()?;
        if started.elapsed() > all.mul_f64(WARM) && warm_kb.is_none() {
            warm_kb = Some(resident_kb);
        }
        let minute = started.elapsed().as_secs() / 60;
        if minute > said {
            said = minute;
            println!("{minute:>4} {resident_kb:>9} {turns:>5} {faults:>3}");
        }
    }
    let (warm_kb, last_kb) = (warm_kb.unwrap_or(0) as f64, call.resident_kb()? as f64);
    call.end()?;
    println!(
        "memory after the warm-up {warm_kb} kB, at the end {last_kb} kB; {turns} turns, {faults} faults"
    );
    ensure!(faults == 0, "somebody did not hear or see who should be");
    ensure!(
        last_kb <= (warm_kb * FLAT).max(warm_kb + FLAT_KB),
        "memory grew"
    );
    Ok(())
}

/// Lets one speak, and counts whoever else did not hear and see them, heard themselves, or has an empty slot.
fn turn(call: &mut Call<'_>, speaker: usize) -> anyhow::Result<usize> {
    if let Some(publishers) = call.publishers() {
        publishers.speak(speaker as u8);
    }
    call.work(CHANGE)?;
    for client in call.clients() {
        client.heard = Some(Vec::new());
    }
    call.work(TURN.saturating_sub(CHANGE))?;
    let mut faults = 0;
    for (place, client) in call.clients().iter_mut().enumerate() {
        if let Some(fault) = fault(client, speaker as u32) {
            println!("  connection {place}, while {speaker} spoke: {fault}");
            faults += 1;
        }
    }
    Ok(faults)
}

fn fault(client: &mut Client, speaker: u32) -> Option<String> {
    client.latency.clear();
    let heard = client.heard.take().unwrap_or_default();
    let heard: HashSet<_> = heard.into_iter().collect();
    if client.faces == 0 {
        return None;
    }
    let faces = heard.iter().filter(|(kind, _)| *kind == VP8).count();
    if heard.iter().any(|&(_, one)| client.own == Some(one)) {
        return Some("it got what it sent itself".to_owned());
    }
    if client.own != Some(speaker)
        && !(heard.contains(&(OPUS, speaker)) && heard.contains(&(VP8, speaker)))
    {
        return Some("it did not hear and see who spoke".to_owned());
    }
    (faces < client.faces).then(|| format!("{faces} faces in {} slots", client.faces))
}
