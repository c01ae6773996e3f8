#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes examples/blocklist.list: 9,000 IPv4 and 1,000 IPv6 prefixes from a fixed seed.

They come from 240.0.0.0/4 and 2001:db8::/32, which nobody has, with the mix of lengths that public
lists have (mostly single hosts and /24).  None lies inside another, as nft wants it.
Out: the file's text on standard output.
"""
import ipaddress
import random

SEED = 20261121


def draw(rng, network, lengths, count):
    """COUNT disjoint prefixes of NETWORK, sorted.  Short ones first: then a prefix lies inside
    another only when one of its own beginnings is taken."""
    taken, order = set(), sorted(rng.choices(*zip(*lengths), k=count))
    for length in order:
        host_bits = network.max_prefixlen - length
        while True:
            bits = rng.getrandbits(length - network.prefixlen)
            address = int(network.network_address) + (bits << host_bits)
            begins = {(address >> host_bits << host_bits >> network.max_prefixlen - shorter,
                       shorter) for shorter, _ in lengths if shorter <= length}
            if not begins & taken:
                break
        taken.add((address >> host_bits, length))
    return sorted(type(network)((begin << network.max_prefixlen - length, length))
                  for begin, length in taken)


def put(name, prefixes):
    line = "define %s = {" % name
    for number, prefix in enumerate(prefixes):
        text = str(prefix.network_address) if prefix.prefixlen == prefix.max_prefixlen \
            else str(prefix)
        text = " " + text + ("," if number < len(prefixes) - 1 else "")
        if len(line) + len(text) > 200:
            print(line)
            line = "\t"
        line += text.strip() if line == "\t" else text
    print(line + " }")


def main():
    rng = random.Random(SEED)
    print("# SPDX-License-Identifier: GPL-2.0-only")
    print("# Made by tests/examples/make_list.py: addresses that nobody has.")
    put("blocked4", draw(rng, ipaddress.IPv4Network("240.0.0.0/4"),
                         [(32, 55), (24, 30), (22, 6), (20, 4), (16, 1), (29, 4)], 9000))
    put("blocked6", draw(rng, ipaddress.IPv6Network("2001:db8::/32"),
                         [(128, 20), (64, 50), (56, 10), (48, 20)], 1000))


if __name__ == "__main__":
    main()
