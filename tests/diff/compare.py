#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""compare: one ruleset and its packets before three judges: nft, our interpreter, our program.

Input: a ruleset, packets, an NftJudge.  Output: a list of differences; none when all agree on
every packet's verdict and every counter.

Which packets nft is not asked about is decided by the packet and by what the ruleset reads, never
by what anybody says of it:

 D1  a fragment that is not the first, of a packet that has a layer-4 protocol, when some rule
     loads bytes of the transport header or looks for an SCTP chunk
 D2  a frame of type 0x0800 (behind one tag, or behind all of its tags) with fewer than 20 bytes
     behind Ethernet and one tag, or 0x86dd with fewer than 40, when some rule loads bytes of the
     network header or looks for an IPv6 extension header; or 0x0806 that ends
     inside an IP address, when some rule loads a part of such an address only (nft does for a
     network of whole bytes)
 D5  a frame of type 0x8100 or 0x88a8 with fewer than 6 bytes behind the type: nft never sees it
     (the judge asserts that); xdpfw must drop it for that reason, run no chain and count nothing

The interpreter and the program must agree on these too.  D3, D4, D6 and D7 cannot happen here:
the tags are in the frames, a veth pair merges nothing, all devices exist.

As a command:  compare.py --device NAME[=MAC] [--device ...] [--interp] RULESET PACKETS
"""

import argparse
import os
import re
import sys
import time

import bytecode
import listing
import netlink
import our_judge
import packet_file
from frame import ARP_CUT_ADDRESS, Shape
from nft_judge import OWN, NftJudge, device_argument

ASKED, EXCLUDED, CUT_TAG = 0, 1, 2
FEW_RULES = 2
WORD = {True: "accept", False: "drop", None: "never at the hook"}


class Difference:
    """KIND: `refused`, `verdict`, `program` (interpreter and program disagree), `counter`, `tag`,
    `listing`, `failed` (xdpfw gave no judgement: clang or the verifier said no, a sanitizer
    stopped it)."""

    def __init__(self, kind, text, packet=None):
        self.kind, self.text, self.packet = kind, text, packet

    def __str__(self):
        if not self.packet:
            return "%s: %s" % (self.kind, self.text)
        return "%s: %s\n    %s" % (self.kind, self.text, self.packet.line())


def group_of(packet, reads):
    """READS: what the rules load, as of netlink.Rule.payload_reads()."""
    bases = {base for base, _ in reads}
    shape = Shape(packet.frame)
    if shape.cut_tag:
        return CUT_TAG
    if shape.later_fragment and netlink.PAYLOAD_TRANSPORT in bases:
        return EXCLUDED
    if shape.cut_network_header() and netlink.PAYLOAD_NETWORK in bases:
        return EXCLUDED
    if shape.cut_arp_address() and any(
            base == netlink.PAYLOAD_NETWORK and end in ARP_CUT_ADDRESS for base, end in reads):
        return EXCLUDED
    return ASKED


def split_groups(packets, reads):
    groups = [], [], []
    for packet in packets:
        groups[group_of(packet, reads)].append(packet)
    return groups


def give(packets):
    """What rules read that is not in the packet: the judge sends them now, from its first CPU.
    The tests ask no rule for a random number whose outcome could be either."""
    cpu, now = min(os.sched_getaffinity(0)), time.time_ns()
    for packet in packets:
        packet.given = {"now": now, "cpu": cpu, "random": 0x5EED5EED}


def compare_refusals(nft_errors, our_errors):
    """None when both accept; else the differences."""
    if not nft_errors and not our_errors:
        return None
    if nft_errors and our_errors:
        return []
    who, errors = ("nft", nft_errors) if nft_errors else ("xdpfw", our_errors)
    return [Difference("refused", "only %s refuses: line %d: %s" % ((who,) + errors[0]))]


def compare_nft_verdicts(packets, nft, ours):
    found = []
    for number, (packet, accepted) in enumerate(zip(packets, nft.accepted)):
        outcome = ours.outcomes[our_judge.INTERP][number]
        if outcome.verdict != WORD[accepted]:
            found.append(Difference("verdict", "nft: %s, interpreter: %s"
                                    % (WORD[accepted], outcome), packet))
    return found


def compare_nft_counters(nft, ours):
    counters = ours.counters.get(our_judge.INTERP, {}).get(ASKED, {})
    # Named counters and those of elements have no place in a rule: compare_listings() does them.
    ours_by_place = {ours.places[number]: figures for number, figures in counters.items()
                     if number in ours.places}
    if set(ours_by_place) != set(nft.counters):
        return [Difference("counter", "nft has counters at %s, xdpfw at %s" % (
            sorted(nft.counters), sorted(ours_by_place, key=str)))]
    return [Difference("counter", "table %s chain %s rule %d counter %d: nft %s, interpreter %s"
                       % (place + (figures, ours_by_place[place])))
            for place, figures in nft.counters.items() if figures != ours_by_place[place]]


def compare_listed_counters(nft, ours):
    """Of rules, of elements, named ones: as they stand in the two listings."""
    start, end = [listing.normal(text)[1] for text in nft.listings]
    numbers = listing.normal(ours.listing)[1]
    counters = ours.counters.get(our_judge.INTERP, {}).get(ASKED, {})
    found = []
    for place, (first, last, number) in enumerate(zip(start, end, numbers)):
        counted = last[0] - first[0], last[1] - first[1]
        if counters.get(number[0]) != counted:
            found.append(Difference("counter", "counter %d of the listing: nft %s, interpreter %s"
                                    % (place, counted, counters.get(number[0]))))
    return found


# Lines that may differ: (nft's line, our line, why).
UNEQUAL_LINES = (
    (re.compile(r"@(ll|nh|th),\d+,\d+"), re.compile(r"^[^@]*$"),
     "nft 1.0.6 lists masks on fields as raw bytes, which it cannot load again"),
    (re.compile(r"\(@(ll|nh|th|ih),\d+,\d+ & 0x[0-9a-f]+\) >> \d"), re.compile(r""),
     "likewise; some of these it can load, but the field's name says what is meant"),
    (re.compile(r"\b(ip6 ecn|vlan dei|vlan pcp|tcp doff|ip6? version|ip dscp|frag reserved2|"
                r"dccp type) (!= )?0x[0-9a-f]+\b"), re.compile(r""),
     "nft 1.0.6 lists a constant that an operator moved over to as 0x2, and loaded again as 2"),
    (re.compile(r"^\s*type (\S+ \. )+\S+$"), re.compile(r"^\s*type (\S+ \. ){5,}\S+"),
     "nft 1.0.6 keeps the last five types of a concatenation only"),
    (re.compile(r" != (\S+)-\S+"), re.compile(r" < .* > "),
     "nft 1.0.6 lists `< a` and `> b` as `!= a-b`"),
    (re.compile(r"\bth [sd]port "), re.compile(r"^(?!.*\bth [sd]port)"),
     "nft 1.0.6 lists other fields at the place of a port as `th`, behind a concatenation"),
    (re.compile(r"\bsrh sid\["), re.compile(r"\brt[02] addr"),
     "nft lists the addresses of all routing headers by one name"),
    (re.compile(r"\b(vxlan (flags|vni)|geneve (type|vni)) "),
     re.compile(r"\b(vxlan (flags|vni)|geneve (type|vni)) "),
     "nft 1.1 has forgotten the types of a tunnel's own fields: its numbers are of another base"),
    (re.compile(r"^\s*typeof .*\bvlan cfi"), re.compile(r"^\s*typeof .*\bvlan dei"),
     "nft 1.0.6 lists the old name in a typeof"),
    (re.compile(r"^\s*type .*"), re.compile(r"^\s*typeof "),
     "nft 1.0.6 forgets some typeof"),
)


def may_differ(theirs, mine):
    return any(left.search(theirs) and right.search(mine) for left, right, _ in UNEQUAL_LINES)


class Listings:
    """Holds what nft lists against what xdpfw lists.

    What xdpfw lists goes into nft, which has to take it and to say the same of the same packets.
    Its text has to be nft's, line by line.  But nft 1.0.6 lists some rules and sets wrong, and
    whether it does is not for us to say: where the two texts differ, nft is given its own line in
    the place of ours, and only when it refuses that, or makes other expressions of it than it had
    made of the ruleset, the line counts as one that nft lists wrong.
    """

    def __init__(self, nft):
        self.nft = nft
        self.wrong = 0    # lines that nft lists wrong
        self.meaning = []    # what nft has made of our listing

    def compare(self, packets, first, mine):
        """FIRST: the judgement of the ruleset, which is loaded.  MINE: our text."""
        wanted = bytecode.read_meaning(OWN)
        mine = listing.zeroed(mine)
        right = listing.normal(mine)[0]
        left = [] if None in first.listings else listing.normal(first.listings[0])[0]
        if left == right:
            return []
        unequal = listing.differences(left, right)
        found = self.compare_meaning(packets, first, mine, unequal)
        if not left:
            return found
        if len(left) != len(right):
            return found + [self.difference(*unequal[0][1:])]
        return found + [self.difference(their_line, my_line)
                        for number, their_line, my_line in unequal
                        if not may_differ(their_line, my_line) and
                        self.is_right(right, number, their_line, wanted)]

    def compare_meaning(self, packets, first, mine, unequal):
        """UNEQUAL: lines that nft lists otherwise.  Of the others, nft's own listing may mean
        something else than what was loaded (`meta l4proto icmp icmp type 8`)."""
        numbers = [number for number, _, _ in unequal]
        errors = self.nft.load(mine)
        if errors and None in first.listings:
            return []    # nor can nft list it at all
        self.meaning = [] if errors else bytecode.read_meaning(OWN)
        lines = listing.normal(mine)[0]
        if errors:
            line = mine.splitlines()[errors[0][0] - 1].strip()
            bad = [number for number in numbers if lines[number:number + 1] and
                   lines[number].strip() == listing.normal(line)[0][0].strip()]
            if not bad or self.refuses_own(lines, unequal, bad[0]):
                return []
            return [Difference("listing", "nft refuses what xdpfw lists: %s: %s" % (
                errors[0][1], line))]
        places = listing.places(lines)
        asked = {places[number] for number in numbers if number < len(places)}
        second = self.nft.run(packets)
        found = [Difference("listing", "nft counts %s, and %s of what xdpfw lists" % (
                     figures, second.counters.get(place)))
                 for place, figures in first.counters.items()
                 if place[:3] in asked and second.counters.get(place) != figures]
        if len([place for place in places if place]) > FEW_RULES:
            return found
        return found + [Difference("listing", "nft: %s, of what xdpfw lists: %s" % (
                            WORD[was], WORD[now]), packet)
                        for packet, was, now in zip(packets, first.accepted, second.accepted)
                        if was != now]

    @staticmethod
    def difference(their_line, my_line):
        return Difference("listing", "nft: %s\n    xdpfw: %s" % (their_line.strip(),
                                                                my_line.strip()))

    def refuses_own(self, lines, unequal, number):
        """Does nft refuse its own line NUMBER, too?"""
        line = next(theirs for place, theirs, _ in unequal if place == number)
        text = "\n".join(lines[:number] + [line] + lines[number + 1:]) + "\n"
        return bool(self.nft.load(text.replace(listing.MASK, "packets 0 bytes 0")))

    def is_right(self, lines, number, line, wanted):
        """Does LINE, put in the place of line NUMBER, mean what is WANTED?"""
        text = "\n".join(lines[:number] + [line] + lines[number + 1:]) + "\n"
        errors = self.nft.load(text.replace(listing.MASK, "packets 0 bytes 0"))
        found = [] if errors else bytecode.read_meaning(OWN)
        right = len(found) == len(wanted) == len(self.meaning) and all(
            now in (ours, was) for now, ours, was in zip(found, self.meaning, wanted))
        self.wrong += not right
        return right


def compare_programs(packets, ours):
    """Every split of the program against the interpreter: verdicts, trails, counters."""
    found = []
    for who in ours.programs():
        for number, packet in enumerate(packets):
            wanted = ours.outcomes[our_judge.INTERP][number]
            got = ours.outcomes[who].get(number)
            if got != wanted:
                found.append(Difference("program", "interpreter: %s, %s: %s"
                                        % (wanted, who, got), packet))
        if ours.counters.get(who) != ours.counters.get(our_judge.INTERP):
            found.append(Difference("program", "counters of %s: %s, of the interpreter: %s" % (
                who, ours.counters.get(who), ours.counters.get(our_judge.INTERP))))
    return found


def compare_cut_tags(packets, first, ours):
    found = []
    for number, packet in enumerate(packets, first):
        outcome = ours.outcomes[our_judge.INTERP][number]
        if (outcome.verdict, outcome.reason, outcome.trail) != ("drop", "cut-tag", "-") and \
                outcome.reason != "no-device":
            found.append(Difference("tag", "a cut tag (D5) is not dropped as such: %s" % outcome,
                                    packet))
    counters = ours.counters.get(our_judge.INTERP, {}).get(CUT_TAG, {})
    if any(packets for packets, _ in counters.values()):
        found.append(Difference("tag", "cut tags (D5) were counted"))
    return found


class Comparison:
    """DEVICES as of NftJudge; one Comparison may be used for many rulesets."""

    def __init__(self, devices):
        self.devices = devices
        self.nft = NftJudge(devices)
        self.listings = Listings(self.nft)
        self.asked = self.excluded = 0
        self.unlisted = 0    # rulesets nft itself cannot list
        self.judgement = None    # nft's, of the last run; of these packets
        self.judged = []

    def run(self, packets, text=None, path=None, include=(), interp_only=False, our_text=None):
        """Returns (differences, True when both refuse the ruleset).

        OUR_TEXT: xdpfw gets this instead (to see that differences are found).
        """
        nft_errors = self.nft.load(text, path, include)
        reads = set()
        for rule in [] if nft_errors else self.nft.rules():
            reads |= rule.payload_reads()
        groups = split_groups(packets, reads)
        give(packets)
        try:
            ours = our_judge.judge(our_text or text, self.devices, groups, interp_only, path,
                                   include)
        except our_judge.OurError as error:
            return [Difference("failed", str(error))], False
        refusals = compare_refusals(nft_errors, ours.errors)
        if refusals is not None:
            return refusals, not refusals
        nft = self.nft.run(groups[ASKED] + groups[CUT_TAG], listing=not our_text)
        self.judgement, self.judged = nft, groups[ASKED]
        self.unlisted += not our_text and None in nft.listings
        self.asked += len(groups[ASKED])
        self.excluded += len(groups[EXCLUDED]) + len(groups[CUT_TAG])
        found = compare_nft_verdicts(groups[ASKED], nft, ours)
        found += compare_nft_counters(nft, ours)
        if not our_text:
            if None not in nft.listings:
                found += compare_listed_counters(nft, ours)
            found += self.listings.compare(groups[ASKED] + groups[CUT_TAG], nft, ours.listing)
        found += compare_cut_tags(groups[CUT_TAG], len(groups[ASKED]) + len(groups[EXCLUDED]),
                                  ours)
        found += compare_programs(groups[ASKED] + groups[EXCLUDED] + groups[CUT_TAG], ours)
        return found, False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", action="append", type=device_argument, required=True,
                        metavar="NAME[=MAC]")
    parser.add_argument("--interp", action="store_true", help="build no program")
    parser.add_argument("-I", dest="include", action="append", default=[])
    parser.add_argument("ruleset")
    parser.add_argument("packets", help="packet file or pcap")
    arguments = parser.parse_args()
    packets = packet_file.read(arguments.packets, arguments.device[0][0])
    comparison = Comparison(arguments.device)
    differences, refused = comparison.run(packets, path=arguments.ruleset,
                                          include=arguments.include,
                                          interp_only=arguments.interp)
    for difference in differences:
        print(difference)
    print("%s: %d packets before nft, %d not (D1, D2, D5), %d differences%s" % (
        arguments.ruleset, comparison.asked, comparison.excluded, len(differences),
        ", both refuse the ruleset" if refused else ""))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
