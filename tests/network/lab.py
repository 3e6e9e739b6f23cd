#!/usr/bin/python3
"""Networks that misbehave, for tests: a network namespace for each client, joined to the one this runs in by a link of its own.

    lab.py NAME…        as root, in the namespace of the server, which has the address 10.98.0.1

A link is two TUN devices with this process between them, because not every kernel has netem. Client number N has 10.98.N.2 on
`wifi0` in the namespace `aikste-PID-NAME`, and there a second interface, `mobile0`, that is down at first. What links do is
changed by lines on standard input; each is answered by `ok`:

    set NAME up|down|both KEY=VALUE…  delay_ms, loss (0 to 1), rate_kbit (0: any), queue_ms (what would wait longer is dropped)
    move NAME HOST                    the client's address becomes 10.98.N.HOST
    mobile NAME                       `mobile0` comes up, as 10.98.100+N.2
    leave NAME                        `wifi0` goes down, and what was sent over it is lost
    nat NAME HOST                     the server sees the client as 10.98.N.HOST from now on, and the client is not told
    block NAME WHAT…                  a firewall rule of the client drops it, in and out: `udp`, or `tcp PORT`
    here loss PROBABILITY             datagrams over the server's own loopback are lost: for a browser beside it
    count NAME                        `ok {…}`: packets carried, lost and dropped in each direction so far

All of it is gone when standard input ends.
"""
import atexit
import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
TUN_WITHOUT_HEADER = 0x1001
MTU = 1400
LIBC = ctypes.CDLL(None, use_errno=True)
DEFAULTS = {"delay_ms": 0.0, "loss": 0.0, "rate_kbit": 0.0, "queue_ms": 300.0}


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def tun(name):
    """A TUN device in the namespace that this process is in."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), TUN_WITHOUT_HEADER))
    return device


def folded(total):
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def readdressed(packet, at, address):
    """An IPv4 packet with another address at this offset (12: source, 16: destination), its checksums corrected (RFC 1624)."""
    packet = bytearray(packet)
    old = struct.unpack("!HH", packet[at : at + 4])
    new = struct.unpack("!HH", address)
    packet[at : at + 4] = address
    header = (packet[0] & 15) * 4
    places = [10]
    if packet[9] == 17 and packet[header + 6 : header + 8] != b"\0\0":
        places.append(header + 6)
    elif packet[9] == 6:
        places.append(header + 16)
    for place in places:
        sum_ = struct.unpack("!H", packet[place : place + 2])[0]
        sum_ = folded((~sum_ & 0xFFFF) + sum(~word & 0xFFFF for word in old) + sum(new))
        packet[place : place + 2] = struct.pack("!H", ~sum_ & 0xFFFF)
    return bytes(packet)


class Direction:
    """One way over a link: a queue with a rate, then a delay."""

    def __init__(self):
        self.settings = dict(DEFAULTS)
        self.free_at = 0.0
        self.carried = self.lost = self.dropped = 0

    def send_at(self, length, now):
        """When a packet arrives at the other end; None: it does not."""
        if random.random() < self.settings["loss"]:
            self.lost += 1
            return None
        start = max(now, self.free_at)
        if start - now > self.settings["queue_ms"] / 1e3:
            self.dropped += 1
            return None
        rate = self.settings["rate_kbit"] * 1e3
        self.free_at = start + (length * 8 / rate if rate else 0.0)
        self.carried += 1
        return self.free_at + self.settings["delay_ms"] / 1e3


class Client:
    """A client's namespace and its link."""

    def __init__(self, name, number, root):
        self.namespace = f"aikste-{os.getpid()}-{name}"
        self.number = number
        run("ip", "netns", "add", self.namespace)
        self.ip("link", "set", "lo", "up")
        self.links = [self.link(root, "wifi0", number), self.link(root, "mobile0", 100 + number)]
        self.up("wifi0", number)
        self.ip("route", "add", "default", "dev", "wifi0")
        self.address = self.own(2)
        self.seen_as = self.address
        self.ways = {"up": Direction(), "down": Direction()}

    def link(self, root, name, network):
        """Its two ends: the server's and the client's."""
        inside = os.open(f"/run/netns/{self.namespace}", os.O_RDONLY)
        here = tun(f"link{network}")
        assert LIBC.setns(inside, 0) == 0
        there = tun(name)
        assert LIBC.setns(root, 0) == 0
        os.close(inside)
        run("ip", "address", "add", f"10.98.{network}.1/24", "dev", f"link{network}")
        run("ip", "link", "set", f"link{network}", "up", "mtu", str(MTU))
        return here, there

    def up(self, name, network):
        self.ip("address", "add", f"10.98.{network}.2/24", "dev", name)
        self.ip("link", "set", name, "up", "mtu", str(MTU))

    def mobile(self):
        network = 100 + self.number
        self.up("mobile0", network)
        self.ip("route", "add", "default", "dev", "mobile0", "metric", "200")
        self.ip("rule", "add", "from", f"10.98.{network}.2", "table", "100")
        self.ip("route", "add", "default", "dev", "mobile0", "table", "100")

    def own(self, host):
        return bytes([10, 98, self.number, host])

    def ip(self, *command):
        run("ip", "-n", self.namespace, *command)

    def move(self, host):
        self.address = self.seen_as = self.own(host)
        # The old one first: with it go all others of its network.
        self.ip("address", "flush", "dev", "wifi0")
        self.ip("address", "add", f"10.98.{self.number}.{host}/24", "dev", "wifi0")
        self.ip("route", "replace", "default", "dev", "wifi0")

    def block(self, *what):
        for chain, port in (("OUTPUT", "--dport"), ("INPUT", "--sport")):
            rule = ["-p", what[0], *([port, what[1]] if len(what) > 1 else [])]
            run("ip", "netns", "exec", self.namespace, "iptables", "-A", chain, *rule, "-j", "DROP")

    def translated(self, way, packet):
        if packet[0] >> 4 != 4:
            return packet
        if self.seen_as != self.address:
            if way == "up" and packet[12:16] == self.address:
                return readdressed(packet, 12, self.seen_as)
            if way == "down" and packet[16:20] == self.seen_as:
                return readdressed(packet, 16, self.address)
            # What is sent to the mapping before is lost.
            if way == "down" and packet[16:20] == self.address:
                return None
        return packet


def obey(clients, words):
    if words[:2] == ["here", "loss"]:
        chance = ["-m", "statistic", "--mode", "random", "--probability", words[2]]
        run("iptables", "-A", "INPUT", "-i", "lo", "-p", "udp", *chance, "-j", "DROP")
        return None
    what, client, rest = words[0], clients[words[1]], words[2:]
    if what == "set":
        for way in ("up", "down") if rest[0] == "both" else (rest[0],):
            for key, value in (pair.split("=") for pair in rest[1:]):
                assert key in DEFAULTS, key
                client.ways[way].settings[key] = float(value)
    elif what == "move":
        client.move(int(rest[0]))
    elif what == "mobile":
        client.mobile()
    elif what == "leave":
        client.ip("address", "flush", "dev", "wifi0")
        client.ip("link", "set", "wifi0", "down")
    elif what == "nat":
        client.seen_as = client.own(int(rest[0]))
    elif what == "block":
        client.block(*rest)
    elif what == "count":
        ways = {name: vars(way).copy() for name, way in client.ways.items()}
        return {name: [way["carried"], way["lost"], way["dropped"]] for name, way in ways.items()}
    else:
        raise ValueError(what)
    return None


def carry(clients):
    queue, number = [], 0
    reads = {}
    for client in clients.values():
        for here, there in client.links:
            reads[there] = (client, "up", here)
            reads[here] = (client, "down", there)
    commands = b""
    while True:
        wait = max(0.0, min(queue[0][0] - time.monotonic(), 0.2)) if queue else 0.2
        ready, _, _ = select.select([0, *reads], [], [], wait)
        for device in ready:
            if device == 0:
                text = os.read(0, 4096)
                if not text:
                    return
                *lines, commands = (commands + text).split(b"\n")
                for line in lines:
                    answer = obey(clients, line.decode().split())
                    print("ok" if answer is None else f"ok {json.dumps(answer)}", flush=True)
                continue
            client, way, other = reads[device]
            for _ in range(64):
                try:
                    packet = os.read(device, 65535)
                except BlockingIOError:
                    break
                now = time.monotonic()
                arrives = client.ways[way].send_at(len(packet), now)
                packet = client.translated(way, packet)
                if arrives is not None and packet is not None:
                    number += 1
                    heapq.heappush(queue, (arrives, number, other, packet))
        now = time.monotonic()
        while queue and queue[0][0] <= now:
            _, _, device, packet = heapq.heappop(queue)
            try:
                os.write(device, packet)
            except OSError:
                pass  # The device is down, or full: as on a real network.


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    root = os.open("/proc/self/ns/net", os.O_RDONLY)
    clients = {}
    atexit.register(
        lambda: [subprocess.run(["ip", "netns", "del", client.namespace], check=False) for client in clients.values()]
    )
    for number, name in enumerate(sys.argv[1:], start=1):
        clients[name] = Client(name, number, root)
    # A browser beside the server takes a machine without a way out for one without a network.
    run("ip", "route", "add", "default", "dev", "link1")
    print(json.dumps({name: client.namespace for name, client in clients.items()}), flush=True)
    carry(clients)


main()
