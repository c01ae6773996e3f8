#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""nft_judge: what the kernel's own nft says of packets on a netdev ingress hook.

Input: a ruleset in nft's language, devices, packets.  Output: per packet whether it was accepted,
and what every counter statement counted.

The process moves into a network namespace of its own that has no name, so that it is gone with
the process however that ends, and nothing outside can be touched.  Each device is one end of a
veth pair; frames are sent one by one into the other end, which lies in a second such namespace: a
packet that comes from there has no socket, no mark and no priority, as one from a wire has none.

How a verdict is found: a chain of our own that runs before all others numbers the packets (in
`meta priority`), and one that runs after all others adds the number of each packet it sees to a
set.  What is in the set was accepted.  When the ruleset itself reads the priority, there are no
numbers: each packet is sent when the one before has come through.  A frame whose tag is cut must
not come to the hook at all (deviation D5); a stray or a lost packet is an error.

The nft that is asked is the one the environment variable XDPFW_NFT names, else `nft`.

As a command:  nft_judge.py --device NAME[=MAC] [--device ...] RULESET PACKETS
"""

import argparse
import contextlib
import ctypes
import functools
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

import bytecode
import netlink
import packet_file
from frame import DEVICE_MAC, Device, Shape

CLONE_NEWNET = 0x40000000
PAIR_MTU = 65521
SOL_PACKET, PACKET_VNET_HDR = 263, 15
LINEAR = 2048
TABLE = "xdpfw_judge"
OWN = "netdev " + TABLE
NFT = os.environ.get("XDPFW_NFT", "nft")
META_PRIORITY = 2
NOT_TEXT = "\ufffd"
PRIORITY_FIRST, PRIORITY_LAST = -2147483648, 2147483647
MAX_PACKETS = 65535
WAIT_SECONDS = 10
HELD = 150
ERROR_LINE = re.compile(r"^(\S*?):(\d+):\d+(?:-\d+)?: Error: (.*)$")


@functools.lru_cache(maxsize=None)
def nft_version():
    """(major, minor) of the nft that is asked."""
    done = subprocess.run([NFT, "--version"], capture_output=True, text=True, check=True)
    return tuple(map(int, re.search(r"v(\d+)\.(\d+)", done.stdout).groups()))


class JudgeError(Exception):
    """The judge itself failed: no verdict."""


def namespace_call(name, *figures):
    """unshare or setns of the C library."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*figures):
        raise JudgeError("%s: %s" % (name, os.strerror(ctypes.get_errno())))


def enter_namespace():
    """Moves this process into a fresh network namespace; returns a descriptor of it."""
    before = os.stat("/proc/self/ns/net").st_ino
    namespace_call("unshare", CLONE_NEWNET)
    if os.stat("/proc/self/ns/net").st_ino == before or len(socket.if_nameindex()) != 1:
        raise JudgeError("the new network namespace is not a new one")
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def mac_text(mac):
    return ":".join("%02x" % byte for byte in mac)


class Judgement:
    """What nft said: per packet True (accepted), False (dropped), None (never at the hook)."""

    def __init__(self, accepted, counters):
        self.accepted = accepted
        self.counters = counters  # (table, chain, rule, counter) -> (packets, bytes)
        self.listings = None, None  # before and after


class NftJudge:
    """One process makes one; DEVICES is a list of Device."""

    def __init__(self, devices):
        self.outside, self.inside = enter_namespace(), enter_namespace()
        self.devices = [device.name for device in devices]
        self.senders = {}
        self.sent = 0
        self.numbered = True
        self.has_inner = False
        self.holder = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.held = 0
        lines = []
        for number, (name, mac, group) in enumerate(devices):
            peer = "xdpfwpeer%d" % number
            lines.append("link add %s address %s type veth peer name %s netns /proc/%d/fd/%d"
                         % (name, mac_text(mac), peer, os.getpid(), self.outside))
            lines += self.make_ready(name) + ["link set %s group %d" % (name, group)]
        self.command(["ip", "-batch", "-"], "\n".join(lines) + "\n")
        namespace_call("setns", self.outside, CLONE_NEWNET)
        try:
            self.open_senders()
        finally:
            namespace_call("setns", self.inside, CLONE_NEWNET)

    @staticmethod
    def make_ready(name):
        return ["link set %s addrgenmode none" % name,
                "link set %s mtu %d arp off up" % (name, PAIR_MTU)]

    def open_senders(self):
        for number, name in enumerate(self.devices):
            peer = "xdpfwpeer%d" % number
            self.command(["ip", "-batch", "-"], "\n".join(self.make_ready(peer)) + "\n")
            self.senders[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.senders[name].setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
            self.senders[name].bind((peer, 0))

    @staticmethod
    def command(argv, text):
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise JudgeError("%s: %s" % (" ".join(argv), done.stderr.strip()))

    @staticmethod
    def nft(argv, text=None):
        """Returns [] or nft's errors, [(line, message)]; line 0 when it names none."""
        done = subprocess.run([NFT] + argv, input=text, capture_output=True, text=True,
                              check=False)
        if not done.returncode:
            return []
        errors = []
        for line in done.stderr.splitlines():
            found = ERROR_LINE.match(line)
            if found and done.returncode > 0:
                errors.append((int(found.group(2)), found.group(3)))
        return errors or [(0, done.stderr.strip() or "exit status %d" % done.returncode)]

    def load(self, text=None, path=None, include=()):
        """Loads a ruleset from text or a file.  Returns nft's errors; none when it is loaded."""
        argv = [word for folder in include for word in ("-I", folder)] + ["-f", path or "-"]
        self.numbered = True
        errors = self.load_with_frame(argv, text)
        if not errors and self.reads_priority():
            self.numbered = False
            self.load_with_frame(argv, text)
        return errors

    def load_with_frame(self, argv, text):
        """Its own chains first: some rulesets that nft has loaded make it abort when it reads
        them."""
        self.command([NFT, "flush", "ruleset"], None)
        self.command([NFT, "-f", "-"], self.frame_chains())
        self.sent = 0
        errors = self.nft(argv, text)
        if not errors and OWN not in netlink.dump_tables():    # the file flushes all tables
            self.command([NFT, "-f", "-"], self.frame_chains())
        return errors

    def frame_chains(self):
        number = " meta priority set numgen inc mod %d" % MAX_PACKETS if self.numbered else ""
        names = ", ".join('"%s"' % name for name in self.devices)
        return """table netdev %(table)s {
	set seen {
		typeof meta priority
		size %(size)d
		flags dynamic
	}
	chain last {
		type filter hook ingress devices = { %(names)s } priority %(last)d;
		counter add @seen { meta priority } drop
	}
	chain first {
		type filter hook ingress devices = { %(names)s } priority %(first)d;
		counter%(number)s
	}
}
""" % {"table": TABLE, "names": names, "size": MAX_PACKETS, "first": PRIORITY_FIRST,
       "last": PRIORITY_LAST, "number": number}

    def rules(self):
        """The ruleset's rules, without the judge's own."""
        return [rule for rule in netlink.dump_rules() if rule.table != OWN]

    @staticmethod
    def own_counts():
        """Packets that came to the hook, packets that were accepted."""
        counts = {rule.chain: rule.counters()[0][0] for rule in netlink.dump_rules(TABLE)}
        return counts["first"], counts["last"]

    def reads_priority(self):
        return any(name == "meta" and 1 in fields and netlink.number(fields[2]) == META_PRIORITY
                   for rule in self.rules() for name, fields in rule.expressions)

    def listing(self):
        """The ruleset as nft lists it; None when nft aborts over it, or prints what is no text."""
        text = ""
        for table in netlink.dump_tables():
            if table == OWN:
                continue
            done = subprocess.run([NFT, "list", "table"] + table.split(), capture_output=True,
                                  encoding="utf-8", errors="replace", check=False)
            if done.returncode < 0 or NOT_TEXT in done.stdout:
                return None
            if done.returncode:
                raise JudgeError("nft list table %s: %s" % (table, done.stderr.strip()))
            text += done.stdout
        return text

    def aims(self):
        """What the rules ask of packets, read from the kernel (bytecode.py)."""
        return bytecode.read_aims(OWN)

    def counters(self):
        found, places = {}, {}
        for rule in self.rules():
            place = rule.table, rule.chain
            number = places[place] = places.get(place, -1) + 1
            for index, figures in enumerate(rule.counters()):
                found[place + (number, index)] = figures
        return found

    @staticmethod
    def sendable(frame):
        """With a header that asks for a linear part as long as a driver would make it.

        Left alone, a packet socket puts only 14 bytes of a frame of a page or more there, and the
        kernel reads the IPv6 next header from the linear part without looking how long it is.
        """
        return struct.pack("=BBHHHH", 0, 0, min(len(frame), LINEAR), 0, 0, 0) + frame

    @contextlib.contextmanager
    def one_cpu(self):
        """On one CPU, the packets go through one queue and keep their order, and no packet is
        half way through when this process reads what was counted."""
        cpus = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cpus)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, cpus)

    def keep_apart(self):
        """The kernel's inner-header matches keep what they found in a packet, and take it for found
        in a later one that has the same address.  So the address of the packet before is put to
        use here, and the one is freed that was so HELD packets ago."""
        self.holder[0].send(b"x")
        self.held += 1
        if self.held > HELD:
            self.holder[1].recv(1)

    def send(self, packet):
        """True when it is to come to the hook."""
        if self.has_inner:
            self.keep_apart()
        self.senders[packet.device].send(self.sendable(packet.frame))
        comes = not Shape(packet.frame).cut_tag
        self.sent += comes
        return comes

    def send_numbered(self, packets):
        """[True accepted, False, None]."""
        numbers = [self.sent - 1 if self.send(packet) else None for packet in packets]
        self.wait()
        seen = {int.from_bytes(key, sys.byteorder) for key in netlink.dump_set_keys(TABLE, "seen")}
        if len(seen) != self.own_counts()[1]:
            raise JudgeError("the set of accepted packets is not whole")
        return [None if number is None else number in seen for number in numbers]

    def send_singly(self, packets):
        """Likewise, for rulesets that read what packets are numbered in."""
        accepted = self.own_counts()[1]
        verdicts = []
        for packet in packets:
            if not self.send(packet):
                verdicts.append(None)
                continue
            before, accepted = accepted, self.wait()
            verdicts.append(accepted > before)
        return verdicts

    def wait(self):
        """Until all that were sent have come to the hook; returns how many were accepted."""
        end = time.monotonic() + WAIT_SECONDS
        came, accepted = self.own_counts()
        while came < self.sent and time.monotonic() < end:
            time.sleep(0.001)
            came, accepted = self.own_counts()
        if came != self.sent:
            raise JudgeError("%d packets were to come to the hook, %d came" % (self.sent, came))
        return accepted

    def run(self, packets, listing=False):
        """Sends PACKETS through the ruleset that is loaded.

        Counters are those of this run: figures from the file or a run before do not count.
        """
        before = self.counters()
        listed = self.listing() if listing else None
        if self.sent + len(packets) > MAX_PACKETS:
            raise JudgeError("more than %d packets" % MAX_PACKETS)
        self.has_inner = any("inner" in rule.names() for rule in self.rules())
        send = self.send_numbered if self.numbered else self.send_singly
        with self.one_cpu():
            accepted = send(packets)
            counters = {place: (count - before[place][0], size - before[place][1])
                        for place, (count, size) in self.counters().items()}
        judgement = Judgement(accepted, counters)
        if listing:
            judgement.listings = listed, self.listing()
        return judgement


def stop(number, _):
    sys.exit(128 + number)


def device_argument(text):
    name, _, mac = text.partition("=")
    return Device(name, bytes.fromhex(mac.replace(":", "")) if mac else DEVICE_MAC, 0)


def main():
    signal.signal(signal.SIGTERM, stop)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", action="append", type=device_argument, required=True,
                        metavar="NAME[=MAC]")
    parser.add_argument("-I", dest="include", action="append", default=[])
    parser.add_argument("ruleset")
    parser.add_argument("packets", help="packet file or pcap")
    arguments = parser.parse_args()
    packets = packet_file.read(arguments.packets, arguments.device[0][0])
    judge = NftJudge(arguments.device)
    errors = judge.load(path=arguments.ruleset, include=arguments.include)
    for line, message in errors:
        print("%s:%d: %s" % (arguments.ruleset, line, message), file=sys.stderr)
    if errors:
        return 1
    judgement = judge.run(packets)
    for packet, accepted in zip(packets, judgement.accepted):
        print("%s %s" % ({True: "accept", False: "drop", None: "unseen"}[accepted], packet.name))
    for (table, chain, rule, counter), figures in judgement.counters.items():
        print("counter %s %s rule %d counter %d packets %d bytes %d"
              % ((table, chain, rule, counter) + figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
