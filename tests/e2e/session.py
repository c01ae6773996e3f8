#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""session: a TCP connection from the client's network namespace, as sshd would have it.

	session.py [--namespace PATH] ADDRESS PORT [LISTEN-ADDRESS]

Holds it until its standard input ends; prints what sshd puts into SSH_CONNECTION, then "ready".
"""

import ctypes
import os
import socket
import sys


def enter(path):
    with open(path) as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0x40000000):
            raise OSError(ctypes.get_errno(), "setns %s" % path)


def main():
    words = sys.argv[1:]
    namespace = "/run/netns/client"
    if words[0] == "--namespace":
        namespace = words[1]
        words = words[2:]
    address, port = words[0], int(words[1])
    listen = words[2] if len(words) > 2 else address
    info = socket.getaddrinfo(listen, port, type=socket.SOCK_STREAM)[0]
    server = socket.socket(info[0], socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(info[4])
    server.listen(1)
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(namespace)
    target = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    client = socket.socket(target[0], socket.SOCK_STREAM)
    enter("/proc/self/fd/%d" % own)
    client.settimeout(10)
    client.connect(target[4])
    there = server.accept()[0]
    flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV	# with the scope, as sshd does
    words = [*socket.getnameinfo(there.getpeername(), flags),
             *socket.getnameinfo(there.getsockname(), flags)]
    print(" ".join(words), flush=True)
    print("ready", flush=True)
    sys.stdin.read()


main()
