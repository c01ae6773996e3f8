#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_moves: writes pairs of rulesets that differ in the elements of their named sets and maps only.

KIND.nft	the program
KIND.moved.nft	what a live update fills the other half of its tables with
"""

import os
import sys

BASE = 'type filter hook ingress device "lo" priority filter; policy accept;'


def ip4(number):
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def ports(moved):
    first = 30000 if moved else 1
    return ("type inet_service; flags interval", "tcp dport @s counter drop",
            ["%d-%d" % (first + 7 * i, first + 7 * i + 3) for i in range(40)])


def hosts(moved):
    first = 0x0a000000 + (1 << 20 if moved else 0)
    return ("type ipv4_addr", "ip saddr @s counter drop",
            [ip4(first + i * i * 2 + i * 3) for i in range(560 if moved else 500)])


def nets(moved):
    first = 0x30000000 if moved else 0x10000000
    return ("type ipv4_addr; flags interval", "ip daddr @s counter drop",
            [ip4(first + (i << 14) + (i * 5 << 6)) + "/28" for i in range(3000)])


def nets6(moved):
    word = 0x2a10 if moved else 0x2001
    return ("type ipv6_addr; flags interval", "ip6 saddr @s counter drop",
            ["%x:%x:%x::/48" % (word, i // 50, i * 11) for i in range(500)])


def pairs(moved):
    first = 0x0b000000 + (999 if moved else 0)
    return ("type ipv4_addr . inet_service", "ip saddr . tcp dport @s counter drop",
            ["%s . %d" % (ip4(first + i), 1000 + i * 7) for i in range(330 if moved else 300)])


def lanes(moved):
    first = 1000 if moved else 1
    return ("type ipv6_addr . ipv6_addr . inet_service",
            "ip6 saddr . ip6 daddr . tcp dport @s counter drop",
            ["2001:db8::%x . 2001:db8:1::%x . %d" % (first + i, i, 1000 + i)
             for i in range(300)])


def words(moved):
    first = 4 if moved else 1
    return ("type inet_service : verdict; flags interval", "tcp dport vmap @s",
            ["%d-%d : %s" % (first + 9 * i, first + 9 * i + 4,
                             "drop" if (i % 3 == 0) != moved else "accept") for i in range(60)])


def counts(moved):
    first = 0x0d000000 + (12345 if moved else 0)
    return ("type ipv4_addr : verdict; counter", "ip saddr vmap @s",
            ["%s : %s" % (ip4(first + 5 * i), "accept" if i % 4 == moved else "drop")
             for i in range(200)] + ["* : %s" % ("drop" if moved else "accept")])


KINDS = (ports, hosts, nets, nets6, pairs, lanes, words, counts)


def declare(kind, moved, name):
    shape, rule, elements = kind(moved)
    what = "map" if " : " in shape else "set"
    return ("\t%s %s { type %s; elements = { %s } }\n" %
            (what, name, shape[5:], ", ".join(elements)), rule.replace("@s", "@" + name))


def write(folder, name, kinds, moved):
    made = [declare(kind, moved, kind.__name__) for kind in kinds]
    with open(os.path.join(folder, name), "w", encoding="ascii") as out:
        out.write("table netdev t {\n%s\tchain c {\n\t\t%s\n%s\t}\n}\n" %
                  ("".join(text for text, _ in made), BASE,
                   "".join("\t\t%s\n" % rule for _, rule in made)))


def main():
    folder = sys.argv[1]
    for kind in KINDS:
        write(folder, kind.__name__ + ".nft", (kind,), False)
        write(folder, kind.__name__ + ".moved.nft", (kind,), True)
    write(folder, "all.nft", KINDS, False)
    write(folder, "all.moved.nft", KINDS, True)


main()
