# SPDX-License-Identifier: GPL-2.0-only
# 802.1Q tags.
vlan id 4095;ok
vlan id 5-9;ok
vlan id { 5, 6 };ok
vlan id != 5;ok
vlan pcp 3;ok
vlan dei 1;ok
vlan cfi 1;ok;vlan dei 1

# Refused, by nft too
vlan id 4096;fail;4096 is too big: the largest value here is 4095
vlan pcp 8;fail;8 is too big: the largest value here is 7
vlan dei 2;fail;2 is too big: the largest value here is 1
vlan dei true;fail;'true' is not a value of type 'integer' (integer)
