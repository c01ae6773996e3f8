#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""live: packet filters side by side, on packets that the kernel sends over veth pairs.

In: `live.py BUILD FOLDER OUT.csv [COUNT...]`: numbers of rules (default 10 100 1000 10000).  Each
contender has a network namespace of its own with a device bench0, whose other end is here; this
process has namespaces of its own too (it makes them), so nothing of the host is touched.

Two kinds of rulesets, the same ones for each contender: `rules`, filters of five fields, first
match wins, and `hosts`, source addresses.  All verdicts are "drop", so that what is compared is the
search and not what the network stack does with a packet that is let through.  Before anything is
measured a trace goes through each contender once, and its counters must be what a first-match
search says; one that differs is not measured.  After it the counters must say that no packet was
lost on the way.

Out, lines of kind,rules,contender,ns,commit_s,again_s,remark: ns is what a packet costs in all,
from the sender's redirect to the drop; commit_s is how long loading the ruleset takes, again_s the
same one once more (xdpfw only); `empty` is an XDP program that drops at once.
"""
import csv
import os
import re
import shutil
import subprocess
import sys
import time

import filters as fl
import make_filters
import make_trace

TRACE = 4096
XDP_DROP = """#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("xdp.frags")
int empty(struct xdp_md *ctx)
{
	return XDP_DROP;
}
char _license[] SEC("license") = "GPL";
"""


class Unable(Exception):
    """A contender cannot do it; its words say why."""


def run(*words, text=None, where=None, env=None):
    words = [str(word) for word in words]
    if where:
        words = ["nsenter", "--net=/run/netns/" + where] + words
    done = subprocess.run(words, input=text, capture_output=True, text=True,
                          env={**os.environ, **(env or {})}, timeout=300)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        # What is in front of the error is the name of a file of ours.
        raise Unable("%s: %s" % (os.path.basename(words[2 if where else 0]),
                                 lines[0].split("Error: ")[-1] if lines else
                                 "status %d" % done.returncode))
    return done.stdout


def nft_chain(lines, head=""):
    return "table netdev bench {\n%s\tchain in {\n\t\ttype filter hook ingress device \"bench0\" " \
        "priority 0; policy drop;\n%s\t}\n}\n" % (head, "".join("\t\t%s\n" % line
                                                               for line in lines))


def nft_linear(filters):
    return nft_chain([" ".join(fl.matches(one)) + " counter drop" for one in filters] +
                     ["counter drop"])


def element(one):
    def address(prefix):
        return fl.address(4, prefix[0]) + ("/%d" % prefix[1] if prefix[1] < 32 else "")

    def range_text(low, high):
        return "%d-%d" % (low, high) if low < high else str(low)
    return " . ".join((address(one.saddr), address(one.daddr),
                       "0-255" if one.proto is None else str(one.proto),
                       range_text(*one.sport), range_text(*one.dport)))


def nft_set(filters, kind):
    """One set for all; packets in it and others are counted."""
    if kind == "hosts":
        of_type, flags, key = "ipv4_addr", "", "ip saddr"
        elements = [fl.address(4, one.saddr[0]) for one in filters]
    else:
        of_type = "ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service"
        flags = "\t\tflags interval\n"
        key = "ip saddr . ip daddr . meta l4proto . th sport . th dport"
        elements = [element(one) for one in filters]
    head = "\tset many {\n\t\ttype %s\n%s\t\telements = { %s }\n\t}\n" % (
        of_type, flags, ",\n\t\t\t".join(elements))
    return nft_chain([key + " @many counter drop", "counter drop"], head)


def listed(text):
    return [int(number) for number in re.findall(r"counter packets (\d+) bytes", text)]


class Contender:
    """One namespace with a filter in it.  .per_rule: its counters are one for each rule."""
    per_rule = True

    def __init__(self, build, folder, number):
        self.build, self.folder, self.where = build, folder, "r%d" % number
        self.device = "v%d" % number

    def wire(self):
        run("ip", "netns", "add", self.where)
        run("ip", "link", "add", self.device, "type", "veth", "peer", "name", "bench0", "netns",
            self.where)
        for words in ("lo up", "bench0 address 02:00:00:00:00:01 addrgenmode none", "bench0 up"):
            run("ip", "link", "set", *words.split(), where=self.where)
        run("ip", "link", "set", self.device, "addrgenmode", "none", "up")
        # Without an XDP program of its own a veth takes redirected frames only so.
        run("ethtool", "-K", "bench0", "gro", "on", where=self.where)

    def path(self, name):
        return os.path.join(self.folder, "%s.%s" % (self.where, name))

    def written(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def set_up(self, filters, kind):
        raise NotImplementedError

    def load(self, filters, kind):
        start = time.monotonic()
        self.set_up(filters, kind)
        self.seconds = "%.3f" % (time.monotonic() - start), ""

    def counters(self):
        """Packets of each rule (or of all), and of those that no rule fits."""
        raise NotImplementedError

    def tear_down(self):
        """What does not go with the namespace."""
        subprocess.run(["umount", self.path("xdpfw") + "/bpf"], capture_output=True)
        shutil.rmtree(self.path("xdpfw"), ignore_errors=True)


class Empty(Contender):
    def set_up(self, filters, kind):
        self.written("c", XDP_DROP)
        run("clang", "-O2", "-target", "bpf", "-I/usr/include/x86_64-linux-gnu", "-g", "-c",
            self.path("c"), "-o", self.path("o"))
        run("ip", "link", "set", "dev", "bench0", "xdpdrv", "obj", self.path("o"), "sec",
            "xdp.frags", where=self.where)

    def counters(self):
        return None


class Xdpfw(Contender):
    mode = "native"

    def environment(self):
        base = self.path("xdpfw")
        return {name: os.path.join(base, place) for name, place in (
            ("XDPFW_BPFFS", "bpf"), ("XDPFW_STATE_DIR", "state"), ("XDPFW_RUN_DIR", "run"),
            ("XDPFW_CONF", "none"))}

    def set_up(self, filters, kind):
        run(os.path.join(self.build, "xdpfw"), "--mode", self.mode, "-f", self.path("nft"),
            where=self.where, env=self.environment())

    def load(self, filters, kind):
        os.makedirs(self.path("xdpfw") + "/bpf")
        run("mount", "-t", "bpf", "-o", "mode=1777", "bpf", self.path("xdpfw") + "/bpf")
        self.per_rule = kind != "hosts"
        self.written("nft", nft_linear(filters) if self.per_rule else nft_set(filters, kind))
        super().load(filters, kind)
        first = self.seconds[0]
        super().load(filters, kind)
        self.seconds = first, self.seconds[0]

    def counters(self):
        return listed(run(os.path.join(self.build, "xdpfw"), "list", "ruleset",
                          where=self.where, env=self.environment()))


class XdpfwGeneric(Xdpfw):
    mode = "generic"


class NftLinear(Contender):
    def set_up(self, filters, kind):
        run("nft", "-f", self.written("nft", nft_linear(filters)), where=self.where)

    def counters(self):
        return listed(run("nft", "list", "chain", "netdev", "bench", "in", where=self.where))


class NftSet(NftLinear):
    per_rule = False

    def set_up(self, filters, kind):
        run("nft", "-f", self.written("nft", nft_set(filters, kind)), where=self.where)


class Iptables(Contender):
    def set_up(self, filters, kind):
        lines = ["*raw", ":PREROUTING ACCEPT", ":OUTPUT ACCEPT"]
        for one in filters:
            words = ["-A PREROUTING"]
            for option, prefix in (("-s", one.saddr), ("-d", one.daddr)):
                if prefix[1]:
                    words.append("%s %s/%d" % (option, fl.address(4, prefix[0]), prefix[1]))
            if one.proto is not None:
                words.append("-p %d" % one.proto)
            for option, ports in (("--sport", one.sport), ("--dport", one.dport)):
                if ports != fl.ALL_PORTS:
                    words.append("%s %d:%d" % (option, *ports))
            lines.append(" ".join(words + ["-j DROP"]))
        lines += ["-A PREROUTING -j DROP", "COMMIT", ""]
        run("iptables-restore", text="\n".join(lines), where=self.where)

    def counters(self):
        saved = run("iptables-save", "-c", "-t", "raw", where=self.where)
        return [int(number) for number in re.findall(r"^\[(\d+):\d+\] -A", saved, re.M)]


class XdpFilter(Contender):
    """Addresses only; what has none of these goes on to the network stack."""
    per_rule = False

    def set_up(self, filters, kind):
        if kind != "hosts":
            raise Unable("xdp-filter: knows no rules of several fields")
        run("xdp-filter", "load", "-m", "native", "-f", "ipv4", "bench0", where=self.where)
        for one in filters:
            run("xdp-filter", "ip", "-m", "src", fl.address(4, one.saddr[0]), where=self.where)

    def counters(self):
        status = run("xdp-filter", "status", where=self.where)
        return [int(re.search(word + r"\s+(\d+) pkts", status)[1])
                for word in ("XDP_DROP", "XDP_PASS")]

    def tear_down(self):
        subprocess.run(["nsenter", "--net=/run/netns/" + self.where, "xdp-filter", "unload",
                        "bench0"], capture_output=True)


CONTENDERS = (
    ("empty", Empty, "clang"), ("xdpfw", Xdpfw, "clang"), ("xdpfw generic", XdpfwGeneric, "clang"),
    ("nft linear", NftLinear, "nft"), ("nft set", NftSet, "nft"),
    ("iptables raw", Iptables, "iptables-restore"), ("xdp-filter", XdpFilter, "xdp-filter"),
)
# What takes minutes: a packet at 10,000 linear rules costs the others some 65 us.
ONLY_UP_TO = {"iptables raw": 10000, "nft linear": 10000, "nft set": 100000, "xdp-filter": 1000}


def five_fields(count):
    """Filters that every contender can say."""
    found = {}
    for one in make_filters.make("acl", count + count // 2 + 10):
        one.flags = one.flags_mask = one.icmp = one.icmp_mask = 0
        found.setdefault(one.key(), one)
    return list(found.values())[:count]


def hosts(count):
    one = {}
    for address in make_filters.make("acl", 4 * count + 50):
        one.setdefault(address.saddr[0], fl.Filter(4, (address.saddr[0] | 1, 32)))
    extra = (fl.Filter(4, (0x0b000000 + 7 * number, 32)) for number in range(count))
    unique = {filter.saddr: filter for filter in list(one.values()) + list(extra)}
    return list(unique.values())[:count]


def expected(folder, build, filters):
    """The trace's counts: a number for each filter, and one for no filter."""
    rules, trace = os.path.join(folder, "live.rules"), os.path.join(folder, "live.trace")
    with open(rules, "w") as file:
        file.writelines(one.text() + "\n" for one in filters)
    with open(trace, "w") as file:
        file.writelines(make_trace.trace(filters, TRACE * 9 // 10, 1, False))
        file.writelines(make_trace.trace(filters, TRACE - TRACE * 9 // 10, 2, True))
    counts = [0] * (len(filters) + 1)
    for line in run(os.path.join(build, "tests/bench/bench_truth"), rules, trace).split():
        counts[int(line)] += 1	# -1 is the last one
    return trace, counts


def settled(contender, wanted):
    """The contender's packets, when they have all come, or after a while."""
    for _ in range(50):
        counts = contender.counters()
        if counts is None or sum(counts) >= wanted:
            return counts
        time.sleep(.1)
    return counts


def check(contender, counts):
    found = settled(contender, TRACE)
    if found is None:
        return "verdicts not counted"
    wanted = counts if contender.per_rule else [sum(counts[:-1]), counts[-1]]
    if found != wanted:
        wrong = sum(one != other for one, other in zip(found, wanted))
        raise Unable("counts differ from first match in %d of %d" % (wrong, len(wanted)))
    return ""


def compete(build, folder, kind, count, writer):
    filters = five_fields(count) if kind == "rules" else hosts(count)
    trace, counts = expected(folder, build, filters)
    running, remarks = {}, {}
    live = os.path.join(build, "tests/bench/bench_live")
    for number, (name, make, tool) in enumerate(CONTENDERS):
        contender = make(build, folder, number)
        try:
            if not shutil.which(tool):
                raise Unable(tool + " is not installed")
            if count > ONLY_UP_TO.get(name, 1 << 30):
                raise Unable("not tried: it would take minutes")
            contender.wire()
            contender.load(filters, kind)
            run(live, "--count", TRACE, trace, "%s=%s" % (number, contender.device))
            remarks[name] = check(contender, counts)
            running[number] = name, contender
        except Unable as why:
            contender.tear_down()
            writer.writerow((kind, count, name, "", "", "", str(why)))
    found = run(live, "--rounds", 3, trace, *("%d=%s" % (number, contender.device)
                               for number, (_, contender) in running.items()))
    for line in found.splitlines():
        number, ns, sent = line.split()
        name, contender = running[int(number)]
        seen = settled(contender, int(sent) + TRACE)
        if seen is not None and sum(seen) != int(sent) + TRACE:
            ns, remarks[name] = "", "%d packets were lost" % (int(sent) + TRACE - sum(seen))
        writer.writerow((kind, count, name, ns, *contender.seconds, remarks[name]))
    for number, (_, contender) in running.items():
        contender.tear_down()
    for number in range(len(CONTENDERS)):
        subprocess.run(["ip", "link", "delete", "v%d" % number], capture_output=True)
        subprocess.run(["ip", "netns", "delete", "r%d" % number], capture_output=True)


def inside(build, folder, out, counts):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
    subprocess.run(["mount", "-t", "bpf", "bpf", "/sys/fs/bpf"], check=True)
    os.mkdir("/run/netns")
    run("ip", "link", "set", "lo", "up")
    for place in os.listdir(folder):	# of a run before that was ended
        if place.endswith(".xdpfw"):
            shutil.rmtree(os.path.join(folder, place))
    with open(out, "w", newline="", buffering=1) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("kind", "rules", "contender", "ns", "commit_s", "again_s", "remark"))
        for kind in ("rules", "hosts"):
            for count in counts:
                compete(build, folder, kind, count, writer)


def main():
    if sys.argv[1] != "--inside":
        os.execvp("unshare", ["unshare", "--net", "--mount", "--propagation", "private",
                              "--fork", "--kill-child", sys.executable,
                              os.path.abspath(__file__), "--inside"] +
                  [os.path.abspath(word) for word in sys.argv[1:4]] + sys.argv[4:])
    build, folder, out = sys.argv[2:5]
    inside(build, folder, out, [int(word) for word in sys.argv[5:]] or [10, 100, 1000, 10000])


if __name__ == "__main__":
    main()
