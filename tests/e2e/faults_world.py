#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""faults_world: the rulesets, packets and commands of faults.py.

A ruleset drops one of two ports on its devices, so a few packets tell which one decides there.
A scenario is a command and what holds before and after it.
"""

import collections
import select
import struct
import subprocess
import time

import faults_kernel as kernel
import net

COUNTED, OLD_PORT, NEW_PORT, BOTH_PORTS = 1000, 1001, 1002, "both"
QUICK = ["--no-verify"]
LATE = "eth9"

State = collections.namedtuple("State", "ruleset pending")


class Ruleset:
    def __init__(self, name, port, devices, more=0, names=None):
        self.name, self.port, self.devices, self.file = name, port, devices, name + ".nft"
        lines = ["udp dport %d counter accept" % COUNTED]
        lines += ["udp dport %d drop" % each for each in (OLD_PORT, NEW_PORT)
                  if port in (each, BOTH_PORTS)]
        lines += ["udp dport %d counter" % (2000 + i) for i in range(more)]
        with open(self.file, "w") as file:
            file.write("table netdev t {\n\tchain in {\n\t\ttype filter hook ingress devices = "
                       "{ %s } priority filter; policy accept;\n\t\t%s\n\t}\n}\n" %
                       (", ".join(names or devices), "\n\t\t".join(lines)))

    def decides(self, device):
        return self.port if device in self.devices else None


class World:
    """The devices, packets to them, and what is known about them."""

    def __init__(self, devices):
        self.devices, self.counted, self.doubtful = devices, 0, 0
        net.pin_to_one_cpu()
        self.servers = {(device, port): net.udp_socket(net.NETWORK[device] + ".2", port)
                        for device in devices for port in (COUNTED, OLD_PORT, NEW_PORT)}
        _, self.clients = net.make_sockets(lambda: None, lambda: {
            device: net.raw_socket(device) for device in devices})
        self.frames = {(device, port): self.frame(device, port)
                       for device in devices for port in (COUNTED, OLD_PORT, NEW_PORT)}

    @staticmethod
    def frame(device, port):
        middle = bytes.fromhex("02000000" + device[3:].zfill(2))
        network = net.NETWORK[device]
        packet = bytearray(net.udp_packet(network + ".1", network + ".2", port, bytes(18)))
        total = sum(struct.unpack("!10H", packet[:20]))
        packet[10:12] = struct.pack("!H", ~(total + (total >> 16)) & 0xffff)
        return middle + b"\2" + middle + b"\1\x08\0" + packet

    def judge(self):
        """Which of the two ports each device drops: a port, both or None."""
        for device in self.devices:
            for port in (OLD_PORT, NEW_PORT, COUNTED):
                self.clients[device].send(self.frames[device, port])
        missing = set(self.servers)
        end = time.monotonic() + 2
        while any((device, COUNTED) in missing for device in self.devices):
            left = end - time.monotonic()
            if left < 0:
                break
            self.take(missing, left)
        self.take(missing, 0)
        return tuple(self.verdict(device, missing) for device in self.devices)

    def take(self, missing, wait):
        sockets = {self.servers[key]: key for key in missing}
        for ready in select.select(list(sockets), [], [], wait)[0]:
            ready.recv(100)
            missing.discard(sockets[ready])

    @staticmethod
    def verdict(device, missing):
        if (device, COUNTED) in missing:
            return "dead"
        dropped = [port for port in (OLD_PORT, NEW_PORT) if (device, port) in missing]
        return dropped[0] if len(dropped) == 1 else BOTH_PORTS if dropped else None


class Scenario:
    """
    A command, and what holds before and after it: a ruleset or None, and whether a confirm is
    waited for.  `prepare` are the commands that lead to what holds before; they are run when
    something else holds, or always.
    """

    def __init__(self, name, words, before, after, prepare=None, always=False, cold=False,
                 child=False, pending=(False, False), gap=False, late=None):
        self.name, self.words = name, words
        self.before, self.after = State(before, pending[0]), State(after, pending[1])
        self.always, self.cold, self.child = always or prepare is not None, cold, child
        self.gap = gap			# while the mode changes a device drops everything
        self.late = late		# a device that comes after the load
        # That a deadline has passed is put right before anything else is begun.
        self.unchanged = [self.before]
        if name.startswith("expired"):
            self.unchanged.append(State(before, False))
        self.prepare = prepare
        if prepare is None:
            self.prepare = [[*QUICK, "--drop-devices", "-f", before.file] if before else ["unload"]]




def make_confirms(old, new):
    """What has to do with the ruleset before."""
    third = Ruleset("third", BOTH_PORTS, old.devices)
    load_old = [["unload"], [*QUICK, "-f", old.file]]
    load_both = [*load_old, [*QUICK, "-f", new.file]]
    wait = [*load_old, [*QUICK, "--confirm", "600", "-f", new.file]]
    return [
        Scenario("confirmed", [*QUICK, "--confirm", "600", "-f", new.file], old, new, load_old,
                 pending=(False, True)),
        Scenario("confirm", ["confirm"], new, new, wait, pending=(True, False)),
        Scenario("rollback", ["rollback"], new, old, load_both),
        Scenario("taken_back", ["rollback"], new, old, wait, pending=(True, False)),
        Scenario("again", [*QUICK, "--confirm", "600", "-f", third.file], new, third, wait,
                 pending=(True, True)),
        Scenario("expired", ["status"], old, old, [*wait, kernel.expire], pending=(True, False)),
        Scenario("expired_load", [*QUICK, "-f", new.file], old, new, [*wait, kernel.expire],
                 pending=(True, False)),
        Scenario("unload_waiting", ["unload"], new, None, wait, pending=(True, False)),
    ]


def make_scenarios(devices):
    old, new = Ruleset("old", OLD_PORT, devices), Ruleset("new", NEW_PORT, devices)
    large = Ruleset("large", NEW_PORT, devices, 600)
    globs = Ruleset("globs", OLD_PORT, devices, names=['"eth*"'])
    quick = [*QUICK, "-f"]
    out = [
        Scenario("first", [*quick, new.file], None, new),
        Scenario("reload", [*quick, new.file], old, new),
        Scenario("proved", ["-f", new.file], old, new),
        Scenario("generic", ["--mode", "generic", *quick, new.file], None, new),
        Scenario("grow", [*quick, large.file], old, large, [["unload"], [*quick, old.file]]),
        Scenario("unload", ["unload"], old, None),
        Scenario("cold", [*quick, new.file], old, new, cold=True),
        Scenario("clang", [*quick, new.file], old, new, cold=True, child=True),
        Scenario("object", [*QUICK, "load", "new.object"], old, new,
                 [["compile", "-f", new.file, "-o", "new.object"], *quick_load(old)]),
        Scenario("start", [*QUICK, "load"], None, new, [*quick_load(new), ["unload"]]),
        *make_confirms(old, new),
        Scenario("mode", ["--mode", "generic", *quick, new.file], old, new, quick_load(old),
                 gap=True),
        Scenario("late", ["watch", "--once"], globs, globs,
                 [drop_late, *quick_load(globs), make_late], late=LATE),
    ]
    if len(devices) > 1:
        less_old = Ruleset("less_old", OLD_PORT, devices[:-1])
        less_new = Ruleset("less_new", NEW_PORT, devices[:1])
        out += [
            Scenario("added", [*quick, new.file], less_old, new),
            Scenario("dropped", ["--drop-devices", *quick, less_new.file], old, less_new),
            Scenario("back", ["rollback"], less_new, old,
                     [*quick_load(old), ["--drop-devices", *quick, less_new.file]]),
        ]
    return out


def quick_load(ruleset):
    return [["unload"], [*QUICK, "-f", ruleset.file]]


def drop_late():
    subprocess.run(["ip", "link", "del", LATE], capture_output=True)


def make_late():
    subprocess.run(["ip", "link", "add", LATE, "type", "veth", "peer", "name", "other9"],
                   check=True)
