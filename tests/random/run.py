#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""run: random rulesets and packets through the kernel's nft, our interpreter and our program.

	run.py --seed S --rulesets N --packets M [--only K] [--jobs J] [--interp] [--keep DIR]

Ruleset number K of seed S and its packets are always the same.  Rules that nft refuses are taken
out, after xdpfw was asked about each of them alone; what is left goes before all three judges,
which have to agree (tests/diff/compare.py says on what).

Output: for each ruleset that fails a FAIL line with its seed, and the case made smaller: rules are
left out, then packets, while it still fails in the same way.  With --keep the case is written to
DIR/S-K.nft and .packets too.  Then a summary, and "N passed, N failed, N skipped".
"""

import argparse
import multiprocessing
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "diff"), HERE]

import our_judge  # noqa: E402
import packet_file  # noqa: E402
import packets as packet_maker  # noqa: E402
from compare import Comparison, Difference  # noqa: E402
from frame import DEVICE_MAC  # noqa: E402
from rulesets import Generator  # noqa: E402

DEVICES = [("xf0", DEVICE_MAC), ("xf1", bytes.fromhex("020000000003"))]
SHRINK_SECONDS = 60
# What xdpfw refuses on purpose and nft accepts.  Behind a set of protocols nft takes the one named
# last for granted and asks for none: `meta protocol { ip6, ip } ip saddr X` reads IPv6 headers.
# Before a named set and behind a mask it reads other bits than those of `ip6 dscp`.
ON_PURPOSE = ("needs one protocol, but several are possible here", "'ip6 dscp' takes no ")
FIGURES = ("rules", "refused", "asked", "excluded")


class Result:
    def __init__(self, number):
        self.number = number
        self.differences = []
        self.case = ""
        self.rules = self.refused = self.asked = self.excluded = 0
        self.empty = False


class Worker:
    """One process has one: a Comparison owns its network namespace."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.comparison = Comparison(DEVICES)

    def generate(self, number):
        rng = random.Random("%s/%d" % (self.arguments.seed, number))
        ruleset = Generator(rng).make()
        return ruleset, packet_maker.packets(rng, ruleset, self.arguments.packets)

    def ask_xdpfw(self, ruleset, rule, message):
        """nft refuses this rule: does xdpfw?  The chains and sets of the ruleset stay."""
        text = ruleset.text({rule})
        if our_judge.judge(text, DEVICES, [], interp_only=True).errors:
            return None
        if not self.comparison.nft.load(text):
            return None    # it was wrong only beside others
        return Difference("refused", "only nft refuses: %s: %s" % (message, rule.text))

    @staticmethod
    def judge_refusal(rule, message):
        """xdpfw refuses what nft has accepted."""
        if any(text in message for text in ON_PURPOSE):
            return None
        return Difference("refused", "only xdpfw refuses: %s: %s" % (message, rule.text))

    def sift(self, ruleset, result):
        """Takes out what is refused.  Returns the rules that are left, None when none can be."""
        kept = set(ruleset.rules())
        while True:
            lines = ruleset.lines(kept)
            text = ruleset.text(kept)
            errors = self.comparison.nft.load(text)
            who = "nft"
            if not errors:
                errors = our_judge.judge(text, DEVICES, [], interp_only=True).errors
                who = "xdpfw"
            if not errors:
                return kept
            for line, message in errors:
                rule = lines[line - 1][1] if line else None
                if rule in kept:
                    kept.discard(rule)
                    result.refused += 1
                    found = self.judge_refusal(rule, message) if who == "xdpfw" else \
                        self.ask_xdpfw(ruleset, rule, message)
                    result.differences += [found] if found else []
                elif rule is None:
                    self.refused_frame(text, who, lines[line - 1][0] if line else "", message,
                                       result)
                    return None

    @staticmethod
    def refused_frame(text, who, line, message, result):
        """Not a rule but a set or a chain is refused: by both?"""
        if who == "xdpfw" or not our_judge.judge(text, DEVICES, [], interp_only=True).errors:
            result.differences.append(Difference("refused", "only %s refuses: %s: %s" % (
                who, message, line)))

    def differ(self, ruleset, packets, interp_only):
        return self.comparison.run(packets, text=ruleset.text(), interp_only=interp_only)[0]

    def run(self, number):
        result = Result(number)
        ruleset, packets = self.generate(number)
        kept = self.sift(ruleset, result)
        if kept is None:
            result.empty = True
            return result
        result.rules = len(kept)
        ruleset = ruleset.reduced(kept, ruleset.objects())
        before = self.comparison.asked, self.comparison.excluded
        found = self.differ(ruleset, packets, self.arguments.interp)
        result.asked = self.comparison.asked - before[0]
        result.excluded = self.comparison.excluded - before[1]
        if found:
            result.differences += found
            self.shrink(ruleset, packets, found, result)
        return result

    def shrink(self, ruleset, packets, found, result):
        kinds = {difference.kind for difference in found}
        against_nft = kinds & {"verdict", "counter", "tag"}
        # Without the program it is much faster, and what differs from nft needs no program.
        interp_only = self.arguments.interp or bool(against_nft)
        kind = min(against_nft or kinds)
        end = time.monotonic() + SHRINK_SECONDS

        def fails(rules, objects, some):
            return time.monotonic() < end and kind in {
                difference.kind for difference in self.differ(
                    ruleset.reduced(set(rules), objects), some, interp_only)}

        rules, objects = ruleset.rules(), ruleset.objects()
        for difference in found:
            if difference.kind == kind and difference.packet and \
                    fails(rules, objects, [difference.packet]):
                packets = [difference.packet]
                break
        packets = smaller(packets, lambda some: fails(rules, objects, some))
        rules = smaller(rules, lambda some: fails(some, objects, packets))
        objects = smaller(objects, lambda some: fails(rules, some, packets))
        packets = smaller(packets, lambda some: fails(rules, objects, some))
        self.keep(ruleset.reduced(set(rules), objects), packets, interp_only, result)

    def keep(self, ruleset, packets, interp_only, result):
        """The small case, into the result and the folder."""
        found = self.differ(ruleset, packets, interp_only)
        result.case = ruleset.text() + packet_file.text(packets) + "".join(
            "%s\n" % difference for difference in found[:3])
        if self.arguments.keep:
            path = os.path.join(self.arguments.keep, "%s-%d" % (self.arguments.seed,
                                                                result.number))
            with open(path + ".nft", "w", encoding="utf-8") as file:
                file.write(ruleset.text())
            with open(path + ".packets", "w", encoding="ascii") as file:
                file.write(packet_file.text(packets))


def smaller(items, fails):
    """Leaves out halves, quarters ... single items while FAILS(rest)."""
    items = list(items)
    size = max(1, len(items) // 2)
    while items:
        at = 0
        while at < len(items):
            rest = items[:at] + items[at + size:]
            if fails(rest):
                items = rest
            else:
                at += size
        if size == 1:
            break
        size //= 2
    return items


class Pool:
    """The processes' own state: one Worker each, made in the process."""

    worker = None

    @classmethod
    def start(cls, arguments):
        cls.worker = Worker(arguments)

    @classmethod
    def run(cls, number):
        return cls.worker.run(number)


def show(arguments, result):
    print("FAIL seed %s ruleset %d: %s" % (arguments.seed, result.number, result.differences[0]))
    for difference in result.differences[1:4]:
        print("    %s" % difference)
    for line in result.case.splitlines():
        print("    | %s" % line)
    sys.stdout.flush()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", default="1")
    parser.add_argument("--rulesets", type=int, default=200)
    parser.add_argument("--packets", type=int, default=500)
    parser.add_argument("--only", type=int, action="append", help="run these rulesets only")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--interp", action="store_true", help="build no program")
    parser.add_argument("--keep", metavar="DIR", help="write failing cases there")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    our_judge.program_path()
    numbers = arguments.only or range(arguments.rulesets)
    totals = dict.fromkeys(FIGURES, 0)
    passed = failed = empty = 0
    begin = time.monotonic()
    with multiprocessing.Pool(arguments.jobs, Pool.start, (arguments,)) as pool:
        for result in pool.imap_unordered(Pool.run, numbers):
            for name in FIGURES:
                totals[name] += getattr(result, name)
            empty += result.empty
            if result.differences:
                failed += 1
                show(arguments, result)
            else:
                passed += 1
    print("seed %s: %d rulesets (%d refused whole by both), %d rules, %d refused by both, "
          "%d packets before nft, %d not (D1, D2, D5), %d s" % (
              arguments.seed, len(numbers), empty, totals["rules"], totals["refused"],
              totals["asked"], totals["excluded"], time.monotonic() - begin))
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
