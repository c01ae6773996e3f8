#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""without: runs a command on a kernel that lacks some system calls.

	without.py CALL,... COMMAND...

A seccomp filter answers them with ENOSYS, here and in everything the command starts.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

# The same numbers on every architecture with a table from 2021 on; seccomp is older.
NUMBERS = {
    "landlock_create_ruleset": 444,
    "seccomp": {"x86_64": 317, "aarch64": 277, "riscv64": 277}.get(platform.machine()),
}
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD_NUMBER = (0x20, 0, 0, 0)		# BPF_LD | BPF_W | BPF_ABS, offset of seccomp_data.nr
RETURN_ALLOW = (0x06, 0, 0, 0x7FFF0000)
RETURN_ENOSYS = (0x06, 0, 0, 0x00050000 | errno.ENOSYS)


class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def main():
    steps = [LOAD_NUMBER]
    for name in sys.argv[1].split(","):
        steps.append((0x15, 0, 1, NUMBERS[name]))	# BPF_JMP | BPF_JEQ: the next, or skip it
        steps.append(RETURN_ENOSYS)
    steps.append(RETURN_ALLOW)
    text = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = Program(len(steps), text)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program)):
        sys.exit("without: " + os.strerror(ctypes.get_errno()))
    os.execvp(sys.argv[2], sys.argv[2:])


main()
