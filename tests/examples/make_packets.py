#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes examples/NAME.packets: what each example wants and does not want.

A line is NAME VERDICT DEVICE HEX: the verdict is accept or drop, the frame begins with the
destination MAC.  The verdicts are written here by hand, from what the example is for; they are not
computed.  In: the folder to write into.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "diff"))
# pylint: disable=wrong-import-position
from frame import (BROADCAST_MAC, ETH_8021AD, ETH_8021Q, ETH_ARP, ETH_IP, ETH_IP6, PROTO_ICMP,
                   PROTO_ICMPV6, PROTO_TCP, PROTO_UDP, arp, eth, ext, ext_fragment, icmp, ip4, ip6,
                   mac, tcp, tcp_with, udp)

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
GLOBAL6, LOCAL6, OURS6 = "2001:db8:77::7", "fe80::1", "2001:db8:53::53"
LATER = 0x00b9                          # an offset of 1,480 bytes


def tcp4(dport, src="203.0.113.77", dst="198.51.100.2", flags=SYN, sport=40000, tags=(), ttl=64,
         sender=None, frag=0, window=1024):
    packet = ip4(tcp(sport, dport, flags, window=window), PROTO_TCP, src, dst, ttl=ttl, frag=frag)
    return eth(ETH_IP, packet, tags=tags, **({"src": mac(sender)} if sender else {}))


def udp4(dport, sport=40000, size=30, src="203.0.113.77", dst="198.51.100.2", tags=(), ttl=64,
         frag=0):
    """SIZE: of the UDP data."""
    return eth(ETH_IP, ip4(udp(sport, dport, payload=bytes(size)), PROTO_UDP, src, dst, ttl=ttl,
                           frag=frag), tags=tags)


def icmp4(kind, src="203.0.113.77", dst="198.51.100.2", size=8, ttl=64):
    return eth(ETH_IP, ip4(icmp(kind, payload=bytes(size)), PROTO_ICMP, src, dst, ttl=ttl))


def fragment4(src="203.0.113.77", dst="198.51.100.2", proto=PROTO_UDP):
    """A later one whose bytes look like a query to port 53."""
    return eth(ETH_IP, ip4(udp(40000, 53, payload=bytes(30)), proto, src, dst, frag=LATER))


def tcp6(dport, src=GLOBAL6, dst=OURS6, flags=SYN, sport=40000, options=False):
    segment = tcp(sport, dport, flags)
    if options:
        return eth(ETH_IP6, ip6(ext(PROTO_TCP, segment), 60, src, dst))
    return eth(ETH_IP6, ip6(segment, PROTO_TCP, src, dst))


def udp6(dport, sport=40000, size=30, src=GLOBAL6, dst=OURS6):
    return eth(ETH_IP6, ip6(udp(sport, dport, payload=bytes(size)), PROTO_UDP, src, dst))


def fragment6(src=GLOBAL6, dst=OURS6):
    return eth(ETH_IP6, ip6(ext_fragment(PROTO_UDP, udp(40000, 53, payload=bytes(30)), offset=185),
                            44, src, dst))


def icmp6(kind, src=LOCAL6, dst="ff02::1:ff00:53", hops=255):
    return eth(ETH_IP6, ip6(icmp(kind, payload=bytes(16)), PROTO_ICMPV6, src, dst, hops=hops))


def arp_frame(operation=1, **values):
    return eth(ETH_ARP, arp(operation), dst=BROADCAST_MAC, **values)


def basics(device, wanted_icmp6=(134, 135, 136)):
    """What no policy may kill: ARP, neighbour discovery, DHCP."""
    yield "arp_request", "accept", device, arp_frame()
    yield "arp_reply", "accept", device, arp_frame(2)
    for kind in wanted_icmp6:
        yield "neighbour_discovery_%d" % kind, "accept", device, icmp6(kind)
    offer = ip4(udp(67, 68, payload=bytes(300)), PROTO_UDP, "192.0.2.1", "255.255.255.255")
    yield "dhcp_offer", "accept", device, eth(ETH_IP, offer, dst=BROADCAST_MAC)


def dhcp6(device):
    yield "dhcpv6_reply", "accept", device, udp6(546, 547, src=LOCAL6, dst="fe80::2")


def server():
    yield from basics("eth0")
    yield from dhcp6("eth0")
    for name, verdict, frame in (
            ("http", "accept", tcp4(80)),
            ("https", "accept", tcp4(443)),
            ("https_established", "accept", tcp4(443, flags=ACK | PSH)),
            ("https_v6", "accept", tcp6(443)),
            ("https_v6_behind_options", "accept", tcp6(443, options=True)),
            ("https_in_a_tag", "accept", tcp4(443, tags=[(ETH_8021Q, 5)])),
            ("http3", "accept", udp4(443, size=1200)),
            ("ssh_admin_net", "accept", tcp4(22, src="192.0.2.200")),
            ("ssh_admin_host", "accept", tcp4(22, src="198.51.100.17")),
            ("ssh_admin_v6", "accept", tcp6(22, src="2001:db8:aaaa:1::9")),
            ("ssh_stranger", "drop", tcp4(22)),
            ("ssh_beside_admin_host", "drop", tcp4(22, src="198.51.100.18")),
            ("ssh_stranger_v6", "drop", tcp6(22)),
            ("telnet", "drop", tcp4(23)),
            ("database", "drop", tcp4(3306)),
            ("answer_to_our_connection", "accept", tcp4(40001, sport=443, flags=SYN | ACK)),
            ("syn_to_high_port", "drop", tcp4(40001)),
            ("syn_fin_scan", "drop", tcp4(443, flags=SYN | FIN)),
            ("syn_rst_scan", "drop", tcp4(443, flags=SYN | RST)),
            ("null_scan", "drop", tcp4(443, flags=0)),
            ("xmas_scan", "drop", tcp4(443, flags=FIN | PSH | URG)),
            ("ping", "accept", icmp4(8)),
            ("ping_v6", "accept", icmp6(128, GLOBAL6, OURS6, 64)),
            ("fragmentation_needed", "accept", icmp4(3)),
            ("packet_too_big", "accept", icmp6(2, GLOBAL6, OURS6, 60)),
            ("redirect", "drop", icmp4(5)),
            ("redirect_v6", "drop", icmp6(137)),
            ("advert_from_afar", "drop", icmp6(134, hops=64)),
            ("mld_query", "accept", icmp6(130, hops=1)),
            ("dns_answer", "accept", udp4(40002, 53, src="203.0.113.53")),
            ("dns_answer_stranger", "drop", udp4(40002, 53)),
            ("ntp_answer", "accept", udp4(123, 123, size=48)),
            ("ntp_amplified", "drop", udp4(123, 123, size=468)),
            ("ssdp_flood", "drop", udp4(40003, 1900, size=300)),
            ("bogon_source", "drop", tcp4(443, src="127.0.0.1")),
            ("multicast_source", "drop", tcp4(443, src="239.1.1.1")),
            ("loopback_source_v6", "drop", tcp6(443, src="::1")),
            ("later_fragment", "drop", fragment4()),
            ("later_fragment_v6", "drop", fragment6()),
            ("gre", "drop", eth(ETH_IP, ip4(bytes(24), 47))),
            ("two_tags", "drop", tcp4(443, tags=[(ETH_8021AD, 5), (ETH_8021Q, 6)])),
            ("cut_tag", "drop", eth(ETH_8021Q, b"\0\5\10")),
            ("cut_tcp", "drop", eth(ETH_IP, ip4(tcp(40000, 443)[:2], PROTO_TCP))),
            ("lldp", "drop", eth(0x88cc, bytes(46)))):
        yield name, verdict, "eth0", frame


def dns():
    ours, upstream = "203.0.113.53", "192.0.2.9"
    yield from basics("eth0")
    yield from dhcp6("eth0")
    for name, verdict, frame in (
            ("query", "accept", udp4(53, size=29, dst=ours)),
            ("query_v6", "accept", udp6(53, size=29)),
            ("query_shortest", "accept", udp4(53, size=17, dst=ours)),
            ("query_too_short", "drop", udp4(53, size=16, dst=ours)),
            ("query_longest", "accept", udp4(53, size=512, dst=ours)),
            ("query_too_long", "drop", udp4(53, size=513, dst=ours)),
            ("query_from_low_port", "drop", udp4(53, 1023, dst=ours)),
            ("query_from_port_1024", "accept", udp4(53, 1024, dst=ours)),
            ("query_elsewhere", "drop", udp4(53, dst="203.0.113.54")),
            ("query_elsewhere_v6", "drop", udp6(53, dst="2001:db8:53::54")),
            ("answer_from_upstream", "accept", udp4(33333, 53, 1200, upstream, ours)),
            ("answer_from_upstream_v6", "accept", udp6(33333, 53, 1200, "2001:db8:4::4")),
            ("answer_fragment_upstream", "accept", fragment4(upstream, ours)),
            ("answer_reflected", "drop", udp4(33333, 53, 1200, dst=ours)),
            ("answer_reflected_v6", "drop", udp6(33333, 53, 1200)),
            ("answer_fragment_reflected", "drop", fragment4(dst=ours)),
            ("fragment_v6", "drop", fragment6()),
            ("loop_port_53_to_53", "drop", udp4(53, 53, dst=ours)),
            ("reflected_ntp", "drop", udp4(53, 123, 468, dst=ours)),
            ("reflected_memcached", "drop", udp4(33333, 11211, 1400, dst=ours)),
            ("reflected_ldap_v6", "drop", udp6(33333, 389, 1400)),
            ("reflected_game", "drop", udp4(53, 27016, dst=ours)),
            ("tcp_query", "accept", tcp4(53, dst=ours)),
            ("tcp_query_v6", "accept", tcp6(53)),
            ("tls_query", "accept", tcp4(853, dst=ours, flags=ACK)),
            ("tcp_syn_from_low_port", "drop", tcp4(53, dst=ours, sport=53)),
            ("transfer_from_low_port", "accept",
             tcp4(53, dst=ours, sport=53, src="198.51.100.200")),
            ("tcp_answer_upstream", "accept", tcp4(33333, upstream, ours, SYN | ACK, 53)),
            ("tcp_answer_stranger", "drop", tcp4(33333, dst=ours, flags=SYN | ACK, sport=53)),
            ("ssh_admin", "accept", tcp4(22, "192.0.2.129", ours)),
            ("ssh_stranger", "drop", tcp4(22, "192.0.2.127", ours)),
            ("http", "drop", tcp4(80, dst=ours)),
            ("ping", "accept", icmp4(8, dst=ours)),
            ("timestamp_request", "drop", icmp4(13, dst=ours)),
            ("packet_too_big", "accept", icmp6(2, GLOBAL6, OURS6, 60)),
            ("query_in_a_tag", "accept", udp4(53, dst=ours, tags=[(ETH_8021AD, 7)])),
            ("cut_udp", "drop", eth(ETH_IP, ip4(udp(40000, 53)[:4], PROTO_UDP, dst=ours)))):
        yield name, verdict, "eth0", frame


def game():
    yield from basics("eth0")
    yield from dhcp6("eth0")
    for name, verdict, frame in (
            ("shooter_small", "accept", udp4(27015, size=8)),
            ("shooter_largest", "accept", udp4(27018, size=1260)),
            ("shooter_v6", "accept", udp6(27016, size=100)),
            ("shooter_too_short", "drop", udp4(27015, size=7)),
            ("shooter_too_long", "drop", udp4(27015, size=1261)),
            ("port_beside_shooter", "drop", udp4(27019, size=100)),
            ("spectator", "accept", udp4(27020, size=100)),
            ("spectator_low_port", "drop", udp4(27020, 1023, 100)),
            ("voice", "accept", udp4(9987, size=200)),
            ("voice_gap", "drop", udp4(9987, size=33)),
            ("voice_beside_gap", "accept", udp4(9987, size=34)),
            ("status_question", "accept", udp4(25565, size=11)),
            ("status_odd_size", "drop", udp4(25565, size=12)),
            ("blocks_connect", "accept", tcp4(25565)),
            ("blocks_window_0", "drop", tcp4(25565, window=0)),
            ("blocks_window_0_established", "accept", tcp4(25565, flags=ACK, window=0)),
            ("banned_host", "drop", udp4(27015, size=100, src="198.51.100.66")),
            ("banned_net", "drop", udp4(27015, size=100, src="198.51.100.111")),
            ("beside_banned_net", "accept", udp4(27015, size=100, src="198.51.100.112")),
            ("banned_range", "drop", udp4(27015, size=100, src="203.0.113.9")),
            ("beside_banned_range", "accept", udp4(27015, size=100, src="203.0.113.10")),
            ("fragment_first", "drop", udp4(27015, size=100, frag=0x2000)),
            ("fragment_later", "drop", fragment4()),
            ("fragment_v6", "drop", fragment6()),
            ("reflected_ntp", "drop", udp4(27015, 123, 468)),
            ("reflected_memcached", "drop", udp4(9987, 11211, 200)),
            ("studio_ssh", "accept", tcp4(22, src="192.0.2.127")),
            ("studio_console", "accept", tcp4(8080, src="192.0.2.200")),
            ("stranger_ssh", "drop", tcp4(22, src="192.0.2.128")),
            ("update_download", "accept", tcp4(40000, flags=ACK, sport=443)),
            ("high_port_syn", "drop", tcp4(40000, sport=443)),
            ("ping", "accept", icmp4(8, size=56)),
            ("ping_large", "drop", icmp4(8, size=1001)),
            ("ping_largest", "accept", icmp4(8, size=1000))):
        yield name, verdict, "eth0", frame


def blocklist():
    yield from basics("eth0")
    for name, verdict, frame in (
            ("stranger", "accept", tcp4(443)),
            ("stranger_v6", "accept", tcp6(443)),
            ("partner", "accept", tcp4(443, src="192.0.2.7")),
            ("partner_inside_blocked", "accept", tcp4(443, src="240.0.8.17")),
            ("before_first_prefix", "accept", tcp4(443, src="240.0.7.255")),
            ("first_prefix_begin", "drop", tcp4(443, src="240.0.8.0")),
            ("first_prefix_end", "drop", tcp4(443, src="240.0.11.255")),
            ("behind_first_prefix", "accept", tcp4(443, src="240.0.12.0")),
            ("host", "drop", icmp4(8, src="240.1.86.138")),
            ("beside_host", "accept", icmp4(8, src="240.1.86.139")),
            ("blocked_in_a_tag", "drop", tcp4(443, src="240.1.86.138", tags=[(ETH_8021Q, 5)])),
            ("blocked_later_fragment", "drop", fragment4("240.1.86.138")),
            ("arp_of_blocked", "accept",
             eth(ETH_ARP, arp(1, sender="240.1.86.138"), dst=BROADCAST_MAC)),
            ("lldp", "accept", eth(0x88cc, bytes(46)))):
        yield name, verdict, "eth0", frame


def containers():
    node, me = "10.20.0.12", "10.20.0.11"
    yield from basics("eth0")
    yield from basics("eth1")
    for name, verdict, device, frame in (
            ("web", "accept", "eth0", tcp4(443)),
            ("other_service", "accept", "eth0", tcp4(5432)),
            ("container_api", "drop", "eth0", tcp4(2375)),
            ("beside_container_api", "accept", "eth0", tcp4(2374)),
            ("etcd", "drop", "eth0", tcp4(2379)),
            ("api_server", "drop", "eth0", tcp4(6443)),
            ("kubelet_v6", "drop", "eth0", tcp6(10250)),
            ("node_port", "drop", "eth0", tcp4(30080)),
            ("node_port_udp", "drop", "eth0", udp4(32767)),
            ("behind_node_ports", "accept", "eth0", udp4(32768)),
            ("overlay_from_world", "drop", "eth0", udp4(4789)),
            ("forged_pod", "drop", "eth0", tcp4(443, src="10.42.7.7")),
            ("forged_service", "drop", "eth0", tcp4(443, src="10.96.0.1")),
            ("forged_metadata", "drop", "eth0", tcp4(443, src="169.254.169.254")),
            ("forged_inner_v6", "drop", "eth0", tcp6(443, src="fd42::9")),
            ("to_pod", "drop", "eth0", tcp4(443, dst="10.42.1.1")),
            ("lldp", "accept", "eth0", eth(0x88cc, bytes(46))),
            ("group_source", "drop", "eth0", tcp4(443, sender="01:00:5e:00:00:01")),
            ("ttl_0", "drop", "eth0", tcp4(443, ttl=0)),
            ("tcp_port_0", "drop", "eth0", tcp4(0)),
            ("udp_port_0", "drop", "eth1", udp4(0, src=node, dst=me)),
            ("ip_version_5", "drop", "eth0",
             eth(ETH_IP, ip4(tcp(), PROTO_TCP, version=5))),
            ("overlay_from_node", "accept", "eth1", udp4(8472, src=node, dst=me)),
            ("overlay_from_stranger", "drop", "eth1", udp4(8472, src="10.20.0.14", dst=me)),
            ("tcp_from_node", "accept", "eth1", tcp4(10250, node, me)),
            ("ping_from_node", "accept", "eth1", icmp4(8, node, me)),
            ("fragment_from_node", "accept", "eth1", fragment4(node, me)),
            ("other_udp_from_node", "drop", "eth1", udp4(53, src=node, dst=me)),
            ("ipv6_tcp_on_eth1", "accept", "eth1", tcp6(443)),
            ("ipv6_udp_on_eth1", "drop", "eth1", udp6(53))):
        yield name, verdict, device, frame


def router():
    me, peer, customer = "192.0.2.2", "192.0.2.1", "02:00:5e:00:53:01"
    yield from (packet for packet in basics("wan0") if packet[0] != "dhcp_offer")
    yield from (packet for packet in basics("wan1", (135, 136)) if packet[0] != "dhcp_offer")
    tagged = [(ETH_8021Q, 203)]
    for name, verdict, device, frame in (
            ("forwarded", "accept", "wan0", tcp4(443, "192.0.3.1", "198.51.100.20")),
            ("forwarded_v6", "accept", "wan0", tcp6(443, dst="2001:db8:1000::20")),
            ("forwarded_fragment", "accept", "wan0", fragment4(src="192.0.3.1")),
            ("bogon_private", "drop", "wan0", tcp4(443, src="10.1.1.1")),
            ("bogon_edge", "drop", "wan0", tcp4(443, src="172.31.255.255")),
            ("beside_bogon", "accept", "wan0", tcp4(443, src="172.32.0.0")),
            ("bogon_v6", "drop", "wan0", tcp6(443, src="fd00::1")),
            ("our_source", "drop", "wan0", tcp4(443, src="198.51.100.9")),
            ("our_source_v6", "drop", "wan0", tcp6(443, src="2001:db8:1fff::9")),
            ("options", "drop", "wan0",
             eth(ETH_IP, ip4(udp(), PROTO_UDP, "192.0.3.1", options=b"\1\1\1\1"))),
            ("bgp_peer", "accept", "wan0", tcp4(179, peer, me, ttl=255)),
            ("bgp_peer_answer", "accept", "wan0", tcp4(40000, peer, me, ACK, 179, ttl=255)),
            ("bgp_ttl_254", "drop", "wan0", tcp4(179, peer, me, ttl=254)),
            ("bgp_stranger", "drop", "wan0", tcp4(179, "192.0.2.3", me, ttl=255)),
            ("bfd", "accept", "wan0", udp4(3784, src=peer, dst=me, ttl=255)),
            ("ssh_to_router", "drop", "wan0", tcp4(22, "192.0.3.1", me)),
            ("ping_router", "accept", "wan0", icmp4(8, "192.0.3.1", me)),
            ("ping_router_v6", "accept", "wan0", icmp6(128, GLOBAL6, "2001:db8:f::2", 64)),
            ("tcp_router_v6", "drop", "wan0", tcp6(22, dst="2001:db8:f::82")),
            ("tag_on_untagged_line", "drop", "wan0", tcp4(443, tags=tagged)),
            ("spanning_tree", "drop", "wan0", eth(39, bytes(40))),
            ("arp_inverse", "drop", "wan0", arp_frame(8)),
            ("router_advert_from_afar", "accept", "wan0", icmp6(134, GLOBAL6, hops=63)),
            ("customer", "accept", "wan1",
             tcp4(443, "198.51.100.65", "192.0.3.9", sender=customer, tags=tagged)),
            ("customer_forged", "drop", "wan1",
             tcp4(443, "198.51.100.96", "192.0.3.9", sender=customer, tags=tagged)),
            ("customer_2_v6", "drop", "wan1",
             eth(ETH_IP6, ip6(tcp(), PROTO_TCP, "2001:db8:1002::1"),
                 src=mac("02:00:5e:00:53:02"), tags=[(ETH_8021Q, 100)])),
            ("unknown_vlan", "drop", "wan1",
             tcp4(443, "198.51.100.65", "192.0.3.9", sender=customer, tags=[(ETH_8021Q, 199)])),
            ("vlan_priority_6", "drop", "wan1",
             tcp4(443, "198.51.100.65", "192.0.3.9", sender=customer,
                  tags=[(ETH_8021Q, 6 << 13 | 203)])),
            ("stacked_tags", "drop", "wan1",
             tcp4(443, tags=[(ETH_8021AD, 9), (ETH_8021Q, 203)])),
            ("management_ssh", "accept", "wan1", tcp4(22, "198.51.100.250", "198.51.100.1")),
            ("stranger_ssh", "drop", "wan1", tcp4(22, "198.51.100.230", "198.51.100.1"))):
        yield name, verdict, device, frame


def tcp4_options(options, dport=443, flags=SYN):
    segment = tcp_with(options, sport=40000, dport=dport, flags=flags)
    return eth(ETH_IP, ip4(segment, PROTO_TCP, "203.0.113.77"))


def odd():
    """Options, extension headers, keys of two parts."""
    segment = tcp(40000, 443, SYN)
    for name, verdict, frame in (
            ("arp_request", "accept", arp_frame()),
            ("https", "accept", tcp4(443)),
            ("https_v6", "accept", tcp6(443)),
            ("syn_fin", "drop", tcp4(443, flags=SYN | FIN)),
            ("syn_rst", "drop", tcp4(443, flags=SYN | RST)),
            ("no_flags", "drop", tcp4(443, flags=0)),
            ("mss_1460", "accept", tcp4_options(b"\2\4" + (1460).to_bytes(2, "big"))),
            ("mss_536", "accept", tcp4_options(b"\1\2\4" + (536).to_bytes(2, "big"))),
            ("mss_535", "drop", tcp4_options(b"\2\4" + (535).to_bytes(2, "big"))),
            ("mss_0", "drop", tcp4_options(b"\4\2\2\4\0\0")),
            ("mss_0_without_syn", "accept", tcp4_options(b"\2\4\0\0", flags=ACK)),
            ("loose_source_route", "drop",
             eth(ETH_IP, ip4(segment, PROTO_TCP, options=b"\x83\7\4\xc0\0\2\1"))),
            ("strict_source_route", "drop",
             eth(ETH_IP, ip4(segment, PROTO_TCP, options=b"\x89\7\4\xc0\0\2\1"))),
            ("record_route", "accept",
             eth(ETH_IP, ip4(segment, PROTO_TCP, options=b"\7\7\4\0\0\0\0"))),
            ("routing_header_0", "drop",
             eth(ETH_IP6, ip6(ext(PROTO_TCP, segment, 2, bytes(22)), 43, GLOBAL6, OURS6))),
            ("routing_header_4", "accept",
             eth(ETH_IP6, ip6(ext(PROTO_TCP, segment, 2, b"\4" + bytes(21)), 43, GLOBAL6, OURS6))),
            ("later_fragment", "drop", fragment4()),
            ("later_fragment_v6", "drop", fragment6()),
            ("neighbour", "accept", icmp6(135)),
            ("neighbour_from_afar", "drop", icmp6(135, hops=64)),
            ("ping", "accept", icmp4(8)),
            ("ping_1000", "accept", icmp4(8, size=1000)),
            ("ping_1001", "drop", icmp4(8, size=1001)),
            ("ssh_admin", "accept", tcp4(22, src="192.0.2.7")),
            ("ssh_stranger", "drop", tcp4(22, src="198.51.100.7")),
            ("door_first", "accept", tcp4(8000, src="198.51.100.7")),
            ("door_last", "accept", tcp4(8099, src="198.51.100.7")),
            ("door_beside", "drop", tcp4(8100, src="198.51.100.7")),
            ("door_of_another", "drop", tcp4(8000, src="192.0.2.7")),
            ("dns_answer", "accept", udp4(40002, 53)),
            ("udp_stranger", "drop", udp4(40002, 1900))):
        yield name, verdict, "eth0", frame


def main(folder):
    for example in (server, dns, game, blocklist, containers, router, odd):
        path = os.path.join(folder, example.__name__ + ".packets")
        with open(path, "w", encoding="ascii") as file:
            file.write("# SPDX-License-Identifier: GPL-2.0-only\n"
                       "# Made by tests/examples/make_packets.py: NAME VERDICT DEVICE FRAME\n")
            for name, verdict, device, frame in example():
                file.write("%s %s %s %s\n" % (name, verdict, device, frame.hex()))


if __name__ == "__main__":
    main(sys.argv[1])
