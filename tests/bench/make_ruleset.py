#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make_ruleset: `make_ruleset.py FILTERS [DEVICE]`: filters -> an nft ruleset (see filters.py)."""
import sys

import filters as fl

sys.stdout.write(fl.ruleset(fl.read(sys.argv[1]), *sys.argv[2:3]))
