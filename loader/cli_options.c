/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli_options: reads the words of the command line.
 *
 * In: argv.  Out: a struct, or one sentence on the first wrong word.  Options stand before or
 * behind the command.  The table below is what is parsed, suggested and printed by --help.
 */
#include "loader/cli_options.h"

#include <stdlib.h>
#include <string.h>

#include "loader/control.h"

enum cli_option {
	OPTION_FILE, OPTION_CHECK, OPTION_DEFINE, OPTION_INCLUDE, OPTION_DEVICE, OPTION_FAILSAFE,
	OPTION_MODE, OPTION_CONFIRM, OPTION_NETNS, OPTION_EMIT, OPTION_DROP_DEVICES, OPTION_FORCE,
	OPTION_EXPLAIN, OPTION_FIX_OFFLOADS, OPTION_FRESH, OPTION_NO_VERIFY, OPTION_ALLOW_MISSING,
	OPTION_OPTIMIZE, OPTION_PLAN, OPTION_ONCE, OPTION_OUTPUT, OPTION_HANDLE, OPTION_STATELESS,
	OPTION_DESCRIBE, OPTION_VERSION, OPTION_HELP,
};

struct cli_row {
	enum cli_option option;
	char letter;			/* 0: none */
	const char *name;
	const char *value;		/* NULL: takes none */
	const char *help;
};

static const struct cli_row rows[] = {
	{ OPTION_FILE, 'f', "file", "FILE",
	  "compile, prove and load FILE; it replaces the whole ruleset (-: standard input)" },
	{ OPTION_CHECK, 'c', "check", NULL, "only check FILE; as root also prove the program" },
	{ OPTION_DEFINE, 'D', "define", "NAME=VALUE", "define a variable of the ruleset" },
	{ OPTION_INCLUDE, 'I', "includepath", "DIR", "search DIR for included files" },
	{ OPTION_DEVICE, 0, "device", "DEV[,DEV]", "filter these devices instead of FILE's" },
	{ OPTION_FAILSAFE, 0, "failsafe", "RULE",
	  "let in what the matches RULE are true of, in front of all rules" },
	{ OPTION_MODE, 0, "mode", "auto|native|generic|offload",
	  "how to attach (auto: native, else generic)" },
	{ OPTION_CONFIRM, 0, "confirm", "SECONDS",
	  "bring the ruleset before back unless 'xdpfw confirm' comes in time" },
	{ OPTION_NETNS, 0, "netns", "NAME|PID|PATH", "work inside that network namespace" },
	{ OPTION_EMIT, 0, "emit", "PHASE",
	  "print one phase of the compiler: tokens, ast, bound, ir, opt, plan or c" },
	{ OPTION_OPTIMIZE, 0, "optimize", "GOAL[,no-PASS]",
	  "make the program for: balanced, speed or size; with a flow-cache; none, or without a "
	  "PASS: intervals, implied, never, shadowed, order, merge, tests" },
	{ OPTION_PLAN, 0, "plan", "NAME",
	  "look all rules up in one way, for tests: compares, cross, packed, lead, tree, "
	  "shared, pairs or buckets" },
	{ OPTION_DROP_DEVICES, 0, "drop-devices", NULL,
	  "let devices go that have a filter and are not in FILE" },
	{ OPTION_FORCE, 0, "force", NULL, "detach XDP programs of others from FILE's devices" },
	{ OPTION_EXPLAIN, 0, "explain", "DEV",
	  "with 'status': why DEV is in its mode, and what would give it native mode" },
	{ OPTION_FIX_OFFLOADS, 0, "fix-offloads", NULL,
	  "turn off the device settings that refuse native mode, and say which" },
	{ OPTION_ALLOW_MISSING, 0, "allow-missing", NULL,
	  "load though devices are not there; 'watch' filters them when they come" },
	{ OPTION_ONCE, 0, "once", NULL, "with 'watch': look once, do not stay" },
	{ OPTION_FRESH, 0, "fresh", NULL, "start all counters at FILE's figures" },
	{ OPTION_NO_VERIFY, 0, "no-verify", NULL, "load without the proof" },
	{ OPTION_OUTPUT, 'o', "output", "OBJ",
	  "with compile: the file to write (-: standard output)" },
	{ OPTION_HANDLE, 'a', "handle", NULL, "list handles" },
	{ OPTION_STATELESS, 's', "stateless", NULL, "list counters without figures" },
	{ OPTION_DESCRIBE, 0, "describe", NULL,
	  "print what can be matched, or what the words behind name: tcp dport" },
	{ OPTION_VERSION, 'V', "version", NULL, "print the version" },
	{ OPTION_HELP, 'h', "help", NULL, "print this text" },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static bool suggest(struct report *report, const struct str_nearest *nearest, const char *dashes)
{
	if (nearest->best)
		report_add(report, "; did you mean '%s%s'?", dashes, nearest->best);
	else
		report_add(report, "; 'xdpfw --help' lists them");
	return false;
}

static const struct cli_row *find_long(struct report *report, struct str name)
{
	struct str_nearest nearest = { .word = name };

	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (str_is(name, rows[i].name))
			return &rows[i];
		str_nearest_offer(&nearest, rows[i].name);
	}
	report_fail(report, REPORT_USAGE, "there is no option '--%.*s'", STR_ARG(name));
	suggest(report, &nearest, "--");
	return NULL;
}

static const struct cli_row *find_short(struct report *report, char letter)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].letter == letter)
			return &rows[i];
	report_fail(report, REPORT_USAGE,
		    "there is no option '-%c'; 'xdpfw --help' lists them", letter);
	return NULL;
}

static bool set_mode(struct report *report, const char *word, enum attach_mode *ret_mode)
{
	static const char *const words[] = { "auto", "native", "generic", "offload" };
	struct str_nearest nearest = { .word = str_from(word) };

	for (size_t i = 0; i < 4; i++) {
		if (!strcmp(word, words[i])) {
			*ret_mode = (enum attach_mode)i;
			return true;
		}
		str_nearest_offer(&nearest, words[i]);
	}
	report_fail(report, REPORT_USAGE, "--mode is auto, native, generic or offload, not '%s'",
		    word);
	if (nearest.best)
		report_add(report, "; did you mean '%s'?", nearest.best);
	return false;
}

static bool add_define(struct report *report, struct arena *arena, const char *word,
		       struct cli_options *options)
{
	const char *equals = strchr(word, '=');

	if (!equals || equals == word)
		return report_fail(report, REPORT_USAGE, "-D is given as NAME=VALUE, not '%s'",
				   word);
	*vec_push(arena, &options->defines) = (struct compile_define){
		arena_strdup(arena, (struct str){ word, (size_t)(equals - word) }), equals + 1
	};
	return true;
}

static bool add_devices(struct report *report, struct arena *arena, const char *word,
			struct cli_options *options)
{
	for (;;) {
		size_t len = strcspn(word, ",");

		if (!len)
			return report_fail(report, REPORT_USAGE, "--device: a name is empty");
		*vec_push(arena, &options->devices) =
			arena_strdup(arena, (struct str){ word, len });
		if (!word[len])
			return true;
		word += len + 1;
	}
}

static bool set_optimize(struct report *report, const char *words, struct cli_options *options)
{
	struct str_nearest nearest;

	options->optimize_given = true;
	if (compile_optimize_parse(words, &options->optimize, &nearest))
		return true;
	report_fail(report, REPORT_USAGE,
		    "--optimize is balanced, speed or size, flow-cache, none, and no-PASS, not "
		    "'%.*s'",
		    STR_ARG(nearest.word));
	return suggest(report, &nearest, "");
}

static bool set_plan(struct report *report, const char *name, struct cli_options *options)
{
	struct str_nearest nearest;

	options->optimize_given = true;
	if (compile_plan_parse(name, &options->optimize, &nearest))
		return true;
	report_fail(report, REPORT_USAGE, "there is no plan '%s'", name);
	return suggest(report, &nearest, "");
}

static bool set_confirm(struct report *report, const char *word, uint32_t *ret_seconds)
{
	char *end;
	unsigned long seconds = strtoul(word, &end, 10);

	if (!strchr("0123456789", word[0]) || *end || seconds < 1 ||
	    seconds > CONTROL_SECONDS_MOST)
		return report_fail(report, REPORT_USAGE,
				   "--confirm is given in seconds, from 1 to %d, not '%s'",
				   CONTROL_SECONDS_MOST, word);
	*ret_seconds = (uint32_t)seconds;
	return true;
}

static bool apply(struct report *report, struct arena *arena, enum cli_option option,
		  const char *value, struct cli_options *options)
{
	switch (option) {
	case OPTION_FILE:
		if (options->file)
			return report_fail(report, REPORT_USAGE,
					   "-f can be given once; a file can include others");
		options->file = value;
		return true;
	case OPTION_CHECK:
		return options->check = true;
	case OPTION_DEFINE:
		return add_define(report, arena, value, options);
	case OPTION_INCLUDE:
		*vec_push(arena, &options->include_dirs) = value;
		return true;
	case OPTION_DEVICE:
		return add_devices(report, arena, value, options);
	case OPTION_FAILSAFE:
		*vec_push(arena, &options->failsafe) = (struct compile_failsafe){
			.place = "--failsafe", .line = 1, .column = 1, .text = value
		};
		return true;
	case OPTION_MODE:
		options->mode_given = true;
		return set_mode(report, value, &options->mode);
	case OPTION_CONFIRM:
		return set_confirm(report, value, &options->confirm);
	case OPTION_NETNS:
		options->netns = value;
		return true;
	case OPTION_EMIT:
		options->emit = true;
		if (compile_phase_parse(value, &options->phase))
			return true;
		return report_fail(report, REPORT_USAGE,
				   "--emit is tokens, ast, bound, ir, opt, plan or c, not '%s'",
				   value);
	case OPTION_OPTIMIZE:
		return set_optimize(report, value, options);
	case OPTION_PLAN:
		return set_plan(report, value, options);
	case OPTION_DROP_DEVICES:
		return options->drop_devices = true;
	case OPTION_FORCE:
		return options->force = true;
	case OPTION_EXPLAIN:
		options->explained = value;
		return true;
	case OPTION_FIX_OFFLOADS:
		return options->fix_offloads = true;
	case OPTION_ALLOW_MISSING:
		return options->allow_missing = true;
	case OPTION_ONCE:
		return options->once = true;
	case OPTION_FRESH:
		return options->fresh = true;
	case OPTION_NO_VERIFY:
		return options->no_verify = true;
	case OPTION_OUTPUT:
		if (options->output)
			return report_fail(report, REPORT_USAGE, "-o can be given once");
		options->output = value;
		return true;
	case OPTION_HANDLE:
		return options->handles = true;
	case OPTION_STATELESS:
		return options->stateless = true;
	case OPTION_DESCRIBE:
		options->command = CLI_DESCRIBE;
		return true;
	case OPTION_VERSION:
		options->command = CLI_VERSION;
		return true;
	case OPTION_HELP:
		options->command = CLI_HELP;
		return true;
	}
	return false;
}

/* Words still to be read. */
struct cli_words {
	char **at, **end;
};

static bool take_value(struct report *report, const struct cli_row *row, const char *name,
		       struct cli_words *words, const char **ret_value)
{
	if (words->at == words->end)
		return report_fail(report, REPORT_USAGE, "%s needs a value: %s", name, row->value);
	*ret_value = *words->at++;
	return true;
}

static bool parse_long(struct report *report, struct arena *arena, const char *word,
		       struct cli_words *words, struct cli_options *options)
{
	struct str name = { word + 2, strcspn(word + 2, "=") };
	const char *value = name.at[name.len] ? name.at + name.len + 1 : NULL;
	const struct cli_row *row = find_long(report, name);

	if (!row)
		return false;
	if (value && !row->value)
		return report_fail(report, REPORT_USAGE, "--%s takes no value", row->name);
	if (!value && row->value && !take_value(report, row, word, words, &value))
		return false;
	return apply(report, arena, row->option, value, options);
}

/* "-f FILE", "-fFILE", and letters together: "-as". */
static bool parse_short(struct report *report, struct arena *arena, const char *word,
			struct cli_words *words, struct cli_options *options)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const struct cli_row *row = find_short(report, *letter);
		const char *value = letter[1] ? letter + 1 : NULL;
		const char name[] = { '-', *letter, 0 };

		if (!row)
			return false;
		if (row->value && !value && !take_value(report, row, name, words, &value))
			return false;
		if (!apply(report, arena, row->option, value, options))
			return false;
		if (row->value)
			return true;
	}
	return true;
}

/* What can be listed, and how many words say which: family, table, name. */
struct cli_listable {
	const char *word;
	enum compile_list what;
	unsigned int names;
	bool of_table;			/* "sets table F T": those of one table */
};

static const struct cli_listable listables[] = {
	{ "ruleset", COMPILE_LIST_RULESET, 0, false },
	{ "tables", COMPILE_LIST_TABLES, 0, false },
	{ "table", COMPILE_LIST_TABLE, 2, false },
	{ "chains", COMPILE_LIST_CHAINS, 0, false },
	{ "chain", COMPILE_LIST_CHAIN, 3, false },
	{ "sets", COMPILE_LIST_SETS, 0, true },
	{ "set", COMPILE_LIST_SET, 3, false },
	{ "maps", COMPILE_LIST_MAPS, 0, true },
	{ "map", COMPILE_LIST_MAP, 3, false },
	{ "counters", COMPILE_LIST_COUNTERS, 0, true },
	{ "counter", COMPILE_LIST_COUNTER, 3, false },
};

static const struct cli_listable *find_listable(struct report *report, const char *word)
{
	struct str_nearest nearest = { .word = str_from(word) };

	for (size_t i = 0; i < sizeof(listables) / sizeof(listables[0]); i++) {
		if (!strcmp(word, listables[i].word))
			return &listables[i];
		str_nearest_offer(&nearest, listables[i].word);
	}
	report_fail(report, REPORT_USAGE, "'%s' cannot be listed", word);
	suggest(report, &nearest, "");
	return NULL;
}

/* Words up to the next option. */
static const char *take_word(struct cli_words *words)
{
	if (words->at == words->end || words->at[0][0] == '-')
		return NULL;
	return *words->at++;
}

/* nft takes the family for granted (ip), but tables of that one cannot be here. */
static bool take_family(struct report *report, struct cli_words *words, struct cli_list *list)
{
	static const char *const families[] = { "ip", "ip6", "inet", "arp", "bridge", "netdev" };
	const char *word = take_word(words);

	for (size_t i = 0; word && i < sizeof(families) / sizeof(families[0]); i++) {
		if (strcmp(word, families[i]) != 0)
			continue;
		list->family = word;
		return true;
	}
	if (!word)
		return true;
	return report_fail(report, REPORT_USAGE,
			   "a family (netdev or inet) is missing in front of '%s'", word);
}

static bool parse_list(struct report *report, struct cli_words *words,
		       struct cli_options *options)
{
	const char *word = take_word(words);
	const struct cli_listable *listable;
	unsigned int names;

	options->command = CLI_LIST;
	if (!word)
		return report_fail(report, REPORT_USAGE,
				   "'list' needs to know what: 'xdpfw --help' says what there is");
	listable = find_listable(report, word);
	if (!listable)
		return false;
	options->list.what = listable->what;
	names = listable->names;
	if (listable->of_table && words->at < words->end && !strcmp(*words->at, "table")) {
		words->at++;
		names = 2;
	}
	if (!take_family(report, words, &options->list))
		return false;
	if (names >= 2 && options->list.family)
		options->list.table = take_word(words);
	if (names >= 3 && options->list.table)
		options->list.name = take_word(words);
	if ((names >= 2 && !options->list.table) || (names >= 3 && !options->list.name))
		return report_fail(report, REPORT_USAGE,
				   "'list %s' is given as 'list %s%s FAMILY TABLE%s'", word, word,
				   listable->names == names ? "" : " table",
				   names == 3 ? " NAME" : "");
	return true;
}

/* The words behind --describe are one name. */
static void add_described(struct arena *arena, const char *word, struct cli_options *options)
{
	options->described = options->described ?
				     arena_printf(arena, "%s %s", options->described, word) :
				     word;
}

struct cli_word {
	const char *word;
	enum cli_command command;
};

static const struct cli_word commands[] = {
	{ "list", CLI_LIST },		{ "status", CLI_STATUS },
	{ "confirm", CLI_CONFIRM },	{ "rollback", CLI_ROLLBACK },
	{ "unload", CLI_UNLOAD },	{ "compile", CLI_COMPILE },
	{ "load", CLI_LOAD_OBJECT },	{ "watch", CLI_WATCH },
	{ "explain", CLI_EXPLAIN },
};

static const struct cli_word *find_command(struct report *report, const char *word)
{
	struct str_nearest nearest = { .word = str_from(word) };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(word, commands[i].word))
			return &commands[i];
		str_nearest_offer(&nearest, commands[i].word);
	}
	report_fail(report, REPORT_USAGE, "there is no command '%s'", word);
	suggest(report, &nearest, "");
	return NULL;
}

static bool parse_command(struct report *report, struct arena *arena, const char *word,
			  struct cli_words *words, struct cli_options *options)
{
	const struct cli_word *found;

	if (options->command == CLI_DESCRIBE) {
		add_described(arena, word, options);
		return true;
	}
	if (options->command == CLI_LOAD_OBJECT && !options->object) {
		options->object = word;
		return true;
	}
	if (options->command != CLI_NONE)
		return report_fail(report, REPORT_USAGE,
				   "one command at a time: '%s' is one too many", word);
	found = find_command(report, word);
	if (!found)
		return false;
	if (found->command == CLI_LIST)
		return parse_list(report, words, options);
	options->command = found->command;
	return true;
}

/* What `load` reads is compiled: nothing of the language can be said any more. */
static bool check_load(struct report *report, const struct cli_options *options)
{
	if (options->file)
		return report_fail(report, REPORT_USAGE,
				   "'load' takes an object that 'xdpfw compile' made; a ruleset is "
				   "loaded by -f alone");
	if (options->defines.len || options->include_dirs.len || options->devices.len ||
	    options->failsafe.len)
		return report_fail(report, REPORT_USAGE,
				   "an object has its devices, variables and failsafe rules in it: "
				   "give %s to 'xdpfw compile'",
				   options->devices.len	 ? "--device" :
				   options->failsafe.len ? "--failsafe" :
				   options->defines.len	 ? "-D" :
							   "-I");
	if (options->optimize_given)
		return report_fail(report, REPORT_USAGE,
				   "an object's program is made: give --optimize and --plan to "
				   "'xdpfw compile'");
	if (options->check || options->emit)
		return report_fail(report, REPORT_USAGE, "-c and --emit go with -f FILE");
	return true;
}

/* Options of what looks at devices or loads. */
static bool asks_to_load(const struct cli_options *options)
{
	return options->netns || options->check || options->emit || options->no_verify ||
	       options->fresh || options->drop_devices || options->force ||
	       options->fix_offloads || options->mode_given || options->confirm ||
	       options->allow_missing;
}

static bool check_compile(struct report *report, const struct cli_options *options)
{
	if (!options->file || !options->output)
		return report_fail(report, REPORT_USAGE,
				   "'compile' is given as 'compile -f FILE -o OBJ'");
	if (asks_to_load(options))
		return report_fail(report, REPORT_USAGE,
				   "'compile' looks at no device and loads nothing: give this "
				   "option to 'xdpfw load'");
	return true;
}

static bool check_explain(struct report *report, const struct cli_options *options)
{
	if (!options->file)
		return report_fail(report, REPORT_USAGE,
				   "'explain' is given as 'explain -f FILE'");
	if (asks_to_load(options))
		return report_fail(report, REPORT_USAGE,
				   "'explain' looks at no device and loads nothing: an option here "
				   "needs -f FILE alone");
	return true;
}

/* Words that do not go together. */
static bool check_options(struct report *report, struct cli_options *options)
{
	if (options->command == CLI_HELP || options->command == CLI_VERSION)
		return true;
	if (options->output && options->command != CLI_COMPILE)
		return report_fail(report, REPORT_USAGE, "-o goes with 'compile'");
	if (options->command != CLI_STATUS && options->explained)
		return report_fail(report, REPORT_USAGE, "--explain goes with 'status'");
	if (options->command != CLI_WATCH && options->once)
		return report_fail(report, REPORT_USAGE, "--once goes with 'watch'");
	if (options->command != CLI_LIST && (options->handles || options->stateless))
		return report_fail(report, REPORT_USAGE, "-a and -s go with 'list'");
	if (options->command == CLI_LOAD_OBJECT)
		return check_load(report, options);
	if (options->command == CLI_COMPILE)
		return check_compile(report, options);
	if (options->command == CLI_EXPLAIN)
		return check_explain(report, options);
	if (options->file && options->command != CLI_NONE)
		return report_fail(report, REPORT_USAGE,
				   "-f and a command do not go together");
	if (options->file)
		options->command = CLI_LOAD;
	if (options->command == CLI_NONE)
		return report_fail(report, REPORT_USAGE,
				   "nothing to do: say -f FILE or a command; 'xdpfw --help' lists "
				   "them");
	if (options->command != CLI_LOAD &&
	    (options->check || options->emit || options->no_verify || options->fresh ||
	     options->allow_missing || options->drop_devices || options->force ||
	     options->fix_offloads || options->mode != ATTACH_AUTO ||
	     options->defines.len || options->include_dirs.len || options->devices.len ||
	     options->failsafe.len || options->confirm || options->optimize_given))
		return report_fail(report, REPORT_USAGE,
				   "an option here needs -f FILE; 'xdpfw --help' says which");
	return true;
}

bool cli_parse(int argc, char **argv, struct arena *arena, struct report *report,
	       struct cli_options *ret_options)
{
	struct cli_words words = { argv + (argc > 0), argv + argc };
	struct cli_options options = { 0 };

	while (words.at < words.end) {
		char *word = *words.at++;
		bool ok;

		if (!strncmp(word, "--", 2))
			ok = parse_long(report, arena, word, &words, &options);
		else if (word[0] == '-' && word[1])
			ok = parse_short(report, arena, word, &words, &options);
		else
			ok = parse_command(report, arena, word, &words, &options);
		if (!ok)
			return false;
	}
	if (!check_options(report, &options))
		return false;
	*ret_options = options;
	return true;
}

void cli_print_help(struct buf *out)
{
	buf_puts(out, "usage: xdpfw [options] -f FILE\n"
		      "       xdpfw [options] compile -f FILE -o OBJ\n"
		      "       xdpfw [options] load [OBJ]\n"
		      "       xdpfw [options] explain -f FILE\n"
		      "       xdpfw [options] list ruleset|tables|chains|sets|maps|counters"
		      " [FAMILY]\n"
		      "       xdpfw [options] list table FAMILY TABLE\n"
		      "       xdpfw [options] list chain|set|map|counter FAMILY TABLE NAME\n"
		      "       xdpfw [options] status [--explain DEV]\n"
		      "       xdpfw [options] confirm|rollback|unload\n"
		      "       xdpfw [options] watch [--once]\n"
		      "       xdpfw --describe [WORD...]\n\n"
		      "Loads a ruleset in nftables' language as an XDP program.\n\n");
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct cli_row *row = &rows[i];
		size_t start = out->len;

		if (row->letter)
			buf_printf(out, "  -%c, --%s", row->letter, row->name);
		else
			buf_printf(out, "      --%s", row->name);
		if (row->value)
			buf_printf(out, " %s", row->value);
		do
			buf_putc(out, ' ');
		while (out->len - start < 34);
		buf_printf(out, "%s\n", row->help);
	}
	buf_puts(out, "\nExit status: 0 done; 1 the ruleset is wrong; 2 usage; 3 the system "
		      "refused; 4 a bug of xdpfw.\n");
}
