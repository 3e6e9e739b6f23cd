//! The socket: batches, the waker, and how long a datagram waited.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
use super::*;

#[test]
fn a_waker_ends_the_wait_once() {
    let socket = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let waker = Waker::new().unwrap();
    waker.wake();
    waker.wake();
    let before = std::time::Instant::now();
    wait(Some(&socket), &waker, Duration::from_secs(60));
    assert!(before.elapsed() < Duration::from_secs(30));
    wait(Some(&socket), &waker, Duration::from_millis(1));
    assert!(interface_addresses().iter().any(IpAddr::is_loopback));
    assert!(thread_cpu() > Duration::ZERO);
}
#[test]
fn what_waited_in_the_kernel_says_how_long() {
    let a = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let b = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let sent = std::time::Instant::now();
    a.send_to(b"first", b.local_addr().unwrap()).unwrap();
    // Nobody wakes: the wait is the time that passes.
    wait(None, &Waker::new().unwrap(), Duration::from_millis(30));
    let mut ages = Vec::new();
    Inbox::new().receive(&b, |_, _, age| ages.push(age));
    assert_eq!(ages.len(), 1);
    // A wait that is not believed (this machine was away) counts as none.
    let away = sent.elapsed() >= MAX_AGE;
    assert!(ages[0] >= Duration::from_millis(29) || away);
    assert!(ages[0] <= sent.elapsed());
}
