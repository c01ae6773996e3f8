#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_hosts: a ruleset whose sets of addresses need each form of their tables, named and not."""

import random


def addresses(count):
    values = random.sample(range(1 << 32), count)
    return ", ".join(".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))
                     for value in sorted(values))


random.seed(5)
print("table netdev hosts {")
for name, count in ("few", 30), ("some", 5000), ("many", 350000):
    print(f"\tset {name} {{\n\t\ttype ipv4_addr\n\t\telements = {{ {addresses(count)} }}\n\t}}")
print("\tchain in {\n\t\ttype filter hook ingress device \"eth9\" priority 0; policy accept;")
for name in "few", "some", "many":
    print(f"\t\tip saddr @{name} counter drop")
print("\t\tip daddr @some ip saddr != @few counter")
print(f"\t\tip daddr {{ {addresses(400)} }} counter drop")
print("\t}\n}")
