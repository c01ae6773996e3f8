# SPDX-License-Identifier: GPL-2.0-only
# Ethernet header.
ether saddr 00:11:22:33:44:55 ether daddr 00:11:22:33:44:66;ok;ether daddr 00:11:22:33:44:66 ether saddr 00:11:22:33:44:55
ether saddr 00:11:22:33:44:55/24;ok;ether saddr 00:11:22:00:00:00/24
ether saddr 00:11:22:33:44:55-00:11:22:33:44:66;ok
ether saddr & ff:ff:ff:00:00:00 == 00:11:22:00:00:00;ok
ether saddr { 00:11:22:33:44:55 };ok;ether saddr 00:11:22:33:44:55
ether type 0x800;ok;ether type ip
ether type 1536;ok;ether type 0x0600

# Refused, by nft too
ether type ip/8;fail;'ip/8' is not a value of type 'ether_type' (Ethernet protocol)
