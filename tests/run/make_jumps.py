#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_jumps: N rules of which most do not end their chain's walk: they jump, or only count.

	make_jumps.py N > RULESET

The same for the same N.
"""

import random
import sys


def address(rng):
    return ".".join(str(rng.randrange(1, 224)) for _ in range(4))


def rule(rng, number):
    if number % 4 == 0:
        return "ip saddr %s counter" % address(rng)
    if number % 4 == 1:
        return "ip saddr %s/%d tcp dport %d jump a" % (
            address(rng), rng.choice((8, 12, 16, 24)), rng.randrange(1, 2000))
    if number % 4 == 2:
        return "ip saddr %s/%d udp dport %d counter jump b" % (
            address(rng), rng.choice((12, 16, 24)), rng.randrange(1, 2000))
    return "ip saddr %s ip daddr %s counter drop" % (address(rng), address(rng))


def main():
    rng = random.Random("jumps")
    print("table netdev t {")
    print("\tchain a {\n\t\ttcp dport 80 counter accept\n\t\tip ttl 5 drop\n\t}")
    print("\tchain b {\n\t\tudp dport 53 counter\n\t\tip ttl 7 drop\n\t}")
    print("\tchain in {")
    print('\t\ttype filter hook ingress device "eth0" priority 0; policy accept;')
    for number in range(int(sys.argv[1])):
        print("\t\t" + rule(rng, number))
    print("\t}\n}")


main()
