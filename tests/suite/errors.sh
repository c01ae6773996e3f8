#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# errors: the exact messages for tests/errors/*.nft; `make golden` writes them anew.
. "${top_srcdir:?}/tests/suite/lib.sh"

run "$top_builddir/tests/tool/golden_run" errors "$top_srcdir/tests/errors"
finish
