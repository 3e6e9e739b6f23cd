//! The kernel's side of a shard: the UDP socket, batched receiving and sending, the waker, the thread's CPU clock
//! and the interfaces' addresses. One of the two files of the project that may use `unsafe`: every block is one system call
//! whose pointers live on this stack frame.
#![expect(
    unsafe_code,
    reason = "recvmmsg, sendmmsg, poll, eventfd and getifaddrs have no safe form in std"
)]

use std::io;
use std::mem::{MaybeUninit, size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket};
use std::ops::Range;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::time::Duration;

/// Bytes asked for in each of the kernel's two socket buffers.
const SOCKET_BUFFER_BYTES: libc::c_int = 4 << 20;
/// Datagrams received, or messages sent, by one system call.
pub(crate) const BATCH: usize = 64;
/// Datagrams sent by one system call.
pub(crate) const PARTS: usize = 256;
/// How long a full send buffer may hold the shard up before datagrams are dropped.
const FULL_WAIT_MS: libc::c_int = 5;
/// Bytes for one control message: the time of an arrival, the length of a segment.
const CONTROL_BYTES: usize = 64;
/// Longest time that a datagram is believed to have waited for us; more is a clock that was set.
const MAX_AGE: Duration = Duration::from_millis(500);
/// Longest datagram that is read; a longer one is cut and then fails its authentication.
pub(crate) const DATAGRAM_BYTES: usize = 2048;

/// Binds a non-blocking socket with large buffers.
pub(crate) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    // Beyond the system's limit only the privileged form reaches; without the privilege the plain one gets what it can.
    for (force, plain) in [
        (libc::SO_RCVBUFFORCE, libc::SO_RCVBUF),
        (libc::SO_SNDBUFFORCE, libc::SO_SNDBUF),
    ] {
        if !set_option(&socket, force, SOCKET_BUFFER_BYTES) {
            set_option(&socket, plain, SOCKET_BUFFER_BYTES);
        }
    }
    set_option(&socket, libc::SO_TIMESTAMPNS, 1);
    Ok(socket)
}

fn set_option(socket: &UdpSocket, option: libc::c_int, value: libc::c_int) -> bool {
    // SAFETY: the pointer is to a local of the length that is given.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        ) == 0
    }
}

/// Waits until the kernel takes datagrams again, or [`FULL_WAIT_MS`] has passed. Says whether it does.
pub(crate) fn wait_until_writable(socket: &UdpSocket) -> bool {
    let mut watched = libc::pollfd {
        fd: socket.as_raw_fd(),
        events: libc::POLLOUT,
        revents: 0,
    };
    // SAFETY: one local is watched.
    unsafe { libc::poll(&raw mut watched, 1, FULL_WAIT_MS) > 0 }
}

/// Wakes a shard that waits in [`wait`]: an `eventfd`.
#[derive(Debug)]
pub(crate) struct Waker(OwnedFd);

impl Waker {
    /// A waker that nobody has used yet.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: no pointer is passed; a descriptor that is not negative is ours alone.
        unsafe {
            let fd = libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC);
            if fd < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Self(OwnedFd::from_raw_fd(fd)))
        }
    }

    /// Makes the next or running [`wait`] return. Waking twice is waking once.
    pub(crate) fn wake(&self) {
        let one = 1u64;
        // SAFETY: eight bytes of a local are read. A full counter means that the shard is awake already.
        unsafe {
            libc::write(self.0.as_raw_fd(), (&raw const one).cast(), 8);
        }
    }

    fn clear(&self) {
        let mut count = 0u64;
        // SAFETY: eight bytes of a local are written.
        unsafe {
            libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), 8);
        }
    }
}

/// Waits until the socket has something, the waker was used, or `timeout` has passed. Without a socket it waits for the
/// other two.
pub(crate) fn wait(socket: Option<&UdpSocket>, waker: &Waker, timeout: Duration) {
    let watch = |fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // A negative descriptor is not watched (poll(2)).
    let socket = socket.map_or(-1, AsRawFd::as_raw_fd);
    let mut watched = [watch(socket), watch(waker.0.as_raw_fd())];
    let timeout = libc::timespec {
        tv_sec: timeout.as_secs() as libc::time_t,
        tv_nsec: libc::c_long::from(timeout.subsec_nanos()),
    };
    // SAFETY: both pointers are to locals, the length is that of the array. An interruption is a wake-up.
    unsafe {
        libc::ppoll(watched.as_mut_ptr(), 2, &raw const timeout, ptr::null());
    }
    if watched[1].revents != 0 {
        waker.clear();
    }
}

/// Room for one control message, aligned as its header wants.
#[derive(Clone, Copy)]
#[repr(align(8))]
struct Control([u8; CONTROL_BYTES]);

/// Buffers for a batch of datagrams on their way in.
pub(crate) struct Inbox {
    buffers: Vec<[u8; DATAGRAM_BYTES]>,
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
}

impl Inbox {
    /// Empty buffers.
    pub(crate) fn new() -> Self {
        Self {
            buffers: vec![[0; DATAGRAM_BYTES]; BATCH],
            // SAFETY: all zeroes is a valid sockaddr_storage (of no family).
            names: vec![unsafe { zeroed() }; BATCH],
            controls: vec![Control([0; CONTROL_BYTES]); BATCH],
        }
    }

    /// Receives what is there, at most one batch, and hands each datagram to `take` with the time it waited in the
    /// kernel: whoever measures arrivals must not measure when this thread was scheduled. Returns how many there were.
    pub(crate) fn receive(
        &mut self,
        socket: &UdpSocket,
        mut take: impl FnMut(&mut [u8], SocketAddr, Duration),
    ) -> usize {
        let mut vectors: [MaybeUninit<libc::iovec>; BATCH] = [MaybeUninit::uninit(); BATCH];
        // SAFETY: all zeroes is a valid mmsghdr (of no buffers).
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        for i in 0..BATCH {
            let vector = vectors[i].write(libc::iovec {
                iov_base: self.buffers[i].as_mut_ptr().cast(),
                iov_len: DATAGRAM_BYTES,
            });
            headers[i].msg_hdr.msg_iov = vector;
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_name = (&raw mut self.names[i]).cast();
            headers[i].msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            headers[i].msg_hdr.msg_control = self.controls[i].0.as_mut_ptr().cast();
            headers[i].msg_hdr.msg_controllen = CONTROL_BYTES;
        }
        // SAFETY: every header points to a buffer, a name, a control buffer and a vector that outlive the call.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        let received = usize::try_from(received).unwrap_or(0);
        if received == 0 {
            return 0;
        }
        let now = since_epoch(libc::CLOCK_REALTIME);
        let buffers = self.buffers.iter_mut().zip(&self.names);
        for (header, (buffer, name)) in headers.iter().take(received).zip(buffers) {
            let length = (header.msg_len as usize).min(DATAGRAM_BYTES);
            let arrived = arrival(&header.msg_hdr).unwrap_or(now);
            if let Some(from) = from_storage(name) {
                let age = now.saturating_sub(arrived);
                take(
                    &mut buffer[..length],
                    from,
                    if age < MAX_AGE { age } else { Duration::ZERO },
                );
            }
        }
        received
    }
}

/// When the kernel took a datagram in, since the Unix epoch (`SO_TIMESTAMPNS`, socket(7)).
fn arrival(header: &libc::msghdr) -> Option<Duration> {
    // SAFETY: the kernel filled the control buffer, which lives as long as the header; the value is read by its type.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(header);
        while let Some(control) = message.as_ref() {
            if control.cmsg_level == libc::SOL_SOCKET && control.cmsg_type == libc::SCM_TIMESTAMPNS
            {
                let time = libc::CMSG_DATA(message).cast::<libc::timespec>();
                return Some(duration(&time.read_unaligned()));
            }
            message = libc::CMSG_NXTHDR(header, message);
        }
    }
    None
}

fn duration(time: &libc::timespec) -> Duration {
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// What a clock of the kernel shows.
fn since_epoch(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: a local is written.
    unsafe {
        libc::clock_gettime(clock, &raw mut time);
    }
    duration(&time)
}

/// Datagrams for one address that leave as one message. More than one: all as long as the first, but for the last, which
/// may be shorter; the kernel parts them again (`UDP_SEGMENT`, udp(7)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Message {
    /// Where to.
    pub(crate) to: SocketAddr,
    /// Its first datagram in the list of parts.
    pub(crate) first: usize,
    /// How many datagrams.
    pub(crate) count: usize,
    /// Bytes of the first datagram.
    pub(crate) segment: usize,
}

/// Hands messages to the kernel by one system call: at most [`BATCH`] messages and [`PARTS`] datagrams of them, at least
/// one message. `parts` are the datagrams' places in `bytes`. Gives how many messages the kernel took; an error is the
/// first message's.
pub(crate) fn send(
    socket: &UdpSocket,
    bytes: &[u8],
    parts: &[Range<usize>],
    messages: &[Message],
) -> io::Result<usize> {
    let mut names: [MaybeUninit<Name>; BATCH] = [const { MaybeUninit::uninit() }; BATCH];
    let mut vectors: [MaybeUninit<libc::iovec>; PARTS] = [MaybeUninit::uninit(); PARTS];
    let mut controls: [Control; BATCH] = [Control([0; CONTROL_BYTES]); BATCH];
    // SAFETY: all zeroes is a valid mmsghdr (of no buffers).
    let mut headers: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
    let (mut count, mut used) = (0, 0);
    for message in messages.iter().take(BATCH) {
        if used + message.count > PARTS {
            break;
        }
        let header = &mut headers[count].msg_hdr;
        header.msg_iov = vectors[used].as_mut_ptr();
        header.msg_iovlen = message.count;
        for part in &parts[message.first..message.first + message.count] {
            let part = &bytes[part.clone()];
            vectors[used].write(libc::iovec {
                iov_base: part.as_ptr().cast_mut().cast(),
                iov_len: part.len(),
            });
            used += 1;
        }
        let (name, name_bytes) = to_name(message.to);
        header.msg_name = (&raw mut *names[count].write(name)).cast();
        header.msg_namelen = name_bytes;
        if message.count > 1 {
            let control = &mut controls[count];
            header.msg_control = control.0.as_mut_ptr().cast();
            header.msg_controllen = segment_control(control, message.segment);
        }
        count += 1;
    }
    // SAFETY: the first `count` headers point to vectors, names, control messages and bytes that outlive the call.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            count as libc::c_uint,
            libc::MSG_DONTWAIT,
        )
    };
    match usize::try_from(sent) {
        Ok(0) | Err(_) => Err(io::Error::last_os_error()),
        Ok(sent) => Ok(sent),
    }
}

/// Writes the control message that says how long a segment is; gives its length.
fn segment_control(control: &mut Control, segment: usize) -> usize {
    let size = size_of::<u16>() as libc::c_uint;
    // SAFETY: the buffer is aligned and longer than a header with two bytes of data.
    unsafe {
        let header = control.0.as_mut_ptr().cast::<libc::cmsghdr>();
        (*header).cmsg_level = libc::SOL_UDP;
        (*header).cmsg_type = libc::UDP_SEGMENT;
        (*header).cmsg_len = libc::CMSG_LEN(size) as usize;
        libc::CMSG_DATA(header)
            .cast::<u16>()
            .write_unaligned(segment as u16);
        libc::CMSG_SPACE(size) as usize
    }
}

/// Whether an error means that this kernel, or the way to this address, does not segment.
pub(crate) fn is_about_segments(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EINVAL | libc::EIO | libc::EMSGSIZE | libc::EOPNOTSUPP)
    )
}

/// CPU time that the calling thread has used.
pub(crate) fn thread_cpu() -> Duration {
    since_epoch(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Addresses of the interfaces that are up, loopback last; link-local ones left out.
pub(crate) fn interface_addresses() -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    let mut list: *mut libc::ifaddrs = ptr::null_mut();
    // SAFETY: the list is walked between getifaddrs and freeifaddrs; each name is read by the family that it states.
    unsafe {
        if libc::getifaddrs(&raw mut list) != 0 {
            return addresses;
        }
        let mut entry = list;
        while !entry.is_null() {
            let (name, flags) = ((*entry).ifa_addr, (*entry).ifa_flags);
            if !name.is_null() && flags & libc::IFF_UP as libc::c_uint != 0 {
                match i32::from((*name).sa_family) {
                    libc::AF_INET => {
                        let name = name.cast::<libc::sockaddr_in>().read_unaligned();
                        addresses.push(IpAddr::V4(Ipv4Addr::from(u32::from_be(
                            name.sin_addr.s_addr,
                        ))));
                    }
                    libc::AF_INET6 => {
                        let name = name.cast::<libc::sockaddr_in6>().read_unaligned();
                        addresses.push(IpAddr::V6(Ipv6Addr::from(name.sin6_addr.s6_addr)));
                    }
                    _ => {}
                }
            }
            entry = (*entry).ifa_next;
        }
        libc::freeifaddrs(list);
    }
    addresses.retain(|address| match address {
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    });
    addresses.sort_by_key(IpAddr::is_loopback);
    addresses
}

fn from_storage(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    // SAFETY: the storage is larger than either name and is read by the family that it states.
    unsafe {
        match i32::from(storage.ss_family) {
            libc::AF_INET => {
                let name = ptr::from_ref(storage).cast::<libc::sockaddr_in>().read();
                let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
                Some(SocketAddrV4::new(ip, u16::from_be(name.sin_port)).into())
            }
            libc::AF_INET6 => {
                let name = ptr::from_ref(storage).cast::<libc::sockaddr_in6>().read();
                let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
                let port = u16::from_be(name.sin6_port);
                Some(SocketAddrV6::new(ip, port, name.sin6_flowinfo, name.sin6_scope_id).into())
            }
            _ => None,
        }
    }
}

/// An address as the kernel takes it, no longer than it must be: a hundred of them are written for every packet of a room.
#[repr(C)]
union Name {
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

fn to_name(address: SocketAddr) -> (Name, libc::socklen_t) {
    match address {
        SocketAddr::V4(v4) => {
            let v4 = libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr {
                    s_addr: u32::from(*v4.ip()).to_be(),
                },
                sin_zero: [0; 8],
            };
            let length = size_of::<libc::sockaddr_in>();
            (Name { v4 }, length as libc::socklen_t)
        }
        SocketAddr::V6(v6) => {
            let v6 = libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: v6.flowinfo(),
                sin6_addr: libc::in6_addr {
                    s6_addr: v6.ip().octets(),
                },
                sin6_scope_id: v6.scope_id(),
            };
            let length = size_of::<libc::sockaddr_in6>();
            (Name { v6 }, length as libc::socklen_t)
        }
    }
}

#[cfg(test)]
#[path = "tests/udp.rs"]
mod tests;
