#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_filters: lists of filters of the shapes that rulesets have, and of shapes that hurt.

In: `make_filters.py SHAPE COUNT [--family 6] [--seed N]`.  Out: filters as filters.py reads them.
Nothing is taken from anybody's filters; what a shape says (how long prefixes are, how often one
comes again, which ports are asked for) is written here.  The same words make the same filters.

	acl	from clients to servers: both addresses, source ports open, one destination port
	fw	one address mostly open, both ports, protocols mixed
	ipc	both addresses with nested networks, many values and ranges of both ports

What multiplies in tables made of products:

	nested	every pair of two chains of nested prefixes, in a random order
	ranges	overlapping ranges of both ports, few networks
	grid	nested prefixes on both sides, and overlapping ranges of both ports
"""
import argparse
import itertools
import random
import sys

import filters as fl

HIGH_PORTS = (1024, 65535)

# Lengths of prefixes with their weights; 0 is any.  `pool`: distinct addresses for each filter;
# `skew`: 0 takes all of them equally often, higher ones prefer the first.
SHAPES = {
    "acl": {
        "lengths": (((32, 32), 75), ((32, 24), 4), ((32, 22), 5), ((23, 32), 5), ((23, 24), 1),
                    ((23, 16), 1), ((31, 32), 2), ((30, 32), 1), ((30, 22), 1), ((32, 31), 1)),
        "pools": (.64, .09), "skews": (.5, 1.5), "sports": (0, 0), "dports": (108, .3),
        "protos": ((6, 870), (None, 85), (1, 33), (17, 12)),
        "flags": (((0, 0), 80), ((0, 2), 10), ((0x10, 0x10), 10)),
    },
    "fw": {
        "lengths": (((0, 32), 57), ((32, 0), 15), ((32, 32), 7), ((0, 0), 1), ((30, 0), 2),
                    ((27, 0), 2), ((23, 0), 1), ((21, 0), 1), ((32, 30), 1), ((28, 32), 3),
                    ((32, 28), 1), ((0, 21), 2), ((0, 28), 2), ((30, 32), 1), ((28, 28), 1)),
        "pools": (.7, .8), "skews": (.2, .2), "sports": (12, .77), "dports": (42, .31),
        "protos": ((6, 570), (17, 325), (47, 54), (1, 38), (None, 10)),
        "flags": (((2, 0x12), 90), ((0, 0), 7), ((0x10, 0x10), 3)),
    },
    "ipc": {
        "lengths": (((32, 32), 40), ((24, 32), 10), ((32, 24), 10), ((16, 24), 6), ((24, 16), 5),
                    ((24, 24), 8), ((8, 16), 3), ((16, 8), 3), ((20, 28), 4), ((28, 20), 4),
                    ((0, 32), 4), ((32, 0), 3)),
        "pools": (.3, .3), "skews": (.8, .8), "sports": (90, .5), "dports": (160, .3),
        "protos": ((6, 600), (17, 290), (1, 60), (None, 50)),
        "flags": (((0, 0), 97), ((2, 0x12), 3)),
    },
}


class Pool:
    """Addresses that lie in clumps, as networks that somebody was given do."""

    def __init__(self, rng, size, skew):
        self.rng, self.skew = rng, skew
        tops = [rng.getrandbits(16) for _ in range(max(2, int(size ** .55)))]
        self.addresses = [self.one(tops) for _ in range(max(2, size))]

    def one(self, tops):
        top = tops[int(len(tops) * self.rng.random() ** 2)]
        return top << 16 | self.rng.choice((0, 1, 2, 17, 64, self.rng.getrandbits(8))) << 8 | \
            self.rng.getrandbits(8)

    def pick(self, length):
        place = int(len(self.addresses) * self.rng.random() ** (1 + self.skew))
        number = self.addresses[place]
        return number >> (32 - length) << (32 - length) if length else 0, length


class Ports:
    """Values and ranges; the first come most often.  OPEN: how often all ports are meant."""

    def __init__(self, rng, count, is_open, ranges):
        self.rng, self.is_open = rng, is_open
        known = (80, 443, 22, 53, 25, 21, 23, 123, 110, 1521)
        self.all = [(port, port) for port in known[:count]]
        while len(self.all) < count:
            low = rng.choice((rng.randrange(1024), rng.randrange(1024, 65000)))
            wide = rng.choice((1, 9, 99, 999)) if rng.random() < ranges else 0
            self.all.append((low, min(low + wide, 65535)))
        if count:
            self.all.insert(1, HIGH_PORTS)

    def pick(self):
        if not self.all or self.rng.random() < self.is_open:
            return fl.ALL_PORTS
        return self.all[int(len(self.all) * self.rng.random() ** 2.2)]


def weighted(rng, table):
    return rng.choices([value for value, _ in table], [weight for _, weight in table])[0]


def shaped(rng, shape, count):
    """COUNT different filters, those with long prefixes rather in front."""
    say = SHAPES[shape]
    pools = [Pool(rng, int(count * share), skew) for share, skew in zip(say["pools"],
                                                                       say["skews"])]
    sports, dports = (Ports(rng, *say[name], .35 if shape == "ipc" else .1)
                      for name in ("sports", "dports"))
    found = {}
    for _ in range(100 * count):
        if len(found) == count:
            break
        lengths = weighted(rng, say["lengths"])
        one = fl.Filter(4, pools[0].pick(lengths[0]), pools[1].pick(lengths[1]),
                        proto=weighted(rng, say["protos"]))
        if one.proto in (6, 17):
            one.sport, one.dport = sports.pick(), dports.pick()
        if one.proto == 6 and one.dport != fl.ALL_PORTS:
            one.flags, one.flags_mask = weighted(rng, say["flags"])
        if one.proto == 1 and rng.random() < .7:
            one.icmp, one.icmp_mask = rng.choice(((0x0800, 0xff00), (0, 0xff00), (0x0b00, 0xff00),
                                                  (0x0303, 0xffff)))
        found.setdefault(one.key(), one)
    if len(found) < count:
        sys.exit("make_filters: there are not %d different ones of shape %s" % (count, shape))
    return sorted(found.values(), key=lambda one: -one.saddr[1] - one.daddr[1] -
                  20 * rng.random())


def random_range(rng):
    low, high = sorted((rng.randrange(65536), rng.randrange(65536)))
    return low, high


def cut(number, length):
    return number >> (32 - length) << (32 - length) if length else 0, length


def nested(rng, count):
    chains = [(rng.getrandbits(32), rng.getrandbits(32)) for _ in range(count // 1000 + 1)]
    pairs = [(cut(saddr, one), cut(daddr, other)) for saddr, daddr in chains
             for one, other in itertools.product(range(33), repeat=2)]
    pairs = sorted(set(pairs))
    rng.shuffle(pairs)
    return [fl.Filter(4, *pair) for pair in pairs[:count]]


def ranges(rng, count):
    networks = [cut(rng.getrandbits(32), 16) for _ in range(8)]
    return [fl.Filter(4, (0, 0), rng.choice(networks), random_range(rng), random_range(rng),
                      rng.choice((6, 17))) for _ in range(count)]


def grid(rng, count):
    chains = [rng.getrandbits(32) for _ in range(16)]
    return [fl.Filter(4, cut(rng.choice(chains), rng.randrange(4, 33)),
                      cut(rng.choice(chains), rng.randrange(4, 33)), random_range(rng),
                      random_range(rng), rng.choice((6, 17, 17))) for _ in range(count)]


def mixed_bits(number):
    """64 bits that only depend on NUMBER."""
    number = (number ^ number >> 16) * 0x9e3779b97f4a7c15 & (1 << 64) - 1
    return (number ^ number >> 29) * 0xbf58476d1ce4e5b9 & (1 << 64) - 1


def to_ip6(prefix):
    """Nested and equal prefixes stay so: /8 becomes /24, /16 /40, /24 /56, /30 /62, /32 /128."""
    number, length = prefix
    if not length:
        return 0, 0
    wide, bits = 0x20, 8
    for octet in range(3):
        wide = wide << 16 | (number >> (24 - 8 * octet) & 0xff) << 8 | \
            mixed_bits(number >> (24 - 8 * octet)) & 0xff
    wide = (wide << 8 | number & 0xff) << 64 | mixed_bits(number)
    bits = 128 if length == 32 else 8 + length // 8 * 16 + length % 8
    return wide >> (128 - bits) << (128 - bits), bits


def twin(one):
    """The same filter in IPv6."""
    types = {8: 128, 0: 129, 11: 3, 3: 1}
    one.family = 6
    one.saddr, one.daddr = to_ip6(one.saddr), to_ip6(one.daddr)
    if one.proto == 1:
        one.proto = 58
        one.icmp = types[one.icmp >> 8] << 8 | one.icmp & 0xff if one.icmp_mask else 0
    return one


def make(shape, count, seed=1, family=4):
    rng = random.Random("%s %d %d" % (shape, count, seed))
    hard = {"nested": nested, "ranges": ranges, "grid": grid}
    found = hard[shape](rng, count) if shape in hard else shaped(rng, shape, count)
    return [twin(one) for one in found] if family == 6 else found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shape", choices=("acl", "fw", "ipc", "nested", "ranges", "grid"))
    parser.add_argument("count", type=int)
    parser.add_argument("--family", type=int, choices=(4, 6), default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for one in make(given.shape, given.count, given.seed, given.family):
        print(one.text())


if __name__ == "__main__":
    main()
