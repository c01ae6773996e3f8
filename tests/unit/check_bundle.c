/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_bundle: bundles as bytes: whole ones, cut ones, changed ones, and hostile ones whose
 * digest was made again.
 */
#define _GNU_SOURCE
#include <check.h>
#include <glob.h>
#include <stdlib.h>

#include "loader/bundle.h"
#include "loader/own.h"

static const char *const rules[] = { "tcp dport 22", "udp dport 53 ip saddr 192.0.2.1" };

static void make(struct buf *out)
{
	struct bundle bundle = {
		.text = str_from("table netdev t {\n}\n"),
		.failsafe = rules,
		.failsafe_count = 2,
		.mode = 2,
		.abi = 77,
		.allow_missing = true,
		.version = "1.2.3",
		.optimize = "speed,no-merge",
		.plan = "compares",
		.image = { "image", 5 },
		.object = { "\177ELF\0", 5 },
	};

	memset(bundle.key, 7, sizeof(bundle.key));
	bundle_put(&bundle, out);
}

static bool get(const char *bytes, size_t len, struct bundle *ret_bundle, char ret_text[256])
{
	static struct arena arena = ARENA_INIT;
	struct report report = { 0 };
	/* So that a sanitizer sees every byte too many. */
	char *copy = malloc(len ? len : 1);
	bool ok;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, len);
	ok = bundle_get(&report, "x.obj", (struct str){ copy, len }, &arena, ret_bundle);
	ck_assert(ok == (report.status == REPORT_DONE));
	snprintf(ret_text, 256, "%s", report.text.at ? report.text.at : "");
	ck_assert(ok || report.status == REPORT_SYSTEM);
	buf_free(&report.text);
	free(copy);
	return ok;
}

static void seal(char *bytes, size_t len)
{
	state_digest(bytes + BUNDLE_HEAD_BYTES, len - BUNDLE_HEAD_BYTES, (uint8_t *)bytes + 8);
}

START_TEST(there_and_back)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	OWN_BUF struct buf bytes = BUF_INIT;
	struct report report = { 0 };
	uint8_t digest[STATE_DIGEST_BYTES];
	struct bundle bundle;

	make(&bytes);
	ck_assert(bundle_get(&report, "x.obj", buf_str(&bytes), &arena, &bundle));
	ck_assert(str_is(bundle.text, "table netdev t {\n}\n"));
	ck_assert_uint_eq(bundle.failsafe_count, 2);
	ck_assert_str_eq(bundle.failsafe[0], rules[0]);
	ck_assert_str_eq(bundle.failsafe[1], rules[1]);
	ck_assert_uint_eq(bundle.mode, 2);
	ck_assert(bundle.allow_missing);
	ck_assert_uint_eq(bundle.abi, 77);
	ck_assert_str_eq(bundle.optimize, "speed,no-merge");
	ck_assert_str_eq(bundle.plan, "compares");
	ck_assert_str_eq(bundle.version, "1.2.3");
	ck_assert_uint_eq(bundle.key[31], 7);
	ck_assert(str_is(bundle.image, "image"));
	ck_assert_uint_eq(bundle.object.len, 5);
	ck_assert(bundle_read_digest((const uint8_t *)bytes.at, digest));
	ck_assert_mem_eq(digest, bundle.digest, sizeof(digest));
}
END_TEST

START_TEST(every_bit)
{
	OWN_BUF struct buf bytes = BUF_INIT;
	struct bundle bundle;
	char text[256];

	make(&bytes);
	for (size_t i = 0; i < 8 * bytes.len; i++) {
		bytes.at[i / 8] ^= (char)(1 << i % 8);
		ck_assert_msg(!get(bytes.at, bytes.len, &bundle, text), "bit %zu", i);
		ck_assert_ptr_nonnull(strstr(text, i < 64 ? "'x.obj' is not an object of xdpfw" :
							    "'x.obj' is damaged"));
		bytes.at[i / 8] ^= (char)(1 << i % 8);
	}
	ck_assert(get(bytes.at, bytes.len, &bundle, text));
}
END_TEST

START_TEST(every_length)
{
	char digest[STATE_DIGEST_BYTES];
	OWN_BUF struct buf bytes = BUF_INIT;
	struct bundle bundle;
	char text[256];

	make(&bytes);
	for (size_t len = 0; len < bytes.len; len++) {
		ck_assert_msg(!get(bytes.at, len, &bundle, text), "%zu bytes", len);
		ck_assert_ptr_nonnull(strstr(text, "'x.obj' is "));
		if (len < BUNDLE_HEAD_BYTES)
			continue;
		memcpy(digest, bytes.at + 8, sizeof(digest));
		seal(bytes.at, len);
		ck_assert_msg(!get(bytes.at, len, &bundle, text), "%zu bytes, sealed", len);
		memcpy(bytes.at + 8, digest, sizeof(digest));
	}
	buf_putc(&bytes, 0);
	seal(bytes.at, bytes.len);
	ck_assert(!get(bytes.at, bytes.len, &bundle, text));
	ck_assert_ptr_nonnull(strstr(text, "its parts do not fill it"));
}
END_TEST

/* Somebody who knows the format: each byte in turn gets values that sizes and counts fear. */
START_TEST(hostile)
{
	static const unsigned char values[] = { 0, 1, 2, 0x7f, 0x80, 0xfe, 0xff };
	OWN_BUF struct buf bytes = BUF_INIT;
	size_t taken = 0, refused = 0;
	struct bundle bundle;
	char text[256];

	make(&bytes);
	for (size_t i = BUNDLE_HEAD_BYTES; i < bytes.len; i++)
		for (size_t j = 0; j < sizeof(values); j++) {
			char before = bytes.at[i];

			bytes.at[i] = (char)values[j];
			seal(bytes.at, bytes.len);
			if (get(bytes.at, bytes.len, &bundle, text)) {
				taken++;
				ck_assert_uint_le(bundle.text.len + bundle.image.len +
							  bundle.object.len,
						  bytes.len);
				ck_assert_uint_le(bundle.failsafe_count, 64);
				ck_assert_uint_lt(strlen(bundle.version), BUNDLE_VERSION_BYTES);
			} else {
				refused++;
			}
			bytes.at[i] = before;
		}
	ck_assert_uint_gt(taken, 100);
	ck_assert_uint_gt(refused, 100);
}
END_TEST

static struct compile *compile_text(const char *text, struct source_set *sources,
				    struct arena *arena)
{
	struct diag diag = { .arena = arena, .sources = sources };
	struct compile_options options = { 0 };
	struct compile *compile;

	ck_assert(compile_source(sources, source_add(sources, "a.nft", str_from(text)), &options,
				 arena, &diag, &compile));
	return compile;
}

/* Comments, blank lines and figures make the same program; numbers do not. */
START_TEST(key)
{
	static const char form[] = "%s\ntable netdev t {\nchain c {\ntype filter hook ingress "
				   "device \"e\" priority 0;\ntcp dport %d counter packets %d "
				   "bytes 1 drop comment \"*/ %s /*\"\n}\n}\n";
	uint8_t keys[4][STATE_DIGEST_BYTES];
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	char texts[4][512];

	snprintf(texts[0], sizeof(texts[0]), form, "", 22, 0, "a");
	snprintf(texts[1], sizeof(texts[1]), form, "# more\n\n", 22, 5, "b");
	snprintf(texts[2], sizeof(texts[2]), form, "", 23, 0, "a");
	snprintf(texts[3], sizeof(texts[3]), form, "", 22, 0, "a");
	for (size_t i = 0; i < 4; i++)
		bundle_key(compile_text(texts[i], &sources, &arena), keys[i]);
	ck_assert_mem_eq(keys[0], keys[1], STATE_DIGEST_BYTES);
	ck_assert_mem_eq(keys[0], keys[3], STATE_DIGEST_BYTES);
	ck_assert_mem_ne(keys[0], keys[2], STATE_DIGEST_BYTES);
}
END_TEST

/* Through a bundle and back, in another time zone. */
static bool round_trip(const char *path, unsigned int *twins)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	OWN_BUF struct buf bytes = BUF_INIT;
	struct source_set sources = { .arena = &arena };
	struct diag diag = { .arena = &arena, .sources = &sources };
	struct compile_options options = { 0 };
	struct bundle bundle = { 0 }, again;
	struct buf object = { (char[]){ "o" }, 1, 1 };
	const struct compile *built;
	struct compile *compile;
	struct report report = { 0 };
	uint32_t source;
	bool same;

	ck_assert_int_eq(source_read(&sources, path, &source), 0);
	setenv("TZ", "UTC-9", 1);
	if (!compile_source(&sources, source, &options, &arena, &diag, &compile))
		return false;
	ck_assert_msg(bundle_set_text(&report, &bundle, compile, &options, NULL, &sources, &arena,
				      &built), "%s", path);
	*twins += built != compile;
	ck_assert_str_eq(getenv("TZ"), "UTC-9");
	bundle_set_program(&bundle, built, &object);
	bundle_put(&bundle, &bytes);
	setenv("TZ", "UTC+4", 1);
	ck_assert(bundle_get(&report, "x", buf_str(&bytes), &arena, &again));
	ck_assert_msg(bundle_compile(&report, "x", &again, &sources, &diag, &arena, &compile,
				     &same) && same, "%s", path);
	return true;
}

START_TEST(round_trips)
{
	const char *top = getenv("top_srcdir");
	unsigned int done = 0, twins = 0;
	char pattern[512];
	glob_t found;

	ck_assert_ptr_nonnull(top);
	snprintf(pattern, sizeof(pattern), "%s/tests/golden/*.nft", top);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		done += round_trip(found.gl_pathv[i], &twins);
	globfree(&found);
	ck_assert_uint_gt(done, 10);
	ck_assert_uint_eq(twins, 0);
}
END_TEST

/* The listing has the tables one after the other, so it is another program. */
START_TEST(tables_in_turns)
{
	static const char text[] =
		"table netdev a { chain x { type filter hook ingress device \"e\" priority 0;\n"
		"udp dport 1 drop\n}\n}\n"
		"table netdev b { chain y { type filter hook ingress device \"e\" priority 1;\n"
		"udp dport 2 drop\n}\n}\n"
		"table netdev a { chain z { type filter hook ingress device \"e\" priority 2;\n"
		"udp dport 3 drop\n}\n}\n";
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct compile_options options = { 0 };
	struct report report = { 0 };
	struct bundle bundle = { 0 };
	const struct compile *compile = compile_text(text, &sources, &arena), *built, *same;

	ck_assert(bundle_set_text(&report, &bundle, compile, &options, NULL, &sources, &arena,
				  &built));
	ck_assert_ptr_ne(built, compile);
	ck_assert(bundle_set_text(&report, &bundle, built, &options, NULL, &sources, &arena,
				  &same));
	ck_assert_ptr_eq(same, built);
}
END_TEST

/* A bundle with another program is not taken for one that was asked about. */
START_TEST(known_ones)
{
	static const char text[] = "table netdev t { chain x { type filter hook ingress device "
				   "\"e\" priority 0;\nudp dport { 1, 7, 1000 } drop\n}\n}\n";
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	const struct compile *compile = compile_text(text, &sources, &arena), *built;
	struct compile_options options = { 0 };
	struct report report = { 0 };
	struct bundle bundle = { 0 }, known = { 0 };
	struct buf object = { (char[]){ "o" }, 1, 1 };
	size_t before;

	ck_assert(bundle_set_text(&report, &known, compile, &options, NULL, &sources, &arena,
				  &built));
	bundle_set_program(&known, built, &object);
	before = sources.sources.len;
	ck_assert(bundle_set_text(&report, &bundle, compile, &options, &known, &sources, &arena,
				  &built));
	ck_assert_ptr_eq(built, compile);
	ck_assert_uint_eq(sources.sources.len, before);
	known.key[3] ^= 1;
	ck_assert(bundle_set_text(&report, &bundle, compile, &options, &known, &sources, &arena,
				  &built));
	ck_assert_uint_eq(sources.sources.len, before + 1);
	known.key[3] ^= 1;
	known.image.len--;
	ck_assert(bundle_set_text(&report, &bundle, compile, &options, &known, &sources, &arena,
				  &built));
	ck_assert_uint_eq(sources.sources.len, before + 2);
}
END_TEST

/* An object remembers what its program was made for. */
START_TEST(optimized)
{
	static const char text[] = "table netdev t { chain x { type filter hook ingress device "
				   "\"e\" priority 0;\nudp dport 1 drop\n}\n}\n";
	OWN_ARENA struct arena arena = ARENA_INIT;
	struct source_set sources = { .arena = &arena };
	struct compile_options options = { 0 };
	struct compile *compile = compile_text(text, &sources, &arena);
	struct report report = { 0 };
	struct bundle bundle = { 0 };
	const struct compile *built;

	ck_assert(bundle_set_text(&report, &bundle, compile, &options, NULL, &sources, &arena,
				  &built));
	ck_assert_str_eq(bundle.optimize, "balanced");
	ck_assert_str_eq(bundle.plan, "");
	options.optimize.goal = COMPILE_SIZE;
	options.optimize.engine = "compares";
	options.optimize.flow_cache = true;
	ck_assert(bundle_set_text(&report, &bundle, compile, &options, NULL, &sources, &arena,
				  &built));
	ck_assert_str_eq(bundle.optimize, "size,flow-cache");
	ck_assert_str_eq(bundle.plan, "compares");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bundle");
	TCase *tests = tcase_create("bundle");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, there_and_back);
	tcase_add_test(tests, every_bit);
	tcase_add_test(tests, every_length);
	tcase_add_test(tests, hostile);
	tcase_add_test(tests, key);
	tcase_add_test(tests, round_trips);
	tcase_add_test(tests, tables_in_turns);
	tcase_add_test(tests, known_ones);
	tcase_add_test(tests, optimized);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
