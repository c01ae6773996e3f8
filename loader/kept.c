/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kept: remembers the C text and the tables that a ruleset was turned into.
 *
 * In: bytes of all that they are made of; later, what was made.  Out: files of the state folder,
 * and what they hold.  A file that is damaged (state.c compares its digest) or of another shape is
 * as good as none.
 *
 * Safety: the folder is this user's alone, and files are found by SHA-256 of what they are made of.
 * What is read goes the way of what was made now: through clang or the object of the same text, the
 * verifier and the proof.
 */
#define _GNU_SOURCE
#include "loader/kept.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#include <sha2.h>

#include "loader/own.h"
#include "loader/state.h"

struct kept {
	struct report *report;
	SHA2_CTX context;
	size_t added;
	bool has_key;
	char key[STATE_DIGEST_HEX];
};

/* In front of C text and image. */
struct kept_head {
	uint64_t c_bytes, image_bytes;
	uint32_t reads_given, reads_tags, moving_tables, moving_at;
};

struct kept_build {
	const uint8_t *id;
	size_t len;
};

#define NOTE_NAME "GNU"

/* The build ID among the notes from AT up to END. */
static bool find_note(const uint8_t *at, const uint8_t *end, struct kept_build *build)
{
	while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) note;
		const uint8_t *name = at + sizeof(note), *id;

		memcpy(&note, at, sizeof(note));
		id = name + ((note.n_namesz + 3u) & ~3u);
		if (note.n_namesz > (size_t)(end - name) || id > end ||
		    note.n_descsz > (size_t)(end - id))
			return false;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(NOTE_NAME) &&
		    !memcmp(name, NOTE_NAME, sizeof(NOTE_NAME))) {
			*build = (struct kept_build){ id, note.n_descsz };
			return true;
		}
		at = id + ((note.n_descsz + 3u) & ~3u);
		if (at > end)
			return false;
	}
	return false;
}

/* The first that is told of is the program itself. */
static int see_program(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		const uint8_t *at = (const uint8_t *)info->dlpi_addr + part->p_vaddr;

		if (part->p_type == PT_NOTE && find_note(at, at + part->p_memsz, context))
			break;
	}
	return 1;
}

static void add_bytes(void *context, const void *bytes, size_t len)
{
	struct kept *kept = context;

	SHA256Update(&kept->context, bytes, len);
	kept->added += len;
}

/* The file's parts; false when they do not fill it. */
static bool read_made(const uint8_t *bytes, size_t len, struct arena *arena,
		      struct compile_made *ret_made)
{
	struct kept_head head;
	uint8_t *image;

	if (len < sizeof(head))
		return false;
	memcpy(&head, bytes, sizeof(head));
	len -= sizeof(head);
	if (head.c_bytes > len || head.image_bytes != len - head.c_bytes ||
	    head.reads_given > 1 || head.reads_tags > 1)
		return false;
	bytes += sizeof(head);
	image = ARENA_ARRAY(arena, uint8_t, head.image_bytes + 1);
	memcpy(image, bytes + head.c_bytes, head.image_bytes);
	*ret_made = (struct compile_made){
		.c_text = arena_strdup(arena, (struct str){ (const char *)bytes, head.c_bytes }),
		.c_bytes = head.c_bytes,
		.image = image,
		.image_bytes = head.image_bytes,
		.reads_given = head.reads_given,
		.reads_tags = head.reads_tags,
		.moving_tables = head.moving_tables,
		.moving_at = head.moving_at,
	};
	return true;
}

static bool get_made(void *context, struct arena *arena, struct compile_made *ret_made)
{
	uint8_t digest[STATE_DIGEST_BYTES];
	OWN_MEMORY void *bytes = NULL;
	struct kept *kept = context;
	size_t len;

	if (kept->added < KEPT_LEAST_BYTES)
		return false;
	SHA256Final(digest, &kept->context);
	state_digest_hex(digest, kept->key);
	kept->has_key = true;
	return state_get_tables(kept->report, kept->key, &bytes, &len) &&
	       read_made(bytes, len, arena, ret_made);
}

struct kept *kept_new(struct report *report, struct arena *arena,
		      struct compile_keeper *ret_keeper)
{
	struct kept *kept = ARENA_NEW(arena, struct kept);
	struct kept_build build = { NULL, 0 };

	kept->report = report;
	*ret_keeper = (struct compile_keeper){ 0 };
	dl_iterate_phdr(see_program, &build);
	if (!build.len)
		return kept;
	SHA256Init(&kept->context);
	SHA256Update(&kept->context, build.id, build.len);
	*ret_keeper = (struct compile_keeper){ kept, add_bytes, get_made };
	return kept;
}

void kept_put(struct kept *kept, const struct compile *compile)
{
	const struct kept_head head = {
		.c_bytes = compile->c_bytes,
		.image_bytes = compile->image_bytes,
		.reads_given = compile->reads_given,
		.reads_tags = compile->reads_tags,
		.moving_tables = compile->moving_tables,
		.moving_at = compile->moving_at,
	};

	if (!kept->has_key || compile->is_kept)
		return;
	state_put_tables(kept->report, kept->key, (struct str){ (const char *)&head, sizeof(head) },
			 (struct str){ compile->c_text, compile->c_bytes },
			 (struct str){ (const char *)compile->image, compile->image_bytes });
}

void kept_drop(struct kept *kept)
{
	if (kept->has_key)
		state_drop_tables(kept->key);
}
