# SPDX-License-Identifier: GPL-2.0-only
"""language: the fields a random rule can match, with values of their types in nft's words.

Output: FIELDS, and for a random number generator: values as (text, number).  The table is written
from nft's manual, not from compiler/field.c, which it tests.
"""

from frame import DEVICE_MAC, SENDER_MAC

ETHER_TYPES = {"ip": 0x0800, "ip6": 0x86DD, "arp": 0x0806, "vlan": 0x8100, "8021q": 0x8100,
               "8021ad": 0x88A8}
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "ipv6-icmp": 58, "esp": 50, "ah": 51, "sctp": 132,
             "gre": 47}
SERVICES = {"ssh": 22, "domain": 53, "http": 80, "https": 443, "ntp": 123}
DSCP = {"cs0": 0, "cs1": 8, "af11": 10, "af41": 34, "ef": 46, "cs7": 56}
ECN = {"not-ect": 0, "ect1": 1, "ect0": 2, "ce": 3}
ICMP_TYPES = {"echo-reply": 0, "destination-unreachable": 3, "redirect": 5, "echo-request": 8,
              "time-exceeded": 11, "timestamp-request": 13}
ICMP_CODES = {"net-unreachable": 0, "host-unreachable": 1, "port-unreachable": 3}
ICMPV6_TYPES = {"destination-unreachable": 1, "packet-too-big": 2, "echo-request": 128,
                "echo-reply": 129, "nd-router-advert": 134, "nd-neighbor-solicit": 135}
ICMPV6_CODES = {"no-route": 0, "admin-prohibited": 1, "port-unreachable": 4}
FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
ARP_OPS = {"request": 1, "reply": 2, "rrequest": 3, "rreply": 4, "inrequest": 8, "inreply": 9}
PKTTYPES = {"host": 0, "unicast": 0, "broadcast": 1, "multicast": 2, "other": 3}

MACS = [int.from_bytes(mac, "big") for mac in (DEVICE_MAC, SENDER_MAC)] + [
    0xFFFFFFFFFFFF, 0x01005E000001, 0x020000000009, 0]
IPV4 = [0x0A000000, 0x0A000001, 0x0A010203, 0xC0000201, 0xC00002FF, 0xC6336402, 0x7F000001,
        0xE0000001, 0xFFFFFFFF, 0]
IPV6 = [0x20010DB8 << 96, 0x20010DB8 << 96 | 1, 0x20010DB8 << 96 | 2, 1, 0, 0xFE80 << 112 | 1,
        0xFF02 << 112 | 1, (1 << 128) - 1]
PORTS = [0, 1, 22, 53, 80, 123, 443, 1023, 1024, 8080, 32768, 40000, 65535]
TYPES = [0x0000, 0x0001, 0x0004, 0x05FF, 0x0600, 0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x88CC,
         0x9100, 0xFFFF]


def number_text(rng, value):
    return hex(value) if rng.random() < 0.3 else str(value)


def mac_text(_, value):
    return ":".join("%02x" % byte for byte in value.to_bytes(6, "big"))


def ipv4_text(_, value):
    return ".".join(str(byte) for byte in value.to_bytes(4, "big"))


def ipv6_text(_, value):
    """All eight groups, or `::` for the longest row of zeros at the left end or the right."""
    groups = ["%x" % (value >> shift & 0xFFFF) for shift in range(112, -1, -16)]
    zeros = next((at for at, group in enumerate(groups) if group != "0"), 8)
    if zeros > 1:
        return "::" + ":".join(groups[zeros:])
    zeros = next((at for at, group in enumerate(reversed(groups)) if group != "0"), 8)
    if zeros > 1:
        return ":".join(groups[:8 - zeros]) + "::"
    return ":".join(groups)


class Type:
    """NAME in nft (None: needs typeof).  POOL: numbers that are worth trying."""

    def __init__(self, name, pool=(), symbols=None, form=number_text, ordered=True):
        self.name, self.pool, self.symbols, self.form = name, list(pool), symbols or {}, form
        self.ordered = ordered

    def number(self, rng, bits):
        limit = (1 << bits) - 1
        choice = rng.random()
        pool = self.pool + list(self.symbols.values())
        if pool and choice < 0.75:
            value = rng.choice(pool)
            if rng.random() < 0.15:
                value += rng.choice((-1, 1))
        elif choice < 0.9:
            value = rng.choice((0, 1, 2, limit, limit - 1, limit >> 1, (limit >> 1) + 1))
        else:
            value = rng.getrandbits(bits)
        return min(max(value, 0), limit)

    def text(self, rng, value):
        names = [name for name, number in self.symbols.items() if number == value]
        if names and rng.random() < 0.6:
            return rng.choice(names)
        return self.form(rng, value)

    def range_text(self, rng, low, high):
        """nft takes few symbolic constants in a range; both have to know which."""
        if rng.random() < 0.1:
            return "%s-%s" % (self.text(rng, low), self.text(rng, high))
        return "%s-%s" % (self.form(rng, low), self.form(rng, high))


INTEGER = Type(None)
ETHER_ADDR = Type("ether_addr", MACS, form=mac_text)
ETHER_TYPE = Type("ether_type", TYPES, ETHER_TYPES)
IPV4_ADDR = Type("ipv4_addr", IPV4, form=ipv4_text)
IPV6_ADDR = Type("ipv6_addr", IPV6, form=ipv6_text)
INET_PROTO = Type("inet_proto", (0, 2, 43, 44, 59, 60, 135, 255), PROTOCOLS)
INET_SERVICE = Type("inet_service", PORTS, SERVICES)
DSCP_TYPE = Type("dscp", symbols=DSCP)
ECN_TYPE = Type("ecn", symbols=ECN)
ICMP_TYPE = Type("icmp_type", symbols=ICMP_TYPES)
ICMP_CODE = Type("icmp_code", symbols=ICMP_CODES)
ICMPV6_TYPE = Type("icmpv6_type", symbols=ICMPV6_TYPES)
ICMPV6_CODE = Type("icmpv6_code", symbols=ICMPV6_CODES)
TCP_FLAG = Type("tcp_flag", (0, 2, 3, 16, 18, 255), FLAGS)
ARP_OP = Type("arp_op", symbols=ARP_OPS)
MARK = Type("mark", (0, 1, 0xFF))
PKT_TYPE = Type("pkt_type", symbols=PKTTYPES)
IFNAME = Type("ifname", ordered=False)
IFACE_INDEX = Type("iface_index", ordered=False)


class Field:
    """OFFSET and BITS in its header; a `meta` field has no OFFSET."""

    def __init__(self, proto, name, offset, bits, kind, pool=()):
        self.proto, self.name, self.offset, self.bits, self.kind = proto, name, offset, bits, kind
        self.pool = list(pool)

    def words(self, rng):
        if self.proto == "meta" and self.name in ("iif", "iifname", "mark", "pkttype"):
            return self.name if rng.random() < 0.7 else "meta " + self.name
        return self.proto + " " + self.name

    def number(self, rng):
        if self.pool and rng.random() < 0.7:
            return rng.choice(self.pool)
        return self.kind.number(rng, self.bits)

    def text(self, rng, value):
        return self.kind.text(rng, value)

    def is_name(self):
        return not self.kind.ordered


FIELDS = [
    Field("meta", "protocol", None, 16, ETHER_TYPE),
    Field("meta", "l4proto", None, 8, INET_PROTO),
    Field("meta", "length", None, 32, INTEGER, (0, 19, 20, 27, 28, 40, 46, 48, 60, 100, 1500)),
    Field("meta", "iif", None, 32, IFACE_INDEX),
    Field("meta", "iifname", None, 128, IFNAME),
    Field("meta", "pkttype", None, 8, PKT_TYPE),
    Field("meta", "mark", None, 32, MARK),
    Field("ether", "daddr", 0, 48, ETHER_ADDR),
    Field("ether", "saddr", 48, 48, ETHER_ADDR),
    Field("ether", "type", 96, 16, ETHER_TYPE),
    Field("vlan", "pcp", 0, 3, INTEGER),
    Field("vlan", "dei", 3, 1, INTEGER),
    Field("vlan", "id", 4, 12, INTEGER, (0, 1, 5, 6, 100, 4095)),
    Field("vlan", "type", 16, 16, ETHER_TYPE),
    Field("arp", "htype", 0, 16, INTEGER, (1, 6)),
    Field("arp", "ptype", 16, 16, ETHER_TYPE),
    Field("arp", "hlen", 32, 8, INTEGER, (6, 8)),
    Field("arp", "plen", 40, 8, INTEGER, (4, 16)),
    Field("arp", "operation", 48, 16, ARP_OP),
    Field("arp", "saddr ether", 64, 48, ETHER_ADDR),
    Field("arp", "saddr ip", 112, 32, IPV4_ADDR),
    Field("arp", "daddr ether", 144, 48, ETHER_ADDR),
    Field("arp", "daddr ip", 192, 32, IPV4_ADDR),
    Field("ip", "version", 0, 4, INTEGER, (4, 6)),
    Field("ip", "hdrlength", 4, 4, INTEGER, (4, 5, 6, 15)),
    Field("ip", "dscp", 8, 6, DSCP_TYPE),
    Field("ip", "ecn", 14, 2, ECN_TYPE),
    Field("ip", "length", 16, 16, INTEGER, (20, 28, 40, 60, 1500)),
    Field("ip", "id", 32, 16, INTEGER),
    Field("ip", "frag-off", 48, 16, INTEGER, (0, 1, 0x2000, 0x2001, 0x4000, 0x1FFF)),
    Field("ip", "ttl", 64, 8, INTEGER, (0, 1, 63, 64, 255)),
    Field("ip", "protocol", 72, 8, INET_PROTO),
    Field("ip", "checksum", 80, 16, INTEGER),
    Field("ip", "saddr", 96, 32, IPV4_ADDR),
    Field("ip", "daddr", 128, 32, IPV4_ADDR),
    Field("ip6", "version", 0, 4, INTEGER, (4, 6)),
    Field("ip6", "dscp", 4, 6, DSCP_TYPE),
    Field("ip6", "ecn", 10, 2, ECN_TYPE),
    Field("ip6", "flowlabel", 12, 20, INTEGER),
    Field("ip6", "length", 32, 16, INTEGER, (0, 8, 20, 28)),
    Field("ip6", "nexthdr", 48, 8, INET_PROTO),
    Field("ip6", "hoplimit", 56, 8, INTEGER, (0, 1, 64, 255)),
    Field("ip6", "saddr", 64, 128, IPV6_ADDR),
    Field("ip6", "daddr", 192, 128, IPV6_ADDR),
    Field("icmp", "type", 0, 8, ICMP_TYPE),
    Field("icmp", "code", 8, 8, ICMP_CODE),
    Field("icmpv6", "type", 0, 8, ICMPV6_TYPE),
    Field("icmpv6", "code", 8, 8, ICMPV6_CODE),
    Field("tcp", "sport", 0, 16, INET_SERVICE),
    Field("tcp", "dport", 16, 16, INET_SERVICE),
    Field("tcp", "sequence", 32, 32, INTEGER),
    Field("tcp", "ackseq", 64, 32, INTEGER),
    Field("tcp", "doff", 96, 4, INTEGER, (0, 5, 6, 15)),
    Field("tcp", "reserved", 100, 4, INTEGER),
    Field("tcp", "flags", 104, 8, TCP_FLAG),
    Field("tcp", "window", 112, 16, INTEGER, (0, 1024)),
    Field("tcp", "checksum", 128, 16, INTEGER),
    Field("tcp", "urgptr", 144, 16, INTEGER),
    Field("udp", "sport", 0, 16, INET_SERVICE),
    Field("udp", "dport", 16, 16, INET_SERVICE),
    Field("udp", "length", 32, 16, INTEGER, (0, 8, 16)),
    Field("udp", "checksum", 48, 16, INTEGER),
    Field("th", "sport", 0, 16, INET_SERVICE),
    Field("th", "dport", 16, 16, INET_SERVICE),
]

# What may stand together in a rule that nft accepts, mostly.
PROFILES = (
    ("meta", "ether"), ("meta", "ether", "vlan"), ("ether", "arp", "meta"), ("ip", "meta"),
    ("ip", "ether", "meta"), ("ip", "vlan", "ether"), ("ip", "tcp"), ("ip", "udp", "meta"),
    ("ip", "icmp"), ("icmp",), ("ip6", "meta"), ("ip6", "ether", "meta"), ("ip6", "tcp", "meta"),
    ("ip6", "udp"), ("ip6", "icmpv6"), ("icmpv6", "meta"), ("ip6", "vlan"), ("tcp", "meta"),
    ("tcp", "ether"), ("tcp", "vlan"), ("udp", "meta"), ("udp", "ether"), ("th", "meta"),
    ("th", "ip"), ("th", "ip6"), ("th", "vlan"), ("arp", "vlan"), ("tcp",), ("vlan",),
)


def fields_of(protos):
    return [field for field in FIELDS if field.proto in protos]
