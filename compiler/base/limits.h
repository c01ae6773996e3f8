/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * limits: every limit of the program, each with an error message and a test.
 */
#ifndef XDPFW_BASE_LIMITS_H
#define XDPFW_BASE_LIMITS_H

#define LIMITS_SOURCE_BYTES (64u << 20)	/* one file */
#define LIMITS_INCLUDE_DEPTH 16		/* as nft */
#define LIMITS_INCLUDE_FILES 4096	/* over one run */
#define LIMITS_TOKEN_LEN 4096		/* bytes of a word, number or string (PATH_MAX) */
#define LIMITS_NESTING 64		/* brackets inside each other */
#define LIMITS_NAME_LEN 127		/* table, chain, set names (NFT_NAME_MAXLEN is 256) */
#define LIMITS_COMMENT_LEN 128		/* bytes, as nft */
#define LIMITS_TOKENS (1u << 24)	/* words, values and marks of one file */
#define LIMITS_RULES (1u << 17)		/* 131,072 rules in a ruleset and in its files */
#define LIMITS_STATEMENTS 128		/* in a rule (NFT_RULE_MAXEXPRS) */
#define LIMITS_TABLES 4096
#define LIMITS_CHAINS 4096
#define LIMITS_COUNTERS (1u << 20)	/* of rules, elements and objects together */
#define LIMITS_ELEMENTS (1u << 20)	/* elements of one set */
#define LIMITS_EXPANDED (1u << 24)	/* elements that variables bring, over one run */
#define LIMITS_FAILSAFE 64		/* failsafe rules of a load */
#define LIMITS_JUMP_DEPTH 15		/* nested jumps: NFT_JUMP_STACK_SIZE is 16 chains */
#define LIMITS_DIAGS 20			/* errors printed before "too many errors" */

#endif
