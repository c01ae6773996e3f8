#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""run: the kernel's nft against xdpfw, on rulesets and packets written by hand.

	claims.py	each statement of the manual's chapter on meaning: outcome as stated, by nft
			and by our interpreter
	cases/*.nft	every corner packet through each ruleset: verdicts and counters of nft, of our
			interpreter and of the built program agree
	accept.rules	each line is accepted by both or refused by both
	sight		two rulesets that differ in one place: the comparison must see it

Output: FAIL lines (with --verbose also ok lines), then "N passed, N failed, N skipped".
Words given as arguments choose the cases whose names begin so.
"""

import argparse
import glob
import os
import sys

import claims
import corner
import our_judge
from compare import WORD, Comparison
from frame import DEVICES
from packet_file import Packet

HERE = os.path.dirname(os.path.abspath(__file__))
SHOWN = 5
REFUSES, ACCEPTS = "xdpfw-refuses: ", "xdpfw-accepts: "


class Totals:
    def __init__(self, verbose):
        self.verbose = verbose
        self.passed = self.failed = 0

    def add(self, name, problems):
        if problems:
            self.failed += 1
            print("FAIL %s: %s" % (name, problems[0]))
            for problem in problems[1:SHOWN]:
                print("    %s" % problem)
            if len(problems) > SHOWN:
                print("    and %d more" % (len(problems) - SHOWN))
        else:
            self.passed += 1
            if self.verbose:
                print("ok %s" % name)
        sys.stdout.flush()


def claim_packets(claim):
    wanted = [(frame, "drop") for frame in claim.drop] + [(frame, "accept")
                                                          for frame in claim.accept]
    return [Packet(frame, "xf0", verdict) for frame, verdict in wanted]


def check_claim(comparison, claim):
    """Nothing is left to a comparison here: each judge for itself has to say what is stated."""
    packets = claim_packets(claim)
    errors = comparison.nft.load(claim.ruleset)
    if errors:
        return ["nft refuses it: line %d: %s" % errors[0]]
    nft = comparison.nft.run(packets)
    ours = our_judge.judge(claim.ruleset, DEVICES, [packets], interp_only=True)
    if ours.errors:
        return ["xdpfw refuses it: line %d: %s" % ours.errors[0]]
    problems = []
    for number, (packet, accepted) in enumerate(zip(packets, nft.accepted)):
        says = ours.outcomes[our_judge.INTERP][number]
        if WORD[accepted] != packet.name:
            problems.append("nft: %s: %s" % (WORD[accepted], packet.line()))
        if says.verdict != packet.name:
            problems.append("xdpfw: %s: %s" % (says, packet.line()))
    if claim.counters:
        first = min(ours.places, key=lambda number: ours.places[number])
        sums = ours.counters[our_judge.INTERP][0][first]
        if nft.counters[ours.places[first]] != claim.counters or sums != claim.counters:
            problems.append("counted %s by nft, %s by xdpfw, not %s" % (
                nft.counters[ours.places[first]], sums, claim.counters))
    return problems


def case_packets():
    """Every corner packet on the first device, every third one on the second as well."""
    packets = []
    for number, (name, frame) in enumerate(corner.packets()):
        packets.append(Packet(frame, "xf0", name))
        if number % 3 == 0:
            packets.append(Packet(frame, "xf1", name))
    return packets


def check_case(comparison, path, packets, interp_only):
    differences, refused = comparison.run(packets, path=path, interp_only=interp_only)
    if refused:
        return ["both refuse it"]
    return [str(difference) for difference in differences]


def check_acceptance(comparison, line):
    """A line of accept.rules."""
    purpose = next((word for word in (REFUSES, ACCEPTS) if line.startswith(word)), "")
    if purpose:
        line = line[len(purpose):].split("  # ")[0]
    ruleset = claims.WRAP % line
    if line.startswith(("table ", "add ", "define ")):
        ruleset = line.replace("\\n", "\n") + "\n"
    nft = comparison.nft.load(ruleset)
    ours = our_judge.judge(ruleset, DEVICES, [], interp_only=True).errors
    wanted = {REFUSES: (False, True), ACCEPTS: (True, False)}.get(purpose, (bool(nft), bool(nft)))
    if (bool(nft), bool(ours)) == wanted:
        return []
    return ["nft: %s; xdpfw: %s" % (nft[0][1] if nft else "accepts it",
                                    ours[0][1] if ours else "accepts it")]


# (rule for nft, rule for xdpfw, kind of difference that has to be found)
SIGHT = (
    ("udp dport 53", "udp dport 54", "verdict"),
    ("counter udp dport 53 counter", "counter udp dport 53-54 counter", "counter"),
    ("counter udp dport 53", "udp dport 53 counter", "counter"),
    ("udp dport 53", "udp dport", "refused"),
)


def check_sight(comparison, packets, nft_rule, our_rule, kind):
    found, _ = comparison.run(packets, text=claims.WRAP % nft_rule,
                              our_text=claims.WRAP % our_rule, interp_only=True)
    return [] if kind in {difference.kind for difference in found} else ["not seen: " + kind]


def acceptance_lines():
    with open(os.path.join(HERE, "accept.rules"), encoding="utf-8") as file:
        for line in file:
            line = line.strip()
            if line and not line.startswith("#"):
                yield line


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--interp", action="store_true", help="build no program")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    comparison = Comparison(DEVICES)
    totals = Totals(arguments.verbose)

    def chosen(name):
        return not arguments.names or name.startswith(tuple(arguments.names))

    for claim in claims.CLAIMS:
        name = "claim %s: %s" % (claim.section, claim.text)
        if chosen(name):
            totals.add(name, check_claim(comparison, claim))
    packets = case_packets()
    for path in sorted(glob.glob(os.path.join(HERE, "cases", "*.nft"))):
        name = os.path.basename(path)
        if chosen(name):
            totals.add(name, check_case(comparison, path, packets, arguments.interp))
    for nft_rule, our_rule, kind in SIGHT:
        name = "sight %s: %s, %s" % (kind, nft_rule, our_rule)
        if chosen(name):
            totals.add(name, check_sight(comparison, packets, nft_rule, our_rule, kind))
    for line in acceptance_lines():
        if chosen("accept: " + line):
            totals.add("accept: " + line, check_acceptance(comparison, line))
    print("%d passed, %d failed, 0 skipped" % (totals.passed, totals.failed))
    return 1 if totals.failed or not totals.passed else 0


if __name__ == "__main__":
    sys.exit(main())
