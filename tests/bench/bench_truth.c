/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench_truth: which filter of a list is the first that a packet fits.
 *
 * In: `bench_truth FILTERS TRACE`, as tests/bench/filters.py and make_trace.py write them.  Out:
 * for each line of the trace the filter's number from 0, or -1.  Every filter is looked at, one
 * after the other, until one fits, and no code is shared with xdpfw: this is what it is judged by.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 u128;

#define PROTO_ICMP 1
#define PROTO_TCP 6
#define PROTO_ICMP6 58
#define AT_ONCE 128

struct filter {
	u128 saddr, saddr_mask, daddr, daddr_mask;
	uint32_t sport[2], dport[2];
	uint32_t proto, proto_mask, flags, flags_mask, icmp, icmp_mask;
	int family;
};

struct packet {
	u128 saddr, daddr;
	uint32_t sport, dport, proto, flags;
	int family;
	long first;
};

struct filters {
	struct filter *at;
	size_t count, room;
};

static void __attribute__((noreturn)) stop(const char *what, const char *line)
{
	fprintf(stderr, "bench_truth: %s: %s\n", what, line);
	exit(3);
}

/* An IPv4 address lies in the upper bits, so that a length means the same for both. */
static u128 parse_address(const char *text, int *ret_family)
{
	uint8_t bytes[16] = { 0 };
	u128 number = 0;

	*ret_family = strchr(text, ':') ? 6 : 4;
	if (inet_pton(*ret_family == 6 ? AF_INET6 : AF_INET, text, bytes) != 1)
		stop("not an address", text);
	for (int i = 0; i < 16; i++)
		number = number << 8 | bytes[i];
	return number;
}

static u128 mask_of(unsigned int length)
{
	return length ? ~(u128)0 << (128 - length) : 0;
}

/* The last word of a filter means something else for each protocol. */
static void set_word(struct filter *filter, uint32_t value, uint32_t mask)
{
	uint32_t icmp = filter->family == 6 ? PROTO_ICMP6 : PROTO_ICMP;

	if (!filter->proto_mask)
		return;
	if (filter->proto == PROTO_TCP) {
		filter->flags_mask = mask >> 8 & 0xff;
		filter->flags = value >> 8 & filter->flags_mask;
	} else if (filter->proto == icmp && filter->sport[0] == 0 && filter->sport[1] == 65535) {
		filter->icmp_mask = mask;
		filter->icmp = value & mask;
	}
}

static void parse_filter(const char *line, struct filter *filter)
{
	char saddr[64], daddr[64];
	unsigned int saddr_length, daddr_length, value = 0, mask = 0;
	int found = sscanf(line + (*line == '@'),
			   " %63[^/]/%u %63[^/]/%u %u : %u %u : %u 0x%x/0x%x 0x%x/0x%x", saddr,
			   &saddr_length, daddr, &daddr_length, &filter->sport[0],
			   &filter->sport[1], &filter->dport[0], &filter->dport[1],
			   &filter->proto, &filter->proto_mask, &value, &mask);

	if (found != 10 && found != 12)
		stop("not a filter", line);
	filter->saddr_mask = mask_of(saddr_length);
	filter->daddr_mask = mask_of(daddr_length);
	filter->saddr = parse_address(saddr, &filter->family) & filter->saddr_mask;
	filter->daddr = parse_address(daddr, &filter->family) & filter->daddr_mask;
	set_word(filter, value, mask);
}

static void read_filters(const char *path, struct filters *filters)
{
	FILE *file = fopen(path, "re");
	char line[512];

	if (!file)
		stop("cannot read", path);
	while (fgets(line, sizeof(line), file)) {
		if (filters->count == filters->room) {
			filters->room = filters->room ? filters->room * 2 : 1024;
			filters->at = realloc(filters->at,
					      filters->room * sizeof(filters->at[0]));
			if (!filters->at)
				stop("no memory", path);
		}
		memset(&filters->at[filters->count], 0, sizeof(filters->at[0]));
		parse_filter(line, &filters->at[filters->count++]);
	}
	fclose(file);
}

static void parse_packet(const char *line, struct packet *packet)
{
	char saddr[64], daddr[64];

	if (sscanf(line, "%63s %63s %u %u %u 0x%x", saddr, daddr, &packet->sport, &packet->dport,
		   &packet->proto, &packet->flags) != 6)
		stop("not a packet", line);
	packet->saddr = parse_address(saddr, &packet->family);
	packet->daddr = parse_address(daddr, &packet->family);
}

static bool fits(const struct filter *filter, const struct packet *packet)
{
	return filter->family == packet->family &&
	       (packet->saddr & filter->saddr_mask) == filter->saddr &&
	       (packet->daddr & filter->daddr_mask) == filter->daddr &&
	       (!filter->proto_mask || packet->proto == filter->proto) &&
	       packet->sport >= filter->sport[0] && packet->sport <= filter->sport[1] &&
	       packet->dport >= filter->dport[0] && packet->dport <= filter->dport[1] &&
	       (packet->flags & filter->flags_mask) == filter->flags &&
	       (packet->sport & filter->icmp_mask) == filter->icmp;
}

static struct packet *read_packets(const char *path, size_t *ret_count)
{
	FILE *file = fopen(path, "re");
	struct packet *packets = NULL;
	size_t room = 0, count = 0;
	char line[512];

	if (!file)
		stop("cannot read", path);
	while (fgets(line, sizeof(line), file)) {
		if (count == room) {
			room = room ? room * 2 : 4096;
			packets = realloc(packets, room * sizeof(packets[0]));
			if (!packets)
				stop("no memory", path);
		}
		packets[count].first = -1;
		parse_packet(line, &packets[count++]);
	}
	fclose(file);
	*ret_count = count;
	return packets;
}

/* Filters from START up to END for a packet that no filter before them fits. */
static void search(const struct filters *filters, size_t start, size_t end, struct packet *packet)
{
	for (size_t i = start; packet->first < 0 && i < end; i++)
		if (fits(&filters->at[i], packet))
			packet->first = (long)i;
}

int main(int argc, char **argv)
{
	struct filters filters = { 0 };
	struct packet *packets;
	size_t count;

	if (argc != 3) {
		fputs("usage: bench_truth FILTERS TRACE\n", stderr);
		return 2;
	}
	read_filters(argv[1], &filters);
	packets = read_packets(argv[2], &count);
	/* A few filters for all packets, then the next ones: they stay in the processor's cache. */
	for (size_t start = 0; start < filters.count; start += AT_ONCE)
		for (size_t i = 0; i < count; i++)
			search(&filters, start,
			       start + AT_ONCE < filters.count ? start + AT_ONCE : filters.count,
			       &packets[i]);
	for (size_t i = 0; i < count; i++)
		printf("%ld\n", packets[i].first);
	free(filters.at);
	free(packets);
	return 0;
}
