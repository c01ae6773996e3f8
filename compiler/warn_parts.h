/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * warn_parts: the warnings, and what their files share.
 *
 *	warn_chain.c	chains that no base chain leads to
 *	warn_rule.c	rules that never match, and who takes their packets
 *	warn_fragment.c	drops that fragments slip by
 *	warn_policy.c	base chains that drop what every host needs
 *	warn_sample.c	packets of which only some bits are known
 */
#ifndef XDPFW_WARN_PARTS_H
#define XDPFW_WARN_PARTS_H

#include "compiler/warn.h"

void warn_chains(const struct ir *ir, struct arena *arena, struct diag *diag);
void warn_rules(const struct ir *ir, const struct taken *taken, struct diag *diag);
void warn_fragments(const struct ir *ir, struct arena *arena, struct diag *diag);
void warn_policies(const struct ir *ir, struct arena *arena, struct diag *diag);

/* Every verdict that STEP can give, one by one from *AT 0 on; false when there are no more. */
bool warn_next_verdict(const struct ir *ir, const struct ir_step *step, size_t *at,
		       struct ir_verdict *ret_verdict);

/* Whether a value is known. */
enum warn_known {
	WARN_KNOWN,
	WARN_UNKNOWN,
	WARN_MISSING,			/* the load fails */
};

enum warn_sample_kind {
	WARN_SAMPLE_IPV4,		/* anything of that protocol */
	WARN_SAMPLE_IPV6,
	WARN_SAMPLE_ARP_REQUEST,
	WARN_SAMPLE_ARP_REPLY,
	WARN_SAMPLE_ND_SOLICIT,
	WARN_SAMPLE_ND_ADVERT,
	WARN_SAMPLE_DHCP_REPLY,
	WARN_SAMPLE_DHCPV6_REPLY,
	WARN_SAMPLE_COUNT,
};

/* A frame; a byte's bits that are set in .known have the value that .bytes says. */
struct warn_sample {
	size_t len;
	size_t network;
	bool has_transport;		/* it is known where that is */
	size_t transport;
	uint8_t bytes[80], known[80];
	uint16_t protocol;
	enum warn_known l4;		/* of .l4proto */
	uint8_t l4proto;
};

void warn_sample_make(enum warn_sample_kind kind, bool tagged, struct warn_sample *ret_sample);
/* Of the part's value: whether it is known. */
enum warn_known warn_sample_load(const struct warn_sample *sample, const struct ir *ir,
				 const struct ir_part *part, u128 *ret_value);

#endif
