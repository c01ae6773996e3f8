/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prove: runs twins of the program on packets made from the ruleset's own edges, and compares them
 * with the judge, which interprets the ruleset.
 *
 * In: twins with counter cells of their own, the ruleset.  Out: yes, or the packet on which they
 * differ.  Compared are each packet's verdict, the trail (which rule or policy ended each base
 * chain), and in the end every counter.  Nothing that is in force is touched: the twins share
 * only tables that packets do not change.
 */
#include "loader/prove.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>

#include "loader/devtable.h"
#include "loader/maps.h"
#include "loader/own.h"

#define PROVE_SEED 1

struct prove_packets {
	const struct compile_packet *at;
	size_t count;
};

struct prove_state {
	const struct prove_input *input;
	struct report *report;
	struct prove_packets *devices;	/* by number of input->rows */
	struct xdpfw_cell *cells;	/* the judge's, by counter number */
	bool *seen;			/* by rule: a packet made for it has run */
	uint32_t packets;
	uint32_t ifindex;		/* of the device the packets come in by */
	uint32_t counter;		/* that differs, while its packet is searched */
	bool whole_only;		/* this kernel does not split packets */
	bool cut_short;			/* there was no time for a packet for each rule */
	bool played;			/* the table has lo in it, and nothing else */
};

typedef bool (*prove_step)(struct prove_state *state, const struct xdpfw_device *device,
			   const struct compile_packet *packet);

static int test_run(int program, uint32_t ifindex, const struct compile_packet *packet,
		    size_t linear, uint32_t *ret_verdict)
{
	struct xdp_md context = {
		.data_end = (uint32_t)linear,
		.ingress_ifindex = ifindex,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts,
		    .data_in = packet->frame,
		    .data_size_in = (uint32_t)packet->len,
		    .ctx_in = &context,
		    .ctx_size_in = sizeof(context),
		    .repeat = 1);
	int error = bpf_prog_test_run_opts(program, &opts);

	*ret_verdict = opts.retval;
	return error;
}

static bool run_twin(struct prove_state *state, size_t twin, const struct compile_packet *packet,
		     uint32_t *ret_verdict)
{
	int program = state->input->twins[twin].program;
	size_t linear = state->whole_only ? packet->len : packet->linear;
	struct xdpfw_given given = packet->given;
	int error;

	given.active = 1;
	error = object_give(&state->input->twins[twin], &given);
	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot set the clock of a test packet: %s", strerror(-error));
	error = test_run(program, state->ifindex, packet, linear, ret_verdict);
	/* Older kernels do not let the caller choose where a packet is split. */
	if (error == -EINVAL && linear < packet->len) {
		state->whole_only = true;
		error = test_run(program, state->ifindex, packet, packet->len, ret_verdict);
	}
	if (error)
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot run the program on a test packet of %zu bytes: %s",
				   packet->len, strerror(-error));
	return true;
}

static const char *verdict_word(uint32_t verdict)
{
	if (verdict == XDP_PASS)
		return "accept";
	return verdict == XDP_DROP ? "drop" : "neither accept nor drop";
}

static void describe_trail(const struct compile *compile, const struct xdpfw_trail *trail,
			   struct buf *out)
{
	static const char *const reasons[] = {
		[XDPFW_REASON_CHAINS] = "",
		[XDPFW_REASON_NO_DEVICE] = ", the ruleset does not name the device",
		[XDPFW_REASON_CUT_TAG] = ", a tag with nothing behind it",
		[XDPFW_REASON_TOO_LONG] = ", too many jumps",
		[XDPFW_REASON_OUT_OF_REACH] = ", headers beyond the reach of XDP",
		[XDPFW_REASON_FAULT] = ", a map is missing",
	};

	if (trail->reason < sizeof(reasons) / sizeof(reasons[0]))
		buf_puts(out, reasons[trail->reason]);
	else
		buf_printf(out, ", unknown reason %u", trail->reason);
	for (uint32_t i = 0; i < trail->count && i < XDPFW_MAX_BASE_CHAINS; i++) {
		buf_printf(out, "%s base chain %u ended by ", i ? ";" : ":", i + 1);
		if (trail->rule[i] == XDPFW_TRAIL_POLICY) {
			buf_puts(out, "its policy");
		} else if (trail->rule[i] == XDPFW_TRAIL_INVALID) {
			buf_puts(out, "a packet without layer-4 information (family inet)");
		} else if (trail->rule[i] >= compile->rule_count) {
			buf_printf(out, "rule number %u, which does not exist", trail->rule[i]);
		} else {
			buf_printf(out, "%s ", compile_rule_place(compile, trail->rule[i]));
			compile_print_rule(compile, trail->rule[i], out);
		}
	}
}

static void describe_packet(struct prove_state *state, const struct xdpfw_device *device,
			    const struct compile_packet *packet)
{
	const struct compile *compile = state->input->compile;
	OWN_BUF struct buf rule = BUF_INIT;

	report_add(state->report,
		   "\n  packet on %.*s, %zu bytes, the first %zu in the linear part: ",
		   XDPFW_NAME_BYTES, (const char *)device->name, packet->len,
		   state->whole_only ? packet->len : packet->linear);
	for (size_t i = 0; i < packet->len; i++)
		report_add(state->report, "%02x", packet->frame[i]);
	if (state->input->compile->reads_given)
		report_add(state->report, "\n  at %" PRIu64 " ns since 1970, CPU %u, random %u",
			   (uint64_t)packet->given.now, packet->given.cpu, packet->given.random);
	if (packet->rule >= compile->rule_count)
		return;
	compile_print_rule(compile, packet->rule, &rule);
	report_add(state->report, "\n  made for: %s %s", compile_rule_place(compile, packet->rule),
		   rule.at ? rule.at : "");
}

static bool report_difference(struct prove_state *state, const struct xdpfw_device *device,
			      const struct compile_packet *packet)
{
	report_fail(state->report, REPORT_BUG,
		    "the built program does not do what the ruleset says: this is a bug of xdpfw");
	describe_packet(state, device, packet);
	return false;
}

static bool report_verdict(struct prove_state *state, const struct xdpfw_device *device,
			   const struct compile_packet *packet,
			   const struct compile_verdict *wanted, uint32_t verdict,
			   struct xdpfw_trail *trail)
{
	const struct compile *compile = state->input->compile;
	OWN_BUF struct buf ruleset = BUF_INIT, program = BUF_INIT;

	describe_trail(compile, &wanted->trail, &ruleset);
	if (trail) {
		compile_trail_name(compile, trail);
		describe_trail(compile, trail, &program);
	}
	report_difference(state, device, packet);
	report_add(state->report, "\n  the ruleset says: %s%s", wanted->drop ? "drop" : "accept",
		   ruleset.at ? ruleset.at : "");
	report_add(state->report, "\n  the program says: %s%s", verdict_word(verdict),
		   program.at ? program.at : "");
	return false;
}

static bool step_compare(struct prove_state *state, const struct xdpfw_device *device,
			 const struct compile_packet *packet)
{
	const struct prove_input *input = state->input;
	struct xdpfw_trail trail = { 0 };
	struct compile_verdict wanted;
	uint32_t verdict, key = 0;

	compile_judge(input->compile, device, packet, input->minutes_west, state->cells, &wanted);
	if (!run_twin(state, 0, packet, &verdict))
		return false;
	if (bpf_map_lookup_elem(input->twins[0].trail, &key, &trail))
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot read what the program noted: %s", strerror(errno));
	if (verdict != (wanted.drop ? XDP_DROP : XDP_PASS) ||
	    !compile_trail_fits(input->compile, &wanted.trail, &trail))
		return report_verdict(state, device, packet, &wanted, verdict, &trail);
	if (!run_twin(state, 1, packet, &verdict))
		return false;
	if (verdict != (wanted.drop ? XDP_DROP : XDP_PASS))
		return report_verdict(state, device, packet, &wanted, verdict, NULL);
	state->packets++;
	return true;
}

/* Searches the packet on which counter STATE->counter differs. True while it was not that one. */
static bool step_counter(struct prove_state *state, const struct xdpfw_device *device,
			 const struct compile_packet *packet)
{
	const struct prove_input *input = state->input;
	struct xdpfw_cell *judged = &state->cells[state->counter], before, after;
	struct xdpfw_cell judged_before = *judged;
	uint32_t cell = input->cell_of[state->counter], verdict;
	struct compile_verdict wanted;

	compile_judge(input->compile, device, packet, input->minutes_west, state->cells, &wanted);
	for (size_t twin = 0; twin < 2; twin++) {
		int cells = input->twins[twin].maps.cells;

		if (maps_read_cell(cells, cell, &before) ||
		    !run_twin(state, twin, packet, &verdict) ||
		    maps_read_cell(cells, cell, &after))
			return report_fail(state->report, REPORT_SYSTEM, "cannot read a counter");
		if (after.packets - before.packets == judged->packets - judged_before.packets &&
		    after.bytes - before.bytes == judged->bytes - judged_before.bytes)
			continue;
		report_difference(state, device, packet);
		report_add(state->report,
			   "\n  counter %u: the ruleset adds %llu packets %llu bytes, the program "
			   "%llu packets %llu bytes", state->counter + 1,
			   (unsigned long long)(judged->packets - judged_before.packets),
			   (unsigned long long)(judged->bytes - judged_before.bytes),
			   (unsigned long long)(after.packets - before.packets),
			   (unsigned long long)(after.bytes - before.bytes));
		return false;
	}
	return true;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* What the twins' table of devices is to hold again. */
static bool put_table(struct prove_state *state)
{
	uint32_t key = 0;

	if (!state->played || !state->input->table)
		return true;
	if (bpf_map_update_elem(state->input->devices, &key, state->input->table, BPF_ANY))
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot fill the table of devices: %s", strerror(errno));
	state->played = false;
	return true;
}

/* A device that is not there is played by lo: the table names it under lo's number. */
static bool enter_device(struct prove_state *state, const struct prove_row *row)
{
	OWN_MEMORY struct xdpfw_device_table *table = NULL;
	struct xdpfw_device played = row->device;
	uint32_t key = 0;

	state->ifindex = played.ifindex;
	if (!row->played)
		return put_table(state);
	table = calloc(1, sizeof(*table));
	state->ifindex = played.ifindex = if_nametoindex("lo");
	if (!table || !played.ifindex || !devtable_fill(&played, 1, NULL, table) ||
	    bpf_map_update_elem(state->input->devices, &key, table, BPF_ANY))
		return report_fail(state->report, REPORT_SYSTEM,
				   "cannot let lo play a device of the ruleset: %s",
				   strerror(errno));
	state->played = true;
	return true;
}

/* The packets of row number NUMBER, until DEADLINE and at last END (0: all). */
static bool walk_device(struct prove_state *state, size_t number, long long deadline,
			long long end, prove_step step)
{
	const struct prove_packets *packets = &state->devices[number];
	struct xdpfw_device played = state->input->rows[number].device;

	if (!enter_device(state, &state->input->rows[number]))
		return false;
	played.ifindex = state->ifindex;
	for (size_t i = 0; i < packets->count; i++) {
		const struct compile_packet *packet = &packets->at[i];
		bool known = packet->rule < state->input->compile->rule_count;

		/* Out of time only packets for rules that had none yet run. */
		if (deadline && now_ms() > deadline && (!known || state->seen[packet->rule]))
			continue;
		if (end && now_ms() > end) {
			state->cut_short = true;
			return true;
		}
		if (known)
			state->seen[packet->rule] = true;
		if (!step(state, &played, packet))
			return false;
	}
	return true;
}

static bool walk_packets(struct prove_state *state, bool in_time, prove_step step)
{
	size_t count = state->input->row_count;
	long long start = now_ms();

	for (size_t i = 0; i < count; i++) {
		long long deadline = start + PROVE_MS * (long long)(i + 1) / (long long)count;

		if (!walk_device(state, i, in_time ? deadline : 0,
				 in_time ? start + PROVE_MS_MOST : 0, step))
			return false;
	}
	return true;
}

static bool compare_cells(struct prove_state *state, const struct object *twin,
			  struct arena *arena)
{
	const struct prove_input *input = state->input;
	size_t count = input->compile->counter_count;
	struct xdpfw_cell *sums = ARENA_ARRAY(arena, struct xdpfw_cell, count + 1);
	int error = maps_read_cells(twin->maps.cells, input->cell_of, count, sums);

	if (error)
		return report_fail(state->report, REPORT_SYSTEM, "cannot read the counters: %s",
				   strerror(-error));
	for (uint32_t i = 0; i < count; i++) {
		if (sums[i].packets == state->cells[i].packets &&
		    sums[i].bytes == state->cells[i].bytes)
			continue;
		state->counter = i;
		if (walk_packets(state, false, step_counter))
			report_fail(state->report, REPORT_BUG,
				    "counter %u of the built program differs from the "
				    "ruleset's, but on no single packet: this is a bug of "
				    "xdpfw", i + 1);
		return false;
	}
	return true;
}

/* Whether row number NUMBER is the first that runs its list of base chains. */
static bool is_first(const struct prove_input *input, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (input->rows[i].device.entry == input->rows[number].device.entry)
			return false;
	return true;
}

/*
 * How many packets row number NUMBER gets: its share, but on the first of an entry enough for each
 * rule to have its own.
 */
static size_t choose_limit(const struct prove_input *input, size_t number)
{
	size_t rules = input->compile->rule_count;
	size_t a_rule = input->kept ? PROVE_PACKETS_A_RULE_KEPT : PROVE_PACKETS_A_RULE;
	size_t most = input->kept ? PROVE_PACKETS_KEPT : PROVE_PACKETS;
	size_t limit = PROVE_PACKETS_LEAST + rules * a_rule;
	size_t least = PROVE_PACKETS_A_DEVICE;

	if (limit > most)
		limit = most;
	limit /= input->row_count;
	if (is_first(input, number))
		least += input->kept && rules > PROVE_RULES_KEPT ? PROVE_RULES_KEPT : rules;
	else if (input->row_count > PROVE_PACKETS_ALL_DEVICES / PROVE_PACKETS_A_DEVICE)
		least = PROVE_PACKETS_ALL_DEVICES / input->row_count;
	return limit > least ? limit : least;
}

bool prove_run(struct report *report, const struct prove_input *input, struct arena *arena,
	       uint32_t *ret_packets)
{
	const struct compile *compile = input->compile;
	struct prove_state state = {
		.input = input,
		.report = report,
		.devices = ARENA_ARRAY(arena, struct prove_packets, input->row_count + 1),
		.cells = ARENA_ARRAY(arena, struct xdpfw_cell, compile->counter_count + 1),
		.seen = ARENA_ARRAY(arena, bool, compile->rule_count + 1),
	};

	for (size_t i = 0; i < input->row_count; i++)
		compile_packets(compile, &input->rows[i].device, PROVE_SEED + i,
				choose_limit(input, i), arena, &state.devices[i].at,
				&state.devices[i].count);
	if (!walk_packets(&state, true, step_compare) ||
	    !compare_cells(&state, &input->twins[0], arena) ||
	    !compare_cells(&state, &input->twins[1], arena) || !put_table(&state))
		return false;
	if (state.cut_short)
		report_notice(report,
			      "the proof was ended after %d seconds and %u packets: not every rule "
			      "has had one", PROVE_MS_MOST / 1000, state.packets);
	*ret_packets = state.packets;
	return true;
}
