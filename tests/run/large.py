#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a large ruleset from a fixed seed.  In: numbers of rules, and of a set's elements."""
import ipaddress
import random
import sys


def rule(rng):
    tests = ["ip saddr 10.%d.%d.0/24" % (rng.randrange(256), rng.randrange(256)),
             "ip daddr 192.0.2.%d" % rng.randrange(256),
             "%s dport %d" % (rng.choice(("tcp", "udp")), rng.randrange(65536)),
             "ip6 saddr 2001:db8:%x::/48" % rng.randrange(65536),
             "ip ttl > %d" % rng.randrange(200)]
    pick = rng.choice(((0, 2), (1, 2), (2,), (3, 2), (0, 1), (0, 4)))
    return " ".join(tests[number] for number in pick) + \
        rng.choice((" counter drop", " accept", " drop", " counter"))


def main(rules, elements):
    rng = random.Random(7)
    addresses = rng.sample(range(1 << 28), elements)
    print("table netdev large {\n\tset many {\n\t\ttype ipv4_addr\n\t\telements = {")
    for at in range(0, elements, 8):
        print("\t\t\t" + " ".join("%s," % ipaddress.IPv4Address(0xe0000000 + address)
                                  for address in addresses[at:at + 8]))
    print("\t\t}\n\t}\n\tchain ingress {\n\t\ttype filter hook ingress device \"lo\" priority 0;")
    print("\t\tip saddr @many counter drop")
    for _ in range(rules):
        print("\t\t" + rule(rng))
    print("\t}\n}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
