/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bind_chain: chains and what makes them base chains: hook, devices, priority, policy.
 *
 * Input: a chain of the AST.  Output: a chain of the table, made or added to.  Two definitions of
 * one chain may repeat each other or leave things out; they must not contradict each other.
 *
 * Safety: device names are checked here as the kernel checks them, so that whoever prints or
 * resolves them can rely on 1 to 15 bytes without a slash, a quote or a control character, and on
 * a '*' only at the end, behind something.
 */
#include <stdlib.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/bind_private.h"

#define DEVICE_NAME_MAX 15		/* IFNAMSIZ of <linux/if.h>, less the NUL */

/* As dev_valid_name() of the kernel, and no byte that a listing could not show: --device. */
static bool is_name_byte(char c)
{
	return (unsigned char)c > ' ' && c != '\x7f' && c != '/' && c != ':' && c != '"';
}

/* "eth*" is every device whose name begins so; a '*' that stands for itself there is not. */
static bool check_star(struct bind *bind, const struct ast_name *name)
{
	const struct str text = name->text;
	const char *star = memchr(text.at, '*', text.len);

	if (text.len == 1 && star) {
		diag_error(bind->diag, name->span, "'*' alone would be every device there is");
		diag_help(bind->diag, "name the devices, or write what their names begin with: "
			  "\"eth*\", \"en*\"");
		return false;
	}
	if (star && (star + 1 != text.at + text.len || star[-1] == '\\')) {
		diag_error(bind->diag, name->span,
			   "'*' stands at the end of a device's name only");
		diag_help(bind->diag, "\"eth*\" is every device whose name begins with eth");
		return false;
	}
	return true;
}

static bool check_device(struct bind *bind, const struct ast_name *name)
{
	struct str text = name->text;
	bool ok = text.len && text.len <= DEVICE_NAME_MAX && !str_is(text, ".") &&
		  !str_is(text, "..");

	for (size_t i = 0; i < text.len; i++)
		ok = ok && is_name_byte(text.at[i]);
	if (ok)
		return check_star(bind, name);
	diag_error(bind->diag, name->span, "'%.*s' cannot be the name of a device", STR_ARG(text));
	diag_help(bind->diag, "1 to %d bytes, without '/', ':', '\"' and spaces", DEVICE_NAME_MAX);
	return false;
}

static int compare_names(const void *a, const void *b)
{
	const struct ast_name *left = a, *right = b;
	int order = str_compare(left->text, right->text);

	/* Equal names in the order in which they stand. */
	return order ? order : left->span.begin < right->span.begin ? -1 : 1;
}

static void sort_devices(struct bind_chain *chain)
{
	if (chain->devices.len)
		qsort(chain->devices.at, chain->devices.len, sizeof(*chain->devices.at),
		      compare_names);
}

static bool has_device(const struct bind_chain *chain, struct str name)
{
	for (size_t i = 0; i < chain->devices.len; i++)
		if (str_eq(chain->devices.at[i].text, name))
			return true;
	return false;
}

static bool same_devices(const struct bind_chain *a, const struct bind_chain *b)
{
	if (a->devices.len != b->devices.len)
		return false;
	for (size_t i = 0; i < a->devices.len; i++) {
		if (!str_eq(a->devices.at[i].text, b->devices.at[i].text))
			return false;
	}
	return true;
}

/* nft refuses a list that names a device twice: the kernel registers a hook once on each. */
static bool refuse_twins(struct bind *bind, const struct bind_chain *chain)
{
	bool ok = true;

	for (size_t i = 1; i < chain->devices.len; i++) {
		const struct ast_name *first = &chain->devices.at[i - 1];
		const struct ast_name *second = &chain->devices.at[i];

		if (!str_eq(first->text, second->text))
			continue;
		diag_error(bind->diag, second->span, "device '%.*s' is named twice",
			   STR_ARG(second->text));
		diag_label(bind->diag, first->span, "here already");
		ok = false;
	}
	return ok;
}

const struct bind_priority *bind_priorities(enum bind_family family)
{
	static const struct bind_priority netdev[] = { { "filter", 0 }, { NULL, 0 } };
	static const struct bind_priority inet[] = {
		{ "raw", -300 }, { "mangle", -150 }, { "filter", 0 }, { "security", 50 },
		{ NULL, 0 },
	};

	return family == BIND_FAMILY_INET ? inet : netdev;
}

static bool bind_priority(struct bind *bind, const struct ast_chain *ast, enum bind_family family,
			  int32_t *ret_priority)
{
	const struct bind_priority *names = bind_priorities(family);
	const struct ast_name *word = &ast->priority_word;

	*ret_priority = ast->priority;
	if (!word->text.len)
		return true;
	for (; names->name; names++) {
		if (!str_is(word->text, names->name))
			continue;
		*ret_priority = (int32_t)((int64_t)names->value + ast->priority);
		return true;
	}
	diag_error(bind->diag, word->span, "%s hook has no priority '%.*s'",
		   family == BIND_FAMILY_INET ? "an inet ingress" : "a netdev",
		   STR_ARG(word->text));
	diag_help(bind->diag, family == BIND_FAMILY_INET ?
		  "write a number, or 'raw' (-300), 'mangle' (-150), 'filter' (0), "
		  "'security' (50)" :
		  "write a number, or 'filter' (0)");
	return false;
}

/* What the hook line says, into RET. */
static bool bind_hook(struct bind *bind, const struct ast_chain *ast, enum bind_family family,
		      struct bind_chain *ret)
{
	bool ok = bind_priority(bind, ast, family, &ret->priority);

	ret->is_base = true;
	ret->devices_braced = ast->devices_braced;
	if (!ast->devices.len) {
		diag_error(bind->diag, ast->hook_span, "a base chain needs a device");
		diag_help(bind->diag, "write 'device \"eth0\"' behind 'hook ingress'");
		return false;
	}
	if (ast->devices.len > XDPFW_MAX_DEVICES) {
		diag_error(bind->diag, ast->devices.at[XDPFW_MAX_DEVICES].span,
			   "more than %d devices", XDPFW_MAX_DEVICES);
		return false;
	}
	for (size_t i = 0; i < ast->devices.len; i++) {
		if (check_device(bind, &ast->devices.at[i]))
			*vec_push(bind->arena, &ret->devices) = ast->devices.at[i];
		else
			ok = false;
	}
	sort_devices(ret);
	return refuse_twins(bind, ret) && ok;
}

static void merge_hook(struct bind *bind, struct bind_site *site, const struct ast_chain *ast,
		       const struct bind_chain *hook)
{
	const struct bind_chain *chain = site->chain;

	if (!chain->is_base) {
		diag_error(bind->diag, ast->hook_span,
			   "chain '%.*s' exists and is no base chain", STR_ARG(chain->name));
		diag_label(bind->diag, chain->span, "made here");
	} else if (chain->priority != hook->priority || !same_devices(chain, hook)) {
		diag_error(bind->diag, ast->hook_span, "chain '%.*s' has another hook already",
			   STR_ARG(chain->name));
		diag_label(bind->diag, site->hook_span, "this one");
	}
}

static void bind_policy(struct bind *bind, struct bind_site *site, const struct ast_chain *ast)
{
	struct bind_chain *chain = site->chain;

	if (!chain->is_base) {
		diag_error(bind->diag, ast->policy_span, "only a base chain has a policy");
		return;
	}
	if (ast->policy != AST_VERDICT_ACCEPT && ast->policy != AST_VERDICT_DROP) {
		diag_error(bind->diag, ast->policy_span, "the policy is accept or drop");
		return;
	}
	if (chain->has_policy && chain->policy != ast->policy) {
		diag_error(bind->diag, ast->policy_span, "chain '%.*s' has another policy already",
			   STR_ARG(chain->name));
		diag_label(bind->diag, site->policy_span, "this one");
		return;
	}
	chain->has_policy = true;
	chain->policy = ast->policy;
	site->policy_span = ast->policy_span;
}

static struct bind_site *new_chain(struct bind *bind, struct bind_scope *scope,
				   const struct ast_chain *ast)
{
	struct bind_site *site = ARENA_NEW(bind->arena, struct bind_site);
	struct bind_chain *chain = ARENA_NEW(bind->arena, struct bind_chain);

	if (bind->sites.len == LIMITS_CHAINS)
		diag_error(bind->diag, ast->name.span, "too many chains: at most %d",
			   LIMITS_CHAINS);
	site->chain = chain;
	chain->name = ast->name.text;
	chain->span = ast->name.span;
	chain->table = scope->table;
	chain->policy = AST_VERDICT_ACCEPT;
	chain->comment = ast->comment.text;
	chain->number = (uint32_t)bind->sites.len;
	*vec_push(bind->arena, &bind->sites) = site;
	*vec_push(bind->arena, &scope->table->chains) = chain;
	bind_index_add(bind->arena, &scope->chains, chain->name, site);
	return site;
}

void bind_add_chain(struct bind *bind, struct bind_scope *scope, const struct ast_chain *ast,
		    bool create)
{
	struct bind_site *site = bind_index_find(&scope->chains, ast->name.text);
	struct bind_chain hook = { 0 };
	bool made = !site, hook_ok;

	if (site && create) {
		diag_error(bind->diag, ast->name.span, "chain '%.*s' exists",
			   STR_ARG(ast->name.text));
		diag_label(bind->diag, site->chain->span, "made here");
		return;
	}
	if (made)
		site = new_chain(bind, scope, ast);
	hook_ok = ast->has_hook && bind_hook(bind, ast, scope->table->family, &hook);
	if (ast->has_hook && made) {
		site->chain->is_base = true;
		site->chain->priority = hook.priority;
		site->chain->devices_braced = hook.devices_braced;
		site->chain->devices.at = hook.devices.at;
		site->chain->devices.len = hook.devices.len;
		site->chain->devices.cap = hook.devices.cap;
		site->hook_span = ast->hook_span;
	} else if (hook_ok) {
		merge_hook(bind, site, ast, &hook);
	}
	if (ast->has_policy)
		bind_policy(bind, site, ast);
}

/* --- --device ------------------------------------------------------------------------------- */

static bool devices_agree(struct bind *bind)
{
	const struct bind_site *first = NULL;

	for (size_t i = 0; i < bind->sites.len; i++) {
		const struct bind_site *site = bind->sites.at[i];

		if (!site->chain->is_base)
			continue;
		if (!first) {
			first = site;
		} else if (!same_devices(first->chain, site->chain)) {
			diag_error(bind->diag, site->hook_span,
				   "--device needs base chains that all name the same devices");
			diag_label(bind->diag, first->hook_span, "other devices here");
			return false;
		}
	}
	return true;
}

void bind_override_devices(struct bind *bind)
{
	const struct bind_options *options = bind->options;

	if (!options || !options->device_count)
		return;
	if (!devices_agree(bind)) {
		bind->diag->usage = true;
		return;
	}
	for (size_t i = 0; i < bind->sites.len; i++) {
		struct bind_site *site = bind->sites.at[i];
		struct bind_chain *chain = site->chain;

		if (!chain->is_base)
			continue;
		chain->devices.len = 0;
		for (size_t j = 0; j < options->device_count; j++) {
			struct ast_name name = { str_from(options->devices[j]), site->hook_span };

			if (!check_device(bind, &name)) {
				bind->diag->usage = true;
				return;
			}
			if (!has_device(chain, name.text))
				*vec_push(bind->arena, &chain->devices) = name;
		}
		sort_devices(chain);
		chain->devices_braced = chain->devices.len > 1;
	}
}
