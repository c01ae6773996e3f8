#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""faults_kernel: what faults.py asks the kernel: pins, programs, maps, links, devices, processes.

All of it is about the network namespace, the bpffs ($XDPFW_BPFFS) and the process namespace that
this process is in.  An item is a pair of a kind ("prog", "map", "link") and an id.
"""

import ctypes
import errno
import glob
import os
import socket
import struct

import bpf

MAP_UPDATE, PROG_GET_FD, MAP_GET_FD, GET_INFO, LINK_GET_FD = 2, 13, 14, 15, 30
SLOT_SAVED, SLOTS = 2, 3
RTM_GETLINK, NLM_F_DUMP, NLMSG_DONE = 18, 0x301, 3
IFLA_IFNAME, IFLA_XDP, IFLA_XDP_ATTACHED = 3, 43, 2
MAP_PROG_ARRAY = 3


def info_of(fd, size=256):
    info = ctypes.create_string_buffer(size)
    bpf.bpf(GET_INFO, struct.pack("=IIQ", fd, size, bpf.pointer(info)))
    return info.raw


def open_id(command, number):
    try:
        return bpf.bpf(command, struct.pack("=II", number, 0))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        raise


BY_ID = {"prog": PROG_GET_FD, "map": MAP_GET_FD, "link": LINK_GET_FD}


def describe(item):
    """A program or map in words; what is gone meanwhile has no name."""
    fd = open_id(BY_ID[item[0]], item[1])
    if fd is None:
        return "%s:%d" % item
    info = info_of(fd)
    os.close(fd)
    at = {"prog": 64, "map": 24, "link": 256}[item[0]]
    return "%s:%d(%s)" % (*item, info[at:at + 16].rstrip(b"\0").decode())


def look_up(fd, index, size):
    """A value of an array; None when there is none."""
    key = ctypes.create_string_buffer(struct.pack("=I", index), 4)
    value = ctypes.create_string_buffer(size)
    try:
        bpf.bpf(bpf.MAP_LOOKUP, struct.pack("=I4xQQ", fd, bpf.pointer(key), bpf.pointer(value)))
    except OSError:
        return None
    return value.raw


def is_left(item):
    """
    Whether it is in the kernel still.  A map of programs that is closed for the last time twice,
    before the kernel has emptied it, stays for good (prog_array_map_clear() takes a reference for
    each, and gives one back): empty, in no program, and nobody's.
    """
    fd = open_id(BY_ID[item[0]], item[1])
    if fd is None:
        return False
    kind = struct.unpack_from("=I", info_of(fd))[0]
    empty = item[0] == "map" and kind == MAP_PROG_ARRAY and not any(
        look_up(fd, slot, 4) for slot in range(SLOTS))
    os.close(fd)
    return not empty


def add_program(number, found):
    fd = open_id(PROG_GET_FD, number)
    if fd is None:
        return
    ids = ctypes.create_string_buffer(4 * 64)
    info = ctypes.create_string_buffer(struct.pack("=52xIQ", 64, bpf.pointer(ids)), 256)
    bpf.bpf(GET_INFO, struct.pack("=IIQ", fd, 256, bpf.pointer(info)))
    os.close(fd)
    found.add(("prog", number))
    count = struct.unpack_from("=I", info.raw, 52)[0]
    found.update(("map", each) for each in struct.unpack_from("=%dI" % count, ids.raw))


def add_slots(fd, entries, found):
    for slot in range(entries):
        value = look_up(fd, slot, 4)
        if value:
            add_program(struct.unpack("=I", value)[0], found)


def reachable():
    """All that hangs on the pins: (kind, id)."""
    found = set()
    for folder, _, names in os.walk(os.environ["XDPFW_BPFFS"]):
        for path in (os.path.join(folder, name) for name in names if ".debug" not in name):
            fd = bpf.get(path)
            info = info_of(fd)
            kind, number, more = struct.unpack_from("=III", info)
            if "link" in os.readlink("/proc/self/fd/%d" % fd):
                found.add(("link", number))
                add_program(more, found)
            else:
                found.add(("map", number))
                if kind == MAP_PROG_ARRAY:
                    add_slots(fd, struct.unpack_from("=I", info, 16)[0], found)
            os.close(fd)
    return found


def pins(empty=True):
    """
    The names in the folder of this network namespace; None when there is no pin at all.  Folders
    without pins may be left by a kill, until something is loaded and unloaded.
    """
    root = os.environ["XDPFW_BPFFS"]
    found = [path for path in glob.glob(root + "/**", recursive=True)
             if path.rstrip("/") != root and ".debug" not in path]
    if all(os.path.isdir(path) for path in found) and (found == [] or empty):
        return None
    folders = sorted(os.path.relpath(path, root) for path in found if os.path.isdir(path))
    if len(folders) != 3 or folders[:2] != ["xdpfw", "xdpfw/v1"]:
        return {"folders: " + " ".join(folders)}
    return {os.path.basename(path) for path in found if not os.path.isdir(path)}


def pinned(name):
    found = glob.glob(os.environ["XDPFW_BPFFS"] + "/xdpfw/v1/*/" + name)
    return bpf.get(found[0]) if found else None


def read_control():
    """The deadline of the stub, 0 when there is none; and whether the slot for commands is free."""
    control, slots = pinned("control"), pinned("slots")
    word = look_up(control, 0, 16) if control else bytes(16)
    free = not slots or look_up(slots, SLOT_SAVED, 4) is None
    for fd in (control, slots):
        if fd:
            os.close(fd)
    return struct.unpack("=Q8x", word)[0], free


def expire():
    """The deadline is over: it was a nanosecond after the machine was started."""
    fd = pinned("control")
    key = ctypes.create_string_buffer(4)
    value = ctypes.create_string_buffer(struct.pack("=Q", 1) + look_up(fd, 0, 16)[8:], 16)
    bpf.bpf(MAP_UPDATE, struct.pack("=I4xQQQ", fd, bpf.pointer(key), bpf.pointer(value), 0))
    os.close(fd)


def attributes(data):
    """Of a netlink message: {type: payload}."""
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3fff] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


def attached():
    """The devices that have an XDP program, by the kernel's own list of devices."""
    found, data = set(), b""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.send(struct.pack("=IHHIIBxHiII", 32, RTM_GETLINK, NLM_F_DUMP, 1, 0, 0, 0, 0, 0, 0))
        while True:
            data = link.recv(1 << 17)
            while data:
                size, kind = struct.unpack_from("=IH", data)
                if kind == NLMSG_DONE:
                    return found
                device = attributes(data[32:size])
                xdp = attributes(device.get(IFLA_XDP, b""))
                if xdp.get(IFLA_XDP_ATTACHED, b"\0") != b"\0":
                    found.add(device[IFLA_IFNAME].rstrip(b"\0").decode())
                data = data[(size + 3) & ~3:]


def processes():
    """Of this process namespace, beside this process, its parents, and the one that looks."""
    own, parents = os.getpid(), set()
    while own:
        parents.add(own)
        with open("/proc/%d/stat" % own) as file:
            own = int(file.read().rsplit(")", 1)[1].split()[1])
    found = set()
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as file:
                pid, rest = file.read().split(" ", 1)
        except OSError:
            continue
        if int(pid) not in parents and rest.rsplit(")", 1)[1].split()[0] != "Z":
            found.add(rest.rsplit(")", 1)[0].lstrip("("))
    return found
