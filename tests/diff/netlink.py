# SPDX-License-Identifier: GPL-2.0-only
"""netlink: reads rules, sets, elements and objects of nf_tables from the kernel.

Input: none but the network namespace of the process.  Output: the rules with their expressions,
sets with their elements, named counters.  It is there because nft 1.0.6 aborts while it lists some
rules it has loaded itself, and because a packet's judge wants counters and constants, not text.
"""

import socket
import struct

NETLINK_NETFILTER = 12
SUBSYSTEM_NFTABLES = 10
MSG_NEWTABLE, MSG_GETTABLE = 0, 1
MSG_NEWRULE, MSG_GETRULE, MSG_NEWSET, MSG_GETSET = 6, 7, 9, 10
MSG_NEWSETELEM, MSG_GETSETELEM, MSG_NEWOBJ, MSG_GETOBJ = 12, 13, 18, 19
FLAG_REQUEST, FLAG_DUMP = 0x1, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
FLAG_DUMP_INTERRUPTED = 0x10
FAMILY_ANY, FAMILY_NETDEV = 0, 5
FAMILY_NAMES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
OBJECT_COUNTER = 1

PAYLOAD_LINK, PAYLOAD_NETWORK, PAYLOAD_TRANSPORT, PAYLOAD_INNER, PAYLOAD_TUNNEL = range(5)
EXTHDR_IPV6, EXTHDR_SCTP = 0, 3
IPV6_HEADER, SCTP_HEADER = 40, 12
SET_INTERVAL, SET_MAP = 0x4, 0x8
ELEMENT_END, ELEMENT_CATCHALL = 0x1, 0x2


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


def attribute_data(data):
    """The bytes of a nft_data; None when it is a verdict."""
    return dict(attributes(data)).get(1)


def number(data):
    return int.from_bytes(data, "big")


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
    """Yields (message type, family, attributes)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as sock:
        sock.bind((0, 0))
        body = struct.pack("=BBH", family, 0, 0) + payload
        sock.send(struct.pack("=IHHII", 16 + len(body), SUBSYSTEM_NFTABLES << 8 | message,
                              FLAG_REQUEST | FLAG_DUMP, 1, 0) + body)
        for kind, data in message_parts(sock):
            yield kind & 0xFF, data[0], data[4:]


def read_expression(data):
    """(name, {attribute type: value})."""
    fields = dict(attributes(data))
    return attribute_text(fields[1]), dict(attributes(fields.get(2, b"")))


def counter_figures(fields):
    return number(fields[2]), number(fields[1])


class Rule:
    """family, table ("netdev t"), chain, and expressions: (name, {attribute type: value})."""

    def __init__(self, family, data):
        self.family = family
        self.table_name = self.chain = None
        self.expressions = []
        for kind, value in attributes(data):
            if kind == 1:
                self.table_name = attribute_text(value)
            elif kind == 2:
                self.chain = attribute_text(value)
            elif kind == 4:
                self.expressions += [read_expression(element) for _, element in attributes(value)]
        self.table = "%s %s" % (FAMILY_NAMES[family], self.table_name)

    def counters(self):
        """(packets, bytes) of each counter statement, from left to right."""
        return [counter_figures(fields) for name, fields in self.expressions if name == "counter"]

    def payload_reads(self):
        """(base, offset behind the last byte) of each load of packet bytes.

        An SCTP chunk is read where the transport header ends, without a look at fragments; an
        IPv6 extension header is looked for without a look at where the packet ends.
        """
        found = {(number(fields[2]), number(fields[3]) + number(fields[4]))
                 for name, fields in self.expressions if name == "payload"}
        operations = {number(fields.get(6, b"\0")) for name, fields in self.expressions
                      if name == "exthdr"}
        found |= {(PAYLOAD_TRANSPORT, SCTP_HEADER)} if EXTHDR_SCTP in operations else set()
        return found | ({(PAYLOAD_NETWORK, IPV6_HEADER)} if EXTHDR_IPV6 in operations else set())

    def names(self):
        return {name for name, _ in self.expressions}


def dump_tables():
    """["netdev t", ...]"""
    return ["%s %s" % (FAMILY_NAMES[family], attribute_text(dict(attributes(data))[1]))
            for kind, family, data in dump(MSG_GETTABLE, FAMILY_ANY, b"") if kind == MSG_NEWTABLE]


def dump_rules(table=None):
    """All rules of the namespace, or of TABLE: table by table, in the order of their chain."""
    payload = attribute(1, table.encode() + b"\0") if table else b""
    return [Rule(family, data) for kind, family, data in dump(MSG_GETRULE, FAMILY_ANY, payload)
            if kind == MSG_NEWRULE]


class Element:
    """KEY and KEY_END are bytes, KEY_END None when there is none; KEY None: the catch-all one."""

    def __init__(self, data):
        fields = dict(attributes(data))
        self.flags = number(fields.get(3, b"\0"))
        self.key = attribute_data(fields[1]) if 1 in fields else None
        self.key_end = attribute_data(fields[10]) if 10 in fields else None
        expressions = [fields[7]] if 7 in fields else []
        expressions += [value for _, value in attributes(fields.get(11, b""))]
        self.counters = [counter_figures(parts) for name, parts in map(read_expression, expressions)
                         if name == "counter"]
        self.object = attribute_text(fields[9]) if 9 in fields else None
        self.verdict = fields.get(2, b"")

    def plain(self):
        """All of it but the figures of its counters."""
        return (self.flags, self.key and self.key.hex(), self.key_end and self.key_end.hex(),
                self.verdict.hex(), len(self.counters), self.object)


def dump_elements(family, table, name):
    """The elements of a set; FAMILY as of Rule.family."""
    payload = attribute(1, table.encode() + b"\0") + attribute(2, name.encode() + b"\0")
    return [Element(element) for kind, _, data in dump(MSG_GETSETELEM, family, payload)
            if kind == MSG_NEWSETELEM
            for part, elements in attributes(data) if part == 3
            for _, element in attributes(elements)]


def dump_set_keys(table, name):
    """The keys of a set of a netdev table, as bytes."""
    return [element.key for element in dump_elements(FAMILY_NETDEV, table, name)]


def dump_set_flags():
    """{(family, table, set): flags}."""
    found = {}
    for kind, family, data in dump(MSG_GETSET, FAMILY_ANY, b""):
        if kind == MSG_NEWSET:
            fields = dict(attributes(data))
            place = family, attribute_text(fields[1]), attribute_text(fields[2])
            found[place] = number(fields.get(3, b"\0"))
    return found


def dump_counters():
    """{("netdev t", name): (packets, bytes)} of the named counters."""
    found = {}
    for kind, family, data in dump(MSG_GETOBJ, FAMILY_ANY, b""):
        fields = dict(attributes(data)) if kind == MSG_NEWOBJ else {}
        if fields and number(fields[3]) == OBJECT_COUNTER:
            table = "%s %s" % (FAMILY_NAMES[family], attribute_text(fields[1]))
            found[table, attribute_text(fields[2])] = counter_figures(
                dict(attributes(fields[4])))
    return found
