#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""nft_judge: what the kernel's own nft says of packets on a netdev ingress hook.

Input: a ruleset in nft's language, devices, packets.  Output: per packet whether it was accepted,
and what every counter statement counted.

The process moves into a network namespace of its own that has no name, so that it is gone with
the process however that ends, and nothing outside can be touched.  Each device is one end of a
veth pair; frames are sent into the other end one by one.

How a verdict is found: a chain of our own that runs before all others numbers the packets (in
`meta priority`, which the language under test cannot read), and one that runs after all others
adds the number of each packet it sees to a set.  What is in the set was accepted.  A frame whose
tag is cut must not come to the hook at all (deviation D5); a stray or a lost packet is an error.

As a command:  nft_judge.py --device NAME[=MAC] [--device ...] RULESET PACKETS
"""

import argparse
import ctypes
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

import netlink
import packet_file
from frame import DEVICE_MAC, Shape

CLONE_NEWNET = 0x40000000
PAIR_MTU = 65521
SOL_PACKET, PACKET_VNET_HDR = 263, 15
LINEAR = 2048
TABLE = "xdpfw_judge"
PRIORITY_FIRST, PRIORITY_LAST = -2147483648, 2147483647
MAX_PACKETS = 65535
WAIT_SECONDS = 10
ERROR_LINE = re.compile(r"^(\S*?):(\d+):\d+(?:-\d+)?: Error: (.*)$")


class JudgeError(Exception):
    """The judge itself failed: no verdict."""


def enter_namespace():
    """Moves this process into a fresh network namespace."""
    before = os.stat("/proc/self/ns/net").st_ino
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise JudgeError("cannot make a network namespace: " + os.strerror(ctypes.get_errno()))
    if os.stat("/proc/self/ns/net").st_ino == before or len(socket.if_nameindex()) != 1:
        raise JudgeError("the new network namespace is not a new one")


def mac_text(mac):
    return ":".join("%02x" % byte for byte in mac)


class Judgement:
    """What nft said: per packet True (accepted), False (dropped), None (never at the hook)."""

    def __init__(self, accepted, counters):
        self.accepted = accepted
        self.counters = counters  # (table, chain, rule, counter) -> (packets, bytes)


class NftJudge:
    """One process makes one; DEVICES is a list of (name, mac)."""

    def __init__(self, devices):
        enter_namespace()
        self.devices = [name for name, _ in devices]
        self.senders = {}
        self.sent = 0
        lines = []
        for number, (name, mac) in enumerate(devices):
            peer = "xdpfwpeer%d" % number
            lines.append("link add %s address %s type veth peer name %s"
                         % (name, mac_text(mac), peer))
            for end in (name, peer):
                lines.append("link set %s addrgenmode none" % end)
                lines.append("link set %s mtu %d arp off up" % (end, PAIR_MTU))
        self.command(["ip", "-batch", "-"], "\n".join(lines) + "\n")
        for number, name in enumerate(self.devices):
            self.senders[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.senders[name].setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
            self.senders[name].bind(("xdpfwpeer%d" % number, 0))

    @staticmethod
    def command(argv, text):
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise JudgeError("%s: %s" % (" ".join(argv), done.stderr.strip()))

    @staticmethod
    def nft(argv, text=None):
        """Returns [] or nft's errors, [(line, message)]; line 0 when it names none."""
        done = subprocess.run(["nft"] + argv, input=text, capture_output=True, text=True,
                              check=False)
        if not done.returncode:
            return []
        errors = []
        for line in done.stderr.splitlines():
            found = ERROR_LINE.match(line)
            if found:
                errors.append((int(found.group(2)), found.group(3)))
        return errors or [(0, done.stderr.strip() or "exit status %d" % done.returncode)]

    def load(self, text=None, path=None, include=()):
        """Loads a ruleset from text or a file.  Returns nft's errors; none when it is loaded."""
        self.command(["nft", "flush", "ruleset"], None)
        argv = [word for folder in include for word in ("-I", folder)]
        errors = self.nft(argv + ["-f", path or "-"], text)
        if not errors:
            self.command(["nft", "-f", "-"], self.frame_chains())
            self.sent = 0
        return errors

    def frame_chains(self):
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
		counter meta priority set numgen inc mod %(size)d
	}
}
""" % {"table": TABLE, "names": names, "size": MAX_PACKETS, "first": PRIORITY_FIRST,
       "last": PRIORITY_LAST}

    def rules(self):
        """The ruleset's rules, without the judge's own."""
        return [rule for rule in netlink.dump_rules() if rule.table != TABLE]

    def own_counts(self):
        """Packets that came to the hook, packets that were accepted."""
        counts = {rule.chain: rule.counters()[0][0]
                  for rule in netlink.dump_rules() if rule.table == TABLE}
        return counts["first"], counts["last"]

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

    def send(self, packets):
        """Returns for each packet the number it has at the hook, None when it is not to come."""
        numbers = []
        cpus = os.sched_getaffinity(0)
        # On one CPU, the packets go through one queue and keep their order.
        os.sched_setaffinity(0, {min(cpus)})
        try:
            for packet in packets:
                self.senders[packet.device].send(self.sendable(packet.frame))
                if Shape(packet.frame).cut_tag:
                    numbers.append(None)
                    continue
                numbers.append(self.sent)
                self.sent += 1
        finally:
            os.sched_setaffinity(0, cpus)
        return numbers

    def wait(self):
        end = time.monotonic() + WAIT_SECONDS
        came, _ = self.own_counts()
        while came < self.sent and time.monotonic() < end:
            time.sleep(0.001)
            came, _ = self.own_counts()
        if came != self.sent:
            raise JudgeError("%d packets were to come to the hook, %d came" % (self.sent, came))

    def run(self, packets):
        """Sends PACKETS through the ruleset that is loaded.

        Counters are those of this run: figures from the file or a run before do not count.
        """
        before = self.counters()
        if self.sent + len(packets) > MAX_PACKETS:
            raise JudgeError("more than %d packets" % MAX_PACKETS)
        numbers = self.send(packets)
        self.wait()
        seen = {int.from_bytes(key, sys.byteorder) for key in netlink.dump_set_keys(TABLE, "seen")}
        if len(seen) != self.own_counts()[1]:
            raise JudgeError("the set of accepted packets is not whole")
        counters = {place: (packets - before[place][0], size - before[place][1])
                    for place, (packets, size) in self.counters().items()}
        return Judgement([None if number is None else number in seen for number in numbers],
                         counters)


def stop(number, _):
    sys.exit(128 + number)


def device_argument(text):
    name, _, mac = text.partition("=")
    return name, bytes.fromhex(mac.replace(":", "")) if mac else DEVICE_MAC


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
