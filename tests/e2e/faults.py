#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""faults: each system call of a command made to fail, and a kill -9 behind each.

	faults.py XDPFW FAULT_RUN DEVICES sample POINTS SEED
	faults.py XDPFW FAULT_RUN DEVICES all [SCENARIO...]

In: the namespaces of an end-to-end case, whose first DEVICES devices are used.  A point is one
system call of one command, with one error or a kill.  After each point:

	the packets of every device are decided by the ruleset that was in force before the command
	or by the one it was to put in force: the same on all devices, and that which the exit
	status speaks of (0: the new one; 3 or 4: the old one, and the message says so; nothing
	else, and no signal but the kill);
	the next command ends well, and changes nothing of that; after it the pins are those of the
	ruleset in force, the stub is on its devices and no others, all else that the commands made
	in the kernel is gone, no process is left, and the counters have every packet that was sent.

A sample has every distinct call (the commands of bpf() are distinct) of all scenarios at least
once.  `all` takes every call with each error that is tried for it, with these exceptions: of the
thousands of calls of a proof, and of those of clang, it takes some; all scenarios but one have no
proof, and that one takes some of the calls that the others have too; the calls of the dynamic
linker, before main(), are taken in one scenario only.  Out: what failed; last, how many points
there were and how they ended.
"""

import errno
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time

import faults_kernel as kernel
import faults_world as world

MAX_FAILURES = 400
PROOF_EDGE, PROOF_SOME = 4, 24		# calls of a proof: at both ends, and in between
COMMON_SOME = 120			# calls before and behind the proof
CLANG_SOME = 60				# calls of clang itself
OWN_PINS = {"slots", "control", "cells", "missed", "attach", "namespace"}
NOT_BEGUN = "cannot read '"	# nobody expects more to have happened
HOLDS = {
    "old": re.compile(r"in force|nothing was changed|stay as they are|keeps filtering|goes on|" +
                      NOT_BEGUN),
    None: re.compile(r"no ruleset is in force|nothing was changed|stay as they are|" + NOT_BEGUN),
}

# What a call is made to fail with; the first is the likely one.
ERRORS = [
    (r"bpf:(0|5|18)$", "ENOMEM EPERM"),
    (r"bpf:6$", "ENOSPC EPERM"),
    (r"bpf:28$", "ENOMEM EPERM"),
    (r"bpf:10$", "EPERM ENOMEM"),
    (r"bpf:", "ENOMEM EPERM"),
    (r"(read|pread64|poll|ppoll|wait4|waitid|flock|clock_nanosleep|recvmsg|recvfrom|fsync)$",
     "EIO EINTR"),
    (r"(write|writev|pwrite64)$", "ENOSPC EIO EINTR"),
    (r"(openat|open|socket|pipe2|memfd_create|dup2?|dup3|fcntl|pidfd_open|epoll_create1)$",
     "EMFILE EPERM"),
    (r"(mmap|munmap|mprotect|mremap|madvise)$", "ENOMEM"),
    (r"(fork|vfork|clone3?)$", "EAGAIN ENOMEM"),
    (r"(mkdir|mkdirat|rename|renameat2?|unlink|unlinkat|linkat|symlinkat|ftruncate)$",
     "ENOSPC EPERM"),
    (r"", "EPERM EIO"),
]
# The kernel has no error for the second line; brk() answers with where the heap ends, in any case,
# and close() gives the descriptor back whatever it answers.
NEVER_FAIL = {"exit_group", "exit", "rt_sigreturn", "execve",
              "brk", "close", "geteuid", "getuid", "getegid", "getgid", "getpid", "getppid", "gettid", "umask"}


def errors_of(name):
    for pattern, words in ERRORS:
        if re.match(pattern, name):
            return [getattr(errno, word) for word in words.split()]
    return []


class Failure(Exception):
    pass


class Run:
    def __init__(self, xdpfw, fault_run, devices):
        self.xdpfw, self.fault_run = xdpfw, fault_run
        self.world = world.World(devices)
        self.scenarios = world.make_scenarios(devices)
        self.holds = world.State(None, False)	# as the last judgement found it
        self.leaving = []		# (item, deadline, point): to be gone by then
        self.last = None		# the scenario that was prepared for
        self.ends, self.failures, self.points = {}, 0, 0
        self.startup, self.label, self.alike = [], "at first", {}
        self.unreached = []

    # -- running commands --

    def command(self, words):
        done = subprocess.run([self.xdpfw, *words], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        if done.returncode:
            raise Failure("then 'xdpfw %s' ends with %d: %s" % (" ".join(words), done.returncode,
                                                                done.stderr.strip()))
        if words[0] == "unload":
            self.world.counted, self.world.doubtful = 0, 0
        return done

    def spoil(self, scenario, options):
        done = subprocess.run([self.fault_run, "-o", "report", *options,
                               *(["-c"] if scenario.child else []), self.xdpfw, *scenario.words],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              errors="replace", timeout=60)
        with open("report") as file:
            report = [line.split() for line in file]
        if done.returncode == 99 or not report or report[-1][0] != "calls":
            raise Failure("fault_run: " + done.stderr)
        return done, report

    # -- what holds --

    def expected(self, ruleset):
        return tuple(ruleset.decides(device) if ruleset else None for device in self.world.devices)

    def look(self, candidates, gap=False):
        """Which of these states holds: one ruleset decides on all devices."""
        end = time.monotonic() + 5
        while True:
            found, state = self.world.judge(), None
            deadline, _ = kernel.read_control()
            for each in candidates:
                if (found, deadline != 0) == (self.expected(each.ruleset), each.pending):
                    state = each
            # A device whose mode is being changed drops everything for a moment.
            if state or not gap or None in found or time.monotonic() > end:
                break
            self.world.doubtful += len(found)
        if not state:
            raise Failure("the devices drop %s, %s; it should be %s" %
                          (found, "a confirm is waited for" if deadline else "settled",
                           " or ".join("%s, %s" % (self.expected(each.ruleset),
                                                   "waiting" if each.pending else "settled")
                                       for each in candidates)))
        if state.ruleset:
            self.world.counted += len(state.ruleset.devices)
        self.holds = state
        return state

    def check_pins(self, ruleset, empty=True, late=None):
        found, free = kernel.pins(empty), kernel.read_control()[1]
        if not free:
            raise Failure("the slot for what a command puts aside is not empty")
        if (found is None) != (ruleset is None):
            raise Failure("pins: %s while %s holds" % (found, ruleset and ruleset.name))
        if ruleset:
            names = ruleset.devices + ([late] if late else [])
            links = {"link-%d" % socket.if_nametoindex(name) for name in names}
            more = found - links - OWN_PINS
            if links - found or more or not {"slots", "control", "cells"} <= found:
                raise Failure("pins: %s" % " ".join(sorted(found)))
        wanted = set(names) if ruleset else set()
        found = kernel.attached()
        if found != wanted:
            raise Failure("an XDP program is on %s instead of %s" % (sorted(found), sorted(wanted)))

    def check_counter(self, ruleset, listing):
        if not ruleset:
            return
        listing = listing or self.command(["list", "ruleset"]).stdout
        found = re.search(r"udp dport %d counter packets (\d+) " % world.COUNTED, listing)
        more = int(found[1]) - self.world.counted if found else -1
        if more < 0 or more > self.world.doubtful:
            raise Failure("%s packets counted instead of %d" % (found and found[1],
                                                                self.world.counted))
        self.world.counted, self.world.doubtful = int(found[1]), 0

    def check_processes(self):
        end = time.monotonic() + 3
        while (found := kernel.processes()) and time.monotonic() < end:
            time.sleep(0.01)
        if found:
            raise Failure("processes left: %s" % " ".join(sorted(found)))

    def leave(self, items, point):
        self.leaving += [(item, time.monotonic() + 60, point) for item in items]

    def check_left(self, wait=False):
        """The kernel frees late: what is to go is looked at again at later points."""
        while True:
            self.leaving = [each for each in self.leaving if kernel.is_left(each[0])]
            late = [each for each in self.leaving if each[1] < time.monotonic()]
            if late:
                self.leaving = [each for each in self.leaving if each not in late]
                raise Failure("still in the kernel: %s (made or held at %s)" %
                              (" ".join(kernel.describe(item) for item, _, _ in late), late[0][2]))
            if not wait or not self.leaving:
                return
            time.sleep(0.05)

    # -- a point --

    def prepare(self, scenario):
        if not scenario.always and self.holds == scenario.before and \
                (self.last is scenario or not self.holds.ruleset):
            return
        if self.last is not scenario and self.holds.ruleset:
            self.command(["unload"])
        for words in scenario.prepare:
            if callable(words):
                words()
            else:
                self.command(words)
        self.last = scenario
        self.look([scenario.before])

    def run_spoiled(self, scenario, options):
        objects, hidden = os.environ["XDPFW_STATE_DIR"] + "/objects", "objects.hidden"
        if scenario.cold:
            os.rename(objects, hidden)
        try:
            return self.spoil(scenario, options)
        finally:
            if scenario.cold:
                shutil.rmtree(objects, ignore_errors=True)
                os.rename(hidden, objects)

    def judge_status(self, scenario, done, name, found):
        """How the command ended, which must fit what it left in force."""
        status, text = done.returncode, done.stderr
        # What a command without effect on the kernel ends with before main() is not ours.
        if status == 127 or (status in (134, 139) and "xdpfw" not in text) or \
                "loading shared libraries" in text:
            if name in self.startup_names:
                if found not in scenario.unchanged:
                    raise Failure("before main(), and the rules changed")
                return "not started"
        # The C library and the modules that it asks for users trust some calls to work.
        if status == 134 and "xdpfw: error: " not in text and found in scenario.unchanged:
            return "ended by a library"
        if status == 0:
            # Who only looks puts right what has expired, but only where nobody is at work.
            if found != scenario.after and scenario.words != ["status"]:
                raise Failure("exit status 0, and the rules in force are the old ones")
            return "done all the same"
        if status not in (3, 4):
            raise Failure("exit status %d: %s" % (status, text.strip()[-300:]))
        if found not in scenario.unchanged:
            # What could not be put away is the next command's; the devices are as was asked for.
            if not found.ruleset and "no ruleset is in force" in text:
                return "done, and refused to clean up"
            raise Failure("exit status %d, and the rules in force are the new ones: %s" %
                          (status, text.strip()[-300:]))
        if name.startswith("write") and not text:
            return "refused, silent"
        if "xdpfw: error: " not in text and "error: " not in text:
            raise Failure("exit status %d without a message: %s" % (status, text))
        if scenario.words == ["status"]:
            return "refused"		# who only looks need not say it
        if not HOLDS["old" if found.ruleset else None].search(text):
            raise Failure("the message does not say what holds: %s" % text.strip()[-300:])
        return "refused"

    def next_command(self, scenario, number, found):
        """The command after the spoiled one.  Returns what must hold then, and a listing if any."""
        wanted = scenario.unchanged[-1] if found == scenario.before else found
        if scenario.late:
            self.command(scenario.words)
        elif number % 8 == 5 and found == scenario.before:
            self.command(scenario.words)
            wanted = scenario.after
        elif number % 4 == 3 or not found.ruleset:
            self.command(["status"])
        else:
            # Nobody sends packets meanwhile; those of the next judgement are not in this listing.
            return wanted, self.command(["list", "ruleset"]).stdout
        return wanted, None

    def point(self, scenario, number, error):
        self.prepare(scenario)
        held = kernel.reachable()
        done, report = self.run_spoiled(
            scenario, ["-n", str(number), *(["-e", str(error)] if error else ["-k"])])
        hit = [line[1] for line in report if line[0] == "hit"]
        made = {(line[1], int(line[2])) for line in report if line[0] == "made"}
        name = hit[0] if hit else "-"
        self.label = "%s, call %d (%s), %s" % (scenario.name, number, name,
                                               errno.errorcode[error] if error else "kill")
        states = [*scenario.unchanged, scenario.after]
        # Killed between the switch and the end of the deadline, behind which is the same ruleset.
        halfway = world.State(scenario.after.ruleset, scenario.before.pending)
        found = self.look([*states, *([] if error else [halfway])], scenario.gap)
        if found not in states:
            found = scenario.after
        if scenario.words == ["unload"] and not found.ruleset:
            self.world.counted = 0
        killed = done.returncode == 137 and not error and not scenario.child
        if killed:
            end = "killed, old rules" if found in scenario.unchanged else "killed, new rules"
        else:
            end = self.judge_status(scenario, done, name, found)
        wanted, listing = self.next_command(scenario, number, found)
        if listing:
            self.check_counter(wanted.ruleset, listing)
        self.look([wanted])
        self.check_processes()
        self.check_pins(wanted.ruleset, late=scenario.late)
        if not listing:
            self.check_counter(wanted.ruleset, None)
        self.leave((held | made) - kernel.reachable(), self.label)
        self.check_left()
        if not hit:
            self.unreached.append("%s %d/%s" % (scenario.name, number, report[-1][1]))
        return end if hit else "not reached"

    def try_point(self, scenario, number, error):
        self.points += 1
        try:
            end = self.point(scenario, number, error)
            self.ends[end] = self.ends.get(end, 0) + 1
        except (Failure, subprocess.TimeoutExpired, OSError) as failure:
            self.failed(failure)
            subprocess.run([self.xdpfw, "unload"], capture_output=True)
            self.world.counted, self.world.doubtful = 0, 0
            self.holds, self.last = world.State(None, False), None

    def failed(self, failure):
        """Failures alike are told once."""
        self.failures += 1
        alike = re.sub(r"[0-9]+", "0", str(failure))
        self.alike[alike] = self.alike.get(alike, 0) + 1
        if self.alike[alike] == 1:
            print("FAIL %s: %s" % (self.label, failure), flush=True)
        if self.failures >= MAX_FAILURES:
            print("why: too many failures")
            sys.exit(1)

    # -- which points --

    def profile(self, scenario):
        """The calls of the command when nothing is spoiled, and what it builds was built before."""
        self.prepare(scenario)
        self.command(scenario.words)
        self.holds, self.last = scenario.after, None
        self.prepare(scenario)
        done, report = self.run_spoiled(scenario, ["-l"])
        if done.returncode:
            raise Failure("%s ends with %d: %s" % (scenario.name, done.returncode, done.stderr))
        if scenario.words == ["unload"]:
            self.world.counted = 0
        self.look([scenario.after])
        return [line[1] for line in report if line[0] == "call"]

    def skip_startup(self, calls):
        """How many calls are the dynamic linker's: those that every command begins with."""
        count = 0
        while count < min(len(calls), len(self.startup)) and calls[count] == self.startup[count]:
            count += 1
        return count

    def some_calls(self, scenario, calls, chance):
        """The numbers of the calls that are taken, from 1: all, but of long repetitions some."""
        numbers = range(1, len(calls) + 1)
        runs = [i for i, name in enumerate(calls) if name == "bpf:10"]
        left_out = set()
        if len(runs) > 4 * PROOF_EDGE:
            left_out = set(range(runs[0] + PROOF_EDGE, runs[-1] - PROOF_EDGE))
            left_out -= set(chance.sample(sorted(left_out), PROOF_SOME))
            common = set(range(runs[0])) | set(range(runs[-1] + 1, len(calls)))
            left_out |= common - set(chance.sample(sorted(common), COMMON_SOME))
        if scenario.child and "execve" in calls:
            clang = range(calls.index("execve") + 1, len(calls))
            left_out = set(clang) - set(chance.sample(clang, min(CLANG_SOME, len(clang))))
        return [number for number in numbers if number - 1 not in left_out]

    def learn_startup(self):
        subprocess.run([self.fault_run, "-l", "-o", "report", self.xdpfw, "--version"], check=True,
                       stdout=subprocess.DEVNULL)
        with open("report") as file:
            self.startup = [line.split()[1] for line in file if line.startswith("call")][:-3]
        self.startup_names = set(self.startup)

    @staticmethod
    def faults(name):
        most = int(os.environ.get("FAULTS_ERRORS", "9"))
        return [None] + ([] if name in NEVER_FAIL else errors_of(name)[:most])

    def everything(self, names, seed):
        chance, only = random.Random(seed), re.compile(os.environ.get("FAULTS_CALLS", ""))
        for scenario in self.scenarios:
            if names and scenario.name not in names:
                continue
            before, begin = self.points, time.monotonic()
            calls = self.profile(scenario)
            numbers = self.some_calls(scenario, calls, chance)
            if scenario.name != "reload" and not scenario.child:
                numbers = numbers[self.skip_startup(calls):]
            for number in numbers:
                if not only.match(calls[number - 1]):
                    continue
                for error in self.faults(calls[number - 1]):
                    self.try_point(scenario, number, error)
            print("%s, %d device(s): %d calls, %d points, %d s" %
                  (scenario.name, len(self.world.devices), len(calls), self.points - before,
                   time.monotonic() - begin), flush=True)

    def sample(self, count, seed):
        chance = random.Random(seed)
        calls = {scenario: self.profile(scenario) for scenario in self.scenarios}
        places = {}
        for scenario in self.scenarios:
            for i, name in enumerate(calls[scenario]):
                places.setdefault(name, []).append((scenario, i + 1))
        chosen = []
        for name in sorted(places):
            scenario, number = chance.choice(places[name])
            chosen.append((scenario, number, chance.choice(self.faults(name)[-2:])))
        least = len(chosen)
        while len(chosen) < count:
            scenario = chance.choice(self.scenarios)
            number = chance.choice(self.some_calls(scenario, calls[scenario], chance))
            chosen.append((scenario, number,
                           chance.choice(self.faults(calls[scenario][number - 1]))))
        # Scenario by scenario: going from one to another costs more than a point.
        chosen.sort(key=lambda point: (self.scenarios.index(point[0]), point[1]))
        for point in chosen:
            self.try_point(*point)
        print("%d distinct calls, of %d" % (least, sum(len(each) for each in calls.values())))

    def finish(self):
        try:
            self.check_left(wait=True)
            self.command(["unload"])
            self.check_pins(None, empty=False)
        except Failure as failure:
            self.failures += 1
            print("FAIL at last: %s" % failure)
        if self.unreached:
            print("not reached: %s" % " ".join(self.unreached[:40]))
        print("points: %d with %d device(s), %s; %d failed" % (
            self.points, len(self.world.devices),
            ", ".join("%d %s" % (number, end) for end, number in sorted(self.ends.items())),
            self.failures))
        return self.failures == 0 and self.points > 0


def main():
    xdpfw, fault_run, devices, what = sys.argv[1:5]
    run = Run(xdpfw, fault_run, ["eth0", "eth1", "eth2"][:int(devices)])
    run.learn_startup()
    if what == "sample":
        run.sample(int(sys.argv[5]), int(sys.argv[6]))
    else:
        run.everything(sys.argv[5:], 1)
    sys.exit(not run.finish())


if __name__ == "__main__":
    main()
