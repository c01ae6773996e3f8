#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_large: writes large rulesets of different shapes into a folder, the same ones each time.

rules.nft	2,000 rules in one base chain: addresses, networks, ports, flags, both families
chains.nft	2,000 rules in 250 chains, which a verdict map and jumps reach
sets.nft	50,000 elements in each of: addresses, IPv4 networks, IPv6 networks, MAC addresses
maps.nft	verdict maps of 50,000 networks and of all ports
boxes.nft	10,000 concatenations of 5 parts with intervals, and verdict maps of others
keys.nft	concatenations of single values: 20,000 in one number, 5,000 that are longer, with verdicts
counts.nft	5,000 elements that count, 5,000 named counters in a map
"""

import os
import random
import sys

HEAD = 'type filter hook ingress device "lo" priority filter; policy %s;'


def ip4(rng):
    return "%d.%d.%d.%d" % tuple(rng.randrange(1, 255) for _ in range(4))


def net4(rng):
    length = rng.choice((8, 16, 20, 24, 32))
    return "%s/%d" % (ip4(rng), length)


def net6(rng):
    return "2001:%x:%x::/%d" % (rng.randrange(65536), rng.randrange(65536), rng.choice((40, 48)))


def ports(rng):
    low = rng.randrange(65000)
    return "%d-%d" % (low, low + rng.randrange(1, 500))


def rule(rng):
    match = rng.choice((
        lambda: "ip saddr %s tcp dport %s" % (net4(rng), ports(rng)),
        lambda: "ip saddr %s ip daddr %s" % (net4(rng), net4(rng)),
        lambda: "ip6 saddr %s udp dport %d" % (net6(rng), rng.randrange(65536)),
        lambda: "ip6 daddr %s meta l4proto { tcp, udp } th dport %s" % (net6(rng), ports(rng)),
        lambda: "tcp dport { %s } tcp flags syn / syn,ack" % ", ".join(
            str(port) for port in rng.sample(range(65536), rng.randrange(2, 30))),
        lambda: "udp sport != %s ip ttl < %d" % (ports(rng), rng.randrange(2, 255)),
        lambda: "ip saddr { %s }" % ", ".join(ip4(rng) for _ in range(rng.randrange(2, 6))),
        lambda: "vlan id %d ip saddr %s" % (rng.randrange(4096), net4(rng)),
        lambda: "meta length > %d icmp type echo-request" % rng.randrange(1500),
    ))()
    return "%s %s%s" % (match, rng.choice(("", "counter ")), rng.choice(("accept", "drop")))


def table(*parts):
    return "table netdev t {\n%s}\n" % "\n".join(parts)


def chain(name, rules, head=None):
    lines = ["\tchain %s {" % name] + (["\t\t" + head] if head else [])
    return "\n".join(lines + ["\t\t" + text for text in rules] + ["\t}", ""])


def named_set(name, kind, elements, flags=""):
    return "\tset %s {\n\t\ttype %s\n%s\t\telements = { %s }\n\t}\n" % (
        name, kind, flags, ", ".join(elements))


def make_rules(rng):
    return table(chain("c", [rule(rng) for _ in range(2000)], HEAD % "drop"))


def make_chains(rng):
    names = ["c%d" % number for number in range(250)]
    chains = []
    for number, name in enumerate(names):
        rules = [rule(rng) for _ in range(8)]
        if number % 5:
            rules.insert(rng.randrange(8), "ip protocol tcp jump %s" % names[number - 1])
        chains.append(chain(name, rules))
    verdicts = ", ".join("%d : jump %s" % (port, name)
                         for port, name in zip(rng.sample(range(65536), 250), names))
    first = chain("first", ["udp dport vmap { %s }" % verdicts, "jump c249"], HEAD % "accept")
    return table(*chains, first)


def make_sets(rng):
    merge = "\t\tflags interval\n\t\tauto-merge\n"
    return table(
        named_set("hosts", "ipv4_addr", sorted({ip4(rng) for _ in range(50000)})),
        named_set("nets", "ipv4_addr", [net4(rng).replace("/8", "/28") for _ in range(50000)],
                  merge),
        named_set("nets6", "ipv6_addr", [net6(rng) for _ in range(50000)], merge),
        named_set("cards", "ether_addr", sorted({"02:00:%02x:%02x:%02x:%02x" % tuple(
            rng.randrange(256) for _ in range(4)) for _ in range(50000)})),
        chain("c", ["ip saddr @hosts counter drop", "ip saddr @nets counter drop",
                    "ip6 saddr != @nets6 counter accept", "ether saddr @cards counter drop"],
              HEAD % "accept"))


def make_maps(rng):
    verdicts = ("accept", "drop", "jump a", "goto b", "continue", "return")
    nets = sorted({rng.randrange(1 << 24) for _ in range(50000)})
    by_net = ", ".join("%d.%d.%d.0/24 : %s" % (net >> 16, net >> 8 & 255, net & 255,
                                               rng.choice(verdicts)) for net in nets)
    by_port = ", ".join("%d : %s" % (port, rng.choice(verdicts)) for port in range(0, 65536, 2))
    return table(
        "\tmap nets {\n\t\ttype ipv4_addr : verdict\n\t\tflags interval\n"
        "\t\telements = { %s }\n\t}\n" % by_net,
        chain("a", ["tcp dport 80 counter accept", "counter"]),
        chain("b", ["udp dport 53 counter drop"]),
        chain("c", ["ip saddr vmap @nets", "counter", "th dport vmap { %s }" % by_port, "counter"],
              HEAD % "drop"))


def box(rng, number):
    return "10.%d.%d.0/24 . %s . %s . %s . %d" % (
        number >> 8 & 255, number & 255, net4(rng), ports(rng), ports(rng), rng.randrange(256))


def make_boxes(rng):
    verdicts = ", ".join("10.%d.%d.0/24 . %s : %s" % (
        number >> 8, number & 255, ports(rng), rng.choice(("accept", "drop", "continue")))
        for number in range(2000))
    return table(
        "\tset s {\n\t\ttypeof ip saddr . ip daddr . th sport . th dport . ip ttl\n"
        "\t\tflags interval\n\t\telements = { %s }\n\t}\n" % ", ".join(
            box(rng, number) for number in range(10000)),
        "\tmap m {\n\t\ttype ipv4_addr . inet_service : verdict\n\t\tflags interval\n"
        "\t\telements = { %s }\n\t}\n" % verdicts,
        chain("c", ["ip saddr . ip daddr . th sport . th dport . ip ttl @s counter",
                    "ip saddr . th dport vmap @m", "counter"], HEAD % "accept"))


def ip6(rng):
    return "2001:db8::%x" % rng.randrange(65536)


def make_keys(rng):
    long_keys = sorted({"%s . %s . %d" % (ip6(rng), ip6(rng), rng.randrange(65536))
                        for _ in range(5000)})
    return table(
        named_set("short", "ipv4_addr . inet_service",
                  sorted({"%s . %d" % (ip4(rng), rng.randrange(65536)) for _ in range(20000)})),
        named_set("long", "ipv6_addr . ipv6_addr . inet_service", long_keys),
        "\tmap m {\n\t\ttype ipv6_addr . ipv6_addr . inet_service : verdict\n"
        "\t\telements = { %s, * : drop }\n\t}\n" % ", ".join(
            "%s : %s" % (key, rng.choice(("accept", "continue", "jump a"))) for key in long_keys),
        chain("a", ["counter"]),
        chain("c", ["ip saddr . th dport @short counter", "ip6 saddr . ip6 daddr . th dport @long "
                    "counter", "ip6 saddr . ip6 daddr . th dport vmap @m", "counter"],
              HEAD % "accept"))


def make_counts(rng):
    ports_of = rng.sample(range(65536), 5000)
    counters = "\n".join("\tcounter n%d {\n\t}" % number for number in range(500))
    return table(
        counters,
        "\tset s {\n\t\ttype inet_service\n\t\tcounter\n\t\telements = { %s }\n\t}\n" % ", ".join(
            str(port) for port in ports_of),
        "\tmap m {\n\t\ttype inet_service : counter\n\t\telements = { %s }\n\t}\n" % ", ".join(
            '%d : "n%d"' % (port, number % 500) for number, port in enumerate(ports_of)),
        chain("c", ["tcp dport @s counter", "counter name tcp sport map @m", "counter"],
              HEAD % "accept"))


def main():
    shapes = (make_rules, make_chains, make_sets, make_maps, make_boxes, make_keys, make_counts)
    for number, make in enumerate(shapes):
        name = make.__name__.replace("make_", "") + ".nft"
        with open(os.path.join(sys.argv[1], name), "w", encoding="ascii") as file:
            file.write(make(random.Random(number)))


main()
