/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lower_entry: which device runs which base chains, in which order.
 *
 * In: the bound base chains with their devices and priorities; those of a dormant table are as if
 * they were not there.  Out: one entry for each distinct ordered list, in the order of the first
 * device (by name) that has it.  The order of a list is the kernel's (SEMANTICS 7): priority
 * ascending, and of equal ones the chain made later first.
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

static struct device *find_device(struct device_list *list, const struct ast_name *name,
				  struct arena *arena, struct diag *diag)
{
	struct device *device;

	for (size_t i = 0; i < list->devices.len; i++)
		if (str_eq(list->devices.at[i].name.text, name->text))
			return &list->devices.at[i];
	if (list->devices.len == XDPFW_MAX_DEVICES) {
		if (!list->full)
			diag_error(diag, name->span, "more than %d devices", XDPFW_MAX_DEVICES);
		list->full = true;
		return NULL;
	}
	device = vec_push(arena, &list->devices);
	device->name = *name;
	return device;
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

	for (size_t i = 0; i < ruleset->chains.len; i++) {
		const struct bind_chain *chain = ruleset->chains.at[i];

		for (size_t j = 0; runs(chain) && j < chain->devices.len; j++) {
			struct device *device = find_device(&list, &chain->devices.at[j], arena,
							    diag);

			if (device)
				add_chain(device, chain, arena, diag);
		}
	}
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
