/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_cli: the words of the command line, and every sentence about a wrong one.
 */
#include <check.h>
#include <stdlib.h>

#include "loader/cli_options.h"
#include "loader/probe.h"

#define WORDS 12

static struct arena arena = ARENA_INIT;

/* Splits LINE at its blanks. */
static bool parse(const char *line, struct report *report, struct cli_options *ret_options)
{
	char *words[WORDS], *text = arena_strdup(&arena, str_from(line));
	int count = 0;

	for (char *word = strtok(text, " "); word && count < WORDS; word = strtok(NULL, " "))
		words[count++] = word;
	return cli_parse(count, words, &arena, report, ret_options);
}

static struct cli_options parse_right(const char *line)
{
	struct cli_options options = { 0 };
	struct report report = { 0 };

	ck_assert_msg(parse(line, &report, &options), "%s: %s", line, report.text.at);
	return options;
}

static const struct {
	const char *line, *text;
} wrong[] = {
	{ "xdpfw", "nothing to do: say -f FILE or a command; 'xdpfw --help' lists them" },
	{ "xdpfw --devic x -f r", "there is no option '--devic'; did you mean '--device'?" },
	{ "xdpfw --zzzzzz", "there is no option '--zzzzzz'; 'xdpfw --help' lists them" },
	{ "xdpfw -x", "there is no option '-x'; 'xdpfw --help' lists them" },
	{ "xdpfw -f", "-f needs a value: FILE" },
	{ "xdpfw --netns", "--netns needs a value: NAME|PID|PATH" },
	{ "xdpfw -f a -f b", "-f can be given once; a file can include others" },
	{ "xdpfw --check=1 -f a", "--check takes no value" },
	{ "xdpfw -f a -D x", "-D is given as NAME=VALUE, not 'x'" },
	{ "xdpfw -f a -D =x", "-D is given as NAME=VALUE, not '=x'" },
	{ "xdpfw -f a --device a,,b", "--device: a name is empty" },
	{ "xdpfw -f a --mode generc",
	  "--mode is auto, native, generic or offload, not 'generc'; did you mean 'generic'?" },
	{ "xdpfw -f a --emit=ir2", "--emit is tokens, ast, bound, ir, opt, plan or c, not 'ir2'" },
	{ "xdpfw statsu", "there is no command 'statsu'; did you mean 'status'?" },
	{ "xdpfw frobnicate", "there is no command 'frobnicate'; 'xdpfw --help' lists them" },
	{ "xdpfw list", "'list' needs to know what: 'xdpfw --help' says what there is" },
	{ "xdpfw list -a", "'list' needs to know what: 'xdpfw --help' says what there is" },
	{ "xdpfw list rules", "'rules' cannot be listed; 'xdpfw --help' lists them" },
	{ "xdpfw list tabels", "'tabels' cannot be listed; did you mean 'tables'?" },
	{ "xdpfw list table", "'list table' is given as 'list table FAMILY TABLE'" },
	{ "xdpfw list table netdev", "'list table' is given as 'list table FAMILY TABLE'" },
	{ "xdpfw list table t", "a family (netdev or inet) is missing in front of 't'" },
	{ "xdpfw list tables all", "a family (netdev or inet) is missing in front of 'all'" },
	{ "xdpfw list set netdev t", "'list set' is given as 'list set FAMILY TABLE NAME'" },
	{ "xdpfw list sets table inet",
	  "'list sets' is given as 'list sets table FAMILY TABLE'" },
	{ "xdpfw list ruleset netdev t", "one command at a time: 't' is one too many" },
	{ "xdpfw status unload", "one command at a time: 'unload' is one too many" },
	{ "xdpfw -f a status", "-f and a command do not go together" },
	{ "xdpfw status --force", "an option here needs -f FILE; 'xdpfw --help' says which" },
	{ "xdpfw -c", "nothing to do: say -f FILE or a command; 'xdpfw --help' lists them" },
	{ "xdpfw -f a --optimize=sped",
	  "--optimize is balanced, speed or size, flow-cache, none, and no-PASS, not 'sped'; did "
	  "you mean 'speed'?" },
	{ "xdpfw -f a --optimize=speed,",
	  "--optimize is balanced, speed or size, flow-cache, none, and no-PASS, not ''; 'xdpfw "
	  "--help' lists them" },
	{ "xdpfw -f a --plan=", "there is no plan ''; 'xdpfw --help' lists them" },
	{ "xdpfw -f a --plan=compare", "there is no plan 'compare'; did you mean 'compares'?" },
	{ "xdpfw load a --optimize=speed",
	  "an object's program is made: give --optimize and --plan to 'xdpfw compile'" },
	{ "xdpfw load --plan=compares",
	  "an object's program is made: give --optimize and --plan to 'xdpfw compile'" },
	{ "xdpfw status --plan=compares",
	  "an option here needs -f FILE; 'xdpfw --help' says which" },
	{ "xdpfw explain", "'explain' is given as 'explain -f FILE'" },
	{ "xdpfw explain -f a --force",
	  "'explain' looks at no device and loads nothing: an option here needs -f FILE alone" },
	{ "xdpfw status -a", "-a and -s go with 'list'" },
};

START_TEST(wrong_words)
{
	struct cli_options options;
	struct report report = { 0 };

	ck_assert(!parse(wrong[_i].line, &report, &options));
	ck_assert_int_eq(report.status, REPORT_USAGE);
	ck_assert_str_eq(report.text.at, wrong[_i].text);
	buf_free(&report.text);
}
END_TEST

START_TEST(load)
{
	struct cli_options options =
		parse_right("xdpfw -cf r.conf -Da=b --define c= -I x -Iy --device=e0,e1 "
			    "--mode native");

	ck_assert_int_eq(options.command, CLI_LOAD);
	ck_assert(options.check);
	ck_assert_str_eq(options.file, "r.conf");
	ck_assert_uint_eq(options.defines.len, 2);
	ck_assert_str_eq(options.defines.at[0].name, "a");
	ck_assert_str_eq(options.defines.at[0].value, "b");
	ck_assert_str_eq(options.defines.at[1].value, "");
	ck_assert_uint_eq(options.include_dirs.len, 2);
	ck_assert_str_eq(options.include_dirs.at[1], "y");
	ck_assert_uint_eq(options.devices.len, 2);
	ck_assert_str_eq(options.devices.at[1], "e1");
	ck_assert_int_eq(options.mode, ATTACH_NATIVE);
}
END_TEST

START_TEST(optimized)
{
	struct cli_options options = parse_right("xdpfw -f r --optimize=size --plan compares");

	ck_assert_int_eq(options.command, CLI_LOAD);
	ck_assert_int_eq(options.optimize.goal, COMPILE_SIZE);
	ck_assert_uint_eq(options.optimize.off, 0);
	ck_assert_str_eq(options.optimize.engine, "compares");
	ck_assert(!options.optimize.flow_cache);
	options = parse_right("xdpfw explain -f r --optimize=speed,balanced --device e0");
	ck_assert_int_eq(options.command, CLI_EXPLAIN);
	ck_assert_int_eq(options.optimize.goal, COMPILE_BALANCED);
	ck_assert_ptr_null(options.optimize.engine);
	options = parse_right("xdpfw -f r --optimize=flow-cache,no-merge");
	ck_assert_int_eq(options.optimize.goal, COMPILE_BALANCED);
	ck_assert(options.optimize.off && options.optimize.flow_cache);
	ck_assert_str_eq(options.file, "r");
}
END_TEST

START_TEST(commands)
{
	struct cli_options options = parse_right("xdpfw list ruleset -as --netns n");

	ck_assert_int_eq(options.command, CLI_LIST);
	ck_assert_int_eq(options.list.what, COMPILE_LIST_RULESET);
	ck_assert(options.handles && options.stateless);
	ck_assert_str_eq(options.netns, "n");
	ck_assert_int_eq(parse_right("xdpfw --netns 1 status").command, CLI_STATUS);
	ck_assert_int_eq(parse_right("xdpfw unload").command, CLI_UNLOAD);
	ck_assert_int_eq(parse_right("xdpfw -h").command, CLI_HELP);
	ck_assert_int_eq(parse_right("xdpfw --version").command, CLI_VERSION);
	ck_assert_str_eq(parse_right("xdpfw -f -").file, "-");
}
END_TEST

START_TEST(lists)
{
	struct cli_options options = parse_right("xdpfw -s list chain netdev t c -a");

	ck_assert_int_eq(options.list.what, COMPILE_LIST_CHAIN);
	ck_assert_str_eq(options.list.family, "netdev");
	ck_assert_str_eq(options.list.table, "t");
	ck_assert_str_eq(options.list.name, "c");
	ck_assert(options.handles && options.stateless);
	options = parse_right("xdpfw list counters table inet filter");
	ck_assert_int_eq(options.list.what, COMPILE_LIST_COUNTERS);
	ck_assert_str_eq(options.list.family, "inet");
	ck_assert_str_eq(options.list.table, "filter");
	ck_assert_ptr_null(options.list.name);
	options = parse_right("xdpfw list maps");
	ck_assert_int_eq(options.list.what, COMPILE_LIST_MAPS);
	ck_assert_ptr_null(options.list.family);
	ck_assert_str_eq(parse_right("xdpfw list tables ip").list.family, "ip");
	ck_assert_str_eq(parse_right("xdpfw list ruleset inet").list.family, "inet");
}
END_TEST

START_TEST(described)
{
	struct cli_options options = parse_right("xdpfw --describe tcp option maxseg size");

	ck_assert_int_eq(options.command, CLI_DESCRIBE);
	ck_assert_str_eq(options.described, "tcp option maxseg size");
	ck_assert_ptr_null(parse_right("xdpfw --describe").described);
}
END_TEST

START_TEST(releases)
{
	ck_assert(probe_release_fits("6.1.0-18-amd64"));
	ck_assert(probe_release_fits("6.12.9+bpo-amd64"));
	ck_assert(probe_release_fits("7.0"));
	ck_assert(!probe_release_fits("6.0.19"));
	ck_assert(!probe_release_fits("5.10.0-28-amd64"));
	ck_assert(!probe_release_fits(""));
	ck_assert(!probe_release_fits("unknown"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cli");
	TCase *words = tcase_create("words"), *rest = tcase_create("probe");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(words, wrong_words, 0, sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(words, load);
	tcase_add_test(words, optimized);
	tcase_add_test(words, commands);
	tcase_add_test(words, lists);
	tcase_add_test(words, described);
	suite_add_tcase(suite, words);
	tcase_add_test(rest, releases);
	suite_add_tcase(suite, rest);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	arena_free(&arena);
	return failed != 0;
}
