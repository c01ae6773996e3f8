# SPDX-License-Identifier: GPL-2.0-only
# th: ports of any transport protocol.
th dport 80;ok
