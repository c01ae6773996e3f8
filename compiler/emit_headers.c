/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit_headers: the texts of bpf/xdpfw_*.h, as they were when xdpfw was built.
 *
 * In: the files, put into this object by the assembler (.incbin).  The build gives their folder as
 * XDPFW_BPF_DIR, or the assembler finds "bpf" through -I of the source tree's top.  Out: the texts
 * without #include lines: a generated program is one text, and the compiler that builds it reads
 * no file at all.  They are copied as they are, so what people read there is what is built.
 */
#include "compiler/emit_part.h"

#ifndef XDPFW_BPF_DIR
#define XDPFW_BPF_DIR "bpf"
#endif

#define HEADER(name)                                                                           \
	__asm__(".pushsection .rodata\n"                                                       \
		"emit_text_" #name ":\n"                                                       \
		".incbin \"" XDPFW_BPF_DIR "/xdpfw_" #name ".h\"\n"                            \
		".byte 0\n"                                                                    \
		".popsection\n"                                                                \
		".globl emit_text_" #name "\n"                                                 \
		".hidden emit_text_" #name "\n");                                              \
	extern const char emit_text_##name[]

HEADER(bpf);
HEADER(abi);
HEADER(layout);
HEADER(run);
HEADER(jump);
HEADER(table);
HEADER(named);
HEADER(cache);
HEADER(trie);
HEADER(cross);
HEADER(action);
HEADER(tree);
HEADER(walk);
HEADER(plain);
HEADER(place);
HEADER(tunnel);

static const char *const texts[] = {
	[EMIT_HEADER_BPF] = emit_text_bpf,	 [EMIT_HEADER_ABI] = emit_text_abi,
	[EMIT_HEADER_LAYOUT] = emit_text_layout, [EMIT_HEADER_RUN] = emit_text_run,
	[EMIT_HEADER_JUMP] = emit_text_jump,	 [EMIT_HEADER_TABLE] = emit_text_table,
	[EMIT_HEADER_WALK] = emit_text_walk,	 [EMIT_HEADER_PLACE] = emit_text_place,
	[EMIT_HEADER_TUNNEL] = emit_text_tunnel, [EMIT_HEADER_TRIE] = emit_text_trie,
	[EMIT_HEADER_ACTION] = emit_text_action, [EMIT_HEADER_PLAIN] = emit_text_plain,
	[EMIT_HEADER_TREE] = emit_text_tree,	 [EMIT_HEADER_CROSS] = emit_text_cross,
	[EMIT_HEADER_NAMED] = emit_text_named,	 [EMIT_HEADER_CACHE] = emit_text_cache,
};

void emit_header(enum emit_header header, struct buf *out)
{
	static const char include[] = "#include ";
	const char *line = texts[header], *end;

	for (; *line; line = end) {
		end = strchr(line, '\n');
		end = end ? end + 1 : line + strlen(line);
		if (strncmp(line, include, strlen(include)))
			buf_put(out, line, (size_t)(end - line));
	}
	buf_putc(out, '\n');
}
