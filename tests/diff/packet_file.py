# SPDX-License-Identifier: GPL-2.0-only
"""packet_file: reads and writes the packets of a test.

A packet file has one packet a line:

	HEX [dev=NAME] [linear=N] [now=NS] [cpu=N] [random=N] [name=WORD]

HEX is the frame from the destination MAC on, without a frame check sequence; blanks may not stand
inside it.  dev is the device it comes in on (the first one when left out).  linear is the number
of bytes for the linear part of a split packet.  now, cpu and random are what a rule is given that
asks for the time (ns since 1970), the CPU or a random number.  `#` starts a comment, empty lines
are skipped.

A file that starts with pcap's magic number (classic pcap, either byte order, micro- or
nanoseconds, link type Ethernet, whole frames) is read as pcap; packets are named by number.
"""

import struct

MIN_FRAME = 14
PCAP_MAGIC = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">",
              b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}
LINKTYPE_ETHERNET = 1
GIVEN = ("now", "cpu", "random")


class PacketFileError(Exception):
    pass


class Packet:
    def __init__(self, frame, device, name="", linear=None):
        if len(frame) < MIN_FRAME:
            raise PacketFileError("%s: a frame has at least %d bytes" % (name, MIN_FRAME))
        self.frame, self.device, self.name, self.linear = frame, device, name, linear
        self.given = {}    # now, cpu, random

    def line(self):
        words = [self.frame.hex(), "dev=" + self.device]
        if self.linear is not None:
            words.append("linear=%d" % self.linear)
        words += ["%s=%d" % item for item in self.given.items()]
        if self.name:
            words.append("name=" + self.name.replace(" ", "_"))
        return " ".join(words)


def parse_line(text, device, place):
    words = text.split()
    name, linear, given = place, None, {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if key == "dev" and value:
            device = value
        elif key == "linear" and value.isdigit():
            linear = int(value)
        elif key in GIVEN and value.isdigit():
            given[key] = int(value)
        elif key == "name" and equals:
            name = value
        else:
            raise PacketFileError("%s: not understood: %s" % (place, word))
    try:
        frame = bytes.fromhex(words[0])
    except ValueError:
        raise PacketFileError("%s: not a row of hexadecimal bytes" % place) from None
    packet = Packet(frame, device, name, linear)
    packet.given = given
    return packet


def parse_text(text, device, path):
    packets = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if line:
            packets.append(parse_line(line, device, "%s:%d" % (path, number)))
    return packets


def parse_pcap(data, device, path):
    order = PCAP_MAGIC[data[:4]]
    if len(data) < 24 or struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF != LINKTYPE_ETHERNET:
        raise PacketFileError("%s: not a pcap file of Ethernet frames" % path)
    packets, at = [], 24
    while at < len(data):
        name = "%s#%d" % (path, len(packets) + 1)
        if at + 16 > len(data):
            raise PacketFileError("%s: the file is cut" % name)
        captured, original = struct.unpack_from(order + "II", data, at + 8)
        at += 16
        if captured != original or at + captured > len(data):
            raise PacketFileError("%s: the frame is cut" % name)
        packets.append(Packet(data[at:at + captured], device, name))
        at += captured
    return packets


def read(path, device):
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] in PCAP_MAGIC:
        return parse_pcap(data, device, path)
    return parse_text(data.decode(), device, path)


def text(packets):
    return "".join(packet.line() + "\n" for packet in packets)
