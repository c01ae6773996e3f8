/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch: waits for the kernel's word that a device came, went or changed.
 *
 * In: events of rtnetlink.  Out: calls of swap_catch_up(), which looks at the whole state each
 * time.  So nothing is lost when events are (then the socket says ENOBUFS), when this process is
 * killed and started again, or when a ruleset is loaded or removed meanwhile; without a ruleset
 * there is nothing to do until a device changes when there is one.  A load looks by itself for
 * devices that come while it is at work.
 */
#define _GNU_SOURCE
#include "loader/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include "loader/netdev.h"
#include "loader/own.h"
#include "loader/probe.h"
#include "loader/swap.h"

#define RETRY_MS 1000

struct watch {
	struct report *report;
	int events, signals;
	/* Two, in turn: the list of the last look is compared with that of the next. */
	struct arena arenas[2];
	struct netdev_list seen;
	unsigned int turn;
	bool looked;			/* .seen is what the last look was about */
	struct buf told;		/* the last error, which is told once */
};

static bool is_same_device(const struct netdev *a, const struct netdev *b)
{
	return a->ifindex == b->ifindex && a->group == b->group && a->master == b->master &&
	       a->type == b->type && !memcmp(a->mac, b->mac, sizeof(a->mac)) &&
	       !memcmp(a->programs, b->programs, sizeof(a->programs)) &&
	       !strcmp(a->name, b->name) && !strcmp(a->kind, b->kind) &&
	       a->other_count == b->other_count;
}

/* Carriers that come and go, and addresses, are nobody's business here. */
static bool is_same_list(const struct netdev_list *a, const struct netdev_list *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!is_same_device(&a->at[i], &b->at[i]))
			return false;
	return true;
}

/* An error does not end the watch; it is told when it is another one than before. */
static void tell_error(struct watch *watch, const struct report *failed)
{
	const char *text = failed->text.len ? failed->text.at : "cannot look at the devices";

	if (watch->told.len && !strcmp(watch->told.at, text))
		return;
	buf_free(&watch->told);
	buf_puts(&watch->told, text);
	report_notice(watch->report, "%s; trying again", text);
}

/* False: try again later. */
static bool look(struct watch *watch)
{
	struct report own = { .notice = watch->report->notice };
	struct arena *arena = &watch->arenas[watch->turn ^ 1];
	struct netdev_list now;
	int error;
	bool ok = true;

	arena_free(arena);
	*arena = (struct arena)ARENA_INIT;
	error = netdev_list(arena, &now);
	if (error)
		ok = report_fail(&own, REPORT_SYSTEM,
				 "cannot list the devices of this network namespace: %s",
				 strerror(-error));
	else if (!watch->looked || !is_same_list(&now, &watch->seen))
		ok = swap_catch_up(&own, watch->seen.at ? &watch->seen : NULL);
	if (ok) {
		watch->turn ^= 1;
		watch->seen = now;
		buf_free(&watch->told);
	} else {
		tell_error(watch, &own);
	}
	watch->looked = ok;
	buf_free(&own.text);
	return ok;
}

/* True: a signal says that it is enough. */
static bool wait_for_event(struct watch *watch, bool retry)
{
	struct pollfd fds[] = {
		{ .fd = watch->events, .events = POLLIN },
		{ .fd = watch->signals, .events = POLLIN },
	};
	int ready = poll(fds, 2, retry ? RETRY_MS : -1);

	if (ready > 0 && fds[1].revents)
		return true;
	/* Lost events: what is there now is looked at all the same. */
	if (ready > 0 && netdev_drain(watch->events))
		watch->looked = false;
	return false;
}

static int open_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	signal(SIGPIPE, SIG_IGN);	/* a notice that nobody reads must not end the watch */
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static bool watch_on(struct report *report)
{
	OWN_FD int events = netdev_watch(), signals = open_signals();
	struct watch watch = {
		.report = report,
		.events = events,
		.signals = signals,
		.arenas = { ARENA_INIT, ARENA_INIT },
	};
	bool ended = false;

	if (events < 0 || signals < 0)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot wait for events of network devices: %s",
				   strerror(events < 0 ? -events : errno));
	/* The socket is open already: what comes during the first look is looked at again. */
	while (!ended) {
		bool ok = look(&watch);

		ended = wait_for_event(&watch, !ok);
	}
	arena_free(&watch.arenas[0]);
	arena_free(&watch.arenas[1]);
	buf_free(&watch.told);
	return true;
}

bool watch_run(struct report *report, bool once)
{
	bool ok = probe_system(report) && (once ? swap_catch_up(report, NULL) : watch_on(report));

	/* What one device refuses does not keep the others from being looked after. */
	if (ok && report->status == REPORT_DONE)
		return true;
	report_add(report, "\n  the rules in force stay as they are");
	return false;
}
