#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""bench: `make bench`: everything that is measured, in one run.

In: `bench.py BUILD FOLDER [--data DIR] [--only WORD]... [--seconds N]`.  BUILD has what make built;
results go to FOLDER: benchmarks.csv, benchmarks.svg, benchmarks.md.  DIR (default ../shared/data)
may have ClassBench's filters; without it only our own are used.  --only: `rules`, `sets` or `live`.
After N seconds (570) nothing new is begun; the tables say what was left out.

Out: status 1 when a verdict was wrong or a ruleset could not be built; the tables say which.
"""
import argparse
import csv
import lzma
import os
import platform
import shutil
import subprocess
import sys
import time

import bench_plot
import make_filters
import make_set

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = (10, 100, 1000, 10000, 100000)
LIVE_SIZES = (10, 100, 1000, 10000)
FLOWS = (1, 4096, 65536)
CACHE_SIZES = (1000, 10000)
CACHE_WORDS = ("balanced", "flow-cache")  # of --optimize
HARD = ("nested", "ranges", "grid")
HARD_SIZE = 10000
SETS = (("hosts", 1000000, 262144), ("nets", 100000, 65536), ("nets6", 30000, 65536),
        ("ports", 32768, 65536), ("boxes", 10000, 65536))
# At most, by issue 5: ratios of acl1 and fw1.
LIMITS = {1: (1.4, 2, 2.8, 3.3, None), 4096: (2.5, 2.7, 3.3, 5.7, 11),
          65536: (2.5, 2.7, 3.6, 7, 19)}
SET_LIMITS = {"hosts": 2.5, "nets": 2, "nets6": 3, "boxes": 4}
COLUMNS = ("what", "set", "rules", "packets", "contender", "ns", "ratio", "verified", "bytes",
           "native", "tables", "compile_s", "clang_s", "load_s", "commit_s", "again_s", "engines",
           "remark")


def complaint(done):
    """The line of a failed bench_classify that says most."""
    lines = done.stderr.strip().splitlines() or ["status %d" % done.returncode]
    known = ("too large", "error:", "too many", "too complex", "memory", "differences")
    return next((line for line in lines if any(word in line for word in known)), lines[-1])[:160]


class Bench:
    def __init__(self, build, folder, data, seconds):
        self.build, self.folder, self.data, self.seconds = build, folder, data, seconds
        self.work = os.path.join(folder, "work")
        self.rows, self.started, self.bad = [], time.monotonic(), False
        os.makedirs(self.work, exist_ok=True)

    def say(self, text):
        print("%4d s  %s" % (time.monotonic() - self.started, text), flush=True)

    def late(self, what, name, rules):
        """Whether the time is over; then there is a row that says so."""
        if time.monotonic() - self.started < self.seconds:
            return False
        self.say("%s: left out, the time is over" % name)
        self.row(what=what, set=name, rules=rules, contender="xdpfw", remark="left out")
        return True

    def row(self, **values):
        self.rows.append({column: values.get(column, "") for column in COLUMNS})

    def tool(self, name):
        return os.path.join(self.build, "tests/bench", name)

    # ---- rulesets ----

    def make_case(self, name, packets=65536, mixed=4096):
        """NAME.rules -> ruleset, trace, truth."""
        case = os.path.join(self.work, name)
        script = (sys.executable, os.path.join(HERE, "make_trace.py"), case + ".rules")
        with open(case + ".nft", "w") as out:
            subprocess.run([sys.executable, os.path.join(HERE, "make_ruleset.py"),
                            case + ".rules"], stdout=out, check=True)
        for suffix, words in ((".trace", (str(packets),)), (".mixed", (str(mixed), "--mixed"))):
            with open(case + suffix, "w") as out:
                subprocess.run([*script, *words], stdout=out, check=True)
            with open(case + suffix.replace("trace", "truth").replace("mixed", "mtruth"),
                      "w") as out:
                subprocess.run([self.tool("bench_truth"), case + ".rules", case + suffix],
                               stdout=out, check=True)

    def classify(self, what, name, rules, flows, check=False, more=()):
        """One call of bench_classify, and its rows."""
        case = os.path.join(self.work, name)
        trace, truth = (".mixed", ".mtruth") if check else (".trace", ".truth")
        words = [self.tool("bench_classify"), "--csv", "--truth", case + truth, "--flows",
                 ",".join(str(one) for one in flows)] + ["--check"] * check + list(more) + \
            [os.path.join(HERE, "parse_drop.bpf.c"), case + ".nft", case + trace]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=240)
        except subprocess.TimeoutExpired:
            return self.failed(what, name, rules, "it takes longer than 240 s")
        if done.returncode:
            return self.failed(what, name, rules, complaint(done))
        if not check:
            self.keep(what, name, rules, done.stdout)
        return True

    def failed(self, what, name, rules, remark):
        self.bad = True
        self.say("%s %s: %s" % (name, rules, remark))
        self.row(what=what, set=name, rules=rules, contender="xdpfw", remark=remark)
        return False

    def keep(self, what, name, rules, text):
        for line in csv.reader(text.splitlines()):
            (_, contender, _, flows, _, ns, ratio, verified, size, native, tables, compile_s,
             clang_s, load_s, engines) = line
            self.row(what=what, set=name, rules=rules, packets=flows, contender=contender, ns=ns,
                     ratio=ratio, verified=verified, bytes=size, native=native, tables=tables,
                     compile_s=compile_s, clang_s=clang_s, load_s=load_s, engines=engines)
            if contender == "xdpfw":
                self.say("%-12s %6s packets: %7.1f ns, ratio %5.2f" % (name, flows, float(ns),
                                                                     float(ratio)))

    def measure(self, what, name, rules, flows, more=()):
        # Harsher packets than those that are measured: wrong rules show here.
        if self.classify(what, name, rules, (4096,), check=True):
            self.classify(what, name, rules, flows, more=more)

    def shape(self, what, shape, count, family, flows, packets, more=()):
        name = "%s%s_%d" % (shape, "6" if family == 6 else "", count)
        if self.late(what, name, count):
            return
        with open(os.path.join(self.work, name + ".rules"), "w") as out:
            out.writelines(one.text() + "\n"
                           for one in make_filters.make(shape, count, family=family))
        self.make_case(name, packets=packets)
        self.measure(what, name, count, flows, more)

    def classbench(self, name, count):
        """Sets of that name; of ten rules, every tenth of the hundred."""
        word = {10: "100", 100: "100", 1000: "1k", 10000: "10k"}.get(count)
        path = os.path.join(self.data, "classbench", "%s_%s.rules.xz" % (name, word))
        if not word or not os.path.exists(path) or self.late("rules", "%s_%d" % (name, count),
                                                             count):
            return
        with lzma.open(path, "rt") as file:
            lines = file.readlines()
        with open(os.path.join(self.work, "%s_%d.rules" % (name, count)), "w") as out:
            out.writelines(lines[4::10] if count == 10 else lines)
        self.make_case("%s_%d" % (name, count))
        self.measure("rules", "%s_%d" % (name, count), count, FLOWS)

    def rules(self):
        ten = os.path.join(HERE, "ten")
        shutil.copy(ten + ".rules", os.path.join(self.work, "ten.rules"))
        self.make_case("ten")
        self.measure("ten", "ten", 10, FLOWS, ("--empty", "--program", ten + ".bpf.c:ten"))
        for count in SIZES:
            for name in ("acl1", "fw1"):
                self.classbench(name, count)
            for shape in ("acl", "fw", "ipc"):
                self.shape("rules", shape, count, 4, FLOWS, 65536)
            for shape in ("acl", "fw"):
                self.shape("ip6", shape, count, 6, (4096,), 8192)
        for shape in HARD:
            for family in (4, 6):
                self.shape("hard", shape, HARD_SIZE, family, (4096,), 8192)

    def cache(self):
        """With the flow cache and without, in one run."""
        for count in CACHE_SIZES:
            self.shape("cache", "acl", count, 4, FLOWS, 65536,
                       ("--optimize", CACHE_WORDS[0], "--optimize", CACHE_WORDS[1]))

    def sets(self):
        for kind, count, packets in SETS:
            name = "%s_%d" % (kind, count)
            if self.late("sets", name, count):
                continue
            make_set.make(kind, count, packets, os.path.join(self.work, name))
            self.classify("sets", name, count, (packets,))

    # ---- live ----

    def live(self):
        out = os.path.join(self.work, "live.csv")
        subprocess.run([sys.executable, os.path.join(HERE, "live.py"), self.build, self.work, out,
                        *(str(size) for size in LIVE_SIZES)], check=True)
        with open(out) as file:
            for line in csv.DictReader(file):
                self.row(what="live", set=line["kind"], rules=line["rules"],
                         contender=line["contender"], ns=line["ns"], commit_s=line["commit_s"],
                         again_s=line["again_s"], remark=line["remark"])
                self.say("live %s %s %s: %s %s" % tuple(line[name] for name in (
                    "kind", "rules", "contender", "ns", "remark")))

    # ---- results ----

    def write(self):
        with open(os.path.join(self.folder, "benchmarks.csv"), "w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        with open(os.path.join(self.folder, "benchmarks.svg"), "w") as file:
            file.write(bench_plot.plot(self.rows))
        with open(os.path.join(self.folder, "benchmarks.md"), "w") as file:
            file.write(report(self.rows))


def first_line(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return words[0] + " is not here"


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    caches = [line.strip() for line in subprocess.run(
        ["lscpu"], capture_output=True, text=True).stdout.splitlines() if "cache:" in line]
    found = [("%s" if path else "%s: not here") % name for name, path in (
        ("libdpdk", not subprocess.run(["pkg-config", "--exists", "libdpdk"],
                                       capture_output=True).returncode),
        ("bpfilter (bfcli)", shutil.which("bfcli")))]
    return ["%s, %d processors; %s" % (model, os.cpu_count(),
                                       "; ".join(" ".join(line.split()) for line in caches)),
            "Linux %s, %s, %s" % (platform.release(), first_line("clang", "--version"),
                                  first_line("nft", "--version")),
            "Looked for and not measured: %s." % "; ".join(found)]


def cell(row):
    if row["ratio"]:
        return "%.2f" % float(row["ratio"])
    return "left out" if row["remark"] == "left out" else "failed"


def grid(rows, sets, sizes, packets):
    """Lines of a table: a set a line, a size a column."""
    for name in sets:
        cells = []
        for size in sizes:
            found = [row for row in rows if row["set"] == "%s_%d" % (name, size) and
                     row["contender"] == "xdpfw" and row["packets"] in (str(packets), "")]
            cells.append(cell(found[0]) if found else "-")
        if any(one != "-" for one in cells):
            yield "| %s | %s |" % (name, " | ".join(cells))


def wanted(packets):
    return "| *acl1, fw1: at most* | %s |" % " | ".join(
        "-" if limit is None else "%g" % limit for limit in LIMITS[packets])


def report_rules(rows):
    for packets, title in ((4096, "4,096 packets in turn"), (65536, "65,536 packets in turn"),
                           (1, "One flow (two packets that alternate)")):
        yield from ("", "### " + title, "", "| | %s |" % " | ".join(str(size) for size in SIZES),
                    "|---|%s" % ("---|" * len(SIZES)), wanted(packets))
        yield from grid(rows, ("acl1", "fw1", "acl", "fw", "ipc", "acl6", "fw6"), SIZES, packets)
    hard = [row for row in rows if row["what"] == "hard" and row["contender"] == "xdpfw"]
    if hard:
        yield from ("", "### What multiplies, %d rules, 4,096 packets" % HARD_SIZE, "",
                    "| | ratio | tables, bytes | made in, s |", "|---|---|---|---|")
        yield from ("| %s | %s | %s | %s |" % (row["set"], cell(row), row["tables"],
                                               row["compile_s"]) for row in hard)


def report_others(rows):
    ten = [row for row in rows if row["what"] == "ten" and row["ratio"]]
    if ten:
        yield from ("", "### Ten rules by hand (tests/bench/ten.bpf.c)", "",
                    "| packets | contender | ns | ratio |", "|---|---|---|---|")
        yield from ("| %s | %s | %s | %s |" % (row["packets"], row["contender"], row["ns"],
                                               cell(row)) for row in ten)
    cache = [row for row in rows if row["what"] == "cache" and row["contender"] in CACHE_WORDS]
    if cache:
        yield from ("", "### Flow cache (--optimize=flow-cache, off by default)", "",
                    "| | packets | --optimize | ns | ratio |", "|---|---|---|---|---|")
        yield from ("| %s | %s | %s | %s | %s |" % (row["set"], row["packets"], row["contender"],
                                                    row["ns"], cell(row)) for row in cache)
    sets = [row for row in rows if row["what"] == "sets" and row["contender"] == "xdpfw"]
    if sets:
        yield from ("", "### Sets, one rule", "",
                    "| | packets | ns | ratio | at most | tables, bytes |",
                    "|---|---|---|---|---|---|")
        yield from ("| %s | %s | %s | %s | %s | %s |" % (
            row["set"], row["packets"], row["ns"], cell(row),
            SET_LIMITS.get(row["set"].split("_")[0], "-"), row["tables"]) for row in sets)
    live = [row for row in rows if row["what"] == "live"]
    for kind in ("rules", "hosts"):
        chosen = [row for row in live if row["set"] == kind]
        if not chosen:
            continue
        names = list(dict.fromkeys(row["contender"] for row in chosen))
        found = {(row["contender"], row["rules"]): row for row in chosen}
        sizes = list(dict.fromkeys(row["rules"] for row in chosen))
        yield from ("", "### Live on veth, ns a packet in all: %s" % kind, "",
                    "| | %s |" % " | ".join(sizes), "|---|" + "---|" * len(sizes))
        for name in names:
            yield "| %s | %s |" % (name, " | ".join(
                found[name, size]["ns"] or found[name, size]["remark"].replace("|", "/")
                if (name, size) in found else "-" for size in sizes))


HEAD = """# Benchmarks

Made by `make bench`; do not edit.  %s.

%s

Ratios are to a hand-written program that parses and drops (tests/bench/parse_drop.bpf.c), in the
same run on the same packets: BPF_PROG_TEST_RUN on one processor, programs in turn, rounds of
100 ms, the median of five; a prologue that all programs have writes the next of so many headers.
Counters are on, and the kernel's own cost of calling a program is in both.  Before anything is
measured, verdict, rule and counters of every packet were what a first-match search says that shares
no code with xdpfw, and those of 4,096 harsher packets too.  acl1 and fw1 are ClassBench's (10:
every tenth of 100), the others our own (tests/bench/make_filters.py); acl6 and fw6 are the same in
IPv6.

![cost against rules](benchmarks.svg)
"""


def report(rows):
    lines = [HEAD % (time.strftime("%Y-%m-%d"), "\n".join("- " + line for line in machine()))]
    lines += [*report_rules(rows), *report_others(rows), "",
              "All figures: benchmarks.csv."]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("folder")
    parser.add_argument("--data", default=os.path.join(HERE, "../../../shared/data"))
    parser.add_argument("--only", action="append", choices=("rules", "sets", "live", "cache"))
    parser.add_argument("--seconds", type=float, default=570)
    given = parser.parse_args()
    bench = Bench(os.path.abspath(given.build), os.path.abspath(given.folder),
                  os.path.abspath(given.data), given.seconds)
    for part in given.only or ("live", "sets", "rules", "cache"):
        getattr(bench, part)()
    bench.write()
    shutil.rmtree(bench.work)
    bench.say("results are in " + bench.folder)
    sys.exit(1 if bench.bad else 0)


if __name__ == "__main__":
    main()
