#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares how xdpfw lists rules with how Debian's nft lists them.

In: what `rules_run --normal` prints.  Each run of rules with the same table lines goes into one
chain in a network namespace; when nft refuses the lot, each rule is tried alone.  Rules that only
nft 1.1 takes are given to the program that XDPFW_NFT_NEWER names; without it they are skipped.
Where nft 1.0.6 takes a rule but lists it in words that no nft reads ("frag unknown & 0x6"), or ends
in an assertion while it lists, there is nothing to compare with: skipped too.  Where nft makes
something else of its own line than of the rule, and the rule of ours, ours is right.
Out: a line for each difference, then "N passed, N failed, N skipped".
"""
import os
import re
import subprocess
import sys

MOST_UNLISTED = 80
HEAD = 'chain c {\n\t\ttype filter hook ingress device "lo" priority 0; policy accept;\n'


def nft_list(nft, prelude, rules):
    """The rules as nft lists them, or its messages as a string."""
    family = "inet" if "family inet" in prelude else "netdev"
    lines = [line for line in prelude if not line.startswith("family ")]
    text = "table %s t {\n\t%s\n\t%s" % (family, "\n\t".join(lines), HEAD)
    text += "".join("\t\t%s\n" % rule for rule in rules) + "\t}\n}\n"
    command = "%s -f - && %s -a list chain %s t c" % (nft, nft, family)
    done = subprocess.run(["unshare", "-n", "sh", "-c", command], input=text,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr
    listed = re.findall(r"^\t\t(?!type filter)(.*?) # handle \d+$", done.stdout, re.M | re.S)
    return [" ".join(rule.split()) for rule in listed]


def nft_program(nft, prelude, rule):
    """What nft tells the kernel to do; None: it refuses the rule."""
    family = "inet" if "family inet" in prelude else "netdev"
    lines = [line for line in prelude if not line.startswith("family ")]
    text = "table %s t {\n\t%s\n\t%s\t\t%s\n\t}\n}\n" % (family, "\n\t".join(lines), HEAD, rule)
    done = subprocess.run(["unshare", "-n", nft, "--debug=netlink", "-c", "-f", "-"], input=text,
                          capture_output=True, text=True, check=False)
    return None if done.returncode else done.stdout


def is_lossy(nft, prelude, rule, theirs, ours):
    """nft's line is another rule, ours is this one."""
    program = nft_program(nft, prelude, rule)
    return program != nft_program(nft, prelude, theirs) and \
        program == nft_program(nft, prelude, ours)


ETHER_TYPES = {"ip": 0x0800, "arp": 0x0806, "ip6": 0x86DD, "8021q": 0x8100, "8021ad": 0x88A8}


def plain_number(word):
    if word.group() in ETHER_TYPES:
        return str(ETHER_TYPES[word.group()])
    return str(int(word.group(), 0))


def comparable(rule):
    """nft lists combinations of flags in a set in the order of the kernel's hash, which differs
    from one load to the next: their order is left out.  Fields of vxlan and geneve have lost their
    type when nft 1.1 lists them, and are numbers, of one base here and of the other there."""
    if re.search(r"\b(vxlan|geneve) (flags|vni|type)\b", rule):
        rule = re.sub(r"\b(0x[0-9a-f]+|8021ad|8021q|ip6|ip|arp)\b", plain_number, rule)
    if " | " in rule:
        rule = re.sub(r"\{ (.*?) \}", lambda braces: "{ %s }" % ", ".join(
            sorted(braces.group(1).split(", "))), rule)
    return " ".join(rule.split())


def read(path):
    """[(table lines, kind, [(rule, our listing)])]"""
    groups, prelude, last = [], [], None
    for line in open(path, encoding="utf-8"):
        kind, *columns = line.rstrip("\n").split("\t")
        if kind == "P":
            prelude = prelude + columns if columns != [""] else []
            last = None
            continue
        if kind != last:
            groups.append((prelude, kind, []))
            last = kind
        groups[-1][2].append((columns[0], "\t".join(columns[1:])))
    return groups


def is_unlistable(listing):
    return " unknown " in listing or "[invalid type]" in listing or (
        "icmpv6 parameter-problem " in listing) or (
        re.search("(payload_expr_pctx_update|payload_match_expand): Assertion",
                  listing) is not None)


def compare(nft, prelude, rules):
    """How many failed, how many nft cannot list."""
    failed = unlisted = 0
    lists = nft_list(nft, prelude, [rule for rule, _ in rules])
    if len(lists) != len(rules) or isinstance(lists, str):
        lists = [nft_list(nft, prelude, [rule]) for rule, _ in rules]
        lists = [one[0] if isinstance(one, list) and len(one) == 1 else "refused: %s" % one
                 for one in lists]
    for (rule, ours), theirs in zip(rules, lists):
        if is_unlistable(theirs):
            unlisted += 1
        elif comparable(ours) != comparable(theirs) and \
                not is_lossy(nft, prelude, rule, theirs, ours):
            failed += 1
            print("FAIL %s\n  nft:   %s\n  xdpfw: %s" % (rule, theirs.strip(), ours))
    return failed, unlisted


def main(path):
    passed = failed = skipped = unlisted = 0
    for prelude, kind, rules in read(path):
        nft = os.environ.get("XDPFW_NFT_NEWER") if kind == "N" else "nft"
        if not nft:
            skipped += len(rules)
            continue
        bad, unknown = compare(nft, prelude, rules)
        failed += bad
        unlisted += unknown
        passed += len(rules) - bad - unknown
    if skipped:
        print("SKIP %d rules need nft 1.1, named by XDPFW_NFT_NEWER" % skipped)
    if unlisted:
        print("SKIP %d rules nft lists in words that it does not read, or not at all" % unlisted)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped + unlisted))
    return failed != 0 or unlisted > MOST_UNLISTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
