#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""bpf: XDP programs of somebody else, and what xdpfw has in the kernel.

	bpf.py foreign PIN		loads a program that passes packets, named "foreign"
	bpf.py foreign_link DEVICE PIN	the same, attached by a link; PIN holds the link
	bpf.py named NAME PIN		as foreign, of another name
	bpf.py hold_link DEVICE		attaches by a link that only this process holds, says its
					number, and waits to be killed
	bpf.py map PIN			pins a map that has nothing to do with xdpfw
	bpf.py ids			prints all that hangs on the pins below $XDPFW_BPFFS:
					"prog:12 map:7 link:3"
	bpf.py names			the names of those maps
	bpf.py gone WORD...		such words: succeeds when none of them is in the kernel
	bpf.py empty_slot PIN SLOT	takes the program out of a slot of a map
	bpf.py update_link PIN PROGRAM	puts a program into a link, both pinned
	bpf.py bind PROGRAM MAP		a pinned program holds the map of that number
	bpf.py missed PIN		the first word of a map of one entry
	bpf.py other FROM GONE ENTRY	in the table of devices in force the row of the device of
					number FROM, with another entry if ENTRY is not "-", is
					what unlisted devices count as (0: none), and that of
					number GONE is taken out (0: none)
"""

import ctypes
import json
import os
import platform
import signal
import socket
import struct
import subprocess
import sys

SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
MAP_CREATE, MAP_LOOKUP, MAP_DELETE, PROG_LOAD, OBJ_PIN, OBJ_GET = 0, 1, 3, 5, 6, 7
LINK_CREATE, LINK_UPDATE, PROG_BIND_MAP = 28, 29, 35
PROG_TYPE_XDP, ATTACH_XDP = 6, 37


def bpf(command, attributes):
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    fd = libc.syscall(SYS_BPF, command, attributes, 128)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "bpf command %d" % command)
    return fd


def pointer(data):
    return ctypes.cast(data, ctypes.c_void_p).value


def load(name="foreign"):
    code = ctypes.create_string_buffer(bytes.fromhex("b700000002000000" "9500000000000000"))
    licence = ctypes.create_string_buffer(b"GPL")
    return bpf(PROG_LOAD, struct.pack("=IIQQIIQII16sII", PROG_TYPE_XDP, 2, pointer(code),
                                      pointer(licence), 0, 0, 0, 0, 0, name.encode(), 0,
                                      ATTACH_XDP))


def pin(fd, path):
    path = ctypes.create_string_buffer(path.encode())
    bpf(OBJ_PIN, struct.pack("=QII", pointer(path), fd, 0))


def foreign(path):
    pin(load(), path)


def named(name, path):
    pin(load(name), path)


def link(device):
    return bpf(LINK_CREATE, struct.pack("=IIII", load(), socket.if_nametoindex(device), ATTACH_XDP,
                                        0))


def hold_link(device):
    link(device)
    print(os.getpid(), flush=True)
    signal.pause()


def make_map(path):
    """An array of one entry of four bytes."""
    pin(bpf(MAP_CREATE, struct.pack("=IIII", 2, 4, 4, 1)), path)


def foreign_link(device, path):
    pin(link(device), path)


def get(path):
    path = ctypes.create_string_buffer(path.encode())
    return bpf(OBJ_GET, struct.pack("=QII", pointer(path), 0, 0))


def update_link(link, program):
    bpf(LINK_UPDATE, struct.pack("=IIII", get(link), get(program), 0, 0))


def bind(program, number):
    bpf(PROG_BIND_MAP, struct.pack("=III", get(program), get_map(int(number)), 0))


def empty_slot(path, slot):
    key = ctypes.create_string_buffer(struct.pack("=I", int(slot)), 4)
    bpf(MAP_DELETE, struct.pack("=I4xQ", get(path), pointer(key)))


def missed(path):
    key, value = ctypes.create_string_buffer(4), ctypes.create_string_buffer(16)
    bpf(MAP_LOOKUP, struct.pack("=I4xQQ", get(path), pointer(key), pointer(value)))
    print(struct.unpack("=Q8x", value.raw)[0])


def bpftool(*words):
    """None when there is no such thing."""
    done = subprocess.run(["bpftool", "-j", *words], capture_output=True, text=True)
    if done.returncode:
        return None
    return json.loads(done.stdout)


def add_program(number, found):
    found.add("prog:%d" % number)
    found.update("map:%d" % each for each in bpftool("prog", "show", "id", str(number))
                 .get("map_ids", []))


def find():
    found = set()
    for folder, _, names in os.walk(os.path.join(os.environ["XDPFW_BPFFS"], "xdpfw")):
        for path in (os.path.join(folder, name) for name in names):
            if os.path.basename(path).startswith("link-"):
                link = bpftool("link", "show", "pinned", path)
                found.add("link:%d" % link["id"])
                add_program(link["prog_id"], found)
                continue
            found.add("map:%d" % bpftool("map", "show", "pinned", path)["id"])
            if os.path.basename(path) == "slots":
                for entry in bpftool("map", "dump", "pinned", path):
                    value = entry["value"]
                    add_program(int.from_bytes([int(byte, 16) for byte in value], sys.byteorder)
                                if isinstance(value, list) else value, found)
    return sorted(found)


def ids():
    print(" ".join(find()))


def names():
    for word in find():
        if word.startswith("map:"):
            print(bpftool("map", "show", "id", word[4:])["name"])


def gone(*words):
    left = [word for word in words if bpftool(word.split(":")[0], "show", "id",
                                              word.split(":")[1]) is not None]
    sys.exit(len(left) != 0)


def get_map(number):
    return bpf(14, struct.pack("=I", number))


def find_map(name):
    """That of the program in slot 0."""
    for folder, _, files in os.walk(os.path.join(os.environ["XDPFW_BPFFS"], "xdpfw")):
        if "slots" not in files:
            continue
        value = bpftool("map", "lookup", "pinned", os.path.join(folder, "slots"), "key", "0", "0",
                        "0", "0")["value"]
        if isinstance(value, list):
            value = int.from_bytes([int(byte, 16) for byte in value], sys.byteorder)
        for number in bpftool("prog", "show", "id", str(value))["map_ids"]:
            if bpftool("map", "show", "id", str(number))["name"] == name:
                return number
    raise LookupError(name)


def other(source, gone, entry):
    """See struct xdpfw_device_table."""
    head, row, slots = 16, 40, 4096
    table, key = get_map(find_map(".data.devices")), ctypes.create_string_buffer(4)
    value = ctypes.create_string_buffer(head + row * (slots + 1))
    bpf(MAP_LOOKUP, struct.pack("=I4xQQ", table, pointer(key), pointer(value)))
    data, found = bytearray(value.raw), bytes(row)
    for at in range(head, head + row * slots, row):
        number = struct.unpack_from("=I", data, at)[0]
        if number and number == int(source):
            found = bytes(data[at:at + row])
        if number and number == int(gone):
            data[at:at + row] = bytes(row)
    data[head + row * slots:] = found
    if entry != "-":
        struct.pack_into("=I", data, head + row * slots + 4, int(entry, 0))
    value = ctypes.create_string_buffer(bytes(data), len(data))
    bpf(2, struct.pack("=I4xQQQ", table, pointer(key), pointer(value), 0))


COMMANDS = {"bind": bind, "other": other, "foreign": foreign, "named": named, "hold_link": hold_link, "map": make_map,
            "foreign_link": foreign_link, "ids": ids, "names": names,
            "gone": gone, "empty_slot": empty_slot, "update_link": update_link, "missed": missed}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
