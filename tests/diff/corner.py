#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""corner: the packets on which packet filters disagree.

Output: a list of (name, frame), always the same.  As a command it prints them as a packet file.
The values in them (addresses, ports 53, 80, vlan 5 ...) are those the rulesets in cases/ ask for.
"""

import struct

from frame import (BROADCAST_MAC, DEVICE_MAC, ETH_8021AD, ETH_8021Q, ETH_9100, ETH_ARP, ETH_IP,
                   ETH_IP6, MULTICAST_MAC, PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP,
                   SENDER_MAC, arp, chunk, eth, ext, ext_auth, ext_fragment, geneve, gre, icmp, ip4,
                   ip6, mac, sctp, tcp, tcp_with, udp, vxlan)

DNS4 = ip4(udp())
DNS6 = ip6(udp())
WEB4 = ip4(tcp(), proto=PROTO_TCP)
WEB6 = ip6(tcp(), nexthdr=PROTO_TCP)
OTHER_MAC = mac("02:00:00:00:00:09")


def plain():
    yield "udp4", eth(ETH_IP, DNS4)
    yield "udp6", eth(ETH_IP6, DNS6)
    yield "tcp4", eth(ETH_IP, WEB4)
    yield "tcp6", eth(ETH_IP6, WEB6)
    yield "udp4 other port", eth(ETH_IP, ip4(udp(dport=54)))
    yield "udp4 other source", eth(ETH_IP, ip4(udp(), src="192.0.2.2"))
    yield "udp4 other target", eth(ETH_IP, ip4(udp(), dst="198.51.100.3"))
    yield "udp6 other source", eth(ETH_IP6, ip6(udp(), src="2001:db8::3"))
    yield "udp4 payload", eth(ETH_IP, ip4(udp(payload=b"x" * 100)))
    yield "udp4 from port 53", eth(ETH_IP, ip4(udp(sport=53, dport=40000)))
    for kind in (0, 3, 5, 8, 9, 10, 11, 12, 13, 14, 17, 18, 42):
        yield "icmp %d" % kind, eth(ETH_IP, ip4(icmp(kind), proto=PROTO_ICMP))
    yield "icmp 3/4", eth(ETH_IP, ip4(icmp(3, 4), proto=PROTO_ICMP))
    for kind in (1, 2, 3, 4, 128, 129, 130, 133, 134, 135, 136, 137, 200):
        yield "icmpv6 %d" % kind, eth(ETH_IP6, ip6(icmp(kind), nexthdr=PROTO_ICMPV6))
    yield "icmp inside v6", eth(ETH_IP6, ip6(icmp(8), nexthdr=PROTO_ICMP))
    yield "icmpv6 inside v4", eth(ETH_IP, ip4(icmp(128), proto=PROTO_ICMPV6))
    for proto in (0, 2, 4, 33, 41, 43, 44, 47, 50, 51, 59, 60, 103, 108, 132, 136, 255):
        yield "v4 protocol %d" % proto, eth(ETH_IP, ip4(udp(), proto=proto))
    for proto in (4, 33, 41, 47, 103, 108, 132, 136, 255):
        yield "v6 next header %d" % proto, eth(ETH_IP6, ip6(udp(), nexthdr=proto))


def link():
    for name, target in (("broadcast", BROADCAST_MAC), ("multicast", MULTICAST_MAC),
                         ("other", OTHER_MAC), ("null", bytes(6)), ("host", DEVICE_MAC)):
        yield "to " + name, eth(ETH_IP, DNS4, dst=target)
    yield "from other", eth(ETH_IP, DNS4, src=OTHER_MAC)
    yield "from group", eth(ETH_IP, DNS4, src=MULTICAST_MAC)
    for kind in (0x0000, 0x0001, 0x0004, 0x0026, 0x05DC, 0x05FF, 0x0600, 0x88CC, 0x8864, 0x8847,
                 0x8906, 0xFFFF):
        yield "type %04x" % kind, eth(kind, b"\x42\x42\x03" + bytes(35))
        yield "type %04x ff ff" % kind, eth(kind, b"\xff\xff" + bytes(36))
    yield "type 0004, nothing behind", eth(4)
    yield "type 0004, one byte", eth(4, b"\xff")
    yield "type 0004, two bytes", eth(4, b"\xff\xff")
    yield "type 0800, nothing behind", eth(ETH_IP)
    yield "llc with tag", eth(0x0026, b"\x42\x42\x03" + bytes(35), tags=[(ETH_8021Q, 5)])
    yield "raw 802.3 with tag", eth(0x0026, b"\xff\xff" + bytes(36), tags=[(ETH_8021Q, 5)])
    yield "llc of tag, 2 bytes", eth(0x0026, b"\xff\xff", tags=[(ETH_8021AD, 5)])
    yield "llc of tag, 1 byte", eth(0x0026, b"\xff", tags=[(ETH_8021AD, 5)])
    yield "llc of tag, 0 bytes", eth(0x0026, b"", tags=[(ETH_8021AD, 5)])


def vlan():
    for kind in (ETH_8021Q, ETH_8021AD, ETH_9100):
        for tci in (0, 5, 6, 0x0FFF, 0x6005, 0x7005, 0x1005, 0xE000):
            yield "tag %04x %04x udp4" % (kind, tci), eth(ETH_IP, DNS4, tags=[(kind, tci)])
        yield "tag %04x udp6" % kind, eth(ETH_IP6, DNS6, tags=[(kind, 5)])
        yield "tag %04x arp" % kind, eth(ETH_ARP, arp(), tags=[(kind, 5)])
        yield "tag %04x tcp4" % kind, eth(ETH_IP, WEB4, tags=[(kind, 5)])
        yield "tag %04x other" % kind, eth(0x88CC, bytes(20), tags=[(kind, 5)])
        for behind in range(0, 8):
            frame = eth(ETH_IP, DNS4, tags=[(kind, 5)])[:14 + behind]
            yield "tag %04x, %d bytes behind" % (kind, behind), frame
        for inner in (ETH_8021Q, ETH_8021AD, ETH_9100):
            tags = [(kind, 5), (inner, 6)]
            yield "tags %04x %04x udp4" % (kind, inner), eth(ETH_IP, DNS4, tags=tags)
            yield "tags %04x %04x udp6" % (kind, inner), eth(ETH_IP6, DNS6, tags=tags)
            yield "tags %04x %04x 5 5" % (kind, inner), eth(ETH_IP, DNS4,
                                                            tags=[(kind, 5), (inner, 5)])
            for behind in range(0, 7):
                yield ("tags %04x %04x, %d bytes behind" % (kind, inner, behind),
                       eth(ETH_IP, DNS4, tags=tags)[:18 + behind])
    for count in (3, 4, 5):
        yield "%d tags" % count, eth(ETH_IP, DNS4, tags=[(ETH_8021Q, 5)] * count)
        yield "%d tags ad" % count, eth(ETH_IP, DNS4, tags=[(ETH_8021AD, 5)] * count)
    # An inner tag's bytes that look like an IP header, were the tag skipped.
    yield "tags with a header in them", eth(0x0014, bytes(16) + DNS4,
                                            tags=[(ETH_8021Q, 5), (ETH_8021Q, 0x4500)])


def ip4_options():
    for ihl in range(6, 16):
        options = b"\1" * ((ihl - 5) * 4)
        yield "v4 ihl %d" % ihl, eth(ETH_IP, ip4(udp(), options=options))
        yield "v4 ihl %d tcp" % ihl, eth(ETH_IP, ip4(tcp(), options=options, proto=PROTO_TCP))
    yield "v4 ihl 15, nothing behind", eth(ETH_IP, ip4(b"", options=b"\1" * 40))
    yield "v4 ihl 6 tagged", eth(ETH_IP, ip4(udp(), options=b"\1" * 4), tags=[(ETH_8021Q, 5)])
    # Options that look like port 53.
    yield "v4 port in options", eth(ETH_IP, ip4(udp(dport=54), options=b"\0\x35\0\x35"))


def ip4_real_options():
    """The kernel checks all options before it says that one of them is there."""
    for name, options in (
            ("rr", "070704 00000000 00"), ("rr full", "070708 0a000001 00"),
            ("rr pointer 0", "070700 00000000 00"), ("rr pointer 3", "070703 00000000 00"),
            ("rr pointer 6", "070706 00000000 00"), ("rr length 2", "0702"),
            ("rr length 3", "070304 00"), ("rr too long", "070c04 0a000001 00"),
            ("rr twice", "070704 0a000001 070704 0a000001 0000"),
            ("lsrr", "830704 0a000001 00"), ("ssrr", "890704 0a000001 00"),
            ("lsrr and ssrr", "830704 0a000001 890704 0a000001 0000"),
            ("lsrr pointer 8", "830708 0a000001 00"), ("lsrr length 6", "830604 0a0000 0000"),
            ("lsrr length 11", "830b04 0a000001 0a000002 00"), ("lsrr length 3", "830304 00"),
            ("ra", "94040000"), ("ra value", "94040001"), ("ra length 3", "940300 01"),
            ("ra behind nop", "01 94040000 000000"), ("ra behind end", "00 94040000 000000"),
            ("ra behind rr", "94040000 070704 0a000001 00"), ("ra twice", "94040001 94040000"),
            ("ts", "440c0500 00000000 00000000"), ("ts flag 1", "440c0501 0a000001 00000000"),
            ("ts flag 3", "440c0503 0a000001 00000000"), ("ts full", "440c0d00 00000000 00000000"),
            ("ts overflow", "440c0df0 00000000 00000000"), ("ts length 3", "440305 00"),
            ("ts twice", "44080500 00000000 44080500 00000000"),
            ("cipso", "86080000 00020000"), ("unknown", "5e040102"), ("unknown long", "5e080102"),
            ("length 0", "5e000102"), ("length 1", "5e010102"), ("last byte a type", "01010194"),
            ("ra, then unknown long", "94040000 5e080102")):
        data = bytes.fromhex(options)
        yield "v4 option " + name, eth(ETH_IP, ip4(udp(), options=data))
        yield "v4 option %s, tagged" % name, eth(ETH_IP, ip4(udp(), options=data),
                                                 tags=[(ETH_8021Q, 5)])
        yield "v4 option %s, cut" % name, eth(ETH_IP, ip4(udp(), options=data)[:22])


def tcp_options():
    for name, options in (
            ("maxseg", "020405b4"), ("maxseg small", "02040218"), ("maxseg cut", "01010204"),
            ("maxseg length 3", "020305b4"), ("maxseg length 0", "020005b4"),
            ("maxseg too long", "02ff05b4"), ("maxseg twice", "020405b4 02040218"),
            ("window", "030307 00"), ("window behind nop", "01 030307"),
            ("sack permitted", "0402 0101"), ("timestamp", "0101 080a 00000001 00000002"),
            ("sack", "0101 050a 00000001 00000002"),
            ("two sacks", "0101 0512 00000001 00000002 00000003 00000004"),
            ("three sacks", "0101 051a 00000001 00000002 00000003 00000004 00000005 00000006"),
            ("four sacks", "0101 0522 00000001 00000002 00000003 00000004 00000005 00000006"
                           "00000007 00000008"),
            ("fastopen", "2206 00010203 0000"), ("md5sig", "1312" + 16 * "ab" + "0000"),
            ("mptcp", "1e0c 0081 00000000 00000000"), ("mptcp 1", "1e0c 1081 00000000 00000000"),
            ("250", "fa04 0102"), ("end at the end", "01010100"), ("end first", "00 020405b4 0000"),
            ("nops", "01010101"), ("maxseg behind 250", "fa08 010203040506 020405b4"),
            ("length beyond", "01010108"), ("kind in last byte", "01010102")):
        data = bytes.fromhex(options)
        yield "v4 tcp option " + name, eth(ETH_IP, ip4(tcp_with(data), PROTO_TCP))
        yield "v6 tcp option " + name, eth(ETH_IP6, ip6(tcp_with(data), PROTO_TCP))
        yield "tcp option %s, cut" % name, eth(ETH_IP, ip4(tcp_with(data)[:22], PROTO_TCP))
        yield "tcp option %s, doff 4" % name, eth(ETH_IP, ip4(tcp_with(data, doff=4), PROTO_TCP))
        yield "tcp option %s, doff 5" % name, eth(ETH_IP, ip4(tcp_with(data, doff=5), PROTO_TCP))
        yield "tcp option %s, doff 15" % name, eth(ETH_IP, ip4(tcp_with(data, doff=15), PROTO_TCP))
        yield "tcp option %s, fragment" % name, eth(ETH_IP, ip4(tcp_with(data), PROTO_TCP, frag=1))
        yield "tcp option %s in udp" % name, eth(ETH_IP, ip4(tcp_with(data), PROTO_UDP))


def sctp_chunks():
    data = chunk(0, bytes(range(12)) + b"x", flags=3)
    found = [chunk(kind, bytes(16)) for kind in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                                 128, 192, 193)]
    for name, chunks in (
            ("none", []), ("data", [data]), ("data behind init", [chunk(1, bytes(16)), data]),
            ("data twice", [data, chunk(0, bytes(12))]), ("all", found),
            ("length 0", [chunk(0, bytes(12), length=0)]), ("length 3", [chunk(0, bytes(12),
                                                                               length=3)]),
            ("length 4", [chunk(0, bytes(12), length=4)]), ("too long", [chunk(0, bytes(12),
                                                                               length=99)]),
            ("behind length 0", [chunk(1, length=0), data]),
            ("behind odd length", [chunk(1, bytes(15)), data])):
        yield "v4 sctp " + name, eth(ETH_IP, ip4(sctp(*chunks), 132))
        yield "v6 sctp " + name, eth(ETH_IP6, ip6(sctp(*chunks), 132))
        yield "v4 sctp %s, fragment" % name, eth(ETH_IP, ip4(sctp(*chunks), 132, frag=1))
        yield "v4 sctp %s in udp" % name, eth(ETH_IP, ip4(sctp(*chunks), PROTO_UDP))
    for size in (0, 4, 11, 12, 13, 15, 16, 20, 27, 28):
        yield "v4 sctp cut %d" % size, eth(ETH_IP, ip4(sctp(data)[:size], 132))


def other_transports():
    for proto, name in ((2, "igmp"), (33, "dccp"), (50, "esp"), (51, "ah"), (108, "comp"),
                        (136, "udplite")):
        data = bytes(range(1, 41))
        for size in (0, 1, 2, 3, 4, 7, 8, 11, 12, 16, 40):
            yield "v4 %s of %d" % (name, size), eth(ETH_IP, ip4(data[:size], proto))
            yield "v6 %s of %d" % (name, size), eth(ETH_IP6, ip6(data[:size], proto))
        yield "v4 %s, last fragment" % name, eth(ETH_IP, ip4(data, proto, frag=1))


def ip4_wrong():
    for ihl in range(0, 5):
        yield "v4 ihl %d wrong" % ihl, eth(ETH_IP, ip4(udp(), ihl=ihl))
    for version in (0, 5, 6, 15):
        yield "v4 version %d" % version, eth(ETH_IP, ip4(udp(), version=version))
    for total in (0, 1, 19, 20, 21, 24, 27, 28, 29, 0xFFFF):
        yield "v4 tot_len %d of 28" % total, eth(ETH_IP, ip4(udp(), tot_len=total))
    for total in (20, 23, 24, 28, 32):
        yield "v4 ihl 6 tot_len %d" % total, eth(ETH_IP, ip4(udp(), options=b"\1" * 4,
                                                             tot_len=total))
    for padding in (1, 18, 100):
        yield "v4 padding %d" % padding, eth(ETH_IP, DNS4 + bytes(padding))
        yield "v4 no L4, padding %d" % padding, eth(ETH_IP, ip4() + udp() + bytes(padding))
    yield "v4 wrong checksum", eth(ETH_IP, ip4(udp(), header_checksum=0x1234))
    yield "v6 header in v4 frame", eth(ETH_IP, DNS6)
    yield "v4 header in v6 frame", eth(ETH_IP6, DNS4)
    yield "v4 header in v6 frame, long", eth(ETH_IP6, ip4(udp(payload=bytes(60))))
    for cut in range(0, 20):
        yield "v4 cut %d" % cut, eth(ETH_IP, DNS4[:cut])
    for cut in (0, 1, 4, 12, 19):
        yield "v4 tagged cut %d" % cut, eth(ETH_IP, DNS4[:cut], tags=[(ETH_8021Q, 5)])
    for cut in (20, 21, 23):
        yield "v4 ihl 6 cut %d" % cut, eth(ETH_IP, ip4(udp(), options=b"\1" * 4)[:cut])


def ip4_fragments():
    for kind, payload, proto in (("udp", udp(payload=bytes(8)), PROTO_UDP),
                                 ("tcp", tcp(), PROTO_TCP), ("icmp", icmp(8), PROTO_ICMP)):
        for name, frag in (("first", 0x2000), ("middle", 0x2001), ("last", 0x0001),
                           ("far", 0x1FFF), ("df", 0x4000), ("evil", 0x8000),
                           ("df first", 0x6000), ("df last", 0x4002)):
            yield "v4 %s %s fragment" % (kind, name), eth(ETH_IP, ip4(payload, proto, frag=frag))
    yield "v4 tcp first of 8 bytes", eth(ETH_IP, ip4(tcp()[:8], PROTO_TCP, frag=0x2000))
    yield "v4 last, empty", eth(ETH_IP, ip4(b"", frag=0x0001))
    yield "v4 last, options", eth(ETH_IP, ip4(udp(), options=b"\1" * 8, frag=0x0001))
    yield "v4 last, tagged", eth(ETH_IP, ip4(udp(), frag=0x0001), tags=[(ETH_8021AD, 5)])
    yield "v4 last, tot_len wrong", eth(ETH_IP, ip4(udp(), frag=0x0001, tot_len=40))
    yield "v4 last, two tags", eth(ETH_IP, ip4(udp(), frag=1), tags=[(ETH_8021AD, 5),
                                                                   (ETH_8021Q, 6)])


def transport():
    for size in (0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19):
        yield "v4 tcp cut %d" % size, eth(ETH_IP, ip4(tcp()[:size], PROTO_TCP))
        yield "v6 tcp cut %d" % size, eth(ETH_IP6, ip6(tcp()[:size], PROTO_TCP))
    for size in (0, 1, 2, 3, 4, 5, 6, 7):
        yield "v4 udp cut %d" % size, eth(ETH_IP, ip4(udp()[:size]))
        yield "v6 udp cut %d" % size, eth(ETH_IP6, ip6(udp()[:size]))
    for size in (0, 1, 2, 3):
        yield "v4 icmp cut %d" % size, eth(ETH_IP, ip4(icmp()[:size], PROTO_ICMP))
        yield "v6 icmpv6 cut %d" % size, eth(ETH_IP6, ip6(icmp(128)[:size], PROTO_ICMPV6))
    for flags in (0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x10, 0x12, 0x13, 0x14, 0x18, 0x20, 0x29,
                  0x40, 0x42, 0x80, 0xC2, 0xFD, 0xFF):
        yield "tcp flags %02x" % flags, eth(ETH_IP, ip4(tcp(flags=flags), PROTO_TCP))
    for doff in (0, 4, 6, 15):
        yield "tcp doff %d" % doff, eth(ETH_IP, ip4(tcp(doff=doff), PROTO_TCP))
    yield "tcp reserved", eth(ETH_IP, ip4(tcp(reserved=15), PROTO_TCP))
    yield "tcp full", eth(ETH_IP, ip4(tcp(seq=0xFFFFFFFF, ack=0x12345678, window=0xFFFF,
                                          check=0xBEEF, urgent=1, flags=0x30), PROTO_TCP))
    for length in (0, 7, 9, 0xFFFF):
        yield "udp length %d" % length, eth(ETH_IP, ip4(udp(length=length)))
    for port in (0, 1, 22, 52, 54, 79, 81, 443, 1023, 1024, 1025, 1999, 2000, 2001, 8080, 65535):
        yield "tcp port %d" % port, eth(ETH_IP, ip4(tcp(dport=port), PROTO_TCP))
        yield "udp6 port %d" % port, eth(ETH_IP6, ip6(udp(dport=port)))


def ip4_values():
    for tos in (0x04, 0x20, 0x28, 0xB8, 0x01, 0x02, 0x03, 0xFF):
        yield "v4 tos %02x" % tos, eth(ETH_IP, ip4(udp(), tos=tos))
    for ttl in (0, 1, 63, 65, 128, 255):
        yield "v4 ttl %d" % ttl, eth(ETH_IP, ip4(udp(), ttl=ttl))
    yield "v4 id ffff", eth(ETH_IP, ip4(udp(), ident=0xFFFF))
    for number, address in enumerate(("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0",
                                      "0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.1",
                                      "192.0.2.0", "192.0.2.255", "192.0.3.0")):
        yield "v4 saddr %d" % number, eth(ETH_IP, ip4(udp(), src=address))
        yield "v4 daddr %d" % number, eth(ETH_IP, ip4(udp(), dst=address))


def ip6_values():
    for tclass in (0x04, 0x28, 0xB8, 0x01, 0x02, 0x03, 0xFF):
        yield "v6 class %02x" % tclass, eth(ETH_IP6, ip6(udp(), tclass=tclass))
    for flow in (1, 5, 0x00050, 0xFFFFF):
        yield "v6 flow %05x" % flow, eth(ETH_IP6, ip6(udp(), flow=flow))
    # A flow label that looks like port 53 where a transport header would be.
    yield "v6 flow like a port", eth(ETH_IP6, ip6(ext_fragment(17, udp(), offset=1), 44,
                                                  flow=0x0035))
    for hops in (0, 1, 255):
        yield "v6 hops %d" % hops, eth(ETH_IP6, ip6(udp(), hops=hops))
    for address in ("::", "::1", "fe80::1", "ff02::1", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
                    "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"):
        yield "v6 saddr " + address, eth(ETH_IP6, ip6(udp(), src=address))
        yield "v6 daddr " + address, eth(ETH_IP6, ip6(udp(), dst=address))


def ip6_wrong():
    for version in (0, 4, 5, 7, 15):
        yield "v6 version %d" % version, eth(ETH_IP6, ip6(udp(), version=version))
    for length in (0, 1, 7, 9, 0xFFFF):
        yield "v6 payload_len %d of 8" % length, eth(ETH_IP6, ip6(udp(), payload_len=length))
    for cut in range(0, 40):
        yield "v6 cut %d" % cut, eth(ETH_IP6, DNS6[:cut])
    for cut in (0, 8, 39):
        yield "v6 tagged cut %d" % cut, eth(ETH_IP6, DNS6[:cut], tags=[(ETH_8021Q, 5)])
    yield "v6 header alone", eth(ETH_IP6, ip6())
    yield "v6 padding", eth(ETH_IP6, DNS6 + bytes(18))
    yield "v6 no L4 in payload_len", eth(ETH_IP6, ip6(udp(), payload_len=0))


def ip6_extensions():
    for kind, name in ((0, "hbh"), (43, "routing"), (60, "dst"), (135, "mobility"),
                       (139, "hip"), (140, "shim6")):
        yield "v6 " + name, eth(ETH_IP6, ip6(ext(17, udp()), kind))
        yield "v6 " + name + " long", eth(ETH_IP6, ip6(ext(17, udp(), units=3), kind))
        yield "v6 " + name + " tcp", eth(ETH_IP6, ip6(ext(6, tcp()), kind))
        yield "v6 " + name + " past the end", eth(ETH_IP6, ip6(ext(17, udp(), units=0,
                                                                   body=b"\1\4\0\0\0\0"), kind))
        wrong = bytes([17, 255]) + bytes(6) + udp()
        yield "v6 " + name + " far past the end", eth(ETH_IP6, ip6(wrong, kind))
        for size in (0, 1, 2, 3, 4, 7):
            yield "v6 %s cut %d" % (name, size), eth(ETH_IP6, ip6(ext(17, udp())[:size], kind))
    for count in range(2, 13):
        payload, kind = udp(), 17
        for step in range(count):
            payload, kind = ext(kind, payload), (60, 43, 0)[step % 3]
        yield "v6 %d extensions" % count, eth(ETH_IP6, ip6(payload, kind))
    yield "v6 auth", eth(ETH_IP6, ip6(ext_auth(17, udp()), 51))
    yield "v6 esp", eth(ETH_IP6, ip6(udp(), 50))
    yield "v6 no next", eth(ETH_IP6, ip6(b"", 59))
    yield "v6 no next, bytes", eth(ETH_IP6, ip6(udp(), 59))
    yield "v6 dst then no next", eth(ETH_IP6, ip6(ext(59, udp()), 60))
    yield "v6 dst then auth", eth(ETH_IP6, ip6(ext(51, ext_auth(17, udp())), 60))
    yield "v6 dst then esp", eth(ETH_IP6, ip6(ext(50, udp()), 60))
    yield "v6 dst then icmpv6", eth(ETH_IP6, ip6(ext(58, icmp(128)), 60))
    yield "v6 dst then icmp", eth(ETH_IP6, ip6(ext(1, icmp(8)), 60))
    yield "v6 hbh twice", eth(ETH_IP6, ip6(ext(0, ext(17, udp())), 0))
    yield "v6 hbh behind dst", eth(ETH_IP6, ip6(ext(0, ext(17, udp())), 60))
    yield "v6 dst tagged", eth(ETH_IP6, ip6(ext(17, udp()), 60), tags=[(ETH_8021Q, 5)])
    long = ext(17, udp(), units=255, body=bytes(2046))
    yield "v6 dst of 2048 bytes", eth(ETH_IP6, ip6(long, 60))
    yield "v6 payload_len 0 with dst", eth(ETH_IP6, ip6(ext(17, udp()), 60, payload_len=0))
    yield "v6 payload_len short of dst", eth(ETH_IP6, ip6(ext(17, udp()), 60, payload_len=4))


def ip6_fragments():
    for kind, payload, proto in (("udp", udp(payload=bytes(8)), PROTO_UDP),
                                 ("tcp", tcp(), PROTO_TCP), ("icmpv6", icmp(128), PROTO_ICMPV6)):
        for name, offset, more in (("first", 0, True), ("atomic", 0, False), ("middle", 1, True),
                                   ("last", 1, False), ("far", 0x1FFF, False)):
            fragment = ext_fragment(proto, payload, offset, more)
            yield "v6 %s %s fragment" % (kind, name), eth(ETH_IP6, ip6(fragment, 44))
            yield ("v6 %s %s fragment behind dst" % (kind, name),
                   eth(ETH_IP6, ip6(ext(44, fragment), 60)))
    for reserved in (0, 8, 255):
        for offset in (0, 1):
            fragment = ext_fragment(17, udp(), offset, reserved=reserved)
            yield ("v6 fragment reserved %d offset %d" % (reserved, offset),
                   eth(ETH_IP6, ip6(fragment, 44)))
            yield ("v6 fragment behind dst reserved %d offset %d" % (reserved, offset),
                   eth(ETH_IP6, ip6(ext(44, fragment), 60)))
    for low_bits in (1, 2, 3):
        yield "v6 fragment low bits %d" % low_bits, eth(ETH_IP6, ip6(
            ext_fragment(17, udp(), low_bits=low_bits), 44))
    for nexthdr in (0, 43, 44, 50, 51, 59, 60, 135):
        for offset in (0, 1):
            payload = ext_fragment(nexthdr, ext(17, udp()), offset)
            yield "v6 fragment of %d offset %d" % (nexthdr, offset), eth(ETH_IP6, ip6(payload, 44))
    for size in range(0, 9):
        for offset in (0, 1):
            payload = ext_fragment(17, udp(), offset)[:size]
            yield "v6 fragment cut %d offset %d" % (size, offset), eth(ETH_IP6, ip6(payload, 44))
    yield "v6 fragment twice", eth(ETH_IP6, ip6(ext_fragment(44, ext_fragment(17, udp())), 44))
    yield "v6 first of 8 bytes tcp", eth(ETH_IP6, ip6(ext_fragment(6, tcp()[:8], 0, True), 44))
    yield "v6 last fragment tagged", eth(ETH_IP6, ip6(ext_fragment(17, udp(), 1), 44),
                                         tags=[(ETH_8021Q, 5)])


def address_resolution():
    yield "arp request", eth(ETH_ARP, arp(), dst=BROADCAST_MAC)
    yield "arp reply", eth(ETH_ARP, arp(2, target_mac=SENDER_MAC))
    yield "arp padded", eth(ETH_ARP, arp() + bytes(18))
    for operation in (0, 3, 4, 8, 9, 10, 0xFFFF):
        yield "arp operation %d" % operation, eth(ETH_ARP, arp(operation))
    yield "arp other sender", eth(ETH_ARP, arp(sender="192.0.2.2", sender_mac=OTHER_MAC))
    yield "arp other target", eth(ETH_ARP, arp(target="198.51.100.9", target_mac=OTHER_MAC))
    yield "arp htype 6", eth(ETH_ARP, arp(htype=6))
    yield "arp ptype ip6", eth(ETH_ARP, arp(ptype=ETH_IP6))
    yield "arp hlen 8 plen 16", eth(ETH_ARP, arp(hlen=8, plen=16))
    for cut in (0, 1, 2, 4, 5, 6, 7, 8, 13, 14, 17, 18, 23, 24, 27):
        yield "arp cut %d" % cut, eth(ETH_ARP, arp()[:cut])
    yield "reverse arp", eth(0x8035, arp(3))
    yield "arp two tags", eth(ETH_ARP, arp(), tags=[(ETH_8021Q, 5), (ETH_8021Q, 6)])


def ip6_extension_fields():
    for kind, name in ((0, "hbh"), (43, "routing"), (60, "dst"), (135, "mobility")):
        for body in ("000000000000", "010400000000", "020100000000", "040100000000"):
            yield "v6 %s body %s" % (name, body), eth(ETH_IP6, ip6(
                ext(17, udp(), body=bytes.fromhex(body)), kind))
        yield "v6 %s behind auth" % name, eth(ETH_IP6, ip6(ext_auth(kind, ext(17, udp())), 51))
        yield "v6 %s behind first fragment" % name, eth(ETH_IP6, ip6(
            ext_fragment(kind, ext(17, udp()), 0, True), 44))
        yield "v6 %s behind later fragment" % name, eth(ETH_IP6, ip6(
            ext_fragment(kind, ext(17, udp()), 1), 44))
        yield "v6 %s behind esp" % name, eth(ETH_IP6, ip6(ext(kind, ext(17, udp())), 50))
        yield "v6 %s, no next" % name, eth(ETH_IP6, ip6(ext(59), kind))
        yield "v6 %s, version 4" % name, eth(ETH_IP6, ip6(ext(17, udp()), kind, version=4))
        yield "v6 %s, payload_len wrong" % name, eth(ETH_IP6, ip6(ext(17, udp()), kind,
                                                                  payload_len=99))
    addresses = bytes.fromhex("02 00000000 00") + ip6(b"")[8:40]
    yield "v6 routing 0", eth(ETH_IP6, ip6(ext(17, udp(), 4, b"\0\2" + bytes(4) + addresses[6:]),
                                           43))
    yield "v6 routing 2", eth(ETH_IP6, ip6(ext(17, udp(), 2, b"\2\1" + bytes(4) + addresses[6:22]),
                                           43))
    yield "v6 segment routing", eth(ETH_IP6, ip6(ext(17, udp(), 4, b"\4\1\1\x28\0\x7f" +
                                                     addresses[6:]), 43))


def inner_packets():
    inside = [("udp4", eth(ETH_IP, DNS4)), ("tcp4", eth(ETH_IP, WEB4)),
              ("udp6", eth(ETH_IP6, DNS6)), ("tag", eth(ETH_IP, DNS4, tags=[(ETH_8021Q, 5)])), ("arp", eth(ETH_ARP, arp())),
              ("dst", eth(ETH_IP6, ip6(ext(17, udp()), 60))),
              ("fragment", eth(ETH_IP, ip4(udp(), frag=1))),
              ("options", eth(ETH_IP, ip4(udp(), options=b"\1" * 4))),
              ("version 6", eth(ETH_IP, ip4(udp(), version=6))),
              ("ihl 4", eth(ETH_IP, ip4(udp(), ihl=4))), ("icmp", eth(ETH_IP, ip4(icmp(8), 1)))]
    inside += [("cut %d" % cut, eth(ETH_IP, DNS4)[:cut]) for cut in (0, 8, 14, 20, 34, 36, 38)]
    for name, data in inside:
        yield "vxlan %s" % name, eth(ETH_IP, ip4(vxlan(data)))
        yield "vxlan in v6 %s" % name, eth(ETH_IP6, ip6(vxlan(data)))
        yield "vxlan 10 %s" % name, eth(ETH_IP, ip4(vxlan(data, vni=10, flags=0)))
        yield "geneve %s" % name, eth(ETH_IP, ip4(geneve(data)))
        yield "geneve with options %s" % name, eth(ETH_IP, ip4(geneve(data, options=bytes(8))))
        yield "gretap %s" % name, eth(ETH_IP, ip4(gre(0x6558, data), 47))
        kind = struct.unpack("!H", data[12:14])[0] if len(data) > 14 else ETH_IP
        for flags in (0, 0x8000, 0x2000, 0x1000, 0xB000, 0x4000, 1):
            yield "gre %04x %s" % (flags, name), eth(ETH_IP, ip4(gre(kind, data[14:], flags), 47))


def tunnels():
    yield "gre", eth(ETH_IP, ip4(struct.pack("!HH", 0, ETH_IP) + DNS4, 47))
    yield "ipip", eth(ETH_IP, ip4(DNS4, 4))
    yield "6in4", eth(ETH_IP, ip4(DNS6, 41))
    yield "4in6", eth(ETH_IP6, ip6(DNS4, 4))
    yield "6in6", eth(ETH_IP6, ip6(DNS6, 41))
    yield "vxlan", eth(ETH_IP, ip4(udp(dport=4789, payload=bytes([8, 0, 0, 0, 0, 0, 5, 0])
                                       + eth(ETH_IP, DNS4))))
    yield "pppoe", eth(0x8864, struct.pack("!BBHHH", 0x11, 0, 1, 2 + len(DNS4), 0x21) + DNS4)


def long_frames():
    for size in (1472, 1473, 3520, 4096, 8972):
        yield "udp4 of %d bytes" % size, eth(ETH_IP, ip4(udp(payload=bytes(size))))
    yield "udp6 of 8952 bytes", eth(ETH_IP6, ip6(udp(payload=bytes(8952))))
    yield "udp4 of 8000 bytes tagged", eth(ETH_IP, ip4(udp(payload=bytes(8000))),
                                           tags=[(ETH_8021Q, 5)])
    yield "udp4 padded by 8000 bytes", eth(ETH_IP, DNS4 + bytes(8000))
    payload, kind = udp(), 17
    for _ in range(4):
        payload, kind = ext(kind, payload, units=255, body=bytes(2046)), 60
    yield "v6 four extensions of 2048 bytes", eth(ETH_IP6, ip6(payload, kind))


GROUPS = (plain, link, vlan, ip4_options, ip4_real_options, ip4_wrong, ip4_fragments, transport,
          tcp_options, sctp_chunks, other_transports, ip4_values, ip6_values, ip6_wrong,
          ip6_extensions, ip6_extension_fields, ip6_fragments, address_resolution, tunnels,
          inner_packets, long_frames)


def packets():
    return [packet for group in GROUPS for packet in group()]


def main():
    for name, frame in packets():
        print("%s name=%s" % (frame.hex(), name.replace(" ", "_")))


if __name__ == "__main__":
    main()
