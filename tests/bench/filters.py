# SPDX-License-Identifier: GPL-2.0-only
"""Filters of five fields and flags, as ClassBench writes them, and nft's words for them.

A line is `@SADDR/LEN DADDR/LEN LO : HI LO : HI PROTO/MASK [FLAGS/MASK]`.  The last word is for TCP
its flags in the upper byte, for ICMP type and code when the source ports are open, and for others
nothing.  The sport and dport of a packet are the first two 16-bit words behind the network header,
whatever the protocol.
"""
import ipaddress
import lzma
import re

LINE = re.compile(r"@?\s*(\S+)/(\d+)\s+(\S+)/(\d+)\s+(\d+)\s*:\s*(\d+)\s+(\d+)\s*:\s*(\d+)\s+"
                  r"0x([0-9a-fA-F]+)/0x([0-9a-fA-F]+)(?:\s+0x([0-9a-fA-F]+)/0x([0-9a-fA-F]+))?")
TCP, UDP = 6, 17
FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr")
ALL_PORTS = (0, 65535)


class Filter:
    """saddr and daddr are (number, length); sport, dport ranges; proto is None for any."""
    __slots__ = ("family", "saddr", "daddr", "sport", "dport", "proto", "flags", "flags_mask",
                 "icmp", "icmp_mask")

    def __init__(self, family=4, saddr=(0, 0), daddr=(0, 0), sport=ALL_PORTS, dport=ALL_PORTS,
                 proto=None, flags=0, flags_mask=0, icmp=0, icmp_mask=0):
        self.family, self.saddr, self.daddr = family, saddr, daddr
        self.sport, self.dport, self.proto = sport, dport, proto
        self.flags, self.flags_mask = flags, flags_mask
        self.icmp, self.icmp_mask = icmp, icmp_mask

    @property
    def bits(self):
        return 32 if self.family == 4 else 128

    def key(self):
        return tuple(getattr(self, name) for name in self.__slots__)

    def text(self):
        word, mask = 0, 0
        if self.proto == TCP:
            word, mask = self.flags << 8, self.flags_mask << 8
        elif self.proto in (1, 58):
            word, mask = self.icmp, self.icmp_mask
        return "@%s/%d\t%s/%d\t%d : %d\t%d : %d\t0x%02x/0x%02x\t0x%04x/0x%04x" % (
            address(self.family, self.saddr[0]), self.saddr[1],
            address(self.family, self.daddr[0]), self.daddr[1], *self.sport, *self.dport,
            self.proto or 0, 0 if self.proto is None else 0xff, word, mask)


def address(family, number):
    return str(ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number))


def icmp_of(family):
    return 1 if family == 4 else 58


def opened(path):
    return lzma.open(path, "rt") if path.endswith(".xz") else open(path)


def parse(line):
    match = LINE.match(line)
    if not match:
        raise ValueError("not a filter: " + line)
    part = match.groups()
    saddr, daddr = ipaddress.ip_address(part[0]), ipaddress.ip_address(part[2])
    one = Filter(saddr.version)
    full = (1 << one.bits) - 1
    for name, value, length in (("saddr", saddr, int(part[1])), ("daddr", daddr, int(part[3]))):
        setattr(one, name, (int(value) & (full << (one.bits - length)) & full, length))
    one.sport = int(part[4]), int(part[5])
    one.dport = int(part[6]), int(part[7])
    one.proto = int(part[8], 16) if int(part[9], 16) else None
    if part[10] is not None and one.proto is not None:
        value, mask = int(part[10], 16), int(part[11], 16)
        if one.proto == TCP:
            one.flags_mask = mask >> 8 & 0xff
            one.flags = value >> 8 & one.flags_mask
        elif one.proto == icmp_of(one.family) and one.sport == ALL_PORTS:
            one.icmp_mask = mask
            one.icmp = value & mask
    return one


def read(path):
    with opened(path) as file:
        return [parse(line) for line in file if line.strip() and line[0] != "#"]


def verdict(number):
    """Of rule NUMBER: fixed, and as good as random."""
    return "drop" if (number * 2654435761 + 12345 & 0xffffffff) >> 31 else "accept"


def port_words(one):
    header = {TCP: "tcp", UDP: "udp"}.get(one.proto, "th")
    for name in ("sport", "dport"):
        low, high = getattr(one, name)
        if (low, high) != ALL_PORTS:
            yield "%s %s %s" % (header, name, low if low == high else "%d-%d" % (low, high))


def icmp_words(one):
    name = "icmp" if one.family == 4 else "icmpv6"
    if one.icmp_mask & 0xff00:
        yield "%s type %d" % (name, one.icmp >> 8)
    if one.icmp_mask & 0xff:
        yield "%s code %d" % (name, one.icmp & 0xff)


def matches(one):
    """nft's matches for the filter."""
    family = "ip" if one.family == 4 else "ip6"
    words = []
    for name in ("saddr", "daddr"):
        number, length = getattr(one, name)
        if length:
            text = address(one.family, number)
            words.append("%s %s %s" % (family, name, text if length == one.bits else
                                       "%s/%d" % (text, length)))
    if not words:
        words.append("meta protocol " + family)
    ports = list(port_words(one))
    implied = one.icmp_mask or (one.proto in (TCP, UDP) and (ports or one.flags_mask))
    if one.proto is not None and not implied:
        words.append("meta l4proto %d" % one.proto)
    words += ports
    if one.flags_mask:
        mask = "|".join(FLAGS[bit] for bit in range(8) if one.flags_mask >> bit & 1)
        value = "|".join(FLAGS[bit] for bit in range(8) if one.flags >> bit & 1)
        words.append("tcp flags & (%s) == %s" % (mask, value or "0x0"))
    return words + list(icmp_words(one))


def ruleset(filters, device="bench0", table="bench"):
    """A linear chain: rule N, from 0, has verdict(N); the policy drops; every rule counts."""
    lines = ["table netdev %s {" % table, "\tchain in {",
             "\t\ttype filter hook ingress device \"%s\" priority 0; policy drop;" % device]
    lines += ["\t\t%s counter %s" % (" ".join(matches(one)), verdict(number))
              for number, one in enumerate(filters)]
    return "\n".join(lines + ["\t}", "}", ""])
