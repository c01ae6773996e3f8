#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""suite: the one-rule tests of nft's own test suite, before nft and before xdpfw.

	suite.py [--packets N] [--program | --aim] [--seed S] [--keep DIR] FOLDER [WORD ...]

FOLDER has nft's *.t files, in any subfolder (tests/py of its source).  A test is a line
`RULE;ok[;...]` under `*netdev;...;ingress`, with the sets (`!`), elements (`?`) and objects (`%`)
above it.  Every rule that nft takes in a chain at netdev ingress is asked of xdpfw; when both take
it, N packets aimed at the constants the kernel compares with (bytecode.py) go before nft and our
interpreter, with --program also before the built program (several rules to a program).  WORDs
choose files or rules.

Output: a line for each rule that is refused by xdpfw, differs, or that no packet matched or no
packet missed; then how many were refused by which message; then "N passed, N failed, N skipped".
Refused by name is passed only when REFUSED has a reason for it.
"""

import argparse
import glob
import os
import random
import re
import sys

import aimed
import our_judge
import packet_file
from bytecode import depends_on_facts
from compare import Comparison, Difference
from frame import DEVICE_MAC, Device

# Names and groups that rules of nft's tests ask for; `lo` is no device we could send to.
DEVICES = [Device("xf0", DEVICE_MAC, 0), Device("dummy0", bytes.fromhex("020000000003"), 11),
           Device("eth0", bytes.fromhex("020000000004"), 33)]
HOOK = 'type filter hook ingress devices = { xf0, dummy0, eth0 } priority 0; policy %s;'
RULE = "table netdev t {\n%s\tchain c {\n\t\t" + HOOK + "\n\t\t%s\n\t\tcounter\n\t}\n}\n"
BATCH = 12
ATTEMPTS = 6    # at packets, when one of the outcomes was not reached

# What is refused by name, and on purpose: (text of the message, why).
REFUSED = tuple((word, "statements that rewrite, limit or keep state: issue 4") for word in (
    "'limit' (", "'quota' (", "'reject' (", "'set' (", "'fwd' (", "'dup' (", "'add' (",
    "'update' (",
    "'delete' (", "'timeout' (", "'log' (", "'queue' (", "'notrack' (")) + (
        ("'rtclassid' (", "never matches at the ingress hook: there is no route yet"),
)


class Test:
    """RULE of a file, and what has to be in its table."""

    def __init__(self, place, rule, prelude):
        self.place, self.rule, self.prelude = place, rule, tuple(prelude)
        self.endings = ("", " counter drop", " drop")
        self.matched = self.missed = 0

    def text(self, policy, ending=""):
        prelude = "".join("\t%s\n" % line for line in self.prelude)
        return RULE % (prelude, policy, self.rule + ending)

    def policies(self):
        """Those under which every verdict of the rule can be told from none."""
        words = set(re.findall(r"[a-z]+", re.sub(r'"[^"]*"', "", self.rule)))
        return (["drop"] if "accept" in words else []) + \
            (["accept"] if "accept" not in words or words & {"drop", "continue"} else [])


def set_line(body):
    """`set1 type ipv4_addr timeout 60s` as a block."""
    name, _, rest = body.partition(" ")
    rest = re.sub(r"\s+(flags|timeout|size|auto-merge|comment|counter)\b", r"; \1", " " + rest)
    kind = "map" if " : " in rest else "set"
    return name, "%s %s { %s; %%s}" % (kind, name, rest.strip())


class File:
    """Reads one *.t file."""

    def __init__(self, path, name):
        self.name = name
        self.sets, self.elements, self.objects = {}, {}, []
        self.netdev = False
        self.tests = []
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                self.read_line(number, line.strip())

    def prelude(self):
        lines = list(self.objects)
        for name, block in self.sets.items():
            elements = self.elements.get(name)
            lines.append(block % ("elements = { %s }; " % elements if elements else ""))
        return lines

    def read_line(self, number, line):
        if not line or line[0] in "#-:":
            return
        head, *rest = line[1:].split(";")
        if line[0] == "*":
            if head == "netdev" and "ingress" in rest[1].split(","):
                self.netdev = True
        elif line[0] == "!":
            if rest[0] == "ok":
                name, block = set_line(head)
                self.sets[name] = block
        elif line[0] == "?":
            name, _, elements = head.partition(" ")
            if rest[0] == "ok":
                self.elements[name] = ", ".join(filter(None, (self.elements.get(name), elements)))
        elif line[0] == "%":
            name, _, body = head.partition(" type ")
            kind, _, body = body.partition(" ")
            if rest[0] == "ok":
                self.objects.append("%s %s { %s; }" % (kind, name, body))
        elif self.netdev:
            self.read_rule(number, line)

    def read_rule(self, number, line):
        parts = re.split(r"(?<!\\);", line)
        if len(parts) > 1 and parts[1] == "ok":
            self.tests.append(Test("%s:%d" % (self.name, number), parts[0].replace("\\;", ";"),
                                   self.prelude()))


def read_tests(folder):
    tests = []
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.t*"), recursive=True)):
        if not path.endswith((".t", ".t.netdev")):
            continue
        tests += File(path, os.path.relpath(path, folder)).tests
    return tests


class Run:
    def __init__(self, arguments):
        self.arguments = arguments
        self.comparison = Comparison(DEVICES)
        self.passed = self.failed = self.refused_by_nft = 0
        self.refusals = {}    # message -> [test]
        self.one_sided, self.fixed = [], []
        self.agreed = []

    def report(self, test, differences):
        self.failed += 1
        print("FAIL %s: %s" % (test.place, test.rule))
        for difference in differences[:4]:
            print("    %s" % difference)
        if self.arguments.keep:
            path = os.path.join(self.arguments.keep, re.sub(r"\W+", "-", test.place))
            with open(path + ".nft", "w", encoding="utf-8") as file:
                file.write(test.text(test.policies()[0], test.ending))
            with open(path + ".packets", "w", encoding="ascii") as file:
                file.write(packet_file.text([one.packet for one in differences if one.packet]))
        sys.stdout.flush()

    def find_ending(self, test):
        """The rule with a verdict behind it, when nft takes that.  False: nft refuses the rule."""
        nft = self.comparison.nft
        prelude = test.prelude
        for wanted in ([], [line for line in prelude if "@" + line.split()[1] in test.rule]):
            # The sets of a file are not all good in one table; those the rule names are enough.
            test.prelude = tuple(wanted) + tuple(
                line for line in prelude if line.split()[0] not in ("set", "map"))
            for ending in (" counter drop", ""):
                test.ending = ending
                if not nft.load(test.text("accept", ending)):
                    return True
        return False

    def packets(self, test, number, attempt):
        rng = random.Random("%s/%s/%d/%d" % (self.arguments.seed, test.rule, number, attempt))
        aims = self.comparison.nft.aims()
        return aimed.packets(rng, aims, self.arguments.packets, ("xf0", "xf0", "dummy0", "eth0"))

    def count_outcomes(self, test):
        judgement = self.comparison.judgement
        if not judgement:
            return
        through = [figures for place, figures in judgement.counters.items() if place[2] == 1]
        fell = through[0][0] if through else 0
        test.missed += fell
        test.matched += len(self.comparison.judged) - fell

    def depends_on_facts(self, every=all):
        return depends_on_facts(self.comparison.nft.aims(), every)

    def judge(self, test):
        differences = []
        for number, policy in enumerate(test.policies()):
            text = test.text(policy, test.ending)
            for attempt in range(ATTEMPTS):
                self.comparison.nft.load(text)
                packets = self.packets(test, number, attempt)
                found, _ = self.comparison.run(packets, text=text, interp_only=True)
                differences += found
                if found:
                    return differences
                self.count_outcomes(test)
                if test.matched and test.missed or self.depends_on_facts():
                    break
        return differences

    def test(self, test):
        if not self.find_ending(test):
            self.refused_by_nft += 1
            return
        if self.arguments.aim:
            self.aim(test)
            return
        text = test.text(test.policies()[0], test.ending)
        try:
            errors = our_judge.judge(text, DEVICES, [], interp_only=True).errors
        except our_judge.OurError as error:
            self.report(test, [Difference("failed", str(error))])
            return
        if errors:
            message = errors[0][1]
            self.refusals.setdefault(message, []).append(test)
            if any(known in message for known, _ in REFUSED):
                self.passed += 1
            else:
                self.report(test, [Difference("refused", "only xdpfw refuses: " + message)])
            return
        differences = self.judge(test)
        if differences:
            self.report(test, differences)
            return
        self.passed += 1
        self.agreed.append(test)
        if not (test.matched and test.missed):
            (self.fixed if self.depends_on_facts(any) else self.one_sided).append(test)

    def aim(self, test):
        """Do the packets reach both outcomes?  Only nft is asked."""
        nft = self.comparison.nft
        for attempt in range(ATTEMPTS):
            nft.load(test.text(test.policies()[0], test.ending))
            packets = self.packets(test, 0, attempt)
            judgement = nft.run(packets)
            self.comparison.judgement = judgement
            self.comparison.judged = [packet for packet, accepted in zip(
                packets, judgement.accepted) if accepted is not None]
            self.count_outcomes(test)
            if test.matched and test.missed or self.depends_on_facts():
                self.passed += 1
                return
        self.one_sided.append(test)

    def batches(self):
        """Rules that have no sets of a file, each in a base chain of its own: the trail of a
        packet has the outcome of each."""
        left = [test for test in self.agreed if not test.prelude and test.ending]
        while left:
            yield left[:BATCH]
            left = left[BATCH:]

    def program(self, tests):
        text = "table netdev t {\n"
        for number, test in enumerate(tests):
            text += "\tchain c%d {\n\t\t%s\n\t\t%s counter accept\n\t\tcounter\n\t}\n" % (
                number, (HOOK % "accept").replace("priority 0", "priority %d" % number), test.rule)
        text += "}\n"
        if self.comparison.nft.load(text):
            return self.split_program(tests, [Difference("refused", "nft takes them alone only")])
        found, _ = self.comparison.run(self.packets(tests[0], 0, 0) * 2, text=text)
        return self.split_program(tests, found) if found else 0

    def split_program(self, tests, found):
        """Which of them is it?"""
        if len(tests) == 1:
            self.report(tests[0], found)
            return 1
        half = len(tests) // 2
        failed = self.program(tests[:half]) + self.program(tests[half:])
        if not failed:
            self.report(tests[0], found)
        return failed or 1

    def finish(self):
        for test in self.one_sided:
            print("ONE-SIDED %s: %s: %d matched, %d not" % (test.place, test.rule, test.matched,
                                                            test.missed))
        for message, tests in sorted(self.refusals.items(), key=lambda item: -len(item[1])):
            print("REFUSED %d: %s (%s: %s)" % (len(tests), message, tests[0].place, tests[0].rule))
        comparison = self.comparison
        print("%d rules refused by nft, %d agree, %d refused by xdpfw, %d one-sided, %d of facts; "
              "%d packets before nft, %d not (D1, D2, D5), nft could not list %d" % (
                  self.refused_by_nft, len(self.agreed), sum(map(len, self.refusals.values())),
                  len(self.one_sided), len(self.fixed), comparison.asked, comparison.excluded,
                  comparison.unlisted))
        print("%d passed, %d failed, 0 skipped" % (self.passed, self.failed))
        return 1 if self.failed or not self.passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packets", type=int, default=250)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--program", action="store_true", help="build programs, too")
    parser.add_argument("--aim", action="store_true",
                        help="ask only nft, whether the packets reach both outcomes")
    parser.add_argument("--keep", metavar="DIR", help="write failing cases there")
    parser.add_argument("folder")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    run = Run(arguments)
    seen = set()
    for test in read_tests(arguments.folder):
        if arguments.words and not any(word in test.place or word in test.rule
                                       for word in arguments.words):
            continue
        if (test.rule, test.prelude) not in seen:
            seen.add((test.rule, test.prelude))
            run.test(test)
    if arguments.program:
        for tests in run.batches():
            run.program(tests)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
