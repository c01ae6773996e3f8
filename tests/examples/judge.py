#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds the verdicts of examples/*.packets against the kernel's own nft, and against the program
that xdpfw builds, with every split of the packets into a linear part and the rest.

In: the folder of the examples.  Needs root.  No packet there falls under a deviation that changes
its verdict, so none is excused.
Out: a line for each difference, then "N passed, N failed, N skipped".
"""
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "diff"))
# pylint: disable=wrong-import-position
import our_judge
from frame import DEVICE_MAC, Device, Shape
from nft_judge import NftJudge
from packet_file import Packet

DEVICES = [Device(name, DEVICE_MAC, 0) for name in ("eth0", "eth1", "wan0", "wan1")]


def read_packets(path):
    """[(Packet, accepted)]"""
    rows = []
    for line in open(path, encoding="ascii"):
        if not line.startswith("#"):
            name, verdict, device, frame = line.split()
            rows.append((Packet(bytes.fromhex(frame), device, name), verdict == "accept"))
    return rows


def check_nft(path, rows, judge):
    """Faults, and how many packets were judged."""
    failed = []
    errors = judge.load(path=path)
    if errors:
        return ["%s: nft: line %d: %s" % ((path,) + error) for error in errors], len(rows)
    judgement = judge.run([packet for packet, _ in rows])
    for (packet, wanted), accepted in zip(rows, judgement.accepted):
        # What the stack drops before the hook we drop too (deviation D5).
        if accepted is None and Shape(packet.frame).cut_tag:
            accepted = False
        if accepted != wanted:
            failed.append("%s: %s: wanted %s, nft says the other" %
                          (path, packet.name, "accept" if wanted else "drop"))
    return failed, len(rows)


def check_program(path, rows):
    failed = []
    judgement = our_judge.judge(None, DEVICES, [[packet for packet, _ in rows]], path=path)
    for who in judgement.programs():
        for number, (packet, wanted) in enumerate(rows):
            if judgement.outcomes[who][number].verdict != ("accept" if wanted else "drop"):
                failed.append("%s: %s: %s says %s" %
                              (path, packet.name, who, judgement.outcomes[who][number]))
    if not judgement.programs():
        failed.append("%s: no program: %s" % (path, judgement.errors))
    return failed, len(rows) * len(judgement.programs())


def main(folder):
    os.chdir(folder)
    passed = failed = 0
    judge = NftJudge(DEVICES)
    for path in sorted(glob.glob("*.nft")):
        rows = read_packets(path.replace(".nft", ".packets"))
        for faults, count in check_nft(path, rows, judge), check_program(path, rows):
            failed += len(faults)
            passed += count - len(faults)
            for fault in faults:
                print("FAIL", fault)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
