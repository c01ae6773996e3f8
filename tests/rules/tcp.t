# SPDX-License-Identifier: GPL-2.0-only
# TCP: ports, flags and their masks, sequence numbers.
tcp dport 80 tcp sport 70;ok;tcp sport 70 tcp dport 80
tcp dport 80 counter tcp sport 70;ok;meta l4proto tcp counter packets 0 bytes 0 tcp sport 70 tcp dport 80
tcp sport 70 counter tcp dport 80;ok;tcp sport 70 tcp dport 80 counter packets 0 bytes 0
tcp sport != 1 tcp dport != 2;ok
tcp flags syn tcp window 5;ok;tcp flags == syn tcp window 5
tcp dport >= 10 tcp dport <= 20;ok;tcp dport 10-20
tcp dport <= 20 tcp dport >= 10;ok
tcp flags & (syn|ack) syn;ok;tcp flags syn / syn,ack
tcp flags & (syn|ack) == syn;ok;tcp flags syn / syn,ack
tcp flags & (syn|ack) != syn;ok;tcp flags != syn / syn,ack
tcp flags & syn == 0;ok;tcp flags ! syn
tcp flags & syn != 0;ok;tcp flags syn
tcp flags & syn == syn;ok
tcp flags & syn != syn;ok
tcp flags & (syn|ack) == 0;ok;tcp flags ! syn,ack
tcp flags & (syn|ack) != 0;ok;tcp flags syn,ack
tcp flags & (syn|ack) == (syn|ack);ok;tcp flags syn,ack / syn,ack
tcp flags & (syn|ack) == syn|ack;ok;tcp flags syn,ack / syn,ack
tcp flags & (syn|ack) == syn,ack;ok;tcp flags syn,ack / syn,ack
tcp flags & (syn|ack) != syn|ack;ok;tcp flags != syn,ack / syn,ack
tcp flags & (syn|ack) == fin;ok;tcp flags fin / syn,ack
tcp flags & (syn|ack) == { syn, ack };ok;tcp flags & (syn | ack) == { syn, ack }
tcp flags & (syn|ack) != { syn, ack };ok;tcp flags & (syn | ack) != { syn, ack }
tcp flags & (syn|ack) { syn, ack };ok;tcp flags & (syn | ack) == { syn, ack }
tcp flags & (syn|ack) { syn };ok;tcp flags syn / syn,ack
tcp flags & (syn|ack) < syn;ok;tcp flags & (syn | ack) < syn
tcp flags syn / syn,ack;ok
tcp flags syn,ack / syn,ack;ok
tcp flags != syn / syn,ack;ok
tcp flags == syn / syn,ack;ok;tcp flags syn / syn,ack
tcp flags 0 / syn,ack;ok;tcp flags ! syn,ack
tcp flags fin / syn,ack;ok
tcp flags syn;ok
tcp flags syn,ack;ok
tcp flags syn|ack;ok;tcp flags syn,ack
tcp flags syn | ack;ok;tcp flags syn,ack
tcp flags (syn|ack);ok;tcp flags syn,ack
tcp flags == syn,ack;ok;tcp flags == 0x12
tcp flags == syn|ack;ok;tcp flags == 0x12
tcp flags != syn,ack;ok;tcp flags != 0x12
tcp flags != syn|ack;ok;tcp flags != 0x12
tcp flags ! syn;ok
tcp flags ! syn,fin;ok;tcp flags ! fin,syn
tcp flags ! syn|fin;ok;tcp flags ! fin,syn
tcp flags ! 0;ok;tcp flags ! 0x0
tcp flags 0;ok;tcp flags 0x0
tcp flags == 0;ok;tcp flags == 0x0
tcp flags != 0;ok;tcp flags != 0x0
tcp flags 0xff;ok;tcp flags != 0x0
tcp flags 0x3;ok;tcp flags fin,syn
tcp flags { syn, ack };ok
tcp flags { syn, syn,ack };ok;tcp flags { syn, ack }
tcp flags != { syn, ack };ok
tcp flags { syn };ok;tcp flags syn
tcp flags { syn|ack };ok;tcp flags syn,ack
tcp flags < syn;ok
tcp flags > syn|ack;ok;tcp flags > 0x12
tcp flags { syn,ack, fin };ok;tcp flags { fin, syn, ack }
tcp flags vmap { syn : drop, syn|ack : accept };ok;tcp flags vmap { syn : drop, syn | ack : accept }
tcp flags & (syn|ack) vmap { syn : drop, ack : accept };ok;tcp flags & (syn | ack) vmap { syn : drop, ack : accept }
tcp dport ssh;ok;tcp dport 22
tcp dport 22-22;ok
tcp dport { 22, 80 };ok
tcp dport { 22, 80, 22 };ok;tcp dport { 22, 80 }
tcp dport { 22-25, 80 };ok
tcp dport { 22-23 };ok;tcp dport 22-23
tcp dport != { 22-23 };ok;tcp dport != 22-23
tcp dport != { 22 };ok;tcp dport != 22
tcp dport == { 22, 23 };ok;tcp dport { 22, 23 }
tcp dport != 22-23;ok
tcp dport == 22;ok;tcp dport 22
tcp dport == 22-23;ok;tcp dport 22-23
tcp dport < 22;ok
tcp dport <= 65535;ok
tcp dport > 65535;ok
tcp dport < 0;ok
tcp dport >= 0;ok
tcp dport { 0-65535 };ok;tcp dport 0-65535
tcp dport 0-65535;ok
tcp dport 1024/6;ok;tcp dport & 64512 == 1024
tcp dport { 1024/6 };ok;tcp dport & 64512 == 1024
tcp dport { 1024/6, 5 };ok;tcp dport { 5, 1024-2047 }
tcp dport 1024/8;ok
tcp dport & 1 == 1;ok
tcp dport & 1 1;ok;tcp dport & 1 == 1
tcp dport & 0xff00 == 0x100;ok;tcp dport & 65280 == 256
tcp dport & 0xff00 == 0x101;ok;tcp dport & 65280 == 257
tcp dport & 0xff00 { 0x100, 0x200 };ok;tcp dport & 65280 == { 256, 512 }
tcp dport & 0xff00 vmap { 0x100 : drop, 0x200 : accept };ok;tcp dport & 65280 vmap { 256 : drop, 512 : accept }
tcp dport vmap { 22 : drop, 23-25 : accept };ok
tcp dport vmap { 22 : drop, 22 : drop };ok;tcp dport vmap { 22 : drop }
tcp dport vmap { 22 : drop };ok
tcp dport vmap { 22-25 : drop, 26-27 : drop };ok
tcp dport vmap { 22-25 : drop, 22-25 : drop };ok;tcp dport vmap { 22-25 : drop }
tcp dport vmap { 22 : drop } counter;ok;tcp dport vmap { 22 : drop } counter packets 0 bytes 0
tcp dport vmap { 22 : drop } drop;ok
tcp dport { { 5, 6 }, 7 };ok;tcp dport { 5, 6, 7 }
tcp sequence 5;ok
tcp doff 5;ok
tcp flags syn tcp sequence 5;ok

# Refused, by nft too
tcp flags ! { syn, fin };fail;'!' is for flags, not for a set
tcp flags syn-ack;fail;'syn-ack' is not a value of type 'tcp_flag' (TCP flag)
tcp flags != syn-ack;fail;'syn-ack' is not a value of type 'tcp_flag' (TCP flag)
tcp flags { syn-ack, fin };fail;'syn-ack' is not a value of type 'tcp_flag' (TCP flag)
tcp flags syn/4;fail;'syn/4' is not a value of type 'tcp_flag' (TCP flag)
tcp flags 256;fail;256 is too big: the largest value here is 255
tcp dport 22,80;fail;a list without braces is for flags; 'inet_service' (internet network service) is no type of flags
tcp dport 80-22;fail;the range is empty: its first value is above its last
tcp dport 65536;fail;65536 is too big: the largest value here is 65535
tcp dport < { 22 , 23 };fail;this operator compares with one value, not a set
tcp dport < 22-23;fail;this operator compares with one value, not a range
tcp dport ! 22;fail;'!' is for flags: 'tcp dport' has none
tcp dport vmap { 22 : drop, 22 : accept };fail;one key with two verdicts
tcp dport vmap { 22-25 : drop, 24 : accept };fail;elements overlap
tcp dport vmap { 22-25 : drop, 24 : drop };fail;elements overlap
tcp dport { 22 : drop };fail;a set has no verdicts: this is for a map
tcp dport 22 accept drop;fail;nothing is done behind a verdict
