/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rules_run: one-line rule tests.
 *
 * In: files of lines
 *
 *	# comment
 *	%set s { type inet_service; elements = { 22 } }		put into the table from here on
 *	%family inet						the table's family from here on
 *	%							forget those lines
 *	RULE;ok							the rule lists as it is written
 *	RULE;ok;NORMAL FORM					the rule lists as NORMAL FORM
 *	RULE;ok;?						nft alone says how the rule lists
 *	RULE;ok-1.1[;NORMAL FORM]				only nft 1.1 and newer take it
 *	RULE;fail;MESSAGE					the first error's text
 *
 * Each rule is compiled alone, in a base chain.  A normal form must compile and list as itself,
 * and the listing must mean what the rule means (relist.h).
 * Out: a line for each failure, then "N passed, N failed, N skipped".  With --normal it prints
 * instead "F<TAB>RULE<TAB>NORMAL FORM" for each good rule of the files ("N" for those of nft 1.1),
 * and "P<TAB>LINE" for the % lines, for comparison with nft.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "tests/tool/relist.h"

struct result {
	bool ok;
	struct buf text;		/* the rule as listed, or the first error's text */
};

struct run {
	const char *file;
	unsigned int line, passed, failed;
	bool normal;
	bool newer;			/* the rule at hand is for nft 1.1 */
	const char *family;
	struct buf prelude;
};

static void result_set(struct result *result, bool ok, const char *text, size_t len)
{
	result->ok = ok;
	buf_put(&result->text, text, len);
	if (!len)
		buf_puts(&result->text, "");
}

/* What stands behind "error: " on the first line that has it. */
static void set_error(struct result *result, const char *messages)
{
	const char *at = messages ? strstr(messages, ": error: ") : NULL;

	if (!at) {
		result_set(result, false, "(no message)", strlen("(no message)"));
		return;
	}
	at += strlen(": error: ");
	result_set(result, false, at, strcspn(at, "\n"));
}

/* The rule in the listing of the table: what stands in chain c, which is last, behind its hook. */
static void set_listed(struct result *result, const char *listing)
{
	const char *at = strstr(listing, "\tchain c {\n"), *end;

	for (unsigned int lines = 0; at && lines < 2; lines++)
		at = strchr(at, '\n') + 1;
	end = at ? strstr(at, "\n\t}\n") : NULL;
	if (end && end - at > 2)
		result_set(result, true, at + 2, (size_t)(end - at) - 2);
	else
		result_set(result, false, "(not listed)", strlen("(not listed)"));
}

static void put_table(const struct run *run, const char *rule, struct buf *out)
{
	buf_printf(out,
		   "table %s t {\n%s\tchain c {\n"
		   "\t\ttype filter hook ingress device \"lo\" priority 0; policy accept;\n"
		   "\t\t%s\n\t}\n}\n",
		   run->family, run->prelude.at ? run->prelude.at : "", rule);
}

static void compile_rule(const struct run *run, const char *rule, struct result *result)
{
	struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct diag diag = { .arena = &arena, .sources = &sources };
	struct compile_options options = { 0 };
	struct compile_print_options print = { 0 };
	struct compile *compile;
	struct buf text = BUF_INIT, out = BUF_INIT;
	uint32_t source;

	put_table(run, rule, &text);
	source = source_add(&sources, "rule", buf_str(&text));
	if (compile_source(&sources, source, &options, &arena, &diag, &compile)) {
		compile_print(compile, &print, &out);
		set_listed(result, out.at);
	} else {
		diag_print(&diag, &out);
		set_error(result, out.at);
	}
	buf_free(&text);
	buf_free(&out);
	arena_free(&arena);
}

static void fail(struct run *run, const char *rule, const char *what, const char *wanted,
		 const char *got)
{
	run->failed++;
	printf("FAIL %s:%u: %s\n  %s\n  wanted: %s\n  got:    %s\n", run->file, run->line,
	       rule, what, wanted, got);
}

static void check_normal(struct run *run, const char *rule, const char *normal)
{
	struct result again = { .text = BUF_INIT };
	struct buf text = BUF_INIT, why = BUF_INIT;

	compile_rule(run, normal, &again);
	put_table(run, rule, &text);
	if (!again.ok)
		fail(run, rule, "its normal form is refused", normal, again.text.at);
	else if (strcmp(again.text.at, normal))
		fail(run, rule, "its normal form lists otherwise", normal, again.text.at);
	else if (!relist_check("rule", buf_str(&text), &why))
		fail(run, rule, "its normal form means something else", normal, why.at);
	else
		run->passed++;
	buf_free(&again.text);
	buf_free(&text);
	buf_free(&why);
}

static void check_rule(struct run *run, const char *rule, bool want_ok, const char *wanted)
{
	struct result result = { .text = BUF_INIT };

	compile_rule(run, rule, &result);
	if (run->normal) {
		if (want_ok && result.ok)
			printf("%c\t%s\t%s\n", run->newer ? 'N' : 'F', rule, result.text.at);
	} else if (want_ok && !result.ok) {
		fail(run, rule, "refused", wanted, result.text.at);
	} else if (!want_ok && result.ok) {
		fail(run, rule, "accepted", wanted, result.text.at);
	} else if (want_ok && !strcmp(wanted, "?")) {
		check_normal(run, rule, result.text.at);
	} else if (strcmp(result.text.at, wanted)) {
		fail(run, rule, want_ok ? "listed otherwise" : "other message", wanted,
		     result.text.at);
	} else if (want_ok) {
		check_normal(run, rule, wanted);
	} else {
		run->passed++;
	}
	buf_free(&result.text);
}

static void take_prelude(struct run *run, const char *line)
{
	if (!*line) {
		buf_free(&run->prelude);
		run->prelude = (struct buf)BUF_INIT;
		run->family = "netdev";
	} else if (!strcmp(line, "family inet")) {
		run->family = "inet";
	} else {
		buf_printf(&run->prelude, "\t%s\n", line);
	}
	if (run->normal)
		printf("P\t%s\n", line);
}

static void take_line(struct run *run, char *line)
{
	char *verdict, *text;

	line[strcspn(line, "\n")] = '\0';
	if (!*line || *line == '#')
		return;
	if (*line == '%') {
		take_prelude(run, line + 1);
		return;
	}
	verdict = strchr(line, ';');
	if (verdict)
		*verdict++ = '\0';
	text = verdict ? strchr(verdict, ';') : NULL;
	if (text)
		*text++ = '\0';
	run->newer = verdict && !strcmp(verdict, "ok-1.1");
	if (run->newer || (verdict && !strcmp(verdict, "ok"))) {
		check_rule(run, line, true, text ? text : line);
	} else if (verdict && !strcmp(verdict, "fail") && text) {
		check_rule(run, line, false, text);
	} else {
		fail(run, line, "not a test",
		     "RULE;ok[;NORMAL FORM], RULE;ok-1.1 or RULE;fail;MESSAGE", line);
	}
}

static void take_file(struct run *run, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;

	if (!file) {
		perror(path);
		exit(1);
	}
	run->file = path;
	run->line = 0;
	while (getline(&line, &cap, file) >= 0) {
		run->line++;
		take_line(run, line);
	}
	free(line);
	fclose(file);
	take_prelude(run, "");
}

int main(int argc, char **argv)
{
	struct run run = { .family = "netdev", .prelude = BUF_INIT };

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--normal"))
			run.normal = true;
		else
			take_file(&run, argv[i]);
	}
	buf_free(&run.prelude);
	if (!run.normal)
		printf("%u passed, %u failed, 0 skipped\n", run.passed, run.failed);
	return run.failed || (!run.normal && !run.passed);
}
