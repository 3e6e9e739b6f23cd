//! The socket: batches, the waker, and how long a datagram waited.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
use super::*;

fn received(socket: &UdpSocket, waker: &Waker, count: usize) -> Vec<(Vec<u8>, SocketAddr)> {
    let (mut inbox, mut all) = (Inbox::new(), Vec::new());
    for _ in 0..100 {
        wait(socket, waker, Duration::from_millis(100));
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
fn a_waker_ends_the_wait_once() {
    let socket = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let waker = Waker::new().unwrap();
    waker.wake();
    waker.wake();
    let before = std::time::Instant::now();
    wait(&socket, &waker, Duration::from_secs(60));
    assert!(before.elapsed() < Duration::from_secs(30));
    wait(&socket, &waker, Duration::from_millis(1));
    assert!(interface_addresses().iter().any(IpAddr::is_loopback));
    assert!(thread_cpu() > Duration::ZERO);
}
#[test]
fn what_waited_in_the_kernel_says_how_long() {
    let a = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let b = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let sent = std::time::Instant::now();
    a.send_to(b"first", b.local_addr().unwrap()).unwrap();
    // Nothing comes on this socket: the wait is the time that passes.
    wait(&a, &Waker::new().unwrap(), Duration::from_millis(30));
    let mut ages = Vec::new();
    Inbox::new().receive(&b, |_, _, age| ages.push(age));
    assert_eq!(ages.len(), 1);
    assert!(ages[0] >= Duration::from_millis(29) && ages[0] <= sent.elapsed());
}
