#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""hostile.py GROUP PROGRAM: gives PROGRAM (xdpfw) large texts of one group of shapes.

In: the group: bytes, marks, words, blocks, commands, values (10 MB files), options (100 kB words
of the command line), settings (1 MB configuration files).  Out: one line for each shape that was
taken badly: ended by a signal, or with another status than 0 and 1 (2 for words of the command
line), or after more than SECONDS of the processor, or with more than MEGABYTES of memory, or with
messages that are longer than a screen can be scrolled or that hold control characters; then
"N shapes".
"""

import os
import resource
import sys

SIZE = 10 << 20
WORD = 100_000          # of a command line; the kernel takes 131,071 bytes
SECONDS = 30
MEGABYTES = 1100
MESSAGES = 1 << 20

CHAIN = b"table netdev t {\n chain c {\n type filter hook ingress device lo priority 0\n"
RANGES = b"table netdev t {\n set s { type mark; flags interval; elements = { "

NUMBERS = b"table netdev t {\n set s { type mark; elements = { "

BYTES = {
    "nul": b"\0", "newline": b"\n", "quote": b'"', "comment-end": b"*/", "backslash": b"\\",
    "continuation": b"\\\n", "trigraph": b"??/", "trigraphs": b"??/\n", "hash": b"#",
    "hash-lines": b"#\n", "blank": b" ", "tab": b"\t", "return": b"\r", "dos": b"a\r\n",
    "high": b"\xff", "utf8": "é".encode(), "escape": b"\033[2J", "percent": b"%s%n",
}
MARKS = {
    "brace": b"{", "parenthesis": b"(", "bracket": b"[", "closing": b"}", "semicolon": b";",
    "comma": b",", "slash": b"/", "dot": b".", "colon": b":", "dash": b"-", "dollar": b"$",
    "at": b"@", "star": b"*", "not": b"!", "less": b"<",
}
WORDS = {
    "letters": b"a", "digits": b"1", "hex": b"f", "dots": b"1.1.1.", "groups": b"a:",
    "gaps": b"::1 ", "addresses": b"00:11:22:33:44:55:", "classes": b"1:2 ", "strings": b'"a" ',
    "open-strings": b'"a\n', "table": b"table netdev ", "define": b"define ", "include": b"include ",
}


def fill(piece, size=SIZE):
    return piece * (size // len(piece))


def numbered(make, size=SIZE):
    pieces, length, number = [], 0, 0
    while length < size:
        pieces.append(make(number).encode())
        length += len(pieces[-1])
        number += 1
    return b"".join(pieces)


def bare(shapes):
    for name, piece in shapes.items():
        yield name, lambda piece=piece: fill(piece)
        yield name + " in a chain", lambda piece=piece: CHAIN + fill(piece)


def in_rules(piece):
    return lambda: CHAIN + fill(piece) + b"}\n}\n"


def in_table(make):
    return lambda: b"table netdev t {\n" + numbered(make) + b"}\n"


def behind(head, make, tail=b""):
    return lambda: head + (numbered(make) if callable(make) else fill(make)) + tail


DEVICES = b"table netdev t {\n chain c {\n type filter hook ingress devices = { "
JUMPS = b"".join(b"chain c%d {\n%s}\n" % (i, b"jump c%d\n" % (i + 1) * 30 if i < 4000 else b"")
                 for i in range(4001))

BLOCKS = {
    "tables": lambda: numbered(lambda i: "table netdev t%d {}\n" % i),
    "one table": lambda: fill(b"table netdev t {\n}\n"),
    "chains": in_table(lambda i: "chain c%d {\n}\n" % i),
    "sets": in_table(lambda i: "set s%d { type mark\n}\n" % i),
    "counters": in_table(lambda i: "counter n%d {\n}\n" % i),
    "rules": in_rules(b"tcp dport 22 accept\n"),
    "verdicts": in_rules(b"drop\n"),
    "sets in rules": in_rules(b"tcp dport { 1, 2, 3 } accept\n"),
    "comments": in_rules(b'accept comment "*/ ??/ \\\\ %s %n"\n'),
    "hooks": in_rules(b"type filter hook ingress device lo priority 0\n"),
    "devices": behind(DEVICES, lambda i: "d%d, " % i, b"} priority 0\n}\n}\n"),
    "one device": behind(DEVICES, b"d, ", b"} priority 0\n}\n}\n"),
    "prefixes": behind(DEVICES, lambda i: '"d%d*", ' % i, b"} priority 0\n}\n}\n"),
    "base chains": in_table(lambda i: "chain c%d { type filter hook ingress devices = { %s } "
                            "priority %d; }\n" % (i, ", ".join("e%d" % j for j in range(256)), i)),
    "jumps": lambda: b"table netdev t {\n" + JUMPS + b"}\n",
}
COMMANDS = {
    "tables": lambda: numbered(lambda i: "add table netdev t%d\n" % i),
    "chains": behind(b"add table netdev t\n", lambda i: "add chain netdev t c%d\n" % i),
    "rules": behind(b"add table netdev t\nadd chain netdev t c\n", b"add rule netdev t c accept\n"),
    "no table": lambda: fill(b"add rule netdev t c accept\n"),
    "elements": behind(b"add table netdev t\nadd set netdev t s { type mark; }\n",
                       lambda i: "create element netdev t s { %d }\n" % i),
    "no set": behind(b"add table netdev t\n", b"add element netdev t s { 1 }\n"),
    "flush": lambda: fill(b"flush ruleset\n"),
    "flush table": lambda: b"add table netdev t\n" + b"".join(
        b"add chain netdev t c%d\n" % i for i in range(4096)) + fill(b"flush table netdev t\n"),
    "defines": lambda: numbered(lambda i: "define a%d = %d\n" % (i, i)),
    "redefines": lambda: fill(b"redefine a = 1\n"),
    "define and undefine": lambda: fill(b"define a = 1\nundefine a\n"),
    "defines of defines": lambda: b"define a0 = 1\n" + numbered(
        lambda i: "define a%d = $a%d\n" % (i + 1, i)),
    "doubled defines": lambda: b"define a0 = { 1, 2 }\n" + b"".join(
        b"define a%d = { $a%d, $a%d }\n" % (i + 1, i, i) for i in range(40)),
    "no variable": behind(CHAIN, lambda i: "tcp dport $x%d\n" % i),
    "no file": lambda: fill(b'include "/nonexistent"\n'),
    "folders": lambda: fill(b'include "/etc/*"\n'),
}
VALUES = {
    "elements": behind(NUMBERS, lambda i: "%d, " % i, b"}\n}\n}\n"),
    "one element": behind(NUMBERS, b"1, ", b"}\n}\n}\n"),
    "wrong elements": behind(NUMBERS, b"x, ", b"}\n}\n}\n"),
    "ranges": behind(RANGES, lambda i: "%d-%d, " % (i * 3, i * 3 + 1), b"}\n}\n}\n"),
    "overlaps": behind(RANGES, lambda i: "%d-%d, " % (i, i + 5), b"}\n}\n}\n"),
    "boxes": behind(b"table netdev t {\n set s { type inet_service . inet_service; flags interval; "
                    b"elements = { ", lambda i: "%d-%d . %d-%d, " % (
                        i % 60000, i % 60000 + 9, i % 50021, i % 50021 + 8), b"}\n}\n}\n"),
    "verdict map": behind(CHAIN + b"tcp dport vmap { ", lambda i: "%d : drop, " % (i % 65536),
                          b"}\n}\n}\n"),
    "statements": behind(CHAIN, b"counter ", b"\n}\n}\n"),
    "matches": behind(CHAIN, b"tcp dport 22 ", b"\n}\n}\n"),
    "list": behind(CHAIN + b"tcp flags syn", b",syn", b"\n}\n}\n"),
    "flags": behind(CHAIN + b"tcp flags syn", b"|syn", b"\n}\n}\n"),
    "concatenation": behind(CHAIN + b"ip saddr", b" . ip saddr", b" 1\n}\n}\n"),
    "prefix lengths": behind(CHAIN + b"ip saddr 1.1.1.1", b"/1", b"\n}\n}\n"),
    "long range": behind(CHAIN + b"tcp dport 1", b"-1", b"\n}\n}\n"),
}
FILES = {
    "bytes": lambda: bare(BYTES), "marks": lambda: bare(MARKS), "words": lambda: bare(WORDS),
    "blocks": BLOCKS.items, "commands": COMMANDS.items, "values": VALUES.items,
}


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def judge(name, words, statuses=(0, 1)):
    """Runs the program; prints what is wrong with how it took it."""
    with open("messages", "wb") as messages:
        child = os.fork()
        if not child:
            limit()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(messages.fileno(), 2)
            os.execv(words[0], words)
        _, status, used = os.wait4(child, 0)
    with open("messages", "rb") as messages:
        text = messages.read(MESSAGES + 1)
    wrong = []
    code = os.waitstatus_to_exitcode(status)
    if code not in statuses:
        wrong.append("status %d" % code)
    if code == 1 and b"error: " not in text:
        wrong.append("no message")
    if used.ru_maxrss > MEGABYTES * 1024:
        wrong.append("%d MB" % (used.ru_maxrss // 1024))
    if len(text) > MESSAGES:
        wrong.append("endless messages")
    if any(byte < 32 and byte not in b"\t\n" for byte in text):
        wrong.append("control characters in messages")
    if wrong:
        print("%s: %s: %s" % (name, ", ".join(wrong), text[:200]))


def make(path, shape):
    """In a process of its own: the memory of this one would count as the program's."""
    child = os.fork()
    if not child:
        with open(path, "wb") as out:
            out.write(shape())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit("cannot make " + path)


def run_files(group, program):
    count = 0
    for name, shape in FILES[group]():
        make("hostile.nft", shape)
        judge(name, [program, "--emit=c", "-f", "hostile.nft"])
        count += 1
    return count


def run_options(program):
    """Every kind of word that is read as part of the ruleset."""
    with open("good.nft", "wb") as out:
        out.write(CHAIN + b"accept\n}\n}\n")
    options = ("--failsafe", "-D", "--device", "-I", "--mode", "--emit", "--netns")
    count = 0
    for name, piece in {**BYTES, **MARKS, **WORDS}.items():
        word = fill(piece.replace(b"\0", b"\1"), WORD)
        for option in options:
            value = b"a=" + word if option == "-D" else word
            judge("%s %s" % (option, name),
                  [program, "--emit=c", "-f", "good.nft", option, value], (0, 1, 2, 3))
            count += 1
        judge("-f " + name, [program, "--emit=c", "-f", word], (3,))
    return count


def run_settings(program):
    path, count = os.environ["XDPFW_CONF"], 0
    with open("good.nft", "wb") as out:
        out.write(CHAIN + b"accept\n}\n}\n")
    for name, piece in {**BYTES, **MARKS, **WORDS}.items():
        for head in (b"", b"failsafe ", b"# "):
            make(path, lambda piece=piece, head=head: head + fill(piece, 1_000_000))
            judge(head.decode() + name, [program, "--emit=c", "-f", "good.nft"])
            count += 1
    make(path, lambda: fill(b"failsafe tcp dport 22\n", 1_000_000))
    judge("many rules", [program, "--emit=c", "-f", "good.nft"], (1,))
    os.unlink(path)
    return count + 1


def main():
    group, program = sys.argv[1:]
    if group in FILES:
        count = run_files(group, program)
    else:
        count = {"options": run_options, "settings": run_settings}[group](program)
    print("%d shapes" % count)


main()
