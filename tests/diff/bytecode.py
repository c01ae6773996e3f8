# SPDX-License-Identifier: GPL-2.0-only
"""bytecode: what the kernel's rules ask of a packet.

Input: rules as netlink.py reads them.  Output: for each rule its tests: which bytes of the packet
it loads, what it makes of them, what it compares them with.  From that wishes() chooses values for
those bytes: such that the rule matches, or such that one of its tests is just missed.

This is what packets are aimed by.  It knows nothing of nft's language nor of our field table: a
constant that nft or we got wrong is still the one the kernel compares with.  Nothing is judged
here, so a mistake costs aim and not truth.
"""

from collections import namedtuple

import netlink
from netlink import attribute_data, number

REGISTER_FILE = 64
CMP_EQ, CMP_NEQ, CMP_LT, CMP_LTE, CMP_GT, CMP_GTE = range(6)
BITWISE_MASK, BITWISE_LEFT, BITWISE_RIGHT = range(3)
LOOKUP_INVERTED = 1
EXTHDR_PRESENT = 1

# KIND `payload`: BASE, OFFSET, SIZE.  `meta`: BASE is the key.  `exthdr`: BASE is the kind of
# header list, TYPE the header, PRESENT when only its being there is asked.  TUNNEL: None, or
# (type, header size, flags) when the load is from the packet inside a tunnel.
Load = namedtuple("Load", "kind base offset size type present tunnel")
# VALUE and MASK: bytes as long as the load.
Wish = namedtuple("Wish", "load value mask")


def register_start(register):
    """The first byte of a register, 16 bytes (1 to 4) or 4 bytes (8 to 23) long."""
    return (register - 1) * 16 if register < 8 else (register - 8) * 4


class Value:
    """What is in registers from START on: a load, and the steps that changed it since."""

    def __init__(self, load, start, steps=()):
        self.load, self.start, self.steps = load, start, tuple(steps)
        self.end = start + load.size

    def moved(self, start, step):
        return Value(self.load, start, self.steps + (step,))

    def before(self, data, mask):
        """The bytes to load so that (DATA under MASK) is in the registers."""
        for step, *figures in reversed(self.steps):
            data, mask = step(data, mask, *figures)
        return Wish(self.load, data, mask)


def and_bytes(left, right):
    return bytes(a & b for a, b in zip(left, right))


def xor_bytes(left, right):
    return bytes(a ^ b for a, b in zip(left, right))


def undo_mask(data, mask, with_mask, with_xor):
    return xor_bytes(data, with_xor), and_bytes(mask, with_mask)


def undo_shift(data, mask, bits):
    """BITS > 0: it was shifted to the left."""
    size, limit = len(data), (1 << 8 * len(data)) - 1

    def shift(row):
        figure = int.from_bytes(row, "big")
        figure = figure >> bits if bits > 0 else figure << -bits & limit
        return figure.to_bytes(size, "big")
    return shift(data), shift(mask)


def undo_order(data, mask, size):
    def swap(row):
        return b"".join(row[at:at + size][::-1] for at in range(0, len(row), size))
    return swap(data), swap(mask)


class Test:
    """A comparison of the registers START to END with something.  TRUTHS: row ranges (low, high),
    each row such bytes; INVERTED: it asks that none of them holds.  LISTED: the other outcome ends
    no rule (a verdict map)."""

    def __init__(self, values, start, size, truths, inverted=False):
        self.start, self.size, self.truths, self.inverted = start, size, truths, inverted
        self.values = [value for value in values
                       if value.start < start + size and value.end > start]

    def neighbour(self, rng, row):
        choice = rng.random()
        figure = int.from_bytes(row, "big")
        if choice < 0.5:
            figure += rng.choice((-1, 1))
        elif choice < 0.8:
            # A bit that the loads can have: a register is wider than the load in it.
            value = rng.choice(self.values) if self.values else None
            first = max(value.start, self.start) - self.start if value else 0
            last = min(value.end - self.start, self.size) if value else self.size
            bit = rng.randrange(first * 8, last * 8)
            figure ^= 1 << 8 * len(row) - 1 - bit
        else:
            return bytes(rng.getrandbits(8) for _ in row)
        return (figure % (1 << 8 * len(row))).to_bytes(len(row), "big")

    def between(self, rng, low, high):
        """A row with every part of it between those of LOW and HIGH."""
        if rng.random() < 0.5 or low == high:
            return rng.choice((low, high))
        row = bytearray(low)
        for value in self.values or [None]:
            first = max(value.start - self.start, 0) if value else 0
            last = min(value.end - self.start, len(row)) if value else len(row)
            least = int.from_bytes(low[first:last], "big")
            most = int.from_bytes(high[first:last], "big")
            figure = rng.randint(min(least, most), max(least, most))
            row[first:last] = figure.to_bytes(last - first, "big")
        return bytes(row)

    def wishes(self, rng, hit):
        if not self.truths:
            row = bytes(rng.getrandbits(8) for _ in range(self.size))
        else:
            low, high = rng.choice(self.truths)
            row = self.between(rng, low, high)
            if hit == self.inverted:
                row = self.neighbour(rng, row)
        found = []
        for value in self.values:
            first, last = max(value.start, self.start), min(value.end, self.start + len(row))
            data, mask = bytearray(value.load.size), bytearray(value.load.size)
            part = row[first - self.start:last - self.start]
            data[first - value.start:first - value.start + len(part)] = part
            mask[first - value.start:first - value.start + len(part)] = b"\xff" * len(part)
            found.append(value.before(bytes(data), bytes(mask)))
        return found


def comparison(operator, data):
    """(truths, inverted)."""
    least, most = bytes(len(data)), b"\xff" * len(data)
    figure = int.from_bytes(data, "big")
    below = max(figure - 1, 0).to_bytes(len(data), "big")
    above = min(figure + 1, (1 << 8 * len(data)) - 1).to_bytes(len(data), "big")
    return {CMP_EQ: ([(data, data)], False), CMP_NEQ: ([(data, data)], True),
            CMP_LT: ([(least, below), (below, below)], False),
            CMP_LTE: ([(least, data), (data, data)], False),
            CMP_GT: ([(above, most), (above, above)], False),
            CMP_GTE: ([(data, most), (data, data)], False)}[operator]


def element_ranges(elements, flags):
    """[(low, high)], sorted: the kernel's hash has another order after each load."""
    keyed = [element for element in elements if element.key is not None]
    if not flags & netlink.SET_INTERVAL:
        return sorted((element.key, element.key) for element in keyed)
    if any(element.key_end is not None for element in keyed):
        return sorted((element.key, element.key_end or element.key) for element in keyed)
    ranges, low = [], None
    for element in sorted(keyed, key=lambda item: (item.key, not item.flags & 1)):
        if element.flags & netlink.ELEMENT_END:
            if low is not None:
                figure = int.from_bytes(element.key, "big") - 1
                ranges.append((low, max(figure, 0).to_bytes(len(element.key), "big")))
            low = None
        else:
            low = element.key
    if low is not None:
        ranges.append((low, b"\xff" * len(low)))
    return ranges


class RuleReader:
    """Goes through the expressions of one rule."""

    def __init__(self, rule, find_set):
        self.rule, self.find_set = rule, find_set
        self.values, self.tests = [], []
        self.chains = []    # the rule leads there
        for name, fields in rule.expressions:
            reader = getattr(self, "read_" + name, None)
            if reader:
                reader(fields)

    def put(self, value):
        self.values = [other for other in self.values
                       if other.start >= value.end or other.end <= value.start] + [value]

    def put_load(self, fields, attribute, tunnel=None, **parts):
        if attribute not in fields:
            return    # it stores, it does not load
        parts = dict({"offset": 0, "type": 0, "present": False, "tunnel": tunnel}, **parts)
        self.put(Value(Load(**parts), register_start(number(fields[attribute]))))

    def test(self, register, size, truths, inverted=False):
        self.tests.append(Test(self.values, register_start(register), size, truths, inverted))

    def read_payload(self, fields, tunnel=None):
        self.put_load(fields, 1, tunnel, kind="payload", base=number(fields[2]),
                      offset=number(fields[3]), size=number(fields[4]))

    def read_meta(self, fields, tunnel=None):
        key = number(fields[2])
        self.put_load(fields, 1, tunnel, kind="meta", base=key, size=META_SIZES.get(key, 4))

    def read_exthdr(self, fields):
        present = number(fields.get(5, b"\0")) & EXTHDR_PRESENT
        self.put_load(fields, 1, kind="exthdr", base=number(fields.get(6, b"\0")),
                      type=number(fields[2]), offset=number(fields[3]),
                      size=1 if present else number(fields[4]), present=bool(present))

    def read_inner(self, fields):
        tunnel = number(fields[2]), number(fields[4]), number(fields[3])
        name, parts = netlink.read_expression(fields[5])
        {"payload": self.read_payload, "meta": self.read_meta}[name](parts, tunnel)

    def change(self, fields, size, make_step):
        first, to = register_start(number(fields[1])), register_start(number(fields[2]))
        for value in list(self.values):
            if first <= value.start < first + size:
                at = value.start - first
                step = make_step(at, value.load.size)
                if step:
                    self.put(value.moved(to + at, step))

    def read_bitwise(self, fields):
        size, kind = number(fields[3]), number(fields.get(6, b"\0"))
        if kind == BITWISE_MASK and 4 in fields and 5 in fields:
            mask, xor = attribute_data(fields[4]), attribute_data(fields[5])
            self.change(fields, size, lambda at, length: (
                undo_mask, mask[at:at + length].ljust(length, b"\xff"),
                xor[at:at + length].ljust(length, b"\0")))
        elif kind in (BITWISE_LEFT, BITWISE_RIGHT):
            bits = int.from_bytes(attribute_data(fields[7]), "big")
            bits = bits if kind == BITWISE_LEFT else -bits
            self.change(fields, size, lambda at, length: (undo_shift, bits))

    def read_byteorder(self, fields):
        size = number(fields[5])
        self.change(fields, number(fields[4]), lambda at, length: (undo_order, size))

    def read_cmp(self, fields):
        data = attribute_data(fields[3])
        self.test(number(fields[1]), len(data), *comparison(number(fields[2]), data))

    def read_range(self, fields):
        low, high = attribute_data(fields[3]), attribute_data(fields[4])
        self.test(number(fields[1]), len(low), [(low, high)], bool(number(fields[2])))

    def read_lookup(self, fields):
        ranges, size = self.find_set(self.rule, netlink.attribute_text(fields[1]))
        inverted = bool(number(fields.get(5, b"\0")) & LOOKUP_INVERTED)
        self.test(number(fields[2]), size, ranges, inverted)

    def read_objref(self, fields):
        if 3 in fields:
            ranges, size = self.find_set(self.rule, netlink.attribute_text(fields[4]))
            self.test(number(fields[3]), size, ranges)

    def read_immediate(self, fields):
        verdict = dict(netlink.attributes(fields[2])).get(2)
        chain = dict(netlink.attributes(verdict)).get(2) if verdict else None
        if chain:
            self.chains.append(netlink.attribute_text(chain))


# Sizes of what nft_meta loads; 4 when it is not here.
META_SIZES = {1: 2, 6: 16, 7: 16, 8: 2, 9: 2, 15: 1, 16: 1, 19: 1, 25: 1, 26: 16, 27: 16, 30: 8,
              31: 1, 34: 16}


class RuleAim:
    def __init__(self, rule, reader):
        self.family, self.table, self.chain = rule.family, rule.table, rule.chain
        self.tests, self.chains = reader.tests, reader.chains

    def wishes(self, rng, miss=False):
        """Wishes for a packet that hits; with MISS one test, any, is missed just so.

        Wishes for the same bytes: the last one holds.  Those of tests that ask for something
        stand behind those that ask for anything else.
        """
        missed = rng.randrange(len(self.tests)) if miss and self.tests else -1
        loose, firm = [], []
        for at, test in enumerate(self.tests):
            hit = at != missed
            (loose if test.inverted == hit else firm).extend(test.wishes(rng, hit))
        return loose + firm


def read_aims(skip_table):
    """The aims of all rules of the namespace but those of the table SKIP_TABLE."""
    flags = netlink.dump_set_flags()
    cache = {}

    def find_set(rule, name):
        place = rule.family, rule.table_name, name
        if place not in cache:
            elements = netlink.dump_elements(*place)
            size = max((len(element.key) for element in elements if element.key), default=4)
            cache[place] = element_ranges(elements, flags[place]), size
        return cache[place]

    return [RuleAim(rule, RuleReader(rule, find_set)) for rule in netlink.dump_rules()
            if rule.table != skip_table]


# What no packet can change, by nft's numbers (`meta mark` ...): a rule that reads nothing else has
# one outcome.  Of devices, the names and groups are not among them.
FACTS = {4: "iif", 2: "priority", 3: "mark", 5: "oif", 7: "oifname", 8: "iiftype", 9: "oiftype",
         10: "skuid", 11: "skgid", 20: "cpu", 22: "oifgroup", 23: "cgroup", 24: "random", 30:
         "time",
         31: "day", 32: "hour"}


def depends_on_facts(aims, every=all):
    """Is every test of the rules one of such a fact?  With EVERY `any`: one of them?"""
    tests = [test for aim in aims for test in aim.tests]
    return not tests or every(all(
        value.load.kind == "meta" and value.load.base in FACTS for value in test.values)
        for test in tests)


def read_meaning(skip_table):
    """All there is in the kernel but numbers that differ from load to load: a list of lines.

    Counters stand in it without figures, anonymous sets by what is in them.
    """
    flags = netlink.dump_set_flags()
    lines, anonymous = [], {}
    for place in sorted(flags):
        family, table, name = place
        if "%s %s" % (netlink.FAMILY_NAMES[family], table) == skip_table:
            continue
        elements = sorted((element.plain() for element in netlink.dump_elements(*place)), key=str)
        if name.startswith("__"):
            anonymous[table, name] = "%x %s" % (flags[place], elements)
        else:
            lines.append("%s %s %s: %x %s" % (family, table, name, flags[place], elements))
    for rule in netlink.dump_rules():
        if rule.table != skip_table:
            lines.append("%s %s: %s" % (rule.table, rule.chain, "; ".join(
                "%s %s" % (name, plain_fields(rule, name, fields, anonymous))
                for name, fields in rule.expressions)))
    return lines + sorted(map(str, netlink.dump_counters()))


def plain_fields(rule, name, fields, anonymous):
    if name == "counter":
        return ""
    found = {}
    for kind, value in fields.items():
        known = None
        if name in ("lookup", "objref"):
            text = value.rstrip(b"\0").decode("latin-1")
            known = anonymous.get((rule.table_name, text))
            if (name, kind) in (("lookup", 4), ("objref", 5)):    # the set's number in a load
                continue
        found[kind] = known or value.hex()
    return found

