# SPDX-License-Identifier: GPL-2.0-only
"""packets: random frames aimed at a ruleset.

Input: a random number generator, the ruleset's rules.  Output: packets.  Most are made for one
rule: the headers it asks for, with its values, or values just beside them; then some are damaged
the way the corner packets are: cut, fragmented, with options, extension headers or more tags, with
lengths and versions that are wrong.
"""

import corner
import frame as build
from frame import (BROADCAST_MAC, DEVICE_MAC, ETH_8021AD, ETH_8021Q, ETH_9100, ETH_ARP, ETH_IP,
                   ETH_IP6, MULTICAST_MAC, SENDER_MAC)
from packet_file import Packet

L4_NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
NETWORK_NUMBERS = {"ip": ETH_IP, "ip6": ETH_IP6, "arp": ETH_ARP}
LONGEST = 9000


def put_bits(data, bit, count, value):
    """Writes what fits into DATA, a bytearray."""
    last = (bit + count + 7) // 8
    if last > len(data):
        return
    first = bit // 8
    room = (last - first) * 8
    shift = room - (bit - first * 8) - count
    old = int.from_bytes(data[first:last], "big")
    mask = ((1 << count) - 1) << shift
    data[first:last] = (old & ~mask | value << shift & mask).to_bytes(last - first, "big")


class Wish:
    """What a packet shall have: values of fields, and the headers they need."""

    def __init__(self, rng, aims):
        self.values = {}    # (proto, name, depth) -> (Field, number)
        for aim in aims:
            number = aim.value
            if rng.random() < 0.2:
                number += rng.choice((-1, 1))
            number &= (1 << aim.field.bits) - 1
            key = aim.field.proto, aim.field.name, aim.depth
            if key not in self.values or rng.random() < 0.5:
                self.values[key] = aim.field, number

    def number(self, proto, name):
        found = self.values.get((proto, name, 0))
        return found[1] if found else None

    def protos(self):
        return {proto for proto, _, _ in self.values}


class Maker:
    def __init__(self, rng):
        self.rng = rng
        self.wish = None

    def chance(self, part):
        return self.rng.random() < part

    # Headers, from the inside out

    def transport(self):
        """(protocol number, bytes)."""
        rng, protos = self.rng, self.wish.protos()
        number = next((L4_NUMBERS[name] for name in L4_NUMBERS if name in protos), None)
        for place in (("meta", "l4proto"), ("ip", "protocol"), ("ip6", "nexthdr")):
            if number is None:
                number = self.wish.number(*place)
        if number is None:
            number = rng.choice((6, 6, 17, 17, 1, 58, 50, 132, 255))
        payload = bytes(rng.choice((0, 0, 0, 1, 18, 100)))
        if number == 6:
            return number, build.tcp(flags=rng.choice((2, 16, 18, 24, 1)), payload=payload)
        if number in (1, 58):
            return number, build.icmp(rng.choice((0, 3, 8, 128, 135)), payload=payload)
        return number, build.udp(payload=payload)

    def version4(self, number, payload):
        rng = self.rng
        fields = {"proto": number}
        if self.chance(0.12):
            fields["options"] = bytes([1]) * 4 * rng.randrange(1, 11)
        if self.chance(0.12):
            fields["frag"] = rng.choice((0x2000, 0x2001, 0x0001, 0x4000, 0x1FFF, 0x8000))
        if self.chance(0.05):
            fields["ihl"] = rng.randrange(16)
        if self.chance(0.04):
            fields["version"] = rng.randrange(16)
        if self.chance(0.06):
            size = 20 + len(payload)
            fields["tot_len"] = rng.choice((0, 19, 20, 21, size - 1, size + 1, 0xFFFF))
        return build.ip4(payload, **fields)

    def version6(self, number, payload):
        rng = self.rng
        while self.chance(0.2):
            kind = rng.choice((0, 43, 44, 60, 51, 135))
            if kind == 44:
                payload = build.ext_fragment(number, payload, rng.choice((0, 0, 0, 1, 0x1FFF)),
                                             self.chance(0.5), rng.choice((0, 0, 255)))
            elif kind == 51:
                payload = build.ext_auth(number, payload)
            else:
                payload = build.ext(number, payload, rng.choice((0, 0, 1, 3)))
            number = kind
        fields = {"nexthdr": number}
        if self.chance(0.04):
            fields["version"] = rng.randrange(16)
        if self.chance(0.06):
            fields["payload_len"] = rng.choice((0, 1, len(payload) + 1, 0xFFFF))
        return build.ip6(payload, **fields)

    def network(self):
        """(ether type, bytes, where the transport header begins in them)."""
        rng, protos = self.rng, self.wish.protos()
        kind = next((number for name, number in NETWORK_NUMBERS.items() if name in protos), None)
        if kind is None and "icmp" in protos:
            kind = ETH_IP
        if kind is None and "icmpv6" in protos:
            kind = ETH_IP6
        if kind is None:
            kind = self.wish.number("meta", "protocol")
        if kind is None or self.chance(0.04):
            kind = rng.choice((ETH_IP, ETH_IP, ETH_IP6, ETH_IP6, ETH_ARP, 0x88CC, 0x0026))
        if kind == ETH_ARP:
            return kind, build.arp(rng.choice((1, 2, 9))), None
        number, payload = self.transport()
        if kind == ETH_IP:
            data = self.version4(number, payload)
        elif kind == ETH_IP6:
            data = self.version6(number, payload)
        else:
            return kind, rng.choice((b"\xff\xff", b"")) + bytes(rng.randrange(0, 60)), None
        return kind, data, len(data) - len(payload)

    def tags(self):
        rng = self.rng
        depths = [depth for proto, _, depth in self.wish.values if proto == "vlan"]
        count = max(depths) + 1 if depths else 0
        if self.chance(0.12):
            count += rng.choice((1, 1, 1, 2, 4))
        kinds = (ETH_8021Q, ETH_8021Q, ETH_8021AD, ETH_9100)
        tags = [(rng.choice(kinds), rng.choice((0, 5, 6, 0x6005, 0xFFFF))) for _ in range(count)]
        if depths and self.chance(0.6):
            tags = [(rng.choice((ETH_8021Q, ETH_8021AD)), tci) if len(depths) > 1 else
                    (ETH_8021Q, tci) for _, tci in tags]
        return tags

    # The whole frame

    def put_values(self, data, tags, transport):
        network = 14 + 4 * len(tags)
        bases = {"ether": 0, "arp": network, "ip": network, "ip6": network}
        for proto in ("tcp", "udp", "th", "icmp", "icmpv6"):
            bases[proto] = transport
        for (proto, name, depth), (field, number) in self.wish.values.items():
            base = bases.get(proto)
            if proto == "vlan" and depth < len(tags):
                base = 14 + 4 * depth
            if base is None or (proto, name) == ("ether", "type") and not self.chance(0.5):
                continue
            if name in ("version", "hdrlength", "length", "protocol", "nexthdr", "frag-off") and \
                    not self.chance(0.6):
                continue
            put_bits(data, base * 8 + field.offset, field.bits, number)

    def damage(self, data):
        """Cut, padded, or a byte changed."""
        rng = self.rng
        if self.chance(0.12):
            del data[rng.randrange(14, len(data) + 1):]
        if self.chance(0.06):
            data += bytes(rng.choice((1, 4, 18, 46, 1500, 4000)))
        if self.chance(0.05) and len(data) > 14:
            data[rng.randrange(12, min(len(data), 80))] = rng.getrandbits(8)
        wanted = self.wish.number("meta", "length")
        if wanted is not None and wanted <= LONGEST and self.chance(0.7):
            size = wanted + 14
            if len(data) > 14 and build.word16(data, 12) in (ETH_8021Q, ETH_8021AD):
                size += 4
            data[:] = data.ljust(size, b"\0") if self.chance(0.7) else data[:size]

    def target(self):
        wanted = self.wish.number("meta", "pkttype")
        by_type = (DEVICE_MAC, BROADCAST_MAC, MULTICAST_MAC, bytes.fromhex("020000000009"))
        if wanted is not None and wanted < len(by_type):
            return by_type[wanted]
        return self.rng.choice((DEVICE_MAC, DEVICE_MAC) + by_type)

    def make(self, aims):
        self.wish = Wish(self.rng, aims)
        kind, payload, transport = self.network()
        tags = self.tags()
        data = bytearray(build.eth(kind, payload, self.target(), SENDER_MAC, tags))
        if transport is not None:
            transport += 14 + 4 * len(tags)
        self.put_values(data, tags, transport)
        self.damage(data)
        return bytes(data)


def split_point(rng, size):
    """Where the program finds the end of the linear part."""
    return rng.choice((14, rng.randrange(14, size + 1), min(size, rng.randrange(14, 80))))


def packets(rng, ruleset, count):
    """COUNT packets for the two devices of the test."""
    maker = Maker(rng)
    rules = [rule for rule in ruleset.rules() if rule.aims]
    corners = corner.packets()
    made = []
    for number in range(count):
        choice = rng.random()
        if choice < 0.1:
            data = rng.choice(corners)[1]
        elif rules and choice < 0.9:
            aims = list(rng.choice(rules).aims)
            if rng.random() < 0.2:
                aims += rng.choice(rules).aims
            data = maker.make(aims)
        else:
            data = maker.make([])
        device = rng.choice(("xf0", "xf0", "xf1"))
        made.append(Packet(data, device, "random%d" % number, split_point(rng, len(data))))
    return made
