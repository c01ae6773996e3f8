#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares how xdpfw lists rules with how Debian's nft lists them.

In: what `rules_run --normal` prints.  Each run of rules with the same table lines goes into one
chain in a network namespace; when nft refuses the lot, each rule is tried alone.
Out: a line for each difference, then "N passed, N failed, N skipped".
"""
import re
import subprocess
import sys

HEAD = 'chain c {\n\t\ttype filter hook ingress device "lo" priority 0; policy accept;\n'


def nft_list(prelude, rules):
    """The rules as nft lists them, or its messages as a string."""
    text = "table netdev t {\n\t%s\n\t%s" % ("\n\t".join(prelude), HEAD)
    text += "".join("\t\t%s\n" % rule for rule in rules) + "\t}\n}\n"
    command = "nft -f - && nft -a list chain netdev t c"
    done = subprocess.run(["unshare", "-n", "sh", "-c", command], input=text,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr
    listed = re.findall(r"^\t\t(?!type filter)(.*?) # handle \d+$", done.stdout, re.M | re.S)
    return [" ".join(rule.split()) for rule in listed]


def comparable(rule):
    """nft lists combinations of flags in a set in the order of the kernel's hash, which differs
    from one load to the next: their order is left out."""
    if " | " in rule:
        rule = re.sub(r"\{ (.*?) \}", lambda braces: "{ %s }" % ", ".join(
            sorted(braces.group(1).split(", "))), rule)
    return " ".join(rule.split())


def main(path):
    groups, prelude = [], []
    for line in open(path, encoding="utf-8"):
        kind, *columns = line.rstrip("\n").split("\t")
        if kind == "P":
            prelude = prelude + columns if columns != [""] else []
            groups.append((prelude, []))
        else:
            if not groups:
                groups.append((prelude, []))
            groups[-1][1].append((columns[0], "\t".join(columns[1:])))
    passed = failed = 0
    for prelude, rules in groups:
        lists = nft_list(prelude, [rule for rule, _ in rules]) if rules else []
        if len(lists) != len(rules) or isinstance(lists, str):
            lists = [nft_list(prelude, [rule]) for rule, _ in rules]
            lists = [one[0] if isinstance(one, list) and len(one) == 1 else "refused: %s" % one
                     for one in lists]
        for (rule, ours), theirs in zip(rules, lists):
            if comparable(ours) == comparable(theirs):
                passed += 1
            else:
                failed += 1
                print("FAIL %s\n  nft:   %s\n  xdpfw: %s" % (rule, theirs.strip(), ours))
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
