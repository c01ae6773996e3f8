#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_set: rulesets of one large set, packets for them, and which of these are in the set.

In: `make_set.py KIND COUNT PACKETS PREFIX [--seed N] [--device NAME]`.  Out: PREFIX.nft, a chain
that drops and counts what is in the set and accepts the rest; PREFIX.trace, of which every other
packet, drawn at random, was made from an element; PREFIX.truth: 0 in the set, -1 not.

	hosts	COUNT IPv4 addresses
	nets	COUNT IPv4 prefixes of /12 to /32 that do not overlap
	nets6	COUNT IPv6 prefixes of /32 to /128 that do not overlap
	ports	COUNT TCP ports
	boxes	COUNT concatenations of two prefixes, a protocol and two port ranges
"""
import argparse
import bisect
import random

import filters as fl

BATCH = 8				# elements a line


def address_text(family, low, high):
    bits = 32 if family == 4 else 128
    length = bits - (high - low).bit_length()
    text = fl.address(family, low)
    return text if length == bits else "%s/%d" % (text, length)


def prefixes(rng, count, bits, lengths):
    """Disjoint (low, high), sorted, of LENGTHS: length -> weight."""
    found = []
    while len(found) < count:
        drawn = rng.choices(list(lengths), list(lengths.values()), k=count - len(found))
        for length in drawn:
            host = bits - length
            low = rng.getrandbits(bits) if bits == 32 else 1 << 125 | rng.getrandbits(125)
            low = low >> host << host
            found.append((low, low | (1 << host) - 1))
        found.sort()
        lows = []
        for low, high in found:
            if not lows or lows[-1][1] < low:
                lows.append((low, high))
        found = lows
    return found


class Addresses:
    """Elements that are (low, high) of source addresses."""

    def __init__(self, rng, family, elements):
        self.rng, self.family, self.elements = rng, family, elements
        self.lows = [low for low, _ in elements]

    def texts(self):
        return [address_text(self.family, *element) for element in self.elements]

    def packet(self, member):
        low, high = self.rng.choice(self.elements)
        bits = 32 if self.family == 4 else 125
        base = 0 if self.family == 4 else 1 << 125
        saddr = self.rng.randint(low, high) if member else base | self.rng.getrandbits(bits)
        place = bisect.bisect_right(self.lows, saddr) - 1
        return ((saddr, 1 << 125 if self.family == 6 else 0x0a000001,
                 self.rng.randrange(1024, 65536), 80, fl.TCP),
                place >= 0 and saddr <= self.elements[place][1])


class Ports:
    def __init__(self, rng, count):
        self.rng, self.family = rng, 4
        self.elements = sorted(rng.sample(range(65536), count))
        self.known = set(self.elements)

    def texts(self):
        return [str(port) for port in self.elements]

    def packet(self, member):
        port = self.rng.choice(self.elements) if member else self.rng.randrange(65536)
        return ((self.rng.getrandbits(32), 0x0a000001, self.rng.randrange(65536), port, fl.TCP),
                port in self.known)


class Boxes:
    """Networks of sources that do not overlap, so a packet's source names its only candidate."""

    def __init__(self, rng, count):
        self.rng, self.family = rng, 4
        self.sources = prefixes(rng, count, 32, {16: 1, 20: 10, 22: 10, 24: 40, 26: 10, 28: 10,
                                                 32: 40})
        self.lows = [low for low, _ in self.sources]
        self.elements = []
        for source in self.sources:
            host = rng.choice((0, 0, 2, 4, 8))
            low = rng.getrandbits(32) >> host << host
            self.elements.append((source, (low, low | (1 << host) - 1), rng.choice((6, 17)),
                                  self.ports(), self.ports()))

    def ports(self):
        low = self.rng.randrange(1, 65536)
        return low, min(65535, low + self.rng.choice((0, 0, 9, 999, 30000)))

    def texts(self):
        return [" . ".join((address_text(4, *saddr), address_text(4, *daddr), str(proto),
                            "%d-%d" % sport if sport[0] < sport[1] else str(sport[0]),
                            "%d-%d" % dport if dport[0] < dport[1] else str(dport[0])))
                for saddr, daddr, proto, sport, dport in self.elements]

    def packet(self, member):
        saddr, daddr, proto, sport, dport = self.rng.choice(self.elements)
        values = [self.rng.randint(*part) for part in (saddr, daddr, sport, dport)]
        if not member:			# one field is something else
            which = self.rng.randrange(4)
            values[which] = self.rng.getrandbits(32 if which < 2 else 16)
        place = bisect.bisect_right(self.lows, values[0]) - 1
        fits = place >= 0 and proto == self.elements[place][2] and all(
            low <= value <= high for value, (low, high) in zip(
                values, [self.elements[place][part] for part in (0, 1, 3, 4)]))
        return (*values, proto), fits


SETS = {
    "hosts": ("ipv4_addr", "", "ip saddr @many"),
    "nets": ("ipv4_addr", "flags interval", "ip saddr @many"),
    "nets6": ("ipv6_addr", "flags interval", "ip6 saddr @many"),
    "ports": ("inet_service", "", "tcp dport @many"),
    "boxes": ("ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service",
              "flags interval", "ip saddr . ip daddr . meta l4proto . th sport . th dport @many"),
}


def elements(rng, kind, count):
    if kind == "hosts":
        return Addresses(rng, 4, [(number, number) for number in
                                  sorted(rng.sample(range(1 << 24, 224 << 24), count))])
    if kind == "nets":
        lengths = {12: 1, 14: 2, 16: 20, 18: 20, 20: 60, 22: 100, 23: 60, 24: 700, 26: 50,
                   28: 50, 29: 50, 30: 50, 32: 800}
        return Addresses(rng, 4, prefixes(rng, count, 32, lengths))
    if kind == "nets6":
        lengths = {32: 1, 36: 1, 40: 2, 44: 2, 48: 6, 56: 3, 60: 2, 64: 10, 96: 1, 128: 6}
        return Addresses(rng, 6, prefixes(rng, count, 128, lengths))
    return Ports(rng, count) if kind == "ports" else Boxes(rng, count)


def write_ruleset(path, kind, texts, device):
    of_type, flags, match = SETS[kind]
    with open(path, "w") as out:
        out.write("table netdev bench {\n\tset many {\n\t\ttype %s\n" % of_type)
        if flags:
            out.write("\t\t%s\n" % flags)
        out.write("\t\telements = {\n")
        for at in range(0, len(texts), BATCH):
            out.write("\t\t\t%s,\n" % ", ".join(texts[at:at + BATCH]))
        out.write("\t\t}\n\t}\n\tchain in {\n\t\ttype filter hook ingress device \"%s\" "
                  "priority 0; policy accept;\n\t\t%s counter drop\n\t}\n}\n" % (device, match))


def write_packets(prefix, known, rng, count):
    with open(prefix + ".trace", "w") as trace, open(prefix + ".truth", "w") as truth:
        for _ in range(count):
            (saddr, daddr, sport, dport, proto), fits = known.packet(rng.random() < .5)
            trace.write("%s\t%s\t%d\t%d\t%d\t0x02\t0\n" % (
                fl.address(known.family, saddr), fl.address(known.family, daddr), sport, dport,
                proto))
            truth.write("0\n" if fits else "-1\n")


def make(kind, count, packets, prefix, seed=1, device="bench0"):
    rng = random.Random("%s %d %d" % (kind, count, seed))
    known = elements(rng, kind, count)
    write_ruleset(prefix + ".nft", kind, known.texts(), device)
    write_packets(prefix, known, rng, packets)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=SETS)
    parser.add_argument("count", type=int)
    parser.add_argument("packets", type=int)
    parser.add_argument("prefix")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="bench0")
    make(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
