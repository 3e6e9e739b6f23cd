//! What leaves: gathered by address, parted by the kernel, nothing lost or mixed.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
use std::time::Duration;

use super::super::udp::{Inbox, Waker, bind, wait};
use super::*;

fn received(socket: &UdpSocket, waker: &Waker, count: usize) -> Vec<(Vec<u8>, SocketAddr)> {
    let (mut inbox, mut all) = (Inbox::new(), Vec::new());
    for _ in 0..100 {
        wait(Some(socket), waker, Duration::from_millis(100));
        inbox.receive(socket, |bytes, from, _| all.push((bytes.to_vec(), from)));
        if all.len() >= count {
            break;
        }
    }
    all
}

#[test]
fn a_gathered_batch_arrives_whole_and_in_order_on_both_families() {
    for local in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(a) = bind(local.parse().unwrap()) else {
            continue; // no IPv6 on this machine
        };
        let b = bind(local.parse().unwrap()).unwrap();
        let (mut outbox, waker) = (Outbox::default(), Waker::new().unwrap());
        let to = b.local_addr().unwrap();
        for i in 0..150u8 {
            outbox.push(to, &[i; 33]);
        }
        outbox.flush(&a);
        assert_eq!((outbox.datagrams.len(), outbox.dropped), (0, 0));
        assert!(
            !outbox.segmentation || outbox.sent_messages == 3,
            "64, 64 and 22"
        );
        let all = received(&b, &waker, 150);
        assert_eq!(all.len(), 150);
        for (i, (bytes, from)) in all.iter().enumerate() {
            assert_eq!(
                (bytes.as_slice(), *from),
                (&[i as u8; 33][..], a.local_addr().unwrap())
            );
        }
    }
}

#[test]
fn sound_between_pictures_leaves_after_them_and_parts_no_message() {
    let mut outbox = Outbox::default();
    let to = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    for (port, length) in [
        (9, 150),
        (9, 1_200),
        (7, 1_200),
        (9, 1_200),
        (7, 90),
        (7, 1_200),
    ] {
        outbox.push(to(port), &vec![0; length]);
    }
    outbox.gather();
    let mut gathered: Vec<_> = outbox
        .messages
        .iter()
        .map(|message| {
            let parts = &outbox.parts[message.first..message.first + message.count];
            let lengths: Vec<_> = parts.iter().map(Range::len).collect();
            (message.to.port(), lengths)
        })
        .collect();
    gathered.sort();
    assert_eq!(
        gathered,
        [(7, vec![1_200, 1_200, 90]), (9, vec![1_200, 1_200, 150])]
    );
}

#[test]
fn what_is_not_written_is_not_sent() {
    let to = "127.0.0.1:9".parse().unwrap();
    let mut outbox = Outbox::default();
    assert!(!outbox.write(to, |bytes| {
        bytes.extend_from_slice(b"half");
        false
    }));
    assert!(outbox.write(to, |bytes| {
        bytes.extend_from_slice(b"whole");
        true
    }));
    assert_eq!(
        (outbox.datagrams.len(), outbox.bytes.as_slice()),
        (1, &b"whole"[..])
    );
}

#[test]
fn a_datagram_that_cannot_be_sent_costs_only_itself() {
    let a = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (mut outbox, waker) = (Outbox::default(), Waker::new().unwrap());
    outbox.push("[::1]:9".parse().unwrap(), b"wrong family");
    outbox.push(a.local_addr().unwrap(), b"right");
    outbox.flush(&a);
    assert_eq!(outbox.dropped, 1);
    assert_eq!(received(&a, &waker, 1)[0].0, b"right");
}

#[test]
fn one_address_gets_its_datagrams_together_and_in_order() {
    let socket = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let (a, b) = (
        bind("127.0.0.1:0".parse().unwrap()).unwrap(),
        bind("127.0.0.1:0".parse().unwrap()).unwrap(),
    );
    let (to_a, to_b) = (a.local_addr().unwrap(), b.local_addr().unwrap());
    let mut outbox = Outbox::default();
    for (number, length) in [(0u8, 100), (1, 100), (2, 60), (3, 100), (4, 120)] {
        for to in [to_a, to_b] {
            assert!(outbox.write(to, |bytes| {
                bytes.resize(bytes.len() + length, number);
                true
            }));
        }
    }
    outbox.gather();
    // A shorter one ends a message, a longer one begins the next: 3 datagrams, 1, 1.
    let counts: Vec<_> = outbox.messages.iter().map(|m| (m.to, m.count)).collect();
    for to in [to_a, to_b] {
        let own: Vec<_> = counts.iter().filter(|(t, _)| *t == to).collect();
        assert_eq!(own, [&(to, 3), &(to, 1), &(to, 1)]);
    }
    outbox.flush(&socket);
    let waker = Waker::new().unwrap();
    for end in [&a, &b] {
        let all = received(end, &waker, 5);
        let lengths: Vec<_> = all
            .iter()
            .map(|(bytes, _)| (bytes[0], bytes.len()))
            .collect();
        assert_eq!(lengths, [(0, 100), (1, 100), (2, 60), (3, 100), (4, 120)]);
    }
}

#[test]
fn a_kernel_that_does_not_segment_gets_them_one_by_one() {
    let socket = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let to = socket.local_addr().unwrap();
    let mut outbox = Outbox::default();
    let waker = Waker::new().unwrap();
    let refusal = io::Error::from_raw_os_error(libc::EIO);
    for _ in 0..MAX_REFUSALS {
        assert!(outbox.segmentation);
        outbox.push(to, b"one");
        outbox.push(to, b"two");
        outbox.gather();
        assert_eq!(outbox.messages.len(), 1);
        assert_eq!(outbox.failed(&refusal, &socket, 0), 1);
        let all = received(&socket, &waker, 2);
        assert_eq!((&all[0].0[..], &all[1].0[..]), (&b"one"[..], &b"two"[..]));
        outbox.discard();
    }
    assert!(!outbox.segmentation && outbox.dropped == 0);
    outbox.push(to, b"one");
    outbox.push(to, b"two");
    outbox.gather();
    assert_eq!(outbox.messages.len(), 2);
}
