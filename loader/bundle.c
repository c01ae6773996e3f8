/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bundle: one file of a ruleset and its program.
 *
 * In: parts.  Out: bytes; and back.  The bytes may come from anybody: the digest is looked at
 * first, then every size against what there is, every count against what was read, and the text
 * goes through the compiler, which trusts none.  What the object holds is left to libbpf, the
 * verifier and the proof.
 */
#define _GNU_SOURCE
#include "loader/bundle.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sha2.h>

#include "bpf/xdpfw_abi.h"
#include "compiler/base/limits.h"
#include "loader/build.h"
#include "loader/own.h"

#define BUNDLE_MAGIC "xdpfwbun"
#define BUNDLE_ORDER 0x01020304u
#define BUNDLE_FORMAT 2
#define BUNDLE_MODES 4			/* of enum attach_mode */

/* What the file begins with.  Magic and digest stay where they are in every format. */
struct bundle_header {
	char magic[8];
	uint8_t digest[STATE_DIGEST_BYTES];	/* of all that follows */
	uint32_t order;			/* BUNDLE_ORDER, as this machine writes it */
	uint32_t format, abi;
	uint32_t mode, allow_missing, failsafe_count;
	char version[BUNDLE_VERSION_BYTES];
	uint8_t key[STATE_DIGEST_BYTES];
	uint64_t text_bytes, failsafe_bytes, image_bytes, object_bytes, optimize_bytes;
};

_Static_assert(sizeof(struct bundle_header) == 8 + 2 * 32 + 6 * 4 + BUNDLE_VERSION_BYTES + 5 * 8,
	       "no holes: all of it is written");
_Static_assert(offsetof(struct bundle_header, order) == BUNDLE_HEAD_BYTES, "the head");

void bundle_put(const struct bundle *bundle, struct buf *out)
{
	OWN_BUF struct buf lines = BUF_INIT, optimize = BUF_INIT;
	struct bundle_header header = {
		.order = BUNDLE_ORDER,
		.format = BUNDLE_FORMAT,
		.abi = bundle->abi,
		.mode = bundle->mode,
		.allow_missing = bundle->allow_missing,
		.failsafe_count = (uint32_t)bundle->failsafe_count,
		.text_bytes = bundle->text.len,
		.image_bytes = bundle->image.len,
		.object_bytes = bundle->object.len,
	};
	size_t start = out->len;

	for (size_t i = 0; i < bundle->failsafe_count; i++)
		buf_put(&lines, bundle->failsafe[i], strlen(bundle->failsafe[i]) + 1);
	header.failsafe_bytes = lines.len;
	buf_put(&optimize, bundle->optimize, strlen(bundle->optimize) + 1);
	buf_put(&optimize, bundle->plan, strlen(bundle->plan) + 1);
	header.optimize_bytes = optimize.len;
	memcpy(header.magic, BUNDLE_MAGIC, sizeof(header.magic));
	memcpy(header.version, bundle->version, sizeof(header.version));
	memcpy(header.key, bundle->key, sizeof(header.key));
	buf_put(out, &header, sizeof(header));
	buf_put(out, bundle->text.at, bundle->text.len);
	buf_put(out, lines.at, lines.len);
	buf_put(out, optimize.at, optimize.len);
	buf_put(out, bundle->image.at, bundle->image.len);
	buf_put(out, bundle->object.at, bundle->object.len);
	state_digest(out->at + start + BUNDLE_HEAD_BYTES, out->len - start - BUNDLE_HEAD_BYTES,
		     header.digest);
	memcpy(out->at + start + offsetof(struct bundle_header, digest), header.digest,
	       sizeof(header.digest));
}

bool bundle_read_digest(const uint8_t *head, uint8_t ret_digest[STATE_DIGEST_BYTES])
{
	if (memcmp(head, BUNDLE_MAGIC, 8))
		return false;
	memcpy(ret_digest, head + offsetof(struct bundle_header, digest), STATE_DIGEST_BYTES);
	return true;
}

static bool fail_damaged(struct report *report, const char *name, const char *what)
{
	return report_fail(report, REPORT_SYSTEM, "'%s' is damaged: %s", name, what);
}

bool bundle_fail_version(struct report *report, const char *name, const char *version)
{
	return report_fail(report, REPORT_SYSTEM,
			   "'%s' was made by another version of xdpfw (%.*s; this is %s): build it "
			   "again with this one", name, BUNDLE_VERSION_BYTES - 1, version,
			   PACKAGE_VERSION);
}

/* Who wrote it, as far as it says something that can be printed. */
static void read_version(const struct bundle_header *header,
			 char ret_version[BUNDLE_VERSION_BYTES])
{
	memcpy(ret_version, header->version, BUNDLE_VERSION_BYTES);
	ret_version[BUNDLE_VERSION_BYTES - 1] = 0;
	for (char *at = ret_version; *at; at++)
		if (*at <= ' ' || *at > '~')
			*at = '?';
}

static bool check_digest(struct report *report, const char *name, struct str bytes)
{
	uint8_t digest[STATE_DIGEST_BYTES];

	if (bytes.len < BUNDLE_HEAD_BYTES || memcmp(bytes.at, BUNDLE_MAGIC, 8))
		return report_fail(report, REPORT_SYSTEM, "'%s' is not an object of xdpfw", name);
	state_digest(bytes.at + BUNDLE_HEAD_BYTES, bytes.len - BUNDLE_HEAD_BYTES, digest);
	return !memcmp(bytes.at + offsetof(struct bundle_header, digest), digest,
		       sizeof(digest)) ||
	       fail_damaged(report, name, "its digest is not that of what it holds");
}

static bool check_header(struct report *report, const char *name, struct str bytes,
			 struct bundle_header *ret_header)
{
	struct bundle_header header;
	char version[BUNDLE_VERSION_BYTES];

	if (bytes.len < sizeof(header))
		return fail_damaged(report, name, "it is too short");
	memcpy(&header, bytes.at, sizeof(header));
	if (header.order != BUNDLE_ORDER)
		return report_fail(report, REPORT_SYSTEM,
				   "'%s' was made on a machine with another byte order", name);
	read_version(&header, version);
	if (header.format != BUNDLE_FORMAT)
		return bundle_fail_version(report, name, version);
	*ret_header = header;
	return true;
}

/* What is left of the bytes behind the header. */
struct bundle_rest {
	const char *at, *end;
};

static bool take(struct bundle_rest *rest, uint64_t len, struct str *ret_part)
{
	if (len > (uint64_t)(rest->end - rest->at))
		return false;
	*ret_part = (struct str){ rest->at, (size_t)len };
	rest->at += len;
	return true;
}

static bool take_text(struct bundle_rest *rest, const char **ret_text)
{
	const char *nul = rest->at < rest->end ?
				  memchr(rest->at, 0, (size_t)(rest->end - rest->at)) :
				  NULL;

	if (!nul)
		return false;
	*ret_text = rest->at;
	rest->at = nul + 1;
	return true;
}

static bool take_failsafe(struct str bytes, uint32_t count, struct arena *arena,
			  struct bundle *bundle)
{
	struct bundle_rest rest = { bytes.at, bytes.at + bytes.len };
	const char **lines;

	if (count > LIMITS_FAILSAFE)
		return false;
	lines = ARENA_ARRAY(arena, const char *, count + 1);
	for (uint32_t i = 0; i < count; i++)
		if (!take_text(&rest, &lines[i]))
			return false;
	bundle->failsafe = lines;
	bundle->failsafe_count = count;
	return rest.at == rest.end;
}

static bool take_optimize(struct str bytes, struct bundle *bundle)
{
	struct bundle_rest rest = { bytes.at, bytes.at + bytes.len };

	return take_text(&rest, &bundle->optimize) && take_text(&rest, &bundle->plan) &&
	       rest.at == rest.end;
}

bool bundle_peek(struct report *report, const char *name, struct str bytes, struct arena *arena,
		 struct bundle *ret_bundle)
{
	struct bundle_header header = { 0 };
	struct bundle bundle = { 0 };
	struct bundle_rest rest;
	struct str failsafe, optimize;

	if (!check_header(report, name, bytes, &header))
		return false;
	rest = (struct bundle_rest){ bytes.at + sizeof(header), bytes.at + bytes.len };
	if (!take(&rest, header.text_bytes, &bundle.text) ||
	    !take(&rest, header.failsafe_bytes, &failsafe) ||
	    !take(&rest, header.optimize_bytes, &optimize) ||
	    !take(&rest, header.image_bytes, &bundle.image) ||
	    !take(&rest, header.object_bytes, &bundle.object) || rest.at != rest.end)
		return fail_damaged(report, name, "its parts do not fill it");
	if (!take_failsafe(failsafe, header.failsafe_count, arena, &bundle))
		return fail_damaged(report, name, "its failsafe rules are not whole");
	if (!take_optimize(optimize, &bundle))
		return fail_damaged(report, name, "it does not say how it was optimised");
	if (header.allow_missing > 1 || header.mode >= BUNDLE_MODES)
		return fail_damaged(report, name, "it asks for what there is not");
	bundle.abi = header.abi;
	bundle.mode = header.mode;
	bundle.allow_missing = header.allow_missing;
	read_version(&header, bundle.version);
	memcpy(bundle.key, header.key, sizeof(bundle.key));
	memcpy(bundle.digest, header.digest, sizeof(bundle.digest));
	*ret_bundle = bundle;
	return true;
}

bool bundle_get(struct report *report, const char *name, struct str bytes, struct arena *arena,
		struct bundle *ret_bundle)
{
	return check_digest(report, name, bytes) &&
	       bundle_peek(report, name, bytes, arena, ret_bundle);
}

/* The digest of TEXT without its comments; the compiler lets no text of a user end one. */
static void digest_code(SHA2_CTX *context, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *comment = memmem(text, (size_t)(end - text), "/*", 2);
		size_t code = (size_t)((comment ? comment : end) - text);

		SHA256Update(context, (const uint8_t *)text, code);
		if (!comment)
			break;
		text = memmem(comment + 2, (size_t)(end - comment - 2), "*/", 2);
		text = text ? text + 2 : end;
	}
}

void bundle_key(const struct compile *compile, uint8_t ret_key[STATE_DIGEST_BYTES])
{
	uint64_t sizes[2] = { XDPFW_ABI_VERSION, strlen(build_flags) };
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, (const uint8_t *)sizes, sizeof(sizes));
	SHA256Update(&context, (const uint8_t *)build_flags, strlen(build_flags));
	digest_code(&context, compile->c_text, compile->c_bytes);
	SHA256Final(ret_key, &context);
}

void bundle_set_program(struct bundle *bundle, const struct compile *compile,
			const struct buf *object)
{
	bundle->abi = XDPFW_ABI_VERSION;
	memset(bundle->version, 0, sizeof(bundle->version));
	strncpy(bundle->version, PACKAGE_VERSION, sizeof(bundle->version) - 1);
	bundle_key(compile, bundle->key);
#ifdef XDPFW_TEST_FAULTS
	if (getenv("XDPFW_BUNDLE_KEY"))		/* as another version would have made it */
		bundle->key[0] ^= 1;
#endif
	bundle->image = (struct str){ (const char *)compile->image, compile->image_bytes };
	bundle->object = buf_str(object);
}

/* ---- the text ---- */

/* Times of day and dates are read and printed in the time zone of TZ. */
static char *enter_utc(void)
{
	const char *zone = getenv("TZ");
	char *before = zone ? strdup(zone) : NULL;

	setenv("TZ", "UTC0", 1);
	tzset();
	return before;
}

static void leave_utc(char *before)
{
	if (before)
		setenv("TZ", before, 1);
	else
		unsetenv("TZ");
	tzset();
	free(before);
}

/* Words of another version may say nothing to this one: its program will be another anyway. */
struct compile_optimize bundle_optimize(const struct bundle *bundle)
{
	struct compile_optimize optimize = { 0 };
	struct str_nearest nearest;

	if (bundle->optimize[0])
		compile_optimize_parse(bundle->optimize, &optimize, &nearest);
	if (bundle->plan[0])
		compile_plan_parse(bundle->plan, &optimize, &nearest);
	return optimize;
}

/* What the bundle's text is compiled with: what -D, -I and --device gave is in it. */
static struct compile_options make_options(const struct bundle *bundle, const char *name,
					   struct arena *arena)
{
	struct compile_failsafe *failsafe =
		ARENA_ARRAY(arena, struct compile_failsafe, bundle->failsafe_count + 1);

	for (size_t i = 0; i < bundle->failsafe_count; i++)
		failsafe[i] = (struct compile_failsafe){
			.place = arena_printf(arena, "failsafe rules of '%s'", name),
			.line = (uint32_t)i + 1,
			.column = 1,
			.text = bundle->failsafe[i],
		};
	return (struct compile_options){
		.failsafe = failsafe,
		.failsafe_count = bundle->failsafe_count,
		.optimize = bundle_optimize(bundle),
		.listing = true,
	};
}

static bool compile_text(struct source_set *sources, const char *name,
			 const struct bundle *bundle, const struct compile_options *options,
			 struct diag *diag, struct arena *arena, struct compile **ret_compile)
{
	char *zone = enter_utc();
	bool ok = compile_source(sources, source_add(sources, name, bundle->text), options, arena,
				 diag, ret_compile);

	leave_utc(zone);
	return ok;
}

static void print_texts(const struct compile *compile, struct arena *arena,
			struct bundle *bundle)
{
	const struct compile_print_options print = { 0 };
	const char **failsafe = ARENA_ARRAY(arena, const char *, compile->failsafe_count + 1);
	OWN_BUF struct buf text = BUF_INIT;
	char *zone = enter_utc();

	buf_puts(&text, "");
	compile_print(compile, &print, &text);
	bundle->text.at = arena_strdup(arena, buf_str(&text));
	bundle->text.len = text.len;
	for (size_t i = 0; i < compile->failsafe_count; i++) {
		text.len = 0;
		compile_print_failsafe(compile, i, &text);
		failsafe[i] = arena_strdup(arena, buf_str(&text));
	}
	bundle->failsafe = failsafe;
	bundle->failsafe_count = compile->failsafe_count;
	leave_utc(zone);
}

static void print_optimize(const struct compile_optimize *optimize, struct arena *arena,
			   struct bundle *bundle)
{
	OWN_BUF struct buf words = BUF_INIT;

	compile_optimize_print(optimize, &words);
	bundle->optimize = arena_strdup(arena, buf_str(&words));
	bundle->plan = optimize->engine ? optimize->engine : "";
}

/* It is what it is: only whether it is the same program is asked, and all else is forgotten. */
static bool is_same_text(struct source_set *sources, const char *name,
			 const struct bundle *bundle, const struct compile_options *options,
			 const struct compile *compile, struct diag *diag, bool *ret_same)
{
	OWN_ARENA struct arena arena = ARENA_INIT;
	uint32_t source = source_add(sources, name, bundle->text);
	char *zone = enter_utc();
	bool ok = compile_is_same(sources, source, options, compile, &arena, diag, ret_same);

	leave_utc(zone);
	return ok;
}

static bool same_failsafe(const struct bundle *a, const struct bundle *b)
{
	if (a->failsafe_count != b->failsafe_count)
		return false;
	for (size_t i = 0; i < a->failsafe_count; i++)
		if (strcmp(a->failsafe[i], b->failsafe[i]))
			return false;
	return true;
}

/* Whether BUNDLE, of which the texts are set, and COMPILE are what KNOWN has. */
static bool is_known(const struct bundle *known, const struct bundle *bundle,
		     const struct compile *compile)
{
	const struct str image = { (const char *)compile->image, compile->image_bytes };
	uint8_t key[STATE_DIGEST_BYTES];

	if (known->abi != XDPFW_ABI_VERSION || strcmp(known->version, PACKAGE_VERSION) != 0 ||
	    strcmp(known->optimize, bundle->optimize) != 0 ||
	    strcmp(known->plan, bundle->plan) != 0 || !str_eq(known->text, bundle->text) ||
	    !same_failsafe(known, bundle) || !str_eq(known->image, image))
		return false;
	bundle_key(compile, key);
	return !memcmp(key, known->key, sizeof(key));
}

bool bundle_set_text(struct report *report, struct bundle *bundle,
		     const struct compile *compile, const struct compile_options *options,
		     const struct bundle *known, struct source_set *sources, struct arena *arena,
		     const struct compile **ret_compile)
{
	static const char name[] = "<ruleset as listed>";
	struct diag diag = { .arena = arena, .sources = sources };
	struct compile_options listing;
	OWN_BUF struct buf said = BUF_INIT;
	struct compile *listed = NULL;
	bool same;

	print_texts(compile, arena, bundle);
	print_optimize(&options->optimize, arena, bundle);
	*ret_compile = compile;
	if (known && is_known(known, bundle, compile))
		return true;
	listing = make_options(bundle, name, arena);
	listing.miscompile = options->miscompile;
	listing.stamp = options->stamp;
	if (!is_same_text(sources, name, bundle, &listing, compile, &diag, &same) ||
	    (!same &&
	     !compile_text(sources, name, bundle, &listing, &diag, arena, &listed))) {
		diag_print(&diag, &said);
		return report_fail(report, REPORT_BUG,
				   "the ruleset as listed cannot be read back: this is a bug of "
				   "xdpfw\n%s", said.at ? said.at : "");
	}
	if (!same)
		*ret_compile = listed;
	return true;
}

bool bundle_compile(struct report *report, const char *name, const struct bundle *bundle,
		    struct source_set *sources, struct diag *diag, struct arena *arena,
		    struct compile **ret_compile, bool *ret_same)
{
	struct compile_options options = make_options(bundle, name, arena);
	uint8_t key[STATE_DIGEST_BYTES];
	struct compile *compile;

	if (!compile_text(sources, name, bundle, &options, diag, arena, &compile))
		return report_fail(report, REPORT_SYSTEM,
				   "'%s' holds a ruleset that this version of xdpfw (%s) does not "
				   "take; it was made by %s", name, PACKAGE_VERSION,
				   bundle->version);
	bundle_key(compile, key);
	*ret_same = bundle->abi == XDPFW_ABI_VERSION &&
		    !memcmp(key, bundle->key, sizeof(key)) &&
		    compile->image_bytes == bundle->image.len &&
		    (!bundle->image.len ||
		     !memcmp(compile->image, bundle->image.at, bundle->image.len));
	*ret_compile = compile;
	return true;
}
