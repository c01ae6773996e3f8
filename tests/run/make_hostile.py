#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_hostile: writes rulesets that multiply in look-up tables, the same ones each time.

make_hostile COUNT FOLDER: each has about COUNT rules.

nested.nft	nested networks on both sides, the widest last
nested6.nft	the same in IPv6
ranges.nft	ranges of both ports, across each other
thin.nft	long and thin: half of the rules cross the other half
squares.nft	each rule lies around the one before
ports.nft	at least 500 rules with sets of ports on both sides, each its own
all.nft		networks on both sides, ranges of both ports, protocols, lengths, flags
steps.nft	rules without a verdict, jumps and returns between rules of all kinds
"""

import os
import random
import sys

HEAD = 'type filter hook ingress device "lo" priority filter; policy accept;'


def span(rng, top=65535):
    low, high = sorted((rng.randrange(top + 1), rng.randrange(top + 1)))
    return "%d-%d" % (low, high) if low < high else str(low)


def net4(rng, length):
    value = rng.getrandbits(32) & 0x1f1f1f1f
    value &= 0xffffffff << (32 - length) & 0xffffffff
    return ".".join(str(value >> at & 255) for at in (24, 16, 8, 0)) + "/%d" % length


def net6(rng, length):
    value = rng.getrandbits(128) & 0x30013003300030003000300030003
    value |= 0x2001 << 112
    value &= ((1 << 128) - 1) << (128 - length)
    return ":".join("%x" % (value >> at & 0xffff) for at in range(112, -16, -16)) + "/%d" % length


def sides(net, family, rng, first, second):
    return "%s saddr %s %s daddr %s" % (family, net(rng, first), family, net(rng, second))


def nested(rng, count, net, family, top):
    return [sides(net, family, rng, max(1, top - at * top // count), rng.randrange(1, top + 1))
            for at in range(count)]


def ranges(rng, count):
    return ["udp sport %s udp dport %s" % (span(rng), span(rng)) for _ in range(count)]


def thin(rng, count):
    rules = []
    for at in range(count):
        one, other = rng.choice((("sport", "dport"), ("dport", "sport")))
        low = at * 6 % 65000
        rules.append("tcp %s %d-%d tcp %s %d-%d" % (one, low, low + 7, other, at % 20000,
                                                   65535 - at % 20000))
    return rules


def squares(_rng, count):
    return ["udp sport %d-%d udp dport %d-%d" % (3 * at % 32000, 65535 - 3 * at % 32000,
                                                2 * at % 32000, 65535 - 2 * at % 32000)
            for at in range(count - 1, -1, -1)]


def ports(rng, count):
    def some():
        return "{ %s }" % ", ".join(map(str, sorted(rng.sample(range(65536), 40))))
    return ["ip saddr %s tcp sport %s tcp dport %s" % (net4(rng, rng.randrange(8, 25)), some(),
                                                      some())
            for _ in range(count)]


def everything(rng, count):
    return [sides(net4, "ip", rng, rng.randrange(4, 33), rng.randrange(4, 33)) + " " +
            rng.choice(("tcp", "udp")) + " sport %s " % span(rng) +
            "th dport %s " % span(rng) +
            rng.choice(("", "meta length %s" % span(rng, 1500), "ip ttl %s" % span(rng, 255)))
            for _ in range(count)]


def write(folder, name, rng, matches, steps=False):
    plain = ("drop", "counter drop", "accept")
    lines = []
    for match in matches:
        verdict = rng.choice(plain)
        if steps:
            verdict = rng.choice(plain + ("counter", "jump more", "counter jump more"))
        lines.append("\t\t%s %s" % (match, verdict))
    with open(os.path.join(folder, name + ".nft"), "w", encoding="ascii") as out:
        out.write("table netdev t {\n")
        if steps:
            half = len(lines) // 4
            out.write("\tchain more {\n%s\n\t}\n" % "\n".join(
                line.replace("jump more", "return").replace("accept", "return")
                for line in lines[:half]))
            lines = lines[half:]
        out.write("\tchain in {\n\t\t%s\n%s\n\t}\n}\n" % (HEAD, "\n".join(lines)))


def main():
    count, folder = int(sys.argv[1]), sys.argv[2]
    rng = random.Random(20)
    write(folder, "nested", rng, nested(rng, count, net4, "ip", 32))
    write(folder, "nested6", rng, nested(rng, count, net6, "ip6", 128))
    write(folder, "ranges", rng, ranges(rng, count))
    write(folder, "thin", rng, thin(rng, count))
    write(folder, "squares", rng, squares(rng, count))
    write(folder, "ports", rng, ports(rng, max(count // 10, 500)))
    write(folder, "all", rng, everything(rng, count))
    mixed = [one for group in (ranges(rng, count // 3), everything(rng, count // 3),
                               nested(rng, count // 3, net4, "ip", 32)) for one in group]
    rng.shuffle(mixed)
    write(folder, "steps", rng, mixed, True)


main()
