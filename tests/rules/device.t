# SPDX-License-Identifier: GPL-2.0-only
# What is known of devices, and of packets beside their bytes.
iiftype ether ip saddr 1.2.3.4;ok;ether type ip ip saddr 1.2.3.4
iiftype loopback;ok;meta iiftype loopback
iiftype ether;ok;meta iiftype ether
iiftype ether tcp dport 22;ok;meta iiftype ether tcp dport 22
iifgroup 5-6;ok
meta priority none;ok
meta priority 1:2;ok
meta priority root;ok
meta ipsec exists;ok
meta ipsec missing;ok
oifname "lo";ok
meta pkttype broadcast;ok
meta cpu 1-3;ok
iifname "e*";ok
iifname { "e*", "lo" };ok
iifname != "lo";ok
iif lo;ok;iif "lo"
meta oifname "x";ok;oifname "x"
meta priority > 1:0;ok
iiftype 1;ok;meta iiftype ether
iiftype { ether, loopback };ok;meta iiftype { ether, loopback }
iiftype != ether;ok;meta iiftype != ether
iiftype < 512;ok;meta iiftype < 512
iiftype <= ether;ok;meta iiftype <= 1
iiftype & 255 >= ether;ok;meta iiftype & 255 >= 1
iiftype ^ 255 > 776;ok;meta iiftype ^ 255 > 776
iiftype { 1-5, 512 };ok;meta iiftype { 1-5, ppp }
