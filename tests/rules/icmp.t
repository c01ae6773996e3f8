# SPDX-License-Identifier: GPL-2.0-only
# ICMP.
icmp type echo-request;ok
icmp code 3 icmp type 8;ok;icmp type echo-request icmp code port-unreachable
icmp type 8-10;ok
icmp type { 8-10, 3 };ok;icmp type { destination-unreachable, 8-10 }
icmp type 8;ok;icmp type echo-request
icmp type 255;ok
icmp code 3;ok;icmp code port-unreachable
icmp code { 3, 4 };ok;icmp code { port-unreachable, frag-needed }
icmp code net-unreachable;ok
icmp type != echo-request;ok
icmp type & 8 == 8;ok;icmp type & echo-request == echo-request

# Refused, by nft too
icmp type echo-request-10;fail;'echo-request-10' is not a value of type 'icmp_type' (ICMP type)
icmp type 256;fail;256 is too big: the largest value here is 255
icmp type nosuch;fail;'nosuch' is not a value of type 'icmp_type' (ICMP type)
icmp type echo-request,echo-reply;fail;a list without braces is for flags; 'icmp_type' (ICMP type) is no type of flags
