# SPDX-License-Identifier: GPL-2.0-only
# Transport protocols beside TCP and UDP, and ports of any.
dccp type request;ok
dccp type { request, response };ok
dccp sport 5;ok
udplite dport 5;ok
esp spi 5;ok
ah spi 5 ah sequence 6;ok
comp cpi 5;ok
comp flags 0x5;ok
comp flags vmap { 0x1 : accept, 0x30 : drop };ok
ip protocol { tcp, udp } th dport 53;ok
esp spi 5 counter esp sequence 6;ok;esp spi 5 counter packets 0 bytes 0 esp sequence 6
th sport 5 th dport 6;ok;@th,0,32 0x50006
meta l4proto tcp th sport 5 th dport 6;ok;tcp sport 5 tcp dport 6
sctp sport 5 sctp dport 6 sctp vtag 7;ok
dccp sport 5 dccp dport 6;ok
esp spi 5 esp sequence 6;ok
ah hdrlength 5 ah spi 6;ok

# Refused, by nft too
ah spi 5 tcp dport 22;fail;conflicting protocols: 'tcp' after 'ah'
esp spi 0x1000000/8;ok;esp spi 16777216/8
@th,32,32 0x1000000/8;ok;@th,32,8 0x1
tcp option @8,16,32 0x1000000/8;ok;tcp option timestamp tsval 16777216/8
