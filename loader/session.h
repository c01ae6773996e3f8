/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session: the ssh session that xdpfw runs in.
 */
#ifndef XDPFW_SESSION_H
#define XDPFW_SESSION_H

#include "compiler/compile.h"
#include "loader/report.h"

/*
 * A notice when the ruleset would drop the packets of that session.  Never more than that: whoever
 * asks for such a ruleset gets it.
 */
void session_warn(struct report *report, const struct compile *compile);

#endif
