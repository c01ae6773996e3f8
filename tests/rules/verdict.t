# SPDX-License-Identifier: GPL-2.0-only
# statements behind verdicts.
counter tcp sport 70 counter tcp dport 80;ok;counter packets 0 bytes 0 tcp sport 70 tcp dport 80 counter packets 0 bytes 0
continue counter;ok;continue counter packets 0 bytes 0
continue;ok
counter counter;ok;counter packets 0 bytes 0 counter packets 0 bytes 0

# Refused, by nft too
accept counter;fail;nothing is done behind a verdict
return counter;fail;nothing is done behind a verdict
