/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session: says before it happens that a ruleset cuts the branch somebody sits on.
 *
 * In: a compiled ruleset.  Out: at most one notice, which names the connection, the device, and the
 * rule or policy that drops its packets.  The judge that also proves programs decides.  Where
 * anything is not certain (who sits there, which way the packets come) nothing is said.
 */
#include "loader/session.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "loader/own.h"
#include "loader/probe.h"
#include "loader/session_parts.h"

/* The beginning of a name that is longer wins; the name itself over all. */
static const struct compile_device *find_device(const struct compile *compile,
						const struct netdev *device)
{
	const struct compile_device *found = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < compile->device_count; i++) {
		const struct compile_device *named = &compile->devices[i];
		size_t len = strlen(named->name);

		if (named->prefix) {
			if (len >= longest && !strncmp(device->name, named->name, len)) {
				found = named;
				longest = len;
			}
			continue;
		}
		if (!strcmp(device->name, named->name))
			return named;
		for (size_t other = 0; other < device->other_count; other++)
			if (!strcmp(device->others[other], named->name))
				return named;
	}
	return found;
}

static struct xdpfw_given ask_clock(int32_t *ret_minutes_west)
{
	struct probe_clock clock = { 0 };
	struct report quiet = { 0 };
	struct timespec now = { 0 };

	probe_read_clock(&quiet, &clock);
	buf_free(&quiet.text);
	clock_gettime(CLOCK_REALTIME, &now);
	*ret_minutes_west = clock.minutes_west;
	return (struct xdpfw_given){
		.now = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
		.active = 1,
	};
}

static bool is_dropped(const struct compile *compile, const struct session *session,
		       const struct session_path *path, const struct session_place *place,
		       int tag, const struct compile_device *named,
		       struct compile_verdict *ret_verdict)
{
	uint8_t frame[SESSION_FRAME_BYTES];
	struct compile_packet packet = {
		.frame = frame,
		.rule = 0xffffffff,
	};
	struct xdpfw_device device = {
		.ifindex = place->device->ifindex,
		.entry = named->entry,
		.type = place->device->type,
		.group = place->device->group,
	};
	int32_t minutes_west;

	memcpy(device.name, place->device->name, sizeof(device.name));
	memcpy(device.mac, place->device->mac, sizeof(device.mac));
	packet.len = packet.linear = session_make_frame(session, path, tag, frame);
	packet.given = ask_clock(&minutes_west);
	compile_judge(compile, &device, &packet, minutes_west, NULL, ret_verdict);
	return ret_verdict->drop && ret_verdict->trail.reason == XDPFW_REASON_CHAINS &&
	       ret_verdict->trail.count;
}

/* A card may take a tag off before XDP sees the packet: dropped is what is dropped either way. */
static bool is_place_closed(const struct compile *compile, const struct session *session,
			    const struct session_path *path, const struct session_place *place,
			    const struct compile_device *named,
			    struct compile_verdict *ret_verdict)
{
	if (place->tag != SESSION_NO_TAG &&
	    !is_dropped(compile, session, path, place, place->tag, named, ret_verdict))
		return false;
	return is_dropped(compile, session, path, place, SESSION_NO_TAG, named, ret_verdict);
}

static void say_why(const struct compile *compile, const struct compile_device *named,
		    const struct compile_verdict *verdict, struct buf *out)
{
	uint32_t last = verdict->trail.count - 1, rule = verdict->trail.rule[last];

	if (rule < compile->rule_count) {
		buf_puts(out, "'");
		compile_print_rule(compile, rule, out);
		buf_printf(out, "' (%s)", compile_rule_place(compile, rule));
		return;
	}
	buf_puts(out, "the policy of ");
	compile_print_base_chain(compile, named->entry, last, out);
}

static void say(struct report *report, const struct compile *compile,
		const struct session *session, const struct netdev *device,
		const struct compile_device *named, const struct compile_verdict *verdict)
{
	OWN_BUF struct buf why = BUF_INIT;
	char peer[INET6_ADDRSTRLEN] = "?";

	inet_ntop(session->family, session->peer, peer, sizeof(peer));
	say_why(compile, named, verdict, &why);
	report_notice(report,
		      "this ruleset drops the ssh session that xdpfw runs in: packets from %s "
		      "port %u to port %u on %s, by %s; --failsafe 'tcp dport %u %s saddr %s' "
		      "would let them in", peer, session->peer_port, session->own_port,
		      device->name, why.at ? why.at : "", session->own_port,
		      session->family == AF_INET ? "ip" : "ip6", peer);
}

/* Whether every place of a level is closed; then why the first one is. */
static bool is_level_closed(const struct compile *compile, const struct session *session,
			    const struct session_path *path, const struct session_level *level,
			    const struct compile_device **ret_named,
			    struct compile_verdict *ret_verdict)
{
	for (size_t i = level->places.len; i-- > 0;) {
		*ret_named = find_device(compile, level->places.at[i].device);
		if (!*ret_named || !is_place_closed(compile, session, path, &level->places.at[i],
						    *ret_named, ret_verdict))
			return false;
	}
	return level->places.len != 0;
}

void session_warn(struct report *report, const struct compile *compile)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	const struct compile_device *named = NULL;
	struct compile_verdict verdict;
	struct session_path path;
	struct session session;

	if (!compile->device_count || !session_find(&session) ||
	    !session_find_path(&session, &arena, &path))
		return;
	for (size_t i = 0; i < path.level_count; i++)
		if (is_level_closed(compile, &session, &path, &path.levels[i], &named, &verdict)) {
			say(report, compile, &session, path.levels[i].places.at[0].device, named,
			    &verdict);
			return;
		}
}
