# SPDX-License-Identifier: GPL-2.0-only
"""rulesets: random rulesets over the whole language, one rule, set or counter a line.

Input: a random number generator, the version of nft.  Output: a Ruleset, which prints itself in
block or in command form, and can leave rules, sets and counters out.
"""

import language
from language import FLAGS, INTEGER, PROFILES, TCP_FLAG, TUNNEL_HEADS, TUNNEL_PROFILES, raw_field

DEVICE_NAMES = ("xf0", "xf1", "lo")
DEVICE_LISTS = (("xf0",), ("xf1",), ("xf0", "xf1"))
PRIORITIES = (-500, -10, 0, 0, 0, 10, 10, 500)
STACKS = ("ether type 8021ad vlan id %s vlan type 8021q vlan id %s",
          "ether type 8021q vlan id %s vlan type 8021q vlan id %s",
          "ether type 8021ad vlan id %s vlan type 8021ad vlan id %s")


class Item:
    """A rule, a set, a map or a counter: stands in one line and may be left out."""


class Rule(Item):
    def __init__(self, text):
        self.text = text


class Table:
    def __init__(self, family, name, dormant=False):
        self.family, self.name, self.dormant = family, name, dormant
        self.words = "%s %s" % (family, name)


class Chain:
    def __init__(self, table, name, hook=None):
        self.table, self.name, self.hook, self.rules = table, name, hook, []


class Counter(Item):
    def __init__(self, table, name, figures):
        self.table, self.name, self.figures = table, name, figures
        self.text = self.block()

    def block(self):
        return "counter %s { %s}" % (self.name, self.figures and self.figures + "; ")

    def commands(self):
        return ["add counter %s %s%s" % (self.table.words, self.name,
                                         self.figures and " { %s; }" % self.figures)]


class Set(Item):
    """A named set or map.  DATA: None, `verdict` or `counter`."""

    def __init__(self, table, name, key, head, elements, data):
        self.table, self.name, self.key = table, name, key
        self.head, self.elements, self.data = head, elements, data
        self.text = self.block()

    def keyword(self):
        return "map" if self.data else "set"

    def body(self):
        return "".join(" %s;" % part for part in self.head)

    def block(self):
        elements = " elements = { %s };" % ", ".join(self.elements) if self.elements else ""
        return "%s %s {%s%s }" % (self.keyword(), self.name, self.body(), elements)

    def commands(self):
        lines = ["add %s %s %s {%s }" % (self.keyword(), self.table.words, self.name, self.body())]
        if self.elements:
            lines.append("add element %s %s { %s }" % (self.table.words, self.name,
                                                       ", ".join(self.elements)))
        return lines


class Ruleset:
    def __init__(self):
        self.tables, self.chains, self.sets, self.counters = [], [], [], []
        self.command_form = False
        self.order = []    # of the rules, in command form

    def rules(self):
        return [rule for chain in self.chains for rule in chain.rules]

    def items(self):
        return self.rules() + self.sets + self.counters

    def frame(self):
        """What can be left out beside items."""
        return self.tables + self.chains

    def reduced(self, kept, frame=None):
        """A ruleset of the items KEPT, of the tables and chains FRAME."""
        part = Ruleset()
        part.command_form = self.command_form
        part.tables = [table for table in self.tables if frame is None or table in frame]
        part.sets = [item for item in self.sets if item in kept and item.table in part.tables]
        part.counters = [item for item in self.counters
                         if item in kept and item.table in part.tables]
        for chain in self.chains:
            if (frame is None or chain in frame) and chain.table in part.tables:
                copy = Chain(chain.table, chain.name, chain.hook)
                copy.rules = [rule for rule in chain.rules if rule in kept]
                part.chains.append(copy)
        left = set(part.rules())
        part.order = [rule for rule in self.order if rule in left]
        return part

    def lines(self):
        """[(line, its Item or None)]."""
        return self.command_lines() if self.command_form else self.block_lines()

    def text(self):
        return "".join(line + "\n" for line, _ in self.lines())

    def block_lines(self):
        lines = []
        for table in self.tables:
            lines.append(("table %s {" % table.words, None))
            if table.dormant:
                lines.append(("\tflags dormant", None))
            lines += [("\t" + item.block(), item) for item in self.counters + self.sets
                      if item.table is table]
            for chain in self.chains:
                if chain.table is table:
                    lines.append(("\tchain %s {" % chain.name, None))
                    if chain.hook:
                        lines.append(("\t\t" + chain.hook, None))
                    lines += [("\t\t" + rule.text, rule) for rule in chain.rules]
                    lines.append(("\t}", None))
            lines.append(("}", None))
        return lines

    def command_lines(self):
        lines = [("add table %s%s" % (table.words, " { flags dormant; }" * table.dormant), None)
                 for table in self.tables]
        for chain in self.chains:
            hook = " { %s }" % chain.hook if chain.hook else ""
            lines.append(("add chain %s %s%s" % (chain.table.words, chain.name, hook), None))
        for item in self.counters + self.sets:
            lines += [(line, item) for line in item.commands()]
        places = {rule: chain for chain in self.chains for rule in chain.rules}
        for rule in self.order:
            chain = places[rule]
            lines.append(("add rule %s %s %s" % (chain.table.words, chain.name, rule.text), rule))
        return lines


def flags_text(mask, glue):
    names = [name for name, bit in FLAGS.items() if mask & bit]
    return glue.join(names) if names else "0x0"


def can_prefix(field):
    return field.kind.name in ("ipv4_addr", "ipv6_addr")


def same_key(left, right):
    return len(left) == len(right) and all(one.like(other) for one, other in zip(left, right))


class Values:
    """Elements, ranges and matches of fields, in nft's words."""

    def __init__(self, rng, version):
        self.rng, self.version = rng, version

    def chance(self, part):
        return self.rng.random() < part

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
        if len(intervals) > 1 and self.chance(0.02):
            intervals[1] = intervals[0]
        rng.shuffle(intervals)
        return intervals[:count]

    def prefix(self, field, value):
        """An aligned block around VALUE."""
        length = min(self.rng.choice((0, 1, 7, 8, 9, 16, 24, 31, 32, 64, 127, 128)), field.bits)
        base = value & ~((1 << field.bits - length) - 1) if self.chance(0.8) else value
        return "%s/%d" % (field.kind.text(self.rng, base), length)

    def interval(self, field, low, high):
        if high > low:
            return field.kind.range_text(self.rng, low, high)
        return field.text(self.rng, low)

    def part(self, field, intervals):
        """One part of an element of several parts."""
        if field.is_name():
            return '"%s"' % self.rng.choice(DEVICE_NAMES)
        if intervals and can_prefix(field) and self.chance(0.3):
            value = field.number(self.rng)
            return self.prefix(field, value)
        if intervals and self.chance(0.4):
            return self.interval(field, *sorted((field.number(self.rng), field.number(self.rng))))
        return field.text(self.rng, field.number(self.rng))

    def elements(self, key, count, intervals):
        """Texts of distinct elements of KEY, a list of fields."""
        first = key[0]
        if first.is_name():
            texts = ['"%s"' % name for name in self.rng.sample(DEVICE_NAMES, min(count, 3))]
        elif first.kind is TCP_FLAG and self.chance(0.5) and len(key) == 1:
            return [flags_text(mask, "|") for mask in self.rng.sample(range(256), count)]
        else:
            # nft 1.1 compares other bits of a field astride bytes with ranges in a set.
            intervals = intervals and not (self.version >= (1, 1) and first.is_astride())
            texts = [self.interval(first, low, high if intervals else low)
                     for low, high in self.disjoint(first, count)]
        return [" . ".join([text] + [self.part(field, intervals) for field in key[1:]])
                for text in texts]

    # Matches

    def plain(self, field):
        return "%s %s%s" % (field.words(self.rng), self.rng.choice(("", "", "", "== ", "!= ")),
                            field.text(self.rng, field.number(self.rng)))

    def order(self, field):
        return "%s %s %s" % (field.words(self.rng), self.rng.choice(("<", ">", "<=", ">=")),
                             field.text(self.rng, field.number(self.rng)))

    def range(self, field):
        low, high = sorted((field.number(self.rng), field.number(self.rng)))
        if low == high:
            return self.plain(field)
        return "%s %s%s" % (field.words(self.rng), self.rng.choice(("", "", "!= ")),
                            field.kind.range_text(self.rng, low, high))

    def network(self, field):
        return "%s %s%s" % (field.words(self.rng), self.rng.choice(("", "", "!= ")),
                            self.prefix(field, field.number(self.rng)))

    def anonymous(self, key):
        count = self.rng.choice((1, 2, 3, 5, 12))
        return "%s %s{ %s }" % (" . ".join(field.words(self.rng) for field in key),
                                self.rng.choice(("", "", "!= ")),
                                ", ".join(self.elements(key, count, True)))

    def mask(self, field):
        rng, limit = self.rng, (1 << field.bits) - 1
        mask = rng.choice((field.number(rng), 1 << rng.randrange(field.bits), limit, 0xFF,
                           0xF0)) & limit
        value = field.number(rng)
        operator = rng.choice(("==", "==", "!=", "!=", "<", ">="))
        form = rng.choice(("&",) * 12 + ("|", "^", "^", "and"))
        if form in ("&", "and") and self.chance(0.9):
            value &= mask
        elif form == "|" and self.chance(0.9):
            value |= mask
        return "%s %s %s %s %s" % (field.words(rng), form, field.text(rng, mask), operator,
                                   field.text(rng, value))

    def shift(self, field):
        rng = self.rng
        return "%s %s %d %s %s" % (field.words(rng), rng.choice(("<<", ">>")),
                                   rng.randrange(field.bits), rng.choice(("==", "!=")),
                                   field.text(rng, field.number(rng)))

    def slash(self, field):
        rng = self.rng
        return "%s %s / %s" % (field.words(rng), field.text(rng, field.number(rng)),
                               field.text(rng, field.number(rng)))

    def flags(self, field):
        rng = self.rng
        first, second = rng.randrange(1, 256), rng.randrange(1, 256)
        form = rng.choice(("%(c)s", "%(p)s", "== %(c)s", "!= %(c)s", "! %(c)s",
                           "%(c)s / %(d)s", "!= %(c)s / %(d)s", "& (%(q)s) == %(p)s",
                           "& (%(q)s) != %(p)s", "& (%(q)s) == (%(p)s)", "& (%(q)s) != 0"))
        return "%s %s" % (field.words(rng), form % {
            "c": flags_text(first, ","), "p": flags_text(first, "|"),
            "q": flags_text(second | first, "|"), "d": flags_text(second | first, ",")})

    def name(self, field):
        name = self.rng.choice(DEVICE_NAMES)
        if self.chance(0.3):
            name = self.rng.choice(("xf*", "x*", "eth0", "eth*", "xf0*"))
        return '%s %s"%s"' % (field.words(self.rng), self.rng.choice(("", "", "== ", "!= ")), name)

    def match(self, field):
        if field.flag:
            return "%s %s" % (field.words(self.rng), self.rng.choice(("exists", "missing")))
        if field.is_name():
            return self.anonymous([field]) if self.chance(0.3) else self.name(field)
        forms = [self.plain] * 4 + [self.order] * 2 + [self.range] * 2
        if field.kind.pool_only:
            return self.rng.choice(forms)(field)
        forms += [self.mask] * 2
        forms += [lambda field: self.anonymous([field])] * 2
        if can_prefix(field):
            forms += [self.network] * 5
        if field.kind is TCP_FLAG:
            forms += [self.flags] * 12
        if self.chance(0.1):
            forms += [self.shift, self.slash] if field.kind is INTEGER else [self.slash]
        return self.rng.choice(forms)(field)


class Generator:
    """VERSION: of nft, (major, minor); language that is newer is left out."""

    def __init__(self, rng, version=(1, 0)):
        self.rng, self.version = rng, version
        self.values = Values(rng, version)
        self.ruleset = Ruleset()
        self.all_fields = [field for field in language.FIELDS
                           if field.least <= version < field.below]

    def chance(self, part):
        return self.rng.random() < part

    def profile(self):
        """(what has to stand before, the fields that may stand together in a rule)."""
        rng = self.rng
        if self.chance(0.03):
            return "", [field for field in self.all_fields if field.least < (1, 1)]
        if self.version >= (1, 1) and self.chance(0.15):
            profile = rng.choice(TUNNEL_PROFILES)
        else:
            profile = rng.choice(PROFILES)
        head = rng.choice(TUNNEL_HEADS[profile[0]]) if profile[0] in TUNNEL_HEADS else ""
        pool = [field for field in self.all_fields if field.profile in profile]
        if "raw" in profile:
            pool = rng.sample(pool, min(3, len(pool))) + [raw_field(rng) for _ in range(3)]
        return head, pool

    def key(self, pool):
        """Fields for a set: one, or several."""
        pool = [field for field in pool if not field.flag]
        if not pool:
            return None
        count = self.rng.choice((1, 1, 1, 1, 2, 2, 3, 4, 5, 6))
        return [self.rng.choice(pool) for _ in range(count)]

    def find(self, table, pool, data):
        """(field words, a named set or map of TABLE for fields of POOL), or None."""
        found = []
        for item in self.ruleset.sets:
            if item.table is table and item.data == data:
                words = [[field for field in pool if not field.flag and field.like(wanted)]
                         for wanted in item.key]
                if all(words):
                    found.append((words, item))
        if not found:
            return None
        words, item = self.rng.choice(found)
        return " . ".join(self.rng.choice(fields).words(self.rng) for fields in words), item

    def named(self, table, pool):
        found = self.find(table, pool, None)
        return found and "%s %s@%s" % (found[0], self.rng.choice(("", "", "!= ")), found[1].name)

    def match(self, table, pool):
        choice = self.rng.random()
        named = self.named(table, pool) if choice < 0.3 else None
        if named:
            return named
        key = self.key(pool) if choice > 0.85 else None
        if key and len(key) > 1:
            return self.values.anonymous(key)
        return self.values.match(self.rng.choice(pool))

    # Statements

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

    def pairs(self, texts, targets, data, counters):
        if data == "counter":
            return ['%s : "%s"' % (text, self.rng.choice(counters)) for text in texts]
        return ["%s : %s" % (text, self.verdict(targets) or "continue") for text in texts]

    def catch_all(self, texts):
        return texts + ["*"] if self.chance(0.12) else texts

    def map(self, table, pool, targets, data, counters):
        """`tcp dport vmap { ... }`, `counter name tcp dport map { ... }`; or None."""
        found = self.find(table, pool, data) if self.chance(0.6) else None
        head, word = ("counter name ", "map") if data == "counter" else ("", "vmap")
        if found:
            return "%s%s %s @%s" % (head, found[0], word, found[1].name)
        key = self.key(pool)
        if not key:
            return None
        texts = self.catch_all(self.values.elements(key, self.rng.choice((1, 2, 4, 9)), True))
        return "%s%s %s { %s }" % (head, " . ".join(field.words(self.rng) for field in key), word,
                                   ", ".join(self.pairs(texts, targets, data, counters)))

    def counter(self, pool, table, counters):
        choice = self.rng.random()
        if counters and choice < 0.2:
            return 'counter name "%s"' % self.rng.choice(counters)
        if counters and choice < 0.3:
            return self.map(table, pool, [], "counter", counters) or "counter"
        return "counter packets 5 bytes 100" if choice > 0.97 else "counter"

    def stack(self):
        return self.rng.choice(STACKS) % tuple(self.rng.choice((5, 6, 100)) for _ in range(2))

    def rule(self, table, targets, counters):
        rng = self.rng
        head, pool = self.profile()
        parts = []
        if self.chance(0.04):
            parts.append(self.stack())
        if table and table.family == "inet" and self.chance(0.1):
            parts.append("meta nfproto " + rng.choice(("ipv4", "ipv6", "!= ipv4",
                                                       "{ ipv4, ipv6 }")))
        for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 4))):
            text = self.match(table, pool)
            # Two != on neighbouring bytes: nft 1.0.6 asks whether any of them differs, and lists
            # something else.  xdpfw does what is listed.
            if not (" != " in text and any(" != " in part for part in parts)):
                parts.append(text)
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            parts.insert(rng.randrange(len(parts) + 1), self.counter(pool, table, counters))
        if self.chance(0.12):
            parts.append(self.map(table, pool, targets, "verdict", counters) or "counter")
            if self.chance(0.3):
                parts.append("counter")
        verdict = self.verdict(targets)
        if verdict or not parts:
            parts.append(verdict or "counter")
        if self.chance(0.05):
            parts.append('comment "rule %d"' % rng.randrange(100))
        return Rule(" ".join([head] * bool(head) + parts))

    # Tables

    def set_head(self, key, data, intervals):
        """The lines of a set's body before its elements."""
        typed = all(field.kind.name for field in key)
        if typed and (data == "counter" or self.chance(0.6)):
            head = "type " + " . ".join(field.kind.name for field in key)
        else:
            head = "typeof " + " . ".join(field.text_of_field for field in key)
        head += " : " + data if data else ""
        found = [head]
        flags = ["interval"] if intervals else []
        flags += ["constant"] if self.chance(0.05) else []
        if flags:
            found.append("flags " + ",".join(flags))
        for text, part in (("counter", 0.2 if data != "counter" else 0), ("size 65535", 0.05),
                           ("auto-merge", 0.1 if intervals and not data else 0),
                           ('comment "a set"', 0.04), ("policy memory", 0.04)):
            if self.chance(part):
                found.append(text)
        return found

    def make_sets(self, table, targets, counters):
        rng = self.rng
        for number in range(rng.choice((0, 1, 2, 3, 5))):
            key = self.key([field for field in self.profile()[1] if field.profile != "raw"])
            if not key:
                continue
            data = rng.choice((None, None, None, "verdict", "verdict", "counter"))
            # nft takes no `typeof ... : counter`.
            if data == "counter" and not (counters and all(field.kind.name for field in key)):
                data = None
            intervals = not key[0].is_name() and self.chance(0.5)
            texts = self.values.elements(key, rng.choice((0, 1, 3, 8, 30)), intervals)
            texts = [text + (' comment "an element"' if self.chance(0.03) else "")
                     for text in self.catch_all(texts)]
            if data:
                texts = self.pairs(texts, targets, data, counters)
            self.ruleset.sets.append(Set(table, "%s%d" % ("m" if data else "s", number), key,
                                         self.set_head(key, data, intervals), texts, data))

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

    def make_counters(self, table):
        names = ["n%d" % number for number in range(self.rng.choice((0, 0, 1, 2, 3)))]
        for name in names:
            figures = "packets 7 bytes 700" if self.chance(0.2) else ""
            self.ruleset.counters.append(Counter(table, name, figures))
        return names

    def make_table(self, name, size):
        rng = self.rng
        table = Table(rng.choice(("netdev", "netdev", "netdev", "inet")), name, self.chance(0.04))
        self.ruleset.tables.append(table)
        counters = self.make_counters(table)
        targets = ["sub%d" % number for number in range(rng.choice((0, 1, 2, 4, 6)))]
        chains = [Chain(table, target) for target in targets]
        bases = [Chain(table, "base%d" % number, self.hook())
                 for number in range(rng.choice((1, 1, 2, 3)))]
        # Any chain may ask a map, so maps lead only to chains that lead nowhere.
        leaves = targets[len(targets) - len(targets) // 2:]
        self.make_sets(table, leaves, counters)
        for position, chain in enumerate(chains):
            count = rng.randrange(1, max(2, size // 3))
            if chain.name in leaves:
                chain.rules = [self.rule(None, [], counters) for _ in range(count)]
            else:
                chain.rules = [self.rule(table, targets[position + 1:], counters)
                               for _ in range(count)]
        for chain in bases:
            chain.rules = [self.rule(table, targets, counters)
                           for _ in range(rng.randrange(1, size))]
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
