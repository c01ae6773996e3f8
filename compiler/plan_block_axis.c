/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan_block_axis: tests of one value of the packet as labels of an axis.
 *
 * In: parts of keys, and intervals that they have to lie in.  Out: axes, and lists of intervals of
 * the values there, each distinct one once.  The same bytes of a packet are one axis, whatever a
 * field is called and whatever bits a rule masks out, where the raw values that do can be listed.
 *
 * Safety: a label holds exactly the values for which the test is true; a load that can fail is an
 * axis that can be absent, and then even a label of all values asks for it.
 */
#include <string.h>

#include "compiler/plan_block.h"

#define MAX_LISTED_BITS 16		/* of a field whose values are all tried */
#define MAX_LISTED 128			/* intervals of raw values worth not being an axis: all
					   there can be in 8 bits */
#define MAX_TRIED (20u << 20)		/* raw values in all for a block, a second or two */
#define ETHER_BYTES 14u			/* are always there */
#define PLACE_BITS 28			/* of a rule's number, as in an answer */

/* include/uapi/linux/netfilter.h, if_ether.h */
#define NFPROTO_IPV4 2
#define NFPROTO_NETDEV 5
#define NFPROTO_IPV6 10
#define ETHER_TYPE_IP 0x0800
#define ETHER_TYPE_IP6 0x86dd

struct list {
	VEC(struct ir_interval) at;
};

static const struct ir_load *load_of(const struct plan_pose *pose, const struct ir_part *part)
{
	return &pose->ir->loads.at[part->load];
}

/* In ascending order; touching ones become one. */
static void add_interval(struct plan_pose *pose, struct list *list, u128 lo, u128 hi)
{
	struct ir_interval *last = list->at.len ? &list->at.at[list->at.len - 1] : NULL;

	if (last && last->hi != ~(u128)0 && lo <= last->hi + 1) {
		if (hi > last->hi)
			last->hi = hi;
		return;
	}
	*vec_push(pose->arena, &list->at) = (struct ir_interval){ lo, hi };
}

static void complement(struct plan_pose *pose, const struct ir_interval *at, size_t count,
		       u128 max, struct list *ret_list)
{
	u128 next = 0;

	for (size_t i = 0; i < count && at[i].lo <= max; i++) {
		if (at[i].lo > next)
			add_interval(pose, ret_list, next, at[i].lo - 1);
		if (at[i].hi >= max)
			return;
		next = at[i].hi + 1;
	}
	add_interval(pose, ret_list, next, max);
}

/* What of AT a value of up to MAX can be. */
static void clip(struct plan_pose *pose, const struct ir_interval *at, size_t count, u128 max,
		 struct list *ret_list)
{
	for (size_t i = 0; i < count && at[i].lo <= max; i++)
		add_interval(pose, ret_list, at[i].lo, at[i].hi < max ? at[i].hi : max);
}

static bool list_has(const struct ir_interval *at, size_t count, u128 value)
{
	size_t first = 0, end = count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (value < at[middle].lo)
			end = middle;
		else if (value > at[middle].hi)
			first = middle + 1;
		else
			return true;
	}
	return false;
}

static bool is_prefix_mask(const struct ir_part *part, unsigned int bits)
{
	u128 off = ~part->mask & u128_max(bits);

	return !part->shift && !(part->flip & u128_max(bits)) && !(off & (off + 1));
}

/* Values that are in AT once the low bits that MASK has not are 0. */
static void unmask_prefix(struct plan_pose *pose, const struct ir_interval *at, size_t count,
			  u128 off, u128 max, struct list *ret_list)
{
	for (size_t i = 0; i < count && at[i].lo <= max; i++) {
		u128 lo = at[i].lo, hi = at[i].hi < max ? at[i].hi : max;

		if (lo & off)
			lo = (lo | off) + 1;
		if (lo > hi || !lo != !at[i].lo)
			continue;
		add_interval(pose, ret_list, lo, hi | off);
	}
}

/* False: the raw values are too many pieces. */
static bool list_raw(struct plan_pose *pose, const struct ir_part *part,
		     const struct ir_interval *at, size_t count, u128 max, struct list *ret_list)
{
	if (pose->tried > MAX_TRIED)
		return false;
	pose->tried += (uint32_t)max;
	for (u128 value = 0; value <= max; value++) {
		if (!list_has(at, count, ir_part_apply(pose->ir, part, value)))
			continue;
		add_interval(pose, ret_list, value, value);
		if (ret_list->at.len > MAX_LISTED)
			return false;
	}
	return true;
}

static bool same_bytes(const struct ir_load *a, const struct ir_load *b)
{
	struct ir_place left, right;

	if (a->field->load != FIELD_LOAD_HEADER || b->field->load != FIELD_LOAD_HEADER)
		return false;
	left = ir_load_place(a);
	right = ir_load_place(b);
	return ir_place_equal(&left, &right) && left.base != FIELD_BASE_LINK &&
	       field_base_bit(a->field, a->depth) == field_base_bit(b->field, b->depth) &&
	       a->field->bit_len == b->field->bit_len &&
	       field_need_bytes(a->field, a->depth) == field_need_bytes(b->field, b->depth);
}

static bool is_always(const struct plan_pose *pose, const struct ir_load *load)
{
	bool inside = load->tunnel != PROTO_META;

	switch (load->field->load) {
	case FIELD_LOAD_HEADER:
		return !inside && field_base_of(load->field) == FIELD_BASE_LINK &&
		       field_need_bytes(load->field, load->depth) <= ETHER_BYTES;
	case FIELD_LOAD_PRESENCE:
		return !inside && field_proto(load->field)->network == PROTO_META;
	case FIELD_LOAD_L4PROTO:
		return !inside && pose->block->inet;
	case FIELD_LOAD_NEVER:
		return false;
	case FIELD_LOAD_PROTOCOL:
	case FIELD_LOAD_NFPROTO:
	case FIELD_LOAD_LENGTH:
	case FIELD_LOAD_IFNAME:
	case FIELD_LOAD_IFTYPE:
	case FIELD_LOAD_IFGROUP:
	case FIELD_LOAD_PKTTYPE:
	case FIELD_LOAD_CPU:
	case FIELD_LOAD_RANDOM:
	case FIELD_LOAD_TIME:
	case FIELD_LOAD_DAY:
	case FIELD_LOAD_HOUR:
	case FIELD_LOAD_ZERO:
		return !inside;
	}
	return false;
}

static bool part_is(const struct plan_pose *pose, const struct ir_part *a, const struct ir_part *b)
{
	return a->shift == b->shift && a->mask == b->mask && a->flip == b->flip &&
	       (a->load == b->load || same_bytes(load_of(pose, a), load_of(pose, b)));
}

/*
 * Dimensions of the problem that has most of them: packets have one network header, and what it is
 * tells the problems apart.
 */
static uint32_t count_dims(const struct plan_pose *pose)
{
	uint32_t all = 0, ip = 0, ip6 = 0;

	for (size_t i = 0; i < pose->block->axes.len; i++) {
		const struct plan_axis *axis = &pose->block->axes.at[i];
		const struct ir_load *load = axis->is_place ? NULL : load_of(pose, &axis->part);
		bool outer = load && load->tunnel == PROTO_META;

		if (outer && (load->field->load == FIELD_LOAD_PROTOCOL ||
			      load->field->load == FIELD_LOAD_NFPROTO))
			continue;
		if (!outer || load->field->load != FIELD_LOAD_HEADER ||
		    field_base_of(load->field) != FIELD_BASE_NETWORK)
			all++;
		else if (field_proto(load->field)->network == PROTO_IP6)
			ip6++;
		else
			ip++;
	}
	return all + (ip > ip6 ? ip : ip6);
}

/* PLAN_NO_AXIS: there are too many. */
static uint32_t find_axis(struct plan_pose *pose, const struct ir_part *part)
{
	const struct ir_load *load = load_of(pose, part);
	struct plan_axis *axis;
	uint32_t i;

	for (i = 0; i < pose->block->axes.len; i++)
		if (!pose->block->axes.at[i].is_place &&
		    part_is(pose, &pose->block->axes.at[i].part, part))
			return i;
	if (i == PLAN_MAX_AXES)
		return PLAN_NO_AXIS;
	axis = vec_push(pose->arena, &pose->block->axes);
	axis->part = *part;
	axis->bits = ir_part_bits(pose->ir, part);
	axis->need = field_need_bytes(load->field, load->depth);
	axis->always = is_always(pose, load);
	if (pose->block->shared && count_dims(pose) > PLAN_MAX_DEEP_DIMS) {
		pose->block->axes.len--;
		return PLAN_NO_AXIS;
	}
	return i;
}

static size_t hash_list(const struct ir_interval *at, size_t count)
{
	uint64_t hash = count;

	for (size_t i = 0; i < count; i++) {
		hash = table_mix_lane(hash, (uint64_t)(at[i].lo >> 64));
		hash = table_mix_lane(hash, (uint64_t)at[i].lo);
		hash = table_mix_lane(hash, (uint64_t)(at[i].hi >> 64));
		hash = table_mix_lane(hash, (uint64_t)at[i].hi);
	}
	return (size_t)(hash ^ hash >> 29);
}

static bool label_is(const struct plan_label *label, const struct ir_interval *at, size_t count)
{
	if (label->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (label->at[i].lo != at[i].lo || label->at[i].hi != at[i].hi)
			return false;
	return true;
}

/* The slot that has the label, or a free one. */
static uint32_t *find_slot(const struct plan_axis *axis, const struct ir_interval *at, size_t count)
{
	size_t slot = hash_list(at, count) & (axis->slot_count - 1);

	while (axis->slots[slot] && !label_is(&axis->labels.at[axis->slots[slot] - 1], at, count))
		slot = (slot + 1) & (axis->slot_count - 1);
	return &axis->slots[slot];
}

static void grow_slots(struct plan_pose *pose, struct plan_axis *axis)
{
	axis->slot_count = axis->slot_count ? 4 * axis->slot_count : 64;
	axis->slots = ARENA_ARRAY(pose->arena, uint32_t, axis->slot_count);
	for (size_t i = 0; i < axis->labels.len; i++) {
		const struct plan_label *label = &axis->labels.at[i];

		*find_slot(axis, label->at, label->count) = (uint32_t)i + 1;
	}
}

static uint32_t find_label(struct plan_pose *pose, uint32_t number, const struct ir_interval *at,
			   size_t count)
{
	struct plan_axis *axis = &pose->block->axes.at[number];
	uint32_t *slot;

	if (!count)
		return PLAN_LABEL_NEVER;
	if (axis->always && !at[0].lo && at[0].hi == u128_max(axis->bits))
		return PLAN_ANY;
	if (2 * (axis->labels.len + 1) > axis->slot_count)
		grow_slots(pose, axis);
	slot = find_slot(axis, at, count);
	if (!*slot) {
		*vec_push(pose->arena, &axis->labels) = (struct plan_label){ at, count };
		*slot = (uint32_t)axis->labels.len;
	}
	return *slot - 1;
}

/* `meta protocol` in family inet: only these two are seen there, and nfproto says which. */
static void list_families(struct plan_pose *pose, const struct ir_interval *at, size_t count,
			  struct list *ret_list)
{
	if (list_has(at, count, ETHER_TYPE_IP))
		add_interval(pose, ret_list, NFPROTO_IPV4, NFPROTO_IPV4);
	if (list_has(at, count, ETHER_TYPE_IP6))
		add_interval(pose, ret_list, NFPROTO_IPV6, NFPROTO_IPV6);
}

/* The value is the same for all packets that the block sees. */
static bool is_constant(const struct plan_pose *pose, const struct ir_load *load, u128 *ret_value)
{
	if (load->tunnel != PROTO_META)
		return false;
	*ret_value = load->field->load == FIELD_LOAD_NFPROTO ? NFPROTO_NETDEV : 0;
	return load->field->load == FIELD_LOAD_ZERO ||
	       (load->field->load == FIELD_LOAD_NFPROTO && !pose->block->inet);
}

static uint32_t find_nfproto(const struct plan_pose *pose)
{
	for (uint32_t i = 0; i < pose->ir->loads.len; i++)
		if (pose->ir->loads.at[i].field->load == FIELD_LOAD_NFPROTO &&
		    pose->ir->loads.at[i].tunnel == PROTO_META)
			return i;
	return PLAN_NO_AXIS;
}

/* PART as it shall be asked: *ret_list of *ret_part. */
static void make_raw(struct plan_pose *pose, const struct ir_part *part,
		     const struct ir_interval *at, size_t count, bool negate,
		     struct ir_part *ret_part, struct list *ret_list)
{
	unsigned int bits = ir_part_bits(pose->ir, part);
	u128 max = u128_max(bits);
	struct list wanted = { 0 };
	uint32_t nfproto;

	*ret_part = *part;
	if (negate)
		complement(pose, at, count, max, &wanted);
	else
		clip(pose, at, count, max, &wanted);
	*ret_list = wanted;
	if (ir_part_is_plain(pose->ir, part)) {
		nfproto = find_nfproto(pose);
		if (!pose->block->inet || nfproto == PLAN_NO_AXIS ||
		    load_of(pose, part)->field->load != FIELD_LOAD_PROTOCOL ||
		    load_of(pose, part)->tunnel != PROTO_META)
			return;
		ret_part->load = nfproto;
		ret_part->mask = u128_max(ir_part_bits(pose->ir, ret_part));
		memset(ret_list, 0, sizeof(*ret_list));
		list_families(pose, wanted.at.at, wanted.at.len, ret_list);
		return;
	}
	memset(ret_list, 0, sizeof(*ret_list));
	ret_part->shift = 0;
	ret_part->flip = 0;
	ret_part->mask = max;
	if (is_prefix_mask(part, bits)) {
		unmask_prefix(pose, wanted.at.at, wanted.at.len, ~part->mask & max, max, ret_list);
	} else if (bits > MAX_LISTED_BITS ||
		   !list_raw(pose, part, wanted.at.at, wanted.at.len, max, ret_list)) {
		*ret_part = *part;
		*ret_list = wanted;
	}
}

bool plan_axis_test(struct plan_pose *pose, const struct ir_part *part,
		    const struct ir_interval *at, size_t count, bool negate, uint32_t *ret_axis,
		    uint32_t *ret_label)
{
	struct list list = { 0 };
	struct ir_part raw;
	u128 value;

	*ret_axis = 0;
	*ret_label = PLAN_LABEL_NEVER;
	if (load_of(pose, part)->field->load == FIELD_LOAD_NEVER)
		return true;
	if (is_constant(pose, load_of(pose, part), &value)) {
		if (list_has(at, count, ir_part_apply(pose->ir, part, value)) != negate)
			*ret_label = PLAN_ANY;
		return true;
	}
	make_raw(pose, part, at, count, negate, &raw, &list);
	*ret_axis = find_axis(pose, &raw);
	if (*ret_axis == PLAN_NO_AXIS)
		return false;
	*ret_label = find_label(pose, *ret_axis, list.at.at, list.at.len);
	return true;
}

uint32_t plan_axis_place(struct plan_pose *pose, uint32_t first, uint32_t end)
{
	struct ir_interval *at = ARENA_NEW(pose->arena, struct ir_interval);

	if (!pose->block->axes.len)
		*vec_push(pose->arena, &pose->block->axes) = (struct plan_axis){
			.is_place = true, .bits = PLACE_BITS, .always = true,
		};
	*at = (struct ir_interval){ first - pose->block->first, end - 1 - pose->block->first };
	return find_label(pose, 0, at, 1);
}

uint32_t plan_axis_meet(struct plan_pose *pose, uint32_t number, uint32_t a, uint32_t b)
{
	const struct plan_axis *axis = &pose->block->axes.at[number];
	const struct plan_label *left, *right;
	struct list list = { 0 };
	size_t i = 0, j = 0;

	if (a == b || b == PLAN_ANY)
		return a;
	if (a == PLAN_ANY)
		return b;
	if (a == PLAN_LABEL_NEVER || b == PLAN_LABEL_NEVER)
		return PLAN_LABEL_NEVER;
	left = &axis->labels.at[a];
	right = &axis->labels.at[b];
	while (i < left->count && j < right->count) {
		const struct ir_interval *x = &left->at[i], *y = &right->at[j];
		u128 lo = x->lo > y->lo ? x->lo : y->lo, hi = x->hi < y->hi ? x->hi : y->hi;

		if (lo <= hi)
			add_interval(pose, &list, lo, hi);
		if (x->hi < y->hi)
			i++;
		else
			j++;
	}
	return find_label(pose, number, list.at.at, list.at.len);
}
