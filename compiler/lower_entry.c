/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_entry: which device runs which base chains, in which order.
 *
 * In: the bound base chains with their devices and priorities; those of a dormant table are as if
 * they were not there.  Out: one entry for each distinct ordered list, in the order of the first
 * device (by name) that has it.  The order of a list is the kernel's (SEMANTICS 7): priority
 * ascending, and of equal ones the chain made later first.
 *
 * A chain on "veth*" runs on each device whose name begins with veth.  Here the device "veth0" gets
 * it when some chain names veth0, and so does "veth1*": a name that the ruleset knows has all that
 * any prefix of it brings.  The loader then has to ask one thing of a device only: is its name
 * there, and if not, which is the longest prefix of it.
 */
#include <stdlib.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/lower_parts.h"

/* A device while its list is collected. */
struct device {
	struct ast_name name;		/* where the ruleset names it first */
	VEC(uint32_t) chains;
};

struct device_list {
	VEC(struct device) devices;
	bool full;			/* the error about it is reported */
};

static void list_device(struct device_list *list, const struct ast_name *name,
			struct arena *arena, struct diag *diag)
{
	for (size_t i = 0; i < list->devices.len; i++)
		if (str_eq(list->devices.at[i].name.text, name->text))
			return;
	if (list->devices.len == XDPFW_MAX_DEVICES) {
		diag_error(diag, name->span, "more than %d devices", XDPFW_MAX_DEVICES);
		list->full = true;
		return;
	}
	vec_push(arena, &list->devices)->name = *name;
}

static void add_chain(struct device *device, const struct bind_chain *chain,
		      struct arena *arena, struct diag *diag)
{
	if (device->chains.len == XDPFW_MAX_BASE_CHAINS)
		diag_error(diag, chain->span, "device \"%.*s\" has more than %d base chains",
			   STR_ARG(device->name.text), XDPFW_MAX_BASE_CHAINS);
	*vec_push(arena, &device->chains) = chain->number;
}

static int compare_devices(const void *a, const void *b)
{
	const struct device *left = a, *right = b;

	return str_compare(left->name.text, right->name.text);
}

/* Whether base chain A runs before B. */
static bool runs_before(const struct ir *ir, uint32_t a, uint32_t b)
{
	const struct ir_chain *left = &ir->chains.at[a], *right = &ir->chains.at[b];

	return left->priority != right->priority ? left->priority < right->priority : a > b;
}

/* Insertion: a device has at most XDPFW_MAX_BASE_CHAINS. */
static void sort_chains(const struct ir *ir, struct device *device)
{
	for (size_t i = 1; i < device->chains.len; i++) {
		uint32_t chain = device->chains.at[i];
		size_t at = i;

		for (; at && runs_before(ir, chain, device->chains.at[at - 1]); at--)
			device->chains.at[at] = device->chains.at[at - 1];
		device->chains.at[at] = chain;
	}
}

/* A dormant table's chains are not hooked in. */
static bool runs(const struct bind_chain *chain)
{
	return chain->is_base && !chain->table->dormant;
}

static void list_devices(struct device_list *list, const struct bind_chain *chain,
			 struct arena *arena, struct diag *diag)
{
	for (size_t i = 0; runs(chain) && i < chain->devices.len && !list->full; i++)
		list_device(list, &chain->devices.at[i], arena, diag);
}

/* Whether CHAIN runs on the device NAME, or on all that the prefix NAME speaks of. */
static bool runs_on(const struct bind_chain *chain, struct str name)
{
	for (size_t i = 0; i < chain->devices.len; i++)
		if (str_eq(chain->devices.at[i].text, name) ||
		    bind_device_matches(chain->devices.at[i].text, name))
			return true;
	return false;
}

static void hook_chain(struct device_list *list, const struct bind_chain *chain,
		       struct arena *arena, struct diag *diag)
{
	for (size_t i = 0; runs(chain) && i < list->devices.len; i++)
		if (runs_on(chain, list->devices.at[i].name.text))
			add_chain(&list->devices.at[i], chain, arena, diag);
}

static struct ir_entry *find_entry(struct ir *ir, const struct device *device,
				   struct arena *arena)
{
	size_t bytes = device->chains.len * sizeof(*device->chains.at);
	struct ir_entry *entry;

	for (size_t i = 0; i < ir->entries.len; i++) {
		entry = &ir->entries.at[i];
		if (entry->chains.len == device->chains.len &&
		    !memcmp(entry->chains.at, device->chains.at, bytes))
			return entry;
	}
	entry = vec_push(arena, &ir->entries);
	for (size_t i = 0; i < device->chains.len; i++)
		*vec_push(arena, &entry->chains) = device->chains.at[i];
	return entry;
}

bool lower_entries(const struct bind_ruleset *ruleset, struct arena *arena, struct diag *diag,
		   struct ir *ir)
{
	struct device_list list = { 0 };
	unsigned int errors = diag->errors;

	for (size_t i = 0; i < ruleset->chains.len; i++)
		list_devices(&list, ruleset->chains.at[i], arena, diag);
	for (size_t i = 0; i < ruleset->chains.len && !list.full; i++)
		hook_chain(&list, ruleset->chains.at[i], arena, diag);
	if (diag->errors != errors)
		return false;
	if (list.devices.len)
		qsort(list.devices.at, list.devices.len, sizeof(*list.devices.at),
		      compare_devices);
	for (size_t i = 0; i < list.devices.len; i++) {
		struct device *device = &list.devices.at[i];

		sort_chains(ir, device);
		*vec_push(arena, &find_entry(ir, device, arena)->devices) =
			(struct ir_device){ device->name.text, device->name.span };
	}
	return true;
}
