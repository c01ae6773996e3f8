# SPDX-License-Identifier: GPL-2.0-only
"""claims: every statement of the manual's chapter on meaning, as rule, packets and outcome.

Output: CLAIMS, a list of Claim.  A claim of one rule is tested as `RULE drop` in a chain with
policy accept, so a packet is dropped when the rule matches it.
"""

from frame import (BROADCAST_MAC, DEVICE_MAC, ETH_8021AD, ETH_8021Q, ETH_9100, ETH_ARP, ETH_IP,
                   ETH_IP6, MULTICAST_MAC, PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, SENDER_MAC, arp,
                   eth, ext, ext_auth, ext_fragment, icmp, ip4, ip6, mac, tcp, udp)

WRAP = """table netdev t {
	chain c {
		type filter hook ingress device "xf0" priority 0; policy accept;
		%s drop
	}
}
"""

TAG5, AD5 = [(ETH_8021Q, 5)], [(ETH_8021AD, 5)]
QINQ = [(ETH_8021AD, 5), (ETH_8021Q, 6)]
DNS4, DNS6 = ip4(udp()), ip6(udp())
WEB4, WEB6 = ip4(tcp(), PROTO_TCP), ip6(tcp(), PROTO_TCP)


class Claim:
    """SECTION, what it says, a ruleset, frames it must drop and frames it must accept."""

    def __init__(self, section, text, ruleset, drop, accept, counters=None):
        self.section, self.text, self.ruleset = section, text, ruleset
        self.drop, self.accept = drop, accept
        self.counters = counters    # of the first rule with a counter: (packets, bytes)


CLAIMS = []


def rule(section, text, match, hits, misses):
    CLAIMS.append(Claim(section, text, WRAP % match, hits, misses))


def ruleset(section, text, body, drop=(), accept=(), counters=None):
    CLAIMS.append(Claim(section, text, body, list(drop), list(accept), counters))


def chain(rules, policy="accept", priority=0, name="c"):
    return "\tchain %s {\n\t\ttype filter hook ingress device \"xf0\" priority %d; policy %s;\n" \
        "%s\t}\n" % (name, priority, policy, "".join("\t\t%s\n" % line for line in rules))


def table(*chains, name="t"):
    return "table netdev %s {\n%s}\n" % (name, "".join(chains))


def sub(name, *rules):
    return "\tchain %s {\n%s\t}\n" % (name, "".join("\t\t%s\n" % line for line in rules))


def what_the_hook_sees():
    rule("1", "one outer tag is taken off, 0x9100 is no tag", "udp dport 53",
         [eth(ETH_IP, DNS4), eth(ETH_IP, DNS4, tags=TAG5), eth(ETH_IP, DNS4, tags=AD5)],
         [eth(ETH_IP, DNS4, tags=[(ETH_9100, 5)]), eth(ETH_IP, DNS4, tags=QINQ)])
    rule("1", "behind two tags meta protocol is 8021q", "meta protocol 8021q",
         [eth(ETH_IP, DNS4, tags=QINQ), eth(ETH_IP, DNS4, tags=TAG5 + TAG5)],
         [eth(ETH_IP, DNS4, tags=TAG5), eth(ETH_IP, DNS4)])
    rule("1", "0x9100 is what meta protocol says", "meta protocol 0x9100",
         [eth(ETH_IP, DNS4, tags=[(ETH_9100, 5)])], [eth(ETH_IP, DNS4)])
    rule("1", "behind two tags no ip rule matches", "ip version >= 0",
         [eth(ETH_IP, DNS4), eth(ETH_IP, DNS4, tags=TAG5)], [eth(ETH_IP, DNS4, tags=QINQ)])
    rule("1", "meta length is without Ethernet and tag", "meta length 28",
         [eth(ETH_IP, DNS4), eth(ETH_IP, DNS4, tags=TAG5)],
         [eth(ETH_IP, DNS4, tags=QINQ), eth(ETH_IP, DNS4 + b"\0")])
    rule("1", "padding counts into meta length", "meta length 46", [eth(ETH_IP, DNS4 + bytes(18))],
         [eth(ETH_IP, DNS4)])
    for tags, size in (((), 28), (TAG5, 28), (QINQ, 32)):
        ruleset("1", "counter bytes with %d tags" % len(tags), table(chain(["counter drop"])),
                drop=[eth(ETH_IP, DNS4, tags=tags)], counters=(1, size))
    ruleset("1", "counter bytes with padding", table(chain(["counter drop"])),
            drop=[eth(ETH_IP, DNS4 + bytes(18))], counters=(1, 46))
    rule("1", "a type below 0x600 is 4", "meta protocol 0x0004",
         [eth(0x26, b"\x42\x42\x03"), eth(0, bytes(40)), eth(0x5FF, bytes(40)), eth(4),
          eth(0x26, b"\xff"), eth(0x26, b"\xff\xfe"), eth(0x26, b"\x42\x42\x03", tags=TAG5)],
         [eth(0x600, bytes(40)), eth(0x26, b"\xff\xff\0")])
    rule("1", "a type below 0x600 before ff ff is 1", "meta protocol 0x0001",
         [eth(0x26, b"\xff\xff"), eth(1, b"\xff\xff\0"), eth(0x26, b"\xff\xff\3", tags=TAG5)],
         [eth(0x600, b"\xff\xff"), eth(0x26, b"\x42\x42")])
    rule("1", "ether type reads the wire", "ether type ip", [eth(ETH_IP, DNS4)],
         [eth(ETH_IP, DNS4, tags=TAG5)])
    rule("1", "meta protocol reads behind the tag", "meta protocol ip",
         [eth(ETH_IP, DNS4), eth(ETH_IP, DNS4, tags=TAG5)], [eth(ETH_IP6, DNS6)])
    rule("1", "ether type of a short frame is the length", "ether type 0x0026",
         [eth(0x26, b"\x42\x42\3")], [eth(4)])
    for name, target in (("host", DEVICE_MAC), ("broadcast", BROADCAST_MAC),
                         ("multicast", MULTICAST_MAC), ("other", mac("02:00:00:00:00:09"))):
        targets = {DEVICE_MAC, BROADCAST_MAC, MULTICAST_MAC, mac("02:00:00:00:00:09")} - {target}
        rule("1", "meta pkttype %s is by the target's MAC" % name, "meta pkttype " + name,
             [eth(ETH_IP, DNS4, dst=target)], [eth(ETH_IP, DNS4, dst=mac) for mac in
                                               sorted(targets)])
    rule("1", "meta mark is 0", "meta mark 0", [eth(ETH_IP, DNS4)], [])
    rule("1", "iifname is loaded", 'iifname "xf0"', [eth(ETH_IP, DNS4)], [])
    rule("1", "iifname with a wildcard", 'iifname "xf*"', [eth(ETH_IP, DNS4)], [])
    rule("1", "iifname differs", 'iifname != "xf0"', [], [eth(ETH_IP, DNS4)])
    rule("1", "iif is loaded", 'iif "xf0"', [eth(ETH_IP, DNS4)], [])


def tags():
    rule("2", "tcp matches inside one tag of any id", "tcp dport 80",
         [eth(ETH_IP, WEB4, tags=[(kind, tci)]) for kind in (ETH_8021Q, ETH_8021AD)
          for tci in (0, 5, 0xEFFF)], [eth(ETH_IP, WEB4, tags=QINQ)])
    rule("2", "vlan type of a length behind the tag taken off is 4", "vlan type 0x0004",
         [eth(0x26, b"\x42\x42\3", tags=TAG5), eth(4, bytes(40), tags=TAG5)],
         [eth(0x26, b"\xff\xff\3", tags=TAG5)])
    rule("2", "vlan type of a length before ff ff is 1", "vlan type 0x0001",
         [eth(0x26, b"\xff\xff\3", tags=TAG5)], [eth(0x26, b"\x42\x42\3", tags=TAG5)])
    rule("2", "vlan type of a length inside two tags is the wire's",
         "ether type 8021ad vlan id 5 vlan type 8021q vlan id 6 vlan type 0x0026",
         [eth(0x26, b"\x42\x42\3", tags=QINQ)], [eth(4, b"\x42\x42\3", tags=QINQ)])
    rule("2", "vlan id means type 0x8100", "vlan id 5", [eth(ETH_IP, DNS4, tags=TAG5)],
         [eth(ETH_IP, DNS4, tags=AD5), eth(ETH_IP, DNS4), eth(ETH_IP, DNS4, tags=QINQ)])
    rule("2", "ether type 8021ad vlan id", "ether type 8021ad vlan id 5",
         [eth(ETH_IP, DNS4, tags=AD5), eth(ETH_IP, DNS4, tags=QINQ)], [eth(ETH_IP, DNS4, tags=TAG5)])
    rule("2", "vlan id != needs 8021q too", "vlan id != 5",
         [eth(ETH_IP, DNS4, tags=[(ETH_8021Q, 6)])],
         [eth(ETH_IP, DNS4), eth(ETH_IP, DNS4, tags=TAG5), eth(ETH_IP, DNS4,
                                                            tags=[(ETH_8021AD, 6)])])
    rule("2", "vlan id twice is one field", "vlan id 5 vlan id 6", [],
         [eth(ETH_IP, DNS4, tags=[(ETH_8021Q, 5), (ETH_8021Q, 6)]), eth(ETH_IP, DNS4, tags=QINQ)])
    rule("2", "QinQ", "ether type 8021ad vlan id 5 vlan type 8021q vlan id 6",
         [eth(ETH_IP, DNS4, tags=QINQ)],
         [eth(ETH_IP, DNS4, tags=AD5), eth(ETH_IP, DNS4, tags=TAG5 + [(ETH_8021Q, 6)])])
    rule("2", "vlan id then ip adds vlan type ip", "vlan id 5 ip saddr 192.0.2.1",
         [eth(ETH_IP, DNS4, tags=TAG5)],
         [eth(ETH_IP, DNS4), eth(ETH_IP, DNS4, tags=[(ETH_8021Q, 5), (ETH_8021Q, 5)])])
    rule("2", "ip then ether depends on meta protocol",
         "ip saddr 192.0.2.1 ether saddr 02:00:00:00:00:02",
         [eth(ETH_IP, DNS4), eth(ETH_IP, DNS4, tags=TAG5)], [eth(ETH_IP6, DNS6)])
    rule("2", "ether then ip depends on the wire's type",
         "ether saddr 02:00:00:00:00:02 ip saddr 192.0.2.1", [eth(ETH_IP, DNS4)],
         [eth(ETH_IP, DNS4, tags=TAG5), eth(ETH_IP, DNS4, tags=AD5)])
    rule("2", "ether then tcp matches tagged frames", "ether saddr 02:00:00:00:00:02 tcp dport 80",
         [eth(ETH_IP, WEB4), eth(ETH_IP, WEB4, tags=TAG5), eth(ETH_IP6, WEB6, tags=AD5)],
         [eth(ETH_IP, WEB4, tags=QINQ)])


def internet_protocol_4():
    right = [eth(ETH_IP, DNS4)]
    wrong = [eth(ETH_IP, DNS4[:cut]) for cut in range(0, 28)]
    wrong += [eth(ETH_IP, ip4(udp(), version=6)), eth(ETH_IP, ip4(udp(), ihl=4)),
              eth(ETH_IP, ip4(udp(), ihl=0)), eth(ETH_IP, ip4(udp(), tot_len=29)),
              eth(ETH_IP, ip4(udp(), tot_len=19)), eth(ETH_IP, ip4(udp(), tot_len=0)),
              eth(ETH_IP, ip4(udp(), options=bytes(4), tot_len=23))]
    rule("3", "layer 4 only with a right header", "meta l4proto udp", right, wrong)
    rule("3", "negated layer-4 matches fail too", "meta l4proto != 99", right, wrong)
    rule("3", "negated port matches fail too", "udp dport != 99", right, wrong)
    rule("3", "network fields match with a wrong header", "ip saddr 192.0.2.1",
         right + wrong[20:], [])
    rule("3", "the checksum is not checked", "udp dport 53",
         [eth(ETH_IP, ip4(udp(), header_checksum=1))], [])
    rule("3", "bytes beyond tot_len are readable", "udp dport 53",
         [eth(ETH_IP, ip4(udp(), tot_len=20)), eth(ETH_IP, ip4(udp(), tot_len=21))], [])
    rule("3", "doff and UDP length are not checked", "th dport 53",
         [eth(ETH_IP, ip4(tcp(dport=53, doff=0), PROTO_TCP)), eth(ETH_IP, ip4(udp(length=0)))], [])
    rule("3", "a TCP stub of 4 bytes has a port", "tcp dport 80",
         [eth(ETH_IP, ip4(tcp()[:4], PROTO_TCP))], [eth(ETH_IP, ip4(tcp()[:3], PROTO_TCP))])
    rule("3", "tcp flags needs 14 bytes", "tcp flags syn",
         [eth(ETH_IP, ip4(tcp()[:14], PROTO_TCP))], [eth(ETH_IP, ip4(tcp()[:13], PROTO_TCP))])
    rule("3", "meta l4proto matches without bytes", "meta l4proto tcp",
         [eth(ETH_IP, ip4(b"", PROTO_TCP))], [])


def internet_protocol_6():
    right = [eth(ETH_IP6, DNS6), eth(ETH_IP6, ip6(udp(), payload_len=0)),
             eth(ETH_IP6, ip6(udp(), payload_len=3))]
    wrong = [eth(ETH_IP6, DNS6[:cut]) for cut in range(0, 48)]
    wrong += [eth(ETH_IP6, ip6(udp(), version=4)), eth(ETH_IP6, ip6(udp(), payload_len=9))]
    rule("4", "layer 4 only with a right header", "meta l4proto udp", right, wrong)
    rule("4", "negated layer-4 matches fail too", "meta l4proto != 99", right, wrong)
    rule("4", "network fields match with a wrong header", "ip6 saddr 2001:db8::1",
         right + wrong[40:], [])
    walks = [eth(ETH_IP6, ip6(ext(17, udp()), kind)) for kind in (0, 43, 60)]
    walks += [eth(ETH_IP6, ip6(ext(0, ext(60, ext(0, ext(43, ext_fragment(17, udp()))), 3)), 60)),
              eth(ETH_IP6, ip6(ext_fragment(17, udp()), 44))]
    rule("4", "the walk skips 0, 43, 44, 60 in any order", "udp dport 53", walks, [])
    for kind in (51, 59, 50, 135, 139, 140, 58, 200):
        rule("4", "the walk stops at %d" % kind, "meta l4proto %d" % kind,
             [eth(ETH_IP6, ip6(ext(kind, ext(17, udp())), 60)),
              eth(ETH_IP6, ip6(ext(17, udp()), kind))], [])
    rule("4", "a header needs 2 bytes, a fragment header 4", "meta l4proto udp",
         [eth(ETH_IP6, ip6(b"\x11\0", 60)), eth(ETH_IP6, ip6(b"\x11\0\0\0", 44))],
         [eth(ETH_IP6, ip6(b"\x11", 60)), eth(ETH_IP6, ip6(b"", 60)),
          eth(ETH_IP6, ip6(b"\x11\0\0", 44))])
    rule("4", "a routing header needs 4 bytes", "meta l4proto udp",
         [eth(ETH_IP6, ip6(b"\x11\0\0\0", 43))],
         [eth(ETH_IP6, ip6(b"\x11\0\0", 43)), eth(ETH_IP6, ip6(b"\x11\0", 43))])
    past = eth(ETH_IP6, ip6(bytes([17, 255]) + bytes(30), 60))
    rule("4", "an offset past the end has a protocol", "meta l4proto udp", [past], [])
    rule("4", "an offset past the end has no ports", "udp dport != 99", [], [past])
    rule("4", "a later fragment's protocol", "meta l4proto udp",
         [eth(ETH_IP6, ip6(ext_fragment(17, udp(), 1), 44))],
         [eth(ETH_IP6, ip6(ext_fragment(60, ext(17, udp()), 1), 44))])
    rule("4", "a later fragment of 0, 43, 44, 51 or 60 has no layer 4", "meta l4proto != 99",
         [eth(ETH_IP6, ip6(ext_fragment(kind, udp(), 1), 44)) for kind in (17, 50, 59, 135)],
         [eth(ETH_IP6, ip6(ext_fragment(kind, udp(), 1), 44)) for kind in (0, 43, 44, 51, 60)])
    rule("4", "the first fragment matches", "udp dport 53",
         [eth(ETH_IP6, ip6(ext_fragment(17, udp(), 0, True), 44)),
          eth(ETH_IP6, ip6(ext_fragment(17, udp(), 0, reserved=255, low_bits=3), 44))], [])
    rule("4", "ip6 nexthdr is the fixed header's", "ip6 nexthdr 60",
         [eth(ETH_IP6, ip6(ext(17, udp()), 60))],
         [eth(ETH_IP6, DNS6), eth(ETH_IP6, ip6(ext(60, ext(17, udp())), 0))])


def dependencies():
    echo4, echo6 = ip4(icmp(8), PROTO_ICMP), ip6(icmp(128), PROTO_ICMPV6)
    rule("5", "tcp matches both families", "tcp dport 80", [eth(ETH_IP, WEB4), eth(ETH_IP6, WEB6)],
         [eth(ETH_IP, DNS4), eth(ETH_ARP, arp())])
    rule("5", "icmp needs ip and protocol 1", "icmp type echo-request", [eth(ETH_IP, echo4)],
         [eth(ETH_IP6, ip6(icmp(8), PROTO_ICMP)), eth(ETH_IP, ip4(icmp(8), 2))])
    rule("5", "icmpv6 needs ip6 and 58", "icmpv6 type echo-request", [eth(ETH_IP6, echo6)],
         [eth(ETH_IP, ip4(icmp(128), PROTO_ICMPV6)), eth(ETH_IP6, ip6(icmp(128), 1))])
    rule("5", "th dport asks for no protocol", "th dport 53",
         [eth(ETH_IP, DNS4), eth(ETH_IP6, DNS6), eth(ETH_IP, ip4(tcp(dport=53), PROTO_TCP)),
          eth(ETH_IP, ip4(udp(), 47)), eth(ETH_IP6, ip6(udp(), 50))], [eth(ETH_ARP, arp())])
    rule("5", "arp needs meta protocol arp", "arp operation request",
         [eth(ETH_ARP, arp()), eth(ETH_ARP, arp(), tags=TAG5)],
         [eth(ETH_IP, arp()), eth(0x8035, arp())])
    rule("5", "ip saddr != is false on arp and v6", "ip saddr != 10.0.0.1", [eth(ETH_IP, DNS4)],
         [eth(ETH_ARP, arp()), eth(ETH_IP6, DNS6)])
    rule("5", "ip6 saddr != is false on v4", "ip6 saddr != ::1", [eth(ETH_IP6, DNS6)],
         [eth(ETH_IP, DNS4)])
    rule("5", "arp fields of a cut header fail each on their own", "arp operation != 99",
         [eth(ETH_ARP, arp()[:8])], [eth(ETH_ARP, arp()[:7])])


def flags_frame(flags):
    return eth(ETH_IP, ip4(tcp(flags=flags), PROTO_TCP))


def flags_rule(text, match, hits):
    every = (0x00, 0x01, 0x02, 0x03, 0x10, 0x12, 0x13, 0x40, 0x42, 0x50, 0xFF)
    rule("6", text, match, [flags_frame(flags) for flags in every if flags in hits],
         [flags_frame(flags) for flags in every if flags not in hits])


def matching():
    flags_rule("tcp flags syn is any", "tcp flags syn", (0x02, 0x03, 0x12, 0x13, 0x42, 0xFF))
    any_of = (0x02, 0x03, 0x10, 0x12, 0x13, 0x42, 0x50, 0xFF)
    flags_rule("tcp flags syn,ack is any of them", "tcp flags syn,ack", any_of)
    flags_rule("tcp flags syn|ack is any of them", "tcp flags syn|ack", any_of)
    flags_rule("tcp flags == is exact", "tcp flags == syn", (0x02,))
    flags_rule("tcp flags != is exact", "tcp flags != syn",
               (0x00, 0x01, 0x03, 0x10, 0x12, 0x13, 0x40, 0x42, 0x50, 0xFF))
    flags_rule("a set of flags is exact", "tcp flags { syn, ack }", (0x02, 0x10))
    flags_rule("! is none of them", "tcp flags ! syn,fin", (0x00, 0x10, 0x40, 0x50))
    flags_rule("syn / syn,ack is masked and equal", "tcp flags syn / syn,ack",
               (0x02, 0x03, 0x42))
    flags_rule("& (syn|ack) == syn is masked and equal", "tcp flags & (syn|ack) == syn",
               (0x02, 0x03, 0x42))
    ports = [eth(ETH_IP, ip4(udp(dport=port))) for port in (0x00FF, 0x0100, 0x0101, 0xFF00)]
    rule("6", "< compares big-endian", "udp dport < 256", ports[:1], ports[1:])
    rule("6", "> compares big-endian", "udp dport > 256", ports[2:], ports[:2])
    rule("6", "a range compares big-endian", "udp dport 256-257", ports[1:3],
         [ports[0], ports[3]])
    ruleset("6", "a counter left of a failing match has counted",
            table(chain(["counter udp dport 53 drop"])), drop=[eth(ETH_IP, DNS4)],
            accept=[eth(ETH_IP, WEB4), eth(ETH_ARP, arp())], counters=(3, 28 + 40 + 28))
    ruleset("6", "a failed load skips the rest of the rule",
            table(chain(["udp dport != 1 counter drop"])), drop=[eth(ETH_IP, DNS4)],
            accept=[eth(ETH_ARP, arp())], counters=(1, 28))


def flow():
    dns, web = eth(ETH_IP, DNS4), eth(ETH_IP, WEB4)
    for policy, drop, accept in (("accept", [], [dns]), ("drop", [dns], [])):
        ruleset("7", "the end of a base chain is its policy " + policy,
                table(chain(["udp dport 1 accept"], policy)), drop, accept)
        ruleset("7", "return in a base chain is its policy " + policy,
                table(chain(["udp dport 53 return", "counter " + {"accept": "drop",
                                                                  "drop": "accept"}[policy]],
                            policy)), drop, accept)
    ruleset("7", "a chain without a policy accepts", table(
        '\tchain c {\n\t\ttype filter hook ingress device "xf0" priority 0;\n\t}\n'), [], [dns])
    ruleset("7", "goto at its end returns to the caller of the last jump",
            table(sub("far"), sub("near", "goto far", "drop"),
                  chain(["jump near", "udp dport 53 drop"])), [dns], [web])
    ruleset("7", "goto from a base chain ends in the policy",
            table(sub("far", "tcp dport 80 accept"), chain(["goto far", "accept"], "drop")),
            [dns], [web])
    ruleset("7", "a jump comes back to the next rule",
            table(sub("near", "tcp dport 80 return", "udp dport 1 drop"),
                  chain(["jump near", "tcp dport 80 drop"])), [web], [dns])
    ruleset("7", "a miss of a verdict map ends the rule",
            table(chain(["udp dport vmap { 1 : drop } drop", "tcp dport vmap { 80 : drop }"])),
            [web], [dns])
    ruleset("7", "accept ends its chain only",
            table(chain(["accept"], priority=1), chain(["udp dport 53 drop"], priority=2,
                                                       name="d")), [dns], [web])
    ruleset("7", "drop is final", table(chain(["udp dport 53 drop"], priority=1),
                                        chain(["counter accept"], priority=2, name="d")),
            [dns], [web], counters=(1, 40))
    ruleset("7", "chains run by ascending priority",
            table(chain(["counter"], priority=2, name="d"), chain(["udp dport 53 drop"],
                                                                  priority=1)),
            [dns], [web], counters=(1, 40))
    ruleset("7", "of equal priorities the later one runs first",
            table(chain(["counter"]), chain(["udp dport 53 drop"], name="d")), [dns], [web],
            counters=(1, 40))
    ruleset("7", "of equal priorities the later table runs first",
            table(chain(["counter"])) + table(chain(["udp dport 53 drop"]), name="u"), [dns],
            [web], counters=(1, 40))
    deep = [sub("d15", "udp dport 53 drop")]
    deep += [sub("d%d" % level, "jump d%d" % (level + 1)) for level in range(14, 0, -1)]
    ruleset("7", "15 nested jumps", table(*deep, chain(["jump d1"])), [dns], [web])


for part in (what_the_hook_sees, tags, internet_protocol_4, internet_protocol_6, dependencies,
             matching, flow):
    part()
