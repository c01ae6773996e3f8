/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_packet: a trace's lines -> rows of stores that write one header after the other.
 *
 * In: a trace, and how many packets are wanted.  Out: rows.  All packets have the same length, so
 * that only headers need be written: room for the longest transport header that is filled in.
 * Bursts of equal lines are one packet: a packet that comes again at once flatters every program.
 */
#define _GNU_SOURCE
#include "tests/bench/bench_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/base/vec.h"

#define ETHER 14
#define L4_BYTES 20
#define IP_FRAME (ETHER + 20 + L4_BYTES)
#define IP6_FRAME (ETHER + 40 + L4_BYTES)

static const uint8_t ip_frame[IP6_FRAME] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0, 0, 20 + L4_BYTES, 0, 0, 0, 0, 64, 6, 0, 0,
	[ETHER + 20 + 4] = 0, L4_BYTES, [ETHER + 20 + 12] = 0x50,
};

static const uint8_t ip6_frame[IP6_FRAME] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x86, 0xdd,
	0x60, 0, 0, 0, 0, L4_BYTES, 6, 64,
	[ETHER + 40 + 4] = 0, L4_BYTES, [ETHER + 40 + 12] = 0x50,
};

/* Time to live, protocol, checksum, source; destination, ports; the TCP flags' half line. */
static const struct bench_form ip_form = {
	"ip", ip_frame, IP_FRAME, 3, { { 22, 8 }, { 30, 8 }, { 46, 8 } },
};

/* Length and next header; the addresses' halves; ports; the TCP flags' half line. */
static const struct bench_form ip6_form = {
	"ip6", ip6_frame, IP6_FRAME, 7,
	{ { 18, 4 }, { 22, 8 }, { 30, 8 }, { 38, 8 }, { 46, 8 }, { 54, 8 }, { 66, 8 } },
};

/* Both: what differs between the families' frames is written too. */
static const struct bench_form both_form = {
	"ip and ip6", ip_frame, IP6_FRAME, 8,
	{ { 12, 2 }, { 14, 8 }, { 22, 8 }, { 30, 8 }, { 38, 8 }, { 46, 8 }, { 54, 8 }, { 66, 8 } },
};

struct line {
	uint8_t saddr[16], daddr[16];
	uint16_t sport, dport;
	uint8_t proto, flags, family, pad;	/* family: 4 or 6; all bytes up to here count */
	uint32_t number;
	int64_t truth;
};

typedef VEC(struct line) line_vec;

static bool parse_address(const char *text, uint8_t ret_bytes[16], uint8_t *ret_family)
{
	*ret_family = strchr(text, ':') ? 6 : 4;
	return inet_pton(*ret_family == 6 ? AF_INET6 : AF_INET, text, ret_bytes) == 1;
}

static bool parse_line(const char *text, struct line *ret_line)
{
	char saddr[64], daddr[64];
	unsigned int sport, dport, proto, flags;
	uint8_t family;

	memset(ret_line, 0, sizeof(*ret_line));
	if (sscanf(text, "%63s %63s %u %u %u %x", saddr, daddr, &sport, &dport, &proto, &flags) !=
		    6 ||
	    !parse_address(saddr, ret_line->saddr, &family) ||
	    !parse_address(daddr, ret_line->daddr, &ret_line->family) ||
	    family != ret_line->family || sport > 65535 || dport > 65535 || proto > 255)
		return false;
	ret_line->sport = (uint16_t)sport;
	ret_line->dport = (uint16_t)dport;
	ret_line->proto = (uint8_t)proto;
	ret_line->flags = (uint8_t)flags;
	return true;
}

/* Of an IPv4 header of 20 bytes whose own is 0. */
static void set_checksum(uint8_t *header)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	header[10] = (uint8_t)(sum >> 8);
	header[11] = (uint8_t)sum;
}

/* The whole header; the form's stores pick out of it what changes. */
static void make_frame(const struct line *line, uint8_t ret_frame[BENCH_FRAME_MAX])
{
	uint32_t l4 = ETHER + (line->family == 6 ? 40 : 20);
	uint8_t ports[4] = { (uint8_t)(line->sport >> 8), (uint8_t)line->sport,
			     (uint8_t)(line->dport >> 8), (uint8_t)line->dport };

	memset(ret_frame, 0, BENCH_FRAME_MAX);
	memcpy(ret_frame, line->family == 6 ? ip6_frame : ip_frame, IP6_FRAME);
	if (line->family == 6) {
		ret_frame[20] = line->proto;
		memcpy(ret_frame + 22, line->saddr, 16);
		memcpy(ret_frame + 38, line->daddr, 16);
	} else {
		ret_frame[23] = line->proto;
		memcpy(ret_frame + 26, line->saddr, 4);
		memcpy(ret_frame + 30, line->daddr, 4);
		set_checksum(ret_frame + ETHER);
	}
	memcpy(ret_frame + l4, ports, 4);
	if (line->proto == IPPROTO_TCP)
		ret_frame[l4 + 13] = line->flags;
}

static void make_row(const struct bench_form *form, const struct line *line,
		     struct bench_row *ret_row)
{
	uint8_t frame[BENCH_FRAME_MAX];

	make_frame(line, frame);
	memset(ret_row, 0, sizeof(*ret_row));
	for (uint32_t i = 0; i < form->store_count; i++)
		memcpy(&ret_row->word[i], frame + form->stores[i].at, form->stores[i].bytes);
}

void bench_packets_frame(const struct bench_packets *packets, size_t row,
			 uint8_t ret_frame[BENCH_FRAME_MAX])
{
	const struct bench_form *form = packets->form;

	memset(ret_frame, 0, BENCH_FRAME_MAX);
	memcpy(ret_frame, form->frame, form->frame_bytes);
	for (uint32_t i = 0; i < form->store_count; i++)
		memcpy(ret_frame + form->stores[i].at, &packets->rows[row].word[i],
		       form->stores[i].bytes);
}

/* Files that end in .xz are unpacked on the way. */
static FILE *open_text(const char *path, bool *ret_pipe)
{
	size_t len = strlen(path);
	char command[4200];

	*ret_pipe = len > 3 && !strcmp(path + len - 3, ".xz");
	if (!*ret_pipe)
		return fopen(path, "re");
	if (strchr(path, '\'') || len > 4096 || access(path, R_OK))
		return NULL;
	snprintf(command, sizeof(command), "xz -dc '%s'", path);
	return popen(command, "re");
}

static const char *close_text(FILE *file, bool pipe)
{
	bool bad = ferror(file) != 0;

	return ((pipe ? pclose(file) : fclose(file)) != 0 || bad) ? "a file cannot be read" : NULL;
}

static const char *read_lines(const char *path, struct arena *arena, line_vec *lines)
{
	bool pipe;
	FILE *file = open_text(path, &pipe);
	char text[512];
	uint32_t number = 0;

	if (!file)
		return "the trace cannot be read";
	while (fgets(text, sizeof(text), file)) {
		struct line line;

		if (!parse_line(text, &line))
			return "a line of the trace is not SADDR DADDR SPORT DPORT PROTO FLAGS";
		line.number = number++;
		*vec_push(arena, lines) = line;
	}
	return close_text(file, pipe);
}

static const char *read_truth(const char *path, line_vec *lines)
{
	bool pipe;
	FILE *file = path ? open_text(path, &pipe) : NULL;
	char text[64];
	size_t i = 0;

	if (!path)
		return NULL;
	if (!file)
		return "the truth cannot be read";
	while (fgets(text, sizeof(text), file) && i < lines->len)
		lines->at[i++].truth = strtoll(text, NULL, 10);
	if (i < lines->len)
		return "the truth has fewer lines than the trace";
	return close_text(file, pipe);
}

static int compare_headers(const void *a, const void *b)
{
	return memcmp(a, b, offsetof(struct line, number));
}

/* The same header twice is one packet. */
static void drop_equal(line_vec *lines)
{
	size_t kept = 0;

	qsort(lines->at, lines->len, sizeof(lines->at[0]), compare_headers);
	for (size_t i = 0; i < lines->len; i++)
		if (!kept || compare_headers(&lines->at[kept - 1], &lines->at[i]))
			lines->at[kept++] = lines->at[i];
	lines->len = kept;
}

static void shuffle(line_vec *lines, uint32_t seed)
{
	uint64_t state = seed * 0x9e3779b97f4a7c15ull + 1;

	for (size_t i = lines->len; i > 1; i--) {
		struct line line = lines->at[i - 1];
		size_t other;

		state = state * 6364136223846793005ull + 1442695040888963407ull;
		other = (size_t)((state >> 33) % i);
		lines->at[i - 1] = lines->at[other];
		lines->at[other] = line;
	}
}

static const struct bench_form *choose_form(const line_vec *lines)
{
	bool has[2] = { false, false };

	for (size_t i = 0; i < lines->len; i++)
		has[lines->at[i].family == 6] = true;
	return has[0] && has[1] ? &both_form : has[1] ? &ip6_form : &ip_form;
}

const char *bench_packets_read(const char *path, const char *truth, size_t count, uint32_t seed,
			       struct arena *arena, struct bench_packets *ret_packets)
{
	line_vec lines = { 0 };
	struct bench_row *rows = ARENA_ARRAY(arena, struct bench_row, count);
	int64_t *rules = ARENA_ARRAY(arena, int64_t, count);
	const char *wrong = read_lines(path, arena, &lines);

	if (!wrong)
		wrong = read_truth(truth, &lines);
	if (!wrong && !lines.len)
		wrong = "the trace is empty";
	if (wrong)
		return wrong;
	if (seed) {
		drop_equal(&lines);
		shuffle(&lines, seed);
	}
	ret_packets->form = choose_form(&lines);
	for (size_t i = 0; i < count; i++) {
		make_row(ret_packets->form, &lines.at[i % lines.len], &rows[i]);
		rules[i] = lines.at[i % lines.len].truth;
	}
	ret_packets->rows = rows;
	ret_packets->truth = truth ? rules : NULL;
	ret_packets->count = count;
	ret_packets->distinct = count < lines.len ? count : lines.len;
	return NULL;
}
