/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session_parts: what the files of module session share.
 */
#ifndef XDPFW_SESSION_PARTS_H
#define XDPFW_SESSION_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/arena.h"
#include "loader/netdev.h"
#include "loader/session.h"

#define SESSION_NO_TAG (-1)
#define SESSION_LEVELS 8		/* a device below a device below a device */
#define SESSION_FRAME_BYTES 128

/* A TCP connection; addresses in network order, IPv4 ones in the first four bytes. */
struct session {
	int family;			/* AF_INET or AF_INET6 */
	uint8_t peer[16], own[16];
	uint16_t peer_port, own_port;
	char scope[NETDEV_NAME_BYTES];	/* the device of a link-local peer, or empty */
};

/* session_find.c */

/* "ADDRESS PORT ADDRESS PORT", as sshd puts it into SSH_CONNECTION; false when it is not that. */
bool session_parse(const char *text, struct session *ret_session);

/*
 * The connection that this process, or one that it descends from, was started over, if it is still
 * there in this network namespace.
 */
bool session_find(struct session *ret_session);

/* session_path.c */

/* A device that the session's packets may come in by, and the VLAN tag they have there. */
struct session_place {
	const struct netdev *device;
	int tag;
};

/* They pass one of the places of each level. */
struct session_level {
	VEC(struct session_place) places;
};

struct session_path {
	struct session_level levels[SESSION_LEVELS];
	size_t level_count;
	uint8_t from[6], to[6];		/* MAC addresses */
};

/* False when nobody can tell. */
bool session_find_path(const struct session *session, struct arena *arena,
		       struct session_path *ret_path);

/* session_frame.c */

/* A segment of the session as it comes in: returns its length. */
size_t session_make_frame(const struct session *session, const struct session_path *path, int tag,
			  uint8_t ret_frame[SESSION_FRAME_BYTES]);

#endif
