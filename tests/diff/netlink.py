# SPDX-License-Identifier: GPL-2.0-only
"""netlink: reads rules and set elements of nf_tables from the kernel.

Input: none but the network namespace of the process.  Output: the rules with their expressions,
the elements of a set.  It is there because nft 1.0.6 aborts while it lists some rules it has
loaded itself, and because a packet's judge wants counters, not text.
"""

import socket
import struct

NETLINK_NETFILTER = 12
SUBSYSTEM_NFTABLES = 10
MSG_NEWRULE, MSG_GETRULE, MSG_NEWSETELEM, MSG_GETSETELEM = 6, 7, 12, 13
FLAG_REQUEST, FLAG_DUMP = 0x1, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
FLAG_DUMP_INTERRUPTED = 0x10
FAMILY_ANY, FAMILY_NETDEV = 0, 5

PAYLOAD_LINK, PAYLOAD_NETWORK, PAYLOAD_TRANSPORT = 0, 1, 2


class NetlinkError(Exception):
    pass


def attributes(data):
    """Yields (type, value)."""
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            raise NetlinkError("attribute of %d bytes" % length)
        yield kind & 0x3FFF, data[at + 4:at + length]
        at += (length + 3) & ~3


def attribute_text(data):
    return data.rstrip(b"\0").decode()


def attribute(kind, value):
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + bytes(-length % 4)


def message_parts(sock):
    """Yields (message type, payload behind nlmsghdr) up to the end of a dump."""
    while True:
        data = sock.recv(1 << 20)
        at = 0
        while at + 16 <= len(data):
            length, kind, flags = struct.unpack_from("=IHH", data, at)
            if flags & FLAG_DUMP_INTERRUPTED:
                raise NetlinkError("the ruleset changed while it was read")
            if kind == NLMSG_DONE:
                return
            if kind == NLMSG_ERROR:
                error = struct.unpack_from("=i", data, at + 16)[0]
                raise NetlinkError("errno %d" % -error)
            yield kind, data[at + 16:at + length]
            at += (length + 3) & ~3


def dump(message, family, payload):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as sock:
        sock.bind((0, 0))
        body = struct.pack("=BBH", family, 0, 0) + payload
        sock.send(struct.pack("=IHHII", 16 + len(body), SUBSYSTEM_NFTABLES << 8 | message,
                              FLAG_REQUEST | FLAG_DUMP, 1, 0) + body)
        for kind, data in message_parts(sock):
            yield kind & 0xFF, data[4:]


class Rule:
    """table, chain, and expressions: a list of (name, {attribute type: value})."""

    def __init__(self, data):
        self.table = self.chain = None
        self.expressions = []
        for kind, value in attributes(data):
            if kind == 1:
                self.table = attribute_text(value)
            elif kind == 2:
                self.chain = attribute_text(value)
            elif kind == 4:
                for _, element in attributes(value):
                    self.expressions.append(self.expression(element))

    @staticmethod
    def expression(data):
        fields = dict(attributes(data))
        return attribute_text(fields[1]), dict(attributes(fields.get(2, b"")))

    def counters(self):
        """(packets, bytes) of each counter statement, from left to right."""
        return [(int.from_bytes(fields[2], "big"), int.from_bytes(fields[1], "big"))
                for name, fields in self.expressions if name == "counter"]

    def payload_reads(self):
        """(base, offset behind the last byte) of each load of packet bytes."""
        return {(int.from_bytes(fields[2], "big"),
                 int.from_bytes(fields[3], "big") + int.from_bytes(fields[4], "big"))
                for name, fields in self.expressions if name == "payload"}


def dump_rules():
    """All rules of the namespace: table by table, in the order of their chain."""
    return [Rule(data) for kind, data in dump(MSG_GETRULE, FAMILY_ANY, b"") if kind == MSG_NEWRULE]


def dump_set_keys(table, name):
    """The keys of a set of a netdev table, as bytes."""
    payload = attribute(1, table.encode() + b"\0") + attribute(2, name.encode() + b"\0")
    keys = []
    for kind, data in dump(MSG_GETSETELEM, FAMILY_NETDEV, payload):
        if kind != MSG_NEWSETELEM:
            continue
        for _, elements in (part for part in attributes(data) if part[0] == 3):
            for _, element in attributes(elements):
                key = dict(attributes(dict(attributes(element))[1]))
                keys.append(key[1])
    return keys
