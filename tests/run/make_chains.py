#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_chains: a ruleset of many chains, as hosts of containers have them.

	make_chains.py CHAINS RULES [jumps] [hours] [ip6] > RULESET

CHAINS chains of RULES rules each (0: 5 to 50), one for each of as many addresses.  With `jumps`
some of their rules jump or go to later chains or only count, with `hours` one of each chain asks
the clock, with `ip6` a third is about IPv6.  The same for the same words.
"""

import random
import sys


def network_test(rng, ip6):
    tests = []
    if ip6 and rng.random() < 0.3:
        if rng.random() < 0.7:
            tests.append("ip6 saddr 2001:db8:%x::/48" % rng.randrange(64))
        if rng.random() < 0.7:
            tests.append("ip6 daddr 2001:db8:%x:%x::/64" % (rng.randrange(8), rng.randrange(64)))
        return tests
    if rng.random() < 0.7:
        tests.append("ip saddr 10.%d.%d.%s" % (rng.randrange(4), rng.randrange(8),
                                               rng.choice(("7", "9", "0/24", "128/25"))))
    if rng.random() < 0.6:
        tests.append("ip daddr 172.16.%d.%d" % (rng.randrange(4), rng.randrange(8)))
    return tests


def tests_of(rng, ip6):
    tests = network_test(rng, ip6)
    kind = rng.randrange(10)
    if kind < 5:
        tests.append("tcp dport %d" % rng.choice((22, 53, 80, 443, 5432, 8080)))
    elif kind < 7:
        first = rng.randrange(1000)
        tests.append("udp dport %d-%d" % (first, first + rng.randrange(1000)))
    elif kind < 8 or not tests:
        tests.append("tcp dport { 22, 80, 443, 1000-2000 }")
    return " ".join(tests)


class Maker:
    def __init__(self, count, words):
        self.count = count
        self.words = words
        self.rng = random.Random("chains %d %s" % (count, " ".join(sorted(words))))
        self.depth = [1] * count

    def jump(self, number):
        """The verdict of a rule that goes to a later chain, or None: no chain may be so deep."""
        to = self.rng.randrange(number + 1, min(self.count, number + 200))
        if self.depth[number] > 10:
            return None
        self.depth[to] = max(self.depth[to], self.depth[number] + 1)
        return "%s c%d" % (self.rng.choice(("jump", "jump", "goto")), to)

    def rule(self, number, last):
        rng, tests = self.rng, tests_of(self.rng, "ip6" in self.words)
        counter = rng.choice(("", "counter "))
        if "jumps" in self.words and number + 1 < self.count and not rng.randrange(6):
            verdict = rng.choice((None, self.jump(number)))
            if not rng.randrange(5) and verdict and (last or verdict.startswith("jump")):
                tests = ""
            return " ".join((tests, "counter " + verdict if verdict else "counter"))
        return "%s %s%s" % (tests, counter, rng.choice(("drop", "drop", "accept", "return")))

    def chain(self, number, size):
        rules = [self.rule(number, i + 1 == size) for i in range(size)]
        if "hours" in self.words:
            rules[size // 2] = 'meta hour "06:00"-"18:00" ' + rules[size // 2]
        return rules


def main():
    count, size = int(sys.argv[1]), int(sys.argv[2])
    maker = Maker(count, sys.argv[3:])
    chains = [maker.chain(i, size or maker.rng.randrange(5, 51)) for i in range(count)]
    print("table netdev t {")
    for number in reversed(range(count)):
        print("\tchain c%d {\n\t\t%s\n\t}" % (number, "\n\t\t".join(chains[number])))
    print("\tchain in {")
    print('\t\ttype filter hook ingress device "eth0" priority 0; policy accept;')
    for number in range(count):
        print("\t\tip saddr 10.%d.%d.%d jump c%d" % (number >> 7, number >> 4 & 7, 7 + number % 16,
                                                  number))
    print("\t\tip saddr 10.0.0.0/8 tcp dport 22 counter drop\n\t}\n}")


main()
