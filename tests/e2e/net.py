#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""net: sends packets from the client's network namespace, and says what reached the server.

	net.py reach DEVICE PORT...	UDP to each port: prints those that arrived
	net.py udp ADDRESS PORT COUNT	UDP of 10 bytes: prints how many arrived
	net.py tcp ADDRESS PORT		a connection, a word and its echo: prints open or closed
	net.py bulk ADDRESS PORT	4 MiB both ways at once: prints whole or broken
	net.py arp DEVICE COUNT		ARP requests: prints how many were answered
	net.py tagged DEVICE ID PORT COUNT
					UDP of 10 bytes behind a VLAN tag: prints how many came
					through; nobody need be there to take the tag off
	net.py flood DEVICE		UDP to port 7, frames of 60 bytes, until there is a file
					`stop`: prints how many, how many of them the device
					refused, and how many a second
	net.py pour ADDRESS PORT FILE	UDP from a socket to a socket until there is a file `stop`:
					prints how many were sent, and how many arrived; writes
					"ready" to FILE when it has begun
	net.py switch DEVICE DEVICE	numbered frames to two devices in turn until both drop:
					prints the number of the last that each let through

Runs in the server's network namespace; the client's is /run/netns/client.
"""

import ctypes
import os
import select
import socket
import struct
import sys
import threading
import time

CLONE_NEWNET = 0x40000000
ETH_P_ALL, ETH_P_ARP = 0x0003, 0x0806
LAST_PORT = 1000	# no ruleset of the tests drops it
NETWORK = {"eth0": "198.51.100", "eth1": "203.0.113", "eth2": "192.0.2",
           "wan0": "198.51.100"}
WAIT = 0.7


def enter(path):
    libc = ctypes.CDLL(None, use_errno=True)
    with open(path) as file:
        if libc.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns %s" % path)


def make_sockets(make_server, make_client):
    """Sockets of both ends.  A socket stays in the namespace that it was made in."""
    server = make_server()
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter("/run/netns/client")
    client = make_client()
    enter("/proc/self/fd/%d" % own)
    os.close(own)
    return server, client


def udp_socket(address="", port=0):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    out = socket.socket(family, socket.SOCK_DGRAM)
    out.bind((address, port))
    return out


def raw_socket(device, protocol=0):
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
    out.bind((device, protocol))
    return out


def pin_to_one_cpu():
    """Packets keep their order only on one CPU."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def reach(device, *ports):
    address = "127.0.0.1" if device == "lo" else NETWORK[device] + ".2"
    wanted = [int(port) for port in ports] + [LAST_PORT]
    pin_to_one_cpu()
    servers = {udp_socket(address, port): port for port in wanted}
    if device == "lo":
        client = udp_socket()
    else:
        _, client = make_sockets(lambda: None, udp_socket)
    for port in wanted:
        client.sendto(b"0123456789", (address, port))
    arrived, end = set(), time.monotonic() + WAIT
    while LAST_PORT not in arrived and time.monotonic() < end:
        ready = select.select(list(servers), [], [], end - time.monotonic())[0]
        arrived.update(servers[ready_one] for ready_one in ready)
    ready = select.select(list(servers), [], [], 0)[0]
    arrived.update(servers[ready_one] for ready_one in ready)
    if LAST_PORT not in arrived:
        print("port %d, which nothing drops, did not arrive" % LAST_PORT)
    else:
        print(" ".join(str(port) for port in wanted[:-1] if port in arrived))


def udp(address, port, count):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server, client = make_sockets(lambda: udp_socket(address, int(port)),
                                  lambda: socket.socket(family, socket.SOCK_DGRAM))
    for _ in range(int(count)):
        client.sendto(b"0123456789", (address, int(port)))
    arrived = 0
    while arrived < int(count) and select.select([server], [], [], WAIT)[0]:
        server.recv(100)
        arrived += 1
    print(arrived)


def tcp(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server, client = make_sockets(lambda: socket.create_server((address, int(port)), family=family),
                                  lambda: socket.socket(family, socket.SOCK_STREAM))
    client.settimeout(WAIT)
    try:
        client.connect((address, int(port)))
        peer, _ = server.accept()
        client.sendall(b"word")
        peer.sendall(peer.recv(4))
        print("open" if client.recv(4) == b"word" else "closed")
    except TimeoutError:
        print("closed")


def copy(source, out, data):
    """Sends DATA by one socket of a connection; what arrives meanwhile is added to OUT."""
    sender = threading.Thread(target=source.sendall, args=(data,))
    sender.start()
    while len(out) < len(data):
        part = source.recv(1 << 16)
        if not part:
            break
        out += part
    sender.join()


def bulk(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server, client = make_sockets(lambda: socket.create_server((address, int(port)), family=family),
                                  lambda: socket.socket(family, socket.SOCK_STREAM))
    client.settimeout(20)
    client.connect((address, int(port)))
    peer, _ = server.accept()
    peer.settimeout(20)
    there, back = os.urandom(4 << 20), os.urandom(4 << 20)
    at_server, at_client = bytearray(), bytearray()
    other = threading.Thread(target=copy, args=(peer, at_server, back))
    other.start()
    copy(client, at_client, there)
    other.join()
    print("whole" if at_server == there and at_client == back else "broken")


def arp(device, count):
    _, client = make_sockets(lambda: None, lambda: raw_socket(device, ETH_P_ARP))
    own = client.getsockname()[4]
    network = NETWORK[device]
    request = (b"\xff" * 6 + own + struct.pack("!HHHBBH", ETH_P_ARP, 1, 0x0800, 6, 4, 1) + own +
               socket.inet_aton(network + ".1") + bytes(6) + socket.inet_aton(network + ".2"))
    answers = 0
    for _ in range(int(count)):
        client.send(request)
    while answers < int(count) and select.select([client], [], [], WAIT)[0]:
        frame = client.recv(100)
        answers += frame[20:22] == b"\0\2" and frame[28:32] == socket.inet_aton(network + ".2")
    print(answers)


def udp_packet(source, destination, port, payload):
    """IPv4 and UDP without checksums; nobody looks at them."""
    return struct.pack("!BBHHHBBH4s4sHHHH", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0,
                       socket.inet_aton(source), socket.inet_aton(destination), 1024, port,
                       8 + len(payload), 0) + payload


def tagged(device, vlan, port, count):
    server, client = make_sockets(lambda: raw_socket(device, ETH_P_ALL), lambda: raw_socket(device))
    packet = udp_packet(NETWORK[device] + ".1", NETWORK[device] + ".2", int(port), b"0123456789")
    for _ in range(int(count)):
        client.send(bytes.fromhex("020000000002020000000001") +
                    struct.pack("!HHH", 0x8100, int(vlan), 0x0800) + packet)
    arrived = 0
    while arrived < int(count) and select.select([server], [], [], WAIT)[0]:
        arrived += server.recv(100).endswith(packet)
    print(arrived)


def flood(device):
    """A frame that the device's queue has no room for is an error here, and dropped there."""
    _, client = make_sockets(lambda: None, lambda: raw_socket(device))
    frame = (bytes.fromhex("0200000000020200000000010800") +
             udp_packet(NETWORK[device] + ".1", NETWORK[device] + ".2", 7, bytes(18)))
    sent, refused, begin = 0, 0, time.monotonic()
    while not os.path.exists("stop"):
        for _ in range(256):
            sent += 1
            try:
                client.send(frame)
            except OSError:
                refused += 1
    print("%d %d %d" % (sent, refused, sent / (time.monotonic() - begin)))


def pour(address, port, file):
    """Whole packets, so that those that nothing drops do arrive."""
    server, client = make_sockets(lambda: udp_socket(address, int(port)), udp_socket)
    server.setblocking(False)
    sent, arrived, end = 0, 0, None
    with open(file, "w") as out:
        out.write("ready")
    while end is None or time.monotonic() < end:
        for _ in range(64 if end is None else 0):
            try:
                client.sendto(b"0123456789", (address, int(port)))
                sent += 1
            except OSError:
                pass
        try:
            while server.recv(100):
                arrived += 1
        except BlockingIOError:
            pass
        if end is None and os.path.exists("stop"):
            end = time.monotonic() + WAIT
    print("%d %d" % (sent, arrived))


def switch(*devices):
    """The frames are of an experimental Ethernet type; that nobody drops the first is checked."""
    pin_to_one_cpu()
    servers, clients = make_sockets(lambda: [raw_socket(device, 0x88B5) for device in devices],
                                    lambda: [raw_socket(device) for device in devices])
    last, number = [0, 0], 0
    while number < 40 or min(last) > number - 2000:
        number += 1
        clients[number % 2].send(bytes.fromhex("020000000002020000000001") +
                                 struct.pack("!HQ", 0x88B5, number) + bytes(40))
        for i, server in enumerate(servers):
            while select.select([server], [], [], 0)[0]:
                last[i] = struct.unpack("!Q", server.recv(100)[14:22])[0]
    print("%d %d" % tuple(last))


COMMANDS = {"reach": reach, "udp": udp, "tcp": tcp, "bulk": bulk, "arp": arp, "tagged": tagged,
            "flood": flood, "pour": pour, "switch": switch}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
