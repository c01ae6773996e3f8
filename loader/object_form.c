/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_form: refuses an object that is not what xdpfw asked for.
 *
 * In: an object's bytes, from a process that is not trusted, or from a file.  Out: yes, or what is
 * wrong with it.  libbpf does much for whoever writes an object: it makes and pins any map, loads
 * any type of program, takes values from the running kernel, and lets an instruction name one of
 * this process's descriptors.  Here an object has one XDP program, the maps of bpf/xdpfw_abi.h, the
 * helpers of bpf/xdpfw_bpf.h, and whatever is not on these lists is refused, before libbpf or the
 * kernel acts on it.  What the program does is the verifier's and the proof's to judge.
 */
#include "loader/object_form.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/xdpfw_layout.h"
#include "loader/object.h"

#define FORM_MAX_SECTIONS 256
#define FORM_NAME_BYTES 48		/* of a foreign name, in a message */
#define OPENING_SECONDS 20		/* takes milliseconds, if it does not go on for ever */
#define FORM_PERCPU_BYTES (32u << 10)	/* the kernel's own limit */

#define CODE_TEXT ".text"
#define CODE_PROGRAM "xdp.frags"

static bool refuse(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(struct report *report, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	report_fail(report, REPORT_BUG, "the built program is not what ABI version %d says: %s",
		    XDPFW_ABI_VERSION, text.at);
	buf_free(&text);
	return false;
}

/* A name for a message: the object chose it. */
static const char *plain(const char *name, char ret_plain[FORM_NAME_BYTES])
{
	size_t len = 0;

	for (; name && name[len] && len < FORM_NAME_BYTES - 1; len++)
		ret_plain[len] = isprint((unsigned char)name[len]) ? name[len] : '?';
	ret_plain[len] = 0;
	return ret_plain;
}

/* ---- bytes ---- */

struct form {
	struct report *report;
	const uint8_t *at;
	size_t len;
	const Elf64_Shdr *sections;
	size_t count;
	const char *names;		/* ends with a zero byte */
	size_t name_bytes;
};

/* LEN bytes at offset AT, aligned for numbers, or NULL when they are not all there. */
static const void *part(const struct form *form, uint64_t at, uint64_t len)
{
	if (at > form->len || len > form->len - at || at % 8)
		return NULL;
	return form->at + at;
}

static const char *section_name(const struct form *form, const Elf64_Shdr *section)
{
	return section->sh_name < form->name_bytes ? form->names + section->sh_name : NULL;
}

static bool read_header(struct form *form)
{
	const uint16_t one = 1;
	const uint8_t order = *(const uint8_t *)&one ? ELFDATA2LSB : ELFDATA2MSB;
	const Elf64_Ehdr *header = part(form, 0, sizeof(*header));
	const Elf64_Shdr *names;

	if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != order ||
	    header->e_type != ET_REL || header->e_machine != EM_BPF)
		return refuse(form->report, "it is no BPF object");
	form->count = header->e_shnum;
	form->sections = part(form, header->e_shoff, form->count * sizeof(*form->sections));
	if (!form->sections || form->count > FORM_MAX_SECTIONS ||
	    header->e_shentsize != sizeof(*form->sections) || header->e_shstrndx >= form->count)
		return refuse(form->report, "it is cut off");
	names = &form->sections[header->e_shstrndx];
	if (names->sh_type != SHT_STRTAB || !names->sh_size ||
	    names->sh_offset > form->len || names->sh_size > form->len - names->sh_offset)
		return refuse(form->report, "it is cut off");
	form->names = (const char *)form->at + names->sh_offset;
	form->name_bytes = names->sh_size;
	return !form->names[form->name_bytes - 1] || refuse(form->report, "it is cut off");
}

static bool is_section_known(const char *name)
{
	static const char *const known[] = {
		"",	      ".strtab",	".symtab",	  ".shstrtab",	  CODE_TEXT,
		CODE_PROGRAM, ".rodata",	".rodata.config", ".data.given",  ".bss",
		"license",    ".maps",		".BTF",		  ".BTF.ext",	  ".llvm_addrsig",
		".comment",   ".note.GNU-stack", XDPFW_DEVICES,
	};

	if (!strncmp(name, ".rel", 4))
		name += 4;
	if (!strncmp(name, ".debug_", 7))
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(name, known[i]))
			return true;
	return false;
}

static bool is_helper(int32_t number)
{
	static const int32_t known[] = {
		BPF_FUNC_map_lookup_elem,	BPF_FUNC_get_prandom_u32,
		BPF_FUNC_get_smp_processor_id,	BPF_FUNC_loop,
		BPF_FUNC_xdp_get_buff_len,	BPF_FUNC_xdp_load_bytes,
		BPF_FUNC_ktime_get_tai_ns,	XDPFW_SEE_BUFFER,
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == number)
			return true;
	return false;
}

/*
 * Maps and functions are named by relocations, so an instruction as clang writes it has no number
 * of a descriptor, a kernel's function or a kernel's variable in it.
 */
static bool check_code(struct form *form, const Elf64_Shdr *section)
{
	const struct bpf_insn *code = part(form, section->sh_offset, section->sh_size);
	size_t count = section->sh_size / sizeof(*code);

	if (!code || section->sh_size % sizeof(*code))
		return refuse(form->report, "it is cut off");
	for (size_t i = 0; i < count; i++) {
		if (code[i].code == (BPF_JMP | BPF_CALL) && code[i].src_reg != BPF_PSEUDO_CALL &&
		    (code[i].src_reg || !is_helper(code[i].imm)))
			return refuse(form->report, "it calls %s %d of the kernel",
				      code[i].src_reg ? "function" : "helper", code[i].imm);
		if (code[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (code[i].src_reg || i + 1 == count)
			return refuse(form->report, "an instruction names a descriptor");
		i++;
	}
	return true;
}

/* A symbol that is not defined here would be taken from the kernel. */
static bool check_symbols(struct form *form, const Elf64_Shdr *section)
{
	const Elf64_Sym *symbols = part(form, section->sh_offset, section->sh_size);
	size_t count = section->sh_size / sizeof(*symbols);

	if (!symbols || section->sh_size % sizeof(*symbols))
		return refuse(form->report, "it is cut off");
	for (size_t i = 1; i < count; i++)
		if (symbols[i].st_shndx == SHN_UNDEF || symbols[i].st_shndx == SHN_COMMON)
			return refuse(form->report, "it wants something of the kernel by name");
	return true;
}

static bool check_section(struct form *form, const Elf64_Shdr *section)
{
	const char *name = section_name(form, section);
	char shown[FORM_NAME_BYTES];

	if (!name || (section->sh_type != SHT_NOBITS &&
		      (section->sh_offset > form->len ||
		       section->sh_size > form->len - section->sh_offset)))
		return refuse(form->report, "it is cut off");
	if (!is_section_known(name))
		return refuse(form->report, "it has a section '%s'", plain(name, shown));
	if (section->sh_flags & SHF_EXECINSTR &&
	    (strcmp(name, CODE_TEXT) != 0 && strcmp(name, CODE_PROGRAM) != 0))
		return refuse(form->report, "its section '%s' has code", plain(name, shown));
	if (!strcmp(name, CODE_TEXT) || !strcmp(name, CODE_PROGRAM))
		return check_code(form, section);
	return section->sh_type != SHT_SYMTAB || check_symbols(form, section);
}

/* ---- what libbpf makes of them ---- */

static int print_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/*
 * libbpf 1.1 believes the numbers of types that an object's BTF has, and reads whatever is there.
 * So a child opens the object first, and when that kills it the object is refused.
 */
static bool check_opening(struct report *report, const void *bytes, size_t len)
{
	const struct rlimit no_core = { 0, 0 };
	pid_t pid = fork(), ended;
	int status = 0;

	if (pid < 0)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot start a process that opens the built program: %s",
				   strerror(errno));
	if (!pid) {
		setrlimit(RLIMIT_CORE, &no_core);
		alarm(OPENING_SECONDS);
		libbpf_set_print(print_nothing);
		bpf_object__open_mem(bytes, len, NULL);
		_exit(0);
	}
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return report_fail(report, REPORT_SYSTEM,
				   "cannot wait for a process that opens the built program: %s",
				   strerror(errno));
	return !WIFSIGNALED(status) ||
	       refuse(report, "opening it ends in '%s'", strsignal(WTERMSIG(status)));
}

bool object_form_check_bytes(struct report *report, const void *bytes, size_t len)
{
	struct form form = { .report = report, .at = bytes, .len = len };

	if (!read_header(&form))
		return false;
	for (size_t i = 0; i < form.count; i++)
		if (!check_section(&form, &form.sections[i]))
			return false;
	return check_opening(report, bytes, len);
}

/* ---- programs and maps ---- */

static bool check_programs(struct report *report, const struct bpf_object *bpf)
{
	struct bpf_program *program = bpf_object__next_program(bpf, NULL);
	char shown[FORM_NAME_BYTES];

	if (!program)
		return refuse(report, "it has no program");
	if (strcmp(bpf_program__name(program), "xdpfw_rules") != 0 ||
	    strcmp(bpf_program__section_name(program), CODE_PROGRAM) != 0 ||
	    bpf_program__type(program) != BPF_PROG_TYPE_XDP)
		return refuse(report, "its program '%s' is not xdpfw_rules",
			      plain(bpf_program__name(program), shown));
	program = bpf_object__next_program(bpf, program);
	return !program || refuse(report, "it has another program, '%s'",
				  plain(bpf_program__name(program), shown));
}

struct form_map {
	const char *name;
	enum bpf_map_type type;
	size_t least, most;		/* bytes of a value */
	uint32_t entries, most_entries;
	uint32_t flags, may;		/* flags it has, and may have */
	bool needed;
};

static bool is_like(const struct bpf_map *map, const struct form_map *like)
{
	return bpf_map__type(map) == like->type && bpf_map__key_size(map) == sizeof(uint32_t) &&
	       bpf_map__value_size(map) >= like->least && bpf_map__value_size(map) <= like->most &&
	       bpf_map__max_entries(map) >= like->entries &&
	       bpf_map__max_entries(map) <= like->most_entries &&
	       (bpf_map__map_flags(map) & ~like->may) == like->flags &&
	       !bpf_map__pin_path(map) && !bpf_map__inner_map((struct bpf_map *)map) &&
	       !bpf_map__map_extra(map) && !bpf_map__ifindex(map) && !bpf_map__numa_node(map) &&
	       bpf_map__autocreate(map);
}

static bool check_maps(struct report *report, const struct bpf_object *bpf,
		       const struct form_map *known, size_t count)
{
	char shown[FORM_NAME_BYTES];
	struct bpf_map *map;
	uint32_t seen = 0;

	bpf_object__for_each_map(map, bpf) {
		size_t i;

		for (i = 0; i < count; i++)
			if (!strcmp(bpf_map__name(map), known[i].name))
				break;
		if (i == count || seen & 1u << i)
			return refuse(report, "it has another map, '%s'",
				      plain(bpf_map__name(map), shown));
		if (!is_like(map, &known[i]))
			return refuse(report, "its map '%s' has another type, size or place",
				      known[i].name);
		seen |= 1u << i;
	}
	for (size_t i = 0; i < count; i++)
		if (known[i].needed && !(seen & 1u << i))
			return refuse(report, "it has no map '%s'", known[i].name);
	return true;
}

bool object_form_check(struct report *report, const struct bpf_object *bpf,
		       const struct object_config *config)
{
	uint32_t counters = config->counter_count ? config->counter_count : 1;
	size_t settings = (sizeof(struct xdpfw_config) + counters * sizeof(uint32_t) + 7) & ~7ul;
	size_t given = sizeof(struct xdpfw_given), image = config->image_bytes;
	const struct form_map known[] = {
		{ "xdpfw_cells", BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(struct xdpfw_page),
		  sizeof(struct xdpfw_page), 2, 2, 0, 0, true },
		{ XDPFW_DEVICES, BPF_MAP_TYPE_ARRAY, sizeof(struct xdpfw_device_table),
		  sizeof(struct xdpfw_device_table), 1, 1, 0, BPF_F_MMAPABLE, true },
		{ "xdpfw_trail", BPF_MAP_TYPE_ARRAY, sizeof(struct xdpfw_trail),
		  sizeof(struct xdpfw_trail), 1, 1, 0, 0, true },
		{ "xdpfw_fields", BPF_MAP_TYPE_PERCPU_ARRAY, 1, FORM_PERCPU_BYTES, 1, 1, 0, 0,
		  false },
		{ "xdpfw_cache", BPF_MAP_TYPE_PERCPU_ARRAY, CACHE_PAGE_WORDS * sizeof(uint64_t),
		  CACHE_PAGE_WORDS * sizeof(uint64_t), 1, CACHE_MAX_PAGES, 0, 0, false },
		/* libbpf makes these of sections, mmapable where the kernel can. */
		{ "xdpfw.rodata", BPF_MAP_TYPE_ARRAY, 1, 1u << 20, 1, 1, BPF_F_RDONLY_PROG,
		  BPF_F_MMAPABLE, false },
		{ ".rodata.config", BPF_MAP_TYPE_ARRAY, settings, settings, 1, 1,
		  BPF_F_RDONLY_PROG, BPF_F_MMAPABLE, true },
		{ ".data.given", BPF_MAP_TYPE_ARRAY, given, given, 1, 1, 0, BPF_F_MMAPABLE,
		  config->reads_given },
		{ "xdpfw.bss", BPF_MAP_TYPE_ARRAY, image, image, 1, 1, 0, BPF_F_MMAPABLE,
		  image != 0 },
	};

	return check_programs(report, bpf) &&
	       check_maps(report, bpf, known, sizeof(known) / sizeof(known[0]));
}
