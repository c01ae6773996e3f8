/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config: reads the configuration file.
 *
 *	# comment
 *	failsafe tcp dport 22 ip saddr 192.0.2.0/24
 *
 * In: the file.  Out: its settings, each with its place; the rules are parsed by the compiler.
 *
 * Safety: what the file says opens the host's devices, so nobody but root may have written it.  The
 * folder is opened first and asked who may change it; then the file, by that descriptor, and it is
 * the open file that is asked: a link in root's folder is root's word, where it leads to must be
 * root's, too.
 */
#define _GNU_SOURCE
#include "loader/config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "loader/own.h"

static const char *config_path(void)
{
	return own_word(secure_getenv("XDPFW_CONF"), CONFIG_PATH);
}

/* By root, or by who runs this, who could then do it all himself. */
static bool is_trusted(const struct stat *found)
{
	return (found->st_uid == 0 || found->st_uid == geteuid()) &&
	       !(found->st_mode & (S_IWGRP | S_IWOTH));
}

/* What open() says of a file that is not there is 0. */
static bool fail_open(struct report *report, const char *path, int error)
{
	struct stat found;

	/* A link that leads nowhere was meant to lead to failsafe rules. */
	if ((error == ENOENT || error == ENOTDIR) &&
	    (lstat(path, &found) || !S_ISLNK(found.st_mode)))
		return true;
	if ((error == EACCES || error == EPERM) && geteuid() != 0) {
		report_notice(report,
			      "you may not read '%s': its failsafe rules are not looked at", path);
		return true;
	}
	return report_fail(report, REPORT_SYSTEM, "cannot read '%s': %s", path, strerror(error));
}

static bool fail_trust(struct report *report, const char *path, const char *what)
{
	return report_fail(report, REPORT_SYSTEM,
			   "'%s' is not used: the %s must belong to root, and nobody else may "
			   "write to it", path, what);
}

/* *RET_FD stays -1 when there is nothing to be read. */
static bool open_file(struct report *report, struct arena *arena, const char *path, int *ret_fd)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct str folder = slash ? (struct str){ path, (size_t)(slash - path) + 1 }
				  : str_from("./");
	OWN_FD int at = -1, fd = -1;
	struct stat found;

	at = open(arena_strdup(arena, folder), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return fail_open(report, path, errno);
	fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail_open(report, path, errno);
	if (fstat(at, &found))
		return fail_open(report, path, errno);
	if (!is_trusted(&found))
		return fail_trust(report, path, "folder that it is in");
	if (fstat(fd, &found))
		return fail_open(report, path, errno);
	if (!S_ISREG(found.st_mode))
		return report_fail(report, REPORT_SYSTEM, "cannot read '%s': not a regular file",
				   path);
	if (!is_trusted(&found))
		return fail_trust(report, path, "file");
	*ret_fd = take_fd(&fd);
	return true;
}

static bool read_file(struct report *report, const char *path, int fd, struct buf *out)
{
	char bytes[4096];

	for (;;) {
		ssize_t len = read(fd, bytes, sizeof(bytes));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return report_fail(report, REPORT_SYSTEM, "cannot read '%s': %s", path,
					   strerror(errno));
		if (!len)
			return true;
		buf_put(out, bytes, (size_t)len);
		if (out->len > CONFIG_BYTES)
			return report_fail(report, REPORT_RULESET,
					   "'%s' is larger than %u bytes", path, CONFIG_BYTES);
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool fail_word(struct report *report, const char *path, uint32_t number, struct str word)
{
	struct str_nearest near = { .word = word };

	report_fail(report, REPORT_RULESET, "%s:%u: ", path, number);
	for (size_t i = 0; i < word.len; i++)
		if (word.at[i] <= ' ' || word.at[i] > '~' || i == 32) {
			report_add(report, "this is no setting; 'failsafe RULE' is one");
			return false;
		}
	report_add(report, "there is no setting '%.*s'", STR_ARG(word));
	str_nearest_offer(&near, "failsafe");
	report_add(report, near.best ? "; did you mean '%s'?" : "; '%s RULE' is one", "failsafe");
	return false;
}

static bool read_line(struct report *report, struct arena *arena, const char *path,
		      uint32_t number, struct str line, struct config *config)
{
	size_t at = 0, len = 0;
	struct str word;

	while (at < line.len && is_blank(line.at[at]))
		at++;
	if (at == line.len || line.at[at] == '#')
		return true;
	while (at + len < line.len && !is_blank(line.at[at + len]))
		len++;
	word = (struct str){ line.at + at, len };
	if (memchr(line.at, '\0', line.len))
		return report_fail(report, REPORT_RULESET, "%s:%u: a NUL byte", path, number);
	if (!str_is(word, "failsafe"))
		return fail_word(report, path, number, word);
	for (at += len; at < line.len && is_blank(line.at[at]); at++)
		;
	*vec_push(arena, &config->failsafe) = (struct compile_failsafe){
		.place = path,
		.line = number,
		.column = (uint32_t)at + 1,
		.text = arena_strdup(arena, (struct str){ line.at + at, line.len - at }),
	};
	return true;
}

static bool read_config(struct report *report, struct arena *arena, struct config *ret_config)
{
	const char *path = config_path();
	OWN_BUF struct buf text = BUF_INIT;
	struct config config = { 0 };
	OWN_FD int fd = -1;
	size_t at = 0;

	if (!open_file(report, arena, path, &fd))
		return false;
	if (fd >= 0 && !read_file(report, path, fd, &text))
		return false;
	for (uint32_t number = 1; at < text.len; number++) {
		const char *newline = memchr(text.at + at, '\n', text.len - at);
		size_t len = newline ? (size_t)(newline - text.at) - at : text.len - at;

		if (!read_line(report, arena, path, number, (struct str){ text.at + at, len },
			       &config))
			return false;
		at += len + 1;
	}
	*ret_config = config;
	return true;
}

bool config_read(struct report *report, struct arena *arena, struct config *ret_config)
{
	if (read_config(report, arena, ret_config))
		return true;
	report_add(report, "\n  nothing was changed");
	return false;
}
