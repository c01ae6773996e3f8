# SPDX-License-Identifier: GPL-2.0-only
"""language: the fields a random rule can match, with values of their types in nft's words.

Output: FIELDS, and for a random number generator: values as (text, number), raw payload fields.
The table is written from nft's manual and `nft describe`, not from our own, which it tests.  Where
a field's bytes are is not said here: packets are aimed by what the kernel loads (bytecode.py).
"""

import datetime

from frame import DEVICE_MAC, SENDER_MAC

ETHER_TYPES = {"ip": 0x0800, "ip6": 0x86DD, "arp": 0x0806, "vlan": 0x8100, "8021q": 0x8100,
               "8021ad": 0x88A8}
PROTOCOLS = {"tcp": 6, "dccp": 33, "comp": 108, "udplite": 136, "udp": 17, "icmp": 1,
             "ipv6-icmp": 58, "esp": 50,
             "ah": 51, "sctp": 132, "gre": 47}
SERVICES = {"ssh": 22, "domain": 53, "http": 80, "https": 443, "ntp": 123}
DSCP = {"cs0": 0, "cs1": 8, "af11": 10, "af41": 34, "ef": 46, "cs7": 56}
ECN = {"not-ect": 0, "ect1": 1, "ect0": 2, "ce": 3}
ICMP_TYPES = {"router-advertisement": 9, "parameter-problem": 12, "info-request": 15,
              "address-mask-reply": 18, "echo-reply": 0, "destination-unreachable": 3,
              "redirect": 5,
              "echo-request": 8, "time-exceeded": 11, "timestamp-request": 13}
ICMP_CODES = {"net-unreachable": 0, "host-unreachable": 1, "port-unreachable": 3}
ICMPV6_TYPES = {"destination-unreachable": 1, "packet-too-big": 2, "echo-request": 128,
                "echo-reply": 129, "nd-router-advert": 134, "nd-neighbor-solicit": 135}
ICMPV6_CODES = {"no-route": 0, "admin-prohibited": 1, "port-unreachable": 4}
FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
ARP_OPS = {"request": 1, "reply": 2, "rrequest": 3, "rreply": 4, "inrequest": 8, "inreply": 9}
IGMP_TYPES = {"membership-query": 0x11, "membership-report-v1": 0x12,
              "membership-report-v2": 0x16, "membership-report-v3": 0x22, "leave-group": 0x17}
MH_TYPES = {"binding-refresh-request": 0, "home-test-init": 1, "binding-update": 5,
            "binding-error": 7}
DCCP_TYPES = {"request": 0, "response": 1, "data": 2, "ack": 3, "reset": 7, "syncack": 9}
ARPHRD = {"ether": 1, "ppp": 512, "loopback": 772, "sit": 776}
DAYS = {"Sunday": 0, "Monday": 1, "Wednesday": 3, "Friday": 5, "Saturday": 6}
GROUPS = {"default": 0}
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


def hour_text(_, value):
    value %= 86400
    seconds = "" if value % 60 == 0 else ":%02d" % (value % 60)
    return '"%02d:%02d%s"' % (value // 3600, value // 60 % 60, seconds)


def time_text(_, value):
    """VALUE: seconds."""
    moment = datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    return moment.strftime('"%Y-%m-%d %H:%M:%S"')


class Type:
    """NAME in nft (None: needs typeof).  POOL: numbers that are worth trying."""

    def __init__(self, name, pool=(), symbols=None, form=number_text, ordered=True,
                 pool_only=False):
        self.name, self.pool, self.symbols, self.form = name, list(pool), symbols or {}, form
        self.ordered, self.pool_only = ordered, pool_only

    def number(self, rng, bits):
        limit = (1 << bits) - 1
        if self.pool_only:
            return rng.choice(self.pool)
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
IGMP_TYPE = Type("igmp_type", symbols=IGMP_TYPES)
MH_TYPE = Type("mh_type", symbols=MH_TYPES)
DCCP_TYPE = Type("dccp_pkttype", symbols=DCCP_TYPES)
ARPHRD_TYPE = Type("iface_type", symbols=ARPHRD)
GROUP = Type("devgroup", (0, 7, 8), GROUPS)
# These three have names in nft, but not ones that a set could be declared with.
DAY = Type(None, symbols=DAYS)
HOUR = Type(None, (0, 3600, 12 * 3600, 43260, 18 * 3600, 86340), form=hour_text, pool_only=True)
TIME = Type(None, (0, 1000000000, 1234567890, 1600000000, 2000000000, 4000000000),
            form=time_text, pool_only=True)
USER = Type("uid", (0, 1, 1000))
IFNAME = Type("ifname", ordered=False)
IFACE_INDEX = Type("iface_index", ordered=False)


class Field:
    """TEXT as it stands in a rule.  PROFILE: what it may stand beside (see PROFILES).  FLAG: only
    whether it is there is asked.  LEAST: the first version of nft that has it, BELOW: the first
    that has it no more."""

    def __init__(self, profile, text, bits, kind=None, pool=(), flag=False, least=(1, 0),
                 below=(9, 9)):
        self.profile, self.text_of_field, self.bits = profile, text, bits
        self.kind, self.pool = kind or INTEGER, list(pool)
        self.flag, self.least, self.below = flag, least, below

    def words(self, rng):
        bare = self.text_of_field.partition(" ")
        if bare[0] == "meta" and bare[2] in BARE and rng.random() < 0.7:
            return bare[2]
        return self.text_of_field

    def number(self, rng):
        if self.pool and rng.random() < 0.7:
            return rng.choice(self.pool)
        return self.kind.number(rng, self.bits)

    def text(self, rng, value):
        return self.kind.text(rng, value)

    def is_astride(self):
        """It begins in one byte and ends inside of another."""
        if self.text_of_field.startswith("@"):
            offset, bits = map(int, self.text_of_field.split(",")[1:])
            return offset % 8 + bits > 8 and (offset + bits) % 8 != 0
        return self.text_of_field in ("ip6 dscp", "frag frag-off")

    def is_name(self):
        return not self.kind.ordered

    def like(self, other):
        """A set for one of them takes the other."""
        return self.kind is other.kind and self.bits == other.bits


BARE = ("iif", "iifname", "iiftype", "iifgroup", "mark", "pkttype", "cpu", "skuid", "skgid",
        "cgroup", "oifname")
FIELDS = []


def fields(profile, head, *rows):
    """Each row: (name, bits[, type[, numbers worth trying]])."""
    FIELDS.extend(Field(profile, ("%s %s" % (head, row[0])).strip(), *row[1:]) for row in rows)


def flags(profile, *texts):
    FIELDS.extend(Field(profile, text, 1, flag=True) for text in texts)


fields("meta", "meta",
       ("protocol", 16, ETHER_TYPE), ("l4proto", 8, INET_PROTO),
       ("length", 32, INTEGER, (0, 19, 20, 27, 28, 40, 46, 48, 60, 100, 1500)),
       ("iifname", 128, IFNAME), ("pkttype", 8, PKT_TYPE), ("mark", 32, MARK),
       ("iiftype", 16, ARPHRD_TYPE), ("iifgroup", 32, GROUP), ("priority", 32, INTEGER, (0, 1)),
       ("cpu", 32, INTEGER, (0, 1, 2)), ("skuid", 32, USER), ("skgid", 32, USER),
       ("cgroup", 32, INTEGER, (0, 1)), ("day", 8, DAY), ("hour", 32, HOUR), ("time", 64, TIME))
flags("meta", "meta secpath")
fields("ether", "ether", ("daddr", 48, ETHER_ADDR), ("saddr", 48, ETHER_ADDR),
       ("type", 16, ETHER_TYPE))
fields("vlan", "vlan", ("pcp", 3), ("dei", 1), ("cfi", 1), ("id", 12, INTEGER,
                                                             (0, 1, 5, 6, 100, 4095)),
       ("type", 16, ETHER_TYPE))
fields("arp", "arp", ("htype", 16, INTEGER, (1, 6)), ("ptype", 16, ETHER_TYPE),
       ("hlen", 8, INTEGER, (6, 8)), ("plen", 8, INTEGER, (4, 16)), ("operation", 16, ARP_OP),
       ("saddr ether", 48, ETHER_ADDR), ("saddr ip", 32, IPV4_ADDR),
       ("daddr ether", 48, ETHER_ADDR), ("daddr ip", 32, IPV4_ADDR))
fields("ip", "ip", ("version", 4, INTEGER, (4, 6)), ("hdrlength", 4, INTEGER, (4, 5, 6, 15)),
       ("dscp", 6, DSCP_TYPE), ("ecn", 2, ECN_TYPE),
       ("length", 16, INTEGER, (20, 28, 40, 60, 1500)), ("id", 16),
       ("frag-off", 16, INTEGER, (0, 1, 0x2000, 0x2001, 0x4000, 0x1FFF)),
       ("ttl", 8, INTEGER, (0, 1, 63, 64, 255)), ("protocol", 8, INET_PROTO), ("checksum", 16),
       ("saddr", 32, IPV4_ADDR), ("daddr", 32, IPV4_ADDR))
for option in ("lsrr", "rr", "ssrr"):
    fields("ipopt", "ip option " + option, ("length", 8, INTEGER, (7, 11)),
           ("ptr", 8, INTEGER, (4, 8)))
    # nft 1.0 takes a number there, nft 1.1 an address.
    FIELDS.append(Field("ipopt", "ip option %s addr" % option, 32, IPV4_ADDR, least=(1, 1)))
    FIELDS.append(Field("ipopt", "ip option %s addr" % option, 32, INTEGER, IPV4, below=(1, 1)))
fields("ipopt", "ip option ra", ("length", 8, INTEGER, (4,)), ("value", 16, INTEGER, (0, 1)))
# nft 1.1 makes `exists` of it.
FIELDS.extend(Field("ipopt", "ip option %s type" % option, 8, INTEGER, (131, 7, 137, 148),
                    below=(1, 1)) for option in ("lsrr", "rr", "ssrr", "ra"))
flags("ipopt", "ip option lsrr", "ip option rr", "ip option ssrr", "ip option ra")
fields("ip6", "ip6", ("version", 4, INTEGER, (4, 6)), ("dscp", 6, DSCP_TYPE), ("ecn", 2, ECN_TYPE),
       ("flowlabel", 20), ("length", 16, INTEGER, (0, 8, 20, 28)), ("nexthdr", 8, INET_PROTO),
       ("hoplimit", 8, INTEGER, (0, 1, 64, 255)), ("saddr", 128, IPV6_ADDR),
       ("daddr", 128, IPV6_ADDR))
fields("exthdr", "hbh", ("nexthdr", 8, INET_PROTO), ("hdrlength", 8, INTEGER, (0, 1, 3)))
fields("exthdr", "dst", ("nexthdr", 8, INET_PROTO), ("hdrlength", 8, INTEGER, (0, 1, 3)))
fields("exthdr", "rt", ("nexthdr", 8, INET_PROTO), ("hdrlength", 8, INTEGER, (0, 1, 3)),
       ("type", 8, INTEGER, (0, 2, 4)), ("seg-left", 8, INTEGER, (0, 1)))
fields("exthdr", "rt0", ("addr[1]", 128, IPV6_ADDR), ("addr[2]", 128, IPV6_ADDR))
# nft 1.0 crashes over `rt2 addr`.
FIELDS.append(Field("exthdr", "rt2 addr", 128, IPV6_ADDR, least=(1, 1)))
fields("exthdr", "srh", ("last-entry", 8), ("flags", 8), ("tag", 16), ("sid[1]", 128, IPV6_ADDR))
fields("exthdr", "frag", ("nexthdr", 8, INET_PROTO), ("reserved", 8), ("reserved2", 2),
       ("frag-off", 13, INTEGER, (0, 1, 0x1FFF)), ("more-fragments", 1), ("id", 32, INTEGER, (7,)))
fields("exthdr", "mh", ("nexthdr", 8, INET_PROTO), ("hdrlength", 8, INTEGER, (0, 1)),
       ("type", 8, MH_TYPE), ("reserved", 8), ("checksum", 16))
flags("exthdr", "exthdr hbh", "exthdr frag", "exthdr rt", "exthdr dst", "exthdr mh")
fields("icmp", "icmp", ("type", 8, ICMP_TYPE), ("code", 8, ICMP_CODE), ("checksum", 16),
       ("id", 16), ("sequence", 16), ("mtu", 16, INTEGER, (0, 576, 1500)), ("gateway", 32))
fields("icmpv6", "icmpv6", ("type", 8, ICMPV6_TYPE), ("code", 8, ICMPV6_CODE), ("checksum", 16),
       ("id", 16), ("sequence", 16), ("mtu", 32), ("param-problem", 32), ("max-delay", 16))
fields("igmp", "igmp", ("type", 8, IGMP_TYPE), ("mrt", 8), ("checksum", 16),
       ("group", 32, INTEGER, IPV4))
fields("tcp", "tcp", ("sport", 16, INET_SERVICE), ("dport", 16, INET_SERVICE), ("sequence", 32),
       ("ackseq", 32), ("doff", 4, INTEGER, (0, 5, 6, 15)), ("reserved", 4), ("flags", 8, TCP_FLAG),
       ("window", 16, INTEGER, (0, 1024)), ("checksum", 16), ("urgptr", 16))
for option in ("maxseg", "window", "sack-permitted", "sack", "timestamp", "fastopen", "md5sig",
               "mptcp"):
    fields("tcpopt", "tcp option " + option, ("length", 8, INTEGER, (2, 3, 4, 10, 12, 18)))
    flags("tcpopt", "tcp option " + option)
fields("tcpopt", "tcp option", ("maxseg size", 16, INTEGER, (536, 1460)),
       ("window count", 8, INTEGER, (0, 7)),
       ("sack left", 32), ("sack right", 32), ("sack0 left", 32), ("sack1 right", 32),
       ("sack2 left", 32), ("sack3 right", 32), ("timestamp tsval", 32), ("timestamp tsecr", 32),
       ("mptcp subtype", 4), ("@250,16,8", 8), ("@2,16,16", 16),
       ("@34,8,32", 32))
flags("tcpopt", "tcp option eol", "tcp option nop", "tcp option 250", "tcp option 2",
      "tcp option mss")
fields("udp", "udp", ("sport", 16, INET_SERVICE), ("dport", 16, INET_SERVICE),
       ("length", 16, INTEGER, (0, 8, 16)), ("checksum", 16))
fields("udplite", "udplite", ("sport", 16, INET_SERVICE), ("dport", 16, INET_SERVICE),
       ("csumcov", 16, INTEGER, (0, 8)), ("checksum", 16))
fields("sctp", "sctp", ("sport", 16, INET_SERVICE), ("dport", 16, INET_SERVICE), ("vtag", 32),
       ("checksum", 32))
CHUNKS = ("data", "init", "init-ack", "sack", "heartbeat", "heartbeat-ack", "abort", "shutdown",
          "shutdown-ack", "error", "cookie-echo", "cookie-ack", "ecne", "cwr", "shutdown-complete",
          "asconf-ack", "forward-tsn", "asconf")
for option in CHUNKS:
    fields("chunk", "sctp chunk " + option, ("type", 8, INTEGER, (0, 1, 3, 7)), ("flags", 8),
           ("length", 16, INTEGER, (4, 8, 16, 17, 20)))
    flags("chunk", "sctp chunk " + option)
fields("chunk", "sctp chunk data", ("tsn", 32), ("stream", 16), ("ssn", 16), ("ppid", 32))
for option in ("init", "init-ack"):
    fields("chunk", "sctp chunk " + option, ("init-tag", 32), ("a-rwnd", 32),
           ("num-outbound-streams", 16), ("num-inbound-streams", 16), ("initial-tsn", 32))
fields("chunk", "sctp chunk sack", ("cum-tsn-ack", 32), ("a-rwnd", 32),
       ("num-gap-ack-blocks", 16), ("num-dup-tsns", 16))
fields("chunk", "sctp chunk", ("shutdown cum-tsn-ack", 32), ("ecne lowest-tsn", 32),
       ("cwr lowest-tsn", 32), ("asconf-ack seqno", 32), ("forward-tsn new-cum-tsn", 32),
       ("asconf seqno", 32))
fields("dccp", "dccp", ("sport", 16, INET_SERVICE), ("dport", 16, INET_SERVICE),
       ("type", 4, DCCP_TYPE))
fields("esp", "esp", ("spi", 32), ("sequence", 32))
fields("ah", "ah", ("nexthdr", 8, INET_PROTO), ("hdrlength", 8), ("reserved", 16), ("spi", 32),
       ("sequence", 32))
fields("comp", "comp", ("nexthdr", 8, INET_PROTO), ("flags", 8), ("cpi", 16))
fields("th", "th", ("sport", 16, INET_SERVICE), ("dport", 16, INET_SERVICE))
# Fields of the packet in a tunnel.  A tunnel over UDP needs a rule that names UDP before it.
for option in ("vxlan", "geneve", "gre", "gretap"):
    FIELDS.extend(Field(option, "%s %s" % (option, row[0]), *row[1:], least=(1, 1)) for row in (
        ("ip saddr", 32, IPV4_ADDR), ("ip daddr", 32, IPV4_ADDR), ("ip protocol", 8, INET_PROTO),
        ("ip6 saddr", 128, IPV6_ADDR), ("ip6 hoplimit", 8, INTEGER, (1, 64)),
        ("tcp dport", 16, INET_SERVICE), ("udp dport", 16, INET_SERVICE),
        ("tcp flags", 8, TCP_FLAG), ("icmp type", 8, ICMP_TYPE), ("icmpv6 type", 8, ICMPV6_TYPE)))
    if option != "gre":
        FIELDS.extend(Field(option, "%s %s" % (option, row[0]), *row[1:], least=(1, 1)) for row in (
            ("ether saddr", 48, ETHER_ADDR), ("ether type", 16, ETHER_TYPE),
            ("vlan id", 12, INTEGER, (5, 6))))
FIELDS.extend(Field(row[0], " ".join(row[:2]), *row[2:], least=(1, 1)) for row in (
    ("vxlan", "vni", 24, INTEGER, (0, 5, 10)), ("vxlan", "flags", 8, INTEGER, (8,)),
    ("geneve", "vni", 24, INTEGER, (0, 5, 10)), ("geneve", "type", 16, ETHER_TYPE),
    ("gre", "flags", 16, INTEGER, (0, 0x8000)), ("gre", "version", 3, INTEGER, (0, 1)),
    ("gre", "protocol", 16, ETHER_TYPE)))
TUNNEL_HEADS = {"vxlan": ("udp dport 4789", "meta l4proto udp"),
                "geneve": ("udp dport 6081", "meta l4proto udp")}

# What may stand together in a rule that nft accepts, mostly.  `raw` is made by raw_field().
PROFILES = (
    ("meta", "ether"), ("meta", "ether", "vlan"), ("ether", "arp", "meta"), ("ip", "meta"),
    ("ip", "ether", "meta"), ("vlan", "ether"), ("ip", "tcp"), ("ip", "udp", "meta"), ("meta",),
    ("ip", "icmp"), ("icmp",), ("ip6", "meta"), ("ip6", "ether", "meta"), ("ip6", "tcp", "meta"),
    ("ip6", "udp"), ("ip6", "icmpv6"), ("icmpv6", "meta"), ("tcp", "meta"), ("tcp", "ether"),
    ("udp", "meta"), ("udp", "ether"), ("th", "meta"), ("th", "ip"), ("th", "ip6"), ("tcp",),
    ("vlan",), ("ip", "ipopt"), ("ipopt",), ("ip6", "exthdr"), ("exthdr",), ("exthdr", "tcp"),
    ("tcp", "tcpopt"), ("tcpopt",), ("ip", "tcpopt"), ("ip6", "tcpopt"), ("sctp", "chunk"),
    ("chunk",), ("sctp", "ip"), ("dccp",), ("dccp", "ip6"), ("esp", "ip"), ("ah", "ip"), ("ah",),
    ("comp",), ("comp", "ip6"), ("esp",), ("udplite",), ("udplite", "ip"), ("igmp",),
    ("igmp", "ip"), ("raw",), ("raw", "ip"), ("raw", "tcp"), ("raw", "meta"), ("raw", "udp"),
)
TUNNEL_PROFILES = (("vxlan",), ("vxlan",), ("geneve",), ("gre",), ("gretap",), ("gre", "ip"))


def fields_of(profile):
    return [field for field in FIELDS if field.profile in profile]


def raw_field(rng):
    """@base,offset,length; offsets that lie in headers, mostly."""
    base = rng.choice(("ll", "nh", "th", "th", "nh", "ih"))
    bits = rng.choice((1, 2, 3, 4, 5, 7, 8, 8, 9, 12, 13, 16, 16, 16, 20, 24, 31, 32, 32, 33, 47,
                       48, 56, 64, 65, 96, 100, 120, 127, 128))
    if rng.random() < 0.6:
        bits = min((bits + 7) // 8 * 8, 128)
    offset = rng.choice((0, 8, 16, 32, 64, 72, 96, 112, 128, 160, 320, rng.randrange(400)))
    if rng.random() < 0.5:
        offset = offset // 8 * 8
    return Field("raw", "@%s,%d,%d" % (base, offset, bits), bits)
