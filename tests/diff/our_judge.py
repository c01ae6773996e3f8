# SPDX-License-Identifier: GPL-2.0-only
"""our_judge: what xdpfw says of packets, by its interpreter and by the program it builds.

Input: a ruleset, devices, groups of packets.  Output: verdicts, trails and counters for each of
the two.  It runs tests/run/xdpfw_run and reads what that prints.
"""

import os
import re
import subprocess
import sys
import tempfile

import listing
import packet_file

INTERP = "interp"
ARPHRD_ETHER = 1
ERROR_LINE = re.compile(r"^(\S.*?):(\d+):\d+: error: (.*)$")
COUNTER = re.compile(r"counter packets (\d+) bytes \d+")


class OurError(Exception):
    """xdpfw_run failed, or what it prints cannot be understood."""


def program_path():
    top = os.environ.get("top_builddir") or os.path.join(os.path.dirname(__file__), "..", "..")
    path = os.environ.get("XDPFW_RUN") or os.path.join(top, "tests", "run", "xdpfw_run")
    if not os.access(path, os.X_OK):
        sys.exit("%s is not there: run `make check`, or set XDPFW_RUN" % path)
    return path


class Outcome:
    """One packet, one judge."""

    def __init__(self, verdict, reason, trail):
        self.verdict, self.reason, self.trail = verdict, reason, trail

    def __eq__(self, other):
        return (self.verdict, self.reason, self.trail) == (other.verdict, other.reason,
                                                           other.trail)

    def __str__(self):
        return "%s (%s, rules %s)" % (self.verdict, self.reason, self.trail)


class OurJudgement:
    def __init__(self):
        self.errors = []  # [(line, message)]: the ruleset is refused
        self.rules = {}  # number -> place
        self.places = {}  # counter number -> (table, chain, rule, counter)
        self.outcomes = {}  # who -> [Outcome], through all groups
        self.counters = {}  # who -> [{counter number: (packets, bytes)}], by group
        self.instructions = 0
        self.listing = ""  # the figures `packets N` are counter numbers

    def read(self, text):
        listed = []
        for line in text.splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "listing":
                listed.append(rest)
            elif kind == "rule":
                number, place = rest.split(" ", 1)
                self.rules[int(number)] = place
            elif kind == "packet":
                self.read_packet(rest.split())
            elif kind == "counter":
                self.read_counter(rest.split())
            elif kind == "instructions":
                self.instructions = int(rest)
            else:
                raise OurError("xdpfw_run printed: " + line)
        self.places = counter_places(listed)
        self.listing = "".join(line + "\n" for line in listed)

    def read_packet(self, words):
        number, who, verdict, reason, trail = words
        outcomes = self.outcomes.setdefault(who, {})
        outcomes[int(number)] = Outcome(verdict, reason, trail)

    def read_counter(self, words):
        counter, group, who, packets, size = words
        groups = self.counters.setdefault(who, {})
        groups.setdefault(int(group), {})[int(counter)] = int(packets), int(size)

    def programs(self):
        return [who for who in self.outcomes if who != INTERP]


def counter_places(lines):
    """Where each counter stands, read from a listing whose figures are counter numbers."""
    return {int(number): place + (index,)
            for line, place in zip(lines, listing.places(lines)) if place
            for index, number in enumerate(COUNTER.findall(line))}


def read_errors(text):
    return [(int(found.group(2)), found.group(3))
            for found in map(ERROR_LINE.match, text.splitlines()) if found]


def judge(text, devices, groups, interp_only=False, path=None, include=()):
    """TEXT, or the file PATH.  GROUPS: lists of packets, each with counters of its own."""
    with tempfile.TemporaryDirectory(prefix="xdpfw-judge-") as folder:
        argv = [program_path()]
        argv += [word for name in include for word in ("-I", name)]
        argv += ["--interp"] if interp_only else []
        argv += ["--device=%s=%s,%d,%d" % (device.name, device.mac.hex(":"), ARPHRD_ETHER,
                                           device.group) for device in devices]
        argv.append(path or "-")
        for number, group in enumerate(groups):
            argv.append(os.path.join(folder, "%d.packets" % number))
            with open(argv[-1], "w", encoding="ascii") as file:
                file.write(packet_file.text(group))
        done = subprocess.run(argv, input=None if path else text, capture_output=True, text=True,
                              check=False)
    judgement = OurJudgement()
    if done.returncode == 1:
        judgement.errors = read_errors(done.stderr) or [(0, done.stderr.strip())]
    elif done.returncode:
        # The compiler's warnings come first, then what xdpfw_run itself has to say.
        said = done.stderr[done.stderr.find("xdpfw_run: "):] or done.stderr
        raise OurError("exit status %d: %s" % (done.returncode, said.strip()))
    else:
        judgement.read(done.stdout)
    return judgement
