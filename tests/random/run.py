#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""run: random rulesets and packets through the kernel's nft, our interpreter and our program.

	run.py --seed S --rulesets N --packets M [--only K] [--jobs J] [--interp] [--keep DIR]
	run.py --reload --seed S --rulesets N [--only K] [--jobs J] [--keep DIR]

Ruleset number K of seed S and its packets are always the same for one version of nft.  Rules, sets
and counters that nft refuses are taken out, after xdpfw was asked about each of them alone; what is
left goes before all three judges, which have to agree (tests/diff/compare.py says on what).
Packets are aimed at what the kernel compares (tests/diff/bytecode.py).

With --reload nothing is sent and nft is not asked: what xdpfw lists of each ruleset, compiled
again, has to mean the same (tests/tool/relist.h).

Output: for each ruleset that fails a FAIL line with its seed, and the case made smaller: rules are
left out, then packets, while it still fails in the same way.  With --keep the case is written to
DIR/S-K.nft and .packets too.  Then what only xdpfw refused, by message, a summary, and "N passed,
N failed, N skipped".
"""

import argparse
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "diff"), HERE]

import aimed  # noqa: E402
import our_judge  # noqa: E402
import packet_file  # noqa: E402
from compare import Comparison, Difference  # noqa: E402
from frame import DEVICES  # noqa: E402
from nft_judge import nft_version  # noqa: E402
from rulesets import Generator  # noqa: E402

SHRINK_SECONDS = 60
PLACE = re.compile(r"^(?:FAIL .*?: refused: )?\S+?:(\d+):\d+: error: ", re.M)
# What xdpfw refuses on purpose and nft accepts, see "Forms of matches" in man/xdpfw.conf.5: (words
# of the message, why).
ON_PURPOSE = (
    ("needs one protocol, but several are possible here",
     "behind a set of protocols nft takes the one named last for granted and asks for none:"
     " `meta protocol { ip6, ip } ip saddr X` reads IPv6 headers"),
    (": nft 1.0.6 compares other bits then", "of fields across bytes"),
    ("must not cross each other", "which of two boxes the kernel finds first is not defined"),
    ("cannot be shifted: nft 1.0.6 compares the wrong bytes then", "of numbers in headers"),
    ("are kept in different byte orders",
     "a set for a field in host order, asked by one in network order: nft compares other values"),
    ("a field behind '^' cannot be compared with a range",
     "nft moves the constant over: `x ^ 255 < 254` is x < 1 to it"),
    ("days of the week have no prefixes", "nor does nft list what it would read"),
    ("the length of a prefix is more than 128", "nft cuts the number off"),
    ("the largest value here is 6", "no day of the week is greater; nft takes it in some sets"),
)
# Likewise, of some items only: (words of the message, what the item has, why).
ON_PURPOSE_ITEMS = (
    ("is not in a message of this type", re.compile(r"icmpv6 type (== )?(0|0x0)\b|icmp\w* type \^"),
     "nft knows no type 0 of icmpv6, and the type before a '^' moved over"),
    ("conflicting protocols: '", re.compile(r"(iif|oif)type \^"),
     "nft knows the type before a '^' moved over"),
)
# What nft refuses and xdpfw takes: (words of nft's message, what the item has, why that does no
# harm); and of any item.
NFT_REFUSES_ITEMS = (
    ("syntax error", re.compile(r'\bcounter name [^"@{}]+ map '),
     "its scanner does not know all fields behind `counter name`"),
)
NFT_REFUSES = (
    ("exceeds valid range 0-0", "nft takes no ranges in a concatenation of `counter name ... map`"),
    ("Can't parse symbolic", "nft takes no bit masks in concatenations of `counter name ... map`"),
    ("Could not parse packet type", "nor ranges of names in them"),
    ("Operation not supported", "a kernel without IPsec has no secpath"),
    ("variable sized data types", "nft takes no bit masks in concatenations"),
    ("exceeds valid range 0-6", "nft takes the mask of `meta day X / 3` for a day"),
    ("conflicting protocols specified: arp vs.", "behind a set nft takes the last one for granted"),
    ("File exists", "different keys of a concatenation are one to nft, in a map with a size and"
     " `policy memory`"),
)
# Whatever nft says of the elements: it reads each of them as a value of the wrong part.
NFT_MISREADS = re.compile(r"\bcounter name [^{}]* \. [^{}]* map \{")
FIGURES = ("rules", "refused", "asked", "excluded", "unlisted")


class Result:
    def __init__(self, number):
        self.number = number
        self.differences = []
        self.case = ""
        self.rules = self.refused = self.asked = self.excluded = self.unlisted = 0
        self.empty = False
        self.refusals = {}    # what only xdpfw refused: message -> [item's text]


class Worker:
    """One process has one: a Comparison owns its network namespace."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.comparison = Comparison(DEVICES)

    def generate(self, number):
        rng = random.Random("%s/%d" % (self.arguments.seed, number))
        return rng, Generator(rng, nft_version()).make()

    def ask_xdpfw(self, ruleset, item, kept, message):
        """nft refuses this item: does xdpfw?  The chains and sets of the ruleset stay."""
        objects = set(kept) - set(ruleset.rules())
        part = ruleset.reduced(objects | {item})
        if our_judge.judge(part.text(), DEVICES, [], interp_only=True).errors:
            return None
        if not self.comparison.nft.load(part.text()):
            return None    # it was wrong only beside others
        if any(text in message and has.search(item.text)
               for text, has, _ in NFT_REFUSES_ITEMS):
            return None
        if any(text in message for text, _ in NFT_REFUSES) or NFT_MISREADS.search(item.text):
            return None
        return Difference("refused", "only nft refuses: %s: %s" % (message, item.text))

    @staticmethod
    def judge_refusal(item, message, result):
        """xdpfw refuses what nft has accepted."""
        result.refusals.setdefault(message, []).append(item.text)
        if any(text in message for text, _ in ON_PURPOSE) or \
                any(text in message and has.search(item.text)
                    for text, has, _ in ON_PURPOSE_ITEMS):
            return None
        return Difference("refused", "only xdpfw refuses: %s: %s" % (message, item.text))

    def sift(self, ruleset, result):
        """Takes out what is refused.  Returns the items that are left, None when none can be."""
        kept = set(ruleset.items())
        while True:
            part = ruleset.reduced(kept)
            lines, text = part.lines(), part.text()
            errors, who = self.comparison.nft.load(text), "nft"
            if not errors:
                errors, who = our_judge.judge(text, DEVICES, [], interp_only=True).errors, "xdpfw"
            if not errors:
                return kept
            if who == "nft" and not errors[0][0]:
                self.drop_crashing(ruleset, kept, result)
                continue
            # xdpfw may complain of lines that are wrong only behind its first complaint.
            for line, message in errors if who == "nft" else errors[:1]:
                line, item = lines[line - 1] if line else ("", None)
                if item in kept:
                    kept.discard(item)
                    result.refused += 1
                    found = self.judge_refusal(item, message, result) if who == "xdpfw" else \
                        self.ask_xdpfw(ruleset, item, kept, message)
                    result.differences += [found] if found else []
                elif item is None:
                    self.refused_frame(text, who, line, message, result)
                    return None

    def drop_crashing(self, ruleset, kept, result):
        """nft aborts, or names no line: nobody can say what it would have said."""
        objects = kept - set(ruleset.rules())
        before = len(kept)
        for item in ruleset.items():
            alone = objects | {item} if item not in objects else {item}
            errors = self.comparison.nft.load(ruleset.reduced(alone).text())
            if errors and not errors[0][0]:
                kept.discard(item)
                objects.discard(item)
                result.refused += 1
        if len(kept) == before:
            raise RuntimeError("nft refuses the ruleset and names no line:\n" +
                               ruleset.reduced(kept).text())

    @staticmethod
    def refused_frame(text, who, line, message, result):
        """Neither a rule nor a set but a table or a chain is refused: by both?"""
        if who == "xdpfw" or not our_judge.judge(text, DEVICES, [], interp_only=True).errors:
            result.differences.append(Difference("refused", "only %s refuses: %s: %s" % (
                who, message, line)))

    def differ(self, ruleset, packets, interp_only):
        return self.comparison.run(packets, text=ruleset.text(), interp_only=interp_only)[0]

    def run(self, number):
        result = Result(number)
        rng, ruleset = self.generate(number)
        kept = self.sift(ruleset, result)
        if kept is None:
            result.empty = True
            return result
        ruleset = ruleset.reduced(kept)
        result.rules = len(ruleset.rules())
        comparison = self.comparison
        comparison.nft.load(ruleset.text())
        packets = aimed.packets(rng, comparison.nft.aims(), self.arguments.packets,
                                ("xf0", "xf0", "xf1"))
        before = comparison.asked, comparison.excluded, comparison.unlisted
        found = self.differ(ruleset, packets, self.arguments.interp)
        result.asked = comparison.asked - before[0]
        result.excluded = comparison.excluded - before[1]
        result.unlisted = comparison.unlisted - before[2]
        if found:
            result.differences += found
            self.shrink(ruleset, packets, found, result)
        return result

    def shrink(self, ruleset, packets, found, result):
        kinds = {difference.kind for difference in found}
        against_nft = kinds & {"verdict", "counter", "tag", "listing"}
        # Without the program it is much faster, and what differs from nft needs no program.
        interp_only = self.arguments.interp or bool(against_nft)
        kind = min(against_nft or kinds)
        end = time.monotonic() + SHRINK_SECONDS

        def fails(items, frame, some):
            return time.monotonic() < end and kind in {
                difference.kind for difference in self.differ(
                    ruleset.reduced(set(items), frame), some, interp_only)}

        items, frame = ruleset.items(), ruleset.frame()
        if kind == "listing" and fails(items, frame, []):
            packets = []
        for difference in found:
            if difference.kind == kind and difference.packet and \
                    fails(items, frame, [difference.packet]):
                packets = [difference.packet]
                break
        packets = smaller(packets, lambda some: fails(items, frame, some))
        items = smaller(items, lambda some: fails(some, frame, packets))
        frame = smaller(frame, lambda some: fails(items, some, packets))
        packets = smaller(packets, lambda some: fails(items, frame, some))
        self.keep(ruleset.reduced(set(items), frame), packets, interp_only, result)

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


class Reloader:
    """One process has one: what is listed means the same when it is loaded again."""

    def __init__(self, arguments):
        self.arguments = arguments
        top = os.environ.get("top_builddir") or os.path.join(HERE, "..", "..")
        self.program = os.path.join(top, "tests", "tool", "relist_run")
        self.folder = tempfile.TemporaryDirectory(prefix="reload.")

    def ask(self, text):
        """What relist_run complains of; an empty text when nothing is wrong."""
        path = os.path.join(self.folder.name, "ruleset.nft")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([self.program, path], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            return "relist_run ended with %d: %s" % (done.returncode, done.stderr)
        return done.stdout.rpartition("\n1 passed" if not done.returncode else
                                      "\n0 passed")[0].replace(path, "ruleset.nft")

    def sift(self, ruleset):
        """(the items that xdpfw takes, its complaint)."""
        kept = set(ruleset.items())
        while True:
            part = ruleset.reduced(kept)
            lines, complaint = part.lines(), self.ask(part.text())
            if not complaint.startswith("FAIL ruleset.nft: refused: "):
                return kept, complaint
            bad = {lines[int(line) - 1][1] for line in PLACE.findall(complaint)} & kept
            if not bad:
                raise RuntimeError("xdpfw refuses and names no rule: " + complaint)
            kept -= bad

    def run(self, number):
        result = Result(number)
        rng = random.Random("%s/%d" % (self.arguments.seed, number))
        # No nft is asked, so both languages can be spoken.
        ruleset = Generator(rng, (1, number % 2)).make()
        kept, complaint = self.sift(ruleset)
        result.rules = len(kept & set(ruleset.rules()))
        result.refused = len(ruleset.items()) - len(kept)
        if complaint:
            result.differences.append(Difference("reload", complaint))
            self.shrink(ruleset, kept, result)
        return result

    def shrink(self, ruleset, kept, result):
        def fails(items, frame):
            complaint = self.ask(ruleset.reduced(set(items), frame).text())
            return bool(complaint) and ": refused: " not in complaint

        frame = ruleset.frame()
        items = smaller([item for item in ruleset.items() if item in kept],
                        lambda some: fails(some, frame))
        frame = smaller(frame, lambda some: fails(items, some))
        part = ruleset.reduced(set(items), frame)
        result.case = part.text() + self.ask(part.text()) + "\n"
        if self.arguments.keep:
            path = os.path.join(self.arguments.keep, "%s-%d.nft" % (self.arguments.seed,
                                                                    result.number))
            with open(path, "w", encoding="utf-8") as file:
                file.write(part.text())


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
    """The processes' own state: one Worker or Reloader each, made in the process."""

    worker = None

    @classmethod
    def start(cls, arguments):
        cls.worker = Reloader(arguments) if arguments.reload else Worker(arguments)

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
    parser.add_argument("--reload", action="store_true", help="compare listings, loaded again")
    parser.add_argument("--keep", metavar="DIR", help="write failing cases there")
    return parser.parse_args()


def print_summary(arguments, count, empty, totals, begin):
    """Of a run against nft."""
    print("seed %s: nft %d.%d, %d rulesets (%d refused whole by both), %d rules, %d refused, "
          "%d packets before nft, %d not (D1, D2, D5), nft could not list %d, %d s" % (
              (arguments.seed,) + nft_version() + (
                  count, empty, totals["rules"], totals["refused"], totals["asked"],
                  totals["excluded"], totals["unlisted"], time.monotonic() - begin)))


def main():
    arguments = parse_arguments()
    if not arguments.reload:
        our_judge.program_path()
    if arguments.keep:
        os.makedirs(arguments.keep, exist_ok=True)
    numbers = arguments.only or range(arguments.rulesets)
    totals = dict.fromkeys(FIGURES, 0)
    passed = failed = empty = 0
    refusals = {}
    begin = time.monotonic()
    with multiprocessing.Pool(arguments.jobs, Pool.start, (arguments,)) as pool:
        for result in pool.imap_unordered(Pool.run, numbers):
            for name in FIGURES:
                totals[name] += getattr(result, name)
            empty += result.empty
            for message, texts in result.refusals.items():
                refusals.setdefault(message, []).extend(texts)
            if result.differences:
                failed += 1
                show(arguments, result)
            else:
                passed += 1
    for message, texts in sorted(refusals.items(), key=lambda item: -len(item[1])):
        print("only xdpfw refused %d: %s (%s)" % (len(texts), message, texts[0]))
    if arguments.reload:
        print("seed %s: %d rulesets, %d rules loaded again, %d refused, %d s" % (
            arguments.seed, len(numbers), totals["rules"], totals["refused"],
            time.monotonic() - begin))
    else:
        print_summary(arguments, len(numbers), empty, totals, begin)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
