# SPDX-License-Identifier: GPL-2.0-only
# ARP.
arp htype 1 arp ptype 0x0800;ok;arp htype 1 arp ptype ip
arp operation 0x1;ok;arp operation request
arp operation 1-3;ok
