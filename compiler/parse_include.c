/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parse_include: `include "path"`: finds the files and parses each in the place of the statement.
 *
 * In: the path.  Out: the files' statements, in the block around the include.
 *
 * Paths are looked for as nft does: one that begins with / ./ or ../ as it stands, others in the
 * -I folders and then in the default folder, the first hit ends the search.  A path with * ? or [
 * takes every match in all these folders, in strcmp() order within a folder; no match is no error.
 * A file's text is read once per run; a second include of it parses the same text again.
 *
 * Safety: only regular files are read, and "-" is never taken for standard input, because every
 * path tried holds a '/'.  A file must not include itself; depth and number of includes are
 * limited.
 */
#include "compiler/parse_private.h"

#include <errno.h>
#include <glob.h>

#include "compiler/base/limits.h"

/* nft's own, so that a ruleset finds the same files. */
#define DEFAULT_FOLDER "/etc"

const struct lex_tokens *parse_tokens_of(struct parse *parse, uint32_t source)
{
	struct lex_tokens *tokens;

	while (parse->lexed.len <= source)
		*vec_push(parse->arena, &parse->lexed) = NULL;
	if (!parse->lexed.at[source] &&
	    lex_source(parse->sources, source, parse->arena, parse->diag, &tokens))
		parse->lexed.at[source] = tokens;
	return parse->lexed.at[source];
}

static const char *error_text(int err)
{
	switch (-err) {
	case ENOENT:
	case ENOTDIR:
		return "there is no such file";
	case EACCES:
	case EPERM:
		return "no permission to read it";
	case EISDIR:
		return "it is a folder";
	case EINVAL:
	case ENXIO:
		return "it is not a regular file";
	case EFBIG:
		return "it is too big";
	case ELOOP:
		return "too many symbolic links";
	default:
		return "it cannot be read";
	}
}

static bool check_limits(struct parse *parse, struct source_span span, const char *path,
			 uint32_t source)
{
	for (const struct parse_file *file = parse->file; file; file = file->outer) {
		if (file->source != source)
			continue;
		diag_error(parse->diag, span, "'%s' includes itself", path);
		return false;
	}
	if (parse->file->depth == LIMITS_INCLUDE_DEPTH) {
		diag_error(parse->diag, span, "includes are nested more than %d files deep",
			   LIMITS_INCLUDE_DEPTH);
		return false;
	}
	if (parse->includes++ == LIMITS_INCLUDE_FILES) {
		diag_error(parse->diag, span, "more than %d includes", LIMITS_INCLUDE_FILES);
		return false;
	}
	return true;
}

/* Parses the file in the place of the cursor, which comes back to where it was. */
static bool include_source(struct parse *parse, const struct parse_items *items, uint32_t source)
{
	const struct parse_file file = {
		.outer = parse->file, .source = source, .depth = parse->file->depth + 1,
	};
	const struct lex_tokens *tokens = parse_tokens_of(parse, source);
	const struct token *outer_tokens = parse->tokens;
	size_t outer_at = parse->at;
	unsigned int outer_open = parse->open;
	bool ok;

	if (!tokens)
		return false;
	parse->tokens = tokens->tokens.at;
	parse->at = 0;
	parse->open = 0;
	parse->file = &file;
	ok = parse_items(parse, items);
	parse->file = file.outer;
	parse->tokens = outer_tokens;
	parse->at = outer_at;
	parse->open = outer_open;
	return ok;
}

/*
 * Includes one file.  Returns 0, or the negative errno that kept it from being read, which is not
 * reported; errors of its contents are, and are no errors of the statement.
 */
static int include_file(struct parse *parse, const struct parse_items *items,
			struct source_span span, const char *path)
{
	uint32_t source;
	int err = source_read(parse->sources, path, &source);

	if (err && err != -EALREADY)
		return err;
	if (check_limits(parse, span, path, source))
		include_source(parse, items, source);
	return 0;
}

static bool report(struct parse *parse, struct source_span span, const char *path, int err)
{
	diag_error(parse->diag, span, "cannot include '%s': %s", path, error_text(err));
	return false;
}

/* A folder that is missing has no matches; one that may not be read could hide some. */
static int stop_glob(const char *path, int err)
{
	(void)path;
	return err != ENOENT && err != ENOTDIR;
}

static bool include_matches(struct parse *parse, const struct parse_items *items,
			    struct source_span span, const char *pattern)
{
	glob_t matches = { 0 };
	int err = glob(pattern, GLOB_NOESCAPE | GLOB_MARK, stop_glob, &matches);
	bool ok = !err || err == GLOB_NOMATCH;

	if (!ok)
		diag_error(parse->diag, span, "cannot look for '%s': a folder cannot be read",
			   pattern);
	for (size_t i = 0; ok && i < matches.gl_pathc; i++) {
		const char *path = matches.gl_pathv[i];

		if (path[strlen(path) - 1] == '/')
			continue;
		err = include_file(parse, items, span, path);
		if (err)
			ok = report(parse, span, path, err);
	}
	globfree(&matches);
	return ok;
}

static bool is_searched(struct str path)
{
	return path.at[0] != '/' && (path.len < 2 || memcmp(path.at, "./", 2)) &&
	       (path.len < 3 || memcmp(path.at, "../", 3));
}

/* All folders for a pattern; for a plain path up to the first that has it. */
static bool include_searched(struct parse *parse, const struct parse_items *items,
			     struct source_span span, struct str name, bool pattern)
{
	size_t count = parse->options->include_dir_count;

	for (size_t i = 0; i <= count; i++) {
		const char *folder = i < count ? parse->options->include_dirs[i] : DEFAULT_FOLDER;
		char *path = arena_printf(parse->arena, "%s/%.*s", folder, STR_ARG(name));
		int err;

		if (pattern) {
			if (!include_matches(parse, items, span, path))
				return false;
			continue;
		}
		err = include_file(parse, items, span, path);
		if (!err)
			return true;
		if (err != -ENOENT && err != -ENOTDIR)
			return report(parse, span, path, err);
	}
	if (pattern)
		return true;
	diag_error(parse->diag, span, "there is no file '%.*s' in the include folders",
		   STR_ARG(name));
	diag_help(parse->diag, "a path from the working folder begins with ./");
	return false;
}

bool parse_include(struct parse *parse, const struct parse_items *items)
{
	const struct token *token;
	bool pattern = false;
	const char *path;
	int err;

	parse_take(parse);
	token = parse_peek(parse);
	if (token->kind != TOKEN_STRING)
		return parse_unexpected(parse, "a path in quotes");
	parse_take(parse);
	if (!parse_at_separator(parse))
		return parse_unexpected(parse, "a newline or ';'");
	if (!token->text.len) {
		diag_error(parse->diag, token->span, "the path is empty");
		return false;
	}
	for (size_t i = 0; i < token->text.len; i++)
		pattern |= token->text.at[i] == '*' || token->text.at[i] == '?' ||
			   token->text.at[i] == '[';
	if (is_searched(token->text))
		return include_searched(parse, items, token->span, token->text, pattern);
	path = arena_strdup(parse->arena, token->text);
	if (pattern)
		return include_matches(parse, items, token->span, path);
	err = include_file(parse, items, token->span, path);
	return !err || report(parse, token->span, path, err);
}
