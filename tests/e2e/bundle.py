#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""bundle: objects of xdpfw with something changed, as somebody would who knows the format.

	bundle.py field FILE NAME VALUE	sets a number of the header
	bundle.py text FILE FROM TO	replaces words of equal length in the ruleset
	bundle.py flip FILE OFFSET	flips a bit of the object proper
	bundle.py btf FILE NUMBER	sets such a word of what its BTF says of types
	bundle.py show FILE		prints the header's numbers, a name and a value a line

The digest is made anew each time (loader/bundle.c says what it covers).
"""

import hashlib
import struct
import sys

HEAD = 8 + 32
FIELDS = ("order", "format", "abi", "mode", "allow_missing", "failsafe_count")
SIZES = ("text_bytes", "failsafe_bytes", "image_bytes", "object_bytes",
         "optimize_bytes")
NUMBERS = HEAD
PLACES = {name: (NUMBERS + 4 * i, "=I") for i, name in enumerate(FIELDS)}
BEHIND = NUMBERS + 4 * len(FIELDS) + 24 + 32
PLACES |= {name: (BEHIND + 8 * i, "=Q") for i, name in enumerate(SIZES)}
HEADER = BEHIND + 8 * len(SIZES)


def read(data, name):
    offset, form = PLACES[name]
    return struct.unpack_from(form, data, offset)[0]


def main():
    command, path, *words = sys.argv[1:]
    with open(path, "rb") as file:
        data = bytearray(file.read())
    if command == "show":
        for name in PLACES:
            print(name, read(data, name))
        return
    if command == "field":
        offset, form = PLACES[words[0]]
        struct.pack_into(form, data, offset, int(words[1], 0))
    elif command == "text":
        end = HEADER + read(data, "text_bytes")
        text = data[HEADER:end].replace(words[0].encode(), words[1].encode())
        assert len(text) == end - HEADER and text != data[HEADER:end]
        data[HEADER:end] = text
    elif command == "flip":
        size = read(data, "object_bytes")
        data[len(data) - size + int(words[0]) % size] ^= 1 << int(words[0]) % 8
    elif command == "btf":
        start = data.index(struct.pack("=HBB", 0xeb9f, 1, 0))
        length, types, type_bytes = struct.unpack_from("=3I", data, start + 4)
        place = start + length + types + 4 * int(words[0]) % type_bytes
        struct.pack_into("=I", data, place, 0x7fffffff)
    data[8:HEAD] = hashlib.sha256(data[HEAD:]).digest()
    with open(path, "wb") as file:
        file.write(data)


main()
