# SPDX-License-Identifier: GPL-2.0-only
"""listing: two listings of a ruleset in one form, and the counters in them.

Input: what `nft list` printed, what xdpfw printed.  Output: lines that can be compared, and the
figures of all counters from top to bottom: in rules, in elements, named ones.

The form leaves out three things only: the order of the elements of a set (nft prints those of a
hash in the order of the kernel's table, which differs from load to load), how elements are laid
out in lines, and the figures.
"""

import re

FIGURES = re.compile(r"packets (\d+) bytes (\d+)")
MASK = "packets N bytes N"
ELEMENTS = re.compile(r"elements = \{([^{}]*)\}")
BRACES = re.compile(r"\{ ([^{}\n]*) \}")
COMMA = re.compile(r',\s+(?=(?:[^"]*"[^"]*")*[^"]*$)')


def zeroed(text):
    return FIGURES.sub("packets 0 bytes 0", text)


def sorted_elements(found):
    items = [" ".join(item.split()) for item in COMMA.split(found.group(1).strip())]
    items.sort(key=lambda item: FIGURES.sub(MASK, item))
    head = "elements = " if found.group(0).startswith("elements") else ""
    return "%s{ %s }" % (head, ", ".join(items))


def normal(text):
    """(lines without figures, figures): figures as pairs of numbers."""
    text = BRACES.sub(sorted_elements, ELEMENTS.sub(sorted_elements, text))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    figures = [tuple(map(int, found)) for found in FIGURES.findall("\n".join(lines))]
    return [FIGURES.sub(MASK, line) for line in lines], figures


def differences(theirs, ours):
    """[(number of the line, their line, our line)]."""
    longest = max(len(theirs), len(ours))
    pairs = zip(theirs + [""] * (longest - len(theirs)), ours + [""] * (longest - len(ours)))
    return [(number, left, right) for number, (left, right) in enumerate(pairs) if left != right]


def places(lines):
    """For each line the rule in it, (table, chain, number in the chain), or None."""
    found, numbers = [], {}
    table = chain = None
    for line in lines:
        words, place = line.split(), None
        if line.startswith("table "):
            table = "%s %s" % (words[1], words[2])
        elif line.startswith("\tchain "):
            chain = words[1]
        elif line == "\t}":
            chain = None
        elif chain and line.startswith("\t\t") and words[0] not in ("type", "comment", "policy"):
            number = numbers[table, chain] = numbers.get((table, chain), -1) + 1
            place = table, chain, number
        found.append(place)
    return found
