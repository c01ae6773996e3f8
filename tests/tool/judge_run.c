/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * judge_run: holds the packets of an example against the compiler's judge.
 *
 * In: RULESET PACKETS; packets as tests/examples/make_packets.py writes them.  Each device gets
 * the MAC address that those packets are sent to.  Out: a line for each packet whose verdict is
 * not the one written down, then "N passed, N failed, N skipped".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"

#define MAX_FRAME 9000

static const uint8_t device_mac[6] = { 2, 0, 0, 0, 0, 1 };

struct run {
	const char *ruleset;
	const struct compile *compile;
	unsigned int passed, failed;
};

static bool find_device(const struct compile *compile, const char *name,
			struct xdpfw_device *ret_device)
{
	for (size_t i = 0; i < compile->device_count; i++) {
		struct xdpfw_device device = { .ifindex = (uint32_t)i + 1 };

		if (strcmp(compile->devices[i].name, name))
			continue;
		device.entry = compile->devices[i].entry;
		memcpy(device.name, name, strnlen(name, sizeof(device.name) - 1));
		memcpy(device.mac, device_mac, sizeof(device.mac));
		*ret_device = device;
		return true;
	}
	return false;
}

static size_t read_hex(const char *text, uint8_t *frame)
{
	size_t len = 0;
	unsigned int byte;

	while (len < MAX_FRAME && sscanf(text + len * 2, "%2x", &byte) == 1)
		frame[len++] = (uint8_t)byte;
	return len;
}

static void judge(struct run *run, const char *name, bool want_drop, const char *device_name,
		  const char *hex)
{
	static uint8_t frame[MAX_FRAME];
	struct compile_packet packet = { .frame = frame, .len = read_hex(hex, frame) };
	struct xdpfw_device device;
	struct compile_verdict verdict;

	if (!find_device(run->compile, device_name, &device)) {
		printf("FAIL %s: %s: the ruleset has no device %s\n", run->ruleset, name,
		       device_name);
		run->failed++;
		return;
	}
	compile_judge(run->compile, &device, &packet, 0, NULL, &verdict);
	if (verdict.drop == want_drop) {
		run->passed++;
		return;
	}
	printf("FAIL %s: %s: wanted %s, the judge says the other, decided by %s\n", run->ruleset,
	       name, want_drop ? "drop" : "accept",
	       verdict.trail.count && verdict.trail.rule[0] != XDPFW_TRAIL_POLICY ?
	       compile_rule_place(run->compile, verdict.trail.rule[verdict.trail.count - 1]) :
	       "a policy");
	run->failed++;
}

static void judge_file(struct run *run, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, name[64], verdict[16], device[XDPFW_NAME_BYTES];
	size_t cap = 0;

	if (!file) {
		fprintf(stderr, "judge_run: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	while (getline(&line, &cap, file) >= 0) {
		int hex;

		if (*line == '#')
			continue;
		if (sscanf(line, "%63s %15s %15s %n", name, verdict, device, &hex) != 3) {
			printf("FAIL %s: not a packet: %s", path, line);
			run->failed++;
			continue;
		}
		judge(run, name, !strcmp(verdict, "drop"), device, line + hex);
	}
	free(line);
	fclose(file);
}

int main(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct diag diag = { .arena = &arena, .sources = &sources };
	struct compile_options options = { 0 };
	struct run run = { 0 };
	struct compile *compile;
	uint32_t source;

	if (argc != 3 || source_read(&sources, argv[1], &source)) {
		fprintf(stderr, "usage: judge_run RULESET PACKETS\n");
		return 2;
	}
	if (!compile_source(&sources, source, &options, &arena, &diag, &compile)) {
		struct buf out = BUF_INIT;

		diag_print(&diag, &out);
		fputs(out.at, stdout);
		printf("FAIL %s is refused\n0 passed, 1 failed, 0 skipped\n", argv[1]);
		return 1;
	}
	run.ruleset = argv[1];
	run.compile = compile;
	judge_file(&run, argv[2]);
	arena_free(&arena);
	printf("%u passed, %u failed, 0 skipped\n", run.passed, run.failed);
	return run.failed != 0;
}
