# SPDX-License-Identifier: GPL-2.0-only
"""frame: builds frames, and says of a frame which deviation of the manual it falls under.

Input: fields.  Output: bytes, from the destination MAC on, without a frame check sequence.
Nothing here shares code with the compiler: it is the third reader of the same headers.
"""

import struct
from collections import namedtuple

Device = namedtuple("Device", "name mac group")
DEVICE_MAC = bytes.fromhex("020000000001")
SENDER_MAC = bytes.fromhex("020000000002")
# What every test has.
DEVICES = [Device("xf0", DEVICE_MAC, 0), Device("xf1", bytes.fromhex("020000000003"), 11)]
BROADCAST_MAC = b"\xff" * 6
MULTICAST_MAC = bytes.fromhex("01005e000001")

ETH_IP, ETH_ARP, ETH_IP6 = 0x0800, 0x0806, 0x86DD
ETH_8021Q, ETH_8021AD, ETH_9100 = 0x8100, 0x88A8, 0x9100
PROTO_ICMP, PROTO_TCP, PROTO_UDP, PROTO_ICMPV6 = 1, 6, 17, 58
IP6_EXTENSIONS = (0, 43, 44, 60)


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip4_bytes(text):
    return bytes(int(part) for part in text.split("."))


def ip6_bytes(text):
    """Full and "::" forms of hexadecimal groups."""
    if "::" in text:
        left, right = text.split("::")
        left = left.split(":") if left else []
        right = right.split(":") if right else []
        groups = left + ["0"] * (8 - len(left) - len(right)) + right
    else:
        groups = text.split(":")
    return b"".join(struct.pack("!H", int(group, 16)) for group in groups)


def eth(kind, payload=b"", dst=DEVICE_MAC, src=SENDER_MAC, tags=()):
    """TAGS: (type, tci) from the outside in; KIND is the type behind the last one."""
    out = dst + src
    for tag_type, tci in tags:
        out += struct.pack("!HH", tag_type, tci)
    return out + struct.pack("!H", kind) + payload


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ip4(payload=b"", proto=PROTO_UDP, src="192.0.2.1", dst="198.51.100.2", version=4, ihl=None,
        options=b"", tos=0, tot_len=None, ident=0, frag=0, ttl=64, header_checksum=None):
    """FRAG: the whole 16-bit word (flags and offset in units of 8 bytes)."""
    if ihl is None:
        ihl = 5 + (len(options) + 3) // 4
        options = options.ljust((ihl - 5) * 4, b"\0")
    if tot_len is None:
        tot_len = 20 + len(options) + len(payload)
    head = struct.pack("!BBHHHBBH", version << 4 | ihl, tos, tot_len & 0xFFFF, ident, frag, ttl,
                       proto, 0) + ip4_bytes(src) + ip4_bytes(dst) + options
    if header_checksum is None:
        header_checksum = checksum(head)
    return head[:10] + struct.pack("!H", header_checksum) + head[12:] + payload


def ip6(payload=b"", nexthdr=PROTO_UDP, src="2001:db8::1", dst="2001:db8::2", version=6,
        tclass=0, flow=0, payload_len=None, hops=64):
    if payload_len is None:
        payload_len = len(payload)
    return struct.pack("!IHBB", version << 28 | tclass << 20 | flow, payload_len & 0xFFFF,
                       nexthdr, hops) + ip6_bytes(src) + ip6_bytes(dst) + payload


def ext(nexthdr, payload=b"", units=0, body=None):
    """Hop-by-hop, routing, destination options, mobility: (UNITS + 1) * 8 bytes."""
    if body is None:
        body = b"\1" + bytes([(units * 8 + 4) & 0xFF]) + bytes(units * 8 + 4)
    return bytes([nexthdr, units]) + body + payload


def ext_fragment(nexthdr, payload=b"", offset=0, more=False, reserved=0, low_bits=0, ident=7):
    """OFFSET in units of 8 bytes; LOW_BITS: the two reserved bits beside the M flag."""
    word = offset << 3 | low_bits << 1 | int(more)
    return struct.pack("!BBHI", nexthdr, reserved, word, ident) + payload


def ext_auth(nexthdr, payload=b""):
    return bytes([nexthdr, 4, 0, 0]) + bytes(20) + payload


def tcp(sport=40000, dport=80, flags=0x02, seq=1, ack=0, doff=5, reserved=0, window=1024,
        check=0, urgent=0, payload=b""):
    return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, doff << 4 | reserved, flags, window,
                       check, urgent) + payload


def tcp_with(options, **fields):
    """OPTIONS: bytes, filled up to a multiple of 4 with end-of-list."""
    options = options.ljust((len(options) + 3) & ~3, b"\0")
    fields.setdefault("doff", 5 + len(options) // 4)
    fields["payload"] = options + fields.get("payload", b"")
    return tcp(**fields)


def udp(sport=40000, dport=53, length=None, check=0, payload=b""):
    if length is None:
        length = 8 + len(payload)
    return struct.pack("!HHHH", sport, dport, length & 0xFFFF, check) + payload


def icmp(kind=8, code=0, rest=bytes(4), payload=b""):
    return bytes([kind, code, 0, 0]) + rest + payload


def sctp(*chunks, sport=40000, dport=80, vtag=1):
    """CHUNKS: bytes of whole chunks."""
    return struct.pack("!HHII", sport, dport, vtag, 0) + b"".join(chunks)


def chunk(kind, body=b"", flags=0, length=None):
    data = struct.pack("!BBH", kind, flags, 4 + len(body) if length is None else length) + body
    return data + bytes(-len(data) % 4)


def vxlan(frame, vni=5, flags=8):
    return udp(dport=4789, payload=struct.pack("!B3xI", flags, vni << 8) + frame)


def geneve(frame, vni=5, options=b"", version=0):
    return udp(dport=6081, payload=struct.pack("!BBHI", version << 6 | len(options) // 4, 0, 0x6558,
                                               vni << 8) + options + frame)


def gre(kind, payload, flags=0):
    words = sum(4 for bit in (0x8000, 0x2000, 0x1000) if flags & bit)
    return struct.pack("!HH", flags, kind) + bytes(words) + payload


def arp(operation=1, sender_mac=SENDER_MAC, sender="192.0.2.1", target_mac=bytes(6),
        target="198.51.100.2", htype=1, ptype=ETH_IP, hlen=6, plen=4):
    return struct.pack("!HHBBH", htype, ptype, hlen, plen, operation) + sender_mac + \
        ip4_bytes(sender) + target_mac + ip4_bytes(target)


def word16(data, at):
    return data[at] << 8 | data[at + 1]


# Bytes of an ARP header, or ends of a load, inside an IP address (bytes 14 to 17 and 24 to 27).
ARP_CUT_ADDRESS = (15, 16, 17, 25, 26, 27)


class Shape:
    """What the kernel's hook makes of a frame: where headers are, what is missing."""

    def __init__(self, frame):
        self.frame = frame
        self.wire_type = word16(frame, 12)
        self.cut_tag = False
        self.net = 14
        self.type = self.wire_type
        if self.wire_type in (ETH_8021Q, ETH_8021AD):
            if len(frame) < 14 + 6:
                self.cut_tag = True
            else:
                self.net = 18
                self.type = word16(frame, 16)
        self.net_bytes = len(frame) - self.net
        self.later_fragment = not self.cut_tag and self.find_later_fragment()

    def find_later_fragment(self):
        """A fragment that is not the first, of a packet that has a layer-4 protocol."""
        if self.type == ETH_IP:
            return self.later_fragment_ip4(self.frame[self.net:])
        if self.type == ETH_IP6:
            return self.later_fragment_ip6(self.frame[self.net:])
        return False

    @staticmethod
    def later_fragment_ip4(head):
        if len(head) < 20 or head[0] >> 4 != 4:
            return False
        header, total = (head[0] & 15) * 4, word16(head, 2)
        if header < 20 or total < header or total > len(head):
            return False
        return word16(head, 6) & 0x1FFF != 0

    @staticmethod
    def later_fragment_ip6(head):
        if len(head) < 40 or head[0] >> 4 != 6 or word16(head, 4) + 40 > len(head):
            return False
        kind, at = head[6], 40
        while kind in IP6_EXTENSIONS:
            if at + (4 if kind == 44 else 2) > len(head):
                return False
            if kind == 44:
                if word16(head, at + 2) & 0xFFF8:
                    return head[at] not in IP6_EXTENSIONS + (51,)
                kind, at = head[at], at + 8
            else:
                kind, at = head[at], at + (head[at + 1] + 1) * 8
        return False

    def innermost_type(self):
        """The type behind all tags, however many."""
        at = 12
        while at + 6 <= len(self.frame) and word16(self.frame, at) in (ETH_8021Q, ETH_8021AD):
            at += 4
        return word16(self.frame, at) if at + 2 <= len(self.frame) else 0

    def cut_network_header(self):
        """0x0800 or 0x86dd when the frame says so and the header is not whole, else 0.

        The header is what begins behind one tag: a rule that names both tags of a frame and then
        an ip field reads from there, too.
        """
        if self.cut_tag:
            return 0
        for kind in (self.type, self.innermost_type()):
            if kind in (ETH_IP, ETH_IP6) and self.net_bytes < (20 if kind == ETH_IP else 40):
                return kind
        return 0

    def cut_arp_address(self):
        return self.type == ETH_ARP and self.net_bytes in ARP_CUT_ADDRESS
