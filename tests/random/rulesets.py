# SPDX-License-Identifier: GPL-2.0-only
"""rulesets: random rulesets over the whole language, one rule a line.

Input: a random number generator.  Output: a Ruleset, which prints itself in block or in command
form, can leave rules out, and knows which values each rule asks for (the packets are aimed at
those).
"""

from language import FIELDS, FLAGS, PROFILES, TCP_FLAG, fields_of

DEVICE_NAMES = ("xf0", "xf1", "lo")
DEVICE_LISTS = (("xf0",), ("xf1",), ("xf0", "xf1"))
PRIORITIES = (-500, -10, 0, 0, 0, 10, 10, 500)
STACKS = ("ether type 8021ad vlan id %s vlan type 8021q vlan id %s",
          "ether type 8021q vlan id %s vlan type 8021q vlan id %s",
          "ether type 8021ad vlan id %s vlan type 8021ad vlan id %s")


class Aim:
    """A rule wants FIELD (in vlan header number DEPTH) to be near VALUE."""

    def __init__(self, field, value, depth=0):
        self.field, self.value, self.depth = field, value, depth


class Rule:
    def __init__(self, text, aims):
        self.text, self.aims = text, aims


class Chain:
    def __init__(self, table, name, hook=None):
        self.table, self.name, self.hook, self.rules = table, name, hook, []


class Set:
    """A named set or verdict map.  VALUES: the numbers its elements begin and end with."""

    def __init__(self, table, name, field, head, elements, values, is_map):
        self.table, self.name, self.field = table, name, field
        self.head, self.elements, self.values, self.is_map = head, elements, values, is_map

    def keyword(self):
        return "map" if self.is_map else "set"

    def body(self):
        return "".join(" %s;" % part for part in self.head)

    def block(self):
        elements = " elements = { %s };" % ", ".join(self.elements) if self.elements else ""
        return "%s %s {%s%s }" % (self.keyword(), self.name, self.body(), elements)

    def commands(self):
        lines = ["add %s netdev %s %s {%s }" % (self.keyword(), self.table, self.name,
                                                self.body())]
        if self.elements:
            lines.append("add element netdev %s %s { %s }" % (self.table, self.name,
                                                              ", ".join(self.elements)))
        return lines


class Ruleset:
    def __init__(self):
        self.tables, self.chains, self.sets = [], [], []
        self.command_form = False
        self.order = []    # of the rules, in command form

    def rules(self):
        return [rule for chain in self.chains for rule in chain.rules]

    def objects(self):
        """What can be left out beside rules."""
        return self.tables + self.chains + self.sets

    def reduced(self, kept, objects):
        """A ruleset of those rules and objects only, and what stands in objects that are there."""
        part = Ruleset()
        part.command_form = self.command_form
        part.tables = [table for table in self.tables if table in objects]
        part.sets = [item for item in self.sets if item in objects and item.table in part.tables]
        for chain in self.chains:
            if chain in objects and chain.table in part.tables:
                copy = Chain(chain.table, chain.name, chain.hook)
                copy.rules = [rule for rule in chain.rules if rule in kept]
                part.chains.append(copy)
        left = set(part.rules())
        part.order = [rule for rule in self.order if rule in left]
        return part

    def lines(self, kept=None):
        """[(line, its Rule or None)]; with KEPT, a set of rules, only those."""
        lines = self.command_lines() if self.command_form else self.block_lines()
        return [(line, rule) for line, rule in lines if not rule or kept is None or rule in kept]

    def text(self, kept=None):
        return "".join(line + "\n" for line, _ in self.lines(kept))

    def block_lines(self):
        lines = []
        for table in self.tables:
            lines.append(("table netdev %s {" % table, None))
            lines += [("\t" + item.block(), None) for item in self.sets if item.table == table]
            for chain in self.chains:
                if chain.table == table:
                    lines.append(("\tchain %s {" % chain.name, None))
                    if chain.hook:
                        lines.append(("\t\t" + chain.hook, None))
                    lines += [("\t\t" + rule.text, rule) for rule in chain.rules]
                    lines.append(("\t}", None))
            lines.append(("}", None))
        return lines

    def command_lines(self):
        lines = [("add table netdev %s" % table, None) for table in self.tables]
        for chain in self.chains:
            hook = " { %s }" % chain.hook if chain.hook else ""
            lines.append(("add chain netdev %s %s%s" % (chain.table, chain.name, hook), None))
        for item in self.sets:
            lines += [(line, None) for line in item.commands()]
        places = {rule: chain for chain in self.chains for rule in chain.rules}
        for rule in self.order:
            chain = places[rule]
            lines.append(("add rule netdev %s %s %s" % (chain.table, chain.name, rule.text), rule))
        return lines


class Generator:
    def __init__(self, rng):
        self.rng = rng
        self.ruleset = Ruleset()

    def chance(self, part):
        return self.rng.random() < part

    # Values

    def disjoint(self, field, count):
        """COUNT intervals, sorted; now and then two that overlap, which nft has to judge."""
        rng = self.rng
        points = sorted({field.number(rng) for _ in range(count * 2)})
        intervals = []
        while points:
            low = high = points.pop(0)
            if points and not field.is_name() and self.chance(0.3):
                high = points.pop(0)
            intervals.append((low, high))
        if len(intervals) > 1 and self.chance(0.03):
            intervals[1] = intervals[0]
        return intervals[:count]

    def prefix(self, field, value):
        """(text, low, high) of an aligned block around VALUE."""
        length = self.rng.choice((0, 1, 7, 8, 9, 16, 24, 31, 32, 64, 127, 128))
        length = min(length, field.bits)
        size = 1 << field.bits - length
        low = value & ~(size - 1)
        base = low if self.chance(0.8) else value
        return "%s/%d" % (field.kind.text(self.rng, base), length), low, low + size - 1

    def can_prefix(self, field):
        return field.kind.name in ("ipv4_addr", "ipv6_addr")

    def elements(self, field, count, intervals):
        """([text], [number]) of distinct elements."""
        if field.is_name():
            names = self.rng.sample(DEVICE_NAMES, min(count, 3))
            return ['"%s"' % name for name in names], []
        if field.kind is TCP_FLAG and self.chance(0.5):
            masks = self.rng.sample(range(0, 256), count)
            return [self.flags_text(mask, "|") for mask in masks], masks
        texts, numbers = [], []
        for low, high in self.disjoint(field, count):
            if not intervals:
                high = low
            if high > low:
                text = field.kind.range_text(self.rng, low, high)
            else:
                text = field.text(self.rng, low)
            texts.append(text)
            numbers += [low, high]
        return texts, numbers

    def flags_text(self, mask, glue):
        names = [name for name, bit in FLAGS.items() if mask & bit]
        if not names:
            return "0x0"
        return glue.join(names)

    # Matches: each returns (text, [Aim])

    def match_plain(self, field):
        value = field.number(self.rng)
        operator = self.rng.choice(("", "", "", "== ", "!= "))
        return "%s %s%s" % (field.words(self.rng), operator, field.text(self.rng, value)), [value]

    def match_order(self, field):
        value = field.number(self.rng)
        operator = self.rng.choice(("<", ">", "<=", ">="))
        return "%s %s %s" % (field.words(self.rng), operator, field.text(self.rng, value)), [value]

    def match_range(self, field):
        low, high = sorted((field.number(self.rng), field.number(self.rng)))
        if low == high:
            return self.match_plain(field)
        operator = self.rng.choice(("", "", "!= "))
        return "%s %s%s" % (field.words(self.rng), operator,
                            field.kind.range_text(self.rng, low, high)), [low, high]

    def match_prefix(self, field):
        text, low, high = self.prefix(field, field.number(self.rng))
        operator = self.rng.choice(("", "", "!= "))
        return "%s %s%s" % (field.words(self.rng), operator, text), [low, high]

    def match_set(self, field):
        texts, numbers = self.elements(field, self.rng.choice((1, 2, 3, 5, 12)), True)
        operator = self.rng.choice(("", "", "!= "))
        return "%s %s{ %s }" % (field.words(self.rng), operator, ", ".join(texts)), numbers

    def match_mask(self, field):
        rng = self.rng
        mask = rng.choice((field.number(rng), 1 << rng.randrange(field.bits),
                           (1 << field.bits) - 1, 0xFF, 0xF0)) & (1 << field.bits) - 1
        value = field.number(rng) & mask if self.chance(0.9) else field.number(rng)
        operator = rng.choice(("==", "==", "!=", "!=", "<", ">="))
        return "%s & %s %s %s" % (field.words(rng), field.text(rng, mask), operator,
                                  field.text(rng, value)), [value, value | 1, mask]

    def match_flags(self, field):
        rng = self.rng
        first, second = rng.randrange(1, 256), rng.randrange(1, 256)
        comma = self.flags_text(first, ",")
        pipe = self.flags_text(first, "|")
        form = rng.choice(("%(c)s", "%(p)s", "== %(c)s", "!= %(c)s", "! %(c)s",
                           "%(c)s / %(d)s", "!= %(c)s / %(d)s", "& (%(q)s) == %(p)s",
                           "& (%(q)s) != %(p)s", "& (%(q)s) == (%(p)s)", "& (%(q)s) != 0"))
        text = form % {"c": comma, "p": pipe, "q": self.flags_text(second | first, "|"),
                       "d": self.flags_text(second | first, ",")}
        return "%s %s" % (field.words(rng), text), [first, second, first & second, 0]

    def match_name(self, field):
        name = self.rng.choice(DEVICE_NAMES)
        if field.name == "iifname" and self.chance(0.3):
            name = self.rng.choice(("xf*", "x*", "eth0", "eth*", "xf0*"))
        operator = self.rng.choice(("", "", "== ", "!= "))
        return '%s %s"%s"' % (field.words(self.rng), operator, name), []

    def match_named(self, field, table):
        """None when the table has no set for the field."""
        sets = [item for item in self.ruleset.sets if item.table == table and
                item.field.kind is field.kind and item.field.bits == field.bits and
                not item.is_map]
        if not sets:
            return None
        item = self.rng.choice(sets)
        operator = self.rng.choice(("", "", "!= "))
        return "%s %s@%s" % (field.words(self.rng), operator, item.name), item.values

    def match(self, field, table):
        named = self.match_named(field, table) if self.chance(0.35) else None
        if named:
            return named
        if field.is_name():
            return self.match_set(field) if self.chance(0.3) else self.match_name(field)
        forms = [self.match_plain, self.match_plain, self.match_order, self.match_range,
                 self.match_set]
        # nft 1.0.6 builds a wrong shift for a masked field that lies across bytes.
        if field.bits % 8 == 0 or field.offset // 8 == (field.offset + field.bits - 1) // 8 or \
                (field.offset + field.bits) % 8 == 0:
            forms.append(self.match_mask)
        if self.can_prefix(field):
            forms += [self.match_prefix] * 3
        if field.kind is TCP_FLAG:
            forms += [self.match_flags] * 8
        return self.rng.choice(forms)(field)

    # Rules

    def verdict(self, targets):
        choice = self.rng.random()
        if targets and choice < 0.3:
            return self.rng.choice(("jump ", "jump ", "goto ")) + self.rng.choice(targets)
        if choice < 0.5:
            return "drop"
        if choice < 0.7:
            return "accept"
        if choice < 0.78:
            return "return"
        return "continue" if choice < 0.82 else ""

    def map_verdicts(self, count, targets):
        return [self.verdict(targets) or "continue" for _ in range(count)]

    def vmap(self, field, table, targets):
        maps = [item for item in self.ruleset.sets if item.table == table and item.is_map and
                item.field.kind is field.kind and item.field.bits == field.bits]
        if maps and self.chance(0.6):
            item = self.rng.choice(maps)
            return "%s vmap @%s" % (field.words(self.rng), item.name), item.values
        texts, numbers = self.elements(field, self.rng.choice((1, 2, 4, 9)), True)
        verdicts = self.map_verdicts(len(texts), targets)
        pairs = ["%s : %s" % pair for pair in zip(texts, verdicts)]
        return "%s vmap { %s }" % (field.words(self.rng), ", ".join(pairs)), numbers

    def stack(self):
        ids = [self.rng.choice((5, 6, 100)) for _ in range(2)]
        aims = [Aim(field, number, depth) for depth, number in enumerate(ids)
                for field in FIELDS if (field.proto, field.name) == ("vlan", "id")]
        return self.rng.choice(STACKS) % tuple(ids), aims

    def rule(self, table, targets):
        rng = self.rng
        pool = FIELDS if self.chance(0.05) else fields_of(rng.choice(PROFILES))
        parts, aims = [], []
        if self.chance(0.06):
            text, found = self.stack()
            parts.append(text)
            aims += found
        for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 4))):
            field = rng.choice(pool)
            text, numbers = self.match(field, table)
            # Two != on neighbouring bytes: nft 1.0.6 asks whether any of them differs, and lists
            # something else.  xdpfw does what is listed.
            if " != " in text and any(" != " in part for part in parts):
                continue
            parts.append(text)
            aims += [Aim(field, number) for number in numbers]
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            figures = " packets 5 bytes 100" if self.chance(0.03) else ""
            parts.insert(rng.randrange(len(parts) + 1), "counter" + figures)
        if self.chance(0.12):
            field = rng.choice(pool)
            text, numbers = self.vmap(field, table, targets)
            parts.append(text)
            aims += [Aim(field, number) for number in numbers]
            if self.chance(0.3):
                parts.append("counter")
        verdict = self.verdict(targets)
        if verdict or not parts:
            parts.append(verdict or "counter")
        if self.chance(0.05):
            parts.append('comment "rule %d"' % rng.randrange(100))
        return Rule(" ".join(parts), aims)

    # Tables

    def make_sets(self, table, targets):
        rng = self.rng
        for number in range(rng.choice((0, 1, 2, 4))):
            field = rng.choice(FIELDS)
            # iif: a device's number is not known here.  No type name: it needs typeof.
            if field.name == "iif" or not field.kind.name:
                continue
            is_map = self.chance(0.3)
            intervals = not field.is_name() and self.chance(0.5)
            count = rng.choice((0, 1, 3, 8, 30))
            texts, values = self.elements(field, count, intervals)
            head = "type " + field.kind.name
            if is_map:
                texts = ["%s : %s" % pair for pair in zip(texts, self.map_verdicts(len(texts),
                                                                                  targets))]
                head += " : verdict"
            head = [head] + (["flags interval"] if intervals else [])
            name = "%s%d" % ("m" if is_map else "s", number)
            self.ruleset.sets.append(Set(table, name, field, head, texts, values, is_map))

    def hook(self):
        devices = self.rng.choice(DEVICE_LISTS)
        if len(devices) == 1:
            place = 'device "%s"' % devices[0]
        else:
            place = "devices = { %s }" % ", ".join(devices)
        priority = self.rng.choice(PRIORITIES)
        place += " priority %s;" % (self.rng.choice(("filter", "0")) if not priority else priority)
        policy = self.rng.choice(("", " policy accept;", " policy accept;", " policy drop;"))
        return "type filter hook ingress " + place + policy

    def make_table(self, name, size):
        rng = self.rng
        self.ruleset.tables.append(name)
        targets = ["sub%d" % number for number in range(rng.choice((0, 1, 2, 4, 6)))]
        chains = [Chain(name, target) for target in targets]
        bases = [Chain(name, "base%d" % number, self.hook())
                 for number in range(rng.choice((1, 1, 2, 3)))]
        # Any chain may ask a map, so maps lead only to chains that lead nowhere.
        leaves = targets[len(targets) - len(targets) // 2:]
        self.make_sets(name, leaves)
        for position, chain in enumerate(chains):
            count = rng.randrange(1, max(2, size // 3))
            if chain.name in leaves:
                chain.rules = [self.rule("", []) for _ in range(count)]
            else:
                chain.rules = [self.rule(name, targets[position + 1:]) for _ in range(count)]
        for chain in bases:
            chain.rules = [self.rule(name, targets) for _ in range(rng.randrange(1, size))]
        chains += bases
        rng.shuffle(chains)
        self.ruleset.chains += chains

    def make(self):
        rng = self.rng
        ruleset = self.ruleset
        size = rng.choice((3, 6, 10, 16))
        for number in range(rng.choice((1, 1, 2, 3))):
            self.make_table("t%d" % number, size)
        ruleset.command_form = self.chance(0.2)
        queues = [list(chain.rules) for chain in ruleset.chains if chain.rules]
        while queues:
            queue = rng.choice(queues)
            ruleset.order.append(queue.pop(0))
            queues = [queue for queue in queues if queue]
        return ruleset
