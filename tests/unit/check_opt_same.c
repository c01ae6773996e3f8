/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_opt_same: the optimised ruleset says the same as the one that was written.
 *
 * Rulesets of the goldens, of the examples, and random ones in which rules overlap, repeat each
 * other with one value changed, jump, return and ask chance: the interpreter runs both IRs on
 * packets at every edge of every rule, with all passes, with each of them off, and with each alone.
 * Verdict, the rule that ended each base chain, and every counter have to agree.  So that this can
 * be believed, rules of optimised IRs are damaged, and that has to be seen.
 */
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/opt/opt.h"
#include "compiler/packet.h"
#include "tests/unit/ruleset.h"
#include "tests/unit/varied.h"

#define ALL ((1u << OPT_PASSES) - 1)
#define PACKETS 600

/* A ruleset with packets for each of its entries. */
struct world {
	struct ruleset ruleset;
	struct taken *taken;
	struct packet_list *lists;	/* by entry */
};

static void make_packets(struct world *world)
{
	const struct ir *ir = world->ruleset.ir;

	taken_find(ir, &world->ruleset.arena, &world->taken);
	world->lists = ARENA_ARRAY(&world->ruleset.arena, struct packet_list,
				   ir->entries.len + 1);
	for (uint32_t i = 0; i < ir->entries.len; i++)
		packet_make(ir, i, 7 + i, PACKETS, &world->ruleset.arena, &world->lists[i]);
}

static struct xdpfw_device device_of(const struct ir *ir, uint32_t entry)
{
	struct xdpfw_device device = varied_device;
	struct str name = ir->entries.at[entry].devices.at[0].name;

	device.entry = entry;
	memset(device.name, 0, sizeof(device.name));
	memcpy(device.name, name.at, name.len < sizeof(device.name) ? name.len : 15);
	return device;
}

static bool same_trail(const struct opt *opt, const struct xdpfw_trail *wanted,
		       const struct xdpfw_trail *got)
{
	if (wanted->reason != got->reason || wanted->count != got->count)
		return false;
	for (uint32_t i = 0; i < got->count; i++) {
		uint32_t rule = wanted->rule[i];

		if (rule != XDPFW_TRAIL_POLICY && rule != XDPFW_TRAIL_INVALID)
			rule = opt->position_of[rule];
		if (rule != got->rule[i])
			return false;
	}
	return true;
}

/* How many packets of all entries get another verdict or trail, and counters another figure. */
static size_t count_differences(const struct world *world, const struct opt *opt)
{
	const struct ir *ir = world->ruleset.ir;
	struct xdpfw_cell *cells[2];
	size_t differences = 0;

	for (int i = 0; i < 2; i++)
		cells[i] = calloc(ir->counter_count + 1, sizeof(*cells[i]));
	for (uint32_t entry = 0; entry < ir->entries.len; entry++) {
		const struct xdpfw_device device = device_of(ir, entry);

		for (size_t i = 0; i < world->lists[entry].packets.len; i++) {
			const struct packet *packet = &world->lists[entry].packets.at[i];
			const struct interp_packet asked = { .frame = packet->frame,
							     .len = packet->len,
							     .device = &device,
							     .given = packet->given };
			struct interp_result wanted, got;

			interp_run(ir, &asked, cells[0], &wanted);
			interp_run(opt->ir, &asked, cells[1], &got);
			differences += wanted.drop != got.drop ||
				       !same_trail(opt, &wanted.trail, &got.trail);
		}
	}
	for (uint32_t i = 0; i < ir->counter_count; i++)
		differences += memcmp(&cells[0][i], &cells[1][i], sizeof(cells[0][i])) != 0;
	free(cells[0]);
	free(cells[1]);
	return differences;
}

/* What was done to all rulesets of a test, by pass. */
struct work_done {
	size_t fates[OPT_FATE_SHADOWED + 1];
	size_t moved, steps_gone;
};

static size_t count_steps(const struct ir *ir)
{
	size_t steps = 0;

	for (size_t i = 0; i < ir->rules.len; i++)
		steps += ir->rules.at[i].steps.len;
	return steps;
}

static void note_work(const struct world *world, const struct opt *opt, struct work_done *done)
{
	for (size_t i = 0; i < world->ruleset.ir->rules.len; i++)
		done->fates[opt->fates[i].kind]++;
	for (size_t i = 1; i < opt->ir->rules.len; i++)
		done->moved += opt->ir->rules.at[i].source < opt->ir->rules.at[i - 1].source;
	done->steps_gone += count_steps(world->ruleset.ir) - count_steps(opt->ir);
}

static struct opt *optimise(struct world *world, uint32_t off)
{
	const struct opt_options options = { .off = off };
	struct opt *opt;

	opt_ruleset(world->ruleset.ir, world->taken, &options, &world->ruleset.arena, &opt);
	return opt;
}

static void check_world(struct world *world, const char *what, struct work_done *done)
{
	uint32_t masks[2 * OPT_PASSES + 2] = { 0, ALL };

	make_packets(world);
	for (uint32_t i = 0; i < OPT_PASSES; i++) {
		masks[2 + 2 * i] = 1u << i;
		masks[3 + 2 * i] = ALL & ~(1u << i);
	}
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		const struct opt *opt = optimise(world, masks[i]);
		size_t differences = count_differences(world, opt);

		ck_assert_msg(!differences, "%zu differences with passes 0x%x off in %s",
			      differences, masks[i], what);
		if (!masks[i])
			note_work(world, opt, done);
		if (masks[i] == ALL)
			ck_assert_uint_eq(opt->ir->rules.len, world->ruleset.ir->rules.len);
	}
}

/* --- written ones --------------------------------------------------------------------------- */

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t size = 1u << 22, len;
	char *text = malloc(size);

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(text);
	len = fread(text, 1, size - 1, file);
	text[len] = 0;
	fclose(file);
	return text;
}

static size_t check_files(const char *pattern, struct work_done *done)
{
	const char *top = getenv("top_srcdir");
	char wanted[512];
	size_t checked = 0;
	glob_t found;

	ck_assert_ptr_nonnull(top);
	snprintf(wanted, sizeof(wanted), "%s/%s", top, pattern);
	ck_assert_int_eq(glob(wanted, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *text = read_text(found.gl_pathv[i]);
		struct world world = { .taken = NULL };

		/* Some are refused, or include what is not where the tests run. */
		if (ruleset_try(&world.ruleset, text)) {
			check_world(&world, found.gl_pathv[i], done);
			checked++;
		}
		arena_free(&world.ruleset.arena);
		free(text);
	}
	globfree(&found);
	return checked;
}

START_TEST(written)
{
	static const char *const patterns[] = { "tests/golden/*.nft", "examples/*.nft",
						"tests/diff/cases/*.nft", "tests/run/*.nft" };
	static const size_t least[] = { 12, 5, 10, 1 };
	struct work_done done = { .moved = 0 };

	ck_assert_uint_ge(check_files(patterns[_i], &done), least[_i]);
}
END_TEST

/* --- random ones ---------------------------------------------------------------------------- */

struct dice {
	uint64_t state;
};

static unsigned int roll(struct dice *dice, unsigned int sides)
{
	dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(dice->state >> 33) % sides;
}

/* FORM with VALUE for its '#'. */
static void put_form(const char *form, unsigned int value, struct buf *out)
{
	size_t at = strcspn(form, "#");

	buf_printf(out, "%.*s%u%s", (int)at, form, value, form + at + 1);
}

static void put_address(struct dice *dice, struct buf *out)
{
	static const char *const forms[] = { "10.0.0.#", "10.0.#.0/24", "10.0.0.#/30",
					     "10.0.0.0-10.0.#.9", "{ 10.0.0.1, 10.0.#.0/24 }" };
	unsigned int form = roll(dice, 5), value = roll(dice, 4);

	if (!roll(dice, 6))
		buf_puts(out, form < 4 ? "!= " : "");
	put_form(forms[form], form == 2 ? 4 * value : value, out);
}

static void put_port(struct dice *dice, struct buf *out)
{
	static const char *const words[] = { "#", "#-9", "!= #", "{ 1, #, 20-30 }", ">= #",
					     "!= { #, 7 }", "< #" };

	put_form(words[roll(dice, 7)], 1 + roll(dice, 6), out);
}

/* What a rule says of protocols must not exclude each other. */
struct protocols {
	const char *network, *transport;
};

static struct protocols choose_protocols(struct dice *dice)
{
	return (struct protocols){ roll(dice, 6) ? "ip" : "ip6", roll(dice, 2) ? "tcp" : "udp" };
}

static void put_ip6_match(struct dice *dice, struct buf *out)
{
	static const char *const words[] = { "ip6 saddr ::# ", "ip6 daddr != 2001:db8::/#2 ",
					     "ip6 hoplimit > # ", "ip6 nexthdr # " };

	put_form(words[roll(dice, 4)], 1 + roll(dice, 9), out);
}

static void put_match(struct dice *dice, const struct protocols *protocols, struct buf *out)
{
	unsigned int kind = roll(dice, 12);

	if (!strcmp(protocols->network, "ip6") &&
	    (kind < 2 || kind == 6 || kind == 7 || kind == 8 || kind == 9)) {
		put_ip6_match(dice, out);
		return;
	}
	switch (kind) {
	case 0:
	case 1:
		buf_puts(out, roll(dice, 2) ? "ip saddr " : "ip daddr ");
		put_address(dice, out);
		break;
	case 2:
	case 3:
	case 4:
		buf_printf(out, "%s dport ", protocols->transport);
		put_port(dice, out);
		break;
	case 5:
		buf_puts(out, "th sport ");
		put_port(dice, out);
		break;
	case 6:
		buf_printf(out, "ip saddr & 255.255.%u.0 %s 10.0.%u.0", roll(dice, 2) ? 255 : 0,
			   roll(dice, 2) ? "==" : "!=", roll(dice, 3));
		break;
	case 7:
		buf_printf(out, "ip protocol %s", protocols->transport);
		break;
	case 8:
		buf_printf(out, "ip saddr %s@named%u", roll(dice, 3) ? "" : "!= ", roll(dice, 2));
		break;
	case 9:
		buf_printf(out, "ip saddr . %s dport { 10.0.0.%u . %u, 10.0.0.0/24 . 5-%u }",
			   protocols->transport, roll(dice, 3), roll(dice, 3),
			   6 + roll(dice, 3));
		break;
	case 10:
		buf_printf(out, "meta length %s %u", roll(dice, 2) ? "<" : ">=",
			   60 + roll(dice, 40));
		break;
	default:
		put_form(roll(dice, 2) ? "meta random > #" : "meta cpu #", roll(dice, 3), out);
	}
	buf_putc(out, ' ');
}

/* Chain NUMBER may jump to the chains behind it. */
static void put_action(struct dice *dice, unsigned int number, const char *transport, bool quiet,
		       struct buf *out)
{
	if (!quiet && !roll(dice, 3))
		buf_puts(out, roll(dice, 3) ? "counter " : "counter name \"seen\" ");
	switch (roll(dice, 9)) {
	case 0:
	case 1:
	case 2:
		buf_puts(out, "drop");
		break;
	case 3:
	case 4:
		buf_puts(out, "accept");
		break;
	case 5:
		buf_puts(out, "return");
		break;
	case 6:
		if (number < 3)
			buf_printf(out, "%s c%u", roll(dice, 2) ? "jump" : "goto",
				   number + 1 + roll(dice, 3 - number));
		break;
	case 7:
		buf_printf(out, "%s dport vmap { 1-%u : drop, 9 : accept, 11 : continue }",
			   transport, 1 + roll(dice, 3));
		break;
	default:
		buf_puts(out, quiet ? "drop" : "counter");
	}
}

/* Rules like the one before it: the same but for one value, or the same with another action. */
static void put_like(struct dice *dice, const struct protocols *protocols, const char *match,
		     const char *action, struct buf *out)
{
	const char *more = strcmp(protocols->network, "ip") || roll(dice, 2) ? " dport " : NULL;

	for (unsigned int i = 0, count = 1 + roll(dice, 4); i < count; i++)
		buf_printf(out, "%s%s%s%u %s\n", match, more ? protocols->transport : "",
			   more ? more : "ip daddr 10.0.0.", 1 + roll(dice, 9), action);
}

static void put_rules(struct dice *dice, unsigned int number, struct buf *out)
{
	for (unsigned int i = 0, count = 2 + roll(dice, 9); i < count; i++) {
		const struct protocols protocols = choose_protocols(dice);
		struct buf match = BUF_INIT, action = BUF_INIT;

		buf_puts(&match, roll(dice, 8) ? "" : "counter ");
		for (unsigned int j = roll(dice, 4); j > 0; j--)
			put_match(dice, &protocols, &match);
		buf_puts(&action, "");
		put_action(dice, number, protocols.transport, roll(dice, 3) > 0, &action);
		if (action.len && !roll(dice, 3))
			put_like(dice, &protocols, match.at, action.at, out);
		else if (match.len || action.len)
			buf_printf(out, "%s%s\n", match.at, action.at);
		buf_free(&match);
		buf_free(&action);
	}
}

static void put_ruleset(struct dice *dice, struct buf *out)
{
	buf_printf(out, "table %s t {\n"
			"set named0 { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.3 } }\n"
			"set named1 { type ipv4_addr; flags interval;"
			" elements = { 10.0.0.0/24 } }\n"
			"counter seen { }\n", roll(dice, 3) ? "netdev" : "inet");
	for (unsigned int i = 4; i-- > 0;) {
		buf_printf(out, "chain c%u {\n", i);
		if (i < 2)
			buf_printf(out, "type filter hook ingress device%s priority %u; "
					"policy %s;\n",
				   i ? " \"eth1\"" : "s = { \"eth0\", \"eth1\" }", i,
				   roll(dice, 2) ? "drop" : "accept");
		put_rules(dice, i < 2 ? 1 : i, out);
		buf_puts(out, "}\n");
	}
	buf_puts(out, "}\n");
}

/* False when it is none: random words may exclude each other. */
static bool make_random(struct world *world, struct dice *dice, struct buf *text)
{
	*world = (struct world){ .taken = NULL };
	text->len = 0;
	put_ruleset(dice, text);
	return ruleset_try(&world->ruleset, text->at);
}

START_TEST(random_ones)
{
	struct dice dice = { .state = (uint64_t)_i * 977 + 1 };
	struct work_done done = { .moved = 0 };
	struct buf text = BUF_INIT;
	unsigned int checked = 0;

	for (int i = 0; i < 120; i++) {
		struct world world;

		if (make_random(&world, &dice, &text)) {
			check_world(&world, text.at, &done);
			checked++;
		}
		arena_free(&world.ruleset.arena);
	}
	buf_free(&text);
	ck_assert_uint_ge(checked, 40);
	/* Each pass had something to do. */
	ck_assert_uint_gt(done.fates[OPT_FATE_MERGED], 5);
	ck_assert_uint_gt(done.fates[OPT_FATE_SHADOWED], 5);
	ck_assert_uint_gt(done.fates[OPT_FATE_NEVER], 2);
	ck_assert_uint_gt(done.fates[OPT_FATE_IDLE], 2);
	ck_assert_uint_gt(done.moved, 1);
	ck_assert_uint_gt(done.steps_gone, 50);
}
END_TEST

/* --- damage --------------------------------------------------------------------------------- */

/* A rule of the optimised IR that ends a base chain for some packet; its rule count: none. */
static size_t find_decider(const struct world *world, const struct opt *opt, struct dice *dice)
{
	const struct packet_list *list = &world->lists[0];
	const struct xdpfw_device device = device_of(world->ruleset.ir, 0);
	size_t start = roll(dice, (unsigned int)list->packets.len);

	for (size_t i = 0; i < list->packets.len; i++) {
		const struct packet *packet =
			&list->packets.at[(start + i) % list->packets.len];
		const struct interp_packet asked = { .frame = packet->frame,
						     .len = packet->len,
						     .device = &device,
						     .given = packet->given };
		struct interp_result result;

		interp_run(opt->ir, &asked, NULL, &result);
		if (result.trail.count && result.trail.rule[0] < opt->ir->rules.len)
			return result.trail.rule[0];
	}
	return opt->ir->rules.len;
}

/* A test turned round, or another verdict.  The steps may be those of the IR before. */
static bool damage(struct dice *dice, struct ir_rule *rule, struct arena *arena)
{
	struct ir_step *steps = ARENA_ARRAY(arena, struct ir_step, rule->steps.len), *step;

	memcpy(steps, rule->steps.at, rule->steps.len * sizeof(*steps));
	rule->steps.at = steps;
	step = &steps[roll(dice, (unsigned int)rule->steps.len)];
	if (step->kind == IR_STEP_TEST)
		step->negate = !step->negate;
	else if (step->kind == IR_STEP_VERDICT && step->verdict.kind == IR_VERDICT_DROP)
		step->verdict.kind = IR_VERDICT_ACCEPT;
	else
		return false;
	return true;
}

START_TEST(damaged)
{
	struct dice dice = { .state = 5 };
	unsigned int made = 0;
	struct buf text = BUF_INIT;

	while (made < 100) {
		struct world world;
		struct opt *opt;
		size_t rule;

		if (make_random(&world, &dice, &text)) {
			make_packets(&world);
			opt = optimise(&world, 0);
			rule = find_decider(&world, opt, &dice);
			if (rule < opt->ir->rules.len &&
			    damage(&dice, &opt->ir->rules.at[rule], &world.ruleset.arena)) {
				made++;
				ck_assert_msg(count_differences(&world, opt) > 0,
					      "rule %zu is damaged, and nobody sees it, in\n%s",
					      rule, text.at);
			}
		}
		arena_free(&world.ruleset.arena);
	}
	buf_free(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("opt_same");
	TCase *tcase = tcase_create("same");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, written, 0, 4);
	tcase_add_loop_test(tcase, random_ones, 0, 3);
	tcase_add_test(tcase, damaged);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
