/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block_case: a block's rows as problems of few dimensions.
 *
 * In: rows over all axes.  Out: one problem for each network protocol that rules name, for packets
 * whose header is there, one for those whose header is cut off, and one for the rest.  A row is in
 * the problems of all packets that it can hold for; what no row of a problem asks is no dimension
 * of it.
 *
 * Safety: every packet belongs to one case, and the rows left out of it cannot hold for it: they
 * ask for another protocol, or for bytes that are not there.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/plan_block.h"

#define MAX_ROOT_LABELS 16
#define MAX_ROOT_INTERVALS 32		/* of them all: conditions ask for each */
#define MAX_COPIES 3			/* of the rows, in all cases */
#define FEW_ROWS 512			/* that may be copied more often */

/* include/uapi/linux/netfilter.h, if_ether.h, ip.h, ipv6.h */
#define NFPROTO_IPV4 2
#define NFPROTO_IPV6 10
#define ETHER_TYPE_IP 0x0800
#define ETHER_TYPE_IP6 0x86dd
#define IP_BYTES 20
#define IP6_BYTES 40

/* Values of the root that the same of its labels hold. */
struct class {
	uint32_t labels;		/* bit I: label I has them */
	VEC(struct ir_interval) values;
	size_t rows;			/* that can hold for them */
};

struct classes {
	VEC(struct class) at;
};

static enum field_load load_kind(const struct plan_pose *pose, const struct plan_axis *axis)
{
	const struct ir_load *load;

	if (axis->is_place)
		return FIELD_LOAD_NEVER;
	load = &pose->ir->loads.at[axis->part.load];
	return load->tunnel == PROTO_META ? load->field->load : FIELD_LOAD_NEVER;
}

static bool has_few_values(const struct plan_axis *axis)
{
	size_t intervals = 0;

	for (size_t i = 0; i < axis->labels.len; i++)
		intervals += axis->labels.at[i].count;
	return axis->labels.len <= MAX_ROOT_LABELS && intervals <= MAX_ROOT_INTERVALS;
}

static bool is_root(const struct plan_pose *pose, const struct plan_axis *axis)
{
	enum field_load kind = load_kind(pose, axis);

	return (kind == FIELD_LOAD_PROTOCOL || kind == FIELD_LOAD_NFPROTO) &&
	       ir_part_is_plain(pose->ir, &axis->part) && has_few_values(axis);
}

static uint32_t find_root(const struct plan_pose *pose)
{
	for (uint32_t i = 0; i < pose->block->axes.len; i++)
		if (is_root(pose, &pose->block->axes.at[i]))
			return i;
	return PLAN_NO_AXIS;
}

static bool label_has(const struct plan_label *label, u128 value)
{
	for (size_t i = 0; i < label->count; i++)
		if (value >= label->at[i].lo && value <= label->at[i].hi)
			return true;
	return false;
}

static uint32_t labels_of(const struct plan_axis *axis, u128 value)
{
	uint32_t labels = 0;

	for (size_t i = 0; i < axis->labels.len; i++)
		if (label_has(&axis->labels.at[i], value))
			labels |= 1u << i;
	return labels;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* Where the values' labels change, from 0 on, and one behind the last value. */
static uint32_t *find_ends(const struct plan_pose *pose, const struct plan_axis *axis,
			   size_t *ret_count)
{
	uint32_t *ends;
	size_t count = 2, left = 1;

	for (size_t i = 0; i < axis->labels.len; i++)
		count += 2 * axis->labels.at[i].count;
	ends = ARENA_ARRAY(pose->arena, uint32_t, count);
	ends[1] = (uint32_t)u128_max(axis->bits) + 1;
	count = 2;
	for (size_t i = 0; i < axis->labels.len; i++) {
		for (size_t j = 0; j < axis->labels.at[i].count; j++) {
			ends[count++] = (uint32_t)axis->labels.at[i].at[j].lo;
			ends[count++] = (uint32_t)axis->labels.at[i].at[j].hi + 1;
		}
	}
	qsort(ends, count, sizeof(*ends), compare_numbers);
	for (size_t i = 1; i < count; i++)
		if (ends[i] != ends[left - 1])
			ends[left++] = ends[i];
	*ret_count = left;
	return ends;
}

static void add_values(struct plan_pose *pose, struct classes *classes, uint32_t labels,
		       uint32_t lo, uint32_t hi)
{
	size_t i = 0;

	while (i < classes->at.len && classes->at.at[i].labels != labels)
		i++;
	if (i == classes->at.len)
		vec_push(pose->arena, &classes->at)->labels = labels;
	*vec_push(pose->arena, &classes->at.at[i].values) = (struct ir_interval){ lo, hi };
}

/* In family inet no packet has another value. */
static void find_classes(struct plan_pose *pose, const struct plan_axis *axis,
			 struct classes *classes)
{
	static const uint32_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	size_t count;
	uint32_t *ends;

	if (load_kind(pose, axis) == FIELD_LOAD_NFPROTO) {
		for (size_t i = 0; i < 2; i++)
			add_values(pose, classes, labels_of(axis, families[i]), families[i],
				   families[i]);
		return;
	}
	ends = find_ends(pose, axis, &count);
	for (size_t i = 0; i + 1 < count; i++)
		add_values(pose, classes, labels_of(axis, ends[i]), ends[i], ends[i + 1] - 1);
}

static bool is_of(const struct class *class, uint32_t label)
{
	return label == PLAN_ANY || class->labels >> label & 1;
}

static const uint32_t *row_of(const struct plan_pose *pose, size_t row)
{
	return pose->labels.at + row * PLAN_MAX_AXES;
}

/* Rows that could hold for packets of several classes are copied; not too many. */
static bool is_worth_it(struct plan_pose *pose, uint32_t root, struct classes *classes)
{
	size_t copies = 0;

	for (size_t i = 0; i < classes->at.len; i++) {
		struct class *class = &classes->at.at[i];

		for (size_t j = 0; j < pose->results.len; j++)
			class->rows += is_of(class, row_of(pose, j)[root]);
		copies += class->rows;
	}
	return copies <= MAX_COPIES * pose->results.len || copies <= FEW_ROWS;
}

/* The class that is asked for last, and so not at all: of the most pieces. */
static void put_rest_last(struct classes *classes)
{
	size_t last = classes->at.len - 1, rest = last;
	struct class moved;

	for (size_t i = 0; i < classes->at.len; i++)
		if (classes->at.at[i].values.len > classes->at.at[rest].values.len)
			rest = i;
	moved = classes->at.at[rest];
	classes->at.at[rest] = classes->at.at[last];
	classes->at.at[last] = moved;
}

static int compare_classes(const void *a, const void *b)
{
	const struct class *left = a, *right = b;

	return left->rows > right->rows ? -1 : left->rows < right->rows;
}

/* What packets of a case have. */
struct known {
	const struct class *class;	/* NULL: any */
	unsigned int network_bytes;	/* of its header at least; 0: not known */
	bool no_network;		/* the header is shorter than its protocol's */
	bool no_transport;		/* nothing behind it can be told */
};

static struct ir_place place_of(const struct plan_pose *pose, const struct plan_axis *axis)
{
	return ir_load_place(&pose->ir->loads.at[axis->part.load]);
}

static bool is_header(const struct plan_pose *pose, const struct plan_axis *axis,
		      enum field_base base)
{
	return load_kind(pose, axis) == FIELD_LOAD_HEADER && place_of(pose, axis).base == base;
}

static bool never_has(const struct plan_pose *pose, const struct known *known,
		      const struct plan_axis *axis)
{
	if (known->no_transport && (load_kind(pose, axis) == FIELD_LOAD_L4PROTO ||
				    is_header(pose, axis, FIELD_BASE_TRANSPORT)))
		return true;
	return known->no_network && is_header(pose, axis, FIELD_BASE_NETWORK) &&
	       axis->need >= known->network_bytes;
}

static bool always_has(const struct plan_pose *pose, const struct known *known,
		       const struct plan_axis *axis)
{
	return axis->always || (known->network_bytes && !known->no_network &&
				is_header(pose, axis, FIELD_BASE_NETWORK) &&
				axis->need <= known->network_bytes);
}

static bool holds(const struct plan_pose *pose, const struct known *known, size_t row)
{
	const uint32_t *labels = row_of(pose, row);

	if (known->class && !is_of(known->class, labels[pose->block->root]))
		return false;
	for (uint32_t i = 0; i < pose->block->axes.len; i++)
		if (labels[i] != PLAN_ANY && never_has(pose, known, &pose->block->axes.at[i]))
			return false;
	return true;
}

static bool is_all(const struct plan_axis *axis, uint32_t label)
{
	const struct plan_label *at = &axis->labels.at[label];

	return at->count == 1 && !at->at[0].lo && at->at[0].hi == u128_max(axis->bits);
}

/* What the case has of an axis, while its problem is made. */
struct used {
	bool always;
	uint32_t dim;			/* PLAN_NO_AXIS: not asked so far */
	uint32_t *label;		/* per label of the axis: its number in the problem + 1 */
};

static uint32_t use_label(struct plan_pose *pose, struct plan_problem *problem,
			  struct used *used, uint32_t number, uint32_t label)
{
	const struct plan_axis *axis = &pose->block->axes.at[number];
	struct plan_dim *dim;

	if (used->dim == PLAN_NO_AXIS) {
		used->dim = problem->dim_count++;
		used->label = ARENA_ARRAY(pose->arena, uint32_t, axis->labels.len);
		problem->dims[used->dim] = (struct plan_dim){
			.key_part = number, .bits = axis->bits, .always = used->always,
		};
	}
	dim = &problem->dims[used->dim];
	if (!used->label[label]) {
		*vec_push(pose->arena, &dim->labels) = axis->labels.at[label];
		used->label[label] = (uint32_t)dim->labels.len;
	}
	return used->label[label] - 1;
}

static void find_used(struct plan_pose *pose, const struct known *known, struct used *used)
{
	for (uint32_t i = 0; i < pose->block->axes.len; i++) {
		used[i].always = always_has(pose, known, &pose->block->axes.at[i]);
		used[i].dim = PLAN_NO_AXIS;
	}
}

static bool asks_any(const uint32_t *labels)
{
	for (uint32_t i = 0; i < PLAN_MAX_AXES; i++)
		if (labels[i] != PLAN_ANY)
			return true;
	return false;
}

/* The rows as they are in the problem; behind one that always holds there is nothing. */
static void choose_rows(struct plan_pose *pose, const struct known *known,
			struct plan_problem *problem, uint32_t *labels, uint32_t *results,
			bool *resumed)
{
	struct used used[PLAN_MAX_AXES];

	find_used(pose, known, used);
	for (size_t i = 0; i < pose->results.len; i++) {
		uint32_t *row = labels + problem->row_count * PLAN_MAX_AXES;

		if (!holds(pose, known, i))
			continue;
		memset(row, 0xff, PLAN_MAX_AXES * sizeof(*row));
		for (uint32_t j = 0; j < pose->block->axes.len; j++) {
			uint32_t label = row_of(pose, i)[j], number;

			if (label == PLAN_ANY || (known->class && j == pose->block->root) ||
			    (used[j].always && is_all(&pose->block->axes.at[j], label)))
				continue;
			number = use_label(pose, problem, &used[j], j, label);
			row[used[j].dim] = number;
		}
		resumed[problem->row_count] = pose->resumed.at[i];
		results[problem->row_count++] = pose->results.at[i];
		if (pose->resumed.at[i])
			problem->resumed = resumed;
		else if (!asks_any(row))
			break;
	}
}

static struct plan_problem make_problem(struct plan_pose *pose, const struct known *known)
{
	struct plan_problem problem = { 0 };
	size_t most = pose->results.len + 1;
	uint32_t *labels = ARENA_ARRAY(pose->arena, uint32_t, most * PLAN_MAX_AXES), *packed;
	uint32_t *results = ARENA_ARRAY(pose->arena, uint32_t, most);

	problem.dims = ARENA_ARRAY(pose->arena, struct plan_dim, PLAN_MAX_AXES);
	choose_rows(pose, known, &problem, labels, results,
		    ARENA_ARRAY(pose->arena, bool, most));
	packed = ARENA_ARRAY(pose->arena, uint32_t, problem.row_count * problem.dim_count + 1);
	for (size_t i = 0; i < problem.row_count; i++)
		memcpy(packed + i * problem.dim_count, labels + i * PLAN_MAX_AXES,
		       problem.dim_count * sizeof(*packed));
	problem.labels = packed;
	problem.results = results;
	return problem;
}

static void add_case(struct plan_pose *pose, const struct known *known, bool last)
{
	struct plan_case *made = vec_push(pose->arena, &pose->block->cases);

	if (known->class && !last) {
		made->root = known->class->values.at;
		made->root_count = known->class->values.len;
	}
	made->network_bytes = known->no_network ? 0 : known->network_bytes;
	made->problem = make_problem(pose, known);
	if (made->problem.row_count && !made->problem.dim_count && !made->problem.resumed)
		made->constant = made->problem.results[0] + 1;
}

/* Bytes of the network header that a class of packets has, when it is not cut off; 0: not known. */
static unsigned int header_bytes(const struct plan_pose *pose, const struct class *class)
{
	bool nfproto = load_kind(pose, &pose->block->axes.at[pose->block->root]) ==
		       FIELD_LOAD_NFPROTO;
	u128 value = class->values.at[0].lo;

	if (class->values.len != 1 || class->values.at[0].hi != value)
		return 0;
	if (value == (nfproto ? NFPROTO_IPV4 : ETHER_TYPE_IP))
		return IP_BYTES;
	return value == (nfproto ? NFPROTO_IPV6 : ETHER_TYPE_IP6) ? IP6_BYTES : 0;
}

static bool class_has(const struct class *class, u128 value)
{
	for (size_t i = 0; i < class->values.len; i++)
		if (value >= class->values.at[i].lo && value <= class->values.at[i].hi)
			return true;
	return false;
}

/* Only IPv4 and IPv6 packets have something behind the network header that can be told. */
static bool has_no_transport(const struct plan_pose *pose, const struct class *class)
{
	return load_kind(pose, &pose->block->axes.at[pose->block->root]) == FIELD_LOAD_PROTOCOL &&
	       !class_has(class, ETHER_TYPE_IP) && !class_has(class, ETHER_TYPE_IP6);
}

/* Some row of the class asks for bytes of the network header, if only whether they are there. */
static bool asks_network(const struct plan_pose *pose, const struct known *known)
{
	for (uint32_t i = 0; i < pose->block->axes.len; i++) {
		if (!is_header(pose, &pose->block->axes.at[i], FIELD_BASE_NETWORK))
			continue;
		for (size_t j = 0; j < pose->results.len; j++)
			if (row_of(pose, j)[i] != PLAN_ANY && holds(pose, known, j))
				return true;
	}
	return false;
}

static void add_class(struct plan_pose *pose, const struct class *class, bool last)
{
	struct known known = { .class = class, .network_bytes = header_bytes(pose, class),
			       .no_transport = has_no_transport(pose, class) };
	struct plan_block *block = pose->block;

	add_case(pose, &known, last);
	if (!known.network_bytes)
		return;
	/* Base chains of family inet do not see packets whose header is cut off. */
	if (block->inet || !asks_network(pose, &known)) {
		block->cases.at[block->cases.len - 1].network_bytes = 0;
		return;
	}
	known.no_network = known.no_transport = true;
	add_case(pose, &known, last);
}

static bool same_dim(const struct plan_dim *a, const struct plan_dim *b)
{
	if (a->key_part != b->key_part || a->always != b->always || a->labels.len != b->labels.len)
		return false;
	for (size_t i = 0; i < a->labels.len; i++)
		if (a->labels.at[i].at != b->labels.at[i].at)
			return false;
	return true;
}

static bool same_problem(const struct plan_problem *a, const struct plan_problem *b)
{
	if (a->row_count != b->row_count || a->dim_count != b->dim_count)
		return false;
	for (uint32_t i = 0; i < a->dim_count; i++)
		if (!same_dim(&a->dims[i], &b->dims[i]))
			return false;
	return !memcmp(a->results, b->results, a->row_count * sizeof(*a->results)) &&
	       !memcmp(a->labels, b->labels, a->row_count * a->dim_count * sizeof(*a->labels));
}

/*
 * Cases that are solved as the last one is, which has no condition, are left out: their packets get
 * there, because no other case has them.
 */
static void join_cases(struct plan_block *block)
{
	const struct plan_case *last = &block->cases.at[block->cases.len - 1];
	size_t left = 0;

	for (size_t i = 0; i < block->cases.len; i++) {
		const struct plan_case *at = &block->cases.at[i];
		/* Else the packets with less of the header would be the next case's. */
		bool has_more = at->network_bytes;

		if (at == last || has_more || !same_problem(&at->problem, &last->problem))
			block->cases.at[left++] = *at;
	}
	block->cases.len = left;
}

void plan_pose_cases(struct plan_pose *pose)
{
	struct classes classes = { 0 };
	struct known any = { 0 };
	size_t count;

	pose->block->root = find_root(pose);
	if (pose->block->root != PLAN_NO_AXIS) {
		find_classes(pose, &pose->block->axes.at[pose->block->root], &classes);
		if (!is_worth_it(pose, pose->block->root, &classes))
			pose->block->root = PLAN_NO_AXIS;
	}
	if (pose->block->root == PLAN_NO_AXIS) {
		add_case(pose, &any, true);
		return;
	}
	put_rest_last(&classes);
	count = classes.at.len;
	qsort(classes.at.at, count - 1, sizeof(*classes.at.at), compare_classes);
	for (size_t i = 0; i < count; i++)
		add_class(pose, &classes.at.at[i], i + 1 == count);
	join_cases(pose->block);
}
