#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_caches.py: chains that ask the same two fields, few of many rules and then many of few.

Every packet comes through all of them.  So look-ups with many answers and with few have keys of the
same values in one flow cache, and nothing but the look-up's number tells them apart.
"""
import random

MANY, FEW = 8, 24


def rules(rng, count, verdicts, ether=False):
    for _ in range(count):
        if ether:
            yield "\t\tether saddr 02:00:00:00:00:%02x ether daddr 02:00:00:00:00:%02x counter" \
                " drop" % (rng.randrange(99), rng.randrange(99))
            continue
        yield "\t\tip saddr 10.0.%u.0/24 ip daddr 172.16.%u.0/24 counter %s" % (
            rng.randrange(8), rng.randrange(8), rng.choice(verdicts))


def main():
    rng = random.Random(5)
    print("table netdev caches {")
    for number in range(MANY + FEW):
        print("\tchain c%u {" % number)
        # The one in between has a look-up for all packets, the others one for IPv4 and one for
        # the rest: behind it their numbers are even ones.
        if number < MANY:
            print("\n".join(rules(rng, 62, ("return",))))
        else:
            print("\n".join(rules(rng, 14, ("return", "drop", "accept"), number == MANY)))
        print("\t}")
    print("\tchain in {\n\t\ttype filter hook ingress device \"lo\" priority 0; policy drop;")
    for number in range(MANY + FEW):
        print("\t\tjump c%u" % number)
    print("\t}\n}")


main()
