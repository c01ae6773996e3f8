# SPDX-License-Identifier: GPL-2.0-only
"""aimed: frames that have wanted values in wanted places.

Input: wishes (bytecode.py), a random number generator.  Output: frames.  The headers that the
wishes are about are built first, whole and right: tags, IPv4 options, IPv6 extension headers, TCP
options, SCTP chunks, tunnels with a packet inside.  Then the wanted bytes are written, and some
frames are damaged: cut, padded, with wrong versions and lengths, as fragments, with more headers.
"""

import corner
import frame as build
from frame import (BROADCAST_MAC, DEVICE_MAC, ETH_8021AD, ETH_8021Q, ETH_9100, ETH_ARP, ETH_IP,
                   ETH_IP6, MULTICAST_MAC, SENDER_MAC)
from netlink import (PAYLOAD_INNER, PAYLOAD_LINK, PAYLOAD_NETWORK, PAYLOAD_TRANSPORT,
                     PAYLOAD_TUNNEL)
from packet_file import Packet

TAGS = (ETH_8021Q, ETH_8021AD)
META_LENGTH, META_PROTOCOL, META_NFPROTO, META_L4PROTO, META_PKTTYPE = 0, 1, 15, 16, 19
OP_IPV6, OP_TCP, OP_IPV4, OP_SCTP, OP_DCCP = range(5)
OP_PROTOCOL = {OP_TCP: 6, OP_SCTP: 132, OP_DCCP: 33}
TUNNEL_VXLAN, TUNNEL_GENEVE, TUNNEL_HAS_LINK = 1, 2, 2
EXTENSIONS = (0, 43, 44, 51, 60, 135)
PROTOCOLS = (6, 6, 17, 17, 1, 58, 50, 51, 108, 132, 33, 136, 47, 2, 4, 41, 59, 255)
LONGEST = 9000
TCP_OPTION_SIZES = {0: 1, 1: 1, 2: 4, 3: 3, 4: 2, 5: 10, 8: 10, 19: 18, 30: 12, 34: 10}
IP_OPTION_SIZES = {7: 11, 68: 12, 131: 7, 137: 7, 148: 4}
CHUNK_SIZES = {0: 17, 1: 20, 2: 20, 3: 16, 7: 8, 12: 8, 13: 8, 128: 8, 192: 8, 193: 8}
GROUPS = (DEVICE_MAC, BROADCAST_MAC, MULTICAST_MAC, bytes.fromhex("020000000009"))


class Row:
    """Wanted bytes of one header: values under masks."""

    def __init__(self):
        self.value, self.mask = bytearray(), bytearray()

    def want(self, offset, value, mask):
        grow = offset + len(value) - len(self.value)
        if grow > 0:
            self.value += bytes(grow)
            self.mask += bytes(grow)
        for at, (byte, bits) in enumerate(zip(value, mask), offset):
            self.value[at] = self.value[at] & ~bits | byte & bits
            self.mask[at] |= bits

    def figure(self, offset, size, default=None):
        """The number wanted there; bits nobody asks for are 0."""
        if not any(self.mask[offset:offset + size]):
            return default
        return int.from_bytes(self.value[offset:offset + size].ljust(size, b"\0"), "big")

    def size(self):
        return len(self.value)

    def put(self, data, start, skip=()):
        """Writes into DATA from START on, what fits; SKIP: offsets to leave alone."""
        for at, (byte, bits) in enumerate(zip(self.value, self.mask)):
            if bits and at not in skip and start + at < len(data):
                data[start + at] = data[start + at] & ~bits | byte & bits


class Wanted:
    """Wishes, sorted by what they are about."""

    def __init__(self, wishes):
        self.rows = {base: Row() for base in range(5)}
        self.meta = {}
        self.lists = {}    # (op, type) -> Row, None when it shall be missing
        self.tunnel, self.inside = None, []
        for wish in wishes:
            load = wish.load
            if load.tunnel:
                self.tunnel = load.tunnel
                self.inside.append(wish._replace(load=load._replace(tunnel=None)))
                if load.kind == "payload" and load.base == PAYLOAD_TUNNEL:
                    self.inside.pop()
                    self.rows[PAYLOAD_TUNNEL].want(load.offset, wish.value, wish.mask)
            elif load.kind == "payload":
                self.rows[load.base].want(load.offset, wish.value, wish.mask)
            elif load.kind == "meta":
                self.meta[load.base] = wish.value
            else:
                self.want_header(load, wish)

    def want_header(self, load, wish):
        place = load.base, load.type
        if load.present and not wish.value[0] & 1:
            self.lists[place] = None
            return
        row = self.lists.get(place) or Row()
        if not load.present:
            row.want(load.offset, wish.value, wish.mask)
        self.lists[place] = row

    def headers(self, operation):
        """[(type, Row)] of the headers that shall be there."""
        return [(kind, row) for (op, kind), row in self.lists.items()
                if op == operation and row is not None]

    def forbids(self, operation, kind):
        return self.lists.get((operation, kind), kind) is None


class Maker:
    """Makes one frame."""

    def __init__(self, rng, wishes, depth=0):
        self.rng, self.depth = rng, depth
        self.wanted = Wanted(wishes)
        self.rows = self.wanted.rows

    def chance(self, part):
        return self.rng.random() < part

    def filler(self, size):
        return bytes(size) if self.chance(0.7) else self.rng.randbytes(size)

    # Lists of options and chunks

    def option(self, kind, row, natural):
        """KIND, length and a body; an option of one byte has none of these behind it."""
        size = max(natural, row.size())
        if size == 1:
            return bytearray([kind])
        data = bytearray([kind, min(size, 255)]) + self.filler(size - 2)
        row.put(data, 0, () if self.chance(0.5) else (0, 1))
        if self.chance(0.06):
            data[1] = self.rng.choice((0, 1, 2, size - 1, size + 1, 255)) & 0xFF
        return data

    def options(self, operation, sizes, alone):
        """An option list, a multiple of 4 and 40 bytes at most."""
        found = []
        for kind, row in self.wanted.headers(operation):
            found.append(self.option(kind, row, sizes.get(kind, 4)))
        for _ in range(self.rng.choice((0, 0, 0, 0, 1, 2) if found else (0,) * 8 + (1, 2))):
            kind = self.rng.choice(tuple(sizes) + (250,))
            if not self.wanted.forbids(operation, kind):
                found.append(self.option(kind, Row(), sizes.get(kind, 4)))
        if not self.chance(0.6):
            self.rng.shuffle(found)
        # What ends the list stands last, mostly.
        found.sort(key=lambda data: data[0] == 0 and self.chance(0.8))
        data = b""
        for one in found:
            padding = bytes([1]) * self.rng.choice((0, 0, 0, 1, 2))
            data += (b"" if alone or self.wanted.forbids(operation, 1) else padding) + bytes(one)
        filler = b"\1" if self.wanted.forbids(operation, 0) or self.chance(0.3) else b"\0"
        return data[:40].ljust((min(len(data), 40) + 3) & ~3, filler)

    def chunks(self):
        data = bytearray()
        found = self.wanted.headers(OP_SCTP)
        for _ in range(self.rng.choice((0, 0, 0, 1, 2) if found else (0, 1, 1, 2))):
            kind = self.rng.choice(tuple(CHUNK_SIZES) + (4, 6, 10, 250))
            if not self.wanted.forbids(OP_SCTP, kind):
                found.insert(self.rng.randrange(len(found) + 1), (kind, Row()))
        for kind, row in found:
            size = max(CHUNK_SIZES.get(kind, 4), row.size())
            chunk = bytearray([kind, 0]) + size.to_bytes(2, "big") + self.filler(size - 4)
            row.put(chunk, 0, () if self.chance(0.5) else (0, 2, 3))
            if self.chance(0.06):
                chunk[2:4] = self.rng.choice((0, 1, 3, 4, size - 1, size + 1, 0xFFFF)).to_bytes(
                    2, "big")
            data += chunk + bytes(-len(chunk) % 4)
        return bytes(data)

    # Transport headers

    def tunnel_packet(self, link):
        maker = Maker(self.rng, self.wanted.inside, self.depth + 1)
        if link:
            return maker.frame()
        kind, data = maker.network()
        return kind, data

    def udp_tunnel(self):
        """VXLAN or Geneve, or nothing."""
        if not self.wanted.tunnel or self.wanted.tunnel[0] not in (TUNNEL_VXLAN, TUNNEL_GENEVE):
            return b""
        head = bytearray(8)
        head[0] = 8
        if self.wanted.tunnel[0] == TUNNEL_GENEVE:
            units = self.rng.choice((0, 0, 0, 1, 3))
            head = bytearray([units, 0, 0x65, 0x58]) + bytes(4 + units * 4)
        self.rows[PAYLOAD_TUNNEL].put(head, 0)
        return bytes(head) + self.tunnel_packet(True)

    def gre(self):
        link = self.wanted.tunnel and self.wanted.tunnel[2] & TUNNEL_HAS_LINK
        flags = self.rng.choice((0, 0, 0, 0x8000, 0x2000, 0x1000, 0xB000, 1, 0x4000))
        if link or not self.wanted.tunnel and self.chance(0.3):
            kind, data = 0x6558, self.tunnel_packet(True)
        else:
            kind, data = self.tunnel_packet(False)
        head = bytearray(flags.to_bytes(2, "big") + kind.to_bytes(2, "big"))
        for bit in (0x8000, 0x2000, 0x1000):
            head += bytes(4 if flags & bit else 0)
        self.rows[PAYLOAD_TUNNEL].put(head, 0)
        return bytes(head) + data

    def protocol(self, kind):
        wanted = self.wanted.meta.get(META_L4PROTO)
        if wanted:
            return wanted[0]
        for operation, number in OP_PROTOCOL.items():
            if any(op == operation for op, _ in self.wanted.lists):
                return number
        if self.wanted.tunnel:
            return 17 if self.wanted.tunnel[0] in (TUNNEL_VXLAN, TUNNEL_GENEVE) else 47
        found = self.rows[PAYLOAD_NETWORK].figure(9 if kind == ETH_IP else 6, 1)
        if found is None or kind == ETH_IP6 and found in EXTENSIONS:
            found = self.rng.choice(PROTOCOLS)
        return found

    def transport(self, number):
        """A transport header and what is behind it."""
        rng = self.rng
        payload = self.filler(rng.choice((0, 0, 0, 1, 18, 100)))
        if self.rows[PAYLOAD_INNER].size():
            row = bytearray(self.filler(max(len(payload), self.rows[PAYLOAD_INNER].size())))
            self.rows[PAYLOAD_INNER].put(row, 0)
            payload = bytes(row)
        if number == 6:
            options = self.options(OP_TCP, TCP_OPTION_SIZES, False)
            data = build.tcp(flags=rng.choice((2, 16, 18, 24, 1)), doff=5 + len(options) // 4)
            data += options + payload
        elif number in (17, 136):
            data = build.udp(payload=self.udp_tunnel() or payload)
        elif number in (1, 58, 2):
            data = build.icmp(rng.choice((0, 3, 8, 17, 128, 135)), rest=self.filler(4),
                              payload=payload)
        elif number == 132:
            data = self.filler(12) + self.chunks()
        elif number == 33:
            data = self.filler(8) + bytes([rng.randrange(16) << 1]) + self.filler(7) + payload
        elif number == 47 and self.depth < 2:
            data = self.gre()
        elif number in (4, 41) and self.depth < 2:
            data = self.tunnel_packet(False)[1]
        else:
            data = self.filler(rng.choice((4, 8, 12, 24))) + payload
        row = self.rows[PAYLOAD_TRANSPORT]
        if len(data) < row.size() and self.chance(0.9):
            data = data.ljust(row.size(), b"\0")
        data = bytearray(data)
        row.put(data, 0)
        return bytes(data)

    # Network headers

    def version4(self, number, payload):
        rng, row = self.rng, self.rows[PAYLOAD_NETWORK]
        fields = {"proto": number, "ident": rng.getrandbits(16) if self.chance(0.3) else 0}
        options = self.options(OP_IPV4, IP_OPTION_SIZES, True)
        length = row.figure(0, 1)
        if length is not None and row.mask[0] & 15 and length & 15 > 5 and not options:
            options = bytes([1]) * 4 * ((length & 15) - 5)
        if not options and self.chance(0.08):
            options = bytes([1]) * 4 * rng.randrange(1, 11)
        if self.chance(0.1):
            fields["frag"] = rng.choice((0x2000, 0x2001, 0x0001, 0x4000, 0x1FFF, 0x8000))
        if self.chance(0.03):
            fields["ihl"] = rng.randrange(16)
        if self.chance(0.03):
            fields["version"] = rng.randrange(16)
        size = 20 + len(options) + len(payload)
        wanted = row.figure(2, 2)
        if wanted is not None and size < wanted <= LONGEST and self.chance(0.7):
            payload = payload.ljust(len(payload) + wanted - size, b"\0")
        if self.chance(0.05):
            fields["tot_len"] = rng.choice((0, 19, 20, 21, size - 1, size + 1, 0xFFFF))
        return build.ip4(payload, options=options, **fields)

    def extension(self, kind, row, number, payload):
        rng = self.rng
        size = max(row.size(), 8)
        if kind == 44:
            data = bytearray(build.ext_fragment(
                number, b"", rng.choice((0, 0, 0, 0, 1, 0x1FFF)), self.chance(0.5),
                rng.choice((0, 0, 255))))
        elif kind == 51:
            units = max(4, (row.size() + 3) // 4 - 2)
            data = bytearray([number, units]) + self.filler(units * 4 + 6)
        else:
            units = (size + 7) // 8 - 1 + rng.choice((0, 0, 0, 0, 1, 3))
            data = bytearray(build.ext(number, b"", units))
            if kind == 43:
                data[2] = rng.choice((0, 2, 4, 9))
        row.put(data, 0, () if self.chance(0.4) else (0, 1))
        return bytes(data) + payload

    def version6(self, number, payload):
        rng, row = self.rng, self.rows[PAYLOAD_NETWORK]
        chain = self.wanted.headers(OP_IPV6)
        first = row.figure(6, 1)
        if first in EXTENSIONS and first not in [kind for kind, _ in chain]:
            chain.append((first, Row()))
        while self.chance(0.12 if self.depth else 0.18):
            kind = rng.choice(EXTENSIONS)
            if not self.wanted.forbids(OP_IPV6, kind):
                chain.append((kind, Row()))
        rng.shuffle(chain)
        # What ends the kernel's walk stands before the transport header; who is asked for, first.
        chain.sort(key=lambda item: (item[0] != first, item[0] in (51, 135)))
        for kind, wanted in reversed(chain):
            payload = self.extension(kind, wanted, number, payload)
            number = kind
        fields = {"nexthdr": number}
        if self.chance(0.03):
            fields["version"] = rng.randrange(16)
        if self.chance(0.05):
            fields["payload_len"] = rng.choice((0, 1, len(payload) + 1, 0xFFFF))
        length = row.figure(4, 2)
        if length is not None and len(payload) < length <= LONGEST and self.chance(0.7):
            payload = payload.ljust(length, b"\0")
        return build.ip6(payload, **fields)

    def guess_kind(self):
        """The type of the network header, when no wish names it."""
        operations = {op for op, _ in self.wanted.lists}
        proto = self.wanted.meta.get(META_NFPROTO)
        if OP_IPV6 in operations or proto == b"\x0a":
            return ETH_IP6
        if OP_IPV4 in operations or proto == b"\x02":
            return ETH_IP
        number = self.wanted.meta.get(META_L4PROTO)
        if number in (b"\x01", b"\x3a") and self.chance(0.8):
            return ETH_IP if number == b"\x01" else ETH_IP6
        return self.rng.choice((ETH_IP,) * 6 + (ETH_IP6,) * 6 + (ETH_ARP, 0x88CC, 0x0026))

    def network(self):
        """(ether type, bytes)."""
        wanted = self.wanted.meta.get(META_PROTOCOL)
        kind = int.from_bytes(wanted, "big") if wanted else None
        if kind is None or kind in TAGS:
            kind = self.link_type()
        if kind is None:
            kind = self.guess_kind()
        body = kind
        if kind not in (ETH_IP, ETH_IP6, ETH_ARP) and self.chance(0.6):
            body = self.guess_kind()
        row = self.rows[PAYLOAD_NETWORK]
        if body in (ETH_IP, ETH_IP6):
            number = self.protocol(body)
            payload = self.transport(number)
            data = (self.version4 if body == ETH_IP else self.version6)(number, payload)
        elif body == ETH_ARP:
            data = build.arp(self.rng.choice((1, 2, 9)))
        else:
            data = self.rng.choice((b"\xff\xff", b"")) + self.filler(self.rng.randrange(0, 60))
        if len(data) < row.size() and self.chance(0.9):
            data = data.ljust(row.size(), b"\0")
        data = bytearray(data)
        structure = {ETH_IP: (0, 2, 3, 6, 7, 9), ETH_IP6: (0, 4, 5, 6)}.get(body, ())
        row.put(data, 0, structure if self.chance(0.08) else ())
        return kind, bytes(data)

    # Ethernet

    def link_type(self):
        """The innermost type the wishes name by its place in the frame, or None."""
        row = self.rows[PAYLOAD_LINK]
        at, kind = 12, row.figure(12, 2)
        while kind in TAGS:
            at += 4
            kind = row.figure(at, 2)
        return kind

    def tags(self):
        rng, row = self.rng, self.rows[PAYLOAD_LINK]
        tags, at = [], 12
        while row.figure(at, 2) in TAGS:
            tags.append((row.figure(at, 2), row.figure(at + 2, 2, rng.choice((0, 5, 0xFFFF)))))
            at += 4
        while not tags and row.size() > 14 + 4 * len(tags) and self.chance(0.5):
            tags.append((ETH_8021Q, 5))
        wanted = self.wanted.meta.get(META_PROTOCOL)
        if wanted and int.from_bytes(wanted, "big") in TAGS:
            while len(tags) < 2:
                tags.append((int.from_bytes(wanted, "big"), rng.choice((0, 5, 0xFFFF))))
        if self.chance(0.12):
            kind = rng.choice((ETH_8021Q, ETH_8021Q, ETH_8021AD, ETH_9100))
            for _ in range(rng.choice((1, 1, 1, 2, 4))):
                tags.append((kind, rng.choice((0, 5, 6, 0x6005, 0xFFFF))))
        return tags

    def target(self):
        wanted = self.wanted.meta.get(META_PKTTYPE)
        if wanted and wanted[0] < len(GROUPS):
            return GROUPS[wanted[0]]
        return self.rng.choice((DEVICE_MAC, DEVICE_MAC) + GROUPS)

    def frame(self):
        kind, payload = self.network()
        row = self.rows[PAYLOAD_LINK]
        data = bytearray(build.eth(kind, payload, self.target(), SENDER_MAC, self.tags()))
        if len(data) < row.size():
            data = data.ljust(row.size(), b"\0")
        row.put(data, 0)
        return bytes(data)

    def fit_length(self, data):
        wanted = self.wanted.meta.get(META_LENGTH)
        if wanted is None or self.chance(0.2):
            return
        size = int.from_bytes(wanted, "little") + 14
        if len(data) > 14 and build.word16(data, 12) in TAGS:
            size += 4
        if size <= LONGEST:
            data[:] = data[:size].ljust(size, b"\0")

    def damage(self, data):
        """Cut, padded, or a byte changed."""
        rng = self.rng
        if self.chance(0.08):
            del data[rng.randrange(14, len(data) + 1):]
        if self.chance(0.06):
            data += bytes(rng.choice((1, 4, 18, 46, 1500, 4000)))
        if self.chance(0.05) and len(data) > 14:
            data[rng.randrange(12, min(len(data), 120))] = rng.getrandbits(8)

    def make(self):
        data = bytearray(self.frame())
        self.fit_length(data)
        self.damage(data)
        return bytes(data[:LONGEST])


def split_point(rng, size):
    """Where the program finds the end of the linear part."""
    return rng.choice((14, rng.randrange(14, size + 1), min(size, rng.randrange(14, 80))))


class Aimer:
    """AIMS: bytecode.RuleAim of all rules."""

    def __init__(self, rng, aims):
        self.rng, self.aims = rng, aims
        self.callers = {}
        for aim in aims:
            for chain in aim.chains:
                self.callers.setdefault((aim.family, aim.table, chain), []).append(aim)

    def wishes(self, aim):
        """What leads to the rule, then what the rule itself asks."""
        rng = self.rng
        wishes, path = aim.wishes(rng, rng.random() < 0.4), aim
        for _ in range(16):
            callers = self.callers.get((path.family, path.table, path.chain))
            if not callers:
                break
            path = rng.choice(callers)
            wishes = path.wishes(rng) + wishes
        return wishes

    def frame(self):
        rng = self.rng
        if not self.aims or rng.random() < 0.04:
            return Maker(rng, []).make()
        wishes = self.wishes(rng.choice(self.aims))
        if rng.random() < 0.12:
            wishes = self.wishes(rng.choice(self.aims)) + wishes
        return Maker(rng, wishes).make()


def packets(rng, aims, count, devices, corners=0.08):
    """COUNT packets, a part CORNERS of them corner packets."""
    aimer = Aimer(rng, [aim for aim in aims if aim.tests])
    known = corner.packets()
    made = []
    for number in range(count):
        data = rng.choice(known)[1] if rng.random() < corners else aimer.frame()
        made.append(Packet(data, rng.choice(devices), "aimed%d" % number,
                           split_point(rng, len(data))))
    return made
