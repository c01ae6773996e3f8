#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""many: random rulesets for the verifier.

	many.py make DIR COUNT XDPFW [SEED]	writes DIR/N.nft; rules that xdpfw refuses are left out
	many.py verify DIR COUNT XDPFW VERIFY_LOAD [SEED]
						makes them, and has each built, loaded and run on a
						few packets by verify_load; a ruleset that fails stays

Ruleset number N of a seed is always the same.  Out: a line for each ruleset that fails, then
"N passed, N failed, N skipped".
"""
import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "diff"), os.path.join(HERE, "..", "random")]

from rulesets import Generator  # noqa: E402

ROUNDS = 20
PACKETS = "100"


def text_of(seed, number):
    ruleset = Generator(random.Random("%s/%d" % (seed, number))).make()
    return ruleset if isinstance(ruleset, str) else ruleset.text()


def write_accepted(path, text, xdpfw):
    """False when even without the refused lines nothing is left that xdpfw takes."""
    lines = text.split("\n")
    for _ in range(ROUNDS):
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        done = subprocess.run([xdpfw, "--emit=plan", "-f", path], capture_output=True, text=True,
                              check=False)
        if not done.returncode:
            return True
        refused = {int(line) for line in re.findall(
            r"^%s:(\d+):\d+: error:" % re.escape(path), done.stderr, re.M)}
        if not refused:
            return False
        lines = ["" if number in refused else line for number, line in enumerate(lines, 1)]
    return False


def main(action, folder, count, xdpfw, *rest):
    rest = list(rest)
    verify = rest.pop(0) if action == "verify" else None
    seed = rest[0] if rest else "1"
    passed = failed = skipped = 0
    for number in range(int(count)):
        path = os.path.join(folder, "%d.nft" % number)
        if not write_accepted(path, text_of(seed, number), xdpfw):
            os.unlink(path)
            skipped += 1
            continue
        if verify:
            done = subprocess.run([verify, "-n", PACKETS, path], capture_output=True, text=True,
                                  check=False)
            if done.returncode:
                failed += 1
                print("FAIL %s (seed %s)\n%s" % (path, seed, done.stderr[-2000:]), flush=True)
                continue
            os.unlink(path)
        passed += 1
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
