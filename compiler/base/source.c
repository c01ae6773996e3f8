/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source: reading texts and finding lines in them.
 *
 * A ruleset may name any path, so a file is opened without waiting (a FIFO must not hang a load)
 * and refused unless it is a regular file; only "-" may be a pipe.
 */
#include "compiler/base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/base/limits.h"

/* At least 1. */
static size_t count_lines(struct str text)
{
	size_t count = 1;

	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	return count;
}

uint32_t source_add(struct source_set *set, const char *name, struct str text)
{
	struct source *source = vec_push(set->arena, &set->sources);

	source->name = arena_strdup(set->arena, str_from(name));
	source->text = (struct str){ arena_strdup(set->arena, text), text.len };
	source->lines.cap = count_lines(text);
	source->lines.at = ARENA_ARRAY(set->arena, uint32_t, source->lines.cap);
	*vec_push(set->arena, &source->lines) = 0;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '\n')
			*vec_push(set->arena, &source->lines) = (uint32_t)i + 1;
	return (uint32_t)(set->sources.len - 1);
}

/* Everything up to the end of FD, at most LIMITS_SOURCE_BYTES. */
static int read_all(struct arena *arena, int fd, size_t expect, struct str *ret_text)
{
	size_t cap = expect + 1, len = 0;
	char *text = arena_alloc(arena, cap);

	for (;;) {
		ssize_t got;

		if (len == cap) {
			text = arena_grow(arena, text, len, cap * 2);
			cap *= 2;
		}
		got = read(fd, text + len, cap - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		len += (size_t)got;
		if (len > LIMITS_SOURCE_BYTES)
			return -EFBIG;
	}
	*ret_text = (struct str){ text, len };
	return 0;
}

static bool find_same(const struct source_set *set, const struct stat *st, uint32_t *ret_source)
{
	for (size_t i = 0; i < set->sources.len; i++) {
		if (!set->sources.at[i].ino || set->sources.at[i].ino != st->st_ino ||
		    set->sources.at[i].dev != st->st_dev)
			continue;
		*ret_source = (uint32_t)i;
		return true;
	}
	return false;
}

static int read_fd(struct source_set *set, int fd, const char *path, bool is_stdin,
		   uint32_t *ret_source)
{
	struct stat st;
	struct str text;
	uint32_t number;
	int err;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!is_stdin) {
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		if (!S_ISREG(st.st_mode))
			return -EINVAL;
		if (st.st_size > (off_t)LIMITS_SOURCE_BYTES)
			return -EFBIG;
		if (find_same(set, &st, ret_source))
			return -EALREADY;
	}
	err = read_all(set->arena, fd, is_stdin ? 65535 : (size_t)st.st_size, &text);
	if (err)
		return err;
	number = source_add(set, is_stdin ? "<stdin>" : path, text);
	if (!is_stdin) {
		set->sources.at[number].dev = st.st_dev;
		set->sources.at[number].ino = st.st_ino;
	}
	*ret_source = number;
	return 0;
}

int source_read(struct source_set *set, const char *path, uint32_t *ret_source)
{
	int fd, err;

	if (!strcmp(path, "-"))
		return read_fd(set, STDIN_FILENO, path, true, ret_source);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	err = read_fd(set, fd, path, false, ret_source);
	close(fd);
	return err;
}

struct source_place source_locate(const struct source_set *set, struct source_span span)
{
	const struct source *source = &set->sources.at[span.source];
	uint32_t begin = span.begin < source->text.len ? span.begin : (uint32_t)source->text.len;
	size_t low = 0, high = source->lines.len;
	uint32_t line_begin, line_end;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (source->lines.at[middle] <= begin)
			low = middle;
		else
			high = middle;
	}
	line_begin = source->lines.at[low];
	line_end = low + 1 < source->lines.len ? source->lines.at[low + 1] - 1
					       : (uint32_t)source->text.len;
	return (struct source_place){
		.name = source->name,
		.line = source->lines_before + (uint32_t)low + 1,
		.column = begin - line_begin + 1,
		.before = low ? 0 : source->bytes_before,
		.text = { source->text.at + line_begin, line_end - line_begin },
	};
}

struct str source_text(const struct source_set *set, struct source_span span)
{
	return (struct str){ set->sources.at[span.source].text.at + span.begin,
			     span.end - span.begin };
}

struct source_span source_join(struct source_span a, struct source_span b)
{
	if (a.source != b.source)
		return a;
	return (struct source_span){ a.source, a.begin < b.begin ? a.begin : b.begin,
				     a.end > b.end ? a.end : b.end };
}
