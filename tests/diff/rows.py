#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""rows: every row of the field table before nft and xdpfw, with all its operators and constants.

	rows.py [--interp] [--packets N] [--seed S] RULES [WORD ...]

RULES is what `field_list rules` prints: a line `RULE;ok;?` or, when only nft 1.1 has it,
`RULE;ok-1.1;?`; `%family inet` says where the lines down to the next `%` go.  The rules come into
rulesets of some dozens, with a counter behind each and no verdict, so that every packet goes
through all of them: N packets a rule, aimed at what the kernel compares (bytecode.py).  Verdicts
of maps are `continue`.  WORDs choose rules.

A rule for a random number whose outcome could be either is held to what both accept and list.
Rules that make nft abort are skipped.

Output: FAIL lines; the rules that all packets matched, or none; "N passed, N failed, N skipped".
A rule that nft refuses, or that xdpfw refuses, has failed.
"""

import argparse
import random
import re
import sys

import aimed
import our_judge
from bytecode import depends_on_facts
from compare import Comparison
from frame import DEVICES
from nft_judge import nft_version

TOGETHER = 30
HEAD = 'type filter hook ingress devices = { xf0, xf1 } priority 0; policy accept;'
NEEDS = {"ok": (0, 0), "ok-1.1": (1, 1)}


class Row:
    def __init__(self, rule, family, least):
        rule = re.sub(r" (accept|drop)$", "", rule)
        self.rule = re.sub(r" : (accept|drop)", " : continue", rule)
        self.family, self.least = family, least
        self.matched, self.asked = 0, 0


def read_rows(path, words):
    rows, family = [], "netdev"
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("%"):
                family = line[len("%family "):] or "netdev"
            elif line and not words or any(word in line for word in words):
                rule, result = line.split(";")[:2]
                rows.append(Row(rule, family, NEEDS[result]))
    return rows


def ruleset(rows):
    """(text, the row of each line or None)."""
    lines = [("table %s t {" % rows[0].family, None), ("\tchain c {", None), ("\t\t" + HEAD, None)]
    lines += [("\t\t%s counter" % row.rule, row) for row in rows]
    lines += [("\t}", None), ("}", None)]
    return "".join(line + "\n" for line, _ in lines), [row for _, row in lines]


class Run:
    def __init__(self, arguments):
        self.arguments = arguments
        self.comparison = Comparison(DEVICES)
        self.failed = set()
        self.facts = set()
        self.aborting = set()    # rules over which nft aborts

    def fail(self, row, text):
        if row not in self.failed:
            self.failed.add(row)
            print("FAIL %s: %s" % (row.rule, text))
            sys.stdout.flush()

    def sift(self, rows, errors_of, who):
        """Takes out what WHO refuses."""
        while rows:
            text, places = ruleset(rows)
            errors = errors_of(text)
            if not errors:
                break
            row = places[errors[0][0] - 1] if errors[0][0] else None
            if row:
                self.fail(row, "%s refuses it: %s" % (who, errors[0][1]))
                rows = [one for one in rows if one is not row]
            else:    # nft aborts: over which?
                bad = [one for one in rows if errors_of(ruleset([one])[0])]
                if who == "nft":
                    self.aborting |= set(bad or rows)
                else:
                    for one in bad or rows:
                        self.fail(one, "%s refuses it: %s" % (who, errors[0][1]))
                rows = [one for one in rows if one not in bad] if bad else []
        return rows

    def judge(self, rows):
        comparison = self.comparison
        rows = self.sift(rows, comparison.nft.load, "nft")
        rows = self.sift(rows, lambda text: our_judge.judge(text, DEVICES, [], True).errors,
                         "xdpfw")
        if not rows:
            return
        text = ruleset(rows)[0]
        comparison.nft.load(text)
        aims = comparison.nft.aims()
        self.facts |= {row for row, aim in zip(rows, aims) if depends_on_facts([aim], any)}
        rng = random.Random("%s/%s" % (self.arguments.seed, rows[0].rule))
        packets = aimed.packets(rng, aims, self.arguments.packets * len(rows),
                                ("xf0", "xf0", "xf1"))
        if any("meta random" in row.rule for row in rows):
            packets = []
        found, _ = comparison.run(packets, text=text, interp_only=self.arguments.interp)
        for place, figures in comparison.judgement.counters.items():
            rows[place[2]].matched = figures[0]
            rows[place[2]].asked = len(comparison.judged)
        if found and len(rows) > 1:
            half = len(rows) // 2
            before = len(self.failed)
            self.judge(rows[:half])
            self.judge(rows[half:])
            if len(self.failed) == before:
                self.fail(rows[0], "only beside others: %s" % found[0])
        elif found:
            self.fail(rows[0], "\n    ".join(map(str, found[:3])))


def batches(rows):
    """Neighbours of one family; beside each other they are of the same protocol, mostly."""
    batch = []
    for row in rows:
        if batch and (len(batch) == TOGETHER or row.family != batch[0].family or
                      ("meta random" in row.rule) != ("meta random" in batch[0].rule)):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--interp", action="store_true", help="build no program")
    parser.add_argument("--packets", type=int, default=30)
    parser.add_argument("--seed", default="1")
    parser.add_argument("rules")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    run = Run(arguments)
    rows = read_rows(arguments.rules, arguments.words)
    asked = [row for row in rows if row.least <= nft_version()]
    for batch in batches(asked):
        run.judge(batch)
    for row in asked:
        if row.asked and row.matched in (0, row.asked) and row not in run.facts | run.failed:
            print("ONE-SIDED %s: %d of %d packets" % (row.rule, row.matched, row.asked))
    skipped = len(rows) - len(asked)
    if skipped:
        print("SKIP %d rules: they need nft 1.1, and this is %d.%d" % ((skipped,) + nft_version()))
    if run.aborting:
        print("SKIP %d rules: nft aborts over them, %s for one" % (
            len(run.aborting), min(row.rule for row in run.aborting)))
    skipped += len(run.aborting)
    asked = [row for row in asked if row not in run.aborting]
    comparison = run.comparison
    print("nft %d.%d, %d packets before nft, %d not (D1, D2, D5), nft lists %d lines wrong" % (
        nft_version() + (comparison.asked, comparison.excluded,
                         comparison.listings.wrong)))
    print("%d passed, %d failed, %d skipped" % (len(asked) - len(run.failed), len(run.failed),
                                                skipped))
    return 1 if run.failed or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
