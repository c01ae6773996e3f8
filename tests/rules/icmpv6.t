# SPDX-License-Identifier: GPL-2.0-only
# ICMPv6.
icmpv6 type echo-request;ok
icmpv6 type { 133-137 };ok;icmpv6 type 133-137
icmpv6 type != 133-137;ok
