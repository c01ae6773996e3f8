#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_trace: packets for a list of filters.

In: `make_trace.py FILTERS COUNT [--seed N] [--mixed]`.  Out, a line for each packet: SADDR DADDR
SPORT DPORT PROTO TCPFLAGS FILTER.  Without --mixed: a filter drawn uniformly, and a uniform point
inside it.  With --mixed, which is harsher: fields of different filters, ends of their ranges and
the numbers beside them, and addresses at random; FILTER is -1.
"""
import argparse
import random
import sys

import filters as fl

BASE_FLAGS = (0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14)


def any_proto(rng, family):
    return rng.choices((6, 17, fl.icmp_of(family), 47, 50), (60, 30, 6, 2, 2))[0]


def inside(rng, one):
    hosts = [1 << (one.bits - one.saddr[1]), 1 << (one.bits - one.daddr[1])]
    proto = any_proto(rng, one.family) if one.proto is None else one.proto
    sport, dport = rng.randint(*one.sport), rng.randint(*one.dport)
    if one.icmp_mask:
        sport = rng.getrandbits(16) & ~one.icmp_mask | one.icmp
    flags = rng.choice(BASE_FLAGS) & ~one.flags_mask | one.flags if proto == fl.TCP else 0
    return [one.saddr[0] + rng.randrange(hosts[0]), one.daddr[0] + rng.randrange(hosts[1]),
            sport, dport, proto, flags]


def near(rng, low, high, most):
    return max(0, min(most, rng.choice((low - 1, low, high, high + 1, rng.randint(low, high)))))


def near_address(rng, one, prefix):
    number, length = prefix
    full = (1 << one.bits) - 1
    if rng.random() < .1:
        return rng.getrandbits(one.bits)
    return near(rng, number, number | full >> length, full)


def mixed(rng, filters):
    one = rng.choice(filters)
    other = lambda: one if rng.random() < .5 else rng.choice(filters)
    proto = other().proto if rng.random() < .9 else None
    proto = any_proto(rng, one.family) if proto is None else proto
    ports = other()
    return [near_address(rng, one, other().saddr), near_address(rng, one, other().daddr),
            near(rng, *ports.sport, 65535), near(rng, *other().dport, 65535), proto,
            rng.choice(BASE_FLAGS + (one.flags,)) if proto == fl.TCP else 0]


def trace(filters, count, seed, is_mixed):
    rng = random.Random(seed)
    by_family = {family: [one for one in filters if one.family == family] for family in (4, 6)}
    for _ in range(count):
        number = rng.randrange(len(filters))
        one = filters[number]
        packet = mixed(rng, by_family[one.family]) if is_mixed else inside(rng, one)
        yield "%s\t%s\t%d\t%d\t%d\t0x%02x\t%d\n" % (
            fl.address(one.family, packet[0]), fl.address(one.family, packet[1]), *packet[2:],
            -1 if is_mixed else number)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("filters")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mixed", action="store_true")
    given = parser.parse_args()
    sys.stdout.writelines(trace(fl.read(given.filters), given.count, given.seed, given.mixed))


if __name__ == "__main__":
    main()
