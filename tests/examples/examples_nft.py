#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Asks the kernel's own nft about examples/*.packets: are the verdicts written there nft's too?

In: the folder of the examples.  Needs root.  Later fragments are left to xdpfw alone where
deviation D1 makes the verdicts differ; no example has such a packet today, so none is excused.
Out: a line for each difference, then "N passed, N failed, N skipped".
"""
import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "diff"))
# pylint: disable=wrong-import-position
from frame import DEVICE_MAC, Shape
from nft_judge import NftJudge
from packet_file import Packet


def read_packets(path):
    """[(Packet, accepted)]"""
    rows = []
    for line in open(path, encoding="ascii"):
        if not line.startswith("#"):
            name, verdict, device, frame = line.split()
            rows.append((Packet(bytes.fromhex(frame), device, name), verdict == "accept"))
    return rows


def check(path, judge):
    failed = []
    rows = read_packets(path.replace(".nft", ".packets"))
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


def main(folder):
    os.chdir(folder)
    passed = failed = 0
    judge = NftJudge([(name, DEVICE_MAC) for name in ("eth0", "eth1", "wan0", "wan1")])
    for path in sorted(glob.glob("*.nft")):
        faults, count = check(path, judge)
        failed += len(faults)
        passed += count - len(faults)
        for fault in faults:
            print("FAIL", fault)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
